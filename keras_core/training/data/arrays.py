"""Arrays of all kinds as what the sources take: recognised, checked, cut, split."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import settings, shapes, tree
from keras_core.core.errors import describe


def is_sparse_matrix(x: Any) -> bool:
    """Whether `x` is a sparse matrix of SciPy, one of whose kinds is a dict too."""
    return hasattr(x, "toarray") and "scipy" in module_of(x)


def is_ragged(x: Any) -> bool:
    """Whether `x` has rows of lengths of their own, which models of this backend take."""
    return shapes.is_ragged(x) and backend.has("ragged")


def module_of(x: Any) -> str:
    """The top packages of the classes that `x` is of, for telling foreign objects apart."""
    return " ".join({cls.__module__.partition(".")[0] for cls in type(x).__mro__})


def is_array(x: Any) -> bool:
    """Whether `x` is an array of any framework, or slices like one."""
    if isinstance(x, np.ndarray) or backend.arrays.is_tensor(x) or backend.arrays.is_sparse(x):
        return True
    if hasattr(x, "shape") and hasattr(x, "dtype") and hasattr(x, "__getitem__"):
        return True
    return hasattr(x, "__array__")


def as_array(x: Any, owner: str) -> Any:
    """`x` as a NumPy array, a native tensor, or something that slices into NumPy arrays.

    Arrays, lists, pandas objects and other frameworks' tensors will do. Floats come in the
    default float type.
    """
    if is_ragged(x):
        return x  # the rows of a batch are gathered from it as from a tensor
    if backend.arrays.is_sparse(x):
        x = backend.arrays.convert_to_numpy(x)
    if backend.arrays.is_tensor(x) and getattr(x.dtype, "kind", None) != "O":
        _refuse_times(x, owner)
        return x
    if not isinstance(x, np.ndarray):
        module = module_of(x)
        if "pandas" in module:
            x = x.to_numpy()
        elif "torch" in module and hasattr(x, "detach"):
            x = x.detach().cpu().numpy()
        elif is_sparse_matrix(x):
            x = x.toarray()
        elif "tensorflow" in module and hasattr(x, "numpy"):
            x = x.numpy()
        elif "h5py" in module or "zarr" in module:
            return x  # sliced batch by batch
        else:
            try:
                x = np.asarray(x)
            except ValueError as error:
                raise ValueError(
                    f"{owner} must be an array, or a list that makes one. Received: "
                    f"{describe(x)}: {error}. {_PAD}"
                ) from None
    _refuse_times(x, owner)
    if x.dtype.kind == "O":
        x = _from_objects(x, owner)
    elif not is_mapped(x) and x.nbytes <= backend.execute.RESIDENT_BYTES:
        x = narrowed(x)  # of others only the rows of a batch, so that there is no copy of them all
    return x


def _refuse_times(x: Any, owner: str) -> None:
    if isinstance(x, np.ndarray) and x.dtype.kind in "mM":
        raise ValueError(
            f"{owner} must hold numbers or strings. Received: {describe(x)}, which holds times. "
            "Turn them into numbers first, for instance days since a date: "
            "(x - np.datetime64('2020-01-01')) / np.timedelta64(1, 'D')."
        )


def is_mapped(x: Any) -> bool:
    """Whether an array is a file that is read as one looks at it."""
    return isinstance(x, np.memmap)


def narrowed(x: Any) -> Any:
    """An array as backends take it: floats of 64 or more bits in the default float type."""
    if not isinstance(x, np.ndarray):
        return x
    dtype = x.dtype
    if dtype.kind == "f" and dtype.itemsize >= (16 if settings.floatx() == "float64" else 8):
        return x.astype(host_floatx())
    return x if dtype.isnative else x.astype(dtype.newbyteorder("="))


def host_floatx() -> Any:
    """The default float type for arrays on the host."""
    from keras_core.backends.variable import host_dtype

    return host_dtype(settings.floatx())


_PAD = "Pad rows of different lengths first, for instance with keras.utils.pad_sequences."


def _from_objects(x: np.ndarray, owner: str) -> np.ndarray:
    if all(isinstance(item, (str, bytes)) for item in x.flat):
        return x
    missing = next((i for i, item in enumerate(x.flat) if item is None), None)
    if missing is not None:  # `astype` makes it NaN, and so the loss
        where = [int(i) for i in np.unravel_index(missing, x.shape)]
        raise ValueError(
            f"{owner} must hold numbers or strings. Received: {describe(x)} with None at {where}. "
            "Leave such samples out, or fill in a number."
        )
    try:
        return x.astype(host_floatx())
    except (TypeError, ValueError):
        first = x.flat[0] if x.size else None
        mend = f". {_PAD}" if isinstance(first, (list, tuple, np.ndarray)) else ""
        raise ValueError(
            f"{owner} must hold numbers or strings. Received an array of dtype object whose first "
            f"item is {describe(first)}{mend}"
        ) from None


def holds_arrays(x: Any) -> bool:
    """Whether `x` is an array, a list, or a structure of those: no iterable of batches."""
    if x is None:
        return False
    if is_array(x) or "pandas" in module_of(x) or "scipy" in module_of(x):
        return True
    if isinstance(x, (list, tuple, dict)):
        return True
    return tree.is_nested(x)


def _is_list_of_numbers(x: Any) -> bool:
    while isinstance(x, (list, tuple)):
        if not x:
            return True
        x = x[0]
    return isinstance(x, (int, float, bool, str, bytes, complex, np.generic))


def as_arrays(structure: Any, owner: str) -> Any:
    """A structure of arrays: leaves by `as_array`, nested lists of numbers made into arrays."""
    if structure is None:
        return None
    if type(structure) is np.ndarray:  # by far the most common
        return as_array(structure, owner)
    if is_sparse_matrix(structure):
        return as_array(structure, owner)
    if isinstance(structure, (list, tuple)) and not hasattr(structure, "_fields"):
        if _is_list_of_numbers(structure):
            return as_array(structure, owner)
        return type(structure)(as_arrays(item, f"{owner}[{i}]") for i, item in enumerate(structure))
    if isinstance(structure, dict):
        return {key: as_arrays(item, f"{owner}[{key!r}]") for key, item in structure.items()}
    if tree.is_nested(structure):
        return tree.map_structure(lambda leaf: as_array(leaf, owner), structure)
    return as_array(structure, owner)


def check_lengths(owner: str, **parts: Any) -> int:
    """The number of samples, which all arrays of all parts must have.

    Raises:
        ValueError: if there are none, an array has no samples dimension, or they differ.
    """
    lengths: dict[str, list[int]] = {}
    for name, part in parts.items():
        if part is None:
            continue
        for i, leaf in enumerate([part] if type(part) is np.ndarray else tree.flatten(part)):
            if leaf is None:
                continue
            if not leaf.shape:
                where = "".join(f"[{key!r}]" for key in tree.flatten_with_path(part)[i][0])
                raise ValueError(
                    f"{owner}: {name}{where} must have a first dimension that counts the "
                    f"samples. Received a scalar: {describe(leaf)}"
                )
            lengths.setdefault(name, []).append(int(leaf.shape[0]))
    counts = {length for found in lengths.values() for length in found}
    if len(counts) > 1:
        listed = ", ".join(
            f"{name}: {found[0] if len(found) == 1 else found}" for name, found in lengths.items()
        )
        several = any(len(set(found)) > 1 for found in lengths.values())
        raise ValueError(
            f"{owner}: all arrays must have the same number of samples (the first dimension). "
            f"Received: {listed}"
            + (f". A list of arrays has one for each input. {_PAD}" if several else "")
        )
    if not counts or counts == {0}:
        raise ValueError(
            f"{owner}: x must hold at least one sample. Received: x={describe(parts.get('x'))}"
        )
    return counts.pop()


def split(data: Any, fraction: float, owner: str) -> tuple[Any, Any]:
    """The first part of every array, and the last `fraction` of it."""
    if not isinstance(fraction, (int, float)) or not 0 < fraction < 1:
        raise ValueError(
            f"{owner}: validation_split must be between 0 and 1. Received: {fraction!r}"
        )
    leaves, spec = tree.flatten_spec(data)
    count = next(leaf.shape[0] for leaf in leaves if leaf is not None)
    at = int(count * (1.0 - fraction))
    if at == 0 or at == count:
        raise ValueError(
            f"{owner}: validation_split={fraction} of {count} samples leaves no sample for "
            f"{'training' if at == 0 else 'validation'}. Give more data or another fraction."
        )

    def part(rows: slice) -> Any:
        return tree.unflatten(spec, [leaf if leaf is None else leaf[rows] for leaf in leaves])

    return part(slice(0, at)), part(slice(at, None))
