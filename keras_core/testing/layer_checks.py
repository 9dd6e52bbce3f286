"""What every layer must do, whatever it computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.layers.base.layer import Layer
from keras_core.symbolic.keras_tensor import KerasTensor

arrays = backend.arrays


def _tensors(inputs: Any) -> Any:
    return tree.map_structure(
        lambda x: arrays.convert_to_tensor(x) if isinstance(x, np.ndarray) else x, inputs
    )


def _values(outputs: Any) -> list[np.ndarray]:
    return [np.asarray(arrays.convert_to_numpy(x)) for x in tree.flatten(outputs) if x is not None]


def _called(layer: Any, inputs: Any, call: dict[str, Any]) -> Any:
    call = _tensors(call)
    if isinstance(inputs, dict) and set(inputs) <= set(layer._info.names):
        return layer(**_tensors(inputs), **call)
    return layer(_tensors(inputs), **call)


def _symbolic(inputs: Any) -> Any:
    return tree.map_structure(
        lambda x: KerasTensor((None, *x.shape[1:]), arrays.dtype_name(arrays.convert_to_tensor(x))),
        inputs,
    )


def _fit(static: Any, concrete: tuple[int, ...]) -> bool:
    return len(static) == len(concrete) and all(
        a is None or a == b for a, b in zip(static, concrete, strict=True)
    )


def symbolic_is_concrete(make: Callable[[], Any], inputs: Any, call: dict[str, Any]) -> None:
    """Shapes and dtypes said beforehand are those that come out, for a batch of any size."""
    layer = make()
    spec = (
        layer(**_symbolic(inputs), **call)
        if isinstance(inputs, dict) and set(inputs) <= set(layer._info.names)
        else layer(_symbolic(inputs), **call)
    )
    outputs = _called(layer, inputs, call)
    expected, found = tree.flatten(spec), tree.flatten(outputs)
    assert len(expected) == len(found), f"{len(expected)} results were said, {len(found)} came"
    for s, x in zip(expected, found, strict=True):
        if s is None and x is None:
            continue
        shape, dtype = tuple(arrays.static_shape(x)), arrays.dtype_name(x)
        assert _fit(s.shape, shape), f"shape {s.shape} was said, {shape} came"  # pyright: ignore[reportOptionalMemberAccess]
        assert s.dtype == dtype, f"dtype {s.dtype} was said, {dtype} came"  # pyright: ignore[reportOptionalMemberAccess]


def config_round_trip(make: Callable[[], Any], inputs: Any, call: dict[str, Any]) -> None:
    """A layer made from the config has the same config, weights and results."""
    from keras_core.core import registry

    first = make()
    expected = _values(_called(first, inputs, call))
    config = first.get_config()
    own = type(first).__module__.startswith("keras_core.")
    written = registry.serialize_keras_object(first) if own else None
    second = registry.deserialize_keras_object(written) if own else type(first).from_config(config)
    assert type(second) is type(first)
    assert _plain(second.get_config()) == _plain(config)
    _called(second, inputs, call)
    second.set_weights(first.get_weights())
    for a, b in zip(expected, _values(_called(second, inputs, call)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def _plain(config: Any) -> Any:
    if isinstance(config, (list, tuple)):
        return [_plain(c) for c in config]
    if isinstance(config, dict):
        return {k: _plain(v) for k, v in config.items()}
    return config.tolist() if isinstance(config, np.ndarray) else config


def names_are_unique(make: Callable[[], Any], inputs: Any, call: dict[str, Any]) -> None:
    """Each variable has a path of its own, under the layer's name."""
    layer = make()
    _called(layer, inputs, call)
    paths = [v.path for v in layer.weights]
    assert len(set(paths)) == len(paths), paths
    assert all(p.startswith(layer.name + "/") for p in paths), paths


