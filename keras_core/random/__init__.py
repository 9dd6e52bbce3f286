"""Random numbers: reproducible from an int seed, stateful through a SeedGenerator."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
