"""What packages take from inside Keras, here by the table: in this process, without the alias."""

import importlib
import io
import zipfile

import numpy as np
import pytest

import keras_core as keras
from keras_core.alias import inside
from keras_core.core.errors import InvalidFileError
from keras_core.testing import TestCase

ops = keras.ops


def take(path):
    """`take("utils.tracking.x")`: what the table says `keras.src.utils.tracking.x` is."""
    module, _, name = path.rpartition(".")
    home, _, attribute = inside.INSIDE[module][1][name].partition(":")
    return getattr(importlib.import_module(home), attribute)


def image(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_an_activation_put_into_the_table_of_names():
    names = take("activations.ALL_OBJECTS_DICT")
    names["thrice"] = lambda x: 3 * x
    try:
        layer = keras.layers.Activation("thrice")
        assert float(ops.sum(layer(np.ones((1, 2), "float32")))) == 6.0
    finally:
        del names["thrice"]
    assert take("backend.standardize_data_format")(None) == keras.config.image_data_format()
    with pytest.raises(ValueError, match="thrice"):
        keras.layers.Activation("thrice")


# The bases of layers -------------------------------------------------------------------------


def test_a_convolution_of_ones_own():
    class Doubled(take("layers.convolutional.base_conv.BaseConv")):
        def __init__(self, rank=2, filters=3, kernel_size=3, **kwargs):
            super().__init__(rank=rank, filters=filters, kernel_size=kernel_size, **kwargs)

        def convolution_op(self, inputs, kernel):
            return super().convolution_op(inputs, kernel * 2)

    x = image(2, 6, 6, 2)
    ours, plain = Doubled(padding="same", use_bias=False), keras.layers.Conv2D(3, 3, padding="same")
    y = ours(x)
    plain(x)
    plain.set_weights([*ours.get_weights(), np.zeros(3)])
    doubled = ops.convert_to_numpy(plain(x) * 2)
    np.testing.assert_allclose(ops.convert_to_numpy(y), doubled, rtol=1e-5, atol=1e-5)
    assert isinstance(plain, Doubled.__base__)
    assert "rank" not in ours.get_config()
    again = Doubled.from_config(ours.get_config())
    assert again.padding == "same" and not again.use_bias
    one = Doubled(1, 2, 3, padding="causal")
    assert one.compute_output_shape((None, 7, 4)) == (None, 7, 2)
    with pytest.raises(ValueError, match="rank must be 1, 2 or 3"):
        Doubled(4)


def test_poolings_of_ones_own():
    class Halving(take("layers.pooling.base_pooling.BasePooling")):
        def __init__(self, **kwargs):
            super().__init__(2, 2, pool_dimensions=2, pool_mode="average", **kwargs)

    class Norm(take("layers.pooling.base_global_pooling.BaseGlobalPooling")):
        def __init__(self, **kwargs):
            super().__init__(pool_dimensions=2, **kwargs)

        def call(self, inputs):
            return ops.norm(inputs, axis=(1, 2))

    x = image(2, 4, 4, 3)
    average = keras.layers.AveragePooling2D(2)
    np.testing.assert_allclose(Halving()(x), average(x), rtol=1e-6)
    assert isinstance(average, Halving.__base__)
    assert isinstance(keras.layers.GlobalMaxPooling2D(), Norm.__base__)
    assert Norm()(keras.Input((4, 4, 3))).shape == (None, 3)
    np.testing.assert_allclose(Norm()(x), np.sqrt((x**2).sum((1, 2))), rtol=1e-5)


def test_a_merge_of_ones_own():
    class Largest(take("layers.merging.base_merge.Merge")):
        def _merge_function(self, inputs):
            return ops.max(ops.stack(ops.broadcast_to(x, (2, 3, 4)) for x in inputs), 0)

    a, b = image(2, 3, 4), image(2, 4)
    np.testing.assert_allclose(Largest()([a, b]), np.maximum(a, b[:, None]))
    assert Largest().compute_output_shape([(None, 3, 4), (None, 4)]) == (None, 3, 4)
    assert isinstance(keras.layers.Concatenate(), Largest.__base__)
    x = keras.Input((3, 4))
    assert take("backend.get_keras_mask")(Largest()([keras.layers.Masking()(x), x])) is not None


def test_a_data_layer_of_ones_own():
    class Scale(take("layers.preprocessing.data_layer.DataLayer")):
        def call(self, x):
            return self.backend.numpy.multiply(self.backend.cast(x, "float32"), 2)

        def compute_output_shape(self, shape):
            return shape

    np.testing.assert_allclose(Scale()(np.ones((2, 3))), np.full((2, 3), 2.0))
    assert isinstance(keras.layers.RandomFlip(), Scale.__base__)
    assert isinstance(keras.layers.Normalization(), Scale.__base__)


class Leaky(keras.layers.Layer, take("layers.rnn.dropout_rnn_cell.DropoutRNNCell")):
    """Adds up what comes in, dropped out."""

    def __init__(self, dropout=0.0, recurrent_dropout=0.0):
        super().__init__()
        self.state_size = 2
        self.dropout, self.recurrent_dropout = dropout, recurrent_dropout
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, x, states, training=False):
        (h,) = states
        if training and self.dropout:
            x = x * self.get_dropout_mask(x)
        if training and self.recurrent_dropout:
            h = h * self.get_recurrent_dropout_mask(h)
        return h + x, [h + x]


