"""Torch tensors: recognition, conversion, dtypes, devices, abstract evaluation."""

from __future__ import annotations

import contextlib
import functools
import math
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.nn.modules.lazy import LazyModuleMixin

from keras_core.backends.variable import BaseVariable
from keras_core.core import dtypes, errors, scopes, tree

Tensor = torch.Tensor
TENSOR_TYPES: set[type] = {torch.Tensor, torch.nn.Parameter}
SPARSE_LOOKS_DENSE = True  # sparse tensors have the class of dense ones: see `ops._door`
NATIVE_DTYPES = {
    name: getattr(torch, name)
    for name in dtypes.ALL_TYPES
    if name != "string" and hasattr(torch, name)
}
_NAMES = {native: name for name, native in NATIVE_DTYPES.items()}


def _default_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    return "cpu"


DEFAULT_DEVICE = _default_device()


def device() -> Any:
    """Where new tensors are put: the open `device` scope's, else the default one."""
    return getattr(scopes.local, "device", None) or DEFAULT_DEVICE


def native_dtype(dtype: Any) -> torch.dtype:
    """The torch dtype of a name."""
    name = dtypes.standardize(dtype)
    try:
        return NATIVE_DTYPES[name]
    except KeyError:
        raise ValueError(f"dtype must be one that torch has. Received: {name!r}") from None


def is_tensor(x: Any) -> bool:
    """Whether `x` is a native tensor of this backend."""
    return isinstance(x, torch.Tensor)


def recorded(*tensors: Any) -> bool:
    """Whether the gradient of what is computed of these tensors may be asked for."""
    for x in tensors:  # most of the time there is none: cheaper than `any`
        if x.requires_grad:
            return torch.is_grad_enabled()
    return False


class _Running(threading.local):
    """How many gradients are being taken in this thread, one inside the other."""

    depth = 0


