"""Tables: lookups, normalization, discretization, hashing and crossing of columns in tf.data and in the model; a dict of inputs by name."""
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

rng = np.random.RandomState(0)
dataframe = pd.DataFrame({
    "Type": rng.choice(["Cat", "Dog"], 60), "Age": rng.randint(0, 12, 60), "Breed": rng.choice(["a", "b", "c", "d"], 60),
    "Fee": rng.rand(60) * 100, "Sex": rng.choice(["Male", "Female"], 60)})
dataframe["target"] = (dataframe["Age"] < 5).astype(int)
train, val, test = np.split(dataframe.sample(frac=1, random_state=0).values, [40, 50])
train, val = (pd.DataFrame(part, columns=dataframe.columns).infer_objects() for part in (train, val))


def df_to_dataset(dataframe, shuffle=True, batch_size=8):
    df = dataframe.copy()
    labels = df.pop("target")
    df = {key: value.to_numpy()[:, tf.newaxis] for key, value in dataframe.drop(columns="target").items()}
    ds = tf.data.Dataset.from_tensor_slices((dict(df), labels))
    if shuffle:
        ds = ds.shuffle(buffer_size=len(dataframe))
    return ds.batch(batch_size).prefetch(batch_size)


train_ds, val_ds = df_to_dataset(train), df_to_dataset(val, shuffle=False)
[(train_features, label_batch)] = train_ds.take(1)
assert list(train_features) == ["Type", "Age", "Breed", "Fee", "Sex"]


def get_normalization_layer(name, dataset):
    normalizer = layers.Normalization(axis=None)
    normalizer.adapt(dataset.map(lambda x, y: x[name]))
    return normalizer


def get_category_encoding_layer(name, dataset, dtype, max_tokens=None):
    if dtype == "string":
        index = layers.StringLookup(max_tokens=max_tokens)
    else:
        index = layers.IntegerLookup(max_tokens=max_tokens)
    index.adapt(dataset.map(lambda x, y: x[name]))
    encoder = layers.CategoryEncoding(num_tokens=index.vocabulary_size())
    return lambda feature: encoder(index(feature))


fee = get_normalization_layer("Fee", train_ds)(train_features["Fee"])
assert fee.shape == (8, 1)
encoded = get_category_encoding_layer("Type", train_ds, "string")(tf.constant(train_features["Type"]))
np.testing.assert_array_equal(encoded.numpy().sum(-1), np.ones(8))
all_inputs, encoded_features = {}, []
for header in ["Fee"]:
    numeric_col = keras.Input(shape=(1,), name=header)
    all_inputs[header] = numeric_col
    encoded_features.append(get_normalization_layer(header, train_ds)(numeric_col))
age_col = keras.Input(shape=(1,), name="Age", dtype="int64")
all_inputs["Age"] = age_col
encoded_features.append(get_category_encoding_layer("Age", train_ds, "int64", max_tokens=5)(age_col))
for header in ["Type", "Breed", "Sex"]:
    categorical_col = keras.Input(shape=(1,), name=header, dtype="string")
    all_inputs[header] = categorical_col
    encoded_features.append(get_category_encoding_layer(header, train_ds, "string", max_tokens=5)(categorical_col))
