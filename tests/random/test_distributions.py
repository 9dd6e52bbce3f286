"""Distributions: shapes, dtypes, moments against SciPy, reproducibility, use while traced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.stats

import keras_core
from keras_core import config, ops, random
from keras_core.backends.select import backend
from keras_core.core import dtypes
from tests.autodiff import to_numpy

SIZE = 4000
# Name, call, distribution.
CONTINUOUS = {
    "uniform": (lambda s: random.uniform((SIZE,), -1.0, 3.0, seed=s), scipy.stats.uniform(-1, 4)),
    "normal": (lambda s: random.normal((SIZE,), 1.0, 2.0, seed=s), scipy.stats.norm(1, 2)),
    "truncated_normal": (
        lambda s: random.truncated_normal((SIZE,), 1.0, 2.0, seed=s),
        scipy.stats.truncnorm(-2, 2, 1, 2),
    ),
    "gamma": (lambda s: random.gamma((SIZE,), 2.5, seed=s), scipy.stats.gamma(2.5)),
    "gamma-small": (lambda s: random.gamma((SIZE,), 0.3, seed=s), scipy.stats.gamma(0.3)),
    "beta": (lambda s: random.beta((SIZE,), 2.0, 0.5, seed=s), scipy.stats.beta(2, 0.5)),
}


@pytest.mark.parametrize("name", CONTINUOUS)
@pytest.mark.parametrize("seed", [0, 2**31, 2**40 + 3, -5, "generator"])
def test_continuous_distributions_are_those_of_scipy(name, seed):
    draw, distribution = CONTINUOUS[name]
    seed = random.SeedGenerator(11) if seed == "generator" else seed
    x = to_numpy(draw(seed)).astype("float64")
    assert x.shape == (SIZE,)
    assert scipy.stats.kstest(x, distribution.cdf).pvalue > 1e-4


@pytest.fixture
def shared_numbers() -> Iterator[None]:
    config.set_shared_random_numbers(True)
    yield
    config.set_shared_random_numbers(False)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_shared_continuous_distributions_are_those_of_scipy(name, shared_numbers):
    draw, distribution = CONTINUOUS[name]
    x = to_numpy(draw(1)).astype("float64")
    assert scipy.stats.kstest(x, distribution.cdf).pvalue > 1e-4


def assert_moments(x: np.ndarray, distribution: Any) -> None:
    """Mean and variance within five of their standard errors."""
    mean, variance, _, excess = (float(m) for m in distribution.stats(moments="mvsk"))
    x = to_numpy(x).astype("float64")
    assert abs(x.mean() - mean) < 5 * np.sqrt(variance / x.size)
    assert abs(x.var() - variance) < 5 * variance * np.sqrt((excess + 2) / x.size)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_moments(name):
    draw, distribution = CONTINUOUS[name]
    assert_moments(draw(23), distribution)


def chi_square(x: np.ndarray, distribution: Any, low: int, high: int) -> float:
    """How likely these integers are, the rare ones at the ends taken together."""
    values = np.arange(low, high + 1)
    expected = distribution.pmf(values) * x.size
    counts = np.bincount(to_numpy(x).astype(int) - low, minlength=values.size).astype(float)
    common = expected >= 5
    counts = np.append(counts[common], counts[~common].sum())
    expected = np.append(expected[common], expected[~common].sum())
    kept = expected > 0
    assert counts[~kept].sum() == 0
    return scipy.stats.chisquare(counts[kept], expected[kept]).pvalue


# Successes expected: few and many, likely and unlikely ones.
@pytest.mark.parametrize(("count", "chance"), [(10, 0.3), (10, 0.8), (200, 0.4), (1000, 0.97)])
@pytest.mark.parametrize("mode", ["own", "shared"])
def test_binomial_draws_are_those_of_scipy(count, chance, mode, request):
    if mode == "shared":
        request.getfixturevalue("shared_numbers")
    x = to_numpy(random.binomial((SIZE,), float(count), chance, seed=1))
    assert chi_square(x, scipy.stats.binom(count, chance), 0, count) > 1e-4
    assert_moments(x, scipy.stats.binom(count, chance))


@pytest.mark.parametrize("mode", ["own", "shared"])
def test_other_discrete_draws_are_those_of_scipy(mode, request):
    if mode == "shared":
        request.getfixturevalue("shared_numbers")
    x = to_numpy(random.randint((SIZE,), -3, 5, seed=1))
    assert x.dtype == np.int32
    assert chi_square(x, scipy.stats.randint(-3, 5), -3, 4) > 1e-4
    assert_moments(x, scipy.stats.randint(-3, 5))
    chances = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 1e-20]])
    x = to_numpy(random.categorical(np.log(chances).astype("float32"), SIZE, seed=1))
    assert x.shape == (2, SIZE)
    assert scipy.stats.chisquare(np.bincount(x[0]), chances[0] * SIZE).pvalue > 1e-4
    assert scipy.stats.chisquare(np.bincount(x[1]), chances[1, :2] * SIZE).pvalue > 1e-4
    # Each element is as likely in each place.
    places = np.stack([to_numpy(random.shuffle(ops.arange(4), seed=s)) for s in range(300)])
    for column in places.T:
        assert scipy.stats.chisquare(np.bincount(column, minlength=4)).pvalue > 1e-4


@pytest.mark.parametrize("mode", ["own", "shared"])
def test_parameters_broadcast(mode, request):
    if mode == "shared":
        request.getfixturevalue("shared_numbers")
    shapes = np.array([0.5, 3.0, 50.0], "float32")
    x = to_numpy(random.gamma((SIZE, 3), shapes, seed=2)).astype("float64")
    z = to_numpy(random.binomial((SIZE, 3), [5.0, 40.0, 40.0], [0.5, 0.5, 0.1], seed=2))
    for i, alpha in enumerate(shapes):
        assert scipy.stats.kstest(x[:, i], scipy.stats.gamma(alpha).cdf).pvalue > 1e-4
    np.testing.assert_allclose(z.mean(0), [2.5, 20, 4], rtol=0.03)


LOGITS = np.zeros((8, 16), "float32")
# Every distribution, so many numbers of each that two draws are never the same by chance.
DRAWS = {
    "beta": lambda seed: random.beta((64,), 2.0, 0.5, seed=seed),
    "binomial": lambda seed: random.binomial((64,), 50.0, 0.5, seed=seed),
    "categorical": lambda seed: random.categorical(LOGITS, 8, seed=seed),
    "dropout": lambda seed: random.dropout(ops.ones((64,)), 0.5, seed=seed),
    "gamma": lambda seed: random.gamma((64,), 2.5, seed=seed),
    "normal": lambda seed: random.normal((64,), seed=seed),
    "randint": lambda seed: random.randint((64,), 0, 100, seed=seed),
    "shuffle": lambda seed: random.shuffle(ops.arange(64), seed=seed),
    "truncated_normal": lambda seed: random.truncated_normal((64,), seed=seed),
    "uniform": lambda seed: random.uniform((64,), seed=seed),
}


def test_every_distribution_is_among_them():
    assert set(DRAWS) == set(random.__all__) - {"SeedGenerator"}


@pytest.mark.parametrize("name", DRAWS)
def test_seeds(name):
    def same(one: Any, other: Any) -> bool:
        return np.array_equal(to_numpy(one), to_numpy(other))

    draw: Any = DRAWS[name]
    assert same(draw(3), draw(3)), "an int gives the same numbers each time"
    assert not same(draw(3), draw(4)), "and another one others"
    seeds, twin = random.SeedGenerator(3), random.SeedGenerator(3)
    first, second = draw(seeds), draw(seeds)
    assert not same(first, second), "a generator goes on"
    assert same(first, draw(twin)) and same(second, draw(twin)), "in the same way each time"
    keras_core.utils.set_random_seed(5)
    first, second = draw(None), draw(None)
    assert not same(first, second), "none goes on from the global seed"
    keras_core.utils.set_random_seed(5)
    assert same(first, draw(None)) and same(second, draw(None))


def test_compiled_draws_are_the_eager_ones():
    """All in one program: compiling is what takes time."""
    if backend.name not in ("jax", "tensorflow"):
        pytest.skip(
            "compiled by torch, draws come from its global generator; NumPy compiles nothing"
        )
    run = backend.execute.compiled(lambda: {name: draw(3) for name, draw in DRAWS.items()})
    found, expected = run(), {name: draw(3) for name, draw in DRAWS.items()}
    for name in DRAWS:
        np.testing.assert_allclose(
            to_numpy(found[name]), to_numpy(expected[name]), rtol=1e-5, err_msg=name
        )


def test_one_category_is_drawn_by_its_chance():
    """By a way of its own where the framework's kernel is not part of its compiler."""
    logits = np.log(np.tile([[0.5, 0.25, 0.25, 0.0]], (20_000, 1)).astype("float32") + 1e-30)

    def draw(x):
        return random.categorical(x, 1, seed=3)

    functions = [draw]
    if backend.name == "tensorflow":  # whose compiler has random numbers of its own
        import tensorflow as tf

        functions.append(tf.function(draw, jit_compile=True))
    for function in functions:
        drawn = to_numpy(function(logits))
        assert drawn.shape == (20_000, 1) and drawn.dtype == np.int32
        counts = np.bincount(drawn[:, 0], minlength=4)
        expected = [10_000, 5_000, 5_000]
        assert counts[3] == 0 and scipy.stats.chisquare(counts[:3], expected).pvalue > 1e-3


