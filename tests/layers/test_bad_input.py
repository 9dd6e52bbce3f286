"""Wrong arguments: generated from the layers' own limits, and shapes that do not fit."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import numpy as np
import pytest

import keras_core as core
from tests.layers.case import Ints, LayerCase
from tests.layers.cases import CASES
from tests.layers.test_more_rows import ROWS

layers = core.layers


# What constructors need, of layers that are in neither of the tables.
OTHERS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("ConvLSTM2D", "ConvLSTM3D"), {"filters": 2, "kernel_size": 2}),
    **dict.fromkeys(("GRUCell", "LSTMCell", "SimpleRNNCell"), {"units": 2}),
    **dict.fromkeys(
        ("RandomBrightness", "RandomColorDegeneration", "RandomContrast"), {"factor": 0.1}
    ),
    **dict.fromkeys(("RandomHue", "RandomSaturation", "RandomSharpness"), {"factor": 0.1}),
    "RandomPosterization": {"factor": 4},
    "RandomCrop": {"height": 2, "width": 2},
    "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1},
    "RandomZoom": {"height_factor": 0.1},
    "MaxNumBoundingBoxes": {"max_number": 3},
    "IntegerLookup": {"vocabulary": [1, 2]},
    "StringLookup": {"vocabulary": ["a"]},
    "HashedCrossing": {"num_bins": 3},
    "Lambda": {"function": abs},
    "Pipeline": {"layers": []},
    "InputLayer": {"shape": (2,)},
}
# Their arguments are layers, functions and objects of frameworks, checked where they are tested.
NAMED = ("_initializer", "_regularizer", "_constraint", "activation")
APART = {"Layer", "InputSpec", "Wrapper", "Merge", "BaseConv", "StackedRNNCells", "JaxLayer", "FlaxLayer", "TFSMLayer",
         "TorchModuleWrapper"}  # fmt: skip


def _cases() -> dict[str, LayerCase]:
    """A row for each layer there is."""
    found = {case.layer: case for case in reversed([*CASES, *ROWS])}
    classes = {getattr(layers, name) for name in found}
    for name in dir(layers):
        cls = getattr(layers, name)
        if isinstance(cls, type) and name not in APART and cls not in classes:
            classes.add(cls)
            found[name] = LayerCase(name, OTHERS.get(name, {}))
    return found


def _limits(cls: Any) -> dict[str, Any]:
    """The limits of a layer's arguments; a recurrent layer hands those of its cell on."""
    limits: dict[str, Any] = {}
    for base in (*reversed(getattr(cls, "_cell_class", object).__mro__), *reversed(cls.__mro__)):
        limits |= base.__dict__.get("limits", {})
    return limits


def _rows() -> list[Any]:
    """One (case, argument, wrong value) for each limit of each layer of the table."""
    rows = []
    for name, case in _cases().items():
        cls = getattr(layers, name)
        limits = _limits(cls)
        for argument in inspect.signature(cls.__init__).parameters:
            wrong = (*limits[argument].wrong,) if argument in limits else ()
            named = argument.endswith(NAMED) and argument != "activity_regularizer"
            wrong += ("no such object", 3.5) if named else ()
            rows += [pytest.param(case, argument, w, id=f"{name}-{argument}-{w}") for w in wrong]
    return rows


@pytest.mark.parametrize(("case", "argument", "wrong"), _rows())
def test_arguments_outside_their_limits_are_refused(case: Any, argument: str, wrong: Any) -> None:
    parameter = inspect.signature(getattr(layers, case.layer).__init__).parameters[argument]
    if wrong is None and parameter.default is None:
        pytest.skip("None stands for the default")
    with pytest.raises(ValueError, match=".") as caught:
        case.make(layers, **{argument: wrong})
    message = str(caught.value)
    assert argument in message and "must" in message and "Received" in message
    # A recurrent layer hands its options to its cell.
    assert getattr(layers, case.layer).__name__ in message or "Cell" in message


# What takes anything: values to compare with and masks, what functions get, Keras's leftovers.
ANYTHING = {"mask_value", "mask", "arguments", "gptq_unpacked_column_size", "args", "kwargs"}


OURS = "must .*Received|Received.*must"


