"""Values that 16 bits would round, and programs in float64."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core import config, dtype_policies, layers, ops, optimizers

from ..conftest import BACKEND

LARGE = np.array([[1001.0, 1003.0, 1005.0]])


@pytest.fixture(params=["mixed_bfloat16", "mixed_float16"])
def mixed(request: Any) -> Iterator[str]:
    """A global policy that computes in 16 bits."""
    config.set_dtype_policy(request.param)
    yield request.param
    config.set_dtype_policy("float32")


@pytest.fixture
def float64() -> Iterator[None]:
    """`floatx()` as float64."""
    config.set_floatx("float64")
    config.set_dtype_policy(dtype_policies.DTypePolicy("float64"))
    yield
    config.set_floatx("float32")
    config.set_dtype_policy("float32")


def test_inputs_are_floatx_under_mixed_policies(mixed: str, keras: Any) -> None:
    keras.config.set_dtype_policy(mixed)
    try:
        oracle = keras.Input((3,)).dtype
    finally:
        keras.config.set_dtype_policy("float32")
    x = keras_core.Input((3,))
    assert x.dtype == oracle == "float32"
    assert layers.Dense(2)(x).dtype == mixed.removeprefix("mixed_")


@pytest.mark.parametrize("start", [(), ((3,),)], ids=["no Input", "Input"])
def test_mixed_policies_leave_data_on_its_way_in_alone(mixed: str, start: Any) -> None:
    def given(*after: Any) -> Any:
        return keras_core.Sequential([*(keras_core.Input(s) for s in start), *after])(LARGE)

    def as_list(x: Any) -> Any:
        return ops.convert_to_numpy(ops.cast(x, "float32")).tolist()

    assert as_list(given(layers.Discretization([1000.0, 1002.0, 1004.0]))) == [[1, 2, 3]]
    counts = given(layers.CategoryEncoding(2000, output_mode="count"))
    assert np.flatnonzero(ops.convert_to_numpy(counts)).tolist() == [1001, 1003, 1005]
    assert as_list(given(layers.IntegerLookup(vocabulary=[1001, 1003, 1005]))) == [[1, 2, 3]]
    total = given(layers.Dense(1, dtype="float32", kernel_initializer="ones"))
    assert as_list(total) == [[3009.0]]


def test_counts_are_not_rounded_to_sixteen_bits(mixed: str) -> None:
    counts = layers.CategoryEncoding(3, output_mode="count")(np.zeros((1, 4099), "int32"))
    assert ops.convert_to_numpy(counts).tolist() == [[4099.0, 0.0, 0.0]]


def test_a_wide_policy_gives_a_wide_input() -> None:
    config.set_dtype_policy("float64")
    try:
        assert keras_core.Input((3,)).dtype == "float64"
    finally:
        config.set_dtype_policy("float32")


def test_lookups_take_their_own_entries(keras: Any) -> None:
    for ours, theirs in (
        (layers.IntegerLookup(vocabulary=[1]), keras.layers.IntegerLookup(vocabulary=[1])),
        (layers.StringLookup(vocabulary=["a"]), keras.layers.StringLookup(vocabulary=["a"])),
        (
            layers.TextVectorization(vocabulary=["a"]),
            keras.layers.TextVectorization(vocabulary=["a"]),
        ),
    ):
        assert ours.compute_dtype == theirs.compute_dtype
        assert ours.dtype == theirs.dtype
        assert ours.dtype_policy.name == theirs.dtype_policy.name
    # Larger than what float32 holds: a model without an Input has to know what it takes.
    model = keras_core.Sequential([layers.IntegerLookup(vocabulary=[16777217])])
    assert model.predict(np.array([[16777217]]), verbose=0).tolist() == [[1]]


@pytest.mark.parametrize("dtype", [None, "float16", "int32"])
def test_bins_are_int32(dtype: str | None, keras: Any) -> None:
    x = np.array([[-1.0, 3.0]], "float32")
    ours = layers.Discretization([0.0, 2.0], dtype=dtype)(x)
    theirs = keras.layers.Discretization([0.0, 2.0], dtype=dtype)(x)
    assert ops.dtype(ours) == keras.backend.standardize_dtype(theirs.dtype) == "int32"
    assert ops.convert_to_numpy(ours).tolist() == [[0, 2]]


@pytest.mark.skipif(BACKEND == "numpy", reason="Keras's lookups fail on its NumPy backend")
def test_binary_is_an_old_name_of_multi_hot(keras: Any) -> None:
    for name, options, x in (
        ("CategoryEncoding", {"num_tokens": 4}, np.array([[1, 1, 3]])),
        ("IntegerLookup", {"vocabulary": [1, 2]}, np.array([[1, 1, 3]])),
        ("StringLookup", {"vocabulary": ["a"]}, np.array([["a", "a"]])),
        ("TextVectorization", {"vocabulary": ["a"]}, np.array(["a a"])),
    ):
        layer = getattr(layers, name)(output_mode="binary", **options)
        oracle = getattr(keras.layers, name)(output_mode="binary", **options)
        assert layer.get_config()["output_mode"] == oracle.get_config()["output_mode"]
        expected = keras.ops.convert_to_numpy(oracle(x))
        np.testing.assert_array_equal(ops.convert_to_numpy(layer(x)), expected)


def test_float16_variables_are_trained_as_keras_does(keras: Any) -> None:
    for policy, scaled in (("float16", False), ("mixed_float16", True)):
        for module in (keras, keras_core):
            module.config.set_dtype_policy(policy)
            try:
                model = module.Sequential([module.Input((2,)), module.layers.Dense(1)])
                model.compile("sgd", "mse")
            finally:
                module.config.set_dtype_policy("float32")
            assert (type(model.optimizer).__name__ == "LossScaleOptimizer") == scaled


def _by_hand(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The kernel after five epochs of two batches, by the rules as published."""
    kernel, bias = np.ones((3, 2)), np.zeros(2)
    slots = [(np.zeros_like(p), np.zeros_like(p)) for p in (kernel, bias)]
    for step in range(1, 11):
        rows = slice(0, 4) if step % 2 else slice(4, 8)
        slope = 2 * (x[rows] @ kernel + bias - y[rows]) / 8
        for p, g, (m, v) in zip(
            (kernel, bias), (x[rows].T @ slope, slope.sum(0)), slots, strict=True
        ):
            if name == "SGD":
                p -= 0.01 * g
            elif name == "RMSprop":
                v += (g * g - v) * 0.1
                p -= 0.01 * g / np.sqrt(v + 1e-7)
            else:
                m += (g - m) * 0.1
                v += (g * g - v) * 0.001
                rate = 0.01 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
                p -= rate * m / (np.sqrt(v) + 1e-7)
    return kernel


