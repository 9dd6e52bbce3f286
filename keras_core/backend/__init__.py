"""What Keras 3 offers as `keras.backend`: a face over `config`, dtypes and symbolic tensors."""

from typing import Any

import lazy_loader

_find, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    try:
        return _find(name)
    except AttributeError:
        if name.startswith("_"):
            raise
    from keras_core.legacy import backend as functions  # of `tf.keras` 2

    return getattr(functions, name)
