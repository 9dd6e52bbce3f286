"""`keras.tree` against Keras, and its errors."""

from __future__ import annotations

import collections
from typing import Any

import pytest

from keras_core import tree

Point = collections.namedtuple("Point", "x y")
NEST = {"b": [1, (2, None)], "a": Point(3, {"z": 4})}


@pytest.mark.parametrize(
    "value",
    [
        NEST, 5, None, [], (), {}, "ab", {1, 2}, collections.deque([1, 2]), Point(1, [2]),
        collections.OrderedDict([("b", 1), ("a", 2)]), [[], {"a": []}],
    ],
    ids=str,
)  # fmt: skip
def test_same_as_keras(value: Any, keras: Any) -> None:
    assert tree.flatten(value) == keras.tree.flatten(value)
    assert tree.flatten_with_path(value) == keras.tree.flatten_with_path(value)
    assert tree.is_nested(value) == keras.tree.is_nested(value)
    assert tree.lists_to_tuples(value) == keras.tree.lists_to_tuples(value)
    leaves = list(range(len(tree.flatten(value))))
    assert tree.pack_sequence_as(value, leaves) == keras.tree.pack_sequence_as(value, leaves)
    ours: list[Any] = []
    theirs: list[Any] = []
    for down in (True, False):
        tree.traverse(ours.append, value, down)
        keras.tree.traverse(theirs.append, value, down)
    assert ours == theirs


def test_map_structure() -> None:
    assert tree.map_structure(lambda a, b: a + b, [1, (2,)], [3, (4,)]) == [4, (6,)]
    assert tree.map_structure(lambda _: 0, {"a": None}) == {"a": 0}
    assert tree.map_structure(lambda _: 0, {"a": None, "b": 1}, none_is_leaf=False) == {
        "a": None, "b": 0,
    }  # fmt: skip
    assert list(tree.map_structure(lambda x: x, {"b": 1, "a": 2})) == ["b", "a"]
    with pytest.raises(TypeError, match="callable"):
        tree.map_structure(3, [1])
    for other in ((1, 2), [1, 2, 3]):
        with pytest.raises(ValueError, match="(?i)expected|mismatch|same form"):
            tree.map_structure(lambda a, b: a, [1, 2], other)


def test_map_structure_up_to() -> None:
    found = tree.map_structure_up_to({"a": 0}, lambda a, b: (a, b), {"a": [1, 2]}, {"a": (3,)})
    assert found == {"a": ([1, 2], (3,))}
    for shallow, deep in [([1, 2], [1]), ({"a": 1}, {"b": 1}), ((1, 2), [1, 2])]:
        with pytest.raises(ValueError, match="(?i)expected|mismatch|same form"):
            tree.map_structure_up_to(shallow, lambda x: x, deep)


def test_assertions() -> None:
    tree.assert_same_structure([1, (2,)], [3, (4,)])
    for other in ([3], [3, [4]], [3, (4, 5)], [[1], (2,)], 1):
        with pytest.raises(ValueError, match="(?i)expected|mismatch|same form"):
            tree.assert_same_structure([1, (2,)], other)
    with pytest.deprecated_call():
        tree.assert_same_structure([1], [2], check_types=False)
    tree.assert_same_paths([1, 2], (1, 2))
    tree.assert_same_paths(Point(1, 2), [1, 2])
    with pytest.raises(ValueError, match="only in a"):
        tree.assert_same_paths([1, 2], [1])


def test_traverse_replaces() -> None:
    def double(x: Any) -> Any:
        if x == 1:
            return tree.MAP_TO_NONE
        return x * 2 if isinstance(x, int) else None

    assert tree.traverse(double, Point(1, [2])) == Point(None, [4])
    assert tree.traverse(lambda x: 0 if isinstance(x, list) else None, {"a": [1, [2]]}) == {"a": 0}


def test_map_shape_structure() -> None:
    assert tree.map_shape_structure(len, [(1, 2), [None, 3], {"a": ()}]) == [2, 2, {"a": 0}]


def test_pack_sequence_as_checks_its_leaves() -> None:
    for leaves in ([1], [1, 2, 3]):
        with pytest.raises(ValueError, match="as many"):
            tree.pack_sequence_as([0, 0], leaves)
    with pytest.raises(TypeError, match="sequence"):
        tree.pack_sequence_as([0], 3)
