"""Text classification: TextVectorization with a custom standardization, adapt, an end to end model of strings."""
import re
import string
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, losses
from tensorflow import keras

texts = ["A great <br /> film, great!", "bad and boring.", "great fun", "boring, bad film"] * 4
labels = [1, 0, 1, 0] * 4
raw_train_ds = tf.data.Dataset.from_tensor_slices((texts, labels)).batch(4)


@keras.utils.register_keras_serializable()
def custom_standardization(input_data):
    lowercase = tf.strings.lower(input_data)
    stripped_html = tf.strings.regex_replace(lowercase, '<br />', ' ')
    return tf.strings.regex_replace(stripped_html, '[%s]' % re.escape(string.punctuation), '')


max_features = 50
sequence_length = 6
vectorize_layer = layers.TextVectorization(
    standardize=custom_standardization, max_tokens=max_features, output_mode='int', output_sequence_length=sequence_length)
train_text = raw_train_ds.map(lambda x, y: x)
vectorize_layer.adapt(train_text)


def vectorize_text(text, label):
    text = tf.expand_dims(text, -1)
    return vectorize_layer(text), label


train_ds = raw_train_ds.map(vectorize_text).cache().prefetch(buffer_size=tf.data.AUTOTUNE)
model = keras.Sequential([
    layers.Embedding(max_features + 1, 8),
    layers.Dropout(0.2),
    layers.GlobalAveragePooling1D(),
    layers.Dropout(0.2),
    layers.Dense(1)])
model.compile(loss=losses.BinaryCrossentropy(from_logits=True), optimizer='adam', metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)])
history = model.fit(train_ds, validation_data=train_ds, epochs=3, verbose=0)
assert history.history.keys() >= {"binary_accuracy", "val_binary_accuracy"}
export_model = keras.Sequential([vectorize_layer, model, layers.Activation('sigmoid')])
export_model.compile(loss=losses.BinaryCrossentropy(from_logits=False), optimizer="adam", metrics=['accuracy'])
loss, accuracy = export_model.evaluate(raw_train_ds, verbose=0)
examples = tf.constant(["The movie was great!", "The movie was okay."])
assert export_model.predict(examples, verbose=0).shape == (2, 1)
assert vectorize_layer.get_vocabulary()[:2] == ["", "[UNK]"] and vectorize_layer.vocabulary_size() <= max_features

text_input = keras.Input(shape=(1,), dtype=tf.string, name='text')
x = vectorize_layer(text_input)
x = layers.Embedding(max_features + 1, 8)(x)
x = layers.Conv1D(8, 3, padding="valid", activation="relu", strides=1)(x)
x = layers.GlobalMaxPooling1D()(x)
end_to_end = keras.Model(text_input, layers.Dense(1, activation="sigmoid")(x))
end_to_end.compile("adam", "binary_crossentropy", metrics=["accuracy"])
end_to_end.fit(raw_train_ds.map(lambda x, y: (tf.expand_dims(x, -1), y)), epochs=1, verbose=0)
end_to_end.save("text.keras")
again = keras.models.load_model("text.keras")
one = tf.constant([["great film"]])
np.testing.assert_allclose(again.predict(one, verbose=0), end_to_end.predict(one, verbose=0), rtol=1e-5)
# tf-idf and multi-hot, n-grams, split of characters, ragged output
for mode in ("multi_hot", "count", "tf_idf"):
    layer = layers.TextVectorization(output_mode=mode, ngrams=2)
    layer.adapt(texts)
    assert layer(texts[:2]).shape[0] == 2
ragged = layers.TextVectorization(ragged=True)
ragged.adapt(texts)
assert [len(row) for row in ragged(texts[:2])] == [5, 3]
characters = layers.TextVectorization(split="character", standardize="lower")
characters.adapt(["abc", "abd"])
assert characters(["ab"]).shape == (1, 2)
assert callable(keras.preprocessing.text_dataset_from_directory)
