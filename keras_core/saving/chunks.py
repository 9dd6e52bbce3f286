"""Compressed chunks of an HDF5 dataset, each unpacked to its own size and no further.

The library's own filter for deflated data makes room for whatever comes out, which for a
crafted chunk is a thousand times its size, and again that for each further filter.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np

from keras_core.core.errors import InvalidFileError, UnsafeFileError


def check_filters(library: Any, plist: Any, what: str) -> list[int]:
    """The numbers of a dataset's filters, in the order in which they were applied.

    Args:
        library: the module h5py.
        plist: the dataset's creation properties.
        what: how to call the dataset in errors.

    Raises:
        UnsafeFileError: if one is not known to be harmless, or data is compressed twice.
    """
    h5z = library.h5z
    filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    compressing = (h5z.FILTER_DEFLATE, h5z.FILTER_LZF)
    if not {*filters} <= {*compressing, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}:
        raise UnsafeFileError(f"{what} needs a filter that is not allowed.")
    if len(filters) != len({*filters}) or len({*filters} & {*compressing}) > 1:
        raise UnsafeFileError(f"{what} is compressed several times over.")
    return filters


def read_deflated(library: Any, dataset: Any, filters: list[int], what: str) -> np.ndarray:
    """The values of a dataset whose chunks are deflated.

    Args:
        library: the module h5py.
        dataset: the dataset, whose sizes have been checked.
        filters: as `check_filters` gave them.
        what: how to call the dataset in errors.

    Raises:
        InvalidFileError: if a chunk is not what it must be.
    """
    out = np.full(dataset.shape, dataset.fillvalue, dataset.dtype)
    for i in range(dataset.id.get_num_chunks()):
        stored = dataset.id.get_chunk_info(i)
        start = stored.chunk_offset
        inside = tuple(
            slice(a, min(a + n, size))
            for a, n, size in zip(start, dataset.chunks, dataset.shape, strict=True)
        )
        if any(part.start >= part.stop for part in inside):
            continue  # left from when the dataset was larger
        mask, data = dataset.id.read_direct_chunk(start)
        used = [number for j, number in enumerate(filters) if not mask >> j & 1]
        chunk = _unpacked(library.h5z, data, used, dataset.chunks, dataset.dtype, what)
        out[inside] = chunk[tuple(slice(0, part.stop - part.start) for part in inside)]
    return out


def _unpacked(
    h5z: Any, data: bytes, filters: list[int], shape: tuple[int, ...], dtype: np.dtype, what: str
) -> np.ndarray:
    size = math.prod(shape) * dtype.itemsize
    most = size + 4 * (h5z.FILTER_FLETCHER32 in filters)  # the checksum's bytes
    for number in reversed(filters):
        if number == h5z.FILTER_DEFLATE:
            unpacker = zlib.decompressobj()
            try:
                data = unpacker.decompress(data, most + 1)
            except zlib.error as error:
                raise InvalidFileError(f"{what} cannot be unpacked: {error}") from error
            if not unpacker.eof:
                raise InvalidFileError(f"{what}: a chunk is not of the size of its shape.")
        elif number == h5z.FILTER_FLETCHER32:
            _check_sum(data, what)
            data = data[:-4]
        else:  # bytes by their place in the value; what is left over of whole values, at the end
            whole = len(data) // dtype.itemsize * dtype.itemsize
            mixed = np.frombuffer(data[:whole], np.uint8).reshape(dtype.itemsize, -1)
            data = mixed.T.tobytes() + data[whole:]
    if len(data) != size:
        raise InvalidFileError(f"{what}: a chunk is not of the size of its shape.")
    return np.frombuffer(data, np.uint8).view(dtype).reshape(shape)


def _check_sum(data: bytes, what: str) -> None:
    """Fletcher's checksum of sixteen-bit words, in the last four bytes."""
    words = np.frombuffer(data[:-4] + b"\0" * (len(data) % 2), ">u2").astype(np.uint64)
    after = np.arange(len(words), 0, -1, dtype=np.uint64) % 65535
    sums = int(words.sum()) % 65535, int((after * words % 65535).sum()) % 65535
    stored = int.from_bytes(data[-4:], "little")
    if len(data) < 4 or (stored % 65536 % 65535, (stored >> 16) % 65535) != sums:
        raise InvalidFileError(f"{what}: a chunk does not match its checksum.")
