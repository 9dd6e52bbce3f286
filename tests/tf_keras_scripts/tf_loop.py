"""A training loop by hand: tf.data, GradientTape, tf.function. TensorFlow only."""
import numpy as np
import tensorflow as tf
from tensorflow import keras

x = np.random.RandomState(0).rand(32, 4).astype("float32")
y = (x.sum(axis=1) > 2).astype("int64")
dataset = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(32).batch(8).prefetch(tf.data.AUTOTUNE)
inputs = keras.Input(shape=(4,))
hidden = keras.layers.Dense(8, activation=tf.nn.relu)(inputs)
model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(learning_rate=0.05)
mean_loss = keras.metrics.Mean(name="loss")
accuracy = keras.metrics.SparseCategoricalAccuracy()


@tf.function
def train_step(features, labels):
    with tf.GradientTape() as tape:
        logits = model(features, training=True)
        loss = loss_fn(labels, logits) + tf.add_n([tf.constant(0.0), *model.losses])
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    mean_loss.update_state(loss)
    accuracy(labels, logits)


losses = []
for epoch in range(5):
    mean_loss.reset_state()
    for features, labels in dataset:
        train_step(features, labels)
    losses.append(float(mean_loss.result()))
assert losses[-1] < losses[0]
model.compile("sgd", loss_fn, metrics=["accuracy"])
model.fit(dataset, epochs=1, verbose=0, validation_data=dataset)
