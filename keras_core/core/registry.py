"""Objects to configs and back: what files, `get` functions and copies of layers are made with.

A config is a dict of plain JSON values: `{module, class_name, config, registered_name}`.
Building from one looks names up in the closed table of built-ins and among the objects that
the user registered or passed; nothing that a config says is imported, evaluated or fetched.
"""

from __future__ import annotations

import collections
import contextlib
import difflib
import functools
import inspect
import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from keras_core.core import bridge, builtins_table, guards, lambdas, naming, scopes
from keras_core.core import custom_objects as _custom
from keras_core.core.custom_objects import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from keras_core.core.errors import InvalidFileError, UnsafeFileError, describe

__all__ = [
    "Copies",
    "CustomObjectScope",
    "UnknownObjectError",
    "copy_of",
    "custom_object_scope",
    "deserialization",
    "deserialize_keras_object",
    "enable_unsafe_deserialization",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "in_safe_mode",
    "lookup",
    "record_object",
    "refuses_code",
    "register_keras_serializable",
    "serialize_keras_object",
    "serializing",
]

_PLAIN = (str, bool, int, float, type(None))


class UnknownObjectError(InvalidFileError, TypeError):
    """A config names a class or function that is neither built in nor known by registration."""


# Safe mode ---------------------------------------------------------------------------------


class _Unsafe:
    allowed = False  # `enable_unsafe_deserialization`


_unsafe = _Unsafe()


def enable_unsafe_deserialization() -> None:
    """Let every later load run code from files, as `safe_mode=False` does for one call.

    Example:

    >>> import keras_core as keras
    >>> keras.config.enable_unsafe_deserialization()  # doctest: +SKIP
    """
    _unsafe.allowed = True


class _Session:
    """What one outermost (de)serialization shares with those nested in it."""

    def __init__(self, safe_mode: bool) -> None:
        self.safe_mode = safe_mode
        self.drawn = 0  # bytes of the variables made meanwhile
        self.by_id: dict[Any, Any] = {}  # shared_object_id: object, when reading
        self.without_id: list[tuple[dict[str, Any], Any]] = []  # (config, layer), when reading
        self.by_config: dict[str, list[Any]] = {}  # the same, by what identifies them
        self.written: dict[int, tuple[Any, dict[str, Any]]] = {}  # id: (object, config)
        self.copies: dict[int, Any] = {}  # id of an object: its copy, in `Copies`

    def account(self, what: str, size: int) -> None:
        """Count the memory that a config asks for, before it is taken.

        Args:
            what: what it is for.
            size: in bytes.

        Raises:
            UnsafeFileError: in safe mode, if it comes to more than this machine has.
        """
        self.drawn += size
        if self.safe_mode and self.drawn > _memory():
            raise UnsafeFileError(
                f"The configuration describes variables of over {self.drawn:,} bytes, of which "
                f"this machine has {_memory():,} ({what})."
            )


@functools.cache
def _memory() -> int:
    """How many bytes of memory this machine has, or the container that the program runs in."""
    found = [1 << 40]  # for systems that do not say
    with contextlib.suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with contextlib.suppress(ValueError, OSError), open("/sys/fs/cgroup/memory.max") as file:
        found.append(int(file.read()))  # or "max"
    return min(found)


@contextlib.contextmanager
def _session(
    attribute: str, safe_mode: bool, session: _Session | None = None
) -> Iterator[_Session]:
    current = scopes.local.__dict__.get(attribute)
    if current is not None:
        yield current
        return
    session = _Session(safe_mode) if session is None else session
    scopes.local.__dict__[attribute] = session
    try:
        yield session
    finally:
        del scopes.local.__dict__[attribute]


def deserialization(safe_mode: bool) -> contextlib.AbstractContextManager[_Session]:
    """The scope of one load: the outermost `safe_mode` holds for all that is nested in it."""
    return _session("deserialization", safe_mode and not _unsafe.allowed)


def in_safe_mode() -> bool:
    """Whether an object is being built from a config under `safe_mode=True`.

    A class whose constructor would open a path, fetch, unpickle or run code because of a
    config's text asks this first. Outside of a load it is False: the caller's own arguments
    are trusted.
    """
    session = scopes.local.__dict__.get("deserialization")
    return session is not None and session.safe_mode


