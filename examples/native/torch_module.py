"""A Keras model inside a torch.nn.Module, and a torch module inside a Keras model.

KERAS_BACKEND=torch python examples/native/torch_module.py
"""

import copy
import pickle

import torch

import keras_core as keras

keras.utils.set_random_seed(0)


class Regressor(torch.nn.Module):
    """A Keras body and a torch head."""

    def __init__(self):
        super().__init__()
        self.body = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(8, activation="relu", name="dense"),
                keras.layers.BatchNormalization(name="norm"),
                keras.layers.Dropout(0.5, seed=1),
            ]
        )
        self.head = torch.nn.Linear(8, 1)

    def forward(self, x):
        return self.head(self.body(x))


net = Regressor()
x = torch.randn(16, 4)

# Parameters of both, and a state_dict of both. Its keys have the layers' names, so name them.
assert sum(p.numel() for p in net.parameters() if p.requires_grad) == (4 * 8 + 8) + 2 * 8 + (8 + 1)
twin = Regressor()
twin.load_state_dict(net.state_dict())

# train() and eval() reach the Keras layers, as the default of their `training` argument.
net.eval()
twin.eval()
assert torch.equal(net(x), net(x))
assert torch.equal(net(x), twin(x))
net.train()
assert not torch.equal(net(x), net(x))

# Gradients flow through both, by whatever optimizer.
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
before = net.body.layers[0].kernel.numpy().copy()
net(x).square().mean().backward()
optimizer.step()
assert abs(net.body.layers[0].kernel.numpy() - before).max() > 0

# to() converts and moves the Keras variables as well.
double = copy.deepcopy(net).eval().to(torch.float64)
assert {p.dtype for p in double.parameters() if p.is_floating_point()} == {torch.float64}

# Hooks run on Keras layers.
seen = []
hook = net.body.layers[0].register_forward_hook(lambda module, args, out: seen.append(out.shape))
net(x)
hook.remove()
assert seen == [(16, 8)]

# Pickle, as torch.save and multiprocessing use it.
net.eval()
assert torch.equal(pickle.loads(pickle.dumps(net))(x), net(x))


# The other way around: a torch module as a layer of a Keras model, trained by fit, saved with it.
mlp = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh())
model = keras.Sequential(
    [keras.Input((4,)), keras.layers.TorchModuleWrapper(mlp), keras.layers.Dense(1)]
)
assert len(model.trainable_variables) == 4
model.compile(optimizer=keras.optimizers.Adam(0.05), loss="mse")
history = model.fit(x, x.sum(dim=1, keepdim=True), epochs=20, verbose=0).history["loss"]
assert history[-1] < history[0]


# Or without a wrapper: a module that is an attribute of a Keras layer is tracked.
class Mixed(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(4, 2)

    def call(self, inputs):
        return self.inner(inputs)


assert len(list(Mixed().parameters())) == 2
print("a Keras model in a torch module, and the reverse: fine")
