"""A subclassed model with add_loss and metrics of its own; test_step; fit with a train_step around super(); dict inputs."""
import numpy as np
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras import backend as K


class Pool(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return K.mean(inputs, axis=1)
        mask = K.expand_dims(K.cast(mask, "float32"), -1)
        return K.sum(inputs * mask, axis=1) / K.sum(mask, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None


class ActivityRegularizationLayer(layers.Layer):
    def call(self, inputs):
        self.add_loss(0.1 * K.sum(K.abs(inputs)))
        return inputs


class Classifier(keras.Model):
    def __init__(self, vocabulary=20, **kwargs):
        super().__init__(**kwargs)
        self.embed = layers.Embedding(vocabulary, 4, mask_zero=True)
        self.pool = Pool()
        self.blocks = [layers.Dense(4, activation="relu") for _ in range(2)]
        self.by_name = {"out": layers.Dense(1, activation="sigmoid"), "side": layers.Dense(1)}
        self.reg = ActivityRegularizationLayer()
        self.norm_metric = keras.metrics.Mean(name="norm")

    def call(self, inputs, training=None):
        x = self.pool(self.embed(inputs["words"]))
        for block in self.blocks:
            x = x + block(x)
        x = self.reg(x)
        x = K.concatenate([x, inputs["numbers"]])
        if training:
            self.norm_metric.update_state(K.sqrt(K.sum(K.square(x))))
        return self.by_name["out"](x)

    def get_config(self):
        return {"vocabulary": 20}


rng = np.random.RandomState(0)
data = {"words": rng.randint(0, 20, (16, 5)), "numbers": rng.rand(16, 2).astype("float32")}
labels = rng.randint(0, 2, (16, 1))
model = Classifier()
model.compile(optimizer="adam", loss=keras.losses.BinaryCrossentropy(label_smoothing=0.1), metrics=["accuracy"])
history = model.fit(data, labels, epochs=2, batch_size=8, verbose=0, validation_data=(data, labels))
assert set(history.history) >= {"loss", "accuracy", "val_loss"}, history.history.keys()
model({"words": data["words"][:2], "numbers": data["numbers"][:2]})
assert len(model.losses) == 1 and len(model.layers) >= 6, [l.name for l in model.layers]
model.save("subclass.keras")
again = keras.models.load_model("subclass.keras", custom_objects={"Classifier": Classifier})
np.testing.assert_allclose(again.predict(data, verbose=0), model.predict(data, verbose=0), atol=1e-6)


class Wrapped(keras.Model):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x)

    def train_step(self, data):
        logs = super().train_step(data)
        return logs

    def test_step(self, data):
        return super().test_step(data)

    def predict_step(self, data):
        return super().predict_step(data)


class ResNetBlock(layers.Layer):
    def __init__(self, filters):
        super(ResNetBlock, self).__init__(name="")
        self.conv = layers.Conv2D(filters, 3, padding="same")
        self.bn = layers.BatchNormalization()

    def call(self, input_tensor, training=False):
        x = self.conv(input_tensor)
        x = self.bn(x, training=training)
        x += input_tensor
        return layers.ReLU()(x)


class Linear(layers.Layer):
    def __init__(self, units=32, input_dim=32):
        super(Linear, self).__init__()
        self.w = self.add_weight(shape=(input_dim, units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(units,), initializer="zeros", trainable=True)
        self.total = self.add_weight(initializer="zeros", trainable=False)

    def call(self, inputs):
        self.total.assign_add(1.0)
        return K.dot(inputs, self.w) + self.b


block = ResNetBlock(3)
images = rng.rand(2, 4, 4, 3).astype("float32")
assert block(images).shape == (2, 4, 4, 3) and len(block.trainable_weights) == 4
linear = Linear(4, 2)
linear(np.ones((2, 2), "float32"))
assert float(K.get_value(linear.total)) == 1.0 and len(linear.trainable_weights) == 2 and len(linear.weights) == 3
