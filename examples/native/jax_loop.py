"""A Keras model as a pure function in JAX: optax, jit with donation, scan, vmap over models.

KERAS_BACKEND=jax python examples/native/jax_loop.py
"""

from functools import partial

import jax
import jax.numpy as jnp
import optax

import keras_core as keras

keras.utils.set_random_seed(0)
x = jax.random.normal(jax.random.key(0), (8, 32, 4))  # eight batches
y = jnp.sin(x.sum(axis=-1, keepdims=True))

model = keras.Sequential(
    [keras.Input((4,)), keras.layers.Dense(32, activation="tanh"), keras.layers.Dense(1)]
)

# The state is two lists of arrays: what is trained, and the rest.
trained = [v.value for v in model.trainable_variables]
rest = [v.value for v in model.non_trainable_variables]


def loss_of(trained, rest, features, target):
    out, rest = model.stateless_call(trained, rest, features, training=True)
    return jnp.mean((out - target) ** 2), rest


# One step with an optax optimizer. The old state is donated: its memory becomes the new one's.
optimizer = optax.adamw(0.02)


@partial(jax.jit, donate_argnums=0)
def step(state, batch):
    trained, rest, slots = state
    (loss, rest), gradients = jax.value_and_grad(loss_of, has_aux=True)(trained, rest, *batch)
    updates, slots = optimizer.update(gradients, slots, trained)
    return (optax.apply_updates(trained, updates), rest, slots), loss


# Copies, since the model still owns the arrays.
state = jax.tree.map(jnp.copy, (trained, rest, optimizer.init(trained)))
losses = []
for batch in zip(x, y, strict=True):
    state, loss = step(state, batch)
    losses.append(float(loss))


# Epochs in one call: the same step inside of a scan.
@partial(jax.jit, donate_argnums=0)
def train(state):
    def epoch(state, _):
        return jax.lax.scan(step, state, (x, y))

    return jax.lax.scan(epoch, state, length=20)


state, more = train(state)
print("loss", round(losses[0], 3), "->", round(float(more[-1].mean()), 3))
assert more[-1].mean() < 0.2 * losses[0]

# Put the result back, and it is a Keras model as any other.
for variable, value in zip(model.trainable_variables, state[0], strict=True):
    variable.assign(value)
model.compile(loss="mse")
assert model.evaluate(x[0], y[0], verbose=0) < losses[0]

# An ensemble: the same model with four sets of weights, trained side by side by vmap.
keys = jax.random.split(jax.random.key(1), 4)
many = [jax.vmap(lambda key, v=v: v + 0.3 * jax.random.normal(key, v.shape))(keys) for v in trained]
gradients = jax.vmap(jax.grad(lambda w: loss_of(w, rest, x[0], y[0])[0]))(many)
outs = jax.vmap(lambda w: model.stateless_call(w, rest, x[0])[0])(many)
assert outs.shape == (4, 32, 1)
assert gradients[0].shape == (4, 4, 32)
