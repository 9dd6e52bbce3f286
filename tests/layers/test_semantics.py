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


def test_variables_stand_for_their_values_in_stateless_calls() -> None:
    layer = core.layers.BatchNormalization()
    layer.build((None, 4))
    for own, statistics in (
        (layer.trainable_variables, layer.non_trainable_variables),
        ([v.tensor for v in layer.trainable_variables], [*layer.non_trainable_variables]),
    ):
        outputs, states = layer.stateless_call(own, statistics, core.ops.convert_to_tensor(X))
        np.testing.assert_allclose(to_numpy(outputs), to_numpy(layer(X)), rtol=1e-6)
        assert len(states) == len(statistics)
    other = core.Variable(np.full(4, 2.0, "float32"))
    with core.StatelessScope([(layer.gamma, other)]):
        np.testing.assert_array_equal(to_numpy(layer.gamma.tensor), 2)
    np.testing.assert_array_equal(layer.gamma.numpy(), 1)


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


class _Told(core.layers.Layer):
    """Keeps what its calls were told."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._register_call_context_args("level")
        self.told: list[Any] = []

    def call(self, x: Any, training: Any = None, level: Any = None) -> Any:
        self.told.append((training, level))
        return x


class _Around(core.layers.Layer):
    """A layer inside, of whose arguments `call` knows nothing."""

    def __init__(self, inner: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = inner

    def call(self, x: Any) -> Any:
        return self.inner(x)


@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_the_mask_of_a_model_inside_of_another_comes_with_the_values(kind: str) -> None:
    """The symbolic one belongs to the inner model's own inputs, which the outer one has not."""
    ids = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    embedding = core.layers.Embedding(5, 2, mask_zero=True)
    recurrent = core.layers.SimpleRNN(3)
    if kind == "functional":
        start = core.Input((4,), dtype="int32")
        inner = core.Model(start, embedding(start))
    else:
        inner = core.Sequential([embedding])
    outer_start = core.Input((4,), dtype="int32")
    model = core.Model(outer_start, recurrent(inner(outer_start)))
    wanted = recurrent(embedding(ids), mask=core.ops.convert_to_tensor(ids != 0))
    np.testing.assert_allclose(to_numpy(model(ids)), to_numpy(wanted), atol=1e-6)
    assert [layer.name for layer in model.layers[1:]] == [inner.name, recurrent.name]
    twin = core.Model.from_config(model.get_config())
    twin.set_weights(model.get_weights())
    np.testing.assert_allclose(to_numpy(twin(ids)), to_numpy(wanted), atol=1e-6)


def test_masks_of_several_inputs_that_only_values_have_are_looked_for_in_them() -> None:
    class Counting(core.layers.Layer):
        def call(self, inputs: Any, mask: Any = None) -> Any:
            return sum(core.ops.sum(core.ops.cast(m, "int32"), 1) for m in mask)

        def compute_output_shape(self, input_shape: Any) -> Any:
            return (input_shape[0][0],)

    ids = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    inner = core.Sequential([core.layers.Embedding(5, 2, mask_zero=True)])
    a, b = core.Input((4,), dtype="int32"), core.Input((4,), dtype="int32")
    model = core.Model([a, b], Counting()([inner(a), inner(b)]))
    np.testing.assert_array_equal(to_numpy(model([ids, ids])), [4, 2])
    written = [[[True] * 4, [True, False, False, False]]]  # as a list is a mask all the same
    np.testing.assert_array_equal(to_numpy(Counting()([X[:2, :, None]], mask=written)), [4, 1])


def test_a_graph_keeps_training_for_layers_inside_of_one_that_does_not_take_it() -> None:
    told = _Told()
    start = core.Input((3,))
    model = core.Model(start, _Around(told)(start, training=True))
    told.told.clear()
    model(X[:, :3])
    assert told.told == [(True, None)]
    twin = core.Model.from_config(
        model.get_config(), custom_objects={"_Told": _Told, "_Around": _Around}
    )
    inner = twin.layers[1].inner
    inner.told.clear()
    twin(X[:, :3])
    assert inner.told == [(True, None)]


def test_arguments_of_the_call_context_reach_layers_at_any_depth() -> None:
    told, deaf = _Told(), _Told()
    deaf._context_args = frozenset()
    outer = _Around(core.Sequential([_Around(told), deaf]))
    outer._register_call_context_args("level")
    x = X[:, :3]
    for values in ({"level": 2}, {}, {"level": 3, "training": True}):
        outer(x, **values)
    assert told.told[-3:] == [(None, 2), (None, None), (True, 3)]
    assert [level for _, level in deaf.told[-3:]] == [None] * 3

    start = core.Input((3,))
    for model in (core.Sequential([_Around(told)]), core.Model(start, _Around(told)(start))):
        model(x, level=5)  # which the layer inside has registered
        assert told.told[-1] == (None, 5)
    told(x, level=6)
    assert told.told[-1] == (None, 6)
    with pytest.raises(TypeError, match="has no argument 'level'"):
        _Around(told)(x, level=1)


