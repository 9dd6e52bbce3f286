"""Wrong arguments: generated from the layers' own limits, and shapes that do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.layers.base.options import OptionsLayer
from tests.layers.cases import CASES

layers = core.layers


def _rows() -> list[Any]:
    """One (case, argument, wrong value) for each limit of each layer of the table."""
    rows, seen = [], set()
    for case in CASES:
        cls = getattr(layers, case.layer)
        if case.layer in seen or not issubclass(cls, OptionsLayer):
            continue
        seen.add(case.layer)
        for name, _, _, limit in cls._plan:
            if limit is not None:
                rows += [
                    pytest.param(case, name, w, id=f"{case.layer}-{name}-{w}") for w in limit.wrong
                ]
    return rows


@pytest.mark.parametrize(("case", "argument", "wrong"), _rows())
def test_arguments_outside_their_limits_are_refused(case: Any, argument: str, wrong: Any) -> None:
    defaults = {"value_dim", "data_format", "renorm_clipping", "strides"}
    if wrong is None and argument in defaults:
        pytest.skip("None stands for the default")
    with pytest.raises(ValueError, match=".") as caught:
        case.make(layers, **{argument: wrong})
    message = str(caught.value)
    assert argument in message and "must" in message and "Received" in message
    assert getattr(layers, case.layer).__name__ in message


@pytest.mark.parametrize(
    ("make", "shape", "words"),
    [
        (lambda: layers.Dense(3), (4,), "min_ndim"),
        (lambda: layers.Conv2D(4, 3), (2, 8, 3), "rank 4"),
        (lambda: layers.Conv2D(4, 3, groups=2), (2, 8, 8, 3), "groups"),
        (lambda: layers.Conv2D(4, 9), (2, 8, 8, 3), "at least as large"),
        (lambda: layers.MaxPooling2D(9), (2, 8, 8, 3), "at least as large"),
        (lambda: layers.Reshape((5,)), (2, 8), "target_shape"),
        (lambda: layers.Cropping1D(4), (2, 8, 1), "cropping"),
        (lambda: layers.Permute((2, 1)), (2, 8), "ndim"),
        (lambda: layers.RepeatVector(2), (2, 8, 1), "ndim"),
        (lambda: layers.GroupNormalization(3), (2, 8), "groups"),
        (lambda: layers.EinsumDense("abc,cd->abd", (None, 4)), (2, 8), "equation"),
        (lambda: layers.BatchNormalization(axis=3), (2, 8), "axis"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(make: Any, shape: Any, words: str) -> None:
    with pytest.raises(ValueError, match="Received") as caught:
        make()(np.ones(shape, "float32"))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: layers.Conv2D(4, 3, strides=2, dilation_rate=2), "both be above 1"),
        (lambda: layers.Conv2D(3, 3, groups=2), "multiple of groups"),
        (lambda: layers.Conv2D(3, (3, 3, 3)), "kernel_size"),
        (lambda: layers.Conv2D(3, 3, padding="causal"), "padding"),
        (lambda: layers.Conv2DTranspose(3, 3, strides=2, output_padding=2), "output_padding"),
        (lambda: layers.Permute((0, 1)), "permutation"),
        (lambda: layers.Reshape((-1, -1)), "target_shape"),
        (lambda: layers.EinsumDense("ab,bc", 3), "equation"),
        (lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="z"), "bias_axes"),
        (lambda: layers.Dense(3, activation="rellu"), "relu"),
        (lambda: layers.GroupQueryAttention(4, 3, 2), "multiple"),
        (lambda: layers.Dot(axes=0), "axes"),
        (lambda: layers.Wrapper("dense"), "layer"),
        (lambda: layers.Lambda(3), "function"),
        (lambda: layers.PReLU(shared_axes=[0]), "shared_axes"),
    ],
)
def test_arguments_that_exclude_each_other_are_refused(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=".") as caught:
        make()
    assert words in str(caught.value)


def test_merges_name_shapes_that_do_not_fit() -> None:
    a, b = np.ones((2, 3), "float32"), np.ones((2, 4), "float32")
    for make, words in (
        (lambda: layers.Add()([a, b]), "broadcast"),
        (lambda: layers.Subtract()([a, a, a]), "2 tensors"),
        (lambda: layers.Concatenate(axis=0)([a, b]), "same shape"),
        (lambda: layers.Dot(axes=1)([a, b]), "same size"),
        (lambda: layers.Add()(a), "list"),
    ):
        with pytest.raises(ValueError, match="Received") as caught:
            make()
        assert words in str(caught.value)


def test_a_wrong_call_leaves_a_layer_as_it_was() -> None:
    layer = layers.Dense(3)
    layer(np.ones((2, 4), "float32"))
    before = layer.get_weights()
    with pytest.raises(ValueError, match="axis -1"):
        layer(np.ones((2, 5), "float32"))
    for a, b in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
