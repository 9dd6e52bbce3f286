"""Bounding boxes: their formats, overlap, regression targets, and what moving images does to them.

A box is four numbers on the last axis, in one of the `formats.FORMATS`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
