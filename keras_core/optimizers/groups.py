"""Parameter groups: another optimizer for chosen variables."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from keras_core.backends.select import backend
from keras_core.core.identity import ByIdentity
from keras_core.optimizers.optimizer import Optimizer

_native = backend.optimizers


class OptimizerMap(MutableMapping):
    """Optimizers by variable path; a key is a path or a regular expression that a path matches.

    Args:
        default_optimizer: the `Optimizer` of variables whose path no key matches.
        optimizer_map: a dict from key to `Optimizer`.

    Raises:
        TypeError: if `default_optimizer` is no optimizer, or `optimizer_map` no dict.
        ValueError: if a key stands twice, or a value is no optimizer.

    Example:

    >>> import keras_core as keras
    >>> groups = keras.optimizers.OptimizerMap(keras.optimizers.Adam())
    >>> groups["head/.*"] = keras.optimizers.SGD(0.1)
    >>> groups["head/kernel"].name.startswith("sgd")
    True
    """

    def __init__(
        self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None
    ) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(
                "OptimizerMap: default_optimizer must be an Optimizer. "
                f"Received: {default_optimizer!r} (of type {type(default_optimizer).__name__})"
            )
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(
                f"OptimizerMap: optimizer_map must be a dict. Received: {optimizer_map!r}"
            )
        self._default = default_optimizer
        self._optimizers: dict[str, Optimizer] = {}
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of variables whose path no key matches."""
        return self._default

    def __getitem__(self, key: str) -> Optimizer:
        if key in self._optimizers:
            return self._optimizers[key]
        matches = [pattern for pattern in self._optimizers if re.fullmatch(pattern, key)]
        if len(matches) > 1:
            raise ValueError(
                f"OptimizerMap: only one key must match a path. Received: {key!r}, which matches "
                f"{matches}"
            )
        return self._optimizers[matches[0]] if matches else self._default

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        if key in self._optimizers:
            raise ValueError(
                f"OptimizerMap: a key must be set only once. Received: {key!r}, which has "
                f"{self._optimizers[key]!r}. Delete it first."
            )
        if not isinstance(optimizer, Optimizer):
            raise ValueError(f"OptimizerMap: a value must be an Optimizer. Received: {optimizer!r}")
        try:
            re.compile(key)
        except (re.error, TypeError) as error:
            raise ValueError(
                "OptimizerMap: a key must be a path or a regular expression. "
                f"Received: {key!r}: {error}"
            ) from error
        self._optimizers[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._optimizers[key]

    def __contains__(self, key: object) -> bool:
        return key in self._optimizers

    def __len__(self) -> int:
        return len(self._optimizers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizers)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        from keras_core.core import registry

        return {
            "default_optimizer": registry.serialize_keras_object(self._default),
            "optimizer_map": {
                key: registry.serialize_keras_object(optimizer)
                for key, optimizer in self._optimizers.items()
            },
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> OptimizerMap:
        """A map from what `get_config` gave."""
        from keras_core.optimizers.lookup import deserialize

        return cls(
            deserialize(config["default_optimizer"], custom_objects),
            {k: deserialize(v, custom_objects) for k, v in config["optimizer_map"].items()},
        )


class MultiOptimizer(Optimizer):
    """Another optimizer, rate or weight decay for chosen variables: parameter groups.

    Args:
        optimizer_map: an `OptimizerMap`, or a dict from path or regular expression to
            `Optimizer` with the key "default" for the rest.
        loss_scale_factor: None, or a factor by which the loss is multiplied, and gradients are
            divided.
        name: a string; made from the class name if None.

    Raises:
        ValueError: if `optimizer_map` is neither.

    Example:

    >>> import keras_core as keras
    >>> frozen, tuned = keras.Variable([1.0], name="body"), keras.Variable([1.0], name="head")
    >>> optimizer = keras.optimizers.MultiOptimizer(
    ...     {"default": keras.optimizers.SGD(0.25), "head": keras.optimizers.SGD(0.5)}
    ... )
    >>> gradient = keras.ops.convert_to_tensor([1.0])
    >>> optimizer.apply([gradient, gradient], [frozen, tuned])
    >>> float(frozen.numpy()[0]), float(tuned.numpy()[0])
    (0.75, 0.5)
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | dict[str, Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        if isinstance(optimizer_map, dict) and "default" in optimizer_map:
            rest = {k: v for k, v in optimizer_map.items() if k != "default"}
            optimizer_map = OptimizerMap(optimizer_map["default"], rest)
        if not isinstance(optimizer_map, OptimizerMap):
            raise ValueError(
                "MultiOptimizer: optimizer_map must be an OptimizerMap, or a dict of optimizers "
                f"with the key 'default'. Received: {optimizer_map!r}"
            )
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self.optimizer_map = optimizer_map
        self._groups: list[tuple[Optimizer, list[int]]] = []

    def build(self, var_list: Sequence[Any]) -> None:
        """Give every variable to its optimizer, and make their slots."""
        if self.built:
            return
        var_list = self._owned(var_list)
        self._trainable_variables = list(var_list)
        self._index = ByIdentity((v, i) for i, v in enumerate(var_list))
        groups: dict[int, tuple[Optimizer, list[int]]] = {}
        for i, variable in enumerate(var_list):
            optimizer = self.optimizer_map[variable.path]
            groups.setdefault(id(optimizer), (optimizer, []))[1].append(i)
        self._groups = list(groups.values())
        self._tell_unused([v.path for v in var_list])
        for optimizer, members in self._groups:
            optimizer.build([var_list[i] for i in members])
        self.built = True

    def _tell_unused(self, paths: list[str]) -> None:
        """Warn of keys that no variable matches: a typing error would go unseen otherwise."""
        unused = [key for key in self.optimizer_map if not any(re.fullmatch(key, p) for p in paths)]
        if unused:
            warnings.warn(
                f"MultiOptimizer {self.name!r}: no trained variable's path matches "
                f"{', '.join(map(repr, unused))}. The paths are {', '.join(paths[:6])}"
                f"{', ...' if len(paths) > 6 else ''}.",
                stacklevel=3,
            )

    @property
    def loss_scale_factor(self) -> float | None:
        """The factor of the loss, by which gradients are divided; None for none."""
        return self.__dict__["loss_scale_factor"]

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: float | None) -> None:
        self.__dict__["loss_scale_factor"] = value

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers that have variables."""
        return [optimizer for optimizer, _ in self._groups]

    @property
    def variables(self) -> list[Any]:
        """The own step and rate, then the optimizers' variables."""
        return [*self._variables, *(v for o in self.optimizers for v in o.variables)]

    @property
    def learning_rate(self) -> Any:
        """There is not one: each of `optimizers` has its own."""
        raise AttributeError(
            f"MultiOptimizer {self.name!r}: the learning rate belongs to each of its optimizers. "
            "Read or set optimizer.optimizers[i].learning_rate."
        )

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        raise AttributeError(
            f"MultiOptimizer {self.name!r}: the learning rate belongs to each of its optimizers. "
            "Read or set optimizer.optimizers[i].learning_rate."
        )

    def _apply(self, grads: list[Any], variables: list[Any]) -> None:
        if self.loss_scale_factor is not None:
            grads = [g / float(self.loss_scale_factor) for g in grads]
        given = {id(v): g for g, v in zip(grads, variables, strict=True)}
        for optimizer, members in self._groups:
            own = [self._trainable_variables[i] for i in members]
            own = [v for v in own if id(v) in given]
            if own:
                optimizer._apply([given[id(v)] for v in own], own)
        _native.increment(self._iterations)

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """As for each of the optimizers."""
        for optimizer in self.optimizers:
            optimizer.finalize_variable_values(var_list)

    def _averaging(self) -> list[Any]:
        return [part for optimizer in self.optimizers for part in optimizer._averaging()]

    def exclude_from_weight_decay(
        self, var_list: Sequence[Any] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """As for each of the optimizers."""
        chosen = {id(o): o for o in (self.optimizer_map.default_optimizer,)}
        chosen |= {id(o): o for o in self.optimizer_map.values()}
        for optimizer in chosen.values():
            optimizer.exclude_from_weight_decay(var_list, var_names)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        from keras_core.core import registry

        return {
            "optimizer_map": registry.serialize_keras_object(self.optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> MultiOptimizer:
        """An optimizer from what `get_config` gave."""
        groups = config["optimizer_map"]
        if isinstance(groups, dict) and "config" in groups:
            groups = OptimizerMap.from_config(groups["config"], custom_objects)
        return cls(**{**config, "optimizer_map": groups})