def _arguments(case: LayerCase) -> tuple[Any, dict[str, Any], list[str]]:
    """The layer, what it is given in its row, and the names of all that its constructor takes."""
    cls = getattr(layers, case.layer)
    names = [*inspect.signature(cls.__init__).parameters][1:]
    given: Any = case.kwargs(layers) if callable(case.kwargs) else case.kwargs
    names += ["name", "dtype", "trainable"] if "kwargs" in names else []
    return cls, given, [name for name in names if name not in ANYTHING]


@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in _cases().items()])
def test_every_argument_refuses_what_is_nothing(case: Any) -> None:
    """Those whose limits are not declared too: factors, equations, layers, names."""
    cls, given, names = _arguments(case)
    for argument in names:
        with pytest.raises((TypeError, ValueError), match=OURS):
            cls(**{**given, argument: object()})


@pytest.mark.parametrize("case", [pytest.param(c, id=n) for n, c in _cases().items()])
def test_every_argument_takes_or_refuses_arrays(case: Any) -> None:
    """They have no truth value: a question as plain as whether a name is empty fails on them."""
    cls, given, names = _arguments(case)
    arrays = [np.array([1, 2]), np.array([0.5, 0.25]), core.ops.convert_to_tensor([1.0, 2.0])]
    for argument in names:
        for wrong in (*arrays, {"a": 1}):
            message = None
            try:
                cls(**{**given, argument: wrong})
            except (TypeError, ValueError) as error:
                message = str(error)
            assert message is None or re.search(OURS, message, re.DOTALL), f"{argument}: {message}"


@pytest.mark.parametrize(
    ("make", "shape", "words"),
    [
        (lambda: layers.Dense(3), (4,), "min_ndim"),
        (lambda: layers.Conv2D(4, 3), (2, 8, 3), "ndim=4"),
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


def _ones(*shape: int) -> np.ndarray:
    return np.ones(shape, "float32")


BOXES = {"boxes": _ones(2, 3, 4), "labels": _ones(2, 3)}


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda L: L.MultiHeadAttention(2, 4)(_ones(2, 3, 8), _ones(3, 5, 8)), "query and value"),
        *(
            (
                lambda L, s=shape: L.MultiHeadAttention(2, 4)(
                    _ones(2, 3, 8), _ones(2, 5, 8), attention_mask=_ones(*s)
                ),
                "attention_mask",
            )
            for shape in ((2, 4, 5), (2, 3, 4), (5,))
        ),
        (lambda L: L.GRU(3)(_ones(2, 4, 5), initial_state=_ones(3, 3)), "initial_state"),
        (lambda L: L.LSTM(3)(_ones(2, 4, 5), mask=np.ones((2, 3), bool)), "mask"),
        (lambda L: L.SimpleRNN(3)(_ones(2, 4, 5), mask=np.ones(4, bool)), "mask"),
        *(
            (lambda L, s=shape: L.GlobalAveragePooling1D()(_ones(2, 4, 3), mask=_ones(*s)), "mask")
            for shape in ((2,), (2, 5), (2, 4, 1))
        ),
        (
            lambda L: L.TimeDistributed(L.GlobalAveragePooling1D())(
                _ones(2, 4, 5, 3), mask=_ones(2, 4)
            ),
            "mask",
        ),
        (lambda L: L.Softmax(axis=1)(L.Masking()(_ones(2, 4, 3))), "mask"),
        (lambda L: L.Softmax()(_ones(2, 1, 3), mask=_ones(2, 4, 3)), "mask"),
        (lambda L: L.Softmax()(_ones(2, 3), mask=_ones(1, 2, 3)), "mask"),
        (lambda L: L.LSTMCell(3)(_ones(2, 5), [_ones(2, 3)]), "states"),
        (lambda L: L.Dropout(0.5, (2, 5))(_ones(2, 3), training=True), "noise_shape"),
        (lambda L: L.Dropout(0.5, (1, 1, 1))(_ones(2, 3), training=True), "noise_shape"),
        (lambda L: L.AlphaDropout(0.5, (2,))(_ones(2, 3), training=True), "noise_shape"),
        (lambda L: L.GaussianDropout(1.0)(_ones(2, 3), training=True), "rate"),
        (lambda L: L.HashedCrossing(3)(np.ones(2, "int32")), "inputs"),
        (lambda L: L.TextVectorization(vocabulary=["a"])(_ones(2)), "inputs"),
        *(
            (
                lambda L, b=boxes: L.RandomFlip()(
                    {"images": _ones(2, 4, 4, 3), "bounding_boxes": b}
                ),
                "bounding_boxes",
            )
            for boxes in (
                _ones(2, 3, 4),
                {"boxes": _ones(2, 3, 4)},
                BOXES | {"boxes": _ones(2, 3, 3)},
                BOXES | {"labels": _ones(2, 2)},
            )
        ),
    ],
)
def test_what_a_call_gets_besides_is_refused_by_name(call: Any, argument: str) -> None:
    with pytest.raises(ValueError, match=f" '.*': {argument} must .*Received"):
        call(layers)


