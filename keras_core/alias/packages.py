"""What other packages take from the utilities inside Keras, where nothing public is the same."""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable, Collection, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from keras_core.core import naming, registry, scopes

# Files ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def safe_mode_scope(safe_mode: bool = True) -> Iterator[None]:
    """A scope in which configs are read in safe mode or not; the outermost one decides."""
    with registry.deserialization(safe_mode):
        yield


# Tracking ------------------------------------------------------------------------------------


def no_automatic_dependency_tracking(method: Callable) -> Callable:
    """A method whose new attributes are no part of the object's state: nothing in them is saved."""

    @functools.wraps(method)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(self))
        try:
            return method(self, *args, **kwargs)
        finally:
            missing = object()
            new = {k for k, v in vars(self).items() if before.get(k, missing) is not v}
            self.__dict__["_untracked"] = self._untracked | new

    return wrapped


# Modules -------------------------------------------------------------------------------------


class LazyModule:
    """A module that is imported when something in it is first asked for.

    Args:
        name: the module's name.
        pip_name: what it is called on the package index; `name` if None.
        import_error_msg: the text of the error where it is missing; made up if None.
    """

    def __init__(
        self, name: str, pip_name: str | None = None, import_error_msg: str | None = None
    ) -> None:
        self.name = name
        self.pip_name = pip_name or name
        self.import_error_msg = import_error_msg
        self._module: ModuleType | None = None

    @property
    def available(self) -> bool:
        """Whether it can be imported."""
        try:
            self.initialize()
        except ImportError:
            return False
        return True

    def initialize(self) -> ModuleType:
        """Import it."""
        if self._module is None:
            try:
                self._module = importlib.import_module(self.name)
            except ImportError as error:
                raise ImportError(
                    self.import_error_msg
                    or f"This needs the package {self.name}: pip install {self.pip_name}"
                ) from error
        return self._module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.initialize(), name)

    def __repr__(self) -> str:
        return f"LazyModule({self.name})"


tensorflow = LazyModule("tensorflow")
gfile = LazyModule("tensorflow.io.gfile", "tensorflow")
tensorflow_io = LazyModule("tensorflow_io")
jax = LazyModule("jax")
scipy = LazyModule("scipy")
h5py = LazyModule("h5py")
optree = LazyModule("optree")
grain = LazyModule("grain")
tf2onnx = LazyModule("tf2onnx")
torch_xla = LazyModule("torch_xla")


# Arguments -----------------------------------------------------------------------------------


def standardize_tuple(value: Any, n: int, name: str, allow_zero: bool = False) -> tuple[int, ...]:
    """An int, or `n` of them, as a tuple of `n` ints.

    Args:
        value: an int or a sequence of ints.
        n: how many.
        name: of the argument, for the error.
        allow_zero: whether 0 is allowed.
    """
    found = (value,) * n if isinstance(value, (int, np.integer)) else value
    least = 0 if allow_zero else 1
    try:
        numbers = tuple(int(v) for v in found)
        right = len(numbers) == n and all(
            int(v) == v and v >= least for v in found if not isinstance(v, str)
        )
    except (TypeError, ValueError):
        numbers, right = (), False
    if not right or any(isinstance(v, str) for v in found):
        must = "of at least 0" if allow_zero else "above 0"
        raise ValueError(f"{name} must be an int {must}, or {n} of them. Received: {name}={value}")
    return numbers


def standardize_padding(value: Any, allow_causal: bool = False) -> Any:
    """A padding's name in lower case; lists and tuples as they are."""
    if isinstance(value, (list, tuple)):
        return value
    allowed = ("valid", "same", "causal") if allow_causal else ("valid", "same")
    name = value.lower() if isinstance(value, str) else value
    if name not in allowed:
        raise ValueError(f"padding must be one of {allowed}. Received: padding={value!r}")
    return name


def validate_string_arg(
    value: Any,
    allowable_strings: Collection[str],
    caller_name: str,
    arg_name: str,
    allow_none: bool = False,
    allow_callables: bool = False,
) -> None:
    """Refuse a string that is not among the allowed ones.

    Args:
        value: the argument.
        allowable_strings: what it may be.
        caller_name: whose argument it is, for the error.
        arg_name: its name, for the error.
        allow_none: whether None passes.
        allow_callables: whether a callable passes.
    """
    fits = (
        (isinstance(value, str) and value in allowable_strings)
        or (value is None and allow_none)
        or (callable(value) and allow_callables)
    )
    if not fits:
        raise ValueError(
            f"{caller_name}: {arg_name} must be one of {tuple(allowable_strings)}. Received: "
            f"{arg_name}={value!r}"
        )


# Names, data and state ---------------------------------------------------------------------


def get_object_name(obj: Any) -> str:
    """An object's name: its `name`, or its function's or class's in snake case."""
    name = getattr(obj, "name", None) or getattr(obj, "__name__", None) or type(obj).__name__
    return naming.to_snake_case(str(name))


def class_weight_to_sample_weights(y: Any, class_weight: dict[int, float]) -> np.ndarray:
    """A weight for each sample from its class's.

    Args:
        y: class indices, or one-hot vectors.
        class_weight: weights by class index; other classes weigh 1.
    """
    from keras_core.training.class_weights import class_weight_table, weigh_classes

    owner = "class_weight_to_sample_weights"
    return weigh_classes(y, None, class_weight_table(class_weight, owner), owner)


def in_grain_data_pipeline() -> bool:
    """Whether Grain is running its transformations; layers need not know it here."""
    return False


def in_tf_graph() -> bool:
    """Whether TensorFlow is tracing a function."""
    import sys

    found = sys.modules.get("tensorflow")
    return found is not None and not found.executing_eagerly()


def in_symbolic_scope() -> bool:
    """Whether shapes and dtypes are being inferred."""
    return scopes.local.symbolic


def obtain_input_shape(
    input_shape: Any,
    default_size: int,
    min_size: int,
    data_format: str,
    require_flatten: bool,
    weights: str | None = None,
) -> tuple[int | None, ...]:
    """The shape of a model's images: what was given, checked, or the default.

    Args:
        input_shape: three entries, or None.
        default_size: height and width where `input_shape` is None.
        min_size: the least height and width.
        data_format: "channels_last" or "channels_first".
        require_flatten: whether height and width must be known.
        weights: "imagenet" where the images must be those of the published weights.
    """
    from keras_core.applications import common

    return common.image_shape(
        "obtain_input_shape",
        input_shape,
        size=default_size,
        minimum=min_size,
        fixed=require_flatten,
        pretrained=weights == "imagenet",
        last=data_format == "channels_last",
    )
