"""GPTQ and AWQ: less error than rounding to the nearest on inputs that hang together; files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as kc
from keras_core.quantizers import calibration

Q = kc.quantizers
RNG = np.random.default_rng(5)


def correlated(rows: int, size: int, seed: int = 0) -> np.ndarray:
    """Inputs of a few hidden causes, some of them a lot larger than the others."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(max(2, size // 4), size))
    mixing *= np.where(np.arange(size) % 7 == 0, 8.0, 1.0)
    x = rng.normal(size=(rows, len(mixing))) @ mixing + 0.05 * rng.normal(size=(rows, size))
    return x.astype("float32")


@pytest.mark.parametrize(("bits", "group"), [(2, -1), (3, -1), (4, -1), (4, 8), (8, 8)])
def test_gptq_beats_rounding_to_the_nearest(bits: int, group: int) -> None:
    x, weight = correlated(400, 32), RNG.normal(size=(12, 32))
    for options in ({}, {"by_activation": True}, {"symmetric": True}):
        found = calibration.gptq(weight, x.T @ x, bits, group, **options)
        assert found.integers.max() < 2**bits and found.index.max() + 1 == found.scale.shape[1]
        plain = calibration.nearest(weight, bits, group, symmetric="symmetric" in options)
        errors = [np.square(x @ (g.floats() - weight).T).mean() for g in (found, plain)]
        assert errors[0] < 0.8 * errors[1]


def test_gptq_rounds_to_the_nearest_where_inputs_are_independent() -> None:
    weight = RNG.normal(size=(5, 12))
    a, b = calibration.gptq(weight, np.eye(12), 4, 4), calibration.nearest(weight, 4, 4)
    np.testing.assert_array_equal(a.integers, b.integers)
    np.testing.assert_allclose(a.scale, b.scale)


def test_gptq_takes_inputs_that_are_always_zero() -> None:
    x, weight = correlated(50, 8), RNG.normal(size=(3, 8))
    x[:, 2] = 0
    for damping in (0.0, 0.01):
        assert np.isfinite(calibration.gptq(weight, x.T @ x, damping=damping).floats()).all()


@pytest.mark.parametrize("group", [-1, 8])
def test_awq_beats_rounding_to_the_nearest(group: int) -> None:
    x, weight = correlated(400, 32), RNG.normal(size=(12, 32))
    seen = calibration.Inputs(32)
    for part in np.split(x, 4):
        seen.add(part)
    np.testing.assert_allclose(seen.moments, x.T.astype("float64") @ x, rtol=1e-4)
    found = calibration.awq(weight, seen.moments, seen.magnitudes, 4, group)
    plain = calibration.nearest(weight, 4, group)
    errors = [np.square(x @ (g.floats() - weight).T).mean() for g in (found, plain)]
    assert errors[0] < 0.8 * errors[1]


def test_awq_cuts_few_large_weights() -> None:
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(400, 64)), rng.standard_t(4, size=(12, 64))
    seen = calibration.Inputs(64)
    seen.add(x)
    found = calibration.awq(weight, seen.moments, seen.magnitudes, 4, 32, points=1)
    plain = calibration.nearest(weight, 4, 32)
    errors = [np.square(x @ (g.floats() - weight).T).mean() for g in (found, plain)]
    assert errors[0] < 0.97 * errors[1]
    assert (found.scale <= plain.scale + 1e-9).all() and (found.scale < plain.scale).any()


def model() -> Any:
    x = kc.Input((16,), name="x")
    h = kc.layers.Dense(24, activation="relu", name="first")(x)
    h = kc.layers.EinsumDense("ab,cdb->acd", (3, 8), bias_axes="d", name="heads")(h)
    y = kc.layers.EinsumDense("acd,cde->ae", 6, name="joined")(h)
    built = kc.Model(x, y)
    rng = np.random.default_rng(3)
    built.set_weights([rng.normal(size=w.shape) * 0.4 for w in built.weights])
    return built