def test_what_is_the_same_for_a_batch_may_be_given_once() -> None:
    q, v = _ones(2, 3, 8), _ones(2, 5, 8)
    for shape in ((3, 5), (1, 3, 5), (2, 1, 5), (2, 1, 3, 5)):
        layers.MultiHeadAttention(2, 4)(q, v, attention_mask=_ones(*shape))
    layers.Dropout(0.5, (None, 1))(_ones(2, 3), training=True)


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


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: layers.RandomRotation((0.1,)), "factor"),
        (lambda: layers.AugMix(factor=[0.1]), "factor"),
        (lambda: layers.Conv2D(2, "l2"), "kernel_size"),
        (lambda: layers.Conv2D(2, 3, strides=(1, "2")), "strides"),
        (lambda: layers.ConvLSTM2D(2, 1.5), "kernel_size"),
        (lambda: layers.Conv2DTranspose(2, 3, output_padding=0.5), "output_padding"),
        (lambda: layers.EinsumDense("ab,bc->ac", np.float32(2)), "output_shape"),
        (lambda: layers.Discretization(np.float32(2)), "bin_boundaries"),
        (lambda: layers.Hashing(3, salt=0.5), "salt"),
    ],
)
def test_what_is_refused_is_refused_by_name(make: Any, argument: str) -> None:
    with pytest.raises(ValueError, match=f"{argument} must .*Received"):
        make()


@pytest.mark.parametrize(
    ("make", "argument", "wanted"),
    [
        (lambda: layers.LSTM(2, return_sequences=1), "return_sequences", True),
        (lambda: layers.Dense(2, use_bias=0), "use_bias", False),
        (lambda: layers.Dense(2, use_bias=None), "use_bias", False),
        (lambda: layers.LSTM(2, return_state=None), "return_state", False),
        (lambda: layers.LSTM(2, dropout=False), "dropout", 0.0),
        (lambda: layers.GaussianDropout(np.float32(0.25)), "rate", 0.25),
        (lambda: layers.GaussianDropout(1), "rate", 1),
        (lambda: layers.RandAugment(num_ops=0), "num_ops", 0),
        (lambda: layers.RandomGaussianBlur(kernel_size=np.int64(2)), "kernel_size", (2, 2)),
        (lambda: layers.IntegerLookup(mask_token=np.int64(2)), "mask_token", 2),
        (lambda: layers.RandomRotation(np.float32(0.25)), "factor", (-0.25, 0.25)),
        (lambda: layers.Conv2D(2, np.int64(3)), "kernel_size", (3, 3)),
        (lambda: layers.ConvLSTM2D(2, np.int64(3)), "kernel_size", (3, 3)),
        (lambda: layers.EinsumDense("ab,bc->ac", np.int64(2)), "output_shape", (2,)),
        (
            lambda: layers.Conv1DTranspose(2, 3, strides=2, output_padding=np.int64(1)),
            "output_padding",
            (1,),
        ),
    ],
)
def test_numbers_of_numpy_and_flags_of_c(make: Any, argument: str, wanted: Any) -> None:
    layer = make()
    assert getattr(layer, argument) == wanted
    again = type(layer).from_config(layer.get_config())
    assert getattr(again, argument) == wanted


