"""Weights by which images are resampled along an axis, for `numpy` and for operations alike."""

from __future__ import annotations

from typing import Any

import numpy as np

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area")
METHODS = {
    "linear": "linear", "bilinear": "linear", "trilinear": "linear", "triangle": "linear",
    "cubic": "cubic", "bicubic": "cubic", "tricubic": "cubic",
    "lanczos3": "lanczos3", "lanczos5": "lanczos5",
}  # fmt: skip


# Kernels of the distance, in numpy and in operations alike: `xp` is either ------------------


def _linear(xp: Any, x: Any) -> Any:
    return xp.maximum(0.0 * x, 1.0 - x)


def _cubic(xp: Any, x: Any) -> Any:
    # Keys, 1981, "Cubic convolution interpolation for digital image processing", a = -1/2.
    near = ((1.5 * x - 2.5) * x) * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return xp.where(x >= 2.0, 0.0 * x, xp.where(x >= 1.0, far, near))


def _lanczos(radius: float) -> Any:
    def kernel(xp: Any, x: Any) -> Any:
        safe = xp.where(x > 1e-3, x, 0.0 * x + 1.0)
        arc = np.pi * safe
        wave = radius * xp.sin(arc) * xp.sin(arc / radius) / (arc * arc)
        return xp.where(x > radius, 0.0 * x, xp.where(x > 1e-3, wave, 0.0 * x + 1.0))

    return kernel


KERNELS = {
    "linear": _linear,
    "cubic": _cubic,
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
}


def matrix(xp: Any, places: Any, pixels: Any, size: Any, kernel: str, stretch: Any) -> Any:
    """How much each pixel counts at each place: `(places, pixels)`, rows of sum 1."""
    distance = xp.absolute(places[:, None] - pixels[None, :]) / stretch
    weights = KERNELS[kernel](xp, distance)
    total = xp.sum(weights, axis=1, keepdims=True)
    thin = xp.absolute(total) <= 1000.0 * float(np.finfo(np.float32).eps)
    weights = xp.where(thin, 0.0 * weights, weights / xp.where(thin, 0.0 * total + 1.0, total))
    inside = xp.logical_and(places >= -0.5, places <= size - 0.5)
    return xp.where(inside[:, None], weights, 0.0 * weights)


def area_weights(size: int, target: int) -> np.ndarray:
    """The matrix that averages an axis over equal parts of it."""
    step = size / target
    edges = np.arange(target + 1)[:, None] * step
    pixels = np.arange(size)[None, :]
    overlap = np.minimum(edges[1:], pixels + 1) - np.maximum(edges[:-1], pixels)
    return np.maximum(overlap, 0) / step


def weights(size: int, target: int, interpolation: str, antialias: bool) -> np.ndarray:
    """The matrix that resizes an axis."""
    step = size / target
    if interpolation == "area":
        return area_weights(size, target)
    places = (np.arange(target) + 0.5) * step - 0.5
    stretch = max(step, 1.0) if antialias else 1.0
    kernel = METHODS[interpolation]
    return matrix(np, places, np.arange(size, dtype=np.float64), size, kernel, stretch)