def stateless_call_is_call(make: Callable[[], Any], inputs: Any, call: dict[str, Any]) -> None:
    """`stateless_call` with the layer's own values gives what a call gives and changes nothing."""
    layer = make()
    expected = _values(_called(layer, inputs, call))
    tv = [v.value for v in layer.trainable_variables]
    ntv = [v.value for v in layer.non_trainable_variables]
    before = [np.array(v.numpy()) for v in layer.variables]
    if isinstance(inputs, dict) and set(inputs) <= set(layer._info.names):
        outputs, rest = layer.stateless_call(tv, ntv, **_tensors(inputs), **_tensors(call))
    else:
        outputs, rest = layer.stateless_call(tv, ntv, _tensors(inputs), **_tensors(call))
    assert len(rest) == len(ntv)
    for a, b in zip(expected, _values(outputs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)
    for a, v in zip(before, layer.variables, strict=True):
        np.testing.assert_array_equal(a, v.numpy())


def mixed_precision(make: Callable[..., Any], inputs: Any, call: dict[str, Any]) -> None:
    """With "mixed_bfloat16" variables stay float32, results are bfloat16 and about the same."""
    exact = make()
    expected = _values(_called(exact, inputs, call))
    layer = make(dtype="mixed_bfloat16")
    _called(layer, inputs, call)
    layer.set_weights(exact.get_weights())
    outputs = _called(layer, inputs, call)
    for v in layer.weights:
        assert v.dtype in ("float32", "int32", "int64", "bool"), (v.path, v.dtype)
    for x, wanted in zip(tree.flatten(outputs), expected, strict=True):
        dtype = arrays.dtype_name(x)
        if wanted.dtype.kind == "f":
            assert dtype == "bfloat16", dtype
            scale = np.abs(wanted).max(initial=1.0)
            found = np.asarray(arrays.convert_to_numpy(arrays.cast(x, "float32")))
            np.testing.assert_allclose(found, wanted, rtol=0.06, atol=0.06 * scale)


def copies(make: Callable[[], Any], inputs: Any, call: dict[str, Any]) -> None:
    """A deep copy computes the same and shares nothing."""
    import copy

    layer = make()
    expected = _values(_called(layer, inputs, call))
    twin = copy.deepcopy(layer)
    for a, b in zip(layer.weights, twin.weights, strict=True):
        assert a is not b
    for a, b in zip(expected, _values(_called(twin, inputs, call)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


LAYER_CHECKS: dict[str, Callable] = {
    check.__name__: check
    for check in (
        symbolic_is_concrete,
        config_round_trip,
        names_are_unique,
        stateless_call_is_call,
        mixed_precision,
        copies,
    )
}
"""The checks that `check_layer` runs, by name.

Example:

>>> from keras_core import testing
>>> "mixed_precision" in testing.LAYER_CHECKS
True
"""


def check_layer(
    layer_class: type[Layer],
    init_kwargs: dict[str, Any] | None = None,
    inputs: Any = None,
    call_kwargs: dict[str, Any] | None = None,
    skip: Sequence[str] = (),
) -> None:
    """Run every check that makes sense for any layer; see `LAYER_CHECKS` for their names.

    Shapes and dtypes known beforehand, config round trip, variable names, calls without state,
    mixed precision, deep copies.

    Args:
        layer_class: the layer's class.
        init_kwargs: its constructor's arguments.
        inputs: NumPy arrays, or a structure of them, with a batch axis; a dict whose keys are
            names of `call`'s arguments is passed by keyword.
        call_kwargs: more arguments of the call.
        skip: names of checks to leave out.

    Raises:
        AssertionError: naming the check that failed.
        ValueError: if a name in skip is unknown.

    Example:

    >>> import numpy as np
    >>> import keras_core as keras
    >>> from keras_core import testing
    >>> testing.check_layer(keras.layers.Dense, {"units": 2}, np.ones((3, 4), "float32"))
    """
    unknown = set(skip) - set(LAYER_CHECKS)
    if unknown:
        raise ValueError(
            f"check_layer: skip must hold names of {sorted(LAYER_CHECKS)}. Received: {skip}"
        )

    def make(**more: Any) -> Any:
        return layer_class(**{**(init_kwargs or {}), **more})

    for name, check in LAYER_CHECKS.items():
        if name in skip:
            continue
        try:
            check(make, inputs, call_kwargs or {})
        except Exception as error:
            raise AssertionError(
                f"{layer_class.__name__}: the check {name!r} failed: {error}"
            ) from error
