"""Floor 4: optimizers: one pure update rule each, and learning-rate schedules."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
