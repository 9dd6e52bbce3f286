"""Metrics as pure functions of their variables' values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core.core import scopes


class Stateless:
    """Adds to an object with `variables`, `update_state`, `result` and `reset_state`."""

    name: str
    variables: Any
    update_state: Any
    result: Any
    reset_state: Any

    def _scope(self, metric_variables: Sequence[Any]) -> scopes.StatelessScope:
        variables = self.variables
        if len(metric_variables) != len(variables):
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: metric_variables must hold "
                f"{len(variables)} values. Received: {len(metric_variables)}"
            )
        return scopes.StatelessScope(zip(variables, metric_variables, strict=True))

    def stateless_update_state(
        self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any
    ) -> list[Any]:
        """`update_state` as a pure function.

        Args:
            metric_variables: the values of `variables`.
            *args: as for `update_state`.
            **kwargs: as for `update_state`.

        Returns:
            The new values.

        Raises:
            ValueError: if the number of values is wrong, or the update makes variables.
        """
        variables = self.variables
        with self._scope(metric_variables) as scope:
            self.update_state(*args, **kwargs)
        if len(self.variables) != len(variables):
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: its variables are made by the first batch. "
                "Call update_state once, and reset_state, before stateless_update_state."
            )
        return [scope.get_current_value(v) for v in variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """`result` as a pure function of the values of `variables`."""
        with self._scope(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Any]:
        """The values of `variables` after `reset_state`, without setting them."""
        variables = self.variables
        with scopes.StatelessScope() as scope:
            self.reset_state()
        values = (scope.get_current_value(v) for v in variables)
        return [v._read() if new is None else new for v, new in zip(variables, values, strict=True)]
