"""What `compile` makes of the losses and metrics it is given: one of each for every output."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_core import losses as losses_module
from keras_core import metrics as metrics_module
from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.core.errors import describe
from keras_core.core.tracking import MetricBase
from keras_core.losses.loss import Loss, LossFunctionWrapper
from keras_core.metrics.stateless import Stateless
from keras_core.training.structure import Output, align, outputs_of


def _is_leaf(x: Any) -> bool:
    return not isinstance(x, (list, tuple, dict))


def _is_tensor(x: Any) -> bool:
    return hasattr(x, "shape") or isinstance(x, (int, float))


def _is_config(x: Any) -> bool:
    return isinstance(x, dict) and "class_name" in x and "config" in x


def _is_identifier(x: Any) -> bool:
    return _is_config(x) or not isinstance(x, (list, tuple, dict))


class CompiledLoss:
    """The losses of all outputs, weighted and added up.

    Args:
        loss: a loss (object, function, name, config) or a structure of them for the outputs;
            None for outputs that have none.
        loss_weights: a number for each output in the same way, or None.
        owner: the model, for errors.

    Raises:
        ValueError: if a loss is unknown.
    """

    def __init__(self, loss: Any, loss_weights: Any, owner: str) -> None:
        self._written = loss
        self._given = _mapped(loss, lambda x: _loss(x))
        self._weights = loss_weights
        self._owner = owner
        self._entries: list[tuple[Any, float | None]] | None = None
        self.outputs: list[Output] = []
        self._names: tuple[Any, ...] = ()  # of an only output, empty where it has none
        self._spec: Any = None  # the outputs' structure
        self._classes: list[Any] = []  # how many classes their losses know, and which is ignored
        self._with_loss: list[int] = []  # the outputs that have one
        self._fitting: list[Any] = []  # the shapes of target and prediction that went together last
        self.trackers: list[Any] = []  # a Mean for each loss, where there are several
        self.looked_at = False  # whether `warn_of_mismatches` has seen them
        self._tracked: list[Any] = []  # the same by output, None where there is none

    def build(self, y_pred: Any, names: Sequence[str] | None) -> None:
        """Match the losses to the outputs."""
        self.outputs = outputs_of(y_pred, names)
        self._names = tuple(y_pred) if isinstance(y_pred, dict) else tuple(names or ())
        self.check_names(self._given, "loss")
        self.check_names(self._weights, "loss_weights")
        found = align(
            self._given,
            y_pred,
            self.outputs,
            self._owner,
            "loss",
            _is_leaf,
            written=self._written,
        )
        weights = align(
            self._weights, y_pred, self.outputs, self._owner, "loss_weights", _is_leaf, spread=False
        ) if len(self.outputs) > 1 or self._weights is not None else [None]  # fmt: skip
        for weight in weights:
            if weight is not None and not isinstance(weight, (int, float)):
                raise ValueError(
                    f"{self._owner}: loss_weights must be numbers. Received: "
                    f"loss_weights={describe(self._weights)}"
                )
        self._entries = list(zip(found, weights, strict=True))
        leaves, self._spec = tree.flatten_spec(y_pred)
        shapes = [getattr(x, "shape", ()) for x in leaves]
        self._classes = [_classes(loss, size) for loss, size in zip(found, shapes, strict=True)]
        self._fitting = [None] * len(found)
        self._tracked = [None] * len(found)
        self._with_loss = [i for i, loss in enumerate(found) if loss is not None]
        if len(self._with_loss) > 1:
            used: set[str] = set()
            for i, (loss, output) in enumerate(zip(found, self.outputs, strict=True)):
                if loss is None:
                    continue
                base = output.label(getattr(loss, "name", None) or "output")
                name = _unique(f"{base}_loss", used)
                self._tracked[i] = metrics_module.Mean(name=name)
        tracked = [(o.path[0], t) for o, t in zip(self.outputs, self._tracked, strict=True) if t]
        if isinstance(y_pred, dict) and isinstance(self._given, dict):  # in its order, as in Keras
            order = list(self._given)
            tracked.sort(key=lambda x: order.index(x[0]) if x[0] in order else len(order))
        self.trackers = [tracker for _, tracker in tracked]

    def check_names(self, given: Any, what: str) -> None:
        """A dict for another output than the only one is a mistake; its name may be unknown."""
        if len(self.outputs) != 1 or not isinstance(given, dict) or _is_config(given):
            return
        unknown = [name for name in given if name not in self._names]
        if self._names and unknown:
            raise ValueError(
                f"{self._owner}: {what} names {unknown[0]!r}, which is no output. The outputs are "
                f"{list(self._names)}"
            )

    @property
    def built(self) -> bool:
        return self._entries is not None

    def takes_class_numbers(self, i: int | None = None) -> bool:
        """Whether each target of an output, or of the only loss, is the number of a class."""
        losses = [x for x in _identifiers(self._given) if x is not None]
        if i is not None:
            losses = [] if (loss := self.losses[i]) is None else [loss]
        return len(losses) == 1 and _is_ours(losses[0]) and _takes_class_numbers(losses[0])

    @property
    def losses(self) -> list[Any]:
        """The losses by output, None where there is none."""
        return [loss for loss, _ in self._entries or []]

    def targets(self, y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[list, list, list]:
        """Predictions, targets and weights by output."""
        self.check_names(y_true, "y")
        self.check_names(sample_weight, "sample_weight")
        if len(self.outputs) == 1 and _is_tensor(y_pred):  # by far the most common
            y = (
                y_true
                if y_true is None or _is_tensor(y_true)
                else _single(y_true, self._owner, "y")
            )
            w = (
                sample_weight
                if sample_weight is None or _is_tensor(sample_weight)
                else _single(sample_weight, self._owner, "sample_weight")
            )
            return [y_pred], [y], [w]
        return (
            tree.flatten(y_pred),
            self._aligned(y_true, y_pred, "y"),
            self._aligned(sample_weight, y_pred, "sample_weight"),
        )

    def by_output(
        self,
        value: Any,
        what: str,
        is_item: Callable[[Any], bool] = _is_tensor,
        spread: bool | None = None,
    ) -> list[Any]:
        """What is given for each output, before there are outputs; see `structure.align`."""
        self.check_names(value, what)
        places = self.in_structure(list(range(len(self.outputs))))
        return self._aligned(value, places, what, is_item, spread)

    def in_structure(self, items: list[Any]) -> Any:
        """One thing for each output, in the structure of the outputs."""
        return tree.unflatten(self._spec, items)

    def _aligned(
        self,
        value: Any,
        y_pred: Any,
        what: str,
        is_item: Callable[[Any], bool] = _is_tensor,
        spread: bool | None = None,
    ) -> list[Any]:
        """What is given for each output; outputs without a loss may be left out."""
        return align(
            value,
            y_pred,
            self.outputs,
            self._owner,
            what,
            is_item,
            spread=what != "y" if spread is None else spread,
            among=self._with_loss,
        )

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The weighted sum of the losses; None if no output has one."""
        if self._entries is None:
            self.build(y_pred, None)
        predictions, targets, weights = self.targets(y_true, y_pred, sample_weight)
        total = None
        for i, (loss, factor) in enumerate(self._entries):  # type: ignore[arg-type]
            if loss is None:
                continue
            target, prediction = targets[i], predictions[i]
            if target is None:
                raise ValueError(
                    f"{self._owner}: y must have a target for "
                    f"{self.where(i)}, which has the loss {_name(loss)!r}. Received: y="
                    f"{describe(y_true)}"
                )
            shapes = getattr(target, "shape", None), getattr(prediction, "shape", None)
            if shapes != self._fitting[i]:
                _check_shapes(loss, target, prediction, self._owner, self.where(i))
                self._fitting[i] = shapes
            value = loss(target, prediction, sample_weight=weights[i])
            if getattr(loss, "reduction", None) == "sum":
                value = backend.execute.whole_batch(value)
            elif len(value.shape):
                value = _of_single_losses(value)
            tracker = self._tracked[i]
            if tracker is not None:
                tracker.update_state(value, sample_weight=batch_size_of(prediction))
            if factor is not None:
                value = value * factor
            total = value if total is None else total + value
        return total

    def check_labels(self, y_true: Any) -> None:
        """Raise for targets on the host that cannot be meant: text, numbers of no class.

        On the device such labels give NaN, zeros or a framework's error about an index,
        depending on the backend.

        Args:
            y_true: the targets, as many as are at hand.
        """
        if len(self.outputs) == 1 and _is_tensor(y_true):
            found = [y_true]
        else:
            try:
                found = self.by_output(y_true, "y")
            except ValueError:
                return  # the loss itself says what does not match
        for i, ((loss, _), labels) in enumerate(zip(self._entries or (), found, strict=False)):
            if loss is None or not isinstance(labels, np.ndarray):
                continue
            if labels.dtype.kind in "USO" and _is_ours(loss):
                raise ValueError(
                    f"{self._owner}: the target of {self.where(i)} must be numbers for the loss "
                    f"{_name(loss)!r}. Received: y of dtype {labels.dtype}, such as "
                    f"{labels.flat[0]!r}. Turn labels into numbers first, for instance with "
                    "np.unique(y, return_inverse=True) or layers.StringLookup."
                )
            if labels.dtype.kind == "c" and _is_ours(loss):
                warnings.warn(
                    f"{self._owner}: the imaginary parts of the target of {self.where(i)} are "
                    f"dropped, for the loss {_name(loss)!r} takes real numbers. Received: y of "
                    f"dtype {labels.dtype}. Pass np.real(y) or np.abs(y).",
                    stacklevel=2,
                )
            if self._classes[i] is None or not labels.size or labels.dtype.kind not in "iuf":
                continue
            count, ignored = self._classes[i]
            if ignored is not None:
                labels = labels[labels != ignored]
            if not labels.size:
                continue
            if labels.dtype.kind != "f":  # one look instead of two: negative ones are large there
                largest = labels.view(labels.dtype.str.replace("i", "u")).max()
                if largest < count:
                    continue
            low, high = labels.min(), labels.max()
            if low < 0 or high >= count:
                mend = (
                    f"Give the last layer {int(high) + 1} units, or number the classes from 0."
                    if low >= 0
                    else "Name a number that does not count in the loss's ignore_class."
                )
                raise ValueError(
                    f"{self._owner}: the target of {self.where(i)} must be class numbers from 0 "
                    f"to {count - 1}, for predictions of {count} classes and the loss "
                    f"{_name(loss)!r}. Received: y from {low} to {high}. {mend}"
                )

    def where(self, i: int) -> str:
        """The output of that number, as errors name it."""
        output = self.outputs[i]
        if len(self.outputs) == 1:
            return "the model's output"
        return f"the output {output.name or '/'.join(map(str, output.path))!r}"


