"""Image operations, one theme a file: `keras_core.ops.image.resize` and so on.

Images are `(height, width, channels)` or a batch of them, or with channels first.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