running = _Running()


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse tensor of this backend."""
    return isinstance(x, torch.Tensor) and x.is_sparse


def dtype_name(x: Any) -> str:
    """The dtype of a native tensor, by name."""
    return _NAMES[x.dtype]


def convert_to_tensor(
    x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None
) -> torch.Tensor:
    """`x` (array, number, nested list, Variable, another framework's tensor) as a tensor.

    An array is copied: what its owner writes to it later does not change the tensor.
    """
    if isinstance(x, BaseVariable):
        x = x.tensor
    if isinstance(x, torch.Tensor):
        if sparse is False and x.is_sparse:
            x = x.to_dense()
        if dtype is not None:
            native = native_dtype(dtype)
            return x if x.dtype is native else x.to(native)
        return x
    if isinstance(x, (bool, int, float)):
        if dtype is None:
            dtype = "bool" if x is True or x is False else "int32" if type(x) is int else None
            if dtype == "int32" and not -(2**31) <= x < 2**31:
                dtype = "int64" if x < 2**63 else "uint64"
        if type(x) is not bool and dtype is not None:
            name = dtypes.standardize(dtype)
            dtypes.check_range(x, x, name)
            x = int(x) if name in dtypes.INTS else x  # torch refuses 255.5 in uint8
        return torch.tensor(x, dtype=native_dtype(dtype), device=device())
    if isinstance(x, torch.SymInt):  # a size that an exporter keeps open
        return torch.scalar_tensor(x, dtype=native_dtype(dtype or "int32"), device=device())
    if isinstance(x, (list, tuple)) and any(isinstance(i, torch.Tensor) for i in tree.flatten(x)):
        return _stack(x, dtype)
    given = hasattr(x, "dtype")
    if torch.compiler.is_dynamo_compiling():
        # The compiler follows NumPy's functions as torch's own, but not what asks for attributes.
        make = torch.as_tensor if given else torch.tensor  # which takes ints yet unknown in lists
        tensor = make(x, device=device())
        if not given and dtype is None and tensor.dtype is torch.int64:
            dtype = "int32"
        return tensor if dtype is None else tensor.to(native_dtype(dtype))
    array = np.asarray(x) if given else dtypes.array_of(x)
    if not given:  # Python numbers
        dtype = dtypes.of_python(array, None if dtype is None else dtypes.standardize(dtype))
        if array.dtype.kind == "u" or (array.dtype.kind == "O" and dtype in dtypes.INTS):
            array = array.astype(np.uint64)  # ints beyond int64, in a form that torch knows
    return _from_numpy(array, None if dtype is None else native_dtype(dtype), copy=given)


def sharing(x: Any, dtype: Any = None) -> torch.Tensor:
    """`x` as a tensor that may share the memory of an array: to be read before others write."""
    if not isinstance(x, np.ndarray) or torch.compiler.is_dynamo_compiling():
        return convert_to_tensor(x, dtype)
    return _from_numpy(x, None if dtype is None else native_dtype(dtype), copy=False)


def _stack(x: Any, dtype: Any) -> torch.Tensor:
    rows = [
        convert_to_tensor(i) if not isinstance(i, (list, tuple)) else _stack(i, None) for i in x
    ]
    common = dtypes.result_type(*[dtype_name(row) for row in rows])
    return torch.stack([convert_to_tensor(row, dtype or common) for row in rows])


_NUMPY_HAS = frozenset(np.dtype(code) for code in np.typecodes["All"])
_BY_BITS = ("bfloat16", "float8_e4m3fn", "float8_e5m2")  # dtypes of ml_dtypes


def _from_numpy(array: np.ndarray, native: torch.dtype | None, *, copy: bool) -> torch.Tensor:
    # A dtype's name is slow to come by: these are looked up by what they are.
    if array.dtype not in _NUMPY_HAS and array.dtype.name in _BY_BITS:
        bits = torch.from_numpy(np.asarray(array, order="C").view(f"u{array.dtype.itemsize}"))
        tensor = bits.view(NATIVE_DTYPES[array.dtype.name])
    elif array.dtype.kind in "OSU":
        nothing = array.dtype == object and None in array.ravel()
        what = "None" if nothing else f"an array of dtype {array.dtype}"
        raise ValueError(
            f"A tensor cannot be made from {what} on the torch backend."
            + ("" if nothing else " Convert it to numbers first, for instance with StringLookup.")
        )
    else:
        if not array.flags.writeable or min(array.strides, default=0) < 0:
            array, copy = array.copy(), False
        if not array.dtype.isnative:
            array, copy = array.astype(array.dtype.newbyteorder("=")), False
        tensor = torch.from_numpy(array)
    if native is None and not copy and device() == "cpu":
        return tensor  # `to` would say so too, in the time of two small operations
    return tensor.to(device(), native or tensor.dtype, copy=copy)


_TOP = -(2**63)


def _signed(x: Any) -> Any:
    if isinstance(x, torch.Tensor) and x.dtype is torch.uint64:
        return x.view(torch.int64) ^ _TOP
    return x


def by_order(function: Callable, *args: Any) -> Any:
    """`function`, which compares or sorts and has no kernel for uint64, of such numbers.

    It gets them less 2**63 as int64, of which the order is the same.
    """
    found = function(*[_signed(x) for x in args])
    return tree.map_structure(
        lambda x: (x ^ _TOP).view(torch.uint64) if x.dtype is torch.int64 else x, found
    )


def cast(x: Any, dtype: Any) -> torch.Tensor:
    """`x` in another dtype."""
    native = NATIVE_DTYPES.get(dtype) if type(x) is torch.Tensor else None
    return convert_to_tensor(x, dtype) if native is None else x.to(native)


def convert_to_numpy(x: Any) -> np.ndarray:
    """A native tensor as a NumPy array (of bfloat16 and float8: by ml_dtypes)."""
    if isinstance(x, BaseVariable):
        x = x.tensor
    if not isinstance(x, torch.Tensor):
        return np.asarray(x)
    x = x.detach()
    if x.is_sparse:
        x = x.to_dense()
    x = x.cpu().resolve_conj()
    if x.dtype in (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2):
        from keras_core.backends.variable import host_dtype

        bits = torch.uint16 if x.dtype is torch.bfloat16 else torch.uint8
        return x.contiguous().view(bits).numpy().view(host_dtype(_NAMES[x.dtype]))
    return x.numpy()


def shape(x: Any) -> tuple[int, ...]:
    """The shape; every size is an int."""
    return tuple(x.shape)


def static_shape(x: Any) -> tuple[int | None, ...]:
    """The shape as far as it is known before running."""
    return tuple(x.shape)


def stop_gradient(variable: Any) -> Any:
    if isinstance(variable, BaseVariable):
        variable = variable.tensor
    return variable.detach()


def cached(function: Callable) -> Callable:
    """`function` with its results kept; the compiler, which looks into no cache, runs it anew."""
    found = functools.lru_cache(1024)(function)
    return lambda *args: (function if torch.compiler.is_dynamo_compiling() else found)(*args)


def abstract(function: Callable, specs: Any) -> Any:
    """Run `function` on fake tensors of the given `(shape, dtype)` specs; see the contract."""
    from torch._subclasses import fake_tensor

    def values() -> Any:
        return tree.map_structure(
            lambda s: (
                torch.zeros(s.shape, dtype=NATIVE_DTYPES[s.dtype], device=DEFAULT_DEVICE)
                if hasattr(s, "with_shape")
                else s
            ),
            specs,
        )

    # Parameters that take their sizes from the first input are to last.
    lasting = torch.nn.modules.module.register_module_forward_pre_hook(_sized)
    with torch.no_grad(), lasting:
        try:
            with fake_tensor.FakeTensorMode(allow_non_fake_inputs=True):
                return function(values())
        except Exception as error:
            leaves = tree.flatten(specs)
            sizes = [math.prod(s.shape) for s in leaves if hasattr(s, "with_shape")]
            if not wants_values(error) or sum(sizes) > _MOST_ZEROS:
                raise
        # It reads what is in a tensor: a computed shape, say, or all of it for NumPy.
        with fake_tensor.unset_fake_temporarily():
            return function(values())


_MOST_ZEROS = 1 << 28  # a file may claim any shape


_FAKE_ERRORS = (
    "DataDependentOutputException",
    "DynamicOutputShapeException",
    "UnsupportedOperatorException",
    "UnsupportedFakeTensorException",
)


def wants_values(error: BaseException) -> bool:
    """Whether something failed for want of a tensor's values; see the contract."""
    fake = sys.modules.get("torch._subclasses.fake_tensor")  # slow to load; nothing fails before
    kinds = tuple(getattr(fake, name) for name in _FAKE_ERRORS) if fake is not None else ()
    texts = ("tensor subclasses", "data pointer", "on Tensor that requires grad")
    return any(
        isinstance(e, kinds) or (isinstance(e, RuntimeError) and any(t in str(e) for t in texts))
        for e in errors.with_causes(error)
    )


def _sized(module: torch.nn.Module, inputs: Any) -> None:
    """Give a lazy module of torch's its parameters, with values, for inputs that have none."""
    if isinstance(module, LazyModuleMixin) and module.has_uninitialized_params():  # type: ignore[misc]
        from torch._subclasses.fake_tensor import unset_fake_temporarily

        with unset_fake_temporarily():
            module.initialize_parameters(*inputs)


def outside_of_traces() -> Any:
    """A context in which new tensors have values; see the contract."""
    if not scopes.local.symbolic:
        return contextlib.nullcontext()
    from torch._subclasses.fake_tensor import unset_fake_temporarily

    return unset_fake_temporarily()


DEVICE_TYPES = (str, torch.device)


def device_scope(name: Any) -> Any:
    """A context manager under which new tensors go to a device."""
    name = str(name).lower().replace("gpu", "cuda")
    name = "cpu" if name.startswith("cpu") else name
    try:
        torch.device(name)
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device must be one that torch has here. Received: {name!r}") from error
    return _device_scope(name)


@contextlib.contextmanager
def _device_scope(name: str) -> Iterator[None]:
    outer = getattr(scopes.local, "device", None)
    scopes.local.device = name  # type: ignore[attr-defined]
    try:
        yield
    finally:
        scopes.local.device = outer  # type: ignore[attr-defined]
