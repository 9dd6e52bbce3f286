"""What steps are given: batches as they were fed, their specs, and what a model makes of them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import dtypes, scopes, settings, tracking, tree
from keras_core.training.data.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight


def packed(step: Callable[..., Any]) -> Callable[..., Any]:
    """A user's step, given batches as they were fed: without the parts that are missing."""

    @functools.wraps(step)
    def run(*args: Any) -> Any:
        *state, batch = args
        return step(*state, pack_x_y_sample_weight(*unpack_x_y_sample_weight(batch)))

    return run


def check_numbers(inputs: Any, owner: str) -> None:
    """Raise for inputs of text, which a backend without tensors of strings cannot be given."""
    if any(getattr(x, "dtype", None) == "string" for x in tree.flatten(inputs)):
        raise ValueError(
            f"{owner}: x must hold numbers: the backend {backend.name!r} has no tensors of "
            "strings. Received: x of strings. Turn them into numbers first: "
            "layers.StringLookup(vocabulary=...)(x), or layers.TextVectorization for texts."
        )


def specs(structure: Any, rows: bool = False) -> Any:
    """KerasTensors, without history, for arrays; their dtype is what the model will be given.

    Args:
        structure: arrays, or a structure of them.
        rows: whether their numbers of rows count; else they are None.
    """
    from keras_core.symbolic.keras_tensor import KerasTensor

    def spec(x: Any) -> Any:
        if x is None or isinstance(x, KerasTensor):
            return x
        if backend.arrays.is_tensor(x):
            shape, dtype = backend.arrays.static_shape(x), backend.arrays.dtype_name(x)
        else:
            shape, dtype = tuple(np.shape(x)), dtypes.standardize(np.asarray(x).dtype)
        if dtype == "float64":
            dtype = settings.floatx()
        if not rows:
            shape = (None, *shape[1:])
        return KerasTensor(shape, dtypes.canonical(dtype), record_history=False)

    return tree.map_structure(spec, structure)


@contextlib.contextmanager
def call_context(model: Any, training: bool) -> Iterator[None]:
    """A running call around the model's, in which `training` holds for all layers."""
    from keras_core.layers.base.call import CallContext

    outer = scopes.local.call
    context = scopes.local.call = CallContext(model)
    context.training = training
    if outer is None and model._losses_in_use:
        model._clear_losses()  # as any outermost call does
    try:
        yield
    finally:
        scopes.local.call = outer


def outputs(model: Any, x: Any, wanted: Any) -> Any:
    """A model's outputs for inputs, as KerasTensors; makes its variables meanwhile.

    Args:
        model: the model, built or not.
        x: a batch of inputs.
        wanted: its specs, the number of rows unknown.
    """
    from keras_core.symbolic.abstract import compute_output_spec

    def look(given: Any) -> Any:
        found = None
        for _ in range(1 if model._is_built() else 2):  # the first look makes the variables
            with call_context(model, False):
                found = compute_output_spec(model, given)
            tracking.forget()
        return found

    found = None
    with contextlib.suppress(Exception):
        found = look(wanted)
    if found is None:
        try:  # it may be a model for batches of this size; else the error names this size
            found = look(specs(x, rows=True))
        except Exception:
            if not model.run_eagerly:
                raise
            found = _tried(model, x)  # its call may look at values
    return found


def _tried(model: Any, x: Any) -> Any:
    """The outputs' specs from a call on the batch itself, which changes nothing."""
    with (
        call_context(model, False),
        scopes.StatelessScope(collect_losses=True),
        backend.execute.no_gradients(),
    ):
        out = model(x)
    tracking.forget()
    return specs(out)
