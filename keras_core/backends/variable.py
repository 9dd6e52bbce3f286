"""What the backends' Variables share: names, dtype, trainability, reading and assigning."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ClassVar, NamedTuple

import numpy as np

from keras_core.core import dtypes, naming, operators, scopes, shapes
from keras_core.core.operators import Operators
from keras_core.core.tracking import Tracked

AGGREGATIONS = (None, "none", "mean", "sum", "only_first_replica")
SYNCHRONIZATIONS = (None, "none", "on_read", "on_write", "auto")


_ALIGNMENT = 64  # of the memory that XLA shares


class Native(NamedTuple):
    """In an initializer's place: a framework's own variable, to stand for and not to copy."""

    value: Any
    shape: tuple[int, ...]
    dtype: str


class HandedOver(np.ndarray):
    """Values whose memory nobody will write to any more: a variable may keep it as its own."""


def fresh(host_values: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Mark an initializer's `host_values` of which each array is new and held by nobody else."""
    host_values.fresh = True
    return host_values


def full_to_keep(shape: tuple[int, ...], dtype: str, value: float) -> np.ndarray:
    """An array of one value everywhere that a variable may take over."""
    if not value:  # the system has zeros at hand
        return empty_to_keep(shape, host_dtype(dtype), np.zeros).view(np.ndarray)
    array = empty_to_keep(shape, host_dtype(dtype)).view(np.ndarray)
    array[...] = value
    return array


def empty_to_keep(
    shape: tuple[int, ...], dtype: np.dtype, make: Callable[..., np.ndarray] = np.empty
) -> HandedOver:
    """An uninitialized array that a variable may take over: aligned as XLA wants it."""
    size = math.prod(shape) * dtype.itemsize
    memory = make(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + size].view(dtype).reshape(shape).view(HandedOver)