def batch_size_of(x: Any) -> Any:
    """The first dimension, 1 for a scalar."""
    return ops.shape(x)[0] if len(x.shape) else 1


def _single(value: Any, owner: str, what: str) -> Any:
    leaves = tree.flatten(value)
    if len(leaves) != 1:
        raise ValueError(
            f"{owner}: {what} must be one array for the model's one output. Received "
            f"{len(leaves)}: {what}={describe(value)}"
        )
    return leaves[0]


def _mapped(structure: Any, function: Callable[[Any], Any]) -> Any:
    """`function` on the identifiers in a structure."""
    if structure is None or _is_identifier(structure):
        return None if structure is None else function(structure)
    if isinstance(structure, dict):
        return {key: _mapped(value, function) for key, value in structure.items()}
    return [_mapped(value, function) for value in structure]


def _loss(identifier: Any) -> Any:
    loss = losses_module.get(identifier)
    if isinstance(loss, Loss):
        return loss
    name = identifier if isinstance(identifier, str) else getattr(loss, "__name__", None)
    return LossFunctionWrapper(loss, name=name)


def _of_single_losses(values: Any) -> Any:
    """Losses that are not reduced: reported is their mean, descended the slope of their sum.

    That is what Keras does on TensorFlow, the one backend on which it trains on such losses.
    """
    total = backend.execute.whole_batch(ops.sum(values))
    return total + ops.stop_gradient(ops.mean(values) - total)


