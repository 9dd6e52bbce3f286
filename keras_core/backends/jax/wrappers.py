"""What `JaxLayer` and `FlaxLayer` need of JAX and Flax."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


class JaxFunctions:
    """Trees of arrays, as JAX has them."""

    @staticmethod
    def flatten(tree: Any) -> tuple[list[tuple[str, Any]], Any]:
        """Names and leaves of a tree, and its structure."""
        leaves, structure = jax.tree_util.tree_flatten_with_path(tree)
        return [(_path_name(path), leaf) for path, leaf in leaves], structure

    @staticmethod
    def unflatten(structure: Any, leaves: list[Any]) -> Any:
        """A tree of a structure."""
        return jax.tree_util.tree_unflatten(structure, leaves)

    @staticmethod
    def zeros(spec: Any) -> Any:
        """An array of zeros of a spec's shape and dtype, 1 for unknown sizes."""
        return jnp.zeros([1 if s is None else s for s in spec.shape], spec.dtype)

    @staticmethod
    def host(leaf: Any) -> np.ndarray:
        """An array on the host."""
        return np.asarray(leaf)

    @staticmethod
    def key(seed: Any) -> Any:
        """A key from a seed of two integers."""
        return jnp.asarray(seed, jnp.uint32)


def _path_name(path: Any) -> str:
    names = [str(getattr(p, "key", getattr(p, "name", getattr(p, "idx", p)))) for p in path]
    return "_".join(names).replace("/", "_") or "value"


class FlaxModules:
    """Modules of Flax, in either form, as pairs of functions `init` and `call`."""

    @staticmethod
    def is_module(x: Any) -> bool:
        """Whether `x` is a module of Linen or of NNX."""
        return _is_linen(x) or _is_nnx(x)

    @staticmethod
    def fields(module: Any) -> dict[str, Any]:
        """What a module was made with, to make it again.

        Of an NNX module: those parameters of its constructor that it keeps under their names.
        """
        if not _is_linen(module):
            names = _arguments(type(module))
            kept = {name: getattr(module, name, module) for name in names}
            return {name: x for name, x in kept.items() if isinstance(x, (*_PLAIN, type(None)))}
        import dataclasses

        own = [f.name for f in dataclasses.fields(module) if f.init]
        return {name: getattr(module, name) for name in own if name != "parent"}

    @staticmethod
    def make(maker: Callable, fields: dict[str, Any]) -> Any:
        """A module from its class, or from a function, and what `fields` gave.

        Raises:
            TypeError: if the class needs more than that, and random keys.
        """
        takes = _arguments(maker)
        if not inspect.isclass(maker):  # it knows how to make the module
            fields = {name: value for name, value in fields.items() if name in takes}
        if "rngs" in takes:
            from flax import nnx

            fields = {**fields, "rngs": nnx.Rngs(0)}
        return maker(**fields)

    @staticmethod
    def functions(module: Any, method: Any, variables: Any) -> tuple[Callable, Callable, Any, Any]:
        """`call(params, state, rng, inputs, training)`, `init(rng, inputs, training)`, and what
        is known of parameters and state before the first call.
        """  # noqa: D205
        if _is_linen(module):
            return _linen(module, method, variables)
        return _nnx(module, method, variables)


def _arguments(maker: Any) -> Any:
    """Parameters by name; those of a class's constructor, whatever its metaclass says."""
    return inspect.signature(maker.__init__ if inspect.isclass(maker) else maker).parameters


_PLAIN = (bool, int, float, str)


def _is_linen(x: Any) -> bool:
    from flax import linen

    return isinstance(x, linen.Module)


def _is_nnx(x: Any) -> bool:
    from flax import nnx

    return isinstance(x, nnx.Module)


def _takes_training(function: Callable) -> bool:
    return "training" in inspect.signature(function).parameters


def _linen(module: Any, method: Any, variables: Any) -> tuple[Callable, Callable, Any, Any]:
    if isinstance(method, str):
        method = getattr(type(module), method)
    takes_training = _takes_training(method or module.__call__)

    def options(training: Any) -> dict[str, Any]:
        more = {"training": bool(training)} if takes_training else {}
        return {"method": method, **more}

    def init(rng: Any, inputs: Any, training: Any) -> tuple[Any, Any]:
        params, dropout = jax.random.split(rng)
        keys = {"params": params, "dropout": dropout}
        return _parted(module.init(keys, inputs, **options(training)))

    def call(params: Any, state: Any, rng: Any, inputs: Any, training: Any) -> tuple[Any, Any]:
        collections = list(state) if training else False
        out = module.apply(
            {"params": params, **state},
            inputs,
            rngs={"dropout": rng} if training else None,
            mutable=collections,
            **options(training),
        )
        if not training:
            return out, state
        out, changed = out
        return out, {**state, **changed}

    known = (None, None) if variables is None else _parted(variables)
    return call, init, *known


def _parted(variables: Any) -> tuple[Any, Any]:
    """Parameters, and the other collections."""
    rest = {k: v for k, v in variables.items() if k != "params"}
    return variables.get("params", {}), rest


def _nnx(module: Any, method: Any, variables: Any) -> tuple[Callable, Callable, Any, Any]:
    from flax import nnx

    if variables is not None:
        nnx.update(module, variables)
    graph, params, rest = nnx.split(module, nnx.Param, ...)
    name = method if isinstance(method, str) else getattr(method, "__name__", "__call__")
    takes_training = _takes_training(getattr(module, name))

    def call(params: Any, state: Any, rng: Any, inputs: Any, training: Any) -> tuple[Any, Any]:
        # Without copies, the modules' tables of attributes would keep this call's tracers.
        model = nnx.merge(graph, params, _with_keys(state))
        model.train() if training else model.eval()
        more = {"training": bool(training)} if takes_training else {}
        out = getattr(model, name)(inputs, **more)
        return out, _without_keys(nnx.split(model, nnx.Param, ...)[2])

    def init(rng: Any, inputs: Any, training: Any) -> tuple[Any, Any]:
        return params, _without_keys(rest)

    return call, init, params, _without_keys(rest)


def _is_key(x: Any) -> bool:
    return hasattr(x, "dtype") and jax.dtypes.issubdtype(x.dtype, jax.dtypes.prng_key)


class _KeyData:
    """A key's integers in place of the key: what a variable can hold."""

    def __init__(self, data: Any, kind: Any) -> None:
        self.data, self.kind = data, kind


jax.tree_util.register_pytree_node(
    _KeyData, lambda k: ((k.data,), k.kind), lambda kind, data: _KeyData(data[0], kind)
)


def _without_keys(state: Any) -> Any:
    def plain(x: Any) -> Any:
        if not _is_key(x):
            return x
        return _KeyData(jax.random.key_data(x), str(jax.random.key_impl(x)))

    return jax.tree_util.tree_map(plain, state)


def _with_keys(state: Any) -> Any:
    def key(x: Any) -> Any:
        return jax.random.wrap_key_data(x.data, impl=x.kind) if isinstance(x, _KeyData) else x

    return jax.tree_util.tree_map(key, state, is_leaf=lambda x: isinstance(x, _KeyData))
