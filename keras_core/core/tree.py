"""Nested structures (dicts, lists, tuples, namedtuples and registered classes), by optree.

None is a leaf. Dicts are visited in the order of their sorted keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optree

_NAMESPACE = "keras_core"
_OPTIONS: dict[str, Any] = {"none_is_leaf": True, "namespace": _NAMESPACE}

TreeSpec = optree.PyTreeSpec


def register(cls: type, flatten_fn: Callable[..., Any], unflatten_fn: Callable[..., Any]) -> None:
    """Make `cls` a node.

    `flatten_fn(x)` gives `(children, metadata)`, and `unflatten_fn(metadata, children)` is its
    inverse.
    """
    optree.register_pytree_node(cls, flatten_fn, unflatten_fn, namespace=_NAMESPACE)


def flatten(structure: Any) -> list[Any]:
    """The leaves, in order.

    Args:
        structure: a structure, or a leaf, which is its own only one.

    Returns:
        A list.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.flatten({"b": 1, "a": (2, None)})
    [2, None, 1]
    """
    return optree.tree_leaves(structure, **_OPTIONS)


_NODES = (list, tuple, dict)


def flatten_spec(structure: Any) -> tuple[list[Any], TreeSpec]:
    """The leaves and the structure they came from: `unflatten(spec, leaves)` is the inverse."""
    return optree.tree_flatten(structure, **_OPTIONS)


def unflatten(spec: TreeSpec, leaves: Any) -> Any:
    """The structure with these leaves."""
    return optree.tree_unflatten(spec, leaves)


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """Pairs of path (keys and indices) and leaf.

    Args:
        structure: a structure, or a leaf, whose path is ().

    Returns:
        A list of pairs.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.flatten_with_path({"a": [1, 2]})
    [(('a', 0), 1), (('a', 1), 2)]
    """
    paths, leaves, _ = optree.tree_flatten_with_path(structure, **_OPTIONS)
    return list(zip(paths, leaves, strict=True))


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """Apply `func` to the leaves of structures of one form; the result has that form.

    Raises:
        ValueError: if the structures differ.
    """
    if not structures:
        raise ValueError("map_structure needs at least one structure.")
    return optree.tree_map(func, *structures, none_is_leaf=none_is_leaf, namespace=_NAMESPACE)


def is_nested(structure: Any) -> bool:
    """Whether `structure` is a node (even an empty one) and not a leaf.

    Args:
        structure: anything.

    Returns:
        A bool.

    Example:

    >>> import keras_core as keras
    >>> keras.tree.is_nested([]), keras.tree.is_nested("text")
    (True, False)
    """
    if structure.__class__ in _NODES:
        return True
    # torch's compiler can trace the question for an attribute, but not the package's for a leaf.
    return not hasattr(structure, "shape") and not optree.tree_is_leaf(structure, **_OPTIONS)


def structure_of(structure: Any) -> TreeSpec:
    """The form of a structure, for comparing."""
    return optree.tree_structure(structure, **_OPTIONS)


def assert_same_structure(left: Any, right: Any) -> None:
    """Raise ValueError if two structures differ in form."""
    a, b = structure_of(left), structure_of(right)
    if a != b:
        raise ValueError(f"The two structures must have the same form. Received: {a} and {b}")


def pack_sequence_as(structure: Any, flat_sequence: Any) -> Any:
    """`flat_sequence` in the form of `structure`.

    Raises:
        ValueError: if the number of leaves differs.
    """
    spec = structure_of(structure)
    leaves = list(flat_sequence)
    if spec.num_leaves != len(leaves):
        raise ValueError(
            f"flat_sequence must have as many items as structure has leaves ({spec.num_leaves}). "
            f"Received: {len(leaves)} items"
        )
    return optree.tree_unflatten(spec, leaves)
