"""Native bindings of the image operations."""

from __future__ import annotations

import numpy as np

from keras_core.core import resampling as _resampling

# A matrix product takes this share of the time of gathering pixels, by the pixel: measured.
_SHARE = 16


def _resample(images, height, width, interpolation, antialias):
    dtype = images.dtype
    for axis, target in ((1, height), (2, width)):
        size = images.shape[axis]
        if size == target:
            continue
        if interpolation == "nearest":
            places = ((np.arange(target) + 0.5) * (size / target)).astype(np.intp)
            images = np.take(images, np.minimum(places, size - 1), axis)
            continue
        weights = _resampling.weights(size, target, interpolation, antialias)
        images = _weighted(images, weights, axis)
    return images.astype(dtype, copy=False)


def _weighted(images, weights, axis):
    """Sums of pixels along an axis, weighted by the rows of a matrix."""
    counts = weights != 0
    first = counts.argmax(1)
    reach = int((weights.shape[1] - counts[:, ::-1].argmax(1) - first).max())
    wide = images.dtype if images.dtype.itemsize > 2 else np.dtype(np.float32)
    weights = weights.astype(wide)
    if reach * _SHARE > weights.shape[1]:
        batch, height, width, channels = images.shape
        rows = images.astype(wide, copy=False)
        if axis == 1:
            found = np.matmul(weights, rows.reshape(batch, height, width * channels))
            return found.reshape(batch, len(weights), width, channels)
        rows = rows.swapaxes(2, 3).reshape(batch * height * channels, width)
        found = np.matmul(rows, weights.T)
        return found.reshape(batch, height, channels, len(weights)).swapaxes(2, 3)
    rows, shape = np.arange(len(weights)), [1] * images.ndim
    shape[axis] = -1
    total = None
    for k in range(reach):
        places = np.minimum(first + k, weights.shape[1] - 1)
        part = np.take(images, places, axis).astype(wide, copy=False)
        # Beyond the end, a place stands for one that has been counted already.
        factors = np.where(first + k < weights.shape[1], weights[rows, places], 0)
        part *= factors.astype(wide).reshape(shape)
        total = part if total is None else np.add(total, part, out=total)
    return total
