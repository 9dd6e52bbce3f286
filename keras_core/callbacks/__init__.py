"""Floor 6: callbacks, called at the turns of the loops of fit, evaluate and predict."""

from keras_core.core.old_names import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
