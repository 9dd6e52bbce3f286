"""A Keras model in a plain PyTorch loop: parameters(), DataLoader, autograd, AMP, torch.compile.

KERAS_BACKEND=torch python examples/native/torch_loop.py
"""

import torch

import keras_core as keras

torch.manual_seed(0)
keras.utils.set_random_seed(0)

x = torch.randn(256, 4)
y = x.sum(dim=1, keepdim=True).sin()
batches = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(x, y), batch_size=32, shuffle=True
)

# A built model is a torch.nn.Module, and its trainable weights are Parameters.
model = keras.Sequential(
    [keras.Input((4,)), keras.layers.Dense(32, activation="tanh"), keras.layers.Dense(1)]
)
assert isinstance(model, torch.nn.Module)
assert len(list(model.parameters())) == 4


def train(forward, epochs, autocast=False):
    """Return the mean loss of each epoch."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for features, target in batches:
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
                loss = torch.nn.functional.mse_loss(forward(features), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(batches))
    return losses


model.train()
losses = train(model, epochs=12)
print("eager     ", [round(loss, 3) for loss in losses])
assert losses[-1] < 0.5 * losses[0]

# Automatic mixed precision works as for any module.
amp = train(model, epochs=2, autocast=True)
print("autocast  ", [round(loss, 3) for loss in amp])
assert amp[-1] < losses[0]

# So does the compiler. This backend needs no C++ compiler; leave the argument out for speed.
compiled = torch.compile(model, backend="aot_eager")
fast = train(compiled, epochs=2)
print("compiled  ", [round(loss, 3) for loss in fast])
assert fast[-1] < losses[0]

# What was trained natively is the Keras model's state, to be evaluated and saved as ever.
model.eval()
model.compile(loss="mse")
assert model.evaluate(x, y, verbose=0) < losses[0]
