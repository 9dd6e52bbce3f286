"""FeatureSpace: every kind of feature, against Keras; in models, in tf.data, in files."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as ours

# Keras on JAX asks for 64-bit integers.
pytestmark = pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")

TABLE = {
    "norm": np.array([1.0, 2.0, 3.0, 4.0]),
    "scaled": np.array([1.0, 2.0, 3.0, 4.0]),
    "binned": np.array([1.0, 2.0, 3.0, 4.0]),
    "plain": np.array([1.0, 2.0, 3.0, 4.0]),
    "word": np.array(["a", "b", "a", "c"]),
    "hashed": np.array(["x", "y", "z", "w"]),
    "number": np.array([5, 6, 5, 7]),
    "hashed_number": np.array([1, 2, 3, 4]),
}


def space(module: Any, output_mode: str = "concat", **kwargs: Any) -> Any:
    made = module.utils.FeatureSpace
    return made(
        {
            "norm": "float_normalized",
            "scaled": made.float_rescaled(scale=0.5, offset=1),
            "binned": made.float_discretized(num_bins=3),
            "plain": "float",
            "word": made.string_categorical(num_oov_indices=2),
            "hashed": "string_hashed",
            "number": made.integer_categorical(
                output_mode="int" if output_mode == "dict" else "one_hot"
            ),
            "hashed_number": made.integer_hashed(num_bins=3),
        },
        crosses=[("word", "number"), made.cross(("hashed", "hashed_number"), 5)],
        crossing_dim=8,
        hashing_dim=4,
        output_mode=output_mode,
        **kwargs,
    )


def rows(table: dict[str, Any], which: Any) -> dict[str, Any]:
    return {name: values[which] for name, values in table.items()}


def same(keras: Any, mine: Any, theirs: Any) -> None:
    if isinstance(theirs, dict):
        assert set(mine) == set(theirs)
        for name in theirs:
            same(keras, mine[name], theirs[name])
        return
    mine, theirs = ours.ops.convert_to_numpy(mine), keras.ops.convert_to_numpy(theirs)
    assert mine.dtype.kind == theirs.dtype.kind
    np.testing.assert_allclose(mine, theirs, atol=1e-5)


@pytest.fixture(scope="module")
def adapted(keras: Any) -> dict[str, Any]:
    tf = pytest.importorskip("tensorflow")
    dataset = tf.data.Dataset.from_tensor_slices(TABLE)
    out = {}
    for mode in ("concat", "dict"):
        out[mode] = (space(ours, mode), space(keras, mode))
        out[mode][0].adapt(dataset if mode == "dict" else TABLE)
        out[mode][1].adapt(dataset)
    return out


def test_all_kinds(adapted: Any, keras: Any) -> None:
    unseen = {**rows(TABLE, slice(0, 2)), "word": np.array(["zz", "b"])}
    for mine, theirs in adapted.values():
        for data in (TABLE, unseen, rows(TABLE, 1), {k: v[:, None] for k, v in TABLE.items()}):
            same(keras, mine(data), theirs(data))


def test_in_a_model(adapted: Any) -> None:
    made = adapted["concat"][0]
    inputs = made.get_inputs()
    assert inputs["word"].dtype == "string" and inputs["norm"].shape == (None, 1)
    model = ours.Model(inputs, made.get_encoded_features())
    table = {k: v[:, None] for k, v in TABLE.items()}
    same(ours, model(table), made(TABLE))


def test_in_tf_data(adapted: Any) -> None:
    tf = pytest.importorskip("tensorflow")
    for made, _ in adapted.values():
        dataset = tf.data.Dataset.from_tensor_slices(TABLE)
        want = made(TABLE)
        for data in (dataset.batch(4).map(made), dataset.map(made).batch(4)):
            (found,) = list(data)
            found = ours.tree.map_structure(lambda x: x.numpy(), found)
            want = ours.tree.map_structure(ours.ops.convert_to_numpy, want)
            ours.tree.map_structure(
                lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), found, want
            )


def test_files(adapted: Any, keras: Any, tmp_path: Path) -> None:
    for mode, (mine, theirs) in adapted.items():
        path = str(tmp_path / f"{mode}.keras")
        mine.save(path)
        same(ours, ours.saving.load_model(path)(TABLE), mine(TABLE))
        same(keras, mine(TABLE), keras.saving.load_model(path)(TABLE))
        theirs.save(path)
        same(keras, ours.saving.load_model(path)(TABLE), theirs(TABLE))


def test_a_layer_of_your_own_and_given_vocabularies() -> None:
    made = ours.utils.FeatureSpace(
        {
            "a": ours.utils.FeatureSpace.feature("float32", ours.layers.Rescaling(2.0), "float"),
            "b": ours.utils.FeatureSpace.float_discretized(3, bin_boundaries=[0.0, 1.0]),
        },
    )
    out = made({"a": np.array([1.0]), "b": np.array([0.5])})  # nothing to learn
    np.testing.assert_allclose(ours.ops.convert_to_numpy(out), [[2, 0, 1, 0]])


def test_adapting_to_batches() -> None:
    class Batches(ours.utils.PyDataset):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> Any:
            return rows(TABLE, slice(2 * index, 2 * index + 2))

    whole = space(ours)
    whole.adapt(TABLE)
    for data in (
        Batches(),
        [rows(TABLE, slice(0, 3)), rows(TABLE, slice(3, 4))],
        (rows(TABLE, i) for i in range(4)),
    ):
        made = space(ours)
        made.adapt(data)
        same(ours, made(TABLE), whole(TABLE))


def test_tables_of_pandas_and_columns_of_higher_rank(keras: Any) -> None:
    pandas = pytest.importorskip("pandas")
    mine = space(ours)
    mine.adapt(pandas.DataFrame(TABLE))
    same(ours, mine(pandas.DataFrame(TABLE, index=[7, 8, 9, 10])), mine(TABLE))
    plain = {"a": "float", "b": "float_rescaled"}
    data = {"a": np.arange(4.0).reshape(2, 2, 1), "b": np.ones((2, 2, 1))}
    tf = pytest.importorskip("tensorflow")
    theirs = keras.utils.FeatureSpace(plain)
    theirs.adapt(tf.data.Dataset.from_tensor_slices(data))
    same(keras, ours.utils.FeatureSpace(plain)(data), theirs(data))


def test_bad_input() -> None:
    made = ours.utils.FeatureSpace
    for args, match in (
        (({},), "at least one feature"),
        (({"a": "zz"},), "must be one of float, "),
        (({"a": 5},), "made by a class method"),
        (({"a": "float"}, "zz"), "output_mode must be"),
        (({"a": "float"}, "concat", [("a", "b")]), r"Received: \['b'\]"),
    ):
        with pytest.raises(ValueError, match=match):
            made(*args)
    with pytest.raises(ValueError, match="output_mode must be"):
        made.cross(("a", "b"), 3, output_mode="zz")
    one = made({"a": "float_normalized"})
    with pytest.raises(ValueError, match="call adapt"):
        one({"a": np.ones(2)})
    for data in ([1, 2], [{"b": 1}], [({"a": 1}, 2)]):
        with pytest.raises(ValueError, match="must give dicts with the feature 'a'"):
            one.adapt(data)
    one.adapt({"a": np.arange(3.0)})
    for data in ({"zz": np.ones(2)}, {"a": np.ones(2), "b": np.ones(2)}):
        with pytest.raises(ValueError, match="a dict of the features"):
            one(data)
    mixed = made({"a": made.integer_hashed(3, output_mode="int"), "b": "float"})
    with pytest.raises(ValueError, match="'a' holds indices"):
        mixed({"a": np.array([1]), "b": np.array([1.0])})


def test_a_models_lookup_layer_keeps_its_vocabulary(tmp_path: Path) -> None:
    lookup = ours.layers.IntegerLookup()
    lookup.adapt(np.array([3, 5, 5]))
    inputs = ours.Input((1,), dtype="int64")
    model = ours.Model(inputs, lookup(inputs))
    model.save(tmp_path / "m.keras")
    loaded = ours.saving.load_model(tmp_path / "m.keras")
    assert loaded.layers[1].get_vocabulary() == [-1, 5, 3]


def test_few_values_fill_fewer_bins_than_there_are(keras: Any) -> None:
    """The width of the encoding is that of the declaration, whatever the data."""
    tf = pytest.importorskip("tensorflow")
    data = {"x": np.array([1.0, 2.0, 4.0], "float32")}
    mine, theirs = (
        module.utils.FeatureSpace({"x": module.utils.FeatureSpace.float_discretized(num_bins=8)})
        for module in (ours, keras)
    )
    mine.adapt(data)
    theirs.adapt(tf.data.Dataset.from_tensor_slices(data))
    assert mine(data).shape == (3, 8)
    same(keras, mine(data), theirs(data))


def test_a_dataset_maps_it_without_a_word_of_autograph() -> None:
    tf = pytest.importorskip("tensorflow")
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    columns = {"plain": TABLE["plain"], "word": TABLE["word"]}
    data = tf.data.Dataset.from_tensor_slices(columns).batch(2)
    made = ours.utils.FeatureSpace({"plain": "float", "word": "string_categorical"})
    made.adapt(data)
    listener = Listener()
    tf.get_logger().addHandler(listener)
    try:
        rows = [len(batch) for batch in data.map(made)]
    finally:
        tf.get_logger().removeHandler(listener)
    assert rows == [2, 2] and heard == []
