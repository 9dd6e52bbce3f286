"""Floor 4: quantizers: tensors as small integers or 8-bit floats with scales, and back.

What a quantized layer does with them is in `keras_core.layers.adapted`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
