"""Translation with attention, subclassed: encoder and decoder, a loss that masks the padding, a loop of tf.function, beam-free decoding."""
import numpy as np
import tensorflow as tf
from tensorflow import keras


class Encoder(keras.Model):
    def __init__(self, vocab_size, embedding_dim, enc_units, batch_sz):
        super(Encoder, self).__init__()
        self.batch_sz = batch_sz
        self.enc_units = enc_units
        self.embedding = keras.layers.Embedding(vocab_size, embedding_dim)
        self.gru = keras.layers.GRU(self.enc_units, return_sequences=True, return_state=True, recurrent_initializer="glorot_uniform")

    def call(self, x, hidden):
        x = self.embedding(x)
        output, state = self.gru(x, initial_state=hidden)
        return output, state

    def initialize_hidden_state(self):
        return tf.zeros((self.batch_sz, self.enc_units))


class BahdanauAttention(keras.layers.Layer):
    def __init__(self, units):
        super(BahdanauAttention, self).__init__()
        self.W1 = keras.layers.Dense(units)
        self.W2 = keras.layers.Dense(units)
        self.V = keras.layers.Dense(1)

    def call(self, query, values):
        query_with_time_axis = tf.expand_dims(query, 1)
        score = self.V(tf.nn.tanh(self.W1(query_with_time_axis) + self.W2(values)))
        attention_weights = tf.nn.softmax(score, axis=1)
        context_vector = tf.reduce_sum(attention_weights * values, axis=1)
        return context_vector, attention_weights


class Decoder(keras.Model):
    def __init__(self, vocab_size, embedding_dim, dec_units):
        super(Decoder, self).__init__()
        self.embedding = keras.layers.Embedding(vocab_size, embedding_dim)
        self.gru = keras.layers.GRU(dec_units, return_sequences=True, return_state=True, recurrent_initializer="glorot_uniform")
        self.fc = keras.layers.Dense(vocab_size)
        self.attention = BahdanauAttention(dec_units)

    def call(self, x, hidden, enc_output):
        context_vector, attention_weights = self.attention(hidden, enc_output)
        x = self.embedding(x)
        x = tf.concat([tf.expand_dims(context_vector, 1), x], axis=-1)
        output, state = self.gru(x)
        output = tf.reshape(output, (-1, output.shape[2]))
        return self.fc(output), state, attention_weights


BATCH_SIZE, units, embedding_dim = 4, 12, 6
rng = np.random.RandomState(0)
source = [" ".join(rng.choice(["wo", "wa", "wi"], rng.randint(2, 5))) for _ in range(12)]
target = [s.replace("w", "v") for s in source]
source_text = keras.layers.TextVectorization(standardize=None)
target_text = keras.layers.TextVectorization(standardize=lambda t: tf.strings.join(["<start>", t, "<end>"], separator=" "))
source_text.adapt(source)
target_text.adapt(target)
input_tensor, target_tensor = source_text(source), target_text(target)
dataset = tf.data.Dataset.from_tensor_slices((input_tensor, target_tensor)).shuffle(12, seed=0).batch(BATCH_SIZE, drop_remainder=True)
words = target_text.get_vocabulary()
start, end = words.index("<start>"), words.index("<end>")
encoder = Encoder(source_text.vocabulary_size(), embedding_dim, units, BATCH_SIZE)
decoder = Decoder(len(words), embedding_dim, units)
optimizer = keras.optimizers.Adam(0.02)
loss_object = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")


def loss_function(real, pred):
    mask = tf.math.logical_not(tf.math.equal(real, 0))
    loss_ = loss_object(real, pred)
    mask = tf.cast(mask, dtype=loss_.dtype)
    loss_ *= mask
    return tf.reduce_mean(loss_)


checkpoint = tf.train.Checkpoint(optimizer=optimizer, encoder=encoder, decoder=decoder)


@tf.function
def train_step(inp, targ, enc_hidden):
    loss = 0
    with tf.GradientTape() as tape:
        enc_output, enc_hidden = encoder(inp, enc_hidden)
        dec_hidden = enc_hidden
        dec_input = tf.expand_dims([start] * BATCH_SIZE, 1)
        for t in range(1, targ.shape[1]):
            predictions, dec_hidden, _ = decoder(dec_input, dec_hidden, enc_output)
            loss += loss_function(targ[:, t], predictions)
            dec_input = tf.expand_dims(targ[:, t], 1)
    batch_loss = loss / int(targ.shape[1])
    variables = encoder.trainable_variables + decoder.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    return batch_loss


losses = []
for epoch in range(4):
    enc_hidden = encoder.initialize_hidden_state()
    total_loss = 0
    for batch, (inp, targ) in enumerate(dataset.take(3)):
        total_loss += train_step(inp, targ, enc_hidden)
    losses.append((total_loss / 3).numpy())
assert losses[-1] < losses[0], losses
path = checkpoint.save("nmt/ckpt")


def evaluate(sentence):
    inputs = source_text([sentence])
    result = []
    hidden = [tf.zeros((1, units))]
    enc_out, enc_hidden = encoder(inputs, hidden)
    dec_hidden = enc_hidden
    dec_input = tf.expand_dims([start], 0)
    plots = []
    for t in range(6):
        predictions, dec_hidden, attention_weights = decoder(dec_input, dec_hidden, enc_out)
        plots.append(tf.reshape(attention_weights, (-1,)).numpy())
        predicted_id = tf.argmax(predictions[0]).numpy()
        result.append(words[predicted_id])
        if predicted_id == end:
            break
        dec_input = tf.expand_dims([predicted_id], 0)
    return result, np.array(plots)


first, plots = evaluate("wo wa")
np.testing.assert_allclose(plots.sum(-1), 1.0, rtol=1e-5)
checkpoint.restore(tf.train.latest_checkpoint("nmt")).assert_existing_objects_matched()
again, _ = evaluate("wo wa")
assert first == again

# masks: compute_mask by hand, Embedding(mask_zero) through a stack, a mask given to a layer and read with _keras_mask
embedding = keras.layers.Embedding(10, 4, mask_zero=True)
mask = embedding.compute_mask(input_tensor)
assert mask.dtype == tf.bool and (mask.numpy() == (input_tensor.numpy() != 0)).all()
out = embedding(input_tensor)
assert (out._keras_mask.numpy() == mask.numpy()).all()
lstm = keras.layers.LSTM(3)
np.testing.assert_allclose(lstm(out), lstm(out, mask=mask), atol=1e-6)


class Masked(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        broadcast_float_mask = tf.expand_dims(tf.cast(mask, "float32"), -1)
        inputs_exp = tf.exp(inputs) * broadcast_float_mask
        return inputs_exp / tf.reduce_sum(inputs_exp, axis=1, keepdims=True)


inputs = keras.Input(shape=(None,), dtype="int32")
x = keras.layers.Embedding(10, 4, mask_zero=True)(inputs)
x = Masked()(x)
masked = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(x)))
assert masked(input_tensor).shape == (12, 1)
