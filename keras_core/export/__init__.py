"""Floor 6: trained models in formats that run without this package.

`formats` picks what writes a format, `archive` is the SavedModel made piece by piece,
`signature` says what a model's inputs are, and `elsewhere` lets another backend write what this
one cannot. What touches a framework is in the backends' `export` modules.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
