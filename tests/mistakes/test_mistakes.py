"""The mistakes that are made most: each message has the cause and what to write instead.

`docs/guides/mistakes.md` lists them under the same names.
"""

from __future__ import annotations

import pathlib
import re
import traceback
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import keras_core as keras
from keras_core import layers
from keras_core.core import advice
from tests.conftest import BACKEND
from tests.training.helpers import trains

X, Y = np.zeros((8, 4), "float32"), np.zeros((8, 1), "float32")
LABELS = np.zeros(8, "int32")


class Mistake(NamedTuple):
    run: Callable[[Any], Any]
    error: type[Exception] | type[Warning]
    cause: str
    mend: str


MISTAKES: dict[str, Mistake] = {}


def mistake(error: type, cause: str, mend: str) -> Callable:
    """Enter a function that makes a mistake: the error, and what its text must hold, in order."""

    def enter(run: Callable) -> Callable:
        MISTAKES[run.__name__] = Mistake(run, error, cause, mend)
        return run

    return enter


def stack(*more: Any) -> Any:
    return keras.Sequential([keras.Input((4,)), *more])


def fit(model: Any, y: Any = Y, loss: Any = "mse", x: Any = X, **options: Any) -> Any:
    model.compile("sgd", loss, **options)
    return model.fit(x, y, verbose=0)


# Tensors without values ----------------------------------------------------------------------


@mistake(TypeError, "cannot decide a Python branch", r"ops.where\(x > 0, a, b\)")
def a_branch_on_a_keras_tensor(tmp_path: Any) -> None:
    assert keras.Input((4,)) > 0


@mistake(TypeError, "cannot be iterated over", r"ops.map\(f, x\)")
def a_loop_over_a_keras_tensor(tmp_path: Any) -> None:
    list(keras.Input((4,)))


@mistake(TypeError, "cannot become a float", r"ops.cast\(x, 'float32'\)")
def a_keras_tensor_as_a_float(tmp_path: Any) -> None:
    float(keras.Input((4,)))


@mistake(TypeError, "cannot be converted to an array", r"ops.sum\(x\)")
def a_keras_tensor_as_an_array(tmp_path: Any) -> None:
    np.asarray(keras.Input((4,)))


@mistake(Exception, "NumPy|numpy", r"ops.mean\(x\) for np.mean\(x\)")
def numpy_in_a_loss(tmp_path: Any) -> None:
    fit(stack(layers.Dense(1)), loss=lambda y, p: keras.ops.mean((y - np.clip(p, 0, 1)) ** 2))


@mistake(Exception, "bool|truth value", r"ops.where\(x > 0, a, b\) or ops.cond\(\)")
def a_branch_in_a_compiled_step(tmp_path: Any) -> None:
    fit(stack(layers.Dense(1)), loss=lambda y, p: p if keras.ops.mean(p) > 0 else -p)


# Shapes --------------------------------------------------------------------------------------


@mistake(ValueError, r"must have shape \(None, 4\).*Received: shape \(4,\)", r"x\[None\]")
def a_sample_without_a_batch(tmp_path: Any) -> None:
    stack(layers.Dense(2))(X[0])


@mistake(ValueError, "expected ndim=4, found ndim=3", r"x\[..., None\]")
def images_without_channels(tmp_path: Any) -> None:
    layers.Conv2D(2, 3)(np.zeros((2, 8, 8), "float32"))


@mistake(ValueError, "expected ndim=3, found ndim=2", "return_sequences=True")
def recurrent_layers_without_sequences(tmp_path: Any) -> None:
    keras.Sequential([keras.Input((5, 4)), layers.LSTM(3), layers.LSTM(3)])


@mistake(ValueError, "axis -1 of the input to have size 4.*shape=.2, 5.", "another layer")
def another_number_of_features(tmp_path: Any) -> None:
    layer = layers.Dense(2)
    layer.build((None, 4))
    layer(np.zeros((2, 5), "float32"))


@mistake(ValueError, r"must have shape \(None, 8, 8, 3\)", r"np.moveaxis\(x, 1, -1\)")
def channels_in_the_wrong_place(tmp_path: Any) -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten()])
    model(np.zeros((2, 3, 8, 8), "float32"))


@mistake(ValueError, "expects 1 input.*Received: 2", r"layers.Concatenate\(\)\(\[a, b\]\)")
def a_list_for_a_layer_of_one_tensor(tmp_path: Any) -> None:
    layers.Dense(2)([keras.Input((4,)), keras.Input((4,))])


@mistake(TypeError, "takes 1 positional argument", r"layer\(\[a, b\]\)")
def several_tensors_for_a_layer_of_a_list(tmp_path: Any) -> None:
    layers.Concatenate()(keras.Input((4,)), keras.Input((4,)))


