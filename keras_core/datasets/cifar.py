"""The files of CIFAR-10 and CIFAR-100: pickled batches in a tar file."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from keras_core.core import settings
from keras_core.core.errors import InvalidFileError
from keras_core.datasets import source, unpickling
from keras_core.utils.files import get_file


def folder(name: str, md5: str, inner: str) -> str:
    """The folder of the batches; MD5 sums are those on the data's own page."""
    found = get_file(name, source.CIFAR_HOST + name, md5_hash=md5 or None, extract=True)
    return os.path.join(found, inner)


def batch(path: str, key: str) -> tuple[np.ndarray, np.ndarray]:
    """A batch's images `(n, 3, 32, 32)` and labels `(n, 1)`, uint8.

    Raises:
        InvalidFileError: if the file is something else.
    """
    if not os.path.isfile(path):
        raise InvalidFileError(f"{path!r} must be among the files that were unpacked.")
    with open(path, "rb") as file:
        held = unpickling.load(file.read())
    data, labels = (
        (held.get(name) for name in (b"data", key.encode()))
        if isinstance(held, dict)
        else (None, None)
    )
    good = isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.ndim == 2
    if not good or not isinstance(labels, list) or data.shape != (len(labels), 3072):  # type: ignore[union-attr]
        raise InvalidFileError(f"{path!r} must hold images and {key!r}.")
    if any(type(label) is not int or not 0 <= label < 256 for label in labels):
        raise InvalidFileError(f"{path!r} must hold labels from 0 to 255.")
    return data.reshape(-1, 3, 32, 32), np.array(labels, np.uint8)[:, None]  # type: ignore[union-attr]


def joined(batches: list[tuple[np.ndarray, np.ndarray]]) -> tuple[Any, Any]:
    """Batches as one, with the channels where they are configured to be."""
    images = np.concatenate([x for x, _ in batches])
    labels = np.concatenate([y for _, y in batches])
    if settings.image_data_format() == "channels_last":
        images = images.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels
