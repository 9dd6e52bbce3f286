"""Shared random numbers: each backend against the same constants, written down here."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import keras_core
from keras_core import config, layers, ops, random
from keras_core.backends.select import backend
from keras_core.random import shared
from tests.autodiff import to_numpy
from tests.training.helpers import trains


@pytest.fixture(autouse=True)
def shared_numbers() -> Iterator[None]:
    config.set_shared_random_numbers(True)
    yield
    config.set_shared_random_numbers(False)


def digest(x: Any) -> int:
    """A checksum of a tensor's bytes."""
    x = np.ascontiguousarray(to_numpy(x))
    return zlib.crc32(x.view(np.uint8 if x.ndim else x.dtype).tobytes())


@pytest.mark.parametrize(
    ("block", "key", "expected"),
    [  # of the authors' Random123, kat_vectors: threefry2x32 with 20 rounds
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_published_answers(block, key, expected):
    key, block = (tuple(map(shared.word, words)) for words in (key, block))
    found = shared.threefry(key, block)
    assert tuple(int(to_numpy(x)[0]) % 2**32 for x in found) == expected


COUNTS = np.array([3.0, 20.0, 200.0, 1000.0], "float32")
LOGITS = np.log(np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25]], "float32"))
# Draws that are equal to the bit, with a checksum.
EXACT: dict[str, tuple[Callable, int]] = {
    "uniform": (lambda s: random.uniform((5, 7), seed=s), 1143760425),
    "uniform-odd": (lambda s: random.uniform((3,), seed=s), 3845742142),
    "uniform-range": (lambda s: random.uniform((40,), -1.0, 3.0, seed=s), 3271453762),
    "uniform-float16": (lambda s: random.uniform((40,), dtype="float16", seed=s), 1083633127),
    "uniform-bfloat16": (lambda s: random.uniform((40,), dtype="bfloat16", seed=s), 1831384764),
    "randint": (lambda s: random.randint((50,), -3, 5, seed=s), 2103075358),
    "randint-int8": (lambda s: random.randint((50,), -128, 127, "int8", seed=s), 2458841412),
    "randint-uint32": (lambda s: random.randint((50,), 7, 2**32 - 1, "uint32", seed=s), 1435749284),
    "randint-wide": (lambda s: random.randint((50,), -(2**31), 2**31 - 1, seed=s), 1415838470),
    "randint-tensors": (
        lambda s: random.randint((9,), ops.array(-4), ops.array(900), seed=s),
        3270727525,
    ),
    "categorical": (lambda s: random.categorical(LOGITS, 20, seed=s), 2345759464),
    "binomial": (lambda s: random.binomial((10, 4), COUNTS, 0.3, seed=s), 2179230686),
    "binomial-likely": (lambda s: random.binomial((10, 4), COUNTS, 0.9, seed=s), 1949657389),
    "dropout": (lambda s: random.dropout(ops.ones((9, 9)), 0.5, seed=s), 203417749),
    "dropout-16": (lambda s: random.dropout(ops.ones((9, 9)), 0.3, seed=s), 2264051324),
    "dropout-32": (lambda s: random.dropout(ops.ones((9, 9)), 1e-4, seed=s), 396948799),
    "dropout-axis": (
        lambda s: random.dropout(ops.ones((9, 9)), 0.5, (None, 1), seed=s),
        3725084690,
    ),
    "shuffle": (lambda s: random.shuffle(ops.arange(50, dtype="int32"), seed=s), 742743195),
    "shuffle-axis": (
        lambda s: random.shuffle(ops.reshape(ops.arange(60.0), (3, 20)), 1, s),
        4014390833,
    ),
}
# Draws that are equal but for rounding, with their first numbers and their sum.
CLOSE: dict[str, tuple[Callable, list[float]]] = {
    "normal": (
        lambda s: random.normal((99,), 1.0, 2.0, seed=s),
        [3.871192, 1.203627, -0.1928183, 105.931],
    ),
    "truncated_normal": (
        lambda s: random.truncated_normal((99,), seed=s),
        [1.311343, 0.09716612, -0.566085, 4.895496],
    ),
    "gamma": (lambda s: random.gamma((99,), 2.5, seed=s), [5.041229, 4.532003, 2.069704, 227.1271]),
    "gamma-small": (
        lambda s: random.gamma((99,), 0.3, seed=s),
        [0.1970073, 2.747771, 0.1778575, 25.88256],
    ),
    "gamma-large": (
        lambda s: random.gamma((99,), 1e5, seed=s),
        [100454.3, 100477.5, 99978.51, 9895051.0],
    ),
    "beta": (
        lambda s: random.beta((99,), 2.0, 0.5, seed=s),
        [0.8035755, 0.6933689, 0.9872919, 77.78436],
    ),
    "beta-small": (
        lambda s: random.beta((99,), 0.01, 0.02, seed=s),
        [0.0, 0.9982942, 1.0, 29.4016],
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_exact_draws(name):
    draw, expected = EXACT[name]
    assert digest(draw(2**31 + 5)) == expected


@pytest.mark.parametrize("name", CLOSE)
def test_draws_with_rounding(name):
    draw, expected = CLOSE[name]
    x = to_numpy(draw(11)).astype("float64")
    np.testing.assert_allclose([*x[:3], x.sum()], expected, rtol=1e-5, atol=1e-5)


def test_float64_draws():
    x = [draw((99,), dtype="float64", seed=3) for draw in (random.uniform, random.normal)]
    if ops.dtype(x[0]) != "float64":
        pytest.skip("no float64 unless JAX is told to")
    assert digest(x[0]) == 3577924804
    expected = [-0.8990048765330372, 0.776085811321035, 0.32989438482984795]
    np.testing.assert_allclose(to_numpy(x[1])[:3], expected, rtol=1e-9)


LAYERS = {
    "Dropout": (lambda: layers.Dropout(0.5, seed=1), (4, 6), 4243009751),
    "SpatialDropout1D": (lambda: layers.SpatialDropout1D(0.5, seed=1), (4, 5, 6), 3971304230),
    "GaussianDropout": (lambda: layers.GaussianDropout(0.3, seed=1), (4, 6), -2.594219),
    "GaussianNoise": (lambda: layers.GaussianNoise(0.3, seed=1), (4, 6), -1.481857),
    "AlphaDropout": (lambda: layers.AlphaDropout(0.3, seed=1), (4, 6), -2.179879),
    "MultiHeadAttention": (lambda: _attention(), (2, 3, 4), -8.554305),
    "RandomBrightness": (
        lambda: layers.RandomBrightness(0.5, (0, 1), seed=1),
        (2, 3, 3, 1),
        0.4013502,
    ),
}


def _attention() -> Any:
    layer = layers.MultiHeadAttention(2, 3, dropout=0.5, seed=1, kernel_initializer="ones")
    return lambda x, training: layer(x, x, training=training)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_draw_the_same(name):
    make, shape, expected = LAYERS[name]
    layer = make()
    x = ops.ones(shape)
    first, second = (layer(x, training=True) for _ in range(2))
    assert digest(first) != digest(second)
    if isinstance(expected, int):
        assert digest(second) == expected
    else:
        weights = np.arange(np.prod(to_numpy(second).shape))
        found = np.sum(np.cos(weights) * to_numpy(second).reshape(-1))
        np.testing.assert_allclose(found, expected, rtol=1e-4)


LOSSES: list[float] = [0.9531514, 0.9216408, 0.5769739]


def _fit(**options: Any) -> list[float]:
    rng = np.random.Generator(np.random.Philox(0))
    x = rng.normal(size=(40, 5)).astype("float32")
    y = (x[:, :2].sum(-1) > 0).astype("int32")
    keras_core.utils.set_random_seed(7)
    model = keras_core.Sequential(
        [
            layers.GaussianNoise(0.1),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(2),
        ]
    )
    loss = keras_core.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras_core.optimizers.Adam(0.01), loss, **options)
    return model.fit(x, y, batch_size=8, epochs=3, verbose=0).history["loss"]


@trains
@pytest.mark.parametrize("fused", [1, "auto"])
def test_loss_curves_agree(fused):
    np.testing.assert_allclose(_fit(steps_per_execution=fused), LOSSES, rtol=1e-4)


def _compiled(function: Callable) -> Callable | None:
    """A function of one tensor, compiled as a whole; None where nothing is."""
    if backend.name == "jax":
        import jax

        return jax.jit(function)
    if backend.name == "tensorflow":
        import tensorflow as tf

        return tf.function(function, input_signature=[tf.TensorSpec((None, None))])
    if backend.name == "torch":
        import torch

        return torch.compile(function, fullgraph=True, backend="aot_eager")
    return None


def test_compiled_draws_are_the_same():
    def draws(x: Any) -> Any:
        found = [
            random.dropout(x, 0.5, seed=3),
            random.uniform(ops.shape(x), seed=3),
            random.shuffle(x, seed=3),
        ]
        if backend.name != "torch":  # it takes long to trace the rejections
            found += [random.gamma((2, 3), 0.5, seed=3), random.categorical(x, 4, seed=3)]
        return found

    run = _compiled(draws)
    if run is None:
        pytest.skip("nothing is compiled")
    x = ops.reshape(ops.arange(12.0), (6, 2))
    for found, expected in zip(run(x), draws(x), strict=True):
        np.testing.assert_allclose(to_numpy(found), to_numpy(expected), rtol=1e-5)


def test_a_seed_generator_advances_in_compiled_code():
    seeds = random.SeedGenerator(5)
    eager = [to_numpy(random.dropout(ops.ones((8, 8)), 0.5, seed=seeds)) for _ in range(4)]
    assert digest(eager[0]) == 1255555375
    seeds = random.SeedGenerator(5)
    if backend.has("functional"):

        def pure(x: Any, state: Any) -> Any:
            with keras_core.StatelessScope([(seeds.state, state)]) as scope:
                y = [random.dropout(x, 0.5, seed=seeds) for _ in range(2)]
            return y, scope.get_current_value(seeds.state)

        import jax

        step, state, found = jax.jit(pure), seeds.state.value, []
        for _ in range(2):
            y, state = step(ops.ones((8, 8)), state)
            found += y
    else:
        run = _compiled(lambda x: [random.dropout(x, 0.5, seed=seeds) for _ in range(2)])
        if run is None:
            pytest.skip("nothing is compiled")
        found = [y for _ in range(2) for y in run(ops.ones((8, 8)))]
        np.testing.assert_array_equal(to_numpy(seeds.state.value), [5, 4])
    for x, y in zip(found, eager, strict=True):
        np.testing.assert_array_equal(to_numpy(x), y)


def test_a_seed_generator_advances_in_loops():
    seeds = random.SeedGenerator(5)
    expected = sum(to_numpy(random.uniform((3,), seed=seeds)) for _ in range(4))
    seeds = random.SeedGenerator(5)

    def body(i: Any, total: Any) -> tuple[Any, Any]:
        return i + 1, total + random.uniform((3,), seed=seeds)

    found = ops.while_loop(lambda i, _: i < 4, body, (ops.array(0), ops.zeros((3,))))[1]
    np.testing.assert_allclose(to_numpy(found), expected, rtol=1e-6)
    np.testing.assert_array_equal(to_numpy(seeds.state.value), [5, 4])


def test_symbolic_use():
    x = layers.Input((6,))
    model = keras_core.Model(x, layers.Dropout(0.5, seed=1)(x))
    layer = layers.Dropout(0.5, seed=1)
    x = ops.ones((4, 6))
    np.testing.assert_array_equal(
        to_numpy(model(x, training=True)), to_numpy(layer(x, training=True))
    )


def test_edges():
    assert to_numpy(random.normal((), seed=1)).shape == ()
    assert int(random.randint((), 0, 2**31 - 1, seed=1)) == 1511707644
    assert to_numpy(random.uniform((0, 3), seed=1)).shape == (0, 3)
    assert to_numpy(random.gamma((0,), 1.0, seed=1)).shape == (0,)
    assert np.isnan(to_numpy(random.gamma((2,), -1.0, seed=1))).all()
    x = to_numpy(random.binomial((5,), np.array([0, 5, 5, 5, -1.0]), [0.5, 0, 1, 2, 0.5], seed=1))
    np.testing.assert_array_equal(x, [0, 0, 5, np.nan, np.nan])
    x = to_numpy(random.uniform((100_000,), 1.0, 1.0 + 2**-23, seed=1))
    assert x.max() == 1.0
    for wrong in ((3, 3), (0, 2**32)):
        with pytest.raises(ValueError, match="maxval - minval must be positive and below"):
            random.randint((2,), *wrong, seed=1)


def test_the_switch():
    assert config.shared_random_numbers()
    there = to_numpy(random.uniform((9,), seed=1))
    config.set_shared_random_numbers(False)
    assert not np.array_equal(there, to_numpy(random.uniform((9,), seed=1)))
    with pytest.raises(TypeError, match="must be a bool"):
        config.set_shared_random_numbers("yes")