@pytest.mark.parametrize(
    ("make", "shape", "wanted"),
    [
        (lambda: layers.ZeroPadding1D(np.array([1, 2])), (1, 2, 2), (1, 5, 2)),
        (lambda: layers.ZeroPadding2D(np.array([[1, 2], [0, 1]])), (1, 2, 2, 1), (1, 5, 3, 1)),
        (lambda: layers.ZeroPadding2D((np.int64(1), [np.int32(0), 1])), (1, 2, 2, 1), (1, 4, 3, 1)),
        (lambda: layers.Cropping1D(np.array([1, 2])), (1, 5, 2), (1, 2, 2)),
        (lambda: layers.PReLU(shared_axes=np.int64(1)), (1, 5, 2), (1, 5, 2)),
        (lambda: layers.Softmax(np.int64(1)), (1, 5, 2), (1, 5, 2)),
        (lambda: layers.UnitNormalization(np.int64(1)), (1, 5, 2), (1, 5, 2)),
        (lambda: layers.Normalization(np.int64(2), 0.0, 1.0), (1, 5, 2), (1, 5, 2)),
        (lambda: layers.Hashing(np.int64(4)), (2, 5), (2, 5)),
        (lambda: layers.STFTSpectrogram(frame_step=np.int64(4)), (1, 256, 1), (1, 1, 129)),
        (lambda: layers.Dense(2, lora_rank=0), (1, 4), (1, 2)),
        (lambda: layers.LSTM(2, bias_initializer=None), (1, 5, 3), (1, 2)),
        (lambda: layers.PReLU(shared_axes=np.array([1, 2])), (1, 5, 2), (1, 5, 2)),
        (lambda: layers.Conv2D(2, np.array([2, 1])), (1, 4, 4, 1), (1, 3, 4, 2)),
        (lambda: layers.ReLU(max_value=np.array(2.0)), (1, 2), (1, 2)),
        (lambda: layers.AlphaDropout(0.5, noise_shape=np.array([1, 2])), (3, 2), (3, 2)),
        (lambda: layers.EinsumDense("ab,bcd->acd", np.array([2, 3])), (1, 4), (1, 2, 3)),
        (lambda: layers.MultiHeadAttention(1, 2, output_shape=np.int64(3)), (1, 4, 2), (1, 4, 3)),
        (lambda: layers.GlobalMaxPooling1D(keepdims=1), (1, 4, 2), (1, 1, 2)),
        (lambda: layers.GlobalAveragePooling1D(keepdims=np.True_), (1, 4, 2), (1, 1, 2)),
        (
            lambda: layers.Dense(2, kernel_regularizer=core.regularizers.L2(np.float32(0.5))),
            (1, 4),
            (1, 2),
        ),
    ],
)
def test_arrays_of_numpy_stand_for_tuples(make: Any, shape: Any, wanted: Any) -> None:
    layer = make()
    x = [np.ones(shape, "float32")] * (1 + isinstance(layer, layers.MultiHeadAttention))
    assert tuple(layer(*x).shape) == wanted
    again = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    assert tuple(again(*x).shape) == wanted


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: layers.Dense(np.float32), "Dense '.*': units must"),
        (lambda: layers.Dense(2, kernel_regularizer={}), "Dense '.*': kernel_regularizer must"),
        (lambda: layers.Dense(2, bias_constraint=np.float32), "Dense '.*': bias_constraint must"),
        (lambda: layers.Dense(2, activation={}), "Dense '.*': activation must"),
        (
            lambda: layers.Dense(2, activity_regularizer=2.0),
            "Dense '.*': activity_regularizer must",
        ),
        (
            lambda: layers.ReLU(activity_regularizer="l7"),
            "ReLU '.*': activity_regularizer must",
        ),
        (lambda: layers.Conv1D(2, 2, padding=np.array([1, 1])), "Conv1D '.*': padding must"),
        (lambda: layers.Masking("none"), "Masking '.*': mask_value must"),
        (
            lambda: layers.Attention()([np.ones(3), np.ones(3)]),
            "Attention '.*': inputs must have axes",
        ),
        (
            lambda: layers.AdditiveAttention()(np.ones((2, 3, 4))),
            "AdditiveAttention '.*': inputs must be a list of query",
        ),
        (lambda: layers.Attention()(layers.Input((2, 3))), "Attention '.*': inputs must be a list"),
        (lambda: core.initializers.HeNormal(input_axes="a"), "HeNormal: input_axes must"),
        (
            lambda: layers.Bidirectional(layers.GRU(2), weights=3),
            "Bidirectional '.*': weights must",
        ),
        (lambda: layers.STFTSpectrogram(window="wnd")(_ones(1, 256, 1)), "window must"),
        (lambda: layers.TextVectorization(split=[1]), "TextVectorization '.*': split must"),
        (lambda: layers.InputLayer(1.5), "InputLayer '.*': shape must"),
        (lambda: layers.InputLayer((2,), dtype=[1]), "dtype must"),
    ],
)
def test_what_is_no_such_thing_is_refused_by_name(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"(?s){words}.*Received"):
        make()


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


