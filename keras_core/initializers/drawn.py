"""Random initializers: drawn on the host by a generator keyed by the seed."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from keras_core.backends.variable import empty_to_keep, fresh
from keras_core.core import errors, limits, seeds
from keras_core.core.limits import NOT_NEGATIVE, NUMBER, POSITIVE, one_of
from keras_core.initializers.base import Initializer, as_dtype

# The standard deviation of a normal distribution cut off at two of its own.
_TRUNCATED_STD = 0.87962566103423978
# So many numbers are drawn at once that what is done to them next finds them in the cache.
_PIECE = 1 << 16


class RandomInitializer(Initializer):
    """The base of the random initializers.

    One with an int for a seed gives the same values at every call; one with None drew its seed
    when it was made, and with a SeedGenerator takes the next one at every call.
    """

    def __init__(self, seed: Any = None) -> None:
        if limits.SEED.holds(seed):
            seed = None if seed is None else operator.index(seed)
        elif not hasattr(seed, "next"):
            raise ValueError(
                f"{type(self).__name__}: seed must be an int, a SeedGenerator or None. "
                f"Received: seed={seed!r}"
            )
        self._given = seed
        self.seed = seeds.make_seed() if seed is None else seed

    def _generator(self, shape: tuple[int, ...]) -> np.random.Generator:
        if isinstance(self.seed, int):
            return seeds.generator(self.seed)
        from keras_core.backends.select import backend

        key = backend.arrays.convert_to_numpy(self.seed.next())
        return seeds.generator(*(int(k) for k in key))

    def _draw(
        self, shape: tuple[int, ...], dtype: str, kind: str, scale: float, shift: float = 0.0
    ) -> np.ndarray:
        """`kind` is "normal", "truncated" (std 1 before the cut) or "uniform" in [-1, 1).

        The numbers times `scale`, plus `shift`, in memory that a variable may keep.
        """
        precise = np.dtype(np.float64 if dtype == "float64" else np.float32)
        rng = self._generator(shape)
        values = empty_to_keep(shape, precise).view(np.ndarray)
        flat = values.reshape(-1)
        pieces = [flat[i : i + _PIECE] for i in range(0, flat.size, _PIECE)]
        draw = _uniform if kind == "uniform" else _normal
        if kind == "truncated":
            for piece in pieces:
                draw(rng, piece)
            _redraw_tails(flat, rng)
        for piece in pieces:
            if kind != "truncated":
                draw(rng, piece)
            if kind == "uniform":
                piece *= 2 * scale
                piece -= scale
            else:
                piece *= scale
            if shift:
                piece += shift
        return values

    def get_config(self) -> dict[str, Any]:
        from keras_core.core import registry

        return {"seed": registry.serialize_keras_object(self._given)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        from keras_core.core import registry

        config = dict(config)
        if isinstance(config.get("seed"), dict):
            config["seed"] = registry.deserialize_keras_object(config["seed"])
        return cls(**config)


def _normal(rng: np.random.Generator, out: np.ndarray) -> None:
    rng.standard_normal(dtype=out.dtype, out=out)


def _uniform(rng: np.random.Generator, out: np.ndarray) -> None:
    """What `rng.random` gives: the upper 24 of each 32 bits, in three quarters of its time."""
    if out.dtype == np.float64:
        rng.random(dtype=np.float64, out=out)
        return
    words = rng.bit_generator.random_raw((out.size + 1) // 2)
    bits = words.astype("<u8", copy=False).view("<u4")[: out.size]  # the lower half comes first
    bits >>= 8
    out[:] = bits.view("<i4")  # which the processor converts faster than unsigned numbers
    out *= np.float32(2**-24)


def _redraw_tails(flat: np.ndarray, rng: np.random.Generator) -> None:
    """Draw what lies beyond two standard deviations again, until nothing does."""
    outside = np.flatnonzero(np.abs(flat) > 2)
    while outside.size:
        flat[outside] = rng.standard_normal(outside.size, dtype=flat.dtype)
        outside = outside[np.abs(flat[outside]) > 2]


class RandomNormal(RandomInitializer):
    """Normally distributed values.

    Args:
        mean: the distribution's mean.
        stddev: its standard deviation.
        seed: an int, a SeedGenerator or None.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.RandomNormal(stddev=0.1, seed=1)(shape=(2, 3)).shape
    """

    limits = {"mean": NUMBER, "stddev": NOT_NEGATIVE}
    mean: float
    stddev: float

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None) -> None:
        limits.keep(self, locals())
        super().__init__(seed)

    _kind = "normal"

    @fresh
    def host_values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        return as_dtype(self._draw(shape, dtype, self._kind, self.stddev, self.mean), dtype)

    def get_config(self) -> dict[str, Any]:
        return {"mean": self.mean, "stddev": self.stddev, **super().get_config()}


class TruncatedNormal(RandomNormal):
    """Normally distributed values, those beyond two standard deviations drawn again.

    Args:
        mean: the distribution's mean.
        stddev: its standard deviation before the cut.
        seed: an int, a SeedGenerator or None.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.TruncatedNormal(seed=1)(shape=(2, 3)).shape
    """

    _kind = "truncated"


class RandomUniform(RandomInitializer):
    """Uniformly distributed values.

    Args:
        minval: the lower end.
        maxval: the upper end, excluded.
        seed: an int, a SeedGenerator or None.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.RandomUniform(seed=1)(shape=(2, 3)).shape
    """

    limits = {"minval": NUMBER, "maxval": NUMBER}
    minval: float
    maxval: float

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None) -> None:
        limits.keep(self, locals())
        super().__init__(seed)

    @fresh
    def host_values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        half = (self.maxval - self.minval) / 2
        return as_dtype(self._draw(shape, dtype, "uniform", half, self.minval + half), dtype)

    def get_config(self) -> dict[str, Any]:
        return {"minval": self.minval, "maxval": self.maxval, **super().get_config()}


class VarianceScaling(RandomInitializer):
    """Values whose variance is `scale / n`, with n from the shape.

    Args:
        scale: a positive number.
        mode: what n is: "fan_in", "fan_out" or "fan_avg".
        distribution: "truncated_normal", "untruncated_normal" or "uniform".
        seed: an int, a SeedGenerator or None.
        input_axes: the axes whose sizes make up fan_in, and
        output_axes: those that make up fan_out, where both are given. Otherwise the last two are a
            kernel's inputs and outputs, each times the axes before.

    Raises:
        ValueError: if scale is not positive, or a name is unknown.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.VarianceScaling(2.0, "fan_out", seed=1)(shape=(2, 3)).shape
    """

    limits = {
        "scale": POSITIVE,
        "mode": one_of("fan_in", "fan_out", "fan_avg"),
        "distribution": one_of("uniform", "truncated_normal", "untruncated_normal"),
    }
    scale: float
    mode: str
    distribution: str

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Any = None,
        output_axes: Any = None,
    ) -> None:
        owner = type(self).__name__
        if isinstance(distribution, str):
            distribution = distribution.lower()
            distribution = "truncated_normal" if distribution == "normal" else distribution
        limits.keep(self, locals())
        self.input_axes = _axes("input_axes", owner, input_axes)
        self.output_axes = _axes("output_axes", owner, output_axes)
        super().__init__(seed)

    @fresh
    def host_values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            return as_dtype(self._draw(shape, dtype, "uniform", math.sqrt(3 * variance)), dtype)
        if self.distribution == "truncated_normal":
            scale = math.sqrt(variance) / _TRUNCATED_STD
            return as_dtype(self._draw(shape, dtype, "truncated", scale), dtype)
        return as_dtype(self._draw(shape, dtype, "normal", math.sqrt(variance)), dtype)

    def get_config(self) -> dict[str, Any]:
        own = {"scale": self.scale, "mode": self.mode, "distribution": self.distribution}
        return {**own, **super().get_config(), **self._axes()}

    def _axes(self) -> dict[str, Any]:
        axes = {"input_axes": self.input_axes, "output_axes": self.output_axes}
        return {name: value for name, value in axes.items() if value is not None}


def _axes(name: str, owner: str, value: Any) -> tuple[int, ...] | None:
    """The axes of an argument, None for those that go by the kernel's layout."""
    if value is None:
        return None
    try:
        return tuple(operator.index(a) for a in np.atleast_1d(np.asarray(value)).tolist())
    except TypeError:
        raise ValueError(
            errors.message(owner, name, "be an int, a list of ints, or None", value)
        ) from None


