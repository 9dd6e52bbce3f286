"""MNIST: 70,000 handwritten digits."""

from __future__ import annotations

from typing import Any

from keras_core.datasets.source import fetch
from keras_core.datasets.unpickling import load_npz


def load_data(path: str = "mnist.npz") -> tuple[Any, Any]:
    """Handwritten digits, 28 x 28 grey pixels each (LeCun, Cortes and Burges).

    Args:
        path: the file's name in the cache.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 arrays of shapes `(60000, 28, 28)`,
        `(60000,)`, `(10000, 28, 28)` and `(10000,)`; labels are the digits.

    Example:

    >>> import keras_core as keras
    >>> (x, y), test = keras.datasets.mnist.load_data()  # doctest: +SKIP
    """
    names = ("x_train", "y_train", "x_test", "y_test")
    x_train, y_train, x_test, y_test = load_npz(fetch("mnist.npz", path), *names)
    return (x_train, y_train), (x_test, y_test)