def test_a_cell_of_ones_own_drops_the_same_at_every_step():
    assert isinstance(keras.layers.GRUCell(1), Leaky.__bases__[1])
    x = np.ones((64, 3, 2), "float32")
    layer = keras.layers.RNN(Leaky(dropout=0.5), return_sequences=True)
    first, again = (ops.convert_to_numpy(layer(x, training=True)) for _ in range(2))
    np.testing.assert_array_equal(np.unique(first[:, 0]), [0, 2])
    np.testing.assert_array_equal(first, first[:, :1] * [[[1], [2], [3]]])
    assert (first != again).any()
    layer = keras.layers.RNN(Leaky(recurrent_dropout=0.5), return_sequences=True)
    y = ops.convert_to_numpy(layer(x, training=True))
    kept = y[:, 1] > 1
    assert kept.any() and not kept.all()
    np.testing.assert_array_equal(y[:, 2], np.where(kept, 7.0, 1.0))
    np.testing.assert_array_equal(layer(x)[:, 2], np.full((64, 2), 3.0))


def test_a_cell_draws_its_masks_itself():
    class Halved(Leaky):
        def _create_dropout_mask(self, step_input, dropout_rate):
            return ops.ones_like(step_input) * dropout_rate

    layer = keras.layers.RNN(Halved(dropout=0.25))
    y = layer(np.ones((1, 4, 2), "float32"), training=True)
    np.testing.assert_array_equal(y, np.full((1, 2), 1.0))


# Scopes, random numbers, images' shapes --------------------------------------------------------


def test_whether_shapes_are_inferred():
    inferred = take("backend.common.symbolic_scope.in_symbolic_scope")

    class Asks(keras.layers.Layer):
        def call(self, x):
            self.answer = inferred()
            return x

    layer = Asks()
    layer(np.ones((1, 2), "float32"))
    assert layer.answer is False and not inferred()
    layer(keras.Input((2,)))
    assert layer.answer is True and not inferred()
    with keras.SymbolicScope():
        assert inferred()


def test_the_generator_behind_no_seed():
    generator = take("random.seed_generator.global_seed_generator")
    keras.utils.set_random_seed(3)
    state = generator().state.numpy()
    first = keras.random.uniform((2,))
    assert (generator().state.numpy() != state).any()
    generator().state.assign(state)
    np.testing.assert_array_equal(keras.random.uniform((2,)), first)


@pytest.mark.parametrize(
    ("given", "flat", "weights", "expected"),
    [
        (None, True, None, (64, 64, 3)),
        (None, False, "imagenet", (None, None, 3)),
        ((40, None, 5), False, None, (40, None, 5)),
        ((64, 64), False, None, "three entries"),
        ((64, None, 3), True, None, "must be known"),
        ((40, 40, 3), True, "imagenet", "must be .*64, 64.* for weights"),
        ((64, 64, 1), False, "imagenet", "3 channels"),
        ((16, 64, 3), False, None, "at least 32 by 32"),
    ],
)
def test_shapes_of_images(given, flat, weights, expected):
    obtain = take("applications.imagenet_utils.obtain_input_shape")
    for format in ("channels_last", "channels_first"):
        first = format == "channels_first"

        def turned(shape, first=first):
            whole = first and isinstance(shape, tuple) and len(shape) == 3
            return (shape[-1], *shape[:-1]) if whole else shape

        options = (turned(given), 64, 32, format, flat, weights)
        if isinstance(expected, tuple):
            assert obtain(*options) == turned(expected)
        else:
            with pytest.raises(ValueError, match=expected):
                obtain(*options)


