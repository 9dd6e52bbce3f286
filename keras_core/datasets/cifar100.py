"""CIFAR-100: 60,000 small colour images of a hundred classes."""

from __future__ import annotations

import os
from typing import Any

from keras_core.core.errors import message
from keras_core.datasets import cifar

MD5 = "eb9058c3a382ffc7106e4002c42a8d85"


def load_data(label_mode: str = "fine") -> tuple[Any, Any]:
    """Colour images of a hundred classes in twenty groups, 32 x 32 pixels (Krizhevsky, 2009).

    Args:
        label_mode: "fine" for the class, "coarse" for the group.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 arrays of shapes `(50000, 32, 32, 3)`,
        `(50000, 1)`, `(10000, 32, 32, 3)` and `(10000, 1)`; channels first if so configured.

    Raises:
        ValueError: for another `label_mode`.

    Example:

    >>> import keras_core as keras
    >>> (x, y), test = keras.datasets.cifar100.load_data("coarse")  # doctest: +SKIP
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(
            message("cifar100.load_data", "label_mode", "be 'fine' or 'coarse'", label_mode)
        )
    folder = cifar.folder("cifar-100-python.tar.gz", MD5, "cifar-100-python")
    key = f"{label_mode}_labels"
    train, test = (cifar.batch(os.path.join(folder, name), key) for name in ("train", "test"))
    return cifar.joined([train]), cifar.joined([test])
