"""Image operations."""

from __future__ import annotations

import numpy as np
import scipy.ndimage

from keras_core.backends.select import backend
from tests.ops.case import OpCase, arr

IMAGES = arr((2, 6, 5, 3), low=0, high=1)
SHIFT = np.array([0.9, 0.1, 0.4, -0.1, 1.1, 0.3, 0.0, 0.0], "float32")
COORDINATES = np.array([[0.2, -0.7, 3.6, 5.3], [1.4, 2.2, -1.2, 4.4]], "float32")


def _blur(x, size, sigma):
    for axis, (n, s) in enumerate(zip(size, sigma, strict=True), 1):
        weights = np.exp(-0.5 * ((np.arange(n) - n // 2) / s) ** 2)
        x = scipy.ndimage.correlate1d(x, weights / weights.sum(), axis, mode="constant")
    return x


def _mapped(x, coordinates, order, fill_mode, fill_value):
    mode = {"constant": "grid-constant", "wrap": "grid-wrap"}.get(fill_mode, fill_mode)
    return scipy.ndimage.map_coordinates(
        x, coordinates, order=order, mode=mode, cval=fill_value, prefilter=False
    )


def _sobel(x):
    def one(axis, other):
        change = scipy.ndimage.correlate1d(x, [-1, 0, 1], axis, mode="mirror")
        return scipy.ndimage.correlate1d(change, [1, 2, 1], other, mode="mirror")

    return np.stack([one(1, 2), one(2, 1)], -1)


def _resize(size, interpolation, antialias=False, **more):
    gaps, tol = {}, 1e-4
    if interpolation == "bicubic" and not antialias:
        if backend.name == "tensorflow":
            tol = 5e-4  # Keras has its kernel, which looks weights up in a table
        gaps = {
            "torch/value": "Keras has another cubic kernel (a = -3/4) on torch alone",
            "torch/gradient": "Keras has another cubic kernel (a = -3/4) on torch alone",
        }
    options = {"interpolation": interpolation, "antialias": antialias, **more}
    name = f"{interpolation}-{'aa' if antialias else ''}{size}"
    return OpCase("image.resize", (IMAGES, size), options, tol=tol, gaps=gaps, name=name)


CASES = [
    *[
        _resize(size, interpolation, antialias)
        for interpolation in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        for size, antialias in (((9, 8), False), ((3, 4), False), ((3, 4), True))
        if not (interpolation == "nearest" and antialias)
    ],
    _resize((3, 4), "area"),
    OpCase("image.resize", (arr((6, 5, 3), dtype="uint8", low=0, high=255), (3, 4)), grad=False,
           dynamic=False),
    OpCase("image.resize", (arr((2, 3, 6, 5)), (3, 4)), {"data_format": "channels_first"}),
    # Of axes as long as these NumPy gathers the few pixels that count.
    OpCase("image.resize", (arr((2, 70, 40, 2)), (9, 50)), tol=1e-4),
    OpCase("image.resize", (arr((2, 40, 70, 2)), (50, 9), "bilinear", True), tol=1e-4),
    *[OpCase("image.resize", (IMAGES, (3, 4), interpolation, True), dtypes=("float16", "bfloat16"),
             name=f"{interpolation}-halves", grad=False)
      for interpolation in ("bilinear", "bicubic")],
    OpCase("image.resize", (IMAGES, (2, 6)), {"crop_to_aspect_ratio": True}),
    OpCase("image.resize", (IMAGES, (2, 6)), {"pad_to_aspect_ratio": True, "fill_value": 7.0}),
    OpCase("image.scale_and_translate",
           (IMAGES, (2, 4, 7, 3), np.array([0.7, 1.3], "float32"), np.array([0.2, -0.3], "float32"),
            (1, 2), "linear"), tol=1e-4, dynamic=False),
    OpCase("image.scale_and_translate",
           (IMAGES, (2, 4, 7, 3), np.array([0.7, 1.3], "float32"), np.array([0.2, -0.3], "float32"),
            (1, 2), "lanczos3", False), tol=1e-4, dynamic=False, grad=False),
    *[
        OpCase("image.affine_transform", (IMAGES, SHIFT), {"fill_mode": mode, "fill_value": 0.5},
               tol=1e-4, name=mode, grad=False, gaps={
                   "tensorflow/value": "Keras folds coordinates, not pixels, on TensorFlow"}
               if mode in ("wrap", "mirror") else {})
        for mode in ("constant", "nearest", "wrap", "mirror", "reflect")
    ],
    OpCase("image.affine_transform", (IMAGES, SHIFT), {"interpolation": "nearest"}, grad=False),
    OpCase("image.affine_transform", (arr((2, 3, 6, 5)), np.stack([SHIFT, SHIFT * 0.9])),
           {"data_format": "channels_first"}, tol=1e-4, grad=False),
    OpCase("image.affine_transform", (arr((6, 5, 3), dtype="uint8", low=0, high=255), SHIFT),
           grad=False, dynamic=False, gaps={
               f"{b}/value": "Keras cuts off fractions here"
               for b in ("numpy", "tensorflow", "torch")}),
    OpCase("image.perspective_transform",
           (IMAGES, np.array([[0, 0], [0, 4], [5, 0], [5, 4]], "float32"),
            np.array([[0, 1], [0.5, 4], [4, 0], [5, 3]], "float32")), tol=1e-3, grad=False,
           dynamic=False),
    *[
        OpCase("image.map_coordinates", (arr((6, 5)), COORDINATES, order),
               {"fill_mode": mode, "fill_value": 0.5}, tol=1e-4, name=f"{mode}-{order}",
               dynamic=False, grad=False, oracle=_mapped)
        for mode in ("constant", "nearest", "wrap", "mirror", "reflect") for order in (0, 1)
    ],
    OpCase("image.map_coordinates", (arr((6, 5)), COORDINATES + 0.05, 1),
           {"fill_mode": "nearest"}, tol=1e-3, dynamic=False, name="gradient"),
    OpCase("image.rgb_to_grayscale", (IMAGES,)),
    OpCase("image.rgb_to_grayscale", (arr((2, 4, 4, 1)),)),
    OpCase("image.rgb_to_grayscale", (arr((4, 4, 3), dtype="uint8", low=0, high=255),),
           grad=False, dynamic=False),
    OpCase("image.rgb_to_grayscale", (arr((2, 3, 6, 5)),), {"data_format": "channels_first"}),
    OpCase("image.rgb_to_hsv", (IMAGES,), tol=1e-4),
    OpCase("image.hsv_to_rgb", (IMAGES,), tol=1e-4,
           gaps={"tensorflow/gradient": "Keras has no gradient here on TensorFlow"}),
    OpCase("image.rgb_to_hsv", (np.eye(3, dtype="float32").reshape(1, 1, 3, 3),), grad=False,
           name="pure"),
    OpCase("image.rgb_to_hsv", (np.zeros((1, 2, 2, 3), "float32"),), grad=False, name="black"),
    OpCase("image.crop_images", (IMAGES, 1, 1), {"target_height": 3, "target_width": 2}),
    OpCase("image.crop_images", (IMAGES,),
           {"bottom_cropping": 1, "top_cropping": 2, "right_cropping": 1, "left_cropping": 0}),
    OpCase("image.pad_images", (IMAGES, 1, 2), {"target_height": 9, "target_width": 8}),
    OpCase("image.pad_images", (arr((2, 3, 6, 5)),),
           {"bottom_padding": 1, "top_padding": 2, "right_padding": 1, "left_padding": 0,
            "data_format": "channels_first"}),
    OpCase("image.extract_patches", (IMAGES, 2), dtypes=("float32",)),
    OpCase("image.extract_patches", (IMAGES, (3, 2), 1, 1, "same")),
    OpCase("image.extract_patches", (IMAGES, (2, 2), 1, 2)),
    OpCase("image.extract_patches", (arr((2, 3, 6, 5)), 2), {"data_format": "channels_first"}),
    OpCase("image.extract_patches_3d", (arr((2, 4, 5, 6, 2)), (2, 2, 3))),
    # Keras's own is wrong but on NumPy: its kernel is garbled where there are several channels.
    OpCase("image.gaussian_blur", (IMAGES, (3, 5), (1.0, 0.7)), tol=1e-4, oracle=_blur),
    OpCase("image.sobel_edges", (IMAGES,), tol=1e-4, oracle=_sobel),
    OpCase("image.ssim", (arr((2, 13, 12, 3), low=0, high=1), arr((2, 13, 12, 3), low=0, high=1)),
           tol=1e-4),
    OpCase("image.ssim", (IMAGES, arr((2, 6, 5, 3), low=0, high=1)), {"filter_size": 3}, tol=1e-4),
]  # fmt: skip
