"""Floor 4: dtype policies: in which dtype a layer computes, and in which it keeps variables."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
