"""Files written by each package on each backend, for tests that read them on another backend.

    python -m tests.saving.exchange_files

writes `fixtures/exchange/*.zip` anew, each set by a process of its own, with Keras 3.15.1 as it
comes from PyPI. A set holds the files and, in `expected.npz`, weights, optimizer states, results,
and the weights after two more epochs. What is not trained does not depend on the backend: it is
kept once for each package, after a look that all backends wrote the same. What is quantized or has
low-rank parts is written by PyTorch alone: Keras draws its first values in another way on each.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
import zipfile
from typing import Any

import numpy as np

from tests.layers.case import Ints, LayerCase
from tests.layers.cases import CASES
from tests.saving import twins

FOLDER = os.path.join(os.path.dirname(__file__), "fixtures", "exchange")
BACKENDS = ("numpy", "jax", "torch", "tensorflow")
WRITERS = {"untrained": BACKENDS, "adapted": ("torch",), "trained": BACKENDS[1:]}
# The first row of every layer: what further rows vary is the computation.
ROWS = list({case.layer: case for case in reversed(CASES)}.values())[::-1]


# Models ------------------------------------------------------------------------------------


def layer_model(K: Any, case: LayerCase) -> Any:
    """The row's layer alone in a model."""

    def start(spec: Any) -> Any:
        if isinstance(spec, Ints):
            return K.Input(spec.shape[1:], dtype="int32")
        if isinstance(spec, np.ndarray):
            return K.Input(spec.shape[1:], dtype=spec.dtype.name)
        if isinstance(spec, dict):
            return {k: K.Input(v[1:], name=k) for k, v in spec.items()}
        if spec and not isinstance(spec[0], int):
            return [start(s) for s in spec]
        return K.Input(spec[1:])

    K.utils.clear_session(free_memory=False)
    inputs = start(case.inputs)
    layer = case.make(K.layers, name="the_layer")
    outputs = layer(**inputs) if isinstance(inputs, dict) else layer(inputs)
    return K.Model(inputs, outputs, name="m")


def graphs(K: Any) -> dict[str, Any]:
    """Ways of putting models together, for either package."""
    L = K.layers

    def nested() -> Any:
        x = K.Input((4,), name="x")
        inner_in = K.Input((4,), name="inner_in")
        branch = L.Dense(4, name="branch")
        inner = K.Model(inner_in, {"p": branch(inner_in), "q": branch(branch(inner_in))}, name="in")
        once, twice = inner(x), inner(x * 2.0)
        stack = K.Sequential([K.Input((4,)), L.Dense(3), L.Dropout(0.1)], name="stack")
        deep_in = [K.Input((4,), name="p"), K.Input((4,), name="q")]
        deep = K.Model(deep_in, [stack(y) for y in deep_in], name="deep")
        out = deep([once["p"], twice["q"]])
        return K.Model(x, L.Concatenate()([*out, once["q"]]))

    def layers_only() -> Any:
        a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
        dense = L.Dense(4, activation="relu", name="dense")
        stack = K.Sequential([K.Input((4,)), L.Dense(3), L.BatchNormalization()], name="stack")
        both = L.Concatenate()([stack(dense(a)), stack(dense(b))])
        return K.Model([a, b], [L.Dense(2)(both), L.Reshape((3, 2))(both)])

    def shared() -> Any:
        a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
        dense = L.Dense(4, activation="relu", name="dense")
        norm = L.BatchNormalization(name="norm")
        return K.Model([a, b], [norm(dense(a)) - norm(dense(b)), dense(dense(a))])

    def dicts() -> Any:
        a, b = K.Input((4,), name="a"), K.Input((4,), name="b")
        return K.Model({"b": b, "a": a}, {"sum": a + b, "both": (L.Add()([a, b]), L.Dense(2)(b))})

    def operators() -> Any:
        x = K.Input((4, 4), name="x")
        y = -(x[:, 1:, ..., None] ** 2.0) / (1.0 + abs(x[:, :-1, :, None]))
        z = K.ops.where(y > 0.1, y, K.ops.sqrt(K.ops.abs(y))) @ K.ops.ones((1, 3))
        return K.Model(x, [K.ops.max(z, axis=(1, 3)), K.ops.einsum("bijk->bkj", z)])

    def masked() -> Any:
        x = K.Input((6,), dtype="int32", name="x")
        h = L.Embedding(9, 4, mask_zero=True)(x)
        h = L.LSTM(3, return_sequences=True)(h, initial_state=None)
        h = L.Bidirectional(L.GRU(2))(h)
        return K.Model(x, L.Dense(2)(h))

    def attention() -> Any:
        x = K.Input((6, 4), name="x")
        h, scores = L.MultiHeadAttention(2, 3)(x, value=x, return_attention_scores=True)
        return K.Model(x, [L.LayerNormalization()(h + x), scores])

    def mixed() -> Any:
        x = K.Input((4,), name="x")
        h = L.Dense(4, dtype="mixed_bfloat16")(x)
        h = L.Dense(3, dtype=K.dtype_policies.DTypePolicy("bfloat16"))(h)
        return K.Model(x, L.Dense(2, dtype="float16")(h))

    def state() -> Any:
        x = K.Input((4,), name="x")
        normal = L.Normalization()
        normal.adapt(np.arange(12.0, dtype="float32").reshape(3, 4))
        bins = L.Discretization(num_bins=3)
        bins.adapt(np.linspace(-1, 1, 64).reshape(16, 4).astype("float32"))
        return K.Model(x, [normal(x), bins(x)])

    made = locals()
    return {name: make for name, make in made.items() if callable(make) and name not in ("K", "L")}


