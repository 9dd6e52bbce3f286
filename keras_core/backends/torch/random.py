"""Random numbers of torch: one generator a device, seeded anew for every draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from keras_core.backends.torch.arrays import NATIVE_DTYPES, device
from keras_core.backends.torch.datasets import seed_framework as seed_framework
from keras_core.core import bernoulli, scopes, settings

_generators: dict[Any, torch.Generator] = {}


def new_state(variable: type, value: np.ndarray, name: str) -> Any:
    """A SeedGenerator's state, on the host: its value is needed there at every draw."""
    outer = getattr(scopes.local, "device", None)
    scopes.local.device = "cpu"
    try:
        return variable(value.astype(np.int64), dtype="int64", trainable=False, name=name)
    finally:
        scopes.local.device = outer


def take(state: Any) -> Any:
    """The seed that a state holds; the state counts one up."""
    value = state.tensor
    compiling = torch.compiler.is_compiling()
    if compiling and not settings.flags["shared_random_numbers"]:
        return value  # torch then draws from its global generator: see `_generator`
    if not compiling and isinstance(value, torch._subclasses.FakeTensor):
        return value
    if compiling or scopes.watched or value.device.type != "cpu":
        seed = value.detach().clone()
        state.assign(seed + torch.tensor([0, 1], device=seed.device))
        return seed
    seed = value.tolist()
    value.data.numpy()[1] += 1  # an in-place operation of torch costs several times as much
    return seed


def as_tensor(seed: Any) -> Any:
    """A seed as the public tensor of two integers."""
    return seed if isinstance(seed, torch.Tensor) else torch.tensor([int(s) for s in seed])


def tracing() -> bool:
    """Whether code runs to be compiled; torch then draws from its own global generator."""
    return False


def default_generator(make: Any) -> Any:
    """The generator behind `seed=None`."""
    return make()


def _generator(seed: Any, where: Any = None) -> torch.Generator | None:
    """A generator that has just been seeded; None, for the global one, while torch compiles."""
    if torch.compiler.is_compiling() or isinstance(seed, torch._subclasses.FakeTensor):
        return None
    where = device() if where is None else where
    found = _generators.get(where)
    if found is None:
        found = _generators[where] = torch.Generator(where)
    high, low = seed.tolist() if hasattr(seed, "tolist") else seed
    # Mixed, since neighbouring seeds of the Mersenne twister start out alike.
    mixed = (high << 32 | low) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    found.manual_seed(mixed ^ mixed >> 32)
    return found


def _options(dtype: str, seed: Any) -> dict[str, Any]:
    return {"dtype": NATIVE_DTYPES[dtype], "device": device(), "generator": _generator(seed)}


def uniform(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    x = torch.rand(shape, **_options(dtype, seed))
    if type(minval) is float and type(maxval) is float:
        if minval == 0.0 and maxval == 1.0:
            return x
        # A sum may round up to the excluded end. Cut off in one pass, at a number next to it.
        limits = torch.finfo(x.dtype)
        below = max(minval, maxval - (0.75 * abs(maxval) * limits.eps or limits.tiny))
        return x.mul_(maxval - minval).add_(minval).clamp_(max=below)
    x = (x * (maxval - minval) + minval).to(x.dtype)
    low, high = (torch.as_tensor(n, dtype=x.dtype, device=x.device) for n in (minval, maxval))
    return x.where((x < high) | (high < low), low)


def normal(shape: Any, mean: Any, stddev: Any, dtype: str, seed: Any) -> Any:
    x = torch.randn(shape, **_options(dtype, seed))
    return (x * stddev + mean).to(x.dtype)


def truncated_normal(shape: Any, mean: Any, stddev: Any, dtype: str, seed: Any) -> Any:
    # By the inverse of the cumulative distribution between -2 and 2.
    wide = torch.float64 if dtype == "float64" else torch.float32
    x = torch.empty(shape, dtype=wide, device=device())
    edge = 0.9544997361036416  # erf(2 / sqrt(2))
    x.uniform_(-edge, edge, generator=_generator(seed))
    x = x.erfinv_().mul_(2**0.5).clamp_(-2, 2)
    return (x * stddev + mean).to(NATIVE_DTYPES[dtype])


def randint(shape: Any, minval: Any, maxval: Any, dtype: str, seed: Any) -> Any:
    if not isinstance(minval, torch.Tensor) and not isinstance(maxval, torch.Tensor):
        x = torch.randint(
            int(minval), int(maxval), shape, device=device(), generator=_generator(seed)
        )
        return x.to(NATIVE_DTYPES[dtype])
    x = torch.rand(shape, dtype=torch.float64, device=device(), generator=_generator(seed))
    return (x * (maxval - minval) + minval).floor().to(NATIVE_DTYPES[dtype])


def categorical(logits: Any, num_samples: int, dtype: str, seed: Any) -> Any:
    weights = torch.softmax(logits, -1)
    drawn = torch.multinomial(
        weights, num_samples, replacement=True, generator=_generator(seed, logits.device)
    )
    return drawn.to(NATIVE_DTYPES[dtype])


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: str, seed: Any) -> Any:
    counts, probabilities = counts.broadcast_to(shape), probabilities.broadcast_to(shape)
    x = torch.binomial(counts, probabilities, generator=_generator(seed, counts.device))
    return x.to(NATIVE_DTYPES[dtype])


def beta(shape: Any, alpha: Any, beta: Any, dtype: str, seed: Any) -> Any:
    pair = torch.stack([alpha.broadcast_to(shape), beta.broadcast_to(shape)], -1)
    drawn = torch._sample_dirichlet(pair, generator=_generator(seed, pair.device))
    return drawn[..., 0].to(NATIVE_DTYPES[dtype])


def gamma(shape: Any, alpha: Any, dtype: str, seed: Any) -> Any:
    alpha = alpha.broadcast_to(shape).contiguous()
    drawn = torch._standard_gamma(alpha, generator=_generator(seed, alpha.device))
    return drawn.to(NATIVE_DTYPES[dtype])


def dropout(inputs: Any, rate: float, noise_shape: Any, seed: Any) -> Any:
    if torch.compiler.is_compiling() or isinstance(seed, torch._subclasses.FakeTensor):
        if noise_shape is None:
            return torch.nn.functional.dropout(inputs, rate)
        return inputs * torch.nn.functional.dropout(inputs.new_ones(noise_shape), rate)
    if rate == 1:
        return inputs * 0
    # Words cut into lanes: several times as fast on the CPU as torch's own bernoulli.
    bits, threshold = bernoulli.lanes(rate)
    shape = inputs.shape if noise_shape is None else torch.Size(noise_shape)
    size = shape.numel()
    words = torch.empty(-(-size * bits // 64), dtype=torch.int64, device=inputs.device)
    words.random_(-(2**63), None, generator=_generator(seed, inputs.device))
    # Lanes are signed: the threshold is counted from the lowest number.
    lane = {8: torch.int8, 16: torch.int16, 32: torch.int32}[bits]
    tosses = words.view(lane)[:size].view(shape)
    scale = 1 / (1 - threshold / 2**bits)
    return inputs * (tosses >= threshold - 2 ** (bits - 1)).to(inputs.dtype).mul_(scale)


def shuffle(x: Any, axis: int, seed: Any) -> Any:
    order = torch.randperm(x.shape[axis], device=x.device, generator=_generator(seed, x.device))
    return x.index_select(axis, order)
