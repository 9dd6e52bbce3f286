"""The names of `keras_core.legacy.saving` under which Keras also offers them; a lazy face."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
