"""InputSpec: what a layer expects of an input, and the check of it."""

from __future__ import annotations

from typing import Any

from keras_core.core import advice, dtypes, shapes, tree
from keras_core.ops.rules import shape_of


class InputSpec:
    """Rank, shape, dtype and sizes along axes that a layer expects of an input.

    Args:
        dtype: the expected dtype's name; None: any.
        shape: the expected shape with None for any size; None: any.
        ndim: the expected rank.
        max_ndim: the largest rank allowed.
        min_ndim: the smallest rank allowed.
        axes: sizes by axis, `{-1: 64}`; a size of None is any.
        allow_last_axis_squeeze: whether a last axis of size 1 may be missing or added.
        name: the key of the input in a dict of inputs.
        optional: whether None is allowed.

    Example:

    >>> import keras_core as keras
    >>> keras.InputSpec(min_ndim=2, axes={-1: 8})
    InputSpec(min_ndim=2, axes={-1: 8})
    """

    takes_ragged = False  # whether rows may have lengths of their own

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = dtypes.standardize(dtype) if dtype is not None else None
        self.shape = None if shape is None else shapes.standardize_shape(shape, "InputSpec: shape")
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(k): v for k, v in axes.items()} if axes else {}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name, self.optional = name, optional
        limit = self.ndim if self.ndim is not None else max_ndim
        if self.axes and limit is not None and max(self.axes) >= limit:
            raise ValueError(
                f"InputSpec: axes must lie below the rank {limit}. Received: axes={axes}"
            )

    def problem(self, x: Any) -> str | None:
        """What is wrong with `x`, None if nothing is."""
        shape = shape_of(x)
        rank = len(shape)
        if self.ndim is not None and rank != self.ndim:
            loose = self.allow_last_axis_squeeze and (
                (rank == self.ndim + 1 and shape[-1] == 1)
                or (rank == self.ndim - 1 and self.shape is not None and self.shape[-1] == 1)
            )
            if not loose:
                return f"expected ndim={self.ndim}, found ndim={rank}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"expected max_ndim={self.max_ndim}, found ndim={rank}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"expected min_ndim={self.min_ndim}, found ndim={rank}"
        if self.dtype is not None and _dtype_of(x) != self.dtype:
            return f"expected dtype={self.dtype}, found dtype={_dtype_of(x)}"
        for axis, size in self.axes.items():
            if size is None or axis >= rank or -axis > rank:
                continue
            if shape[axis] is not None and shape[axis] != size:
                return f"expected axis {axis} of the input to have size {size}"
        if self.shape is not None:
            wanted = self.shape
            if self.allow_last_axis_squeeze:
                shape = shape[:-1] if shape and shape[-1] == 1 else shape
                wanted = wanted[:-1] if wanted and wanted[-1] == 1 else wanted
            if not shapes.compatible(wanted, shape):
                return f"expected shape={self.shape}"
        return None

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return {name: getattr(self, name) or None for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """A spec from what `get_config` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        given = [f"{name}={getattr(self, name)!r}" for name in names if getattr(self, name)]
        return f"InputSpec({', '.join(given)})"


def _dtype_of(x: Any) -> str:
    return dtypes.standardize(x.dtype)


def _mend(spec: InputSpec, shape: Any) -> str:
    """What to do about it, where that is known, as a sentence to add."""
    rank = spec.ndim if spec.ndim is not None else spec.min_ndim
    if rank is not None and len(shape) < rank or spec.ndim not in (None, len(shape)):
        text = advice.on_rank(rank, tuple(shape))  # type: ignore[arg-type]
    elif spec.axes:
        text = "The layer was made for inputs of that size: use another layer for these, or mend x."
    else:
        return ""
    return f". {text}" if text else ""


def check_inputs(spec: Any, inputs: Any, owner: str) -> None:
    """Compare inputs with a spec, or a structure of specs.

    Raises:
        ValueError: naming the layer, the input, what it expects and what came.
    """
    if isinstance(spec, InputSpec):
        specs = [spec]
        flat = tree.flatten(inputs) if tree.is_nested(inputs) else [inputs]
    elif isinstance(spec, dict):
        if not isinstance(inputs, dict):
            raise ValueError(
                f"{owner}: inputs must be a dict with the keys {sorted(spec)}. "
                f"Received: {type(inputs).__name__}"
            )
        missing = sorted(spec.keys() - inputs.keys())
        if missing:
            raise ValueError(
                f"{owner}: inputs must have the keys {missing}. Received: {sorted(inputs)}"
            )
        specs, flat = [spec[k] for k in spec], [inputs[k] for k in spec]
    else:
        specs, flat = tree.flatten(spec), tree.flatten(inputs)
    if len(specs) != len(flat):
        join = " Join them first: layers.Concatenate()([a, b])." if len(specs) == 1 else ""
        raise ValueError(
            f"{owner} expects {len(specs)} input(s). Received: {len(flat)} input(s) with shapes "
            f"{[shape_of(x) if x is not None else None for x in flat]}.{join}"
        )
    for i, (one, x) in enumerate(zip(specs, flat, strict=True)):
        if one is None:
            continue
        if x is None:
            if one.optional:
                continue
            raise ValueError(f"{owner}: input {i} must be a tensor. Received: None")
        if not hasattr(x, "shape"):
            raise ValueError(f"{owner}: input {i} must be a tensor. Received: {x!r}")
        if shapes.is_ragged(x) and not one.takes_ragged:
            raise ValueError(
                f"{owner}: input {i} {shapes.must_be_dense(x)} "
                "keras.layers.Masking and Embedding(mask_zero=True) do."
            )
        why = one.problem(x)
        if why is not None:
            raise ValueError(
                f"{owner}: input {i} is incompatible with the layer: {why}. "
                f"Received: shape={shape_of(x)}{_mend(one, shape_of(x))}"
            )
