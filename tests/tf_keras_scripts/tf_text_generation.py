"""Text generation: characters by StringLookup, a subclassed GRU model that hands on its states, one step of sampling as a tf.function."""
import os
import numpy as np
import tensorflow as tf
from tensorflow import keras

text = "the quick brown fox jumps over the lazy dog. " * 8
vocab = sorted(set(text))
ids_from_chars = keras.layers.StringLookup(vocabulary=list(vocab), mask_token=None)
chars_from_ids = keras.layers.StringLookup(vocabulary=ids_from_chars.get_vocabulary(), invert=True, mask_token=None)


def text_from_ids(ids):
    return tf.strings.reduce_join(chars_from_ids(ids), axis=-1)


all_ids = ids_from_chars(tf.strings.unicode_split(text, "UTF-8"))
assert text_from_ids(all_ids[:9]).numpy().decode() == "the quick"
ragged = tf.strings.unicode_split(["the", "lazy dog"], "UTF-8")
assert [len(row) for row in ids_from_chars(ragged).to_list()] == [3, 8]

seq_length = 12
sequences = tf.data.Dataset.from_tensor_slices(all_ids).batch(seq_length + 1, drop_remainder=True)
dataset = sequences.map(lambda s: (s[:-1], s[1:])).shuffle(100).batch(4, drop_remainder=True).prefetch(tf.data.experimental.AUTOTUNE)


class TextModel(keras.Model):
    def __init__(self, vocab_size, embedding_dim, rnn_units):
        super().__init__()
        self.embedding = keras.layers.Embedding(vocab_size, embedding_dim)
        self.gru = keras.layers.GRU(rnn_units, return_sequences=True, return_state=True)
        self.dense = keras.layers.Dense(vocab_size)

    def call(self, inputs, states=None, return_state=False, training=False):
        x = self.embedding(inputs, training=training)
        if states is None:
            batch_size = tf.shape(x)[0]
            states = self.gru.get_initial_state(batch_size)
        x, states = self.gru(x, initial_state=states, training=training)
        x = self.dense(x, training=training)
        if return_state:
            return x, states
        return x


model = TextModel(len(ids_from_chars.get_vocabulary()), 8, 16)
for input_example, target_example in dataset.take(1):
    predictions = model(input_example)
    assert predictions.shape == (4, seq_length, len(ids_from_chars.get_vocabulary()))
    sampled = tf.random.categorical(predictions[0], num_samples=1)
    assert tf.squeeze(sampled, axis=-1).shape == (seq_length,)
model.summary(print_fn=lambda *a, **k: None)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer=keras.optimizers.Adam(0.02), loss=loss)
checkpoint_callback = keras.callbacks.ModelCheckpoint(filepath=os.path.join("training", "ckpt_{epoch}.weights.h5"), save_weights_only=True)
history = model.fit(dataset, epochs=3, callbacks=[checkpoint_callback], verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
assert len(os.listdir("training")) == 3


class OneStep(keras.Model):
    def __init__(self, model, chars_from_ids, ids_from_chars, temperature=1.0):
        super().__init__()
        self.temperature = temperature
        self.model = model
        self.chars_from_ids = chars_from_ids
        self.ids_from_chars = ids_from_chars
        skip_ids = self.ids_from_chars(["[UNK]"])[:, None]
        sparse_mask = tf.SparseTensor(values=[-float("inf")] * len(skip_ids), indices=skip_ids, dense_shape=[len(ids_from_chars.get_vocabulary())])
        self.prediction_mask = tf.sparse.to_dense(sparse_mask)

    @tf.function
    def generate_one_step(self, inputs, states=None):
        input_chars = tf.strings.unicode_split(inputs, "UTF-8")
        input_ids = self.ids_from_chars(input_chars).to_tensor()
        predicted_logits, states = self.model(inputs=input_ids, states=states, return_state=True)
        predicted_logits = predicted_logits[:, -1, :]
        predicted_logits = predicted_logits / self.temperature
        predicted_logits = predicted_logits + self.prediction_mask
        predicted_ids = tf.squeeze(tf.random.categorical(predicted_logits, num_samples=1), axis=-1)
        return self.chars_from_ids(predicted_ids), states


one_step = OneStep(model, chars_from_ids, ids_from_chars)
states = None
next_char = tf.constant(["the ", "fox "])
result = [next_char]
for _ in range(6):
    next_char, states = one_step.generate_one_step(next_char, states=states)
    result.append(next_char)
assert all(len(line) == 10 for line in tf.strings.join(result).numpy())
tf.saved_model.save(one_step, "one_step")
reloaded = tf.saved_model.load("one_step")
states = None
next_char = tf.constant(["the ", "fox "])
for _ in range(3):
    next_char, states = reloaded.generate_one_step(next_char, states=states)
assert next_char.shape == (2,)


class CustomTraining(TextModel):
    @tf.function
    def train_step(self, inputs):
        inputs, labels = inputs
        with tf.GradientTape() as tape:
            predictions = self(inputs, training=True)
            loss = self.loss(labels, predictions)
        grads = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        return {"loss": loss}


custom = CustomTraining(len(ids_from_chars.get_vocabulary()), 8, 16)
custom.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
custom.fit(dataset, epochs=1, verbose=0)
mean = keras.metrics.Mean()
for batch_n, (inp, target) in enumerate(dataset):
    logs = custom.train_step([inp, target])
    mean.update_state(logs["loss"])
assert mean.result().numpy() > 0
custom.save_weights("custom.weights.h5")

# the older way: batch_input_shape, stateful=True, a second model with batch size 1 and the first one's weights
def build_model(batch_size):
    return keras.Sequential([
        keras.layers.Embedding(len(vocab) + 1, 8, batch_input_shape=[batch_size, None]),
        keras.layers.LSTM(16, return_sequences=True, stateful=True, recurrent_initializer="glorot_uniform"),
        keras.layers.Dense(len(vocab) + 1)])


stateful = build_model(4)
stateful.compile("adam", lambda labels, logits: keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True))
for _ in range(2):
    stateful.fit(dataset, verbose=0)
    for layer in stateful.layers:
        if hasattr(layer, "reset_states"):
            layer.reset_states()
stateful.save_weights("stateful.weights.h5")
single = build_model(1)
single.build(tf.TensorShape([1, None]))
single.load_weights("stateful.weights.h5")
for layer in single.layers:
    if getattr(layer, "stateful", False):
        layer.reset_states()
input_eval = tf.expand_dims([1, 2, 3], 0)
for _ in range(4):
    predictions = tf.squeeze(single(input_eval), 0)
    predicted_id = tf.random.categorical(predictions, num_samples=1)[-1, 0].numpy()
    input_eval = tf.expand_dims([predicted_id], 0)
assert 0 <= predicted_id <= len(vocab)
