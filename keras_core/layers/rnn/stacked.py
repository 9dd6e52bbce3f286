"""StackedRNNCells: cells on top of each other as one cell."""

from __future__ import annotations

import inspect
from typing import Any

from keras_core import ops
from keras_core.core import errors, tree
from keras_core.layers.base import Layer
from keras_core.layers.rnn.cells import DropoutMasks


def takes_training(cell: Any) -> bool:
    """Whether a cell's `call` has the argument `training`."""
    if isinstance(cell, Layer):
        return "training" in cell._info.names
    return "training" in inspect.signature(cell.call).parameters


class StackedRNNCells(Layer):
    """Several cells as one: each takes the output of the one before it.

    Args:
        cells: a list of cells.
        **kwargs: name, dtype, trainable.

    Call arguments:
        inputs: the first cell's input.
        states: a list with the states of each cell.
        training: passed to the cells that take it.

    Raises:
        ValueError: if a cell lacks `call` or `state_size`.

    Example:

    >>> import keras_core as keras
    >>> cells = [keras.layers.LSTMCell(8), keras.layers.LSTMCell(4)]
    >>> stack = keras.layers.StackedRNNCells(cells)
    >>> keras.layers.RNN(stack)(keras.ops.ones((2, 5, 3))).shape
    (2, 4)
    """

    def __init__(self, cells: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not cells:
            owner = f"StackedRNNCells {self.name!r}"
            raise ValueError(errors.message(owner, "cells", "hold at least one cell", cells))
        for i, cell in enumerate(cells):
            for name in ("call", "state_size"):
                if not hasattr(cell, name):
                    raise ValueError(
                        errors.message(
                            f"StackedRNNCells {self.name!r}",
                            f"cells[{i}]",
                            f"have the attribute {name!r}",
                            cell,
                        )
                    )
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Any]:
        """The cells' state sizes."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The size of the last cell's output."""
        return output_size(self.cells[-1])

    def build(self, input_shape: Any) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
            input_shape = (input_shape[0], output_size(cell))

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """The cells' first states."""
        return [initial_state(cell, batch_size, self.compute_dtype) for cell in self.cells]

    def call(
        self, inputs: Any, states: Any, training: Any = False, **kwargs: Any
    ) -> tuple[Any, list[Any]]:
        new = []
        for cell, state in zip(self.cells, states, strict=True):
            call = cell if isinstance(cell, Layer) else cell.call
            extra = {**kwargs, "training": training} if takes_training(cell) else kwargs
            given = list(state) if isinstance(state, (list, tuple)) else [state]
            inputs, after = call(inputs, given, **extra)
            spec = tree.flatten_spec(state)[1]
            new.append(tree.unflatten(spec, tree.flatten(after)))
        return inputs, new

    def draw_dropout(self, first: Any, states: Any) -> None:
        """Draw the cells' dropout masks, for a first input and the first states."""
        for cell, state in zip(self.cells, states, strict=True):
            own = tree.flatten(state)
            if isinstance(cell, DropoutMasks):
                cell.get_dropout_mask(first)
                cell.get_recurrent_dropout_mask(own[0])
            first = ops.zeros((ops.shape(first)[0], output_size(cell)), dtype=first.dtype)

    def get_config(self) -> dict[str, Any]:
        from keras_core.core import registry

        cells = [registry.serialize_keras_object(cell) for cell in self.cells]
        return {**super().get_config(), "cells": cells}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        from keras_core.core import registry

        cells = [
            registry.deserialize_keras_object(cell, custom_objects=custom_objects)
            for cell in config["cells"]
        ]
        return cls(**{**config, "cells": cells})


def output_size(cell: Any) -> int:
    """The size of a cell's output: as it says, else that of its first state."""
    size = getattr(cell, "output_size", None)
    return tree.flatten(cell.state_size)[0] if size is None else size


def initial_state(cell: Any, batch_size: Any, dtype: str) -> Any:
    """A cell's first states: as it says, else zeros of its state sizes."""
    get = getattr(cell, "get_initial_state", None)
    if get is not None:
        return get(batch_size=batch_size)
    return tree.map_structure(
        lambda size: ops.zeros((batch_size, size), dtype=dtype), cell.state_size
    )
