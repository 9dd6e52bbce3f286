"""What elementwise operations allocate: their result, and no needless copy beside it.

On NumPy the allocator is asked. Elsewhere each step of an operation allocates what it gives, so
the steps are looked at: torch's kernels as they are called, the nodes of TensorFlow's graph, and
on JAX what one dispatch leaves to XLA, with the memory that its compiled program asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.ops import comparison, elementwise, exponential, rules, trigonometry
from keras_core.ops.nn import activation_functions
from tests.ops.case import native

SIZE = 64 * 1024  # elements: large enough for everything else not to matter

#: Operations that are several steps of a backend, whose framework has no kernel: what they allocate
#: at most, in results. On NumPy at once, elsewhere one after another.
STEPS: dict[str, dict[str, float]] = {
    "numpy": {
        "divide_no_nan": 2.3, "rsqrt": 2, "ldexp": 2, "nan_to_num": 2.3, "isreal": 5,
        "erfinv": 10.6, "i0": 11.1, "sinc": 3.3, "softplus": 2, "log_sigmoid": 2,
        "sparse_sigmoid": 4.3, "squareplus": 6.3,
        **dict.fromkeys(("leaky_relu", "elu", "selu", "celu", "hard_shrink", "soft_shrink", "sparse_plus"), 2.3),
    },
    "jax": {"divide_no_nan": 3.3, "ldexp": 9, "log2": 2, "log10": 2,
        "relu": 2.3, "relu6": 4.5, "sparse_sigmoid": 6.5, "softplus": 2, "softsign": 3, "silu": 2,
        "swish": 2, "log_sigmoid": 4, "leaky_relu": 2.3, "hard_sigmoid": 6.5, "hard_silu": 7.5,
        "hard_swish": 7.5, "elu": 4.5, "celu": 5.5, "gelu": 8, "hard_tanh": 5.5, "hard_shrink": 3.3,
        "soft_shrink": 5.5, "tanh_shrink": 2, "sparse_plus": 5.3, "squareplus": 11.5,
    },
    "torch": {
        "divide_no_nan": 3.3, "cbrt": 14, "gcd": 2, "ldexp": 9, "heaviside": 4.8, "isfinite": 7,
        "sparse_sigmoid": 6.5, "softsign": 2, "log_sigmoid": 2, "sparse_plus": 5.3, "squareplus": 11.5,
    },
    "tensorflow": {
        "fmod": 13, "cbrt": 14, "hypot": 18.8, "gcd": 8, "lcm": 13, "ldexp": 11, "heaviside": 4.8,
        "signbit": 5, "trunc": 3.3, "fmax": 3.5, "fmin": 3.5, "clip": 2, "nan_to_num": 3.8,
        "isreal": 3, "exp2": 2, "log2": 2, "log10": 2, "logaddexp": 9, "logaddexp2": 12,
        "sinc": 5.3, "angle": 4.5, "sparse_sigmoid": 6.5, "silu": 5, "swish": 5, "log_sigmoid": 3,
        "hard_sigmoid": 3, "hard_silu": 6, "hard_swish": 6, "celu": 5.3, "gelu": 8, "hard_tanh": 2,
        "hard_shrink": 3.3, "soft_shrink": 3, "tanh_shrink": 2, "sparse_plus": 6.3, "squareplus": 11.5,
        "power": 3.8, "arctan2": 18.5,  # in graphs, for the slopes at and near 0; else one kernel each
    },
}  # fmt: skip


def _operations() -> dict[str, tuple[Callable, int]]:
    """Every elementwise operation, with how many tensors of one dtype it takes."""
    found = {}
    for family in (elementwise, comparison, exponential, trigonometry, activation_functions):
        for name, door in vars(family).items():
            declared = getattr(door, "op", None)
            if not hasattr(declared, "body") or declared.body.__module__ != family.__name__:
                continue
            if declared.shape not in (rules.broadcast, rules.elementwise) or name.startswith("_"):
                continue
            defaults = declared.body.__defaults__ or ()
            needed = declared.params[: declared.positional - len(defaults)]
            if len(needed) == sum(declared.params[i] in needed for i, _ in declared.tensors):
                found[name] = door, len(needed)
    return found


OPERATIONS = _operations()


def _arguments(name: str, count: int, dtype: str) -> list[Any]:
    rng = np.random.default_rng(1)
    if name.startswith("logical_"):  # others are cast to bool first
        dtype = "bool"
    low = 1 if name == "arccosh" else 0
    high = 20 if dtype == "int32" else 1
    return native([rng.uniform(low, low + high, SIZE).astype(dtype) for _ in range(count)])


def _numpy(function: Callable, *args: Any) -> float:
    import tracemalloc

    result = function(*args)
    tracemalloc.start()
    try:
        function(*args)
        return tracemalloc.get_traced_memory()[1] / result.nbytes
    finally:
        tracemalloc.stop()


def _torch(function: Callable, *args: Any) -> float:
    from torch.utils import _python_dispatch, _pytree

    total, seen = 0, {x.untyped_storage().data_ptr() for x in args}
    kept = []

    class Allocations(_python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, kernel: Any, types: Any, args: Any = (), kwargs: Any = None):
            nonlocal total
            out = kernel(*args, **(kwargs or {}))
            for x in _pytree.tree_leaves(out):
                memory = x.untyped_storage()
                if memory.data_ptr() not in seen:
                    seen.add(memory.data_ptr())
                    total += memory.nbytes()
                    kept.append(x)  # so that its place is not given away again
            return out

    with Allocations():
        result = function(*args)
    return total / result.untyped_storage().nbytes()


def _tensorflow(function: Callable, *args: Any) -> float:
    import tensorflow as tf

    specs = [tf.TensorSpec(x.shape, x.dtype) for x in args]
    graph = tf.function(function, autograph=False).get_concrete_function(*specs)
    total = sum(
        out.dtype.size * out.shape.num_elements()
        for node in graph.graph.get_operations()
        if node.type not in ("Placeholder", "Identity", "StopGradient", "Const")
        for out in node.outputs
    )
    result = graph.outputs[0]
    return total / (result.dtype.size * result.shape.num_elements())


def _jax(function: Callable, *args: Any) -> float:
    import jax

    steps = jax.make_jaxpr(function)(*args)
    (result,) = steps.out_avals
    total = sum(x.aval.size * x.aval.dtype.itemsize for e in steps.eqns for x in e.outvars)
    return total / (result.size * result.dtype.itemsize)


MEASURES = {"numpy": _numpy, "torch": _torch, "tensorflow": _tensorflow, "jax": _jax}


def test_an_elementwise_operation_allocates_its_result() -> None:
    measure, known, wrong = MEASURES[backend.name], STEPS[backend.name], {}
    assert len(OPERATIONS) > 60
    for name, (function, count) in OPERATIONS.items():
        try:
            found = measure(function, *_arguments(name, count, "float32"))
        except TypeError:  # integers are wanted
            found = measure(function, *_arguments(name, count, "int32"))
        if found > known.get(name, 1) * 1.01 + 0.01:
            wrong[name] = round(found, 2)
    assert not wrong, str(wrong)
