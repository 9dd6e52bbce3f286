"""Steps under `tf.distribute.MirroredStrategy`: each replica does its part of a batch.

Variables that were made in the strategy's scope have a copy on every device. In a replica, values
are read from its own copy and written to it alone; a step makes the copies equal again at its
end: weights are, since the optimizer sums the gradients over the replicas; what metrics have
counted is added up, and statistics are averaged. So outside of a step any copy is the value.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_core.core import dtypes, scopes, tree


class _Replica(threading.local):
    """What a replica, which has a thread of its own, knows of the step that it is in."""

    share: Any = None  # how much its gradients count, of 1
    scale: Any = None  # the batch's rows by those that it has
    number: int = 0
    strategy: Any = None  # whose variables are made, outside of its scope


_replica = _Replica()
_SUM = tf.distribute.ReduceOp.SUM


class Mirrored:
    """Whether any variable was made in a strategy's scope: without any there is nothing to ask."""

    exist = False


def local(value: Any) -> Any:
    """The copy of a mirrored variable that the replica has; elsewhere the variable itself."""
    if not Mirrored.exist or not isinstance(value, tf.distribute.DistributedValues):
        return value
    context = tf.distribute.get_replica_context()
    if context is None or context.strategy is not value.distribute_strategy:  # type: ignore[attr-defined]
        return value
    return value.values[_number(context)]  # type: ignore[attr-defined]


def weighted(gradients: list[Any]) -> list[Any]:
    """Gradients whose sum over the replicas is that of the whole batch."""
    share = _replica.share
    if share is None:
        return gradients

    def of_batch(gradient: Any) -> Any:
        if isinstance(gradient, tf.IndexedSlices):
            return tf.IndexedSlices(
                of_batch(gradient.values), gradient.indices, gradient.dense_shape
            )
        return gradient * tf.cast(share, gradient.dtype)

    return [of_batch(gradient) for gradient in gradients]


def whole_batch(total: Any) -> Any:
    """A sum over the replica's rows, scaled to what it would be over the batch's."""
    return total if _replica.scale is None else total * tf.cast(_replica.scale, total.dtype)


def own_seed(seed: Any) -> Any:
    """A seed of the replica's own: the rows of a batch are to have numbers of their own."""
    if not _replica.number:
        return seed
    return seed + tf.constant([_replica.number * 0x9E3779B1, 0], seed.dtype)


def strategy_of(model: Any) -> tf.distribute.Strategy | None:
    """The strategy over several devices that a model's variables, or its optimizer's, are of.

    In an open scope it is that of the scope. None for a model of one device, and for strategies
    of another kind.
    """
    if not Mirrored.exist:
        return None
    if tf.distribute.has_strategy():
        found: Any = tf.distribute.get_strategy()
        return found if isinstance(found, tf.distribute.MirroredStrategy) else None
    held = model._surveys.present(model) or model  # which may be known without a look
    for variables in (held.variables, model.optimizer_variables):
        for v in variables[:1]:
            if isinstance(v._value, tf.distribute.DistributedValues):
                found = v._value.distribute_strategy  # type: ignore[attr-defined]
                return found if isinstance(found, tf.distribute.MirroredStrategy) else None
    return None


def scope_of(model: Any) -> contextlib.AbstractContextManager[Any]:
    """A scope in which variables are made for the devices that the model is on."""
    strategy = None if tf.distribute.has_strategy() else strategy_of(model)
    return contextlib.nullcontext() if strategy is None else strategy.scope()


def maker() -> contextlib.AbstractContextManager[Any]:
    """The scope in which this thread makes variables."""
    strategy = _replica.strategy
    return contextlib.nullcontext() if strategy is None else strategy.scope()


def aside(strategy: tf.distribute.Strategy, function: Callable[[], Any]) -> None:
    """Call a function out of all scopes, which are the thread's, but make variables in this one."""

    def run() -> None:
        _replica.strategy = strategy
        function()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


