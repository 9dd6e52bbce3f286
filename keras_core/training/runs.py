"""The runs behind `Model.fit`, `evaluate`, `predict` and `*_on_batch`."""

from __future__ import annotations

import contextlib
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.callbacks.callback_list import CallbackList
from keras_core.core import settings, tracking, tree
from keras_core.core.errors import message
from keras_core.training.class_weights import ClassWeights
from keras_core.training.compiled import CompiledLoss
from keras_core.training.data import arrays
from keras_core.training.data.packing import unpack_x_y_sample_weight
from keras_core.training.data.pick import gives_batches, source_for
from keras_core.training.data.sources import ArraySource, Source
from keras_core.training.interrupts import InterruptGuard
from keras_core.training.logs import as_numbers
from keras_core.training.loop import Loop, OutOfData
from keras_core.training.outputs import Outputs, owned
from keras_core.training.probabilities import warn_of_mismatches
from keras_core.training.resume import Position


def fit(
    model: Any,
    x: Any,
    y: Any,
    *,
    batch_size: int | None,
    epochs: int,
    verbose: int | str,
    callbacks: Any,
    validation_split: float,
    validation_data: Any,
    shuffle: bool | str,
    class_weight: Any,
    sample_weight: Any,
    initial_epoch: int,
    steps_per_epoch: int | None,
    validation_steps: int | None,
    validation_batch_size: int | None,
    validation_freq: Any,
) -> Any:
    """See `Model.fit`."""
    owner = model._owner("fit")
    model._need_compiled("fit")
    if not backend.has("gradients"):
        raise NotImplementedError(
            f"{owner}: the {backend.name} backend has no gradients, so it cannot train; it can "
            "predict and evaluate. Set KERAS_BACKEND to jax, torch or tensorflow."
        )
    if not isinstance(epochs, (int, np.integer)) or isinstance(epochs, bool) or epochs < 0:
        raise ValueError(message(owner, "epochs", "be an int that is not negative", epochs))
    if settings._current.max_epochs is not None:
        epochs = min(epochs, settings._current.max_epochs)
    validates_now = _validation_schedule(validation_freq, owner)
    if validation_split and validation_data is None:
        if gives_batches(x):
            raise ValueError(
                f"{owner}: validation_split needs arrays, of which a part is cut off. Received "
                "data that gives batches; pass validation_data."
            )
        data = tuple(
            arrays.as_arrays(part, name)
            for part, name in ((x, "x"), (y, "y"), (sample_weight, "sample_weight"))
        )
        arrays.check_lengths(owner, x=data[0], y=data[1], sample_weight=data[2])
        (x, y, sample_weight), validation_data = arrays.split(data, validation_split, owner)
    source = source_for(
        x,
        y,
        sample_weight,
        batch_size=batch_size,
        steps=steps_per_epoch,
        shuffle=shuffle,
        weigh=_class_weights(model, class_weight, owner),
        start=initial_epoch,
        owner=owner,
    )
    validation: Source | None = None
    with contextlib.ExitStack() as stack:
        stack.callback(source.close)
        if validation_data is not None:
            validation = _validation_source(
                validation_data,
                owner=owner,
                batch_size=validation_batch_size or batch_size,
                steps=validation_steps,
            )
            stack.callback(validation.close)
        model._prepare("train", source.first)
        _check_labels(model, "train", source.targets)
        arrays_validate = isinstance(validation, ArraySource)
        if arrays_validate:
            _check_validated(model, validation, validation_data, owner)
        run = _callbacks(model, callbacks, verbose, True, epochs=epochs, steps=source.num_batches)
        guard = stack.enter_context(InterruptGuard())
        stack.enter_context(_closing(run))
        model.__dict__["stop_training"] = False
        loop = Loop(model, run, guard)
        step = model._step("train")
        results: dict[str, Any] | None = None
        validated = False
        position = Position(initial_epoch, 0, source.seed, (source, validation))
        model._compiled.position = position
        stack.callback(setattr, model._compiled, "position", None)
        run.on_train_begin()
        if position.go_on(run):
            model.__dict__["stop_training"] = True
            epochs = position.epoch + (position.step > 0)
        for epoch in range(position.epoch, epochs):
            position.epoch = epoch
            run.on_epoch_begin(epoch)
            if not position.step:
                model.reset_metrics()
            position.epoch_began(run)
            try:
                logs = dict(loop.epoch("train", step, source, epoch, position))
            except OutOfData as error:
                if results is None:
                    raise
                warnings.warn(f"{error} Training ends after epoch {epoch}.", stacklevel=2)
                break
            position.step, position.logs = 0, None
            if validation is not None and validates_now(epoch):
                if not arrays_validate and "test" not in model._steps:
                    _check_validated(model, validation, validation_data, owner)
                try:
                    found = _evaluate(model, loop, validation)
                except OutOfData as error:
                    if not validated:
                        raise
                    warnings.warn(f"{error} Nothing is validated any more.", stacklevel=2)
                    found, validation = {}, None
                validated = True
                logs.update({f"val_{name}": value for name, value in found.items()})
                logs = dict(sorted(logs.items()))  # as all results are, by name
            run.on_epoch_end(epoch, logs)
            results = logs
            if model.stop_training:
                break
        if model.optimizer is not None:
            model.optimizer.finalize_variable_values(model._compiled.trained)
        run.on_train_end(results)
    return model.history


