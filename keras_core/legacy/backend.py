"""`K`, the functions of `tf.keras.backend`, by what they are today.

`keras.backend.mean(x)` is `keras.ops.mean(x)`, and so on; what has no counterpart says so.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_core import ops, random
from keras_core.backends.public import Variable
from keras_core.backends.select import backend
from keras_core.backends.variable import BaseVariable
from keras_core.core import settings
from keras_core.core.scopes import name_scope as name_scope

#: Functions that are operations now, under the same name and with the same arguments.
OPERATIONS = (
    "abs all any cast cos equal exp greater greater_equal less less_equal log logsumexp max "
    "maximum mean min minimum not_equal prod reshape round shape sigmoid sign sin softmax softplus "
    "softsign sqrt square stack std stop_gradient sum tanh transpose var"
).split()

_GONE = {
    "image_dim_ordering": "keras.config.image_data_format",
    "manual_variable_initialization": "the initializers' values: there are no sessions",
    "random_binomial": "keras.random.binomial",
    "set_image_dim_ordering": "keras.config.set_image_data_format",
    "ctc_label_dense_to_sparse": "dense labels: keras.ops.ctc_loss takes them",
    "function": "a keras.Model of the inputs and outputs",
    "gradients": "keras.value_and_grad, or the framework's own gradients",
    "get_session": "the framework directly: there are no sessions",
    "set_session": "the framework directly: there are no sessions",
    "learning_phase": "the argument `training` of call()",
    "learning_phase_scope": "the argument `training` of call()",
    "set_learning_phase": "the argument `training` of call()",
    "local_conv1d": "keras.ops.conv, or keras.ops.unfold",
    "local_conv2d": "keras.ops.conv, or keras.ops.unfold",
    "placeholder": "keras.Input",
    "print_tensor": "the framework's own printing",
}


# Operations whose arguments or defaults were others ------------------------------------------


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Any:
    """`ops.arange`, of int32."""
    return ops.arange(start, stop, step, dtype)


def argmax(x: Any, axis: int = -1) -> Any:
    """`ops.argmax` along the last axis."""
    return ops.argmax(x, axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """`ops.argmin` along the last axis."""
    return ops.argmin(x, axis)


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """The product over one axis of each tensor, sample by sample; at least of two axes.

    Args:
        x: a tensor, batch axis first.
        y: a tensor, batch axis first.
        axes: the axis of both, or a pair; None: the last of `x`, the last but one of `y` (its
            last if there are two).
    """
    x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    m, n = len(x.shape), len(y.shape)
    if axes is None:
        axes = (m - 1, 1 if n == 2 else n - 2)
    i, j = (axes, axes) if isinstance(axes, int) else axes
    i, j = i % m, j % n
    if not i or not j:
        raise ValueError(
            "keras.backend.batch_dot: axes must not be the batch axis, 0. Received: "
            f"axes={axes}, shapes {tuple(x.shape)} and {tuple(y.shape)}"
        )
    left = [chr(ord("b") + k) for k in range(m)]
    right = [chr(ord("b") + m + k) for k in range(n)]
    left[0] = right[0] = "a"
    right[j] = left[i]
    kept = "".join(c for c in left + right[1:] if c != left[i])
    product = ops.einsum(f"{''.join(left)},{''.join(right)}->{kept}", x, y)
    return ops.expand_dims(product, -1) if len(kept) == 1 else product


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """`ops.clip`."""
    return ops.clip(x, min_value, max_value)


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """`ops.concatenate` along the last axis."""
    return ops.concatenate(tensors, axis)


def cumprod(x: Any, axis: int = 0) -> Any:
    """`ops.cumprod` along the first axis."""
    return ops.cumprod(x, axis)


def cumsum(x: Any, axis: int = 0) -> Any:
    """`ops.cumsum` along the first axis."""
    return ops.cumsum(x, axis)


def dot(x: Any, y: Any) -> Any:
    """`ops.dot`."""
    return ops.dot(x, y)


def expand_dims(x: Any, axis: int = -1) -> Any:
    """`ops.expand_dims`, at the end."""
    return ops.expand_dims(x, axis)


def eye(size: int, dtype: Any = None, name: str | None = None) -> Any:
    """`ops.eye`."""
    return ops.eye(size, dtype=dtype)


def gather(reference: Any, indices: Any) -> Any:
    """Rows of a tensor."""
    return ops.take(reference, indices, axis=0)


def one_hot(indices: Any, num_classes: int) -> Any:
    """`ops.one_hot`."""
    return ops.one_hot(indices, num_classes)


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`ops.ones`."""
    return ops.ones(shape, dtype)


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`ops.ones_like`."""
    return ops.ones_like(x, dtype)


def permute_dimensions(x: Any, pattern: Any) -> Any:
    """`ops.transpose`."""
    return ops.transpose(x, pattern)


def pow(x: Any, a: Any) -> Any:
    """`ops.power`."""
    return ops.power(x, a)


def repeat(x: Any, n: int) -> Any:
    """Each row `n` times, along a new axis: (batch, features) to (batch, n, features)."""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """`ops.repeat`."""
    return ops.repeat(x, rep, axis)


def reverse(x: Any, axes: Any) -> Any:
    """`ops.flip`."""
    return ops.flip(x, axes)


def squeeze(x: Any, axis: int) -> Any:
    """`ops.squeeze`."""
    return ops.squeeze(x, axis)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two tensors by a condition of fewer axes or as many; functions are called.

    Args:
        condition: a scalar, or a tensor whose axes are the first of the expressions'.
        then_expression: a tensor, or a function without arguments (both, or none).
        else_expression: like `then_expression`.
    """
    condition = ops.cast(condition, "bool")
    if callable(then_expression) and not hasattr(then_expression, "shape"):
        if not condition.shape:
            return ops.cond(condition, then_expression, else_expression)
        then_expression, else_expression = then_expression(), else_expression()
    missing = len(ops.shape(then_expression)) - len(condition.shape)
    if condition.shape and missing > 0:
        condition = ops.reshape(condition, (*ops.shape(condition), *(1,) * missing))
    return ops.where(condition, then_expression, else_expression)


