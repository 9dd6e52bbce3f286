"""Layers around torch modules, JAX functions, Flax modules and SavedModels."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from keras_core.core.errors import UnsafeFileError
from tests.autodiff import to_numpy

only_torch = pytest.mark.skipif(backend.name != "torch", reason="wraps torch modules")
only_jax = pytest.mark.skipif(backend.name != "jax", reason="wraps JAX functions")
only_tensorflow = pytest.mark.skipif(backend.name != "tensorflow", reason="wraps SavedModels")
with_flax = pytest.mark.skipif(
    backend.name != "jax" or importlib.util.find_spec("flax") is None,
    reason="wraps Flax modules, and Flax is not installed or JAX not the backend",
)
X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = X @ np.array([[1.0], [-2.0], [0.5]], "float32")


def _trained(layer: Any, epochs: int = 30) -> tuple[Any, float, float]:
    model = core.Sequential([core.Input((3,)), layer, core.layers.Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.learning_rate = 0.05
    losses = model.fit(X, Y, epochs=epochs, verbose=0).history["loss"]
    return model, losses[0], losses[-1]


@pytest.mark.parametrize("name", ["TorchModuleWrapper", "JaxLayer", "FlaxLayer", "TFSMLayer"])
def test_other_backends_are_told(name: str) -> None:
    needs = {"TorchModuleWrapper": "torch", "TFSMLayer": "tensorflow"}.get(name, "jax")
    if backend.name == needs:
        pytest.skip("this is the backend it needs")
    with pytest.raises(RuntimeError, match=f"works on the {needs} backend only"):
        getattr(core.layers, name)(lambda inputs: inputs)


# torch -------------------------------------------------------------------------------------


def _torch_layer() -> Any:
    import torch

    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh())
    return core.layers.TorchModuleWrapper(module, name="inner")


@only_torch
def test_torch_module_is_trained_and_saved(tmp_path: Any) -> None:
    layer = _torch_layer()
    assert [v.shape for v in layer.trainable_variables] == [(4, 3), (4,), (4,), (4,)]
    model, first, last = _trained(layer)
    assert last < first / 2
    assert model.layers[0].output.shape == (None, 4)
    assert len(list(model.parameters())) == len(model.trainable_variables)
    path = os.path.join(tmp_path, "m.keras")
    model.save(path)
    with pytest.raises(UnsafeFileError, match="safe_mode"):
        core.saving.load_model(path)
    again = core.saving.load_model(path, safe_mode=False)
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-6)
    weights = os.path.join(tmp_path, "m.weights.h5")
    model.save_weights(weights)
    other, _, _ = _trained(_torch_layer(), epochs=1)
    other.load_weights(weights)
    np.testing.assert_allclose(other.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-6)


@only_torch
def test_torch_module_modes_and_pure_calls() -> None:
    import torch

    layer = core.layers.TorchModuleWrapper(torch.nn.Dropout(0.5))
    x = np.ones((4, 50), "float32")
    assert (to_numpy(layer(x, training=True)) == 0).any()
    np.testing.assert_array_equal(to_numpy(layer(x, training=False)), x)
    linear = core.layers.TorchModuleWrapper(torch.nn.Linear(3, 2))
    values = [torch.zeros(2, 3), torch.ones(2)]
    out, _ = linear.stateless_call(values, [], torch.tensor(X))
    np.testing.assert_array_equal(to_numpy(out), np.ones((8, 2)))
    half = core.layers.TorchModuleWrapper(torch.nn.Linear(3, 2), dtype="mixed_bfloat16")
    assert core.ops.dtype(half(X)) == "bfloat16"
    linear.trainable = False
    assert not linear.trainable_variables


@only_torch
def test_lazy_torch_module() -> None:
    import torch

    layer = core.layers.TorchModuleWrapper(torch.nn.LazyLinear(5))
    assert not layer.built
    assert tuple(layer(X).shape) == (8, 5)
    assert [v.shape for v in layer.weights] == [(5, 3), (5,)]


@only_torch
def test_what_is_no_torch_module() -> None:
    with pytest.raises(ValueError, match=r"torch.nn.Module"):
        core.layers.TorchModuleWrapper(lambda x: x)


# JAX ---------------------------------------------------------------------------------------


def _init(rng: Any, inputs: Any) -> Any:
    import jax

    kernel = jax.random.normal(rng, (inputs.shape[-1], 4))
    return {"kernel": kernel, "bias": kernel[0] * 0}, {"calls": kernel[0, 0] * 0}


def _call(params: Any, state: Any, inputs: Any, training: Any) -> Any:
    calls = state["calls"] + (1.0 if training else 0.0)
    return inputs @ params["kernel"] + params["bias"], {"calls": calls}


@only_jax
def test_jax_function_is_trained_and_saved(tmp_path: Any) -> None:
    objects = {"_init": _init, "_call": _call}
    layer = core.layers.JaxLayer(_call, _init, seed=1)
    model, first, last = _trained(layer)
    assert last < first / 2
    assert [v.name for v in layer.trainable_variables] == ["bias", "kernel"]
    assert float(layer.non_trainable_variables[0]) == 30.0
    path = os.path.join(tmp_path, "m.keras")
    model.save(path)
    with pytest.raises(TypeError, match="_call"):
        core.saving.load_model(path)
    again = core.saving.load_model(path, custom_objects=objects)
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-6)


@only_jax
def test_jax_function_with_given_parameters(tmp_path: Any) -> None:
    layer = core.layers.JaxLayer(
        lambda params, inputs: inputs @ params["w"], params={"w": np.ones((3, 2), "float32")}
    )
    np.testing.assert_allclose(to_numpy(layer(X)), X.sum(-1, keepdims=True).repeat(2, 1), rtol=1e-5)
    model, _, _ = _trained(layer, epochs=1)
    path = os.path.join(tmp_path, "m.keras")
    with pytest.warns(UserWarning, match="lambda"):
        model.save(path)
    with pytest.raises(UnsafeFileError, match="safe_mode"):
        core.saving.load_model(path)
    again = core.saving.load_model(path, safe_mode=False)
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-6)


@only_jax
def test_bad_jax_functions() -> None:
    for wrong in (
        lambda: core.layers.JaxLayer(lambda params, mode: params, params={}),
        lambda: core.layers.JaxLayer(lambda params: params, params={}),
        lambda: core.layers.JaxLayer(lambda params, inputs: inputs),
        lambda: core.layers.JaxLayer("inputs"),
    ):
        with pytest.raises(ValueError, match="Received"):
            wrong()


# Flax --------------------------------------------------------------------------------------


@with_flax
def test_linen_module_is_trained_and_saved(tmp_path: Any) -> None:
    from flax import linen

    class Net(linen.Module):
        width: int = 4

        @linen.compact
        def __call__(self, x, training=False):
            x = linen.Dense(self.width)(x)
            x = linen.BatchNorm(use_running_average=not training, momentum=0.5)(x)
            return linen.Dropout(0.1, deterministic=not training)(x)

    layer = core.layers.FlaxLayer(Net(width=5), seed=2)
    model, first, last = _trained(layer)
    assert last < first / 2
    assert layer.output.shape == (None, 5)
    assert len(layer.trainable_variables) == 4
    path = os.path.join(tmp_path, "m.keras")
    model.save(path)
    with pytest.raises(TypeError, match="Net"):
        core.saving.load_model(path)
    again = core.saving.load_model(path, custom_objects={"Net": Net})
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-5)


@with_flax
def test_nnx_module_is_trained_and_saved(tmp_path: Any) -> None:
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, inputs: Any, rngs: Any) -> None:
            self.linear = nnx.Linear(len(inputs), 4, rngs=rngs)
            self.norm = nnx.BatchNorm(4, rngs=rngs)
            self.dropout = nnx.Dropout(0.1, rngs=rngs)

        def __call__(self, x: Any) -> Any:
            return self.dropout(self.norm(self.linear(x)))

    layer = core.layers.FlaxLayer(Net("abc", nnx.Rngs(0)))
    before = [v.numpy() for v in layer.non_trainable_variables]
    model, first, last = _trained(layer)
    assert last < first / 2
    assert len(layer.trainable_variables) == 4
    after = [v.numpy() for v in layer.non_trainable_variables]
    assert any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    once, again = model.predict(X, verbose=0), model.predict(X, verbose=0)
    np.testing.assert_array_equal(once, again)
    path = os.path.join(tmp_path, "m.keras")
    model.save(path)
    with pytest.raises(TypeError, match="custom_objects"):
        core.saving.load_model(path)
    with pytest.raises(TypeError, match="cannot be made of what the file says of it.*inputs"):
        core.saving.load_model(path, custom_objects={"Net": Net})
    maker = {"Net": lambda: Net("xyz", nnx.Rngs(1))}
    again = core.saving.load_model(path, custom_objects=maker)
    np.testing.assert_allclose(again.predict(X, verbose=0), once, atol=1e-6)


@with_flax
def test_modules_of_nnx_as_attributes_are_told_of() -> None:
    from flax import nnx

    class Holds(core.layers.Layer):
        def __init__(self, module: Any) -> None:
            super().__init__(name="holds")
            self.inner = module

        def call(self, x: Any) -> Any:
            return self.inner(x)

    def fit(module: Any) -> Any:
        model = core.Sequential([core.Input((4,)), Holds(module), core.layers.Dense(1)])
        model.compile("sgd", "mse")
        x = np.ones((4, 4), "float32")
        model.fit(x, x[:, :1], verbose=0)
        return model

    linear = nnx.Linear(4, 2, rngs=nnx.Rngs(0))
    with pytest.warns(UserWarning, match=r"Holds 'holds': .* 'inner', a Linear of flax.nnx, are"):
        fit(linear)
    fit(nnx.Dropout(0.5, rngs=nnx.Rngs(0), deterministic=True))  # nothing in it is trained
    assert len(fit(core.layers.FlaxLayer(linear)).trainable_variables) == 4


@with_flax
def test_nnx_module_is_made_of_what_it_keeps(tmp_path: Any) -> None:
    from flax import nnx

    layer = core.layers.FlaxLayer(nnx.Linear(3, 2, use_bias=False, rngs=nnx.Rngs(0)))
    model = core.Sequential([core.Input((3,)), layer])
    path = os.path.join(tmp_path, "m.keras")
    model.save(path)
    again = core.saving.load_model(path, custom_objects={"Linear": nnx.Linear})
    assert len(again.layers[0].weights) == 1
    np.testing.assert_allclose(to_numpy(again(X)), to_numpy(model(X)), atol=1e-6)


# TensorFlow --------------------------------------------------------------------------------


@only_tensorflow
def test_saved_model_is_trained_and_saved(tmp_path: Any) -> None:
    import tensorflow as tf

    class Scale(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(tf.random.stateless_normal((3, 4), (1, 2)))

        @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32)])
        def serve(self, x: Any) -> Any:
            return x @ self.kernel

    folder, path = os.path.join(tmp_path, "saved"), os.path.join(tmp_path, "m.keras")
    module = Scale()
    tf.saved_model.save(module, folder, signatures=module.serve)
    layer = core.layers.TFSMLayer(folder)
    np.testing.assert_allclose(to_numpy(layer(X)), X @ module.kernel.numpy(), rtol=1e-5)
    by_signature = core.layers.TFSMLayer(folder, call_endpoint="serving_default")
    np.testing.assert_allclose(to_numpy(by_signature(X)["output_0"]), to_numpy(layer(X)))
    model, first, last = _trained(layer)
    assert last < first / 2
    assert not np.allclose(layer.trainable_variables[0].numpy(), module.kernel.numpy())
    model.save(path)
    with pytest.raises(UnsafeFileError, match="safe_mode"):
        core.saving.load_model(path)
    again = core.saving.load_model(path, safe_mode=False)
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-5)
    with pytest.raises(ValueError, match="serve"):
        core.layers.TFSMLayer(folder, call_endpoint="nowhere")


@only_tensorflow
def test_an_archive_with_an_endpoint_for_training(tmp_path: Any) -> None:
    inner = core.Sequential([core.Input((3,)), core.layers.Dense(4), core.layers.Dropout(0.5)])
    spec = [core.InputSpec(shape=(None, 3), dtype="float32")]
    archive = core.export.ExportArchive()
    archive.track(inner)
    archive.add_endpoint("serve", lambda x: inner(x, training=False), spec)
    archive.add_endpoint("drop", lambda x: inner(x, training=True), spec)
    folder, path = os.path.join(tmp_path, "saved"), os.path.join(tmp_path, "m.keras")
    archive.write_out(folder, verbose=False)
    layer = core.layers.TFSMLayer(folder, call_training_endpoint="drop")
    np.testing.assert_allclose(to_numpy(layer(X)), to_numpy(inner(X)), atol=1e-6)
    assert (to_numpy(layer(X, training=True)) == 0).any()
    model, first, last = _trained(layer)
    assert last < first
    assert len(layer.trainable_variables) == 2
    model.save(path)
    again = core.saving.load_model(path, safe_mode=False)
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-5)
