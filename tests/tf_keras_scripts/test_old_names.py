"""Old spellings work, or their error has the new one."""

import numpy as np
import pytest

import keras_core as keras
from keras_core import backend as K

x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def model():
    return keras.Sequential([keras.layers.Dense(1, batch_input_shape=(None, 4))])


@pytest.mark.parametrize(
    ("use", "new"),
    [
        (lambda: keras.layers.CuDNNLSTM(2), "keras.layers.LSTM"),
        (lambda: keras.layers.LSTM(2, implementation=2), "leave it out"),
        (lambda: keras.layers.LSTM(2, time_major=True), "ops.swapaxes"),
        (lambda: keras.layers.BatchNormalization(fused=True), "leave it out"),
        (lambda: keras.Model(input=1, output=2), "write inputs="),
        (lambda: keras.losses.Reduction.validate("mean"), "key must be one of"),
        (lambda: keras.layers.RandomHeight(0.2), "keras.layers.RandomZoom"),
        (lambda: keras.layers.ThresholdedReLU(-1.0), "theta must be"),
        (lambda: keras.utils.np_utils, "keras.utils.to_categorical"),
        (lambda: keras.utils.multi_gpu_model, "DataParallel"),
        (lambda: keras.wrappers.scikit_learn, "SKLearnClassifier"),
        (lambda: keras.mixed_precision.experimental, "set_global_policy"),
        (lambda: keras.estimator, "Model.fit"),
        (lambda: model().fit_generator, r"fit\(\), which takes generators"),
        (lambda: model().predict_classes, r"argmax\(axis=-1\)"),
        (lambda: model().to_yaml, "to_json"),
        (lambda: model().layers[0].output_shape, "layer.output.shape"),
        (lambda: keras.metrics.Mean().reset_states, "reset_state"),
        (lambda: keras.optimizers.SGD().minimize, "value_and_grad"),
        (lambda: keras.optimizers.legacy.SGD(), "keras.optimizers.SGD"),
        (lambda: K.learning_phase(), "the argument `training`"),
        (lambda: K.function, "a keras.Model"),
        (lambda: K.local_conv1d, "keras.ops.conv"),
        (lambda: K.nothing_known, "keras.ops and keras.random"),
        (lambda: model().fit(x, x, workers=2, use_multiprocessing=True), "PyDataset, as workers="),
        (lambda: keras.callbacks.ModelCheckpoint("a.keras", period=2), "write save_freq="),
        (lambda: keras.callbacks.TensorBoard("x", write_grads=True), "leave it out"),
        (lambda: keras.layers.Conv2D(2, 2, dim_ordering="tf"), "write data_format="),
        (lambda: model().fit(x, x, nb_epoch=2), "write epochs="),
        (lambda: keras.experimental.CosineDecay, "keras.optimizers.schedules"),
        (lambda: keras.utils.experimental, "PyDataset"),
        (lambda: keras.layers.experimental.RandomFourierFeatures, "ops.cos"),
        (lambda: keras.metrics.MeanRelativeError, "MeanAbsolutePercentageError"),
        (lambda: keras.saving.hdf5_format, "keras.saving.save_model"),
        (lambda: keras.optimizers.SGD().get_weights(), "optimizer.variables"),
        (lambda: keras.optimizers.SGD().get_gradients, "value_and_grad"),
        (lambda: K.set_image_dim_ordering("tf"), "set_image_data_format"),
        (lambda: K.random_binomial, "keras.random.binomial"),
        (lambda: model().save_weights("a.h5", save_format="h5"), "end with .weights.h5"),
        (lambda: model().compile("adam", "mse", sample_weight_mode="temporal"), "leave it out"),
        (lambda: model().train_on_batch(x, x, reset_metrics=False), "of its own batch"),
        (lambda: model().layers[0].dynamic, "run_eagerly=True"),
        (lambda: keras.optimizers.SGD().weights, "Use variables"),
        (lambda: keras.utils.OrderedEnqueuer, "PyDataset"),
        (lambda: model().save("folder"), r"model.export\(\)"),
    ],
)
def test_the_new_spelling_is_in_the_error(use, new):
    with pytest.raises((AttributeError, ValueError, TypeError, ImportError), match=new):
        use()


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("from keras_core.layers import CuDNNLSTM", "keras.layers.LSTM"),
        ("from keras_core.layers import DenseFeatures", "FeatureSpace"),
        ("from keras_core.layers.merge import add", "keras.layers.Add"),
        ("from keras_core.layers.recurrent import LSTM", "has all layers"),
        ("import keras_core.layers.embeddings", "has all layers"),
        ("from keras_core.layers.core import Lambda, Dense", "Use keras.layers.Lambda"),
        ("from keras_core.layers.convolutional import Conv2D", "Use keras.layers.Conv2D"),
        ("from keras_core.layers.pooling import MaxPooling2D", "Use keras.layers.MaxPooling2D"),
        ("from keras_core.layers.rnn import LSTM", "Use keras.layers.LSTM"),
        (
            "from keras_core.layers.normalization.batch_normalization import BatchNormalization",
            "names are in keras.layers",
        ),
        ("from keras_core.layers.layer import Layer", "names are in keras.layers"),
        ("from keras_core.losses.losses import mse", "names are in keras.losses"),
        ("import keras_core.saving.saving_lib", "names are in keras.saving"),
        ("from keras_core.utils.np_utils import to_categorical", "keras.utils.to_categorical"),
        ("from keras_core.utils import np_utils", "keras.utils.to_categorical"),
        ("from keras_core.engine.topology import Layer", "keras.Layer"),
        ("from keras_core import objectives", "keras.losses"),
        ("from keras_core.wrappers.scikit_learn import KerasClassifier", "SKLearnClassifier"),
        ("from keras_core.callbacks import BaseLogger", "Callback"),
        ("from keras_core.constraints import maxnorm", "max_norm"),
    ],
)
def test_the_new_spelling_is_in_the_error_of_an_import(line, new):
    with pytest.raises(ImportError, match=new):
        exec(line, {})


