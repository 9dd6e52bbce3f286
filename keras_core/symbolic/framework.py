"""A framework's own functions in graphs: what `torch.relu(x)` records of a KerasTensor.

torch, TensorFlow and NumPy let an argument's class say what their functions do with it; each
backend's `dispatch` module teaches that to its framework, in terms of `called`. JAX has no such
protocol: there, and for functions without one elsewhere, `lift` does it from outside.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from keras_core.backends.select import backend
from keras_core.core import bridge, builtins_table, dtypes, naming, operators, tree
from keras_core.symbolic.abstract import compute_output_spec
from keras_core.symbolic.constants import warn_of_weights
from keras_core.symbolic.keras_tensor import KerasTensor, any_symbolic
from keras_core.symbolic.operation import Node, Operation, unrecorded

# Operations of `keras_core.ops` under the names that frameworks' functions have.
_ALSO_CALLED = {
    "cat": "concatenate", "concat": "concatenate", "sub": "subtract", "mul": "multiply",
    "div": "divide", "truediv": "true_divide", "pow": "power", "remainder": "mod", "eq": "equal",
    "ne": "not_equal", "gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal",
    "mm": "matmul", "bmm": "matmul", "hardtanh": "hard_tanh", "hardswish": "hard_silu",
    "hardsigmoid": "hard_sigmoid", "logsigmoid": "log_sigmoid", "permute": "transpose",
    "unsqueeze": "expand_dims", "conv2d": "conv", "conv1d": "conv", "amax": "max", "amin": "min",
    "linear": "matmul", "scaled_dot_product_attention": "dot_product_attention",
    "interpolate": "image.resize", "resize": "image.resize", "resize_images": "image.resize",
    "logistic": "sigmoid", "gather": "take", "tensor_equals": "equal", "swish": "silu",
    "layer_norm": "layer_normalization", "convert_to_tensor": "", "array": "", "asarray": "",
}  # fmt: skip

# Of integers and booleans, the others may give another dtype than the framework.
_OF_ANY_DTYPE = frozenset(
    {"cast", "concatenate", "expand_dims", "reshape", "squeeze", "stack", "transpose", "where"}
)

# Frameworks' words for arguments that operations have too.
_ARGUMENTS = {"axis": "axis", "dim": "axis", "keepdims": "keepdims", "keepdim": "keepdims"}


class FrameworkCall(Operation):
    """A function of a framework, recorded in a graph.

    Its result's shapes and dtypes come from the backend's abstract evaluation. It has no config:
    a file never says which function to run.

    Args:
        function: takes native tensors.
        name: a string without "/"; made from the function's name if None.
    """

    def __init__(self, function: Callable[..., Any], name: str | None = None) -> None:
        super().__init__(name or naming.auto_name(_plain_name(function)))
        self.function = function

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        if self._inbound_nodes:  # each call is an operation of its own, as those of ops are
            return FrameworkCall(self.function).symbolic_call(*args, **kwargs)
        outputs = self.compute_output_spec(*args, **kwargs)
        if not any_symbolic(outputs):
            return outputs  # a fact about the tensor, which is known now
        if not unrecorded((args, kwargs), outputs):
            leaves = tree.flatten((args, kwargs))
            weights = [x for x in leaves if backend.dispatch.is_weight(x)]
            if weights:
                warn_of_weights(title(self.function), len(weights))
            Node(self, args, kwargs, outputs)
        return outputs

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return compute_output_spec(self.function, *args, **kwargs)
        except Exception as error:
            shown = tree.map_structure(_shown, (args, kwargs))
            error.add_note(
                f"{title(self.function)} was called on KerasTensors, as a step of a model. "
                f"Its arguments: {', '.join(map(str, shown[0]))}"
                + "".join(f", {k}={v}" for k, v in shown[1].items())
            )
            raise

    _serialized_as = (__name__, "FrameworkCall")  # `get_config` says why it is not

    def saved_call_of(self, args: tuple, kwargs: dict[str, Any]) -> tuple[list[Any], dict]:
        """The arguments by which calling this again records the same."""
        return list(args), kwargs

    def get_config(self) -> dict[str, Any]:
        raise ValueError(
            f"{self.name}: a file cannot hold {title(self.function)}, which the model calls: "
            "loading runs no function because a file names it. "
            f"{_instead(self.function)}Or call it in the call() of a Layer subclass that is "
            "registered with @keras_core.saving.register_keras_serializable(). Weights alone can "
            "be saved as it is: model.save_weights()."
        )


def called(function: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    """What a call of a framework's function on KerasTensors gives, recorded.

    Functions that mean the same as an operation of `keras_core.ops` are recorded as that one,
    which files hold and other backends run.
    """
    same = _operation_for(function, args, kwargs)
    if same is not None:
        return same
    return FrameworkCall(function)(*args, **kwargs)


def _operation_for(function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
    entry = _same.get(inspect.unwrap(function)) if _is_hashable(function) else None
    if entry is None:
        name = _plain_name(function)
        name, most = _ALSO_CALLED.get(name, name), 2
        if not name or backend.native(name) is not function:
            return None
    else:
        name, most = entry
    tensors = [x for x in tree.flatten((args, kwargs)) if isinstance(x, KerasTensor)]
    floats = all(x.dtype in dtypes.FLOAT_TYPES for x in tensors)
    if len(args) > most or not (floats or name in _OF_ANY_DTYPE):
        return None
    if any(key not in _ARGUMENTS for key in kwargs):
        return None
    if any(backend.dispatch.is_weight(x) for x in tree.flatten((args, kwargs))):
        return None  # an operation would read its value
    named = {_ARGUMENTS[key]: value for key, value in kwargs.items()}
    operation = operators.table[name]
    declared = getattr(operation, "op", None)
    places = {0} if declared is None else {i for i, _ in declared.tensors}
    options = [x for i, x in enumerate(args) if i not in places]
    if any_symbolic((options, kwargs)):
        return None  # sizes that are known later, say
    try:
        return operation(*args, **named)
    except TypeError:  # arguments that the operation does not take
        return None


def refused(function: Callable[..., Any], framework: str) -> TypeError:
    """The error for a function of another framework than the backend's."""
    return TypeError(
        f"{title(function)} cannot take a KerasTensor: the model is described for the backend "
        f"{backend.name!r}, and {framework} computes at once. {_instead(function)}"
    )


