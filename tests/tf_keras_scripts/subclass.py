"""A subclassed model, saved weights, a metric and a callback of one's own."""
from tensorflow import keras
import numpy as np


class Block(keras.Model):
    def __init__(self, units):
        super(Block, self).__init__()
        self.hidden = [keras.layers.Dense(u, activation="relu") for u in units]
        self.drop = keras.layers.Dropout(0.5)
        self.out = keras.layers.Dense(1)

    def call(self, inputs, training=False):
        x = inputs
        for layer in self.hidden:
            x = layer(x)
        return self.out(self.drop(x, training=training))


class MeanError(keras.metrics.Metric):
    def __init__(self, name="mean_error", **kwargs):
        super(MeanError, self).__init__(name=name, **kwargs)
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(keras.backend.sum(keras.backend.abs(y_true - y_pred)))
        self.count.assign_add(1.0)

    def result(self):
        return self.total / self.count

    def reset_state(self):
        self.total.assign(0.0)
        self.count.assign(0.0)


class Watch(keras.callbacks.Callback):
    seen = 0

    def on_epoch_end(self, epoch, logs=None):
        assert "mean_error" in logs
        Watch.seen += 1


x = np.random.RandomState(0).rand(24, 3).astype("float32")
y = x[:, :1]
model = Block([8, 4])
schedule = keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=10, decay_rate=0.9)
model.compile(optimizer=keras.optimizers.Adam(schedule), loss=keras.losses.Huber(), metrics=[MeanError()])
model.fit(x, y, epochs=2, batch_size=8, verbose=0, callbacks=[Watch()], sample_weight=np.ones(24))
assert Watch.seen == 2
model.save_weights("block.weights.h5")
other = Block([8, 4])
other(x)
other.load_weights("block.weights.h5")
np.testing.assert_allclose(other.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-6)