def _class_weights(model: Any, class_weight: Any, owner: str) -> ClassWeights | None:
    """What gives sample weights for a batch; None without class weights."""
    if class_weight is None:
        return None

    compiled = model._compiled

    def matched(x: Any, y: Any) -> CompiledLoss:
        if not compiled.outputs.built:  # weights are matched to the outputs by it
            some = tree.map_structure(lambda a: a if a is None else a[:32], (x, y))
            model._prepare("train", lambda: (*some, None))
        if compiled.outputs.built:
            return compiled.outputs
        own = CompiledLoss(None, None, owner)  # a step of the user's, without a loss of `compile`
        own.build(y, None)
        return own

    return ClassWeights(class_weight, owner, compiled.outputs, matched)


def _validation_schedule(freq: Any, owner: str) -> Callable[[int], bool]:
    if isinstance(freq, (int, np.integer)) and not isinstance(freq, bool) and freq > 0:
        return lambda epoch: (epoch + 1) % freq == 0
    if isinstance(freq, (list, tuple, set)):
        return lambda epoch: epoch + 1 in freq
    raise ValueError(
        message(owner, "validation_freq", "be a positive int or a list of epochs", freq)
    )


def _validation_source(data: Any, owner: str, batch_size: int | None, steps: int | None) -> Source:
    if isinstance(data, (tuple, list)) and not gives_batches(data):
        if not 1 <= len(data) <= 3:
            raise ValueError(
                message(owner, "validation_data", "be (x, y) or (x, y, sample_weight)", data)
            )
        x, y, sample_weight = unpack_x_y_sample_weight(tuple(data))
    else:
        x, y, sample_weight = data, None, None
    return source_for(
        x, y, sample_weight, batch_size=batch_size, steps=steps,
        owner=f"{owner}, validation_data",
    )  # fmt: skip


def _check_validated(model: Any, source: Any, data: Any, owner: str) -> None:
    """Raise for data to validate on without the targets that the loss needs."""
    loss = model._compiled.loss
    if (
        loss is not None
        and any(loss.losses)
        and not model._overrides("test_step", "compute_loss")
        and unpack_x_y_sample_weight(source.first())[1] is None
    ):
        batches = not isinstance(source, ArraySource)
        mend = "Let every batch be (x, y)." if batches else "Write validation_data=(x, y)."
        raise ValueError(message(owner, "validation_data", "have targets for the loss", data, mend))


def _check_labels(model: Any, kind: str, targets: Callable[[], Any]) -> None:
    """See `CompiledLoss.check_labels`; a step of the user's may mean something else by them."""
    loss = model._compiled.loss
    if loss is None or not loss.built or model._overrides(f"{kind}_step", "compute_loss"):
        return
    loss.check_labels(targets())
    if kind == "train" and not loss.looked_at:
        loss.looked_at = True
        warn_of_mismatches(model, loss, f"{type(model).__name__} {model.name!r}")


def _evaluate(model: Any, loop: Loop, source: Source) -> dict[str, Any]:
    """The results over a source, within a run."""
    source.rewind()
    model._prepare("test", source.first)
    _check_labels(model, "test", source.targets)
    model.__dict__["stop_evaluating"] = False
    loop.callbacks.on_test_begin()
    model.reset_metrics()  # a callback may have evaluated something of its own
    logs = dict(loop.epoch("test", model._step("test"), source))
    loop.callbacks.on_test_end(logs)
    return logs


def _verbosity(verbose: int | str) -> int:
    return 1 if verbose == "auto" else int(verbose)


def _callbacks(
    model: Any, callbacks: Any, verbose: int | str, history: bool, **params: Any
) -> CallbackList:
    shown = _verbosity(verbose)
    if isinstance(callbacks, CallbackList):
        return callbacks
    return CallbackList(
        callbacks,
        add_history=history,
        add_progbar=shown != 0,
        model=model,
        verbose=shown,
        **params,
    )