def models(K: Any) -> dict[str, Any]:
    """The graphs, and the twins with their classes of one's own; functions that make them."""
    T = twins.twins(K)
    more = {"sequential": T.sequential, "functional": T.functional, "subclassed": T.subclassed}
    return graphs(K) | more


def adapted(K: Any) -> dict[str, Any]:
    """Models that were quantized, or have low-rank parts that a file holds summed up."""
    L = K.layers

    def made(mode: str) -> Any:
        x = K.Input((4,), dtype="int32", name="x")
        h = L.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d")(L.Embedding(9, 6)(x))
        model = K.Model(x, L.Dense(3, activation="tanh")(h))
        twins.randomize(model)
        if mode != "lora":
            model.quantize(mode)
            return model
        for layer in model.layers[1:]:
            layer.enable_lora(2)
        twins.randomize(model, 1)
        return model

    return {mode: lambda mode=mode: made(mode) for mode in ADAPTED}


ADAPTED = ("int8", "int4", "lora")
DATA = {"masked": np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 1]], "int32")} | dict.fromkeys(
    ADAPTED, np.array([[1, 2, 3, 0], [8, 7, 6, 5]], "int32")
)


def results(K: Any, model: Any, name: str) -> list[np.ndarray]:
    """What a model of `models` gives for fixed inputs."""
    rng = np.random.default_rng(0)
    if name == "subclassed":
        given: Any = rng.normal(size=(2, 3)).astype("float32")
    else:
        x = [
            DATA.get(name, rng.normal(size=(2, *s.shape[1:])).astype("float32"))
            for s in model.inputs
        ]
        by_name = dict(zip([s.name for s in model.inputs], x, strict=True))
        given = by_name if name in ("dicts", "functional") else x[0] if len(x) == 1 else x
    out = model(given, training=False)
    return [
        np.asarray(K.ops.convert_to_numpy(K.ops.cast(y, "float32"))) for y in K.tree.flatten(out)
    ]


OPTIMIZERS = {
    "SGD": {"learning_rate": 0.01},
    "SGD momentum": {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True},
    "Adam": {"learning_rate": 0.01},
    "AdamW": {"learning_rate": 0.01, "weight_decay": 0.1, "clipnorm": 1.0},
    "Adam amsgrad": {"learning_rate": 0.01, "amsgrad": True},
    "SGD averaged": {"learning_rate": 0.01, "use_ema": True},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Adagrad": {},
    "Adadelta": {},
    "Adamax": {},
    "Nadam": {},
    "Ftrl": {},
    "Lion": {},
    "Lamb": {},
    "Adafactor": {},
    "Muon": {},
    "ScheduleFreeAdamW": {},
    "SGD scheduled": {"learning_rate": "CosineDecay", "momentum": 0.9},
    "LossScaleOptimizer": {"inner_optimizer": "Adam", "dynamic_growth_steps": 2},
    "LossScaleOptimizer Nadam": {"inner_optimizer": "Nadam"},
    "LossScaleOptimizer Adafactor": {"inner_optimizer": "Adafactor"},
    "LossScaleOptimizer Nadam accumulating": {
        "inner_optimizer": "Nadam",
        "inner": {"gradient_accumulation_steps": 2},
    },
    "LossScaleOptimizer Adafactor accumulating": {
        "inner_optimizer": "Adafactor",
        "inner": {"gradient_accumulation_steps": 2},
    },
}
X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 2)).astype("float32")


