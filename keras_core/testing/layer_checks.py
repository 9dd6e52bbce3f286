"""What every layer must do, whatever it computes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import masks, tree
from keras_core.layers.base.layer import Layer
from keras_core.symbolic.keras_tensor import KerasTensor
from keras_core.testing import layer_runs
from keras_core.testing.layer_calls import Make, called, compare, passed, tensors, values
from keras_core.testing.layer_references import REFERENCE_CHECKS

arrays = backend.arrays


def _symbolic(inputs: Any) -> Any:
    return tree.map_structure(
        lambda x: KerasTensor((None, *x.shape[1:]), arrays.dtype_name(arrays.convert_to_tensor(x))),
        inputs,
    )


def _fit(static: Any, concrete: tuple[int, ...]) -> bool:
    return len(static) == len(concrete) and all(
        a is None or a == b for a, b in zip(static, concrete, strict=True)
    )


def symbolic_is_concrete(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """Shapes and dtypes said beforehand are those that come out, for a batch of any size."""
    layer = make()
    args, kwargs = passed(layer, _symbolic(inputs))
    spec = layer(*args, **kwargs, **call)
    outputs = called(layer, inputs, call)
    expected, found = tree.flatten(spec), tree.flatten(outputs)
    assert len(expected) == len(found), f"{len(expected)} results were said, {len(found)} came"
    for s, x in zip(expected, found, strict=True):
        if s is None and x is None:
            continue
        shape, dtype = tuple(arrays.static_shape(x)), arrays.dtype_name(x)
        assert _fit(s.shape, shape), f"shape {s.shape} was said, {shape} came"  # pyright: ignore[reportOptionalMemberAccess]
        assert s.dtype == dtype, f"dtype {s.dtype} was said, {dtype} came"  # pyright: ignore[reportOptionalMemberAccess]


def config_round_trip(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """A layer made from the config has the same config, weights and results."""
    from keras_core.core import registry

    first = make()
    expected = values(called(first, inputs, call))
    config = first.get_config()
    own = type(first).__module__.startswith("keras_core.")
    written = registry.serialize_keras_object(first) if own else None
    second = registry.deserialize_keras_object(written) if own else type(first).from_config(config)
    assert type(second) is type(first)
    assert _plain(second.get_config()) == _plain(config)
    called(second, inputs, call)
    second.set_weights(first.get_weights())
    compare(values(called(second, inputs, call)), expected)


def _plain(config: Any) -> Any:
    if isinstance(config, (list, tuple)):
        return [_plain(c) for c in config]
    if isinstance(config, dict):
        return {k: _plain(v) for k, v in config.items()}
    return config.tolist() if isinstance(config, np.ndarray) else config


def names_are_unique(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """Each variable has a path of its own, under the layer's name."""
    layer = make()
    called(layer, inputs, call)
    paths = [v.path for v in layer.weights]
    assert len(set(paths)) == len(paths), paths
    assert all(p.startswith(layer.name + "/") for p in paths), paths