def config(mode: str, **options: Any) -> Any:
    data = [correlated(8, 16, seed) for seed in range(8)]
    return {"gptq": Q.GPTQConfig, "awq": Q.AWQConfig}[mode](data, None, **options)


def outputs(m: Any, x: np.ndarray) -> np.ndarray:
    return np.asarray(kc.ops.convert_to_numpy(m(x)), "float64")


@pytest.mark.parametrize("mode", ["gptq", "awq"])
@pytest.mark.parametrize("group", [-1, 8])
def test_models_are_calibrated_layer_after_layer(tmp_path: Any, mode: str, group: int) -> None:
    x = correlated(200, 16, 77)
    exact, plain, quantized = model(), model(), model()
    quantized.quantize(config(mode, group_size=group))
    for name in ("first", "heads", "joined"):
        layer = quantized.get_layer(name)
        assert layer.quantization_mode == mode
        assert layer.dtype_policy.name == f"{mode}/4/{group}_from_float32"
        assert layer._kernel.dtype == "uint8" and "call" not in layer.__dict__
        assert layer.kernel.shape == exact.get_layer(name).kernel.shape
        product = layer._product  # to the nearest, in the same groups
        w = exact.get_layer(name).kernel.numpy()
        matrix = np.moveaxis(w, product.summed, range(-len(product.summed), 0))
        floats = calibration.nearest(matrix.reshape(-1, layer.g_idx.shape[0]), 4, group).floats()
        floats = np.moveaxis(
            floats.reshape(matrix.shape), range(-len(product.summed), 0), product.summed
        )
        plain.get_layer(name).kernel.assign(floats)
    # AWQ promises less error layer by layer; what GPTQ takes away shows in the whole model.
    first = [kc.Model(m.input, m.layers[1].output) for m in (exact, quantized, plain)]
    wanted, *found = (
        outputs(m if mode == "gptq" else f, x)
        for m, f in zip((exact, quantized, plain), first, strict=True)
    )
    errors = [np.square(y - wanted).mean() for y in found]
    assert errors[0] < errors[1]
    quantized.save(tmp_path / "m.keras")
    loaded = kc.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(outputs(loaded, x), outputs(quantized, x), rtol=1e-5, atol=1e-5)
    assert [w.path for w in loaded.weights] == [w.path for w in quantized.weights]


def test_texts_are_tokenized_and_blocks_calibrated_together() -> None:
    x = kc.Input((6,), dtype="int32")
    inner = kc.Sequential([kc.Input((6, 4)), kc.layers.Dense(8, name="a"), kc.layers.Dense(4)])
    whole = kc.Model(x, inner(kc.layers.Embedding(30, 4)(x)))
    tokens = []

    def tokenize(text: str) -> list[int]:
        tokens.append(text)
        return [ord(c) % 30 for c in text]

    whole.quantize(
        "gptq",
        config=Q.GPTQConfig(
            ["some words", "and some more of them", "unread"],
            tokenize,
            sequence_length=6,
            num_samples=4,
            weight_bits=8,
            quantization_layer_structure={"pre_block_layers": [], "sequential_blocks": [inner]},
        ),
    )
    assert len(tokens) == 2
    assert [layer.quantization_mode for layer in inner.layers] == ["gptq", "gptq"]
    again = type(inner.layers[0]).from_config(inner.layers[0].get_config())
    assert again.quantization_config.weight_bits == 8


def test_filters_and_wrong_arguments() -> None:
    some = model()
    some.quantize("awq", config=config("awq"), filters="heads|joined")
    modes = [some.get_layer(n).quantization_mode for n in ("first", "heads", "joined")]
    assert modes == [None, "awq", "awq"]
    for arguments, words in (
        (("gptq",), "GPTQConfig"),
        (("gptq", config("awq")), "one mode"),
        ((Q.GPTQConfig(None, None),), "dataset"),
        ((Q.GPTQConfig(["text"], None),), "tokenizer"),
        ((Q.GPTQConfig(["text"], lambda t: [1, 2]),), "at least one sequence"),
    ):
        with pytest.raises(ValueError, match=words):
            model().quantize(*arguments)


