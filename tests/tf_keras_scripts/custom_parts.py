"""Layer, loss, metric, callback, constraint, initializer, regularizer, schedule of one's own, saved and loaded."""
import numpy as np
from tensorflow import keras
from tensorflow.keras import backend as K
from tensorflow.keras import layers, regularizers, initializers, constraints
from tensorflow.keras.utils import get_custom_objects, custom_object_scope


class Antirectifier(layers.Layer):
    def __init__(self, initializer="he_normal", **kwargs):
        super().__init__(**kwargs)
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape):
        output_dim = input_shape[-1]
        self.kernel = self.add_weight(shape=(output_dim * 2, output_dim), initializer=self.initializer, name="kernel", trainable=True,
                                      regularizer=L1Like(0.01), constraint=keras.constraints.get("max_norm"))

    def call(self, inputs):
        inputs -= K.mean(inputs, axis=-1, keepdims=True)
        pos = K.relu(inputs)
        neg = K.relu(-inputs)
        concatenated = K.concatenate([pos, neg], axis=-1)
        return K.dot(concatenated, self.kernel)

    def get_config(self):
        base_config = super().get_config()
        config = {"initializer": keras.initializers.serialize(self.initializer)}
        return dict(list(base_config.items()) + list(config.items()))


class L1Like(regularizers.Regularizer):
    def __init__(self, strength=0.0):
        self.strength = strength

    def __call__(self, x):
        return self.strength * K.sum(K.abs(x))

    def get_config(self):
        return {"strength": self.strength}


class Ones(initializers.Initializer):
    def __init__(self, scale):
        self.scale = scale

    def __call__(self, shape, dtype=None, **kwargs):
        return self.scale * K.ones(shape, dtype=dtype)

    def get_config(self):
        return {"scale": self.scale}


class Centered(constraints.Constraint):
    def __init__(self, ref_value=0.0):
        self.ref_value = ref_value

    def __call__(self, w):
        return w - K.mean(w) + self.ref_value

    def get_config(self):
        return {"ref_value": self.ref_value}


class Half(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, initial_learning_rate):
        self.initial_learning_rate = initial_learning_rate

    def __call__(self, step):
        return self.initial_learning_rate / (K.cast(step, "float32") + 1)

    def get_config(self):
        return {"initial_learning_rate": self.initial_learning_rate}


class CustomMSE(keras.losses.Loss):
    def __init__(self, regularization_factor=0.1, name="custom_mse"):
        super().__init__(name=name)
        self.regularization_factor = regularization_factor

    def call(self, y_true, y_pred):
        mse = K.mean(K.square(y_true - y_pred), axis=-1)
        return mse + self.regularization_factor * K.mean(K.square(0.5 - y_pred), axis=-1)

    def get_config(self):
        return {"regularization_factor": self.regularization_factor, "name": self.name}


class TruePositives(keras.metrics.Metric):
    def __init__(self, name="tp", **kwargs):
        super(TruePositives, self).__init__(name=name, **kwargs)
        self.true_positives = self.add_weight(name="ctp", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = K.reshape(K.cast(y_pred > 0.5, "float32"), (-1, 1))
        values = K.cast(y_true, "float32") * y_pred
        if sample_weight is not None:
            values = K.cast(values, "float32") * K.reshape(K.cast(sample_weight, "float32"), (-1, 1))
        self.true_positives.assign_add(K.sum(values))

    def result(self):
        return self.true_positives

    def reset_states(self):
        self.true_positives.assign(0.0)


class LossHistory(keras.callbacks.Callback):
    def on_train_begin(self, logs={}):
        self.losses = []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get("loss"))

    def on_epoch_end(self, epoch, logs=None):
        if logs.get("loss") is not None and logs["loss"] < -1:
            self.model.stop_training = True


def swish(x, beta=1.0):
    return x * K.sigmoid(beta * x)


get_custom_objects().update({"swish_of_mine": layers.Activation(swish)})
model = keras.Sequential([
    layers.Dense(6, input_shape=(4,), kernel_initializer=Ones(0.1), kernel_regularizer=L1Like(0.01), bias_constraint=Centered(), activation=swish),
    Antirectifier(),
    layers.Activation("swish_of_mine"),
    layers.Dense(1, activation=lambda x: K.sigmoid(x)),
])
model.compile(optimizer=keras.optimizers.Adam(Half(0.1)), loss=CustomMSE(), metrics=[TruePositives(), "accuracy"])
x = np.random.RandomState(0).rand(32, 4)
y = (x.sum(1, keepdims=True) > 2).astype("float32")
recorder = LossHistory()
model.fit(x, y, epochs=2, batch_size=8, verbose=0, callbacks=[recorder], sample_weight=np.ones(32))
assert len(recorder.losses) == 8 and len(model.losses) == 2
assert abs(model.layers[0].get_weights()[1].mean()) < 1e-6
custom = {"Antirectifier": Antirectifier, "L1Like": L1Like, "Ones": Ones, "Centered": Centered, "Half": Half, "CustomMSE": CustomMSE,
          "TruePositives": TruePositives, "swish": swish}
model.pop()
model.add(layers.Dense(1, activation="sigmoid"))
model.compile(optimizer=keras.optimizers.Adam(Half(0.1)), loss=CustomMSE(), metrics=[TruePositives(), "accuracy"])
model.fit(x, y, epochs=1, verbose=0)
for name in ("parts.keras", "parts.h5"):
    model.save(name)
    again = keras.models.load_model(name, custom_objects=custom)
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-5)
    again.fit(x, y, epochs=1, verbose=0)
with custom_object_scope(custom):
    clone = keras.Sequential.from_config(model.get_config())
    json_model = keras.models.model_from_json(model.to_json())
assert len(clone.weights) == len(json_model.weights) == len(model.weights)