class BaseVariable(Operators, Tracked):
    """A tensor that keeps its place while its value changes.

    Args:
        initializer: the first value (array, number), or a callable `(shape, dtype=...)`
            giving it, or a number for every element; then `shape` is needed.
        shape: a tuple of ints; only with a callable.
        dtype: a dtype name; None: `floatx()`, or the value's own for an array.
        trainable: whether optimizers change it.
        autocast: whether a layer with a mixed dtype policy sees it in its compute dtype.
        aggregation: how replicas' values are combined: None, "none", "mean", "sum" or
            "only_first_replica".
        synchronization: "auto", "none", "on_read" or "on_write".
        name: a string without "/"; made from the class name if None.

    Raises:
        ValueError: if shape is missing or does not fit, or the name is not allowed.

    Example:

    >>> import keras_core as keras
    >>> v = keras.Variable([1.0, 2.0], name="v")
    >>> _ = v.assign_add([1.0, 1.0])
    >>> v.numpy().tolist()
    [2.0, 3.0]
    """

    # Whether a value that is handed over becomes the tensor; else it is copied into one.
    takes_over: ClassVar[bool] = False
    # Whether that goes for first values too. Not on JAX: memory that is lent to it cannot be
    # donated, and the first step of a training would need that much more.
    keeps_fresh: ClassVar[bool] = False

    _name: str
    _path: str
    _shape: tuple[int, ...]
    _dtype: str
    _trainable: bool
    _made_trainable: bool  # as it was made: what the order of a layer's weights goes by
    _frozen: bool  # whether it is its layer that keeps it from being trained
    _autocast: bool
    _aggregation: str
    _synchronization: str
    _regularizer: Any
    _constraint: Any
    _layout: Any
    _initializer: Any
    _value: Any
    _overwrite_with_gradient: bool
    _outside_of_traces: Callable[[], AbstractContextManager[Any]]

    def __init__(
        self,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            raise TypeError(f"Variable: unknown arguments {sorted(kwargs)}")
        if name is None:
            name = naming.auto_name("variable")
        else:
            naming.check_name(name, "Variable")
        if aggregation not in AGGREGATIONS:
            raise ValueError(
                f"Variable {name!r}: aggregation must be one of {AGGREGATIONS}. "
                f"Received: {aggregation!r}"
            )
        if synchronization not in SYNCHRONIZATIONS:
            raise ValueError(
                f"Variable {name!r}: synchronization must be one of {SYNCHRONIZATIONS}. "
                f"Received: {synchronization!r}"
            )
        state = self.__dict__
        state["_name"] = name
        names = scopes.local.names
        state["_path"] = "/".join(names) + "/" + name if names else name
        state["_trainable"] = state["_made_trainable"] = bool(trainable)
        state["_frozen"] = False
        state["_autocast"] = bool(autocast)
        state["_aggregation"] = aggregation or "none"
        state["_synchronization"] = synchronization or "none"
        state["_regularizer"] = None
        state["_constraint"] = None
        state["_layout"] = None
        state["_overwrite_with_gradient"] = False
        state["_initializer"] = initializer if callable(initializer) else None
        if isinstance(initializer, Native):
            state["_value"], state["_shape"], state["_dtype"] = initializer
            return
        # A layer may be built while its caller is traced.
        with self._outside_of_traces():
            self._start(initializer, shape, dtype, name)

    def _start(self, initializer: Any, shape: Any, dtype: Any, name: str) -> None:
        """Settle shape and dtype, and take the first value."""
        state = self.__dict__
        if callable(initializer):
            if shape is None:
                raise ValueError(
                    f"Variable {name!r}: shape must be given when initializer is a callable. "
                    f"Received: initializer={initializer!r}, shape=None"
                )
            shape = shapes.standardize_shape(shape, f"Variable {name!r}: shape")
            if None in shape:
                raise ValueError(
                    f"Variable {name!r}: shape must be fully known. Received: shape={shape}"
                )
            state["_dtype"] = dtypes.canonical(dtypes.standardize(dtype))
            state["_shape"] = shape
            value = self._initial_value(initializer, shape)
        else:
            if isinstance(initializer, BaseVariable):
                initializer = initializer.tensor
            if dtype is None:
                found = getattr(initializer, "dtype", None)
                dtype = dtypes.standardize(found) if found is not None else None
                if dtype is None:
                    value = np.asarray(initializer)
                    dtype = {"b": "bool", "i": "int32", "u": "int32", "c": "complex64"}.get(
                        value.dtype.kind
                    )
                    if dtype == "int32" and (value != value.astype(dtype)).any():
                        dtype = value.dtype.name  # of ints that no int32 is
            state["_dtype"] = dtypes.canonical(dtypes.standardize(dtype))
            value = self._convert(initializer)
            state["_shape"] = tuple(value.shape)
            if shape is not None and tuple(shape) != state["_shape"]:
                raise ValueError(
                    f"Variable {name!r}: shape must be that of the initial value. Received: "
                    f"shape={tuple(shape)}, value of shape {state['_shape']}"
                )
        self._initialize(value)

    def _initial_value(self, initializer: Any, shape: tuple[int, ...]) -> Any:
        """The first value: drawn on the host where the initializer can, else what it returns."""
        pending = scopes.local.skip_initial_values
        if pending is not None:  # a file's values are about to replace it
            return pending.stand_in(self, initializer, shape)
        session = scopes.local.__dict__.get("deserialization")
        if session is not None:
            size = math.prod(shape) * dtypes.ITEMSIZE.get(self._dtype, 8)
            session.account(f"variable {self._name!r} of shape {shape}", size)
        host = getattr(initializer, "host_values", None)
        if host is not None:
            values = host(shape, self._dtype)
            kept = self.keeps_fresh and getattr(host, "fresh", False)
            return values.view(HandedOver) if kept else values
        value = initializer(shape, dtype=self._dtype)
        if not hasattr(value, "shape"):  # a number is for every element
            array = np.asarray(value)
            value = self._convert(array if array.ndim else np.full(shape, array))
        if tuple(value.shape) != shape:
            raise ValueError(
                f"Variable {self._name!r}: the initializer must give shape {shape}. "
                f"Received: {initializer!r} gave {tuple(value.shape)}"
            )
        return value

    # What a backend adds -----------------------------------------------------------------

    def _initialize(self, value: Any) -> None:
        """Take a NumPy array or native tensor of the right shape as the first value."""
        raise NotImplementedError

    def _convert(self, value: Any, dtype: str | None = None) -> Any:
        """`value` as a native tensor of the variable's dtype."""
        raise NotImplementedError

    def _lay_out(self, layout: Any, value: Any = None) -> None:
        """Keep the value over several devices, where the backend can."""

    def _direct_assign(self, value: Any) -> None:
        """Replace the value; shape and dtype are right."""
        raise NotImplementedError

    def _cast(self, value: Any, dtype: str) -> Any:
        """`value` in another dtype, differentiably."""
        raise NotImplementedError

    # Reading and assigning ---------------------------------------------------------------

    @property
    def tensor(self) -> Any:
        """The native tensor: the variable's own, or the open `StatelessScope`'s."""
        if scopes.watched:
            return self._watched_value()
        return self._value

    @property
    def value(self) -> Any:
        """What the framework itself would have for the variable.

        The `tf.Variable` on TensorFlow; on the others, and inside of scopes that give the variable
        another value or dtype, the same as `tensor`.
        """
        return self.tensor

    def _read(self) -> Any:
        """The variable's own value as a tensor."""
        return self._value

    def _watched_value(self) -> Any:
        local = scopes.local
        value = None
        if local.stateless is not None:
            value = local.stateless.state_mapping.get(id(self))
        if value is None:
            value = self._value
        if local.autocast is not None and self._autocast and self._dtype in dtypes.FLOATS:
            return self._cast(value, local.autocast)
        return value

    def assign(self, value: Any) -> Any:
        """Replace the value.

        Args:
            value: anything that converts to a tensor of the variable's shape.

        Returns:
            The new value as a native tensor.

        Raises:
            ValueError: if the shape differs; the variable keeps its value.
        """
        value = self._convert(value)
        if tuple(value.shape) != self._shape and not shapes.compatible(
            tuple(value.shape), self._shape
        ):
            raise ValueError(
                f"Variable {self._path!r}: the assigned value must have shape {self._shape}. "
                f"Received: shape {tuple(value.shape)}"
            )
        local = scopes.local
        if local.stateless is not None:
            local.stateless.add_update((self, value))
        elif not local.symbolic:
            self._direct_assign(value)
        return value

    def _read_in(self, fill: Callable[[np.ndarray], None]) -> None:
        """Replace the value by what `fill` writes into the bytes that it is given.

        Where nobody else holds the old value, the two are never in memory together. So if `fill`
        fails, the variable has whatever was written until then.
        """
        values = self._room()
        try:
            fill(values.reshape(-1).view(np.uint8))
        finally:
            self._direct_assign(self._convert(values))

    def _room(self) -> HandedOver:
        """Memory for another value, the present one let go if it can be."""
        return empty_to_keep(self._shape, host_dtype(self._dtype))

    def assign_add(self, value: Any) -> Any:
        """Add `value` to the variable; returns the new value."""
        return self.assign(self + value)

    def _assign_zeros(self) -> None:
        """Set all elements to zero."""
        self.assign(np.zeros(self._shape, host_dtype(self._dtype)))

    def assign_sub(self, value: Any) -> Any:
        """Subtract `value` from the variable; returns the new value."""
        return self.assign(self - value)

    def numpy(self) -> np.ndarray:
        """The value as a NumPy array of its own: neither changes with the other."""
        return np.array(self._on_host())

    def _on_host(self) -> np.ndarray:
        """The value as an array that may be the variable's memory: for reading at once."""
        return np.asarray(self.tensor)

    # Properties --------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self._name

    @property
    def path(self) -> str:
        return self._path

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @property
    def ndim(self) -> int:
        return len(self._shape)

    @property
    def size(self) -> int:
        return math.prod(self._shape)

    @property
    def dtype(self) -> str:
        """The dtype's name, the compute dtype inside of an autocast scope."""
        if scopes.watched and self._autocast:
            cast = scopes.local.autocast
            if cast is not None and self._dtype in dtypes.FLOATS:
                return cast
        return self._dtype

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable, self._frozen = bool(value), False

    def _freeze(self, frozen: bool) -> None:
        """Follow a layer that is frozen or thawed; what was frozen by hand stays so."""
        if self._frozen if not frozen else self._trainable:
            self.trainable = not frozen
            self._frozen = frozen

    @property
    def aggregation(self) -> str:
        return self._aggregation

    @property
    def synchronization(self) -> str:
        return self._synchronization

    @property
    def regularizer(self) -> Any:
        return self._regularizer

    @regularizer.setter
    def regularizer(self, value: Any) -> None:
        if value is not None and not callable(value):
            raise ValueError(
                f"Variable {self._path!r}: regularizer must be callable. Received: {value!r}"
            )
        self._regularizer = value

    @property
    def overwrite_with_gradient(self) -> bool:
        """Whether the variable's gradient is its next value."""
        return self._overwrite_with_gradient

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value: bool) -> None:
        self.__dict__["_overwrite_with_gradient"] = bool(value)

    @property
    def constraint(self) -> Any:
        return self._constraint

    @constraint.setter
    def constraint(self, value: Any) -> None:
        if value is not None and not callable(value):
            raise ValueError(
                f"Variable {self._path!r}: constraint must be callable. Received: {value!r}"
            )
        self._constraint = value

    def __repr__(self) -> str:
        value = ""
        if not scopes.in_stateless_scope() and self.size <= 64:
            try:
                value = f", value={np.array2string(self.numpy(), threshold=16)}"
            except Exception:  # a tracer has no value to show
                value = ""
        return f"<Variable path={self._path}, shape={self._shape}, dtype={self._dtype}{value}>"

    # Conversions -------------------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        return array.astype(dtype, copy=False) if dtype is not None else array

    def __bool__(self) -> bool:
        return bool(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def __float__(self) -> float:
        return float(self.numpy())

    def __index__(self) -> int:
        return int(self.numpy())

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError(f"len() of the scalar variable {self._path!r}")
        return self._shape[0]

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return operators.table["equal"](self, other)

    def __ne__(self, other: object) -> Any:
        return operators.table["not_equal"](self, other)


def host_dtype(name: str) -> Any:
    """The NumPy dtype of a name, bfloat16 and float8 by ml_dtypes."""
    if name in ("bfloat16", *dtypes.FLOAT8_TYPES):
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))
    return np.dtype(name)
