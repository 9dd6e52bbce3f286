"""JAX arrays: recognition, conversion, dtypes, abstract evaluation."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from keras_core.backends.variable import BaseVariable, host_dtype
from keras_core.core import dtypes, errors, settings, tree

_NARROWED = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
dtypes.narrow(_NARROWED, lambda: not jax.config.jax_enable_x64)

Tensor = jax.Array
# Grows by the classes of arrays and tracers that are met: see `ops._door`. To make an array for
# its class would start devices, before which programs say how many there are.
TENSOR_TYPES: set[type] = set()


class _NativeDtypes(dict[str, np.dtype]):
    """Native dtypes by name; of 64-bit ones only what JAX's switch allows at the moment."""

    def __missing__(self, name: str) -> np.dtype:
        if name not in _NARROWED:
            raise KeyError(name)
        narrow = dtypes.canonical(name)
        if narrow in ("float32", "complex64"):
            warnings.warn(
                f"dtype {name} was asked for; JAX as it is set up computes in {narrow} instead. "
                "Set JAX_ENABLE_X64=1, or jax.config.update('jax_enable_x64', True) at the start.",
                stacklevel=3,
            )
        return host_dtype(narrow)


NATIVE_DTYPES = _NativeDtypes(
    (name, host_dtype(name))
    for name in dtypes.ALL_TYPES
    if name != "string" and dtypes.canonical(name) == name
)
_NAMES = {host_dtype(name): name for name in dtypes.ALL_TYPES if name != "string"}


def native_dtype(dtype: Any) -> np.dtype:
    """The native dtype of a name."""
    return NATIVE_DTYPES[dtypes.standardize(dtype)]


