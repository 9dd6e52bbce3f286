"""`layers.serialize` and `layers.deserialize`, and what a layer shows of itself."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.layers.test_bad_input import _cases


def test_config_round_trip() -> None:
    layer = core.layers.Dense(3, activation="relu", name="top")
    config = core.layers.serialize(layer)
    assert core.layers.deserialize(config).get_config() == layer.get_config()
    by_name = {"class_name": "Dense", "config": {"units": 5}}
    assert core.layers.deserialize(by_name).units == 5


SHARING: dict[str, Any] = {
    "LayerNormalization": lambda: core.layers.LayerNormalization(axis=[1, 2]),
    "UnitNormalization": lambda: core.layers.UnitNormalization(axis=[1, 2]),
    "Softmax": lambda: core.layers.Softmax(axis=[1, 2]),
    "PReLU": lambda: core.layers.PReLU(shared_axes=[1]),
    "Dot": lambda: core.layers.Dot(axes=[1, 1]),
    "AlphaDropout": lambda: core.layers.AlphaDropout(0.5, noise_shape=[1, 2]),
    "BatchNormalization": lambda: core.layers.BatchNormalization(
        renorm=True, renorm_clipping={"rmax": 1.0}
    ),
    "Lambda": lambda: core.layers.Lambda(abs, output_shape=[2], arguments={"a": [1]}),
    "Hashing": lambda: core.layers.Hashing(3, salt=[1, 2]),
    "Discretization": lambda: core.layers.Discretization([1.0, 2.0]),
    "Normalization": lambda: core.layers.Normalization(mean=[1.0], variance=[2.0]),
    "Rescaling": lambda: core.layers.Rescaling([1.0, 2.0], [0.0, 1.0]),
    "RandomZoom": lambda: core.layers.RandomZoom([0.1, 0.2], [0.1, 0.2]),
    "RandomContrast": lambda: core.layers.RandomContrast(0.1, value_range=[0, 1]),
    "Masking": lambda: core.layers.Masking(np.zeros(2)),
    "MaxNorm": lambda: core.constraints.MaxNorm(axis=[0, 1]),
    "UnitNorm": lambda: core.constraints.UnitNorm(axis=[0]),
    "MinMaxNorm": lambda: core.constraints.MinMaxNorm(axis=[0, 1]),
    "HeNormal": lambda: core.initializers.HeNormal(input_axes=[0], output_axes=[1]),
    "Constant": lambda: core.initializers.Constant([1.0, 2.0]),
    "PiecewiseConstantDecay": lambda: core.optimizers.schedules.PiecewiseConstantDecay(
        [1, 2], [1.0, 2.0, 3.0]
    ),
    "Muon": lambda: core.optimizers.Muon(exclude_layers=["a"]),
    "IoU": lambda: core.metrics.IoU(3, [0, 1]),
    "Precision": lambda: core.metrics.Precision(thresholds=[0.5, 0.6]),
    "AUC": lambda: core.metrics.AUC(multi_label=True, label_weights=[0.1, 0.2]),
    "MeanMetricWrapper": lambda: core.metrics.MeanMetricWrapper(abs, option=[1]),
    "CategoricalFocalCrossentropy": lambda: core.losses.CategoricalFocalCrossentropy([0.2, 0.3]),
    "Tversky": lambda: core.losses.Tversky(axis=[1, 2]),
    "Sequential": lambda: core.Sequential([core.Input((2,)), core.layers.Softmax([1])]),
}


def _spoil(value: Any) -> None:
    """Change every list, dict and array of a config in place."""
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, (list, tuple, dict)):
            _spoil(inner)
        elif isinstance(inner, np.ndarray):
            inner += 7
    if isinstance(value, (list, dict)):
        value.clear()


@pytest.mark.parametrize("make", SHARING.values(), ids=[*SHARING])
def test_a_config_shares_nothing_with_what_it_describes(make: Any) -> None:
    described = make()
    before = str(described.get_config())
    _spoil(described.get_config())
    assert str(described.get_config()) == before


@pytest.mark.parametrize("case", _cases().values(), ids=[*_cases()])
def test_configs_of_layers_share_nothing_with_them(case: Any) -> None:
    test_a_config_shares_nothing_with_what_it_describes(lambda: case.make(core.layers))


def test_lists_that_were_given_may_change() -> None:
    axes, steps, rates = [1, 2], [1, 2], [1.0, 2.0, 3.0]
    layer = core.layers.LayerNormalization(axis=axes)
    schedule = core.optimizers.schedules.PiecewiseConstantDecay(steps, rates)
    norm = core.constraints.MaxNorm(axis=axes)
    for given in (axes, steps, rates):
        given.clear()
    assert [*layer.axis] == [*norm.axis] == [1, 2]
    assert float(schedule(5)) == 3.0


def test_own_classes() -> None:
    class Own(core.layers.Layer):
        def call(self, x):
            return x

    config = core.layers.serialize(Own(name="mine"))
    found = core.layers.deserialize(config, custom_objects={"Own": Own})
    assert isinstance(found, Own) and found.name == "mine"
    with pytest.raises(TypeError, match="Own"):
        core.layers.deserialize(config)


def test_what_is_no_layer() -> None:
    for wrong in (core.regularizers.serialize(core.regularizers.L2()), "Dense", None):
        with pytest.raises(ValueError, match="Received"):
            core.layers.deserialize(wrong)


def test_masking_and_spec_may_be_set_on_the_class() -> None:
    class Passing(core.layers.Layer):
        supports_masking = True

        def call(self, x):
            return x

    class Strict(core.layers.Layer):
        input_spec = core.InputSpec(ndim=3)

        def call(self, x):
            return x

    assert Passing().supports_masking
    layer = Strict()
    with pytest.raises(ValueError, match="ndim=3"):
        layer(core.ops.ones((2, 3)))
    layer(core.ops.ones((2, 3, 4)))
    with pytest.raises(ValueError, match="ndim=3"):  # built, by the short way
        layer(core.ops.ones((2, 3)))
    assert not core.layers.Dense(2).input_spec.axes


def test_methods_take_the_arguments_of_keras(keras: Any) -> None:
    """Whoever overrides a method, or calls one by keywords, finds Keras's parameters."""
    kinds = inspect.Parameter
    wrong = []
    for name in dir(keras.layers):
        theirs, ours = getattr(keras.layers, name), getattr(core.layers, name)
        if not (isinstance(theirs, type) and issubclass(theirs, keras.layers.Layer)):
            continue
        for method in (
            "build",
            "call",
            "compute_mask",
            "compute_output_shape",
            "compute_output_spec",
        ):
            given, taken = (
                inspect.signature(getattr(c, method)).parameters for c in (theirs, ours)
            )
            free = any(p.kind is kinds.VAR_KEYWORD for p in taken.values())
            named = {n for n, p in given.items() if p.kind is kinds.POSITIONAL_OR_KEYWORD}
            required = {
                n
                for n, p in taken.items()
                if p.kind is kinds.POSITIONAL_OR_KEYWORD and p.default is kinds.empty
            }
            if (not free and not named <= set(taken)) or not required <= named:
                wrong.append(f"{name}.{method}{tuple(taken)} for {tuple(given)}")
    assert not wrong
