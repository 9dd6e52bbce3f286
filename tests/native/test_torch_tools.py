"""torch's own tools on Keras models, and torch modules inside Keras layers."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import layers
from tests.conftest import BACKEND

pytestmark = pytest.mark.skipif(BACKEND != "torch", reason="of torch")

if TYPE_CHECKING or BACKEND == "torch":
    import torch

    X = torch.linspace(-1, 1, 32).reshape(8, 4)


def stack() -> Any:
    inner = keras.Sequential([keras.Input((8,)), layers.Dense(4), layers.LayerNormalization()])
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8, "relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            inner,
            layers.Activation("tanh"),
        ]
    ).eval()


def graph() -> Any:
    x = keras.Input((4,))
    y = layers.Reshape((2, 4))(layers.Dense(8)(x))
    y = layers.MultiHeadAttention(2, 2)(y, y)
    return keras.Model(x, layers.LSTM(4)(y)).eval()


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense, self.body = layers.Dense(4), graph()
        self.drop = layers.Dropout(0.5)
        self(X)
        self.eval()

    def call(self, x: Any) -> Any:
        return self.drop(self.body(self.dense(x)))


MODELS = [stack, graph, Subclassed]


@pytest.mark.parametrize("make", MODELS)
def test_functional_call(make: Any) -> None:
    model = make()
    values = {k: v.detach() for k, v in model.state_dict().items()}
    assert torch.equal(torch.func.functional_call(model, values, (X,)), model(X))
    zeros = {k: torch.zeros_like(v) for k, v in model.named_parameters()}
    other = torch.func.functional_call(model, zeros, (X,))
    assert not torch.allclose(other, model(X))
    gradients = torch.func.grad(lambda p: torch.func.functional_call(model, p, (X,)).sum())(
        {k: v.detach() for k, v in model.named_parameters()}
    )
    assert set(gradients) == set(zeros)


def test_an_ensemble_by_vmap() -> None:
    models = [stack() for _ in range(3)]
    values, buffers = torch.func.stack_module_state(models)

    def call(values: Any, buffers: Any) -> Any:
        return torch.func.functional_call(models[0], (values, buffers), (X,))

    found = torch.vmap(call)(values, buffers)
    expected = torch.stack([model(X) for model in models])
    assert torch.allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("make", MODELS)
def test_export(make: Any) -> None:
    model = make()
    program = torch.export.export(model, (X,))
    assert torch.allclose(program.module()(X), model(X), atol=1e-6)
    assert set(dict(model.named_parameters())) <= set(program.state_dict)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("make", MODELS)
def test_trace(make: Any) -> None:
    model = make()
    traced: Any = torch.jit.trace(model, X)
    assert torch.allclose(traced(X), model(X))


def test_layers_of_a_graph_are_no_attributes_to_others() -> None:
    model = stack()
    assert "dense" in dict(model.named_children())
    assert not hasattr(model, "dense")


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_what_is_converted_computes_in_the_dtype(make: Any, dtype: str) -> None:
    model = make()
    other = copy.deepcopy(model).to(getattr(torch, dtype))
    seen = set()
    for module in other.modules():
        module.register_forward_hook(lambda module, args, out: seen.add(out.dtype))
    y = other(X.to(getattr(torch, dtype)))
    assert seen == {y.dtype} == {getattr(torch, dtype)}
    assert torch.allclose(y.float(), model(X), atol=5e-2)
    assert other.float()(X).dtype == torch.float32


def test_double_keeps_all_digits() -> None:
    model = graph().double()
    x = X.double() + 1e-10
    assert not torch.equal(model(x), model(x.float().double()))


def test_conversion_leaves_mixed_policies_alone() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, dtype="mixed_bfloat16")])
    assert model.double()(X.double()).dtype == torch.bfloat16
    assert model.layers[0].kernel.dtype == "float64"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_batch_normalization_of_16_bits_trains(dtype: str) -> None:
    layer = layers.BatchNormalization(dtype=dtype)
    y = layer(X.to(getattr(torch, dtype)), training=True)
    assert y.dtype == getattr(torch, dtype)
    assert abs(y.float().std(dim=0, unbiased=False) - 1).max() < 1e-2


# Torch modules in layers ---------------------------------------------------------------------


@keras.saving.register_keras_serializable("tests>torch_tools")
class Mixed(layers.Layer):
    """A module with statistics, one that is shared, a parameter, and a layer of Keras."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4))
        self.first = self.inner[0]
        self.scale = torch.nn.Parameter(torch.ones(4))
        self.dense = layers.Dense(4, dtype=self.dtype_policy)

    def call(self, x: Any) -> Any:
        return self.dense(self.inner(x) * self.scale)


