"""PyDataset: batches by index, fetched by threads or processes."""

from __future__ import annotations

import warnings
from collections.abc import Sized
from typing import Any


class PyDataset:
    """A data set that gives its batches by index. Subclass it.

    Define `__getitem__(index)`, which returns one batch `(x, y)` or `(x, y, sample_weight)`,
    and `__len__` or `num_batches`. The batches of an epoch are asked for in a shuffled order
    if `fit(shuffle=True)`, and by `workers` at the same time.

    Args:
        workers: how many threads or processes fetch batches.
        use_multiprocessing: processes instead of threads; then the object must pickle.
        max_queue_size: how many batches are kept ready.

    Raises:
        ValueError: if `workers` is negative or `max_queue_size` is not positive.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> class Squares(keras.utils.PyDataset):
    ...     def __len__(self):
    ...         return 4
    ...
    ...     def __getitem__(self, index):
    ...         x = np.random.default_rng(index).normal(size=(8, 1))
    ...         return x, x**2
    >>> len(Squares(workers=2))
    4
    """

    def __init__(
        self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10
    ) -> None:
        if not isinstance(workers, int) or workers < 0:
            raise ValueError(f"PyDataset: workers must be an int, 0 or more. Received: {workers!r}")
        if not isinstance(max_queue_size, int) or max_queue_size < 1:
            raise ValueError(
                f"PyDataset: max_queue_size must be a positive int. Received: {max_queue_size!r}"
            )
        self._workers = workers
        self._use_multiprocessing = bool(use_multiprocessing)
        self._max_queue_size = max_queue_size

    def _setting(self, name: str) -> Any:
        if name not in self.__dict__:
            warnings.warn(
                f"{type(self).__name__}.__init__ should call super().__init__(**kwargs), which "
                "takes workers, use_multiprocessing and max_queue_size. Their defaults are used.",
                stacklevel=3,
            )
            defaults = {"_workers": 1, "_use_multiprocessing": False, "_max_queue_size": 10}
            for key, value in defaults.items():
                self.__dict__.setdefault(key, value)
        return self.__dict__[name]

    @property
    def workers(self) -> int:
        """How many threads or processes fetch batches."""
        return self._setting("_workers")

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        """Whether the workers are processes."""
        return self._setting("_use_multiprocessing")

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        """How many batches are kept ready."""
        return self._setting("_max_queue_size")

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = value

    def __getitem__(self, index: int) -> Any:
        """The batch of this index."""
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(index).")

    @property
    def num_batches(self) -> int | None:
        """The number of batches in an epoch; None if there is no end."""
        if isinstance(self, Sized):
            return len(self)
        raise NotImplementedError(
            f"{type(self).__name__} must define __len__ or the property num_batches."
        )

    def on_epoch_begin(self) -> None:
        """Called before every epoch."""

    def on_epoch_end(self) -> None:
        """Called after every epoch."""
