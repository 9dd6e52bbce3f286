"""Cross-entropies and other losses of probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.core import settings, shapes
from keras_core.core.errors import message
from keras_core.core.limits import BOOL, FRACTION, INT, NUMBER, optional
from keras_core.losses.loss import LossFunctionWrapper, is_integer
from keras_core.losses.reduction import as_tensor, dtype_of, float_pair
from keras_core.ops._door import Tensor, TensorLike

_LIMITS = {"from_logits": BOOL, "label_smoothing": FRACTION}


def _smooth(y_true: Any, label_smoothing: float, classes: int | Any) -> Any:
    """Labels moved towards the uniform distribution over `classes`."""
    if not label_smoothing or (isinstance(classes, int) and not classes):
        return y_true
    uniform = label_smoothing / (
        classes if isinstance(classes, int) else ops.cast(classes, dtype_of(y_true))
    )
    return y_true * (1.0 - label_smoothing) + uniform


def _class_axes(owner: str, axis: Any, rank: int) -> int | tuple[int, ...]:
    """The classes' axis as an int, also for one in a list; a tuple only for several."""
    if not isinstance(axis, (tuple, list)):
        return shapes.axis_index(axis, rank, f"{owner}: axis")
    if not axis:
        raise ValueError(message(owner, "axis", "be an int, or hold at least one", axis))
    first, *rest = shapes.axis_tuple(axis, rank, f"{owner}: axis")
    return (first, *rest) if rest else first


def _class_count(shape: Any, axis: int | tuple[int, ...]) -> Any:
    return shape[axis] if isinstance(axis, int) else math.prod(shape[i] for i in axis)


def _scaled(probabilities: Any, axis: int | tuple[int, ...]) -> Any:
    """Probabilities that sum to 1, away from 0 and 1."""
    probabilities = probabilities / ops.sum(probabilities, axis=axis, keepdims=True)
    epsilon = settings.epsilon()
    return ops.clip(probabilities, epsilon, 1.0 - epsilon)


def binary_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int | Sequence[int] = -1,
) -> Tensor:
    """The mean over `axis` of `-y log(p) - (1 - y) log(1 - p)`.

    Args:
        y_true: labels from 0 to 1, shape `(batch, ..., n)`.
        y_pred: probabilities (logits if `from_logits`) of the same shape.
        from_logits: whether `y_pred` is before the sigmoid: more exact, and cheaper.
        label_smoothing: from 0 to 1, how far labels are moved to 0.5.
        axis: the axis of the mean, or several.

    Returns:
        A tensor of the shape without `axis`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.binary_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    y_true, y_pred = float_pair(y_true, y_pred)
    y_true = _smooth(y_true, label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int | Sequence[int] = -1,
) -> Tensor:
    """`-sum(y log(p))` over the classes.

    Args:
        y_true: one-hot labels or distributions, shape `(batch, ..., classes)`.
        y_pred: probabilities (logits if `from_logits`) of the same shape.
        from_logits: whether `y_pred` is before the softmax: more exact, and cheaper.
        label_smoothing: from 0 to 1, how far labels are moved to the uniform distribution.
        axis: the axis of the classes; several over which they lie together.

    Returns:
        A tensor of the shape without `axis`.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    y_true, y_pred = float_pair(y_true, y_pred)
    _same_shape("categorical_crossentropy", y_true, y_pred)
    axes = _class_axes("categorical_crossentropy", axis, len(y_pred.shape))
    y_true = _smooth(y_true, label_smoothing, _class_count(ops.shape(y_pred), axes))
    if isinstance(axes, int):
        return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axes)
    log = ops.log_softmax(y_pred, axis=axes) if from_logits else ops.log(_scaled(y_pred, axes))
    return -ops.sum(y_true * log, axis=axes)


def _same_shape(name: str, y_true: Any, y_pred: Any) -> None:
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    if len(true) == len(pred) and all(
        a == b or a is None or b is None for a, b in zip(true, pred, strict=True)
    ):
        return
    mend = ""
    if len(true) == len(pred) - 1 or (len(true) == len(pred) and true[-1] == 1):
        mend = f" For labels that are class numbers use sparse_{name}."
    raise ValueError(
        f"{name}: y_true must be one-hot labels of the shape of y_pred. Received: "
        f"y_true of shape {true}, y_pred of shape {pred}.{mend}"
    )


