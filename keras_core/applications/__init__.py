"""Floor 8: published image models, with their trained weights.

One module a family: its tables, and the body that builds a model from them. `common` has the
arguments, the classifier and the weights, `parts` the layers under short names.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
