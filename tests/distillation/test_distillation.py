"""Distillation against Keras: losses, a student's evaluation and training, configs, files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as kc
from keras_core import distillation as D
from keras_core.backends.select import backend

RNG = np.random.default_rng(5)
T, S = (RNG.normal(size=(4, 3)).astype("float32") for _ in range(2))
X = RNG.normal(size=(8, 5)).astype("float32")
Y = RNG.normal(size=(8, 3)).astype("float32")
needs_gradients = pytest.mark.skipif(not backend.has("gradients"), reason="no gradients")


def model_of(package: Any, units: int, name: str, values: Any = None) -> Any:
    layers = package.layers
    model = package.Sequential(
        [
            layers.Input((5,)),
            layers.Dense(units, activation="relu", name="hidden"),
            layers.Dense(3, activation="softmax", name="last"),
        ],
        name=name,
    )
    if values is not None:
        model.set_weights(values)
    return model


@pytest.mark.parametrize(
    "make",
    [
        lambda d: d.LogitsDistillation(),
        lambda d: d.LogitsDistillation(2.0, "mse"),
        lambda d: d.FeatureDistillation(),
        lambda d: d.FeatureDistillation("cosine_similarity", "a", "b"),
    ],
)
def test_losses(keras: Any, make: Any) -> None:
    ours, theirs = make(D), make(keras.distillation)
    tensors = [package.ops.convert_to_tensor(v) for package in (kc, keras) for v in (T, S)]
    expected = float(theirs.compute_loss(*tensors[2:]))
    assert float(ours.compute_loss(*tensors[:2])) == pytest.approx(expected, rel=1e-5)
    again = type(ours).from_config(theirs.get_config())
    assert float(again.compute_loss(*tensors[:2])) == pytest.approx(expected, rel=1e-5)
    assert ours.get_config() == theirs.get_config()


def test_several_outputs() -> None:
    both = D.LogitsDistillation(1.0, ["mse", None])
    assert float(both.compute_loss([T, T], [S, S])) == pytest.approx(
        np.mean((T - S) ** 2), rel=1e-5
    )
    with pytest.raises(ValueError, match="structure|form"):
        both.compute_loss([T], [S, S])


def test_outputs_of_other_shapes() -> None:
    tensors = [kc.ops.ones(shape) for shape in ((4, 3), (4, 2))]
    with pytest.raises(ValueError, match=r"\[\(4, 3\)\].*\[\(4, 2\)\].*FeatureDistillation"):
        D.LogitsDistillation().compute_loss(*tensors)
    assert D.LogitsDistillation(loss=lambda a, b: a).compute_loss(*tensors[:1] * 2) is not None


@needs_gradients
def test_a_step_as_in_keras(keras: Any, tmp_path: Any) -> None:
    results, outputs, path = [], [], str(tmp_path / "distiller.keras")
    values: list[Any] = []
    for package in (kc, keras):
        d = package.distillation
        teacher, student = model_of(package, 8, "t"), model_of(package, 8, "s")
        if not values:
            values = [m.get_weights() for m in (teacher, student)]
        teacher.set_weights(values[0])
        student.set_weights(values[1])
        both = [d.LogitsDistillation(2.0), d.FeatureDistillation("mse", "hidden", "hidden")]
        distiller = d.Distiller(teacher, student, both, [0.3, 0.7], 0.2)
        distiller.compile(package.optimizers.SGD(0.1), "mse", metrics=["mae"])
        before = distiller.evaluate(X, Y, verbose=0, return_dict=True)
        history = distiller.fit(X, Y, batch_size=8, epochs=2, verbose=0).history
        results.append([before, history])
        outputs.append(distiller.predict(X, verbose=0))
        np.testing.assert_array_equal(teacher.get_weights()[0], values[0][0])
        assert [v.path.split("/")[-2] for v in distiller.trainable_variables] == ["hidden"] * 2 + [
            "last"
        ] * 2
        if package is kc:
            distiller.save(path)
            loaded = kc.saving.load_model(path)
            np.testing.assert_allclose(loaded.predict(X, verbose=0), outputs[0], rtol=1e-5)
    for ours, theirs in zip(*results, strict=True):
        assert sorted(ours) == sorted(theirs)
        for name in ours:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-6)
    with pytest.warns(UserWarning, match="compile"):
        other = keras.saving.load_model(path)
    np.testing.assert_allclose(other.predict(X, verbose=0), outputs[0], rtol=1e-4, atol=1e-6)


@needs_gradients
def test_a_student_learns() -> None:
    teacher, student = model_of(kc, 32, "t"), model_of(kc, 4, "s")
    targets = teacher.predict(X, verbose=0)
    distiller = D.Distiller(teacher, student, D.LogitsDistillation(1.0), student_loss_weight=0.1)
    distiller.compile(kc.optimizers.Adam(0.05), "mse")
    before = distiller.evaluate(X, targets, verbose=0, return_dict=True)
    distiller.fit(X, targets, epochs=30, verbose=0)
    after = distiller.evaluate(X, targets, verbose=0, return_dict=True)
    assert after["distillation_loss"] < 0.5 * before["distillation_loss"]


def _distiller(*args: Any, **kwargs: Any) -> Any:
    teacher = kwargs.pop("teacher", None) or model_of(kc, 4, "t")
    return D.Distiller(teacher, model_of(kc, 4, "s"), *args, **kwargs)


@pytest.mark.parametrize(
    "call",
    [
        lambda: D.LogitsDistillation(0),
        lambda: D.LogitsDistillation("hot"),
        lambda: D.LogitsDistillation(2.0, None),
        lambda: _distiller(None),
        lambda: _distiller("mse"),
        lambda: _distiller([]),
        lambda: _distiller(D.LogitsDistillation(), [1.0, 2.0]),
        lambda: _distiller(D.LogitsDistillation(), student_loss_weight=1.5),
        lambda: _distiller(D.LogitsDistillation(), teacher="model"),
        lambda: _distiller(D.FeatureDistillation("mse", "nowhere", "hidden")),
        lambda: _distiller(D.LogitsDistillation()).compile("sgd"),
    ],
)
def test_bad_input(call: Any) -> None:
    with pytest.raises(ValueError):
        call()
