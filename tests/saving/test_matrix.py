"""Every row of the layers' table through files, both ways with Keras 3.15.1, and model graphs.

That a layer computes what Keras computes is tested with the layer; here what counts is that the
file of one side gives on the other side the same layer with the same values.
"""

from __future__ import annotations

import json
import re
import warnings
import zipfile
from typing import Any

import numpy as np
import pytest

import keras_core
from tests.layers.case import Ints, LayerCase
from tests.layers.cases import CASES
from tests.saving import twins

keras = pytest.importorskip("keras")
BACKEND = keras_core.backend.backend()


def model_of(K: Any, case: LayerCase) -> Any:
    """The row's layer alone in a model."""

    def start(spec: Any) -> Any:
        if isinstance(spec, Ints):
            return K.Input(spec.shape[1:], dtype="int32")
        if isinstance(spec, np.ndarray):
            return K.Input(spec.shape[1:], dtype=spec.dtype.name)
        if isinstance(spec, dict):
            return {k: K.Input(v[1:], name=k) for k, v in spec.items()}
        if spec and not isinstance(spec[0], int):
            return [start(s) for s in spec]
        return K.Input(spec[1:])

    K.utils.clear_session()
    inputs = start(case.inputs)
    layer = case.make(K.layers, name="the_layer")
    outputs = layer(**inputs) if isinstance(inputs, dict) else layer(inputs)
    return K.Model(inputs, outputs, name="m")