@pytest.mark.skipif(BACKEND == "jax", reason="JAX has float64 behind a switch: see below")
@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy trains nothing")
@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop"])
def test_float64_is_trained_in_float64(name: str, float64: None) -> None:
    """A learning rate of float32 would be off by 1e-8, the bias corrections by 1e-7."""
    x = np.random.default_rng(0).normal(size=(8, 3))
    y = np.random.default_rng(1).normal(size=(8, 2))
    dense = layers.Dense(2, kernel_initializer="ones")
    model = keras_core.Sequential([keras_core.Input((3,)), dense])
    model.compile(getattr(optimizers, name)(0.01), "mse")
    model.fit(x, y, epochs=5, batch_size=4, shuffle=False, verbose=0)
    assert model.optimizer.learning_rate.dtype == "float64"
    np.testing.assert_allclose(model.get_weights()[0], _by_hand(name, x, y), rtol=1e-12)


@pytest.mark.skipif(BACKEND == "jax", reason="JAX has float64 behind a switch: see below")
def test_schedules_are_float64(float64: None) -> None:
    rate = optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)(3)
    assert abs(float(ops.convert_to_numpy(rate)) - 0.1 * 0.9**0.3) < 1e-15


@pytest.mark.skipif(BACKEND != "jax", reason="other frameworks have no switch for 64-bit dtypes")
def test_jax_says_that_float64_is_switched_off() -> None:
    with pytest.warns(UserWarning, match=r"float64 was asked for; .* float32 .*JAX_ENABLE_X64"):
        x = ops.cast([1.0], "float64")
    assert ops.dtype(x) == "float32"


@pytest.mark.skipif(BACKEND != "jax", reason="other frameworks have no switch for 64-bit dtypes")
def test_jax_may_be_switched_after_the_import() -> None:
    program = """
    import keras_core as keras, jax, numpy as np
    assert keras.ops.dtype(keras.ops.ones((2,), "int64")) == "int32"
    jax.config.update("jax_enable_x64", True)
    from keras_core import layers, ops
    assert ops.dtype(ops.cast([1.0], "float64")) == "float64"
    assert ops.dtype(ops.add(np.ones(2), 1)) == "float64"
    assert keras.backend.result_type("int64", "int32") == "int64"
    keras.config.set_floatx("float64")
    model = keras.Sequential([layers.Dense(2), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
    assert {w.value.dtype.name for w in model.weights} == {"float64"}
    assert model.optimizer.learning_rate.value.dtype.name == "float64"
    assert model.predict(np.ones((1, 2)), verbose=0).dtype == "float64"
    assert keras.random.normal((2,)).dtype.name == "float64"
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
