"""Floor 6: callbacks, called at the turns of the loops of fit, evaluate and predict."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
