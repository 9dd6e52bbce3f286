"""Sequential: a stack of layers, each fed with the one before."""

from __future__ import annotations

from typing import Any

from keras_core.backends.select import backend
from keras_core.core import naming
from keras_core.core.naming import local_names
from keras_core.core.tracebacks import trimmed
from keras_core.layers.base.layer import Layer
from keras_core.layers.base.structures import tree_of_shapes
from keras_core.layers.core.input_layer import InputLayer, taken_dtype
from keras_core.models.functional import Functional
from keras_core.models.model import Model
from keras_core.symbolic.keras_tensor import KerasTensor


class Sequential(Model):
    """A stack of layers with one input and one output.

    Args:
        layers: a list of layers; an `Input` at its start builds the model at once.
        trainable: whether the model's variables are trained.
        name: a string without "/".

    Raises:
        ValueError: if something else than a layer is added, or two layers have one name.

    Example:

    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    >>> model.output_shape
    (None, 2)
    """

    _untracked = Model._untracked | frozenset({"_functional"})

    _layers_come_first = True
    _casts_inputs = False  # the layers cast for themselves
    _stated_shape: Any = None  # of the inputs, by `build` or data, where no Input says it

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        if hasattr(trainable, "_keras_history") or isinstance(trainable, Layer):
            raise ValueError(
                "Sequential: layers must be one list. Received: several arguments. Write "
                "Sequential([a, b])."
            )
        super().__init__(trainable=trainable, name=name)
        self._stack: list[Any] = []
        self._functional: Functional | None = None
        self.__dict__["_supports_masking"] = True
        if layers:
            taken: set[str] = set()
            for layer in layers if isinstance(layers, (list, tuple)) else [layers]:
                self._put(layer, taken)
            self._maybe_rebuild()

    @trimmed
    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Put a layer on top.

        Args:
            layer: a layer, an `Input`, or a function of this package's activations.
            rebuild: whether the model is built again at once, if its input is known.

        Raises:
            ValueError: if it is no layer, its name is taken, or an Input is not the first.
        """
        self._put(layer, {x.name for x in self._stack})
        if rebuild:
            self._maybe_rebuild()

    def _put(self, layer: Any, taken: set[str]) -> None:
        """Put a layer on top; `taken` are the names of those below, to which it adds its own.

        A file may name a million layers: looking through all of them for each takes hours.
        """
        if hasattr(layer, "_keras_history"):
            origin = layer._keras_history
            if origin is not None and isinstance(origin.operation, InputLayer):
                layer = origin.operation
        if not isinstance(layer, Layer):
            if isinstance(layer, type):
                raise ValueError(
                    f"Sequential {self.name!r}: layers must be Layer instances. Received: the "
                    f"class {layer.__name__}. Write {layer.__name__}()."
                )
            if callable(layer) and not hasattr(layer, "shape"):
                layer = _wrapped(layer)
            else:
                raise ValueError(
                    f"Sequential {self.name!r}: layers must be Layer instances. "
                    f"Received: {layer!r} (of type {type(layer).__name__})"
                )
        if layer.name in taken and layer in self._stack:
            raise ValueError(
                f"Sequential {self.name!r}: the layer {layer.name!r} stands there twice, and a "
                "layer has one set of weights. [Dense(4)] * 3 is one layer three times: write "
                "[Dense(4) for _ in range(3)]. To share weights on purpose, use a functional model."
            )
        if layer.name in taken:
            raise ValueError(
                f"Sequential {self.name!r}: all layers must have different names. The name "
                f"{layer.name!r} is taken; pass name= to one of the layers."
            )
        if isinstance(layer, InputLayer) and self._stack:
            raise ValueError(
                f"Sequential {self.name!r}: an Input must come first. The model has "
                f"{len(self._stack)} layer(s) already."
            )
        shape = layer.__dict__.get("_input_shape_arg")
        if not self._stack and shape is not None:
            self._stack.append(InputLayer(batch_shape=shape))
            taken.add(self._stack[0].name)
        self._stack.append(layer)
        taken.add(layer.name)
        self.built, self._functional = False, None

    def pop(self, rebuild: bool = True) -> Any:
        """Take the top layer away.

        Args:
            rebuild: whether the model is built again at once.

        Returns:
            The layer.

        Raises:
            ValueError: if there is none.
        """
        if not self._stack:
            raise ValueError(f"Sequential {self.name!r} has no layer to pop.")
        layer = self._stack.pop()
        self.built, self._functional = False, None
        if not self._stack:
            self._stated_shape = None
        if rebuild:
            self._maybe_rebuild()
        return layer

    def _maybe_rebuild(self) -> None:
        self.built, self._functional = False, None
        if self._stack and isinstance(self._stack[0], InputLayer):
            if len(self._stack) > 1:
                self.build(self._stack[0].batch_shape)
        elif self._stack and isinstance(self._stack[0], Functional):
            self.build(self._stack[0].input_shape)
        elif self._stack and self._stated_shape is not None:
            self.build(self._stated_shape)

    def build(self, input_shape: Any = None) -> None:
        """Build the layers for inputs of a shape.

        Args:
            input_shape: the input's shape, batch axis included.

        Raises:
            ValueError: if there is no layer, or no shape is known.
        """
        if not self._stack:
            raise ValueError(f"Sequential {self.name!r} has no layers; add some before building.")
        if isinstance(self._stack[0], InputLayer):
            inputs: Any = self._stack[0].output
        else:
            if input_shape is None:
                raise ValueError(
                    f"Sequential {self.name!r}: build() needs the input's shape, or an Input first."
                )
            self._stated_shape = input_shape
            dtype = taken_dtype(self._stack[0].compute_dtype)
            name = naming.auto_name("input_layer")
            inputs = tree_of_shapes(
                input_shape, lambda s: InputLayer(batch_shape=s, dtype=dtype, name=name).output
            )
        x = inputs
        for layer in self._stack:
            if isinstance(layer, InputLayer):
                continue
            try:
                x = layer(x)
            except Exception as error:
                # A custom layer whose shapes cannot be inferred: built on the first real call.
                if isinstance(error, NotImplementedError) or backend.arrays.wants_values(error):
                    return
                raise
        with _untouched_counter():
            functional = Functional(inputs, x, name=self.name)
        # Sizes that nobody stated, but the first batch had, bind no other batch.
        functional._sizes_bind = isinstance(self._stack[0], InputLayer)
        self._functional = functional
        self.built = True

    def _known_outputs(self, specs: Any) -> Any:
        # Layer by layer, as `build` does it: one that says its output's shape need not be traced.
        if not isinstance(specs, KerasTensor) or type(self).call is not Sequential.call:
            return None
        if not self.built and self._stack:
            self.build(specs.shape)
        functional = self._functional
        if functional is None or len(functional.inputs) != 1 or not self._is_built():
            return None
        known, given = functional.inputs[0].shape, specs.shape
        # A batch that is fixed for the sake of states stands for any.
        same = all(a in (None, b) for a, b in zip(known[1:], given[1:], strict=False))
        return functional._outputs_struct if same and len(known) == len(given) else None

    def _named_layers(self) -> Any:
        return local_names(self.layers)

    # Calling -----------------------------------------------------------------------------

    def _accepted_context_args(self) -> frozenset[str]:
        return frozenset().union(*(x._context_args for x in self._flatten_layers()))

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any
    ) -> Any:
        """Run the stack.

        Args:
            inputs: the input tensor.
            training: passed down to the layers.
            mask: a mask of the input.
            **kwargs: passed to layers that take them.

        Returns:
            The top layer's output.
        """
        functional = self._functional
        if functional is not None:
            inputs = functional._ordered(inputs)
            x = inputs[0] if len(inputs) == 1 else inputs
        else:
            x = inputs
        if mask is not None:
            from keras_core.core import masks

            masks.set_mask(x, mask)
        for layer in self._stack:
            if layer.__class__ is InputLayer:
                continue
            if kwargs:
                names = layer._info.names
                x = layer(x, **{k: v for k, v in kwargs.items() if k in names})
            else:
                x = layer(x)
        return x

    def compute_output_spec(
        self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any
    ) -> Any:
        """The output as a KerasTensor."""
        if self._functional is not None:
            return self._functional.compute_output_spec(inputs, training=training, mask=mask)
        for layer in self._stack:
            if not isinstance(layer, InputLayer):
                inputs = layer.compute_output_spec(inputs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape for another shape of the input."""
        if self._functional is not None:
            return self._functional.compute_output_shape(input_shape)
        for layer in self._stack:
            if not isinstance(layer, InputLayer):
                input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    @property
    def _makes_masks(self) -> bool:  # the layers inside do, and say so
        return type(self).compute_mask is not Sequential.compute_mask

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The output carries the mask that its layer gave it."""
        return None

    # Structure ---------------------------------------------------------------------------

    @property
    def layers(self) -> list[Any]:
        """The layers, without the Input."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    def _graph_attribute(self, name: str) -> Any:
        if self._functional is None:
            raise AttributeError(
                f"Sequential {self.name!r} has no {name} yet: it is not built. Add an Input first, "
                "call build(input_shape), or call the model on data."
            )
        return getattr(self._functional, name)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The input, in a list."""
        return self._graph_attribute("inputs")

    @property
    def outputs(self) -> list[KerasTensor]:
        """The output, in a list."""
        return self._graph_attribute("outputs")

    @property
    def input(self) -> Any:
        """The input's KerasTensor."""
        return self._graph_attribute("input")

    @property
    def output(self) -> Any:
        """The output's KerasTensor."""
        return self._graph_attribute("output")

    @property
    def input_shape(self) -> Any:
        """The input's shape."""
        return self._graph_attribute("input_shape")

    @property
    def output_shape(self) -> Any:
        """The output's shape."""
        return self._graph_attribute("output_shape")

    @property
    def input_names(self) -> list[str]:
        """The input's name, in a list."""
        return self._graph_attribute("input_names")

    @property
    def output_names(self) -> list[str]:
        """The output layer's name, in a list."""
        return self._graph_attribute("output_names")

    @property
    def input_dtype(self) -> str:
        """The dtype of the first layer's input."""
        own = self.layers
        return own[0].input_dtype if own else super().input_dtype

    # Configuration -----------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        from keras_core import dtype_policies
        from keras_core.core import registry

        config: dict[str, Any] = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": dtype_policies.serialize(self._dtype_policy),
            "layers": registry.serialize_keras_object(self._stack),
        }
        if self._functional is not None:
            config["build_input_shape"] = self.input_shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        if "name" not in config or "layers" not in config:
            return cls(**config)
        from keras_core.core import registry, scopes

        model, taken = cls(name=config["name"]), set()
        # Layers that come built get the paths that this model would have given them.
        with scopes.only_scopes(config["name"]):
            layers = registry.deserialize_keras_object(config["layers"], custom_objects)
        for layer, layer_config in zip(layers, config["layers"], strict=True):
            if not isinstance(layer, Layer):
                raise ValueError(
                    f"Sequential {config['name']!r}: the config's layers must be layers. "
                    f"Received: {layer_config!r}"
                )
            model._put(layer, taken)
        model._maybe_rebuild()
        shape = config.get("build_input_shape")
        if not model.built and shape is not None and model._stack:
            model.build(tree_of_shapes(shape, lambda s: s))
        model._restore_trainable(config.get("trainable", True))
        return model


class _untouched_counter:
    """The inner graph's own objects take no automatic names."""

    def __enter__(self) -> None:
        self._saved = dict(naming._counts)

    def __exit__(self, *error: object) -> None:
        naming._counts.clear()
        naming._counts.update(self._saved)


def _wrapped(function: Any) -> Layer:
    from keras_core.layers import Lambda

    return Lambda(function)
