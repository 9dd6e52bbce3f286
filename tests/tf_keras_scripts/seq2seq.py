"""seq2seq with states passed on, inference models from its layers, attention; padding by pad_sequences."""
import numpy as np
from tensorflow import keras
from tensorflow.keras.layers import Input, LSTM, Dense, GRU, Embedding, Attention, AdditiveAttention, Concatenate, TimeDistributed, Bidirectional, Masking, RepeatVector
from tensorflow.keras.models import Model

num_encoder_tokens, num_decoder_tokens, latent_dim = 5, 6, 8
rng = np.random.RandomState(0)
encoder_input_data = np.eye(5)[rng.randint(0, 5, (12, 7))].astype("float32")
decoder_input_data = np.eye(6)[rng.randint(0, 6, (12, 4))].astype("float32")
decoder_target_data = np.roll(decoder_input_data, -1, axis=1)

encoder_inputs = Input(shape=(None, num_encoder_tokens))
encoder = LSTM(latent_dim, return_state=True)
encoder_outputs, state_h, state_c = encoder(encoder_inputs)
encoder_states = [state_h, state_c]
decoder_inputs = Input(shape=(None, num_decoder_tokens))
decoder_lstm = LSTM(latent_dim, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = Dense(num_decoder_tokens, activation='softmax')
decoder_outputs = decoder_dense(decoder_outputs)
model = Model([encoder_inputs, decoder_inputs], decoder_outputs)
model.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['accuracy'])
model.fit([encoder_input_data, decoder_input_data], decoder_target_data, batch_size=4, epochs=1, validation_split=0.2, verbose=0)
model.save('s2s.h5')
model = keras.models.load_model('s2s.h5')

# inference, from the loaded model's layers
encoder_inputs = model.input[0]
encoder_outputs, state_h_enc, state_c_enc = model.layers[2].output
encoder_model = Model(encoder_inputs, [state_h_enc, state_c_enc])
decoder_inputs = model.input[1]
decoder_state_input_h = Input(shape=(latent_dim,))
decoder_state_input_c = Input(shape=(latent_dim,))
decoder_states_inputs = [decoder_state_input_h, decoder_state_input_c]
decoder_lstm = model.layers[3]
decoder_outputs, state_h_dec, state_c_dec = decoder_lstm(decoder_inputs, initial_state=decoder_states_inputs)
decoder_dense = model.layers[4]
decoder_model = Model([decoder_inputs] + decoder_states_inputs, [decoder_dense(decoder_outputs), state_h_dec, state_c_dec])
states_value = encoder_model.predict(encoder_input_data[:1], verbose=0)
target_seq = np.zeros((1, 1, num_decoder_tokens))
target_seq[0, 0, 0] = 1.0
decoded = []
while len(decoded) < 4:
    output_tokens, h, c = decoder_model.predict([target_seq] + states_value, verbose=0)
    sampled = np.argmax(output_tokens[0, -1, :])
    decoded.append(sampled)
    target_seq = np.zeros((1, 1, num_decoder_tokens))
    target_seq[0, 0, sampled] = 1.0
    states_value = [h, c]
assert len(decoded) == 4

# words, masks and attention
source = keras.preprocessing.sequence.pad_sequences([[1, 2, 3], [4, 5], [6]], maxlen=4, padding="post")
target = keras.preprocessing.sequence.pad_sequences([[1, 2], [3], [4, 5, 6]], maxlen=3, padding="post")
src = Input(shape=(4,), dtype="int32")
tgt = Input(shape=(3,), dtype="int32")
enc_seq, enc_state = GRU(latent_dim, return_sequences=True, return_state=True)(Embedding(10, 8, mask_zero=True)(src))
dec_seq = GRU(latent_dim, return_sequences=True)(Embedding(10, 8, mask_zero=True)(tgt), initial_state=enc_state)
context, scores = Attention()([dec_seq, enc_seq], return_attention_scores=True)
bahdanau = AdditiveAttention(use_scale=True)([dec_seq, enc_seq])
joined = Concatenate(axis=-1)([dec_seq, context, bahdanau])
out = TimeDistributed(Dense(10, activation="softmax"))(joined)
attending = Model([src, tgt], out)
attending.compile("adam", "sparse_categorical_crossentropy")
attending.fit([source, target], np.expand_dims(target, -1), epochs=1, verbose=0)
maps = Model(attending.inputs, scores)
weights = maps.predict([source, target], verbose=0)
assert weights.shape == (3, 3, 4)
np.testing.assert_allclose(weights.sum(-1), 1.0, rtol=1e-5)
np.testing.assert_allclose(weights[2, :, 1:], 0.0, atol=1e-6)

# the addition task: RepeatVector, Bidirectional states, Masking
plain = keras.Sequential()
plain.add(Masking(mask_value=0.0, input_shape=(7, 5)))
plain.add(LSTM(8))
plain.add(RepeatVector(4))
for _ in range(2):
    plain.add(LSTM(8, return_sequences=True))
plain.add(TimeDistributed(Dense(6, activation="softmax")))
plain.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
plain.fit(encoder_input_data, decoder_target_data, epochs=1, verbose=0)
seq, fh, fc, bh, bc = Bidirectional(LSTM(3, return_sequences=True, return_state=True))(Input((7, 5)))
assert fh.shape == (None, 3) and seq.shape[-1] == 6
