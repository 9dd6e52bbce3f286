"""What users rely on: threads, freezing after compile, copies, constants in graphs."""

from __future__ import annotations

import copy
import pickle
import threading
import warnings
from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from tests.autodiff import to_numpy

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
trained = pytest.mark.skipif(not backend.has("gradients"), reason="the backend has no gradients")


def _model() -> Any:
    return core.Sequential(
        [
            core.Input((4,)),
            core.layers.Dense(8, activation="relu"),
            core.layers.BatchNormalization(),
            core.layers.Dense(1),
        ]
    )


def _in_threads(work: Any, count: int = 4) -> None:
    errors: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors[0]


def test_inference_in_several_threads() -> None:
    model = _model()
    wanted = model.predict(X, verbose=0)

    def work() -> None:
        for _ in range(5):
            np.testing.assert_allclose(to_numpy(model(X)), wanted, atol=1e-5)
            np.testing.assert_allclose(model.predict(X, verbose=0), wanted, atol=1e-5)

    _in_threads(work)


def test_first_call_in_several_threads_builds_once() -> None:
    for _ in range(3):
        model = core.Sequential([core.layers.Dense(8), core.layers.Dense(2)])
        results: list[np.ndarray] = []
        _in_threads(lambda m=model, r=results: r.append(to_numpy(m(X))))
        assert len(model.weights) == 4
        for result in results:
            np.testing.assert_allclose(result, results[0], atol=1e-6)


@trained
def test_trainable_switched_after_compile() -> None:
    model = _model()
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)
    first, last = model.layers[0], model.layers[-1]
    before = [np.array(layer.kernel.numpy()) for layer in (first, last)]
    first.trainable = False
    model.fit(X, X[:, :1], verbose=0)
    np.testing.assert_array_equal(first.kernel.numpy(), before[0])
    assert not np.array_equal(last.kernel.numpy(), before[1])
    first.trainable = True
    model.fit(X, X[:, :1], verbose=0)
    assert not np.array_equal(first.kernel.numpy(), before[0])


@trained
def test_unfreezing_what_the_optimizer_does_not_know() -> None:
    model = _model()
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    model.fit(X, X[:, :1], verbose=0)
    model.layers[0].trainable = True
    with pytest.raises(ValueError, match="built for other variables"):
        model.fit(X, X[:, :1], verbose=0)
    model.compile("sgd", "mse")
    before = np.array(model.layers[0].kernel.numpy())
    model.fit(X, X[:, :1], verbose=0)
    assert not np.array_equal(model.layers[0].kernel.numpy(), before)


def _graph() -> Any:
    x = core.Input((4,))
    hidden = core.layers.Dense(4, name="hidden")
    y = core.layers.Add()([hidden(x), hidden(hidden(x))])
    return core.Model(x, {"y": core.layers.Dropout(0.5, seed=1)(y), "z": x * 2})