def sparse_categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int | Sequence[int] = -1,
) -> Tensor:
    """`-log(p)` of the true class.

    Args:
        y_true: class numbers, shape `(batch, ...)` or `(batch, ..., 1)`.
        y_pred: probabilities (logits if `from_logits`), shape `(batch, ..., classes)`.
        from_logits: whether `y_pred` is before the softmax: more exact, and cheaper.
        ignore_class: a class number whose losses are 0, such as -1 or 255 for "unlabelled".
        axis: the axis of the classes.

    Returns:
        A tensor of shape `(batch, ...)`.

    Raises:
        ValueError: if the shapes do not go together.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    y_true = as_tensor(y_true)
    y_pred = as_tensor(y_pred)
    rank = len(y_pred.shape)
    if len(y_true.shape) == rank > 0 and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    index = _class_axes("sparse_categorical_crossentropy", axis, rank)
    if not isinstance(index, int):
        raise ValueError(
            message(
                "sparse_categorical_crossentropy", "axis", "be one axis, that of the classes", axis,
                "Reshape y_pred so that one axis holds all classes.",
            )
        )  # fmt: skip
    _class_numbers_fit(y_true, y_pred, index)
    if not is_integer(y_true):
        y_true = ops.cast(y_true, "int32")
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(
            y_true, y_pred, from_logits=from_logits, axis=index
        )
    valid = ops.not_equal(y_true, ignore_class)
    losses = ops.sparse_categorical_crossentropy(
        ops.where(valid, y_true, ops.zeros_like(y_true)),
        y_pred,
        from_logits=from_logits,
        axis=index,
    )
    return ops.where(valid, losses, ops.zeros_like(losses))


def _class_numbers_fit(y_true: Any, y_pred: Any, axis: int) -> None:
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    index = axis + len(pred) if axis < 0 else axis
    rest = pred[:index] + pred[index + 1 :]
    if true == rest:
        return
    if len(true) != len(rest) or any(
        a != b and a is not None and b is not None for a, b in zip(true, rest, strict=True)
    ):
        mend = ""
        if true == pred:
            mend = " For one-hot labels use categorical_crossentropy."
        raise ValueError(
            "sparse_categorical_crossentropy: y_true must hold class numbers, in the shape of "
            f"y_pred without its class axis. Received: y_true of shape {true}, y_pred of shape "
            f"{pred}, axis={axis}.{mend}"
        )


def binary_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int | Sequence[int] = -1,
) -> Tensor:
    """Binary cross-entropy in which what is predicted well already counts less.

    Each term is multiplied by `(1 - p_t)^gamma`, where `p_t` is the probability given to the
    true label (Lin et al., 2017, https://arxiv.org/abs/1708.02002).

    Args:
        y_true: labels from 0 to 1, shape `(batch, ..., n)`.
        y_pred: probabilities (logits if `from_logits`) of the same shape.
        apply_class_balancing: whether label 1 is weighted by `alpha`, label 0 by `1 - alpha`.
        alpha: the weight of label 1.
        gamma: how strongly well predicted terms are discounted; 0: not at all.
        from_logits: whether `y_pred` is before the sigmoid.
        label_smoothing: from 0 to 1, how far labels are moved to 0.5.
        axis: the axis of the mean, or several.

    Returns:
        A tensor of the shape without `axis`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.binary_focal_crossentropy([[1.0]], [[0.5]])[0]), 4)
    0.1733
    """
    y_true, y_pred = float_pair(y_true, y_pred)
    y_true = _smooth(y_true, label_smoothing, 2)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    losses = ops.binary_crossentropy(y_true, y_pred, from_logits=False)
    missing = y_true * (1.0 - y_pred) + (1.0 - y_true) * y_pred  # 1 - p_t
    if gamma < 1:  # whose slope at 0 is infinite, and 0 times that no number
        missing = ops.maximum(missing, settings.epsilon())
    losses = ops.power(missing, gamma) * losses
    if apply_class_balancing:
        losses = (y_true * alpha + (1.0 - y_true) * (1.0 - alpha)) * losses
    return ops.mean(losses, axis=axis)


def categorical_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float | Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int | Sequence[int] = -1,
) -> Tensor:
    """Categorical cross-entropy in which what is predicted well already counts less.

    `-sum(alpha (1 - p)^gamma y log(p))` (Lin et al., 2017, https://arxiv.org/abs/1708.02002).

    Args:
        y_true: one-hot labels, shape `(batch, ..., classes)`.
        y_pred: probabilities (logits if `from_logits`) of the same shape.
        alpha: a weight, or one for each class.
        gamma: how strongly well predicted terms are discounted; 0: not at all.
        from_logits: whether `y_pred` is before the softmax.
        label_smoothing: from 0 to 1, how far labels are moved to the uniform distribution.
        axis: the axis of the classes; several over which they lie together.

    Returns:
        A tensor of the shape without `axis`.

    Raises:
        ValueError: if the shapes differ.

    Example:

    >>> import keras_core as keras
    >>> loss = keras.losses.categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])
    >>> round(float(loss[0]), 4)
    0.0433
    """
    y_true, y_pred = float_pair(y_true, y_pred)
    _same_shape("categorical_focal_crossentropy", y_true, y_pred)
    axes = _class_axes("categorical_focal_crossentropy", axis, len(y_pred.shape))
    y_true = _smooth(y_true, label_smoothing, _class_count(ops.shape(y_pred), axes))
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axes)
    y_pred = _scaled(y_pred, axes)
    weight = ops.power(1.0 - y_pred, gamma) * ops.cast(alpha, dtype_of(y_pred))
    return -ops.sum(weight * y_true * ops.log(y_pred), axis=axes)


def categorical_generalized_cross_entropy(
    y_true: TensorLike, y_pred: TensorLike, q: float
) -> Tensor:
    """`(1 - p^q) / q` of the true class: less shaken by wrong labels than cross-entropy.

    Between cross-entropy (q to 0) and the mean absolute error (q = 1). Zhang and Sabuncu, 2018,
    https://arxiv.org/abs/1805.07836.

    Args:
        y_true: class numbers, shape `(batch, ...)`.
        y_pred: probabilities, shape `(batch, ..., classes)`.
        q: a float between 0 and 1.

    Returns:
        A tensor of shape `(batch, ...)`.

    Raises:
        ValueError: if `q` is out of range, or the shapes do not go together.

    Example:

    >>> import keras_core as keras
    >>> loss = keras.losses.categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5)
    >>> float(loss[0])
    1.0
    """
    if not 0 < q < 1:
        raise ValueError(
            "categorical_generalized_cross_entropy: q must be a float between 0 and 1. "
            f"Received: q={q!r}"
        )
    y_pred = as_tensor(y_pred)
    y_true = as_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) > 0 and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    if not len(y_pred.shape) or len(y_true.shape) != len(y_pred.shape) - 1:
        raise ValueError(
            "categorical_generalized_cross_entropy: y_true must hold class numbers, in the shape "
            f"of y_pred without its last axis. Received: y_true of shape {tuple(y_true.shape)}, "
            f"y_pred of shape {tuple(y_pred.shape)}. Pass ops.argmax(y_true, axis=-1) of one-hot "
            "labels."
        )
    one_hot = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1], dtype=dtype_of(y_pred))
    own = ops.sum(one_hot * y_pred, axis=-1)
    # The slope at 0 is infinite, which times the zeros of the one-hot labels is no number.
    some = ops.greater(own, 0)
    own = ops.power(ops.where(some, own, ops.ones_like(own)), q)
    return (1.0 - ops.where(some, own, ops.zeros_like(own))) / q


def kl_divergence(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """The Kullback-Leibler divergence `sum(y log(y / p))` over the last axis.

    Args:
        y_true: distributions, shape `(batch, ..., classes)`.
        y_pred: distributions of the same shape; both are clipped to `[epsilon(), 1]`.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.kl_divergence([[0.5, 0.5]], [[0.25, 0.75]])[0]), 4)
    0.1438
    """
    y_true, y_pred = float_pair(y_true, y_pred, "kl_divergence")
    epsilon = settings.epsilon()
    y_true, y_pred = (ops.clip(y, epsilon, 1.0) for y in (y_true, y_pred))
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """The mean over the last axis of `y_pred - y_true log(y_pred)`.

    The negative log-likelihood of counts under Poisson distributions with means `y_pred`, but
    for what does not depend on them.

    Args:
        y_true: counts, shape `(batch, ..., n)`.
        y_pred: positive predictions of the same shape.

    Returns:
        A tensor of shape `(batch, ...)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.poisson([[2.0, 3.0]], [[1.0, 1.0]])[0])
    1.0
    """
    y_true, y_pred = float_pair(y_true, y_pred, "poisson")
    return ops.mean(y_pred - y_true * ops.log(y_pred + settings.epsilon()), axis=-1)


class BinaryCrossentropy(LossFunctionWrapper):
    """Cross-entropy of labels 0 and 1.

    Args:
        from_logits: whether predictions are before the sigmoid: more exact, and cheaper.
        label_smoothing: from 0 to 1, how far labels are moved to 0.5.
        axis: the axis of the mean, or several.
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.BinaryCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    limits = _LIMITS

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int | Sequence[int] = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            name,
            reduction,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """Binary cross-entropy in which what is predicted well already counts less.

    Args:
        apply_class_balancing: whether label 1 is weighted by `alpha`, label 0 by `1 - alpha`.
        alpha: the weight of label 1.
        gamma: how strongly well predicted terms are discounted.
        from_logits: whether predictions are before the sigmoid.
        label_smoothing: from 0 to 1, how far labels are moved to 0.5.
        axis: the axis of the mean, or several.
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.BinaryFocalCrossentropy()([[1.0]], [[0.5]])), 4)
    0.1733
    """

    limits = {**_LIMITS, "gamma": NUMBER, "alpha": NUMBER}

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int | Sequence[int] = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_focal_crossentropy,
            name,
            reduction,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
        )


class CategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of one-hot labels.

    Args:
        from_logits: whether predictions are before the softmax: more exact, and cheaper.
        label_smoothing: from 0 to 1, how far labels are moved to the uniform distribution.
        axis: the axis of the classes; several over which they lie together.
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.6931
    """

    limits = _LIMITS

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int | Sequence[int] = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            name,
            reduction,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """Categorical cross-entropy in which what is predicted well already counts less.

    Args:
        alpha: a weight, or one for each class.
        gamma: how strongly well predicted terms are discounted.
        from_logits: whether predictions are before the softmax.
        label_smoothing: from 0 to 1, how far labels are moved to the uniform distribution.
        axis: the axis of the classes; several over which they lie together.
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> loss = keras.losses.CategoricalFocalCrossentropy()
    >>> round(float(loss([[0.0, 1.0]], [[0.5, 0.5]])), 4)
    0.0433
    """

    limits = {**_LIMITS, "gamma": NUMBER}

    def __init__(
        self,
        alpha: float | Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int | Sequence[int] = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_focal_crossentropy,
            name,
            reduction,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
            alpha=alpha,
            gamma=gamma,
        )


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """Cross-entropy of labels that are class numbers.

    Args:
        from_logits: whether predictions are before the softmax: more exact, and cheaper.
        ignore_class: a class number that does not count, such as -1 or 255 for "unlabelled".
        reduction: see `keras.Loss`; a mean is over the labels that count.
        axis: the axis of the classes.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
    0.6931
    """

    limits = {"from_logits": BOOL, "ignore_class": optional(INT)}

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int | Sequence[int] = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            name,
            reduction,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )
        if ignore_class is not None:
            self._counts = lambda y_true: ops.not_equal(y_true, ignore_class)

    def _target(self, y_true: Any) -> Any:
        return as_tensor(y_true)  # class numbers stay integers

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of the labels."""
        return sparse_categorical_crossentropy(y_true, y_pred, **self._fn_kwargs)


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """`(1 - p^q) / q` of the true class: less shaken by wrong labels than cross-entropy.

    Args:
        q: a float between 0 (cross-entropy) and 1 (mean absolute error).
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Raises:
        ValueError: if `q` is out of range.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]]))
    1.0
    """

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        if not NUMBER.holds(q) or not 0 < q < 1:
            raise ValueError(
                "CategoricalGeneralizedCrossEntropy: q must be a float between 0 and 1. "
                f"Received: q={q!r}"
            )
        super().__init__(categorical_generalized_cross_entropy, name, reduction, dtype, q=q)

    def _target(self, y_true: Any) -> Any:
        return as_tensor(y_true)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of the labels."""
        return categorical_generalized_cross_entropy(y_true, y_pred, **self._fn_kwargs)


class KLDivergence(LossFunctionWrapper):
    """The Kullback-Leibler divergence of predicted from true distributions.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.losses.KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])), 4)
    0.1438
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: Any = None,
    ) -> None:
        super().__init__(kl_divergence, name, reduction, dtype)


class Poisson(LossFunctionWrapper):
    """The mean of `y_pred - y_true log(y_pred)`, for counts.

    Args:
        reduction: see `keras.Loss`.
        name: a string.
        dtype: see `keras.Loss`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.losses.Poisson()([[2.0, 3.0]], [[1.0, 1.0]]))
    1.0
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: Any = None,
    ) -> None:
        super().__init__(poisson, name, reduction, dtype)
