"""What the backends' steps share.

A step is what training, testing or prediction does with a batch: the trainer's function for
it, made fast by the backend. `backends/<name>/execute.py` has the class `Step` with

- `batch(leaves, spec)`: run one batch, given flat with its structure, its arrays by `stage`;
- `fresh(leaves, spec)`, where it says so: run one batch of NumPy arrays, the metrics set to zero
  before it, in one program;
- `gather(placed, spec, order, first, last)`: run the steps `first` to `last - 1`, each on the
  rows `order[i]` of arrays that lie on the device;
- `direct(x)`: predict one small array, from NumPy to NumPy, with nothing in between;
- `wait(raw)`: return when the computation is done; `fetch(raw)`: results as host numbers;

beside `place`, `stage`, `place_order`, `host`, `value_and_grad` and `no_gradients`.
"""

from __future__ import annotations

import contextlib
import inspect
import weakref
from collections.abc import Callable
from typing import Any


class Pace:
    """How many steps run together so that a redraw or Ctrl-C waits for a tenth of a second."""

    SECONDS = 0.08
    MOST = 1 << 14

    def __init__(self) -> None:
        self.seconds_per_step: float | None = None
        self._measured = 0

    def steps(self) -> int:
        """The number of steps to run next."""
        if self.seconds_per_step is None:
            return 1
        return max(1, min(self.MOST, int(self.SECONDS / self.seconds_per_step)))

    def record(self, steps: int, seconds: float) -> None:
        """Learn from a run; the first one is left out, since it compiles."""
        self._measured += 1
        if self._measured > 1:
            self.seconds_per_step = max(seconds / steps, 1e-9)


class BaseStep:
    """The trainer's function of one kind, and its state.

    The trainer holds its steps, and a step refers to it weakly: a model that nobody holds any
    more is freed at once, and does not wait for Python's collector of cycles.

    Args:
        trainer: the model.
        kind: "train", "test" or "predict".

    Attributes:
        takes_state: whether the user's function is `(state, data) -> (logs, state)`.
        ran: whether it has run: a first step may still make metrics.
        fragile: whether an interrupt within a step would lose variables whose memory it gives up.
        has_fresh: whether there is `fresh`.
    """

    fragile = False
    has_fresh = False

    def __init__(self, trainer: Any, kind: str) -> None:
        self._trainer, self.kind = weakref.ref(trainer), kind
        self.takes_state = self.results is None and takes_state(self.body)
        self.pace = Pace()
        self.ran = False
        self._survey: Any = None

    def run(self, held: list[Any] | None, function: Callable[..., Any], *args: Any) -> Any:
        """`function(*args)`, which runs steps.

        Args:
            held: what the model's metrics are meanwhile, empty if they are to be looked for
                once; None where steps may make metrics, as the first one may.
            function: what to call.
            *args: its arguments.
        """
        compiled = self.trainer._compiled
        compiled.held_metrics = held
        try:
            out = function(*args)
            self.ran = True
            return out
        finally:
            compiled.held_metrics = None

    @property
    def trainer(self) -> Any:
        """The model."""
        return self._trainer()

    def functions(self) -> tuple[Callable[..., Any], Callable[[], dict[str, Any]] | None]:
        """`body` and `results`."""
        return self.trainer._step_functions(self.kind)

    @property
    def body(self) -> Callable[..., Any]:
        """`body(data)` does the step; gives logs, None (they are `results()`), or outputs."""
        return self.functions()[0]

    @property
    def results(self) -> Callable[[], dict[str, Any]] | None:
        """Gives the logs of metrics that `body` updated; None if `body` gives them."""
        return self.functions()[1]

    def refresh(self) -> None:
        """Look again at which variables there are, before a run."""

    def lasts(self) -> bool:
        """Whether the model is known to hold what it held when the step last looked."""
        trainer, seen = self.trainer, self._survey and self._survey()
        return seen is not None and seen is trainer._surveys.present(trainer)

    def groups(self) -> tuple[list[Any], ...]:
        """The variables that the step reads and changes, as a state tuple holds them."""
        trainer = self.trainer
        survey = trainer._surveys.present(trainer)
        self._survey = survey and weakref.ref(survey)  # which knows of the step itself
        model = (
            (trainer.trainable_variables, trainer.non_trainable_variables)
            if survey is None
            else survey.groups()
        )
        if self.kind == "predict":
            return model
        metrics = trainer.metrics_variables
        if self.kind == "test":
            return (*model, metrics)
        return (*model, trainer.optimizer_variables, metrics)


def whole_batch(total: Any) -> Any:
    """The sum itself, where a step sees all rows of a batch."""
    return total


def scope_of(model: Any) -> contextlib.AbstractContextManager[Any]:
    """No scope, where it is settled otherwise on which device variables are made."""
    return contextlib.nullcontext()


def takes_state(function: Callable[..., Any]) -> bool:
    """Whether a step of the user's takes `(state, data)`."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [p for p in parameters if p.kind in positional and p.default is p.empty]
    if not required:  # `*args`, to hand on, as Keras's own steps have them
        return any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    return len(required) == 2
