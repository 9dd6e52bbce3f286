"""Time series by windows: a class that slices features and labels, baselines as models, residual wrappers."""
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow import keras

t = np.arange(200)
df = pd.DataFrame({"T": np.sin(t / 8), "p": np.cos(t / 8), "rho": np.sin(t / 4)}).astype("float32")
train_df, val_df = df[:150], df[150:]


class WindowGenerator:
    def __init__(self, input_width, label_width, shift, label_columns=None):
        self.label_columns = label_columns
        self.column_indices = {name: i for i, name in enumerate(train_df.columns)}
        self.input_width, self.label_width, self.shift = input_width, label_width, shift
        self.total_window_size = input_width + shift
        self.input_slice = slice(0, input_width)
        self.label_start = self.total_window_size - label_width
        self.labels_slice = slice(self.label_start, None)

    def split_window(self, features):
        inputs = features[:, self.input_slice, :]
        labels = features[:, self.labels_slice, :]
        if self.label_columns is not None:
            labels = tf.stack([labels[:, :, self.column_indices[name]] for name in self.label_columns], axis=-1)
        inputs.set_shape([None, self.input_width, None])
        labels.set_shape([None, self.label_width, None])
        return inputs, labels

    def make_dataset(self, data):
        data = np.array(data, dtype=np.float32)
        ds = keras.utils.timeseries_dataset_from_array(data=data, targets=None, sequence_length=self.total_window_size, sequence_stride=1, shuffle=True, batch_size=16)
        return ds.map(self.split_window)

    @property
    def train(self):
        return self.make_dataset(train_df)

    @property
    def val(self):
        return self.make_dataset(val_df)

    @property
    def example(self):
        result = getattr(self, "_example", None)
        if result is None:
            result = self._example = next(iter(self.train))
        return result


class Baseline(keras.Model):
    def __init__(self, label_index=None):
        super().__init__()
        self.label_index = label_index

    def call(self, inputs):
        if self.label_index is None:
            return inputs
        return inputs[:, :, self.label_index][:, :, tf.newaxis]


single = WindowGenerator(input_width=1, label_width=1, shift=1, label_columns=["T"])
baseline = Baseline(label_index=0)
baseline.compile(loss=keras.losses.MeanSquaredError(), metrics=[keras.metrics.MeanAbsoluteError()])
val_performance = {"Baseline": baseline.evaluate(single.val, return_dict=True, verbose=0)}
assert set(val_performance["Baseline"]) == {"loss", "mean_absolute_error"} and val_performance["Baseline"]["loss"] > 0


def compile_and_fit(model, window, patience=2):
    early_stopping = keras.callbacks.EarlyStopping(monitor="val_loss", patience=patience, mode="min")
    model.compile(loss=keras.losses.MeanSquaredError(), optimizer=keras.optimizers.Adam(0.02), metrics=[keras.metrics.MeanAbsoluteError()])
    return model.fit(window.train, epochs=2, validation_data=window.val, callbacks=[early_stopping], verbose=0)


linear = keras.Sequential([keras.layers.Dense(units=1)])
compile_and_fit(linear, single)
assert linear.layers[0].kernel[:, 0].numpy().shape == (3,)
wide = WindowGenerator(input_width=8, label_width=8, shift=1, label_columns=["T"])
assert linear(wide.example[0]).shape == (16, 8, 1)
conv_model = keras.Sequential([
    keras.layers.Conv1D(filters=8, kernel_size=(3,), activation="relu"), keras.layers.Dense(units=8, activation="relu"), keras.layers.Dense(units=1)])
conv_window = WindowGenerator(input_width=8 + 2, label_width=8, shift=1, label_columns=["T"])
compile_and_fit(conv_model, conv_window)
lstm_model = keras.models.Sequential([keras.layers.LSTM(8, return_sequences=True), keras.layers.Dense(units=3)])


class ResidualWrapper(keras.Model):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def call(self, inputs, *args, **kwargs):
        delta = self.model(inputs, *args, **kwargs)
        return inputs + delta


residual = ResidualWrapper(keras.Sequential([
    keras.layers.LSTM(8, return_sequences=True), keras.layers.Dense(3, kernel_initializer=tf.initializers.zeros())]))
all_wide = WindowGenerator(input_width=8, label_width=8, shift=1)
np.testing.assert_allclose(residual(all_wide.example[0]), all_wide.example[0])
compile_and_fit(residual, all_wide)
multi = WindowGenerator(input_width=8, label_width=4, shift=4)


class MultiStepLastBaseline(keras.Model):
    def call(self, inputs):
        return tf.tile(inputs[:, -1:, :], [1, 4, 1])


last = MultiStepLastBaseline()
last.compile(loss="mse", metrics=["mae"])
last.evaluate(multi.val, verbose=0)
dense = keras.Sequential([
    keras.layers.Lambda(lambda x: x[:, -1, :]), keras.layers.Dense(8, activation="relu"),
    keras.layers.Dense(4 * 3, kernel_initializer=tf.initializers.zeros()), keras.layers.Reshape([4, 3])])
history = compile_and_fit(dense, multi)
assert dense(multi.example[0]).shape == (16, 4, 3)
assert dense.metrics_names[0] == "loss" and np.isfinite(history.history["val_mean_absolute_error"]).all()
