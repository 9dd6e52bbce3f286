"""Neural-network operations, one theme a file; the same names are in `keras_core.ops`.

No layers here, and no state: whatever an operation needs is an argument.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
