"""MirroredStrategy: compile and fit in the scope; a loop of one's own with strategy.run and reduce."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
BATCH_SIZE_PER_REPLICA = 8
BATCH_SIZE = BATCH_SIZE_PER_REPLICA * strategy.num_replicas_in_sync
x = np.random.RandomState(0).rand(32, 6, 6, 1).astype("float32")
y = np.random.RandomState(0).randint(0, 3, 32)
train_dataset = tf.data.Dataset.from_tensor_slices((x, y)).cache().shuffle(32).batch(BATCH_SIZE)
with strategy.scope():
    model = keras.Sequential([
        keras.layers.Conv2D(4, 3, activation="relu", input_shape=(6, 6, 1)),
        keras.layers.BatchNormalization(),
        keras.layers.Flatten(),
        keras.layers.Dense(3)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), optimizer=keras.optimizers.Adam(), metrics=["accuracy"])
history = model.fit(train_dataset, epochs=2, verbose=0)
loss, acc = model.evaluate(train_dataset, verbose=0)
assert model.predict(x, verbose=0).shape == (32, 3)
model.save("distributed.keras")
with strategy.scope():
    replicated_model = keras.models.load_model("distributed.keras")
replicated_model.fit(train_dataset, epochs=1, verbose=0)

dist_dataset = strategy.experimental_distribute_dataset(train_dataset)
with strategy.scope():
    loss_object = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")

    def compute_loss(labels, predictions, model_losses):
        per_example_loss = loss_object(labels, predictions)
        loss = tf.nn.compute_average_loss(per_example_loss, global_batch_size=BATCH_SIZE)
        if model_losses:
            loss += tf.nn.scale_regularization_loss(tf.add_n(model_losses))
        return loss

    test_accuracy = keras.metrics.SparseCategoricalAccuracy(name="test_accuracy")
    net = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(3, kernel_regularizer="l2")])
    optimizer = keras.optimizers.Adam(learning_rate=0.01)
    checkpoint = tf.train.Checkpoint(optimizer=optimizer, model=net)


def train_step(inputs):
    images, labels = inputs
    with tf.GradientTape() as tape:
        predictions = net(images, training=True)
        loss = compute_loss(labels, predictions, net.losses)
    gradients = tape.gradient(loss, net.trainable_variables)
    optimizer.apply_gradients(zip(gradients, net.trainable_variables))
    test_accuracy.update_state(labels, predictions)
    return loss


@tf.function
def distributed_train_step(dataset_inputs):
    per_replica_losses = strategy.run(train_step, args=(dataset_inputs,))
    return strategy.reduce(tf.distribute.ReduceOp.SUM, per_replica_losses, axis=None)


losses = []
for epoch in range(3):
    total_loss, num_batches = 0.0, 0
    for batch in dist_dataset:
        total_loss += distributed_train_step(batch)
        num_batches += 1
    losses.append(float(total_loss) / num_batches)
assert losses[-1] < losses[0]
checkpoint.save("dist_ckpt/ck")
assert test_accuracy.result() >= 0
