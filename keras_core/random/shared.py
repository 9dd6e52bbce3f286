"""Draws that are the same numbers on every backend: the mode of `config.set_shared_random_numbers`.

Same names and signatures as the section `random` of a backend, but written once, in operations.
All randomness is Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror and Shaw, 2011, "Parallel
random numbers: as easy as 1, 2, 3"): a bijection of a block of two 32-bit words under a key of
two words. The key is the seed, a block is `(number of the block, stream)`; distributions that
need several independent draws take one stream for each.

Words become floats without rounding, so uniform numbers, integers, masks and permutations are
equal to the bit. The others pass through logarithms, in whose last bits frameworks differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from keras_core import ops
from keras_core.backends.select import backend
from keras_core.core import bernoulli, dtypes, errors

# Where a framework cannot calculate with uint32, the same bits are held as int32: sums wrap
# around just so, and shifts to the right are masked.
_UNSIGNED = backend.has("unsigned")
_WORD = "uint32" if _UNSIGNED else "int32"
_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA
#: Proposals drawn at once where some are rejected; all of them are with a chance below 1e-9.
_GAMMA_PROPOSALS, _BINOMIAL_PROPOSALS = 8, 20


def _compiled(*static: int) -> Callable[[Callable], Callable]:
    """Compile a body as a whole where eager calls would otherwise pay for each small step."""
    fuse = getattr(backend.arrays, "fuse", None)
    return lambda body: body if fuse is None else fuse(body, static)


# Words --------------------------------------------------------------------------------------


def word(value: int) -> Any:
    """A number below 2**32 as a tensor of one word."""
    return _words_of([value])


def _words_of(values: Sequence[int]) -> Any:
    """Numbers below 2**32 as words."""
    if not _UNSIGNED:
        values = [(v + 2**31) % 2**32 - 2**31 for v in values]
    return ops.convert_to_tensor(values, dtype=_WORD)


def _right(words: Any, count: int) -> Any:
    """The words shifted to the right, zeros coming in."""
    shifted = ops.right_shift(words, word(count))
    return shifted if _UNSIGNED else ops.bitwise_and(shifted, word(2 ** (32 - count) - 1))


def threefry(key: tuple[Any, Any], block: tuple[Any, Any]) -> tuple[Any, Any]:
    """Threefry-2x32-20 of blocks: two tensors of words, under a key of two, which broadcast."""
    keys = (*key, ops.bitwise_xor(ops.bitwise_xor(*key), word(_PARITY)))
    shifts = {n: word(n) for row in _ROTATIONS for n in (*row, *(32 - m for m in row))}
    masks = {} if _UNSIGNED else {n: word(2**n - 1) for row in _ROTATIONS for n in row}
    x, y = ops.add(block[0], keys[0]), ops.add(block[1], keys[1])
    for group in range(5):
        for n in _ROTATIONS[group % 2]:
            x = ops.add(x, y)
            low = ops.right_shift(y, shifts[32 - n])
            if masks:
                low = ops.bitwise_and(low, masks[n])
            y = ops.bitwise_xor(ops.bitwise_or(ops.left_shift(y, shifts[n]), low), x)
        x = ops.add(x, keys[(group + 1) % 3])
        y = ops.add(y, ops.add(keys[(group + 2) % 3], word(group + 1)))
    return x, y


def _key(seed: Any) -> tuple[Any, Any]:
    """A seed in any of the backends' forms as two tensors of one word."""
    if not backend.arrays.is_tensor(seed):
        seed = _words_of([int(s) % 2**32 for s in seed])
    seed = ops.cast(seed, _WORD)
    return seed[0:1], seed[1:2]


def _pairs(seed: Any, count: Any, stream: int) -> tuple[Any, Any]:
    """`count` blocks of two words."""
    return threefry(_key(seed), (ops.cast(ops.arange(count, dtype="int32"), _WORD), word(stream)))


