"""The training loop of the guide: tf.function, metrics, class of its own, gradient clipping."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

x_train = np.random.RandomState(0).rand(64, 12).astype("float32")
y_train = (x_train.sum(axis=1) > 6).astype("int64")
inputs = keras.Input(shape=(12,), name="digits")
x = layers.Dense(16, activation="relu", name="dense_1")(inputs)
x = layers.BatchNormalization()(x)
outputs = layers.Dense(2, name="predictions")(x)
model = keras.Model(inputs=inputs, outputs=outputs)
optimizer = keras.optimizers.SGD(learning_rate=1e-1, clipnorm=1.0)
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
train_acc_metric = keras.metrics.SparseCategoricalAccuracy()
val_acc_metric = keras.metrics.SparseCategoricalAccuracy()
train_dataset = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(buffer_size=64).batch(16)
val_dataset = tf.data.Dataset.from_tensor_slices((x_train, y_train)).batch(16)


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss_value = tf.nn.compute_average_loss(loss_fn(y, logits), global_batch_size=16)
    grads = tape.gradient(loss_value, model.trainable_weights)
    grads, norm = tf.clip_by_global_norm(grads, 5.0)
    optimizer.apply_gradients(zip(grads, model.trainable_weights))
    train_acc_metric.update_state(y, logits)
    return loss_value


@tf.function(input_signature=[tf.TensorSpec([None, 12], tf.float32), tf.TensorSpec([None], tf.int64)])
def test_step(x, y):
    val_logits = model(x, training=False)
    val_acc_metric.update_state(y, val_logits)


epochs = 3
seen = []
for epoch in range(epochs):
    for step, (x_batch_train, y_batch_train) in enumerate(train_dataset):
        loss_value = train_step(x_batch_train, y_batch_train)
        if step % 2 == 0:
            seen.append("Training loss at step %d: %.4f" % (step, float(loss_value)))
    train_acc = train_acc_metric.result()
    seen.append("Training acc over epoch: %.4f" % (float(train_acc),))
    train_acc_metric.reset_state()
    for x_batch_val, y_batch_val in val_dataset:
        test_step(x_batch_val, y_batch_val)
    val_acc = val_acc_metric.result()
    val_acc_metric.reset_state()
assert int(optimizer.iterations) == 12 and optimizer.iterations.numpy() == 12
assert 0 <= val_acc.numpy() <= 1
# persistent tape, second derivative, jacobian
x0 = tf.constant(x_train[:2])
with tf.GradientTape() as outer:
    outer.watch(x0)
    with tf.GradientTape() as inner:
        inner.watch(x0)
        out = model(x0, training=False)
    first = inner.gradient(out, x0)
second = outer.gradient(first, x0)
with tf.GradientTape(persistent=True) as tape:
    out = model(x0, training=False)
assert tape.gradient(out, model.trainable_variables[0]).shape == (12, 16)
with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(x0)
    loss = tf.reduce_sum(model(x0))
assert tape.gradient(loss, x0).shape == x0.shape
# gradient accumulation by hand
accum = [tf.Variable(tf.zeros_like(v), trainable=False) for v in model.trainable_variables]
for x_batch_train, y_batch_train in train_dataset.take(2):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_fn(y_batch_train, model(x_batch_train, training=True)))
    for a, g in zip(accum, tape.gradient(loss, model.trainable_variables)):
        a.assign_add(g / 2.0)
optimizer.apply_gradients(zip(accum, model.trainable_variables))
# weight decay and ema by hand
for v in model.trainable_variables:
    v.assign(v * 0.99)
    v.assign_sub(0.01 * v)
var = model.trainable_variables[0]
assert var.shape == (12, 16) and var.dtype == "float32" and "kernel" in var.name
assert tf.is_tensor(tf.convert_to_tensor(var)) and tf.reduce_sum(var).shape == ()
target = keras.models.clone_model(model)
target.set_weights(model.get_weights())
for a, b in zip(model.trainable_variables, target.trainable_variables):
    b.assign(b * 0.5 + a * (1 - 0.5))
np.testing.assert_allclose(target.get_weights()[0], model.get_weights()[0], rtol=1e-6)
