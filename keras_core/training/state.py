"""What `compile` leaves behind: losses, metrics, and the arguments for a config."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_core import metrics as metrics_module
from keras_core.core.tracking import MetricBase
from keras_core.training.compiled import CompiledLoss, CompiledMetrics


class Compiled:
    """The losses and metrics of a compiled model.

    Attributes:
        loss: the losses, or None.
        outputs: the same, or what knows the outputs where there is no loss.
        metrics: the metrics, or None.
        loss_tracker: the mean of the total loss.
        arguments: what `compile` was called with.
        default_optimizer: whether nothing was said of the optimizer: a step of the user's that has
            others may never use it.
        trained: the variables that training changes, settled before a run; None before.
        penalized: whether a variable that is trained has a regularizer; None before.
        held_metrics: the metrics while steps run, looked for once; None: they are looked for each
            time.
        position: where the running `fit` stands; None outside of it.
        orders: the order in which results are returned, by their names as they come.
        forms: by the forms of single batches that were prepared, a weak reference to the survey
            for which the rest holds; the model's metrics; whether they are reset as this package
            does it.
    """

    def __init__(
        self, loss: Any, loss_weights: Any, metrics: Any, weighted_metrics: Any, owner: str
    ) -> None:
        self.loss = CompiledLoss(loss, loss_weights, owner) if loss is not None else None
        # Without a loss the outputs still are what metrics are matched to.
        self.outputs = self.loss or CompiledLoss(None, None, owner)
        self.metrics = (
            CompiledMetrics(metrics, weighted_metrics, owner)
            if metrics is not None or weighted_metrics is not None
            else None
        )
        self.loss_tracker = metrics_module.Mean(name="loss")
        self.arguments: dict[str, Any] = {}
        self.default_optimizer = False
        self.trained: list[Any] | None = None
        self.penalized: bool | None = None
        self.held_metrics: list[Any] | None = None
        self.position: Any = None
        self.orders: dict[tuple[str, ...], list[str]] = {}
        self.forms: dict[tuple[Any, ...], tuple[Any, list[Any], bool]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without what goes by a survey of this very model."""
        return self.__dict__ | {"forms": {}}

    def kept(
        self, loss: Any, loss_weights: Any, metrics: Any, weighted_metrics: Any
    ) -> tuple[Any, Any, Any, Any]:
        """Arguments of another `compile`: what they leave out stays as it was, as in Keras."""
        if loss is None:
            loss, loss_weights = self.arguments["loss"], self.arguments["loss_weights"]
        if metrics is None and weighted_metrics is None:
            metrics = self.arguments["metrics"]
            weighted_metrics = self.arguments["weighted_metrics"]
        return loss, loss_weights, metrics, weighted_metrics

    def note(self, variables: list[Any], training: bool) -> None:
        """Note which of the model's variables are trained, now that a run begins."""
        if training:
            self.trained = variables
        self.penalized = [v._regularizer for v in variables].count(None) < len(variables)

    @property
    def built(self) -> bool:
        return self.outputs.built and (self.metrics is None or self.metrics.built)

    def build(self, y: Any, y_pred: Any, names: Any) -> None:
        """Match losses and metrics to the outputs, all given as specs."""
        if not self.outputs.built:
            self.outputs.build(y_pred, names)
        if self.metrics is not None and not self.metrics.built:
            self.metrics.build(y, y_pred, self.outputs)

    def all_metrics(self) -> list[Any]:
        """The loss's mean, the metrics as one, and the means of the outputs' losses."""
        out: list[Any] = [self.loss_tracker]
        if self.metrics is not None:
            out.append(self.metrics)
        return out + (self.loss.trackers if self.loss is not None else [])


def config_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `compile` as plain values.

    "auto" for `steps_per_execution` is written as 1, which gives the same results and which
    every reader of such files knows.
    """
    from keras_core import losses, optimizers
    from keras_core.core import registry

    def one(x: Any) -> Any:
        if isinstance(x, MetricBase) or not callable(x):
            return registry.serialize_keras_object(x)
        if isinstance(x, losses.Loss):
            return losses.serialize(x)
        return registry.serialize_keras_object(x)

    out = dict(arguments)
    optimizer = out["optimizer"]
    out["optimizer"] = None if optimizer is None else optimizers.serialize(optimizer)
    for name in ("loss", "metrics", "weighted_metrics"):
        out[name] = _mapped(out[name], one)
    if out["steps_per_execution"] == "auto":
        out["steps_per_execution"] = 1
    return out


def from_config(config: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `compile` from a config."""
    from keras_core.core import registry

    out = {key: registry.deserialize_keras_object(value) for key, value in config.items()}
    if out.get("steps_per_execution") == 1:
        out["steps_per_execution"] = "auto"
    if isinstance(out.get("optimizer"), (str, dict)) or out.get("optimizer") is None:
        from keras_core import optimizers

        out["optimizer"] = optimizers.get(config.get("optimizer"))
    known = (
        "optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly",
        "steps_per_execution", "jit_compile", "auto_scale_loss",
    )  # fmt: skip
    return {key: value for key, value in out.items() if key in known}


def _mapped(structure: Any, function: Callable[[Any], Any]) -> Any:
    if isinstance(structure, dict):
        return {key: _mapped(value, function) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return [_mapped(value, function) for value in structure]
    return function(structure)
