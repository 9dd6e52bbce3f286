"""JaxLayer and FlaxLayer: functions of JAX and modules of Flax as layers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core import random
from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.layers.base.structures import tree_of_shapes
from keras_core.layers.wrapping.base import ForeignLayer, needed
from keras_core.symbolic.keras_tensor import KerasTensor

_CALL = ("params", "state", "rng", "inputs", "training")
_INIT = ("rng", "inputs", "training")


class _Stateless(ForeignLayer):
    """A pure function of parameters and state, which are variables here."""

    _call_fn: Callable
    _init_fn: Callable | None
    _takes: tuple[str, ...]
    _init_takes: tuple[str, ...]
    _params: Any = None  # pairs of a list of variables and a structure
    _state: Any = None

    def _start(self, seed: Any) -> None:
        self.seed_generator = random.SeedGenerator(seed)

    def _keep(self, params: Any, state: Any) -> None:
        """Make variables of trees of arrays."""
        jax = backend.wrappers.JaxFunctions
        for attribute, values, trainable in (("_params", params, True), ("_state", state, False)):
            if values is None:
                continue
            leaves, structure = jax.flatten(values)
            variables = []
            for name, leaf in leaves:
                value = jax.host(leaf)
                floats = np.issubdtype(value.dtype, np.inexact) or value.dtype.kind == "V"
                variables.append(self._adopted(name, value, trainable and bool(floats)))
            self.__dict__[attribute] = (variables, structure)

    def build(self, input_shape: Any) -> None:
        self._initialize(tree_of_shapes(input_shape, lambda s: KerasTensor(s, self.compute_dtype)))

    def _maybe_build(self, bound: dict[str, Any]) -> None:
        self._initialize(bound["inputs"])  # whose dtypes a shape does not tell
        super()._maybe_build(bound)

    def _initialize(self, inputs: Any) -> None:
        if self._params is not None and ("state" not in self._takes or self._state is not None):
            return
        inputs = tree.map_structure(backend.wrappers.JaxFunctions.zeros, inputs)
        if self._init_fn is None:
            raise ValueError(
                f"{self._owner}: init_fn must be given, or params (and state, if call_fn takes it)."
            )
        key = backend.wrappers.JaxFunctions.key(self.seed_generator.next())
        known = {"rng": key, "inputs": inputs, "training": True}
        found = self._init_fn(**{name: known[name] for name in self._init_takes})
        params, state = found if "state" in self._takes else (found, None)
        self._keep(params if self._params is None else None, state)

    def _tree(self, kept: Any) -> Any:
        variables, structure = kept
        values = [v.tensor for v in variables]
        return backend.wrappers.JaxFunctions.unflatten(structure, values)

    def call(self, inputs: Any, training: bool = False) -> Any:
        known: dict[str, Any] = {"inputs": inputs, "training": bool(training)}
        if "params" in self._takes:
            known["params"] = self._tree(self._params)
        if "state" in self._takes:
            known["state"] = self._tree(self._state)
        if "rng" in self._takes:
            seed = self.seed_generator.next() if training else np.zeros(2, np.uint32)
            known["rng"] = backend.wrappers.JaxFunctions.key(seed)
        outputs = self._call_fn(**{name: known[name] for name in self._takes})
        if "state" not in self._takes:
            return outputs
        outputs, state = outputs
        if training or type(self) is JaxLayer:
            leaves, _ = backend.wrappers.JaxFunctions.flatten(state)
            for variable, (_, leaf) in zip(self._state[0], leaves, strict=True):
                variable.assign(leaf)
        return outputs

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        return ForeignLayer.compute_output_shape(self, *args, **kwargs)


class JaxLayer(_Stateless):
    """A function of JAX as a layer.

    `call_fn` takes, by name, any of `params` (a tree of arrays that is trained), `state` (one
    that is not), `rng` (a key), `inputs` and `training`; it returns the outputs, and with
    `state` in its signature `(outputs, state)`. `init_fn` takes any of `rng`, `inputs` and
    `training`, and returns the parameters, or `(params, state)`.

    Args:
        call_fn: the function.
        init_fn: makes the parameters; not needed if they are given.
        params: the parameters' first values.
        state: the state's first values.
        seed: of the keys, an int.
        native_serialization_platforms: kept for compatibility: exports run where JAX runs.
        **kwargs: name, dtype, trainable.

    Raises:
        RuntimeError: on another backend than JAX.
        ValueError: if a function takes other arguments.

    Example:

    >>> import keras_core as keras
    >>> import jax.numpy as jnp
    >>> layer = keras.layers.JaxLayer(
    ...     lambda params, inputs: inputs @ params, params=jnp.ones((3, 2))
    ... )
    >>> layer(jnp.ones((1, 3)))
    Array([[3., 3.]], dtype=float32)
    >>> len(layer.trainable_variables)
    1
    """

    def __init__(
        self,
        call_fn: Callable,
        init_fn: Callable | None = None,
        params: Any = None,
        state: Any = None,
        seed: int | None = None,
        native_serialization_platforms: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        needed("JaxLayer", "JaxFunctions", "jax")
        self.call_fn, self.init_fn = call_fn, init_fn
        self.native_serialization_platforms = native_serialization_platforms
        self._call_fn, self._init_fn = call_fn, init_fn
        self._takes = self._parameters_of("call_fn", call_fn, _CALL)
        if "inputs" not in self._takes:
            raise self._refuse("call_fn", "take the argument 'inputs'", self._takes)
        self._init_takes = ()
        if init_fn is not None:
            self._init_takes = self._parameters_of("init_fn", init_fn, _INIT)
        elif params is None and "params" in self._takes:
            raise self._refuse("params", "be given if init_fn is not", params)
        self._start(seed)
        if "params" not in self._takes and params is None:
            params = {}
        self._keep(params, state)

    def _parameters_of(
        self, argument: str, function: Any, known: tuple[str, ...]
    ) -> tuple[str, ...]:
        if not callable(function):
            raise self._refuse(argument, "be a function", function)
        names = tuple(inspect.signature(function).parameters)
        if any(name not in known for name in names):
            raise self._refuse(argument, f"take only arguments out of {known}", names)
        return names

    def get_config(self) -> dict[str, Any]:
        """The functions, which must be registered (or be lambdas), and shapes of given values."""
        from keras_core.core import registry

        config = super().get_config()
        for name in ("call_fn", "init_fn"):
            config[name] = registry.serialize_keras_object(getattr(self, name))
        config["native_serialization_platforms"] = self.native_serialization_platforms
        if self.init_fn is None:  # the values come from the file of weights
            for name, kept in (("params", self._params), ("state", self._state)):
                if kept is not None:
                    config[name] = registry.serialize_keras_object(
                        backend.wrappers.JaxFunctions.unflatten(
                            kept[1], [{"shape": list(v.shape), "dtype": v.dtype} for v in kept[0]]
                        )
                    )
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer from what `get_config` gave: functions by their registered names."""
        from keras_core.core import registry

        config = dict(config)
        for name in ("call_fn", "init_fn"):
            config[name] = registry.deserialize_keras_object(
                config[name], safe_mode=registry.in_safe_mode()
            )
        for name in ("params", "state"):
            if config.get(name) is not None:
                config[name] = _zeros(registry.deserialize_keras_object(config[name]))
        return cls(**config)


