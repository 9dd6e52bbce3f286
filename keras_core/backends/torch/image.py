"""Native image functions of torch."""

from __future__ import annotations

import torch

from keras_core.core import resampling as _resampling


def _resample(images, height, width, interpolation, antialias):
    dtype = images.dtype
    if antialias and dtype in (torch.float16, torch.bfloat16) and images.device.type == "cpu":
        wide = _resample(images.float(), height, width, interpolation, antialias)
        return wide.to(dtype)  # torch has no kernel that averages them
    if interpolation in ("nearest", "bilinear") or (interpolation == "bicubic" and antialias):
        options = {} if interpolation == "nearest" else {"antialias": antialias}
        y = torch.nn.functional.interpolate(
            images.permute(0, 3, 1, 2),
            (height, width),
            mode="nearest-exact" if interpolation == "nearest" else interpolation,
            **options,
        )
        return y.permute(0, 2, 3, 1)
    # torch's own bicubic kernel is another one (a = -3/4), and Lanczos is not there.
    for axis, target, pattern in ((1, height, "bhwc,oh->bowc"), (2, width, "bhwc,ow->bhoc")):
        size = images.shape[axis]
        if size != target:
            weights = _resampling.weights(size, target, interpolation, antialias)
            weights = torch.as_tensor(weights, dtype=images.dtype, device=images.device)
            images = torch.einsum(pattern, images, weights)
    return images
