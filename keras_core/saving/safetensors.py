"""Weights by name in the safetensors layout: a JSON header, then plain bytes.

The names are the variables' paths, or, for files from elsewhere, their attribute paths as in
a torch `state_dict` ("dense.kernel"). Each tensor is read when its variable is set, from the
file into the memory that the variable has or will have: the older value is let go first, so that
a load takes no memory but the weights'.

The file is read and not mapped. Mapped pages would be copied all the same, as fast (4.5 against
4.8 GB/s here) and counting as the process's memory; and a file that somebody cuts off meanwhile
would end the process, where a read that ends early raises an error.
"""

from __future__ import annotations

import functools
import json
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from keras_core.backends.variable import BaseVariable, host_dtype
from keras_core.core import dtypes
from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.core.tracebacks import warn
from keras_core.core.tracking import named_children
from keras_core.saving import archive, atomic
from keras_core.saving.background import host_copy
from keras_core.saving.paths import by_name, by_path, walk
from keras_core.saving.state import listed, not_used, unfit
from keras_core.saving.zipio import Scratch, Window, trim_heap

_CODES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16",
    "U32": "uint32", "I32": "int32", "U64": "uint64", "I64": "int64", "F16": "float16",
    "BF16": "bfloat16", "F32": "float32", "F64": "float64", "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2", "C64": "complex64", "C128": "complex128",
}  # fmt: skip
_NAMES = {name: code for code, name in _CODES.items()}
_UPDATE = re.compile(r"((?:.*[/.])?)lora_(\w+)_[ab]", re.DOTALL)  # a factor of a low-rank update
_NUMBERED = re.compile(r"(.*?)(?:_(\d{1,9}))?", re.DOTALL)
_TRIM = 1 << 26  # bytes read after which the older values' memory is given back
MAX_HEADER = 100_000_000  # the format's own limit


