"""Models as scikit-learn estimators. scikit-learn is imported when one of them is."""

from keras_core.core.old_names import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
