"""Variables on TensorFlow: a `tf.Variable` inside."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from keras_core.backends.tensorflow.arrays import (
    NATIVE_DTYPES,
    convert_to_numpy,
    convert_to_tensor,
)
from keras_core.backends.variable import BaseVariable
from keras_core.core import scopes


class Variable(BaseVariable):
    __doc__ = BaseVariable.__doc__

    # TensorFlow's tapes, optimizers and nest functions take whatever says so for a variable.
    _should_act_as_resource_variable = True

    def _initialize(self, value: Any) -> None:
        with tf.init_scope():
            tensor = convert_to_tensor(value, self._dtype)
            self._value = tf.Variable(
                tensor, dtype=tensor.dtype, trainable=self._trainable, name=self._name
            )

    @property
    def value(self) -> Any:
        if scopes.watched:
            return self._watched_value()
        return self._value.value()

    def _read(self) -> Any:
        return self._value.value()

    def _convert(self, value: Any, dtype: str | None = None) -> Any:
        return convert_to_tensor(value, dtype or self._dtype)

    def _direct_assign(self, value: Any) -> None:
        self._value.assign(value)

    def _cast(self, value: Any, dtype: str) -> Any:
        return tf.cast(value, NATIVE_DTYPES[dtype])

    def numpy(self) -> Any:
        return convert_to_numpy(self.value)

    @property
    def handle(self) -> Any:
        return self._value.handle

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:
        return tf.convert_to_tensor(self.value, dtype, name=name)