def _name(x: Any) -> str:
    return getattr(x, "name", None) or getattr(x, "__name__", None) or type(x).__name__


def _unique(name: str, used: set[str]) -> str:
    candidate, count = name, 0
    while candidate in used:
        count += 1
        candidate = f"{name}_{count}"
    used.add(candidate)
    return candidate


# Loss classes by what their targets look like beside the predictions.
_SPARSE = (
    "SparseCategoricalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "categorical_generalized_cross_entropy",
)
_LABELS = ("Circle", "circle")  # any numbers that tell classes apart
_FREE = ("CTC",)


def _is_ours(loss: Any) -> bool:
    """Whether the rules for a loss's targets are known."""
    function = getattr(loss, "fn", None)
    kinds = (type(loss),) if function is None else (type(loss), function)
    return all(getattr(kind, "__module__", "").startswith("keras_core.") for kind in kinds)


def _classes(loss: Any, shape: Any) -> tuple[int, Any] | None:
    """How many classes predictions of a shape tell apart, and the number that does not count.

    None if the loss does not take the numbers of classes, or has rules of its own.
    """
    if loss is None or not _is_ours(loss) or not _takes_class_numbers(loss):
        return None
    settings = getattr(loss, "_fn_kwargs", None) or {}
    axis = settings.get("axis", -1)
    axis = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
    if len(shape) < 2 or axis not in range(-len(shape), len(shape)) or shape[axis] is None:
        return None
    return shape[axis], settings.get("ignore_class")


