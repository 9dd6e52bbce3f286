"""Cross-entropies between targets and predictions, one number a sample (or an element)."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import settings, shapes
from keras_core.ops import rules
from keras_core.ops._door import Tensor, TensorLike, op


def _same_shapes(name: str, target: Any, output: Any) -> shapes.Shape:
    a, b = rules.shape_of(target), rules.shape_of(output)
    if not shapes.compatible(a, b):
        raise ValueError(
            f"{name}: target and output must have the same shape. Received: target of shape {a}, "
            f"output of shape {b}"
        )
    return tuple(m if m is not None else n for m, n in zip(a, b, strict=True))


def _categorical_shape(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> shapes.Shape:
    shape = _same_shapes("categorical_crossentropy", target, output)
    if not shape:
        raise ValueError(
            "categorical_crossentropy: target and output must have at least one axis. "
            "Received: scalars"
        )
    return shapes.reduced(shape, axis)


@op(shape=_categorical_shape, dtype=rules.floating)
def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Cross-entropy of predicted class probabilities against target probabilities.

    Args:
        target: probabilities, usually one-hot vectors along `axis`.
        output: predictions of the same shape.
        from_logits: whether they are logits; else probabilities, which are scaled to sum to 1.
        axis: the classes' axis.

    Returns:
        A float tensor without `axis`.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> import keras_core as keras
    >>> loss = keras.ops.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    >>> keras.ops.convert_to_numpy(loss).round(4).tolist()
    [0.6931000232696533]
    """
    _categorical_shape(target, output, from_logits, axis)
    if from_logits:
        log = ops.log_softmax(output, axis=axis)
    else:
        epsilon = settings.epsilon()
        scaled = ops.divide(output, ops.sum(output, axis=axis, keepdims=True))
        log = ops.log(ops.clip(scaled, epsilon, 1.0 - epsilon))
    return ops.negative(ops.sum(ops.multiply(target, log), axis=axis))


def _sparse_shape(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> shapes.Shape:
    a, b = rules.shape_of(target), rules.shape_of(output)
    if not b:
        raise ValueError(
            "sparse_categorical_crossentropy: output must have at least one axis. "
            "Received: a scalar"
        )
    out = shapes.reduced(b, axis)
    if len(a) == len(b) and a[-1] == 1:
        a = a[:-1]
    if not shapes.compatible(a, out):
        raise ValueError(
            "sparse_categorical_crossentropy: target must have the shape of output without the "
            f"classes' axis. Received: target of shape {a}, output of shape {b}, axis={axis}"
        )
    return tuple(m if m is not None else n for m, n in zip(a, out, strict=True))


@op(shape=_sparse_shape, dtype=rules.floating.on("output"))
def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Cross-entropy of predicted class probabilities against integer class codes.

    Args:
        target: class codes, of the shape of `output` without `axis` (or with size 1 there).
        output: predictions.
        from_logits: whether they are logits; else probabilities, which are scaled to sum to 1.
        axis: the classes' axis.

    Returns:
        A float tensor of the shape of the codes.

    Raises:
        ValueError: if the shapes do not fit.

    Example:

    >>> import keras_core as keras
    >>> loss = keras.ops.sparse_categorical_crossentropy([1], [[0.5, 0.5]])
    >>> keras.ops.convert_to_numpy(loss).round(4).tolist()
    [0.6931000232696533]
    """
    _sparse_shape(target, output, from_logits, axis)
    if len(target.shape) == len(output.shape):
        target = ops.squeeze(target, axis=-1)
    if from_logits:
        log = ops.log_softmax(output, axis=axis)
    else:
        epsilon = settings.epsilon()
        scaled = ops.divide(output, ops.sum(output, axis=axis, keepdims=True))
        log = ops.log(ops.clip(scaled, epsilon, 1.0 - epsilon))
    hot = ops.one_hot(
        ops.cast(target, "int32"), output.shape[axis], axis=axis, dtype=ops.dtype(log)
    )
    return ops.negative(ops.sum(ops.multiply(hot, log), axis=axis))


def _binary_shape(target: Any, output: Any, from_logits: bool = False) -> shapes.Shape:
    return _same_shapes("binary_crossentropy", target, output)


@op(shape=_binary_shape, dtype=rules.floating)
def binary_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False
) -> Tensor:
    """Cross-entropy of predicted probabilities against binary targets, element by element.

    Args:
        target: numbers between 0 and 1.
        output: predictions of the same shape.
        from_logits: whether they are logits; else probabilities.

    Returns:
        A float tensor of the same shape.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> import keras_core as keras
    >>> loss = keras.ops.binary_crossentropy([1.0], [0.5])
    >>> keras.ops.convert_to_numpy(loss).round(4).tolist()
    [0.6931000232696533]
    """
    _binary_shape(target, output)
    if from_logits:
        # max(x, 0) - x t + log(1 + exp(-|x|))
        tail = ops.log1p(ops.exp(ops.negative(ops.absolute(output))))
        return ops.add(ops.subtract(ops.relu(output), ops.multiply(output, target)), tail)
    epsilon = settings.epsilon()
    p = ops.clip(output, epsilon, 1.0 - epsilon)
    hit = ops.multiply(target, ops.log(p))
    miss = ops.multiply(ops.subtract(1.0, target), ops.log(ops.subtract(1.0, p)))
    return ops.negative(ops.add(hit, miss))


def _scalar(x1: Any, x2: Any, max_val: float) -> shapes.Shape:
    _same_shapes("psnr", x1, x2)
    return ()


@op(shape=_scalar, dtype=rules.floating)
def psnr(x1: TensorLike, x2: TensorLike, max_val: float) -> Tensor:
    """Peak signal-to-noise ratio of two tensors, in decibels.

    Args:
        x1: a tensor.
        x2: a tensor of the same shape.
        max_val: the largest value a signal can have.

    Returns:
        A scalar, infinite if the tensors are equal.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.ops.psnr([0.0, 1.0], [0.1, 1.1], max_val=1.0)), 2)
    20.0
    """
    _same_shapes("psnr", x1, x2)
    error = ops.mean(ops.square(ops.subtract(x1, x2)))
    return ops.multiply(ops.log10(ops.divide(float(max_val) ** 2, error)), 10.0)