def _words(seed: Any, count: Any, stream: int = 0) -> Any:
    """`count` words: the first ones of all blocks, then the second ones."""
    return ops.concatenate(_pairs(seed, (count + 1) // 2, stream))[:count]


def _size(shape: Any) -> Any:
    """How many numbers fill a shape; a tensor where a size is known only at run time."""
    if isinstance(shape, tuple) and all(isinstance(n, int) for n in shape):
        return math.prod(shape)
    return ops.prod(
        ops.cast(ops.stack(list(shape)) if isinstance(shape, (tuple, list)) else shape, "int32")
    )


def _integers(words: Any, bits: int) -> Any:
    """The highest `bits` of each word, up to 31, as int32."""
    return ops.cast(_right(words, 32 - bits), "int32")


def _wide(dtype: str) -> str:
    return "float64" if dtype == "float64" else "float32"


_MANTISSA = {"bfloat16": 8, "float16": 11, "float32": 24, "float64": 53}


def _lattice(seed: Any, count: Any, bits: int, dtype: str, stream: int) -> Any:
    """Integers below 2**bits, all as likely, as floats that hold them exactly."""
    if bits <= 31:
        return ops.cast(_integers(_words(seed, count, stream), bits), dtype)
    high, low = _pairs(seed, count, stream)
    high, low = (ops.cast(_integers(w, n), dtype) for w, n in ((high, bits - 26), (low, 26)))
    return ops.add(ops.multiply(high, 2.0**26), low)


def _unit(seed: Any, count: Any, dtype: str, stream: int = 0) -> Any:
    """Multiples of half an epsilon in [0, 1), all as likely."""
    bits = _MANTISSA[dtype]
    x = _lattice(seed, count, bits, _wide(dtype), stream)
    return ops.cast(ops.multiply(x, 2.0**-bits), dtype)


def _positive(seed: Any, count: Any, dtype: str, stream: int = 0) -> Any:
    """Odd multiples of half an epsilon in (0, 1), all as likely."""
    bits = _MANTISSA[dtype] - 1
    x = _lattice(seed, count, bits, dtype, stream)
    return ops.multiply(ops.add(x, 0.5), 2.0**-bits)


def _between(seed: Any, count: Any, dtype: str, stream: int = 0) -> Any:
    """Odd multiples of half an epsilon in (-1, 1), all as likely."""
    bits = _MANTISSA[dtype]
    x = _lattice(seed, count, bits, dtype, stream)
    return ops.add(ops.multiply(x, 2.0 ** (1 - bits)), 2.0**-bits - 1)


# Distributions ------------------------------------------------------------------------------


# Minimax polynomials for the inverse error function by M. Giles ("Approximating the erfinv
# function", GPU Computing Gems, 2012), highest power first: of w - 2.5 for w < 5, and of
# sqrt(w) - 3 else, where w = -log(1 - x^2).
_CENTRE = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 2.1858087e-04,
    -1.25372503e-03, -4.17768164e-03, 2.46640727e-01, 1.50140941,
)  # fmt: skip
_TAIL = (
    -2.00214257e-04, 1.00950558e-04, 1.34934322e-03, -3.67342844e-03, 5.73950773e-03,
    -7.6224613e-03, 9.43887047e-03, 1.00167406, 2.83297682,
)  # fmt: skip


def _polynomial(x: Any, coefficients: tuple[float, ...]) -> Any:
    total = coefficients[0]
    for c in coefficients[1:]:
        total = ops.add(ops.multiply(x, total), c)
    return total


def _erfinv(x: Any, dtype: str) -> Any:
    """The inverse error function, in float32 by the same steps everywhere.

    Frameworks' own ones differ in the tails by far more than rounding.
    """
    if dtype == "float64":
        return ops.erfinv(x)
    w = ops.negative(ops.log(ops.multiply(ops.subtract(1.0, x), ops.add(x, 1.0))))
    centre = _polynomial(ops.subtract(w, 2.5), _CENTRE)
    tail = _polynomial(ops.subtract(ops.sqrt(w), 3.0), _TAIL)
    return ops.multiply(ops.where(ops.less(w, 5.0), centre, tail), x)


def _standard_normal(seed: Any, count: Any, dtype: str, stream: int = 0) -> Any:
    return ops.multiply(_erfinv(_between(seed, count, dtype, stream), dtype), 2**0.5)


def _moved(x: Any, scale: Any, offset: Any) -> Any:
    name = dtypes.standardize(x.dtype)
    return ops.add(ops.multiply(x, ops.cast(scale, name)), ops.cast(offset, name))


@_compiled(0, 3)
def uniform(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    """As the backends' `uniform`."""
    x = ops.reshape(_unit(seed, _size(shape), dtype), shape)
    low, high = ops.cast(minval, dtype), ops.cast(maxval, dtype)
    x = _moved(x, ops.subtract(high, low), low)
    return ops.where(ops.less(x, high), x, low)  # a sum may round up to the excluded end


@_compiled(0, 3)
def normal(shape: Any, mean: Any, stddev: Any, dtype: str, seed: Any) -> Any:
    """As the backends' `normal`: by the inverse of the cumulative distribution."""
    x = ops.reshape(_standard_normal(seed, _size(shape), _wide(dtype)), shape)
    return ops.cast(_moved(x, stddev, mean), dtype)


@_compiled(0, 3)
def truncated_normal(shape: Any, mean: Any, stddev: Any, dtype: str, seed: Any) -> Any:
    """As the backends' `truncated_normal`: the same inverse, of what lies between -2 and 2."""
    wide = _wide(dtype)
    x = ops.multiply(_between(seed, _size(shape), wide), math.erf(2**0.5))
    x = ops.clip(ops.multiply(_erfinv(x, wide), 2**0.5), -2.0, 2.0)
    return ops.cast(_moved(ops.reshape(x, shape), stddev, mean), dtype)


# Integers below a bound: the high word of a 64-bit number times the bound. ----------------------


def _number(word: Any) -> Any:
    """Words as numbers from 0 to 2**32 - 1, in uint32 or, where there is none, in int64."""
    return word if _UNSIGNED else ops.bitwise_and(ops.cast(word, "int64"), 0xFFFFFFFF)


def _modulo(numbers: Any) -> Any:
    """Numbers modulo 2**32."""
    return numbers if _UNSIGNED else ops.bitwise_and(numbers, 0xFFFFFFFF)


def _product(a: Any, b: Any) -> tuple[Any, Any]:
    """The high and the low 32 bits of products of numbers."""
    a1, a0 = ops.right_shift(a, 16), ops.bitwise_and(a, 0xFFFF)
    b1, b0 = ops.right_shift(b, 16), ops.bitwise_and(b, 0xFFFF)
    low, cross, other = ops.multiply(a0, b0), ops.multiply(a0, b1), ops.multiply(a1, b0)
    parts = (ops.right_shift(low, 16), ops.bitwise_and(cross, 0xFFFF))
    middle = ops.add(ops.add(*parts), ops.bitwise_and(other, 0xFFFF))
    carried = ops.add(ops.right_shift(cross, 16), ops.right_shift(other, 16))
    high = ops.add(ops.multiply(a1, b1), ops.add(carried, ops.right_shift(middle, 16)))
    rest = ops.left_shift(ops.bitwise_and(middle, 0xFFFF), 16)
    return high, ops.bitwise_or(rest, ops.bitwise_and(low, 0xFFFF))


@_compiled(0)
def _below(shape: Any, span: Any, seed: Any) -> Any:
    """Numbers below `span`; none is more likely than another by more than span / 2**64."""
    high, low = (ops.reshape(_number(w), shape) for w in _pairs(seed, _size(shape), 0))
    carry, _ = _product(low, span)
    top, rest = _product(high, span)
    over = ops.less(_modulo(ops.add(rest, carry)), carry)
    return ops.add(top, ops.cast(over, dtypes.standardize(top.dtype)))


def randint(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    """As the backends' `randint`, for ranges below 2**32."""
    if any(backend.arrays.is_tensor(v) for v in (minval, maxval)):
        first, last = (
            _number(ops.cast(ops.cast(ops.convert_to_tensor(v), "int64"), _WORD))
            for v in (minval, maxval)
        )
        span = _modulo(ops.subtract(last, first))
    else:
        minval, span = int(minval), int(maxval) - int(minval)
        if not 0 < span < 2**32:
            what = "be positive and below 2**32 with shared random numbers"
            raise ValueError(errors.message("random.randint", "maxval - minval", what, span))
        first, span = (ops.reshape(_number(word(v % 2**32)), ()) for v in (minval, span))
    drawn = _below(shape, span, seed)
    if dtype in ("int64", "uint64"):
        return ops.cast(ops.add(ops.cast(drawn, "int64"), ops.cast(minval, "int64")), dtype)
    return ops.cast(_modulo(ops.add(drawn, first)), dtype)


@_compiled(1, 2)
def categorical(logits: Any, num_samples: int, dtype: str, seed: Any) -> Any:
    """As the backends' `categorical`: the largest logit after Gumbel noise was added."""
    shape = ops.shape(logits)
    shape = (shape[0], num_samples, shape[1])
    waiting = ops.negative(ops.log(_positive(seed, _size(shape), "float32")))
    noise = ops.negative(ops.log(ops.reshape(waiting, shape)))
    scores = ops.add(ops.expand_dims(ops.cast(logits, "float32"), 1), noise)
    return ops.cast(ops.argmax(scores, axis=-1), dtype)


@_compiled(0, 2)
def gamma(shape: Any, alpha: Any, dtype: str, seed: Any) -> Any:
    """As the backends' `gamma`."""
    x, power = _gamma(shape, alpha, _wide(dtype), seed, 0)
    return ops.cast(ops.multiply(x, ops.exp(power)), dtype)


@_compiled(0, 3)
def beta(shape: Any, alpha: Any, beta: Any, dtype: str, seed: Any) -> Any:
    """As the backends' `beta`: x / (x + y) of gamma variates, from their logarithms."""
    wide = _wide(dtype)
    x, y = (_gamma(shape, a, wide, seed, 3 * i) for i, a in enumerate((alpha, beta)))
    log_x, log_y = (ops.add(ops.log(v), power) for v, power in (x, y))
    return ops.cast(ops.sigmoid(ops.subtract(log_x, log_y)), dtype)


def _first(accepted: Any, values: Any) -> Any:
    """Of each row, the first value that was accepted."""
    index = ops.argmax(ops.cast(accepted, "int32"), axis=-1, keepdims=True)
    return ops.squeeze(ops.take_along_axis(values, index, axis=-1), -1)


def _gamma(shape: Any, alpha: Any, dtype: str, seed: Any, stream: int) -> tuple[Any, Any]:
    """Gamma variates as `(x, p)`, which stands for `x * exp(p)`.

    By G. Marsaglia and W. W. Tsang ("A simple method for generating gamma variables", ACM
    TOMS, 2000). Below 1, alpha is raised by 1 and the variate multiplied by
    `u ** (1 / alpha)`, whose logarithm is p: it would underflow where alpha is small.
    """
    count = _size(shape)
    alpha = ops.reshape(ops.broadcast_to(ops.cast(alpha, dtype), shape), (-1,))
    valid = ops.greater_equal(alpha, 0.0)
    alpha = ops.where(valid, alpha, 1.0)
    low = ops.less(alpha, 1.0)
    d = ops.subtract(ops.where(low, ops.add(alpha, 1.0), alpha), 1 / 3)
    tries = (count, _GAMMA_PROPOSALS)
    total = count * _GAMMA_PROPOSALS
    x = ops.reshape(_standard_normal(seed, total, dtype, stream), tries)
    u = ops.reshape(_positive(seed, total, dtype, stream + 1), tries)
    t = ops.divide(x, ops.multiply(3.0, ops.sqrt(ops.expand_dims(d, -1))))
    inside = ops.greater(t, -1.0)
    t = ops.maximum(t, -0.999)
    # The density of d (1 + t)^3 over the normal one, as log1p: the terms cancel for large d.
    cubic = ops.multiply(t, ops.add(ops.multiply(ops.add(t, 3.0), t), 3.0))
    ratio = ops.multiply(ops.expand_dims(d, -1), ops.subtract(3.0 * ops.log1p(t), cubic))
    bound = ops.add(ops.multiply(ops.square(x), 0.5), ratio)
    t = _first(ops.logical_and(inside, ops.less(ops.log(u), bound)), t)
    power = ops.divide(ops.log(_positive(seed, count, dtype, stream + 2)), alpha)
    power = ops.where(low, power, ops.zeros_like(power))
    found = ops.multiply(d, ops.power(ops.add(t, 1.0), 3.0))
    found = ops.where(valid, found, float("nan"))
    return ops.reshape(found, shape), ops.reshape(power, shape)


@_compiled(0, 3)
def binomial(shape: Any, counts: Any, probabilities: Any, dtype: str, seed: Any) -> Any:
    """As the backends' `binomial`: by inversion where few successes are expected, else BTRS."""
    wide = _wide(dtype)
    n, p = (
        ops.reshape(ops.broadcast_to(ops.cast(v, wide), shape), (-1,))
        for v in (counts, probabilities)
    )
    n = ops.floor(n)
    inside = ops.logical_and(ops.greater_equal(p, 0.0), ops.less_equal(p, 1.0))
    valid = ops.logical_and(inside, ops.greater_equal(n, 0.0))
    n, p = ops.where(valid, n, 0.0), ops.where(valid, p, 0.0)
    flipped = ops.greater(p, 0.5)
    q = ops.where(flipped, ops.subtract(1.0, p), p)
    few = ops.less(ops.multiply(n, q), 10.0)
    zeros, ones = ops.zeros_like(n), ops.ones_like(n)
    count = _size(shape)
    drawn = ops.where(
        few,
        _inverted_binomial(ops.where(few, n, zeros), ops.where(few, q, zeros), count, seed),
        _rejected_binomial(
            ops.where(few, 100.0 * ones, n), ops.where(few, 0.5 * ones, q), count, seed
        ),
    )
    drawn = ops.where(flipped, ops.subtract(n, drawn), drawn)
    return ops.cast(ops.reshape(ops.where(valid, drawn, float("nan")), shape), dtype)


def _inverted_binomial(n: Any, p: Any, count: Any, seed: Any) -> Any:
    """The number of cumulative probabilities at or below a uniform number; for n p < 10."""
    u = _unit(seed, count, dtypes.standardize(n.dtype))
    odds = ops.divide(p, ops.subtract(1.0, p))

    def step(k: Any, state: tuple) -> tuple:
        chance, below, found = state
        below = ops.add(below, chance)
        # Where a rounded sum stays below 1, what is too unlikely ends the count.
        more = ops.logical_and(ops.less_equal(below, u), ops.greater(chance, 1e-9))
        k = ops.cast(k, dtypes.standardize(n.dtype))
        ratio = ops.divide(ops.multiply(ops.subtract(n, k), odds), ops.add(k, 1.0))
        return ops.multiply(chance, ratio), below, ops.add(found, ops.cast(more, n.dtype))

    none = ops.exp(ops.multiply(n, ops.log1p(ops.negative(p))))
    zeros = ops.zeros_like(n)
    return ops.fori_loop(0, 48, step, (none, zeros, zeros))[2]


def _stirling(x: Any) -> Any:
    """What `(x + 1/2) log(x + 1) - (x + 1) + log(2 pi) / 2` lacks to log x!."""
    y = ops.add(x, 1.0)
    z = ops.square(y)
    inner = ops.subtract(1 / 360, ops.divide(1 / 1260, z))
    return ops.divide(ops.subtract(1 / 12, ops.divide(inner, z)), y)


def _rejected_binomial(n: Any, p: Any, count: Any, seed: Any) -> Any:
    """W. Hoermann's BTRS ("The generation of binomial random variates", 1993); for n p >= 10."""
    dtype = dtypes.standardize(n.dtype)
    tries = (count, _BINOMIAL_PROPOSALS)
    u, v = (
        ops.reshape(_positive(seed, count * _BINOMIAL_PROPOSALS, dtype, stream), tries)
        for stream in (1, 2)
    )
    n, p = ops.expand_dims(n, -1), ops.expand_dims(p, -1)
    deviation = ops.sqrt(n * p * (1.0 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    u = u - 0.5
    us = 0.5 - ops.absolute(u)
    k = ops.floor((2.0 * a / us + b) * u + n * p + 0.5)
    inside = ops.logical_and(ops.greater_equal(k, 0.0), ops.less_equal(k, n))
    k = ops.clip(k, 0.0, n)
    quick = ops.logical_and(ops.greater_equal(us, 0.07), ops.less_equal(v, 0.92 - 4.2 / b))
    # log P(k) / P(m) for the mode m by Stirling's series. The large terms are taken together as
    # logarithms of ratios near 1, so that float32 does for large n.
    m = ops.floor((n + 1.0) * p)
    away = k - m
    ratio = (
        (n - m + 0.5) * ops.log1p(away / (n - k + 1.0))
        - (m + 0.5) * ops.log1p(away / (m + 1.0))
        + away * ops.log((n - k + 1.0) * p / ((k + 1.0) * (1.0 - p)))
        + (_stirling(m) + _stirling(n - m) - _stirling(k) - _stirling(n - k))
    )
    hat = ops.log(v * ((2.83 + 5.1 / b) * deviation) / (a / (us * us) + b))
    fits = ops.logical_or(quick, ops.less_equal(hat, ratio))
    return _first(ops.logical_and(inside, fits), k)


@_compiled(1, 2)
def dropout(inputs: Any, rate: float, noise_shape: Any, seed: Any) -> Any:
    """As the backends' `dropout`: words cut into as many tosses as they hold."""
    if rate == 1:
        return ops.zeros_like(inputs)
    bits, threshold = bernoulli.lanes(rate)
    if bits == 32:  # one bit goes to the sign
        bits, threshold = 31, threshold // 2
    shape = ops.shape(inputs) if noise_shape is None else noise_shape
    size = _size(shape)
    lanes = 32 // bits
    words = _words(seed, (size + lanes - 1) // lanes)
    parts = [_integers(words, bits)]
    for i in range(1, lanes):
        parts.append(_integers(ops.left_shift(words, word(i * bits)), bits))
    tosses = ops.reshape(ops.concatenate(parts)[:size], shape)
    name = dtypes.standardize(inputs.dtype)
    keep = ops.cast(ops.greater_equal(tosses, threshold), name)
    return ops.multiply(inputs, ops.multiply(keep, 1 / (1 - threshold / 2**bits)))


@_compiled(1)
def shuffle(x: Any, axis: int, seed: Any) -> Any:
    """As the backends' `shuffle`: in the order of random numbers."""
    order = ops.argsort(_integers(_words(seed, ops.shape(x)[axis]), 31))
    return ops.take(x, order, axis=axis)
