"""Noise while training, and penalties of activations."""

from keras_core.core.old_names import attach_inside

__getattr__ = attach_inside(__name__)
