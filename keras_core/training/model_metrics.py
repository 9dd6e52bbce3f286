"""The part of `Trainer` that knows a model's metrics."""

from __future__ import annotations

from typing import Any

from keras_core.core.tracking import MetricBase, children
from keras_core.training.state import Compiled
from keras_core.training.survey import Surveys


class ModelMetrics:
    """The metrics of `compile` and of the layers, together."""

    _compiled: Compiled | None = None
    _seen: Surveys | None = None

    @property
    def _surveys(self) -> Surveys:
        """What is known of what the model holds."""
        found = self._seen
        if found is None:
            found = self.__dict__["_seen"] = Surveys()
        return found

    @property
    def _loss_tracker(self) -> Any:
        """The loss's mean, which steps of packages update; None before `compile`."""
        return None if self._compiled is None else self._compiled.loss_tracker

    @property
    def metrics(self) -> list[Any]:
        """The loss's mean, the metrics of `compile` as one, and the layers' own metrics."""
        held = None if self._compiled is None else self._compiled.held_metrics
        if held is None:
            return self._find_metrics()
        if not held:
            held += self._find_metrics()
        return list(held)

    def _find_metrics(self) -> list[Any]:
        compiled, survey = self._compiled, self._surveys.present(self)
        layers = super().metrics if survey is None else survey.metrics  # type: ignore[misc]
        if compiled is None:
            return layers
        own = compiled.all_metrics()
        known = {id(metric) for metric in own} | {
            id(metric) for metric in (compiled.metrics.metrics if compiled.metrics else ())
        }
        return own + [metric for metric in layers if id(metric) not in known]

    @property
    def metrics_names(self) -> list[str]:
        """The names of `metrics`."""
        return [metric.name for metric in self.metrics]

    @property
    def metrics_variables(self) -> list[Any]:
        """The variables of `metrics`."""
        return [v for metric in self.metrics for v in metric.variables]

    @property
    def optimizer_variables(self) -> list[Any]:
        """The variables of the compiled optimizer, then of others that are attributes."""
        first = getattr(self, "optimizer", None)
        found = (first, *self._other_optimizers())
        return [v for x in found if x is not None for v in x.variables]

    def _other_optimizers(self) -> list[Any]:
        """The optimizers that are attributes, but for the compiled one."""
        from keras_core.optimizers import Optimizer

        first = getattr(self, "optimizer", None)
        return [x for x in vars(self).values() if isinstance(x, Optimizer) and x is not first]

    def reset_metrics(self) -> None:
        """Make all metrics forget what they have seen."""
        for metric in self.metrics:
            metric.reset_state()

    def _resets_plainly(self, metrics: list[Any]) -> bool:
        """Whether nothing of the user's own happens when the metrics are reset."""
        if type(self).reset_metrics is not ModelMetrics.reset_metrics:
            return False
        return all(
            type(metric).reset_state.__module__.startswith("keras_core.")
            and self._resets_plainly(children(metric, MetricBase))
            for metric in metrics
        )

    def get_metrics_result(self) -> dict[str, Any]:
        """The results of all metrics by name."""
        out: dict[str, Any] = {}
        late: dict[str, Any] = {}  # those of `compile` come after the losses
        loss = self._compiled.loss if self._compiled is not None else None
        for metric in self.metrics:
            result = metric.result()
            if not isinstance(result, dict):
                out[metric.name] = result
            elif self._compiled is not None and metric is self._compiled.metrics:
                late = result
            else:
                out.update(result)
        # A metric that is called as the mean of an output's loss does not hide it.
        means = {tracker.name for tracker in loss.trackers} if loss is not None else ()
        return out | ({k: x for k, x in late.items() if k not in means} if means else late)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Update the metrics of `compile` with a batch and give the results of all.

        Override it for metrics that need more than targets and predictions.

        Args:
            x: the inputs.
            y: the targets.
            y_pred: the model's outputs.
            sample_weight: the weights.

        Returns:
            The results by name.
        """
        self._update_metrics(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def _update_metrics(self, y: Any, y_pred: Any, sample_weight: Any) -> None:
        compiled = self._compiled
        if compiled is not None and compiled.metrics is not None:
            compiled.metrics.update_state(y, y_pred, sample_weight)
