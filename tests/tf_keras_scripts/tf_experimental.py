"""Experimental names, dtype objects of TensorFlow, run_eagerly, tf ops in functional models."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.layers.experimental import preprocessing
from tensorflow.keras.layers.experimental.preprocessing import Rescaling
from tensorflow.keras.losses import MSE as mse_of
from tensorflow.keras.optimizers.experimental import AdamW

inputs = keras.Input(shape=(4,), dtype=tf.float32)
x = layers.Dense(4, activation=tf.nn.relu, dtype=tf.float32)(inputs)
x = tf.reduce_sum(x, axis=-1, keepdims=True) + tf.constant(1.0)
x = tf.concat([x, inputs[:, :2]], axis=1)
x = tf.nn.softmax(tf.cast(x, tf.float32)) * 2
model = keras.Model(inputs, layers.Lambda(lambda t: tf.square(t))(x))
model.compile(optimizer="sgd", loss="mse", run_eagerly=True)
model.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0)
assert model.run_eagerly
model.compile(optimizer=keras.optimizers.SGD(0.1), loss=lambda y, p: tf.reduce_mean(tf.square(y - p)), metrics=[lambda y, p: tf.reduce_max(p)], jit_compile=False)
model.fit(tf.ones((4, 4)), tf.ones((4, 3)), verbose=0)
cosine = keras.optimizers.schedules.CosineDecay(0.1, 10)
assert float(cosine(0)) > 0.09
layer = layers.experimental.preprocessing.TextVectorization(max_tokens=10)
layer.adapt(["a b", "c"])
layers.experimental.SyncBatchNormalization()
w = layers.Dense(2, kernel_initializer=tf.constant_initializer(0.5))(tf.ones((1, 2)))
np.testing.assert_allclose(w, [[1.0, 1.0]])
tf.random.set_seed(1)
keras.utils.set_random_seed(1)
pred = model(tf.ones((2, 4)))
assert isinstance(pred, tf.Tensor) and pred.numpy().shape == (2, 3)
assert keras.losses.MSE([[1.0]], [[2.0]]).numpy() == [1.0] and mse_of is keras.losses.mse
assert preprocessing.Rescaling is Rescaling is layers.Rescaling and AdamW is keras.optimizers.AdamW
assert keras.metrics.mean_squared_error([[1.0]], [[2.0]]).shape == (1,)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(tf.constant([1]), tf.constant([[0.0, 0.0]]))
assert abs(float(loss) - np.log(2)) < 1e-6
m = keras.metrics.MeanIoU(num_classes=2)
m.update_state([0, 0, 1, 1], [0, 1, 0, 1])
assert 0.3 < m.result().numpy() < 0.4
opt = keras.optimizers.Adam(1e-3, beta_1=0.9, epsilon=1e-07, amsgrad=False)
var = tf.Variable([1.0, 2.0])
opt.apply_gradients([(tf.constant([0.1, 0.1]), var)])
assert opt.iterations.numpy() == 1 and np.abs(var.numpy() - [1, 2]).max() > 0


@tf.function
def predict(x):
    return model(x, training=False)


assert predict(tf.ones((2, 4))).shape == (2, 3)
