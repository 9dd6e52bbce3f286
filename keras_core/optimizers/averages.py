"""Moving averages of variables: kept step by step, and put in the variables' place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras_core import ops
from keras_core.core.identity import ByIdentity
from keras_core.optimizers import scalar


class AveragesMixin:
    """Adds the averages to an optimizer that is made with `use_ema=True`."""

    built: bool
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    _averages: list[Any]
    _index: ByIdentity
    _updates: Any
    _either: Any

    #: Whether variables and averages have changed places for now.
    _swapped: bool = False

    def _averaging(self) -> list[Any]:
        """The optimizers in here that keep averages."""
        return [self] if self.use_ema else []

    def _average(self, variables: list[Any]) -> None:
        # The first step's average is the variable itself.
        done = self._updates()
        keep = scalar.where(done > 0, self.ema_momentum, 0.0)
        averages = [self._averages[self._index[id(v)]] for v in variables]
        for variable, average in zip(variables, averages, strict=True):
            kept = ops.multiply(average.tensor, keep)
            average.assign(ops.add(kept, ops.multiply(variable.tensor, 1.0 - keep)))
        every = self.ema_overwrite_frequency
        if every:

            def overwrite() -> None:
                for variable, average in zip(variables, averages, strict=True):
                    variable.assign(average.tensor)

            self._either((done + 1) % every == 0, overwrite, lambda: None)

    def _pairs(self, var_list: Sequence[Any]) -> list[tuple[Any, Any]]:
        found = [(v, self._index.get(id(v))) for v in var_list]
        pairs = [(v, self._averages[i]) for v, i in found if i is not None]
        return [(v, average) for v, average in pairs if average is not None]

    def swap_averages(self, var_list: Sequence[Any]) -> None:
        """Exchange variables' values with their averages; a second call exchanges them back.

        Args:
            var_list: variables of the optimizer; others stay as they are.
        """
        for variable, average in self._pairs(var_list):
            value = variable.numpy().copy()
            variable.assign(average.numpy())
            average.assign(value)
        self._swapped = not self._swapped

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """Set variables to their moving averages, if these are kept: the end of training."""
        if self.use_ema and self.built:
            for variable, average in self._pairs(var_list):
                if self._swapped:
                    average.assign(variable.tensor)
                else:
                    variable.assign(average.tensor)
            self._swapped = False
