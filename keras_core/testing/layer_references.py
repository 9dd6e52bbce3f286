"""A layer against one that is known to be right, such as Keras's of the same name.

The reference is a class of another package with the public protocol of Keras 3, on the same
framework: it is constructed with the same arguments, and given the same weights and inputs.
"""

from __future__ import annotations

import importlib
import json
import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import tree
from keras_core.testing import layer_calls
from keras_core.testing.layer_calls import Make
from keras_core.testing.layer_runs import model_of


def _uncounted(path: str) -> list[str]:
    """A variable's path below its layer, without the numbers that make names unique."""
    if "seed_generator" in path:
        return path.split("/")[-1:]
    return re.sub(r"_\d+(?=/|$)", "", path).split("/")[1:]


def _pair(make: Make, reference: Make, inputs: Any, call: dict[str, Any]) -> tuple[Any, Any]:
    """Both layers, called once, with the same weights."""
    ours, theirs = make(), reference()
    layer_calls.called(ours, inputs, call)
    kwargs = layer_calls.tensors(call)
    given = layer_calls.tensors(inputs)
    theirs(**given, **kwargs) if layer_calls.by_name(ours, inputs) else theirs(given, **kwargs)
    shapes = [tuple(w.shape) for w in theirs.weights]
    assert [w.shape for w in ours.weights] == shapes, "the weights' shapes differ"
    values = layer_calls.random_weights(shapes, [w.name for w in ours.weights])
    ours.set_weights(values)
    theirs.set_weights(values)
    return ours, theirs


def _modes(layer: Any, call: dict[str, Any], random: bool) -> list[dict[str, Any]]:
    """The ways of calling: as told, and while training where that is not random."""
    modes = [dict(call)]
    if layer._info.training and not random and "training" not in call:
        modes.append({**call, "training": True})
    return modes


def weights_are_those_of_the_reference(
    make: Make, reference: Make, inputs: Any, call: dict[str, Any], **options: Any
) -> None:
    """Names, order, shapes, dtypes, and which are trained, also when some are frozen."""
    ours, theirs = _pair(make, reference, inputs, call)
    for a, b in zip(ours.variables, theirs.variables, strict=True):
        assert a.dtype in ("float32", b.dtype) or "seed" in a.path, f"{a.path} is {a.dtype}"
    assert ours.supports_masking or not theirs.supports_masking

    def same(when: str) -> None:
        for a, b in zip(ours.variables, theirs.variables, strict=True):
            assert _uncounted(a.path) == _uncounted(b.path), f"{b.path} is called {a.path}{when}"
            assert a.trainable == b.trainable, f"{a.path}: trainable differs{when}"

    same("")
    for layer in (ours, theirs):
        layer.trainable = False
    same(" in a frozen layer")
    for layer in (ours, theirs):
        layer.trainable = True
        for variable in layer.trainable_variables[:1]:
            variable.trainable = False
    same(" when the first is frozen")


def values_are_those_of_the_reference(
    make: Make, reference: Make, inputs: Any, call: dict[str, Any], **options: Any
) -> None:
    """Outputs and losses in inference and in training, and what training makes of the weights."""
    tol = options.get("tol", 2e-5)
    ours, theirs = _pair(make, reference, inputs, call)
    for mode in _modes(ours, call, options.get("random", False)):
        args, kwargs = layer_calls.passed(ours, layer_calls.tensors(inputs))
        given = layer_calls.tensors(mode)
        found = layer_calls.values(ours(*args, **kwargs, **given))
        layer_calls.compare(found, layer_calls.values(theirs(*args, **kwargs, **given)), tol)
        found, wanted = (layer_calls.values(list(layer.losses)) for layer in (ours, theirs))
        layer_calls.compare(found, wanted, tol)
        # Seeds count up, each in its own way.
        a, b = ([w for w in x.weights if "seed" not in w.path] for x in (ours, theirs))
        layer_calls.compare(
            layer_calls.values([w.value for w in a]), layer_calls.values([w.value for w in b]), tol
        )