#: XLA has no kernel for TensorFlow's gamma variables, for draws of several categories and shuffles.
NOT_IN_XLA = ("beta", "categorical", "gamma", "shuffle")


@pytest.mark.skipif(backend.name != "tensorflow", reason="the others have one compiler")
@pytest.mark.parametrize("name", DRAWS)
def test_draws_in_xla(name):
    import tensorflow as tf

    def draw(logits):  # an argument: draws of constants alone are made before compiling
        return random.categorical(logits, 8, seed=3) if name == "categorical" else DRAWS[name](3)

    run = tf.function(draw, jit_compile=True, autograph=False)
    if name in NOT_IN_XLA:
        with pytest.raises(tf.errors.InvalidArgumentError, match="unsupported operations"):
            run(LOGITS)
        keras_core.config.set_shared_random_numbers(True)
        try:
            run = tf.function(draw, jit_compile=True, autograph=False)
            np.testing.assert_allclose(run(LOGITS), draw(LOGITS), 1e-5)
        finally:
            keras_core.config.set_shared_random_numbers(False)
    else:
        found, expected = run(LOGITS), DRAWS[name](3)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)


def test_neighbouring_seeds_are_independent():
    draws = np.stack([to_numpy(random.uniform((400,), seed=seed)) for seed in range(20)])
    assert np.abs(np.corrcoef(draws) - np.eye(20)).max() < 0.25


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_float_dtypes(dtype):
    expected = "float32" if dtype == "float64" and backend.name == "jax" else dtype
    for draw in (random.uniform, random.normal, random.truncated_normal):
        assert ops.dtype(draw((2, 3), dtype=dtype, seed=1)) == expected
    assert ops.dtype(random.gamma((2,), 1.0, dtype=dtype, seed=1)) == expected
    assert ops.dtype(random.beta((2,), 1.0, 1.0, dtype=dtype, seed=1)) == expected
    assert ops.dtype(random.binomial((2,), 3.0, 0.5, dtype=dtype, seed=1)) == expected


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32"])
def test_integer_dtypes(dtype):
    x = random.randint((100,), 0, 100, dtype=dtype, seed=1)
    assert ops.dtype(x) == dtype
    assert 0 <= to_numpy(x).min() <= to_numpy(x).max() < 100


