"""Every operation of the tables as a step of a model that is written and read back.

The second writing has to be the first one's text: so each argument is found again, and where the
files of Keras 3 have it. `tests/saving` exchanges models with Keras.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

import keras_core as keras
from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import dtypes, operation_names
from keras_core.ops import _saved
from keras_core.ops._door import registry
from tests.ops.case import OpCase, leaves, map_arrays
from tests.ops.test_cases import CASES, _names, _supported

#: What gives no tensor, or has a function of Python among its arguments: no step of a file.
NO_STEPS = ("shape", "dtype", "is_tensor", "convert_to_numpy", "associative_scan", "scan", "map")


def _first_rows() -> list[OpCase]:
    found: dict[str, OpCase] = {}
    for _, case in CASES:
        dtype = case.dtypes[0]
        if case.op in found or case.op in NO_STEPS or not _supported(case, dtype):
            continue
        if case.gap(backend.name, "symbolic", dtype) is None and _names(case, dtype):
            found[case.op] = case
    return list(found.values())


def _model(case: OpCase) -> keras.Model | None:
    """The row's call as a model of all its arrays; None where nothing comes out of a graph."""
    inputs = []

    def symbol(x: np.ndarray) -> keras.KerasTensor:
        name = dtypes.canonical(dtypes.standardize(x.dtype))
        inputs.append(keras.Input(batch_shape=x.shape, dtype=name))
        return inputs[-1]

    args, kwargs = case.draw(case.dtypes[0])
    args, kwargs = map_arrays(symbol, args), map_arrays(symbol, kwargs)
    found = case.function(ops)(*args, **kwargs)
    outputs = [x for x in leaves(found) if isinstance(x, keras.KerasTensor)]
    return keras.Model(inputs, outputs) if outputs else None


def test_written_and_read_back() -> None:
    wrong, count = [], 0
    for case in _first_rows():
        model = _model(case)
        if model is None:
            continue
        count += 1
        text = model.to_json()
        try:
            again = keras.models.model_from_json(text).to_json()
        except Exception as error:
            wrong.append(f"{case.op}: {error}")
            continue
        if json.loads(again) != json.loads(text):
            wrong.append(f"{case.op}: {text} became {again}")
    assert not wrong, "\n".join(wrong)
    assert count > 250


def test_each_has_the_class_that_keras_writes() -> None:
    made = {"zeros", "ones", "empty", "eye"}  # of no tensor
    parts = {"_beam_search", "_length", "_resample", "displaced"}  # inside of other operations
    for namespace in (ops, ops.image):
        for name in namespace.__all__:
            getattr(namespace, name)  # declares it
    nameless = {
        name
        for name, declared in registry.items()
        if declared.body.__module__.startswith("keras_core.ops.")
        and operation_names.of_operation(name) is None
    }
    assert nameless == made | parts


@pytest.mark.parametrize("entry", operation_names._entries()[1].values(), ids=lambda e: e[1])
def test_each_class_is_found(entry: operation_names.Written) -> None:
    assert callable(_saved._function(entry))
