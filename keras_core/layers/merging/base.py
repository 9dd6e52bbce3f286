"""What merging layers share: checks of the list of inputs, broadcasting, masks."""

from __future__ import annotations

import functools
from typing import Any, ClassVar

from keras_core import ops
from keras_core.core import dtypes, masks, shapes
from keras_core.layers.base.options import OptionsLayer
from keras_core.symbolic.keras_tensor import KerasTensor


def aligned_shapes(given: Any) -> list[shapes.Shape]:
    """Shapes of one rank: lower ones get axes of size 1 after the batch's."""
    rank = max(map(len, given))
    return [(*shape[:1], *(1,) * (rank - len(shape)), *shape[1:]) for shape in map(tuple, given)]


class Merge(OptionsLayer):
    """A layer of a list of tensors with one result, which has their broadcast shape.

    A subclass defines `_merge_function(inputs)`, whose inputs have one rank; one whose result
    has another shape or mask defines `compute_output_shape` and `compute_mask` too.

    Args:
        **kwargs: `name`, `dtype` and `trainable` of `Layer`.
    """

    passes_masks = True
    count: ClassVar[int | None] = None  # exactly so many inputs
    least: ClassVar[int] = 1

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def _merge_function(self, inputs: Any) -> Any:
        raise NotImplementedError(f"{self._owner} must define `_merge_function(inputs)`.")

    def _checked(self, inputs: Any) -> Any:
        must = f"be a list of {self.count or f'at least {self.least}'} tensors"
        if not isinstance(inputs, (list, tuple)):
            raise self._refuse("inputs", must, inputs)
        if len(inputs) < self.least or self.count not in (None, len(inputs)):
            raise self._refuse("inputs", must, f"{len(inputs)} of them")
        return inputs

    def build(self, input_shape: Any) -> None:
        if not input_shape or not isinstance(input_shape[0], (list, tuple)):
            raise self._refuse("inputs", "be a list of tensors", input_shape)
        self._checked(list(input_shape))
        self.compute_output_shape(input_shape)

    def call(self, inputs: Any) -> Any:
        self._checked(inputs)
        rank = len(inputs[0].shape)
        for x in inputs:
            if len(x.shape) != rank:
                inputs = self._aligned(inputs)
                break
        return self._merge_function(inputs)

    @staticmethod
    def _aligned(inputs: Any) -> list[Any]:
        rank = max(len(x.shape) for x in inputs)
        out = []
        for x in inputs:
            missing = rank - len(x.shape)
            out.append(ops.expand_dims(x, tuple(range(1, 1 + missing))) if missing else x)
        return out

    def compute_output_spec(self, inputs: Any) -> Any:
        self._checked(inputs)
        shape = self.compute_output_shape([x.shape for x in inputs])
        return KerasTensor(shape, self._result_dtype(inputs))

    def _result_dtype(self, inputs: Any) -> str:
        return dtypes.join(tuple(dtypes.standardize(x.dtype) for x in inputs))

    def compute_output_shape(self, input_shape: Any) -> shapes.Shape:
        try:
            return shapes.broadcast(*aligned_shapes(input_shape))
        except ValueError:
            raise ValueError(
                f"{self._owner}: inputs must have shapes that broadcast together. Received shapes: "
                f"{', '.join(str(tuple(s)) for s in input_shape)}"
            ) from None

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """What any of the given masks leaves in; an input without one does not count.

        Where all inputs have masks this is Keras's; where one has none, Keras loses the others'.
        """
        return union(mask)


class ElementwiseMerge(Merge):
    """Inputs combined one after the other, place by place."""

    def _combine(self, total: Any, x: Any) -> Any:
        raise NotImplementedError

    def _merge_function(self, inputs: Any) -> Any:
        total = inputs[0]
        for x in inputs[1:]:
            total = self._combine(total, x)
        return self._finish(total, len(inputs))

    def _finish(self, total: Any, count: int) -> Any:
        return total


class UnmaskedMerge(ElementwiseMerge):
    """Inputs of which only what their masks leave in is combined.

    A place may be masked in one input and not in another: the result then counts, so that a
    padding's value must not come into it.
    """

    def _neutral(self, other: Any) -> Any:
        """What changes nothing when it is combined with `other`."""
        return other

    def _alone(self, total: Any, kept: Any) -> Any:
        """The result, with what stands where all inputs are masked."""
        return total

    def call(self, inputs: Any) -> Any:
        found = masks.of(self._checked(inputs))
        if all(mask is None for mask in found):
            return super().call(inputs)
        aligned = self._aligned(inputs)
        rank = len(aligned[0].shape)
        keeps = [_like(m, len(x.shape), rank) for m, x in zip(found, inputs, strict=True)]
        total, kept = aligned[0], keeps[0]
        for x, keep in zip(aligned[1:], keeps[1:], strict=True):
            if keep is not None:
                x = ops.where(keep, x, self._neutral(total))
            if kept is not None:
                total = ops.where(kept, total, self._neutral(x))
                kept = None if keep is None else ops.logical_or(kept, keep)
            total = self._combine(total, x)
        return total if kept is None else self._alone(total, kept)


def _like(mask: Any, rank: int, merged: int) -> Any:
    """The mask of an input of a rank, with the axes that the input gets to be merged."""
    if mask is None or len(mask.shape) > rank:
        return None
    last = tuple(range(len(mask.shape), rank))
    mask = ops.expand_dims(mask, last) if last else mask
    return ops.expand_dims(mask, tuple(range(1, 1 + merged - rank))) if merged > rank else mask


def union(given: Any) -> Any:
    """What any of the masks leaves in, None where there is none or their ranks differ."""
    found = [m for m in given or () if m is not None]
    if not found or any(len(m.shape) != len(found[0].shape) for m in found):
        return None
    return functools.reduce(ops.logical_or, found)