@pytest.mark.parametrize("mode", ["gptq", "awq"])
def test_keras_loads_what_was_calibrated(mode: str, keras: Any, tmp_path: Any) -> None:
    """With the equations of attention's projections; Keras takes no kernels of other orders.

    The other way there is nothing to load: Keras 3.15.1 leaves the zero points out of its files.
    """
    x = kc.Input((5, 16))
    h = kc.layers.EinsumDense("abc,cde->abde", (None, 3, 8), bias_axes="de")(x)
    h = kc.layers.EinsumDense("abcd,cde->abe", (None, 6), bias_axes="e")(h)
    quantized = kc.Model(x, kc.layers.Dense(4)(h))
    rng = np.random.default_rng(0)
    quantized.set_weights([rng.normal(size=w.shape) * 0.4 for w in quantized.weights])
    data = rng.normal(size=(6, 5, 16)).astype("float32")
    kind = {"gptq": Q.GPTQConfig, "awq": Q.AWQConfig}[mode]
    quantized.quantize(mode, config=kind(data, None, group_size=8))
    quantized.save(tmp_path / "m.keras")
    theirs = keras.saving.load_model(tmp_path / "m.keras")
    found = keras.ops.convert_to_numpy(theirs(data))
    np.testing.assert_allclose(found, outputs(quantized, data), rtol=1e-4, atol=1e-4)


@pytest.mark.filterwarnings(  # of layers that Keras cannot quantize
    "ignore:Layer InputLayer does not:UserWarning",
    "ignore:Invalid quantization mode:UserWarning",
)
@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("gptq", {}),
        ("gptq", {"group_size": 8, "activation_order": True}),
        ("gptq", {"weight_bits": 8}),
        ("awq", {"group_size": 8}),
    ],
)
def test_loses_less_than_keras_on_the_same_data(mode: str, options: Any, keras: Any) -> None:
    """Keras 3.15.1 rounds to the nearest, whatever the data; that is what data improves on."""
    options = {"group_size": -1, **options}
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(30, 16)) * np.geomspace(0.1, 3, 16)
    kernel = rng.normal(size=(16, 24)) * 0.4
    tokens = rng.integers(0, 30, (1, 40)).astype("int32")
    found = {}
    for k in (kc, keras):
        start, x = k.Input((None, 16)), k.Input((None,), dtype="int32")
        block = k.Model(start, k.layers.Dense(24, use_bias=False)(start))
        embedding = k.layers.Embedding(30, 16)
        built = k.Model(x, block(embedding(x)))
        built.set_weights([embeddings, kernel])
        kind = {"gptq": k.quantizers.GPTQConfig, "awq": k.quantizers.AWQConfig}[mode]
        # Of a sequence of this period, any 40 tokens in a row are the same ones.
        data = [np.tile(tokens, 5)]
        structure = {"pre_block_layers": [embedding], "sequential_blocks": [block]}
        settings = {"sequence_length": 40, "num_samples": 2, **options}
        config = kind(data, _Tokenizer(), quantization_layer_structure=structure, **settings)
        built.quantize(mode, config=config)
        found[k] = np.asarray(k.ops.convert_to_numpy(built(tokens)), "float64")[0]
    inputs = embeddings[tokens[0]]
    bits = options.get("weight_bits", 4)
    nearest = calibration.nearest(kernel.T, bits, options["group_size"]).floats()
    np.testing.assert_allclose(found[keras], inputs @ nearest.T, rtol=1e-4, atol=1e-4)
    ours, theirs = (np.square(found[k] - inputs @ kernel).mean() for k in (kc, keras))
    assert ours < 0.99 * theirs


class _Tokenizer:
    def tokenize(self, text: Any) -> Any:
        return text