all_features = layers.concatenate(encoded_features)
x = layers.Dense(8, activation="relu")(all_features)
output = layers.Dense(1)(layers.Dropout(0.1)(x))
model = keras.Model(all_inputs, output)
model.compile(optimizer=keras.optimizers.Adam(0.02), loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"], run_eagerly=False)
history = model.fit(train_ds, epochs=8, validation_data=val_ds, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
model.save("pets.keras")
reloaded = keras.models.load_model("pets.keras")
sample = {"Type": "Cat", "Age": 3, "Breed": "zz", "Sex": "Male", "Fee": 100.0}
input_dict = {name: tf.convert_to_tensor([value]) for name, value in sample.items()}
predictions = reloaded.predict(input_dict, verbose=0)
assert predictions.shape == (1, 1) and tf.nn.sigmoid(predictions[0]).numpy().shape == (1,)
np.testing.assert_allclose(model.predict(val_ds, verbose=0), reloaded.predict(val_ds, verbose=0), rtol=1e-5)

# the preprocessing as a model of its own, mapped over the dataset
preprocessing = keras.Model(all_inputs, all_features)
mapped = train_ds.map(lambda x, y: (preprocessing(x), y), num_parallel_calls=tf.data.AUTOTUNE)
head_in = keras.Input(shape=(all_features.shape[-1],))
head = keras.Model(head_in, layers.Dense(1)(head_in))
head.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
head.fit(mapped, epochs=1, verbose=0)
# hashes, crosses, buckets
bucket = layers.Discretization(bin_boundaries=[2.0, 5.0])
np.testing.assert_array_equal(bucket(tf.constant([[1.0], [3.0], [9.0]])), [[0], [1], [2]])
cross = layers.HashedCrossing(num_bins=5)
crossed = cross((tf.constant(["a", "b"]), tf.constant([1, 2])))
hashed = layers.Hashing(num_bins=3, salt=7)(tf.constant([["A"], ["B"]]))
assert crossed.shape == (2,) and hashed.shape == (2, 1)
one_hot = layers.CategoryEncoding(num_tokens=4, output_mode="one_hot")
np.testing.assert_array_equal(one_hot(tf.constant([0, 3])), np.eye(4)[[0, 3]])
counts = layers.CategoryEncoding(num_tokens=4, output_mode="count")
np.testing.assert_array_equal(counts(tf.constant([[0, 1], [1, 1]]), count_weights=tf.constant([[0.5, 1.0], [2.0, 3.0]])), [[0.5, 1, 0, 0], [0, 5, 0, 0]])
# ragged columns keep their rows
lookup = layers.StringLookup(vocabulary=["red", "green"])
rows = lookup(tf.ragged.constant([["red"], ["green", "blue", "red"]]))
assert rows.to_list() == [[1], [2, 0, 1]]
words = layers.StringLookup(vocabulary=lookup.get_vocabulary(), invert=True)(rows)
assert words.to_list() == [[b"red"], [b"green", b"[UNK]", b"red"]]
assert layers.Hashing(5)(tf.ragged.constant([[1], [2, 3]])).row_lengths().numpy().tolist() == [1, 2]
assert bucket(tf.ragged.constant([[1.0], [3.0, 9.0]])).to_list() == [[0], [1, 2]]
embedded = layers.Embedding(3, 4)(rows)
assert isinstance(embedded, tf.RaggedTensor) and tf.reduce_mean(embedded, axis=1).shape == (2, 4)
np.testing.assert_array_equal(layers.StringLookup(vocabulary=["red", "green"], output_mode="multi_hot")(tf.ragged.constant([["red"], ["green", "blue"]])), [[0, 1, 0], [1, 0, 1]])
ragged_ds = tf.data.Dataset.from_tensor_slices(tf.ragged.constant([["red"], ["green", "blue"]])).batch(2).map(lookup)
for batch in ragged_ds:
    assert batch.to_list() == [[1], [2, 0]]
# linear and wide models of experimental
linear = keras.Sequential([layers.Normalization(axis=-1, input_shape=(2,)), layers.Dense(1)])
linear.layers[0].adapt(train[["Age", "Fee"]].to_numpy().astype("float32"))
linear.compile(optimizer=keras.optimizers.Adam(learning_rate=0.1), loss="mean_absolute_error")
hist = pd.DataFrame(linear.fit(train[["Age", "Fee"]].astype("float32"), train["target"].astype("float32"), epochs=2, validation_split=0.2, verbose=0).history)
assert list(hist.columns) == ["loss", "val_loss"]
