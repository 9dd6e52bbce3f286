"""Quantized layers and low-rank updates against Keras: variables, values, outputs, files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import keras_core as kc
from keras_core.backends.select import backend

RNG = np.random.default_rng(11)


class Case(NamedTuple):
    """A layer, its input, and how it is adapted."""

    make: Callable[[Any], Any]
    shape: tuple[int, ...]
    modes: tuple[str, ...]


PRODUCT = ("", "int8", "int8 weights", "int8 own", "int4 blocks", "int4 channels", "float8")
SHORT = ("int8", "int4 blocks")
TABLE = ("int8", "int4", "int4 blocks", "int4 channels")
CASES = {
    "dense": Case(lambda k: k.layers.Dense(5, activation="relu", name="d"), (3, 6), PRODUCT),
    "dense_bare": Case(
        lambda k: k.layers.Dense(5, use_bias=False, name="d"), (2, 3, 6), ("int8", "int4", "float8")
    ),
    "bfloat": Case(
        lambda k: k.layers.Dense(4, dtype="mixed_bfloat16", name="d"),
        (3, 6),
        ("int8", "int4 blocks"),
    ),
    "qkv": Case(
        lambda k: k.layers.EinsumDense("abc,cde->abde", (None, 2, 5), bias_axes="de", name="d"),
        (2, 3, 6),
        PRODUCT,
    ),
    "heads": Case(
        lambda k: k.layers.EinsumDense("btnh,nhd->btd", (None, 4), bias_axes="d", name="d"),
        (2, 3, 2, 5),
        SHORT,
    ),
    "turned": Case(
        lambda k: k.layers.EinsumDense("btd,ndh->btnh", (None, 2, 5), name="d"), (2, 3, 6), SHORT
    ),
    "swapped": Case(
        lambda k: k.layers.EinsumDense("abc,dc->abd", (None, 4), name="d"), (2, 3, 6), SHORT
    ),
    "batched": Case(
        lambda k: k.layers.EinsumDense("abc,bcd->abd", (3, 4), name="d"), (2, 3, 6), SHORT
    ),
    "embedding": Case(lambda k: k.layers.Embedding(7, 6, name="d"), (2, 3), TABLE),
    "reversible": Case(lambda k: k.layers.ReversibleEmbedding(7, 6, name="d"), (2, 3), TABLE),
    "untied": Case(
        lambda k: k.layers.ReversibleEmbedding(7, 6, tie_weights=False, name="d"), (2, 3), TABLE
    ),
    "conv": Case(lambda k: k.layers.Conv2D(4, 3, name="d"), (2, 5, 5, 2), ("",)),
    "causal": Case(lambda k: k.layers.Conv1D(4, 3, padding="causal", name="d"), (2, 5, 2), ("",)),
}


def adapt(package: Any, layer: Any, mode: str) -> None:
    Q = package.quantizers
    kind, _, variant = mode.partition(" ")
    if not mode:
        return
    configs = {
        "int8 weights": lambda: Q.Int8QuantizationConfig(activation_quantizer=None),
        "int8 own": lambda: Q.Int8QuantizationConfig(
            None, Q.AbsMaxQuantizer(axis=-1, value_range=(-50, 50))
        ),
        "int4 blocks": lambda: Q.Int4QuantizationConfig(block_size=4),
        "int4 channels": lambda: Q.Int4QuantizationConfig(block_size=None),
    }
    if variant:
        layer.quantize(config=configs[mode]())
    else:
        layer.quantize(kind)


def numbers(x: Any, package: Any = kc) -> np.ndarray:
    if hasattr(x, "numpy") and not callable(getattr(x, "detach", None)):
        x = x.numpy() if not hasattr(x, "value") else x.value
    return np.asarray(package.ops.convert_to_numpy(x)).astype("float64")


def described(package: Any, layer: Any) -> list[tuple]:
    return [
        (v.name, package.backend.standardize_dtype(v.dtype), tuple(v.shape), v.trainable)
        for v in layer.weights
    ]


def stored(layer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    layer.save_own_variables(found)
    return found


def pair(keras: Any, case: Case, mode: str, lora: str = "") -> tuple[Any, Any]:
    layers = []
    values: list[np.ndarray] = []
    factors: list[np.ndarray] = []
    for package in (kc, keras):
        layer = case.make(package)
        layer.build(case.shape)
        if not values:
            values = [RNG.normal(size=v.shape).astype("float32") for v in layer.weights]
        layer.set_weights(values)
        if lora == "before":
            layer.enable_lora(2, lora_alpha=3)
        adapt(package, layer, mode)
        if lora == "after":
            layer.enable_lora(2, lora_alpha=3)
        if lora:
            name = "embeddings" if "mbedding" in type(layer).__name__ else "kernel"
            for part in "ab":
                v = getattr(layer, f"lora_{name}_{part}")
                if len(factors) < 2:
                    factors.append(RNG.normal(size=v.shape).astype("float32"))
                v.assign(factors["ab".index(part)])
        layers.append(layer)
    return layers[0], layers[1]


def sample(case: Case, layer: Any) -> np.ndarray:
    if "mbedding" in type(layer).__name__:
        return RNG.integers(0, 7, case.shape).astype("int32")
    return RNG.normal(size=case.shape).astype("float32")


def compare(keras: Any, ours: Any, theirs: Any, x: np.ndarray, tol: float) -> None:
    names = described(kc, ours), described(keras, theirs)
    if not ours.quantization_mode:  # Keras keeps a frozen weight where it stood
        names = sorted(names[0]), sorted(names[1])
    assert names[0] == names[1]
    assert ours.dtype_policy.name == theirs.dtype_policy.name
    assert ours.quantization_mode == theirs.quantization_mode
    a, b = stored(ours), stored(theirs)
    assert list(a) == list(b)
    for key in a:
        np.testing.assert_allclose(numbers(a[key]), numbers(b[key], keras), rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(numbers(ours(x)), numbers(theirs(x), keras), rtol=tol, atol=tol)
    if "Reversible" in type(ours).__name__:
        h = RNG.normal(size=(2, 3, 6)).astype("float32")
        out = ours(h, reverse=True), theirs(h, reverse=True)
        np.testing.assert_allclose(numbers(out[0]), numbers(out[1], keras), rtol=tol, atol=tol)


QUANTIZED = [(name, mode) for name, case in CASES.items() for mode in case.modes if mode]


@pytest.mark.filterwarnings("ignore:.custom_gradient. for the numpy")
@pytest.mark.filterwarnings("ignore:The use of .x.T. on tensors")  # the oracle, on torch
@pytest.mark.parametrize(("name", "mode"), QUANTIZED)
def test_quantized(keras: Any, name: str, mode: str) -> None:
    case = CASES[name]
    ours, theirs = pair(keras, case, mode)
    compare(keras, ours, theirs, sample(case, ours), 2e-2 if name == "bfloat" else 2e-6)
    config, other = ours.get_config(), theirs.get_config()
    for key in ("dtype", "quantization_config"):
        assert config[key] == other[key]
    again = type(ours).from_config(other)
    again.build(case.shape)
    order = sorted(described(kc, ours))
    assert sorted(described(kc, again)) == order


LORA = [(name, mode, when) for name, mode, when in [
    ("dense", "", "after"), ("dense", "int8", "before"), ("dense", "int4 channels", "after"),
    ("qkv", "", "after"), ("qkv", "int4 blocks", "before"), ("heads", "int8", "after"),
    ("embedding", "", "after"), ("embedding", "int8", "after"),
    ("embedding", "int4 blocks", "before"), ("reversible", "", "after"), ("conv", "", "after"),
]]  # fmt: skip


@pytest.mark.filterwarnings("ignore:.custom_gradient. for the numpy")
@pytest.mark.parametrize(("name", "mode", "when"), LORA)
def test_low_rank(keras: Any, name: str, mode: str, when: str) -> None:
    case = CASES[name]
    ours, theirs = pair(keras, case, mode, when)
    compare(keras, ours, theirs, sample(case, ours), 2e-6)
    config, other = ours.get_config(), theirs.get_config()
    assert (config["lora_rank"], config["lora_alpha"]) == (2, 3)
    again = type(ours).from_config(other)
    again.build(case.shape)
    assert sorted(described(kc, again)) == sorted(described(kc, ours))
    # What was saved has the update in it; after loading, the second factor is zero.
    store = {k: np.asarray(numbers(v)) for k, v in stored(ours).items()}
    expected = numbers(ours(x := sample(case, ours)))
    again.load_own_variables(store)
    tol = 0.2 if mode else 1e-5  # what is merged is rounded again
    assert np.mean(np.abs(numbers(again(x)) - expected)) < tol * max(1, np.abs(expected).mean())


def model_of(package: Any) -> Any:
    layers = package.layers
    return package.Sequential(
        [
            layers.Input((4,)),
            layers.Embedding(9, 6),
            layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d"),
            layers.Dropout(0.5),
            layers.Dense(3, name="head"),
        ]
    )


@pytest.mark.filterwarnings(
    "ignore:.custom_gradient. for the numpy", "ignore:Layer .* does not have"
)
@pytest.mark.parametrize("mode", ["int4", "int8 lora"])
def test_files_both_ways(keras: Any, mode: str, tmp_path: Any) -> None:
    if mode == "int4" and backend.has("functional"):
        pytest.skip("one mode is enough where each operation is compiled")
    x = RNG.integers(0, 9, (2, 4)).astype("int32")
    for writer, reader in ((kc, keras), (keras, kc)):
        model = model_of(writer)
        kind = mode.split()[0]
        if kind != "lora":
            model.quantize(kind)
        if "lora" in mode:
            for layer in model.layers:
                if hasattr(layer, "enable_lora"):
                    layer.enable_lora(2)
        path = str(tmp_path / f"{writer.__name__}.keras")
        model.save(path)
        loaded = reader.saving.load_model(path)
        assert [layer.dtype_policy.name for layer in loaded.layers] == [
            layer.dtype_policy.name for layer in model.layers
        ]
        np.testing.assert_allclose(
            numbers(model(x), writer), numbers(loaded(x), reader), rtol=1e-5, atol=1e-6
        )


def test_model_quantize_filters() -> None:
    def policies(**kwargs: Any) -> list[str]:
        model = model_of(kc)
        model.quantize("int8", **kwargs)
        return [layer.dtype_policy.name.split("_")[0] for layer in model.layers]

    assert policies() == ["int8", "int8", "float32", "int8"]
    assert policies(filters="head") == ["float32", "float32", "float32", "int8"]
    assert (
        policies(filters=lambda layer: "ein" in layer.name) == ["float32", "int8"] + ["float32"] * 2
    )


def _built() -> Any:
    layer = kc.layers.Dense(2)
    layer.build((None, 3))
    return layer


def _twice(action: str, *args: Any) -> Callable[[], None]:
    def run() -> None:
        layer = _built()
        getattr(layer, action)(*args)
        getattr(layer, action)(*args)

    return run


def _constrained() -> None:
    layer = kc.layers.Dense(2, kernel_constraint="non_neg")
    layer.build((None, 3))
    layer.enable_lora(1)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: _built().quantize(), ValueError),
        (lambda: _built().quantize("int7"), ValueError),
        (lambda: _built().quantize("gptq"), ValueError),
        (
            lambda: _built().quantize("int8", config=kc.quantizers.Int4QuantizationConfig()),
            ValueError,
        ),
        (lambda: kc.layers.Dense(2).quantize("int8"), ValueError),
        (_twice("quantize", "int8"), ValueError),
        (lambda: kc.layers.Flatten().quantize("int8"), NotImplementedError),
        (lambda: kc.layers.Embedding(2, 3).quantize("float8"), (ValueError, NotImplementedError)),
        (lambda: type("Sub", (kc.layers.Dense,), {})(2).quantize("int8"), NotImplementedError),
        (lambda: _built().enable_lora(0), ValueError),
        (lambda: kc.layers.Dense(2).enable_lora(1), ValueError),
        (_twice("enable_lora", 1), ValueError),
        (_constrained, ValueError),
    ],
)
def test_bad_input(call: Any, error: Any) -> None:
    with pytest.raises(error):
        call()


def test_a_refused_quantization_changes_nothing() -> None:
    layer = _built()
    before = described(kc, layer)
    with pytest.raises(ValueError, match="mode"):
        layer.quantize("int7")
    assert described(kc, layer) == before
    assert layer.quantization_mode is None


needs_gradients = pytest.mark.skipif(not backend.has("gradients"), reason="no gradients")


@needs_gradients
@pytest.mark.parametrize("mode", ["", "int8"])
def test_low_rank_updates_train(mode: str) -> None:
    model = kc.Sequential(
        [kc.layers.Input((4,)), kc.layers.Dense(8, activation="tanh"), kc.layers.Dense(1)]
    )
    if mode:
        model.quantize(mode)
    for layer in model.layers:
        layer.enable_lora(2)
    frozen = [np.array(layer._kernel.numpy()) for layer in model.layers]
    x = RNG.normal(size=(64, 4)).astype("float32")
    y = (x @ np.array([[1.0], [-2.0], [0.5], [0.0]])).astype("float32")
    model.compile(kc.optimizers.Adam(0.02), "mse")
    first = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=20, verbose=0)
    assert model.evaluate(x, y, verbose=0) < 0.5 * first
    for layer, value in zip(model.layers, frozen, strict=True):
        np.testing.assert_array_equal(layer._kernel.numpy(), value)


@needs_gradients
@pytest.mark.parametrize("mode", ["int8", "int4 blocks"])
@pytest.mark.parametrize("name", ["qkv"])
def test_gradients_pass_rounding(name: str, mode: str) -> None:
    case = CASES[name]
    layer = case.make(kc)
    layer.build(case.shape)
    adapt(kc, layer, mode)
    layer.activation = kc.activations.linear
    x = kc.Variable(sample(case, layer))
    plain = case.make(kc)
    plain.build(case.shape)
    plain.activation = kc.activations.linear
    kernel = layer._scheme(layer.quantization_mode).decode(layer)
    plain._kernel.assign(kernel)

    def gradient(layer: Any) -> np.ndarray:
        def total() -> tuple[Any, Any]:
            y = layer(x.value)
            factors = np.arange(np.prod(y.shape), dtype="float32").reshape(y.shape) % 5
            return kc.ops.sum(kc.ops.multiply(y, factors)), None

        return numbers(backend.execute.value_and_grad(total, [x])[1][0])

    np.testing.assert_allclose(gradient(layer), gradient(plain), rtol=1e-4, atol=1e-4)
