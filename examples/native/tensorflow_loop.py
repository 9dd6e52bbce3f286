"""A Keras model in plain TensorFlow loops: GradientTape, tf.function, tf.data, tf.distribute.

KERAS_BACKEND=tensorflow python examples/native/tensorflow_loop.py
"""

import tempfile

import tensorflow as tf

import keras_core as keras

keras.utils.set_random_seed(0)
tf.random.set_seed(0)
x = tf.random.normal((256, 4))
y = tf.sin(tf.reduce_sum(x, axis=-1, keepdims=True))
batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)


def new_model():
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(32, activation="tanh", name="hidden"),
            keras.layers.Dense(1, name="head"),
        ]
    )


model = new_model()
optimizer = keras.optimizers.Adam(0.02)
optimizer.build(model.trainable_variables)


@tf.function
def step(features, target):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(features, training=True) - target))
    weights = model.trainable_variables
    gradients = tape.gradient(loss, weights)
    optimizer.apply(gradients, weights)
    return loss


losses = []
for _ in range(20):
    losses.append(float(tf.reduce_mean([step(*batch) for batch in batches])))
print("loss", round(losses[0], 3), "->", round(losses[-1], 3))
assert losses[-1] < 0.2 * losses[0]

# TensorFlow's own machinery sees the variables: checkpoints, for one, by the layers' names.
path = tf.train.Checkpoint(model).save(tempfile.mkdtemp() + "/model")
twin = new_model()
tf.train.Checkpoint(twin).restore(path)
assert tf.reduce_all(model(x) == twin(x))
