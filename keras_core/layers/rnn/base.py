"""RNN: a cell run over time, and the state that is carried between batches."""

from __future__ import annotations

import operator
from typing import Any, ClassVar

from keras_core import ops, regularizers
from keras_core.backends.select import backend, variable_class
from keras_core.core import errors, tree
from keras_core.core.limits import BOOL, keep
from keras_core.core.tracking import SeedSource
from keras_core.layers.base import InputSpec, Layer
from keras_core.layers.base.options import OptionsLayer
from keras_core.layers.base.structures import goes_with
from keras_core.layers.rnn import loop
from keras_core.layers.rnn.cells import DenseCell, DropoutMasks
from keras_core.layers.rnn.stacked import (
    StackedRNNCells,
    initial_state,
    output_size,
    takes_training,
)

FLAGS = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll",
         "zero_output_for_mask")  # fmt: skip


def _for_rows(state: Any, batch: int) -> Any:
    """A state for each row of a batch."""
    shape = tuple(state.shape)
    return ops.broadcast_to(state, (batch, *shape[1:])) if shape[:1] == (1,) else state


class CarriedState(SeedSource):
    """A state kept from batch to batch: like a seed's, a variable that is no weight."""

    def __init__(self, value: Any) -> None:
        self.state = variable_class()(value, trainable=False, name="rnn_state")


