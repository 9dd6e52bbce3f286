"""`K`, the functions of `tf.keras.backend`, by what they are today.

`keras.backend.mean(x)` is `keras.ops.mean(x)`, and so on; what has no counterpart says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_core import ops, random
from keras_core.backends.public import Variable
from keras_core.backends.variable import BaseVariable

#: Functions that are operations now, under the same name or another.
OPERATIONS = {
    name: name
    for name in (
        "abs all any arange argmax argmin cast clip cos cumprod cumsum elu equal exp expand_dims "
        "eye greater greater_equal hard_sigmoid less less_equal log logsumexp max maximum mean min "
        "minimum not_equal ones ones_like one_hot prod relu reshape round shape sigmoid sign sin "
        "softmax softplus softsign sqrt square squeeze stack std stop_gradient sum switch tanh "
        "tile transpose var zeros zeros_like"
    ).split()
} | {
    "concatenate": "concatenate",
    "dot": "dot",
    "gather": "take",
    "permute_dimensions": "transpose",
    "pow": "power",
    "repeat_elements": "repeat",
    "reverse": "flip",
}

_GONE = {
    "batch_dot": "keras.layers.dot or keras.ops.einsum",
    "function": "a keras.Model of the inputs and outputs",
    "gradients": "keras.value_and_grad, or the framework's own gradients",
    "get_session": "the framework directly: there are no sessions",
    "set_session": "the framework directly: there are no sessions",
    "learning_phase": "the argument `training` of call()",
    "set_learning_phase": "the argument `training` of call()",
    "placeholder": "keras.Input",
    "rnn": "keras.layers.RNN",
    "foldl": "keras.ops.scan",
    "foldr": "keras.ops.scan",
    "map_fn": "keras.ops.map",
}


def batch_flatten(x: Any) -> Any:
    """All axes but the first as one."""
    return ops.reshape(x, (ops.shape(x)[0], -1))


def batch_get_value(tensors: Sequence[Any]) -> list[np.ndarray]:
    """Values as NumPy arrays."""
    return [get_value(x) for x in tensors]


def batch_set_value(pairs: Sequence[tuple[Any, Any]]) -> None:
    """Set variables' values."""
    for variable, value in pairs:
        set_value(variable, value)


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """`ops.binary_crossentropy`."""
    return ops.binary_crossentropy(target, output, from_logits=from_logits)


def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """`ops.categorical_crossentropy`."""
    return ops.categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """`ops.sparse_categorical_crossentropy`."""
    return ops.sparse_categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor of a value."""
    x = ops.convert_to_tensor(value, dtype=dtype)
    return x if shape is None else ops.broadcast_to(x, shape)


def count_params(x: Any) -> int:
    """The number of elements."""
    return int(np.prod(x.shape))


def dtype(x: Any) -> str:
    """The dtype's name."""
    return ops.dtype(x)


def eval(x: Any) -> np.ndarray:
    """A value as a NumPy array."""
    return get_value(x)


def flatten(x: Any) -> Any:
    """All axes as one."""
    return ops.reshape(x, (-1,))


def get_value(x: Any) -> np.ndarray:
    """A value as a NumPy array."""
    return x.numpy() if isinstance(x, BaseVariable) else ops.convert_to_numpy(x)


def set_value(x: Any, value: Any) -> None:
    """Set a variable's value."""
    x.assign(value)


def int_shape(x: Any) -> tuple[int | None, ...]:
    """The static shape."""
    return tuple(x.shape)


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """A tensor divided by its norm."""
    total = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(total, 1e-12)))


def ndim(x: Any) -> int:
    """The number of axes."""
    return len(x.shape)


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """`random.normal`."""
    return random.normal(shape, mean, stddev, dtype, seed)


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """`random.uniform`."""
    return random.uniform(shape, minval, maxval, dtype, seed)


def update(x: Any, new_x: Any) -> Any:
    """Set a variable's value."""
    return x.assign(new_x)


def update_add(x: Any, increment: Any) -> Any:
    """Add to a variable's value."""
    return x.assign_add(increment)


def update_sub(x: Any, decrement: Any) -> Any:
    """Subtract from a variable's value."""
    return x.assign_sub(decrement)


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:
    """A variable of a value."""
    made = Variable(value, dtype=dtype, name=name)
    made.constraint = constraint
    return made


def __getattr__(name: str) -> Any:
    if name in OPERATIONS:
        return getattr(ops, OPERATIONS[name])
    if name in _GONE:
        raise AttributeError(f"keras.backend.{name} is gone, as of Keras 3. Use {_GONE[name]}.")
    raise AttributeError(
        f"keras.backend has no attribute {name!r}. Its functions are in keras.ops and "
        "keras.random now."
    )
