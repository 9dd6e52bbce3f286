"""Keras objects among TensorFlow's own: checkpoints, variables, datasets."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import keras_core as keras
from keras_core.backends.select import backend

pytestmark = pytest.mark.skipif(backend.name != "tensorflow", reason="TensorFlow's own objects")

if backend.name == "tensorflow":
    import tensorflow as tf


class Net(keras.Model):
    """Layers in a list and a weight of its own, made by the first call."""

    def __init__(self):
        super().__init__()
        self.blocks = [keras.layers.Dense(3), keras.layers.Dense(1)]

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return x


def trained(optimizer, steps=2):
    net, metric = Net(), keras.metrics.Mean()
    checkpoint = tf.train.Checkpoint(net=net, optimizer=optimizer, metric=metric)
    return net, metric, checkpoint, lambda: [step(net, optimizer, metric) for _ in range(steps)]


def step(net, optimizer, metric):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(net(tf.ones((4, 2))) - 1.0))
    variables = net.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    metric.update_state(loss)


OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.1),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1, momentum=0.9)),
    "averaged": lambda: keras.optimizers.Adam(0.1, use_ema=True, gradient_accumulation_steps=2),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_checkpoint_of_net_optimizer_and_metric(name, when, tmp_path):
    net, metric, checkpoint, train = trained(OPTIMIZERS[name]())
    train()
    path = checkpoint.save(str(tmp_path / "ck"))
    expected = [v.numpy() for v in (*net.weights, *checkpoint.optimizer.variables)]
    mean = float(metric.result())
    train()

    net, metric, checkpoint, train = trained(OPTIMIZERS[name]())
    if when == "after":
        train()
        checkpoint.restore(path).assert_consumed()
    else:  # there are no variables yet: they get their values when they are made
        status = checkpoint.restore(path)
        net(tf.ones((1, 2)))
        checkpoint.optimizer.build(net.trainable_variables)
        status.assert_consumed()
    found = [v.numpy() for v in (*net.weights, *checkpoint.optimizer.variables)]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)
    assert float(metric.result()) == mean


def test_optimizer_updates_tf_variables():
    variable, other = tf.Variable([1.0, 2.0]), tf.Variable(3.0)
    optimizer = keras.optimizers.SGD(0.5)
    for _ in range(2):
        optimizer.apply_gradients([(tf.constant([1.0, 1.0]), variable), (tf.constant(2.0), other)])
    np.testing.assert_allclose(variable.numpy(), [0.0, 1.0])
    assert float(other) == 1.0
    with pytest.raises(ValueError, match="other variables"):
        optimizer.apply_gradients([(tf.constant(1.0), tf.Variable(1.0))])
    with pytest.raises(TypeError, match=r"tf\.Variable\. Received: EagerTensor"):
        keras.optimizers.SGD().apply([tf.constant(1.0)], [tf.constant(1.0)])


class Noisy(keras.layers.Layer):
    def call(self, x):
        self.add_loss(0.5 * tf.reduce_mean(tf.square(x)))
        return x


class AddsLoss(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense, self.noisy = keras.layers.Dense(2), Noisy()

    def call(self, x):
        x = self.noisy(self.dense(x))
        self.add_loss(tf.reduce_sum(x) * 0.0)
        return x


def test_losses_of_the_shape_pass_are_gone():
    model = AddsLoss()
    model(tf.ones((4, 3)))
    assert [float(loss) for loss in model.losses]  # values, not tensors of a graph that is gone
    assert len(model.losses) == 2
    model = AddsLoss()
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)


def test_ragged_tensors_pass_or_are_refused_by_name():
    numbers = tf.ragged.constant([[1, 2], [], [3]])
    layer = keras.layers.Embedding(4, 2)
    rows = layer(numbers)
    assert isinstance(rows, tf.RaggedTensor) and rows.row_lengths().numpy().tolist() == [2, 0, 1]
    np.testing.assert_array_equal(rows.flat_values, layer(numbers.flat_values))
    masked = keras.layers.Embedding(4, 2, mask_zero=True)
    assert masked(numbers).shape.as_list() == [3, None, 2]
    assert isinstance(keras.ops.relu(tf.cast(numbers, "float32")), tf.RaggedTensor)
    rescaled = keras.layers.Rescaling(0.5, offset=1.0)(numbers)
    assert rescaled.to_list() == [[1.5, 2.0], [], [2.5]] and rescaled.dtype == "float32"
    batches = tf.data.Dataset.from_tensor_slices(numbers).batch(2)
    for batch in batches.map(keras.layers.Rescaling(2)).take(1):
        assert batch.to_list() == [[2.0, 4.0], []]
    for call, named in (
        (lambda: keras.ops.sort(numbers), "sort: x must be a dense tensor.*to_tensor"),
        (lambda: keras.layers.LSTM(2)(rows), "LSTM 'lstm.*input 0 must be a dense.*Masking"),
        (lambda: keras.Sequential([layer, keras.layers.LSTM(2)])(numbers), "LSTM"),
    ):
        with pytest.raises(ValueError, match=named):
            call()


def test_datasets_do_not_rewrite_the_package(caplog):
    augment = keras.Sequential([keras.layers.RandomFlip(), keras.layers.Rescaling(0.5)])
    data = tf.data.Dataset.from_tensor_slices(np.ones((2, 4, 4, 3), "float32")).batch(2)
    (images,) = data.map(lambda x: augment(x, training=True))
    np.testing.assert_allclose(images, 0.5)
    assert "AutoGraph" not in caplog.text


def test_the_fifth_model_is_no_retracing(caplog):
    x = np.ones((8, 2), "float32")
    for _ in range(6):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(x, x[:, :1], verbose=0)
    assert "retracing" not in caplog.text


REPLICAS = """
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras_core as keras

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
kernel = np.ones((3, 1), "float32")