def test_a_name_that_never_was_stays_pythons_own_error():
    with pytest.raises(ImportError, match="cannot import name 'Nothing'"):
        exec("from keras_core.layers import Nothing", {})
    with pytest.raises(ModuleNotFoundError, match="No module named 'keras_core.nothing'"):
        exec("import keras_core.nothing", {})
    with pytest.raises(ImportError, match="cannot import name 'Nothing'"):
        exec("from keras_core.layers.core import Nothing", {})
    exec("from keras_core.layers.core import dense", {})
    from keras_core.layers import core

    assert not hasattr(core, "Dense")
    assert not hasattr(keras.layers, "CuDNNLSTM")


def test_what_only_tf_keras_has(tmp_path):
    from keras_core.layers import ThresholdedReLU
    from keras_core.losses import Reduction

    for name in ("AUTO", "SUM_OVER_BATCH_SIZE", "SUM", "NONE"):
        assert keras.losses.MeanSquaredError(reduction=getattr(Reduction, name))
    assert "auto" in Reduction.all()
    layer = ThresholdedReLU(0.5)
    found = keras.ops.convert_to_numpy(layer(np.array([0.4, 0.5, 0.6, -np.inf], "float32")))
    np.testing.assert_allclose(found, np.array([0, 0, 0.6, 0], "float32"))
    assert found.dtype == "float32"
    config = keras.saving.serialize_keras_object(layer)
    assert (config["module"], config["class_name"]) == ("keras._legacy.layers", "ThresholdedReLU")
    whole = keras.Sequential([keras.Input((4,)), layer])
    whole.save(tmp_path / "a.keras")
    assert keras.saving.load_model(tmp_path / "a.keras").layers[0].theta == 0.5
    # As they are not of Keras 3, they are not among its names.
    assert "ThresholdedReLU" not in dir(keras.layers)


def test_a_step_over_time():
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    zeros = [np.zeros((2, 3), "float32")]

    def step(at, states):
        total = at + states[0] + sum(states[1:])
        return total, [total]

    def arrays(found):
        return keras.tree.map_structure(keras.ops.convert_to_numpy, found)

    last, outputs, (state,) = arrays(K.rnn(step, x, zeros))
    np.testing.assert_allclose(outputs, x.cumsum(1), atol=1e-6)
    np.testing.assert_array_equal(last, outputs[:, -1])
    np.testing.assert_array_equal(state, last)
    last, outputs, _ = arrays(K.rnn(step, x, zeros, go_backwards=True, return_all_outputs=False))
    np.testing.assert_allclose(last, x.sum(1), atol=1e-6)
    assert outputs.shape == (2, 1, 3)
    mask = np.array([[1, 0, 1, 0], [0, 1, 1, 0]], bool)
    kept = np.where(mask[..., None], x, 0).cumsum(1)
    last, outputs, (state,) = arrays(K.rnn(step, x, zeros, mask=mask))
    np.testing.assert_allclose(outputs, kept, atol=1e-6)
    np.testing.assert_allclose(state, kept[:, -1], atol=1e-6)
    _, outputs, _ = arrays(K.rnn(step, x, zeros, mask=mask, zero_output_for_mask=True))
    np.testing.assert_allclose(outputs, np.where(mask[..., None], kept, 0), atol=1e-6)
    turned = arrays(K.rnn(step, x.swapaxes(0, 1), zeros, time_major=True, constants=[1.0]))[1]
    np.testing.assert_allclose(turned[1], x[:, :2].sum(1) + 2, atol=1e-6)