class Replicas:
    """A step's function, run on the replicas of a strategy.

    Args:
        strategy: the strategy.
        groups: the step's variables, as `BaseStep.groups` has them.
        kind: "train", "test" or "predict".
        owner: whose step it is, for messages.

    Raises:
        ValueError: if a variable of them was not made in the strategy's scope.
    """

    def __init__(
        self, strategy: tf.distribute.Strategy, groups: tuple[Any, ...], kind: str, owner: str
    ) -> None:
        self.strategy, self.kind = strategy, kind
        self.count = strategy.num_replicas_in_sync
        for v in (v for group in groups for v in group):
            if getattr(v._value, "distribute_strategy", None) is not strategy:
                raise ValueError(
                    f"{owner}: all variables must be made in the scope of the strategy that the "
                    f"model is trained by, {type(strategy).__name__}. Received: {v.path!r}, "
                    "made outside of it. Make the model, metrics and optimizer, and call "
                    "compile(), in `with strategy.scope():`."
                )
        # Optimizers do the same on every replica; their own variables are the third of four.
        states = groups[1:2] + groups[-1:] if kind != "predict" else groups[1:2]
        found = {id(v): v for group in states for v in group}
        self._added = [v for v in found.values() if v.aggregation == "sum"]
        self._averaged = [
            v for v in found.values() if v.aggregation != "sum" and v._dtype in dtypes.FLOATS
        ]

    def run(self, body: Callable[[list[Any]], Any], leaves: list[Any], few: bool) -> Any:
        """`body(leaves)` on each replica's rows, and what it gives of the whole batch.

        Args:
            body: a step of flat data.
            leaves: a batch.
            few: whether it has fewer rows than there are replicas: each then takes all of them.
        """
        structure: list[Any] = []

        def replica(*given: Any) -> list[Any]:
            context: Any = tf.distribute.get_replica_context()
            number = _number(context)
            if few:
                rows, share, scale = list(given), 1.0 / self.count, None
            else:
                count = _rows(given[0])
                first, last = count * number // self.count, count * (number + 1) // self.count
                rows = [_cut(leaf, first, last) for leaf in given]
                share = tf.cast(last - first, tf.float32) / tf.cast(count, tf.float32)
                scale = 1.0 / share
            states = self._added + self._averaged
            before = [v._read() for v in states]
            _replica.share, _replica.scale, _replica.number = share, scale, number
            scopes.local.losses = {}  # layers are shared with the other replicas' threads
            try:
                out, spec = tree.flatten_spec(body(rows))
            finally:
                _replica.share = _replica.scale = None
                _replica.number = 0
                scopes.local.losses = None
            structure.append(spec)
            counts = 0.0 if few and number else 1.0
            weights = [counts] * len(self._added) + [share] * len(self._averaged)
            changes = [
                (v._read() - old) * tf.cast(weight, old.dtype)
                for v, old, weight in zip(states, before, weights, strict=True)
            ]
            logs = [] if self.kind == "predict" else [i for i, x in enumerate(out) if _averages(x)]
            totals = _summed(
                context, changes + [out[i] * tf.cast(share, out[i].dtype) for i in logs]
            )
            for v, old, change in zip(states, before, totals, strict=False):
                v._direct_assign(old + change)
            for i, total in zip(logs, totals[len(states) :], strict=True):
                out[i] = total
            return out

        found = self.strategy.run(replica, args=tuple(leaves))
        return tree.unflatten(structure[0], [self._joined(x, few) for x in found])

    def _joined(self, x: Any, few: bool) -> Any:
        parts = self.strategy.experimental_local_results(x)
        if self.kind != "predict" or few or len(parts) == 1:
            return parts[0]
        if isinstance(parts[0], tf.SparseTensor):
            return tf.sparse.concat(0, parts)
        return parts[0] if not parts[0].shape.rank else tf.concat(parts, 0)


def _number(context: Any) -> int:
    return int(tf.get_static_value(context.replica_id_in_sync_group))


def _averages(x: Any) -> bool:
    return tf.is_tensor(x) and x.dtype.is_floating and not x.shape.rank


def _summed(context: Any, tensors: list[Any]) -> list[Any]:
    """Tensors summed over the replicas, those of one dtype together."""
    by_dtype: dict[Any, list[int]] = {}
    for i, x in enumerate(tensors):
        by_dtype.setdefault(x.dtype, []).append(i)
    out = list(tensors)
    for places in by_dtype.values():
        for i, x in zip(
            places, context.all_reduce(_SUM, [tensors[i] for i in places]), strict=True
        ):
            out[i] = x
    return out


def _rows(leaf: Any) -> Any:
    if isinstance(leaf, tf.SparseTensor):
        return tf.cast(leaf.dense_shape[0], tf.int32)
    return tf.cast(
        leaf.nrows() if isinstance(leaf, tf.RaggedTensor) else tf.shape(leaf)[0], tf.int32
    )


def _cut(leaf: Any, first: Any, last: Any) -> Any:
    if isinstance(leaf, tf.SparseTensor):
        rest = leaf.dense_shape[1:]
        start = tf.concat([[tf.cast(first, tf.int64)], tf.zeros_like(rest)], 0)
        size = tf.concat([[tf.cast(last - first, tf.int64)], rest], 0)
        return tf.sparse.slice(leaf, start, size)
    return leaf[first:last]
