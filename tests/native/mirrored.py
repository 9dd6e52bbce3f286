"""What test_tensorflow.py runs: fit, evaluate and predict by MirroredStrategy on two CPU devices.

Everything is held against the same model on one device.
"""

import os
import tempfile

import numpy as np
import pytest
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras_core as keras  # noqa: E402

layers, optimizers = keras.layers, keras.optimizers
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
rng = np.random.default_rng(0)
# The last batches are of one row, so that there are fewer than replicas; the others are uneven.
x = rng.normal(size=(33, 3)).astype("float32")
y = x[:, :1] * 2 - x[:, 1:2]
w = rng.uniform(size=33).astype("float32")


def dense(optimizer="adam", loss="mse", **options):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, "relu", kernel_regularizer="l2", activity_regularizer="l2"),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer, loss, metrics=["mae", "r2_score"], weighted_metrics=["mse"], **options)
    return model


def summed():
    return dense(optimizers.SGD(1e-3), keras.losses.MeanSquaredError(reduction="sum"))


def scaled():
    return dense(optimizers.LossScaleOptimizer(optimizers.Adam(clipnorm=0.5)))


def synchronized():
    keras.utils.set_random_seed(1)
    inputs = keras.Input((3,))
    h = layers.Dense(4, activity_regularizer="l2")(inputs)
    h = layers.BatchNormalization(synchronized=True)(h)
    h = layers.Dense(2, activity_regularizer="l2")(h)
    model = keras.Model(inputs, layers.Dense(1)(h))
    model.compile(optimizers.SGD(0.1, momentum=0.9), "mse", metrics=["mae", "r2_score"])
    return model


class OwnStep(keras.Model):
    """Unbuilt before fit, with a step of its own in TensorFlow's form."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, inputs):
        return self.dense(inputs)

    def train_step(self, data):
        inputs, targets = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(inputs, training=True) - targets))
        weights = self.trainable_variables
        self.optimizer.apply_gradients(
            zip(tape.gradient(loss, [v.value for v in weights]), weights, strict=True)
        )
        return {"loss": loss}


def own_step():
    keras.utils.set_random_seed(1)
    model = OwnStep()
    model.compile("sgd", "mse")
    return model


def results(model, data, weights=None):
    options = {} if weights is None else {"sample_weight": weights}
    if isinstance(data, tf.data.Dataset):
        history = model.fit(data, epochs=2, verbose=0).history
        return history, model.evaluate(data, verbose=0), model.predict(data, verbose=0)
    split = {} if weights is None else {"validation_split": 0.2}
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0, **options, **split).history
    found = model.evaluate(x, y, verbose=0, **options)
    return history, found, model.predict(x, verbose=0)


def copies_are_equal(model):
    for v in (*model.variables, *model.optimizer.variables):
        for copy in v._value.values:
            np.testing.assert_array_equal(copy, v._value.values[0], err_msg=v.path)


def check(name, make, data=None, weights=None, inside=False):
    expected = results(make(), data, weights)
    with strategy.scope():
        model = make()
        if inside:
            found = results(model, data, weights)
    if not inside:
        found = results(model, data, weights)
    for one, other in zip(keras.tree.flatten(expected), keras.tree.flatten(found), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-5, err_msg=name)
    assert model.distribute_strategy is strategy
    copies_are_equal(model)
    print(name)
    return model


check("weighted", dense, weights=w)
check("in the scope", dense, weights=w, inside=True)
check("other rules", lambda: dense("rmsprop"))
check("sum", summed)
check("scaled", scaled)
check("eager", lambda: dense(run_eagerly=True))
check("synchronized", synchronized)
check("data set", dense, tf.data.Dataset.from_tensor_slices((x, y)).batch(8))
model = check("own step", own_step)

# Files, and a model that goes on.
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.keras")
    with strategy.scope():
        model = dense()
    model.fit(x, y, verbose=0, callbacks=[keras.callbacks.ModelCheckpoint(path)])
    with strategy.scope():
        loaded = keras.saving.load_model(path)
    copies_are_equal(loaded)
    one, other = (m.fit(x, y, shuffle=False, verbose=0).history for m in (model, loaded))
    np.testing.assert_allclose(one["loss"], other["loss"], rtol=1e-5)
    model.set_weights([v * 0 for v in model.get_weights()])
    copies_are_equal(model)
    assert not model.predict_on_batch(x).any()
print("files")

# Rows have noise of their own, and the copies of statistics agree.
with strategy.scope():
    noisy = keras.Sequential([keras.Input((64,)), layers.Dropout(0.5), layers.BatchNormalization()])
    noisy.compile("sgd", "mse")
ones = np.ones((4, 64), "float32")
noisy.fit(ones, ones, verbose=0)
copies_are_equal(noisy)
assert noisy.layers[-1].moving_mean.numpy().std() > 0


class Drawn(keras.Model):
    def __init__(self):
        super().__init__()
        self.dropout = layers.Dropout(0.5, seed=1)

    def call(self, inputs):
        return {"noise": self.dropout(inputs, training=True), "same": [inputs]}


with strategy.scope():
    drawn = Drawn()
    drawn.compile("sgd", "mse")
    drawn(ones)
found = drawn.predict(ones, verbose=0)
assert not np.array_equal(found["noise"][:2], found["noise"][2:])
np.testing.assert_array_equal(found["same"][0], ones)
print("noise")


def refused(error, words, call):
    with pytest.raises(error, match=words):
        call()


outside = dense()
with strategy.scope():
    refused(ValueError, "made outside of it", lambda: outside.fit(x, y, verbose=0))
mean = keras.metrics.MeanSquaredError()
with strategy.scope():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[mean])
refused(ValueError, "made outside of it", lambda: model.fit(x, y, verbose=0))
with strategy.scope():
    model.compile("sgd", "mse", jit_compile=True)
refused(ValueError, "jit_compile", lambda: model.fit(x, y, verbose=0))
central = tf.distribute.experimental.CentralStorageStrategy(["CPU:0", "CPU:1"])
with central.scope():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    for call in (model.fit, model.evaluate):
        refused(RuntimeError, "after the block `with strategy.scope()", lambda: call(x, y))  # noqa: B023
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
print("refused")
print("done")
