"""Native image functions of TensorFlow."""

from __future__ import annotations

import tensorflow as tf

from keras_core.core import resampling as _resampling


def _resample(images, height, width, interpolation, antialias):
    if interpolation == "area":  # TensorFlow's own has no gradient
        for axis, target, pattern in ((1, height, "bhwc,oh->bowc"), (2, width, "bhwc,ow->bhoc")):
            weights = _resampling.area_weights(images.shape[axis], target)
            images = tf.einsum(pattern, images, tf.constant(weights, images.dtype))
        return images
    y = tf.image.resize(images, (height, width), interpolation, antialias=antialias)
    return tf.cast(y, images.dtype)
