"""What layers are made of: state, build and call, input specs, masks, the call's context."""

from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.layer import Layer

__all__ = ["InputSpec", "Layer"]
