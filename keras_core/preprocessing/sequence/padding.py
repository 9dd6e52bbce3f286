"""Padding, defined in `keras_core.utils`."""

from keras_core.utils.numeric import pad_sequences

__all__ = ["pad_sequences"]
