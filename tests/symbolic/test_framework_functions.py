"""A framework's own functions on KerasTensors: recorded, run, trained, cloned; and errors."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from tests.conftest import BACKEND
from tests.training.helpers import trains


def _functions() -> dict[str, tuple[Callable[..., Any], bool]]:
    """By name: a function of two tensors (n, 4), and whether a file can hold the result."""
    if BACKEND == "tensorflow":
        tf = importlib.import_module("tensorflow")
        return {
            "relu": (lambda x, y: tf.nn.relu(x), True),
            "concat": (lambda x, y: tf.concat([x, y], 1), True),
            "mean": (lambda x, y: tf.reduce_mean(x, axis=1, keepdims=True), True),
            "operators": (lambda x, y: tf.ones(4) - tf.cast(tf.ones(4) > x, "float32"), True),
            "gelu": (lambda x, y: tf.nn.gelu(x), False),
            "several": (lambda x, y: tf.math.top_k(x, 2).values, False),
            "sizes": (lambda x, y: tf.reshape(x, [tf.shape(x)[0], 2, 2])[:, 0], False),
            "named": (lambda x, y: tf.linalg.matmul(a=x, b=y, transpose_b=True) @ y, False),
        }
    if BACKEND == "torch":
        torch = importlib.import_module("torch")
        F = torch.nn.functional
        return {
            "relu": (lambda x, y: torch.relu(x), True),
            "concat": (lambda x, y: torch.cat([x, y], 1), True),
            "mean": (lambda x, y: torch.mean(x, dim=1, keepdim=True), True),
            "operators": (lambda x, y: torch.ones(4) - (torch.ones(4) * x), True),
            "softmax": (lambda x, y: F.softmax(x, dim=1), True),
            "module": (lambda x, y: torch.nn.ReLU()(x), True),
            "gelu": (lambda x, y: F.gelu(x), False),
            "several": (lambda x, y: torch.max(x, dim=1, keepdim=True).values, False),
            "named": (lambda x, y: torch.einsum("ij,kj->ik", x, y) @ y, False),
        }
    if BACKEND == "jax":
        jnp = keras.utils.lift(importlib.import_module("jax.numpy"))
        nn = keras.utils.lift(importlib.import_module("jax")).nn
        return {
            "relu": (lambda x, y: nn.relu(x), True),
            "concat": (lambda x, y: jnp.concatenate([x, y], axis=1), True),
            "operators": (lambda x, y: jnp.ones(4) + x if hasattr(x, "at") else 1.0 + x, True),
            "gelu": (lambda x, y: nn.gelu(x), False),
            "several": (lambda x, y: jnp.linalg.norm(x, axis=1, keepdims=True), False),
        }
    return {
        "tanh": (lambda x, y: np.tanh(x), True),
        "concat": (lambda x, y: np.concatenate([x, y], 1), True),
        "mean": (lambda x, y: np.mean(x, axis=1, keepdims=True), True),
        "operators": (lambda x, y: np.ones(4, "float32") - (np.ones(4, "float32") < x), True),
        "norm": (lambda x, y: np.linalg.norm(x, axis=1, keepdims=True), False),
        "reduce": (lambda x, y: np.add.reduce(x, axis=1), False),
    }


FUNCTIONS = _functions()


def graph(name: str) -> Any:
    x, y = keras.Input((4,)), keras.Input((4,))
    return keras.Model([x, y], FUNCTIONS[name][0](x, y))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_recorded_and_run(name: str, tmp_path: Any) -> None:
    function, saved = FUNCTIONS[name]
    rng = np.random.default_rng(0)
    data = [rng.normal(size=(3, 4)).astype("float32") for _ in range(2)]
    expected = function(*map(keras.ops.convert_to_tensor, data))
    expected = keras.ops.convert_to_numpy(expected)
    model = graph(name)
    assert model.output.shape == (None, *expected.shape[1:])
    assert model.output.dtype == keras.backend.standardize_dtype(expected.dtype)
    clone = keras.models.clone_model(model)
    outer_inputs = [keras.Input((4,)), keras.Input((4,))]
    outer = keras.Model(outer_inputs, model(outer_inputs))
    for built in (model, clone, outer, pickle.loads(pickle.dumps(model)) if saved else model):
        assert np.allclose(keras.ops.convert_to_numpy(built(data)), expected, atol=1e-5)
    path = str(tmp_path / "model.keras")
    if saved:
        model.save(path)
        again = keras.saving.load_model(path)
        assert np.allclose(keras.ops.convert_to_numpy(again(data)), expected, atol=1e-5)
    else:
        with pytest.raises(ValueError, match="a file cannot hold.*call\\(\\) of a Layer subclass"):
            model.save(path)
        model.save_weights(str(tmp_path / "model.weights.h5"))


@trains
def test_trained() -> None:
    x = keras.Input((4,))
    hidden = keras.layers.Dense(8)(x)
    y = keras.layers.Dense(1)(FUNCTIONS["gelu"][0](hidden, hidden))
    model = keras.Model(x, y)
    model.compile(keras.optimizers.SGD(0.05), "mse")
    data = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    before = model.layers[1].kernel.numpy().copy()
    history = model.fit(data, data[:, :1], epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert not np.allclose(before, model.layers[1].kernel.numpy())


def test_facts_are_known_at_once() -> None:
    x = keras.Input((4,))
    assert np.shape(x) == (None, 4) and np.ndim(x) == 2
    assert isinstance(keras.utils.lift(lambda x: x.ndim)(x), int)


def test_lift_leaves_values_alone() -> None:
    lifted = keras.utils.lift(np)
    assert lifted.pi == np.pi and lifted.float32 is np.float32 and "tanh" in dir(lifted)
    assert np.array_equal(lifted.linalg.norm(np.ones(4)), 2.0)
    with pytest.raises(TypeError, match="lift: target must be a function or a module"):
        keras.utils.lift(3)


def test_a_wrong_call_names_the_function() -> None:
    def wrong(x: Any) -> Any:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        keras.utils.lift(wrong)(keras.Input((4,)))
    assert any("wrong() was called on KerasTensors" in n for n in caught.value.__notes__)


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy's functions are the backend's own")
def test_numpy_on_another_backend() -> None:
    x = keras.Input((4,))
    with pytest.raises(TypeError, match=r"numpy's sum\(\) cannot .* Use keras_core.ops.sum\(\)"):
        np.sum(x)
    with pytest.raises(TypeError, match=r"Use keras_core.ops.concatenate\(\)"):
        np.concatenate([x, x])
    assert (np.ones(4, "float32") * x).shape == (None, 4)


@pytest.mark.skipif(BACKEND != "jax", reason="of JAX")
def test_jax_says_what_to_write() -> None:
    jnp = importlib.import_module("jax.numpy")
    for call in (jnp.tanh, jnp.sum, lambda x: jnp.concatenate([x, x])):
        with pytest.raises(ValueError, match=r"jnp = keras_core.utils.lift\(jax.numpy\)"):
            call(keras.Input((4,)))


def _with_weights(x: Any) -> None:
    if BACKEND == "torch":
        importlib.import_module("torch").nn.Linear(4, 2)(x)
    else:
        tf = importlib.import_module("tensorflow")
        tf.matmul(x, tf.Variable(tf.ones((4, 2))))


@pytest.mark.skipif(BACKEND not in ("torch", "tensorflow"), reason="frameworks with weights")
def test_weights_of_the_framework_are_pointed_out() -> None:
    with pytest.warns(UserWarning, match="weights of the framework.*TorchModuleWrapper"):
        _with_weights(keras.Input((4,)))
