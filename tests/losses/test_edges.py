"""Losses where predictions are sure, in 16 bits, and what their constructors refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_core import losses
from keras_core.backends.select import backend
from keras_core.losses.loss import LossFunctionWrapper
from tests.autodiff import gradients
from tests.losses.test_against_keras import number

HOT = np.eye(3, dtype="float32")
SURE = [
    ("BinaryFocalCrossentropy", {"gamma": 0.5}, HOT, HOT),
    ("BinaryFocalCrossentropy", {"gamma": 0.5, "from_logits": True}, HOT, HOT * 400 - 200),
    ("BinaryFocalCrossentropy", {"gamma": 0}, HOT, HOT[::-1].copy()),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.3}, np.array([0, 2, 2]), HOT),
]
slopes = pytest.mark.skipif(not backend.has("gradients"), reason="the backend has no gradients")


@slopes
@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), SURE)
def test_slopes_at_sure_predictions_are_numbers(
    keras: Any, name: str, arguments: dict, y_true: Any, y_pred: Any
) -> None:
    loss = getattr(losses, name)(**arguments)
    (found,) = gradients(lambda p: loss(y_true, p), [y_pred])
    assert np.isfinite(found).all()
    theirs = keras.ops.convert_to_numpy(getattr(keras.losses, name)(**arguments)(y_true, y_pred))
    np.testing.assert_allclose(number(loss(y_true, y_pred)), theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    ("name", "y_true", "y_pred"),
    [
        ("BinaryCrossentropy", HOT, HOT[::-1].copy()),
        ("BinaryFocalCrossentropy", HOT, HOT[::-1].copy()),
        ("KLDivergence", HOT, HOT[::-1].copy()),
        ("CosineSimilarity", HOT, HOT * 0),
        ("CosineSimilarity", HOT * 0, HOT),
        ("Poisson", HOT, HOT * 0),
    ],
)
def test_sure_predictions_in_16_bits(name: str, y_true: Any, y_pred: Any, dtype: str) -> None:
    # 1 - epsilon() is 1 there: the logarithms were infinite, and 0 times that NaN.
    found = getattr(losses, name)(dtype=dtype)(y_true, y_pred)
    assert backend.arrays.dtype_name(found) == dtype
    wanted = number(getattr(losses, name)()(y_true, y_pred))
    np.testing.assert_allclose(number(found), wanted, rtol=2e-2, atol=1e-3)


def test_a_function_of_ones_own_gets_the_dtype_that_was_asked_for() -> None:
    seen = []

    def error(y_true: Any, y_pred: Any) -> Any:
        seen.append(backend.arrays.dtype_name(y_pred))
        return y_pred - y_true

    LossFunctionWrapper(error, dtype="float16")(HOT, HOT)
    assert seen == ["float16"]


LIMITED = [
    (name, argument)
    for name in losses.__all__
    for argument in getattr(getattr(losses, name), "limits", {})
]


@pytest.mark.parametrize(("name", "argument"), LIMITED)
def test_constructors_refuse_by_name(name: str, argument: str) -> None:
    cls = getattr(losses, name)
    for wrong in cls.limits[argument].wrong:
        with pytest.raises(ValueError, match=f"{name}: {argument} must"):
            cls(**{argument: wrong})


def test_ranks_without_classes_are_named() -> None:
    for loss, y_true in (
        (losses.CategoricalCrossentropy(), 1.0),
        (losses.SparseCategoricalCrossentropy(), 1),
        (losses.CategoricalGeneralizedCrossEntropy(), 1),
    ):
        with pytest.raises(ValueError, match=r"cross_?entropy: (axis|y_true) must"):
            loss(y_true, 1.0)
    with pytest.raises(ValueError, match="categorical_crossentropy: axis must be in"):
        losses.CategoricalCrossentropy(axis=3)(HOT, HOT)
    with pytest.raises(ValueError, match="q must be"):
        losses.CategoricalGeneralizedCrossEntropy(q="much")  # pyright: ignore[reportArgumentType]


PAIRS = [
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "huber",
    "mean_squared_logarithmic_error", "log_cosh", "cosine_similarity", "hinge", "squared_hinge",
    "categorical_hinge", "dice", "tversky", "kl_divergence",
    "poisson",
]  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_shapes_that_do_not_go_together_are_named(name: str) -> None:
    wanted = (
        rf"{name}: y_true must have a shape that broadcasts .*\(4, 5\). Received: y_true=.*4, 3"
    )
    with pytest.raises(ValueError, match=wanted):
        getattr(losses, name)(np.ones((4, 3)), np.ones((4, 5)))


@pytest.mark.skipif(
    backend.name != "torch", reason="others give 0 or TensorFlow's own error, as Keras"
)
@pytest.mark.parametrize("shape", [(2, 3), (2, 1, 3)])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("wrong", [3, -1])
def test_class_numbers_out_of_range_are_named(shape: Any, from_logits: bool, wrong: int) -> None:
    loss = losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    first, last = sorted((0, wrong))
    with pytest.raises(ValueError, match=f"from 0 to 2. Received: numbers from {first} to {last}"):
        loss(np.array([0, wrong]).reshape(shape[:-1]), np.full(shape, 1 / 3, "float32"))
