"""Steps on NumPy: prediction and evaluation; there are no gradients to train with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core.backends.numpy.arrays import convert_to_tensor
from keras_core.backends.step import BaseStep
from keras_core.backends.step import scope_of as scope_of
from keras_core.backends.step import whole_batch as whole_batch
from keras_core.core import hosted, scopes, tree

RESIDENT_BYTES = 1 << 62  # the host is the device


def place(leaves: list[Any]) -> list[Any]:
    """Arrays as they are; None stays."""
    return [leaf if leaf is None else convert_to_tensor(leaf) for leaf in leaves]


stage = place  # nothing is gained by leaving it to the step


def place_order(order: np.ndarray) -> Any:
    """Indices."""
    return order


def host(structure: Any) -> Any:
    """A structure of arrays."""
    return tree.map_structure(
        lambda x: np.asarray(x) if isinstance(x, np.generic) else x, structure
    )


def no_gradients() -> contextlib.AbstractContextManager[None]:
    """A scope without gradients: all are."""
    return contextlib.nullcontext()


def random_state() -> np.ndarray | None:
    """NumPy's own state is kept for all backends."""
    return None


def set_random_state(state: np.ndarray | None) -> None:
    """Nothing to set."""


def profile(folder: str) -> contextlib.AbstractContextManager[None]:
    """Nothing is recorded: NumPy has no profiler."""
    return contextlib.nullcontext()


def value_and_grad(
    function: Callable[..., tuple[Any, Any]], variables: list[Any], tensors: tuple[Any, ...] = ()
) -> Any:
    """Not available."""
    raise NotImplementedError(
        "The numpy backend has no gradients, so it cannot train. Set KERAS_BACKEND to jax, torch "
        "or tensorflow."
    )


def with_state(groups: Any, state: Any, function: Callable[[], Any]) -> tuple[Any, Any]:
    """`function()` run on values of variables, and the values after it, both by groups."""
    pairs = [
        pair
        for variables, values in zip(groups, state, strict=True)
        for pair in zip(variables, values, strict=True)
    ]
    with scopes.StatelessScope(pairs, collect_losses=True) as scope:
        out = function()
    return out, tuple([scope.get_current_value(v) for v in variables] for variables in groups)


def on_host(key: int, inputs: list[Any], shape: Any, dtype: str) -> Any:
    """What the layer of that number makes of arrays."""
    return convert_to_tensor(hosted.run(key, [np.asarray(x) for x in inputs]), dtype)


def compiled(function: Callable) -> Callable:
    """`function`: there is nothing to compile with."""
    return function


def recomputed(function: Callable, tensors: list[Any]) -> Any:
    """`function(*tensors)`: without gradients nothing is kept anyway."""
    return function(*tensors)


class Step(BaseStep):
    __doc__ = BaseStep.__doc__

    def lasts(self) -> bool:
        """Always: the model itself is run."""
        return True

    def batch(self, leaves: list[Any], spec: Any) -> Any:
        """Run one batch."""
        out = self.body(tree.unflatten(spec, leaves))
        return self.results() if self.results is not None else out

    def gather(self, placed: list[Any], spec: Any, order: Any, first: int, last: int) -> Any:
        """Run the steps `first` to `last - 1` on rows of arrays."""
        out = None
        for i in range(first, last):
            rows = order[i]
            out = self.body(tree.unflatten(spec, [x if x is None else x[rows] for x in placed]))
        return self.results() if self.results is not None else out

    def direct(self, x: np.ndarray) -> Any:
        """Predict one array."""
        return host(self.body((x, None, None)))

    def wait(self, raw: Any) -> None:
        """Nothing to wait for."""

    def fetch(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Results as they are."""
        return raw