# Operations ----------------------------------------------------------------------------------


def test_classes_of_operations():
    add, softmax = take("ops.numpy.Add"), take("ops.nn.Softmax")
    np.testing.assert_allclose(add()(np.ones(2, "float32"), 1.0), [2.0, 2.0])
    x = keras.Input((2, 2))
    model = keras.Model(x, softmax(-2)(take("ops.numpy.Reshape")((-1, 4, 1))(x + 1.0)))
    assert model.output_shape == (None, 4, 1)
    assert [isinstance(o, softmax) for o in model.operations] == [False, False, False, True]
    assert isinstance(model.operations[1], add)
    assert softmax(axis=-1).compute_output_spec(x).shape == (None, 2, 2)
    with pytest.raises(InvalidFileError, match="unknown arguments"):
        softmax(nothing=1)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("compute_pooling_output_shape", ((None, 8, 8, 3), (2, 2), (2, 2)), (None, 4, 4, 3)),
        ("compute_conv_output_shape", ((None, 8, 3), 5, (3,), 2, "same"), (None, 4, 5)),
        ("compute_conv_output_shape", ((2, 8, 3), 5, (3,), 1, "causal"), (2, 8, 5)),
        ("compute_matmul_output_shape", ((None, 2, 3), (3, 4)), (None, 2, 4)),
        ("compute_reshape_output_shape", ((2, 6), (3, -1)), (3, 4)),
        ("compute_expand_dims_output_shape", ((2, 3), 1), (2, 1, 3)),
        ("compute_transpose_output_shape", ((2, 3, 4), (2, 0, 1)), (4, 2, 3)),
        ("compute_take_along_axis_output_shape", ((2, 3), (2, 1), 1), (2, 1)),
        ("reduce_shape", ((2, 3, 4), (0, 2), True), (1, 3, 1)),
        ("broadcast_shapes", ((2, 1), (None, 3)), (2, 3)),
    ],
)
def test_shapes_of_operations(name, arguments, expected):
    assert tuple(take(f"ops.operation_utils.{name}")(*arguments)) == expected


# Files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["path", "memory", "archive"])
def test_a_store_of_values(where, tmp_path):
    store = take("saving.saving_lib.H5IOStore")
    target, archive = str(tmp_path / "values.h5"), None
    if where == "memory":
        target = io.BytesIO()
    if where == "archive":
        target, archive = "values.h5", zipfile.ZipFile(tmp_path / "all.zip", "w")
    writer = store(target, archive=archive, mode="w")
    entry = writer.make("a/b")
    entry["0"] = np.arange(3.0)
    writer.close()
    if where == "memory":
        target.seek(0)
    if where == "archive":
        archive.close()
        archive = zipfile.ZipFile(tmp_path / "all.zip")
    reader = store(target, archive=archive, mode="r")
    assert list(reader.get("a/b").keys()) == ["0"]
    np.testing.assert_array_equal(reader.get("a/b")["0"], [0, 1, 2])
    assert reader.has_path("a/b") and not reader.has_path("c") and len(reader.get("c")) == 0
    reader.close()
    if archive is not None:
        archive.close()
    with pytest.raises(ValueError, match="mode must be 'r' or 'w'"):
        store("x", mode="a")


def test_scopes_of_loading():
    in_safe_mode = take("saving.serialization_lib.in_safe_mode")
    record = take("saving.serialization_lib.record_object_after_deserialization")
    assert not in_safe_mode()
    with take("saving.serialization_lib.SafeModeScope")(True):
        assert in_safe_mode()
        shared = keras.layers.Dense(2)
        record(shared, 7)
        config = keras.saving.serialize_keras_object(keras.layers.Dense(3))
        assert keras.saving.deserialize_keras_object({**config, "shared_object_id": 7}) is shared


# Layers' insides -----------------------------------------------------------------------------


