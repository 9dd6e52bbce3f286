"""A Keras model as part of a flax.nnx module, and a Flax module as part of a Keras model.

KERAS_BACKEND=jax python examples/native/jax_flax.py
"""

import jax
import jax.numpy as jnp
import optax
from flax import nnx

import keras_core as keras

keras.utils.set_random_seed(0)
x = jax.random.normal(jax.random.key(0), (64, 4))
y = x.sum(axis=-1, keepdims=True)


class Keras(nnx.Module):
    """A built Keras model as a module: its variables are Params and BatchStats."""

    def __init__(self, model):
        self.model = nnx.static(model)
        self.trained = nnx.List([nnx.Param(v.value) for v in model.trainable_variables])
        self.rest = nnx.List([nnx.BatchStat(v.value) for v in model.non_trainable_variables])

    def __call__(self, x, training=False):
        trained, rest = ([v[...] for v in group] for group in (self.trained, self.rest))
        out, rest = self.model.stateless_call(trained, rest, x, training=training)
        for variable, value in zip(self.rest, rest, strict=True):
            variable[...] = value
        return out


class Net(nnx.Module):
    def __init__(self, rngs):
        body = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.BatchNormalization()]
        )
        self.body = Keras(body)
        self.head = nnx.Linear(8, 1, rngs=rngs)

    def __call__(self, x, training=False):
        return self.head(self.body(x, training))


net = Net(nnx.Rngs(0))
optimizer = nnx.Optimizer(net, optax.adam(0.05), wrt=nnx.Param)


@nnx.jit
def step(net, optimizer):
    loss, gradients = nnx.value_and_grad(lambda net: jnp.mean((net(x, True) - y) ** 2))(net)
    optimizer.update(net, gradients)
    return loss


losses = [float(step(net, optimizer)) for _ in range(30)]
print("loss", round(losses[0], 3), "->", round(losses[-1], 3))
assert losses[-1] < 0.3 * losses[0]
assert jnp.abs(net.body.rest[0][...]).max() > 0  # the batch statistics moved


# The other way around: a Flax module as a layer, trained by fit.
model = keras.Sequential(
    [keras.Input((4,)), keras.layers.FlaxLayer(nnx.Linear(4, 1, rngs=nnx.Rngs(1)))]
)
assert len(model.trainable_variables) == 2
model.compile(optimizer=keras.optimizers.Adam(0.05), loss="mse")
history = model.fit(x, y, epochs=10, verbose=0).history["loss"]
assert history[-1] < history[0]