def config_in(path: str) -> Any:
    """What a file says about the layer, without what may be written in two ways."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read("config.json").decode()
    text = re.sub(r'"shared_object_id": \d+', '"shared_object_id": 0', text)

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("class_name") == "DTypePolicy":
                return value["config"]["name"]
            return {k: plain(v) for k, v in value.items() if k != "shared_object_id"}
        return [plain(v) for v in value] if isinstance(value, list) else value

    layers = plain(json.loads(text))["config"]["layers"]
    return next(entry for entry in layers if entry["name"] == "the_layer")


def exchange(tmp_path: Any, first: Any, K2: Any, **options: Any) -> Any:
    """The model that the other side reads from a file of the first; values are compared."""
    twins.randomize(first)
    path = str(tmp_path / "m.keras")
    first.save(path)
    second = K2.saving.load_model(path, **options)
    for a, b in zip(twins.values(first), twins.values(second), strict=True):
        assert a.dtype == b.dtype and np.array_equal(a, b)
    return second


# The first row of every layer: what further rows vary is the computation.
ROWS = list({case.layer: case for case in reversed(CASES)}.values())[::-1]


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.layer)
def test_layer(tmp_path: Any, case: LayerCase) -> None:
    if BACKEND in case.gaps or BACKEND in case.wrong:
        pytest.skip("one side cannot build it on this backend")
    path = str(tmp_path / "m.keras")
    try:
        theirs_first = model_of(keras, case)
    except ValueError as error:
        pytest.skip(f"Keras cannot build it: {str(error)[:80]}")
    loaded = exchange(tmp_path, theirs_first, keras_core)
    theirs = config_in(path)
    exchange(tmp_path, model_of(keras_core, case), keras)
    ours = config_in(path)
    assert loaded.get_layer("the_layer").name == "the_layer"
    for part in ("module", "class_name", "registered_name"):
        assert ours.get(part) == theirs.get(part), part


def graphs(K: Any) -> dict[str, Any]:
    """Ways of putting models together, for either package."""
    L = K.layers

    def nested() -> Any:
        x = K.Input((4,), name="x")
        inner_in = K.Input((4,), name="inner_in")
        branch = L.Dense(4, name="branch")
        inner = K.Model(inner_in, {"p": branch(inner_in), "q": branch(branch(inner_in))}, name="in")
        once, twice = inner(x), inner(x * 2.0)
        stack = K.Sequential([K.Input((4,)), L.Dense(3), L.Dropout(0.1)], name="stack")
        deep_in = [K.Input((4,), name="p"), K.Input((4,), name="q")]
        deep = K.Model(deep_in, [stack(y) for y in deep_in], name="deep")
        out = deep([once["p"], twice["q"]])
        return K.Model(x, L.Concatenate()([*out, once["q"]]))

    def layers_only() -> Any:
        a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
        dense = L.Dense(4, activation="relu", name="dense")
        stack = K.Sequential([K.Input((4,)), L.Dense(3), L.BatchNormalization()], name="stack")
        both = L.Concatenate()([stack(dense(a)), stack(dense(b))])
        return K.Model([a, b], [L.Dense(2)(both), L.Reshape((3, 2))(both)])

    def shared() -> Any:
        a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
        dense = L.Dense(4, activation="relu", name="dense")
        norm = L.BatchNormalization(name="norm")
        return K.Model([a, b], [norm(dense(a)) - norm(dense(b)), dense(dense(a))])

    def dicts() -> Any:
        a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
        return K.Model({"b": b, "a": a}, {"sum": a + b, "both": (L.Add()([a, b]), L.Dense(2)(b))})

    def operators() -> Any:
        x = K.Input((4, 4), name="x")
        y = -(x[:, 1:, ..., None] ** 2.0) / (1.0 + abs(x[:, :-1, :, None]))
        z = K.ops.where(y > 0.1, y, K.ops.sqrt(K.ops.abs(y))) @ K.ops.ones((1, 3))
        return K.Model(x, [K.ops.max(z, axis=(1, 3)), K.ops.einsum("bijk->bkj", z)])

    def masked() -> Any:
        x = K.Input((6,), dtype="int32", name="x")
        h = L.Embedding(9, 4, mask_zero=True)(x)
        h = L.LSTM(3, return_sequences=True)(h, initial_state=None)
        h = L.Bidirectional(L.GRU(2))(h)
        return K.Model(x, L.Dense(2)(h))

    def attention() -> Any:
        x = K.Input((6, 4), name="x")
        h, scores = L.MultiHeadAttention(2, 3)(x, value=x, return_attention_scores=True)
        return K.Model(x, [L.LayerNormalization()(h + x), scores])

    def mixed() -> Any:
        x = K.Input((4,), name="x")
        h = L.Dense(4, dtype="mixed_bfloat16")(x)
        h = L.Dense(3, dtype=K.dtype_policies.DTypePolicy("bfloat16"))(h)
        return K.Model(x, L.Dense(2, dtype="float16")(h))

    def state() -> Any:
        x = K.Input((4,), name="x")
        normal = L.Normalization()
        normal.adapt(np.arange(12.0, dtype="float32").reshape(3, 4))
        bins = L.Discretization(num_bins=3)
        bins.adapt(np.linspace(-1, 1, 64).reshape(16, 4).astype("float32"))
        return K.Model(x, [normal(x), bins(x)])

    made = locals()
    return {name: make for name, make in made.items() if callable(make) and name not in ("K", "L")}


GRAPHS = list(graphs(keras_core))
DATA = {"masked": np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 1]], "int32")}


def values_of(K: Any, model: Any, name: str) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    x = [
        DATA.get(name, rng.normal(size=(2, *s.shape[1:])).astype("float32"))
        for s in model.inputs
    ]  # fmt: skip
    names = [s.name for s in model.inputs]
    given = dict(zip(names, x, strict=True)) if name == "dicts" else x[0] if len(x) == 1 else x
    out = model(given, training=False)
    return [
        np.asarray(K.ops.convert_to_numpy(K.ops.cast(y, "float32"))) for y in K.tree.flatten(out)
    ]


@pytest.mark.parametrize("direction", ["out", "in"])
@pytest.mark.parametrize("name", GRAPHS)
def test_graph(tmp_path: Any, name: str, direction: str) -> None:
    if BACKEND == "numpy" and name == "mixed":
        pytest.skip("Keras on NumPy does not cast matmul's sixteen bits")
    K1, K2 = (keras_core, keras) if direction == "out" else (keras, keras_core)
    first = graphs(K1)[name]()
    if name == "state":
        path = str(tmp_path / "m.keras")
        first.save(path)
        second = K2.saving.load_model(path)
    else:
        second = exchange(tmp_path, first, K2)
    tol = 0.1 if name == "mixed" else 1e-4
    pairs = zip(values_of(K1, first, name), values_of(K2, second, name), strict=True)
    for a, b in pairs:
        np.testing.assert_allclose(a, b, atol=tol, rtol=tol)


@pytest.mark.parametrize("form", ["h5", "json", "folder", "weights.h5", "weights.json"])
@pytest.mark.parametrize("name", ["nested", "masked", "layers_only"])
@pytest.mark.parametrize("direction", ["out", "in"])
def test_other_forms(tmp_path: Any, name: str, form: str, direction: str) -> None:
    if form == "h5" and direction == "out" and name != "layers_only":
        pytest.skip("Keras reads no operations out of its own .h5 files")
    K1, K2 = (keras_core, keras) if direction == "out" else (keras, keras_core)
    first = graphs(K1)[name]()
    twins.randomize(first)
    path = str(tmp_path / f"m.{form}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both sides call .h5 a format of the past
        if form == "json":
            second = K2.models.model_from_json(first.to_json())
            second.set_weights(first.get_weights())
        elif form == "h5":
            first.save(path)
            second = K2.saving.load_model(path)
        elif form == "folder":
            first.save(str(tmp_path / "m"), zipped=False)
            second = K2.saving.load_model(str(tmp_path / "m"))
        else:
            second = graphs(K2)[name]()
            if form == "weights.json":
                first.save_weights(str(tmp_path / "m.weights.h5"), max_shard_size=1e-6)
            else:
                first.save_weights(path)
            second.load_weights(path)
    for a, b in zip(twins.values(first), twins.values(second), strict=True):
        assert a.dtype == b.dtype and np.array_equal(a, b)
    for a, b in zip(values_of(K1, first, name), values_of(K2, second, name), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("direction", ["out", "in"])
def test_lambda(tmp_path: Any, direction: str) -> None:
    K1, K2 = (keras_core, keras) if direction == "out" else (keras, keras_core)
    scale = 3.0
    x = K1.Input((4,), name="x")
    shape = {"output_shape": (4,)}
    first = K1.Model(
        x, K1.layers.Lambda(lambda t, by: t * by + scale, arguments={"by": 2.0}, **shape)(x)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is Python code
        first.save(str(tmp_path / "m.keras"))
    with pytest.raises(ValueError, match="lambda|Lambda"):
        K2.saving.load_model(str(tmp_path / "m.keras"))
    second = K2.saving.load_model(str(tmp_path / "m.keras"), safe_mode=False)
    for a, b in zip(values_of(K1, first, ""), values_of(K2, second, ""), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("direction", ["out", "in"])
def test_unregistered_parts(tmp_path: Any, direction: str) -> None:
    def classes(K: Any) -> tuple[type, type]:
        class Scale(K.layers.Layer):
            def __init__(self, by=1.0, **kwargs):
                super().__init__(**kwargs)
                self.by = by

            def build(self, input_shape):
                self.gain = self.add_weight(shape=(input_shape[-1],), name="gain")

            def call(self, x):
                return x * self.gain * self.by

            def get_config(self):
                return {**super().get_config(), "by": self.by}

        class Net(K.Model):
            def __init__(self, units=2, **kwargs):
                super().__init__(**kwargs)
                self.units = units
                self.scale, self.head = Scale(2.0), K.layers.Dense(units)

            def call(self, x):
                return self.head(self.scale(x))

            def get_config(self):
                return {**super().get_config(), "units": self.units}

        return Scale, Net

    K1, K2 = (keras_core, keras) if direction == "out" else (keras, keras_core)
    _, Net1 = classes(K1)
    Scale2, Net2 = classes(K2)
    first = Net1(3)
    x = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    first(x)
    path = str(tmp_path / "m.keras")
    first.save(path)
    with pytest.raises((TypeError, ValueError), match="Net"):
        K2.saving.load_model(path)
    with K2.saving.custom_object_scope({"Net": Net2, "Scale": Scale2}):
        second = exchange(tmp_path, first, K2)
    np.testing.assert_allclose(
        K1.ops.convert_to_numpy(first(x)), K2.ops.convert_to_numpy(second(x)), atol=1e-5
    )
    stack = K1.Sequential([K1.Input((4,)), classes(K1)[0](0.5)])
    exchange(tmp_path, stack, K2, custom_objects={"Scale": Scale2})
