"""Structured data: tf.data, Normalization/StringLookup/CategoryEncoding/IntegerLookup/Discretization, cache and prefetch."""
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow.keras import layers
import tensorflow.keras as keras

rng = np.random.RandomState(0)
dataframe = pd.DataFrame({
    "age": rng.randint(20, 80, 40), "chol": rng.normal(200, 20, 40), "sex": rng.randint(0, 2, 40),
    "thal": rng.choice(["fixed", "normal", "reversible"], 40), "target": rng.randint(0, 2, 40)})
val_dataframe = dataframe.sample(frac=0.2, random_state=1337)
train_dataframe = dataframe.drop(val_dataframe.index)


def dataframe_to_dataset(dataframe):
    dataframe = dataframe.copy()
    labels = dataframe.pop("target")
    ds = tf.data.Dataset.from_tensor_slices((dict(dataframe), labels))
    ds = ds.shuffle(buffer_size=len(dataframe))
    return ds


train_ds = dataframe_to_dataset(train_dataframe).batch(8).cache().prefetch(tf.data.AUTOTUNE)
val_ds = dataframe_to_dataset(val_dataframe).batch(8)


def encode_numerical_feature(feature, name, dataset):
    normalizer = layers.Normalization()
    feature_ds = dataset.map(lambda x, y: x[name])
    feature_ds = feature_ds.map(lambda x: tf.expand_dims(x, -1))
    normalizer.adapt(feature_ds)
    return normalizer(feature)


def encode_categorical_feature(feature, name, dataset, is_string):
    lookup_class = layers.StringLookup if is_string else layers.IntegerLookup
    lookup = lookup_class(output_mode="multi_hot")
    feature_ds = dataset.map(lambda x, y: x[name])
    feature_ds = feature_ds.map(lambda x: tf.expand_dims(x, -1))
    lookup.adapt(feature_ds)
    return lookup(feature)


sex = keras.Input(shape=(1,), name="sex", dtype="int64")
thal = keras.Input(shape=(1,), name="thal", dtype="string")
age = keras.Input(shape=(1,), name="age")
chol = keras.Input(shape=(1,), name="chol")
all_inputs = [sex, thal, age, chol]
all_features = layers.concatenate([
    encode_categorical_feature(sex, "sex", train_ds, False), encode_categorical_feature(thal, "thal", train_ds, True),
    encode_numerical_feature(age, "age", train_ds), encode_numerical_feature(chol, "chol", train_ds)])
x = layers.Dense(8, activation="relu")(all_features)
x = layers.Dropout(0.5)(x)
output = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(all_inputs, output)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
model.fit(train_ds, epochs=2, validation_data=val_ds, verbose=0)
sample = {"age": 60, "chol": 233.0, "sex": 1, "thal": "fixed"}
input_dict = {name: tf.convert_to_tensor([value]) for name, value in sample.items()}
predictions = model.predict(input_dict, verbose=0)
assert predictions.shape == (1, 1)
model.save("structured.keras")
again = keras.models.load_model("structured.keras")
np.testing.assert_allclose(again.predict(input_dict, verbose=0), predictions, rtol=1e-5)

# layers inside of a map, augmentation
augment = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomZoom(0.1), layers.RandomContrast(0.1)])
images = tf.data.Dataset.from_tensor_slices((rng.rand(8, 12, 12, 3).astype("float32"), rng.randint(0, 2, 8)))
resize_and_rescale = keras.Sequential([layers.Resizing(8, 8), layers.Rescaling(1.0 / 255)])
ds = images.batch(4).map(lambda x, y: (augment(x, training=True), y), num_parallel_calls=tf.data.AUTOTUNE)
ds = ds.map(lambda x, y: (resize_and_rescale(x), y)).prefetch(1)
for x, y in ds:
    assert x.shape == (4, 8, 8, 3)
lookup = layers.StringLookup(vocabulary=["a", "b"], num_oov_indices=1)
strings = tf.data.Dataset.from_tensor_slices([["a", "b"], ["c", "a"]]).map(lookup)
assert [v.tolist() for v in strings.as_numpy_iterator()] == [[1, 2], [0, 1]]
inverse = layers.StringLookup(vocabulary=lookup.get_vocabulary(), invert=True, mask_token=None)
assert np.array(inverse([1, 2])).astype(str).tolist() == ["a", "b"]
hashing = layers.Hashing(num_bins=3)
assert hashing(tf.constant([["a"], ["b"]])).shape == (2, 1)
discretization = layers.Discretization(num_bins=4)
discretization.adapt(dataframe["age"].to_numpy().reshape(-1, 1).astype("float32"))
crossed = layers.HashedCrossing(num_bins=5)((tf.constant(["x", "y"]), tf.constant([1, 2])))
assert crossed.shape == (2,)
one_hot = layers.CategoryEncoding(num_tokens=4, output_mode="one_hot")
assert one_hot([3, 2, 0, 1]).shape == (4, 4)
dataset = tf.data.Dataset.range(6).map(lambda i: (tf.cast([i, i + 1, 0, 1], tf.float32), tf.cast(i % 2, tf.float32))).repeat().batch(3)
small = keras.Sequential([layers.Dense(1, activation="sigmoid")])
small.compile("sgd", "binary_crossentropy")
small.fit(dataset, steps_per_epoch=3, epochs=2, verbose=0, validation_data=dataset, validation_steps=1)
assert small.predict(dataset, steps=2, verbose=0).shape == (6, 1)
