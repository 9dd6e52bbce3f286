"""What a quantization scheme answers for a layer."""

from __future__ import annotations

from typing import Any


class Scheme:
    """How one mode stores a layer's weight, and computes with it."""

    #: Whether the weight is replaced by its quantized form.
    stores = True

    def replaced(self, layer: Any) -> list[str]:
        """The names of the variables that quantization takes away."""
        return [layer._adapted] if self.stores else []

    def order(self, layer: Any) -> list[str]:
        """The names of all variables, in the order of files."""
        raise NotImplementedError

    def build(self, layer: Any, shape: tuple[int, ...], config: Any) -> dict[str, Any]:
        """The mode's variables by name, for a weight of `shape`."""
        raise NotImplementedError

    def encode(self, layer: Any, config: Any, weight: Any = None) -> dict[str, Any]:
        """The values of the mode's variables for a weight; None: the layer's own."""
        raise NotImplementedError

    def decode(self, layer: Any) -> Any:
        """The weight as floats."""
        raise NotImplementedError

    def shown(self, layer: Any) -> Any:
        """What `layer.kernel` is."""
        raise NotImplementedError

    def call(self, layer: Any, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes."""
        raise NotImplementedError


def frozen(layer: Any, name: str, shape: tuple[int, ...], dtype: Any, initializer: Any) -> Any:
    """A variable of a quantized layer that is not trained."""
    return layer.add_weight(
        name=name, shape=shape, dtype=dtype, initializer=initializer, trainable=False
    )


def applied(quantizer: Any, x: Any, axis: Any, **kwargs: Any) -> Any:
    """A quantizer's result, along `axis` unless it has an axis of its own."""
    if getattr(quantizer, "axis", 0) is None:
        return quantizer(x, axis=axis, **kwargs)
    return quantizer(x)