@pytest.mark.parametrize(
    ("kernel", "strides", "padding", "size", "row"),
    [
        (3, 2, "valid", 9, [3, 3, 6, 3, 6, 3, 6, 3, 3]),
        (3, 2, "same", 8, [3, 3, 6, 3, 6, 3, 6, 3]),
        (3, 2, "same", 7, [3, 6, 3, 6, 3, 6, 3]),
        (4, 3, "same", 12, [3, 3, 3, 6, 3, 3, 6, 3, 3, 6, 3, 3]),
    ],
)
def test_a_transposed_convolution_of_a_given_size(kernel, strides, padding, size, row):
    ones = np.ones((1, 4, 4, 3), "float32"), np.ones((kernel, kernel, 2, 3), "float32")
    y = K.conv2d_transpose(*ones, (1, size, size, 2), (strides, strides), padding)
    assert tuple(y.shape) == (1, size, size, 2)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(y)[0, :, 0, 0], row, atol=1e-5)


def test_short_and_experimental_names():
    exec("from keras_core.layers.experimental import preprocessing as p; p.RandomFlip", {})
    exec("from keras_core.callbacks.experimental import BackupAndRestore", {})
    exec("from keras_core.layers.experimental.preprocessing import Rescaling", {})
    exec("from keras_core.optimizers.experimental import AdamW", {})
    for short, name in {"mse": "mean_squared_error", "KLD": "kl_divergence"}.items():
        assert getattr(keras.losses, short) is getattr(keras.losses, name)
        assert getattr(keras.metrics, short) is getattr(keras.metrics, name)
    assert keras.layers.Dense(2, name="").name


def test_what_still_works():
    assert keras.layers.experimental.preprocessing.RandomFlip is keras.layers.RandomFlip
    assert keras.optimizers.experimental.Adam is keras.optimizers.Adam
    optimizer = keras.optimizers.Adam(lr=0.5)
    assert float(K.get_value(optimizer.lr)) == 0.5
    K.set_value(optimizer.lr, 0.25)
    assert float(optimizer.learning_rate) == 0.25
    optimizer.lr = 0.125
    assert float(optimizer.learning_rate) == 0.125
    with pytest.warns(UserWarning, match="a schedule from keras.optimizers.schedules"):
        keras.optimizers.SGD(0.1, decay=1e-6)
    layer = keras.layers.Dense(2, weights=[np.ones((4, 2)), np.ones(2)])
    np.testing.assert_allclose(K.get_value(layer(x)), x.sum(1, keepdims=True) + [1, 1], atol=1e-5)


def test_functions_of_the_old_backend():
    np.testing.assert_allclose(K.get_value(K.mean(x, axis=0)), x.mean(0), atol=1e-6)
    np.testing.assert_allclose(K.eval(K.pow(K.abs(x), 2)), x**2, atol=1e-5)
    np.testing.assert_allclose(K.eval(K.permute_dimensions(x, (1, 0))), x.T)
    np.testing.assert_allclose(K.eval(K.repeat_elements(x, 2, axis=1)), x.repeat(2, 1))
    norms = np.linalg.norm(K.get_value(K.l2_normalize(x, axis=1)), axis=1)
    np.testing.assert_allclose(norms, 1, rtol=1e-5)
    assert K.int_shape(keras.Input((4,))) == (None, 4) and K.ndim(x) == 2
    assert K.eval(K.batch_flatten(np.ones((2, 3, 4)))).shape == (2, 12)
    assert K.eval(K.flatten(x)).shape == (12,) and K.count_params(x) == 12
    v = K.variable(x)
    K.update_add(v, np.ones_like(x))
    K.update_sub(v, np.ones_like(x))
    np.testing.assert_allclose(K.batch_get_value([v])[0], x, atol=1e-6)
    K.batch_set_value([(v, x * 0)])
    assert not K.get_value(K.update(v, x * 0) if False else v).any()
    assert K.eval(K.random_uniform((2, 3))).shape == (2, 3)
    assert K.eval(K.random_normal((2, 3))).shape == (2, 3)
    np.testing.assert_allclose(K.eval(K.constant(2.0, shape=(2,))), [2, 2])
    p = np.array([[0.25, 0.75]], "float32")
    y = np.array([[0.0, 1.0]], "float32")
    expected = -np.log(0.75)
    np.testing.assert_allclose(K.eval(K.categorical_crossentropy(y, p)), [expected], rtol=1e-5)
    np.testing.assert_allclose(
        K.eval(K.sparse_categorical_crossentropy(np.array([1]), p)), [expected], rtol=1e-5
    )
    np.testing.assert_allclose(K.eval(K.binary_crossentropy(y, p))[0, 1], expected, rtol=1e-5)