def tile(x: Any, n: Any) -> Any:
    """`ops.tile`."""
    return ops.tile(x, n)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`ops.zeros`."""
    return ops.zeros(shape, dtype)


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """`ops.zeros_like`."""
    return ops.zeros_like(x, dtype)


# Values, and what is made of them ------------------------------------------------------------


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


def cast_to_floatx(x: Any) -> Any:
    """A tensor, or an array that stays one, of dtype `floatx()`."""
    if isinstance(x, np.ndarray):
        return x.astype(settings.floatx())
    return ops.cast(x, settings.floatx())


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


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: Any = None) -> Any:
    """Ones with probability `p`, else zeros."""
    return ops.cast(random.binomial(shape, 1, p, seed=seed), dtype or settings.floatx())


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """`random.truncated_normal`."""
    return random.truncated_normal(shape, mean, stddev, dtype, seed)


def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: Any = None, name: Any = None, seed: Any = None
) -> Any:
    """A variable of `random.normal`."""
    return variable(random.normal(shape, mean, scale, dtype, seed), dtype, name)


def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: Any = None, name: Any = None, seed: Any = None
) -> Any:
    """A variable of `random.uniform`."""
    return variable(random.uniform(shape, low, high, dtype, seed), dtype, name)


def is_sparse(tensor: Any) -> bool:
    """Whether it is a sparse tensor."""
    return backend.arrays.is_sparse(tensor)


def to_dense(tensor: Any) -> Any:
    """A sparse tensor as a dense one."""
    return ops.convert_to_tensor(tensor, sparse=False)


def moving_average_update(x: Any, value: Any, momentum: float) -> Any:
    """Move a variable towards a value, by the fraction `1 - momentum`."""
    return x.assign(x * momentum + value * (1 - momentum))


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


# Loops and phases ----------------------------------------------------------------------------


def _fold(fn: Callable, elems: Any, initializer: Any, reverse: bool) -> Any:
    elems = ops.convert_to_tensor(elems)
    if initializer is None:
        first = elems.shape[0] - 1 if reverse else 0
        initializer, elems = elems[first], elems[:-1] if reverse else elems[1:]
    return ops.scan(lambda a, x: (fn(a, x), None), initializer, elems, reverse=reverse)[0]


def foldl(fn: Callable, elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """`fn(accumulated, element)` over the first axis, from its start."""
    return _fold(fn, elems, initializer, reverse=False)


def foldr(fn: Callable, elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """`fn(accumulated, element)` over the first axis, from its end."""
    return _fold(fn, elems, initializer, reverse=True)


def map_fn(fn: Callable, elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """`ops.map`, and a cast if `dtype` is given."""
    found = ops.map(fn, ops.convert_to_tensor(elems))
    return found if dtype is None else ops.cast(found, dtype)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`x` in training, `alt` else; functions are called."""
    found = x if training else alt
    return found() if callable(found) and not hasattr(found, "shape") else found


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`alt` in training, `x` else; functions are called."""
    return in_train_phase(alt, x, training)


def __getattr__(name: str) -> Any:
    if name in OPERATIONS:
        return getattr(ops, name)
    if name in _GONE:
        raise AttributeError(f"keras.backend.{name} is gone, as of Keras 3. Use {_GONE[name]}.")
    found = vars(importlib.import_module("keras_core.legacy.neural")).get(name)
    if callable(found) and not name.startswith("_"):
        return found
    raise AttributeError(
        f"keras.backend has no attribute {name!r}. Its functions are in keras.ops and "
        "keras.random now."
    )
