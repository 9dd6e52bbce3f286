"""TorchModuleWrapper: a torch module as a layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import scopes, tree
from keras_core.layers.wrapping.base import ForeignLayer, needed, refuse_unsafe
from keras_core.symbolic.keras_tensor import KerasTensor


class TorchModuleWrapper(ForeignLayer):
    """A torch module as a layer: trained, saved and counted like any other.

    The module's parameters are the layer's weights; both see each other's changes. `training`
    sets the module's mode; without it the module stays as it is.

    Args:
        module: a `torch.nn.Module`.
        name: the layer's name.
        output_shape: the result's shape without the batch axis; None to have it inferred.
        **kwargs: dtype, trainable.

    Raises:
        RuntimeError: on another backend than torch.
        ValueError: if module is no module of torch.

    Example:

    >>> import keras_core as keras
    >>> import torch
    >>> layer = keras.layers.TorchModuleWrapper(torch.nn.Linear(3, 2))
    >>> layer(torch.ones(1, 3)).shape
    (1, 2)
    >>> len(layer.trainable_variables)
    2
    """

    def __init__(
        self, module: Any, name: str | None = None, output_shape: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        torch = needed("TorchModuleWrapper", "TorchModules", "torch")
        if not torch.is_module(module) or isinstance(module, ForeignLayer):
            raise self._refuse("module", "be a torch.nn.Module", module)
        self.module = module
        self.output_shape = output_shape
        self._by_name: dict[str, Any] = {}
        if not torch.is_lazy(module):
            self._track()
            self.built = True

    def _track(self) -> None:
        torch = backend.wrappers.TorchModules
        for name, parameter in torch.parameters(self.module):
            value = parameter.detach()
            variable = self._adopted(name.replace("/", "_"), value, parameter.requires_grad)
            torch.adopt(variable, parameter)
            self._by_name[name] = variable

    def build(self, input_shape: Any) -> None:
        torch = backend.wrappers.TorchModules
        if torch.is_lazy(self.module):
            several = isinstance(input_shape, list)
            torch.settle(self.module, input_shape if several else [input_shape])
        if not self._by_name:
            self._track()

    def _native_places(self) -> list[Any]:
        """None: the layer's own variables stand for the parameters."""
        return []

    def _native_variables(self) -> list[Any]:
        return []

    def _named_variables(self) -> Any:
        """For torch's own tables: the module among the layer's modules lists the parameters."""
        return iter(())

    def parameters(self, recurse: bool = True) -> Any:
        """The module's parameters."""
        return self.module.parameters(recurse=recurse)

    def call(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        # Other values than the parameters' own, in a pure call or another dtype, are passed in.
        values = {k: v.tensor for k, v in self._by_name.items()} if scopes.watched else None
        return backend.wrappers.TorchModules.call(self.module, values, training, args, kwargs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self.output_shape is None:
            return super().compute_output_shape(input_shape)
        batch = input_shape[0]
        return (None if isinstance(batch, tuple) else batch, *self.output_shape)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        if self.output_shape is not None:
            first = tree.flatten((args, kwargs))[0]
            return KerasTensor((first.shape[0], *self.output_shape), self.compute_dtype)
        mode = self.module.training
        try:  # statistics are not to move
            return super().compute_output_spec(*args, **{**kwargs, "training": False})
        finally:
            self.module.train(mode)

    def save_own_variables(self, store: Any) -> None:
        for name, value in backend.wrappers.TorchModules.state(self.module).items():
            store[name] = value

    def load_own_variables(self, store: Any) -> None:
        state = {name: np.asarray(store[name]) for name in list(store.keys())}
        backend.wrappers.TorchModules.load_state(self.module, state)

    def get_config(self) -> dict[str, Any]:
        """The arguments; the module as text, pickled."""
        module = backend.wrappers.TorchModules.dump(self.module)
        return {**super().get_config(), "module": module, "output_shape": self.output_shape}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None, safe_mode: bool | None = None
    ) -> Any:
        """A layer from what `get_config` gave.

        Raises:
            UnsafeFileError: if safe mode is on: unpickling a module may run any code.
        """
        config = dict(config)
        if isinstance(config["module"], str):
            refuse_unsafe(cls, "it unpickles a torch module, which can run any code.", safe_mode)
            torch = needed(cls.__name__, "TorchModules", "torch")
            config["module"] = torch.load(config["module"])
        return cls(**config)
