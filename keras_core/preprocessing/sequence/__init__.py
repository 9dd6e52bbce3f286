"""Sequences of different lengths as arrays, their windows, and pairs of their words."""

from keras_core.core.old_names import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
