"""Windows of a time series as a data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.backends.select import backend
from keras_core.core import seeds
from keras_core.core.errors import message
from keras_core.utils import directories

_OWNER = "timeseries_dataset_from_array"


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Any:
    """Windows that slide over an array, each with the target at its beginning.

    A window holds the steps `i, i + sampling_rate, i + 2 * sampling_rate, ...` and has
    `targets[i]`; the next one begins `sequence_stride` steps later.

    Args:
        data: shape `(steps, ...)`.
        targets: shape `(steps or fewer, ...)`, or None.
        sequence_length: steps in a window.
        sequence_stride: steps between the beginnings of windows.
        sampling_rate: steps between those in a window.
        batch_size: windows in a batch; None for single ones.
        shuffle: whether every epoch has an order of its own.
        seed: of the shuffling.
        start_index: the first step that is used.
        end_index: the step before which to stop.
        format: "tf", or "grain" for a `grain.MapDataset`.

    Returns:
        A `tf.data.Dataset` where TensorFlow is installed, else a `PyDataset`: of windows of
        shape `(batch, sequence_length, ...)`, or of pairs of windows and targets.

    Raises:
        ValueError: for wrong arguments.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> series = np.arange(10)
    >>> data = keras.utils.timeseries_dataset_from_array(series[:-3], series[3:], 3)
    """
    data = _array(data)
    wanted = None if targets is None else _array(targets)
    steps = len(data)
    for name, value in (
        ("sequence_length", sequence_length),
        ("sequence_stride", sequence_stride),
        ("sampling_rate", sampling_rate),
    ):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(message(_OWNER, name, "be a positive int", value))
        if name != "sequence_length" and value >= steps:
            raise ValueError(message(_OWNER, name, f"be below the data's {steps} steps", value))
    if start_index is not None and not 0 <= start_index < steps:
        raise ValueError(message(_OWNER, "start_index", f"be from 0 to {steps - 1}", start_index))
    if end_index is not None and not (start_index or 0) < end_index <= steps:
        raise ValueError(
            message(_OWNER, "end_index", f"be from {(start_index or 0) + 1} to {steps}", end_index)
        )
    directories.check_batch(_OWNER, batch_size)
    directories.check_format(_OWNER, format)

    first, end = start_index or 0, steps if end_index is None else end_index
    stop = end - (sequence_length - 1) * sampling_rate
    if wanted is not None:
        stop = min(stop, len(wanted))
    starts = np.arange(first, max(first, stop), sequence_stride)
    offsets = np.arange(sequence_length) * sampling_rate
    seed = seeds.make_seed() if seed is None else seed

    tensorflow = directories.tensorflow_data() if format == "tf" else None
    if tensorflow is not None:
        return tensorflow.windows(data, wanted, starts, offsets, batch_size, bool(shuffle), seed)

    def load(index: int) -> Any:
        window = data[starts[index] + offsets]
        return window if wanted is None else (window, wanted[starts[index]])

    make = directories.grain_dataset if format == "grain" else directories.LoadedDataset
    return make(load, len(starts), batch_size, bool(shuffle), seed)


def _array(x: Any) -> np.ndarray:
    return np.asarray(backend.arrays.convert_to_numpy(x) if backend.arrays.is_tensor(x) else x)
