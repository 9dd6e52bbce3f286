"""Floor 5: the layers, one file for a layer or a small family; `base/` is what they are made of."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