@pytest.mark.parametrize("name", ["SimpleRNN", "GRU", "LSTM"])
def test_sequences_keep_their_size(name: str) -> None:
    layer = getattr(layers, name)(3)
    layer(np.ones((2, 4, 3), "float32"))
    with pytest.raises(ValueError, match=f"{name}.*axis -1.*size 3.*Received"):
        layer(np.ones((2, 4, 6), "float32"))


def _numberless() -> list[Any]:
    """Each layer that takes one tensor, with first arguments that are none."""
    rows = []
    for name, case in {case.layer: case for case in [*CASES, *ROWS]}.items():
        cls = getattr(layers, name)
        if cls._input_must is None or not isinstance(case.inputs, tuple | np.ndarray | Ints):
            continue
        if isinstance(case.inputs, tuple) and not all(isinstance(n, int) for n in case.inputs):
            continue
        rows += [
            pytest.param(case, wrong, built, id=f"{name}-{kind}-{'built' if built else 'new'}")
            for kind, wrong in (("strings", np.array([["a"]])), ("None", None), ("dict", {"a": 1}))
            for built in (False, True)
        ]
    return rows


@pytest.mark.parametrize(("case", "wrong", "built"), _numberless())
def test_inputs_of_no_numbers_are_refused(case: Any, wrong: Any, built: bool) -> None:
    layer = case.make(layers)
    if built:
        shape = getattr(case.inputs, "shape", case.inputs)
        layer(np.ones(shape, "int32" if isinstance(case.inputs, Ints) else "float32"), **case.call)
    try:
        found = layer(wrong, **case.call)
    except (TypeError, ValueError) as error:
        message = str(error)
    else:  # what leaves values as they are hands them on
        assert found is wrong or (isinstance(wrong, np.ndarray) and "a'" in repr(found))
        return
    assert type(layer).__name__ in message and "Received" in message


OF_LAYERS = [
    (name, cls)
    for module in (core.initializers, core.regularizers, core.constraints)
    for name, cls in ((name, getattr(module, name)) for name in dir(module))
    if isinstance(cls, type) and name == cls.__name__ and "limits" in vars(cls)
]


@pytest.mark.parametrize(("name", "cls"), OF_LAYERS)
def test_what_layers_are_made_of_refuses_what_is_outside_of_its_limits(name: str, cls: Any) -> None:
    for argument, limit in cls.limits.items():
        for wrong in limit.wrong:
            with pytest.raises(ValueError, match=f"{name}: {argument} must .*Received"):
                cls(**{argument: wrong})


def test_a_vocabulary_file_that_is_missing_is_told_by_the_layer() -> None:
    with pytest.raises(FileNotFoundError, match="StringLookup '.*': .*'gone.txt'"):
        layers.StringLookup(vocabulary="gone.txt")


@pytest.mark.parametrize(
    ("argument", "value", "words"),
    [
        ("kernel_initializer", core.regularizers.L2(), "L2.* is of the regularizers"),
        ("kernel_regularizer", core.constraints.NonNeg(), "NonNeg.* is of the constraints"),
        ("activation", core.initializers.Zeros, "Zeros.* is of the initializers"),
    ],
)
def test_what_is_given_in_place_of_another_is_named(argument: str, value: Any, words: str) -> None:
    words = f"Dense '.*': {argument} must .*Received.*{words}: give it as such"
    with pytest.raises(ValueError, match=words):
        layers.Dense(2, **{argument: value})