def _zeros(value: Any) -> Any:
    """Zeros for each description of an array in a structure."""
    if isinstance(value, dict) and value.keys() == {"shape", "dtype"}:
        return np.zeros(value["shape"], value["dtype"])
    if isinstance(value, dict):
        return {k: _zeros(v) for k, v in value.items()}
    return type(value)(_zeros(v) for v in value)


class FlaxLayer(_Stateless):
    """A module of Flax as a layer, of Linen or of NNX.

    The parameters are trained; other collections (batch statistics, caches) are state that
    changes while training. A module that takes `training` gets it; one of NNX has its
    `train()` or `eval()` called.

    A module is saved as its class's name, its fields (of NNX: those of its constructor's
    parameters that it keeps, as numbers and strings, under their names) and its state: register
    the class with `register_keras_serializable`, or pass it to the loader in `custom_objects`.
    Where these do not say how to make the module, pass a function that does under the class's
    name, `custom_objects={"Net": lambda: Net(nnx.Rngs(0))}`, or define `get_config` and
    `from_config`. Nothing is pickled.

    Args:
        module: a `flax.linen.Module` or a `flax.nnx.Module`.
        method: the method to call, or its name; None for `__call__`.
        variables: first values, as `module.init` gives them; None to have them made.
        **kwargs: seed (an int), name, dtype, trainable.

    Raises:
        RuntimeError: on another backend than JAX.
        ValueError: if module is no module of Flax.

    Example:

    >>> import keras_core as keras
    >>> import flax.linen
    >>> layer = keras.layers.FlaxLayer(flax.linen.Dense(2))
    >>> layer(keras.ops.ones((1, 3))).shape
    (1, 2)
    >>> len(layer.trainable_variables)
    2
    """

    def __init__(
        self, module: Any, method: Any = None, variables: Any = None, **kwargs: Any
    ) -> None:
        seed = kwargs.pop("seed", None)
        super().__init__(**kwargs)
        flax = needed("FlaxLayer", "FlaxModules", "jax")
        if not flax.is_module(module):
            raise self._refuse("module", "be a module of flax.linen or flax.nnx", module)
        self.module, self.method = module, method
        call, init, params, state = flax.functions(module, method, variables)
        self._call_fn, self._init_fn = call, init
        self._takes, self._init_takes = _CALL, _INIT
        self._start(seed)
        self._keep(params, state)

    def _overlooked(self) -> list[str]:
        return []  # it holds variables in the place of the module's parameters

    def get_config(self) -> dict[str, Any]:
        """The module's class and fields, and the method's name."""
        from keras_core.core import registry

        if hasattr(self.module, "get_config"):
            module = registry.serialize_keras_object(self.module)
        else:
            fields = backend.wrappers.FlaxModules.fields(self.module)
            module = {
                "module": None,
                "class_name": type(self.module).__name__,
                "registered_name": registry.get_registered_name(type(self.module)),
                "fields": registry.serialize_keras_object(fields),
            }
        method = (
            self.method if isinstance(self.method, str) else getattr(self.method, "__name__", None)
        )
        return {**super().get_config(), "module": module, "method": method}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A layer from what `get_config` gave.

        Raises:
            TypeError: if the module's class is neither registered nor passed, or cannot be made
                of what the file says.
        """
        from keras_core.core import registry

        config = dict(config)
        module, safe = config["module"], registry.in_safe_mode()
        if isinstance(module, dict) and "fields" in module:
            known = (module["registered_name"], module["class_name"])
            made = next(filter(None, map(registry.get_registered_object, known)), None)
            if made is None:
                raise registry.UnknownObjectError(
                    f"FlaxLayer: the module class {module['class_name']!r} is not known. Register "
                    "it with register_keras_serializable, or pass it, or a function that makes "
                    "the module, in custom_objects."
                )
            fields = registry.deserialize_keras_object(module["fields"], safe_mode=safe)
            flax = needed("FlaxLayer", "FlaxModules", "jax")
            try:
                config["module"] = flax.make(made, fields)
            except TypeError as error:
                name = module["class_name"]
                raise registry.UnknownObjectError(
                    f"FlaxLayer: the module {name!r} cannot be made of what the file says of it, "
                    f"{sorted(fields)}: {error}. Pass a function that makes it, "
                    f"custom_objects={{{name!r}: lambda: {name}(...)}}, or define get_config() and "
                    "from_config() on the class before saving."
                ) from error
        else:
            config["module"] = registry.deserialize_keras_object(module, safe_mode=safe)
        return cls(**config)