def mixed() -> Any:
    return keras.Sequential([keras.Input((4,)), Mixed(), layers.Dense(1)])


def fit(model: Any, epochs: int = 1) -> Any:
    if model.optimizer is None:
        model.compile(keras.optimizers.Adam(0.1), "mse")
    model.fit(X, X[:, :1], epochs=epochs, verbose=0)
    return model


def predictions(model: Any) -> Any:
    model.eval()
    return model.predict(X, verbose=0)


def test_modules_and_parameters_are_trained() -> None:
    model = mixed()
    assert len(model.trainable_variables) == 5 + 2 + 2
    assert len(model.non_trainable_variables) == 3
    model.train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    fit(model)
    unmoved = {k for k, v in model.state_dict().items() if torch.equal(v, before[k])}
    assert not unmoved
    assert model.count_params() == 20 + 8 + 4 + 20 + 5 + 8 + 1


def test_they_are_frozen_with_the_layer() -> None:
    model = mixed()
    model.layers[0].trainable = False
    before = model.layers[0].first.weight.clone()
    fit(model)
    assert torch.equal(model.layers[0].first.weight, before)


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5", ".safetensors"])
def test_they_are_saved(suffix: str, tmp_path: Any) -> None:
    model, path = fit(mixed()), tmp_path / f"model{suffix}"
    if suffix == ".keras":
        model.save(path)
        other = keras.saving.load_model(path)
    else:
        model.save_weights(path)
        other = mixed()
        other.load_weights(path)
    np.testing.assert_array_equal(predictions(other), predictions(model))


