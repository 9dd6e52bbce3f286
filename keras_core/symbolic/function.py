"""Function: a graph from inputs to outputs as one operation, structures kept."""

from __future__ import annotations

from typing import Any

from keras_core.core import tree
from keras_core.symbolic.graph import Graph
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.symbolic.operation import Operation


class Function(Operation):
    """The computation that leads from some KerasTensors to others.

    Args:
        inputs: a KerasTensor, or a structure of them.
        outputs: a KerasTensor, or a structure of them, that depends on `inputs`.
        name: a string without "/".

    Raises:
        ValueError: if the outputs cannot be reached from the inputs.

    Example:

    >>> import keras_core as keras
    >>> x = keras.Input((2,))
    >>> f = keras.Function(x, x * 2)
    >>> f(keras.ops.ones((1, 2))).shape
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        self._inputs_struct, self._outputs_struct = inputs, outputs
        self._graph = Graph(tree.flatten(inputs), tree.flatten(outputs))

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
        return self._inputs_struct

    @property
    def output(self) -> Any:
        return self._outputs_struct

    @property
    def operations(self) -> list[Operation]:
        """The operations of the graph, by decreasing distance from the outputs."""
        return self._graph.operations

    def call(self, inputs: Any) -> Any:
        values = tree.flatten(inputs)
        if len(values) != len(self.inputs):
            raise ValueError(
                f"Function {self.name!r}: inputs must hold {len(self.inputs)} tensors. "
                f"Received: {len(values)}"
            )
        return tree.pack_sequence_as(self._outputs_struct, self._graph.run(values))

    def compute_output_spec(self, inputs: Any) -> Any:
        given = tree.flatten(inputs)
        if all(a.shape == b.shape for a, b in zip(given, self.inputs, strict=True)):
            return tree.map_structure(
                lambda x: KerasTensor(x.shape, x.dtype, sparse=x.sparse), self._outputs_struct
            )
        plain = [KerasTensor(x.shape, x.dtype, x.sparse, record_history=False) for x in given]
        out = self.call(tree.pack_sequence_as(self._inputs_struct, plain))
        return tree.map_structure(lambda x: KerasTensor(x.shape, x.dtype, sparse=x.sparse), out)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The outputs' shapes for other shapes of the inputs."""
        shapes = [input_shape] if len(self.inputs) == 1 else list(input_shape)
        specs = [KerasTensor(s, x.dtype) for s, x in zip(shapes, self.inputs, strict=True)]
        out = self.compute_output_spec(tree.pack_sequence_as(self._inputs_struct, specs))
        return tree.map_structure(lambda x: x.shape, out)

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError("A Function has no config; make a Model to save a graph.")