def title(function: Callable[..., Any]) -> str:
    """How a function is called in messages: "torch's relu"."""
    module = getattr(function, "__module__", None) or type(function).__module__
    root = "jax.numpy" if module.startswith("jax._src.numpy") else module.partition(".")[0]
    name = getattr(function, "__name__", type(function).__name__)
    return f"{root}'s {name}()" if root not in ("__main__", "builtins") else f"{name}()"


def _instead(function: Callable[..., Any]) -> str:
    name = _plain_name(function)
    name = _ALSO_CALLED.get(name, name)
    found = name and ("." in name or builtins_table.public_name("keras_core.ops", name) is not None)
    return f"Use keras_core.ops.{name}() instead. " if found else ""


def _plain_name(function: Callable[..., Any]) -> str:
    name = str(getattr(function, "__name__", None) or type(function).__name__)
    name = "".join(c for c in name if c.isalnum() or c == "_").strip("_")
    return name.removesuffix("_v2").removeprefix("reduce_").removesuffix("_dispatch") or "function"


# Frameworks decorate their functions, and hand over one without the outermost decorators.
_same = {inspect.unwrap(function): entry for function, entry in backend.dispatch.SAME.items()}


def _is_hashable(function: Any) -> bool:
    return getattr(type(function), "__hash__", None) is not None


def _shown(x: Any) -> Any:
    return f"KerasTensor(shape={x.shape}, dtype={x.dtype})" if isinstance(x, KerasTensor) else x


def lift(target: Any) -> Any:
    """A framework's function, or a module of them, that takes KerasTensors too.

    On tensors it is the function itself; on KerasTensors it describes a step of a functional
    model. torch, TensorFlow and NumPy do this by themselves for most of their functions; JAX
    has no way to be told, so there it takes this one line.

    Args:
        target: a function, or a module or another namespace with functions in it.

    Returns:
        A function, or an object with the attributes of the module, whose functions and
        submodules are lifted when they are looked up.

    Example:

    >>> import numpy as np
    >>> import keras_core as keras
    >>> def rescaled(x):  # or jnp = keras.utils.lift(jax.numpy), and then jnp.tanh(x)
    ...     return x / 2
    >>> keras.utils.lift(rescaled)(keras.Input((3,))).shape
    (None, 3)
    """
    if isinstance(target, types.ModuleType):
        return _Lifted(target)
    if not callable(target) or isinstance(target, type):
        raise TypeError(f"lift: target must be a function or a module. Received: target={target!r}")

    def lifted(*args: Any, **kwargs: Any) -> Any:
        for leaf in tree.flatten((args, kwargs)):
            if isinstance(leaf, KerasTensor):
                return called(target, args, kwargs)
        return target(*args, **kwargs)

    return functools.update_wrapper(lifted, target)


class _Lifted:
    """A module whose functions take KerasTensors too."""

    def __init__(self, module: types.ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if isinstance(found, types.ModuleType) or (callable(found) and not isinstance(found, type)):
            found = lift(found)
        self.__dict__[name] = found
        return found

    def __dir__(self) -> list[str]:
        return dir(self._module)

    def __repr__(self) -> str:
        return f"<{self._module.__name__}, lifted>"


# Protocols of arguments' classes -----------------------------------------------------------

# NumPy's functions behind Python's operators, where an array stands on the left.
_OPERATORS = frozenset(
    {"add", "subtract", "multiply", "divide", "floor_divide", "remainder", "power", "matmul",
     "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "bitwise_and",
     "bitwise_or", "bitwise_xor", "left_shift", "right_shift"}
)  # fmt: skip
_LOGICAL = {"bitwise_and": "logical_and", "bitwise_or": "logical_or", "bitwise_xor": "logical_xor"}
_FACTS = frozenset({"shape", "ndim"})


def numpy_called(function: Any, args: tuple, kwargs: dict[str, Any], method: str) -> Any:
    """NumPy's function of a KerasTensor: an operator, a step on its own backend, or an error."""
    name = function.__name__
    if method == "__call__" and not kwargs and len(args) == 2 and name in _OPERATORS:
        name = _LOGICAL.get(name, "mod" if name == "remainder" else name)
        return operators.table[name](*args)
    if name in _FACTS and isinstance(args[0] if args else None, KerasTensor):
        return getattr(args[0], name)
    if not backend.dispatch.NUMPY:
        raise refused(function, "NumPy")
    if method != "__call__":  # add.reduce and the like
        function = getattr(function, method)
    return called(function, args, kwargs)


def torch_called(function: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """What a torch function gives of a KerasTensor: a step on its own backend, else an error."""
    of_torch = getattr(backend.dispatch, "called", None)
    if of_torch is None:
        raise refused(function, "torch")
    return of_torch(function, args, kwargs)


bridge.numpy_called = numpy_called
bridge.torch_called = torch_called
backend.dispatch.install(KerasTensor, called)