class RNN(Layer):
    """A cell applied to the steps of a sequence, one after the other.

    Args:
        cell: a cell, or a list of cells to stack. A cell is an object (best a Layer) with
            `call(inputs, states) -> (output, states)` and `state_size`, an int or a list of
            ints; optionally `output_size` and `get_initial_state(batch_size)`.
        return_sequences: whether the outputs of all steps are returned, not the last one alone.
        return_state: whether the last states are returned after the output.
        go_backwards: whether sequences are read backwards (and outputs come in that order).
        stateful: whether a batch starts from the states that the last one ended with.
        unroll: whether the steps are laid out one by one: quicker for short sequences, and more
            memory. The number of steps must be known.
        zero_output_for_mask: whether outputs of masked steps are zeros, rather than the output
            of the last step that counted.
        **kwargs: name, dtype, trainable, activity_regularizer.

    Call arguments:
        sequences: (batch, time, ...).
        initial_state: states to begin with, a list as `get_initial_state` gives; zeros by
            default.
        mask: (batch, time), False at steps to skip.
        training: passed to the cell.

    Raises:
        ValueError: if the cell lacks `call` or `state_size`.

    Example:

    >>> import keras_core as keras
    >>> rnn = keras.layers.RNN([keras.layers.LSTMCell(8), keras.layers.GRUCell(4)])
    >>> rnn(keras.ops.ones((2, 10, 3))).shape
    (2, 4)
    """

    limits = dict.fromkeys(FLAGS, BOOL)
    _input_must = OptionsLayer._input_must
    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    unroll: bool
    zero_output_for_mask: bool

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        flags = dict(locals())
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        for name in ("call", "state_size"):
            if not hasattr(cell, name):
                raise ValueError(
                    errors.message(
                        type(self).__name__, "cell", f"have the attribute {name!r}", cell
                    )
                )
        super().__init__(**kwargs)
        keep(self, flags, self._owner)
        self.cell = cell
        self.supports_masking = True
        self._carried: Any = None
        self.state_size = getattr(cell, "state_size", None)
        self.single_state = not isinstance(self.state_size, (list, tuple))

    # Shapes ------------------------------------------------------------------------------

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        step_shape = tree_of_steps(sequences_shape)
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build(step_shape)
        if self.stateful:
            self._create_states(sequences_shape[0])

    def _create_states(self, batch_size: int | None) -> None:
        if self._carried is not None:
            self.reset_state()
            return
        if batch_size is None:
            raise ValueError(
                f"{self._owner}: with stateful=True the batch size must be known. Received: "
                "batch size None. Give it to the model: Input(shape, batch_size=...)."
            )
        initial = self.get_initial_state(batch_size)
        self._carried = tree.map_structure(CarriedState, initial)

    def compute_output_shape(self, sequences_shape: Any, initial_state_shape: Any = None) -> Any:
        batch, time = sequences_shape[0], sequences_shape[1]
        states = tree.map_structure(lambda size: (batch, size), self.state_size)
        output = (batch, output_size(self.cell))
        if self.return_sequences:
            output = (batch, time, *output[1:])
        if not self.return_state:
            return output
        return (output, states) if self.single_state else (output, *states)

    def compute_mask(self, _: Any, mask: Any) -> Any:
        """The mask of the output: the sequences' own if all steps are returned."""
        mask = tree.flatten(mask)[0] if mask is not None else None
        output = mask if self.return_sequences else None
        if not self.return_state:
            return output
        return [output, *(None for _ in tree.flatten(self.state_size))]

    # States ------------------------------------------------------------------------------

    @property
    def states(self) -> Any:
        """The variables that carry the states between batches; None if there are none."""
        if self._carried is None:
            return None
        return tree.map_structure(lambda held: held.state, self._carried)

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """The states that a batch begins with: the cell's own, else zeros.

        Args:
            batch_size: an int, or a scalar tensor.

        Returns:
            A list of tensors (batch, size); nested for stacked cells.
        """
        states = initial_state(self.cell, batch_size, self.compute_dtype)
        return list(states) if isinstance(states, (list, tuple)) else [states]

    def reset_state(self) -> None:
        """Set the states carried between batches to their first values."""
        if self._carried is None:
            return
        held = tree.flatten(self._carried)
        initial = self.get_initial_state(held[0].state.shape[0])
        for one, value in zip(held, tree.flatten(initial), strict=True):
            one.state.assign(value)

    def reset_states(self) -> None:
        """`reset_state` under its older name."""
        self.reset_state()

    # Calling -----------------------------------------------------------------------------

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: Any = False
    ) -> Any:
        if mask is not None and isinstance(mask, (list, tuple)):
            mask = mask[0]
        if mask is not None:
            sizes = tuple(tree.flatten(sequences)[0].shape[:2])
            if len(mask.shape) < 2 or not goes_with(mask.shape[:2], sizes):
                must = f"have the axes (batch, time) = {sizes}"
                raise ValueError(errors.message(self._owner, "mask", must, tuple(mask.shape)))
        states = self._first_states(sequences, initial_state)
        try:
            last, outputs, states = self.inner_loop(sequences, states, mask, training)
        finally:
            if training and isinstance(self.cell, Layer):
                self._reset_dropout(self.cell)
        if self.stateful:
            for held, value in zip(tree.flatten(self._carried), tree.flatten(states), strict=True):
                held.state.assign(value)
        # The cell may compute in another dtype.
        output = self._as_computed(outputs if self.return_sequences else last)
        return (output, *self._as_computed(states)) if self.return_state else output

    def _first_states(self, sequences: Any, given: Any) -> list[Any]:
        if given is None:
            if self.stateful:
                self._check_carried(tree.flatten(sequences)[0].shape[0])
                return tree.map_structure(self._carried_value, self._carried)
            return self.get_initial_state(ops.shape(tree.flatten(sequences)[0])[0])
        given = given if isinstance(given, (list, tuple)) else [given]
        sizes = [self.state_size] if self.single_state else list(self.state_size)  # pyright: ignore[reportArgumentType]
        got = [tuple(x.shape) for x in tree.flatten(given)]
        wanted, batch = tree.flatten(sizes), tree.flatten(sequences)[0].shape[0]
        if len(got) != len(wanted) or any(
            isinstance(size, int) and size > 0 and len(shape) == 2
            and (shape[-1] not in (size, None) or not goes_with(shape[:1], (batch,)))
            for shape, size in zip(got, wanted, strict=True)
        ):  # fmt: skip
            raise ValueError(
                f"{self._owner}: initial_state must hold {len(wanted)} state(s) of the sizes "
                f"{wanted} for a batch of {batch}. Received: {len(got)} of the shapes {got}"
            )
        if batch not in (None, 1):  # one row for all: a loop's states must not grow
            given = tree.map_structure(lambda x: _for_rows(x, batch), list(given))
        return self._as_computed(list(given))

    def _check_carried(self, batch: int | None) -> None:
        """Refuse another number of rows: kernels read past the end of states of fewer."""
        held = next(iter(tree.flatten(self._carried)[0].state.shape), batch)
        if batch is not None and batch != held:
            raise ValueError(
                f"{self._owner}: with stateful=True every batch must have {held} rows, as the "
                f"states it goes on from. Received: a batch of {batch}. Leave out what does not "
                "fill a batch, or begin anew with a layer built for another."
            )

    def _as_computed(self, values: Any) -> Any:
        return tree.map_structure(lambda x: ops.cast(x, self.compute_dtype), values)

    def _carried_value(self, held: CarriedState) -> Any:
        # The gradient wants it as it was, and the variable may be assigned in place.
        return ops.copy(ops.cast(held.state.tensor, self.compute_dtype))

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: Any = False
    ) -> tuple[Any, Any, Any]:
        """The loop over time. Subclasses replace it by a kernel for whole sequences.

        Returns:
            The last output, all outputs, the last states.
        """
        cell = self.cell
        if training and isinstance(cell, Layer):
            first = tree.map_structure(lambda x: x[:, 0], sequences)
            self._draw_dropout(cell, first, initial_state)
        sequences, step = self._steps(sequences, training)
        return loop.run(
            step,
            sequences,
            initial_state,
            mask,
            go_backwards=self.go_backwards,
            unroll=self.unroll,
            zero_output_for_mask=self.zero_output_for_mask,
        )

    def _steps(self, sequences: Any, training: Any) -> tuple[Any, loop.Step]:
        """What the loop goes over, and its step."""
        cell = self.cell
        kwargs = {"training": training} if takes_training(cell) else {}
        call = cell if isinstance(cell, Layer) else cell.call
        return sequences, lambda x, states: call(x, states, **kwargs)

    # Dropout masks are drawn before the loop, which may be traced once for all steps.

    @staticmethod
    def _draw_dropout(cell: Any, first: Any, states: Any) -> None:
        if isinstance(cell, StackedRNNCells):
            cell.draw_dropout(first, states)
        elif isinstance(cell, DropoutMasks):
            cell.get_dropout_mask(first)
            cell.get_recurrent_dropout_mask(states[0])

    def _reset_dropout(self, cell: Any) -> None:
        for one in cell._flatten_layers():
            if isinstance(one, DropoutMasks):
                one.reset_dropout_mask()
                one.reset_recurrent_dropout_mask()

    # Configuration -----------------------------------------------------------------------

    @property
    def _owner(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    def _loop_config(self) -> dict[str, Any]:
        names = (
            "return_sequences", "return_state", "go_backwards", "stateful", "unroll",
            "zero_output_for_mask",
        )  # fmt: skip
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def get_config(self) -> dict[str, Any]:
        from keras_core.core import registry

        return {**self._loop_config(), "cell": registry.serialize_keras_object(self.cell)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        if "cell" in config:
            from keras_core.core import registry

            cell = registry.deserialize_keras_object(config["cell"], custom_objects=custom_objects)
            config = {**config, "cell": cell}
        return cls(**config)


def tree_of_steps(shape: Any) -> Any:
    """The shapes of single steps, from the shape of sequences or a structure of such."""
    if isinstance(shape, dict):
        return {k: tree_of_steps(v) for k, v in shape.items()}
    if shape and isinstance(shape[0], (list, tuple)):
        return type(shape)(tree_of_steps(s) for s in shape)
    return (shape[0], *shape[2:])


class CellLayer(RNN):
    """The base of layers that make their cell themselves, and have its options."""

    _cell_class: ClassVar[type[OptionsLayer]]
    _input_rank: ClassVar[int] = 3

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.input_spec = InputSpec(ndim=self._input_rank)

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        super().build(sequences_shape, initial_state_shape)
        if self.input_spec.ndim == 3:
            self.input_spec = InputSpec(ndim=3, axes={-1: sequences_shape[-1]})

    def _reset_dropout(self, cell: Any) -> None:
        if type(cell) is not self._cell_class:
            super()._reset_dropout(cell)
            return
        cell.reset_dropout_mask()  # our own cells hold no other layers: none are looked for
        cell.reset_recurrent_dropout_mask()

    def _steps(self, sequences: Any, training: Any) -> tuple[Any, loop.Step]:
        cell = self.cell
        if (
            not backend.has("eager")
            or type(cell) is not self._cell_class
            or not isinstance(cell, DenseCell)
            or cell.dtype_policy.quantization_mode is not None
        ):
            return super()._steps(sequences, training)
        # One product for the inputs of all steps: where each operation is a call of its own, that
        # takes a tenth to a third off a layer's time, and in compiled loops it adds as much.
        sequences = cell._dropped_sequences(ops.cast(sequences, self.compute_dtype), training)
        return cell._product(sequences), lambda x, states: cell._step(x, states, training)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_cell_class" in cls.__dict__:
            for name in cls._cell_options():
                if name != "seed":
                    setattr(cls, name, property(operator.attrgetter(f"cell.{name}")))

    @classmethod
    def _cell_options(cls) -> tuple[str, ...]:
        return tuple(entry[0] for entry in cls._cell_class._plan)

    @classmethod
    def _make_cell(cls, options: dict[str, Any], name: str, **more: Any) -> Any:
        """The cell, from the layer's constructor's `locals()`."""
        given = {option: options[option] for option in cls._cell_options() if option not in more}
        kwargs = options["kwargs"]
        base = {"dtype": kwargs.get("dtype"), "trainable": kwargs.get("trainable", True)}
        return cls._cell_class(**given, **more, **base, name=name)

    def get_config(self) -> dict[str, Any]:
        config = {**self._loop_config(), "activity_regularizer": None}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        options = self.cell.get_config()
        return config | {name: options[name] for name in self._cell_options()}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        return cls(**config)
