"""Windows of a time series, each with the step after it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from keras_core.core.errors import array_of, message
from keras_core.training.data.py_dataset import PyDataset

_OWNER = "TimeseriesGenerator"


class TimeseriesGenerator(PyDataset):
    """Batches of windows of a time series, each with the target at the step after it.

    A window that ends before step `i` holds the steps `i - length`, `i - length +
    sampling_rate`, ... and has `targets[i]`.
    `keras_core.utils.timeseries_dataset_from_array` is the successor.

    Args:
        data: shape `(steps, ...)`.
        targets: as many as there are steps.
        length: steps that a window spans.
        sampling_rate: steps between those in a window.
        stride: steps between the ends of windows.
        start_index: the first step that is used.
        end_index: the last step that is used; None for all.
        shuffle: whether windows are drawn by chance.
        reverse: whether a window's steps come in reverse.
        batch_size: windows in a batch.
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size`, for `PyDataset`.

    Raises:
        ValueError: for wrong arguments, or if no window fits.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> series = np.arange(10)
    >>> windows = keras.preprocessing.sequence.TimeseriesGenerator(series, series, length=3)
    >>> x, y = windows[0]
    >>> x[0].tolist(), int(y[0])
    ([0, 1, 2], 3)
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.data = array_of(data, _OWNER, "data", "be an array of shape (steps, ...)")
        self.targets = array_of(targets, _OWNER, "targets", "be an array of shape (steps, ...)")
        if len(self.data) != len(self.targets):
            raise ValueError(
                message(
                    _OWNER,
                    "targets",
                    f"be as many as the data's {len(self.data)} steps",
                    self.targets,
                )
            )
        for name, value in (
            ("length", length),
            ("sampling_rate", sampling_rate),
            ("stride", stride),
            ("batch_size", batch_size),
        ):
            if not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(message(_OWNER, name, "be a positive int", value))
        self.length = length
        self.sampling_rate = sampling_rate
        self.stride = stride
        self.start_index = start_index + length
        self.end_index = len(self.data) - 1 if end_index is None else end_index
        self.shuffle = shuffle
        self.reverse = reverse
        self.batch_size = batch_size
        if self.end_index >= len(self.data) or start_index < 0:
            name = "start_index" if start_index < 0 else "end_index"
            raise ValueError(
                message(
                    _OWNER,
                    name,
                    f"be from 0 to {len(self.data) - 1}",
                    start_index if start_index < 0 else end_index,
                )
            )
        if self.start_index > self.end_index:
            raise ValueError(
                f"{_OWNER}: a window of length={length} after start_index={start_index} leaves no "
                f"step up to {self.end_index} for a target. Give a shorter length."
            )

    def __len__(self) -> int:
        windows = (self.end_index - self.start_index) // self.stride + 1
        return -(-windows // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        index = index + len(self) if index < 0 else index
        if not 0 <= index < len(self):
            raise IndexError(message(_OWNER, "index", f"be below {len(self)}", index))
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            last = min(first + self.batch_size * self.stride, self.end_index + 1)
            rows = np.arange(first, last, self.stride)
        steps = np.arange(-self.length, 0, self.sampling_rate)
        windows = self.data[rows[:, None] + (steps[::-1] if self.reverse else steps)]
        return windows, self.targets[rows]

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the arrays as JSON.

        Returns:
            A dict.
        """
        return {
            "data": json.dumps(self.data.tolist()),
            "targets": json.dumps(self.targets.tolist()),
            "length": self.length,
            "sampling_rate": self.sampling_rate,
            "stride": self.stride,
            "start_index": self.start_index - self.length,
            "end_index": self.end_index,
            "shuffle": self.shuffle,
            "reverse": self.reverse,
            "batch_size": self.batch_size,
        }

    def to_json(self, **kwargs: Any) -> str:
        """The arguments and the data as JSON.

        Args:
            **kwargs: for `json.dumps`.

        Returns:
            JSON.
        """
        return json.dumps({"class_name": _OWNER, "config": self.get_config()}, **kwargs)