def test_shapes_may_be_empty_or_scalar():
    assert tuple(random.normal((), seed=1).shape) == ()
    assert tuple(random.uniform((0, 3), seed=1).shape) == (0, 3)
    assert tuple(random.randint([2, 1], 0, 3, seed=1).shape) == (2, 1)


@pytest.mark.parametrize("rate", [0.5, 0.25, 0.1, 0.3333, 1e-3, 0.999])
def test_dropout_keeps_the_expectation(rate):
    x = to_numpy(random.dropout(ops.ones((200, 500)), rate, seed=2))
    dropped = np.mean(x == 0)
    spread = 6 * np.sqrt(rate * (1 - rate) / x.size)
    assert abs(dropped - rate) < spread
    kept = np.unique(x[x != 0])
    assert kept.size == 1
    np.testing.assert_allclose(kept[0], 1 / (1 - rate), rtol=2e-2 if rate > 0.9 else 2e-3)


def test_dropout_of_everything_and_of_nothing():
    x = ops.ones((3, 4))
    np.testing.assert_array_equal(to_numpy(random.dropout(x, 1.0, seed=1)), np.zeros((3, 4)))
    np.testing.assert_array_equal(to_numpy(random.dropout(x, 0, seed=1)), np.ones((3, 4)))


def test_dropout_takes_integers_for_floats():
    x = random.dropout(np.arange(1, 5, dtype="int32"), 0.5, seed=1)
    assert ops.dtype(x) == "float32"
    assert all(a in (0.0, 2.0 * b) for a, b in zip(to_numpy(x), range(1, 5), strict=True))


def test_binomial_gives_integers_too():
    x = random.binomial((50,), 9, 0.5, dtype="int32", seed=1)
    assert ops.dtype(x) == "int32"
    floats = random.binomial((50,), 9, 0.5, dtype="float32", seed=1)
    np.testing.assert_array_equal(to_numpy(x), to_numpy(floats))
    with pytest.raises(ValueError, match="dtype"):
        random.binomial((2,), 9, 0.5, dtype="bool", seed=1)