def refuses_code(safe_mode: bool | None = None) -> bool:
    """Whether a `from_config` refuses what would run code or open a path.

    It does unless the caller lifts it, or the load or copy that it belongs to has done so: that
    a config is given to a class directly does not make its text one's own.

    Args:
        safe_mode: what the caller says; None for nothing.
    """
    if safe_mode is not None:
        return safe_mode
    session = scopes.local.__dict__.get("deserialization")
    return not _unsafe.allowed if session is None else session.safe_mode


def copy_of(obj: Any, **changes: Any) -> Any:
    """Another object of the same config: its own, so that it may hold what a file's must not.

    Args:
        obj: a layer or another object with `get_config`.
        **changes: values that take the place of the config's.
    """
    # One session for all parts, so that no two of them have the same shared_object_id.
    with _session("serialization", True), _session("deserialization", False):
        return type(obj).from_config({**obj.get_config(), **changes})


class Copies:
    """Copies of several objects: what those share has one copy, too."""

    def __init__(self) -> None:
        self._sessions = (_Session(True), _Session(False))

    def of(self, obj: Any) -> Any:
        """The copy of an object, the same one each time."""
        ours = self._sessions
        with (
            _session("serialization", True, ours[0]) as writer,
            _session("deserialization", False, ours[1]) as reader,
        ):
            _, config = writer.written.get(id(obj), (None, {}))
            made = reader.by_id.get(config.get("shared_object_id"))
            if made is None:
                made = writer.copies[id(obj)] = copy_of(obj)
            return made


def record_object(obj: Any, obj_id: Any) -> None:
    """Let configs of the load that is running refer to an object by a shared id.

    Args:
        obj: the object built from a config.
        obj_id: the `shared_object_id` of the config.
    """
    session = scopes.local.__dict__.get("deserialization")
    if session is not None and isinstance(obj_id, (int, str)):
        session.by_id[obj_id] = obj


# Writing -----------------------------------------------------------------------------------

# Of what is copied while a file is read, whose own numbers are not negative.
_numbers = itertools.count(-1, -1)


def serialize_keras_object(obj: Any) -> Any:
    """The config of an object, as it goes into files.

    Args:
        obj: a layer, model, optimizer, initializer or any object with `get_config`, a
            function, an array, a literal, or lists, tuples and dicts of those.

    Returns:
        Plain JSON values (tuples stay tuples, which JSON writes as lists).

    Raises:
        TypeError: if a value can be written in no way.

    Example:

    >>> import keras_core as keras
    >>> keras.saving.serialize_keras_object(keras.regularizers.L2(0.5))["config"]
    {'l2': 0.5}
    """
    cls = obj.__class__
    if cls in _PLAIN:
        return obj
    return serializing(functools.partial(_serialize, obj))


def serializing(write: Callable[[_Session], Any]) -> Any:
    """The config that `write` gives, in which a layer that stands twice is told to be one.

    Args:
        write: gets what the serializations within it share.
    """
    if "serialization" in scopes.local.__dict__:
        return write(scopes.local.__dict__["serialization"])
    with _session("serialization", True) as session:
        config = write(session)
    parts = _with_id(config)
    counts = collections.Counter(part["shared_object_id"] for part in parts)
    numbers = {n: i for i, n in enumerate(n for n, count in counts.items() if count > 1)}
    for part in parts:
        number = numbers.get(part.pop("shared_object_id"))
        if number is not None:
            part["shared_object_id"] = number
    return config


def _with_id(config: Any) -> list[dict[str, Any]]:
    """The configs in a config, itself included, that have a shared id."""
    found: list[dict[str, Any]] = []
    queue = [config]
    while queue:
        value = queue.pop()
        if isinstance(value, dict):
            if "shared_object_id" in value:
                found.append(value)
            queue.extend(value.values())
        elif isinstance(value, (list, tuple)):
            queue.extend(value)
    return found