@pytest.mark.parametrize("make", [_model, _graph])
@pytest.mark.parametrize("way", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_share_nothing(make: Any, way: Any) -> None:
    model = make()
    if backend.has("gradients") and make is _model:
        model.compile("adam", "mse")
        model.fit(X, X[:, :1], verbose=0)
    other = way(model)
    assert [v.path for v in other.weights] == [v.path for v in model.weights]
    for a, b in zip(
        core.tree.flatten(model.predict(X, verbose=0)),
        core.tree.flatten(other.predict(X, verbose=0)),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, atol=1e-6)
    kept = np.array(model.weights[0].numpy())
    other.weights[0].assign(kept + 1)
    np.testing.assert_array_equal(model.weights[0].numpy(), kept)


def test_a_layers_result_that_becomes_a_constant_is_told() -> None:
    x = core.Input((4,))
    frozen = core.layers.Dense(3)(X[:1])
    with pytest.warns(UserWarning, match="constant of the model"):
        core.layers.Add()([core.layers.Dense(3)(x), frozen])
    with pytest.warns(UserWarning, match="dense"):
        _ = core.layers.Dense(3)(x) + frozen
    with warnings.catch_warnings():  # other arrays are constants that somebody meant
        warnings.simplefilter("error")
        core.layers.Add()([core.layers.Dense(3)(x), core.ops.ones((1, 3))])
        core.layers.Add()([core.layers.Dense(3)(x), core.layers.ReLU()(core.ops.ones((1, 3)))])


def test_training_reaches_the_layers_inside_of_one_that_does_not_take_it() -> None:
    class Outer(core.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.dropout = core.layers.Dropout(0.5, seed=0)

        def call(self, x: Any) -> Any:
            return self.dropout(x)

    ones = np.ones((4, 16), "float32")
    assert np.all(to_numpy(Outer()(ones, training=False)) == 1)
    assert np.any(to_numpy(Outer()(ones, training=True)) == 0)
    inputs = core.Input((16,))
    assert core.Model(inputs, Outer()(inputs, training=True))(ones).shape == (4, 16)


def test_a_second_build_is_refused() -> None:
    layer = core.layers.Dense(3)
    layer.build((None, 4))
    kernel = layer.kernel
    with pytest.raises(ValueError, match=r"Dense '.*': build\(\) must be called once"):
        layer.build((None, 5))
    assert layer.kernel is kernel and len(layer.weights) == 2


def test_what_is_frozen_by_the_constructor_is_frozen_inside_too() -> None:
    """Keras trains the layers inside, and moves their statistics."""

    class Outer(core.layers.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.dense = core.layers.Dense(2)
            self.norm = core.layers.BatchNormalization()

        def build(self, input_shape: Any) -> None:
            self.dense.build(input_shape)
            self.norm.build((None, 2))

        def call(self, inputs: Any, training: Any = None) -> Any:
            return self.norm(self.dense(inputs), training=training)

    layer = Outer(trainable=False)
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    layer(x)
    before = layer.get_weights()
    layer(x, training=True)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert not (layer.dense.trainable or layer.trainable_variables)
    layer.trainable = True
    assert len(layer.trainable_variables) == 4
    half = Outer(trainable=False)
    half.dense.trainable = True
    half(x)
    assert half.dense.trainable and not half.norm.trainable


def test_freezing_leaves_the_order_of_weights_as_it_is(tmp_path: Any) -> None:
    """In lists of arrays and in files, which know weights by their places."""
    x = core.Input((3,))
    model = core.Model(x, core.layers.LayerNormalization(name="norm")(x))
    layer = model.get_layer("norm")
    values = [np.array([1.0, 2.0, 3.0], "float32"), np.array([4.0, 5.0, 6.0], "float32")]
    layer.set_weights(values)
    layer.gamma.trainable = False
    assert [v.name for v in layer.weights] == ["gamma", "beta"]
    path = str(tmp_path / "model.keras")
    model.save(path)
    for found in (layer, core.saving.load_model(path).get_layer("norm")):
        for a, b in zip(found.get_weights(), values, strict=True):
            np.testing.assert_array_equal(a, b)
    adapted = core.layers.Dense(2)
    adapted.build((None, 3))
    adapted.enable_lora(1)
    assert [v.name for v in adapted.weights][:2] == ["kernel", "bias"]


def test_a_frozen_layers_variables_are_frozen() -> None:
    """So that loops which look at the variables, or at torch's `requires_grad`, see it too."""

    def trained(layer: Any) -> list[str]:
        found = [v for v in layer.weights if getattr(v.value, "requires_grad", v.trainable)]
        assert [v for v in layer.weights if v.trainable] == found
        return [v.name for v in found]

    late = core.layers.Dense(2, trainable=False)
    late.build((None, 3))
    norm = core.layers.BatchNormalization()
    model = core.Sequential([late, norm])
    model.build((None, 3))
    assert trained(model) == ["gamma", "beta"]
    model.trainable = False
    assert not trained(model)
    model.trainable = True
    assert trained(model) == ["kernel", "bias", "gamma", "beta"]
    late.bias.trainable = False  # by hand: a layer that is thawed leaves it
    model.trainable = False
    model.trainable = True
    assert trained(model) == ["kernel", "gamma", "beta"]
    late.bias.trainable = True
    assert trained(model) == ["kernel", "bias", "gamma", "beta"]


@pytest.mark.parametrize("rows", [1, 4])
def test_the_batch_leaves_the_weight_of_activity_penalties(rows: int) -> None:
    layer = core.layers.Activation("linear", activity_regularizer=core.regularizers.L1(0.5))
    layer(np.ones((rows, 3), "float32"))
    assert float(layer.losses[0]) == 1.5
    x = core.Input((3,))
    model = core.Model(x, core.layers.ActivityRegularization(l1=0.5)(x))
    model.compile(loss="mse", jit_compile=False)
    ones = np.ones((rows, 3), "float32")
    assert model.evaluate(ones, ones, verbose=0) == pytest.approx(1.5)
    total = core.layers.Lambda(core.ops.sum, activity_regularizer=core.regularizers.L1(0.5))
    total(ones)  # a result without a batch is as it is
    assert float(total.losses[0]) == 1.5 * rows


def test_a_mask_that_is_an_argument_reaches_the_layers_after() -> None:
    x, mask = np.ones((1, 3, 2), "float32"), np.array([[True, False, True]])
    inputs, given = core.Input((3, 2)), core.Input((3,), dtype="bool")
    first, second = core.layers.LSTM(2, return_sequences=True), core.layers.LSTM(2)
    outputs = second(first(inputs, mask=given))
    model = core.Model([inputs, given], outputs)
    wanted = to_numpy(second(first(x, mask=mask), mask=mask))
    np.testing.assert_allclose(model.predict([x, mask], verbose=0), wanted, atol=1e-6)


def test_only_ids_have_the_mask_of_zeros() -> None:
    """The way back of a ReversibleEmbedding hands on the mask that its vectors have."""
    layer = core.layers.ReversibleEmbedding(5, 3, mask_zero=True)
    vectors = layer(core.Input((3,), dtype="int32"))
    ids: Any = vectors._keras_mask
    assert ids.shape == (None, 3) and layer(vectors, reverse=True)._keras_mask is ids
    assert layer(core.Input((3, 3)), reverse=True)._keras_mask is None
    loose = layer(np.zeros((1, 3, 3), "float32"), reverse=True)
    assert getattr(loose, "_keras_mask", None) is None


def test_build_may_take_shapes_by_any_name_or_none() -> None:
    """Keras hands none on to `**shapes`."""

    class Any_(core.layers.Layer):
        def build(self, **shapes: Any) -> None:
            self.found = shapes

        def call(self, a: Any, b: Any = None) -> Any:
            return a if b is None else a + b

    class None_(core.layers.Layer):
        def build(self) -> None:  # type: ignore[override]
            self.scale = self.add_weight(shape=(), initializer="ones")

        def call(self, a: Any) -> Any:
            return a * self.scale

    x = np.ones((2, 3), "float32")
    layer, single = Any_(), Any_()
    layer(x, b=x[:1])
    single(x)
    assert layer.found == {"a_shape": (2, 3), "b_shape": (1, 3)}
    again = Any_()
    again.build_from_config(single.get_build_config() or {})
    assert single.found == again.found == {"a_shape": (2, 3)}
    assert tuple(None_()(x).shape) == (2, 3) and None_()(core.Input((3,))).shape == (None, 3)
