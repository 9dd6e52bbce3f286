"""Functional: a model made of the graph between given inputs and outputs."""

from __future__ import annotations

import warnings
from typing import Any

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import advice, dtypes, masks, naming, tree
from keras_core.core.naming import local_names
from keras_core.layers.base.input_spec import InputSpec
from keras_core.layers.base.layer import Layer
from keras_core.layers.core.input_layer import InputLayer
from keras_core.models.model import Model
from keras_core.symbolic.graph import Graph, node_of
from keras_core.symbolic.keras_tensor import KerasTensor

arrays = backend.arrays


class Functional(Model):
    """A graph of layers and operations as a model.

    Args:
        inputs: a KerasTensor, or a list, tuple or dict of them. They need not come from
            `Input`: any tensor of a graph will do, and the model starts there.
        outputs: a KerasTensor or a structure of them.
        name: a string without "/".
        trainable: whether the model's variables are trained.

    Raises:
        ValueError: if an output cannot be reached from the inputs, inputs stand twice, or a
            structure holds something else than KerasTensors.

    Example:

    >>> import keras_core as keras
    >>> a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    >>> model = keras.Model({"a": a, "b": b}, a + b)
    >>> model({"a": keras.ops.ones((1, 2)), "b": keras.ops.ones((1, 2))}).shape
    """

    _layers_come_first = True
    _checks_inputs = False  # `call` does, and mends what it can
    _sizes_bind = True  # whether inputs must have the sizes that the graph's have
    _casts_inputs = False  # each input is cast to its own Input's dtype, in `call`

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None, **kwargs: Any) -> None:
        for what, struct in (("inputs", inputs), ("outputs", outputs)):
            for x in tree.flatten(struct):
                if not isinstance(x, KerasTensor):
                    raise ValueError(
                        f"Model: {what} must be KerasTensors, made by Input() and calls on them. "
                        f"Received: {x!r} (of type {type(x).__name__})"
                    )
        flat_inputs = tree.flatten(inputs)
        if len({id(x) for x in flat_inputs}) != len(flat_inputs):
            raise ValueError("Model: inputs must not hold a tensor twice.")
        super().__init__(name=name, **kwargs)
        if any(node_of(x) is None or not node_of(x).is_input for x in flat_inputs):  # type: ignore[union-attr]
            inputs, outputs = _restarted(inputs, outputs)
        self._inputs_struct, self._outputs_struct = inputs, outputs
        # As in Keras, a list of one output gives the output itself, where there are values.
        one = isinstance(outputs, (list, tuple)) and len(outputs) == 1
        self._results_struct = outputs[0] if one else outputs
        self._graph = Graph(tree.flatten(inputs), tree.flatten(outputs))
        # What is tracked: the layers, under the attribute from which files derive their paths.
        self._operations = self._graph.operations
        self._check_names()
        if isinstance(inputs, (list, tuple)) and len(inputs) == 1:
            self._single = True
        else:
            self._single = isinstance(inputs, KerasTensor)
        self._input_names = [
            x._keras_history.operation.name  # type: ignore[union-attr]
            for x in self._graph.inputs
        ]
        self.built = True
        self.__dict__["_path"] = self.name
        self.__dict__["_supports_masking"] = True
        self._allow_non_tensor_positional_args = True
        if not self._trainable:  # True thaws nothing: a layer may have been frozen before
            self._freeze_inside()

    _untracked = Model._untracked | frozenset({"_input_names"})

    def _check_names(self) -> None:
        seen: dict[str, Any] = {}
        for operation in self._operations:
            other = seen.setdefault(operation.name, operation)
            if other is not operation:
                raise ValueError(
                    f"Model {self.name!r}: all operations must have different names. The name "
                    f"{operation.name!r} stands for a {type(other).__name__} and a "
                    f"{type(operation).__name__}. Pass name= to one of them."
                )

    # Structure ---------------------------------------------------------------------------

    @property
    def layers(self) -> list[Any]:
        """The layers of the graph, by decreasing distance from the outputs."""
        return [operation for operation in self._operations if isinstance(operation, Layer)]

    def _named_layers(self) -> Any:
        return local_names(self.layers)

    @property
    def operations(self) -> list[Any]:
        """The layers and operations of the graph, by decreasing distance from the outputs."""
        return list(self._operations)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The inputs, flat."""
        return self._graph.inputs

    @property
    def outputs(self) -> list[KerasTensor]:
        """The outputs, flat."""
        return self._graph.outputs

    @property
    def input(self) -> Any:
        """The inputs in the structure they were given in."""
        return self._inputs_struct

    @property
    def output(self) -> Any:
        """The outputs in the structure they were given in."""
        return self._outputs_struct

    @property
    def input_shape(self) -> Any:
        """The inputs' shapes: the shape itself where there is one."""
        return _shapes(self._inputs_struct)

    @property
    def output_shape(self) -> Any:
        """The outputs' shapes: the shape itself where there is one."""
        return _shapes(self._outputs_struct)

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, in flat order."""
        return list(self._input_names)

    @property
    def output_names(self) -> list[str]:
        """The names of the operations that make the outputs, in flat order."""
        return [x._keras_history.operation.name for x in self.outputs]  # type: ignore[union-attr]

    @property
    def input_spec(self) -> Any:
        """What the inputs must be like, flat; inputs are checked by `call` itself."""
        if "_own_spec" in self.__dict__:
            return self.__dict__["_own_spec"]
        return [
            InputSpec(
                shape=(None, *x.shape[1:]),
                allow_last_axis_squeeze=True,
                name=name,
                optional=_is_optional(x),
            )
            for x, name in zip(self.inputs, self._input_names, strict=True)
        ]

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        pass  # the graph's inputs say it

    # Calling -----------------------------------------------------------------------------

    def _accepted_context_args(self) -> frozenset[str]:
        return frozenset().union(*(x._context_args for x in self._flatten_layers()))

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Run the graph.

        Args:
            inputs: tensors in the structure of the model's inputs; a flat list, or a dict by
                the inputs' names, will do as well.
            training: passed down to the layers.
            mask: a mask for each input.

        Returns:
            Tensors in the structure of the model's outputs; the tensor alone for a list of one.

        Raises:
            ValueError: if the inputs' number, names or shapes do not fit.
        """
        values = self._ordered(inputs)
        if mask is not None:
            for x, m in zip(values, tree.flatten(mask), strict=False):
                if m is not None and masks.get_mask(x) is None:
                    masks.set_mask(x, m)
        flat = self._graph.run(values)
        if isinstance(self._results_struct, KerasTensor):
            return flat[0]
        return tree.pack_sequence_as(self._results_struct, flat)

    def _ordered(self, inputs: Any) -> list[Any]:
        """One value for each input, in the graph's order, of its rank and dtype."""
        wanted = self._graph.inputs
        if isinstance(inputs, dict) and not isinstance(self._inputs_struct, dict):
            values = self._by_name(inputs)
        elif isinstance(inputs, dict):
            missing = [k for k in self._inputs_struct if k not in inputs]
            if missing:
                raise ValueError(
                    f"Model {self.name!r}: inputs must have the keys "
                    f"{sorted(self._inputs_struct)}. Received: {sorted(inputs)}"
                )
            values = tree.flatten({k: inputs[k] for k in self._inputs_struct})
        elif not isinstance(inputs, (list, tuple)):
            values = [inputs]
        else:
            values = tree.flatten(inputs)
        if len(values) != len(wanted):
            raise ValueError(
                f"Model {self.name!r} has {len(wanted)} input(s) {self._input_names}. "
                f"Received: {len(values)} input(s)"
            )
        for i, (x, symbol) in enumerate(zip(values, wanted, strict=True)):
            if x is None:
                if not _is_optional(symbol):
                    raise ValueError(
                        f"Model {self.name!r}: input {self._input_names[i]!r} must be a tensor. "
                        "Received: None. Make it with Input(optional=True) to allow that."
                    )
                continue
            values[i] = self._fitted(x, symbol, self._input_names[i])
        return values

    def _by_name(self, inputs: dict[str, Any]) -> list[Any]:
        missing = [name for name in self._input_names if name not in inputs]
        if missing:
            raise ValueError(
                f"Model {self.name!r}: inputs must have the keys {self._input_names}. "
                f"Received: {list(inputs)}"
            )
        return [inputs[name] for name in self._input_names]

    def _fitted(self, x: Any, symbol: KerasTensor, name: str) -> Any:
        """`x` in the input's rank (a last axis of 1 added or taken) and float type."""
        shape = x.shape
        want = symbol._shape
        rank = len(shape)
        if rank != len(want):
            if rank == len(want) + 1 and shape[-1] == 1:
                x = ops.squeeze(x, -1)
            elif rank == len(want) - 1 and want[-1] == 1:
                x = ops.expand_dims(x, -1)
            else:
                raise ValueError(
                    f"Model {self.name!r}: input {name!r} must have shape {want} (rank "
                    f"{len(want)}). Received: shape {tuple(shape)}. "
                    f"{advice.on_rank(len(want), tuple(shape))}".rstrip()
                )
            shape = x.shape
        for axis, size in enumerate(want if self._sizes_bind else ()):
            if axis and size is not None and shape[axis] is not None and shape[axis] != size:
                raise ValueError(
                    f"Model {self.name!r}: input {name!r} must have shape {want}. "
                    f"Received: shape {tuple(shape)}. {advice.on_sizes(want, tuple(shape))}"
                )
        if isinstance(x, KerasTensor):
            return x
        dtype = arrays.dtype_name(x) if arrays.is_tensor(x) else None
        if dtype not in (None, symbol._dtype, dtypes.canonical(symbol._dtype), "string"):
            mask = masks.get_mask(x)
            # The layer may have been converted with the model: `double()` in torch.
            history = symbol._keras_history
            layer = None if history is None else history.operation
            if dtype in dtypes.COMPLEX and symbol._dtype not in dtypes.COMPLEX:
                warnings.warn(
                    f"Model {self.name!r}: input {name!r} takes {symbol._dtype}, so that the "
                    f"imaginary parts of {dtype} values are dropped. Pass real numbers, such as "
                    f"np.abs(x), or write keras.Input(..., dtype={dtype!r}).",
                    stacklevel=2,
                )
                x = ops.real(x)
            x = arrays.cast(x, layer.dtype if isinstance(layer, InputLayer) else symbol._dtype)
            if mask is not None:
                masks.set_mask(x, mask)
        return x

    def compute_output_spec(
        self, inputs: Any, training: bool | None = None, mask: Any = None
    ) -> Any:
        """The outputs as KerasTensors."""
        values = self._ordered(inputs)
        if all(
            isinstance(x, KerasTensor) and x.shape == symbol.shape
            for x, symbol in zip(values, self._graph.inputs, strict=True)
        ):
            # Without a mask: that of this graph belongs to its own inputs. Values carry theirs.
            return tree.map_structure(
                lambda x: KerasTensor(x.shape, x.dtype, sparse=x.sparse, ragged=x.ragged),
                self._outputs_struct,
            )
        plain = [
            KerasTensor(x.shape, x.dtype, record_history=False) if isinstance(x, KerasTensor) else x
            for x in values
        ]
        out = self._graph.run(plain)
        fresh_out = [KerasTensor(x.shape, x.dtype, sparse=x.sparse) for x in out]
        return tree.pack_sequence_as(self._outputs_struct, fresh_out)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The outputs' shapes for other shapes of the inputs."""
        from keras_core.layers.base.structures import tree_of_shapes

        shapes: list[Any] = []
        tree_of_shapes(input_shape, shapes.append)
        plain = [
            KerasTensor(s, x.dtype, record_history=False)
            for s, x in zip(shapes, self._graph.inputs, strict=True)
        ]
        out = self._graph.run(plain)
        return tree.pack_sequence_as(self._outputs_struct, [x.shape for x in out])

    @property
    def _makes_masks(self) -> bool:  # the layers inside do, and say so
        return type(self).compute_mask is not Functional.compute_mask

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The outputs carry the masks that their layers gave them."""
        return tree.map_structure(lambda x: None, self._outputs_struct)

    def build(self, input_shape: Any = None) -> None:
        """Nothing to do: the layers were built when the graph was described."""
        self.built = True

    # Configuration -----------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        if type(self).__init__ is not Functional.__init__ and not _takes_graph(type(self)):
            return Layer.get_config(self)
        from keras_core.models.graph_config import graph_to_config

        return graph_to_config(self)

    def get_build_config(self) -> dict[str, Any] | None:
        return {"input_shape": None}


def functional_from_config(cls: type, config: dict[str, Any], custom_objects: Any = None) -> Any:
    """A functional model from its config; see `models.graph_config`."""
    from keras_core.models.graph_config import graph_from_config

    return graph_from_config(cls, config, custom_objects)


def _takes_graph(cls: type) -> bool:
    code = getattr(cls.__init__, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    return "inputs" in names and "outputs" in names


def _shapes(structure: Any) -> Any:
    flat = tree.flatten(structure)
    return flat[0].shape if len(flat) == 1 else tree.map_structure(lambda x: x.shape, structure)


def _is_optional(x: KerasTensor) -> bool:
    operation = x._keras_history.operation if x._keras_history is not None else None
    return isinstance(operation, InputLayer) and operation.optional


def _restarted(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """The same graph from new Inputs in place of tensors in its middle."""
    flat_inputs = tree.flatten(inputs)
    graph = Graph(flat_inputs, tree.flatten(outputs))
    fresh = []
    for x in flat_inputs:
        node = node_of(x)
        if node is not None and node.is_input:
            fresh.append(x)
        else:
            layer = InputLayer(
                batch_shape=x.shape, dtype=x.dtype, sparse=x.sparse, name=naming.auto_name("input")
            )
            fresh.append(layer.output)
    replayed = graph.run(fresh)
    return tree.pack_sequence_as(inputs, fresh), tree.pack_sequence_as(outputs, replayed)
