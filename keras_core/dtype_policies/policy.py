"""DTypePolicy, the process-wide default policy, and finding a policy by its name."""

from __future__ import annotations

from typing import Any

from keras_core.backends.select import backend
from keras_core.backends.variable import BaseVariable
from keras_core.core import dtypes, settings
from keras_core.symbolic.keras_tensor import KerasTensor

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
_arrays = backend.arrays


class DTypePolicy:
    """The dtype in which a layer computes and the one in which it keeps its variables.

    Args:
        name: a dtype name for both, or "mixed_float16" or "mixed_bfloat16": compute in half
            precision, keep variables in float32. None: the process-wide default policy's.

    Raises:
        TypeError: if the name is not a string.
        ValueError: if it names no policy.

    Example:

    >>> import keras_core as keras
    >>> policy = keras.DTypePolicy("mixed_bfloat16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('bfloat16', 'float32')
    """

    _quantization_mode: str | None = None

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = dtype_policy().name
        elif not isinstance(name, str):
            raise TypeError(
                f"{type(self).__name__}: name must be a string such as 'mixed_bfloat16'. "
                f"Received: {name!r} (of type {type(name).__name__})"
            )
        self._name = name
        self._compute_dtype, self._variable_dtype = split_name(name)

    @property
    def name(self) -> str:
        """The policy's name, by which `dtype_policies.get` finds it."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The dtype of a layer's inputs, intermediate values and outputs."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of a layer's variables."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> str | None:
        """The quantization's name, such as "int8"; None for a policy without one."""
        return self._quantization_mode

    def convert_input(self, x: Any, autocast: bool, dtype: Any) -> Any:
        """An input as the layer sees it.

        Args:
            x: anything. Arrays and Variables become tensors; what is no array stays as it is.
            autocast: whether floats are cast.
            dtype: the dtype's name to which they are cast.
        """
        if _arrays.is_tensor(x):
            name = _arrays.dtype_name(x)
            cast = autocast and name in dtypes.FLOATS and name != dtypes.canonical(dtype)
            return _arrays.cast(x, dtype) if cast else x
        if isinstance(x, KerasTensor):
            if not autocast or x.dtype not in dtypes.FLOATS or x.dtype == dtype:
                return x
            out = KerasTensor(x.shape, dtype, x.sparse, x.ragged, x.record_history, x._name)
            out._keras_history = x._keras_history
            out._keras_mask = x._keras_mask
            return out
        if isinstance(x, BaseVariable) or hasattr(x, "__array__"):
            tensor = _arrays.convert_to_tensor(x)
            return self.convert_input(tensor, autocast, dtype) if autocast else tensor
        return x

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self._name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> DTypePolicy:
        """A policy from what `get_config` gave."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.get_config() == other.get_config()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), self._name))

    def __repr__(self) -> str:
        return f'<{type(self).__name__} "{self._name}">'


#: An older name of `DTypePolicy`, which Keras keeps too.
FloatDTypePolicy = DTypePolicy


def split_name(name: str) -> tuple[str, str]:
    """The compute and the variable dtype of a policy without quantization.

    Raises:
        ValueError: if `name` is neither a dtype nor a mixed policy.
    """
    if name in _MIXED:
        return _MIXED[name], "float32"
    try:
        found = dtypes.standardize(name)
    except ValueError:
        raise ValueError(
            f"A dtype policy's name must be that of a dtype, such as 'float32', or one of "
            f"{', '.join(map(repr, _MIXED))}, or '<mode>_from_<one of these>' for a quantized "
            f"one. Received: {name!r}"
        ) from None
    return found, found


# The default policy ------------------------------------------------------------------------

_default: DTypePolicy | None = None
_by_name: dict[str, DTypePolicy] = {}  # policies are immutable: one object a name


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none: what `set_dtype_policy` set, else `floatx()`.

    Example:

    >>> import keras_core as keras
    >>> keras.config.dtype_policy()
    <DTypePolicy "float32">
    """
    return _default if _default is not None else _named(settings.floatx())


