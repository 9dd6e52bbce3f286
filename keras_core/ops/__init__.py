"""Floor 3: the public operations, by family, each declared once behind the `@op` front door.

A family's file holds declarations (signature, rules, docstring, reference body); the
frameworks' native functions are bound by name in `backends/<name>/`. This face is lazy: the
names below come from `__init__.pyi`, and a family loads when one of its names is used.
"""

import lazy_loader

from keras_core.core import operators

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
operators.table.load = __getattr__  # type: ignore[assignment]
