"""Files exchanged with Keras 3.15.1 in both directions, weights bit for bit."""

from __future__ import annotations

import json
import os
import random
import re
import zipfile

import keras
import numpy as np
import pytest

import keras_core
from tests.saving import twins

NAMES = ("sequential", "functional", "subclassed")
twins.twins(keras), twins.twins(keras_core)


def make(K, name):
    model = getattr(twins.twins(K), name)()
    twins.randomize(model)
    return model


def outputs(K, model, name):
    x = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    out = model({"a": x, "b": x + 1} if name == "functional" else x)
    return {
        k: K.ops.convert_to_numpy(v)
        for k, v in (out if isinstance(out, dict) else {"": out}).items()
    }


def same(K1, first, K2, second, name):
    a, b = twins.values(first), twins.values(second)
    assert len(a) == len(b) > 0
    for one, two in zip(a, b, strict=True):
        assert one.dtype == two.dtype and np.array_equal(one, two)
    left, right = outputs(K1, first, name), outputs(K2, second, name)
    assert left.keys() == right.keys()
    for key in left:
        np.testing.assert_allclose(left[key], right[key], rtol=1e-4, atol=1e-4)


def h5_tree(path):
    import h5py

    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = (item.shape, str(item.dtype), dict(item.attrs))
        elif name.endswith("vars"):
            found[name] = None

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("folder", [False, True])
def test_ours_to_keras(tmp_path, name, folder):
    model = make(keras_core, name)
    path = str(tmp_path / ("model" if folder else "model.keras"))
    model.save(path, zipped=False if folder else None)
    if folder:
        assert sorted(os.listdir(path))[-3:] == ["config.json", "metadata.json", "model.weights.h5"]
    else:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            text = archive.read("config.json").decode()
        assert names[:3] == ["metadata.json", "config.json", "model.weights.h5"]
        assert "keras_core" not in text
    loaded = keras.saving.load_model(path)
    same(keras_core, model, keras, loaded, name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("folder", [False, True])
def test_keras_to_ours(tmp_path, name, folder):
    twins.twins(keras_core)
    model = make(keras, name)
    path = str(tmp_path / ("model" if folder else "model.keras"))
    model.save(path, zipped=False if folder else None)
    loaded = keras_core.saving.load_model(path)
    same(keras, model, keras_core, loaded, name)


@pytest.mark.parametrize("name", NAMES)
def test_ours_to_ours(tmp_path, name):
    model = make(keras_core, name)
    model.save(tmp_path / "m.keras")
    loaded = keras_core.models.load_model(tmp_path / "m.keras")
    same(keras_core, model, keras_core, loaded, name)
    again = keras_core.models.model_from_json(model.to_json())
    assert [type(v).__name__ for v in again.layers] == [type(v).__name__ for v in model.layers]
    assert json.loads(again.to_json())["config"]["name"] == model.name


@pytest.mark.parametrize("name", NAMES)
def test_weights_lie_where_keras_puts_them(tmp_path, name):
    ours, theirs = make(keras_core, name), make(keras, name)
    ours.save_weights(tmp_path / "ours.weights.h5")
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    assert h5_tree(tmp_path / "ours.weights.h5") == h5_tree(tmp_path / "theirs.weights.h5")
    theirs.load_weights(tmp_path / "ours.weights.h5")
    same(keras_core, ours, keras, theirs, name)
    twins.randomize(theirs, 5)
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    ours.load_weights(tmp_path / "theirs.weights.h5")
    same(keras_core, ours, keras, theirs, name)


def test_sharded_weights(tmp_path):
    ours, theirs = make(keras_core, "sequential"), make(keras, "sequential")
    ours.save_weights(tmp_path / "ours.weights.json", max_shard_size=1e-7)
    theirs.save_weights(tmp_path / "theirs.weights.json", max_shard_size=1e-7)
    maps = [json.loads((tmp_path / f"{w}.weights.json").read_text()) for w in ("ours", "theirs")]
    assert maps[0]["metadata"] == maps[1]["metadata"]
    assert maps[0]["weight_map"].keys() == maps[1]["weight_map"].keys()
    assert len([f for f in os.listdir(tmp_path) if f.startswith("ours_")]) > 1
    theirs.load_weights(tmp_path / "ours.weights.json")
    same(keras_core, ours, keras, theirs, "sequential")
    twins.randomize(theirs, 7)
    theirs.save_weights(tmp_path / "theirs.weights.json", max_shard_size=1e-7)
    ours.load_weights(tmp_path / "theirs.weights.json")
    same(keras_core, ours, keras, theirs, "sequential")


def test_sharded_weights_replace_older_ones_whole(tmp_path):
    model = make(keras_core, "subclassed")
    path = tmp_path / "w.weights.json"
    model.save_weights(path, max_shard_size=1e-7)
    first = set(os.listdir(tmp_path))
    twins.randomize(model, 3)
    model.save_weights(path, max_shard_size=1e-7)
    assert set(os.listdir(tmp_path)) == first  # other names would be found by none but us
    want = twins.values(model)
    twins.randomize(model, 4)
    model.load_weights(path)
    assert all(map(np.array_equal, want, twins.values(model)))
    with pytest.raises(ValueError, match="max_shard_size"):
        model.save_weights(path, max_shard_size=1e-9)
    model.load_weights(path)


@pytest.mark.parametrize("direction", ["out", "in"])
def test_assets_and_own_stores(tmp_path, direction):
    K1, K2 = (keras_core, keras) if direction == "out" else (keras, keras_core)
    twins.twins(K2)
    model = make(K1, "sequential")
    model.layers[-1].words = ["one", "two"]
    model.save(tmp_path / "m.keras")
    loaded = K2.saving.load_model(str(tmp_path / "m.keras"))
    assert loaded.layers[-1].words == ["one", "two"]
    assert np.array_equal(loaded.layers[-1].deep, [0, 1, 2])


def dtypes_layer(K):
    class Dtypes(K.layers.Layer):
        def build(self, input_shape):
            for i, dtype in enumerate(("bfloat16", "float16", "bool", "int8", "int32")):
                self.add_weight(
                    shape=(2, i), dtype=dtype, initializer="ones", trainable=False, name=f"w{i}"
                )
            self.add_weight(
                shape=(), dtype="bfloat16", initializer="ones", trainable=False, name="scalar"
            )
            self.built = True

        def call(self, x):
            return x

    layer = Dtypes(name="dtypes")
    layer.build((None, 1))
    return layer


def host(v):
    return (keras_core if isinstance(v, keras_core.Variable) else keras).ops.convert_to_numpy(
        v.value
    )


def test_dtypes(tmp_path):
    ours, theirs = dtypes_layer(keras_core), dtypes_layer(keras)
    for first, K, second in ((ours, keras, theirs), (theirs, keras_core, ours)):
        first.weights[0].assign(first.weights[0] * 0 + 3)
        first.weights[5].assign(3.140625)
        path = str(tmp_path / "w.weights.h5")
        (keras_core if first is ours else keras).saving.save_weights(first, path)
        K.saving.load_weights(second, path)
        for a, b in zip(first.weights, second.weights, strict=True):
            one, two = host(a), host(b)
            assert one.shape == two.shape and np.array_equal(
                one.astype("float64"), two.astype("float64")
            )


def test_mismatch_says_which_and_changes_nothing(tmp_path):
    T = twins.twins(keras_core)
    model = keras_core.Sequential([keras_core.Input((3,)), T.Affine(4), T.Affine(2)])
    other = keras_core.Sequential([keras_core.Input((3,)), T.Affine(4), T.Affine(5), T.Affine(1)])
    twins.randomize(model), twins.randomize(other, 9)
    model.save_weights(tmp_path / "w.weights.h5")
    before = twins.values(other)
    with pytest.raises(
        ValueError, match=r"(?s)affine_1: kernel has shape \(4, 5\).*\(4, 2\).*affine_2"
    ):
        other.load_weights(tmp_path / "w.weights.h5")
    assert all(map(np.array_equal, before, twins.values(other)))
    with pytest.warns(UserWarning, match="Skipped"):
        other.load_weights(tmp_path / "w.weights.h5", skip_mismatch=True)
    assert np.array_equal(twins.values(other)[0], twins.values(model)[0])
    assert np.array_equal(twins.values(other)[2], before[2])


def test_what_the_file_lacks_gets_its_initial_value(tmp_path):
    @keras_core.saving.register_keras_serializable("tests")
    class Forgetful(keras_core.Layer):
        def build(self, input_shape):
            self.w = self.add_weight(shape=(2,), initializer="ones")

        def call(self, x):
            return x

        def save_own_variables(self, store):
            pass

        def load_own_variables(self, store):
            pass

    model = keras_core.Sequential([keras_core.Input((2,)), Forgetful()])
    model.save(tmp_path / "m.keras")
    loaded = keras_core.models.load_model(tmp_path / "m.keras")
    assert np.array_equal(loaded.layers[0].w.numpy(), [1, 1])


def test_overwriting_and_names(tmp_path):
    model = make(keras_core, "subclassed")
    path = tmp_path / "m.keras"
    model.save(path)
    with pytest.raises(FileExistsError, match="overwrite"):
        model.save(path, overwrite=False)
    for bad in ("model", "model.zip", "model.pt"):
        with pytest.raises(ValueError, match=r"\.keras"):
            model.save(tmp_path / bad)
        with pytest.raises(ValueError, match="weights"):
            model.save_weights(tmp_path / bad)
    with pytest.raises(ValueError, match="no extension"):
        model.save(path, zipped=False)
    with pytest.raises(FileNotFoundError):
        keras_core.models.load_model(tmp_path / "nothing.keras")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("x")
    with pytest.raises(ValueError, match="other files"):
        model.save(tmp_path / "mine", zipped=False)
    assert os.listdir(tmp_path / "mine") == ["file"]


def test_a_failed_save_leaves_the_old_file(tmp_path):
    model = make(keras_core, "sequential")
    path = tmp_path / "m.keras"
    model.save(path)
    old = path.read_bytes()

    def fail(store):
        raise OSError("disk full")

    model.layers[-1].save_own_variables = fail
    with pytest.raises(OSError, match="disk full"):
        model.save(path)
    assert path.read_bytes() == old and os.listdir(tmp_path) == ["m.keras"]


def called_twice(K):
    """A nested model's second call gives outputs of the whole."""
    K.utils.clear_session(free_memory=False)
    i = K.Input((3,))
    inner = K.Model(i, [K.layers.Dense(3)(i), i * 2], name="inner")
    a = K.Input((3,))
    x, y = inner(a)
    z, w = inner(x)
    stack = K.Sequential([K.Input((3,)), K.layers.Dense(2)])
    return K.Model(a, [stack(z), w, y, stack(y)])


@pytest.mark.parametrize("sides", [(keras_core, keras_core), (keras_core, keras), (keras, keras_core)],
                         ids=["own", "out", "in"])  # fmt: skip
def test_outputs_of_a_nested_models_second_call(tmp_path, sides):
    K1, K2 = sides
    model = called_twice(K1)
    twins.randomize(model)
    model.save(tmp_path / "m.keras")
    loaded = K2.saving.load_model(tmp_path / "m.keras")
    x = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    for one, two in zip(model(x), loaded(x), strict=True):
        one, two = K1.ops.convert_to_numpy(one), K2.ops.convert_to_numpy(two)
        np.testing.assert_allclose(one, two, atol=1e-5)


def scattered(K, seed):
    """A graph by chance: some inputs come in late, some not at all, some layers twice."""
    K.utils.clear_session(free_memory=False)
    chance = random.Random(seed)
    inputs = [K.Input((4,), name=f"i{i}") for i in range(3)]
    tensors, shared = list(inputs), K.layers.Dense(4, name="shared")
    for i in range(10):
        kind = chance.random()
        if kind < 0.2:
            tensors.append(shared(chance.choice(tensors)))
        elif kind < 0.5:
            tensors.append(K.layers.Dense(4, name=f"d{i}")(chance.choice(tensors)))
        else:
            tensors.append(K.layers.Add(name=f"a{i}")(chance.sample(tensors, 2)))
    return K.Model(inputs, chance.sample(tensors[3:], 3))


@pytest.mark.parametrize("seed", range(12))
def test_layers_stand_in_the_same_order(seed):
    ours, theirs = scattered(keras_core, seed), scattered(keras, seed)
    assert [x.name for x in ours.layers] == [x.name for x in theirs.layers]


def test_shards_over_older_ones_are_read(tmp_path):
    """Keras opens the first file by its plain name, whatever the map says."""
    model, path = called_twice(keras_core), tmp_path / "w.weights.json"
    for size in (5e-8, 1.0, 4e-8):
        twins.randomize(model)
        model.save_weights(path, max_shard_size=size)
        other = called_twice(keras)
        other.load_weights(path)
        for a, b in zip(twins.values(model), twins.values(other), strict=True):
            assert np.array_equal(a, b)
    named = {name for names in json.loads(path.read_text())["weight_map"].values() for name in
             ([names] if isinstance(names, str) else names)}  # fmt: skip
    assert named | {path.name} == set(os.listdir(tmp_path))
    assert all(re.fullmatch(r"w_\d{5}\.weights\.h5", name) for name in named)
