"""Native image functions of TensorFlow."""

from __future__ import annotations

import tensorflow as tf

from keras_core.backends.tensorflow import arrays as _arrays
from keras_core.core import resampling as _resampling


def _resample(images, height, width, interpolation, antialias):
    # TensorFlow's own kernel for areas has no gradient, and XLA none for wide windows. The cubic
    # one reads its weights from a table in 1024 steps: up to 2e-3 off what compiled steps give.
    wide = antialias or interpolation not in ("nearest", "bilinear")
    known = None not in images.shape.as_list()[1:3]
    # Its kernels give float32 whatever they get.
    exact = images.dtype == tf.float64 and interpolation != "nearest"
    exact = exact or interpolation in ("area", "bicubic")
    if known and (exact or (wide and not tf.executing_eagerly())):
        for axis, target, pattern in ((1, height, "bhwc,oh->bowc"), (2, width, "bhwc,ow->bhoc")):
            weights = _resampling.weights(images.shape[axis], target, interpolation, antialias)
            images = tf.einsum(pattern, images, tf.constant(weights, images.dtype))
        return images
    if known and not wide:  # the kernel itself: what stands before it takes as long as a small one
        raw = tf.raw_ops
        kernel = raw.ResizeNearestNeighbor if interpolation == "nearest" else raw.ResizeBilinear
        y = kernel(images=images, size=_arrays.ints((height, width)), half_pixel_centers=True)
        return y if y.dtype is images.dtype else tf.cast(y, images.dtype)
    y = tf.image.resize(images, (height, width), interpolation, antialias=antialias)
    return tf.cast(y, images.dtype)


def _project(images, transform, order, fill_mode, fill_value, composed):
    """The framework's kernel, where it does the same; `composed` elsewhere and for gradients.

    Compiled functions lack it, and its own gradient is that of the nearest pixels. It looks
    pixels beyond the border up in other ways than SciPy, and rounds halves away from zero.
    """
    same = order == 1 and fill_mode in ("constant", "nearest") and images.dtype != tf.float64
    if not same or not tf.executing_eagerly() or transform.shape[0] not in (1, images.shape[0]):
        return composed(images, transform)

    def kernel(images, transform):
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=transform,
            output_shape=tf.constant(images.shape[1:3], tf.int32),
            fill_value=float(fill_value),
            interpolation="BILINEAR",
            fill_mode=fill_mode.upper(),
        )

    @tf.custom_gradient
    def derived(images, transform):
        def gradient(upstream):
            with tf.GradientTape() as tape:
                tape.watch((images, transform))
                z = composed(images, transform)
            return tape.gradient(z, (images, transform), upstream)

        return kernel(images, transform), gradient

    return (derived if _arrays.may_record() else kernel)(images, transform)
