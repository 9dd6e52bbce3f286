"""`jit_compile=True` on torch: a step is one graph; what cannot be compiled, or is slower, runs as it is."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend
from keras_core.core import tree
from tests.layers.case import LayerCase
from tests.layers.cases import CASES
from tests.training.helpers import assert_same_weights, data

pytestmark = pytest.mark.skipif(backend.name != "torch", reason="torch's compiler")
X, Y = data(n=16)
HOT = np.eye(3, dtype="float32")[Y]
layers, optimizers = keras.layers, keras.optimizers
FIRST = {case.layer: case for case in reversed(CASES)}
SEQUENCES = np.random.default_rng(0).normal(size=(4, 6, 5)).astype("float32")
MORE_LAYERS: dict[str, Callable[[], Any]] = {
    "LSTM": lambda: layers.LSTM(3, return_sequences=True),
    "LSTM without bias": lambda: layers.LSTM(3, use_bias=False, go_backwards=True),
    "Bidirectional GRU": lambda: layers.Bidirectional(layers.GRU(3)),
    "cells": lambda: layers.RNN([layers.LSTMCell(3), layers.SimpleRNNCell(2)]),
    "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(2)),
}
IMAGES = np.random.default_rng(0).uniform(0, 255, size=(2, 16, 16, 3)).astype("float32")
PREPARING: dict[str, tuple[Any, ...]] = {  # arguments of layers that prepare images and numbers
    "AugMix": ((0, 255),), "AutoContrast": (), "CenterCrop": (8, 8), "CutMix": (), "MixUp": (),
    "ContrastLimitedAdaptiveHistogramEqualization": (), "ConvLSTM1D": (2, 3),
    "Discretization": ([50.0, 100.0],), "Equalization": (), "Lambda": (keras.ops.sqrt,),
    "Normalization": (-1, 100.0, 50.0), "Pipeline": ([layers.Rescaling(0.5)],),
    "RandAugment": ((0, 255),), "RandomBrightness": (0.2,), "RandomColorDegeneration": (0.5,),
    "RandomColorJitter": ((0, 255), 0.1, 0.1, 0.1, 0.1), "RandomContrast": (0.2,),
    "RandomCrop": (8, 8), "RandomElasticTransform": (), "RandomErasing": (), "RandomFlip": (),
    "RandomGaussianBlur": (), "RandomGrayscale": (), "RandomHue": (0.2,), "RandomInvert": (),
    "RandomPerspective": (), "RandomPosterization": (4,), "RandomRotation": (0.1,),
    "RandomSaturation": (0.3,), "RandomSharpness": (0.3,), "RandomShear": (0.1, 0.1),
    "RandomTranslation": (0.1, 0.1), "RandomZoom": (0.1,), "Resizing": (8, 8), "Solarization": (),
}  # fmt: skip
INTEGERS = ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy", "Circle")
OPTIMIZERS: dict[str, Callable[[], Any]] = {
    **{
        name: getattr(optimizers, name)
        for name in (
            "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion",
            "Muon", "Nadam", "RMSprop", "SGD", "ScheduleFreeAdamW",
        )
    },
    "clipped": lambda: optimizers.Adam(clipnorm=0.1, weight_decay=0.1),
    "clipped values": lambda: optimizers.Adagrad(clipvalue=0.01),
    "global clip": lambda: optimizers.SGD(global_clipnorm=0.1),
    "averaged": lambda: optimizers.Adam(use_ema=True, ema_overwrite_frequency=2),
    "accumulating": lambda: optimizers.Adam(gradient_accumulation_steps=2),
    "scheduled": lambda: optimizers.SGD(optimizers.schedules.CosineDecay(0.1, 8)),
    "scaled": lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), dynamic_growth_steps=2),
    "grouped": lambda: optimizers.MultiOptimizer(
        {"default": optimizers.Adam(), ".*kernel": optimizers.SGD(0.1)}
    ),
}  # fmt: skip

CLASSES = {"num_classes": 3, "sparse_y_true": False, "sparse_y_pred": False}
METRICS: dict[str, dict[str, Any]] = {
    **{
        name: {}
        for name in dir(keras.metrics)
        if isinstance(getattr(keras.metrics, name), type)
        and name not in ("Mean", "MeanMetricWrapper", "Metric", "Sum")
    },
    "IoU": {**CLASSES, "target_class_ids": [0]}, "MeanIoU": CLASSES,
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]}, "OneHotMeanIoU": {"num_classes": 3},
    "PrecisionAtRecall": {"recall": 0.5}, "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(request: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Graphs that run operation by operation, instead of a minute of C++; no clock decides."""
    import torch

    from keras_core.backends.torch import compiling

    monkeypatch.setattr(compiling, "lower", lambda graph, inputs: graph)
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    yield
    torch.use_deterministic_algorithms(before)


