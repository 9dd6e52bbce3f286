"""Mixed precision: a global policy, LossScaleOptimizer in a loop of one's own, the last layer in float32."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers, mixed_precision

policy = mixed_precision.Policy("mixed_float16")
mixed_precision.set_global_policy(policy)
assert policy.compute_dtype == "float16" and policy.variable_dtype == "float32"
inputs = keras.Input(shape=(12,), name="digits")
dense1 = layers.Dense(8, activation="relu", name="dense_1")
x = dense1(inputs)
assert dense1.dtype_policy.name == "mixed_float16" and x.dtype == "float16" and dense1.kernel.dtype == "float32"
x = layers.Dense(3, name="dense_logits")(x)
outputs = layers.Activation("softmax", dtype="float32", name="predictions")(x)
model = keras.Model(inputs=inputs, outputs=outputs)
model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.RMSprop(), metrics=["accuracy"])
xs = np.random.RandomState(0).rand(32, 12).astype("float32")
ys = np.random.RandomState(0).randint(0, 3, 32)
model.fit(xs, ys, batch_size=16, epochs=1, verbose=0)
assert isinstance(model.optimizer, mixed_precision.LossScaleOptimizer)
optimizer = keras.optimizers.RMSprop()
optimizer = mixed_precision.LossScaleOptimizer(optimizer)
loss_object = keras.losses.SparseCategoricalCrossentropy()
train_dataset = tf.data.Dataset.from_tensor_slices((xs, ys)).shuffle(32).batch(16)


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        predictions = model(x)
        loss = loss_object(y, predictions)
        scaled_loss = optimizer.scale_loss(loss)
    gradients = tape.gradient(scaled_loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


for epoch in range(2):
    for x, y in train_dataset:
        loss = train_step(x, y)
assert np.isfinite(float(loss)) and loss.dtype == tf.float32
assert mixed_precision.global_policy().name == "mixed_float16"
mixed_precision.set_global_policy("float32")
keras.backend.set_floatx("float32")
