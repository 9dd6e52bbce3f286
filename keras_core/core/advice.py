"""What to write instead: the mends of mistakes that are made often, for errors to end with."""

from __future__ import annotations

from typing import Any


def on_rank(rank: int, shape: tuple[Any, ...]) -> str:
    """What to do with an array that lacks axes, or has too many, for a layer that wants `rank`."""
    missing = rank - len(shape)
    if missing == 1 and rank == 4:
        return (
            "Images come as (batch, height, width, channels): give one image a batch by x[None], "
            "grey images their channel by x[..., None]."
        )
    if missing == 1 and rank == 3:
        return (
            "Sequences come as (batch, steps, features): give one sequence a batch by x[None], "
            "numbers a feature axis by x[..., None], and the recurrent layer before this one, if "
            "there is one, return_sequences=True."
        )
    if missing == 1:
        return "The batch comes first: give a single sample its axis by x[None]."
    if missing < 0:
        return "Flatten each sample, with layers.Flatten() or x.reshape(len(x), -1)."
    return ""


def on_sizes(wanted: tuple[Any, ...], shape: tuple[Any, ...]) -> str:
    """What to do with an array of the right rank and other sizes than those stated."""
    last = len(shape) - 1
    moved = (shape[0], *shape[2:], shape[1]) if len(shape) > 2 else shape
    back = (shape[0], shape[last], *shape[1:last]) if len(shape) > 2 else shape
    if len(shape) > 2 and _same(wanted, moved):
        return "Its channels stand first: move them by np.moveaxis(x, 1, -1)."
    if len(shape) > 2 and _same(wanted, back):
        return "Its channels stand last: move them by np.moveaxis(x, -1, 1)."
    return "Change x, or the shape in keras.Input(shape=...)."


def _same(wanted: tuple[Any, ...], shape: tuple[Any, ...]) -> bool:
    return all(a is None or a == b for a, b in zip(wanted[1:], shape[1:], strict=True))


ON_VALUES = (
    "A tensor has no values while shapes are inferred or a step is compiled, and NumPy has no "
    "gradients. Write it in keras_core.ops: ops.where(x > 0, a, b) or ops.cond() for a branch, "
    "ops.fori_loop() for a loop, ops.mean(x) for np.mean(x). To look at values, compile with "
    "compile(..., run_eagerly=True)."
)
ON_ADDED_LOSS = (
    "Write a layer that adds it and hands its inputs on: def call(self, inputs): "
    "self.add_loss(ops.mean(inputs)); return inputs."
)


def on_positional(name: str, given: Any, is_layer: bool) -> str:
    """What to write where a layer was given no tensor.

    Args:
        name: the name of the layer's class.
        given: what it was given.
        is_layer: whether that is a layer.
    """
    if is_layer:
        inner = type(given).__name__
        return (
            f"Call the one on what the other returns, as in {name}(...)({inner}(...)(x)), or put "
            f"both into Sequential([{inner}(...), {name}(...)])."
        )
    return "Convert it with ops.convert_to_tensor, or pass it by keyword if it is no tensor."


def on_super(cls: type) -> str:
    """What is wrong with a class whose constructor left out the base class's."""
    return (
        f"{cls.__name__}: __init__() must call super().__init__() first. Write:\n"
        "    def __init__(self, ...):\n"
        "        super().__init__()\n"
        "        ..."
    )
