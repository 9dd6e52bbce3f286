"""Time training, evaluation and prediction against Keras and hand-written loops.

    python benchmarks/training.py [--backend torch] [--only deep_mlp,one_step] [--sides ours,keras]

Every side of every row is a process of its own, pinned to one core and single-threaded; the sides
take turns and the best of the rounds counts. Figures are milliseconds a step, or a call, of the
process's own time on the core.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

BATCH = 32
# Row -> what is done; native sides exist where a hand-written loop has one obvious form.
ROWS = {
    "deep_mlp": "fit, an MLP of 200 variables, a step",
    "resnet": "fit, a ResNet of 14 layers on 16 x 16 images, a step",
    "train_on_batch": "train_on_batch, an MLP, a call",
    "generator": "fit from a generator, an MLP, a step",
    "loader": "fit from a torch DataLoader, an MLP, a step",
    "tf_data": "fit from a tf.data.Dataset, an MLP, a step",
    "one_step": "fit of one step, an MLP, a call",
    "evaluate": "evaluate, an MLP, a step",
    "evaluate_one": "evaluate of one step, an MLP, a call",
    "predict": "predict, an MLP, a step",
    "predict_one": "predict of one row, an MLP, a call",
}
NATIVE = ("train_on_batch", "predict_one")


def mlp(K: Any, depth: int = 2, width: int = 64) -> Any:
    hidden = [K.layers.Dense(width, activation="relu") for _ in range(depth)]
    return K.Sequential([K.Input((64,)), *hidden, K.layers.Dense(10)])


def resnet(K: Any) -> Any:
    inputs = K.Input((16, 16, 3))
    x = K.layers.Conv2D(16, 3, padding="same")(inputs)
    for filters, stride in ((16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)):
        y = K.layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
        y = K.layers.ReLU()(K.layers.BatchNormalization()(y))
        y = K.layers.BatchNormalization()(
            K.layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        )
        if stride > 1:
            x = K.layers.Conv2D(filters, 1, strides=stride)(x)
        x = K.layers.ReLU()(K.layers.Add()([x, y]))
    return K.Model(inputs, K.layers.Dense(10)(K.layers.GlobalAveragePooling2D()(x)))


def best(run: Callable[[], Any], steps: int, seconds: float = 3.0) -> float:
    """Milliseconds a step, the best of the runs that fit into the time."""
    run()
    least, stop = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < stop:
        start = time.process_time()
        run()
        least = min(least, time.process_time() - start)
    return 1000 * least / steps


def endless(x: np.ndarray, y: np.ndarray) -> Iterator[Any]:
    """Batches for any number of epochs: one generator, as Keras takes no other iterable."""
    while True:
        for i in range(0, len(x), BATCH):
            yield x[i : i + BATCH], y[i : i + BATCH]


def feed(row: str, x: np.ndarray, y: np.ndarray) -> Any:
    if row == "loader":
        import torch

        dataset = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
        return torch.utils.data.DataLoader(dataset, batch_size=BATCH)
    if row == "tf_data":
        import tensorflow as tf

        return tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH).prefetch(2)
    return endless(x, y)


def high_level(K: Any, row: str) -> float:
    """Keras's interface, theirs or ours."""
    rng = np.random.default_rng(0)
    count = {"deep_mlp": 1024, "resnet": 256}.get(row, 8192)
    shape = (16, 16, 3) if row == "resnet" else (64,)
    x = rng.normal(size=(count, *shape)).astype("float32")
    y = rng.integers(0, 10, count).astype("int32")
    model = {"deep_mlp": lambda: mlp(K, 99, 32), "resnet": lambda: resnet(K)}.get(
        row, lambda: mlp(K)
    )()
    loss = K.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(K.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    first, steps = (x[:BATCH], y[:BATCH]), count // BATCH
    options = {"batch_size": BATCH, "verbose": 0}
    if row in ("generator", "loader", "tf_data"):
        data = feed(row, x, y)
        options = {"steps_per_epoch": steps} if row == "generator" else {}
        return best(lambda: model.fit(data, verbose=0, **options), steps)
    calls: dict[str, tuple[Callable[[], Any], int]] = {
        "train_on_batch": (lambda: model.train_on_batch(*first), 1),
        "one_step": (lambda: model.fit(*first, **options), 1),
        "evaluate": (lambda: model.evaluate(x, y, **options), steps),
        "evaluate_one": (lambda: model.evaluate(*first, **options), 1),
        "predict": (lambda: model.predict(x, **options), steps),
        "predict_one": (lambda: model.predict(x[:1], verbose=0), 1),
    }
    return best(*calls.get(row, (lambda: model.fit(x, y, **options), steps)))


def native_torch(row: str) -> float:
    import torch

    nn = torch.nn
    model = nn.Sequential(
        nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
    )  # fmt: skip
    x, y = (
        np.random.default_rng(0).normal(size=(BATCH, 64)).astype("float32"),
        np.zeros(BATCH, "int64"),
    )
    optimizer, loss = torch.optim.Adam(model.parameters(), 1e-3), torch.nn.CrossEntropyLoss()

    def train() -> Any:
        optimizer.zero_grad(set_to_none=True)
        logits, target = model(torch.from_numpy(x)), torch.from_numpy(y)
        value = loss(logits, target)
        value.backward()
        optimizer.step()
        return value.item(), (logits.argmax(-1) == target).float().mean().item()

    @torch.no_grad()
    def predict() -> Any:
        return model(torch.from_numpy(x[:1])).numpy()

    return best(train if row == "train_on_batch" else predict, 1)


def native_jax(row: str) -> float:
    import jax
    import jax.numpy as jnp
    import optax

    rng = np.random.default_rng(0)
    params = [
        (jnp.asarray(rng.normal(size=s).astype("float32") / 8), jnp.zeros(s[1]))
        for s in ((64, 64), (64, 64), (64, 10))
    ]
    x, y = rng.normal(size=(BATCH, 64)).astype("float32"), np.zeros(BATCH, "int32")
    optimizer = optax.adam(1e-3)

    def forward(params: Any, x: Any) -> Any:
        for kernel, bias in params[:-1]:
            x = jax.nn.relu(x @ kernel + bias)
        return x @ params[-1][0] + params[-1][1]

    @jax.jit
    def step(params: Any, state: Any, x: Any, y: Any) -> Any:
        def value(params: Any) -> Any:
            logits = forward(params, x)
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), logits

        (loss, logits), gradients = jax.value_and_grad(value, has_aux=True)(params)
        updates, state = optimizer.update(gradients, state)
        return optax.apply_updates(params, updates), state, loss, (logits.argmax(-1) == y).mean()

    held = [params, optimizer.init(params)]

    def train() -> Any:
        held[0], held[1], loss, accuracy = step(held[0], held[1], x, y)
        return float(loss), float(accuracy)

    fast = jax.jit(forward)
    return best(train if row == "train_on_batch" else lambda: np.asarray(fast(params, x[:1])), 1)