@mistake(ValueError, "must be a tensor.*of type Flatten", r"Dense\(...\)\(Flatten\(...\)\(x\)\)")
def a_layer_called_on_a_layer(tmp_path: Any) -> None:
    layers.Dense(2)(layers.Flatten())


@mistake(ValueError, "Flatten.*Received: data_format=KerasTensor", r"Flatten\(...\)\(x\)")
def a_tensor_for_the_class_of_a_layer(tmp_path: Any) -> None:
    layers.Flatten(keras.Input((4, 2)))


# Models --------------------------------------------------------------------------------------


@mistake(ValueError, "layers must be one list", r"Sequential\(\[a, b\]\)")
def a_stack_without_a_list(tmp_path: Any) -> None:
    keras.Sequential(keras.Input((4,)), layers.Dense(2))


@mistake(ValueError, "must be KerasTensors", r"Sequential\(\[a, b\]\) for a stack")
def layers_in_place_of_tensors(tmp_path: Any) -> None:
    keras.Model([layers.Dense(2)])


@mistake(ValueError, "stands there twice", r"\[Dense\(4\) for _ in range\(3\)\]")
def a_list_times_a_number(tmp_path: Any) -> None:
    stack(*[layers.Dense(4)] * 3)


@mistake(ValueError, "graph is disconnected", r"Model\(\[a, b\], y\)")
def an_input_left_out(tmp_path: Any) -> None:
    a, b = keras.Input((4,)), keras.Input((4,))
    keras.Model(a, layers.Dense(1)(layers.Add()([a, b])))


@mistake(ValueError, r"must have the keys \['a', 'b'\]", r"Received: \['a', 'c'\]")
def wrong_names_of_inputs(tmp_path: Any) -> None:
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    keras.Model([a, b], layers.Add()([a, b]))({"a": X, "c": X})


@mistake(ValueError, "no activation function of the name 'rellu'", "Did you mean 'relu'")
def a_misspelt_name(tmp_path: Any) -> None:
    layers.Dense(2, activation="rellu")


# Layers of one's own -------------------------------------------------------------------------


@mistake(RuntimeError, r"must call super\(\).__init__\(\) first", r"super\(\).__init__\(\)")
def a_constructor_without_super(tmp_path: Any) -> None:
    class Mine(layers.Layer):
        def __init__(self) -> None:
            self.inner = layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.inner(x)

    Mine()(X)


@mistake(ValueError, "must return a tensor.*Received: None", "`return`")
def a_call_without_return(tmp_path: Any) -> None:
    class Mine(layers.Layer):
        def call(self, x: Any) -> Any:
            x * 2

    stack(Mine())


