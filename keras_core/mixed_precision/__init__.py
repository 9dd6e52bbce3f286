"""Floor 4: computing in half precision, under one roof: policies and the loss-scaling optimizer."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
