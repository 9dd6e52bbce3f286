"""California housing: 20,640 districts of 1990."""

from __future__ import annotations

from typing import Any

from keras_core.core.errors import message
from keras_core.datasets.source import check_split, fetch, shuffled, split
from keras_core.datasets.unpickling import load_npz

_SMALL = 600


def load_data(
    version: str = "large",
    path: str = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> tuple[Any, Any]:
    """Eight figures and the median house value of districts (Pace and Barry, 1997).

    Args:
        version: "large" for all districts, "small" for the first 600.
        path: the file's name in the cache.
        test_split: the fraction to hold out.
        seed: of the shuffling before the split.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: float arrays of shapes `(n, 8)` and `(n,)`;
        values are in dollars.

    Raises:
        ValueError: for another version, or a fraction that is none.

    Example:

    >>> import keras_core as keras
    >>> (x, y), test = keras.datasets.california_housing.load_data("small")  # doctest: +SKIP
    """
    owner = "california_housing.load_data"
    if version not in ("small", "large"):
        raise ValueError(message(owner, "version", "be 'small' or 'large'", version))
    test_split = check_split(owner, test_split)
    x, y = load_npz(fetch("california_housing.npz", path), "x", "y")
    if version == "small":
        x, y = x[:_SMALL], y[:_SMALL]
    x, y = shuffled(seed, x, y)
    return split(x, y, test_split)
