"""TensorBoard's event files, written without TensorFlow.

A file is a sequence of records (length, checksum, data, checksum); the data are protocol
buffers, of which the few that are needed are encoded by hand. Formats:
https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto
"""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import struct
import time
import zlib
from typing import Any

import numpy as np

from keras_core.core import errors

_count = itertools.count()


# Checksums -----------------------------------------------------------------------------------


def _crc_table() -> list[int]:
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ (0x82F63B78 if n & 1 else 0)  # CRC-32C (Castagnoli), reflected
        table.append(n)
    return table


_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    """The CRC-32C of some bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    """Data as a record of the file."""
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


# Protocol buffers ----------------------------------------------------------------------------


def _varint(n: int) -> bytes:
    out = bytearray()
    n &= (1 << 64) - 1
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def _number(field: int, n: int) -> bytes:
    return _varint(field << 3) + _varint(n)


def _bytes(field: int, data: bytes | str) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _double(field: int, x: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", x)


_DTYPES = {"float32": 1, "float64": 2, "int32": 3, "int64": 9}


def _tensor(value: Any) -> bytes:
    """A TensorProto of an array, or of a list of byte strings."""
    if isinstance(value, list):
        shape = _bytes(2, _bytes(2, _number(1, len(value))))
        return _number(1, 7) + shape + b"".join(_bytes(8, item) for item in value)
    value = np.asarray(value)
    shape = b"".join(_bytes(2, _number(1, size)) for size in value.shape)
    return _number(1, _DTYPES[value.dtype.name]) + _bytes(2, shape) + _bytes(4, value.tobytes())


# The writer ----------------------------------------------------------------------------------


class EventFile:
    """Writes one event file.

    Args:
        folder: where the file is put; made if it does not exist.
    """

    _SCALARS, _TENSORS, _BLOBS = 1, 2, 3

    def __init__(self, folder: str) -> None:
        os.makedirs(folder, exist_ok=True)
        name = (
            f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}."
            f"{os.getpid()}.{next(_count)}.v2"
        )
        self.path = os.path.join(folder, name)
        self._file = open(self.path, "wb")  # noqa: SIM115 - closed by `close`
        try:
            self._event(_bytes(3, "brain.Event:2"))
            self.flush()
        except BaseException:
            with contextlib.suppress(OSError):  # what a full disk refused is still kept back
                self._file.close()
            raise

    def _event(self, content: bytes, step: int = 0) -> None:
        event = _double(1, time.time()) + (_number(2, step) if step else b"") + content
        with errors.writing(self.path):
            self._file.write(record(event))

    def _summary(
        self, tag: str, value: Any, step: int, plugin: str, kind: int, content: bytes = b""
    ) -> None:
        data = _bytes(1, plugin) + (_bytes(2, content) if content else b"")
        metadata = _bytes(1, data) + _number(4, kind)
        summary = _bytes(1, tag) + _bytes(8, _tensor(value)) + _bytes(9, metadata)
        self._event(_bytes(5, _bytes(1, summary)), step)

    def scalar(self, tag: str, value: float, step: int) -> None:
        """Write a number."""
        self._summary(tag, np.float32(value), step, "scalars", self._SCALARS)

    def histogram(self, tag: str, values: Any, step: int, buckets: int = 30) -> None:
        """Write how values are distributed."""
        values = np.asarray(values, np.float64).ravel()
        values = values[np.isfinite(values)]
        if values.size:
            counts, edges = np.histogram(values, buckets)
            rows = np.stack([edges[:-1], edges[1:], counts.astype(np.float64)], axis=1)
        else:
            rows = np.zeros((0, 3))
        self._summary(tag, rows, step, "histograms", self._TENSORS)

    def images(self, tag: str, images: Any, step: int) -> None:
        """Write pictures: `(n, height, width, channels)` with values from 0 to 1."""
        images = np.asarray(images)
        pixels = (np.clip(images, 0, 1) * 255 + 0.5).astype(np.uint8)
        size = [str(images.shape[2]).encode(), str(images.shape[1]).encode()]
        value = size + [png(image) for image in pixels]
        self._summary(tag, value, step, "images", self._BLOBS)

    def keras_model(self, tag: str, config: str, step: int = 0) -> None:
        """Write a model's configuration (JSON), shown as a conceptual graph."""
        self._summary(tag, _Text(config), step, "graph_keras_model", self._BLOBS, b"1")

    def flush(self) -> None:
        """Hand everything to the file system."""
        with errors.writing(self.path):
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with errors.writing(self.path):
            self._file.close()


class _Text(list):
    """One string as a list of bytes."""

    def __init__(self, text: str) -> None:
        super().__init__([text.encode()])


def png(pixels: np.ndarray) -> bytes:
    """A picture `(height, width, 1, 3 or 4 channels)` of bytes as a PNG file."""
    height, width, channels = pixels.shape
    color = {1: 0, 3: 2, 4: 6}[channels]

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows.tobytes()))
        + chunk(b"IEND", b"")
    )
