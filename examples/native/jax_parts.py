"""Keras ops, losses, metrics and an optimizer in a JAX loop without a Keras model.

KERAS_BACKEND=jax python examples/native/jax_parts.py
"""

import jax
import jax.numpy as jnp

import keras_core as keras

x = jax.random.normal(jax.random.key(0), (256, 4))
labels = (x[:, 0] > x[:, 1]).astype("int32")
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
accuracy = keras.metrics.SparseCategoricalAccuracy()

# A Keras optimizer as a pure function: values of variables in, values out.
kernel = keras.Variable(jnp.zeros((4, 2)), name="kernel")
optimizer = keras.optimizers.Adam(0.05)
optimizer.build([kernel])


@jax.jit
def step(kernel, slots):
    # Losses and ops are plain functions of arrays: jit and grad see through them.
    loss, gradient = jax.value_and_grad(lambda k: loss_of(labels, keras.ops.matmul(x, k)))(kernel)
    (kernel,), slots = optimizer.stateless_apply(slots, [gradient], [kernel])
    return kernel, slots, loss


value, slots = kernel.value, [v.value for v in optimizer.variables]
losses = []
for _ in range(40):
    value, slots, loss = step(value, slots)
    losses.append(float(loss))
assert losses[-1] < 0.5 * losses[0]

# A metric, too, is a state and three functions.
state = accuracy.stateless_reset_state()
update = jax.jit(accuracy.stateless_update_state)
for part in range(0, 256, 64):
    state = update(state, labels[part : part + 64], x[part : part + 64] @ value)
print("accuracy", float(accuracy.stateless_result(state)))
assert accuracy.stateless_result(state) > 0.9
