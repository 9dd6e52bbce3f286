"""Floor 4: activation functions under their names, for layers' `activation` arguments."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