def compute_fans(
    shape: tuple[int, ...], input_axes: Any = None, output_axes: Any = None
) -> tuple[float, float]:
    """The numbers of inputs and outputs of a weight; a kernel's last axes are in and out.

    With both kinds of axes given, they are the products of these alone, as in Keras.
    """
    if input_axes is not None and output_axes is not None:
        return tuple(float(math.prod(shape[a] for a in axes)) for axes in (input_axes, output_axes))  # type: ignore[return-value]
    if not shape:
        return 1.0, 1.0
    if len(shape) == 1:
        return float(shape[0]), float(shape[0])
    field = math.prod(shape[:-2])
    return float(shape[-2] * field), float(shape[-1] * field)


def _scaled(name: str, scale: float, mode: str, distribution: str, doc: str) -> type:
    """A VarianceScaling of fixed options, with the seed for an argument."""

    def __init__(
        self: Any, seed: Any = None, input_axes: Any = None, output_axes: Any = None
    ) -> None:
        VarianceScaling.__init__(self, scale, mode, distribution, seed, input_axes, output_axes)

    def get_config(self: Any) -> dict[str, Any]:
        return {**RandomInitializer.get_config(self), **self._axes()}

    example = f"""

    Args:
        seed: an int, a SeedGenerator or None.
        input_axes: the axes whose sizes make up fan_in, and
        output_axes: those that make up fan_out, where both are given. Otherwise the last two are a
            kernel's inputs and outputs, each times the axes before.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.{name}(seed=1)(shape=(2, 3)).shape
    """
    body = {"__init__": __init__, "get_config": get_config, "__doc__": doc + example}
    return type(name, (VarianceScaling,), body | {"__module__": __name__})


