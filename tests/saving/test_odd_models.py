"""Models as people put them together: parts that are frozen, tuned, or stand in several places."""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core
from tests.saving import twins

keras = pytest.importorskip("keras")
BACKEND = os.environ["KERAS_BACKEND"]
SIDES = [(keras, keras_core), (keras_core, keras_core), (keras_core, keras)]
IDS = ["in", "own", "out"]
X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def host(K: Any, outputs: Any) -> list[np.ndarray]:
    return [K.ops.convert_to_numpy(y) for y in K.tree.flatten(outputs)]


def same(K1: Any, first: Any, K2: Any, second: Any, x: Any = X) -> None:
    a, b = twins.values(first), twins.values(second)
    assert len(a) == len(b)
    for one, two in zip(a, b, strict=True):
        assert one.dtype == two.dtype and np.array_equal(one, two)
    pairs = zip(host(K1, first(x)), host(K2, second(x)), strict=True)
    for one, two in pairs:
        np.testing.assert_allclose(one, two, atol=1e-5, rtol=1e-5)


# Frozen parts --------------------------------------------------------------------------------


def frozen(K: Any) -> Any:
    """Layers and models that are not trained, and layers in them that are."""
    L = K.layers
    x = K.Input((4,), name="x")
    stack = K.Sequential([K.Input((4,)), L.Dense(4, name="a"), L.Dense(4, name="b")], name="stack")
    start = K.Input((4,))
    graph = K.Model(start, L.Dense(2, name="d")(L.Dense(4, name="c")(start)), name="graph")
    h = L.BatchNormalization(name="norm")(L.Dense(4, name="first")(x))
    model = K.Model(x, L.Dense(1, name="last")(graph(stack(h))), name="whole")
    for layer in (model.get_layer("first"), model.get_layer("norm"), stack, graph):
        layer.trainable = False
    stack.get_layer("b").trainable = True
    return model


def trained(model: Any) -> list[str]:
    return ["/".join(v.path.split("/")[-2:]) for v in model.trainable_variables]


WANTED = ["b/kernel", "b/bias", "last/kernel", "last/bias"]


def through_file(K: Any, model: Any, tmp_path: Any) -> Any:
    model.save(tmp_path / "m.keras")
    return K.saving.load_model(tmp_path / "m.keras")


