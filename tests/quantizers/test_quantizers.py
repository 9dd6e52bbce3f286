"""Quantizers against Keras: integers equal, scales to a rounding, configs both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as kc
from keras_core import ops
from keras_core import quantizers as Q

RNG = np.random.default_rng(7)
X = RNG.normal(size=(5, 6)).astype("float32")
COLUMN = np.array([[0.0], [0.25], [3.0], [3.0], [-1.0]], "float32")


def numbers(x: Any) -> np.ndarray:
    return np.asarray(kc.ops.convert_to_numpy(x)).astype("float64")


def dtype(x: Any) -> str:
    return kc.backend.standardize_dtype(x.dtype)


def same(ours: Any, theirs: Any, tol: float = 3e-7) -> None:
    import keras

    if not isinstance(ours, tuple):
        ours, theirs = (ours,), (theirs,)
    for a, b in zip(ours, theirs, strict=True):
        if not hasattr(a, "dtype"):
            assert tuple(np.ravel(a)) == tuple(np.ravel(b))
            continue
        assert dtype(a) == keras.backend.standardize_dtype(b.dtype)
        b = np.asarray(keras.ops.convert_to_numpy(b)).astype("float64")
        integer = "int" in dtype(a)
        np.testing.assert_allclose(numbers(a), b, rtol=0 if integer else tol, atol=0)


CALLS = [
    ("abs_max_quantize", (X, 0), {}),
    ("abs_max_quantize", (X, (0, 1)), {"value_range": (-8, 7)}),
    ("abs_max_quantize", (X, None), {"dtype": "float32"}),
    ("abs_max_quantize", (X, -1), {"to_numpy": True}),
    ("abs_max_quantize", (X * 0, -1), {"epsilon": 1e-3}),
    ("abs_max_quantize", (X.astype("float16"), [1]), {}),
    ("abs_max_quantize_grouped_with_zero_point", (X, 2), {}),
    ("abs_max_quantize_grouped_with_zero_point", (X, 128), {}),
    ("abs_max_quantize_grouped_with_zero_point", (X, 1), {}),
    ("abs_max_quantize_grouped_with_zero_point", (X, 3), {"to_numpy": True}),
    ("abs_max_quantize_grouped_with_zero_point", (X + 1, 128), {"to_numpy": True}),
    ("abs_max_quantize_grouped_with_zero_point", (COLUMN, 2), {"value_range": (-4, 3)}),
    ("compute_float8_amax_history", (X, np.arange(4.0, dtype="float32")), {}),
    ("compute_float8_scale", (np.float32(3), np.float32(1), 448.0), {}),
    ("compute_float8_scale", (np.float32(0), np.float32(0.3), 448.0), {"margin": 2}),
    ("compute_float8_scale", (np.float32(np.inf), np.float32(0.3), 448.0), {}),
    ("quantize_and_dequantize", (X * 300, np.float32(0.9), "float8_e4m3fn", "float32"), {}),
    ("quantize_and_dequantize", (X * 3e5, np.float32(2), "float8_e5m2", "float32"), {}),
    ("fake_quant_with_min_max_vars", (X, -1.0, 1.0), {}),
    ("fake_quant_with_min_max_vars", (X, -1.0, 2.0), {"num_bits": 4, "narrow_range": True}),
    ("fake_quant_with_min_max_vars", (X, 0.3, 1.0), {"num_bits": 4}),
    ("fake_quant_with_min_max_vars", (X, [-1.0] * 6, [0.5, 1, 2, 1, 1, 1.5]), {"axis": 1}),
    ("pack_int4", (np.array([[-8, 7], [1, -2], [3, 4]], "int8"),), {}),
    ("pack_int4", (np.array([[-8, 7, 5], [1, -2, 2]], "int8"), -1), {}),
    ("pack_int4", (np.array([0, 15, 9], "uint8"),), {"dtype": "uint8"}),
    ("unpack_int4", (np.array([[-128, 127], [18, -1]], "int8"), 3), {}),
    ("unpack_int4", (np.array([[-128, 127], [18, -1]], "int8"), 4, 1), {"dtype": "uint8"}),
]


# The oracle's, on NumPy.
@pytest.mark.filterwarnings("ignore:.custom_gradient. for the numpy", "ignore:divide by zero")
@pytest.mark.parametrize(
    ("name", "args", "kwargs"), CALLS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_values(keras: Any, name: str, args: tuple, kwargs: dict[str, Any]) -> None:
    coarse = args[-1] == "bfloat16" if isinstance(args[-1], str) else args[0].dtype == np.float16
    tol = 1e-2 if coarse else 3e-7
    same(getattr(Q, name)(*args, **kwargs), getattr(keras.quantizers, name)(*args, **kwargs), tol)


def test_packing_is_undone() -> None:
    x = RNG.integers(-8, 8, (3, 5, 2)).astype("int8")
    for axis in range(3):
        packed, shape, size = Q.pack_int4(x, axis)
        assert tuple(packed.shape) == shape
        np.testing.assert_array_equal(numbers(Q.unpack_int4(packed, size, axis)), x)


def test_blocks_are_close() -> None:
    q, scale, zero = Q.abs_max_quantize_grouped_with_zero_point(X, 2)
    at = np.arange(5) // 2
    error = (numbers(q) - numbers(zero)[at]) * numbers(scale)[at] - X
    inside = np.abs(numbers(zero)) < 7  # a range on one side of zero has no room for it
    assert np.all(np.abs(error)[inside[at]] <= numbers(scale)[at][inside[at]] + 1e-6)


def test_a_constant_block_survives_on_the_host_too() -> None:
    x = np.full((4, 1), 2.5, "float32")
    device = Q.abs_max_quantize_grouped_with_zero_point(x, 2)
    host = Q.abs_max_quantize_grouped_with_zero_point(x, 2, to_numpy=True)
    for a, b in zip(device, host, strict=True):
        np.testing.assert_array_equal(numbers(a), numbers(b))


@pytest.mark.skipif(not kc.backends.select.backend.has("gradients"), reason="no gradients")
def test_fake_quantization_passes_gradients() -> None:
    from keras_core.backends.select import backend

    x, low, high = (
        kc.Variable(np.asarray(v, "float32")) for v in ([-2.0, 0.3, 0.4, 9.0], -1.0, 1.0)
    )

    def total() -> tuple[Any, Any]:
        y = Q.fake_quant_with_min_max_vars(x, low, high)
        return ops.sum(ops.multiply(y, ops.convert_to_tensor([1.0, 2.0, 3.0, 4.0]))), None

    _, gradients = backend.execute.value_and_grad(total, [x, low, high])
    assert [numbers(g).tolist() for g in gradients] == [[0, 2, 3, 0], 1, 4]


@pytest.mark.parametrize(
    "make",
    [
        lambda m: m.AbsMaxQuantizer(),
        lambda m: m.AbsMaxQuantizer(axis=(0, 1), value_range=(-8, 7), epsilon=0.1),
        lambda m: m.Int8QuantizationConfig(),
        lambda m: m.Int8QuantizationConfig(m.AbsMaxQuantizer(axis=0), None),
        lambda m: m.Int4QuantizationConfig(),
        lambda m: m.Int4QuantizationConfig(
            m.AbsMaxQuantizer(axis=0, value_range=(-8, 7)), None, -1
        ),
        lambda m: m.Float8QuantizationConfig(),
        lambda m: m.GPTQConfig(["a"], None, weight_bits=8, symmetric=True),
        lambda m: m.AWQConfig(["a"], None, group_size=-1),
    ],
)
def test_configs(keras: Any, make: Any) -> None:
    ours, theirs = make(Q), make(keras.quantizers)
    assert Q.serialize(ours) == keras.quantizers.serialize(theirs)
    if "GPTQ" not in type(ours).__name__ and "AWQ" not in type(ours).__name__:
        again = Q.deserialize(keras.quantizers.serialize(theirs))
        assert type(again) is type(ours)
        assert Q.serialize(again) == Q.serialize(ours)
        assert getattr(ours, "mode", None) == getattr(theirs, "mode", None)
    else:
        assert ours.dtype_policy_string() == theirs.dtype_policy_string()


def test_get() -> None:
    assert Q.get(None) is None
    assert Q.get("abs_max_quantizer", axis=1).axis == (1,)
    assert isinstance(Q.get(Q.AbsMaxQuantizer), Q.AbsMaxQuantizer)
    assert kc.Quantizer is Q.Quantizer
    with pytest.raises(ValueError, match="quantizer"):
        Q.get("abs_min_quantizer")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: Q.abs_max_quantize_grouped_with_zero_point(X, 0), ValueError),
        (lambda: Q.abs_max_quantize_grouped_with_zero_point(X[0], 2), ValueError),
        (lambda: Q.pack_int4(X.astype("int32")), TypeError),
        (lambda: Q.pack_int4(X.astype("int8"), dtype="int32"), ValueError),
        (lambda: Q.pack_int4(X.astype("int8"), axis=-3), ValueError),
        (lambda: Q.unpack_int4(X.astype("int32"), 3), TypeError),
        (lambda: Q.unpack_int4(X.astype("int8"), 3, axis=2), ValueError),
        (lambda: Q.unpack_int4(X.astype("int8"), 3, dtype="int4"), ValueError),
        (lambda: Q.quantize_and_dequantize(X, 1.0, "int8", "float32"), ValueError),
        (lambda: Q.fake_quant_with_min_max_vars(X, -1, 1, num_bits=0), ValueError),
        (lambda: Q.Int8QuantizationConfig(Q.AbsMaxQuantizer(output_dtype="int16")), ValueError),
        (lambda: Q.Int4QuantizationConfig(Q.AbsMaxQuantizer()), ValueError),
        (lambda: Q.Int4QuantizationConfig(block_size=0), ValueError),
        (lambda: Q.GPTQConfig([], None, weight_bits=5), ValueError),
        (lambda: Q.GPTQConfig([], None, hessian_damping=2), ValueError),
        (lambda: Q.AWQConfig([], None, weight_bits=8), ValueError),
        (lambda: Q.AWQConfig([], None, num_samples=0), ValueError),
        (lambda: Q.QuantizationConfig().mode, NotImplementedError),
    ],
)
def test_bad_input(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call()


def test_mixed_precision_names() -> None:
    assert kc.mixed_precision.Policy is kc.DTypePolicy
    assert kc.mixed_precision.global_policy is kc.mixed_precision.dtype_policy
    assert kc.mixed_precision.LossScaleOptimizer is kc.optimizers.LossScaleOptimizer
    kc.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        assert kc.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        kc.mixed_precision.set_dtype_policy(None)
