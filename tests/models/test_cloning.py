"""clone_model: same architecture, other weights; compared with Keras where it has rules."""

from __future__ import annotations

import json

import numpy as np
import pytest

import keras_core as K
from tests.conftest import BACKEND
from tests.training.helpers import trains


def small(keras, name="f"):
    """A functional model with nested models, a shared layer, operations and two inputs."""
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, name="id")], name="inner")
    q = keras.Input((3,), name="q")
    graph = keras.Model(q, keras.layers.Dense(3, name="gd")(q), name="graph")
    shared = keras.layers.Dense(3, name="shared")
    x = shared(graph(inner(a))) + shared(b)
    x = keras.ops.reshape(keras.ops.einsum("ij,kj->ik", x, x)[..., :1] * 2.0, (-1, 1))
    return keras.Model({"a": a, "b": b}, [x, keras.ops.mean(x, axis=-1)], name=name)


def copied(layer, seen=None):
    if seen is not None:
        seen.append(layer.name)
    return layer.__class__.from_config(layer.get_config())


X = {"a": np.ones((2, 3), "float32"), "b": np.full((2, 3), 2.0, "float32")}


def outputs(model):
    return [K.ops.convert_to_numpy(y) for y in model(X)]


@pytest.mark.parametrize("function", [None, copied])
@pytest.mark.parametrize("recursive", [False, True])
def test_functional(function, recursive):
    model = small(K)
    clone = K.models.clone_model(model, clone_function=function, recursive=recursive)
    assert clone.name == model.name and [x.name for x in clone.inputs] == ["a", "b"]
    assert [x.name for x in clone.operations] == [x.name for x in model.operations]
    assert not {id(v) for v in clone.weights} & {id(v) for v in model.weights}
    assert [v.path for v in clone.weights] == [v.path for v in model.weights]
    clone.set_weights(model.get_weights())
    for one, two in zip(outputs(model), outputs(clone), strict=True):
        np.testing.assert_array_equal(one, two)
    assert json.dumps(clone.get_config()) == json.dumps(model.get_config())


@pytest.mark.parametrize("recursive", [False, True])
def test_what_the_functions_see(keras, recursive):
    seen: dict[str, list[str]] = {"ours": [], "theirs": []}
    called: dict[str, list[str]] = {"ours": [], "theirs": []}
    for who, package in (("ours", K), ("theirs", keras)):
        package.utils.clear_session(free_memory=False)
        model = small(package)

        def call(layer, *args, _who=who, **kwargs):
            called[_who].append(layer.name)
            return layer(*args, **kwargs)

        package.models.clone_model(
            model,
            clone_function=lambda layer, _who=who: copied(layer, seen[_who]),
            call_function=call,
            recursive=recursive,
        )
    assert sorted(seen["ours"]) == sorted(seen["theirs"])
    assert sorted(called["ours"]) == sorted(called["theirs"])


def test_layers_can_be_kept_or_replaced():
    model = small(K)
    kept = K.models.clone_model(model, clone_function=lambda layer: layer)
    assert {id(v) for v in kept.weights} == {id(v) for v in model.weights}
    for one, two in zip(outputs(model), outputs(kept), strict=True):
        np.testing.assert_array_equal(one, two)
    stack = K.Sequential([K.Input((3,)), K.layers.Dense(2), K.layers.ReLU()])
    other = K.models.clone_model(
        stack, clone_function=lambda x: K.layers.ELU() if isinstance(x, K.layers.ReLU) else x
    )
    assert isinstance(other.layers[1], K.layers.ELU) and other.layers[0] is stack.layers[0]


def test_sequential():
    inner = K.Sequential([K.Input((2,)), K.layers.Dense(2)], name="inner")
    model = K.Sequential([K.Input((3,), name="in"), K.layers.Dense(2), inner], name="s")
    model.layers[0].trainable = False
    for recursive in (False, True):
        clone = K.models.clone_model(model, recursive=recursive)
        assert clone.built and clone.name == "s" and clone.layers[1] is not inner
        assert not {id(v) for v in clone.weights} & {id(v) for v in model.weights}
        assert [v.shape for v in clone.trainable_weights] == [(2, 2), (2,)]
        assert clone.input_names == ["in"]
    unbuilt = K.models.clone_model(K.Sequential([K.layers.Dense(2)]))
    assert not unbuilt.built
    late = K.Sequential([K.layers.Dense(2)])
    late.build((None, 3))
    assert K.models.clone_model(late).count_params() == 8


