"""Several outputs: dicts of losses, weights and metrics; class_weight, sample_weight; evaluate with return_dict; names in logs."""
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.utils import to_categorical

image_input = keras.Input(shape=(8, 8, 3), name="img_input")
timeseries_input = keras.Input(shape=(None, 4), name="ts_input")
x1 = layers.Conv2D(3, 3)(image_input)
x1 = layers.GlobalMaxPooling2D()(x1)
x2 = layers.Conv1D(3, 3)(timeseries_input)
x2 = layers.GlobalMaxPooling1D()(x2)
x = layers.concatenate([x1, x2])
score_output = layers.Dense(1, name="score_output")(x)
class_output = layers.Dense(3, activation="softmax", name="class_output")(x)
model = keras.Model(inputs=[image_input, timeseries_input], outputs=[score_output, class_output])
rng = np.random.RandomState(0)
img_data = rng.random_sample(size=(20, 8, 8, 3))
ts_data = rng.random_sample(size=(20, 6, 4))
score_targets = rng.random_sample(size=(20, 1))
class_targets = to_categorical(rng.randint(0, 3, 20), num_classes=3)

model.compile(
    optimizer=keras.optimizers.RMSprop(1e-3),
    loss=[keras.losses.MeanSquaredError(), keras.losses.CategoricalCrossentropy()],
    metrics=[[keras.metrics.MeanAbsolutePercentageError(), keras.metrics.MeanAbsoluteError()], [keras.metrics.CategoricalAccuracy()]],
)
model.fit([img_data, ts_data], [score_targets, class_targets], batch_size=10, epochs=1, verbose=0)
model.compile(
    optimizer=keras.optimizers.RMSprop(1e-3),
    loss={"score_output": keras.losses.MeanSquaredError(), "class_output": keras.losses.CategoricalCrossentropy()},
    loss_weights={"score_output": 2.0, "class_output": 1.0},
    metrics={"score_output": ["mae"], "class_output": ["accuracy", keras.metrics.AUC(name="auc")]},
)
history = model.fit(
    {"img_input": img_data, "ts_input": ts_data}, {"score_output": score_targets, "class_output": class_targets},
    batch_size=10, epochs=1, verbose=0, validation_split=0.2)
assert set(history.history) >= {"loss", "score_output_loss", "class_output_loss", "score_output_mae", "class_output_accuracy", "class_output_auc",
                                "val_loss", "val_score_output_loss"}, history.history.keys()
results = model.evaluate([img_data, ts_data], [score_targets, class_targets], verbose=0, return_dict=True)
assert results["loss"] > 0 and set(results) >= {"class_output_accuracy"}
listed = model.evaluate([img_data, ts_data], [score_targets, class_targets], verbose=0)
assert len(listed) == len(model.metrics_names) or len(listed) == len(results)
model.compile("rmsprop", loss=[None, "categorical_crossentropy"])
model.fit([img_data, ts_data], [score_targets, class_targets], verbose=0)
predictions = model.predict([img_data, ts_data], verbose=0)
assert [p.shape for p in predictions] == [(20, 1), (20, 3)]
score, classes = model([img_data[:2], ts_data[:2]], training=False)

# classes out of balance
one = keras.Sequential([layers.Dense(8, activation="relu", input_dim=4), layers.Dense(3, activation="softmax")])
one.compile("adam", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
xs, ys = rng.rand(30, 4), rng.randint(0, 3, 30)
counts = np.bincount(ys)
class_weight = {i: len(ys) / (3.0 * c) for i, c in enumerate(counts)}
one.fit(xs, ys, class_weight=class_weight, epochs=1, verbose=0)
one.fit(xs, ys, sample_weight=np.where(ys == 2, 2.0, 1.0), validation_data=(xs, ys, np.ones(30)), epochs=1, verbose=0)
loss, accuracy = one.test_on_batch(xs, ys)
out = one.train_on_batch(xs, ys, class_weight=class_weight)
assert len(out) == 2
assert set(one.train_on_batch(xs, ys, return_dict=True)) == {"loss", "accuracy"}
assert one.predict_on_batch(xs).shape == (30, 3)
# a dict of outputs
d = keras.Model(image_input, {"a": layers.Dense(1, name="a")(x1), "b": layers.Dense(2, name="b")(x1)})
d.compile("sgd", {"a": "mse", "b": "mse"}, metrics={"b": "mae"})
d.fit(img_data, {"a": score_targets, "b": rng.rand(20, 2)}, epochs=1, verbose=0)
assert set(d.predict(img_data, verbose=0)) == {"a", "b"}
