"""Variables: making, reading, assigning, scopes, operators."""

import numpy as np
import pytest

import keras_core
from keras_core import ops
from keras_core.backends.select import backend


def test_values_names_and_paths():
    with keras_core.name_scope("outer"), keras_core.name_scope("inner"):
        v = keras_core.Variable(np.arange(3.0, dtype="float32"), name="w")
    assert v.path == "outer/inner/w" and v.name == "w"
    assert v.shape == (3,) and v.dtype == "float32" and v.ndim == 1
    assert v.numpy().tolist() == [0.0, 1.0, 2.0]


def test_assigning():
    v = keras_core.Variable([1.0, 2.0])
    v.assign([3.0, 4.0])
    assert v.numpy().tolist() == [3.0, 4.0]
    v.assign_add([1.0, 1.0])
    v.assign_sub(v)
    assert v.numpy().tolist() == [0.0, 0.0]


def test_a_wrong_shape_is_refused_and_changes_nothing():
    v = keras_core.Variable([1.0, 2.0], name="w")
    with pytest.raises(ValueError, match=r"w.*must have shape \(2,\).*Received: shape \(3,\)"):
        v.assign([1.0, 2.0, 3.0])
    assert v.numpy().tolist() == [1.0, 2.0]


def test_the_variable_owns_its_memory():
    source = np.ones(2, "float32")
    v = keras_core.Variable(source)
    source[:] = 5
    assert v.numpy().tolist() == [1.0, 1.0]


def test_operators_promote_as_ops_do():
    v = keras_core.Variable(2.0)
    number = backend.arrays.convert_to_numpy
    assert number(v * 3 + 1) == 7.0
    assert number(1 - v) == -1.0
    assert number(v**2) == 4.0
    assert bool(v > 1)
    assert tuple((keras_core.Variable(np.ones((2, 3)))[0]).shape) == (3,)


def test_stateless_scope_swaps_and_collects():
    v = keras_core.Variable(1.0)
    with keras_core.StatelessScope([(v, ops.ones(()) * 4)]) as scope:
        assert backend.arrays.convert_to_numpy(ops.add(v, 0)) == 4.0
        v.assign(9.0)
        assert v.numpy() == 9.0
    assert v.numpy() == 1.0
    assert float(scope.get_current_value(v)) == 9.0


def test_stateless_scope_refuses_another_shape():
    v = keras_core.Variable([1.0, 2.0])
    with pytest.raises(ValueError, match="must have shape"):
        keras_core.StatelessScope([(v, ops.ones((3,)))])


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"initializer": lambda s, dtype: ops.zeros(s, dtype)}, "shape must be given"),
        ({"initializer": 1.0, "name": "a/b"}, "without '/'"),
        ({"initializer": 1.0, "shape": (2,)}, "shape must be that of the initial value"),
        ({"initializer": 1.0, "aggregation": "most"}, "aggregation must be one of"),
        (
            {"initializer": lambda s, dtype: ops.zeros((1,), dtype), "shape": (2,)},
            "must give shape",
        ),
    ],
)
def test_bad_arguments(kwargs, match):
    with pytest.raises(ValueError, match=match):
        keras_core.Variable(**kwargs)


def test_autocast_scope_casts_floats_only():
    from keras_core.core.scopes import AutocastScope

    f, i = keras_core.Variable(1.0), keras_core.Variable(1, dtype="int32")
    fixed = keras_core.Variable(1.0, autocast=False)
    with AutocastScope("float16"):
        assert keras_core.backend.standardize_dtype(f.value.dtype) == "float16"
        assert keras_core.backend.standardize_dtype(i.value.dtype) == "int32"
        assert keras_core.backend.standardize_dtype(fixed.value.dtype) == "float32"
    assert f.dtype == "float32"


def test_numpy_gives_an_array_of_its_own() -> None:
    v = keras_core.Variable(np.zeros((3, 4), "float32"))
    before = v.numpy()
    v.assign(np.ones((3, 4), "float32"))
    assert not before.any()
    before[...] = 7.0
    assert np.array_equal(v.numpy(), np.ones((3, 4)))
    layer = keras_core.layers.Dense(2)
    layer.build((None, 3))
    weights = layer.get_weights()
    weights[0][...] = 5.0
    assert not (layer.kernel.numpy() == 5.0).any()
    layer.set_weights(weights)
    weights[0][...] = 6.0
    assert (layer.kernel.numpy() == 5.0).all()
