"""What an optimizer's state is to others: values for pure updates, weights, and files."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_core.core import dtypes, scopes
from keras_core.core.configs import Configured


def _fits(variable: Any, store: Any, key: str) -> bool:
    """Whether a variable can take a stored value; a cast would lose the imaginary part."""
    # A file's store knows shapes and kinds without reading the values.
    if hasattr(store, "describe"):
        shape, kind = store.describe(key)
    else:
        value = np.asarray(store[key])
        shape, kind = value.shape, value.dtype.kind
    return tuple(shape) == tuple(variable.shape) and (
        kind != "c" or variable.dtype in dtypes.COMPLEX
    )


class StateMixin(Configured):
    """Adds to an object with `variables`, `apply`, and the variables that it was built with."""

    name: str
    built: bool
    apply: Any
    variables: Any
    iterations: Any
    _trainable_variables: list[Any]
    _updates: Callable[[], Any]

    #: Whether a `LossScaleOptimizer` works with it.
    _scaled: bool = False

    def _name_misfit(self, grads: Sequence[Any], variables: Sequence[Any], error: Any) -> None:
        """After a failure raises what says which gradient has another shape than its variable.

        Only then: to compare the shapes before each step would take longer than small updates do.
        """
        for gradient, variable in zip(grads, variables, strict=True):
            shape = getattr(gradient, "shape", ())
            if getattr(shape, "rank", 0) is None:  # which a graph may not know
                continue
            if tuple(shape) != tuple(variable.shape):
                raise ValueError(
                    f"{type(self).__name__} {self.name!r}: the gradient of {variable.path!r} must "
                    f"have its shape, {tuple(variable.shape)}. Received: a gradient of shape "
                    f"{tuple(shape)}"
                ) from error

    def stateless_apply(
        self,
        optimizer_variables: Sequence[Any],
        grads: Sequence[Any],
        trainable_variables: Sequence[Any],
    ) -> tuple[list[Any], list[Any]]:
        """`apply` as a pure function of values.

        Args:
            optimizer_variables: the values of `variables`.
            grads: gradient tensors.
            trainable_variables: the values of the variables that the optimizer was built with.

        Returns:
            The new values of the trainable and of the optimizer's variables.

        Raises:
            ValueError: if the optimizer is not built, or a number of values is wrong.
        """
        owner = f"{type(self).__name__} {self.name!r}"
        if not self.built:
            raise ValueError(
                f"{owner}: it must be built before stateless_apply. Call "
                "optimizer.build(variables) first."
            )
        own, trained = self.variables, self._trainable_variables
        for what, given, wanted in (
            ("optimizer_variables", optimizer_variables, own),
            ("trainable_variables", trainable_variables, trained),
        ):
            if len(given) != len(wanted):
                raise ValueError(
                    f"{owner}: {what} must hold {len(wanted)} values. Received: {len(given)}"
                )
        mapping = [
            *zip(trained, trainable_variables, strict=True),
            *zip(own, optimizer_variables, strict=True),
        ]
        with scopes.StatelessScope(mapping) as scope:
            self.apply(grads)
        return (
            [scope.get_current_value(v) for v in trained],
            [scope.get_current_value(v) for v in own],
        )

    # Saving ------------------------------------------------------------------------------

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all of `variables`.

        Raises:
            ValueError: if the number or a shape differs; nothing is set then.
        """
        owner = f"{type(self).__name__} {self.name!r}"
        variables = self.variables
        if len(weights) != len(variables):
            raise ValueError(
                f"{owner}: weights must hold {len(variables)} arrays. Received: {len(weights)}"
            )
        for variable, value in zip(variables, weights, strict=True):
            if tuple(np.shape(value)) != tuple(variable.shape):
                raise ValueError(
                    f"{owner}: the weight for {variable.path!r} must have shape "
                    f"{tuple(variable.shape)}. Received: shape {tuple(np.shape(value))}"
                )
        for variable, value in zip(variables, weights, strict=True):
            variable.assign(value)

    def _untold(self) -> dict[int, Callable[[int], Any]]:
        """What Keras does not always write down: a variable's id, its value after some steps."""
        return {}

    def _in_files(self) -> list[Any]:
        """The variables that files hold; Keras leaves some out where the loss is scaled."""
        scaled = vars(self).get("inner_optimizer") or (self if self._scaled else None)
        untold = {} if scaled is None else scaled._untold()
        return [v for v in self.variables if id(v) not in untold]

    def save_own_variables(self, store: Any) -> None:
        """Write `variables` into a dict-like store, under their numbers."""
        for i, variable in enumerate(self._in_files()):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Read what `save_own_variables` wrote; a store of another optimizer is skipped."""
        variables = self._in_files()
        keys = list(store.keys())
        # An optimizer that was saved before its first step had no slots yet.
        parts = (vars(self), vars(vars(self).get("inner_optimizer", self)))
        first = {id(part.get(name)) for part in parts for name in ("_iterations", "_learning_rate")}
        early = [v for v in variables if id(v) in first]
        if len(keys) == len(early):
            variables = early
        if len(keys) != len(variables) or not all(
            _fits(v, store, str(i)) for i, v in enumerate(variables)
        ):
            mend = "" if self.built else " Call build(trainable_variables) on it before loading."
            warnings.warn(
                f"{type(self).__name__} {self.name!r}: its saved state was skipped, since it holds "
                f"{len(keys)} arrays that do not fit the optimizer's {len(variables)} variables."
                f"{mend}",
                stacklevel=2,
            )
            return
        for i, variable in enumerate(variables):
            variable.assign(np.asarray(store[str(i)]))
        read = {id(v) for v in variables}
        inner = vars(self).get("inner_optimizer") or self
        untold = inner._untold()
        for variable in self.variables:
            if id(variable) in untold and id(variable) not in read:
                variable.assign(untold[id(variable)](int(inner._updates())))
