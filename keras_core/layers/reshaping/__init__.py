"""Layers that move, repeat, pad and cut data."""

from keras_core.core.old_names import attach_inside

__getattr__ = attach_inside(__name__)
