"""Run in a process of its own: batch normalisation over two replicas, as one on the whole batch.

On torch two processes, each with half of the batch; on TensorFlow a MirroredStrategy.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

if "tensorflow" in sys.argv:  # before anything is computed
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

import keras_core as kc

X = np.random.default_rng(0).normal(2, 3, (8, 5, 4)).astype("float32")
W = np.random.default_rng(1).normal(size=X.shape).astype("float32")  # what outputs count
GAMMA = np.array([0.5, 1.0, 1.5, 2.0], "float32")
HALVES = np.split(np.arange(8), 2)


def layer_of(**options: Any) -> Any:
    layer = kc.layers.BatchNormalization(momentum=0.9, **options)
    layer.build((None, 5, 4))
    layer.gamma.assign(GAMMA)
    return layer


def loss_of(layer: Any, x: Any, w: Any) -> Any:
    y = layer(x, training=True)
    return kc.ops.sum(kc.ops.multiply(kc.ops.sin(y), w)), y


def expected() -> list[np.ndarray]:
    """Outputs, gradients of the inputs and of gamma, moving moments, all on the whole batch."""
    layer, other = layer_of(), layer_of()
    run = kc.value_and_grad(lambda x: loss_of(layer, x, W), has_aux=True)
    (_, y), dx = run(kc.ops.convert_to_tensor(X))
    dgamma = kc.value_and_grad(lambda: loss_of(other, X, W)[0], [other.gamma])()[1][0]
    return [numbers(v) for v in (y, dx, dgamma, *moments(layer))]


def moments(layer: Any) -> list[Any]:
    return [layer.moving_mean.value, layer.moving_variance.value]


def numbers(x: Any) -> np.ndarray:
    return np.asarray(kc.ops.convert_to_numpy(x))


def on_torch(rank: int, file: str, results: Any) -> None:
    import torch.distributed as dist

    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    rows = HALVES[rank]
    layer = layer_of(synchronized=True)
    run = kc.value_and_grad(lambda x: loss_of(layer, x, W[rows]), has_aux=True)
    (_, y), dx = run(kc.ops.convert_to_tensor(X[rows]))
    other = layer_of(synchronized=True)
    run = kc.value_and_grad(lambda: loss_of(other, X[rows], W[rows])[0], [other.gamma])
    dgamma = run()[1][0]
    dist.all_reduce(dgamma)
    results.put((rank, [numbers(v) for v in (y, dx, dgamma, *moments(layer))]))
    dist.barrier()
    dist.destroy_process_group()


def of_torch() -> list[np.ndarray]:
    import tempfile

    import torch.multiprocessing as mp

    with tempfile.TemporaryDirectory() as folder:
        context = mp.get_context("spawn")
        queue = context.Queue()
        processes = [
            context.Process(target=on_torch, args=(rank, f"{folder}/store", queue))
            for rank in range(2)
        ]
        for process in processes:
            process.start()
        found = dict(queue.get(timeout=120) for _ in processes)
        for process in processes:
            process.join(timeout=60)
    for a, b in zip(found[0][2:], found[1][2:], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)
    both = [np.concatenate([found[0][i], found[1][i]]) for i in range(2)]
    return [*both, *found[0][2:]]


def of_tensorflow() -> list[np.ndarray | None]:
    """The moments are the operation's; its variables a layer shares with nobody here."""
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

    def step() -> Any:
        here = tf.distribute.get_replica_context().replica_id_in_sync_group
        x, w = (tf.gather(tf.reshape(v, (2, 4, 5, 4)), here) for v in (X, W))
        with tf.GradientTape() as tape:
            tape.watch(x)
            mean, variance = kc.ops.moments(x, [0, 1], synchronized=True)
            y = kc.ops.batch_normalization(x, mean, variance, 2, None, tf.constant(GAMMA), 1e-3)
            value = tf.reduce_sum(tf.sin(y) * w)
        return y, tape.gradient(value, x), mean, variance

    found = [strategy.experimental_local_results(v) for v in tf.function(strategy.run)(step)]
    y, dx = (np.concatenate([numbers(v) for v in part]) for part in found[:2])
    mean, variance = (numbers(part[0]) for part in found[2:])
    return [y, dx, None, 0.1 * mean, 0.9 + 0.1 * variance]


if __name__ == "__main__":
    wanted = expected()
    found = {"torch": of_torch, "tensorflow": of_tensorflow}[sys.argv[1]]()
    for a, b in zip(found, wanted, strict=True):
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-4)
    print("two replicas agree")
