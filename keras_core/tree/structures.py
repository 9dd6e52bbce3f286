"""The public functions on nested structures, over `core.tree`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import optree

from keras_core.core import tree
from keras_core.core.tree import flatten as flatten
from keras_core.core.tree import flatten_with_path as flatten_with_path
from keras_core.core.tree import is_nested as is_nested

_OPTIONS: dict[str, Any] = {"none_is_leaf": True, "namespace": "keras_core"}


class MAP_TO_NONE:
    """What a function given to `traverse` returns (the class itself) to have None put there.

    Example:

    >>> import keras_core as keras
    >>> def without_ones(leaf):
    ...     return keras.tree.MAP_TO_NONE if leaf == 1 else None
    >>> keras.tree.traverse(without_ones, [1, 2])
    [None, 2]
    """


def _callable(name: str, func: Any) -> None:
    if not callable(func):
        raise TypeError(f"tree.{name}: func must be callable. Received: {func!r}")


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """Apply a function to the leaves of structures of one form.

    Args:
        func: called with one leaf of each structure.
        *structures: at least one.
        none_is_leaf: whether `func` is called for None; else it stays None.

    Returns:
        A structure of that form with the results.

    Raises:
        TypeError: if `func` is not callable.
        ValueError: if the structures differ in form, or there is none.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.map_structure(lambda x: x * 2, {"a": 1, "b": (2, 3)})
    {'a': 2, 'b': (4, 6)}
    """
    _callable("map_structure", func)
    return tree.map_structure(func, *structures, none_is_leaf=none_is_leaf)


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """Apply a function to what stands in the places of the leaves of a shallower structure.

    Args:
        shallow_structure: its form decides how deep to go.
        func: called with one substructure of each structure.
        *structures: structures that have at least the shallow one's form.

    Returns:
        A structure of the shallow form with the results.

    Raises:
        TypeError: if `func` is not callable.
        ValueError: if a structure does not have that form, or there is none.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.map_structure_up_to([0, 0], len, [(1, 2), {"a": 3}])
    [2, 1]
    """
    _callable("map_structure_up_to", func)
    if not structures:
        raise ValueError("tree.map_structure_up_to: at least one structure must be given.")
    spec = tree.structure_of(shallow_structure)
    parts = [spec.flatten_up_to(structure) for structure in structures]
    return tree.unflatten(spec, [func(*items) for items in zip(*parts, strict=True)])


def assert_same_structure(a: Any, b: Any, check_types: bool | None = None) -> None:
    """Raise an error if two structures differ in form.

    Args:
        a: a structure.
        b: a structure.
        check_types: deprecated, without effect; see `assert_same_paths` for a looser check.

    Raises:
        ValueError: if they differ in keys, lengths or containers.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.assert_same_structure([1, (2,)], [3, (4,)])
    """
    if check_types is not None:
        warnings.warn(
            "tree.assert_same_structure: check_types is deprecated and has no effect.",
            DeprecationWarning,
            stacklevel=2,
        )
    for left, right in ((a, b), (b, a)):  # each way a leaf may stand for a whole structure
        tree.map_structure(lambda *_: None, left, right)


def assert_same_paths(a: Any, b: Any) -> None:
    """Raise an error if the leaves of two structures stand under different keys and indices.

    Lists, tuples and namedtuples count as the same.

    Args:
        a: a structure.
        b: a structure.

    Raises:
        ValueError: if a path of one is missing in the other.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.assert_same_paths([1, 2], (3, 4))
    """
    left = {path for path, _ in flatten_with_path(a)}
    right = {path for path, _ in flatten_with_path(b)}
    if left != right:
        raise ValueError(
            "The two structures must have the same paths. Received: only in a "
            f"{sorted(left - right, key=str)}, only in b {sorted(right - left, key=str)}"
        )


def pack_sequence_as(structure: Any, flat_sequence: Any) -> Any:
    """Put leaves into the form of a structure.

    Args:
        structure: the form; its own leaves do not matter.
        flat_sequence: the leaves, in the order of `flatten`.

    Returns:
        A structure of that form.

    Raises:
        TypeError: if `flat_sequence` is no sequence.
        ValueError: if there are too few or too many leaves.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.pack_sequence_as({"a": 0, "b": [0, 0]}, [1, 2, 3])
    {'a': 1, 'b': [2, 3]}
    """
    if not hasattr(flat_sequence, "__iter__"):
        raise TypeError(
            f"tree.pack_sequence_as: flat_sequence must be a sequence. Received: {flat_sequence!r}"
        )
    return tree.pack_sequence_as(structure, flat_sequence)


def traverse(func: Callable[..., Any], structure: Any, top_down: bool = True) -> Any:
    """Visit every substructure, and replace those for which a function gives something else.

    Args:
        func: called with a substructure or leaf; None keeps it, `MAP_TO_NONE` puts None in its
            place, anything else is put there.
        structure: the structure.
        top_down: whether a substructure is visited before what is in it, which is not visited
            if it is replaced; else after.

    Returns:
        The structure with the replacements.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.traverse(lambda x: -x if isinstance(x, int) else None, {"a": [1, 2]})
    {'a': [-1, -2]}
    """
    _callable("traverse", func)

    def replaced(found: Any) -> Any:
        return None if found is MAP_TO_NONE or isinstance(found, MAP_TO_NONE) else found

    def visit(part: Any) -> Any:
        if top_down:
            found = func(part)
            if found is not None:
                return replaced(found)
        if is_nested(part):
            whole = part
            leaves, spec = optree.tree_flatten(part, is_leaf=lambda x: x is not whole, **_OPTIONS)
            part = optree.tree_unflatten(spec, [visit(leaf) for leaf in leaves])
        if not top_down:
            found = func(part)
            if found is not None:
                return replaced(found)
        return part

    return visit(structure)


def lists_to_tuples(structure: Any) -> Any:
    """The structure with every list made a tuple.

    Args:
        structure: a structure.

    Returns:
        A structure without lists.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.lists_to_tuples({"a": [1, [2]]})
    {'a': (1, (2,))}
    """
    return traverse(lambda x: tuple(x) if isinstance(x, list) else None, structure, False)


def map_shape_structure(func: Callable[..., Any], structure: Any) -> Any:
    """Apply a function to the shapes in a structure.

    Args:
        func: called with each shape: a tuple or list of ints and None.
        structure: a structure of shapes.

    Returns:
        A structure of that form with the results.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.map_shape_structure(len, {"a": (None, 3), "b": (2,)})
    {'a': 2, 'b': 1}
    """
    _callable("map_shape_structure", func)

    def is_shape(x: Any) -> bool:
        return isinstance(x, (list, tuple)) and all(
            n is None or (isinstance(n, int) and not isinstance(n, bool)) for n in x
        )

    return optree.tree_map(func, structure, is_leaf=is_shape, **_OPTIONS)
