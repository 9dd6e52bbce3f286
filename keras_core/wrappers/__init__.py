"""Models as scikit-learn estimators. scikit-learn is imported when one of them is."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