def prepare(model: Any, path: str, copied: bool = False) -> Callable[[], None]:
    """What writes the weights: those of later on, or with `copied` those of this moment."""
    variables = by_path(model.weights)
    places = {id(v): place for place, v in by_place(model).items()}
    described = {name: places[id(v)] for name, v in variables.items() if id(v) in places}
    about = {"format": "keras", "places": json.dumps(described, separators=(",", ":"))}
    header: dict[str, Any] = {"__metadata__": about}
    offset = 0
    for name, v in variables.items():
        size = v.size * dtypes.ITEMSIZE[v._dtype]
        header[name] = {
            "dtype": _NAMES[v._dtype],
            "shape": list(v.shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)  # the data begins at a multiple of eight
    values = [host_copy(v) for v in variables.values()] if copied else variables.values()
    return functools.partial(_write, path, text, values)


def _write(path: str, text: bytes, values: Iterable[np.ndarray | BaseVariable]) -> None:
    with atomic.replacing(path, sync=True) as temporary, open(temporary, "wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for v in values:
            array = v._on_host() if isinstance(v, BaseVariable) else v
            array = np.ascontiguousarray(array).reshape(-1)
            file.write(array.view(np.uint8).data)


def by_place(model: Any) -> dict[str, BaseVariable]:
    """The weights by where they lie in a `.weights.h5` file, and by their names there.

    That tells them in a model made from a file, in which some have shorter paths than in the one
    that was saved: what is in a wrapper is built before the wrapper has a name.
    """
    from keras_core.layers import Layer

    return by_name(
        (f"{path}/{v.name}", v)
        for path, obj in walk(model)
        if isinstance(obj, Layer)
        for v in obj._own_state(seeds=False)
    )


def attribute_names(model: Any) -> Iterator[tuple[str, BaseVariable]]:
    """The weights by the attributes that lead to them, as in a torch `state_dict`."""
    from keras_core.layers import Layer

    def walk(prefix: str, layer: Any, seen: frozenset[int]) -> Iterator[tuple[str, BaseVariable]]:
        for v in layer._own_state(seeds=False):
            yield f"{prefix}{v.name}", v
        named = getattr(layer, "_named_layers", None)  # a graph's or stack's layers by name
        for name, child in named() if named is not None else named_children(layer, Layer):
            if id(child) not in seen:
                yield from walk(f"{prefix}{name}.", child, seen | {id(child)})

    yield from walk("", model, frozenset({id(model)}))


class Reader:
    """The tensors of a file, each read on demand.

    Raises:
        InvalidFileError: if the header is not one, or contradicts the file's size.
        UnsafeFileError: if it claims more than is there.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._scratch = Scratch()
        self._file = open(path, "rb")  # noqa: SIM115 - closed by close()
        try:
            self._read_header()
        except BaseException:
            self._file.close()
            raise

    def _read_header(self) -> None:
        size = os.fstat(self._file.fileno()).st_size
        prefix = self._file.read(8)
        length = int.from_bytes(prefix, "little")
        if len(prefix) < 8 or length > size - 8:
            raise InvalidFileError(f"{self.path} is no safetensors file, or it is cut off.")
        if length > MAX_HEADER:
            raise UnsafeFileError(f"{self.path} has a header of {length} bytes.")
        header = archive.loads(self._file.read(length), self.path)
        if not isinstance(header, dict):
            raise InvalidFileError(f"{self.path}: the header must be a JSON object.")
        self._data = Window(self._file.fileno(), 8 + length, size - 8 - length)
        self.tensors: dict[str, tuple[str, tuple[int, ...], int, int]] = {}
        self.places = self._places(header.get("__metadata__"))
        for name, entry in header.items():
            if name != "__metadata__":
                self.tensors[name] = self._entry(name, entry)
        end = 0
        for start, stop in sorted((e[2], e[3]) for e in self.tensors.values()):
            if start != end:
                raise InvalidFileError(f"{self.path}: tensors overlap, or bytes lie between them.")
            end = stop
        if end != self._data.size:
            raise InvalidFileError(
                f"{self.path} is cut off, or has too much: {end} bytes of data are described, "
                f"{self._data.size} are there."
            )

    def _places(self, about: Any) -> dict[str, str]:
        """Where in a model each tensor lies, if the file says so."""
        text = about.get("places") if isinstance(about, dict) else None
        found = archive.loads(text, self.path) if isinstance(text, str) else {}
        if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
            raise InvalidFileError(f"{self.path}: its places must be texts by names.")
        return found

    def _entry(self, name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
        try:
            dtype, shape = _CODES[entry["dtype"]], entry["shape"]
            start, stop = entry["data_offsets"]
            ints = [*shape, start, stop]
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidFileError(
                f"{self.path}: {name!r} is described wrongly: {error}"
            ) from error
        if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in ints):
            raise InvalidFileError(f"{self.path}: {name!r} is described wrongly.")
        if stop - start != math.prod(shape) * dtypes.ITEMSIZE[dtype]:
            raise InvalidFileError(f"{self.path}: the size of {name!r} is not that of its shape.")
        return dtype, tuple(shape), start, stop

    def read(self, name: str) -> np.ndarray:
        """A tensor's values, in memory that serves again once nobody holds them."""
        dtype, shape, start, _ = self.tensors[name]
        out = self._scratch.empty(shape, host_dtype(dtype))
        if out.nbytes:
            self._fill(out.reshape(-1).view(np.uint8), start)
        return out.view(np.uint8) != 0 if dtype == "bool" else out

    def _fill(self, memory: np.ndarray, start: int) -> None:
        if self._data.read_at(start, memory.data) != memory.nbytes:
            raise InvalidFileError(f"{self.path} is cut off.")

    def set(self, name: str, variable: BaseVariable) -> None:
        """Set a variable: read into its own memory where that can be."""
        dtype, _, start, _ = self.tensors[name]
        if dtype == variable._dtype != "bool":  # whose bytes may be only 0 and 1
            variable._read_in(lambda memory: self._fill(memory, start))
        else:
            variable.assign(self.read(name))

    def close(self) -> None:
        """Close the file."""
        self._scratch.release()
        self._file.close()


def _renamed_root(known: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The weights by paths that start with the file's model's name instead of this model's."""
    own, theirs = ({name.partition("/")[0] for name in group} for group in (known, names))
    if len(own) != 1 or len(theirs) != 1:
        return {}
    root = theirs.pop()
    return {f"{root}/{name.partition('/')[2]}": v for name, v in known.items()}


def _ranked(names: Iterable[str]) -> dict[str, str]:
    """Each path with its automatic numbers ("dense_16") replaced by their rank in the file.

    They count what a process has made so far, so that the same model has others in another one.
    """
    numbers: dict[str, set[int]] = {}
    paths = [(name, [_NUMBERED.fullmatch(part) for part in name.split("/")]) for name in names]
    for _, parts in paths:
        for part in parts:
            if part is not None:
                numbers.setdefault(part[1], set()).add(int(part[2] or 0))
    ranks = {base: {n: i for i, n in enumerate(sorted(found))} for base, found in numbers.items()}
    return {
        "/".join(f"{p[1]}_{ranks[p[1]][int(p[2] or 0)]}" if p else "" for p in parts): name
        for name, parts in paths
    }


def _renumbered(known: dict[str, Any], tensors: dict[str, Any]) -> dict[str, Any]:
    """The weights by the file's names if the two differ in automatic numbers only."""
    if known.keys() <= tensors.keys():
        return known
    own, theirs = _ranked(known), _ranked(tensors)
    if own.keys() != theirs.keys() or len(own) != len(known) or len(theirs) != len(tensors):
        return known
    fits = all(tensors[theirs[rank]][1] == known[name].shape for rank, name in own.items())
    return {theirs[rank]: known[name] for rank, name in own.items()} if fits else known


def _placed(known: dict[str, Any], model: Any, places: dict[str, str]) -> dict[str, Any]:
    """The weights by the file's names if those differ in automatic numbers and first parts only.

    Returns:
        Nothing if a weight has no place in the file, or another name there.
    """
    named = {place: name for name, place in places.items()}
    own = {id(v): place for place, v in by_place(model).items()}
    out = {}
    for path, v in known.items():
        name = named.get(own.get(id(v), ""))
        if name is None or not _akin(path, name):
            return {}
        out[name] = v
    return out


def _akin(*paths: str) -> bool:
    """Whether one path is the other's end, but for automatic numbers."""
    short, long = sorted(([*map(_unnumbered, p.split("/"))] for p in paths), key=len)
    return long[len(long) - len(short) :] == short


def _unnumbered(part: str) -> str:
    found = _NUMBERED.fullmatch(part)
    return found[1] if found is not None else part


def _to_clear(model: Any, tensors: Iterable[str]) -> dict[Any, list[BaseVariable]]:
    """The layers whose low-rank updates end where a file without any is loaded, and the factors."""
    if any(_UPDATE.fullmatch(name) for name in tensors):
        return {}
    layers = {id(obj): obj for _, obj in walk(model) if getattr(obj, "lora_enabled", False)}
    return {
        layer: [v for v in layer._own_state(seeds=False) if v.name.startswith("lora_")]
        for layer in layers.values()
    }


def _lost_updates(known: dict[str, Any], tensors: dict[str, Any]) -> list[str]:
    """Of which of the model's weights the file has an update that the model has no place for."""
    problems = {}
    for name, entry in tensors.items():
        found = _UPDATE.fullmatch(name) if name not in known else None
        weight = found[1] + found[2] if found is not None else ""
        if weight in known and weight not in problems:
            rank = entry[1][-1 if name.endswith("_a") else 0]
            problems[weight] = (
                f"{weight}: the file keeps a low-rank update of it apart. Call enable_lora({rank}) "
                "on that layer before, or save the model as '.weights.h5', which holds the sum"
            )
    return list(problems.values())


def _unfit(v: BaseVariable, entry: tuple[str, tuple[int, ...], int, int]) -> str | None:
    return unfit(v, entry[1], entry[0] in dtypes.COMPLEX)


def load(model: Any, path: str, skip_mismatch: bool = False) -> None:
    """Set the weights of a built model or layer."""
    reader = Reader(path)
    try:
        cleared = _to_clear(model, reader.tensors)
        apart = {id(v) for factors in cleared.values() for v in factors}
        weights = [v for v in model.weights if id(v) not in apart]
        known = _renumbered(by_path(weights), reader.tensors)
        if not known.keys() <= reader.tensors.keys():
            known = _placed(known, model, reader.places) or known
        if not known.keys() & reader.tensors.keys():
            other = _renamed_root(known, reader.tensors)
            if not other.keys() & reader.tensors.keys():
                other = {k: v for k, v in attribute_names(model) if id(v) not in apart}
            known = other or known
        problems = _lost_updates(known, reader.tensors)
        for name, v in known.items():
            entry = reader.tensors.get(name)
            if entry is None:
                problems.append(f"{name}: the file does not have it")
            elif problem := _unfit(v, entry):
                problems.append(f"{name} {problem}")
        unused = [name for name in reader.tensors if name not in known]
        if not getattr(model, "built", True):
            problems.append(f"{model.name}: it is not built; call it on data, or build() it, first")
        if problems and not skip_mismatch:
            text = listed(path, problems)
            raise InvalidFileError(text + (f"\n{not_used(path, unused)}" if unused else ""))
        if problems:
            warn(listed(path, problems, skipped=True))
        if unused:
            warn(not_used(path, unused))
        read, done = 0, set()
        for name, v in known.items():
            entry = reader.tensors.get(name)
            if entry is not None and not _unfit(v, entry):
                reader.set(name, v)
                done.add(id(v))
                read += entry[3] - entry[2]
            if read >= _TRIM:
                read = 0
                trim_heap()
        for layer in cleared:
            if any(id(v) in done for v in layer._own_state(seeds=False)):
                layer._after_loading()
        model._weights_changed()
    finally:
        reader.close()