_GLOROT = (
    "of variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010, "
    '"Understanding the difficulty of training deep feedforward neural networks").'
)
_HE = 'of variance 2 / fan_in (He et al., 2015, "Delving deep into rectifiers").'
_LECUN = 'of variance 1 / fan_in (LeCun et al., 1998, "Efficient backprop").'
_N, _U = "Truncated normal values ", "Uniform values "
GlorotUniform = _scaled("GlorotUniform", 1.0, "fan_avg", "uniform", _U + _GLOROT)
GlorotNormal = _scaled("GlorotNormal", 1.0, "fan_avg", "truncated_normal", _N + _GLOROT)
HeUniform = _scaled("HeUniform", 2.0, "fan_in", "uniform", _U + _HE)
HeNormal = _scaled("HeNormal", 2.0, "fan_in", "truncated_normal", _N + _HE)
LecunUniform = _scaled("LecunUniform", 1.0, "fan_in", "uniform", _U + _LECUN)
LecunNormal = _scaled("LecunNormal", 1.0, "fan_in", "truncated_normal", _N + _LECUN)


class Orthogonal(RandomInitializer):
    """A random orthogonal matrix, by the QR decomposition of a normal one.

    The axes but the last are taken together for the rows. (Saxe et al., 2014, "Exact solutions
    to the nonlinear dynamics of learning in deep linear neural networks".)

    Args:
        gain: a factor.
        seed: an int, a SeedGenerator or None.

    Raises:
        ValueError: when called with a shape of fewer than two dimensions.

    Example:

    >>> import keras_core as keras
    >>> keras.initializers.Orthogonal(seed=1)(shape=(3, 3)).shape
    """

    limits = {"gain": NUMBER}
    gain: float

    def __init__(self, gain: float = 1.0, seed: Any = None) -> None:
        limits.keep(self, locals())
        super().__init__(seed)

    @fresh
    def host_values(self, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        if len(shape) < 2:
            raise ValueError(
                f"Orthogonal: shape must have at least two dimensions. Received: shape={shape}"
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        high, low = max(rows, columns), min(rows, columns)
        q, r = np.linalg.qr(self._draw((high, low), dtype, "normal", 1.0))
        q *= np.where(np.diag(r) < 0, -1, 1).astype(q.dtype)  # uniform over the matrices
        q = q.T if rows < columns else q
        return as_dtype(self.gain * q.reshape(shape), dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain, **super().get_config()}


NAMES = {
    c.__name__: c
    for c in (
        RandomNormal, TruncatedNormal, RandomUniform, VarianceScaling, Orthogonal,
        GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal,
    )
} | {
    "OrthogonalInitializer": Orthogonal, "normal": RandomNormal, "uniform": RandomUniform,
}  # fmt: skip

# The same classes under their other public names.
OrthogonalInitializer = Orthogonal
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
orthogonal = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
