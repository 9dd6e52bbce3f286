"""TensorFlow's own functions on KerasTensors: by its dispatcher of last resort.

TensorFlow asks it when a function failed on its arguments, so functions of tensors are as fast as
before. A KerasTensor's `__tf_tensor__` raises the TypeError that leads here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

NUMPY = False

SAME: dict[Any, tuple[str, int]] = {
    tf.nn.relu: ("relu", 1),
    tf.nn.softmax: ("softmax", 2),
    tf.sigmoid: ("sigmoid", 1),
    tf.tanh: ("tanh", 1),
    tf.exp: ("exp", 1),
    tf.math.log: ("log", 1),
    tf.sqrt: ("sqrt", 1),
    tf.square: ("square", 1),
    tf.abs: ("abs", 1),
    tf.math.negative: ("negative", 1),
    tf.add: ("add", 2),
    tf.subtract: ("subtract", 2),
    tf.multiply: ("multiply", 2),
    tf.divide: ("divide", 2),
    tf.maximum: ("maximum", 2),
    tf.minimum: ("minimum", 2),
    tf.matmul: ("matmul", 2),
    tf.concat: ("concatenate", 2),
    tf.stack: ("stack", 2),
    tf.reshape: ("reshape", 2),
    tf.transpose: ("transpose", 2),
    tf.expand_dims: ("expand_dims", 2),
    tf.squeeze: ("squeeze", 2),
    tf.reduce_sum: ("sum", 3),
    tf.reduce_mean: ("mean", 3),
    tf.reduce_max: ("max", 3),
    tf.reduce_min: ("min", 3),
    tf.where: ("where", 3),
    tf.cast: ("cast", 2),
    tf.clip_by_value: ("clip", 3),
    tf.greater: ("greater", 2),
    tf.greater_equal: ("greater_equal", 2),
    tf.less: ("less", 2),
    tf.less_equal: ("less_equal", 2),
    tf.equal: ("equal", 2),
    tf.not_equal: ("not_equal", 2),
}

# What stands behind Python's operators, where a tensor stands on the left: if these are not taken,
# TensorFlow goes on to the KerasTensor's own, reflected ones. Comparisons it does not.
_ARITHMETIC = frozenset(
    {"_add_dispatch", "subtract", "multiply", "truediv", "floordiv", "mod", "pow", "matmul",
     "floormod", "floor_mod"}
)  # fmt: skip


def install(keras_tensor: type, called: Callable) -> None:
    """Have TensorFlow ask about arguments of the class."""
    dispatch = tf.__internal__.dispatch

    class OnKerasTensors(dispatch.GlobalOpDispatcher):
        def handle(self, op: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
            if not any(isinstance(x, keras_tensor) for x in _leaves([args, kwargs])):
                return self.NOT_SUPPORTED
            if op.__name__ in _ARITHMETIC and len(args) >= 2 and isinstance(args[0], tf.Tensor):
                return self.NOT_SUPPORTED
            given = {k: v for k, v in kwargs.items() if k != "name" or v is not None}
            if not args and ".gen_" in (op.__module__ or ""):  # all by name, in order
                args, given = tuple(given.values()), {}
            return called(op, args, given)

    OnKerasTensors().register()


def _leaves(structure: Any) -> Any:
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, (list, tuple)):
        for item in structure:
            yield from _leaves(item)
    else:
        yield structure


def is_weight(x: Any) -> bool:
    return isinstance(x, tf.Variable) and x.trainable