def compiled(K: Any, optimizer: str) -> Any:
    """A small model with one of `OPTIMIZERS`, not yet trained."""
    T = twins.twins(K)
    K.utils.clear_session(free_memory=False)
    model = K.Sequential([K.Input((3,)), T.Affine(4), T.Affine(2)], name="m")
    twins.randomize(model)
    name, arguments = optimizer.partition(" ")[0], dict(OPTIMIZERS[optimizer])
    if "inner_optimizer" in arguments:
        inner = getattr(K.optimizers, arguments["inner_optimizer"])
        arguments["inner_optimizer"] = inner(**arguments.pop("inner", {}))
    if isinstance(arguments.get("learning_rate"), str):
        schedule = getattr(K.optimizers.schedules, arguments["learning_rate"])
        arguments["learning_rate"] = schedule(0.01, 20)
    model.compile(
        getattr(K.optimizers, name)(**arguments), loss="mse", metrics=["mae"], jit_compile=False
    )
    return model


def train(model: Any) -> None:
    """Two epochs of two steps."""
    model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)


def state(optimizer: Any) -> list[np.ndarray]:
    """The values of an optimizer's variables that files hold."""
    variables = getattr(optimizer, "_in_files", lambda: optimizer.variables)()
    return [np.array(v.numpy() if hasattr(v, "numpy") else v) for v in variables]


def gap(case: LayerCase, backend: str) -> bool:
    """Whether a row is left out: one of the packages cannot build it there."""
    return backend in case.wrong


# Writing -----------------------------------------------------------------------------------


def write_untrained(K: Any, backend: str, folder: str, expected: dict[str, Any]) -> None:
    """Models of every kind in every form, and every layer."""
    for name, make in models(K).items():
        K.utils.clear_session(free_memory=False)
        model = make()
        if name != "state":
            twins.randomize(model)
        path = os.path.join(folder, name)
        model.save(f"{path}.keras")
        for i, value in enumerate(twins.values(model)):
            expected[f"{name}/weight/{i:03d}"] = np.atleast_1d(value.astype("float64"))
        if not (backend == "numpy" and name == "mixed"):
            for i, value in enumerate(results(K, model, name)):
                expected[f"{name}/result/{i:03d}"] = value
        if name in ("layers_only", "masked"):
            model.save(f"{path}_folder", zipped=False)
            model.save(f"{path}.h5")
            model.save_weights(f"{path}.weights.h5")
            model.save_weights(f"{path}_parts.weights.h5", max_shard_size=1e-6)
            with open(f"{path}.json", "w") as file:
                file.write(model.to_json())
            if K.__name__ == "keras_core":
                model.save_weights(f"{path}.safetensors")
    os.mkdir(os.path.join(folder, "layers"))
    for case in ROWS:
        if gap(case, backend):
            continue
        try:
            model = layer_model(K, case)
        except ValueError:
            if K.__name__ == "keras":
                continue  # Keras cannot build it on this backend
            raise
        twins.randomize(model)
        model.save(os.path.join(folder, "layers", f"{case.layer}.keras"))


def write_adapted(K: Any, folder: str, expected: dict[str, Any]) -> None:
    """Quantized and low-rank models; of the latter the weights in the file are sums."""
    for name, make in adapted(K).items():
        K.utils.clear_session(free_memory=False)
        model = make()
        model.save(os.path.join(folder, f"{name}.keras"))
        if name != "lora":
            model.save_weights(os.path.join(folder, f"{name}.weights.h5"))
            for i, value in enumerate(twins.values(model)):
                expected[f"{name}/weight/{i:03d}"] = value
        for i, value in enumerate(results(K, model, name)):
            expected[f"{name}/result/{i:03d}"] = value


def write_trained(K: Any, folder: str, expected: dict[str, Any]) -> None:
    """A model with each optimizer after some steps, and the weights after more of them."""
    for name in OPTIMIZERS:
        model = compiled(K, name)
        train(model)
        path = os.path.join(folder, name.replace(" ", "_"))
        model.save(f"{path}.keras")
        if name in ("Adam", "SGD scheduled"):
            model.save(f"{path}.h5")
        for kind, values in (("weight", twins.values(model)), ("state", state(model.optimizer))):
            for i, value in enumerate(values):
                expected[f"{name}/{kind}/{i:03d}"] = np.array(value)  # training changes it in place
        train(model)
        for i, value in enumerate(twins.values(model)):
            expected[f"{name}/later/{i:03d}"] = value


# Sets of files -----------------------------------------------------------------------------