def step(layer, optimizer, x):
    with tf.GradientTape() as tape:
        loss = optimizer.scale_loss(tf.reduce_sum(tf.square(layer(x) - 1.0)) / 8)
    optimizer.apply_gradients([(tape.gradient(loss, layer.kernel), layer.kernel)])


def made():
    layer = keras.layers.Dense(1, use_bias=False)
    layer.build((None, 3))
    layer.kernel.assign(kernel)
    return layer, keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1, clipnorm=0.5))


with strategy.scope():
    layer, optimizer = made()
    optimizer.build([layer.kernel])
data = strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices(x).batch(8))
run = tf.function(lambda batch: strategy.run(step, args=(layer, optimizer, batch)))
for _ in range(3):
    for batch in data:
        run(batch)
alone, other = made()
for _ in range(3):
    step(alone, other, x)
for copy in layer.kernel._value.values:
    np.testing.assert_allclose(copy, alone.kernel.numpy(), rtol=1e-5)
print("done")
"""


def run_program(path):
    root = str(pathlib.Path(__file__).resolve().parents[2])
    path_of_modules = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, str(path)],
        env=os.environ | {"PYTHONPATH": path_of_modules},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split()[-1:] == ["done"], done.stderr[-3000:]


def test_replicas_take_the_step_of_the_whole_batch(tmp_path):
    program = tmp_path / "replicas.py"
    program.write_text(REPLICAS)
    run_program(program)


def test_fit_by_a_mirrored_strategy_is_that_of_one_device():
    run_program(pathlib.Path(__file__).with_name("mirrored.py"))


def layer():
    made = keras.layers.Dense(2, name="head")
    made(np.ones((3, 4), "float32"))
    return made


def test_value_is_the_variable():
    dense = layer()
    assert isinstance(dense.kernel.value, tf.Variable)
    assert dense.kernel.value.name == "head/kernel:0"
    assert isinstance(dense.kernel.tensor, tf.Tensor)
    dense.bias.value.assign_add([1.0, 2.0])
    assert dense.bias.numpy().tolist() == [1.0, 2.0]


def test_gradients_of_values():
    dense, x = layer(), tf.ones((3, 4))
    values = [v.value for v in dense.trainable_variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        loss = tf.reduce_sum(dense(x))
    assert [g.shape for g in tape.gradient(loss, values)] == [(4, 2), (2,)]
    assert tape.watched_variables()[0] is dense.kernel.value


def test_checkpoint_of_values(tmp_path):
    dense = layer()
    before = dense.kernel.numpy()
    checkpoint = tf.train.Checkpoint(kernel=dense.kernel.value)
    path = checkpoint.save(str(tmp_path / "kept"))
    dense.kernel.assign(np.zeros((4, 2)))
    checkpoint.restore(path)
    np.testing.assert_array_equal(dense.kernel.numpy(), before)


def test_values_in_operations_and_scopes():
    dense = layer()
    doubled = keras.ops.add(dense.kernel.value, dense.kernel.value)
    np.testing.assert_array_equal(doubled, 2 * dense.kernel.numpy())
    with keras.StatelessScope([(dense.kernel, tf.zeros((4, 2)))]):
        assert not np.any(dense.kernel.value) and not np.any(dense.kernel.tensor)
    values = [v.value for v in dense.trainable_variables]
    y, _ = dense.stateless_call(values, [], np.ones((3, 4), "float32"))
    np.testing.assert_array_equal(y, dense(np.ones((3, 4), "float32")))


def test_a_variables_shape_answers_what_a_tensor_shape_does() -> None:
    shape = keras.Variable([[1.0, 2.0]]).shape
    assert shape == (1, 2) and isinstance(shape, tuple)
    assert shape.as_list() == tf.TensorShape((1, 2)).as_list()
    assert (shape.rank, shape.ndims, shape.num_elements()) == (2, 2, 2)
    assert shape.is_fully_defined() and tf.zeros(shape).shape == shape
    assert tf.TensorShape(shape).is_compatible_with([None, 2])


def test_errors_of_a_call_that_is_inherited_are_not_those_of_user_code():
    class Parts(keras.Model):
        def __init__(self):
            super().__init__(name="parts")
            self.part = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])

    with pytest.raises(NotImplementedError, match=r"^Model 'parts' has no `call\(\)`"):
        Parts().predict(np.ones((40, 3), "float32"), verbose=0)


def test_branches_on_tensors_in_a_users_call():
    class Positive(keras.Model):
        def call(self, x):
            if tf.reduce_sum(x) > 0:
                out = x
            else:
                out = -x
            return out

    model = Positive()
    assert tf.function(lambda x: model(x))(-tf.ones((2, 3))).numpy().min() == 1


def test_variables_have_their_names_without_a_kernel_for_each():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="head")])
    assert [v.value.name for v in model.weights] == [f"{v.path}:0" for v in model.weights]
    assert model.weights[0].value.name.endswith("head/kernel:0")
    # TensorFlow makes the kernels of the name that it was given, which its own mark has in it.
    assert {v.value._unique_id.rpartition("_")[0] for v in model.weights} == {"variable"}