def set_dtype_policy(policy: Any) -> None:
    """Set the policy of layers that are given none.

    Args:
        policy: a DTypePolicy, its name, or None for `floatx()` again.

    Raises:
        ValueError: if it is no policy.

    Example:

    >>> import keras_core as keras
    >>> keras.config.set_dtype_policy("mixed_bfloat16")
    >>> keras.config.dtype_policy()
    <DTypePolicy "mixed_bfloat16">
    >>> keras.config.set_dtype_policy(None)
    """
    global _default
    _default = None if policy is None else get(policy)


def _named(name: str) -> DTypePolicy:
    found = _by_name.get(name)
    if found is None:
        if "_from_" in name:
            from keras_core.dtype_policies.quantized import from_name

            found = from_name(name)
        else:
            found = DTypePolicy(name)
        _by_name[name] = found
    return found


def get(identifier: Any) -> Any:
    """The policy that `identifier` stands for.

    Args:
        identifier: None (the default policy), a policy, its name, any framework's dtype, or a
            config dict from `serialize`.

    Returns:
        A `DTypePolicy` or `DTypePolicyMap`.

    Raises:
        ValueError: if it stands for no policy.

    Example:

    >>> import keras_core as keras
    >>> keras.dtype_policies.get("float16").compute_dtype
    'float16'
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, str):
        return _named(identifier)
    if isinstance(identifier, DTypePolicy) or getattr(identifier, "is_policy_map", False):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    try:
        return _named(dtypes.standardize(identifier))
    except (ValueError, TypeError):
        raise ValueError(
            "A dtype policy must be a DTypePolicy, its name, a dtype or a config dict. "
            f"Received: {identifier!r} (of type {type(identifier).__name__})"
        ) from None


def _classes() -> dict[str, type]:
    from keras_core import dtype_policies

    return {
        name: getattr(dtype_policies, name) for name in dir(dtype_policies) if name[0].isupper()
    }


def serialize(dtype_policy: Any) -> dict[str, Any]:
    """A policy as a config dict.

    Args:
        dtype_policy: a `DTypePolicy`.

    Returns:
        A config dict, for `deserialize`.

    Example:

    >>> import keras_core as keras
    >>> policy = keras.dtype_policies.DTypePolicy("mixed_bfloat16")
    >>> keras.dtype_policies.serialize(policy)["config"]
    {'name': 'mixed_bfloat16'}
    """
    from keras_core.core import registry

    return registry.serialize_keras_object(dtype_policy)


def policy_argument(config: Any) -> Any:
    """The argument `dtype` for a policy's config: constructors look at it, and know names best.

    Args:
        config: what `serialize` gave.

    Returns:
        The policy's name where that says all, else the policy.
    """
    policy = deserialize(config)
    return policy.name if type(policy) is DTypePolicy else policy


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The policy that a config dict (or a name) describes.

    Args:
        config: what `serialize` gave.
        custom_objects: own classes by name.

    Returns:
        The policy.

    Raises:
        ValueError: if it describes no policy.

    Example:

    >>> import keras_core as keras
    >>> config = keras.dtype_policies.serialize(keras.dtype_policies.DTypePolicy("float16"))
    >>> keras.dtype_policies.deserialize(config).compute_dtype
    'float16'
    """
    if isinstance(config, str):
        return _named(config)
    name = config.get("class_name") if isinstance(config, dict) else None
    cls = _classes().get(name) if name not in (custom_objects or {}) else None  # type: ignore[arg-type]
    if cls is not None:
        return cls.from_config(dict(config.get("config") or {}))
    if name is not None:
        from keras_core.core import registry

        found = registry.deserialize_keras_object(config, custom_objects=custom_objects)
        if isinstance(found, DTypePolicy) or getattr(found, "is_policy_map", False):
            return found
    raise ValueError(
        "A dtype policy's config must be a dict with class_name and config, as "
        f"dtype_policies.serialize gives it. Received: {config!r}"
    )