def _takes_class_numbers(loss: Any) -> bool:
    label = getattr(getattr(loss, "fn", None), "__name__", "")
    return type(loss).__name__ in _SPARSE or label in _SPARSE or "sparse" in label


def _check_shapes(loss: Any, y_true: Any, y_pred: Any, owner: str, where: str) -> None:
    """Raise for targets whose shape cannot be meant: they would broadcast to nonsense.

    Only for losses of ours, whose rules are known.
    """
    if not _is_ours(loss) or type(loss).__name__ in _FREE:
        return
    if not hasattr(y_pred, "shape") or not hasattr(y_true, "shape"):
        return
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    if _takes_class_numbers(loss) or _function_name(getattr(loss, "fn", loss)) in _LABELS:
        if len(pred) < 2 or _fits(true, pred[:-1]) or _fits(true, (*pred[:-1], 1)):
            return
        want = f"{pred[:-1]}, integer labels for predictions of shape {pred}"
        mend = "For one-hot targets use CategoricalCrossentropy." if _fits(true, pred) else ""
    else:
        if _fits(true, pred) or _fits(true, pred[:-1]) and pred[-1:] == (1,):
            return
        if true[-1:] == (1,) and _fits(true[:-1], pred):
            return
        want = f"{pred}, that of the predictions"
        integer = len(true) == len(pred) - 1 or (len(true) == len(pred) and true[-1] == 1)
        label = getattr(getattr(loss, "fn", None), "__name__", type(loss).__name__)
        categorical = "ategorical" in label and integer and len(pred) > 1
        mend = "For integer labels use SparseCategoricalCrossentropy." if categorical else ""
        if integer and label == "binary_crossentropy" and pred[-1:] == (2,):
            mend = (
                "For two classes write Dense(1, activation='sigmoid'), or keep two units with a "
                "softmax and the loss 'sparse_categorical_crossentropy'."
            )
        if not categorical and _broadcasts(true, pred):
            return  # a per-sample target for every feature: what NumPy allows, so do losses
    raise ValueError(
        f"{owner}: the target of {where} must have shape {want}, for the loss "
        f"{_name(loss)!r}. Received: y of shape {true}. {mend}".rstrip()
    )


