"""Native image functions of TensorFlow."""

from __future__ import annotations

import tensorflow as tf


def _resample(images, height, width, interpolation, antialias):
    y = tf.image.resize(images, (height, width), interpolation, antialias=antialias)
    return tf.cast(y, images.dtype)