def test_what_was_never_called_in_a_graph_has_no_output() -> None:
    layer = core.layers.Dense(2)
    assert not hasattr(layer, "output")
    with pytest.raises(AttributeError, match="never called on KerasTensors"):
        _ = layer.input
    query, value = core.Input((4, 3)), core.Input((5, 3))
    attention = core.layers.MultiHeadAttention(2, 2)
    attention(query, value=value)
    assert [x is y for x, y in zip(attention.input, [query, value], strict=True)] == [True] * 2
    several = core.layers.Identity()
    several({"a": query, "b": value})
    assert len(several.input) == 2


def test_a_weight_whose_attribute_is_deleted_goes() -> None:
    layer = core.layers.Dense(2)
    layer.build((None, 3))
    del layer.bias
    assert [v.name for v in layer.weights] == ["kernel"]
    layer.alias = layer.kernel
    del layer.alias
    assert [v.name for v in layer.weights] == ["kernel"]


def test_masks_go_from_call_to_call() -> None:
    """Where tensors take no attributes too, and no longer than the tensor lives."""
    from keras_core.core import masks

    ids = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    embedding, recurrent = core.layers.Embedding(5, 2, mask_zero=True), core.layers.SimpleRNN(3)
    x = embedding(ids)
    wanted = recurrent(x, mask=core.ops.convert_to_tensor(ids != 0))
    np.testing.assert_allclose(to_numpy(recurrent(x)), to_numpy(wanted), atol=1e-6)
    count = len(masks._apart)
    del x
    assert len(masks._apart) <= max(count - 1, 0)


def test_weights_come_in_the_order_in_which_they_were_set() -> None:
    """Those of `add_weight` and variables set as attributes alike: files of Keras go by it."""

    class Mixed(core.layers.Layer):
        def __init__(self, other: Any) -> None:
            super().__init__()
            self.before = core.Variable(0.0, name="before")
            self.first = self.add_weight(shape=(), name="first")
            self.between = [core.Variable(1.0, name="between")]
            self.tied = other
            self.add_weight(shape=(), name="held_nowhere")

        def build(self, input_shape: Any) -> None:
            self.last = self.add_weight(shape=(), name="last")
            self.after = core.Variable(2.0, name="after")

        def call(self, x: Any) -> Any:
            return x

    layer = Mixed(core.Variable(3.0, name="tied"))
    layer(X)
    wanted = ["before", "first", "between", "tied", "held_nowhere", "last", "after"]
    assert [v.name for v in layer.weights] == wanted


def test_a_stack_whose_input_is_known_is_built_again_when_it_changes() -> None:
    model = core.Sequential([core.layers.Dense(2), core.layers.Dense(5)])
    model.build((None, 4))
    model.pop()
    assert model.built and model.output_shape == (None, 2)
    model.add(core.layers.Dense(3))
    assert model.output_shape == (None, 3) and len(model.weights) == 4
    by_data = core.Sequential([core.layers.Dense(2)])
    by_data(X)
    by_data.add(core.layers.Dense(3))
    assert len(by_data.weights) == 4 and tuple(by_data(X[:3]).shape) == (3, 3)
    by_data.pop()
    by_data.pop()
    by_data.add(core.layers.Dense(2))  # of nothing nothing is known
    assert tuple(by_data(X[:, :1]).shape) == (16, 2)


def test_the_result_of_an_einsum_has_a_shape_before_its_kernel_has() -> None:
    layer = core.layers.EinsumDense("abc,bd->adc", (4, None))
    assert layer.compute_output_shape((None, None, 5)) == (None, 4, 5)
    with pytest.raises(ValueError, match="kernel's axis 'b' must follow"):
        layer.build((None, None, 5))
    layer.build((None, 3, 5))
    assert layer(core.Input((None, 5))).shape == (None, 4, 5)


