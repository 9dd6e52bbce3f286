"""Calls that one backend answered with nonsense, or in its own way, and the others refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.symbolic.keras_tensor import KerasTensor
from tests.autodiff import to_numpy
from tests.ops.case import map_arrays, native
from tests.ops.edges import f, i

REFUSED: dict[str, tuple[Callable, tuple, str]] = {
    "conv without a window": (ops.conv, (f(1, 5, 2), f(0, 2, 3)), "window"),
    "depthwise_conv without a window": (ops.depthwise_conv, (f(1, 5, 2), f(0, 2, 1)), "window"),
    "conv_transpose without a window": (ops.conv_transpose, (f(1, 5, 2), f(0, 3, 2)), "window"),
    "max_pool backwards": (ops.max_pool, (f(1, 5, 2), 2, -1), "strides"),
    "average_pool without strides": (ops.average_pool, (f(1, 5, 2), 2, ()), "strides"),
    "top_k of fewer than none": (ops.top_k, (f(2, 3), -1), "k"),
    "top_k unsorted, of fewer than none": (ops.top_k, (f(2, 3), -1, False), "k"),
    "one_hot of fewer than no classes": (ops.one_hot, (i(0, 1), -1), "num_classes"),
    "multi_hot of fewer than no classes": (ops.multi_hot, (i(0, 1), -1), "num_classes"),
    "tril of a vector": (ops.tril, (f(3),), "axes"),
    "triu of a vector": (ops.triu, (f(3),), "axes"),
    "fft of three parts": (ops.fft, ([f(2), f(2), f(2)],), "pair"),
    "fft2 of three parts": (ops.fft2, ([f(2, 2), f(2, 2), f(2, 2)],), "pair"),
    "irfft of three parts": (ops.irfft, ([f(2), f(2), f(2)],), "pair"),
    "irfft of nothing": (ops.irfft, ((f(2, 0), f(2, 0)),), "samples"),
    "irfft to nothing": (ops.irfft, ((f(2, 1), f(2, 1)),), "samples"),
    "irfft to no samples": (ops.irfft, ((f(3), f(3)), 0), "samples"),
    "ifft2 of nothing": (ops.ifft2, ((f(3, 0), f(3, 0)),), "samples"),
    "bincount of a scalar": (ops.bincount, (np.array(1, "int32"),), "axis"),
    "quantile below all": (ops.quantile, (f(4), -0.5), "q"),
    "quantile among others beyond all": (ops.quantile, (f(4), [0.5, 1.5]), "q"),
    "nanquantile of no number": (ops.nanquantile, (f(4), float("nan")), "q"),
    "percentile below all": (ops.percentile, (f(4), -1), "q"),
    "nanpercentile beyond all": (ops.nanpercentile, (f(4), 101), "q"),
    "rfft of nothing": (ops.rfft, (f(2, 0),), "samples"),
}


@pytest.mark.parametrize("call", REFUSED)
def test_what_has_no_result_is_refused(call: str) -> None:
    function, args, named = REFUSED[call]
    given = map_arrays(lambda x: KerasTensor(x.shape, x.dtype.name), list(args))
    for values in (native(list(args)), given):
        with pytest.raises(ValueError, match=rf"^{call.split()[0]}: .*\b{named}\b"):
            function(*values)


SAME: dict[str, tuple[Callable, tuple]] = {
    "conv": (ops.conv, (f(1, 5, 2), f(2, 2, 3), np.int64(2), "same", None, np.uint8(1))),
    "depthwise_conv": (ops.depthwise_conv, (f(1, 5, 2), f(2, 2, 1), np.int32(2))),
    "conv_transpose": (ops.conv_transpose, (f(1, 5, 2), f(2, 3, 2), np.int64(2))),
    "max_pool": (ops.max_pool, (f(1, 5, 2), np.int64(2), np.int64(1), "same")),
    "average_pool": (ops.average_pool, (f(1, 5, 2), np.int64(2), np.int64(2))),
    "linspace": (ops.linspace, (0.0, 1.0, np.uint8(3))),
    "unfold": (ops.unfold, (f(1, 1, 4, 4), np.int64(2), np.uint8(1))),
    "fold": (ops.fold, (f(1, 4, 9), np.int64(4), np.uint8(2))),
}


@pytest.mark.parametrize("name", SAME)
def test_integers_of_numpy_are_sizes(name: str) -> None:
    function, args = SAME[name]
    plain = [int(x) if isinstance(x, np.integer) else x for x in args]
    expected = function(*native(plain))
    np.testing.assert_array_equal(to_numpy(function(*native(list(args)))), to_numpy(expected))
    symbols = map_arrays(lambda x: KerasTensor(x.shape, x.dtype.name), list(args))
    assert function(*symbols).shape == tuple(expected.shape)


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_fold_keeps_a_number_that_is_none_to_its_place(odd: float) -> None:
    x = np.ones((1, 4, 9), "float32")
    x[0, 0, 0] = odd
    found = to_numpy(ops.fold(native(x), 6, 2, stride=2))
    assert np.isfinite(found).sum() == found.size - 1 and not np.isfinite(found[0, 0, 0, 0])


@pytest.mark.parametrize("settings", [{}, {"stride": 2, "padding": 1}, {"dilation": 2}])
@pytest.mark.parametrize("dtype", ["float32", "uint32"])
def test_fold_is_exact_in_integers(dtype: str, settings: dict[str, Any]) -> None:
    size = to_numpy(ops.unfold(native(np.zeros((1, 3, 6, 7), "float32")), (2, 3), **settings)).shape
    x = np.arange(np.prod(size)).reshape(size).astype(dtype)
    if dtype == "uint32":
        x += 2**24 + 1  # which float32 has not
    ones = ops.fold(native(x), (6, 7), (2, 3), **settings)
    k, pad = settings.get("dilation", 1), settings.get("padding", 0)
    step = settings.get("stride", 1)
    expected = np.zeros((3, 6 + 2 * pad, 7 + 2 * pad), dtype)
    rows, columns = (6 + 2 * pad - k - 1) // step + 1, (7 + 2 * pad - 2 * k - 1) // step + 1
    parts = x.reshape(3, 2, 3, rows, columns)
    for a, b, r, c in np.ndindex(2, 3, rows, columns):
        expected[:, a * k + r * step, b * k + c * step] += parts[:, a, b, r, c]
    expected = expected[None, :, pad : pad + 6, pad : pad + 7]
    np.testing.assert_array_equal(to_numpy(ones), expected)


def test_factors_of_other_shapes_are_broadcast_in_layer_normalization() -> None:
    x = f(2, 3)
    whole = ops.layer_normalization(native(x), native(np.full(3, 2.0, "float32")), native(f(3)))
    found = ops.layer_normalization(native(x), 2.0, native(f(3)))
    np.testing.assert_allclose(to_numpy(found), to_numpy(whole), rtol=1e-6)


def test_an_axis_beside_a_tuple_of_one_is_moved() -> None:
    assert tuple(ops.moveaxis(native(f(2, 3, 4)), (0,), -1).shape) == (3, 4, 2)
    assert tuple(ops.moveaxis(native(f(2, 3, 4)), -1, [0]).shape) == (4, 2, 3)


@pytest.mark.skipif(backend.name == "torch", reason="torch takes scalars for vectors there")
@pytest.mark.parametrize("function", [ops.argsort, lambda x: ops.argpartition(x, 0)])
def test_scalars_have_no_axis_to_be_ordered_along(function: Callable) -> None:
    with pytest.raises(ValueError, match="axis must be in"):
        function(native(f()))


def test_counts_of_symbolic_fractions_are_refused() -> None:
    with pytest.raises(ValueError, match="bincount: x must hold integers"):
        ops.bincount(KerasTensor((3,), "float32"))


def test_codes_of_eight_bits_are_codes() -> None:
    codes = ops.cast(native(np.array([0.0, 2.0], "float32")), "float8_e4m3fn")
    np.testing.assert_array_equal(to_numpy(ops.one_hot(codes, 3)), np.eye(3)[[0, 2]])


@pytest.mark.parametrize("skips", [False, True])
def test_quantiles_of_a_tensor_out_of_range_are_nan(skips: bool) -> None:
    """Places before the first would be other elements, and those behind the last an error."""
    quantile, percentile = (
        (ops.nanquantile, ops.nanpercentile) if skips else (ops.quantile, ops.percentile)
    )
    q = np.array([-0.5, 0.0, 0.5, 1.0, 1.5, np.nan], "float32")
    right = [np.nan, 0, 1.5, 3, np.nan, np.nan]
    x = ops.arange(4, dtype="float32")
    np.testing.assert_array_equal(to_numpy(quantile(x, ops.convert_to_tensor(q))), right)
    found = to_numpy(percentile(x, ops.convert_to_tensor(100 * q), method="lower"))
    np.testing.assert_array_equal(found, [np.nan, 0, 1, 3, np.nan, np.nan])


@pytest.mark.skipif(backend.name == "numpy", reason="arrays are the backend's tensors")
@pytest.mark.parametrize("q", [np.float32(1.5), np.array([0.5, -0.5])])
def test_quantiles_of_an_array_out_of_range_are_refused(q: Any) -> None:
    with pytest.raises(ValueError, match="quantile: q must hold numbers from 0 to 1"):
        ops.quantile(f(4), q)


@pytest.mark.parametrize("axis", [1, -2])
@pytest.mark.parametrize("softmax", [ops.softmax, ops.log_softmax])
def test_softmax_of_a_scalar_has_one_axis_at_most(softmax: Callable, axis: int) -> None:
    with pytest.raises((ValueError, IndexError), match="softmax"):
        softmax(ops.convert_to_tensor(np.float32(2)), axis)
