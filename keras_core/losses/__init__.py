"""Floor 4: losses: how far predictions are from targets, as functions and as classes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
