"""`layers.serialize` and `layers.deserialize`, and what a layer shows of itself."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import keras_core as core


def test_config_round_trip() -> None:
    layer = core.layers.Dense(3, activation="relu", name="top")
    config = core.layers.serialize(layer)
    assert core.layers.deserialize(config).get_config() == layer.get_config()
    by_name = {"class_name": "Dense", "config": {"units": 5}}
    assert core.layers.deserialize(by_name).units == 5


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