def test_dropout_shares_the_mask_over_axes_of_size_one():
    x = to_numpy(random.dropout(ops.ones((16, 5)), 0.5, noise_shape=(None, 1), seed=1))
    assert np.all(x == x[:, :1])
    assert 0 < np.mean(x == 0) < 1


def test_shuffle_permutes_slices():
    x = np.arange(24).reshape(8, 3)
    y = to_numpy(random.shuffle(x, seed=1))
    assert sorted(map(tuple, y.tolist())) == sorted(map(tuple, x.tolist()))
    assert not np.array_equal(x, y)
    y = to_numpy(random.shuffle(x.T, axis=1, seed=1))
    assert sorted(map(tuple, y.T.tolist())) == sorted(map(tuple, x.tolist()))


@pytest.mark.parametrize(
    "call",
    [
        lambda: random.uniform((2,), dtype="int32"),
        lambda: random.normal((2,), dtype="int32"),
        lambda: random.randint((2,), 0, 3, dtype="float32"),
        lambda: random.categorical(np.zeros(3, "float32"), 2),
        lambda: random.dropout(np.ones(3, "float32"), 1.5),
        lambda: random.dropout(np.ones(3, "float32"), -0.1),
        lambda: random.dropout(np.ones((3, 2), "float32"), 0.5, noise_shape=(3,)),
        lambda: random.normal((2,), seed="seven"),
        lambda: random.normal((2,), seed=1.5),
        lambda: random.normal((-2,), seed=1),
        *(
            lambda draw=draw, shape=shape: draw(shape)
            for shape in ((2, None), (None,), "ab", 1.5)
            for draw in (
                random.normal, random.uniform, random.truncated_normal,
                lambda shape: random.randint(shape, 0, 2), lambda shape: random.gamma(shape, 1.0),
                lambda shape: random.beta(shape, 1.0, 1.0), lambda shape: random.binomial(shape, 3, 0.5),
            )
        ),
        lambda: random.uniform((2,), None, 3.0),
        lambda: random.uniform((2,), 0.0, maxval="a"),
        lambda: random.normal((2,), mean="a"),
        lambda: random.randint((2,), None, 3),
        lambda: random.categorical(np.ones((2, 3), "float32"), None),
        lambda: random.dropout(None, 0.5),
        lambda: random.dropout(np.ones(3, "float32"), "a"),
        lambda: random.shuffle(None),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call):
    with pytest.raises(ValueError, match=r"^(random\.\w+: |seed ).*(must|Received)"):
        call()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("ends", [(0.0, 1.0), (1.0, 2.0), (-101.0, -100.0), (-0.5, 0.0), (7, 9)])
def test_the_upper_end_of_uniform_numbers_is_excluded(dtype: str, ends: tuple) -> None:
    """Sums round up to it, and so do numbers cut to fewer bits."""
    size = 200_000 if dtype == "float16" else 50_000
    given = ends if dtype != "float32" else (ops.convert_to_tensor(ends[0], dtype), ends[1])
    x = to_numpy(random.uniform((size,), *given, dtype=dtype, seed=1)).astype("float64")
    assert x.min() >= ends[0]
    assert x.max() < ends[1]
    assert abs(x.mean() - sum(ends) / 2) < 0.02 * (ends[1] - ends[0]) + 0.003 * abs(
        ends[0]
    )  # in steps of 0.5


def test_uniform_numbers_between_equal_and_exchanged_ends() -> None:
    assert to_numpy(random.uniform((3,), 0.25, 0.25, seed=1)).tolist() == [0.25] * 3
    x = to_numpy(random.uniform((64,), 1.0, -1.0, seed=1))
    assert x.min() >= -1
    assert x.max() <= 1


@pytest.mark.skipif(dtypes.canonical("float64") != "float64", reason="JAX's switch is off")
def test_parameters_of_float64_draws_are_float64() -> None:
    for draw in (
        lambda: random.uniform((9,), 0.1, 0.1 + 1e-12, "float64", seed=1),
        lambda: random.normal((9,), 0.1, 1e-13, "float64", seed=1),
        lambda: random.truncated_normal((9,), 0.1, 1e-13, "float64", seed=1),
    ):
        np.testing.assert_allclose(to_numpy(draw()), 0.1, rtol=0, atol=2e-12)
    one, tenth = (
        to_numpy(random.normal((9,), 0.0, scale, "float64", seed=1)) for scale in (1.0, 0.1)
    )
    np.testing.assert_allclose(tenth, one * 0.1, rtol=1e-15)
