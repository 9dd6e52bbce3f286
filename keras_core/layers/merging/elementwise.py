"""Add, Subtract, Multiply, Average, Maximum, Minimum, and the functions of their names."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import dtypes
from keras_core.layers.merging.base import ElementwiseMerge, UnmaskedMerge


class Add(ElementwiseMerge):
    """Sum of several inputs, place by place.

    Inputs broadcast against each other; one of lower rank gets axes of size 1 after the
    batch's. Masks are kept: what every input that has a mask masks is masked.

    Args:
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if called on no list of tensors, or shapes that do not broadcast.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.Add()([a, b])).tolist()
    [3.0]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options({})

    def _combine(self, total: Any, x: Any) -> Any:
        return ops.add(total, x)


class Subtract(ElementwiseMerge):
    """Difference of two inputs, the first less the second.

    Inputs broadcast against each other; one of lower rank gets axes of size 1 after the
    batch's. Masks are kept: what every input that has a mask masks is masked.

    Args:
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if called on no list of tensors, or shapes that do not broadcast.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.Subtract()([a, b])).tolist()
    [-1.0]
    """

    count = 2

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options({})

    def _combine(self, total: Any, x: Any) -> Any:
        return ops.subtract(total, x)


class Multiply(UnmaskedMerge):
    """Product of several inputs, place by place.

    Inputs broadcast against each other; one of lower rank gets axes of size 1 after the
    batch's. Masks are kept: what every input that has a mask masks is masked,
    and a value that its input's mask leaves out does not count.

    Args:
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if called on no list of tensors, or shapes that do not broadcast.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.Multiply()([a, b])).tolist()
    [2.0]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options({})

    def _combine(self, total: Any, x: Any) -> Any:
        return ops.multiply(total, x)

    def _neutral(self, other: Any) -> Any:
        return ops.ones_like(other)

    def _alone(self, total: Any, kept: Any) -> Any:
        return ops.where(kept, total, ops.zeros_like(total))


class Average(ElementwiseMerge):
    """Mean of several inputs, place by place.

    Inputs broadcast against each other; one of lower rank gets axes of size 1 after the
    batch's. Masks are kept: what every input that has a mask masks is masked.

    Args:
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if called on no list of tensors, or shapes that do not broadcast.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.Average()([a, b])).tolist()
    [1.5]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options({})

    def _combine(self, total: Any, x: Any) -> Any:
        return ops.add(total, x)

    def _finish(self, total: Any, count: int) -> Any:
        return ops.divide(total, count)

    def _result_dtype(self, inputs: Any) -> str:
        return dtypes.join((super()._result_dtype(inputs), "float"))


class Maximum(UnmaskedMerge):
    """Largest value of several inputs, place by place.

    Inputs broadcast against each other; one of lower rank gets axes of size 1 after the
    batch's. Masks are kept: what every input that has a mask masks is masked,
    and a value that its input's mask leaves out does not count.

    Args:
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if called on no list of tensors, or shapes that do not broadcast.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.Maximum()([a, b])).tolist()
    [2.0]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options({})

    def _combine(self, total: Any, x: Any) -> Any:
        return ops.maximum(total, x)


class Minimum(UnmaskedMerge):
    """Smallest value of several inputs, place by place.

    Inputs broadcast against each other; one of lower rank gets axes of size 1 after the
    batch's. Masks are kept: what every input that has a mask masks is masked,
    and a value that its input's mask leaves out does not count.

    Args:
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if called on no list of tensors, or shapes that do not broadcast.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.Minimum()([a, b])).tolist()
    [1.0]
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options({})

    def _combine(self, total: Any, x: Any) -> Any:
        return ops.minimum(total, x)


def add(inputs: Any, **kwargs: Any) -> Any:
    """`Add` of the inputs.

    Args:
        inputs: a list of tensors.
        **kwargs: of the layer.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.add([a, b])).tolist()
    [3.0]
    """
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """`Subtract` of the inputs.

    Args:
        inputs: two tensors.
        **kwargs: of the layer.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.subtract([a, b])).tolist()
    [-1.0]
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """`Multiply` of the inputs.

    Args:
        inputs: a list of tensors.
        **kwargs: of the layer.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.multiply([a, b])).tolist()
    [2.0]
    """
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """`Average` of the inputs.

    Args:
        inputs: a list of tensors.
        **kwargs: of the layer.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.average([a, b])).tolist()
    [1.5]
    """
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """`Maximum` of the inputs.

    Args:
        inputs: a list of tensors.
        **kwargs: of the layer.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.maximum([a, b])).tolist()
    [2.0]
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """`Minimum` of the inputs.

    Args:
        inputs: a list of tensors.
        **kwargs: of the layer.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.ops.convert_to_tensor([1.0]), keras.ops.convert_to_tensor([2.0])
    >>> keras.ops.convert_to_numpy(keras.layers.minimum([a, b])).tolist()
    [1.0]
    """
    return Minimum(**kwargs)(inputs)