def content(path: str) -> Any:
    """What a file holds, without dates and numbers that may be chosen freely."""
    if os.path.isdir(path):
        return {name: content(os.path.join(path, name)) for name in sorted(os.listdir(path))}
    if path.endswith(".h5"):
        return _tree(path)
    if path.endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
        out = {name: _json(data) if name.endswith("json") else data for name, data in found.items()}
        out["model.weights.h5"] = _tree(io.BytesIO(found["model.weights.h5"]))
        return out
    with open(path, "rb") as file:
        data = file.read()
    return _json(data) if path.endswith("json") else data


def _json(data: bytes) -> Any:
    text = re.sub(rb'"shared_object_id": "?\d+"?', b'"shared_object_id": 0', data)
    text = re.sub(rb'"date_saved": "[^"]*"', b'"date_saved": ""', text)
    text = text.replace(b"__numpy__", b"__tensor__")  # the same thing on the NumPy backend
    return json.loads(text)


def _tree(file: Any) -> dict[str, Any]:
    import h5py

    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        attrs = {
            k: np.asarray(v).tolist() for k, v in item.attrs.items() if k not in ("backend", "name")
        }
        if isinstance(item, h5py.Dataset):
            value = item[()]
            found[name] = (str(item.dtype), value.shape, value.tobytes(), attrs)
        else:
            found[name] = attrs

    with h5py.File(file, "r") as opened:
        found["/"] = {
            k: json.loads(v) if k.endswith("_config") else v
            for k, v in opened.attrs.items()
            if k != "backend"
        }
        opened.visititems(visit)
    return found


def unpack(name: str, folder: str) -> dict[str, np.ndarray]:
    """Put a set of files into a folder; returns what is expected of them."""
    with zipfile.ZipFile(os.path.join(FOLDER, f"{name}.zip")) as archive:
        archive.extractall(folder)
    with np.load(os.path.join(folder, "expected.npz")) as found:
        return {key: found[key] for key in found.files}


def expected_values(expected: dict[str, np.ndarray], name: str, kind: str) -> list[np.ndarray]:
    """Those of one model and kind, in order."""
    return [expected[key] for key in sorted(expected) if key.startswith(f"{name}/{kind}/")]


def _pack(folder: str, name: str) -> None:
    path = os.path.join(FOLDER, f"{name}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for inner, folders, files in os.walk(folder):
            folders.sort()
            for file in sorted(files):
                source = os.path.join(inner, file)
                info = zipfile.ZipInfo(os.path.relpath(source, folder))
                info.compress_type = zipfile.ZIP_DEFLATED
                with open(source, "rb") as opened:
                    archive.writestr(info, opened.read())


def _write(package: str, backend: str, kind: str, folder: str) -> None:
    """One writer's files; runs in a process of its own."""
    warnings.simplefilter("ignore")
    K = __import__(package)
    expected: dict[str, Any] = {}
    if kind == "untrained":
        write_untrained(K, backend, folder, expected)
    elif kind == "adapted":
        write_adapted(K, folder, expected)
    else:
        write_trained(K, folder, expected)
    np.savez(os.path.join(folder, "expected.npz"), **expected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--kinds", default="untrained adapted trained", help="which sets are written"
    )
    parser.add_argument("--packages", default="keras keras_core", help="who writes them")
    parser.add_argument("--write", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        _write(*arguments.write)
        return
    os.makedirs(FOLDER, exist_ok=True)
    for kind in arguments.kinds.split():
        for package in arguments.packages.split():
            with tempfile.TemporaryDirectory() as work:
                for backend in WRITERS[kind]:
                    folder = os.path.join(work, backend)
                    os.mkdir(folder)
                    command = [sys.executable, "-m", "tests.saving.exchange_files", "--write"]
                    env = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
                    subprocess.run([*command, package, backend, kind, folder], env=env, check=True)
                    if kind == "trained":
                        _pack(folder, f"{package}-{backend}")
                    elif kind == "adapted":
                        _pack(folder, f"{package}-adapted")
                if kind == "untrained":
                    _pack_untrained(work, package)


def _pack_untrained(work: str, package: str) -> None:
    """All backends' files as one set, in which layers are that only some of them build."""
    *others, last = BACKENDS
    first = os.path.join(work, last)
    for backend in others:
        for inner in ("", "layers"):
            for name in sorted(os.listdir(os.path.join(work, backend, inner))):
                if name in ("layers", "expected.npz"):
                    continue
                a, b = os.path.join(first, inner, name), os.path.join(work, backend, inner, name)
                if not os.path.exists(a):
                    os.rename(b, a)
                elif content(a) != content(b):
                    print(f"{package}: {backend} writes {name} in another way than {last}")
    _pack(first, package)


if __name__ == "__main__":
    main()
