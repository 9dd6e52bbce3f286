"""Nested structures: dicts, lists, tuples, namedtuples and registered classes of leaves.

None is a leaf, and dicts are visited in the order of their sorted keys.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
