"""Pooling: windows of inputs reduced to one value each."""

from keras_core.core.old_names import attach_inside

__getattr__ = attach_inside(__name__)
