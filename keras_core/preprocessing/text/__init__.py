"""Texts as numbers, as `tf.keras` does it. `keras_core.layers.TextVectorization` succeeds it."""

from keras_core.core.old_names import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
