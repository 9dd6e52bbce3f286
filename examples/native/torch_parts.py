"""Keras ops, losses, metrics and an optimizer in a PyTorch loop without a Keras model.

KERAS_BACKEND=torch python examples/native/torch_parts.py
"""

import torch

import keras_core as keras

torch.manual_seed(0)
x = torch.randn(256, 4)
labels = (x[:, 0] > x[:, 1]).long()

net = torch.nn.Linear(4, 2)
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
accuracy = keras.metrics.SparseCategoricalAccuracy()

# Keras losses and ops take tensors, and autograd sees through them.
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
for _ in range(40):
    logits = net(x)
    loss = loss_of(labels, logits) + 1e-3 * keras.ops.sum(keras.ops.square(net.weight))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
accuracy.update_state(labels, net(x).detach())
print("accuracy", float(accuracy.result()))
assert float(accuracy.result()) > 0.9

# A Keras optimizer moves Keras variables; gradients come from autograd.
weight = keras.Variable(torch.zeros(4, 2), name="weight")
lion = keras.optimizers.Lion(0.01)
losses = []
for _ in range(60):
    loss = loss_of(labels, x @ weight.value)
    (gradient,) = torch.autograd.grad(loss, [weight.value])
    lion.apply([gradient], [weight])
    losses.append(loss.item())
assert losses[-1] < 0.5 * losses[0]
