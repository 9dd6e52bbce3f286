"""Every loss against Keras: values, weights, reductions, masks, configs and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keras_core import losses, metrics, ops
from keras_core.backends.select import backend
from keras_core.losses.reduction import reduce_weighted
from tests.autodiff import gradients, to_numpy

rng = np.random.default_rng(7)


def _probabilities(*shape: int) -> np.ndarray:
    x = rng.uniform(0.05, 1, shape)
    return (x / x.sum(-1, keepdims=True)).astype("float32")


def _one_hot(n: int, classes: int) -> np.ndarray:
    return np.eye(classes, dtype="float32")[rng.integers(0, classes, n)]


A, B = rng.normal(size=(2, 4, 3)).astype("float32")
P, Q = _probabilities(4, 3), _probabilities(4, 3)
U, V = rng.uniform(0.05, 0.95, size=(2, 4, 3)).astype("float32")
BITS = rng.integers(0, 2, (4, 3)).astype("float32")
HOT = _one_hot(4, 3)
NUMBERS = rng.integers(0, 3, 4)
EMBEDDED = (lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True))(
    rng.normal(size=(4, 5))
).astype("float32")
SEQUENCES = np.array([[1, 2, 0], [2, 2, 1], [1, 0, 0], [2, 1, 2]])
FRAMES = rng.normal(size=(4, 8, 3)).astype("float32")

# Name of the class: (constructor's arguments, y_true, y_pred)
HAS_CTC = "ctc_loss" in ops.__all__
CASES: list[tuple[str, dict[str, Any], np.ndarray, np.ndarray]] = [
    ("MeanSquaredError", {}, A, B),
    ("MeanAbsoluteError", {}, A, B),
    ("MeanAbsolutePercentageError", {}, A, B),
    ("MeanSquaredLogarithmicError", {}, A, B),
    ("Huber", {}, A, B),
    ("Huber", {"delta": 0.4}, A, B),
    ("LogCosh", {}, A * 10, B),
    ("CosineSimilarity", {}, A, B),
    ("CosineSimilarity", {"axis": 0}, A, B),
    ("Hinge", {}, BITS, B),
    ("Hinge", {}, BITS * 2 - 1, B),
    ("SquaredHinge", {}, BITS, B),
    ("CategoricalHinge", {}, HOT, B),
    ("KLDivergence", {}, P, Q),
    ("Poisson", {}, np.round(U * 5), V),
    ("BinaryCrossentropy", {}, BITS, V),
    ("BinaryCrossentropy", {"from_logits": True}, BITS, B),
    ("BinaryCrossentropy", {"label_smoothing": 0.2, "axis": 0}, BITS, V),
    ("BinaryFocalCrossentropy", {}, BITS, V),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3, "gamma": 1.5}, BITS, V),
    ("BinaryFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, BITS, B),
    ("CategoricalCrossentropy", {}, HOT, P),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, HOT, B),
    ("CategoricalCrossentropy", {"axis": 0}, HOT, V),
    ("CategoricalFocalCrossentropy", {}, HOT, P),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.3, 0.5], "gamma": 1.5, "from_logits": True}, HOT, B),
    ("CategoricalFocalCrossentropy", {"label_smoothing": 0.1}, HOT, V),
    ("CategoricalCrossentropy", {"axis": (1,)}, HOT, P),
    ("CategoricalCrossentropy", {"axis": (0, 1)}, HOT, V),
    ("CategoricalFocalCrossentropy", {"axis": (1,)}, HOT, V),
    ("CategoricalFocalCrossentropy", {"axis": (0, 1), "from_logits": True}, HOT, B),
    ("SparseCategoricalCrossentropy", {}, NUMBERS, P),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, NUMBERS, B),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, NUMBERS[:, None], B),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, NUMBERS.astype("float32"), B),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, NUMBERS, P),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1, "from_logits": True}, np.array([0, -1, 2, -1]), B),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.3}, NUMBERS, P),
    ("Dice", {}, BITS, V),
    ("Dice", {"axis": 1}, BITS, V),
    ("Dice", {"axis": (0, 1)}, BITS, V),
    ("Tversky", {"alpha": 0.3, "beta": 0.7}, BITS, V),
    ("Tversky", {"axis": 1}, BITS, V),
    ("Circle", {}, NUMBERS, EMBEDDED),
    ("Circle", {"gamma": 8.0, "margin": 0.2, "remove_diagonal": False}, NUMBERS, EMBEDDED),
    ("CTC", {}, SEQUENCES, FRAMES),
]  # fmt: skip
if not HAS_CTC:
    CASES = [case for case in CASES if case[0] != "CTC"]
IDS = [f"{name}-{i}" for i, (name, *_) in enumerate(CASES)]


def number(x: Any) -> np.ndarray:
    return np.asarray(to_numpy(x) if backend.arrays.is_tensor(x) else x, "float64")


def _skip_where_keras_fails(name: str, arguments: dict) -> None:
    """On NumPy Keras normalizes along no other axis, and divides masked probabilities by zero."""
    if backend.name == "numpy" and (name, next(iter(arguments), "")) in (
        ("CosineSimilarity", "axis"),
        ("SparseCategoricalCrossentropy", "ignore_class"),
    ):
        pytest.skip("Keras fails at this on NumPy")


def _oracle(keras: Any, x: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(x), "float64")


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", None])
@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), CASES, ids=IDS)
def test_value(
    keras: Any, name: str, arguments: dict, y_true: Any, y_pred: Any, reduction: Any
) -> None:
    _skip_where_keras_fails(name, arguments)
    ours = getattr(losses, name)(**arguments, reduction=reduction)(y_true, y_pred)
    theirs = getattr(keras.losses, name)(**arguments, reduction=reduction)(y_true, y_pred)
    np.testing.assert_allclose(number(ours), _oracle(keras, theirs), rtol=2e-4, atol=2e-5)
    assert backend.arrays.dtype_name(ours) == "float32"


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight", "none"])
@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), CASES, ids=IDS)
def test_sample_weight(
    keras: Any, name: str, arguments: dict, y_true: Any, y_pred: Any, reduction: Any
) -> None:
    _skip_where_keras_fails(name, arguments)
    ours = getattr(losses, name)(**arguments, reduction=reduction)
    theirs = getattr(keras.losses, name)(**arguments, reduction=reduction)
    plain = number(getattr(losses, name)(**arguments, reduction=None)(y_true, y_pred))
    if plain.ndim == 0:
        pytest.skip("one loss for the whole batch")
    weights = np.linspace(0.5, 2, plain.shape[0]).astype("float32")
    np.testing.assert_allclose(
        number(ours(y_true, y_pred, sample_weight=weights)),
        _oracle(keras, theirs(y_true, y_pred, sample_weight=weights)),
        rtol=2e-4, atol=2e-5,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), CASES, ids=IDS)
def test_config(keras: Any, name: str, arguments: dict, y_true: Any, y_pred: Any) -> None:
    loss = getattr(losses, name)(**arguments, reduction="sum")
    config = loss.get_config()
    for key, value in (
        getattr(keras.losses, name)(**arguments, reduction="sum").get_config().items()
    ):
        assert config[key] == value, key
    for key, value in arguments.items():
        assert config[key] == value and getattr(loss, key) == value
    again = losses.deserialize(losses.serialize(loss))
    assert type(again) is type(loss) and again.get_config() == config
    if name == "CategoricalGeneralizedCrossEntropy":
        return  # Keras cannot read its own config of this one
    # Keras reads what we write.
    assert keras.losses.deserialize(losses.serialize(loss)).name == loss.name


@pytest.mark.skipif(not backend.has("gradients"), reason="the backend has no gradients")
@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), CASES, ids=IDS)
def test_gradient(name: str, arguments: dict, y_true: Any, y_pred: Any) -> None:
    if name == "CosineSimilarity" and arguments:
        pytest.skip("the same as along the last axis")
    loss = getattr(losses, name)(**arguments)
    (found,) = gradients(lambda p: loss(y_true, p), [y_pred])
    assert found.shape == y_pred.shape and np.isfinite(found).all()
    if name == "Circle":
        return  # its weights are constants to the gradient
    direction = np.random.default_rng(1).normal(size=y_pred.shape).astype("float32")
    step = 1e-2
    ahead, behind = (number(loss(y_true, y_pred + s * step * direction)) for s in (1, -1))
    # Finite differences: enough to see a wrong sign or factor.
    np.testing.assert_allclose(
        (found * direction).sum(), (ahead - behind) / (2 * step), rtol=0.08, atol=0.02
    )


def test_functions_are_the_classes_without_reduction() -> None:
    for function, name in (
        ("mean_squared_error", "MeanSquaredError"),
        ("huber", "Huber"),
        ("log_cosh", "LogCosh"),
    ):
        ours = getattr(losses, function)(A, B)
        np.testing.assert_allclose(
            number(ours), number(getattr(losses, name)(reduction=None)(A, B)), rtol=1e-6
        )


@pytest.mark.parametrize(
    "shapes", [((4,), (4,)), ((4,), (4, 1)), ((4, 1), (4,)), ((4, 1), (4, 1)), ((2, 3, 1), (2, 3))]
)
def test_ranks_are_aligned_as_in_keras(keras: Any, shapes: Any) -> None:
    y_true, y_pred = (rng.normal(size=s).astype("float32") for s in shapes)
    for reduction in ("sum_over_batch_size", None):
        ours = losses.MeanSquaredError(reduction=reduction)(y_true, y_pred)
        theirs = keras.losses.MeanSquaredError(reduction=reduction)(y_true, y_pred)
        np.testing.assert_allclose(number(ours), _oracle(keras, theirs), rtol=1e-5)


@pytest.mark.parametrize("shape", [(2, 1), (2, 3), (2, 3, 1), (1, 3), (1,), (2, 1, 1), ()])
def test_weights_broadcast_as_in_keras(keras: Any, shape: tuple[int, ...]) -> None:
    y_true, y_pred = rng.normal(size=(2, 2, 3, 4)).astype("float32")
    weights = rng.uniform(size=shape).astype("float32")
    for reduction in ("sum_over_batch_size", "sum", None):
        ours = losses.MeanSquaredError(reduction=reduction)(y_true, y_pred, weights)
        theirs = keras.losses.MeanSquaredError(reduction=reduction)(y_true, y_pred, weights)
        np.testing.assert_allclose(number(ours), _oracle(keras, theirs), rtol=1e-5)


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
@pytest.mark.parametrize("columns", [1, 3])
def test_losses_come_in_the_shape_of_weights_as_in_keras(
    keras: Any, shape: tuple[int, ...], columns: int
) -> None:
    y_true, y_pred = rng.normal(size=(2, 4, columns)).astype("float32")
    weights = rng.uniform(size=shape).astype("float32")
    ours = losses.MeanSquaredError(reduction=None)(y_true, y_pred, weights)
    theirs = _oracle(keras, keras.losses.MeanSquaredError(reduction=None)(y_true, y_pred, weights))
    assert tuple(ours.shape) == theirs.shape == shape
    np.testing.assert_allclose(number(ours), theirs, rtol=1e-5)


def test_weights_of_samples_reach_all_time_steps() -> None:
    y_true, y_pred = rng.normal(size=(2, 2, 3, 4)).astype("float32")
    plain = number(losses.MeanSquaredError(reduction=None)(y_true, y_pred))
    weighted = losses.MeanSquaredError(reduction=None)(y_true, y_pred, np.array([1.0, 3.0]))
    np.testing.assert_allclose(number(weighted), plain * [[1], [3]], rtol=1e-5)
    with pytest.raises(ValueError, match="sample_weight"):
        losses.MeanSquaredError()(y_true, y_pred, np.ones(5))


@pytest.mark.parametrize(
    "reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", None]
)
@pytest.mark.parametrize("weights", [None, (2, 3), (2, 1)])
def test_masks(reduction: Any, weights: Any) -> None:
    values = rng.uniform(size=(2, 3)).astype("float32")
    mask = np.array([[True, False, True], [True, True, False]])
    w = np.ones((2, 3)) if weights is None else np.broadcast_to(rng.uniform(size=weights), (2, 3))
    given = None if weights is None else w.astype("float32")
    found = number(reduce_weighted(values, given, mask, reduction))
    total = (values * w * mask).sum()
    wanted = {
        None: values * w * mask,
        "sum": total,
        "sum_over_batch_size": total / mask.sum(),
        "mean_with_sample_weight": total / (w * mask).sum(),
    }[reduction]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    assert number(reduce_weighted(values, None, np.zeros((2, 3), bool), "mean")) == 0


NAMES = ["mse", "MSE", "mae", "mape", "msle", "bce", "BCE", "kld", "KLD", "huber", "Huber", "MeanSquaredError",
         "mean_squared_error", "binary_focal_crossentropy", "kl_divergence", "sparse_categorical_crossentropy",
         "log_cosh", "LogCosh", "dice", "CTC", "hinge", "circle", "cosine_similarity", "BinaryCrossentropy"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_get(keras: Any, name: str) -> None:
    ours, theirs = losses.get(name), keras.losses.get(name)
    if isinstance(theirs, keras.losses.Loss):
        assert isinstance(ours, losses.Loss) and ours.name == theirs.name
    else:
        assert ours.__name__ == theirs.__name__


def test_get_refuses_the_rest() -> None:
    assert losses.get(None) is None
    function = lambda y_true, y_pred: y_pred  # noqa: E731
    assert losses.get(function) is function
    with pytest.raises(ValueError, match="mean_squared_error"):
        losses.get("mean_square_error")
    with pytest.raises((ValueError, TypeError), match="3"):
        losses.get(3)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="reduction must be"):
        losses.MeanSquaredError(reduction="average")
    with pytest.raises(ValueError, match="sparse_categorical_crossentropy"):
        losses.CategoricalCrossentropy()(NUMBERS, P)
    with pytest.raises(ValueError, match="use categorical_crossentropy"):
        losses.SparseCategoricalCrossentropy()(HOT, P)
    with pytest.raises(ValueError, match="categorical_crossentropy: axis must be an int, or"):
        losses.CategoricalCrossentropy(axis=())(HOT, P)
    with pytest.raises(ValueError, match="axis must be one axis, that of the classes"):
        losses.SparseCategoricalCrossentropy(axis=(0, 1))(NUMBERS, P)
    with pytest.raises(ValueError, match="q must be"):
        losses.CategoricalGeneralizedCrossEntropy(q=1.5)
    with pytest.raises(NotImplementedError, match="call"):
        losses.Loss()(A, B)


@pytest.mark.parametrize("axis", [(-1,), [1]])
def test_one_axis_in_a_list_is_that_axis(axis: Any) -> None:
    loss, metric = losses.SparseCategoricalCrossentropy(axis=axis), metrics.get(
        {"class_name": "SparseCategoricalCrossentropy", "config": {"axis": axis}}
    )  # fmt: skip
    want = number(losses.SparseCategoricalCrossentropy()(NUMBERS, P))
    np.testing.assert_allclose(number(loss(NUMBERS, P)), want, rtol=1e-6)
    np.testing.assert_allclose(number(metric(NUMBERS, P)), want, rtol=1e-6)
    np.testing.assert_allclose(
        number(metrics.CategoricalCrossentropy(axis=axis)(HOT, P)),
        number(losses.CategoricalCrossentropy()(HOT, P)),
        rtol=1e-6,
    )


def test_classes_along_several_axes_are_those_of_one(keras: Any) -> None:
    # Keras takes logits along several axes on JAX only, so the same ones along one are asked.
    grid, row = (2, 2, 3), (2, 6)
    for y_pred, logits in ((B, True), (V, False)):
        found = losses.CategoricalCrossentropy(
            logits, axis=[1, 2], reduction=None, label_smoothing=0.1
        )
        want = keras.losses.CategoricalCrossentropy(logits, reduction=None, label_smoothing=0.1)
        np.testing.assert_allclose(
            number(found(BITS.reshape(grid), y_pred.reshape(grid))),
            _oracle(keras, want(BITS.reshape(row), y_pred.reshape(row))),
            rtol=1e-5,
        )  # fmt: skip


def test_custom_loss_on_dicts() -> None:
    class Both(losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return (y_true["a"] - y_pred["a"]) ** 2 + (y_true["b"] - y_pred["b"]) ** 2

    value = Both()({"a": A, "b": B}, {"a": B, "b": A})
    np.testing.assert_allclose(number(value), 2 * ((A - B) ** 2).mean(), rtol=1e-5)


def test_dtype() -> None:
    loss = losses.MeanSquaredError(dtype="float16")
    assert loss.dtype == "float16" and loss.get_config()["dtype"] == "float16"
    assert backend.arrays.dtype_name(loss(A, B)) == "float16"
    assert losses.MeanSquaredError().get_config().keys() == {"name", "reduction"}