def _stacks(package: Any) -> list[Any]:
    """Layers whose lists and dicts are filled after other attributes were set."""
    dense = package.layers.Dense

    class Filled(package.Model):
        def __init__(self) -> None:
            super().__init__()
            self.convs: list[Any] = []
            self.norms: list[Any] = []
            self.named: dict[str, Any] = {}
            self.first = dense(1, name="first")
            for i in range(2):
                self.convs.append(dense(1, name=f"conv{i}"))
                self.norms.append(dense(1, name=f"norm{i}"))
            self.named["x"] = dense(1, name="x")
            self.last = dense(1, name="last")
            self.convs.append(dense(1, name="conv2"))

        def call(self, x: Any) -> Any:
            x = self.first(x)
            for conv, norm in zip(self.convs, self.norms, strict=False):
                x = norm(conv(x))
            return self.convs[2](self.last(self.named["x"](x)))

    class Given(package.Model):
        def __init__(self, other: Any) -> None:
            super().__init__()
            convs, norms = [], []
            for i in range(2):
                convs.append(dense(1, name=f"conv{i}"))
                norms.append(dense(1, name=f"norm{i}"))
            head = dense(1, name="head")
            self.norms, self.other, self.convs = norms, other, convs
            self.tail = dense(1, name="tail")
            self.head = head

        def call(self, x: Any) -> Any:
            for layer in (*self.norms, *self.convs, self.other, self.tail, self.head):
                x = layer(x)
            return x

    class Built(package.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks: list[Any] = []

        def build(self, input_shape: Any) -> None:
            self.stem = dense(1, name="stem")
            for i in range(2):
                self.blocks.append(dense(1, name=f"block{i}"))
            self.head = dense(1, name="head")
            for layer in (self.stem, *self.blocks, self.head):
                layer.build((None, 1))

        def call(self, x: Any) -> Any:
            return self.head(self.blocks[1](self.blocks[0](self.stem(x))))

    return [Filled(), Given(dense(1, name="other")), Built()]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_weights_stand_where_their_layers_were_put_in(which: int, keras: Any) -> None:
    """`set_weights`, and the optimizer's variables in files, go by that order."""
    orders = []
    for package in (core, keras):
        model = _stacks(package)[which]
        model(np.ones((2, 1), "float32"))
        orders.append([w.path.split("/")[-2] for w in model.weights])
    ours, theirs = orders
    assert ours == theirs


def test_the_order_of_weights_is_that_of_the_original_in_copies() -> None:
    for model in _stacks(core):
        model(np.ones((2, 1), "float32"))
        twin = copy.deepcopy(model)
        assert [w.path for w in twin.weights] == [w.path for w in model.weights]


@pytest.mark.parametrize("axis", [1, -2])
@pytest.mark.parametrize("turned", [False, True])
def test_masked_and_other_sequences_are_joined_in_time(keras: Any, axis: int, turned: bool) -> None:
    """In a model, where the batch has no size yet: all steps of the others count."""
    x = np.ones((2, 3, 4), "float32")
    x[0, 2] = 0.0

    def found(package: Any) -> Any:
        inputs = package.Input((3, 4))
        parts = [package.layers.Masking()(inputs), inputs]
        joined = package.layers.Concatenate(axis=axis)(parts[::-1] if turned else parts)
        mean = package.layers.GlobalAveragePooling1D()(joined)
        return package.ops.convert_to_numpy(package.Model(inputs, mean)(x))

    wanted = np.array([[0.8] * 4, [1.0] * 4])
    np.testing.assert_allclose(found(core), wanted, rtol=1e-6)
    np.testing.assert_allclose(found(keras), wanted, rtol=1e-6)


@pytest.mark.parametrize("masked", ["110", "101", "011", "111"])
@pytest.mark.parametrize("name", ["Multiply", "Maximum", "Minimum"])
def test_what_is_masked_does_not_come_into_what_is_merged(
    keras: Any, name: str, masked: str
) -> None:
    """A place that one input masks and another does not counts: with the other's value alone."""
    ids = [np.array(rows, "int32") for rows in ([[1, 2, 0, 0]], [[3, 0, 1, 0]], [[0, 4, 2, 0]])]
    table = np.random.default_rng(3).normal(size=(5, 3)).astype("float32")
    found = []
    for package in (core, keras):
        inputs = [package.Input((4,), dtype="int32") for _ in ids]
        tables = [package.layers.Embedding(5, 3, mask_zero=m == "1") for m in masked]
        merged = getattr(package.layers, name)()(
            [embed(x) for embed, x in zip(tables, inputs, strict=True)]
        )
        model = package.Model(inputs, merged)
        for embed in tables:
            embed.set_weights([table])
        found.append([model.predict(ids, verbose=0), to_numpy(model(ids))])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_a_masked_value_of_lower_rank_is_left_out() -> None:
    embedding = core.layers.Embedding(5, 2, mask_zero=True)
    embedding.build((None, 2))
    embedding.set_weights([np.arange(10, dtype="float32").reshape(5, 2)])
    lower = embedding(np.array([[2, 0]], "int32"))  # (1, 2, 2), with a mask (1, 2)
    higher = core.ops.convert_to_tensor(np.full((1, 3, 2, 2), 3.0, "float32"))
    found = to_numpy(core.layers.Multiply()([lower, higher]))
    np.testing.assert_array_equal(found, [[[[12, 15], [3, 3]]] * 3])
