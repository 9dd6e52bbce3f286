"""Parts of a library that run unchanged on JAX, PyTorch and TensorFlow: one of each kind.

KERAS_BACKEND=jax python examples/portable_parts.py        (or torch, or tensorflow)

A denoising autoencoder with a gate of its own, trained with a loss, a metric, an optimizer, a
callback and a training step of its own.
"""

import tempfile

import numpy as np

import keras_core as keras
from keras_core import ops

register = keras.saving.register_keras_serializable(package="portable")


@register
class GatedDense(keras.layers.Layer):
    """A dense layer whose outputs are scaled by learned gates (Dauphin et al., 2017).

    Args:
        units: how many outputs.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        shape = (input_shape[-1], 2 * self.units)
        self.kernel = self.add_weight(shape=shape, name="kernel")
        self.bias = self.add_weight(shape=(2 * self.units,), initializer="zeros", name="bias")

    def call(self, inputs):
        values, gates = ops.split(ops.matmul(inputs, self.kernel) + self.bias, 2, axis=-1)
        return values * ops.sigmoid(gates)


@register
class LogCosh2(keras.losses.Loss):
    """log(cosh(error)) per sample, stretched by `width`.

    Args:
        width: the error at which the loss turns from quadratic to linear.
    """

    def __init__(self, width=1.0, name="log_cosh_2", reduction="sum_over_batch_size"):
        super().__init__(name=name, reduction=reduction)
        self.width = width

    def call(self, y_true, y_pred):
        error = ops.abs(y_pred - y_true) / self.width
        # log(cosh(x)) without overflow
        values = error + ops.softplus(-2.0 * error) - float(np.log(2.0))
        return ops.mean(values, axis=-1) * self.width**2

    def get_config(self):
        return {**super().get_config(), "width": self.width}


@register
class WithinTolerance(keras.metrics.Metric):
    """The fraction of values that are off by less than `tolerance`."""

    def __init__(self, tolerance=0.1, name="within", **kwargs):
        super().__init__(name=name, **kwargs)
        self.tolerance = tolerance
        self.hits = self.add_variable((), "zeros", name="hits")
        self.seen = self.add_variable((), "zeros", name="seen")

    def update_state(self, y_true, y_pred, sample_weight=None):
        hits = ops.cast(ops.abs(y_pred - y_true) < self.tolerance, "float32")
        weight = ops.ones_like(hits)
        if sample_weight is not None:
            weight = weight * ops.reshape(sample_weight, (-1,) + (1,) * (len(hits.shape) - 1))
        self.hits.assign_add(ops.sum(hits * weight))
        self.seen.assign_add(ops.sum(weight))

    def result(self):
        return ops.divide_no_nan(self.hits, self.seen)

    def get_config(self):
        return {**super().get_config(), "tolerance": self.tolerance}


@register
class SignMomentum(keras.optimizers.Optimizer):
    """Moves each weight by the sign of its gradients' running mean.

    Args:
        learning_rate: the length of a step, a number or a schedule.
        momentum: how much of the mean is kept, in [0, 1).
    """

    def __init__(self, learning_rate=0.01, momentum=0.9, name="sign_momentum", **kwargs):
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.means = self.add_optimizer_variables(variables, "mean")

    def update_step(self, gradient, variable, learning_rate):
        mean = self.means[self._get_variable_index(variable)]
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign(mean, self.momentum * mean + (1.0 - self.momentum) * gradient)
        self.assign_sub(variable, rate * ops.sign(mean))

    def get_config(self):
        return {**super().get_config(), "momentum": self.momentum}


class HalveWhenStuck(keras.callbacks.Callback):
    """Halves the learning rate after an epoch without a better result."""

    def __init__(self, monitor="loss"):
        super().__init__()
        self.monitor, self.best, self.halvings = monitor, float("inf"), 0

    def on_epoch_end(self, epoch, logs=None):
        if logs[self.monitor] < self.best:
            self.best = logs[self.monitor]
        else:
            self.halvings += 1
            optimizer = self.model.optimizer
            optimizer.learning_rate = float(optimizer.learning_rate) / 2


@register
class Denoiser(keras.Model):
    """Learns to undo noise, which its training step adds.

    Args:
        features: how many values a sample has.
        noise: the noise's standard deviation.
    """

    def __init__(self, features, noise=0.3, **kwargs):
        super().__init__(**kwargs)
        self.features, self.noise = features, noise
        self.encoder = GatedDense(16)
        self.decoder = keras.layers.Dense(features)
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, inputs):
        return self.decoder(self.encoder(inputs))

    def train_step(self, data):
        clean, *_ = keras.utils.unpack_x_y_sample_weight(data)
        noise = keras.random.normal(ops.shape(clean), stddev=self.noise, seed=self.seeds)

        def loss_of():
            restored = self(clean + noise, training=True)
            return self.compute_loss(y=clean, y_pred=restored), restored

        (loss, restored), gradients = keras.value_and_grad(
            loss_of, self.trainable_variables, has_aux=True
        )()
        self.optimizer.apply(gradients, self.trainable_variables)
        return {**self.compute_metrics(clean, clean, restored), "loss": loss}


def main():
    keras.utils.set_random_seed(0)
    angles = np.random.default_rng(0).uniform(0, 6.28, size=(512, 1))
    x = np.sin(angles + np.arange(8) / 2).astype("float32")

    model = Denoiser(features=8)
    model.compile(optimizer=SignMomentum(0.005), loss=LogCosh2(0.5), metrics=[WithinTolerance(0.2)])
    stuck = HalveWhenStuck()
    history = model.fit(x, epochs=20, batch_size=32, verbose=0, callbacks=[stuck]).history
    print(f"loss {history['loss'][0]:.4f} -> {history['loss'][-1]:.4f}, halvings {stuck.halvings}")
    print(f"within {history['within'][0]:.2f} -> {history['within'][-1]:.2f}")
    assert history["loss"][-1] < 0.6 * history["loss"][0]
    assert history["within"][-1] > history["within"][0]

    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/denoiser.keras")
        loaded = keras.saving.load_model(f"{folder}/denoiser.keras")
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-5
    )
    assert isinstance(loaded.optimizer, SignMomentum)


if __name__ == "__main__":
    main()