@mistake(UserWarning, "has a mask, which the layer neither uses nor hands on", "supports_masking")
def a_mask_that_gets_lost(tmp_path: Any) -> None:
    class Mine(layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    keras.Sequential([keras.Input((5,)), layers.Embedding(9, 3, mask_zero=True), Mine()])


@mistake(NotImplementedError, r"takes \*units, which a config cannot hold", r"get_config\(self\)")
def a_layer_without_get_config(tmp_path: Any) -> None:
    class Mine(layers.Layer):
        def __init__(self, *units: int) -> None:
            super().__init__()

        def call(self, x: Any) -> Any:
            return x

    stack(Mine(3)).save(tmp_path / "model.keras")


@mistake(ValueError, "'Mine' of .* is not known", "custom_objects={'Mine'")
def a_class_that_is_not_registered(tmp_path: Any) -> None:
    class Mine(layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    stack(Mine()).save(tmp_path / "model.keras")
    keras.saving.load_model(tmp_path / "model.keras")


# Files ---------------------------------------------------------------------------------------


@mistake(ValueError, "has no weights to save yet", r"build\(input_shape\)")
def weights_before_there_are_any(tmp_path: Any) -> None:
    keras.Sequential([layers.Dense(2)]).save_weights(tmp_path / "model.weights.h5")


@mistake(ValueError, r"kernel has shape \(4, 3\), the file holds \(4, 2\)", "skip_mismatch=True")
def weights_of_another_model(tmp_path: Any) -> None:
    stack(layers.Dense(2)).save_weights(tmp_path / "model.weights.h5")
    stack(layers.Dense(3)).load_weights(tmp_path / "model.weights.h5")


@mistake(ValueError, "layers must be Layer instances.*the class Flatten", r"Write Flatten\(\)")
def a_class_in_a_stack(tmp_path: Any) -> None:
    stack(layers.Flatten, layers.Dense(1))


@mistake(ValueError, "no optimizer of the name 'adamm'", "Did you mean 'adam'")
def a_misspelt_optimizer(tmp_path: Any) -> None:
    stack(layers.Dense(1)).compile("adamm", "mse")


@mistake(ValueError, "no metric of the name 'acuracy'", "Did you mean 'accuracy'")
def a_misspelt_metric(tmp_path: Any) -> None:
    fit(stack(layers.Dense(1)), metrics=["acuracy"])


@mistake(ValueError, "rate must be a number from 0 to 1. Received: rate=50", "")
def a_rate_in_per_cent(tmp_path: Any) -> None:
    layers.Dropout(50)


@mistake(ValueError, "must be at least as large as the window", "padding='valid'")
def a_window_larger_than_the_image(tmp_path: Any) -> None:
    layers.Conv2D(1, 5)(keras.Input((2, 2, 1)))


@mistake(ValueError, "has no layer named 'dens'", r"Its layers: \['dense")
def a_layer_by_a_wrong_name(tmp_path: Any) -> None:
    stack(layers.Dense(1, name="dense_a")).get_layer("dens")


@mistake(ValueError, "class indices below num_classes=3", "from 0 to 5")
def more_classes_than_said(tmp_path: Any) -> None:
    keras.utils.to_categorical([0, 5], 3)


@mistake(NotImplementedError, "Model 'a' has no `call", "define one in A")
def a_model_without_call(tmp_path: Any) -> None:
    class A(keras.Model):
        pass

    A(name="a")(X)


@mistake(TypeError, "callbacks must be Callback objects", r"write EarlyStopping\(\)")
def a_class_for_a_callback(tmp_path: Any) -> None:
    fit_with = stack(layers.Dense(1))
    fit_with.compile("sgd", "mse")
    fit_with.fit(X, Y, callbacks=[keras.callbacks.EarlyStopping], verbose=0)


@mistake(ValueError, "filepath must end with '.keras'", r"model.export\(\)")
def a_file_without_a_suffix(tmp_path: Any) -> None:
    stack(layers.Dense(2)).save(tmp_path / "model")


# Training ------------------------------------------------------------------------------------


@mistake(ValueError, "needs a compiled model", r'compile\("adam", "mse"\)')
def fit_without_compile(tmp_path: Any) -> None:
    stack(layers.Dense(1)).fit(X, Y)


@mistake(ValueError, "there is no loss", r"Pass loss= to compile\(\)")
def fit_without_a_loss(tmp_path: Any) -> None:
    fit(stack(layers.Dense(1)), loss=None)


@mistake(ValueError, "same number of samples.*x: 8, y: 5", "")
def arrays_of_different_lengths(tmp_path: Any) -> None:
    fit(stack(layers.Dense(1)), Y[:5])


@mistake(
    ValueError, "must be given a scalar tensor that `call` has.*KerasTensor", "call.self, inputs"
)
def a_loss_outside_of_call(tmp_path: Any) -> None:
    x = keras.Input((4,))
    y = layers.Dense(1)(x)
    keras.Model(x, y).add_loss(keras.ops.mean(y))


@mistake(ValueError, "must be given a scalar tensor that `call` has.*function", "call.self, inputs")
def a_function_for_an_added_loss(tmp_path: Any) -> None:
    layers.Dense(1).add_loss(lambda: 1.0)


@mistake(ValueError, "inhomogeneous", r"keras.utils.pad_sequences")
def rows_of_different_lengths(tmp_path: Any) -> None:
    fit(stack(layers.Dense(1)), [0, 1], x=[[1, 2, 3], [1, 2]])


@mistake(ValueError, r"number of samples.*x: \[3, 2\]", r"keras.utils.pad_sequences")
def rows_in_a_list_of_arrays(tmp_path: Any) -> None:
    fit(stack(layers.Dense(1)), [0, 1], x=[np.ones(3), np.ones(2)])


@mistake(ValueError, r"dtype object whose first item is \[1, 2, 3\]", r"keras.utils.pad_sequences")
def rows_in_an_array_of_objects(tmp_path: Any) -> None:
    rows = np.empty(2, object)
    rows[:] = [[1, 2, 3], [1, 2]]
    fit(stack(layers.Dense(1)), [0, 1], x=rows)


@mistake(ValueError, r"must have shape \(8, 3\).*y of shape \(8,\)", "SparseCategoricalCross")
def class_numbers_for_one_hot_labels(tmp_path: Any) -> None:
    model = stack(layers.Dense(3, activation="softmax"))
    fit(model, LABELS, "categorical_crossentropy")


@mistake(ValueError, r"must have shape \(8,\), integer labels", "use CategoricalCrossentropy")
def one_hot_labels_for_class_numbers(tmp_path: Any) -> None:
    model = stack(layers.Dense(3, activation="softmax"))
    fit(model, np.eye(3)[LABELS], "sparse_categorical_crossentropy")


@mistake(ValueError, "class numbers from 0 to 2.*y from 3 to 3", "4 units")
def labels_out_of_range(tmp_path: Any) -> None:
    model = stack(layers.Dense(3, activation="softmax"))
    fit(model, LABELS + 3, "sparse_categorical_crossentropy")


@mistake(ValueError, "dtype <U1", "np.unique")
def labels_of_text(tmp_path: Any) -> None:
    model = stack(layers.Dense(3, activation="softmax"))
    fit(model, np.array(["a", "b"] * 4), "sparse_categorical_crossentropy")


@mistake(UserWarning, "'softmax', and the loss .* takes logits", "Leave one of them out")
def a_softmax_twice(tmp_path: Any) -> None:
    model = stack(layers.Dense(3, activation="softmax"))
    fit(model, LABELS, keras.losses.SparseCategoricalCrossentropy(from_logits=True))


@mistake(UserWarning, "no activation, and the loss .* takes probabilities", "from_logits=True")
def logits_as_probabilities(tmp_path: Any) -> None:
    fit(stack(layers.Dense(1)), Y, "binary_crossentropy")


@mistake(UserWarning, "softmax over one unit", r"Dense\(1, activation='sigmoid'\)")
def a_softmax_of_one_unit(tmp_path: Any) -> None:
    fit(stack(layers.Dense(1, activation="softmax")), Y, "binary_crossentropy")


@mistake(ValueError, r"outputs \['u', 'v'\]", "by name in a dict")
def wrong_names_of_outputs(tmp_path: Any) -> None:
    x = keras.Input((4,))
    model = keras.Model(x, {"u": layers.Dense(1)(x), "v": layers.Dense(1)(x)})
    fit(model, {"u": Y, "v": Y}, {"u": "mse", "v": "mse"}, metrics={"w": ["mae"]})


@mistake(ValueError, "was built for other variables", "make a new one")
def an_optimizer_for_two_models(tmp_path: Any) -> None:
    optimizer = keras.optimizers.SGD()
    for _ in range(2):
        model = stack(layers.Dense(1))
        model.compile(optimizer, "mse")
        model.train_on_batch(X, Y)


TRAINING = {
    name
    for name, one in MISTAKES.items()
    if {"fit", "train_on_batch"} & set(one.run.__code__.co_names)
}
EAGER = pytest.mark.skipif(BACKEND == "torch", reason="steps run eagerly: a branch is none")
NAMES = [
    pytest.param(
        name,
        marks=[
            *([trains] if name in TRAINING else []),
            *([EAGER] if name == "a_branch_in_a_compiled_step" else []),
        ],
    )
    for name in sorted(MISTAKES)
]


@pytest.mark.parametrize("name", NAMES)
def test_says_the_cause_and_the_mend(name: str, tmp_path: Any) -> None:
    run, error, cause, mend = MISTAKES[name]
    if issubclass(error, Warning):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            run(tmp_path)
        text = " ".join(str(one.message) for one in caught)
    else:
        with pytest.raises(error) as raised:
            run(tmp_path)
        notes = getattr(raised.value, "__notes__", ())
        assert set(notes) <= {advice.ON_VALUES}  # below a framework's own message
        text = "\n".join([str(raised.value), *notes])
        inside = [f for f in traceback.extract_tb(raised.tb) if "/keras_core/" in f.filename]
        assert len(inside) <= 2, inside  # the function that was called
    assert re.search(f"{cause}.*{mend}", text, re.DOTALL), text


def test_summary_of_a_model_that_is_not_built() -> None:
    lines: list[str] = []
    keras.Sequential([layers.Dense(2)]).summary(print_fn=lines.append)
    assert "Not built yet" in lines[0] and "keras.Input(shape)" in lines[0]


@trains
def test_weights_made_in_call() -> None:
    class Mine(layers.Layer):
        def call(self, x: Any) -> Any:
            return x @ self.add_weight(shape=(4, 1))

    if BACKEND == "torch":
        pytest.skip("eager: each call makes another weight, as in any torch module")
    with pytest.raises((RuntimeError, ValueError), match="once|first call"):
        fit(stack(Mine()))


def test_the_page_lists_them() -> None:
    page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guides" / "mistakes.md"
    text = page.read_text()
    missing = [name for name in MISTAKES if f"### {_title(name)}" not in text]
    assert not missing


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
