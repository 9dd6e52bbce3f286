"""A custom layer, loss and metric written with K; input_dim, a Lambda layer."""
from tensorflow import keras
from tensorflow.keras import backend as K
import numpy as np


class Linear(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super(Linear, self).__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(int(input_shape[-1]), self.units), initializer="uniform", trainable=True)
        super(Linear, self).build(input_shape)

    def call(self, x):
        return K.dot(x, self.kernel)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        config = super(Linear, self).get_config()
        config.update({"units": self.units})
        return config


def rmse(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true), axis=-1) + K.epsilon())


def within(y_true, y_pred):
    return K.mean(K.cast(K.less(K.abs(y_true - y_pred), 0.5), K.floatx()))


model = keras.Sequential([
    keras.layers.Dense(4, input_dim=3, kernel_regularizer=keras.regularizers.l2(1e-4)),
    keras.layers.Lambda(lambda x: K.l2_normalize(x, axis=-1)),
    Linear(1),
])
model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9, nesterov=True), loss=rmse, metrics=[within])
x = np.random.RandomState(0).rand(32, 3).astype("float32")
y = x.sum(axis=1, keepdims=True)
first = model.evaluate(x, y, verbose=0)[0]
model.fit(x, y, epochs=5, verbose=0)
assert model.evaluate(x, y, verbose=0)[0] < first
K.set_value(model.optimizer.lr, 0.05)
assert abs(float(K.get_value(model.optimizer.lr)) - 0.05) < 1e-6
assert K.int_shape(model.output) == (None, 1)
with keras.utils.custom_object_scope({"Linear": Linear}):
    same = Linear.from_config(model.layers[2].get_config())
assert same.units == 1