@contextlib.contextmanager
def _closing(callbacks: CallbackList) -> Iterator[None]:
    """After an error or an interrupt, let callbacks leave files and terminal in order."""
    try:
        yield
    except BaseException:
        for callback in callbacks.callbacks:
            close = getattr(callback, "close", None)
            if close is not None and type(callback).__module__.startswith("keras_core."):
                close()
        raise


def evaluate(
    model: Any,
    x: Any,
    y: Any,
    *,
    batch_size: int | None,
    verbose: int | str,
    sample_weight: Any,
    steps: int | None,
    callbacks: Any,
    return_dict: bool,
) -> Any:
    """See `Model.evaluate`."""
    owner = model._owner("evaluate")
    model._need_compiled("evaluate")
    source = source_for(x, y, sample_weight, batch_size=batch_size, steps=steps, owner=owner)
    with contextlib.ExitStack() as stack:
        stack.callback(source.close)
        run = _callbacks(model, callbacks, verbose, False, epochs=1, steps=source.num_batches)
        guard = stack.enter_context(InterruptGuard())
        stack.enter_context(_closing(run))
        logs = _evaluate(model, Loop(model, run, guard), source)
    return _returned(model, logs, return_dict)


def _returned(model: Any, logs: dict[str, Any], return_dict: bool) -> Any:
    """Results as a dict, or as a list in the order of the metrics; one alone as itself.

    Results that no metric is named after (those of several outputs, and of a step of the
    user's) come last, by name.
    """
    if return_dict:
        return logs
    orders = model._compiled.orders
    names = orders.get(tuple(logs))
    if names is None:
        # A metric that is called as another one is has the same result, and a place of its own.
        names = [name for metric in model.metrics for name in _names_of(metric) if name in logs]
        names += sorted(name for name in logs if name not in names)
        orders[tuple(logs)] = names
    results = [logs[name] for name in names]
    return results if len(results) != 1 else results[0]


def _names_of(metric: Any) -> list[str]:
    inner = getattr(metric, "metrics", None)
    return [metric.name] if inner is None else [m.name for m in inner]


def predict(
    model: Any,
    x: Any,
    *,
    batch_size: int | None,
    verbose: int | str,
    steps: int | None,
    callbacks: Any,
    out: Any,
) -> Any:
    """See `Model.predict`."""
    owner = model._owner("predict")
    source = source_for(x, batch_size=batch_size, steps=steps, owner=owner)
    total = source.samples if isinstance(source, ArraySource) else None
    if total is not None and source.num_batches is not None and source.batch_size is not None:
        total = min(total, source.num_batches * source.batch_size)
    outputs = Outputs(out, total, owner)
    try:
        for batch in _predictions(
            model, source, verbose, callbacks, InterruptGuard(), backend.execute.host
        ):
            outputs.write(batch)
        return outputs.result()
    except BaseException:
        outputs.abort()
        raise


def predict_stream(
    model: Any,
    x: Any,
    *,
    batch_size: int | None,
    verbose: int | str,
    steps: int | None,
    callbacks: Any,
) -> Iterator[Any]:
    """See `Model.predict_stream`."""
    owner = model._owner("predict_stream")
    source = source_for(x, batch_size=batch_size, steps=steps, owner=owner)
    # Ctrl-C is the consumer's own business between two batches.
    guard = contextlib.nullcontext(InterruptGuard())
    return _predictions(model, source, verbose, callbacks, guard, _owned)


def _predictions(
    model: Any,
    source: Source,
    verbose: int | str,
    callbacks: Any,
    guard: contextlib.AbstractContextManager[InterruptGuard],
    host: Callable[[Any], Any],
) -> Iterator[Any]:
    """The outputs of one batch after the other, as `host` brings them from the device."""
    with contextlib.ExitStack() as stack:
        stack.callback(source.close)
        model._prepare("predict", source.first)
        run = _callbacks(model, callbacks, verbose, False, epochs=1, steps=source.num_batches)
        loop = Loop(model, run, stack.enter_context(guard))
        stack.enter_context(_closing(run))
        model.__dict__["stop_predicting"] = False
        run.on_predict_begin()
        yield from loop.predict(model._step("predict"), source, host)
        run.on_predict_end()


def _owned(raw: Any) -> Any:
    return owned(backend.execute.host(raw))


