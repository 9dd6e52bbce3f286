"""Native image functions of JAX."""

from __future__ import annotations

import functools

import jax

_METHODS = {
    "nearest": "nearest",
    "bilinear": "linear",
    "bicubic": "cubic",
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}


@functools.partial(jax.jit, static_argnums=(1, 2, 3, 4), inline=True)
def _resized(images, height, width, method, antialias):
    shape = (images.shape[0], height, width, images.shape[3])
    return jax.image.resize(images, shape, method, antialias)


def _resample(images, height, width, interpolation, antialias):
    if interpolation == "area":
        return _by_area(images, height, width)
    return _resized(images, height, width, _METHODS[interpolation], antialias)


@functools.partial(jax.jit, static_argnums=(1, 2), inline=True)
def _by_area(images, height, width):
    import jax.numpy as jnp

    from keras_core.core import resampling

    for axis, target, pattern in ((1, height, "bhwc,oh->bowc"), (2, width, "bhwc,ow->bhoc")):
        weights = resampling.area_weights(images.shape[axis], target)
        images = jnp.einsum(pattern, images, weights.astype(images.dtype))
    return images