def _fits(a: tuple, b: tuple) -> bool:
    return len(a) == len(b) and all(
        m == n or m is None or n is None for m, n in zip(a, b, strict=True)
    )


def _broadcasts(a: tuple, b: tuple) -> bool:
    return all(
        m == n or 1 in (m, n) or None in (m, n)
        for m, n in zip(reversed(a), reversed(b), strict=False)
    ) and len(a) == len(b)


class CompiledMetrics(Stateless, MetricBase):
    """The metrics of all outputs, as one metric named "compile_metrics".

    Args:
        metrics: metrics (objects, functions, names, configs) for the outputs: a list for one
            output; a list of lists, or a dict by name, for several.
        weighted_metrics: the same, for metrics that take the sample weights.
        owner: the model, for errors.

    Raises:
        ValueError: if it is neither a list nor a dict, or a metric is unknown.
    """

    name = "compile_metrics"

    def __init__(self, metrics: Any, weighted_metrics: Any, owner: str) -> None:
        for what, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given is not None and not isinstance(given, (list, tuple, dict)):
                raise ValueError(
                    f"{owner}: {what} must be a list, a tuple or a dict. Received: "
                    f"{what}={describe(given)}. Write {what}=[{given!r}]."
                )
        self._given = (metrics, weighted_metrics)
        self._owner = owner
        self._check_known()
        self._entries: list[tuple[int, Any, bool, str]] | None = None
        self._loss: CompiledLoss | None = None

    def _check_known(self) -> None:
        """Unknown names are an error when the model is compiled, not when it trains."""
        for given in self._given:
            for item in _identifiers(given):
                if isinstance(item, str) and item in _BY_SHAPE:
                    continue
                if item is not None and not isinstance(item, MetricBase):
                    metrics_module.get(item)

    @property
    def built(self) -> bool:
        return self._entries is not None

    def build(self, y_true: Any, y_pred: Any, loss: CompiledLoss) -> None:
        """Match the metrics to the outputs, and choose those that depend on shapes."""
        outputs = loss.outputs
        self._loss = loss
        predictions, targets, _ = loss.targets(y_true, y_pred, None)
        chosen: list[tuple[int, Any, bool, str]] = []
        for given, weighted in zip(self._given, (False, True), strict=True):
            loss.check_names(given, "weighted_metrics" if weighted else "metrics")
            by_output = self._by_output(given, y_pred, outputs, weighted)
            for i, items in enumerate(by_output):
                for item in items:
                    metric = _metric(item, targets[i], predictions[i], loss.losses[i])
                    chosen.append((i, metric, weighted, metric.name))
        chosen.sort(key=lambda entry: entry[0])  # by output, first the unweighted ones
        used: set[str] = set()
        self._entries = []
        for i, metric, weighted, name in chosen:
            prefix = outputs[i].name
            full = f"{prefix}_{name}" if prefix else name
            if weighted and full in used:
                full = f"{prefix}_weighted_{name}" if prefix else f"weighted_{name}"
            self._entries.append((i, metric, weighted, _unique(full, used)))

    def _by_output(
        self, given: Any, y_pred: Any, outputs: list[Output], weighted: bool
    ) -> list[list[Any]]:
        if given is None:
            return [[] for _ in outputs]
        if len(outputs) == 1:
            return [_identifiers(given)]
        what = "weighted_metrics" if weighted else "metrics"

        def is_item(x: Any) -> bool:
            # A list is what one output has, unless it is the list of all outputs'.
            if x is given:
                return False
            return _is_identifier(x) or (
                isinstance(x, (list, tuple)) and all(map(_is_identifier, x))
            )

        found = align(given, y_pred, outputs, self._owner, what, is_item)
        return [_identifiers(items) for items in found]

    @property
    def metrics(self) -> list[Any]:
        """The metrics themselves."""
        return [metric for _, metric, _, _ in self._entries or ()]

    @property
    def variables(self) -> list[Any]:
        return [v for metric in self.metrics for v in metric.variables]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Update every metric from its output's target and prediction."""
        if self._entries is None or self._loss is None:
            raise ValueError(f"{self._owner}: the metrics are built by the first batch.")
        predictions, targets, weights = self._loss.targets(y_true, y_pred, sample_weight)
        for i, metric, weighted, name in self._entries:
            if targets[i] is None:
                raise ValueError(
                    f"{self._owner}: y must have a target for the metric {name!r}. Received: "
                    f"y={describe(y_true)}"
                )
            if weighted and weights[i] is not None:
                metric.update_state(targets[i], predictions[i], sample_weight=weights[i])
            else:
                metric.update_state(targets[i], predictions[i])

    def result(self) -> dict[str, Any]:
        """The results by name."""
        out: dict[str, Any] = {}
        for _, metric, _, name in self._entries or ():
            value = metric.result()
            if isinstance(value, dict):
                out.update(value)
            else:
                out[name] = value
        return out

    def reset_state(self) -> None:
        """Forget all that was seen."""
        for metric in self.metrics:
            metric.reset_state()

    def __repr__(self) -> str:
        return f"<CompiledMetrics metrics={[name for *_, name in self._entries or ()]}>"