def through_h5(K: Any, model: Any, tmp_path: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras calls it a format of the past
        model.save(str(tmp_path / "m.h5"))
        return K.saving.load_model(str(tmp_path / "m.h5"))


def through_json(K: Any, model: Any, tmp_path: Any) -> Any:
    made = K.models.model_from_json(model.to_json())
    made.set_weights(model.get_weights())
    return made


def through_config(K: Any, model: Any, tmp_path: Any) -> Any:
    made = K.Model.from_config(model.get_config())
    made.set_weights(model.get_weights())
    return made


def through_clone(K: Any, model: Any, tmp_path: Any) -> Any:
    made = K.models.clone_model(model)
    made.set_weights(model.get_weights())
    return made


OWN_WAYS = [through_file, through_h5, through_json, through_config, through_clone]


@pytest.mark.parametrize("sides", SIDES, ids=IDS)
@pytest.mark.parametrize("way", [through_file, through_h5, through_json], ids=lambda w: w.__name__)
def test_what_is_frozen_stays_frozen(tmp_path: Any, way: Callable, sides: Any) -> None:
    K1, K2 = sides
    if way is through_h5 and K2 is keras:
        pytest.skip("Keras mixes up such weights in .h5 files, its own too")
    model = frozen(K1)
    assert trained(model) == WANTED
    loaded = way(K2, model, tmp_path)
    assert trained(loaded) == WANTED
    same(K1, model, K2, loaded)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("way", OWN_WAYS, ids=lambda w: w.__name__)
def test_copies_stay_frozen_too(tmp_path: Any, way: Callable, whole: bool) -> None:
    model = frozen(keras_core)
    if whole:
        model.trainable = False
        model.get_layer("graph").get_layer("c").trainable = True
    copy = way(keras_core, model, tmp_path)
    assert copy.trainable is not whole
    # In a model that is trained: what was to be tuned in this one.
    x = keras_core.Input((4,))
    outer = keras_core.Model(x, copy(x))
    assert trained(outer) == (["c/kernel", "c/bias"] if whole else WANTED)
    assert trained(copy) == ([] if whole else WANTED)


def test_a_new_model_around_frozen_layers_leaves_them_so() -> None:
    x = keras_core.Input((4,))
    layer = keras_core.layers.Dense(2, trainable=False)
    assert not keras_core.Model(x, layer(x), trainable=True).trainable_variables
    assert not layer.trainable
    other = keras_core.layers.Dense(2)
    keras_core.Model(x, other(x), trainable=False)
    assert not other.trainable
    with pytest.raises(ValueError, match="trainable must be a bool"):
        keras_core.Model(x, layer(x), trainable="yes")


# Layers in several places --------------------------------------------------------------------


def across(K: Any) -> Any:
    """Layers that a graph shares with models in it, called there once more and twice."""
    L = K.layers
    x = K.Input((4,), name="x")
    tied, embed = L.Dense(4, name="tied"), L.Dense(4, name="embed")
    stack = K.Sequential([K.Input((4,)), tied, L.ReLU()], name="stack")
    start = K.Input((4,))
    inner = K.Model(start, embed(start), name="inner")
    between = K.Input((4,))
    middle = K.Model(between, [inner(between), inner(inner(between))], name="middle")
    p, q = middle(stack(x))
    return K.Model(x, [tied(p), stack(q), inner(q), embed(x)], name="across")


@pytest.mark.parametrize(
    ("writer", "way"),
    [(keras, through_file), (keras_core, through_file), (keras_core, through_json)],
    ids=["in", "own", "own-json"],
)
def test_layers_shared_across_models(tmp_path: Any, way: Callable, writer: Any) -> None:
    """Keras itself reads none of these files, its own neither; its JSON does not say it."""
    model = across(writer)
    assert len(model.weights) == 4
    twins.randomize(model)
    loaded = way(keras_core, model, tmp_path)
    same(writer, model, keras_core, loaded)
    stack, middle = loaded.get_layer("stack"), loaded.get_layer("middle")
    assert stack.layers[0] is loaded.get_layer("tied")
    assert middle.get_layer("inner") is loaded.get_layer("inner")


@pytest.mark.parametrize("recursive", [False, True])
def test_copies_share_what_the_original_does(tmp_path: Any, recursive: bool) -> None:
    model = across(keras_core)
    twins.randomize(model)
    same(keras_core, model, keras_core, through_config(keras_core, model, tmp_path))
    clone = keras_core.models.clone_model(model, recursive=recursive)
    clone.set_weights(model.get_weights())
    same(keras_core, model, keras_core, clone)
    assert clone.get_layer("stack").layers[0] is clone.get_layer("tied")
    assert clone.get_layer("tied") is not model.get_layer("tied")


def test_only_what_stands_twice_has_an_id() -> None:
    ids = re.findall(r'"shared_object_id": (\d+)', across(keras_core).to_json())
    # tied; inner, which stands in two models with its own Input; embed, in both and once more
    assert sorted(Counter(ids).values()) == [2, 2, 2, 3]
    assert "shared_object_id" not in frozen(keras_core).to_json()


def test_layers_of_one_name_in_two_models_stay_two(tmp_path: Any) -> None:
    """One of them is shared with the graph around, so that it has an id and the other has none."""

    def tower(name: str) -> Any:
        x, layer = keras_core.Input((4,)), keras_core.layers.Dense(4, name="same")
        return keras_core.Model(x, layer(x), name=name), layer

    (first, _), (second, layer) = tower("first"), tower("second")
    x = keras_core.Input((4,))
    model = keras_core.Model(x, layer(second(first(x))))
    twins.randomize(model)
    for way in (through_file, through_json, through_config):
        loaded = way(keras_core, model, tmp_path)
        assert len(loaded.weights) == 4
        same(keras_core, model, keras_core, loaded)


def test_layers_that_only_look_the_same_stay_two(tmp_path: Any) -> None:
    """Which of two equal ones a third place means, Keras does not write."""
    K = keras
    x = K.Input((4,))
    layers = [K.layers.Dense(4, name="d") for _ in range(2)]
    stacks = [K.Sequential([K.Input((4,)), layer], name=f"s{i}") for i, layer in enumerate(layers)]
    model = K.Model(x, layers[1](stacks[1](stacks[0](x))))
    loaded = keras_core.models.model_from_json(model.to_json())
    assert loaded.layers[1].layers[0] is not loaded.layers[2].layers[0]


# Operators -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sides", SIDES, ids=IDS)
def test_operators_on_conditions(tmp_path: Any, sides: Any) -> None:
    K1, K2 = sides
    x = K1.Input((4,))
    model = K1.Model(x, [~(x > 0), (x > 0) & (x < 1), (x > 0) | ~(x < 1), (x > 0) ^ (x < 1)])
    loaded = through_file(K2, model, tmp_path)
    for one, two in zip(host(K1, model(X)), host(K2, loaded(X)), strict=True):
        assert one.dtype == two.dtype == bool
        np.testing.assert_array_equal(one, two)


# What .h5 files say by bare class names ------------------------------------------------------


def named_like_layers(K: Any) -> Any:
    """Operations whose classes are called as layers are."""
    x = K.Input((4,))
    o = K.ops
    return K.Model(
        x, [o.reshape(x, (-1, 2, 2)), o.softmax(x, axis=-1), o.add(x, 1.0), o.concatenate([x, x])]
    )


def in_a_pipeline(K: Any) -> Any:
    x = K.Input((4,))
    return K.Model(x, K.layers.Pipeline([K.layers.Rescaling(0.5), K.layers.Reshape((2, 2))])(x))


def of_another_class_name(K: Any) -> Any:
    x = K.Input((4,))
    h = K.layers.Reshape((2, 2))(x)
    return K.Model(x, K.layers.GroupQueryAttention(3, 2, 1)(h, h))


@pytest.mark.parametrize("sides", SIDES, ids=IDS)
@pytest.mark.parametrize(
    "make", [named_like_layers, in_a_pipeline, of_another_class_name], ids=lambda f: f.__name__
)
def test_class_names_in_h5(tmp_path: Any, make: Callable, sides: Any) -> None:
    K1, K2 = sides
    if make is named_like_layers and K2 is keras:
        pytest.skip("Keras reads no operations out of .h5 files")
    model = make(K1)
    same(K1, model, K2, through_h5(K2, model, tmp_path))


@pytest.mark.parametrize("sides", SIDES, ids=IDS)
@pytest.mark.parametrize("stacked", [False, True])
def test_models_of_own_classes_in_h5(tmp_path: Any, stacked: bool, sides: Any) -> None:
    """A graph and a stack, whose classes are made from `Model` and `Sequential`, one in another."""
    K1, K2 = sides
    own = {K: _own_classes(K) for K in sides}
    K1.utils.clear_session()
    start = [K1.Input((4,)), K1.layers.Dense(3), K1.layers.Dense(4)]
    model = own[K1]["OwnStack"](start)
    if not stacked:
        x = K1.Input((4,))
        model = own[K1]["OwnGraph"](x, K1.layers.Dense(2)(model(model(x))))
    twins.randomize(model)
    with K2.saving.custom_object_scope(own[K2]):
        loaded = through_h5(K2, model, tmp_path)
    assert type(loaded) is own[K2][type(model).__name__]
    same(K1, model, K2, loaded)


def _own_classes(K: Any) -> dict[str, type]:
    class OwnGraph(K.Model):
        pass

    class OwnStack(K.Sequential):
        pass

    return {"OwnGraph": OwnGraph, "OwnStack": OwnStack}


def test_unregistered_subclassed_models_in_h5(tmp_path: Any) -> None:
    """What they are built for stands in the file although nobody registered them."""

    class Own(keras_core.Model):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.parts = [keras_core.layers.Dense(3), keras_core.layers.Dense(2)]

        def call(self, x: Any) -> Any:
            return self.parts[1](self.parts[0](x))

    model = Own()
    model(X)
    twins.randomize(model)
    with keras_core.saving.custom_object_scope({"Own": Own}):
        same(keras_core, model, keras_core, through_h5(keras_core, model, tmp_path))


def test_subclassed_models_in_h5(tmp_path: Any) -> None:
    model = twins.twins(keras_core).subclassed()  # type: ignore[arg-type]
    twins.randomize(model)
    same(keras_core, model, keras_core, through_h5(keras_core, model, tmp_path), X[:, :3])


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy has no float8")
@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
def test_quantized_models_in_h5(tmp_path: Any, mode: str) -> None:
    """Whose variables come in another order when they are made from a config."""
    model = keras_core.Sequential([keras_core.Input((4,)), keras_core.layers.Dense(3, name="d")])
    model.quantize(mode)
    loaded = through_h5(keras_core, model, tmp_path)
    for v in model.weights:
        (other,) = [w for w in loaded.weights if w.name == v.name]
        np.testing.assert_array_equal(v.numpy(), other.numpy())
    one, two = host(keras_core, [model(X), loaded(X)])
    np.testing.assert_allclose(one, two, atol=1e-6)


def test_shards_beside_one_that_an_older_save_left(tmp_path: Any) -> None:
    """Keras, which leaves them, opens the first by its plain name."""
    model = frozen(keras_core)
    twins.randomize(model)
    (tmp_path / "w_00007.weights.h5").write_bytes(b"left")
    model.save_weights(tmp_path / "w.weights.json")
    other = frozen(keras)
    other.load_weights(str(tmp_path / "w.weights.json"))
    same(keras_core, model, keras, other)
    assert sorted(os.listdir(tmp_path)) == [
        "w.weights.json", "w_00000.weights.h5", "w_00007.weights.h5"
    ]  # fmt: skip


@pytest.mark.parametrize(("writer", "reader"), SIDES[:2], ids=IDS[:2])
def test_models_within_models_within_models(tmp_path: Any, writer: Any, reader: Any) -> None:
    model = writer.Sequential([writer.Input((4,)), writer.layers.Dense(4)])
    for _ in range(50):
        model = writer.Sequential([writer.Input((4,)), model])
    model.save(tmp_path / "model.keras")
    same(writer, model, reader, reader.saving.load_model(tmp_path / "model.keras"))


def test_errors_name_the_file_that_was_asked_for(tmp_path: Any) -> None:
    model = keras_core.Sequential([keras_core.Input((4,)), keras_core.layers.Dense(4)])
    (tmp_path / "taken.keras").mkdir()
    for path, kind in (
        (tmp_path / "nowhere" / "model.keras", FileNotFoundError),
        (tmp_path / "taken.keras", IsADirectoryError),
    ):
        with pytest.raises(kind, match=f": '{re.escape(str(path))}'$"):
            model.save(path)
    assert os.listdir(tmp_path) == ["taken.keras"]


# Names in .safetensors files -----------------------------------------------------------------


def wrapped(K: Any) -> Any:
    """Layers that get shorter paths where they are built out of their own configs."""
    L = K.layers
    x = K.Input((4,))
    h = L.SpectralNormalization(L.Dense(4))(K.Sequential([L.Dense(4), L.Dense(4)])(x))
    h = L.RNN(L.StackedRNNCells([L.GRUCell(3), L.LSTMCell(2)]))(L.Reshape((2, 2))(h))
    h = L.Bidirectional(L.GRU(2), backward_layer=L.GRU(2, go_backwards=True))(h[:, None])
    return K.Model(x, L.TimeDistributed(L.Dense(2))(h[:, None]))


@pytest.mark.parametrize("forth", [True, False])
def test_models_made_in_code_and_from_files_exchange_weights_by_name(
    tmp_path: Any, forth: bool
) -> None:
    made = wrapped(keras_core)
    twins.randomize(made)
    loaded = through_file(keras_core, made, tmp_path)
    assert {v.path for v in made.weights} != {v.path for v in loaded.weights}
    first, second = (made, loaded) if forth else (loaded, made)
    wanted = twins.values(first)
    first.save_weights(tmp_path / "w.safetensors")
    twins.randomize(second, 7)
    second.load_weights(tmp_path / "w.safetensors")
    assert all(map(np.array_equal, wanted, twins.values(second)))


def test_layers_of_other_names_are_not_taken_for_those_in_the_file(tmp_path: Any) -> None:
    L = keras_core.layers

    def made(name: str) -> Any:
        return keras_core.Sequential(
            [keras_core.Input((4,)), L.Dense(4, name="a"), L.Dense(4, name=name)], name="m"
        )

    made("b").save_weights(tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="m/c/kernel: the file does not have it"):
        made("c").load_weights(tmp_path / "w.safetensors")
