"""What a backend offers, section by section: one module each, the same names in every backend.

A backend is a package with `CAPABILITIES`, `FAMILIES` and one module for each section below.
Modules are checked against the Protocols by `keras_core.testing.check_backend`; the support
table in the docs is made from the operations' registry and `NOT_SUPPORTED`.

The operations themselves have no list here: each is declared once in `keras_core.ops`, and a
function of that name in one of the backend's `FAMILIES` is its native form. An operation
without one is composed of others, by the body of its declaration.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np

#: What a backend may declare to have, and what that means.
CAPABILITIES = {
    "gradients": "derivatives of what is computed, so that models can be trained",
    "jit": "functions can be compiled",
    "functional": "training runs as a pure function of the variables' values",
    "eager": "operations run at once, also in training",
    "graph": "functions are traced into graphs, in which sizes may be unknown",
    "sharding": "models are laid out over several devices",
    "complex": "complex dtypes",
    "x64": "64-bit dtypes without a switch",
    "sparse": "sparse tensors as arguments of operations",
    "ragged": "ragged tensors, which layers that look at each element alone take and give",
    "unsigned": "unsigned integers wider than uint8 in all operations",
    "strings": "tensors of strings",
    "fused_attention": "`dot_product_attention` is one kernel, faster than its parts",
}


class NotSupported:
    """An explicit gap: an operation that the framework makes impossible, with the reason.

    A backend binds one to the operation's name in place of a function.
    """

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raise NotImplementedError with the reason."""
        raise NotImplementedError(f"ops.{self.name} is not supported here: {self.reason}")


class Arrays(Protocol):
    """Native tensors: recognition, conversion, dtypes and abstract evaluation."""

    TENSOR_TYPES: set[type]
    """The classes taken for native tensors by a look at the type; grows by those met."""
    NATIVE_DTYPES: dict[str, Any]
    """The framework's dtypes by name; one that it lacks is left out."""

    def is_tensor(self, x: Any) -> bool:
        """Whether `x` is a native tensor of this backend."""
        ...

    def is_sparse(self, x: Any) -> bool:
        """Whether `x` is a sparse tensor of this backend."""
        ...

    def dtype_name(self, x: Any) -> str:
        """The dtype of a native tensor, by name."""
        ...

    def convert_to_tensor(
        self, x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None
    ) -> Any:
        """An array, number, list, Variable or another framework's tensor as a native tensor.

        It shares no memory with an array, except on NumPy, whose tensors arrays are.
        """
        ...

    def cast(self, x: Any, dtype: Any) -> Any:
        """A native tensor in another dtype, differentiably."""
        ...

    def convert_to_numpy(self, x: Any) -> np.ndarray:
        """A native tensor on the host; 16- and 8-bit floats by ml_dtypes.

        A view of the tensor's memory where that is possible: to read, not to write to.
        """
        ...

    def shape(self, x: Any) -> tuple[Any, ...]:
        """The shape; a size known only at run time is a scalar tensor."""
        ...

    def static_shape(self, x: Any) -> tuple[int | None, ...]:
        """The shape as far as it is known before running."""
        ...

    def stop_gradient(self, variable: Any) -> Any:
        """The same value, through which no gradient flows."""
        ...

    def abstract(self, function: Callable, specs: Any) -> Any:
        """What `function(specs)` gives when shapes and dtypes stand in for tensors.

        `specs` is a structure in which objects with `with_shape` (and `shape`, `dtype`) are
        tensors; `function` returns a structure of plain objects. Nothing is computed.
        """
        ...

    def wants_values(self, error: BaseException) -> bool:
        """Whether something failed, by `error` or its cause, for want of a tensor's values.

        It looked into a tensor that has none, as while shapes are inferred or a step is compiled,
        or took one out of the framework that gradients go through.
        """
        ...

    def outside_of_traces(self) -> AbstractContextManager[Any]:
        """A context in which new tensors have values, whatever is being traced around it.

        Variables are made and layers built in it: what a traced call makes outlives the trace.
        """
        ...

    DEVICE_TYPES: tuple[type, ...]  # what names a device: str, and the framework's own class

    def device_scope(self, name: Any) -> AbstractContextManager[Any]:
        """A context in which new tensors go to a device, one of `DEVICE_TYPES`."""
        ...


