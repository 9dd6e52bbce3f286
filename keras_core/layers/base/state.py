"""What a layer holds: variables, sublayers, losses, metrics, and calls without state."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core import constraints, dtype_policies, initializers, regularizers
from keras_core.backends import select
from keras_core.backends.variable import BaseVariable
from keras_core.core import advice, dtypes, errors, old_names, scopes, tracking
from keras_core.core.tracking import MetricBase, SeedSource, children
from keras_core.layers.base import building
from keras_core.symbolic.keras_tensor import KerasTensor

_native_variables = getattr(select.layer_base(), "_native_variables", None)

_name_first = old_names.name_first(
    "name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint"
)


class StateMixin:
    """The half of `Layer` that is about what it holds."""

    # Set by `Layer.__init__`.
    name: str
    built: bool
    _added_variables: list[BaseVariable]
    _losses: list[Any]
    _dtype_policy: Any
    _trainable: bool
    _autocast: bool
    _path: str | None
    __call__: Any
    _after_build: Any

    # False in a layer whose `call` cannot be compiled: a model with it runs uncompiled on JAX,
    # unless it is told `jit_compile=True`.
    supports_jit: bool = True

    _losses_in_use = False  # set with the first loss that any layer adds

    def __getattr__(self, name: str) -> Any:
        # Nothing of this name: what the framework's base class may still find, or an error.
        find = getattr(super(), "__getattr__", None)
        if find is not None:
            try:
                return find(name)
            except AttributeError:
                pass
        raise old_names.missing_attribute(self, name)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        layer = super().__new__(cls, *args, **kwargs)
        layer.__dict__["_made"] = tracking.now()
        return layer

    def __setattr__(self, name: str, value: Any) -> None:
        if not self.__dict__.get("built") and isinstance(value, _HOLDERS):
            self.__dict__.setdefault("_attached", {})[name] = tracking.now()
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without what the last call left, which no copy has had."""
        return self.__dict__ | {"_losses": []}

    # Dtypes ------------------------------------------------------------------------------

    @property
    def dtype_policy(self) -> Any:
        """The dtype policy: which dtype the layer computes in and keeps its variables in."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        self.__dict__["_dtype_policy"] = dtype_policies.get(value)
        if self.built:
            self._after_build()

    @property
    def autocast(self) -> bool:
        """Whether float inputs are cast to the compute dtype."""
        return self._autocast

    @property
    def dtype(self) -> str:
        """The dtype of the variables."""
        return self._dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype of the computation."""
        return self._dtype_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the variables."""
        return self._dtype_policy.variable_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype to which inputs are cast."""
        return self._dtype_policy.compute_dtype

    @property
    def quantization_mode(self) -> str | None:
        """The quantization mode, None if the layer is not quantized."""
        return getattr(self._dtype_policy, "quantization_mode", None)

    def _forms_inside(self) -> dict[str, Any]:
        """What a build config tells of layers inside that were quantized after they were made."""
        if not any(layer.quantization_mode for layer in self._flatten_layers(include_self=False)):
            return {}
        from keras_core.layers.adapted import inside

        return {"quantized": inside.described(self)}

    def _restore_forms(self, config: dict[str, Any]) -> None:
        if config.get("quantized"):
            from keras_core.layers.adapted import inside

            inside.restore(self, config["quantized"])

    @property
    def path(self) -> str | None:
        """The name scopes under which the layer was built, and its name; None before."""
        return self._path

    # Variables ---------------------------------------------------------------------------

    @_name_first
    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> BaseVariable:
        """Make a variable that belongs to the layer.

        Args:
            shape: a tuple of ints; () by default.
            initializer: an initializer, its name or config. By default "glorot_uniform" for
                floats, "zeros" for ints and bools.
            dtype: a dtype name; the policy's variable dtype by default.
            trainable: whether optimizers change it.
            autocast: whether it is read in the layer's compute dtype.
            regularizer: a regularizer of its value, whose result is added to `losses`.
            constraint: a projection applied after each optimizer step.
            aggregation: how replicas' values are combined.
            overwrite_with_gradient: whether its gradient is its next value.
            name: a string without "/"; "variable" made unique by default.

        Returns:
            The variable.
        """
        if "_added_variables" not in self.__dict__:
            raise RuntimeError(advice.on_super(type(self)))
        if self._rebuilding:
            raise building.built_twice(self)
        if shape is not None and any(isinstance(size, (list, tuple)) for size in shape):
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: inputs must be one tensor. Received: "
                f"several, so that a weight would have the shape {tuple(shape)}. Call the layer on "
                "each of them, or join them first: layers.Concatenate()([a, b])."
            )
        policy = self._dtype_policy
        dtype = dtypes.standardize(dtype) if dtype is not None else policy.variable_dtype
        if initializer is None:
            is_float = dtype in dtypes.FLOATS or dtype in dtypes.COMPLEX
            initializer = "glorot_uniform" if is_float else "zeros"
        if self._building:
            scope: Any = building.NOTHING
        elif self._path:  # where the other variables are, as of a layer within another one
            scope = scopes.only_scopes(*self._path.split("/"))
        else:
            scope = scopes.name_scope(self.name)
        with scope:
            variable = select.variable_class()(
                initializers.get(initializer),
                shape=() if shape is None else shape,
                dtype=dtype,
                trainable=trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name,
            )
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._keep_variable(variable)
        return variable

    @_name_first
    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> BaseVariable:
        """`add_weight` under its older name."""
        return self.add_weight(
            shape=shape,
            initializer=initializer,
            dtype=dtype,
            trainable=trainable,
            autocast=autocast,
            regularizer=regularizer,
            constraint=constraint,
            name=name,
        )

    @property
    def trainable(self) -> bool:
        """Whether the layer's variables are trained.

        Setting it sets that of its variables and of the layers inside. Variables that were made
        not to be trained, or frozen one by one, stay as they are.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(
                errors.message(
                    f"{type(self).__name__} {self.name!r}", "trainable", "be a bool", value
                )
            )
        self.__dict__["_trainable"] = bool(value)
        if value:
            self.__dict__["_thawed"] = True  # asked for by name, whatever the layer is inside of
        else:
            self.__dict__.pop("_thawed", None)
        for variable in self._own_variables():
            variable._freeze(not value)
        for layer in self._layers:
            layer.trainable = bool(value)

    def _restore_trainable(self, value: Any) -> None:
        """Take over what a config says of a model itself; it says it of each layer, too."""
        self.__dict__["_trainable"] = bool(value)
        if value:
            return
        for layer in self._layers:
            if layer._trainable:  # a part that was tuned in a frozen model
                layer.__dict__["_thawed"] = True
        self._freeze_inside()

    def _freeze_inside(self) -> None:
        """Freeze the variables and the layers inside, but for those that were asked for by name."""
        for variable in self._own_variables():
            variable._freeze(True)
        for layer in self._layers:
            if "_thawed" not in layer.__dict__:
                layer.__dict__["_trainable"] = False
                layer._freeze_inside()

    @property
    def _layers(self) -> list[Any]:
        """The layers directly inside."""
        return tracking.in_order(self, StateMixin)

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Any]:
        """This layer, and all layers inside, each once."""
        found: dict[int, Any] = {id(self): self}
        queue = list(self._layers)
        while queue:
            layer = queue.pop(0)
            if id(layer) not in found:
                found[id(layer)] = layer
                if recursive:
                    queue[:0] = layer._inner_layers()
        out = list(found.values())
        return out if include_self else out[1:]

    def _inner_layers(self) -> list[Any]:
        """The layers directly inside, by a subclass's own `_flatten_layers` if it has one."""
        if type(self)._flatten_layers is StateMixin._flatten_layers:
            return self._layers
        return self._flatten_layers(include_self=False, recursive=False)

    def _own_variables(self) -> list[BaseVariable]:
        """The layer's own: those made by `add_weight`, and others set as attributes.

        In the order in which they came: another one after those set as attributes before it.
        Last those that stand for what the framework's own modules in attributes hold.
        """
        added = self._added_variables
        held = children(self, BaseVariable)
        if _native_variables is not None:
            held = [*held, *self._native_variables()]
        if len(held) <= len(added) and {id(v) for v in held} <= {id(v) for v in added}:
            return list(added)
        position = {id(v): (i, 0) for i, v in enumerate(added)}
        last = -1
        for n, v in enumerate(held, 1):
            last = max(last, position.setdefault(id(v), (last, n))[0])
        return sorted({id(v): v for v in (*added, *held)}.values(), key=lambda v: position[id(v)])

    @property
    def _trainable_variables(self) -> list[BaseVariable]:
        return [v for v in self._own_variables() if v._made_trainable]

    @property
    def _non_trainable_variables(self) -> list[BaseVariable]:
        return [v for v in self._own_variables() if not v._made_trainable]

    @property
    def _seed_generators(self) -> list[Any]:
        return children(self, SeedSource)

    @property
    def _metrics(self) -> list[Any]:
        return children(self, MetricBase)

    def _own_state(self, seeds: bool) -> list[BaseVariable]:
        out = self._trainable_variables + self._non_trainable_variables
        if seeds:
            out += [generator.state for generator in self._seed_generators]
        return out

    def _collect(self, seeds: bool) -> list[BaseVariable]:
        found: dict[int, BaseVariable] = {}
        for layer in self._flatten_layers():
            for v in layer._own_state(seeds):
                found[id(v)] = v
        return list(found.values())

    @property
    def variables(self) -> list[BaseVariable]:
        """All variables: its trainable ones, others, seed states, then those of the layers inside.

        Those of metrics are not among them.
        """
        return self._collect(seeds=True)

    @property
    def weights(self) -> list[BaseVariable]:
        """All variables but the states of seed generators."""
        return self._collect(seeds=False)

    @property
    def trainable_variables(self) -> list[BaseVariable]:
        """What an optimizer changes: the trainable variables of trainable layers."""
        if not self._trainable:
            return []
        found: dict[int, BaseVariable] = {}
        for layer in self._trainable_layers():
            for v in layer._own_variables():
                if v.trainable:
                    found[id(v)] = v
        return list(found.values())

    def _trainable_layers(self) -> list[Any]:
        """This layer and those inside that are trained, each once.

        What is inside of a frozen layer is frozen, but for layers that were set to be trainable
        afterwards: that is how a part of a frozen model is tuned.
        """
        found: dict[int, Any] = {id(self): self}
        seen: set[int] = set()
        queue = [(layer, False) for layer in self._inner_layers()]
        while queue:
            layer, frozen = queue.pop(0)
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            trained = layer._trainable and (not frozen or "_thawed" in layer.__dict__)
            if trained:
                found[id(layer)] = layer
            queue[:0] = [(inner, not trained) for inner in layer._inner_layers()]
        return list(found.values())

    @property
    def non_trainable_variables(self) -> list[BaseVariable]:
        """All variables that are not among `trainable_variables`."""
        trained = {id(v) for v in self.trainable_variables}
        return [v for v in self.variables if id(v) not in trained]

    @property
    def trainable_weights(self) -> list[BaseVariable]:
        """`trainable_variables`: seed states never are among them."""
        return self.trainable_variables

    @property
    def non_trainable_weights(self) -> list[BaseVariable]:
        """All weights that are not among `trainable_weights`."""
        trained = {id(v) for v in self.trainable_variables}
        return [v for v in self.weights if id(v) not in trained]

    @property
    def metrics(self) -> list[Any]:
        """The metrics of this layer and of those inside."""
        found: dict[int, Any] = {}
        for layer in self._flatten_layers():
            for metric in layer._metrics:
                found[id(metric)] = metric
        return list(found.values())

    @property
    def metrics_variables(self) -> list[BaseVariable]:
        """The variables of `metrics`."""
        return [v for metric in self.metrics for v in metric.variables]

    def add_metric(self, *args: Any, **kwargs: Any) -> None:
        """Gone in Keras 3: set a metric as an attribute and update it in `call`."""
        raise NotImplementedError(
            "add_metric() is gone: set the metric as an attribute of the layer and call its "
            "update_state() in call()."
        )

    def count_params(self) -> int:
        """The number of scalars in the weights.

        Raises:
            ValueError: if the layer is not built yet.
        """
        if not self.built:
            raise ValueError(
                f"{type(self).__name__} {self.name!r}: count_params() needs a built layer. Call it "
                "on data, or call build(input_shape), first."
            )
        return sum(v.size for v in self.weights)

    def get_weights(self) -> list[np.ndarray]:
        """The weights' values as NumPy arrays, in the order of `weights`."""
        return [v.numpy() for v in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Set the weights' values.

        Args:
            weights: arrays of the shapes of `weights`, in that order.

        Raises:
            ValueError: if the number or a shape differs; nothing is changed then.
        """
        own = self.weights
        owner = f"{type(self).__name__} {self.name!r}"
        if len(own) != len(weights):
            raise ValueError(
                f"{owner}: set_weights needs {len(own)} arrays, one for each of the weights. "
                f"Received: {len(weights)}"
                + ("" if self.built else " (the layer is not built yet)")
            )
        for v, value in zip(own, weights, strict=True):
            if tuple(np.shape(value)) != v.shape:
                raise ValueError(
                    f"{owner}: the array for weight {v.path!r} must have shape {v.shape}. "
                    f"Received: shape {tuple(np.shape(value))}"
                )
        for v, value in zip(own, weights, strict=True):
            v.assign(value)
        self._weights_changed()

    def _weights_changed(self) -> None:
        """Let layers that keep what they work out of variables, as Normalization, do it anew."""
        for layer in self._flatten_layers():
            finalize = getattr(layer, "finalize_state", None)
            if finalize is not None and layer.built:
                finalize()

    def save_own_variables(self, store: Any) -> None:
        """Put the layer's own variables into `store`, a mapping of names to arrays."""
        for i, v in enumerate(self._saved_values()):
            store[str(i)] = v

    def load_own_variables(self, store: Any) -> None:
        """Set the layer's own variables from `store`.

        Raises:
            ValueError: if their number differs.
        """
        own = self._saved_state()
        if len(store.keys()) != len(own):
            if own or self.built:
                raise ValueError(
                    f"{type(self).__name__} {self.name!r} has {len(own)} variables, the file holds "
                    f"{len(store.keys())} for it."
                    + ("" if self.built else " The layer is not built yet.")
                )
            raise ValueError(
                f"{type(self).__name__} {self.name!r} is not built, so it has no variables to "
                f"take the {len(store.keys())} values of the file. Build it before loading weights."
            )
        for i, v in enumerate(own):
            v.assign(store[str(i)])
        self._after_loading()

    def _saved_state(self) -> list[Any]:
        """The layer's own variables that files hold, in their order."""
        return self._own_state(seeds=False)

    def _saved_values(self) -> list[Any]:
        """What files hold for `_saved_state`: the variables, or arrays in their place."""
        return self._saved_state()

    def _after_loading(self) -> None:
        """Called when all values have been set from a file."""

    # Losses ------------------------------------------------------------------------------

    def add_loss(self, loss: Any) -> None:
        """Add a scalar tensor to the layer's losses; callable from `call`.

        Args:
            loss: a scalar tensor, or a list of them.

        Raises:
            ValueError: for a function, and for a KerasTensor outside of a call, both of Keras 2.
        """
        StateMixin._losses_in_use = True
        items = loss if isinstance(loss, (list, tuple)) else [loss]
        for item in items:
            outside = isinstance(item, KerasTensor) and scopes.local.call is None
            if outside or callable(item):
                raise ValueError(
                    f"{type(self).__name__} {self.name!r}: add_loss() must be given a scalar "
                    f"tensor that `call` has computed. Received: {errors.describe(item)}. "
                    f"{advice.ON_ADDED_LOSS}"
                )
            if scopes.local.stateless is not None and scopes.local.stateless.collect_losses:
                scopes.local.stateless.add_loss(item)
            elif scopes.local.stateless is not None or not scopes.local.symbolic:
                self._own_losses().append(item)

    def _own_losses(self) -> list[Any]:
        held = scopes.local.losses
        return self._losses if held is None else held.setdefault(id(self), [])

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer._own_losses().clear()

    @property
    def losses(self) -> list[Any]:
        """The losses added in the last call, and the penalties of regularized variables."""
        found: list[Any] = []
        scope = scopes.local.stateless
        if scope is not None and scope.collect_losses:
            found.extend(scope.losses)
        else:
            for layer in self._flatten_layers():
                found.extend(layer._own_losses())
        return found + self._penalties()

    def _penalties(self) -> list[Any]:
        return [v.regularizer(v) for v in self.trainable_variables if v.regularizer is not None]

    # Calls without state -----------------------------------------------------------------

    def stateless_call(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Call the layer as a pure function of its variables' values.

        Args:
            trainable_variables: values for `trainable_variables`, in order.
            non_trainable_variables: values for `non_trainable_variables`, in order.
            *args: the call's arguments.
            return_losses: whether to return the losses too.
            **kwargs: the call's arguments.

        Returns:
            `(outputs, non_trainable_variables)`, the values after the call, or with
            `return_losses` `(outputs, non_trainable_variables, losses)`.

        Raises:
            ValueError: if the layer is not built, or the number of values is wrong.

        Example:

        >>> import keras_core as keras
        >>> layer = keras.layers.Dense(2)
        >>> layer.build((None, 3))
        >>> values = [v.value for v in layer.trainable_variables]
        >>> y, rest = layer.stateless_call(values, [], keras.ops.ones((1, 3)))
        """
        owner = f"{type(self).__name__} {self.name!r}"
        if not self.built:
            raise ValueError(
                f"{owner}: stateless_call needs a built layer. Call build(input_shape), or the "
                "layer on data, first."
            )
        own = {"trainable": self.trainable_variables, "non_trainable": self.non_trainable_variables}
        given = {"trainable": trainable_variables, "non_trainable": non_trainable_variables}
        mapping = []
        for kind, variables in own.items():
            if len(variables) != len(given[kind]):
                raise ValueError(
                    f"{owner}: {kind}_variables must hold {len(variables)} values. "
                    f"Received: {len(given[kind])}"
                )
            mapping.extend(zip(variables, given[kind], strict=True))
        with scopes.StatelessScope(mapping, collect_losses=return_losses) as scope:
            outputs = self(*args, **kwargs)
            losses = self.losses if return_losses else None
        after = [scope.get_current_value(v) for v in own["non_trainable"]]
        if return_losses:
            return outputs, after, losses
        return outputs, after


_HOLDERS = (StateMixin, *tracking.CONTAINERS)  # what layers are in
