"""Keras 3's API on TensorFlow, JAX, PyTorch and NumPy.

The names below come from `__init__.pyi` and load when they are used; only the backend is
imported at once, since it is fixed from then on.
"""

from keras_core import ops as ops
from keras_core._version import __version__ as __version__
from keras_core.backends import select as _select
from keras_core.core.old_names import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
