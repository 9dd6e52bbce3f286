"""KerasTensor: a shape and a dtype standing for a tensor while a graph is described."""

from __future__ import annotations

from typing import Any, NamedTuple

from keras_core.core import bridge, dtypes, naming, operators, shapes, tree


class History(NamedTuple):
    """Where a KerasTensor came from: the operation, its call's number, the output's number."""

    operation: Any
    node_index: int
    tensor_index: int


class KerasTensor(operators.Operators):
    """A tensor that has a shape and a dtype but no value: what functional models are made of.

    Args:
        shape: a tuple of ints and None.
        dtype: a dtype name.
        sparse: whether it stands for a sparse tensor.
        ragged: whether it stands for a ragged tensor.
        record_history: whether operations on it are recorded.
        name: a string; made up if None.
        **kwargs: `ragged_rank` and `row_splits_dtype` of a ragged tensor.

    Raises:
        ValueError: if it is both sparse and ragged, or the shape is not one.

    Example:

    >>> import keras_core as keras
    >>> x = keras.KerasTensor((None, 3))
    >>> (x @ keras.KerasTensor((3, 4))).shape
    (None, 4)
    """

    # The history stands apart: a node keeps the other attributes of a tensor that may die.
    __slots__ = ("__dict__", "__weakref__", "_keras_history")

    def __init__(
        self,
        shape: Any,
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if sparse and ragged:
            raise ValueError("KerasTensor: sparse and ragged must not both be True.")
        if kwargs.keys() - {"ragged_rank", "row_splits_dtype"}:
            raise TypeError(f"KerasTensor: unknown arguments {sorted(kwargs)}")
        self._shape = shapes.ShapeTuple(shapes.standardize_shape(shape, "KerasTensor: shape"))
        self._dtype = dtypes.standardize(dtype)
        self._sparse = bool(sparse)
        self._ragged = bool(ragged)
        self._ragged_rank = kwargs.get("ragged_rank", 1 if ragged else None)
        self._row_splits_dtype = kwargs.get("row_splits_dtype", "int64" if ragged else None)
        self.record_history = record_history
        self._name = name
        self._keras_history: History | None = None
        self._keras_mask: Any = None

    @classmethod
    def revived(cls, attributes: dict[str, Any], history: History) -> KerasTensor:
        """The tensor that has these attributes, which it shares, and this history."""
        tensor = cls.__new__(cls)
        tensor.__dict__ = attributes
        tensor._keras_history = history
        return tensor

    @property
    def name(self) -> str:
        if self._name is None:  # most are never asked
            self._name = naming.auto_name("keras_tensor")
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = value

    @property
    def shape(self) -> shapes.ShapeTuple:
        return self._shape

    @shape.setter
    def shape(self, value: Any) -> None:
        raise AttributeError("KerasTensor: shape cannot be changed; use ops.reshape.")

    @property
    def dtype(self) -> str:
        return self._dtype

    @property
    def sparse(self) -> bool:
        return self._sparse

    @property
    def ragged(self) -> bool:
        return self._ragged

    @property
    def ragged_rank(self) -> int | None:
        """How many axes of a ragged tensor are ragged, None for another tensor."""
        return self._ragged_rank

    @property
    def row_splits_dtype(self) -> str | None:
        """The dtype of a ragged tensor's row splits, None for another tensor."""
        return self._row_splits_dtype

    @property
    def ndim(self) -> int:
        return len(self._shape)

    def get_shape(self) -> shapes.ShapeTuple:
        """`shape`, as programs written for `tf.keras` ask for it."""
        return self._shape

    def with_shape(self, shape: Any) -> KerasTensor:
        """A KerasTensor of this dtype and another shape, without history."""
        return KerasTensor(shape, self._dtype, record_history=False)

    def reshape(self, *newshape: Any) -> KerasTensor:
        """`ops.reshape` of this tensor."""
        if len(newshape) == 1 and isinstance(newshape[0], (tuple, list)):
            newshape = tuple(newshape[0])
        return operators.table["reshape"](self, newshape)

    def squeeze(self, axis: int | None = None) -> KerasTensor:
        """`ops.squeeze` of this tensor."""
        return operators.table["squeeze"](self, axis)

    def __repr__(self) -> str:
        return (
            f"<KerasTensor shape={self._shape}, dtype={self._dtype}, sparse={self._sparse}, "
            f"ragged={self._ragged}, name={self.name}>"
        )

    def _no_value(self, what: str, mend: str) -> TypeError:
        return TypeError(f"A KerasTensor has no value, so {what}. {mend} Received: {self!r}")

    _NATIVE = (
        "Use keras_core.ops on it: ops.sum(x) where it was np.sum(x), ops.convert_to_numpy(y) on "
        "what the model gives for data."
    )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise self._no_value("it cannot be converted to an array", self._NATIVE)

    @property
    def __jax_array__(self) -> Any:
        # A property, for JAX asks whether there is one before it calls it, and a ValueError,
        # for it takes a TypeError for the answer no.
        error = self._no_value(
            "JAX's functions cannot take it",
            "Use keras_core.ops, as in ops.tanh(x); or write jnp = keras_core.utils.lift("
            "jax.numpy), whose functions take it: jnp.tanh(x).",
        )
        raise ValueError(str(error))

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        raise self._no_value(
            "TensorFlow cannot make a tensor of it", "Use keras_core.ops, as in ops.relu(x)."
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return bridge.numpy_called(ufunc, inputs, kwargs, method)

    def __array_function__(self, func: Any, types: Any, args: tuple, kwargs: dict) -> Any:
        return bridge.numpy_called(func, args, kwargs, "__call__")

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        return bridge.torch_called(func, args, kwargs or {})

    def __bool__(self) -> bool:
        raise self._no_value(
            "it cannot decide a Python branch or loop",
            "Use keras_core.ops.where(x > 0, a, b), or ops.cond(pred, true_fn, false_fn), in place "
            "of `if`, and ops.while_loop in place of `while`.",
        )

    def __int__(self) -> int:
        raise self._no_value(
            "it cannot become an int", "Use keras_core.ops.cast(x, 'int32') instead of int(x)."
        )

    def __float__(self) -> float:
        raise self._no_value(
            "it cannot become a float",
            "Use keras_core.ops.cast(x, 'float32') instead of float(x).",
        )

    __index__ = __int__

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("len() of a scalar KerasTensor")
        size = self._shape[0]
        if size is None:
            raise self._no_value(
                "its unknown first size has no len()",
                "Use keras_core.ops.shape(x)[0] instead of len(x).",
            )
        return size

    def __iter__(self) -> Any:
        size = self._shape[0] if self._shape else None
        if size is None:
            raise self._no_value(
                "it cannot be iterated over",
                "Use keras_core.ops.map(f, x), ops.scan or ops.vectorized_map in place of `for`, "
                "or ops.unstack(x, axis=1) along an axis whose size is known.",
            )
        return (self[i] for i in range(size))

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return operators.table["equal"](self, other)

    def __ne__(self, other: object) -> Any:
        return operators.table["not_equal"](self, other)


bridge.keras_tensor = KerasTensor


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a KerasTensor.

    Args:
        x: anything.

    Returns:
        A bool.

    Example:

    >>> import keras_core as keras
    >>> keras.utils.is_keras_tensor(keras.Input((2,)))
    True
    """
    return isinstance(x, KerasTensor)


def any_symbolic(structure: Any) -> bool:
    """Whether a nested structure holds a KerasTensor."""
    return any(isinstance(leaf, KerasTensor) for leaf in tree.flatten(structure))
