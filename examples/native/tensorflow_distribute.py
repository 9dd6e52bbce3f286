"""A Keras model under tf.distribute: the same step on several devices, gradients summed.

KERAS_BACKEND=tensorflow python examples/native/tensorflow_distribute.py

Two logical devices of one CPU stand in for two GPUs.
"""

import tensorflow as tf

import keras_core as keras

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

keras.utils.set_random_seed(0)
tf.random.set_seed(0)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

x = tf.random.normal((256, 4))
y = tf.reduce_sum(x, axis=-1, keepdims=True)
batches = strategy.experimental_distribute_dataset(
    tf.data.Dataset.from_tensor_slices((x, y)).batch(64)
)

with strategy.scope():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    rate = 0.1


@tf.function
def step(batch):
    def replica(features, target):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(model(features) - target)) / 64
        gradients = tape.gradient(loss, model.trainable_variables)
        context = tf.distribute.get_replica_context()
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
            variable.assign_sub(rate * context.all_reduce("sum", gradient))
        return loss

    return strategy.reduce("sum", strategy.run(replica, args=batch), axis=None)


losses = [float(step(batch)) for _ in range(8) for batch in batches]
print("replicas", strategy.num_replicas_in_sync, "loss", losses[0], "->", losses[-1])
assert losses[-1] < 0.1 * losses[0]
