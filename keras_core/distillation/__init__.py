"""Floor 8: training a small model, the student, to do what a large one, the teacher, does."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
