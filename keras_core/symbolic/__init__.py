"""Floor 2: tensors without values, the operations recorded on them, and graphs of those."""

from keras_core.symbolic.framework import lift
from keras_core.symbolic.graph import Graph
from keras_core.symbolic.keras_tensor import KerasTensor, any_symbolic, is_keras_tensor
from keras_core.symbolic.operation import Node, Operation

__all__ = ["Graph", "KerasTensor", "Node", "Operation", "any_symbolic", "is_keras_tensor", "lift"]
