"""LSTM forecasting: windows, stateful=True with reset_states, timeseries_dataset_from_array, ConvLSTM, a feedback cell loop."""
import numpy as np
from tensorflow import keras
from tensorflow.keras.layers import *
from tensorflow.keras.models import Sequential

series = np.sin(np.arange(60) / 5).astype("float32")
look_back = 5
X = np.array([series[i : i + look_back] for i in range(len(series) - look_back)])[..., None]
y = series[look_back:]
model = Sequential()
model.add(LSTM(8, input_shape=(look_back, 1), return_sequences=True, dropout=0.1, recurrent_dropout=0.1))
model.add(LSTM(4, activation="tanh"))
model.add(Dense(1))
model.compile(loss='mean_squared_error', optimizer='adam', metrics=["mae", "mape"])
history = model.fit(X, y, epochs=2, batch_size=5, verbose=0, shuffle=False)
assert set(history.history) == {"loss", "mae", "mape"}
# one after another, each prediction fed back
window = X[-1].copy()
future = []
for _ in range(3):
    step = model.predict(window[None], verbose=0)[0, 0]
    future.append(step)
    window = np.vstack([window[1:], [[step]]])
assert np.isfinite(future).all()

batch_size = 5
stateful = Sequential()
stateful.add(LSTM(4, batch_input_shape=(batch_size, look_back, 1), stateful=True))
stateful.add(Dense(1))
stateful.compile(loss='mse', optimizer=keras.optimizers.Adam(learning_rate=0.01))
for i in range(2):
    stateful.fit(X, y, epochs=1, batch_size=batch_size, verbose=0, shuffle=False)
    stateful.layers[0].reset_states()
first = stateful.predict(X[:5], batch_size=5, verbose=0)
second = stateful.predict(X[:5], batch_size=5, verbose=0)
assert np.abs(first - second).max() > 0
for layer in stateful.layers:
    if hasattr(layer, 'reset_states'):
        layer.reset_states()
np.testing.assert_allclose(stateful.predict(X[:5], batch_size=5, verbose=0), first, atol=1e-6)

cells = RNN([LSTMCell(4), GRUCell(3)], return_sequences=True)
wide = Sequential([InputLayer(input_shape=(None, 1)), cells, Dense(1)])
wide.compile("rmsprop", keras.losses.Huber())
wide.fit(X, X, epochs=1, verbose=0)


class FeedBack(keras.Model):
    def __init__(self, units, out_steps):
        super().__init__()
        self.out_steps = out_steps
        self.lstm_cell = LSTMCell(units)
        self.lstm_rnn = RNN(self.lstm_cell, return_state=True)
        self.dense = Dense(1)

    def warmup(self, inputs):
        x, *state = self.lstm_rnn(inputs)
        return self.dense(x), state

    def call(self, inputs, training=None):
        predictions = []
        prediction, state = self.warmup(inputs)
        predictions.append(prediction)
        for n in range(1, self.out_steps):
            x, state = self.lstm_cell(prediction, states=state, training=training)
            prediction = self.dense(x)
            predictions.append(prediction)
        return keras.backend.permute_dimensions(keras.backend.stack(predictions), [1, 0, 2])


feedback = FeedBack(units=4, out_steps=3)
prediction, state = feedback.warmup(X[:2])
assert prediction.shape == (2, 1) and len(state) == 2
feedback.compile(loss=keras.losses.MeanSquaredError(), optimizer=keras.optimizers.Adam(), metrics=[keras.metrics.MeanAbsoluteError()])
feedback.fit(X[:20], X[:20, :3], epochs=1, verbose=0, callbacks=[keras.callbacks.EarlyStopping(monitor="loss", patience=2, mode="min")])
assert feedback.predict(X[:2], verbose=0).shape == (2, 3, 1)

frames = np.random.RandomState(0).rand(4, 3, 6, 6, 1)
conv = Sequential([ConvLSTM2D(filters=2, kernel_size=(3, 3), padding="same", input_shape=(None, 6, 6, 1), return_sequences=True), BatchNormalization(),
                   Conv3D(filters=1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same", data_format="channels_last")])
conv.compile(loss="binary_crossentropy", optimizer="adadelta")
conv.fit(frames, frames, batch_size=2, epochs=1, verbose=0)
causal = Sequential([Conv1D(4, 2, padding="causal", dilation_rate=d, activation="relu") for d in (1, 2, 4)] + [Conv1D(1, 1)])
causal.compile("adam", "mae")
causal.fit(X, X, epochs=1, verbose=0)
custom = Sequential([Lambda(lambda x: x[:, -3:, :]), Flatten(), Dense(2), Reshape([2, 1])])
assert custom.predict(X[:4], verbose=0).shape == (4, 2, 1)