def _serialize(obj: Any, session: _Session) -> Any:
    if isinstance(obj, _PLAIN):
        return obj
    if isinstance(obj, (list, tuple)):
        items = [_serialize(item, session) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    if isinstance(obj, dict):
        return {key: _serialize(value, session) for key, value in obj.items()}
    if isinstance(obj, bytes):
        return _literal("__bytes__", value=obj.decode("utf-8", "surrogateescape"))
    if isinstance(obj, slice):
        bounds = {k: _serialize(getattr(obj, k), session) for k in ("start", "stop", "step")}
        return _literal("__slice__", **bounds)
    if obj is Ellipsis:
        return _literal("__ellipsis__")
    if isinstance(obj, np.generic) and not isinstance(obj, np.void):
        return obj.item()
    if isinstance(obj, np.ndarray):
        if obj.dtype.hasobject:
            raise TypeError(f"An array of Python objects cannot be written: {describe(obj)}")
        return _literal("__numpy__", value=obj.tolist(), dtype=obj.dtype.name)
    if isinstance(obj, type):
        return _serialize_type(obj)
    if isinstance(obj, np.dtype):
        return obj.name
    if hasattr(obj, "_keras_history"):
        return _serialize_symbolic(obj)
    if hasattr(obj, "get_config"):
        return _serialize_object(obj, session)
    if callable(obj) and hasattr(obj, "__name__"):
        return _serialize_function(obj)
    return _serialize_native(obj)


def _literal(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": config}


def _serialize_type(obj: type) -> Any:
    if obj in (int, float, bool, str):
        return obj.__name__
    try:
        return np.dtype(obj).name if issubclass(obj, np.generic) else _no_class(obj)
    except TypeError:
        return _no_class(obj)


def _no_class(obj: type) -> Any:
    raise TypeError(
        f"The class {obj.__name__} itself cannot be written, only instances of it can. Keep "
        "its registered name in get_config() and look it up in from_config()."
    )


def _serialize_symbolic(obj: Any) -> dict[str, Any]:
    history = obj._keras_history
    if history is not None:
        operation = history.operation
        history = [operation.name, history.node_index, history.tensor_index]
    return _literal(
        "__keras_tensor__", shape=tuple(obj.shape), dtype=obj.dtype, keras_history=history
    )


def _serialize_object(obj: Any, session: _Session) -> dict[str, Any]:
    shares = hasattr(obj, "build_from_config")  # layers: one built twice must stay one
    if shares and id(obj) in session.written:
        return dict(session.written[id(obj)][1])
    out = _names_of(obj)
    out["config"] = _serialize(obj.get_config(), session)
    out = {k: out[k] for k in ("module", "class_name", "config", "registered_name")}
    if hasattr(obj, "get_build_config"):
        build_config = obj.get_build_config()
        if build_config is not None:
            out["build_config"] = _serialize(build_config, session)
    if hasattr(obj, "get_compile_config"):
        compile_config = obj.get_compile_config()
        if compile_config is not None:
            out["compile_config"] = _serialize(compile_config, session)
    if shares:
        out["shared_object_id"] = number = next(_numbers)
        session.written[id(obj)] = (obj, out)
        if id(obj) in session.copies:
            scopes.local.__dict__["deserialization"].by_id[number] = session.copies[id(obj)]
    return out


def _names_of(obj: Any) -> dict[str, Any]:
    cls = obj.__class__
    serialized_as = getattr(obj, "_serialized_as", None)  # operations: (module, class name)
    if serialized_as is not None:
        module, name = serialized_as
        return {"module": module, "class_name": name, "registered_name": name}
    if _custom.is_registered(cls) or not builtins_table.is_ours(cls):
        module = None if cls.__module__ in ("__main__", "builtins") else cls.__module__
        return {
            "module": module,
            "class_name": cls.__name__,
            "registered_name": get_registered_name(cls),
        }
    found = builtins_table.public_path(cls)
    if found is None:
        raise TypeError(
            f"{cls.__name__} has no public name under which a file could hold it. Received: {obj!r}"
        )
    module, name = found
    return {
        "module": module,
        "class_name": name,
        "registered_name": name if module.startswith("keras.src.") else None,
    }


def _serialize_function(function: Callable) -> dict[str, Any]:
    if lambdas.is_lambda(function):
        code, defaults, closure = lambdas.dump(function)
        return _literal("__lambda__", value=(code, defaults, closure))
    return {
        "module": "builtins",
        "class_name": "function",
        "config": get_registered_name(function),
        "registered_name": "function",
    }


def _serialize_native(obj: Any) -> Any:
    arrays = bridge.arrays
    if arrays.is_tensor(obj):
        array = np.asarray(arrays.convert_to_numpy(obj))
        return _literal("__tensor__", value=array.tolist(), dtype=arrays.dtype_name(obj))
    module = type(obj).__module__.partition(".")[0]
    if module in ("torch", "tensorflow", "jax", "ml_dtypes"):
        from keras_core.core import dtypes

        try:
            return dtypes.standardize(obj)
        except ValueError:
            spec = _serialize_typespec(obj)
            if spec is not None:
                return spec
    raise TypeError(
        f"{obj!r} of type {type(obj).__name__} cannot be written into a file. Give its class a "
        "get_config() method and register it with "
        "@keras.saving.register_keras_serializable(), or leave it out of get_config()."
    )


def _serialize_typespec(obj: Any) -> dict[str, Any] | None:
    """TensorFlow's TensorSpec and its kin: the name, shape and dtype."""
    if (
        not hasattr(obj, "shape")
        or not hasattr(obj, "dtype")
        or not hasattr(obj, "is_compatible_with")
    ):
        return None
    shape = obj.shape.as_list() if obj.shape.rank is not None else None
    spec = [shape, obj.dtype.name, getattr(obj, "name", None)]
    return {
        "class_name": "__typespec__",
        "spec_name": type(obj).__name__,
        "module": type(obj).__module__,
        "config": spec,
        "registered_name": None,
    }


# Reading -----------------------------------------------------------------------------------


def deserialize_keras_object(
    config: Any,
    custom_objects: dict[str, Any] | None = None,
    safe_mode: bool = True,
    **kwargs: Any,
) -> Any:
    """The object that a config describes.

    Args:
        config: what `serialize_keras_object` gave, as such or after a way through JSON.
        custom_objects: classes and functions by name that the config may mention beside the
            built-in and the registered ones.
        safe_mode: whether Python code inside of the config is refused. The outermost call
            decides for everything nested in it.
        **kwargs: `module_objects`, a dict in which a bare string is looked up.

    Returns:
        The object.

    Raises:
        TypeError: if a class or function is unknown, or its config does not fit; it is an
            `InvalidFileError` too.
        UnsafeFileError: if it needs what `safe_mode` refuses; a ValueError.

    Example:

    >>> import keras_core as keras
    >>> config = keras.saving.serialize_keras_object(keras.regularizers.L2(0.5))
    >>> keras.saving.deserialize_keras_object(config).l2
    0.5
    """
    module_objects = kwargs.pop("module_objects", None)
    kwargs.pop("printable_module_name", None)
    if kwargs:
        raise TypeError(f"deserialize_keras_object: unknown arguments {sorted(kwargs)}")
    with deserialization(safe_mode) as session, _custom.scope(custom_objects):
        return _deserialize(config, session, module_objects)


def _deserialize(config: Any, session: _Session, module_objects: Mapping | None = None) -> Any:
    if isinstance(config, str):
        found = get_registered_object(config, module_objects=dict(module_objects or {}))
        if module_objects is not None and inspect.isclass(found):
            return found()  # a name alone: the class with its defaults
        return config if found is None else found
    if isinstance(config, (list, tuple)):
        items = [_deserialize(item, session) for item in config]
        return tuple(items) if isinstance(config, tuple) else items
    if not isinstance(config, dict):
        return config
    class_name = config.get("class_name")
    if not isinstance(class_name, str) or ("config" not in config and class_name != "__tuple__"):
        return {key: _deserialize(value, session) for key, value in config.items()}
    literal = _LITERALS.get(class_name)
    inner = config.get("config")
    if literal is not None:
        try:
            return literal(config if class_name in _WHOLE else inner, session)
        except (InvalidFileError, UnsafeFileError):
            raise
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise InvalidFileError(f"Malformed {class_name} in a config: {error!r}") from error
    if class_name == "function" and config.get("module") == "builtins":
        return _find_function(inner)
    shared_id = config.get("shared_object_id")
    if not isinstance(shared_id, (int, str)):
        instance = _build(config, session, module_objects)
        if hasattr(instance, "build_from_config"):
            session.without_id.append((config, instance))
        return instance
    if shared_id not in session.by_id:
        found = _written_before(config, session) if _by_keras(shared_id) else None
        if found is None:
            found = _build(config, session, module_objects)
        session.by_id[shared_id] = found
    return session.by_id[shared_id]


def _by_keras(shared_id: int | str) -> bool:
    """Whether an id is Keras's: an address in memory, or a text that `saving.keras2` makes of it.

    Ours count from 0, and stand at each place of an object; Keras leaves out the first.
    """
    return isinstance(shared_id, str) or shared_id >= 2**16


def _written_before(config: dict, session: _Session) -> Any:
    """The layer that stands without an id where it stands first, as Keras writes it."""
    while session.without_id:
        first, layer = session.without_id.pop()
        session.by_config.setdefault(_identity(first), []).append(layer)
    same = session.by_config.get(_identity(config), ())
    return same[0] if len(same) == 1 else None


def _identity(config: dict) -> str:
    """What a layer's config says of it, whatever the ids in it and where it stands."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items() if k != "shared_object_id"}
        return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value

    what = [config["class_name"], plain(config["config"])]
    return json.dumps(what, sort_keys=True, default=lambda value: f"object {id(value)}")


def _build(config: dict, session: _Session, module_objects: Mapping | None) -> Any:
    class_name, inner = config["class_name"], config["config"]
    cls = _find_class(config, module_objects)
    if not isinstance(inner, dict):
        raise UnknownObjectError(
            f"{class_name}: config must be a dict. Received: config={describe(inner)}"
        )
    ours = builtins_table.is_ours(cls)
    from_config = cls.from_config
    home = getattr(from_config, "__module__", "")
    if ours or home.startswith("keras_core."):
        (guards.check if session.safe_mode else guards.announce)(cls, inner)
    if not ours and home.startswith("keras_core.symbolic"):
        # A user's class with our from_config: its constructor gets objects, not their configs.
        inner = {key: _deserialize(value, session) for key, value in inner.items()}
    instance = from_config(dict(inner))
    build_config = config.get("build_config")
    if build_config and not getattr(instance, "built", True):
        instance.build_from_config(_tuples(build_config))
    compile_config = config.get("compile_config")
    if compile_config and hasattr(instance, "compile_from_config"):
        instance.compile_from_config(compile_config)
    return instance


def _tuples(value: Any) -> Any:
    """Shapes out of JSON: lists of sizes become tuples."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    if isinstance(value, list):
        if all(item is None or isinstance(item, int) for item in value):
            return tuple(value)
        return [_tuples(item) for item in value]
    return value


def _find_class(config: dict, module_objects: Mapping | None) -> Any:
    module, class_name = config.get("module"), config["class_name"]
    registered = config.get("registered_name")
    if builtins_table.is_keras_module(module) and not registered:
        found = builtins_table.find_class(module, class_name)
        if found is not None:
            return found
    for name in (registered, class_name):
        if isinstance(name, str) and name:
            found = get_registered_object(name, module_objects=dict(module_objects or {}))
            if inspect.isclass(found) and hasattr(found, "from_config"):
                return found
    if builtins_table.is_keras_module(module):
        found = builtins_table.find_class(module, class_name)
        if found is not None:
            return found
    where = f" of module {module!r}" if module else ""
    raise UnknownObjectError(
        f"The class {class_name!r}{where} is not known. A class of your own must be registered "
        "with @keras.saving.register_keras_serializable() before loading, or passed as "
        f"custom_objects={{{registered or class_name!r}: ...}}; modules that a file names are "
        "never imported."
    )


def _find_function(name: Any) -> Callable:
    if isinstance(name, str):
        found = get_registered_object(name)
        if found is None:
            found = builtins_table.find_function(name)
        if callable(found):
            return found
    raise UnknownObjectError(
        f"The function {name!r} is not known. A function of your own must be registered with "
        "@keras.saving.register_keras_serializable() before loading, or passed as "
        f"custom_objects={{{name!r}: ...}}."
    )


def _read_array(inner: Any) -> np.ndarray:
    from keras_core.core import dtypes

    name = dtypes.standardize(inner["dtype"])
    if name in dtypes.FLOAT8_TYPES or name == "bfloat16":
        import ml_dtypes

        return np.asarray(inner["value"], dtype="float32").astype(getattr(ml_dtypes, name))
    return np.asarray(inner["value"], dtype=str if name == "string" else name)


def _read_tensor(inner: Any, session: _Session) -> Any:
    return bridge.arrays.convert_to_tensor(_read_array(inner), inner["dtype"])


def _read_keras_tensor(inner: Any, session: _Session) -> Any:
    return bridge.keras_tensor(tuple(inner["shape"]), inner["dtype"])


def _read_lambda(inner: Any, session: _Session) -> Any:
    if session.safe_mode:
        raise UnsafeFileError(
            "The config holds Python code (a lambda), which is not run unless the caller asks "
            "for it. If you trust where it comes from, pass safe_mode=False."
        )
    if "code" in inner:
        return lambdas.load(inner["code"], inner.get("defaults"), inner.get("closure"))
    return lambdas.load(*inner["value"])


def _read_slice(inner: Any, session: _Session) -> slice:
    return slice(*(_deserialize(inner[key], session) for key in ("start", "stop", "step")))


def _read_bytes(inner: Any, session: _Session) -> bytes:
    return inner["value"].encode("utf-8", "surrogateescape")


def _read_tuple(config: Any, session: _Session) -> tuple:
    items = config["items"] if "items" in config else config["config"]
    return tuple(_deserialize(item, session) for item in items)


def _read_typespec(config: Any, session: _Session) -> Any:
    shape, dtype = config["config"][:2]
    return bridge.keras_tensor(tuple(shape), dtype)


_LITERALS: dict[str, Callable[[Any, _Session], Any]] = {
    "__keras_tensor__": _read_keras_tensor,
    "__tensor__": _read_tensor,
    "__numpy__": lambda inner, session: _read_array(inner),
    "__bytes__": _read_bytes,
    "__ellipsis__": lambda inner, session: Ellipsis,
    "__slice__": _read_slice,
    "__lambda__": _read_lambda,
    "__tuple__": _read_tuple,
    "__typespec__": _read_typespec,
    "TensorShape": lambda inner, session: tuple(inner.get("items", ())),
}
_WHOLE = frozenset(("__tuple__", "__typespec__"))


# Identifiers -------------------------------------------------------------------------------


def lookup(
    identifier: Any,
    kind: str,
    namespace: Mapping[str, Any],
    instantiate: bool = True,
    custom_objects: dict[str, Any] | None = None,
) -> Any:
    """What a module's `get(identifier)` returns.

    Args:
        identifier: None, a name, a config dict, an instance, a class or a callable.
        kind: what is looked for, for the error: "loss function".
        namespace: the module's classes and functions by name; a class is also found under
            its name in snake case.
        instantiate: whether a class found is called without arguments.
        custom_objects: more objects by name.

    Raises:
        ValueError: if nothing fits; the message lists close matches.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict) and identifier:
        name = identifier.get("class_name")
        plain = namespace.get(name) if isinstance(name, str) else None
        if inspect.isfunction(plain) and identifier.keys() <= {"class_name", "config"}:
            if identifier.get("config"):
                raise ValueError(
                    f"The {kind} {name!r} takes no config. Received: {describe(identifier)}"
                )
            return plain
        found = deserialize_keras_object(
            identifier, custom_objects=custom_objects, module_objects=namespace
        )
    elif isinstance(identifier, str):
        found = get_registered_object(identifier, custom_objects)
        if found is None:
            found = namespace.get(identifier)
        if found is None:
            found = _snake_names(namespace).get(identifier)
        if found is None:
            raise _unknown(identifier, kind, namespace)
    else:
        found = identifier
    if inspect.isclass(found) and instantiate:
        found = found()
    made_as = [c.__dict__["_is_a"] for c in type(found).__mro__ if "_is_a" in c.__dict__]
    if made_as and kind not in (*made_as, "object"):
        raise ValueError(
            f"{describe(identifier)} is of the {made_as[0]}s: give it as such, not as the {kind}."
        )
    if callable(found) or hasattr(found, "get_config"):
        return found
    raise ValueError(
        f"{kind} must be None, a name, a config dict, an instance or a callable. "
        f"Received: {describe(identifier)}"
    )


_snake_case = functools.lru_cache(4096)(naming.to_snake_case)


def _snake_names(namespace: Mapping[str, Any]) -> dict[str, Any]:
    return {_snake_case(name): value for name, value in namespace.items()}


def _unknown(identifier: str, kind: str, namespace: Mapping[str, Any]) -> ValueError:
    names = sorted({*namespace, *_snake_names(namespace)})
    close = difflib.get_close_matches(identifier, names, n=5, cutoff=0.5)
    hint = (
        f"Did you mean {', '.join(map(repr, close))}?"
        if close
        else (f"Known names: {', '.join(names)}.")
    )
    return ValueError(
        f"There is no {kind} of the name {identifier!r}. {hint} One of your own must be "
        "registered with @keras.saving.register_keras_serializable(), or put into a "
        "keras.saving.custom_object_scope."
    )
