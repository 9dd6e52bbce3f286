"""CIFAR-10: 60,000 small colour images of ten classes."""

from __future__ import annotations

import os
from typing import Any

from keras_core.datasets import cifar

MD5 = "c58f30108f718f92721af3b95e74349a"


def load_data() -> tuple[Any, Any]:
    """Colour images of ten classes, 32 x 32 pixels (Krizhevsky, 2009).

    An airplane has the label 0, an automobile 1, a bird 2, a cat 3, a deer 4, a dog 5, a frog 6,
    a horse 7, a ship 8 and a truck 9.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 arrays of shapes `(50000, 32, 32, 3)`,
        `(50000, 1)`, `(10000, 32, 32, 3)` and `(10000, 1)`; channels first if so configured.

    Example:

    >>> import keras_core as keras
    >>> (x, y), test = keras.datasets.cifar10.load_data()  # doctest: +SKIP
    """
    folder = cifar.folder("cifar-10-python.tar.gz", MD5, "cifar-10-batches-py")
    train = [cifar.batch(os.path.join(folder, f"data_batch_{i}"), "labels") for i in range(1, 6)]
    test = [cifar.batch(os.path.join(folder, "test_batch"), "labels")]
    return cifar.joined(train), cifar.joined(test)