@pytest.mark.parametrize("way", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_they_are_copied(way: Any) -> None:
    model = fit(mixed())
    expected = predictions(model)
    other = way(model)
    own = {id(p) for p in other.parameters()}
    assert all(id(v.value) in own for v in other.trainable_variables)
    fit(other)
    np.testing.assert_array_equal(predictions(model), expected)


def test_pure_calls_take_other_values() -> None:
    model = mixed()
    trained = [v.value for v in model.trainable_variables]
    rest = [v.value for v in model.non_trainable_variables]
    model.eval()
    zeros = [torch.zeros_like(v) for v in trained]
    assert not model.stateless_call(zeros, rest, X)[0].any()
    model.train()
    before = [v.clone() for v in rest]
    y, new = model.stateless_call(trained, rest, X, training=True)
    assert all(torch.equal(a, b) for a, b in zip(rest, before, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(new, before, strict=True))
    assert torch.allclose(model(X, training=True), y)
    assert all(torch.equal(a, b) for a, b in zip(rest, new, strict=True))


def test_mixed_precision_casts_them() -> None:
    layer = Mixed(dtype="mixed_bfloat16")
    assert layer(X).dtype == torch.bfloat16
    assert layer.first.weight.dtype == torch.float32


def test_layers_inside_torch_containers() -> None:
    class Listed(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = torch.nn.ModuleList([layers.Dense(4), layers.Dense(1)])
            self(X)

        def call(self, x: Any) -> Any:
            for block in self.blocks:
                x = block(x)
            return x

    model = Listed()
    before = [v.numpy().copy() for v in model.trainable_variables]
    assert len(before) == 4
    fit(model)
    after = [v.numpy() for v in model.trainable_variables]
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_buffers_and_parameters_are_registered_as_in_torch() -> None:
    class Scaled(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("kept", torch.ones(4))
            self.register_buffer("passing", torch.ones(4), persistent=False)
            self.register_parameter("scale", torch.nn.Parameter(torch.ones(4)))

        def call(self, x: Any) -> Any:
            return x * self.kept * self.passing * self.scale

    layer = Scaled()
    assert torch.equal(layer(X), X)
    assert set(layer.state_dict()) == {"kept", "scale"}
    assert [v.name for v in layer.variables] == ["scale", "kept"]
    with pytest.raises(KeyError, match="already exists"):
        layer.register_buffer("call", torch.ones(1))


class _Lazy(keras.Model):
    """Modules that take their sizes from the first input, in a model built by tracing."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = torch.nn.LazyConv2d(3, 2)
        self.norm = torch.nn.LazyBatchNorm2d()
        self.head = torch.nn.LazyLinear(1)
        self.last = keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.last(self.head(self.norm(self.convolution(x)).flatten(1)))


def test_lazy_modules_are_sized_with_the_model() -> None:
    model = _Lazy()
    model.compile("sgd", "mse")
    x = np.ones((4, 2, 5, 5), "float32")
    model.fit(x, np.ones((4, 1), "float32"), verbose=0)
    assert model.head.in_features == 3 * 4 * 4
    assert len(model.trainable_variables) == 8
    assert all(isinstance(p, torch.nn.Parameter) for p in model.head.parameters())
    again = keras.Sequential([keras.Input((5,)), torch.nn.LazyLinear(3), keras.layers.Dense(1)])
    assert again(torch.ones(2, 5)).shape == (2, 1)
    assert not torch.nn.modules.module._global_forward_pre_hooks


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.from_numpy(x.detach().numpy() * 2),
        lambda x: x * len(torch.nonzero(x[0] >= 0)),
    ],
    ids=["numpy", "nonzero"],
)
def test_layers_that_look_at_values_are_built_on_zeros(function: Any) -> None:
    class Looks(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return function(x)

    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2)(Looks()(inputs)))
    assert model.output_shape == (None, 2)
    assert model.predict(np.ones((3, 4)), verbose=0).shape == (3, 2)


def test_a_size_that_stands_for_an_unknown_one_is_explained() -> None:
    class Fails(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x @ torch.ones(3, 3)

    with pytest.raises(RuntimeError, match="89") as caught:
        Fails()(keras.Input((4,)))
    assert "The size 89 stands for one that is not known yet." in caught.value.__notes__


@pytest.mark.parametrize("make", MODELS)
def test_a_state_is_taken_as_it_is(make: Any) -> None:
    one, other = make(), make()
    state = {k: v.double() if v.is_floating_point() else v for k, v in one.state_dict().items()}
    kept = [type(w) for w in other.weights]
    other.load_state_dict(state, assign=True)
    assert [type(w) for w in other.weights] == kept
    for name, tensor in other.state_dict().items():
        assert tensor.data_ptr() == state[name].data_ptr(), name
    for mine, given in zip(other.weights, one.weights, strict=True):
        np.testing.assert_array_equal(mine.numpy(), given.numpy())
        if given.dtype == "float32":
            assert mine.dtype == "float64" and mine.trainable == given.trainable
    other.load_state_dict(one.state_dict(), assign=True)
    torch.testing.assert_close(other(X), one(X))


def test_averaged_models_have_copies_of_their_own() -> None:
    from torch.optim.swa_utils import AveragedModel

    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    average, kernels = AveragedModel(model), []
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(3):
        optimizer.zero_grad()
        model(X).square().mean().backward()
        optimizer.step()
        average.update_parameters(model)
        kernels.append(model.layers[0].kernel.numpy().copy())
    mean = average.module.layers[0].kernel.numpy()
    np.testing.assert_allclose(mean, np.mean(kernels, 0), rtol=1e-5)
    assert not np.allclose(mean, kernels[-1])


def test_pruning_names_the_way() -> None:
    from torch.nn.utils import prune

    layer = layers.Dense(3, name="last")
    layer(X)
    before = layer.kernel.numpy().copy()
    with pytest.raises(TypeError, match=r"Dense 'last': .*layer.kernel.assign\(layer.kernel \*"):
        prune.l1_unstructured(layer, "kernel", 0.5)
    np.testing.assert_array_equal(layer.kernel.numpy(), before)
    # What the message says.
    mask = torch.ones(4, 3)
    mask[0] = 0
    masked = layers.Dense(1, kernel_constraint=lambda w: w * mask[:, :1])
    model = keras.Sequential([keras.Input((4,)), masked])
    masked.kernel.assign(masked.kernel * mask[:, :1])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)
    assert masked.kernel.numpy()[0] == 0 and masked.kernel.numpy()[1] != 0


def test_what_leaves_torchs_tables_leaves_the_layer() -> None:
    layer = layers.Dense(1)
    layer(X)
    for table, value in (("_parameters", torch.nn.Parameter(X)), ("_buffers", X)):
        for leave in ("pop", "__delitem__"):
            getattr(layer, table)["extra"] = value
            assert "extra" in layer.state_dict()
            getattr(getattr(layer, table), leave)("extra")
            assert "extra" not in layer.state_dict() and not hasattr(layer, "extra")
