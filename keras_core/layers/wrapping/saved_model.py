"""TFSMLayer: a function of a TensorFlow SavedModel as a layer."""

from __future__ import annotations

from typing import Any

from keras_core.backends.select import backend
from keras_core.layers.wrapping.base import ForeignLayer, needed, refuse_unsafe


class TFSMLayer(ForeignLayer):
    """A function of a TensorFlow SavedModel as a layer.

    What was exported on JAX can be trained if that was said, by `model.export(...,
    jax2tf_kwargs={"with_gradient": True})`.

    Args:
        filepath: the SavedModel's folder.
        call_endpoint: the function's name: an attribute of what was saved, such as "serve" of
            `model.export()`, or a signature, such as "serving_default".
        call_training_endpoint: the function for training; None for the same one.
        trainable: whether its variables are trained.
        name: the layer's name.
        dtype: the layer's dtype policy.

    Raises:
        RuntimeError: on another backend than TensorFlow.
        ValueError: if there is no such function; the message lists those there are.

    Example:

    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> model.export("exported", verbose=False)
    >>> layer = keras.layers.TFSMLayer("exported", call_endpoint="serve")
    >>> layer(keras.ops.ones((1, 3))).shape
    (1, 2)
    """

    def __init__(
        self,
        filepath: str,
        call_endpoint: str = "serve",
        call_training_endpoint: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype)
        tensorflow = needed("TFSMLayer", "SavedModels", "tensorflow")
        self.filepath = str(filepath)
        self.call_endpoint, self.call_training_endpoint = call_endpoint, call_training_endpoint
        self._loaded = tensorflow.load(self.filepath)
        self._endpoint = self._found("call_endpoint", call_endpoint)
        self._training_endpoint = self._endpoint
        if call_training_endpoint is not None:
            self._training_endpoint = self._found("call_training_endpoint", call_training_endpoint)
        for i, (native, trained) in enumerate(tensorflow.variables(self._loaded)):
            kept = trained and trainable
            variable = self._adopted(f"variable_{i}", native.numpy(), kept)
            tensorflow.adopt(variable, native)
        self.built = True

    def _found(self, argument: str, name: str) -> Any:
        found = backend.wrappers.SavedModels.endpoint(self._loaded, name)
        if found is None:
            known = backend.wrappers.SavedModels.endpoints(self._loaded)
            raise self._refuse(argument, f"be one of the SavedModel's functions {known}", name)
        return found

    def build(self, input_shape: Any) -> None:
        """The SavedModel has its variables."""

    def call(self, inputs: Any, training: bool = False, **kwargs: Any) -> Any:
        endpoint = self._training_endpoint if training else self._endpoint
        return endpoint(inputs, **kwargs)

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        return ForeignLayer.compute_output_shape(self, *args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments: the SavedModel itself stays where it is."""
        return {
            **super().get_config(),
            "filepath": self.filepath,
            "call_endpoint": self.call_endpoint,
            "call_training_endpoint": self.call_training_endpoint,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: bool | None = None
    ) -> Any:
        """A layer from what `get_config` gave.

        Raises:
            UnsafeFileError: if safe mode is on: a SavedModel may do anything.
        """
        refuse_unsafe(cls, "it runs a SavedModel from a path that the config names.", safe_mode)
        return cls(**config)
