"""TensorFlow's graphs in which a tensor's sizes, or even its rank, are known only at run time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from keras_core import ops
from keras_core.backends.select import backend
from tests.autodiff import to_numpy

if backend.name != "tensorflow":
    pytest.skip("tensors of others have a rank and sizes", allow_module_level=True)

import tensorflow as tf

RNG = np.random.default_rng(3)


def _draw(*shape: int) -> np.ndarray:
    return RNG.uniform(0.5, 2.0, shape).astype("float32")


def _ints(values: Any) -> np.ndarray:
    return np.array(values, "int32")


def _floats(values: Any) -> np.ndarray:
    return np.array(values, "float32")


VECTOR, ROWS, CUBE, IMAGES = _draw(4), _draw(3, 4), _draw(2, 3, 4), _draw(2, 8, 4, 4)
INDEX = np.array([[0], [2]], "int32")

OF_ANY_RANK: dict[str, tuple[Callable, list[np.ndarray]]] = {
    "argmax": (lambda x: ops.argmax(x, -1), [CUBE]),
    "argmin of all": (lambda x: ops.argmin(x, keepdims=True), [CUBE]),
    "cumsum": (lambda x: ops.cumsum(x, axis=-2), [CUBE]),
    "cumprod": (lambda x: ops.cumprod(x, axis=1), [CUBE]),
    "einsum": (lambda x, y: ops.einsum("...ij,jk->...ik", x, y), [CUBE, ROWS.T]),
    "dot": (ops.dot, [ROWS, ROWS.T]),
    "dot of vectors": (ops.dot, [CUBE, VECTOR]),
    "outer tensordot": (lambda x, y: ops.tensordot(x, y, 0), [ROWS, VECTOR]),
    "fft": (lambda x, y: ops.fft((x, y)), [CUBE, CUBE]),
    "rfft": (lambda x: ops.rfft(x, 8), [CUBE]),
    "rfft, shorter": (lambda x: ops.rfft(x, 3), [CUBE]),
    "stft": (lambda x: ops.stft(x, 3, 2, 4), [_draw(2, 9)]),
    "slice": (lambda x: ops.slice(x, (1, 0), (2, 3)), [ROWS]),
    "slice at a tensor": (lambda x, at: ops.slice(x, at, (2, 3)), [ROWS, _ints([9, 1])]),
    "slice_update": (lambda x, y: ops.slice_update(x, (1, 1), y), [ROWS, _draw(2, 2)]),
    "scatter": (lambda i, x: ops.scatter(i, x, (4, 4)), [INDEX, ROWS[:2]]),
    "scatter_update": (ops.scatter_update, [ROWS, INDEX, _draw(2, 4)]),
    "scatter_update, mul": (
        lambda x, i, y: ops.scatter_update(x, i, y, "mul"), [ROWS, INDEX, _draw(2, 4)]
    ),
    "diff": (lambda x: ops.diff(x, axis=1), [CUBE]),
    "linspace": (lambda x, y: ops.linspace(x, y, 3), [ROWS, VECTOR]),
    "linspace, last": (lambda x, y: ops.linspace(x, y, 3, axis=-1), [ROWS, VECTOR]),
    "linspace, middle": (lambda x: ops.linspace(x, 5.0, 3, axis=1), [ROWS]),
    "tril": (ops.tril, [CUBE]),
    "triu": (lambda x: ops.triu(x, 1), [ROWS]),
    "meshgrid": (ops.meshgrid, [VECTOR, _draw(2)]),
    "median": (lambda x: ops.median(x, axis=-1), [ROWS]),
    "norm": (lambda x: ops.norm(x, axis=-1), [ROWS]),
    "repeat": (lambda x: ops.repeat(x, 2, axis=-1), [CUBE]),
    "rot90": (ops.rot90, [ROWS]),
    "select": (lambda x, y: ops.select([x > 1, y > 1], [x, y], -1), [ROWS, ROWS[::-1]]),
    "softmax of all": (lambda x: ops.softmax(x, axis=None), [ROWS]),
    "swapaxes": (lambda x: ops.swapaxes(x, 0, -1), [CUBE]),
    "moveaxis": (lambda x: ops.moveaxis(x, 0, -1), [CUBE]),
    "hsplit": (lambda x: ops.hsplit(x, 2), [ROWS]),
    "unique": (ops.unique, [_ints([[3, 1], [1, 2]])]),
    "depth_to_space": (lambda x: ops.depth_to_space(x, 2), [IMAGES]),
    "depth_to_space of channels first": (
        lambda x: ops.depth_to_space(x, 2, "channels_first"), [IMAGES]
    ),
    "max_pool": (lambda x: ops.max_pool(x, 2), [IMAGES]),
    "squeeze": (ops.squeeze, [_draw(1, 3, 1)]),
    "batch_normalization": (
        lambda x, m, v, b, g: ops.batch_normalization(x, m, v, 1, b, g),
        [CUBE, *(_draw(3) for _ in range(4))],
    ),
    "layer_normalization": (ops.layer_normalization, [CUBE, VECTOR, VECTOR]),
    "psnr": (lambda x, y: ops.psnr(x, y, 2.0), [CUBE, CUBE[::-1]]),
    "vstack of vectors": (lambda *xs: ops.vstack(xs), [VECTOR, VECTOR, VECTOR]),
    "vstack": (lambda *xs: ops.vstack(xs), [CUBE, CUBE]),
    "hstack": (lambda *xs: ops.hstack(xs), [ROWS, ROWS]),
    "hstack of vectors": (lambda *xs: ops.hstack(xs), [VECTOR, VECTOR[:2]]),
    "hstack of scalars and vectors": (lambda *xs: ops.hstack(xs), [VECTOR[0], VECTOR]),
    "vstack of rows and vectors": (lambda *xs: ops.vstack(xs), [VECTOR, ROWS, VECTOR]),
    "dstack": (lambda *xs: ops.dstack(xs), [ROWS, CUBE.transpose(1, 2, 0), ROWS]),
    "dstack of scalars and vectors": (lambda *xs: ops.dstack(xs), [VECTOR[0], VECTOR[:1]]),
    "inner": (ops.inner, [ROWS, CUBE]),
    "inner with a scalar": (ops.inner, [ROWS, VECTOR[0]]),
    "inner of a scalar": (ops.inner, [_ints(3), _ints([[1, 2]])]),
    "inner of scalars": (ops.inner, [VECTOR[0], VECTOR[1]]),
    "inner of nothing": (ops.inner, [_draw(2, 0), _draw(3, 0)]),
    "istft": (lambda x, y: ops.istft((x, y), 4, 2, 8), [_draw(2, 11, 5), _draw(2, 11, 5)]),
    "in_top_k": (lambda x, y: ops.in_top_k(x, y, 2), [_ints([0, 3, 1]), ROWS]),
    "ctc_decode": (ops.ctc_decode, [_draw(2, 6, 4), _ints([6, 4])]),
    "ctc_decode of beams": (
        lambda x, y: ops.ctc_decode(x, y, "beam_search", 10, 2), [_draw(2, 6, 4), _ints([6, 4])]
    ),
    "take_along_axis": (
        lambda x, i: ops.take_along_axis(x, i, 1), [ROWS, _ints([[0, 1], [1, 0], [2, 2]])]
    ),
    "conv": (lambda x, y: ops.conv(x, y, 2), [CUBE, _draw(2, 4, 3)]),
    "solve": (ops.solve, [np.eye(3, dtype="float32") + CUBE[:, :, :3], CUBE]),
    "sobel_edges": (ops.image.sobel_edges, [IMAGES]),
    "sum of all": (ops.sum, [CUBE]),
}  # fmt: skip

OF_ANY_SIZE: dict[str, tuple[Callable, list[np.ndarray]]] = {
    "adaptive_average_pool": (lambda x: ops.adaptive_average_pool(x, 1), [IMAGES]),
    "squeeze": (ops.squeeze, [_draw(1, 3, 1)]),
    "array_split": (lambda x: ops.array_split(x, 3, axis=1), [ROWS]),
    "correlate": (ops.correlate, [VECTOR, _draw(3)]),
    "correlate, longer": (ops.correlate, [VECTOR, _draw(6)]),
    "correlate, same": (lambda x, y: ops.correlate(x, y, "same"), [VECTOR, _draw(3)]),
    "correlate, same, longer": (lambda x, y: ops.correlate(x, y, "same"), [VECTOR, _draw(7)]),
    "correlate, full": (lambda x, y: ops.correlate(x, y, "full"), [VECTOR, _draw(6)]),
    "cross": (ops.cross, [_draw(2, 3), _draw(2, 3)]),
    "cross of 2 and 3": (ops.cross, [_draw(4, 2), _draw(4, 3)]),
    "dot_product_attention": (ops.dot_product_attention, [IMAGES, IMAGES, IMAGES]),
    "histogram": (lambda x: ops.histogram(x, 4), [VECTOR]),
    "histogram of nothing": (lambda x: ops.histogram(x, 4), [VECTOR[:0]]),
    "matrix_rank": (ops.matrix_rank, [CUBE]),
    "separable_conv": (
        lambda x, y, z: ops.separable_conv(x, y, z, 2, "same"),
        [_draw(2, 7, 3), _draw(3, 3, 2), _draw(1, 6, 4)],
    ),
    "conv": (
        lambda x, y: ops.conv(x, y, 2, "same", "channels_first"), [IMAGES, _draw(3, 3, 4, 6)]
    ),
    "sparse_categorical_crossentropy": (
        ops.sparse_categorical_crossentropy, [_ints([0, 3, 1]), ROWS]
    ),
    "unique rows": (
        lambda x: ops.unique(x, axis=0, return_inverse=True), [_ints([[2, 1], [1, 2], [2, 1]])]
    ),
    "unique of nothing": (lambda x: ops.unique(x, axis=0), [np.zeros((0, 2), "int32")]),
    "vander": (ops.vander, [VECTOR]),
    "vander, increasing": (lambda x: ops.vander(x, increasing=True), [VECTOR]),
    "affine_transform": (
        ops.image.affine_transform, [IMAGES, _floats([1, 0, 1, 0, 1, 0, 0, 0])]
    ),
    "gaussian_blur": (ops.image.gaussian_blur, [IMAGES]),
    "pad_images": (
        lambda x: ops.image.pad_images(x, 1, 2, target_height=11, target_width=8), [IMAGES]
    ),
    "pad_images of channels first": (
        lambda x: ops.image.pad_images(x, 1, 2, 3, 4, data_format="channels_first"), [IMAGES]
    ),
    "resize, area": (lambda x: ops.image.resize(x, (4, 2), "area"), [IMAGES]),
    "resize, cropped": (
        lambda x: ops.image.resize(x, (2, 6), crop_to_aspect_ratio=True), [IMAGES]
    ),
    "resize, padded": (
        lambda x: ops.image.resize(x, (2, 6), pad_to_aspect_ratio=True, fill_value=7.0), [IMAGES]
    ),
    "scale_and_translate": (
        lambda x, s, t: ops.image.scale_and_translate(x, (2, 5, 6, 4), s, t, (1, 2), "cubic"),
        [IMAGES, _floats([0.7, 1.4]), _floats([0.5, -1.0])],
    ),
    "ssim": (lambda x, y: ops.image.ssim(x, y, filter_size=3), [IMAGES, IMAGES[::-1]]),
}  # fmt: skip


def _traced(function: Callable, args: list[np.ndarray], shapes: list[Any], **how: Any) -> Any:
    specs = [tf.TensorSpec(s, x.dtype) for s, x in zip(shapes, args, strict=True)]
    return tf.function(function, input_signature=specs, autograph=False, **how)


def _check(function: Callable, args: list[np.ndarray], shapes: list[Any], **how: Any) -> None:
    right = tf.nest.flatten(function(*map(tf.constant, args)))
    found = tf.nest.flatten(_traced(function, args, shapes, **how)(*args))
    for a, b in zip(found, right, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(to_numpy(a), to_numpy(b), 1e-4, 1e-5)


@pytest.mark.parametrize("name", OF_ANY_RANK)
def test_a_rank_known_only_at_run_time(name: str) -> None:
    function, args = OF_ANY_RANK[name]
    _check(function, args, [None] * len(args))


@pytest.mark.parametrize("name", OF_ANY_SIZE)
def test_sizes_known_only_at_run_time(name: str) -> None:
    function, args = OF_ANY_SIZE[name]
    _check(function, args, [[None] * x.ndim for x in args])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradients_and_compiled_code(jit_compile: bool) -> None:
    def slope(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = ops.square(ops.swapaxes(x, 0, -1))
        return y, tape.gradient(y, x)

    _check(slope, [CUBE], [None], jit_compile=jit_compile)


def test_the_result_of_a_reduction_is_known_to_be_a_scalar() -> None:
    for function in (ops.sum, ops.mean, ops.max, ops.all):
        traced = _traced(function, [CUBE], [None]).get_concrete_function()
        assert traced.structured_outputs.shape == ()


def test_sizes_that_images_are_cut_to_are_known() -> None:
    def cut(x: Any) -> Any:
        return ops.image.crop_images(x, 1, 1, target_height=3, target_width=2)

    traced = _traced(cut, [IMAGES], [[None] * 4]).get_concrete_function()
    assert traced.structured_outputs.shape.as_list() == [None, 3, 2, None]


def test_a_rank_that_an_operation_refuses_fails_at_run_time() -> None:
    traced = _traced(lambda x: ops.swapaxes(x, 0, 3), [CUBE], [None])
    with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible"):
        traced(CUBE)


def test_no_rank_where_one_is_needed() -> None:
    for function in (ops.shape, ops.nonzero):  # as many results as axes
        with pytest.raises(ValueError, match=f"{function.__name__}: the tensor's rank must be"):
            _traced(function, [CUBE], [None])(CUBE)
    x, y = ROWS, _draw(2, 4)
    with pytest.raises(ValueError, match="map_coordinates: the tensor's rank must be known"):
        _traced(lambda x, y: ops.image.map_coordinates(x, y, 1), [x, y], [None, None])(x, y)


def test_of_sizes_only_known_ones_are_squeezed_beside_others() -> None:
    """What follows in a model has a rank then, and a last batch of one row is no other case."""
    traced = _traced(ops.squeeze, [_draw(1, 1, 3)], [[None, 1, 3]]).get_concrete_function()
    assert traced.structured_outputs.shape.as_list() == [None, 3]
