"""Class weights of several outputs, which Keras refuses: by name, in a list, in each form of labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import keras_core as keras
from tests.training.helpers import trains

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4)).astype("float32")
KINDS, STEPS = RNG.integers(0, 3, 12), RNG.integers(0, 3, (12, 5))
BITS = RNG.integers(0, 2, (12, 1))
GIVEN = RNG.uniform(0.5, 2, 12).astype("float32")
TABLE, SIGNS = {0: 1.0, 1: 4.0, 2: 0.5}, {1: 3.0}
# What the weights of each target must come to.
KIND_WEIGHTS = np.array([1, 4, 0.5], "float32")[KINDS]
STEP_WEIGHTS = np.array([1, 4, 0.5], "float32")[STEPS]
BIT_WEIGHTS = np.where(BITS[:, 0] == 1, 3, 1).astype("float32")


class Three(keras.Model):
    """A class, a class for each of five steps, and a bit."""

    def __init__(self, form: str = "dict") -> None:
        super().__init__()
        self.kind = keras.layers.Dense(3, activation="softmax")
        self.steps = keras.Sequential(
            [keras.layers.Dense(15), keras.layers.Reshape((5, 3)), keras.layers.Softmax()]
        )
        self.bit = keras.layers.Dense(1, activation="sigmoid")
        self.form = form

    def call(self, x: Any) -> Any:
        found = {"kind": self.kind(x), "steps": self.steps(x), "bit": self.bit(x)}
        if self.form == "nested":
            return {"classes": {k: found[k] for k in ("kind", "steps")}, "bit": found["bit"]}
        return found if self.form == "dict" else list(found.values())


def compiled(form: str, hot: bool = False) -> Any:
    keras.utils.set_random_seed(1)
    model = Three(form)
    name = "categorical_crossentropy" if hot else "sparse_categorical_crossentropy"
    losses = {"kind": name, "steps": name, "bit": "binary_crossentropy"}
    metrics = arranged(form, {name: ["accuracy"] for name in losses}) if hot else None
    model.compile("sgd", arranged(form, losses), weighted_metrics=metrics)
    return model


def arranged(form: str, parts: dict[str, Any]) -> Any:
    """One thing for each output, in the structure of the outputs."""
    if form == "nested":
        classes = {k: parts[k] for k in ("kind", "steps") if k in parts}
        return {"classes": classes} | ({"bit": parts["bit"]} if "bit" in parts else {})
    return parts if form == "dict" else [parts.get(k) for k in ("kind", "steps", "bit")]


def targets(labels: str) -> dict[str, Any]:
    if labels == "one hot":
        return {"kind": np.eye(3)[KINDS], "steps": np.eye(3)[STEPS], "bit": BITS.astype("float32")}
    if labels == "columns":
        return {"kind": KINDS[:, None], "steps": STEPS[..., None], "bit": BITS}
    return {"kind": KINDS, "steps": STEPS, "bit": BITS[:, 0].astype(bool)}


def results(model: Any, *args: Any, **weights: Any) -> list[Any]:
    """The results of an epoch, and the variables after it."""
    history = model.fit(*args, batch_size=5, shuffle=False, verbose=0, **weights).history
    numbers = np.concatenate([np.ravel(w) for w in model.get_weights()])
    return [*(history[key][0] for key in sorted(history)), *numbers]


@trains
@pytest.mark.parametrize(
    ("labels", "given"), [("numbers", "none"), ("columns", "one for all"), ("one hot", "each")]
)
@pytest.mark.parametrize("form", ["dict", "list", "nested"])
def test_each_output_has_weights_of_its_own(form: str, labels: str, given: str) -> None:
    hot, y = labels == "one hot", arranged(form, targets(labels))
    each = arranged(form, dict.fromkeys(("kind", "steps", "bit"), GIVEN))
    own = {"none": None, "one for all": GIVEN, "each": each}[given]
    ones = np.ones(12, "float32") if given == "none" else GIVEN
    weights = {"kind": KIND_WEIGHTS, "steps": STEP_WEIGHTS, "bit": BIT_WEIGHTS}
    wanted = arranged(form, {k: (w.T * ones).T for k, w in weights.items()})
    tables = arranged(form, {"kind": TABLE, "steps": TABLE, "bit": SIGNS})
    model, twin = compiled(form, hot), compiled(form, hot)
    twin(X)
    start = twin.get_weights()

    def run(**weights: Any) -> list[Any]:
        if model.built:  # one model for both ways: the programs are the same
            model.set_weights(start)
        # The second batch finds the model built.
        found = [model.train_on_batch(X, y, **weights) for _ in range(2)]
        return [*found, results(model, X, y, **weights)]

    found = run(sample_weight=own, class_weight=tables)
    wanted = run(sample_weight=wanted)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    model.set_weights(start)
    plain = model.test_on_batch(X, y, sample_weight=own)
    for batch in found[:2]:
        assert not np.isclose(batch[0], plain[0], rtol=1e-3)


@trains
@pytest.mark.parametrize("form", ["dict", "list", "nested"])
def test_outputs_may_have_none(form: str) -> None:
    y, ones = arranged(form, targets("numbers")), np.ones(12, "float32")
    tables = arranged(form, {"steps": TABLE})
    wanted = arranged(form, {"kind": ones, "steps": STEP_WEIGHTS, "bit": ones})
    np.testing.assert_allclose(
        results(compiled(form), X, y, class_weight=tables),
        results(compiled(form), X, y, sample_weight=wanted),
        rtol=1e-5,
    )


PIXELS = RNG.integers(0, 3, (6, 3, 4))
PICTURES = RNG.normal(size=(6, 3, 4, 2)).astype("float32")
OF_PIXELS = {"none": None, "samples": RNG.uniform(size=6), "pixels": RNG.uniform(size=(6, 3, 4))}
# Targets, channels and activation of the predictions, and loss: all say the same of classes 0 to 2.
PIXEL_LABELS: dict[str, tuple[np.ndarray, int, str | None, Any]] = {
    "numbers": (PIXELS, 3, "softmax", "sparse_categorical_crossentropy"),
    "column": (PIXELS[..., None], 3, "softmax", "sparse_categorical_crossentropy"),
    "one hot": (np.eye(3)[PIXELS], 3, "softmax", "categorical_crossentropy"),
    "logits": (PIXELS, 3, None, keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
    "bits": (PIXELS[..., None] == 1, 1, "sigmoid", "binary_crossentropy"),
}


def segmentation(channels: int, activation: str | None, loss: Any) -> Any:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((3, 4, 2))
    model = keras.Model(inputs, keras.layers.Conv2D(channels, 1, activation=activation)(inputs))
    model.compile("sgd", loss, weighted_metrics=["accuracy"])
    return model


@trains
@pytest.mark.parametrize("given", OF_PIXELS)
@pytest.mark.parametrize("labels", PIXEL_LABELS)
def test_each_pixel_has_the_weight_of_its_class(labels: str, given: str) -> None:
    y, channels, activation, loss = PIXEL_LABELS[labels]
    table = {0: 1.0, 1: 3.0} if labels == "bits" else TABLE
    classes = (PIXELS == 1).astype(int) if labels == "bits" else PIXELS
    own = OF_PIXELS[given]
    weights = np.vectorize(table.get)(classes) * (
        1 if own is None else (own.T * np.ones((4, 3, 6))).T
    )
    weighted = {"sample_weight": own, "class_weight": table}
    model = segmentation(channels, activation, loss)
    # The mathematics: the mean over all pixels of weight times cross-entropy.
    p = np.asarray(model.predict(PICTURES, verbose=0), "float64")
    if labels == "bits":
        hit, right = np.where(classes, p[..., 0], 1 - p[..., 0]), (p[..., 0] > 0.5) == classes
    else:
        p = np.exp(p) / np.exp(p).sum(-1, keepdims=True) if labels == "logits" else p
        hit = np.take_along_axis(p, classes[..., None], -1)[..., 0]
        right = p.argmax(-1) == classes
    wanted = (weights * -np.log(hit)).mean(), (weights * right).sum() / weights.sum()
    for run in (
        lambda: model.train_on_batch(PICTURES, y, **weighted),
        lambda: model.fit(PICTURES, y, 4, verbose=0, **weighted).history,
        lambda: model.test_on_batch(PICTURES, y, sample_weight=weights),
        lambda: model.evaluate(PICTURES, y, 4, verbose=0, sample_weight=weights),
    ):
        model.optimizer.learning_rate = 0.0
        found = run()
        found = (
            [found[key][0] for key in ("loss", "accuracy")] if isinstance(found, dict) else found
        )
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@trains
def test_rows_of_bits_are_not_taken_for_classes() -> None:
    model = segmentation(1, "sigmoid", "binary_crossentropy")
    with pytest.raises(ValueError, match=r"one-hot rows.*\(6, 3, 4\).*y\[\.\.\., None\]"):
        model.train_on_batch(PICTURES, PIXELS == 1, class_weight={1: 3.0})


def functional(loss: Any) -> Any:
    keras.utils.set_random_seed(1)
    inputs = keras.Input((4,))
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(inputs)
    bit = keras.layers.Dense(1, activation="sigmoid", name="bit")(inputs)
    model = keras.Model(inputs, [kind, bit])
    model.compile("sgd", loss)
    return model


@trains
@pytest.mark.parametrize("tables", [{"kind": TABLE}, [TABLE, None], (TABLE, {2: 1.0})])
def test_outputs_of_a_functional_model_have_names(tables: Any) -> None:
    losses = ["sparse_categorical_crossentropy", "binary_crossentropy"]
    wanted = [KIND_WEIGHTS, np.ones(12, "float32")]
    np.testing.assert_allclose(
        results(functional(losses), X, [KINDS, BITS], class_weight=tables),
        results(functional(losses), X, [KINDS, BITS], sample_weight=wanted),
        rtol=1e-5,
    )


@trains
def test_the_one_output_with_a_loss_needs_no_name() -> None:
    loss = {"kind": "sparse_categorical_crossentropy"}
    wanted = results(functional(loss), X, KINDS, sample_weight=KIND_WEIGHTS)
    for tables in (TABLE, {"kind": TABLE}, [TABLE]):
        found = results(functional(loss), X, KINDS, class_weight=tables)
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@trains
def test_batches_are_weighted_too() -> None:
    def batches(weights: Any = None) -> Iterator[Any]:
        y = targets("numbers")
        for i in range(0, 12, 5):
            rows = slice(i, i + 5)
            x, part = X[rows], {k: v[rows] for k, v in y.items()}
            given = weights and {k: v[rows] for k, v in weights.items()}
            yield (x, part) if weights is None else (x, part, given)

    tables = {"kind": TABLE, "steps": TABLE, "bit": SIGNS}
    wanted = {"kind": KIND_WEIGHTS, "steps": STEP_WEIGHTS, "bit": BIT_WEIGHTS}
    a, b = (compiled("dict"), compiled("dict"))
    np.testing.assert_allclose(
        a.fit(batches(), class_weight=tables, verbose=0).history["loss"],
        b.fit(batches(wanted), verbose=0).history["loss"],
        rtol=1e-5,
    )
    for left, right in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-5)


@trains
def test_a_step_without_losses_gets_them_as_its_targets_lie() -> None:
    seen = []

    class Own(Three):
        def train_step(self, data: Any) -> Any:
            _, y, weights = keras.utils.unpack_x_y_sample_weight(data)
            assert weights.keys() == y.keys()
            seen.extend(keras.ops.convert_to_numpy(weights[key]) for key in ("kind", "bit"))
            assert weights["steps"] is None
            return {"loss": keras.ops.sum(weights["kind"])}

    model = Own()
    model(X)
    model.compile(run_eagerly=True)
    y = targets("numbers")
    model.fit(
        X, y, batch_size=12, shuffle=False, verbose=0, class_weight={"kind": TABLE, "bit": SIGNS}
    )
    np.testing.assert_allclose(seen[0], KIND_WEIGHTS)
    np.testing.assert_allclose(seen[1], BIT_WEIGHTS)


BAD: dict[str, tuple[Any, str]] = {
    "no name": (TABLE, r"which of several targets .* dict by the outputs' names"),
    "unknown name": ({"kinds": TABLE}, "class_weight names 'kinds', which is no output"),
    "too many": ([TABLE, None, None], "class_weight must match the model's 2 outputs"),
    "numbers in a list": ([1.0, 2.0], "class_weight must be a dict from class indices"),
    "nothing": ({"kind": {}}, "class_weight must be a dict from class indices"),
    "fractions": ({"kind": {0.5: 1.0}}, r"class indices \(0, 1"),
    "array": ({"kind": TABLE, "bit": None, 0: np.ones(3)}, "names 0, which is no output"),
}


@trains
@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    tables, told = BAD[case]
    model = functional(["sparse_categorical_crossentropy", "binary_crossentropy"])
    for run in (model.fit, model.train_on_batch):
        with pytest.raises(ValueError, match=told):
            run(X, [KINDS, BITS], class_weight=tables)


@trains
def test_an_output_without_a_target_has_no_classes() -> None:
    model = functional({"kind": "sparse_categorical_crossentropy"})
    with pytest.raises(
        ValueError, match="class_weight is given for the output 'bit', which has no"
    ):
        model.fit(X, {"kind": KINDS}, class_weight={"bit": SIGNS}, verbose=0)
