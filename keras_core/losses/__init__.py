"""Floor 4: losses: how far predictions are from targets, as functions and as classes."""

from keras_core.core.old_names import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
