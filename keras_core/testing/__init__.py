"""Floor 8: checks that anybody can run on layers and backends of their own."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
