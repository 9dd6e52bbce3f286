"""A Keras model inside a tf.Module, and TensorFlow functions inside a Keras model.

KERAS_BACKEND=tensorflow python examples/native/tensorflow_module.py
"""

import tempfile

import tensorflow as tf

import keras_core as keras

keras.utils.set_random_seed(0)


class Net(tf.Module):
    """A Keras body and a head of plain variables."""

    def __init__(self):
        super().__init__()
        self.body = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "tanh")])
        self.head = tf.Variable(tf.ones((8, 1)), name="head")

    @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32)])
    def __call__(self, x):
        return self.body(x) @ self.head


net = Net()
x = tf.random.normal((64, 4))
y = tf.reduce_sum(x, axis=-1, keepdims=True)

# tf.Module finds the variables of both.
assert len(net.trainable_variables) == 3
losses = []
for _ in range(60):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(net(x) - y))
    for variable, gradient in zip(
        net.trainable_variables,
        tape.gradient(loss, net.trainable_variables),
        strict=True,
    ):
        variable.assign_sub(0.05 * gradient)
    losses.append(float(loss))
print("loss", round(losses[0], 3), "->", round(losses[-1], 3))
assert losses[-1] < 0.5 * losses[0]

# Saved and loaded by TensorFlow, without this package.
folder = tempfile.mkdtemp()
tf.saved_model.save(net, folder)
loaded = tf.saved_model.load(folder)
assert tf.reduce_max(tf.abs(loaded(x) - net(x))) < 1e-5


# The other way around: any TensorFlow function in the call of a layer, and a tf.Variable in it.
class Fourier(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.phase = self.add_weight(shape=(), initializer="zeros", name="phase")

    def call(self, inputs):
        angle = inputs + tf.convert_to_tensor(self.phase.value)
        return tf.concat([tf.sin(angle), tf.cos(angle)], axis=-1)


model = keras.Sequential([keras.Input((4,)), Fourier(), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.05), loss="mse")
history = model.fit(x, y, epochs=10, verbose=0).history["loss"]
assert history[-1] < history[0]

# A SavedModel of anybody's is a layer too.
model = keras.Sequential(
    [keras.Input((4,)), keras.layers.TFSMLayer(folder, call_endpoint="__call__")]
)
assert tf.reduce_max(tf.abs(model(x) - net(x))) < 1e-5
