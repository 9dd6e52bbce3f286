"""Which hooks are called, in which order and with what, beside Keras."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import keras_core
from keras_core.backends.select import backend
from tests.training.helpers import classifier, data, trains

X, Y = data(20)
HOOKS = [
    f"on_{what}_{end}"
    for what in (
        "train", "test", "predict", "epoch", "train_batch", "test_batch", "predict_batch",
    )
    for end in ("begin", "end")
]  # fmt: skip


def recorder(K: Any, stop_at: str | None) -> tuple[Any, list[Any]]:
    """A callback, and the list of all that it is told; it stops training in a hook if asked to."""
    seen: list[Any] = []

    def hook(name: str) -> Callable[..., None]:
        def call(self: Any, *args: Any, logs: Any = None) -> None:
            *where, last = args if logs is None else (*args, logs)
            seen.append((name, *where, sorted(last)))
            if name == stop_at:
                self.model.stop_training = True

        return call

    return type("Recorder", (K.callbacks.Callback,), {name: hook(name) for name in HOOKS})(), seen


def batches(count: int) -> Iterator[Any]:
    for _ in range(count):
        yield X[:5], Y[:5]


# What is run, and the hook in which training is stopped.
RUNS: dict[str, tuple[Callable[[Any, list[Any]], Any], str | None]] = {
    "fit": (lambda m, c: m.fit(X, Y, 8, 2, verbose=0, callbacks=c), None),
    "split": (lambda m, c: m.fit(X, Y, 8, 2, verbose=0, callbacks=c, validation_split=0.25), None),
    "every other epoch": (
        lambda m, c: m.fit(
            X, Y, 8, 4, verbose=0, callbacks=c, validation_data=(X, Y), validation_freq=2
        ),
        None,
    ),
    "some epochs": (
        lambda m, c: m.fit(
            X, Y, 8, 4, verbose=0, callbacks=c, validation_data=(X, Y), validation_freq=[1, 4]
        ),
        None,
    ),
    "steps": (
        lambda m, c: m.fit(
            X, Y, 8, steps_per_epoch=2, verbose=0, callbacks=c,
            validation_data=(X, Y), validation_steps=1,
        ),
        None,
    ),
    "generators": (
        lambda m, c: m.fit(
            batches(4), steps_per_epoch=2, epochs=2, shuffle=False, verbose=0, callbacks=c,
            validation_data=batches(4), validation_steps=2,
        ),
        None,
    ),
    "later epochs": (
        lambda m, c: m.fit(X, Y, 8, epochs=4, initial_epoch=2, verbose=0, callbacks=c),
        None,
    ),
    "no epochs": (lambda m, c: m.fit(X, Y, 8, epochs=2, initial_epoch=2, verbose=0, callbacks=c), None),
    "evaluate": (lambda m, c: m.evaluate(X, Y, 8, verbose=0, callbacks=c), None),
    "evaluate, steps": (lambda m, c: m.evaluate(X, Y, 8, verbose=0, callbacks=c, steps=2), None),
    "predict": (lambda m, c: m.predict(X, 8, verbose=0, callbacks=c), None),
    "predict, steps": (lambda m, c: m.predict(X, 8, verbose=0, callbacks=c, steps=2), None),
    "evaluate, stopped": (lambda m, c: m.evaluate(X, Y, 8, verbose=0, callbacks=c), "on_test_batch_end"),
    "predict, stopped": (lambda m, c: m.predict(X, 8, verbose=0, callbacks=c), "on_predict_batch_end"),
} | {
    f"stopped {name}": (
        lambda m, c: m.fit(X, Y, 8, 3, verbose=0, callbacks=c, validation_data=(X, Y)),
        name,
    )
    for name in HOOKS
    if "predict" not in name and name != "on_train_end"
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*ran out of data")
@pytest.mark.filterwarnings("ignore:invalid value encountered in divide")  # Keras's, on NumPy
@pytest.mark.parametrize("name", RUNS)
def test_hooks_are_those_of_keras(keras: Any, name: str) -> None:
    run, stop_at = RUNS[name]
    if not backend.has("gradients") and not name.startswith(("evaluate", "predict")):
        pytest.skip("NumPy has no gradients")
    if backend.name != "torch" and stop_at not in (None, "on_train_batch_end", "on_test_batch_end"):
        pytest.skip("a sample is enough where every row is compiled")
    found = []
    for K in (keras_core, keras):
        callback, seen = recorder(K, stop_at)
        run(classifier(K), [callback])
        found.append(seen)
    assert found[0] == found[1]
    assert found[0]


@trains
@pytest.mark.parametrize("form", ["nested", "alone", "a list of ours"])
def test_forms_of_callbacks(form: str) -> None:
    wanted, expected = recorder(keras_core, None)
    classifier(keras_core).fit(X, Y, 8, verbose=0, callbacks=[wanted])
    callback, seen = recorder(keras_core, None)
    given = {
        "nested": [[keras_core.callbacks.TerminateOnNaN(), [callback]]],
        "alone": callback,
        "a list of ours": keras_core.callbacks.CallbackList([callback]),
    }[form]
    classifier(keras_core).fit(X, Y, 8, verbose=0, callbacks=given)
    assert seen == expected
