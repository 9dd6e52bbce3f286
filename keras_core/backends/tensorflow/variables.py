"""Variables on TensorFlow: a `tf.Variable` inside."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_core.backends.tensorflow import replicas
from keras_core.backends.tensorflow.arrays import (
    NATIVE_DTYPES,
    convert_to_numpy,
    convert_to_tensor,
    outside_of_traces,
)
from keras_core.backends.variable import BaseVariable
from keras_core.core import scopes, shapes


class Variable(BaseVariable):
    __doc__ = BaseVariable.__doc__
    _outside_of_traces = staticmethod(outside_of_traces)

    # TensorFlow's tapes, optimizers and nest functions take whatever says so for a variable.
    _should_act_as_resource_variable = True

    def _initialize(self, value: Any) -> None:
        with replicas.maker():
            tensor = convert_to_tensor(value, self._dtype)
            mirrored = tf.distribute.has_strategy()
            replicas.Mirrored.exist |= mirrored
            # TensorFlow makes a kernel for each name that a variable is made with, which takes five
            # times as long as all the rest: where nothing goes by it, the name is given afterwards.
            late = tf.executing_eagerly() and not mirrored
            self._value = tf.Variable(
                tensor,
                dtype=tensor.dtype,
                trainable=self._trainable,
                name="variable" if late else self._path,
            )
            if late:
                self._value._handle_name = f"{self._path}:0"

    def __getattr__(self, name: str) -> Any:
        """The other methods of a `tf.Variable`, which programs written for `tf.keras` call."""
        if name.startswith("_") or not hasattr(tf.Variable, name):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.value, name)

    @property
    def shape(self) -> shapes.ShapeTuple:
        return shapes.ShapeTuple(self._shape)

    @property
    def tensor(self) -> Any:
        if scopes.watched:
            value = self._watched_value()
            return value.value() if isinstance(value, tf.Variable) else value
        return self._value.value()

    @property
    def value(self) -> Any:
        return self._watched_value() if scopes.watched else self._value

    def _read(self) -> Any:
        return self._value.value()

    def _convert(self, value: Any, dtype: str | None = None) -> Any:
        return convert_to_tensor(value, dtype or self._dtype)

    def _direct_assign(self, value: Any) -> None:
        replicas.local(self._value).assign(value)

    def _assign_zeros(self) -> None:
        # Before every run of training, for each of the metrics' variables: what `assign` and
        # TensorFlow's method look at for any value took a third of a call of one batch.
        if scopes.watched or scopes.local.symbolic or not self._is_plain():
            super()._assign_zeros()
            return
        dtype = self._value.dtype
        zeros = tf.zeros(self._shape, dtype) if self._shape else _zero(dtype)
        tf.raw_ops.AssignVariableOp(resource=self._value.handle, value=zeros)

    def _is_plain(self) -> bool:
        """Whether operations on the handle may be called: not in graphs, nor over devices.

        The variables of a strategy over several devices are of other classes.
        """
        return type(self._value).__name__ == "ResourceVariable" and tf.executing_eagerly()

    def _read_in(self, fill: Callable[[np.ndarray], None]) -> None:
        if not self._shape or not self.size or not self._is_plain():
            super()._read_in(fill)
            return
        # TensorFlow keeps freed memory to itself: only its own tensors get the old value's. The
        # operation takes a value of any shape, where the method would want one of the same shape.
        handle, dtype = self._value.handle, self._value.dtype
        tf.raw_ops.AssignVariableOp(resource=handle, value=tf.zeros((), dtype))
        with tf.device("CPU:0"):
            tensor = tf.raw_ops.Empty(shape=self._shape, dtype=dtype)
        memory = _memory(tensor)
        if memory is None:
            super()._read_in(fill)
            return
        try:
            fill(memory)
        finally:
            tf.raw_ops.AssignVariableOp(resource=handle, value=tensor)

    def _cast(self, value: Any, dtype: str) -> Any:
        return tf.cast(value, NATIVE_DTYPES[dtype])

    def _on_host(self) -> np.ndarray:
        return convert_to_numpy(self.tensor)

    @property
    def handle(self) -> Any:
        return self._value.handle

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return tf.convert_to_tensor(self.tensor, dtype, name=name)


@functools.cache
def _zero(dtype: Any) -> Any:
    return tf.zeros((), dtype)


def _memory(tensor: tf.Tensor) -> np.ndarray | None:
    """The bytes of a tensor that nobody else has seen yet, to write; None if they are hidden."""
    view = tensor._numpy()
    if view.ctypes.data != tensor._numpy().ctypes.data:  # copies
        return None
    memory = (ctypes.c_uint8 * view.nbytes).from_address(view.ctypes.data)
    return np.frombuffer(memory, np.uint8)
