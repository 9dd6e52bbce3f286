"""Floor 6: models over several devices: meshes of devices, layouts of tensors, strategies.

What a framework has to do is in `backends/<name>/distribution.py`; the distribution that is set
lies in `core.placement`, where variables and batches look for it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
