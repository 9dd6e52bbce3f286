"""First values of variables, drawn on the host so that a seed means one thing everywhere."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
