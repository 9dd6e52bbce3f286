"""Dot, and the function of its name."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import shapes
from keras_core.core.limits import BOOL
from keras_core.layers.merging.base import Merge


class Dot(Merge):
    """Dot products of the samples of two inputs along an axis of each.

    Args:
        axes: the axis to sum over, an int, or one for each input; not the batch axis.
        normalize: whether both are scaled to norm 1 along it first, which gives cosines.
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.

    Raises:
        ValueError: if the axes' sizes differ, or the inputs are not two.

    Example:

    >>> import keras_core as keras
    >>> a = keras.ops.convert_to_tensor([[1.0, 2.0]])
    >>> keras.ops.convert_to_numpy(keras.layers.Dot(axes=1)([a, a])).tolist()
    [[5.0]]
    """

    limits = {"normalize": BOOL}
    count = 2

    def __init__(self, axes: int | tuple[int, int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._set_options(locals())
        pair = (axes, axes) if isinstance(axes, int) else axes
        if (
            not isinstance(pair, (list, tuple))
            or len(pair) != 2
            or any(not isinstance(a, int) or isinstance(a, bool) or a == 0 for a in pair)
        ):
            raise self._refuse("axes", "be an int other than 0, or two of them", axes)
        self._pair = tuple(pair)

    def _resolved(self, first: Any, second: Any) -> tuple[int, int]:
        ranks = len(first), len(second)
        if min(ranks) < 2:
            raise self._refuse("inputs", "have a rank of at least 2", [tuple(first), tuple(second)])
        a, b = (
            shapes.axis_index(axis, rank, f"{self._owner}: axes")
            for axis, rank in zip(self._pair, ranks, strict=True)
        )
        if None not in (first[a], second[b]) and first[a] != second[b]:
            raise ValueError(
                f"{self._owner}: inputs must have the same size along axes={self.axes}. Received "
                f"shapes: {tuple(first)}, {tuple(second)}"
            )
        return a, b

    def call(self, inputs: Any) -> Any:
        x, y = self._checked(inputs)
        a, b = self._resolved(x.shape, y.shape)
        if self.normalize:
            x, y = ops.normalize(x, axis=a), ops.normalize(y, axis=b)
        plain = len(x.shape) == 2 and len(y.shape) == 2
        letters = iter("bcdefghijklmnopqrstuvw")
        left = "".join(
            "x" if i == a else "a" if i == 0 else next(letters) for i in range(len(x.shape))
        )
        right = "".join(
            "x" if i == b else "a" if i == 0 else next(letters) for i in range(len(y.shape))
        )
        out = "a" + (left + right).replace("a", "").replace("x", "")
        result = ops.einsum(f"{left},{right}->{out}", x, y)
        return ops.expand_dims(result, 1) if plain else result

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        first, second = self._checked(list(input_shape))
        a, b = self._resolved(first, second)
        rest = [
            *(s for i, s in enumerate(first) if i not in (0, a)),
            *(s for i, s in enumerate(second) if i not in (0, b)),
        ]
        return (first[0], *rest) if rest else (first[0], 1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None


def dot(inputs: Any, axes: int | tuple[int, int] = -1, **kwargs: Any) -> Any:
    """`Dot` of two inputs.

    Args:
        inputs: two tensors.
        axes: the axis to sum over, or one for each.
        **kwargs: of the layer.

    Returns:
        A tensor.

    Example:

    >>> import keras_core as keras
    >>> a = keras.ops.convert_to_tensor([[1.0, 2.0]])
    >>> keras.ops.convert_to_numpy(keras.layers.dot([a, a], axes=1)).tolist()
    [[5.0]]
    """
    return Dot(axes=axes, **kwargs)(inputs)
