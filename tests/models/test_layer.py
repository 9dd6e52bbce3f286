"""The layer protocol: building, calling, state, masks, losses, dtypes, errors."""

import copy
import pickle

import numpy as np
import pytest

import keras_core
from keras_core import ops
from keras_core.backends.select import backend


class Scale(keras_core.Layer):
    """One weight a channel; the smallest layer with state."""

    def __init__(self, start="ones", **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight(
            shape=(input_shape[-1],), initializer=self.start, name="factor"
        )

    def call(self, x):
        return ops.multiply(x, self.factor)


class Block(keras_core.Layer):
    """Layers as attributes, in a list, and in a dict."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = Scale()
        self.many = [Scale(), Scale()]
        self.named = {"last": Scale()}

    def call(self, x, training=False):
        x = self.first(x)
        for layer in self.many:
            x = layer(x)
        return self.named["last"](x)


class Records(keras_core.Layer):
    """Keeps the `training` it was called with."""

    def call(self, x, training=None):
        self.seen = training
        return x


def values(x):
    return backend.arrays.convert_to_numpy(x)


def ones(*shape):
    return ops.ones(shape)


def test_build_once_then_call():
    layer = Scale(name="s")
    assert not layer.built and layer.variables == []
    y = layer(np.ones((2, 3)))
    assert layer.built and tuple(y.shape) == (2, 3)
    assert [v.path for v in layer.variables] == ["s/factor"]
    kept = layer.factor
    layer(np.ones((4, 3)))
    assert layer.factor is kept


def test_state_is_found_in_attributes_lists_and_dicts_in_order():
    block = Block(name="b")
    block(ones(1, 2))
    paths = [v.path for v in block.variables]
    assert len(paths) == 4 and all(p.startswith("b/scale") for p in paths)
    assert [layer.name for layer in block._flatten_layers()][1] == block.first.name
    block.many.append(Scale())
    block.many[-1](ones(1, 2))
    assert len(block.variables) == 5
    assert isinstance(block.many, list) and type(block.many) is list
    del block.first
    assert len(block.variables) == 4


def test_shared_layers_count_once():
    block = Block()
    block.again = block.first
    block(ones(1, 2))
    assert len(block.variables) == 4


def test_trainable_goes_down_and_can_be_switched():
    block = Block()
    block(ones(1, 2))
    block.many[0].trainable = False
    assert len(block.trainable_variables) == 3 and len(block.non_trainable_variables) == 1
    block.trainable = False
    assert block.trainable_variables == [] and len(block.non_trainable_variables) == 4
    block.trainable = True
    assert len(block.trainable_variables) == 4


def test_training_is_passed_down_and_back():
    class Outer(keras_core.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Records()

        def call(self, x, training=False):
            return self.inner(x)

    outer = Outer()
    outer(ones(1), training=True)
    assert outer.inner.seen is True
    outer(ones(1))
    assert outer.inner.seen is False
    outer.inner(ones(1))
    assert outer.inner.seen is None


def test_explicit_training_wins():
    class Outer(keras_core.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Records()

        def call(self, x, training=False):
            return self.inner(x, training=False)

    outer = Outer()
    outer(ones(1), training=True)
    assert outer.inner.seen is False


def test_symbolic_call_has_the_shape_of_the_concrete_one():
    layer = Scale()
    y = layer(keras_core.Input((3,)))
    assert isinstance(y, keras_core.KerasTensor) and y.shape == (None, 3)
    assert tuple(layer(ones(2, 3)).shape) == (2, 3)


@pytest.mark.skipif(keras_core.config.backend() == "jax", reason="JAX's shapes are no arrays")
def test_a_symbolic_call_may_compute_shapes_as_tensors():
    class Causal(keras_core.layers.Layer):
        def call(self, x):
            size = ops.shape(x)
            mask = ops.tril(ops.ones((1, size[1], size[1])))
            times = ops.concatenate([ops.expand_dims(size[0], -1), [1, 1]], 0)
            return ops.matmul(ops.tile(mask, times), x)

    inputs = keras_core.Input((3, 2))
    outputs = Causal()(inputs)
    assert outputs.shape == (None, 3, 2)
    y = keras_core.Model(inputs, outputs)(np.ones((4, 3, 2), "float32"))
    np.testing.assert_array_equal(np.asarray(y)[2], [[1, 1], [2, 2], [3, 3]])


def test_a_symbolic_call_may_add_a_loss_of_sequences():
    class Transcribes(keras_core.layers.Layer):
        def call(self, labels, x):
            ones = ops.ones_like(labels[:, 0])
            loss = ops.ctc_loss(labels, x, ones * 2, ones * 5)
            self.add_loss(ops.mean(loss))
            return x

    labels, x = keras_core.Input((2,), dtype="int32"), keras_core.Input((5, 4))
    assert Transcribes()(labels, x).shape == (None, 5, 4)


def test_several_inputs_are_built_by_name():
    class Two(keras_core.Layer):
        def build(self, left_shape, right_shape):
            self.shapes = (left_shape, right_shape)

        def call(self, left, right=None):
            return left

    layer = Two()
    layer(ones(1, 2), right=ones(1, 3))
    assert layer.shapes == ((1, 2), (1, 3))
    assert layer.get_build_config() == {
        "shapes_dict": {"left_shape": (1, 2), "right_shape": (1, 3)}
    }


def test_a_model_is_built_from_whole_numbers_where_its_call_needs_them():
    class Picks(keras_core.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = keras_core.layers.Dense(3)

        def call(self, inputs):
            return self.dense(ops.take_along_axis(inputs[0], inputs[1], axis=1))

    called, built = Picks(), Picks()
    x = [np.ones((2, 4), "float32"), np.zeros((2, 2), "int32")]
    assert tuple(called(x).shape) == (2, 3)
    built.build([(2, 4), (2, 2)])  # as loading it does
    assert [tuple(v.shape) for v in built.weights] == [(2, 3), (3,)]
    with pytest.raises(ValueError, match="could not be built"):
        Picks().build([(2, 4), (3, 2, 2)])


class Made(keras_core.Layer):
    """What it makes when it is built, and a layer that makes a source of seeds then."""

    def __init__(self):
        super().__init__()
        self.attention = keras_core.layers.MultiHeadAttention(1, 2, dropout=0.5)

    def build(self, input_shape):
        self.seeds = keras_core.random.SeedGenerator(3)
        self.array = keras_core.Variable(np.ones(2, "float32"))
        self.numbers = keras_core.Variable([1.0, 2.0])
        self.given = self.add_weight(
            shape=(2,), initializer=lambda shape, dtype: 2.0 * ops.ones(shape, dtype)
        )
        self.table = ops.arange(3)

    def call(self, x):
        return self.attention(x, x) * self.given[0]


class _LateNoise(keras_core.Layer):
    """Makes its source of seeds in its first call."""

    def call(self, x):
        if not hasattr(self, "seeds"):
            self.seeds = keras_core.random.SeedGenerator(5)
        return x + keras_core.random.normal(ops.shape(x), seed=self.seeds)


def test_what_is_made_while_the_call_of_a_model_is_traced_has_values():
    class Model(keras_core.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.noise = Made(), Made(), _LateNoise()

        def call(self, inputs):
            a, b = inputs
            return self.noise(self.second(self.first(a))) + b

    x = np.ones((2, 3, 4), "float32")
    built = Model()
    built.build([(None, 3, 4), (None, 3, 4)])
    called = Model()
    assert called([x, x]).shape == x.shape
    for model in (built, called):
        layer = model.first
        found = [layer.array, layer.numbers, layer.given, layer.table]
        expected = [[1, 1], [1, 2], [2, 2], [0, 1, 2]]
        for value, numbers in zip(found, expected, strict=True):
            np.testing.assert_array_equal(ops.convert_to_numpy(value), numbers)
        assert layer.seeds.state.numpy().tolist() == [3, 0]
        assert model.noise.seeds.state.numpy()[0] == 5
        assert model([x, x]).shape == x.shape


def test_list_input_gives_a_list_of_shapes():
    class Sum(keras_core.Layer):
        def build(self, input_shape):
            self.shapes = input_shape

        def call(self, inputs):
            return inputs[0]

    layer = Sum()
    layer([ones(1, 2), ones(1, 3)])
    assert layer.shapes == [(1, 2), (1, 3)]


def test_weights_round_trip_and_wrong_ones_change_nothing():
    layer = Scale()
    layer.build((None, 2))
    layer.set_weights([np.array([3.0, 4.0])])
    assert layer.get_weights()[0].tolist() == [3.0, 4.0]
    with pytest.raises(ValueError, match="must have shape"):
        layer.set_weights([np.ones(3)])
    with pytest.raises(ValueError, match="needs 1 arrays"):
        layer.set_weights([])
    assert layer.get_weights()[0].tolist() == [3.0, 4.0]


def test_stateless_call_changes_nothing():
    layer = Scale()
    layer.build((None, 2))
    y, rest = layer.stateless_call([ops.ones((2,)) * 5], [], ones(1, 2))
    assert backend.arrays.convert_to_numpy(y).tolist() == [[5.0, 5.0]] and rest == []
    assert layer.get_weights()[0].tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match="must hold 1 values"):
        layer.stateless_call([], [], ones(1, 2))


def test_losses_are_those_of_the_last_call():
    class Penalized(keras_core.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    layer = Penalized()
    layer(ones(3))
    layer(ones(2))
    assert [float(x) for x in layer.losses] == [2.0]


def test_regularizers_are_losses_of_trainable_weights():
    class Regular(keras_core.Layer):
        def build(self, input_shape):
            self.w = self.add_weight(shape=(2,), initializer="ones", regularizer="l2")

        def call(self, x):
            return x

    layer = Regular()
    layer(ones(1, 2))
    assert values(layer.losses[0]) == pytest.approx(0.02)
    layer.trainable = False
    assert layer.losses == []


def test_activity_regularizer_sees_the_output():
    layer = Scale(activity_regularizer="l1")
    layer(ones(2, 2))
    assert values(layer.losses[0]) == pytest.approx(0.02)  # a half of the sum, for two rows


def test_mixed_policy_computes_low_and_keeps_high():
    layer = Scale(dtype="mixed_float16")
    y = layer(ones(1, 2))
    assert keras_core.backend.standardize_dtype(y.dtype) == "float16"
    assert layer.factor.dtype == "float32"
    assert layer(keras_core.Input((2,))).dtype == "float16"


def test_integer_inputs_keep_their_dtype():
    y = Records()(ops.cast(ones(2), "int32"))
    assert keras_core.backend.standardize_dtype(y.dtype) == "int32"


def test_masks_reach_the_next_layer_through_those_that_support_them():
    class Start(keras_core.Layer):
        def call(self, x):
            return ops.multiply(x, 1.0)

        def compute_mask(self, inputs, previous_mask):
            return ops.not_equal(inputs, 0.0)

    class Through(keras_core.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, x):
            return ops.multiply(x, 2.0)

    class Stops(keras_core.Layer):
        def call(self, x):
            return ops.multiply(x, 2.0)

    class End(keras_core.Layer):
        def call(self, x, mask=None):
            self.seen = mask
            return x

    class Chain(keras_core.Layer):
        def __init__(self, middle):
            super().__init__()
            self.start, self.middle, self.end = Start(), middle, End()

        def call(self, x):
            return self.end(self.middle(self.start(x)))

    x = ops.convert_to_tensor([[1.0, 0.0]])
    kept, lost = Chain(Through()), Chain(Stops())
    kept(x)
    with pytest.warns(UserWarning, match="Stops 'stops.*neither uses nor hands on"):
        lost(x)
    assert backend.arrays.convert_to_numpy(kept.end.seen).tolist() == [[True, False]]
    assert lost.end.seen is None


def test_config_is_captured_from_the_constructor():
    class Custom(keras_core.Layer):
        def __init__(self, units, rate=0.5, **kwargs):
            super().__init__(**kwargs)

    layer = Custom(3, rate=0.1, name="c")
    config = layer.get_config()
    assert config["units"] == 3 and config["rate"] == 0.1 and config["name"] == "c"
    assert Custom.from_config(config).name == "c"


def test_copies_and_pickles():
    layer = Scale()
    layer(ones(1, 2))
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        again.factor.assign([7.0, 7.0])
        assert tuple(again(ones(1, 2)).shape) == (1, 2)
    assert layer.get_weights()[0].tolist() == [1.0, 1.0]


class Forgets(keras_core.Layer):
    def __init__(self):
        self.units = 3

    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("action", "error", "match"),
    [
        (lambda: keras_core.Layer(foo=1), ValueError, "unknown argument"),
        (lambda: keras_core.Layer(name="a/b"), ValueError, "without '/'"),
        (lambda: keras_core.Layer(trainable="yes"), ValueError, "trainable must be a bool"),
        (lambda: keras_core.Layer()(ones(1)), NotImplementedError, "must define a `call"),
        (lambda: Scale()(ones(1, 2), ones(1)), TypeError, "positional"),
        (lambda: Scale()(ones(1, 2), other=3), TypeError, "no argument 'other'"),
        (lambda: Scale()("text"), ValueError, "must be a tensor"),
        (lambda: Scale().count_params(), ValueError, "needs a built layer"),
        (lambda: Scale().stateless_call([], []), ValueError, "needs a built layer"),
        (lambda: Forgets()(ones(1)), (RuntimeError, AttributeError), "super\\(\\).__init__|_fast"),
    ],
)
def test_errors_say_what_is_wrong(action, error, match):
    with pytest.raises(error, match=match):
        action()


def test_input_spec_is_checked_with_the_layer_named():
    layer = Scale(name="s")
    layer(ones(1, 2))
    layer.input_spec = keras_core.InputSpec(ndim=2, axes={-1: 2})
    with pytest.raises(ValueError, match=r"Scale 's'.*axis -1.*size 2.*shape=\(1, 3\)"):
        layer(ones(1, 3))
    with pytest.raises(ValueError, match="expected ndim=2"):
        layer(ones(2))


def test_every_layer_may_be_told_whether_it_trains():
    class Outer(keras_core.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = keras_core.layers.Dropout(0.5, seed=1)

        def call(self, x):
            return self.inner(x)

    outer, x = Outer(), np.ones((4, 100), "float32")
    assert not np.array_equal(outer(x, training=True), x)
    assert np.array_equal(outer(x, training=False), x)
    assert np.array_equal(outer(x), x)
