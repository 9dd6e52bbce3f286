"""Quantizers as objects: what a layer keeps to quantize its weights or inputs with."""

from __future__ import annotations

from typing import Any

from keras_core.core import dtypes
from keras_core.quantizers.scaling import abs_max_quantize


class Quantizer:
    """Maps tensors to integers: define `__call__(x)`, giving integers and a scale.

    Args:
        output_dtype: the dtype of the integers.

    Example:

    >>> import keras_core as keras
    >>> class Signs(keras.Quantizer):
    ...     def __call__(self, x):
    ...         return keras.ops.cast(keras.ops.sign(x), self.output_dtype), 1.0
    >>> keras.ops.convert_to_numpy(Signs()([-2.0, 0.5])[0]).tolist()
    [-1, 1]
    """

    def __init__(self, output_dtype: str = "int8") -> None:
        self.output_dtype = dtypes.standardize(output_dtype)

    def __call__(self, x: Any) -> Any:
        """The quantized tensor; here the tensor itself."""
        return x

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        raise NotImplementedError(f"{type(self).__name__} must define get_config().")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A quantizer from what `get_config` gave."""
        return cls(**config)


class AbsMaxQuantizer(Quantizer):
    """Scales so that the largest magnitude becomes the largest integer, and rounds.

    Args:
        axis: the axis or axes that share a scale; None: given with each call, the last one
            otherwise.
        value_range: the smallest and the largest integer that come out.
        epsilon: added to the largest magnitude, so that zeros have a finite scale.
        output_dtype: the dtype of the integers.

    Call arguments:
        x: a float tensor.
        axis: the axis or axes that share a scale, in place of the constructor's.
        to_numpy: whether to compute on the host.

    Example:

    >>> import keras_core as keras
    >>> q, scale = keras.quantizers.AbsMaxQuantizer(axis=-1)([[0.25, -1.0]])
    >>> keras.ops.convert_to_numpy(q).tolist()
    [[32, -127]]
    """

    def __init__(
        self,
        axis: Any = None,
        value_range: tuple[int, int] = (-127, 127),
        epsilon: float = 1e-7,
        output_dtype: str = "int8",
    ) -> None:
        super().__init__(output_dtype)
        if axis is not None:
            axis = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
        self.axis = axis
        low, high = value_range
        self.value_range = (low, high)
        self.epsilon = epsilon

    def __call__(self, x: Any, axis: Any = None, to_numpy: bool = False) -> tuple[Any, Any]:
        """`(integers, scale)`, as `quantizers.abs_max_quantize` gives them."""
        if axis is None:
            axis = -1 if self.axis is None else self.axis
        return abs_max_quantize(
            x, axis, self.value_range, self.output_dtype, self.epsilon, to_numpy
        )

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = {
            "value_range": self.value_range,
            "epsilon": self.epsilon,
            "output_dtype": self.output_dtype,
        }
        if self.axis is not None:
            config["axis"] = self.axis
        return config
