"""What an export is made of: functions with the shapes and dtypes of their inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from keras_core.core import tree


@dataclass(frozen=True)
class Spec:
    """One input or output: None in the shape is a size that may change from call to call."""

    shape: tuple[int | None, ...]
    dtype: str
    name: str


@dataclass
class Endpoint:
    """A function of tensors, for inference.

    Attributes:
        name: what it is called in the file.
        function: called with one value, or structure of values, for each of `inputs`.
        inputs: its positional arguments: structures of `Spec`.
        outputs: what it returns: a structure of `Spec`.
        options: what only some formats know.
    """

    name: str
    function: Callable[..., Any]
    inputs: list[Any]
    outputs: Any = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def flat_inputs(self) -> list[Spec]:
        """The inputs in flat order."""
        return tree.flatten(self.inputs)

    @property
    def flat_outputs(self) -> list[Spec]:
        """The outputs in flat order."""
        return tree.flatten(self.outputs)

    def call_flat(self, *values: Any) -> list[Any]:
        """`function` from a flat list of inputs to a flat list of outputs."""
        return tree.flatten(self.function(*tree.pack_sequence_as(self.inputs, list(values))))


@dataclass
class Export:
    """Everything that goes into one file.

    Attributes:
        endpoints: the functions, by name.
        resources: layers and framework objects whose state goes along.
        variables: the layers' variables, each once.
        collections: further named lists of variables.
    """

    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    resources: list[Any] = field(default_factory=list)
    variables: list[Any] = field(default_factory=list)
    collections: dict[str, list[Any]] = field(default_factory=dict)
