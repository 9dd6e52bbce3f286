"""Every row of the layers' table through every check, against Keras where it has a say."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import keras_core as core
from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.testing import LAYER_CHECKS
from tests.autodiff import gradients, to_numpy
from tests.layers.case import LayerCase
from tests.layers.cases import CASES

arrays = backend.arrays
rows = pytest.mark.parametrize("case", CASES, ids=str)


def _present(case: LayerCase) -> None:
    if backend.name in case.gaps:
        pytest.xfail(case.gaps[backend.name])


def _tensors(value: Any) -> Any:
    return tree.map_structure(
        lambda x: arrays.convert_to_tensor(x) if isinstance(x, np.ndarray) else x, value
    )


def _call(layer: Any, inputs: Any, **kwargs: Any) -> Any:
    if isinstance(inputs, dict):
        return layer(**_tensors(inputs), **_tensors(kwargs))
    return layer(_tensors(inputs), **_tensors(kwargs))


def _flat(outputs: Any) -> list[np.ndarray]:
    return [to_numpy(x) for x in tree.flatten(outputs) if x is not None]


def _pair(case: LayerCase, keras: Any) -> tuple[Any, Any, Any]:
    """Our layer and Keras's with the same weights, and the inputs."""
    inputs = case.draw()
    ours, theirs = case.make(core.layers), case.make(keras.layers)
    _call(ours, inputs, **case.call)
    _call(theirs, inputs, **case.call)
    shapes = [tuple(w.shape) for w in theirs.weights]
    assert [w.shape for w in ours.weights] == shapes
    rng = np.random.default_rng(1)
    values = [rng.uniform(0.2, 0.9, s) * rng.choice([-1, 1], s) for s in shapes]
    for i, w in enumerate(ours.weights):
        if "variance" in w.name or "std" in w.name:
            values[i] = np.abs(values[i])
    ours.set_weights(values)
    theirs.set_weights(values)
    return ours, theirs, inputs


def _modes(case: LayerCase, layer: Any) -> list[dict[str, Any]]:
    modes = [dict(case.call)]
    if layer._info.training and not case.random and "training" not in case.call:
        modes.append({**case.call, "training": True})
    return modes


def _uncounted(path: str) -> list[str]:
    """A variable's path below its layer, without the numbers that make names unique."""
    if "seed_generator" in path:
        return path.split("/")[-1:]
    return re.sub(r"_\d+(?=/|$)", "", path).split("/")[1:]


@rows
def test_values_and_weights_are_those_of_keras(case: LayerCase, keras: Any) -> None:
    _present(case)
    if backend.name in case.wrong:
        pytest.skip(case.wrong[backend.name])
    ours, theirs, inputs = _pair(case, keras)
    for a, b in zip(ours.variables, theirs.variables, strict=True):
        assert _uncounted(a.path) == _uncounted(b.path)
        assert a.trainable == b.trainable
        assert a.dtype == core.DTypePolicy("float32").variable_dtype or "seed" in a.path
    assert ours.supports_masking or not theirs.supports_masking
    for mode in _modes(case, ours):
        found, wanted = _call(ours, inputs, **mode), _call(theirs, inputs, **mode)
        found, wanted = _flat(found), _flat(wanted)
        assert len(found) == len(wanted)
        for a, b in zip(found, wanted, strict=True):
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=case.tol, atol=case.tol)
        for a, b in zip(ours.weights, theirs.weights, strict=True):
            np.testing.assert_allclose(
                to_numpy(a.value), to_numpy(b.value), rtol=case.tol, atol=case.tol, err_msg=a.path
            )


@rows
def test_gradients_are_those_of_keras(case: LayerCase, keras: Any) -> None:
    _present(case)
    if not case.grad or backend.name == "numpy":
        pytest.skip("no gradients")
    if backend.name in case.wrong:
        pytest.skip(case.wrong[backend.name])
    ours, theirs, inputs = _pair(case, keras)
    leaves, spec = tree.flatten_spec(inputs)
    floats = [i for i, x in enumerate(leaves) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    rest = [w.numpy() for w in ours.trainable_weights]
    mode = _modes(case, ours)[-1]

    def value(layer: Any) -> Any:
        def of(*tensors: Any) -> Any:
            all_leaves = [arrays.convert_to_tensor(x) for x in leaves]
            for i, x in zip(floats, tensors, strict=False):
                all_leaves[i] = x
            given = tree.unflatten(spec, all_leaves)
            args, kwargs = ((), given) if isinstance(given, dict) else ((given,), {})
            out, _ = layer.stateless_call(
                list(tensors[len(floats) :]),
                [v.value for v in layer.non_trainable_variables],
                *args,
                **kwargs,
                **_tensors(mode),
            )
            total = 0.0
            for i, x in enumerate(tree.flatten(out)):
                total = total + keras.ops.sum(keras.ops.sin(x + i) * x)
            return total

        return of

    given = [leaves[i] for i in floats] + rest
    if not given:
        pytest.skip("nothing to differentiate")
    for a, b in zip(gradients(value(ours), given), gradients(value(theirs), given), strict=True):
        scale = max(1.0, np.abs(b).max(initial=1.0))
        np.testing.assert_allclose(a, b, rtol=20 * case.tol, atol=20 * case.tol * scale)


@rows
def test_configs_are_those_of_keras(case: LayerCase, keras: Any) -> None:
    """The same keys and values, and each builds the other's layer."""
    _present(case)
    if not case.config:
        pytest.skip("not in Keras's form")
    ours, theirs = case.make(core.layers), case.make(keras.layers)
    a, b = ours.get_config(), theirs.get_config()
    assert sorted(a) == sorted(b)
    plain = {k: (_plain(a[k]), _plain(b[k])) for k in a if k not in ("name", "dtype")}
    assert {k: v for k, v in plain.items() if v[0] != v[1]} == {}
    type(theirs).from_config(a)
    type(ours).from_config(b)


def _plain(x: Any) -> Any:
    if isinstance(x, dict):
        drop = ("name", "build_config", "shared_object_id")
        return {k: _plain(v) for k, v in x.items() if k not in drop and v is not None}
    if isinstance(x, (list, tuple)):
        return [_plain(v) for v in x]
    return x


@rows
@pytest.mark.parametrize("check", LAYER_CHECKS)
def test_checks(case: LayerCase, check: str) -> None:
    _present(case)
    if check in case.skip:
        pytest.skip(case.skip[check])
    LAYER_CHECKS[check](lambda **more: case.make(core.layers, **more), case.draw(), dict(case.call))
