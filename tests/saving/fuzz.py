"""Mutated files into every loader: only ever a clear error, in bounded memory.

    KERAS_BACKEND=numpy python -m tests.saving.fuzz --seconds 60 --seed 1

Mutations are of bytes (flips, cuts, repeats, numbers at their limits) and, for configurations,
of the JSON tree: values replaced, moved, nested, and names taken from a dictionary of what a
loader must not obey. An address-space limit turns over-allocation into a failure.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import resource
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from typing import Any

WORDS = [
    "os.system", "keras.utils.get_file", "__lambda__", "__numpy__", "__tensor__", "__tuple__",
    "__slice__", "__bytes__", "__typespec__", "function", "builtins", "keras.layers", "Lambda",
    "TFSMLayer", "Dense", "Functional", "Sequential", "Bidirectional", "keras.src.ops.numpy",
    "GetItem", "Einsum", "/etc/passwd", "../x", "", "\0", "object", "float32", "string", "relu",
    "keras", "Model", "InputLayer", "Reshape", "StringLookup", "__keras_tensor__", "get_file",
]  # fmt: skip
NUMBERS = [0, 1, -1, 2**31, 2**63, -(2**63), 10**30, 1e308, float("nan"), 0.5, True, None]


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


def seeds(K: Any, folder: str) -> dict[str, Any]:
    """A model with much in it, in every format."""
    a, b = K.Input((6,), name="a"), K.Input((4,), name="b")
    x = K.layers.Dense(4, activation="relu", name="d")(a) + b * 2.0
    x = K.layers.BatchNormalization()(x)
    y = K.ops.concatenate([x, x[:, 1:]], axis=-1)
    inner = K.Sequential([K.Input((7,)), K.layers.Dense(3), K.layers.Dropout(0.5)], name="inner")
    z = K.layers.Reshape((3, 1))(inner(y))
    z = K.layers.Bidirectional(K.layers.LSTM(2))(z)
    model = K.Model([a, b], [z, K.ops.einsum("ij,kj->ik", x, x)])
    paths = {form: os.path.join(folder, f"seed.{form}") for form in ("keras", "h5")}
    model.save(paths["keras"])
    model.save(paths["h5"])
    for form in ("weights.h5", "safetensors", "weights.json"):
        paths[form] = os.path.join(folder, f"seed.{form}")
        model.save_weights(paths[form])
    return {"model": model, "paths": paths, "config": json.loads(model.to_json())}


def trial(K: Any, rng: random.Random, seed: dict[str, Any], folder: str) -> None:
    """One mutated input through one loader."""
    form = rng.choice(["json", "json", "config", "keras", "h5", "h5config", "weights.h5",
                       "safetensors", "weights.json"])  # fmt: skip
    model, paths = seed["model"], seed["paths"]
    if form == "json":
        K.models.model_from_json(json.dumps(mutate_json(rng, seed["config"])))
        return
    if form == "config":
        path = os.path.join(folder, "x.keras")
        with zipfile.ZipFile(paths["keras"]) as source, zipfile.ZipFile(path, "w") as target:
            for name in source.namelist():
                data = source.read(name)
                if name == "config.json":
                    data = json.dumps(mutate_json(rng, seed["config"])).encode()
                target.writestr(name, mutate_bytes(rng, data) if name.endswith("h5") and
                                rng.random() < 0.3 else data)  # fmt: skip
        K.models.load_model(path)
        return
    if form == "h5config":
        import h5py

        path = os.path.join(folder, "x.h5")
        with open(paths["h5"], "rb") as source, open(path, "wb") as out:
            out.write(source.read())
        with h5py.File(path, "r+") as file:
            config = mutate_json(rng, json.loads(file.attrs["model_config"]))
            file.attrs["model_config"] = json.dumps(config)
        K.models.load_model(path)
        return
    path = os.path.join(folder, f"x.{form}")
    with open(paths[form], "rb") as source, open(path, "wb") as out:
        out.write(mutate_bytes(rng, source.read()))
    if form in ("keras", "h5"):
        K.models.load_model(path)
    else:
        model.load_weights(path)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, default=None, help="the number of one trial")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    import keras_core as K
    from keras_core.core.errors import InvalidFileError, UnsafeFileError

    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
    counts = {"loaded": 0, "refused": 0}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        inputs = os.path.join(folder, "seeds")
        os.mkdir(inputs)
        seed = seeds(K, inputs)
        before = set(os.listdir(folder)) | {"x.keras", "x.h5", "x.weights.h5", "x.safetensors",
                                            "x.weights.json"}  # fmt: skip
        modules = set(sys.modules)
        end, number = time.monotonic() + arguments.seconds, 0
        while time.monotonic() < end:
            number += 1
            if arguments.only is not None:
                number = arguments.only
            start = time.monotonic()
            try:
                trial(K, random.Random(f"{arguments.seed}/{number}"), seed, folder)
                counts["loaded"] += 1
            except (InvalidFileError, UnsafeFileError):
                counts["refused"] += 1
            except BaseException:
                traceback.print_exc()
                print(f"FAILED at --seed {arguments.seed} --only {number}")
                return 1
            if time.monotonic() - start > 20:
                print(f"TOO SLOW at --seed {arguments.seed} --only {number}")
                return 1
            if set(os.listdir(folder)) - before:
                print(f"WROTE {set(os.listdir(folder)) - before} at --only {number}")
                return 1
            if arguments.only is not None:
                break
        new = {m.partition(".")[0] for m in set(sys.modules) - modules}
        strange = new & {"antigravity", "subprocess32", "pty", "webbrowser", "urllib3"}
    print(json.dumps({**counts, "trials": number, "modules": sorted(new)}))
    return 1 if strange else 0


if __name__ == "__main__":
    sys.exit(main())