def stack(*rest: Any) -> Any:
    return keras.Sequential([keras.Input((4,)), *rest, layers.Dense(3)])


def assert_compiled(model: Any, kind: str = "train") -> None:
    assert model._steps[kind]._compiled.programs, "no graph was made"


def both(
    make: Callable[[], Any], x: Any, y: Any, optimizer: Any, loss: Any, tol: float | None
) -> None:
    """Three steps, compiled and not, leave the same weights and slots."""
    found = []
    for jit in (False, True):
        keras.utils.set_random_seed(2)
        model = make()
        model.compile(optimizer(), loss() if isinstance(loss, type) else loss, jit_compile=jit)
        for _ in range(3):
            model.train_on_batch(x, y)
        found.append([v.numpy() for v in (*model.variables, *model.optimizer.variables)])
    assert_compiled(model)
    for a, b in zip(*found, strict=True):
        assert np.isfinite(b).all()
        if tol is not None:
            np.testing.assert_allclose(a, b, rtol=tol, atol=tol)


class Alone(keras.Model):
    """A layer by itself, its outputs being the loss."""

    def __init__(self, case: LayerCase) -> None:
        super().__init__()
        self.layer = case.make(layers)

    def call(self, inputs: Any, training: bool = False) -> Any:
        more = {"training": training} if self.layer._info.training else {}
        named = isinstance(inputs, dict)
        outputs = self.layer(**inputs, **more) if named else self.layer(inputs, **more)
        parts = [keras.ops.mean(keras.ops.cast(y, "float32") ** 2) for y in tree.flatten(outputs)]
        self.add_loss(sum(parts[1:], parts[0]))
        return outputs


@pytest.mark.parametrize("name", [n for n, case in FIRST.items() if not case.call])
def test_every_layer_in_one_graph(name: str) -> None:
    case = FIRST[name]
    tol = None if case.random else 1e-4
    both(lambda: Alone(case), case.draw(), None, lambda: optimizers.SGD(0.01), None, tol)


@pytest.mark.parametrize("name", MORE_LAYERS)
def test_sequences_in_one_graph(name: str) -> None:
    def make() -> Any:
        parts = [MORE_LAYERS[name](), layers.Flatten(), layers.Dense(1)]
        return keras.Sequential([keras.Input((6, 5)), *parts])

    both(make, SEQUENCES, np.ones((4, 1), "float32"), optimizers.Adam, "mse", 1e-5)


@pytest.mark.parametrize("name", PREPARING)
def test_preparation_in_one_graph(name: str) -> None:
    def make() -> Any:
        layer = getattr(layers, name)(*PREPARING[name])
        rest = [layers.Rescaling(0.01), layers.Flatten(), layers.Dense(1)]
        return keras.Sequential([keras.Input((16, 16, 3)), layer, *rest])

    # What is compiled draws from torch's own generator.
    tol = None if make().layers[0]._seed_generators else 1e-4
    both(make, IMAGES, np.ones((2, 1), "float32"), lambda: optimizers.SGD(1e-3), "mse", tol)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in dir(keras.losses)
        if isinstance(getattr(keras.losses, name), type) and name not in ("Loss", "CTC")
    ],
)
def test_every_loss_in_one_graph(name: str) -> None:
    y = Y if name in INTEGERS else HOT
    make = lambda: keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])  # noqa: E731
    both(make, X, y, optimizers.SGD, getattr(keras.losses, name), 1e-4)


