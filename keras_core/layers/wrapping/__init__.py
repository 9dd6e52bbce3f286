"""Layers around what other libraries made; what touches those libraries is the backends'."""

from keras_core.core.old_names import attach_inside

__getattr__ = attach_inside(__name__)
