"""ReLU, LeakyReLU, ELU, PReLU and Softmax: activations with options or weights."""

from __future__ import annotations

from typing import Any

from keras_core import activations, ops
from keras_core.core.errors import message
from keras_core.core.limits import (
    AXES,
    AXES_OR_NONE,
    NOT_NEGATIVE,
    NUMBER,
    UPPER_BOUND,
    optional,
    plain,
)
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.options import OptionsLayer
from keras_core.layers.base.structures import goes_with
from keras_core.ops.rules import shape_of


class _Elementwise(OptionsLayer):
    passes_masks = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape)


class ReLU(_Elementwise):
    """Rectified linear unit, with its knee, its slope below and a cap as options.

    Args:
        max_value: the largest result, None for no limit.
        negative_slope: the slope below `threshold`.
        threshold: where the result begins to rise.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an argument is negative.

    Example:

    >>> import keras_core as keras
    >>> y = keras.layers.ReLU(max_value=6)(keras.ops.convert_to_tensor([-1.0, 9.0]))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [0.0, 6.0]
    """

    limits = {
        "max_value": optional(UPPER_BOUND),
        "negative_slope": NOT_NEGATIVE,
        "threshold": NOT_NEGATIVE,
    }

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(_Elementwise):
    """Rectified linear unit with a slope below zero.

    Args:
        negative_slope: the slope below 0, not negative.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if the slope is negative.

    Example:

    >>> import keras_core as keras
    >>> y = keras.layers.LeakyReLU(0.5)(keras.ops.convert_to_tensor([-2.0, 2.0]))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [-1.0, 2.0]
    """

    limits = {"negative_slope": NOT_NEGATIVE}

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:  # its name in Keras 2
            negative_slope = kwargs.pop("alpha")
        super().__init__(**kwargs)
        self._set_options(locals())

    def call(self, inputs: Any) -> Any:
        return ops.leaky_relu(inputs, self.negative_slope)


class ELU(_Elementwise):
    """Exponential linear unit: `alpha * (exp(x) - 1)` below zero.

    Args:
        alpha: the scale below zero.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if alpha is not a number.

    Reference:
        Clevert et al., 2016, https://arxiv.org/abs/1511.07289

    Example:

    >>> import keras_core as keras
    >>> float(keras.layers.ELU()(keras.ops.convert_to_tensor(2.0)))
    2.0
    """

    limits = {"alpha": NUMBER}

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())

    def call(self, inputs: Any) -> Any:
        return ops.elu(inputs, self.alpha)


class PReLU(_Elementwise):
    """Rectified linear unit whose slope below zero is learnt for each feature.

    Args:
        alpha_initializer: of the slopes.
        alpha_regularizer: a penalty of the slopes, or None.
        alpha_constraint: a projection of the slopes after each step, or None.
        shared_axes: axes along which one slope is shared, such as `[1, 2]` for images.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if an axis is not an int, or is the batch axis.

    Reference:
        He et al., 2015, https://arxiv.org/abs/1502.01852

    Example:

    >>> import keras_core as keras
    >>> y = keras.layers.PReLU(alpha_initializer="ones")(keras.ops.convert_to_tensor([[-2.0]]))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[-2.0]]
    """

    limits = {"shared_axes": AXES_OR_NONE}

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | list[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        if shared_axes is not None:
            axes = plain(self.shared_axes)
            self.shared_axes = [axes] if isinstance(axes, int) else list(map(plain, axes))
            if 0 in self.shared_axes:
                raise self._refuse("shared_axes", "not hold the batch axis 0", shared_axes)

    def build(self, input_shape: Any) -> None:
        rank = len(input_shape)
        shared = set()
        for axis in self.shared_axes or ():
            if not -rank < axis < rank:
                must = f"hold axes of the inputs, from {1 - rank} to {rank - 1}"
                raise self._refuse("shared_axes", must, self.shared_axes)
            shared.add(axis % rank)
        shape = tuple(1 if i in shared else input_shape[i] for i in range(1, rank))
        if None in shape:
            raise ValueError(
                f"{self._owner}: axes of unknown size must be among shared_axes. Received: inputs "
                f"of shape {tuple(input_shape)}, shared_axes={self.shared_axes}"
            )
        self.alpha = self.add_weight(
            name="alpha",
            shape=shape,
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        axes = {i: input_shape[i] for i in range(1, rank) if i not in shared}
        self.input_spec = InputSpec(ndim=rank, axes=axes)

    def call(self, inputs: Any) -> Any:
        below = ops.multiply(self.alpha.tensor, ops.relu(ops.negative(inputs)))
        return ops.subtract(ops.relu(inputs), below)


class Softmax(_Elementwise):
    """Exponentials divided by their sum along an axis.

    Args:
        axis: an int, or several axes that are taken together; None for all, the batch's too.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Call arguments:
        inputs: scores.
        mask: bool, of the shape of `inputs` or one that broadcasts to it; places that are False
            get 0. Of numbers, those up to 0.5 stand for False.

    Raises:
        ValueError: if axis is not an int or several.

    Example:

    >>> import keras_core as keras
    >>> y = keras.layers.Softmax()(keras.ops.convert_to_tensor([[1.0, 1.0]]))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[0.5, 0.5]]
    """

    limits = {"axis": optional(AXES)}

    def __init__(self, axis: int | list[int] | None = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())

    def call(self, inputs: Any, mask: Any = None) -> Any:
        axis = tuple(self.axis) if isinstance(self.axis, (list, tuple)) else self.axis
        if mask is None:
            return ops.softmax(inputs, axis=axis)
        mask = ops.convert_to_tensor(mask)
        sizes, shape = shape_of(inputs), shape_of(mask)
        if len(shape) > len(sizes) or not goes_with(shape, sizes):
            must = f"have the shape of the inputs, {sizes}, or one that broadcasts to it"
            mend = "A mask (batch, time) does as ops.expand_dims(mask, -1)."
            raise ValueError(
                message(self._owner, "mask", must, shape, mend if len(shape) < len(sizes) else "")
            )
        keep = mask if ops.dtype(mask) == "bool" else ops.greater(mask, 0.5)
        half = ops.dtype(inputs) == "float16"
        scores = ops.where(keep, inputs, ops.full_like(inputs, -3e4 if half else -1e9))
        # What is left out is exactly 0, also where a whole row is.
        return ops.multiply(ops.softmax(scores, axis=axis), ops.cast(keep, ops.dtype(inputs)))