def measure(side: str, backend: str, row: str) -> float:
    if side == "native":
        return {"torch": native_torch, "jax": native_jax}[backend](row)
    import importlib

    return high_level(importlib.import_module("keras" if side == "keras" else "keras_core"), row)


def run(side: str, backend: str, row: str, core: int) -> float | None:
    threads = (
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "TF_NUM_INTRAOP_THREADS",
        "TF_NUM_INTEROP_THREADS",
    )
    env = (
        os.environ
        | dict.fromkeys(threads, "1")
        | {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
    )
    env["TF_CPP_MIN_LOG_LEVEL"] = "3"
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    pin = ["taskset", "-c", str(core)] if core >= 0 else []
    command = [*pin, sys.executable, os.path.abspath(__file__), "--measure", side, backend, row]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    try:
        return float(json.loads(done.stdout.strip().splitlines()[-1]))
    except (IndexError, ValueError):
        print("\n".join(done.stderr.splitlines()[-3:]), file=sys.stderr)
        return None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backend", default="jax,torch,tensorflow")
    parser.add_argument("--only")
    parser.add_argument("--sides", default="ours,keras,native")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--core", type=int, default=1, help="-1: do not pin")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(json.dumps(measure(*args.measure)))
        return
    sides = args.sides.split(",")
    print(f"{'backend':11}{'row':16}" + "".join(f"{side:>10}" for side in sides) + "   ms")
    for backend in args.backend.split(","):
        for row in args.only.split(",") if args.only else ROWS:
            found: dict[str, list[float]] = {}
            for _ in range(args.rounds):
                for side in sides:
                    if side == "native" and (row not in NATIVE or backend == "tensorflow"):
                        continue
                    value = run(side, backend, row, args.core)
                    if value is not None:
                        found.setdefault(side, []).append(value)
            cells = "".join(
                f"{min(found[s]):>10.3f}" if s in found else f"{'-':>10}" for s in sides
            )
            print(f"{backend:11}{row:16}{cells}   {ROWS[row]}", flush=True)


if __name__ == "__main__":
    main()