def test_ctc_in_one_graph() -> None:
    make = lambda: keras.Sequential([keras.Input((6, 5)), layers.Dense(5)])  # noqa: E731
    both(make, SEQUENCES, np.ones((4, 3), "int32"), optimizers.SGD, keras.losses.CTC, 1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_in_one_graph(name: str) -> None:
    both(lambda: stack(layers.Dense(8, "tanh")), X, HOT, OPTIMIZERS[name], "mse", 1e-4)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_in_one_graph(name: str) -> None:
    sparse = name.startswith("Sparse")
    found = []
    for jit in (False, True):
        keras.utils.set_random_seed(2)
        model = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
        metric = getattr(keras.metrics, name)(**METRICS[name])
        loss = "sparse_categorical_crossentropy" if sparse else "mse"
        model.compile("sgd", loss, metrics=[metric], jit_compile=jit)
        found.append(model.fit(X, Y if sparse else HOT, batch_size=4, verbose=0).history)
    assert_compiled(model)
    for one, other in zip(*(tree.flatten(list(x.values())) for x in found), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_fit_evaluate_and_predict(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []
    for jit in (False, True):
        keras.utils.set_random_seed(2)
        model = stack(layers.Dense(8, "relu"), layers.BatchNormalization())
        metrics = [keras.metrics.AUC(from_logits=True), "mae"]
        model.compile("adam", "mse", metrics=metrics, jit_compile=jit)
        rows = {"batch_size": 5, "verbose": 0}  # and a last batch of one
        history = model.fit(X, HOT, epochs=3, shuffle=False, **rows)
        found.append(
            (model, history.history, model.evaluate(X, HOT, **rows), model.predict(X, **rows))
        )
    (a, *want), (b, *got) = found
    assert_same_weights(a, b, tolerance=1e-4)
    for one, other in zip(tree.flatten(want), tree.flatten(got), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    for kind in ("train", "test", "predict"):
        assert_compiled(b, kind)
        assert len(b._steps[kind]._compiled.programs) == 1  # none for the ragged batch


def test_what_changes_between_runs_is_seen() -> None:
    model = stack(layers.Dense(4))
    model.compile(optimizers.SGD(0.1), "mse", jit_compile=True)
    model.fit(X, HOT, batch_size=4, verbose=0)
    assert_compiled(model)
    model.optimizer.learning_rate = 0.0
    before = model.get_weights()
    model.fit(X, HOT, batch_size=4, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    model.optimizer.learning_rate = 0.1
    model.layers[0].trainable = False
    model.compile(model.optimizer.__class__(0.1), "mse", jit_compile=True)
    model.fit(X, HOT, batch_size=4, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_weights()[0])
    assert (before[2] != model.get_weights()[2]).any()


def test_arrays_that_lie_otherwise_get_a_program_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The generated code looks at how its arguments lie, and fails where they lie otherwise."""
    import torch

    from keras_core.backends.torch import compiling

    def strict(graph: Any, inputs: list[Any]) -> Any:
        made_for = [x.stride() for x in inputs]

        def run(*given: Any) -> Any:
            assert [x.stride() for x in given] == made_for
            return graph(*given)

        return run

    monkeypatch.setattr(compiling, "lower", strict)
    x, y = torch.tensor(X[:8]), torch.tensor(HOT[:8])
    across, down = x.t().contiguous().t(), y.t().contiguous().t()
    found = []
    for jit in (False, True):
        keras.utils.set_random_seed(2)
        model = stack()
        model.compile(optimizers.SGD(0.1), "mse", jit_compile=jit)
        for a, b in (
            (x, y),
            (x, y),
            (x, y),
            (across, y),
            (x, down),
            (across, down),
            (x[::2], y[:4]),
        ):
            for _ in range(3):
                model.train_on_batch(a, b)
            model.predict_on_batch(a)
        found.append(model.get_weights())
    assert len(model._steps["train"]._compiled.programs) == 5
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, 1e-5, 1e-6)


def test_what_cannot_be_compiled_runs_with_one_line() -> None:
    class Looks(keras.Sequential):
        def train_step(self, data: Any) -> Any:
            assert float(keras.ops.sum(data[0])) < 1e9  # a decision on a value
            return super().train_step(data)

    model = Looks([keras.Input((4,)), layers.Dense(3)])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.compile("adam", "mse", jit_compile=True)
        model.fit(X, HOT, batch_size=4, epochs=2, verbose=0)
    said = [str(w.message) for w in caught if "jit_compile" in str(w.message)]
    assert len(said) == 1 and "runs uncompiled" in said[0] and "\n" not in said[0]
    assert np.isfinite(model.predict(X, verbose=0)).all()


@pytest.mark.parametrize("slower", [True, False])
def test_the_faster_way_is_kept(slower: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    import torch

    from keras_core.backends.torch import compiling

    torch.use_deterministic_algorithms(False)
    clock = [0.0]

    class Ticks(layers.Layer):
        def call(self, inputs: Any) -> Any:
            clock[0] += 0.002  # only where Python runs
            return inputs

    def lower(graph: Any, inputs: Any) -> Any:
        def run(*args: Any) -> Any:
            clock[0] += 0.004 if slower else 0.001
            return graph(*args)

        return run

    monkeypatch.setattr(compiling, "lower", lower)
    monkeypatch.setattr(compiling, "time", types.SimpleNamespace(perf_counter=lambda: clock[0]))
    model = stack(Ticks(), layers.Dense(4))
    model.compile("sgd", "mse", jit_compile=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(16):
            model.train_on_batch(X, HOT)
    said = [str(w.message) for w in caught if "jit_compile" in str(w.message)]
    assert len(said) == slower and all("4 ms compiled and 2 ms uncompiled" in s for s in said)
    assert model._steps["train"]._compiled._gave_up == slower
    assert int(model.optimizer.iterations.numpy()) == 16
