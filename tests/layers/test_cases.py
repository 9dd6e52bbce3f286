"""Every row of the layers' table through every check, against Keras where it has a say."""

from __future__ import annotations

from typing import Any

import pytest

import keras_core as core
from keras_core.backends.select import backend
from keras_core.testing import LAYER_CHECKS, REFERENCE_CHECKS, check_layer
from tests.layers.case import LayerCase
from tests.layers.cases import CASES

# What further rows of a layer vary is the computation, not its files, nor how it is compiled.
ONCE = (
    "mixed_float16",
    "file_round_trip",
    "compiled_is_eager",
    "rows_are_independent",
    "one_step_of_fit",
)
ELSEWHERE = ("files_are_exchanged",)  # with more detail in `tests/saving/test_matrix.py`
FIRST = {case.layer: case for case in reversed(CASES)}


def _rows(checks: Any) -> Any:
    return pytest.mark.parametrize(
        ("case", "check"),
        [
            pytest.param(case, check, id=f"{case}-{check}")
            for case in CASES
            for check in checks
            if check not in ELSEWHERE and (check not in ONCE or FIRST[case.layer] is case)
        ],
    )


def _present(case: LayerCase, check: str) -> None:
    reason = case.skip.get("mixed_precision" if check == "mixed_float16" else check)
    if reason:
        pytest.skip(reason)


@_rows(LAYER_CHECKS)
def test_checks(case: LayerCase, check: str) -> None:
    _present(case, check)
    LAYER_CHECKS[check](lambda **more: case.make(core.layers, **more), case.draw(), dict(case.call))


@_rows(REFERENCE_CHECKS)
def test_checks_against_keras(case: LayerCase, check: str, keras: Any) -> None:
    _present(case, check)
    if backend.name in case.wrong and not check.startswith("configs"):
        pytest.skip(case.wrong[backend.name])
    REFERENCE_CHECKS[check](
        lambda **more: case.make(core.layers, **more),
        lambda **more: case.make(keras.layers, **more),
        case.draw(),
        dict(case.call),
        random=case.random,
        tol=case.tol,
    )


def test_whoever_writes_a_layer_can_check_it(keras: Any) -> None:
    case = FIRST["Dense"]
    arguments = (core.layers.Dense, case.kwargs, case.draw())
    check_layer(*arguments, reference=keras.layers.Dense)

    class Wrong(core.layers.Dense):
        def call(self, inputs: Any) -> Any:
            return core.ops.multiply(super().call(inputs), 1.001)

    with pytest.raises(AssertionError, match="Wrong: the check 'values_are_those_of"):
        check_layer(
            Wrong,
            case.kwargs,
            case.draw(),
            reference=keras.layers.Dense,
            skip=["config_round_trip"],
        )
    with pytest.raises(ValueError, match="skip"):
        check_layer(*arguments, skip=["no such check"])
