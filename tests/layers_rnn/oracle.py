"""Comparing a recurrent layer with Keras's own: outputs, states and gradients, same weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import keras_core as core
from keras_core.backends.select import backend
from keras_core.core import tree
from tests.autodiff import gradients, to_numpy

RNG = np.random.default_rng(0)


def sequences(*shape: int) -> np.ndarray:
    """Random sequences."""
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


def flat(outputs: Any) -> list[np.ndarray]:
    """All outputs as arrays."""
    return [to_numpy(x) for x in tree.flatten(outputs)]


def compare(
    keras: Any,
    make: Callable[[Any], Any],
    x: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    initial_state: Any = None,
    calls: int = 1,
    grad: bool = True,
    tol: float = 2e-5,
) -> tuple[Any, Any]:
    """Build the layer in both packages with the same weights and compare what comes out.

    Returns:
        Our layer and Keras's.
    """
    ours, theirs = make(core.layers), make(keras.layers)
    kwargs: dict[str, Any] = {}
    if mask is not None:
        kwargs["mask"] = backend.arrays.convert_to_tensor(mask)
    if initial_state is not None:
        kwargs["initial_state"] = tree.map_structure(
            backend.arrays.convert_to_tensor, initial_state
        )
    theirs.build(x.shape) if initial_state is None else theirs(x, **kwargs)
    ours(x, **kwargs)
    if getattr(ours, "stateful", False):
        ours.reset_state()
        theirs.reset_state()
    values = [np.random.default_rng(i).normal(0, 0.5, w.shape) for i, w in enumerate(ours.weights)]
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    # The path of auto-named layers inside depends on how many there were before.
    ends = [[w.path.rpartition("/")[2] for w in layer.weights] for layer in (ours, theirs)]
    assert ends[0] == ends[1]
    ours.set_weights(values)
    theirs.set_weights(values)
    for _ in range(calls):
        got, wanted = ours(x, **kwargs), theirs(x, **kwargs)
        assert len(flat(got)) == len(tree.flatten(wanted))
        for a, b in zip(flat(got), tree.flatten(wanted), strict=True):
            np.testing.assert_allclose(a, to_numpy(b), rtol=tol, atol=tol)
    spec = ours.compute_output_spec(core.KerasTensor(x.shape, "float32"))
    assert [s.shape for s in tree.flatten(spec)] == [a.shape for a in flat(got)]
    if grad and backend.name != "numpy":

        def value(layer: Any) -> Callable:
            def of(inputs: Any, *weights: Any) -> Any:
                out, _ = layer.stateless_call(
                    list(weights),
                    [v.value for v in layer.non_trainable_variables],
                    inputs,
                    **kwargs,
                )
                leaves = tree.flatten(out)
                total = 0.0
                for i, leaf in enumerate(leaves):
                    total = total + keras.ops.sum(leaf * leaf) * (1.0 + i)
                return total

            return of

        weights = [x, *(v.astype("float32") for v in values)]
        for a, b in zip(
            gradients(value(ours), weights), gradients(value(theirs), weights), strict=True
        ):
            np.testing.assert_allclose(a, b, rtol=20 * tol, atol=20 * tol)
    return ours, theirs
