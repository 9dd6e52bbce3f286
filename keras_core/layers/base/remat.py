"""Rematerialization: results are forgotten, and computed again when gradients need them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import errors, scopes, tree
from keras_core.symbolic.keras_tensor import KerasTensor

arrays = backend.arrays
_MODES = ("full", "activations", "larger_than", "list_of_layers", None)


class RematScope:
    """Layers made inside of the block give memory back while training, at the cost of time.

    Between the forward and the backward pass only the inputs of such a layer are kept, and the
    rest is computed again where gradients need it. The results are the same.

    Args:
        mode: which layers: "full" for all, "activations" for those with an activation,
            "larger_than" for those whose result has more elements than `output_size_threshold`,
            "list_of_layers" for those named in `layer_names`, None for none.
        output_size_threshold: for "larger_than".
        layer_names: for "list_of_layers".

    Raises:
        ValueError: if the mode is unknown.

    Reference:
        Chen et al., 2016, https://arxiv.org/abs/1604.06174

    Example:

    >>> import keras_core as keras
    >>> with keras.RematScope(mode="full"):
    ...     layer = keras.layers.Dense(4, activation="relu")
    """

    def __init__(
        self,
        mode: str | None = "full",
        output_size_threshold: int = 1024,
        layer_names: Sequence[str] | None = None,
    ) -> None:
        if mode not in _MODES:
            raise ValueError(errors.message("RematScope", "mode", f"be one of {_MODES}", mode))
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = tuple(layer_names or ())

    def __enter__(self) -> RematScope:
        self._outer = scopes.local.remat
        scopes.local.remat = self if self.mode is not None else None
        return self

    def __exit__(self, *error: object) -> None:
        scopes.local.remat = self._outer

    def takes(self, layer: Any, inputs: tuple) -> bool:
        """Whether a layer made in this scope is to be computed again, on these inputs."""
        if scopes.local.recomputed or not layer._forgets:
            return False  # within a part that is computed again as a whole
        if self.mode == "list_of_layers":
            return layer.name in self.layer_names
        if self.mode == "activations":
            activation = getattr(layer, "activation", None)
            own = type(layer).__module__.startswith("keras_core.layers.activations.")
            return own or getattr(activation, "__name__", "linear") != "linear"
        if self.mode == "larger_than":
            shape = layer.compute_output_shape(
                tree.map_structure(lambda x: tuple(x.shape), inputs[0])
            )
            if not isinstance(shape, tuple) or any(isinstance(s, tuple) for s in shape):
                return True  # several results
            return None in shape or math.prod(shape) > self.output_size_threshold
        return True


def remat(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function that gives what `f` gives, and computes it again when gradients are taken.

    Nothing that `f` computes in between is kept in memory for the backward pass. Variables that
    `f` assigns are assigned once, and random numbers are the same ones the second time.

    Args:
        f: a function of tensors.

    Returns:
        A function of the same arguments.

    Raises:
        TypeError: if `f` cannot be called.

    Example:

    >>> import keras_core as keras
    >>> twice = keras.remat(lambda x: x * 2)
    >>> float(twice(keras.ops.ones(())))
    2.0
    """
    if not callable(f):
        raise TypeError(errors.message("remat", "f", "be callable", f))

    @functools.wraps(f)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return recomputed(f, args, kwargs)

    return wrapped


def recomputed(function: Callable, args: tuple, kwargs: dict[str, Any], owner: Any = None) -> Any:
    """`function(*args, **kwargs)`; losses added meanwhile outside of any scope go to `owner`."""
    leaves, spec = tree.flatten_spec((args, kwargs))
    if scopes.local.symbolic or any(isinstance(x, KerasTensor) for x in leaves):
        return function(*args, **kwargs)
    region = _Region(function, leaves, spec)
    return region.finish(backend.execute.recomputed(region, region.tensors), owner)


class _Assignments(scopes.StatelessScope):
    """A scope that knows which variables were assigned in it."""

    def __init__(self, collect_losses: bool) -> None:
        super().__init__(collect_losses=collect_losses)
        self.assigned: dict[int, Any] = {}

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Record the variable too."""
        super().add_update(update)
        self.assigned[id(update[0])] = update[0]


class _Region:
    """A call that can be made twice: the second time state is as it was, and stays untouched."""

    def __init__(self, function: Callable, leaves: list[Any], spec: Any) -> None:
        self._function, self._leaves, self._spec = function, leaves, spec
        self._places = [i for i, x in enumerate(leaves) if arrays.is_tensor(x)]
        self.tensors = [leaves[i] for i in self._places]
        local = scopes.local
        # Gradients may be computed in another thread, and after the scopes have closed.
        self._context = local.autocast, local.call
        outer = local.stateless
        self._state = dict(outer.state_mapping) if outer is not None else {}
        self._changed: list[Any] | None = None

    def __call__(self, *tensors: Any) -> list[Any]:
        leaves = list(self._leaves)
        for i, x in zip(self._places, tensors, strict=True):
            leaves[i] = x
        args, kwargs = tree.unflatten(self._spec, leaves)
        local = scopes.local
        kept = local.call, local.recomputed
        scope = _Assignments(collect_losses=True)
        scope.state_mapping = dict(self._state)
        try:
            local.call, local.recomputed = self._context[1], True
            with scope, scopes.AutocastScope(self._context[0]):
                outputs = self._function(*args, **kwargs)
        finally:
            local.call, local.recomputed = kept
        found, structure = tree.flatten_spec(outputs)
        if self._changed is None:
            self._changed = list(scope.assigned.values())
            self._outputs = found, structure
            self._count = len(scope.losses)
        values = [scope.state_mapping[id(v)] for v in self._changed]
        return [x for x in found if arrays.is_tensor(x)] + list(scope.losses) + values

    def finish(self, results: Any, owner: Any) -> Any:
        """The outputs of the first run; what it assigned and added is now really so."""
        results = list(results)
        found, structure = self._outputs
        outputs = [results.pop(0) if arrays.is_tensor(x) else x for x in found]
        losses = [results.pop(0) for _ in range(self._count)]
        for variable, value in zip(self._changed or (), results, strict=True):
            self._state.setdefault(id(variable), ops.copy(variable.tensor))
            variable.assign(value)
        scope, call = scopes.local.stateless, scopes.local.call
        owner = owner if owner is not None else getattr(call, "entry", None)
        for loss in losses:
            if scope is not None and scope.collect_losses:
                scope.add_loss(loss)
            elif owner is not None:
                owner._own_losses().append(loss)
        return tree.unflatten(structure, outputs)