def test_a_property_keeps_its_own_error():
    class Layer(keras.layers.Layer):
        @property
        def broken(self):
            raise AttributeError("of the property itself")

    with pytest.raises(AttributeError, match="of the property itself"):
        Layer().broken  # noqa: B018
    assert not hasattr(Layer(), "no_such_name")


def test_defaults_of_the_old_backend():
    """`K.argmax(x)` and others had a default axis that the operations of today have not."""
    np.testing.assert_array_equal(K.eval(K.concatenate([x, x])), np.concatenate([x, x], -1))
    np.testing.assert_array_equal(K.eval(K.argmax(x)), x.argmax(-1))
    np.testing.assert_allclose(K.eval(K.cumsum(x)), x.cumsum(0), rtol=1e-5)
    np.testing.assert_array_equal(K.eval(K.gather(x, np.array([2, 0]))), x[[2, 0]])
    np.testing.assert_allclose(K.eval(K.hard_sigmoid(np.float32([1.0]))), [0.7], rtol=1e-6)
    assert K.dtype(K.arange(3)) == "int32"
    rows = np.array([1.0, 0.0, 1.0], "float32")
    np.testing.assert_array_equal(K.eval(K.switch(rows, x, -x)), [x[0], -x[1], x[2]])
    assert K.eval(K.switch(True, lambda: x[0], lambda: x[1])).shape == (4,)
    with pytest.raises(ValueError, match="batch_dot: axes must not be the batch axis"):
        K.batch_dot(x, x, axes=0)
    with pytest.raises(ValueError, match="pool_mode must be 'max' or 'avg'"):
        K.pool2d(np.ones((1, 2, 2, 1)), (2, 2), pool_mode="sum")


def test_connectionist_losses_of_the_old_backend():
    p = np.array([[[0.6, 0.2, 0.2], [0.1, 0.7, 0.2], [0.3, 0.3, 0.4], [0.2, 0.5, 0.3]]], "float32")
    loss = K.ctc_batch_cost(np.array([[0, 1]]), p, np.array([[4]]), np.array([[2]]))
    np.testing.assert_allclose(K.eval(loss), [[1.3579]], atol=1e-4)
    (path,), _ = K.ctc_decode(p, np.array([4]))
    assert K.eval(path)[0].tolist() == [0, 1, 1, -1]


def test_add_weight_takes_the_name_first_as_it_did():
    class Scaled(keras.layers.Layer):
        def build(self, shape):
            self.w = self.add_weight("w", (shape[-1],), initializer="ones", trainable=False)
            self.b = self.add_weight("b", shape=(2,), dtype="float16")

        def call(self, inputs):
            return inputs * self.w

    layer = Scaled()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(x)), x)
    assert (layer.w.name, layer.w.shape, layer.w.trainable) == ("w", (4,), False)
    assert (layer.b.name, layer.b.shape, layer.b.dtype) == ("b", (2,), "float16")

    class Count(keras.metrics.Metric):
        def __init__(self):
            super().__init__()
            self.total = self.add_weight("total", initializer="ones")

    assert Count().total.name == "total" and float(Count().total) == 1.0


def test_shapes_answer_as_those_of_tensorflow():
    x = keras.layers.Dense(2)(keras.Input((None, 4)))
    assert x.shape == (None, None, 2) and x.shape.as_list() == [None, None, 2]
    assert (x.get_shape().rank, x.shape.ndims, x.shape.num_elements()) == (3, 3, None)
    known = keras.KerasTensor((2, 3)).shape
    assert known.is_fully_defined() and known.num_elements() == 6
    assert keras.KerasTensor(x.shape).shape == x.shape and repr(x.shape) == "(None, None, 2)"


def test_a_loss_takes_the_reduction_that_was_the_default():
    class Distance(keras.losses.Loss):
        def __init__(self, reduction="auto"):
            super().__init__(reduction=reduction)

        def call(self, y_true, y_pred):
            return abs(y_true - y_pred)

    assert Distance().reduction == "sum_over_batch_size"
    assert keras.losses.MeanSquaredError(reduction="auto").reduction == "sum_over_batch_size"


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of a tf.Variable's methods")
def test_variables_have_the_methods_of_tensorflows():
    v = keras.Variable([1.0, 2.0, 3.0])
    v.scatter_nd_update([[0], [2]], [5.0, 6.0])
    assert v.numpy().tolist() == [5.0, 2.0, 6.0] and v.read_value().shape == (3,)
    assert v.sparse_read([1]).numpy().tolist() == [2.0] and v.get_shape().as_list() == [3]
    with pytest.raises(AttributeError, match="'Variable' object has no attribute 'nothing'"):
        v.nothing  # noqa: B018
