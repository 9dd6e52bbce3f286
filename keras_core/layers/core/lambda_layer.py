"""Lambda: a function as a layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from keras_core.core import builtins_table, tree
from keras_core.core.limits import KEYWORDS, STRUCTURE_OF_SHAPES, optional
from keras_core.layers.base.layer import Layer
from keras_core.layers.base.options import OptionsLayer
from keras_core.layers.base.structures import tree_of_shapes
from keras_core.symbolic.abstract import compute_output_spec as abstract_output_spec
from keras_core.symbolic.keras_tensor import KerasTensor


class Lambda(OptionsLayer):
    """Apply a function.

    A named function that is registered with `register_keras_serializable` can be saved; the
    code of a Python lambda is saved too, but is only ever read back by a caller who says
    `safe_mode=False`, for it could do anything.

    Args:
        function: takes the inputs, and `mask` and `training` if it names them.
        output_shape: the result's shape without the batch axis, a structure of such shapes, or a
            function of the inputs' shape; None to have it inferred.
        mask: the result's mask, or a function `(inputs, mask)`.
        arguments: a dict of further keyword arguments.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if function is not callable.

    Example:

    >>> import keras_core as keras
    >>> layer = keras.layers.Lambda(lambda x: x * 2)
    >>> keras.ops.convert_to_numpy(layer(keras.ops.ones((1, 2)))).tolist()
    [[2.0, 2.0]]
    """

    _input_must = None  # what the function takes
    limits = {"arguments": optional(KEYWORDS), "output_shape": optional(STRUCTURE_OF_SHAPES)}
    unsaved = frozenset(("function", "output_shape", "mask", "arguments"))

    def __init__(
        self,
        function: Callable,
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(function):
            raise self._refuse("function", "be callable", function)
        self._set_options(locals())
        self.arguments = self.arguments or {}
        self._output_shape = output_shape
        del self.__dict__["output_shape"]
        if mask is not None:
            self.supports_masking = True
        try:
            parameters = inspect.signature(function).parameters
        except (TypeError, ValueError):  # built in
            parameters = {}
        self._passes = tuple(n for n in ("mask", "training") if n in parameters)

    def build(self, input_shape: Any) -> None:
        """A function has no weights of the layer."""

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        passed = dict(self.arguments)
        for name, value in (("mask", mask), ("training", training)):
            if name in self._passes:
                passed[name] = value
        return self.function(inputs, **passed)

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_shape is None:
            return Layer.compute_output_shape(self, input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        batch = input_shape[0] if input_shape and not isinstance(input_shape[0], tuple) else None
        return tree_of_shapes(self._output_shape, lambda s: (batch, *s))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        bound = self._info.bind(args, kwargs, self._owner)
        inputs = bound.pop("inputs")
        if self._output_shape is None:
            name = getattr(self.function, "__name__", None)
            if builtins_table.find_function(name) is self.function:
                # By its own rule: nothing is computed for a file's arguments.
                found = tree.map_structure(lambda x: KerasTensor(x.shape, x.dtype), inputs)
                return self.call(found, **bound)
            return abstract_output_spec(self.call, inputs, **bound)
        shape = inputs.shape if isinstance(inputs, KerasTensor) else [x.shape for x in inputs]
        return tree_of_shapes(
            self.compute_output_shape(shape), lambda s: KerasTensor(s, self.compute_dtype)
        )

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        from keras_core.core import registry

        config = super().get_config()
        config["function"] = _written(self.function)
        if self._output_shape is not None:
            shape = self._output_shape
            config["output_shape"] = _written(shape) if callable(shape) else shape
        if self.mask is not None:
            config["mask"] = _written(self.mask)
        config["arguments"] = registry.serialize_keras_object(self.arguments)
        return config

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: bool | None = None
    ) -> Any:
        """A layer from what `get_config` gave.

        Raises:
            UnsafeFileError: if it holds code and safe mode is on.
        """
        from keras_core.core import registry

        safe = registry.refuses_code(safe_mode)
        config = dict(config)
        for key in ("function", "output_shape", "mask", "arguments"):
            if isinstance(config.get(key), dict):
                config[key] = registry.deserialize_keras_object(
                    config[key], custom_objects=custom_objects, safe_mode=safe
                )
        return cls(**config)


def _written(function: Any) -> Any:
    """A function's config; code stands in it as Keras reads it for this layer."""
    from keras_core.core import registry

    config = registry.serialize_keras_object(function)
    if isinstance(config, dict) and config.get("class_name") == "__lambda__":
        parts = ("code", "defaults", "closure")
        return {**config, "config": dict(zip(parts, config["config"]["value"], strict=True))}
    return config