def is_tensor(x: Any) -> bool:
    """Whether `x` is a native tensor of this backend."""
    return isinstance(x, jax.Array)


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse tensor of this backend."""
    return type(x).__module__.startswith("jax.experimental.sparse")


def dtype_name(x: Any) -> str:
    """The dtype of a native tensor, by name."""
    name = _NAMES.get(x.dtype)
    return name if name is not None else dtypes.standardize(x.dtype)


def convert_to_tensor(
    x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None
) -> jax.Array:
    """`x` (array, number, nested list, Variable, another framework's tensor) as a tensor.

    An array is copied: what its owner writes to it later does not change the tensor, whose
    memory JAX would share and might read later.
    """
    if isinstance(x, BaseVariable):
        x = x.tensor
    if is_sparse(x):
        return _of_sparse(x, dtype, sparse)
    if dtype is not None:
        native = NATIVE_DTYPES[dtypes.standardize(dtype)]
        if isinstance(x, jax.Array):
            return x if x.dtype == native else x.astype(native)
        x = _host(x)
        if native.kind in "iu" and isinstance(x, (int, float, list, tuple)) and not _has_traced(x):
            dtypes.of_python(dtypes.array_of(x), dtypes.canonical(dtypes.standardize(dtype)))
        return copied(x, native)
    if isinstance(x, jax.Array):
        return x
    x = _host(x)
    if not hasattr(x, "dtype"):  # Python numbers and lists of them
        if _has_traced(x):
            return jnp.asarray(x)
        x = dtypes.array_of(x)
        name = dtypes.of_python(x)
        if name in dtypes.INTS and dtypes.canonical(name) != name:
            raise OverflowError(  # JAX would cut bits off
                "convert_to_tensor: x must fit into int32, the widest integers that JAX has as it "
                f"is set up. Received: {x}. Set jax_enable_x64 before the first array is made."
            )
        if name is not None:
            x = x.astype(NATIVE_DTYPES[name], copy=False)
    return jnp.array(x)


def copied(x: Any, native: np.dtype) -> jax.Array:
    """An array, or numbers, as a new tensor of a dtype."""
    if isinstance(x, np.ndarray) and x.dtype == native and native.itemsize < 8:
        return jnp.array(x, copy=True)  # told the dtype too, it copies twice
    return jnp.array(x, native, copy=True)


def _of_sparse(x: Any, dtype: Any, sparse: bool | None) -> Any:
    if sparse is False:
        x = _dense(x)
    if dtype is None or x.dtype == NATIVE_DTYPES[dtypes.standardize(dtype)]:
        return x
    native = NATIVE_DTYPES[dtypes.standardize(dtype)]
    if sparse is False:
        return x.astype(native)
    from keras_core.backends.jax.sparse import map_values

    return map_values(lambda values: values.astype(native), x)


def _dense(x: Any) -> jax.Array:
    if x.dtype != np.bool_:
        return x.todense()
    numbers = type(x)((x.data.astype(np.uint8), x.indices), shape=x.shape)  # bools do not add
    return numbers.todense().astype(np.bool_)


def _has_traced(x: Any) -> bool:
    """Whether `x` has values of a program that is being traced: arrays, sizes that may change."""
    leaves = tree.flatten(x) if isinstance(x, (list, tuple)) else (x,)
    return any(isinstance(leaf, jax.Array) or hasattr(leaf, "__jax_array__") for leaf in leaves)


def _host(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x if x.dtype.isnative else x.astype(x.dtype.newbyteorder("="))
    if isinstance(x, (list, tuple, int, float, complex)):
        return x
    if hasattr(x, "detach"):  # a torch tensor that requires grad
        return np.asarray(x.detach().cpu())
    return x if hasattr(x, "__jax_array__") else np.asarray(x)


def cast(x: Any, dtype: Any) -> jax.Array:
    """`x` in another dtype."""
    return convert_to_tensor(x, dtype)


def convert_to_numpy(x: Any) -> np.ndarray:
    """A native tensor as a NumPy array."""
    if isinstance(x, BaseVariable):
        x = x.tensor
    return np.asarray(_dense(x) if is_sparse(x) else x)


def shape(x: Any) -> tuple[int, ...]:
    """The shape; every size is an int."""
    return x.shape


def static_shape(x: Any) -> tuple[int | None, ...]:
    """The shape as far as it is known before running."""
    return x.shape


_PLAIN = (bool, int, float, str, type(None))
_UNTRACEABLE = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)


def fuse(body: Callable, static: tuple[int, ...]) -> Callable:
    """`body` compiled as a whole, so that an eager call costs one dispatch for all of its steps.

    Args:
        body: a pure function of arrays, and of values that stay what they are.
        static: the positions of these values.

    Returns:
        A function that falls back to `body` where it cannot be compiled: for static values that
        are more than numbers and strings, and for bodies that have to see their arrays' values.
    """
    compiled: dict[tuple, Callable] = {}
    hopeless = False

    def run(*args: Any) -> Any:
        nonlocal hopeless
        if hopeless:
            return body(*args)
        for i in static:
            value = args[i]
            if value.__class__ in _PLAIN:
                continue
            if value.__class__ is list:
                value = tuple(value)
                args = (*args[:i], value, *args[i + 1 :])
            if value.__class__ is not tuple or any(v.__class__ not in _PLAIN for v in value):
                return body(*args)
        key = settings.snapshot()  # what a body may look up
        function = compiled.get(key)
        if function is None:
            function = compiled[key] = jax.jit(
                lambda *args: body(*args), static_argnums=static, inline=True
            )
        try:
            return function(*args)
        except _UNTRACEABLE:
            found = body(*args)
            hopeless = True
            return found

    return run


def stop_gradient(variable: Any) -> Any:
    if isinstance(variable, BaseVariable):
        variable = variable.tensor
    return jax.lax.stop_gradient(variable)


_TRACED = object()  # in the place of an array among what a traced function returned


def abstract(function: Callable, specs: Any) -> Any:
    """Evaluate `function` abstractly on `(shape, dtype)` specs; see the contract."""
    leaves, structure = tree.flatten_spec(specs)
    at = [i for i, leaf in enumerate(leaves) if hasattr(leaf, "with_shape")]

    def run(values: list[Any]) -> list[Any]:
        nonlocal out_structure
        for i, value in zip(at, values, strict=True):
            leaves[i] = value
        out, out_structure = tree.flatten_spec(function(tree.unflatten(structure, leaves)))
        static.extend(x if not isinstance(x, jax.Array) else _TRACED for x in out)
        return [x if isinstance(x, jax.Array) else 0 for x in out]

    out_structure, static = None, []
    structs = [jax.ShapeDtypeStruct(leaves[i].shape, NATIVE_DTYPES[leaves[i].dtype]) for i in at]
    out = jax.eval_shape(run, structs)
    out = [spec if own is _TRACED else own for spec, own in zip(out, static, strict=True)]
    return tree.unflatten(out_structure, out)


_WANT_VALUES = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)


def wants_values(error: BaseException) -> bool:
    """Whether something failed for want of a tensor's values; see the contract."""
    return any(
        isinstance(e, _WANT_VALUES)
        or (isinstance(e, AttributeError) and "Tracer has no attribute" in str(e))
        for e in errors.with_causes(error)
    )


def outside_of_traces() -> Any:
    """A context in which new tensors have values; see the contract."""
    return jax.ensure_compile_time_eval()


DEVICE_TYPES = (str, jax.Device)


def device_scope(name: Any) -> Any:
    """A context manager under which new tensors go to a device."""
    if not isinstance(name, str):
        return jax.default_device(name)
    kind, _, index = name.lower().partition(":")
    try:
        devices = jax.devices("cuda" if kind in ("gpu", "cuda") else kind)
        chosen = devices[int(index or 0)]
    except (RuntimeError, ValueError, IndexError) as error:
        raise ValueError(
            f"device must be one of {[str(d) for d in jax.devices()]}. Received: {name!r}"
        ) from error
    return jax.default_device(chosen)
