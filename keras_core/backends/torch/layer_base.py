"""What `Layer` stands on with torch: a `torch.nn.Module` whose tables are computed.

A layer's attributes are plain ones. What torch keeps in `_parameters`, `_buffers` and
`_modules` is found by the same scan that finds a layer's variables, so both views agree at any
time; what torch writes there (`to()`, `half()`) goes to the variables.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn.modules.lazy import LazyModuleMixin

from keras_core.backends.torch import stand_ins
from keras_core.backends.torch.arrays import NATIVE_DTYPES
from keras_core.backends.variable import BaseVariable
from keras_core.core import dtypes, scopes, tracking

_ACCESS = ("__getattr__", "__setattr__", "__delattr__")
_TABLES = ("_parameters", "_buffers", "_modules")


class _View(dict[str, Any]):
    """A table of tensors by attribute path; setting one replaces its variable's tensor.

    What is deleted leaves the layer if it is torch's own; variables stay.
    """

    def __init__(self, layer: LayerBase, parameters: bool) -> None:
        self._variables = dict(layer._named_variables())
        self._native = layer._table("_parameters" if parameters else "_buffers")
        super().__init__(
            {
                name: v._value
                for name, v in self._variables.items()
                if isinstance(v._value, torch.nn.Parameter) == parameters
            }
        )
        self.update(self._native)

    def __setitem__(self, name: str, tensor: Any) -> None:
        super().__setitem__(name, tensor)
        if name in self._variables:
            self._variables[name].__dict__["_value"] = tensor
        else:
            self._native[name] = tensor

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._native.pop(name, None)

    def pop(self, name: str, *default: Any) -> Any:
        self._native.pop(name, None)
        return super().pop(name, *default)


def _with_parameters(self: Any, name: str) -> Any:
    """Attributes of a layer that torch shards: it finds the layer's parameters there.

    It puts shards and gathered tensors into the attributes by turns, and looks for them again;
    the layer's own code goes on to find variables.
    """
    value = object.__getattribute__(self, name)
    if isinstance(value, BaseVariable) and isinstance(value._value, torch.nn.Parameter):
        caller = sys._getframe(1).f_globals.get("__name__", "")
        return value._value if caller.startswith("torch.") else value
    return value


def _show_parameters(layer: Any) -> None:
    """Let torch find parameters in a layer's attributes from now on."""
    cls = type(layer)
    if cls.__getattribute__ is not _with_parameters:
        members = {
            "__getattribute__": _with_parameters,
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
        }
        object.__setattr__(layer, "__class__", type(cls.__name__, (cls,), members))


def _is_shard(tensor: Any) -> bool:
    tensors = sys.modules.get("torch.distributed.tensor")
    return tensors is not None and isinstance(tensor, tensors.DTensor)