def gradients_are_those_of_the_reference(
    make: Make, reference: Make, inputs: Any, call: dict[str, Any], **options: Any
) -> None:
    """Gradients of the inputs and of the weights."""
    if not backend.has("gradients"):
        return
    tol = options.get("tol", 2e-5)
    ours, theirs = _pair(make, reference, inputs, call)
    leaves, spec = tree.flatten_spec(inputs)
    floats = [i for i, x in enumerate(leaves) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    mode = layer_calls.tensors(_modes(ours, call, options.get("random", False))[-1])
    given = layer_calls.tensors(
        [leaves[i] for i in floats] + [np.array(w.numpy()) for w in ours.trainable_weights]
    )
    if not given:
        return

    def gradients(layer: Any) -> list[np.ndarray]:
        def scalar(*sources: Any) -> tuple[Any, None]:
            filled = [arrays.convert_to_tensor(x) for x in leaves]
            for i, x in zip(floats, sources, strict=False):
                filled[i] = x
            args, kwargs = layer_calls.passed(ours, tree.unflatten(spec, filled))
            outputs, _ = layer.stateless_call(
                list(sources[len(floats) :]),
                [v.value for v in layer.non_trainable_variables],
                *args,
                **kwargs,
                **mode,
            )
            parts = [
                ops.sum(ops.sin(x + i) * x) for i, x in enumerate(tree.flatten(outputs))
            ]  # no part of an output weighs like another
            return sum(parts[1:], parts[0]), None

        def derived(*sources: Any) -> list[Any]:
            return backend.execute.value_and_grad(scalar, [], sources)[1]

        # Where each step of eager code would be compiled apart, all of them are compiled as one.
        fuse = getattr(arrays, "fuse", None)
        return layer_calls.values((derived if fuse is None else fuse(derived, ()))(*given))

    arrays = backend.arrays
    for a, b in zip(gradients(ours), gradients(theirs), strict=True):
        scale = max(1.0, np.abs(b).max(initial=1.0))
        np.testing.assert_allclose(a, b, rtol=20 * tol, atol=20 * tol * scale)


def configs_are_those_of_the_reference(
    make: Make, reference: Make, inputs: Any, call: dict[str, Any], **options: Any
) -> None:
    """The same keys and values, and each class builds its layer from the other's config."""
    ours, theirs = make(), reference()
    a, b = ours.get_config(), theirs.get_config()
    assert sorted(a) == sorted(b), f"keys {sorted(b)} were expected, {sorted(a)} came"
    plain = {k: (_plain(a[k]), _plain(b[k])) for k in a if k not in ("name", "dtype")}
    differing = {k: v for k, v in plain.items() if v[0] != v[1]}
    assert not differing, f"entries differ (ours, the reference's): {differing}"
    type(theirs).from_config(a)
    type(ours).from_config(b)


def _plain(x: Any) -> Any:
    if isinstance(x, dict):
        drop = ("name", "build_config", "shared_object_id")
        return {k: _plain(v) for k, v in x.items() if k not in drop and v is not None}
    if isinstance(x, (list, tuple)):
        return [_plain(v) for v in x]
    return x


def masks_are_those_of_the_reference(
    make: Make, reference: Make, inputs: Any, call: dict[str, Any], **options: Any
) -> None:
    """Where the reference gives its output a mask, the layer gives it the same one."""
    leaves = tree.flatten(inputs)
    if isinstance(inputs, dict) or any(x.ndim < 3 for x in leaves):
        return
    ours, theirs = make(), reference()
    if not theirs.supports_masking:
        return
    lengths = np.arange(len(leaves[0])) + 1
    given = tree.map_structure(
        lambda x: np.arange(x.shape[1]) < np.minimum(lengths, x.shape[1])[:, None], inputs
    )
    x, mask = layer_calls.tensors(inputs), layer_calls.tensors(given)
    wanted = layer_calls.values(theirs.compute_mask(x, mask))
    if wanted:
        layer_calls.compare(layer_calls.values(ours.compute_mask(x, mask)), wanted)
    if "mask" not in ours._info.mask_of or "mask" in call:
        return
    try:
        expected = theirs(x, mask=mask, **call)
    except Exception:  # of another shape than this layer's masks have
        return
    outputs = tree.flatten(ours(x, mask=mask, **call))
    for a, b in zip(outputs, tree.flatten(expected), strict=True):
        a, b = (getattr(y, "_keras_mask", None) for y in (a, b))
        if b is not None:
            assert a is not None, "a mask that is passed as an argument is lost"
            layer_calls.compare(layer_calls.values(a), layer_calls.values(b))


def files_are_exchanged(
    make: Make, reference: Make, inputs: Any, call: dict[str, Any], **options: Any
) -> None:
    """A `.keras` file of either side gives on the other the same layer with the same weights."""
    import keras_core

    theirs = reference(name="the_layer")
    package = importlib.import_module(type(theirs).__module__.partition(".")[0])
    entries = []
    for source, target, layer in (
        (package, keras_core, theirs),
        (keras_core, package, make(name="the_layer")),
    ):
        model = model_of(source, layer, inputs, {})
        model.set_weights(
            layer_calls.random_weights(
                [tuple(w.shape) for w in model.weights], [w.name for w in model.weights]
            )
        )
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "model.keras")
            model.save(path)
            twin = target.saving.load_model(path)
            entries.append(_entry(path, "the_layer"))
        assert len(twin.weights) == len(model.weights)
        for a, b in zip(model.weights, twin.weights, strict=True):
            np.testing.assert_array_equal(_number(a), _number(b))
    for part in ("module", "class_name", "registered_name"):
        assert entries[0].get(part) == entries[1].get(part), part


def _number(variable: Any) -> np.ndarray:
    return np.asarray(backend.arrays.convert_to_numpy(variable.value))


def _entry(path: str, name: str) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
    return next(entry for entry in layers if entry["name"] == name)


REFERENCE_CHECKS: dict[str, Any] = {
    check.__name__: check
    for check in (
        weights_are_those_of_the_reference,
        values_are_those_of_the_reference,
        gradients_are_those_of_the_reference,
        configs_are_those_of_the_reference,
        masks_are_those_of_the_reference,
        files_are_exchanged,
    )
}
"""The checks that `check_layer` runs against a reference, by name.

Example:

>>> from keras_core import testing
>>> "files_are_exchanged" in testing.REFERENCE_CHECKS
True
"""
