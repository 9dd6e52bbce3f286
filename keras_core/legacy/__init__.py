"""What Keras 2 had and some code still calls; a lazy face. Nothing else stands on this."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
