"""Data sets of torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

OWN = True


class _Samples(torch.utils.data.Dataset):
    """What `get(row)` gives, as tuples of tensors, as torch's TensorDataset does."""

    def __init__(self, get: Callable[[int], Any], rows: np.ndarray) -> None:
        self._get, self._rows = get, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Any:
        sample = self._get(int(self._rows[index]))
        if isinstance(sample, dict):
            return {key: torch.as_tensor(np.asarray(x)) for key, x in sample.items()}
        parts = sample if isinstance(sample, (list, tuple)) else (sample,)
        return tuple(torch.as_tensor(np.asarray(x)) for x in parts)


def seed_framework(seed: int) -> None:
    """Seed torch's own generators, also those that shuffle its data sets."""
    torch.manual_seed(seed)


def from_samples(get: Callable[[int], Any], rows: np.ndarray) -> Any:
    return torch.utils.data.Subset(_Samples(get, rows), range(len(rows)))


def subset(dataset: Any, rows: np.ndarray) -> Any:
    return torch.utils.data.Subset(dataset, rows.tolist())