def test_input_tensors():
    x = K.Input((3,), name="new")
    y = K.Input((3,), name="new_b")
    clone = K.models.clone_model(small(K), input_tensors={"a": x, "b": y})
    assert clone.inputs[0] is x and clone.input_names == ["new", "new_b"]
    assert K.models.clone_model(small(K), input_tensors=[x, y]).inputs[1] is y
    stack = K.Sequential([K.Input((3,)), K.layers.Dense(2)])
    assert K.models.clone_model(stack, input_tensors=x).inputs[0] is x


def test_subclassed_and_compiled():
    class Net(K.Model):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.dense = K.layers.Dense(units)

        def call(self, x):
            return self.dense(x)

    model = Net(2)
    model(np.ones((1, 3), "float32"))
    model.compile("adam", "mse", metrics=["mae"])
    clone = K.models.clone_model(model)
    assert clone.built and clone.compiled and clone.dense is not model.dense
    assert clone.optimizer is not model.optimizer
    assert clone.get_compile_config() == model.get_compile_config()
    if BACKEND != "numpy":
        clone.fit(np.ones((4, 3), "float32"), np.ones((4, 2), "float32"), verbose=0)
    with pytest.raises(ValueError, match="clone_function must go with a Sequential"):
        K.models.clone_model(model, clone_function=copied)


@pytest.mark.parametrize(
    "arguments",
    [
        {"clone_function": 5},
        {"clone_function": lambda layer: 5},
        {"call_function": lambda *a: None},
        {"input_tensors": np.ones((2, 3))},
        {"unknown": 1},
    ],
)
def test_bad_arguments(arguments):
    with pytest.raises(ValueError, match="clone_model"):
        K.models.clone_model(K.Sequential([K.Input((3,)), K.layers.Dense(2)]), **arguments)


def _of_file(model, folder):
    model.save(folder / "model.keras")
    return K.models.load_model(folder / "model.keras")


@pytest.mark.parametrize("stack", [True, False])
@pytest.mark.parametrize("outer", [True, False])
@pytest.mark.parametrize(
    "again",
    [
        lambda model, _: type(model).from_config(model.get_config()),
        lambda model, _: K.models.clone_model(model),
        lambda model, _: K.models.clone_model(model, clone_function=_as_it_was, recursive=True),
        _of_file,
    ],
)
def test_what_is_frozen_inside_stays_so(again, outer, stack, tmp_path):
    frozen, thawed = K.layers.Dense(2, name="frozen"), K.layers.Dense(3, name="thawed")
    if stack:
        base = K.Sequential([K.Input((4,)), frozen, thawed], name="base")
    else:
        x = K.Input((4,))
        base = K.Model(x, thawed(frozen(x)), name="base")
    base.trainable = outer
    frozen.trainable, thawed.trainable = False, True
    x = K.Input((4,))
    model = K.Model(x, K.layers.Dense(1)(base(x)))
    made = again(model, tmp_path)
    for one in (model, made):
        inside = one.get_layer("base")
        assert inside.trainable is outer
        assert [layer.trainable for layer in inside.layers[-2:]] == [False, True]
        assert [v.shape for v in one.trainable_variables] == [(2, 3), (3,), (3, 1), (1,)]


def _as_it_was(layer):
    return type(layer).from_config(layer.get_config())


@trains
def test_the_optimizer_of_a_model_partly_frozen_is_loaded(tmp_path):
    x = K.Input((4,))
    first = K.layers.Dense(3)
    model = K.Model(x, K.layers.Dense(1)(first(x)))
    first.trainable = False
    model.compile("adam", "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 1)), verbose=0)
    loaded = _of_file(model, tmp_path)
    for ours, kept in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), kept.numpy())
