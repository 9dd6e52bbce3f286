"""The global seed: where seeds come from when none is given.

`set_random_seed` makes everything drawn afterwards reproducible. Seeds are numbered draws of
one counter-based generator (Philox; Salmon et al., 2011, "Parallel random numbers: as easy as
1, 2, 3"), so that the n-th seed depends on the global seed and n alone.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence

_lock = threading.Lock()
_seed: int | None = None
_drawn = 0
epoch = 0  # how often the global seed was set: what was made from an older one is stale


def set_global_seed(seed: int | None) -> None:
    """Set the seed that others are drawn from; None: from the operating system."""
    global _seed, _drawn, epoch
    with _lock:
        _seed, _drawn = seed, 0
        epoch += 1


def global_seed() -> int | None:
    """The seed that others are drawn from, None as long as nobody needed one."""
    return _seed


def make_seed() -> int:
    """The next seed, below 2**31."""
    global _seed, _drawn
    with _lock:
        if _seed is None:
            _seed = int(np.random.SeedSequence().entropy) % 2**63  # type: ignore[arg-type]
        number, _drawn = _drawn, _drawn + 1
        seed = _seed
    return int(generator(seed, number).integers(2**31 - 1))


class _Key(ISeedSequence):
    """A key for Philox as it is: given as `key`, NumPy asks the system for a seed all the same."""

    def __init__(self, key: int) -> None:
        self._words = np.array([key % 2**64, key >> 64 & (2**64 - 1)], np.uint64)

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray:
        return self._words


def generator(*key: int) -> np.random.Generator:
    """A generator of the host keyed by integers: the same key, the same numbers."""
    if len(key) == 1:
        return np.random.Generator(np.random.Philox(_Key(key[0])))  # type: ignore[arg-type]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([k % 2**64 for k in key])))
