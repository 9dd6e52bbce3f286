"""Fashion-MNIST: 70,000 articles of clothing."""

from __future__ import annotations

import gzip
import math
import zlib
from typing import Any

import numpy as np

from keras_core.core.errors import InvalidFileError
from keras_core.datasets.source import fetch

_MAX_BYTES = 1 << 28


def load_data() -> tuple[Any, Any]:
    """Articles of clothing of ten kinds, 28 x 28 grey pixels each.

    Xiao, Rasul and Vollgraf, 2017, https://arxiv.org/abs/1708.07747. T-shirts and tops have the
    label 0, trousers 1, pullovers 2, dresses 3, coats 4, sandals 5, shirts 6, sneakers 7, bags 8
    and ankle boots 9.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 arrays of shapes `(60000, 28, 28)`,
        `(60000,)`, `(10000, 28, 28)` and `(10000,)`.

    Example:

    >>> import keras_core as keras
    >>> (x, y), test = keras.datasets.fashion_mnist.load_data()  # doctest: +SKIP
    """
    parts = []
    for part in ("train", "t10k"):
        images = read_idx(_fetch(f"{part}-images-idx3-ubyte.gz"), rank=3)
        labels = read_idx(_fetch(f"{part}-labels-idx1-ubyte.gz"), rank=1)
        if len(images) != len(labels):
            raise InvalidFileError(f"{part}: {len(images)} images have {len(labels)} labels.")
        parts.append((images, labels))
    return parts[0], parts[1]


def _fetch(name: str) -> str:
    return fetch(name, subdir="datasets/fashion-mnist")


def read_idx(path: str, rank: int) -> np.ndarray:
    """A compressed file of bytes in the IDX format: magic number, sizes, content.

    Raises:
        InvalidFileError: if it is something else, or cut.
    """
    try:
        with gzip.open(path) as file:
            content = file.read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidFileError(f"{path!r} must be a gzip file: {error}") from error
    start = 4 + 4 * rank
    if content[:4] != bytes([0, 0, 8, rank]) or len(content) < start:
        raise InvalidFileError(f"{path!r} must be an IDX file of bytes of rank {rank}.")
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist())
    if math.prod(shape) != len(content) - start:
        raise InvalidFileError(
            f"{path!r} must hold {shape} bytes. Received: {len(content) - start}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