def stateless_call_is_call(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """`stateless_call` with the layer's own values gives what a call gives and changes nothing."""
    layer = make()
    expected = values(called(layer, inputs, call))
    tv = [v.value for v in layer.trainable_variables]
    ntv = [v.value for v in layer.non_trainable_variables]
    before = [np.array(v.numpy()) for v in layer.variables]
    args, kwargs = passed(layer, tensors(inputs))
    outputs, rest = layer.stateless_call(tv, ntv, *args, **kwargs, **tensors(call))
    assert len(rest) == len(ntv)
    compare(values(outputs), expected)
    for a, v in zip(before, layer.variables, strict=True):
        np.testing.assert_array_equal(a, v.numpy())


def mixed_precision(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """With "mixed_bfloat16" variables stay float32, results are bfloat16 and about the same."""
    _mixed("bfloat16", 0.06, make, inputs, call)


def mixed_float16(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """With "mixed_float16" variables stay float32, results are float16 and about the same."""
    _mixed("float16", 0.01, make, inputs, call)


def _mixed(half: str, tolerance: float, make: Make, inputs: Any, call: dict[str, Any]) -> None:
    exact = make()
    expected = values(called(exact, inputs, call))
    layer = make(dtype=f"mixed_{half}")
    called(layer, inputs, call)
    layer.set_weights(exact.get_weights())
    outputs = tree.flatten(called(layer, inputs, call))
    for v in layer.weights:
        assert v.dtype in ("float32", "int32", "int64", "bool"), (v.path, v.dtype)
    for x, wanted in zip(outputs, expected, strict=True):
        dtype = arrays.dtype_name(x)
        if wanted.dtype.kind == "f":
            assert dtype == half, f"dtype {half} was expected, {dtype} came"
            scale = np.abs(wanted).max(initial=1.0)
            np.testing.assert_allclose(values(x)[0], wanted, rtol=tolerance, atol=tolerance * scale)


def inference_changes_nothing(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """Called twice without training, a layer gives the same result and keeps its variables."""
    layer = make()
    if layer._info.training:
        call = {"training": False, **call}
    if call.get("training"):
        return
    first = values(called(layer, inputs, call))
    kept = [np.array(v.numpy()) for v in layer.variables]
    compare(values(called(layer, inputs, call)), first, 0.0)
    for old, v in zip(kept, layer.variables, strict=True):
        np.testing.assert_array_equal(v.numpy(), old, err_msg=v.path)


def masks_are_passed(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """A layer that supports masks takes inputs that have one, and `compute_mask` says the same."""
    layer = make()
    leaves = tree.flatten(inputs)
    if isinstance(inputs, dict) or not layer.supports_masking or any(x.ndim < 3 for x in leaves):
        return
    if "mask" in call:
        return
    given = _symbolic(inputs)
    for x in tree.flatten(given):
        masks.set_mask(x, KerasTensor((None, x.shape[1]), "bool"))
    outputs = tree.flatten(layer(given, **call))
    symbolic = [masks.get_mask(x) for x in outputs if x is not None]
    full = tree.map_structure(
        lambda x: arrays.convert_to_tensor(np.ones(x.shape[:2], bool)), inputs
    )
    concrete = [x for x in tree.flatten(layer.compute_mask(tensors(inputs), full)) if x is not None]
    found = [x for x in symbolic if x is not None]
    assert bool(found) == bool(concrete), f"masks {concrete} were computed, {found} given"
    for said, mask in zip(found, concrete, strict=False):
        shape = tuple(arrays.static_shape(mask))
        assert _fit(said.shape, shape), f"a mask of shape {said.shape} was said, {shape} came"


def copies(make: Make, inputs: Any, call: dict[str, Any]) -> None:
    """A deep copy computes the same and shares nothing."""
    import copy

    layer = make()
    expected = values(called(layer, inputs, call))
    twin = copy.deepcopy(layer)
    for a, b in zip(layer.weights, twin.weights, strict=True):
        assert a is not b
    compare(values(called(twin, inputs, call)), expected)


#: What any layer can be held against.
LAYER_CHECKS: dict[str, Callable[..., Any]] = {
    check.__name__: check
    for check in (
        symbolic_is_concrete,
        config_round_trip,
        names_are_unique,
        stateless_call_is_call,
        mixed_precision,
        mixed_float16,
        inference_changes_nothing,
        masks_are_passed,
        copies,
        layer_runs.file_round_trip,
        layer_runs.compiled_is_eager,
        layer_runs.rows_are_independent,
        layer_runs.one_step_of_fit,
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
    reference: type | None = None,
    random: bool = False,
    tol: float = 2e-5,
) -> None:
    """Run every check that makes sense for any layer; see `LAYER_CHECKS` for their names.

    Shapes and dtypes known beforehand, config round trip, variable names, calls without state,
    mixed precision, masks, deep copies, `.keras` files, the framework's compiler, `vmap`, a step
    of training. With a reference also outputs, gradients, weights, configs, masks and files
    against it (`REFERENCE_CHECKS`).

    Args:
        layer_class: the layer's class.
        init_kwargs: its constructor's arguments.
        inputs: NumPy arrays, or a structure of them, with a batch axis; a dict whose keys are
            names of `call`'s arguments is passed by keyword.
        call_kwargs: more arguments of the call.
        skip: names of checks to leave out.
        reference: the class of another package that computes the same from the same arguments,
            such as Keras's of the same name on the same framework.
        random: whether results while training are random, so that they cannot be compared.
        tol: absolute and relative tolerance of the outputs against the reference.

    Raises:
        AssertionError: naming the check that failed.
        ValueError: if a name in skip is unknown.

    Example:

    >>> import numpy as np
    >>> import keras_core as keras
    >>> from keras_core import testing
    >>> testing.check_layer(keras.layers.Dense, {"units": 2}, np.ones((3, 4), "float32"))
    """
    known = {*LAYER_CHECKS, *REFERENCE_CHECKS}
    if set(skip) - known:
        raise ValueError(f"check_layer: skip must hold names of {sorted(known)}. Received: {skip}")

    def makes(cls: type) -> Make:
        return lambda **more: cls(**{**(init_kwargs or {}), **more})

    make, call = makes(layer_class), call_kwargs or {}
    checks = {name: lambda c=c: c(make, inputs, call) for name, c in LAYER_CHECKS.items()}
    if reference is not None:
        other = makes(reference)
        for name, c in REFERENCE_CHECKS.items():
            checks[name] = lambda c=c: c(make, other, inputs, call, random=random, tol=tol)
    for name, check in checks.items():
        if name in skip:
            continue
        try:
            check()
        except Exception as error:
            raise AssertionError(
                f"{layer_class.__name__}: the check {name!r} failed: {error}"
            ) from error
