"""Errors of operations: one wording on all backends, or a note beside the framework's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from keras_core import ops
from keras_core.backends.select import backend

A, B = np.zeros((2, 3), "float32"), np.zeros((2, 4), "float32")

SHAPES: dict[str, Callable[[], Any]] = {
    "add": lambda: ops.add(A, B),
    "matmul": lambda: ops.matmul(A, B),
    "reshape": lambda: ops.reshape(A, (4,)),
    "concatenate": lambda: ops.concatenate([A, B]),
    "sum": lambda: ops.sum(A, axis=5),
    "transpose": lambda: ops.transpose(A, (0, 1, 2)),
    "einsum": lambda: ops.einsum("ij,jk->ik", A, A),
    "cholesky": lambda: ops.cholesky(A),
}


@pytest.mark.parametrize("name", SHAPES)
def test_wrong_shapes_are_told_alike(name: str) -> None:
    with pytest.raises(ValueError, match=rf"(?s)^{name}: .*Received: |^{name}: .*Received shapes"):
        SHAPES[name]()


def test_native_tensors_too() -> None:
    a, b = keras.ops.convert_to_tensor(A), keras.ops.convert_to_tensor(B)
    with pytest.raises(ValueError, match=r"^add: .*\(2, 3\), \(2, 4\)"):
        ops.add(a, b)


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
def test_windows_larger_than_their_input_are_refused(name: str, dtype: str) -> None:
    """Of some, a kernel of TensorFlow ends the process; others would give nothing."""
    for shape, window, data_format in (
        ((1, 2, 6, 3), (3, 3), "channels_last"),
        ((1, 4, 6, 2), (2, 3), "channels_first"),
        ((1, 2, 3), 4, "channels_last"),
        ((1, 2, 2, 2, 3), (2, 2, 3), "channels_last"),
    ):
        x = ops.ones(shape, dtype)
        with pytest.raises(ValueError, match=f"{name}: inputs must be at least as large"):
            getattr(ops, name)(x, window, 1, "valid", data_format)
        assert getattr(ops, name)(x, window, 1, "same", data_format).shape == x.shape


def test_a_scalar_has_no_coordinates() -> None:
    with pytest.raises(ValueError, match=r"map_coordinates: inputs must have an axis"):
        ops.image.map_coordinates(ops.ones(()), ops.ones((0, 5)), 1)


@pytest.mark.parametrize("channels", [2, 3, 8])
def test_depthwise_kernels_of_other_channels_are_refused(channels: int) -> None:
    """Half as many channels as the kernel has would pass for groups of another convolution."""
    with pytest.raises(ValueError, match="depthwise_conv: the kernel must have as many channels"):
        ops.depthwise_conv(ops.ones((1, 5, 5, channels)), ops.ones((3, 3, 4, 1)))


@pytest.mark.parametrize("name", ["adaptive_average_pool", "adaptive_max_pool"])
def test_pooling_of_no_spatial_axes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: inputs must have rank 3, 4 or 5"):
        getattr(ops, name)(ops.ones((2, 3)), 2)


def test_what_no_rule_knows_gets_a_note() -> None:
    with pytest.raises(Exception) as caught:
        ops.bitwise_and(A, "three")
    text = str(caught.value) + "".join(getattr(caught.value, "__notes__", ()))
    assert "bitwise_and" in text and "three" in text


def test_an_inner_operation_is_explained_once() -> None:
    def body(x: Any) -> Any:
        return ops.add(x, B)

    with pytest.raises(ValueError, match="add: Arg") as caught:
        ops.vectorized_map(body, np.zeros((5, 2, 3), "float32"))
    assert str(caught.value).count("broadcast") == 1


# NumPy and torch take a scalar for a vector of one element in some of their functions.
TAKE_SCALARS = {
    "numpy": ("argsort", "cumsum", "argmax", "squeeze"),
    "torch": ("sort", "argsort", "flip", "argmax"),
}


@pytest.mark.parametrize("name", ["sort", "argsort", "flip", "cumsum", "argmax", "squeeze"])
def test_a_scalar_has_no_axis(name: str) -> None:
    operation = getattr(ops, name)
    if name in TAKE_SCALARS.get(backend.name, ()):
        pytest.skip("the framework takes a scalar for a vector of one element here")
    for axis in (0, -1):
        with pytest.raises(ValueError, match=f"^{name}: axis must be in "):
            operation(2.0, axis=axis)


UNKNOWN = "None in x.shape; ops.shape"

WRONG = {
    "zeros": (lambda x: ops.zeros((2, None)), rf"zeros: shape must be a sequence of.*{UNKNOWN}"),
    "reshape": (lambda x: ops.reshape(x, (None, 3)), rf"reshape: newshape must be.*{UNKNOWN}"),
    "repeat": (lambda x: ops.repeat(x, None), rf"repeat: repeats must be an int or a.*{UNKNOWN}"),
    "one_hot": (lambda x: ops.one_hot([1], None), r"one_hot: num_classes must be an int\. Rec"),
    "arange": (lambda x: ops.arange(None), rf"arange: start must be a number.*{UNKNOWN}"),
    "eye": (lambda x: ops.eye("a"), "eye: N must be an int. Received: N='a'"),
    "top_k": (lambda x: ops.top_k(x, None), "top_k: k must be an int. Received: k=None$"),
    "take": (lambda x: ops.take(x, None), "take: indices must be (a tensor|integers)"),
    "roll": (lambda x: ops.roll(x, "a"), "roll: shift must be an int or a sequence of ints"),
    "expand_dims": (lambda x: ops.expand_dims(x, None), "expand_dims: axis must be an int or"),
    "einsum": (lambda x: ops.einsum(None, x), "einsum: subscripts must be a string"),
    "split": (lambda x: ops.split(x, None), "split: indices_or_sections must be an int or a seq"),
    # Rules say more than the annotation does.
    "max_pool": (lambda x: ops.max_pool(ops.ones((1, 4, 4, 1)), None), "positive int or 2 of them"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_argument_of_the_wrong_kind_is_named(name: str) -> None:
    call, text = WRONG[name]
    with pytest.raises(ValueError, match=text):
        call(ops.ones((2, 3)))


V, M = np.array([1, 2, 3, 4], "float32"), np.array([[1, 2, 3], [4, 5, 6]], "float32")

#: Where frameworks cut fractions off, some of them in silence.
PLACES: dict[str, Callable[[Any], Any]] = {
    "take: indices": lambda i: ops.take(V, i([1, 0])),
    "take_along_axis: indices": lambda i: ops.take_along_axis(V, i([1, 0]), 0),
    "scatter: indices": lambda i: ops.scatter(i([[1], [0]]), V[:2], (3,)),
    "scatter_update: indices": lambda i: ops.scatter_update(V, i([[1], [0]]), V[:2]),
    "segment_sum: segment_ids": lambda i: ops.segment_sum(V, i([0, 1, 1, 0]), 2),
    "segment_max: segment_ids": lambda i: ops.segment_max(V, i([0, 1, 1, 0]), 2),
    "in_top_k: targets": lambda i: ops.in_top_k(i([1, 0]), M, 1),
    "unravel_index: indices": lambda i: ops.unravel_index(i([1, 0]), (2, 2)),
    "slice: start_indices": lambda i: ops.slice(V, i([1]), (2,)),
    "slice_update: start_indices": lambda i: ops.slice_update(V, i([1]), V[:2]),
    "get_item: key": lambda i: ops.get_item(V, i([1, 0])),
}


@pytest.mark.parametrize("name", PLACES)
def test_places_must_be_integers(name: str) -> None:
    def symbol(x: Any) -> Any:
        return keras.KerasTensor(np.shape(x), "float32")

    def native(x: Any) -> Any:
        return ops.convert_to_tensor(np.array(x, "float32"))

    def numbers(x: Any) -> Any:
        return (np.array(x) + 0.5).tolist()

    PLACES[name](np.array)
    for make in (native, symbol, numbers, lambda x: np.array(x, "float16")):
        with pytest.raises(ValueError, match=rf"{name} must (hold|have)"):
            PLACES[name](make)


def test_bools_are_no_places() -> None:
    x = np.array([True, False])
    for call in (
        lambda: ops.take(V, x),
        lambda: ops.take_along_axis(V, x, 0),
        lambda: ops.scatter(x[:, None], V[:2], (3,)),
        lambda: ops.segment_sum(V[:2], x, 2),
        lambda: ops.slice(V, x[:1], (2,)),
    ):
        with pytest.raises(ValueError, match="must (hold|have)"):
            call()
    with pytest.raises(ValueError, match="get_item: a mask must have the shape of what it masks"):
        ops.get_item(V, x)


def test_lists_without_places() -> None:
    assert ops.take(V, []).shape == (0,)
    assert ops.segment_sum(V[:0], [], 2).shape == (2,)


#: No fraction of an axis, a size or a step.
FRACTIONS: dict[str, Callable[[], Any]] = {
    "slice: shape": lambda: ops.slice(V, [1], (2.5,)),
    "scatter: shape": lambda: ops.scatter([[1]], [2.0], (3.5,)),
    "roll: shift": lambda: ops.roll(V, 1.5),
    "tile: repeats": lambda: ops.tile(V, 1.5),
    "repeat: repeats": lambda: ops.repeat(V, 1.5),
    "one_hot: num_classes": lambda: ops.one_hot([1], 3.5),
    "expand_dims: axis": lambda: ops.expand_dims(V, 0.5),
    "split: indices_or_sections": lambda: ops.split(V, [1.5]),
    "argpartition: kth": lambda: ops.argpartition(V, 1.5),
    "rot90: k": lambda: ops.rot90(M, 1.5),
    "tril: k": lambda: ops.tril(M, 0.5),
    "triu: k": lambda: ops.triu(M, 0.5),
    "tri: k": lambda: ops.tri(2, 2, 0.5),
    "pad: pad_width": lambda: ops.pad(V, ((1.5, 1),)),
}


@pytest.mark.parametrize("name", FRACTIONS)
def test_fractions_where_ints_belong_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name} must be "):
        FRACTIONS[name]()


@pytest.mark.parametrize("count", [3, 20000])
def test_codes_that_are_no_integers(count: int) -> None:
    codes = np.array([0.2, 1.7, -0.5, -1.0, np.nan, np.inf], "float32")
    expected = np.zeros((6, count), "float32")
    expected[[0, 1, 2], [0, 1, 0]] = 1
    for run in (ops.one_hot, ops.one_hot.op.body):  # type: ignore[attr-defined]
        found = run(ops.convert_to_tensor(codes), count)
        np.testing.assert_array_equal(ops.convert_to_numpy(found), expected)
        found = run(ops.convert_to_tensor([True, False]), count)
        np.testing.assert_array_equal(ops.convert_to_numpy(found), expected[[1, 0]])
    found = ops.one_hot(ops.cast([256.0], "bfloat16"), 300)
    assert ops.convert_to_numpy(found).sum() == 1


PLAIN: dict[str, list[Callable[[], Any]]] = {
    "tri": [lambda: ops.tri(None), lambda: ops.tri(2.5), lambda: ops.tri(2, "a"), lambda: ops.tri(2, k=None)],
    "hamming": [lambda: ops.hamming(None), lambda: ops.hamming("a")],
    "kaiser": [lambda: ops.kaiser(3, None)],
    "pad": [
        lambda: ops.pad(A, None), lambda: ops.pad(A, 1.5), lambda: ops.pad(A, "ab"), lambda: ops.pad(A, -1),
        lambda: ops.pad(A, ((None, 1), (1, 1))), lambda: ops.pad(A, ((0, 0), (0, -2))),
    ],
    "slice": [
        lambda: ops.slice(A, None, (1, 1)), lambda: ops.slice(A, (0,), (1, 1)), lambda: ops.slice(A, "ab", (1, 1)),
        lambda: ops.slice(A, (None, 0), (1, 1)), lambda: ops.slice(A, (0, 0), (5, 1)),
        lambda: ops.slice(A, (0, 0), (-2, 1)), lambda: ops.slice(A, (0, 0), None),
    ],
    "slice_update": [lambda: ops.slice_update(A, None, A), lambda: ops.slice_update(A, (0,), A)],
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_arguments_of_plain_functions_are_named(name: str) -> None:
    for call in PLAIN[name]:
        with pytest.raises(ValueError, match=rf"(?s)^{name}: .*must .*Received: "):
            call()
