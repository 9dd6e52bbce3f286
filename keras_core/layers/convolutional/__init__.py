"""Convolutions."""

from keras_core.core.old_names import attach_inside

__getattr__ = attach_inside(__name__)
