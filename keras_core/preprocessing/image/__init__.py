"""Images between files and arrays, resizing, and the augmentation of `tf.keras`, image by image."""

from keras_core.core.old_names import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
