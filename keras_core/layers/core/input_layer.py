"""Input: where a functional model starts."""

from __future__ import annotations

from typing import Any

from keras_core.core import dtypes, settings, shapes
from keras_core.core.limits import BOOL, keep
from keras_core.layers.base.layer import Layer
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.symbolic.operation import Node


def taken_dtype(compute: str) -> str:
    """The dtype of an input whose dtype is not stated, at a layer that computes in `compute`.

    Floats are not rounded on their way in, to bfloat16 under a mixed policy, say: each layer
    casts for itself, and indices, counts and float32 layers would have lost what they are about.
    """
    floatx = settings.floatx()
    if compute not in dtypes.FLOAT_TYPES or dtypes.ITEMSIZE[compute] > dtypes.ITEMSIZE[floatx]:
        return compute
    return floatx


class InputLayer(Layer):
    """The start of a functional model; `Input` makes one and gives its tensor.

    Args:
        shape: the shape without the batch axis.
        batch_size: the batch's size, None if it varies.
        dtype: the dtype's name; `floatx()` by default.
        sparse: whether the tensors are sparse.
        ragged: whether the tensors are ragged.
        batch_shape: the shape with the batch axis, in place of `shape` and `batch_size`.
        input_tensor: a KerasTensor to take the shape and dtype from.
        optional: whether None may be passed.
        name: a string without "/".

    Raises:
        ValueError: if the shape is missing, given twice, or no shape.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.InputLayer(shape=(8,)).batch_shape
    (None, 8)
    """

    limits = dict.fromkeys(("sparse", "ragged", "optional"), BOOL)
    sparse: bool
    ragged: bool
    optional: bool

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: KerasTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if "input_shape" in kwargs:  # Keras 2
            shape = kwargs.pop("input_shape")
        if "batch_input_shape" in kwargs:
            batch_shape = kwargs.pop("batch_input_shape")
        super().__init__(name=name, **kwargs)
        owner = f"InputLayer {self.name!r}"
        keep(self, locals(), owner)
        if input_tensor is not None:
            if not isinstance(input_tensor, KerasTensor):
                raise ValueError(
                    f"InputLayer {self.name!r}: input_tensor must be a KerasTensor. "
                    f"Received: {input_tensor!r}"
                )
            if batch_shape is None and shape is None:
                batch_shape = input_tensor.shape
            dtype = input_tensor.dtype if dtype is None else dtype
        if shape is not None and batch_shape is not None:
            raise ValueError(
                f"InputLayer {self.name!r}: shape and batch_shape must not both be given. "
                f"Received: shape={shape}, batch_shape={batch_shape}"
            )
        if shape is not None:
            shape = self._sizes(shape, f"{owner}: shape")
            batch_shape = (*self._sizes((batch_size,), f"{owner}: batch_size"), *shape)
        if batch_shape is None:
            raise ValueError(f"InputLayer {self.name!r}: shape must be given, e.g. shape=(8,).")
        self._batch_shape = self._sizes(batch_shape, f"{owner}: batch_shape")
        output = input_tensor
        if output is None:
            output = KerasTensor(
                self._batch_shape,
                dtype if dtype is not None else taken_dtype(self.compute_dtype),
                sparse=self.sparse,
                ragged=self.ragged,
                name=self.name,
            )
        self._dtype_name = output.dtype
        Node(self, (), {}, output)
        self.built = True

    @staticmethod
    def _sizes(shape: Any, what: str) -> Any:
        """A shape from a user: not what merely goes through as one, such as True or bytes."""
        odd = isinstance(shape, (bool, bytes, dict, set, frozenset))
        if odd or (
            isinstance(shape, (list, tuple)) and any(d is True or d is False for d in shape)
        ):
            raise ValueError(f"{what} must hold ints and None. Received: {shape!r}")
        return shapes.standardize_shape(shape, what)

    def call(self) -> Any:
        """An input computes nothing; its value is put in."""
        raise NotImplementedError(f"InputLayer {self.name!r} cannot be called.")

    @Layer.dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        """Another policy for a model that takes floats is another dtype of what is put in."""
        Layer.dtype_policy.__set__(self, value)
        if self._dtype_name in dtypes.FLOAT_TYPES:
            self._dtype_name = taken_dtype(self.compute_dtype)

    @property
    def batch_shape(self) -> Any:
        """The shape, batch axis first."""
        return self._batch_shape

    @property
    def dtype(self) -> str:
        """The dtype of the input."""
        return self._dtype_name

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self._batch_shape,
            "dtype": self._dtype_name,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "optional": self.optional,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: KerasTensor | None = None,
    optional: bool = False,
) -> KerasTensor:
    """A KerasTensor at which a functional model starts.

    Args:
        shape: the shape without the batch axis, with None for sizes that vary.
        batch_size: the batch's size, None if it varies.
        dtype: the dtype's name; `floatx()` by default.
        sparse: whether the tensors are sparse.
        ragged: whether the tensors are ragged.
        batch_shape: the shape with the batch axis, in place of `shape` and `batch_size`.
        name: the input's name, by which it is addressed in dicts of inputs.
        tensor: a KerasTensor to take the shape and dtype from.
        optional: whether None may be passed for it.

    Returns:
        The KerasTensor.

    Raises:
        ValueError: if the shape is missing, given twice, or no shape.

    Example:

    >>> import keras_core as keras
    >>> x = keras.Input((8,))
    >>> keras.Model(x, keras.layers.Dense(2)(x)).output_shape
    (None, 2)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer.output
