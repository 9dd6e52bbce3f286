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
from tests.layers.case import LayerCase
from tests.saving import twins
from tests.saving.exchange_files import ROWS, gap, graphs, layer_model, results

keras = pytest.importorskip("keras")
BACKEND = keras_core.backend.backend()


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


@pytest.mark.parametrize("case", ROWS, ids=lambda case: case.layer)
def test_layer(tmp_path: Any, case: LayerCase) -> None:
    if gap(case, BACKEND):
        pytest.skip("one side cannot build it on this backend")
    path = str(tmp_path / "m.keras")
    try:
        theirs_first = layer_model(keras, case)
    except ValueError as error:
        pytest.skip(f"Keras cannot build it: {str(error)[:80]}")
    loaded = exchange(tmp_path, theirs_first, keras_core)
    theirs = config_in(path)
    exchange(tmp_path, layer_model(keras_core, case), keras)
    ours = config_in(path)
    assert loaded.get_layer("the_layer").name == "the_layer"
    for part in ("module", "class_name", "registered_name"):
        assert ours.get(part) == theirs.get(part), part


GRAPHS = list(graphs(keras_core))


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
    pairs = zip(results(K1, first, name), results(K2, second, name), strict=True)
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
    for a, b in zip(results(K1, first, name), results(K2, second, name), strict=True):
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
    for a, b in zip(results(K1, first, ""), results(K2, second, ""), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.skipif(
    BACKEND != "numpy", reason="NumPy warns of values, and only there Keras makes some"
)
def test_the_oracle_guesses_shapes_in_silence() -> None:
    """What Keras finds in memory that nobody filled must not fail a test now and then."""

    class Nothing(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * (np.zeros(1, "float32") / np.zeros(1, "float32"))

    for layer in (Nothing(), keras.layers.Pipeline([Nothing()])):
        assert keras.Sequential([keras.Input((4,)), layer]).output_shape == (None, 4)


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