def on_batch(
    model: Any,
    kind: str,
    x: Any,
    y: Any,
    sample_weight: Any,
    class_weight: Any,
    return_dict: bool,
) -> Any:
    """See `Model.train_on_batch` and `test_on_batch`."""
    form = _form(kind, x, y, sample_weight) if class_weight is None else None
    with tracking.steady():
        held, plain = _known_metrics(model, form)
        if held is not None:
            leaves, spec = [x, y, sample_weight], _SIMPLE
            model._compiled.held_metrics = held
            try:
                step = model._step(kind)
            finally:
                model._compiled.held_metrics = None
            _check_labels(model, kind, lambda: y)
        else:
            leaves, spec, step = _new_batch(model, kind, x, y, sample_weight, class_weight)
            metrics = model._find_metrics()
            plain = all(map(_ready, leaves)) and model._resets_plainly(metrics)
            held = metrics if step.ran else None
            survey = model._surveys.present(model)
            if form is not None and held is not None and survey is not None:
                known = model._compiled.forms
                if len(known) >= 64:
                    known.clear()
                known[form] = weakref.ref(survey), held, plain
    # The guard's signal handler costs as much as half a step: it is for steps that need one.
    with InterruptGuard() if step.fragile else _UNGUARDED as guard:

        def run() -> Any:
            if plain and step.has_fresh:
                return guard.run(step.fresh, leaves, spec)
            model.reset_metrics()
            return guard.run(step.batch, backend.execute.stage(leaves), spec)

        raw = step.run(held, run)
    return _returned(model, as_numbers(step.fetch(raw)), return_dict)


def _new_batch(
    model: Any, kind: str, x: Any, y: Any, sample_weight: Any, class_weight: Any
) -> tuple[list[Any], tree.TreeSpec, Any]:
    """A batch's arrays, checked, with their structure, and the step for them."""
    owner = model._owner(f"{kind}_on_batch")
    model._need_compiled(f"{kind}_on_batch")
    x, y, sample_weight = (
        arrays.as_arrays(part, name)
        for part, name in ((x, "x"), (y, "y"), (sample_weight, "sample_weight"))
    )
    arrays.check_lengths(owner, x=x, y=y, sample_weight=sample_weight)
    weigh = _class_weights(model, class_weight, owner)
    if weigh is not None:
        sample_weight = weigh(x, y, sample_weight)
    leaves, spec = tree.flatten_spec((x, y, sample_weight))
    leaves = [arrays.narrowed(leaf) for leaf in leaves]
    model._prepare(kind, lambda: tree.unflatten(spec, leaves))
    _check_labels(model, kind, lambda: y)
    return leaves, spec, model._step(kind)


def _form(kind: str, *parts: Any) -> tuple[Any, ...] | None:
    """What can be known of a batch whose arrays are used as they are; None if some are not."""
    form: list[Any] = [kind]
    for part in parts:
        if not _ready(part):
            return None
        form += (None,) if part is None else (part.shape, part.dtype)
    return tuple(form)


def _ready(part: Any) -> bool:
    """Whether it is nothing, or an array that a step takes as it is."""
    return part is None or (type(part) is np.ndarray and part.dtype in _READY)


def _known_metrics(model: Any, form: tuple[Any, ...] | None) -> tuple[list[Any] | None, bool]:
    """The model's metrics, if a batch of such arrays was prepared before and still would be so.

    What depends on the arrays' values is not known by that.

    Returns:
        The metrics or None; whether they are reset as this package does it.
    """
    unknown = None, False
    compiled = model._compiled
    if compiled is None or form is None or (known := compiled.forms.get(form)) is None:
        return unknown
    survey = model._surveys.present(model)
    if survey is None or known[0]() is not survey:
        return unknown
    training = form[0] == "train"
    if training and not getattr(model.optimizer, "built", False):
        return unknown
    compiled.note(survey.trained, training)
    return known[1:]


_SIMPLE = tree.structure_of((0, 0, 0))  # None is a leaf
_READY = frozenset(map(np.dtype, "float16 float32 int8 int16 int32 int64 uint8 bool".split()))
_UNGUARDED = contextlib.nullcontext(InterruptGuard())


def direct_step(model: Any, x: Any, most: int | None = None) -> Any:
    """The step that predicts one array with nothing between the two; None if it cannot.

    Args:
        model: the model.
        x: the inputs.
        most: how many rows there may be; None: any number.
    """
    step = (model._steps or {}).get("predict")
    if step is None or type(x) is not np.ndarray or x.dtype.kind not in "fiub" or not x.ndim:
        return None
    if not len(x) or (most is not None and len(x) > most):
        return None
    if not step.lasts():
        model._prepare("predict", lambda: (x, None, None))
        step = model._step("predict")
    return step


def predict_on_batch(model: Any, x: Any) -> Any:
    """See `Model.predict_on_batch`."""
    step = direct_step(model, x)
    if step is not None:
        return owned(step.direct(arrays.narrowed(x)))
    x = arrays.as_arrays(x, "x")
    arrays.check_lengths(model._owner("predict_on_batch"), x=x)
    data = (tree.map_structure(arrays.narrowed, x), None, None)
    model._prepare("predict", lambda: data)
    leaves, spec = tree.flatten_spec(data)
    out = model._step("predict").batch(backend.execute.stage(leaves), spec)
    return _owned(out)
