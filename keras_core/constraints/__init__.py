"""Projections of weights, applied after each optimizer step."""

from keras_core.core.old_names import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
