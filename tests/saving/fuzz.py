"""Mutated files into every loader: only ever a clear error, in bounded memory.

    KERAS_BACKEND=numpy python -m tests.saving.fuzz --seconds 60 --seed 1
    KERAS_BACKEND=numpy python -m tests.saving.fuzz --replay FILE

Guided by coverage: an input that reaches a new line of the loaders joins those that are mutated
further. Mutations are of bytes (flips, cuts, repeats, numbers at their limits), of an archive's members
(names that collide, other methods of compression, text before it) and, for configurations,
of the JSON tree: values replaced, moved, nested, and names taken from a dictionary of what a
loader must not obey. A limit on the address space, half a GiB above what is taken anyway, turns
over-allocation into a failure; so are two seconds of work.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from typing import Any

from tests.saving import keras2_files
from tests.saving.exchange_files import ROWS, layer_model

WORDS = [
    "os.system", "keras.utils.get_file", "__lambda__", "__numpy__", "__tensor__", "__tuple__",
    "__slice__", "__bytes__", "__typespec__", "function", "builtins", "keras.layers", "Lambda",
    "TFSMLayer", "Dense", "Functional", "Sequential", "Bidirectional", "keras.src.ops.numpy",
    "GetItem", "Einsum", "/etc/passwd", "../x", "", "\0", "object", "float32", "string", "relu",
    "keras", "Model", "InputLayer", "Reshape", "StringLookup", "__keras_tensor__", "get_file",
    "(.|.)*!", "(?x)( a+ ) +!", "\u00e9", "e\u0301", "\x1b[31m", "gptq/4/-1_from_float32",
]  # fmt: skip
NUMBERS = [
    0,
    1,
    -1,
    10**8,
    10**12,
    2**31,
    2**63,
    -(2**63),
    10**30,
    1e308,
    float("nan"),
    0.5,
    True,
    None,
]


def mutate_bytes(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if not out:
            break
        at = rng.randrange(len(out))
        kind = rng.randrange(6)
        if kind == 0:
            out[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            out[at] = rng.randrange(256)
        elif kind == 2:
            size = rng.choice((2, 4, 8))
            number = rng.choice((0, 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1, len(data)))
            out[at : at + size] = (number % 2 ** (8 * size)).to_bytes(size, "little")
        elif kind == 3:
            del out[at : at + rng.randrange(1, 64)]
        elif kind == 4:
            out[at:at] = out[at : at + rng.randrange(1, 64)]
        else:
            del out[at:]
    return bytes(out)


def mutate_members(rng: random.Random, data: bytes) -> bytes:
    """The archive with its members in another form; others are mutated as bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:
        return mutate_bytes(rng, data)
    for _ in range(rng.choice((1, 2, 3))):
        at = rng.randrange(len(members)) if members else 0
        name, content = members[at] if members else ("config.json", b"{}")
        kind = rng.randrange(6)
        if kind == 0:
            odd = f"assets/{rng.choice(WORDS)}", f"{name}/x", name.upper(), name.rpartition("/")[0]
            members.insert(at, (rng.choice(odd) or "assets", content))
        elif kind == 1:
            members += [("assets/e\u0301", b"x"), ("assets/\u00e9", b"y")]
        elif kind == 2:
            members += [("assets/a/b", b"x"), ("assets/a", b"y")]
        elif kind == 3 and members:
            members[at] = name, mutate_bytes(rng, content)
        elif kind == 4 and members:
            del members[at]
        else:
            members.reverse()
    out = io.BytesIO(b"text" * rng.choice((0, 0, 9)))
    out.seek(0, io.SEEK_END)
    with zipfile.ZipFile(out, "a") as archive:
        for name, content in members:
            method = rng.choice(
                (zipfile.ZIP_STORED,) * 5 + (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
            )
            archive.writestr(name, content, compress_type=method)
    return out.getvalue()


def mutate_json(rng: random.Random, config: Any) -> Any:
    config = copy.deepcopy(config)
    for _ in range(rng.choice((1, 1, 2, 3))):
        places: list[tuple[Any, Any]] = []

        def collect(value: Any) -> None:
            items = (
                value.items() if isinstance(value, dict)
                else enumerate(value) if isinstance(value, list) else ()
            )  # fmt: skip
            for key, inner in items:
                places.append((value, key))  # noqa: B023 - used within the round
                collect(inner)

        collect(config)
        if not places:
            break
        holder, key = rng.choice(places)
        other_holder, other_key = rng.choice(places)
        kind = rng.randrange(7)
        if kind == 0:
            holder[key] = rng.choice(WORDS)
        elif kind == 1:
            holder[key] = rng.choice(NUMBERS)
        elif kind == 2:
            holder[key] = copy.deepcopy(other_holder[other_key])
        elif kind == 3 and isinstance(holder, dict):
            del holder[key]
        elif kind == 4:
            holder[key] = [holder[key]] * rng.choice((0, 1, 2, 3))
        elif kind == 5:
            holder[key] = {"class_name": rng.choice(WORDS), "config": holder[key]}
        elif isinstance(holder, dict):
            holder[rng.choice([*WORDS, "module", "registered_name", "shared_object_id"])] = 1
    return config


SECONDS = 2.0  # of the processor, that a file may take
MEMORY = 512 << 20

Input = tuple[str, Any]  # the form, and bytes or a config that goes into the form


def seeds(K: Any, folder: str) -> tuple[Any, list[Input]]:
    """A model with much in it, its files in every format, and configs of every layer."""
    a, b = K.Input((6,), name="a"), K.Input((4,), name="b")
    x = K.layers.Dense(4, activation="relu", name="d")(a) + b * 2.0
    x = K.layers.BatchNormalization()(x)
    y = K.ops.concatenate([x, x[:, 1:]], axis=-1)
    inner = K.Sequential([K.Input((7,)), K.layers.Dense(3), K.layers.Dropout(0.5)], name="inner")
    z = K.layers.Reshape((3, 1))(inner(y))
    z = K.layers.Bidirectional(K.layers.LSTM(2))(z)
    model = K.Model([a, b], [z, K.ops.einsum("ij,kj->ik", x, x)])
    found: list[Input] = []
    for form in ("keras", "h5", "weights.h5", "safetensors", "weights.json"):
        path = os.path.join(folder, f"seed.{form}")
        (model.save if form in ("keras", "h5") else model.save_weights)(path)
        with open(path, "rb") as file:
            found.append((form, file.read()))
    found.append(("npz", npz_seed(found[0][1])))
    config = json.loads(model.to_json())
    found += [("json", config), ("config", config), ("h5config", config)]
    auc = K.metrics.AUC(num_thresholds=5)
    optimizer = K.optimizers.LossScaleOptimizer(K.optimizers.AdamW(clipnorm=1.0))
    model.compile(optimizer, ["mse", K.losses.Huber()], metrics=[["mae"], [auc]])
    found.append(("config", json.loads(model.to_json())))
    policies = K.dtype_policies.DTypePolicyMap("float32", {"head/.*": "bfloat16"})
    other = K.Sequential([K.Input((3,)), K.layers.Dense(2, dtype=policies, name="head")])
    other.compile(K.optimizers.Muon(exclude_layers=["head"]), "mse")
    found.append(("config", json.loads(other.to_json())))
    for case in ROWS:
        with contextlib.suppress(Exception):  # not on this backend
            found.append(("json", json.loads(layer_model(K, case).to_json())))
    return model, found + old_seeds()


def old_seeds() -> list[Input]:
    """What Keras 2 wrote of graphs with functions in them, and of training."""
    import h5py

    found: list[Input] = []
    with zipfile.ZipFile(keras2_files.TARGET) as archive:
        for name in ("functions", "operators", "rnn_states", "attention", "dicts", "measured"):
            with h5py.File(io.BytesIO(archive.read(f"{name}.h5")), "r") as file:
                found.append(("h5config", json.loads(str(file.attrs["model_config"]))))
                training = file.attrs.get("training_config")
                found += [("h5training", json.loads(str(training)))] if training else []
        for name in ("legacy-SGD", "LossScale", "Adam-amsgrad"):
            with h5py.File(io.BytesIO(archive.read(f"trained/{name}.h5")), "r") as file:
                found.append(("h5training", json.loads(str(file.attrs["training_config"]))))
    return found


def npz_seed(whole: bytes) -> bytes:
    """A `.keras` file whose weights are NPZ, pickled as Keras writes them."""
    import numpy as np

    arrays = io.BytesIO()
    values = {"0": np.ones((2, 3), "float32"), "1": np.zeros(3, "float32")}
    held: Any = {"layers/dense": np.array(values, dtype=object)}
    np.savez(arrays, **held)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            if name != "model.weights.h5":
                target.writestr(name, source.read(name))
        target.writestr("model.weights.npz", arrays.getvalue())
    return out.getvalue()


def mutate(rng: random.Random, given: Input) -> Input:
    """Another input of the same form."""
    form, data = given
    if not isinstance(data, bytes):
        return form, mutate_json(rng, data)
    of_members = form in ("keras", "npz") and rng.random() < 0.5
    return form, (mutate_members if of_members else mutate_bytes)(rng, data)


def written(given: Input, folder: str, whole: dict[str, bytes]) -> str:
    """The file of an input; configs go into whole files."""
    form, data = given
    suffix = {"config": "keras", "npz": "keras", "h5config": "h5", "h5training": "h5"}.get(
        form, form
    )
    path = os.path.join(folder, f"x.{suffix}")
    if form == "config":
        with (
            zipfile.ZipFile(io.BytesIO(whole["keras"])) as source,
            zipfile.ZipFile(path, "w") as target,
        ):
            for name in source.namelist():
                content = json.dumps(data).encode() if name == "config.json" else source.read(name)
                target.writestr(name, content)
        return path
    with open(path, "wb") as out:
        if isinstance(data, bytes):
            out.write(data)
        else:
            out.write(json.dumps(data).encode() if form == "json" else whole["h5"])
    if form in ("h5config", "h5training"):
        import h5py

        with h5py.File(path, "r+") as file:
            name = "model_config" if form == "h5config" else "training_config"
            file.attrs[name] = json.dumps(data)
    return path


def load(K: Any, model: Any, form: str, path: str) -> None:
    """Give a file to the loader of its form."""
    if form == "json":
        with open(path) as file:
            K.models.model_from_json(file.read())
    elif form in ("keras", "npz", "config", "h5", "h5config", "h5training"):
        K.models.load_model(path)
    else:
        model.load_weights(path)


class Coverage:
    """The lines of the loaders that have been reached."""

    def __init__(self, package: str) -> None:
        core = ("registry", "builtins_table", "custom_objects", "guards", "lambdas")
        self._files = tuple(os.path.join(package, "core", f"{name}.py") for name in core)
        self._folder = os.path.join(package, "saving") + os.sep
        self.lines: set[tuple[str, int]] = set()

    def __enter__(self) -> Coverage:
        sys.settrace(self._call)
        return self

    def __exit__(self, *error: Any) -> None:
        sys.settrace(None)

    def _call(self, frame: Any, event: str, argument: Any) -> Any:
        name = frame.f_code.co_filename
        return self._line if name.startswith(self._folder) or name in self._files else None

    def _line(self, frame: Any, event: str, argument: Any) -> Any:
        self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line


def limit_memory() -> None:
    """Let every allocation fail that goes beyond what is taken now by more than `MEMORY`."""
    if not os.path.exists("/proc/self/statm"):
        return
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--replay", default=None, help="a file that an earlier run kept")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    import keras_core as K
    from keras_core.core import registry
    from keras_core.core.errors import InvalidFileError, UnsafeFileError

    registry._memory = lambda: 1 << 30  # as a machine that has not more than that leaves
    counts = {"loaded": 0, "refused": 0}
    start_folder, rng = os.getcwd(), random.Random(arguments.seed)
    coverage = Coverage(os.path.dirname(K.__file__))

    def taken(form: str, path: str, traced: bool) -> str | float:
        """The seconds that a loader took for a file, or what is wrong with its error."""
        start = time.process_time()
        try:
            with coverage if traced else contextlib.nullcontext():
                load(K, model, form, path)
            counts["loaded"] += 1
        except (InvalidFileError, UnsafeFileError):
            counts["refused"] += 1
        except BaseException:
            return traceback.format_exc()
        return time.process_time() - start

    def problem(form: str, path: str) -> str | None:
        """What is wrong with how a loader took a file."""
        found = taken(form, path, True)
        if isinstance(found, float) and found > SECONDS:
            found = taken(form, path, False)  # the tracing takes most of it
        if isinstance(found, str):
            return found
        return f"it took {found:.1f} seconds" if found > SECONDS else None

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        work = os.path.join(folder, "files")  # beside the shards that a map names
        os.mkdir(work)
        model, corpus = seeds(K, work)
        whole = dict(corpus[:2])
        if arguments.replay:
            limit_memory()
            path = os.path.join(start_folder, arguments.replay)
            print(problem(path.rpartition("fuzz.")[2], path) or "no problem")
            return 0
        for given in corpus:
            assert problem(given[0], written(given, work, whole)) is None
        limit_memory()
        first, known = len(corpus), len(coverage.lines)
        before, modules = set(os.listdir(folder)), set(sys.modules)
        end = time.monotonic() + arguments.seconds
        while time.monotonic() < end:
            # What reached something new lately is mutated as often as all that came before it.
            recent = corpus[-8:] if rng.random() < 0.5 else corpus
            given = mutate(rng, rng.choice(recent))
            path = written(given, work, whole)
            found = problem(given[0], path)
            if set(os.listdir(folder)) != before:
                found = f"it wrote {set(os.listdir(folder)) - before}"
            if found is not None:
                kept = os.path.join(start_folder, f"fuzz.{given[0]}")
                shutil.copyfile(path, kept)
                print(f"{found}\nFAILED; see it again by --replay {kept}")
                return 1
            if len(coverage.lines) > known:
                known = len(coverage.lines)
                corpus.append(given)
        new = {m.partition(".")[0] for m in set(sys.modules) - modules}
        strange = new & {"antigravity", "subprocess32", "pty", "webbrowser", "urllib3"}
    report = {**counts, "lines": known, "kept": len(corpus) - first, "modules": sorted(new)}
    print(json.dumps(report))
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main())
