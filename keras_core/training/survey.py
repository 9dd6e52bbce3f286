"""What training asks of a model's layers before every run, found once while they stay the same."""

from __future__ import annotations

from typing import Any

from keras_core.backends import select
from keras_core.core.tracking import Snapshot
from keras_core.layers.base.state import StateMixin


class Survey:
    """The layers, trained variables and metrics of a model whose layers are all built.

    Args:
        model: the model.

    Raises:
        LookupError: if it must be asked every time: a layer finds its state in ways of its own, or
            holds what may hide some.
    """

    def __init__(self, model: Any) -> None:
        layers = model._flatten_layers()
        if any(getattr(type(model), x) is not getattr(StateMixin, x) for x in _PROPERTIES) or any(
            type(layer)._flatten_layers is not StateMixin._flatten_layers for layer in layers
        ):
            raise LookupError(type(model).__name__)
        self._snapshot = Snapshot(layers, _WATCHED)
        trained = model._trainable_layers() if model._trainable else []
        self._trainable = list({id(v): v for x in trained for v in x._own_variables()}.values())
        self.variables: list[Any] = model.variables
        self.metrics: list[Any] = StateMixin.metrics.fget(model)  # type: ignore[misc]

    def holds(self, model: Any) -> bool:
        """Whether it still is so."""
        return self._snapshot.holds(model)

    @property
    def trained(self) -> list[Any]:
        """The variables that are trained: each may be frozen for itself."""
        return [v for v in self._trainable if v._trainable]

    def groups(self) -> tuple[list[Any], list[Any]]:
        """The model's `trainable_variables` and `non_trainable_variables`."""
        trained = self.trained
        known = set(map(id, trained))
        return trained, [v for v in self.variables if id(v) not in known]


class Surveys:
    """What is known of what a model holds.

    Attributes:
        survey: the last survey, None if the model must be asked every time.
    """

    LIMIT = 8  # how many surveys may be of no use, one after the other

    def __init__(self) -> None:
        self.survey: Survey | None = None
        self._left = self.LIMIT

    def present(self, model: Any) -> Survey | None:
        """What the model holds if that is known still to be so; its layers are all built then."""
        if self.survey is not None and not self.survey.holds(model):
            self.survey = None
        return self.survey

    def take(self, model: Any, was: Survey | None) -> None:
        """Note what the model holds, whose layers are all built.

        That is given up where it cannot be told when it changes, and for a model that is another
        one with every run.

        Args:
            model: the model.
            was: what is known already.
        """
        if was is not None:
            self._left = self.LIMIT
        elif self._left:
            self._left -= 1
            try:
                self.survey = Survey(model)
            except LookupError:
                self._left = 0


_PROPERTIES = ("variables", "trainable_variables", "non_trainable_variables")
# Bookkeeping of layers by which their state changes.
_WATCHED = frozenset(
    ("built", "_trainable", "_added_variables", *getattr(select.layer_base(), "_watched", ()))
)
