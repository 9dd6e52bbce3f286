"""Small well-known data sets, downloaded once to `~/.keras/datasets` and read without trust.

Pickled parts go through `unpickling`, which builds lists, numbers and arrays and nothing else.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
