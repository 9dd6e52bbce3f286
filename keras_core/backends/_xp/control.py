"""Control flow as Python runs it: NumPy always, torch and TensorFlow when they are eager."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from keras_core.core import bridge, tree


class Loops:
    """Branches and loops over one backend's tensors.

    Args:
        arrays: the backend's `arrays` module.
        stack: its function that stacks a list of tensors.
    """

    def __init__(self, arrays: ModuleType, stack: Callable[[list[Any]], Any]) -> None:
        self.arrays, self._stack = arrays, stack

    def cond(self, pred: Any, true_fn: Callable, false_fn: Callable) -> Any:
        return true_fn() if bool(pred) else false_fn()

    def switch(self, index: Any, branches: list[Callable], *operands: Any) -> Any:
        return branches[min(max(int(index), 0), len(branches) - 1)](*operands)

    def while_loop(
        self, test: Callable, step: Callable, state: tuple, maximum_iterations: int | None
    ) -> tuple:
        turns = 0
        while (maximum_iterations is None or turns < maximum_iterations) and bool(test(*state)):
            state = self.values(step(*state))
            turns += 1
        return self.values(state)

    def fori_loop(self, lower: Any, upper: Any, body_fun: Callable, value: Any) -> Any:
        for i in range(int(lower), int(upper)):
            value = body_fun(self.arrays.convert_to_tensor(i), value)
        return self.values(value)

    def scan(
        self, f: Callable, state: Any, xs: Any, length: Any, reverse: bool, unroll: Any
    ) -> tuple[Any, Any]:
        leaves, structure = tree.flatten_spec(xs) if xs is not None else ([], None)
        count = int(length) if not leaves else leaves[0].shape[0]
        if count == 0:
            return state, self.nothing(f, state, xs)
        outputs = []
        for i in reversed(range(count)) if reverse else range(count):
            x = None if structure is None else tree.unflatten(structure, [a[i] for a in leaves])
            state, y = f(state, x)
            outputs.append(y)
        if reverse:
            outputs.reverse()
        return self.values(state), self.stacked(outputs)

    def map(self, f: Callable, xs: Any) -> Any:
        def step(state: Any, x: Any) -> tuple[Any, Any]:
            return state, f(x)

        return self.scan(step, (), xs, None, False, 1)[1]

    def nothing(self, f: Callable, state: Any, xs: Any) -> Any:
        """The outputs of a scan of no steps: empty, in the form that `f` would give."""

        def spec(x: Any, drop: int = 0) -> Any:
            return bridge.keras_tensor(tuple(x.shape)[drop:], self.arrays.dtype_name(x))

        one = None if xs is None else tree.map_structure(lambda x: spec(x, 1), xs)
        _, out = bridge.compute_output_spec(f, tree.map_structure(spec, state), one)
        return tree.map_structure(
            lambda x: (
                self.empty((0, *x.shape), x.dtype) if isinstance(x, bridge.keras_tensor) else x
            ),
            out,
        )

    def empty(self, shape: tuple[int, ...], dtype: str) -> Any:
        import numpy as np

        return self.arrays.convert_to_tensor(np.zeros(shape), dtype)

    def values(self, structure: Any) -> Any:
        return tree.map_structure(
            lambda x: x if x is None or self.arrays.is_tensor(x) else
            self.arrays.convert_to_tensor(x), structure,
        )  # fmt: skip

    def stacked(self, outputs: list[Any]) -> Any:
        """The outputs of all steps as one structure of stacked tensors."""
        rows, structure = [], None
        for out in outputs:
            leaves, structure = tree.flatten_spec(out)
            rows.append(leaves)
        columns = [
            None if column[0] is None else self._stack([self.values(x) for x in column])
            for column in zip(*rows, strict=True)
        ]
        return tree.unflatten(structure, columns)