def _identifiers(given: Any) -> list[Any]:
    """The metrics in whatever structure, flat."""
    if given is None:
        return []
    if _is_identifier(given):
        return [given]
    items = given.values() if isinstance(given, dict) else given
    return [found for item in items for found in _identifiers(item)]


_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")


def _metric(identifier: Any, y_true: Any, y_pred: Any, loss: Any) -> Any:
    """A metric object, those that only say what is meant chosen by shapes and loss."""
    if isinstance(identifier, str) and identifier in _BY_SHAPE:
        kind = "binary" if _is_binary(y_pred, loss) else _categorical(y_true, y_pred, loss)
        logits = bool(getattr(loss, "from_logits", False))
        if identifier.startswith("acc"):
            cls = {
                "binary": metrics_module.BinaryAccuracy,
                "sparse": metrics_module.SparseCategoricalAccuracy,
                "categorical": metrics_module.CategoricalAccuracy,
            }[kind]
            return cls(name=identifier)
        cls = {
            "binary": metrics_module.BinaryCrossentropy,
            "sparse": metrics_module.SparseCategoricalCrossentropy,
            "categorical": metrics_module.CategoricalCrossentropy,
        }[kind]
        return cls(name=identifier, from_logits=logits)
    metric = metrics_module.get(identifier)
    if isinstance(metric, MetricBase):
        if isinstance(identifier, str):
            # Results are named as the user wrote them.
            metric.name = identifier  # pyright: ignore[reportAttributeAccessIssue]
        return metric
    name = identifier if isinstance(identifier, str) else _function_name(metric)
    return metrics_module.MeanMetricWrapper(metric, name=name)


def _function_name(function: Any) -> str:
    names = (getattr(function, key, None) for key in ("__name__", "name"))
    name = next(filter(None, names), type(function).__name__)
    return "lambda" if name == "<lambda>" else name


def _is_binary(y_pred: Any, loss: Any) -> bool:
    if "Binary" in type(loss).__name__:
        return True
    return len(y_pred.shape) < 2 or y_pred.shape[-1] == 1


def _categorical(y_true: Any, y_pred: Any, loss: Any) -> str:
    if "Sparse" in type(loss).__name__:
        return "sparse"
    if y_true is None:
        return "categorical"
    fewer = len(y_true.shape) < len(y_pred.shape)
    return "sparse" if fewer or y_true.shape[-1] == 1 else "categorical"
