"""What Keras 3 offers as `keras.backend`: a face over `config`, dtypes and symbolic tensors."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