def _asked_by_torch() -> bool:
    """Whether an attribute is looked up by torch's own code, not by the user's or ours."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_name in _ACCESS:
        frame = frame.f_back
    return frame is not None and frame.f_globals.get("__name__", "").startswith("torch.")


class LayerBase(torch.nn.Module, LazyModuleMixin):
    """The base of `Layer` on this backend.

    A layer that is not built yet looks lazy to torch's compiler, which has such modules make
    their parameters before it follows a call. Nothing else of `LazyModuleMixin` is in use.
    """

    _watched = frozenset(f"_native{table}" for table in _TABLES)  # bookkeeping that holds state
    _bookkeeping = frozenset(vars(torch.nn.Module())) | _watched | {"_stand_ins"}
    _untracked: frozenset[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if any(base.__module__.startswith("torch.distributed.fsdp") for base in cls.__mro__):
            cls.__getattribute__ = _with_parameters  # type: ignore[method-assign]  # fully_shard's

    def __setattr__(self, name: str, value: Any) -> None:
        parameter = isinstance(value, torch.nn.Parameter)
        if parameter or (isinstance(value, torch.Tensor) and _asked_by_torch()):
            # torch shards tensors, or loads others, and puts them in the old ones' place.
            for path, variable in self._named_variables() if "name" in self.__dict__ else ():
                if path == name:
                    variable.__dict__["_value"] = value
                    if _is_shard(value):  # fully_shard of a module around the layer
                        _show_parameters(self)
                    return
        if parameter:
            self._set_native("_parameters", name, value)
        elif isinstance(value, torch.nn.Module) and not isinstance(value, LayerBase):
            self._set_native("_modules", name, value)
        else:
            object.__setattr__(self, name, value)

    def _set_native(self, table: str, name: str, value: Any) -> None:
        """Keep what is torch's own in torch's table: the attribute is found there."""
        self.__dict__.pop(name, None)
        self._table(table)[name] = value

    def __delattr__(self, name: str) -> None:
        if _asked_by_torch() and any(path == name for path, _ in self._named_variables()):
            _show_parameters(self)
            return  # FullyShardedDataParallel puts another tensor there next
        if name in self.__dict__:
            object.__delattr__(self, name)
        else:
            torch.nn.Module.__delattr__(self, name)

    def __getattr__(self, name: str) -> Any:
        for table in _TABLES:
            native = self.__dict__.get(f"_native{table}")
            if native and name in native:
                return native[name]
        if _asked_by_torch():  # functional_call and torch.export look a path's parts up
            for path, layer in self._named_layers() if "name" in self.__dict__ else ():
                if path == name:
                    return layer
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def register_buffer(
        self, name: str, tensor: torch.Tensor | None, persistent: bool = True
    ) -> None:
        """Keep a tensor that is no parameter, under an attribute's name."""
        with self._known_to_torch("_buffers"):
            super().register_buffer(name, tensor, persistent)

    def register_parameter(self, name: str, param: torch.nn.Parameter | None) -> None:
        """Keep a parameter of torch's own, under an attribute's name."""
        if isinstance(param, BaseVariable):  # torch.nn.utils.prune
            raise TypeError(
                f"{type(self).__name__} {self.name!r}: param must be a torch.nn.Parameter or None. "
                f"Received: the Variable {param.path!r}. torch.nn.utils.prune cannot put tensors "
                f"in the place of a layer's variables; multiply them by a mask: layer.{param.name}"
                f".assign(layer.{param.name} * mask), and in fit by a constraint, such as "
                "kernel_constraint=lambda w: w * mask"
            )
        with self._known_to_torch("_parameters"):
            super().register_parameter(name, param)

    @contextlib.contextmanager
    def _known_to_torch(self, table: str) -> Iterator[None]:
        """Within it, torch sees that the table is there: it wants to find it as an attribute."""
        self.__dict__[table] = None
        try:
            yield
        finally:
            del self.__dict__[table]

    def train(self, mode: bool = True) -> Any:
        """Make `mode` what calls without a `training` argument run with, here and inside.

        Until it is called, they run as Keras's do: in inference mode.
        """
        super().train(mode)
        self.__dict__["_mode"] = mode
        return self

    def _has_hooks(self) -> bool:
        state = self.__dict__
        return bool(
            state["_forward_hooks"]
            or state["_forward_pre_hooks"]
            or state["_backward_hooks"]
            or state["_backward_pre_hooks"]
        )

    @property
    def _initialize_hook(self) -> bool:
        """There as long as the layer is to be built: what torch's compiler asks for."""
        if self.__dict__.get("built", True):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute of this name")
        return True

    def _infer_parameters(self, module: Any, args: Any, kwargs: Any = None) -> None:
        """Build the layer for a call that is about to be compiled; see `Layer._build_ahead`."""
        with torch.no_grad():
            self._build_ahead(tuple(args), dict(kwargs or {}), _sizes)  # type: ignore[operator]

    def has_uninitialized_params(self) -> bool:
        """Whether there are parameters of torch's lazy modules: the layer itself has none."""
        return False

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The whole call, for torch's `__call__`, which runs the hooks around it."""
        return self._full_call(*args, **kwargs)  # type: ignore[operator]

    def _native_places(self) -> list[stand_ins.Place]:
        """Where torch modules and parameters among the attributes keep their tensors."""
        state = self.__dict__
        if any(state.get(f"_native{table}") for table in _TABLES):
            return stand_ins.places(self)
        return []

    def _native_variables(self) -> list[BaseVariable]:
        """Variables that stand for these tensors, and those of layers inside torch modules."""
        found = [place.variable for place in self._native_places()]
        for layer in stand_ins.layers_inside(self):
            found += layer._own_variables()
        return found

    @staticmethod
    def _convert_call(call: Callable[..., Any]) -> Callable[..., Any]:
        """A user's `call`, with other values than the tensors' own in a pure call."""
        held = call.__self__._native_places() if scopes.watched else []
        return stand_ins.with_values(call, held) if held else call

    def _named_variables(self) -> Iterator[tuple[str, BaseVariable]]:
        found = set()
        for path, v in tracking.named_children(self, BaseVariable):
            found.add(id(v))
            yield path, v
        for v in self.__dict__.get("_added_variables", ()):
            if id(v) not in found:
                yield v.name, v

    def _named_layers(self) -> Iterator[tuple[str, Any]]:
        """The layers inside by attribute path; models of a graph name them by layer name."""
        return tracking.named_children(self, LayerBase)

    def _table(self, name: str) -> dict[str, Any]:
        return self.__dict__.setdefault(f"_native{name}", {})

    @property
    def _parameters(self) -> dict[str, Any]:  # type: ignore[override]
        return _View(self, parameters=True)

    @_parameters.setter
    def _parameters(self, value: dict[str, Any]) -> None:
        self.__dict__["_native_parameters"] = dict(value)

    @property
    def _buffers(self) -> dict[str, Any]:  # type: ignore[override]
        return _View(self, parameters=False)

    @_buffers.setter
    def _buffers(self, value: dict[str, Any]) -> None:
        self.__dict__["_native_buffers"] = dict(value)

    @property
    def _modules(self) -> dict[str, Any]:  # type: ignore[override]
        own = dict(self._named_layers())
        native = self._table("_modules")
        return {**own, **native} if own else native

    @_modules.setter
    def _modules(self, value: dict[str, Any]) -> None:
        self.__dict__["_native_modules"] = dict(value)

    def get_submodule(self, target: str) -> torch.nn.Module:
        """The module at a dotted path, through lists and dicts of layers too."""
        if not target:
            return self
        for name, module in self.named_modules(remove_duplicate=False):
            if name == target:
                return module
        raise AttributeError(f"{type(self).__name__} has no submodule {target!r}")

    def _apply(self, fn: Callable, recurse: bool = True) -> Any:
        super()._apply(fn, recurse)
        self._follow_dtypes()
        policy = self.__dict__.get("_dtype_policy")
        if policy is not None and policy.name == policy.variable_dtype in dtypes.FLOAT_TYPES:
            # What is converted computes in the new dtype too, as any module does.
            probe = torch.zeros((), dtype=NATIVE_DTYPES[policy.name])
            dtype = dtypes.standardize(fn(probe).dtype)
            if dtype != policy.name:
                self.dtype_policy = dtype
        return self

    def _follow_dtypes(self) -> None:
        """Have the variables know the dtypes of tensors that torch put into them."""
        for _, v in self._named_variables():
            v.__dict__["_dtype"] = dtypes.standardize(v._value.dtype)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        before = len(unexpected_keys)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )
        if local_metadata.get("assign_to_params_buffers"):
            self._follow_dtypes()
        # torch looks for each part of a path; here "blocks.0", in a list, is one name.
        names = [*self._modules, *self._parameters, *self._buffers]
        known = tuple(f"{prefix}{name}" for name in names if "." in name)
        if known:
            unexpected_keys[before:] = [
                key
                for key in unexpected_keys[before:]
                if not f"{key}.".startswith(tuple(f"{name}." for name in known))
            ]

    def parameters(self, recurse: bool = True) -> Iterator[torch.nn.Parameter]:
        """The trainable variables' tensors, and torch modules' parameters inside."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter


def _sizes(tensor: torch.Tensor) -> tuple[int, ...]:
    """A shape in numbers, those that a traced call stands for without holding it to them."""
    return tuple(n if isinstance(n, int) else n.node.hint for n in tensor.shape)


class StateBase:
    """The base of optimizers and metrics on this backend."""