def test_private_members_of_a_layer():
    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner, self.hidden = keras.layers.Dense(1), keras.layers.Dropout(0.5, seed=1)
            self._convert_input_args = False
            self._allow_non_tensor_positional_args = True

        def _flatten_layers(self, include_self=True, recursive=True):
            found = super()._flatten_layers(include_self, recursive)
            return [layer for layer in found if layer is not self.inner]

        def call(self, x, word):
            assert isinstance(x, np.ndarray) and word == "as it is"
            return ops.convert_to_tensor(x)

    layer = Outer()
    layer(np.ones((2, 2), "float32"), "as it is")
    layer.inner.build((None, 2))
    assert layer._layers == [layer.inner, layer.hidden]
    assert layer.trainable_variables == [] and len(layer.inner._trainable_variables) == 2
    holder = keras.Sequential([layer])
    assert holder.trainable_variables == []
    assert len(layer.hidden._seed_generators) == 1
    norm = keras.layers.BatchNormalization()
    norm.build((None, 3))
    assert len(norm._trainable_variables) == len(norm._non_trainable_variables) == 2


def test_attributes_that_are_no_state():
    class Holder(keras.layers.Layer):
        @take("utils.tracking.no_automatic_dependency_tracking")
        def borrow(self, layer):
            self.borrowed = [layer]

    other, holder = keras.layers.Dense(1), Holder()
    other.build((None, 1))
    holder.borrow(other)
    holder.own = keras.layers.Dense(1)
    holder.own.build((None, 1))
    assert holder._layers == [holder.own] and holder.borrowed == [other]
    assert len(holder.variables) == 2
    assert Holder()._untracked == keras.layers.Layer._untracked


# Utilities -----------------------------------------------------------------------------------


def test_modules_and_arguments():
    lazy = take("utils.module_utils.LazyModule")
    assert lazy("json").available and lazy("json").dumps([1]) == "[1]"
    assert not lazy("no_such_module").available
    with pytest.raises(ImportError, match="pip install nothing"):
        lazy("no_such_module", pip_name="nothing").initialize()
    standardize = take("utils.argument_validation.standardize_tuple")
    assert standardize(2, 3, "size") == (2, 2, 2) and standardize([0], 1, "size", True) == (0,)
    for wrong in (0, "a", (1, "2"), (1, 2, 3)):
        with pytest.raises(ValueError, match="size must be an int above 0, or 2 of them"):
            standardize(wrong, 2, "size")
    padding = take("utils.argument_validation.standardize_padding")
    assert padding("SAME") == "same" and padding("causal", allow_causal=True) == "causal"
    with pytest.raises(ValueError, match="padding must be one of"):
        padding("causal")
    validate = take("utils.argument_validation.validate_string_arg")
    validate(None, ("a",), "Layer", "mode", allow_none=True)
    with pytest.raises(ValueError, match="Layer: mode must be one of"):
        validate("b", ("a",), "Layer", "mode")


def test_class_weights_as_sample_weights():
    weigh = take("trainers.data_adapters.data_adapter_utils.class_weight_to_sample_weights")
    np.testing.assert_array_equal(weigh(np.array([0, 1, 2]), {0: 1.0, 1: 3.0}), [1, 3, 1])
    np.testing.assert_array_equal(weigh(np.eye(2), {0: 2.0, 1: 3.0}), [2, 3])


class TestLayers(TestCase):
    def test_layer(self):
        self.run_layer_test(
            keras.layers.Dense,
            {"units": 2},
            input_shape=(3, 4),
            expected_output_shape=(3, 2),
            expected_num_trainable_weights=2,
            expected_num_seed_generators=0,
            supports_masking=True,
        )
        with pytest.raises(AssertionError):
            self.run_layer_test(
                keras.layers.Dense, {"units": 2}, (3, 4), expected_output_shape=(3, 5)
            )

    def test_values(self):
        self.assertAllClose(ops.ones((2,)), [1.0, 1.0])
        self.assertNotAllClose(keras.Variable([1.0]), [2.0])
        self.assertDType(ops.ones((2,), "int32"), "int32")
        self.run_class_serialization_test(keras.regularizers.L2(0.5))
        with pytest.raises(AssertionError):
            self.assertAllEqual(ops.ones((2,)), [1.0, 2.0])
