"""A layer where it is used: compiled, mapped over rows, trained, in a file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.testing import layer_calls
from keras_core.testing.layer_calls import Make


def model_of(package: Any, layer: Any, inputs: Any, call: dict[str, Any]) -> Any:
    """The layer alone in a functional model, of this package or another one's."""
    given = layer_calls.starts(package, inputs)
    # The keys of a dict are names of the call's arguments.
    named = isinstance(inputs, dict)
    outputs = layer(**given, **call) if named else layer(given, **call)
    return package.Model(given, outputs)


def _number_a_row(x: Any) -> Any:
    x = ops.square(ops.cast(x, "float32") + 1.0)
    return ops.mean(x, axis=tuple(range(1, len(x.shape)))) if len(x.shape) > 1 else x


def one_step_of_fit(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """A step of training moves trainable variables, leaves the others finite and the dtypes."""
    if not backend.has("gradients"):
        return
    import keras_core

    layer = make()
    alone = model_of(keras_core, layer, inputs, layer_calls.tensors(call))
    rows = [_number_a_row(x) for x in tree.flatten(alone.outputs) if x is not None]
    model = keras_core.Model(alone.input, sum(rows[1:], rows[0]))
    model.compile(keras_core.optimizers.SGD(0.1), "mse")
    before = [np.array(v.numpy()) for v in layer.weights]
    dtypes = [v.dtype for v in layer.weights]
    size = len(tree.flatten(inputs)[0])
    loss = model.train_on_batch(inputs, np.full((size,), 0.3, "float32"))
    assert np.isfinite(loss), f"the loss is {loss}"
    assert [v.dtype for v in layer.weights] == dtypes
    for v in layer.weights:
        assert np.isfinite(np.asarray(v.numpy(), "float64")).all(), f"{v.path} is not finite"
    moved = [
        v.path
        for v, old in zip(layer.weights, before, strict=True)
        if v.trainable and not np.array_equal(v.numpy(), old)
    ]
    assert moved or not layer.trainable_weights, "no trainable variable was changed"


def compiled_is_eager(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """The framework's compiler takes the call whole (jit, `tf.function`, `fullgraph=True`).

    Where the call trains, results may be random: then shapes and dtypes are compared.
    """
    if not backend.has("jit"):
        return
    layer = make()
    expected = layer_calls.values(layer_calls.called(layer, inputs, call))
    more = layer_calls.tensors(call)

    def run(given: Any) -> Any:
        args, kwargs = layer_calls.passed(layer, given)
        return layer(*args, **kwargs, **more)

    found = layer_calls.values(backend.execute.compiled(run)(layer_calls.tensors(inputs)))
    if call.get("training"):
        assert [(x.shape, x.dtype) for x in found] == [(x.shape, x.dtype) for x in expected]
    else:
        layer_calls.compare(found, expected, 1e-5)


def rows_are_independent(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """`vectorized_map` over the rows of one array gives what a call on all of them gives."""
    if not isinstance(inputs, np.ndarray) or any(isinstance(v, np.ndarray) for v in call.values()):
        return
    if call.get("training"):  # what is random differs from run to run
        return
    layer = make()
    expected = layer_calls.values(layer_calls.called(layer, inputs, call))
    if not all(x.shape[:1] == inputs.shape[:1] for x in expected):
        return

    def rows(x: Any) -> list[Any]:
        def row(one: Any) -> list[Any]:
            outputs = layer(ops.expand_dims(one, 0), **call)
            return [ops.squeeze(y, 0) for y in tree.flatten(outputs) if y is not None]

        return ops.vectorized_map(row, x)

    # Where there is nothing but pure functions, op by op is the slow way to run one.
    run = backend.execute.compiled(rows) if backend.has("functional") else rows
    found = layer_calls.values(run(layer_calls.tensors(inputs)))
    layer_calls.compare(found, expected, 1e-4)


def file_round_trip(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """A `.keras` file gives the layer back with its config and its weights."""
    import keras_core

    layer = make(name="layer_of_its_own")
    model = model_of(keras_core, layer, inputs, {})
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.keras")
        model.save(path)
        classes = {type(layer).__name__: type(layer)}
        twin = keras_core.saving.load_model(path, custom_objects=classes)
    found = twin.get_layer("layer_of_its_own")
    assert type(found) is type(layer)
    for a, b in zip(layer.weights, found.weights, strict=True):
        assert a.name == b.name, f"{a.path} became {b.path}"
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a.numpy(), b.numpy())