class Sparse(Protocol):
    """Operations on sparse tensors, looked up by `ops._sparse` when one is met.

    A function of the name of one of `ops._sparse.RESULTS` is called with that operation's
    arguments, promoted. One that returns NotImplemented has nothing better than the dense
    operation.
    """

    def map_values(self, function: Callable, x: Any) -> Any:
        """`function` of a sparse tensor's values alone."""
        ...

    def from_dense(self, x: Any, arguments: Any = ()) -> Any:
        """A dense tensor as a sparse one, where the arguments it comes from suggest that."""
        ...


class Ragged(Protocol):
    """Operations on ragged tensors, looked up by `ops._ragged` when one is met.

    A function of an operation's name is called with that operation's arguments, promoted.
    """

    def map_values(self, function: Callable, tensors: list[Any], owner: str) -> Any:
        """`function` of the values of tensors with the same rows; errors name `owner`."""
        ...


class Variables(Protocol):
    """The class `Variable`, a `backends.variable.BaseVariable`."""

    Variable: type


class LayerBases(Protocol):
    """What stateful objects stand on."""

    LayerBase: type
    """Of layers: `torch.nn.Module`, `tf.Module`, or a plain class.

    It may have `_overlooked`: what to warn of when training begins, of attributes that hold
    parameters which are not trained with the layer.
    """

    StateBase: type
    """Of optimizers and metrics: what the framework's own checkpoints take, or a plain class.

    Both may have `_take_waiting`, called when there are new variables: a checkpoint that was
    restored before may hold values for them.
    """


class Random(Protocol):
    """Random numbers from explicit seeds: two integers, a key and a count."""

    def new_state(self, variable: type, value: np.ndarray, name: str) -> Any:
        """The variable behind a SeedGenerator."""
        ...

    def take(self, state: Any) -> Any:
        """The seed that a state holds, after which the state counts one up."""
        ...

    def as_tensor(self, seed: Any) -> Any:
        """A seed as the public tensor of two integers."""
        ...

    def seed_framework(self, seed: int) -> None:
        """Seed the framework's own generators."""
        ...

    def uniform(self, *args: Any, **kwargs: Any) -> Any:
        """As `keras_core.random.uniform`; the other distributions likewise."""
        ...

    def normal(self, *args: Any, **kwargs: Any) -> Any:
        """As `keras_core.random.normal`."""
        ...

    def dropout(self, *args: Any, **kwargs: Any) -> Any:
        """As `keras_core.random.dropout`."""
        ...


class Datasets(Protocol):
    """The framework's own data sets, if it has any; other frameworks' users may ask for them."""

    OWN: bool
    """Whether there are any."""

    def from_samples(self, get: Callable[[int], Any], rows: np.ndarray) -> Any:
        """A data set of the samples `get(row)`; None where there are none."""
        ...


class Dispatch(Protocol):
    """The framework's own functions on KerasTensors; see `symbolic.framework`."""

    NUMPY: bool
    """Whether NumPy's functions are the framework's."""
    SAME: dict[Any, tuple[str, int]]
    """Functions that mean an operation, for floats: its name, how many arguments by place."""

    def install(self, keras_tensor: type, called: Callable) -> None:
        """Have the framework hand calls on KerasTensors to `called(function, args, kwargs)`."""
        ...

    def is_weight(self, x: Any) -> bool:
        """Whether `x` is a trainable weight of the framework's own."""
        ...


