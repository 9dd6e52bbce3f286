"""Boston housing: 506 districts of the 1970s."""

from __future__ import annotations

from typing import Any

from keras_core.datasets.source import check_split, fetch, shuffled, split
from keras_core.datasets.unpickling import load_npz


def load_data(
    path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Any, Any]:
    """Thirteen figures and the median house price of districts (Harrison and Rubinfeld, 1978).

    One of the figures was made from the share of black residents, on the assumption that
    segregation raises prices: a reason to teach with other data, such as `california_housing`.

    Args:
        path: the file's name in the cache.
        test_split: the fraction to hold out.
        seed: of the shuffling before the split.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: float64 arrays of shapes `(n, 13)` and `(n,)`;
        prices are in thousands of dollars.

    Example:

    >>> import keras_core as keras
    >>> (x, y), test = keras.datasets.boston_housing.load_data()  # doctest: +SKIP
    """
    test_split = check_split("boston_housing.load_data", test_split)
    x, y = load_npz(fetch("boston_housing.npz", path), "x", "y")
    x, y = shuffled(seed, x, y)
    return split(x, y, test_split)
