"""A keras.utils.Sequence and a generator as data; preprocessing in experimental."""
from tensorflow import keras
import numpy as np


class Batches(keras.utils.Sequence):
    def __init__(self, x, y, batch_size):
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self):
        return int(np.ceil(len(self.x) / self.batch_size))

    def __getitem__(self, idx):
        part = slice(idx * self.batch_size, (idx + 1) * self.batch_size)
        return self.x[part], self.y[part]


def forever(x, y):
    while True:
        yield x, y


x = np.random.RandomState(0).normal(3.0, 2.0, (20, 4)).astype("float32")
y = (x.sum(axis=1) > 12).astype("int32")
normalize = keras.layers.experimental.preprocessing.Normalization(axis=-1)
normalize.adapt(x)
model = keras.Sequential([normalize, keras.layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.experimental.Adam(0.1), "binary_crossentropy", metrics=[keras.metrics.AUC()])
model.fit(Batches(x, y, 8), epochs=1, verbose=0)
model.fit(forever(x, y), steps_per_epoch=3, epochs=1, verbose=0)
assert model.predict(Batches(x, y, 8), verbose=0).shape == (20, 1)
for name in ("fit_generator", "predict_classes", "predict_proba"):
    try:
        getattr(model, name)
    except AttributeError as error:
        assert "Use" in str(error)
    else:
        raise AssertionError(name)
