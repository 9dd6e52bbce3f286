"""clone_model: the same architecture with layers, and weights, of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_core.core import registry, scopes, tree
from keras_core.core.errors import describe
from keras_core.core.tracebacks import trimmed
from keras_core.layers.core.input_layer import InputLayer
from keras_core.models.functional import Functional
from keras_core.models.sequential import Sequential
from keras_core.symbolic.graph import Graph
from keras_core.symbolic.keras_tensor import KerasTensor


@trimmed
def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A new model of the same architecture, with newly drawn weights.

    It is compiled as the original is, with an optimizer of its own.

    Args:
        model: a Sequential, functional or subclassed model. A subclassed one is made again from
            its config, and takes none of the following arguments.
        input_tensors: KerasTensors to start from, in the structure of the model's inputs or
            flat; None for new Inputs like the model's.
        clone_function: `clone_function(layer)` gives the layer that takes a layer's place, by
            default one made from its config; it sees operations of the graph too, and Inputs
            not. It may give back the layer itself, whose weights are then shared.
        call_function: `call_function(layer, *args, **kwargs)` takes the place of calling each
            new layer of a functional model.
        recursive: whether the two functions are used within models in the model too, in place
            of seeing those as a whole.
        **kwargs: none.

    Returns:
        The model.

    Raises:
        ValueError: if an argument does not go with the kind of model, or is of the wrong kind.

    Example:

    >>> import keras_core as keras
    >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    >>> clone = keras.models.clone_model(model)
    >>> clone.set_weights(model.get_weights())
    """
    kwargs.pop("cache", None)
    if kwargs:
        raise ValueError(f"clone_model: unknown arguments {sorted(kwargs)}")
    for name, value in (("clone_function", clone_function), ("call_function", call_function)):
        if value is not None and not callable(value):
            raise ValueError(
                f"clone_model: {name} must be a function. Received: {name}={describe(value)}"
            )
    copy = _Copy(clone_function, call_function, recursive)
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError(
                "clone_model: call_function goes with functional models only; a Sequential calls "
                f"its layers itself. Received: model={model!r}"
            )
        clone = copy.sequential(model, input_tensors)
    elif isinstance(model, Functional):
        clone = copy.functional(model, input_tensors)
    else:
        given = {"input_tensors": input_tensors, "clone_function": clone_function,
                 "call_function": call_function}  # fmt: skip
        given = {name: value for name, value in given.items() if value is not None}
        if given or not hasattr(model, "get_config"):
            raise ValueError(
                f"clone_model: {', '.join(given) or 'model'} must go with a Sequential or "
                f"functional model, whose layers are known. Received: model={model!r}. Override "
                "get_config() of the class, and leave them out."
            )
        clone = _of_config(model)
    compile_config = model.get_compile_config() if getattr(model, "compiled", False) else None
    if compile_config and not getattr(clone, "compiled", False):
        clone.compile_from_config(registry.serialize_keras_object(compile_config))
    return clone


class _Copy:
    """One cloning: its functions, and the layers made so far."""

    def __init__(
        self,
        clone_function: Callable[[Any], Any] | None,
        call_function: Callable[..., Any] | None,
        recursive: bool,
    ) -> None:
        self.clone_function, self.call_function = clone_function, call_function
        self.recursive = recursive
        self._made: dict[int, Any] = {}

    def layer(self, original: Any) -> Any:
        """The new layer for one of the model, the same one each time."""
        if id(original) not in self._made:
            self._made[id(original)] = self._new(original)
        return self._made[id(original)]

    def _new(self, original: Any) -> Any:
        if self.recursive and isinstance(original, Sequential):
            return self.sequential(original, None)
        if self.recursive and isinstance(original, Functional):
            return self.functional(original, None)
        if self.clone_function is None:
            return original if _replays(original) else _of_config(original)
        made = self.clone_function(original)
        if not callable(made):
            raise ValueError(
                "clone_model: clone_function must return a layer. Received: "
                f"{describe(made)} for {original.name!r}"
            )
        return made

    def sequential(self, model: Sequential, input_tensors: Any) -> Any:
        """A clone of a stack."""
        given = None if input_tensors is None else _tensors(input_tensors, 1)[0]
        with scopes.only_scopes(model.name):  # paths of what comes built
            layers = [self.layer(layer) for layer in model.layers]
        if given is not None:
            origin = given._keras_history
            if origin is None or not isinstance(origin.operation, InputLayer):
                raise ValueError(
                    "clone_model: input_tensors must come from Input() for a Sequential. "
                    f"Received: {given!r}"
                )
            layers.insert(0, origin.operation)
        elif isinstance(model._stack[0] if model._stack else None, InputLayer):
            layers.insert(0, _of_config(model._stack[0]))
        cls: type = type(model)
        if cls.__init__ is not Sequential.__init__:
            cls = Sequential
        clone = cls(layers, name=model.name)
        if not model._trainable:
            clone._freeze_again()
        if not clone.built and model._functional is not None:
            clone.build(model.input_shape)
        return clone

    def functional(self, model: Functional, input_tensors: Any) -> Any:
        """A clone of a graph."""
        graph = model._graph
        if input_tensors is None:
            inputs = [
                _of_config(x._keras_history.operation).output  # type: ignore[union-attr]
                for x in graph.inputs
            ]
        else:
            inputs = _tensors(input_tensors, len(graph.inputs))
        outputs = Graph(graph.inputs, graph.outputs).run(list(inputs), self._call)
        cls: type = type(model)
        if cls.__init__ is not Functional.__init__:
            cls = Functional
        clone = cls(
            tree.pack_sequence_as(model._inputs_struct, inputs),
            tree.pack_sequence_as(model._outputs_struct, outputs),
            name=model.name,
        )
        if not model._trainable:
            clone._freeze_again()
        return clone

    def _call(self, original: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        made = self.layer(original)
        if _replays(original) and not _replays(made):
            # Out of its config: what that does not hold is an argument of the call.
            args, kwargs = original.saved_call_of(args, kwargs)
        call = self.call_function
        out = made(*args, **kwargs) if call is None else call(made, *args, **kwargs)
        if _replays(made):
            _take_name(out, original.name)
        return out


def _replays(operation: Any) -> bool:
    """Whether calling it records another operation like it, which then is the clone."""
    return hasattr(operation, "saved_call_of")


def _take_name(out: Any, name: str) -> None:
    for x in tree.flatten(out):
        if isinstance(x, KerasTensor) and x._keras_history is not None:
            x._keras_history.operation.__dict__["name"] = name
            return


def _of_config(layer: Any) -> Any:
    made = registry.copy_of(layer)
    build_config = layer.get_build_config() if hasattr(layer, "get_build_config") else None
    if build_config and getattr(layer, "built", False) and not getattr(made, "built", True):
        made.build_from_config(build_config)
    return made


def _tensors(input_tensors: Any, count: int) -> list[KerasTensor]:
    flat = tree.flatten(input_tensors)
    wrong = next((x for x in flat if not isinstance(x, KerasTensor)), None)
    if wrong is not None:
        raise ValueError(
            f"clone_model: input_tensors must be KerasTensors. Received: {describe(wrong)}"
        )
    if len(flat) != count:
        raise ValueError(
            f"clone_model: input_tensors must be {count} tensors, one for each input. "
            f"Received: {len(flat)}"
        )
    return flat
