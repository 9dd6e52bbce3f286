"""Floor 4: computing in half precision, under one roof: policies and the loss-scaling optimizer."""

from keras_core.core.old_names import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