class Execute(Protocol):
    """Steps of training, testing and prediction; see `backends.step` for the class `Step`."""

    Step: type

    def place(self, leaves: list[Any]) -> list[Any]:
        """Arrays of a batch as tensors on the device; None stays."""
        ...

    def stage(self, leaves: list[Any]) -> list[Any]:
        """Arrays of a batch as `Step.batch` takes them: placed, or left for it to place."""
        ...

    def place_order(self, order: np.ndarray) -> Any:
        """Indices on the device."""
        ...

    def host(self, structure: Any) -> Any:
        """A structure of tensors as NumPy arrays, views where that is possible."""
        ...

    def random_state(self) -> np.ndarray | None:
        """The state of the framework's own global random generator; None if it has none."""
        ...

    def set_random_state(self, state: np.ndarray | None) -> None:
        """Put the framework's generator back to where `random_state` found it."""
        ...

    def value_and_grad(
        self, function: Callable, variables: list[Any], tensors: tuple[Any, ...] = ()
    ) -> Any:
        """`function(*tensors) -> (value, more)` and the value's gradients, in one list.

        First those for the variables, then those for the tensors.
        """
        ...

    def whole_batch(self, total: Any) -> Any:
        """A sum over the rows that this replica of a step has, scaled to the whole batch's."""
        ...

    def scope_of(self, model: Any) -> contextlib.AbstractContextManager[Any]:
        """A scope in which variables are made for the devices that the model is on."""
        ...

    def on_host(self, key: int, inputs: list[Any], shape: Any, dtype: str) -> Any:
        """What `core.hosted` makes of tensors, as a tensor, also where they are only traces."""
        ...

    def compiled(self, function: Callable) -> Callable:
        """A pure function of tensors as one graph; what cannot be in one is an error."""
        ...

    def recomputed(self, function: Callable, tensors: list[Any]) -> Any:
        """`function(*tensors)`; what lies between is computed again when gradients are taken."""
        ...

    def with_state(self, groups: Any, state: Any, function: Callable) -> Any:
        """`function()` on given values of variables, and the values after it."""
        ...


class DistributionSection(Protocol):
    """Devices, and tensors laid out over them; see `keras_core.distribution`."""

    MISSING: str
    """Why a model cannot be laid out over devices, where "sharding" is not declared."""

    def list_devices(self, kind: str | None) -> list[str]:
        """The names of the devices of a kind; None for the default one. Empty: there are none."""
        ...

    def initialize(self, address: str | None, count: int | None, index: int | None) -> None:
        """Join the processes that work together."""
        ...

    def processes(self) -> tuple[int, int]:
        """How many processes there are, and which one this is."""
        ...

    def mesh(self, devices: np.ndarray, names: tuple[str, ...]) -> Any:
        """The framework's grid of devices."""
        ...

    def layout(self, native_mesh: Any, axes: tuple[str | None, ...]) -> Any:
        """The framework's layout of a tensor."""
        ...

    def distribute(self, tensor: Any, native_layout: Any) -> Any:
        """A tensor in a layout."""
        ...


class Optimizers(Protocol):
    """What optimizers ask of the framework beside operations."""

    OWN_VARIABLES: str
    """What `is_variable` takes, for the error."""

    def across_replicas(self, gradients: list[Any]) -> list[Any]:
        """Gradients summed over the replicas that run this step, where the framework has such."""
        ...

    def is_variable(self, x: Any) -> bool:
        """Whether it is the framework's own variable, for which a `Variable` can stand."""
        ...

    def dense(self, gradient: Any) -> Any:
        """A gradient as an ordinary tensor, where the framework gave a sparse one."""
        ...

    def global_norm(self, gradients: list[Any]) -> Any:
        """The norm of all gradients together."""
        ...


class Exports(Protocol):
    """What models can be exported to; see `backends.endpoint` for what is handed over."""

    WRITERS: dict[str, Callable[..., Any]]
    """Format -> `write(path, export, options)`, for what the framework writes itself:
    "tf_saved_model", "onnx" (one endpoint), "torch" (one endpoint)."""


#: The sections and their modules' names.
SECTIONS: dict[str, type] = {
    "arrays": Arrays,
    "variables": Variables,
    "layer_base": LayerBases,
    "random": Random,
    "dispatch": Dispatch,
    "execute": Execute,
    "optimizers": Optimizers,
    "distribution": DistributionSection,
    "export": Exports,
}


def missing(backend: Any) -> list[str]:
    """What a backend lacks of the contract, as "section.name"; unknown capabilities too."""
    found = [f"capability {name!r}" for name in sorted(backend.capabilities - set(CAPABILITIES))]
    for section, protocol in SECTIONS.items():
        module = getattr(backend, section)
        names = [n for n in vars(protocol) if not n.startswith("_")]
        names += list(getattr(protocol, "__annotations__", {}))
        found += [f"{section}.{n}" for n in dict.fromkeys(names) if not hasattr(module, n)]
    return found