def test_what_is_of_two_kinds_may_be_given_as_either() -> None:
    class Both(core.regularizers.Regularizer, core.constraints.Constraint):
        def __call__(self, x: Any) -> Any:
            return core.ops.sum(x)

    both = Both()
    layer = layers.Dense(2, kernel_regularizer=both, kernel_constraint=both)
    assert layer.kernel_regularizer is layer.kernel_constraint is both


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        ("Conv1D", {"filters": 2, "kernel_size": b"x"}),  # bytes are ints too
        ("Conv2D", {"filters": 2, "kernel_size": 2, "strides": True}),
        ("MaxPooling1D", {"pool_size": True}),
        ("Softmax", {"axis": b"x"}),
        ("InputLayer", {"shape": True}),
        ("InputLayer", {"shape": b"x"}),
        ("InputLayer", {"shape": {}}),
        ("InputLayer", {"shape": (2,), "batch_size": True}),
        ("InputLayer", {"batch_shape": (None, True)}),
        ("RNN", {"cell": []}),
        ("StackedRNNCells", {"cells": []}),
        ("Normalization", {"mean": 0.0, "variance": -1.0}),  # gave NaN
        ("Normalization", {"mean": [0.0, 0.0], "variance": np.asarray([1.0, -1.0])}),
        ("RandomZoom", {"height_factor": 2.5}),  # pictures upside down
        ("RandomZoom", {"height_factor": 0.1, "width_factor": 2.5}),
        ("StringLookup", {"vocabulary": ["a", None]}),  # became the token "None"
        ("StringLookup", {"vocabulary": np.asarray(["a", float("nan")], object)}),
        ("StringLookup", {"vocabulary": b"ab"}),
        ("TextVectorization", {"vocabulary": [None]}),
        ("IntegerLookup", {"vocabulary": [1.5, 2]}),  # was cut off
        ("IntegerLookup", {"vocabulary": ["a"]}),
        ("IntegerLookup", {"vocabulary": [None, 1]}),
        ("IntegerLookup", {"vocabulary": [[1], [2]]}),
        ("StringLookup", {"vocabulary": [["a", "b"]]}),
        ("StringLookup", {"vocabulary": ["a", ["b"]]}),
        ("STFTSpectrogram", {"window": (0.1, float("nan"))}),
        ("MelSpectrogram", {"window": [1.0, 2.0], "fft_length": 4}),
        ("MaxPooling1D", {"pool_size": 1e30}),
    ],
)
def test_what_went_through_as_something_else_is_refused(layer: str, arguments: Any) -> None:
    with pytest.raises(ValueError, match=OURS):
        getattr(layers, layer)(**arguments)


def test_what_means_something_still_goes_through() -> None:
    assert layers.IntegerLookup(vocabulary=[1.0, 2.0]).get_vocabulary() == [-1, 1, 2]
    assert layers.StringLookup(vocabulary=[b"a", "b"]).get_vocabulary() == ["[UNK]", "a", "b"]
    assert layers.InputLayer(shape=np.asarray([2, 3])).batch_shape == (None, 2, 3)
    assert layers.Conv2D(2, np.int64(3)).kernel_size == (3, 3)
    layers.RandomZoom((-0.5, 3.0))
    layers.Normalization(mean=0.0, variance=[[0.0, 2.0]])
    layers.ReLU(max_value=float("inf"))
    layers.Discretization([-float("inf"), 0.0])
    layers.RandomRotation(0.1, fill_value=float("nan"))
    layers.Lambda(abs, output_shape=[(3,), {"a": [None, 0]}, ()])


def test_what_is_given_twice_is_named() -> None:
    with pytest.raises(ValueError, match="'string_lookup.*' *: vocabulary must hold.*once: 'a'$"):
        layers.StringLookup(vocabulary=["b", "a", "a"])
    with pytest.raises(ValueError, match="either bin_boundaries or num_bins.*Received: neither$"):
        layers.Discretization()
    with pytest.raises(ValueError, match="either bin_boundaries or num_bins.*Received: both$"):
        layers.Discretization([0.5], num_bins=3)
