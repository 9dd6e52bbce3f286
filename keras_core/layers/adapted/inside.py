"""Layers within a layer that were quantized after it had made them, for its config to tell."""

from __future__ import annotations

from typing import Any

from keras_core.core import registry
from keras_core.core.errors import InvalidFileError
from keras_core.layers.adapted.seam import Adaptable
from keras_core.quantizers import QuantizationConfig


def described(layer: Any) -> list[list[Any]]:
    """[position, dtype policy, quantization config] of each quantized layer inside of one."""
    inside = enumerate(layer._flatten_layers(include_self=False))
    return [
        [i, inner._dtype_policy, getattr(inner, "quantization_config", None)]
        for i, inner in inside
        if inner.quantization_mode
    ]


def restore(layer: Any, found: Any) -> None:
    """Give the layers inside the form that `described` told of, without values.

    Those whose own config tells of it have it already.

    Raises:
        InvalidFileError: if the description does not fit the layer.
    """
    inside = layer._flatten_layers(include_self=False)
    try:
        entries = [(int(i), *map(registry.deserialize_keras_object, rest)) for i, *rest in found]
        for i, policy, config in entries:
            inner = inside[i]
            if config is not None and (
                not isinstance(config, QuantizationConfig)
                or config.mode != policy.quantization_mode
            ):
                raise ValueError(f"config {config!r} does not go with {policy!r}")
            if inner.quantization_mode:
                continue
            if not isinstance(inner, Adaptable):
                raise ValueError(f"{inner!r} cannot be quantized")
            inner._take_form(policy, config)
    except (TypeError, ValueError, IndexError, AttributeError, NotImplementedError) as error:
        raise InvalidFileError(
            f"{type(layer).__name__} {layer.name!r}: build_config tells of quantized layers "
            f"inside that do not fit the {len(inside)} that there are: {error}"
        ) from error
