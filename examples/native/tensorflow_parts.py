"""Keras ops, losses, metrics and an optimizer in a TensorFlow loop without a Keras model.

KERAS_BACKEND=tensorflow python examples/native/tensorflow_parts.py
"""

import tensorflow as tf

import keras_core as keras

tf.random.set_seed(0)
x = tf.random.normal((256, 4))
labels = tf.cast(x[:, 0] > x[:, 1], tf.int32)
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
accuracy = keras.metrics.SparseCategoricalAccuracy()

kernel = keras.Variable(tf.zeros((4, 2)), name="kernel")
optimizer = keras.optimizers.Adam(0.05)
optimizer.build([kernel])


@tf.function
def step():
    with tf.GradientTape() as tape:
        loss = loss_of(labels, keras.ops.matmul(x, kernel))
    optimizer.apply([tape.gradient(loss, kernel)], [kernel])
    return loss


losses = [float(step()) for _ in range(40)]
assert losses[-1] < 0.5 * losses[0]

for part in range(0, 256, 64):
    accuracy.update_state(labels[part : part + 64], x[part : part + 64] @ kernel.value)
print("accuracy", float(accuracy.result()))
assert accuracy.result() > 0.9
