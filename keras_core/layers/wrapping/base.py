"""ForeignLayer: what layers around other libraries' objects share."""

from __future__ import annotations

import contextlib
from typing import Any

from keras_core.backends.select import backend, variable_class
from keras_core.core import errors, scopes
from keras_core.core.errors import UnsafeFileError
from keras_core.layers.base.layer import Layer
from keras_core.symbolic.abstract import compute_output_spec as abstract_output_spec


def needed(owner: str, section: str, framework: str) -> Any:
    """The backend's part of a wrapper.

    Raises:
        RuntimeError: if another backend is in use.
    """
    found = getattr(backend.wrappers, section, None)
    if found is None:
        raise RuntimeError(
            f"{owner} works on the {framework} backend only. Received: the backend "
            f"{backend.name!r}. Set KERAS_BACKEND={framework} before keras_core is imported."
        )
    return found


class ForeignLayer(Layer):
    """A layer whose computation is another library's, which only the backend can trace."""

    @property
    def _owner(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def _refuse(self, argument: str, must: str, received: Any) -> ValueError:
        return ValueError(errors.message(self._owner, argument, must, received))

    def _adopted(self, name: str, value: Any, trainable: bool) -> Any:
        """A variable with a value, among the layer's own."""
        dtype = backend.arrays.dtype_name(backend.arrays.convert_to_tensor(value))
        inside = contextlib.nullcontext() if self._building else scopes.name_scope(self.name)
        with inside:
            variable = variable_class()(value, dtype=dtype, trainable=trainable, name=name)
        self._keep_variable(variable)
        return variable

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        if not self.built:
            self._maybe_build(self._info.bind(args, kwargs, self._owner))
        return abstract_output_spec(self.call, *args, **kwargs)


def refuse_unsafe(cls: type, why: str, safe_mode: bool | None) -> None:
    """Raise `UnsafeFileError` in safe mode, which holds unless the caller of the load lifted it."""
    from keras_core.core import registry

    if registry.refuses_code(safe_mode):
        raise UnsafeFileError(
            f"{cls.__name__}: {why} If you trust where it comes from, pass safe_mode=False."
        )
