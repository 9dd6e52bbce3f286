"""Hashes of byte strings, bit for bit those that TensorFlow's string ops compute.

`fingerprint64` is FarmHash's Fingerprint64 (Pike & Jyrki Alakuijala, Google, 2014);
`siphash` is SipHash-2-4 (Aumasson & Bernstein, 2012, "SipHash: a fast short-input PRF").
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def _word(data: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _rotate(value: int, by: int) -> int:
    """To the right."""
    return ((value >> by) | (value << (64 - by))) & _MASK


def _mix(value: int) -> int:
    return value ^ (value >> 47)


def _pair(u: int, v: int, multiplier: int) -> int:
    """Two words into one."""
    a = _mix(((u ^ v) * multiplier) & _MASK)
    b = _mix(((v ^ a) * multiplier) & _MASK)
    return (b * multiplier) & _MASK


def _short(data: bytes) -> int:
    """Up to 16 bytes."""
    n = len(data)
    multiplier = (_K2 + 2 * n) & _MASK
    if n >= 8:
        a = (_word(data, 0) + _K2) & _MASK
        b = _word(data, n - 8)
        c = (_rotate(b, 37) * multiplier + a) & _MASK
        d = ((_rotate(a, 25) + b) * multiplier) & _MASK
        return _pair(c, d, multiplier)
    if n >= 4:
        return _pair((n + (_word(data, 0, 4) << 3)) & _MASK, _word(data, n - 4, 4), multiplier)
    if n:
        y = data[0] + (data[n >> 1] << 8)
        z = n + (data[n - 1] << 2)
        return (_mix(((y * _K2) ^ (z * _K0)) & _MASK) * _K2) & _MASK
    return _K2


def _medium(data: bytes) -> int:
    """17 to 32 bytes."""
    n = len(data)
    multiplier = (_K2 + 2 * n) & _MASK
    a = (_word(data, 0) * _K1) & _MASK
    b = _word(data, 8)
    c = (_word(data, n - 8) * multiplier) & _MASK
    d = (_word(data, n - 16) * _K2) & _MASK
    return _pair(
        (_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK,
        (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK,
        multiplier,
    )


def _long(data: bytes) -> int:
    """33 to 64 bytes."""
    n = len(data)
    multiplier = (_K2 + 2 * n) & _MASK
    a = (_word(data, 0) * _K2) & _MASK
    b = _word(data, 8)
    c = (_word(data, n - 8) * multiplier) & _MASK
    d = (_word(data, n - 16) * _K2) & _MASK
    y = (_rotate((a + b) & _MASK, 43) + _rotate(c, 30) + d) & _MASK
    z = _pair(y, (a + _rotate((b + _K2) & _MASK, 18) + c) & _MASK, multiplier)
    e = (_word(data, 16) * multiplier) & _MASK
    f = _word(data, 24)
    g = ((y + _word(data, n - 32)) * multiplier) & _MASK
    h = ((z + _word(data, n - 24)) * multiplier) & _MASK
    return _pair(
        (_rotate((e + f) & _MASK, 43) + _rotate(g, 30) + h) & _MASK,
        (e + _rotate((f + a) & _MASK, 18) + g) & _MASK,
        multiplier,
    )


def _weak(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """32 bytes into two words."""
    w, x, y, z = (_word(data, at + 8 * i) for i in range(4))
    a = (a + w) & _MASK
    b = _rotate((b + a + z) & _MASK, 21)
    c = a
    a = (a + x + y) & _MASK
    b = (b + _rotate(a, 44)) & _MASK
    return (a + z) & _MASK, (b + c) & _MASK


@functools.lru_cache(maxsize=65536)
def fingerprint64(data: bytes) -> int:
    """FarmHash's 64-bit fingerprint of a byte string."""
    n = len(data)
    if n <= 16:
        return _short(data)
    if n <= 32:
        return _medium(data)
    if n <= 64:
        return _long(data)
    seed = 81
    x = (seed * _K2 + _word(data, 0)) & _MASK
    y = (seed * _K1 + 113) & _MASK
    z = (_mix((y * _K2 + 113) & _MASK) * _K2) & _MASK
    v, w = (0, 0), (0, 0)
    end = ((n - 1) // 64) * 64
    for at in range(0, end, 64):
        x = (_rotate((x + y + v[0] + _word(data, at + 8)) & _MASK, 37) * _K1) & _MASK
        y = (_rotate((y + v[1] + _word(data, at + 48)) & _MASK, 42) * _K1) & _MASK
        x ^= w[1]
        y = (y + v[0] + _word(data, at + 40)) & _MASK
        z = (_rotate((z + w[0]) & _MASK, 33) * _K1) & _MASK
        v = _weak(data, at, (v[1] * _K1) & _MASK, (x + w[0]) & _MASK)
        w = _weak(data, at + 32, (z + w[1]) & _MASK, (y + _word(data, at + 16)) & _MASK)
        z, x = x, z
    multiplier = (_K1 + ((z & 0xFF) << 1)) & _MASK
    at = n - 64
    w = ((w[0] + ((n - 1) & 63)) & _MASK, w[1])
    v = ((v[0] + w[0]) & _MASK, v[1])
    w = ((w[0] + v[0]) & _MASK, w[1])
    x = (_rotate((x + y + v[0] + _word(data, at + 8)) & _MASK, 37) * multiplier) & _MASK
    y = (_rotate((y + v[1] + _word(data, at + 48)) & _MASK, 42) * multiplier) & _MASK
    x ^= (w[1] * 9) & _MASK
    y = (y + v[0] * 9 + _word(data, at + 40)) & _MASK
    z = (_rotate((z + w[0]) & _MASK, 33) * multiplier) & _MASK
    v = _weak(data, at, (v[1] * multiplier) & _MASK, (x + w[0]) & _MASK)
    w = _weak(data, at + 32, (z + w[1]) & _MASK, (y + _word(data, at + 16)) & _MASK)
    z, x = x, z
    return _pair(
        (_pair(v[0], w[0], multiplier) + _mix(y) * _K0 + z) & _MASK,
        (_pair(v[1], w[1], multiplier) + x) & _MASK,
        multiplier,
    )


def fingerprint_cat(a: int, b: int) -> int:
    """Two fingerprints into one; the order counts."""
    multiplier = 0xC6A4A7935BD1E995
    result = a ^ multiplier
    result ^= (_mix((b * multiplier) & _MASK) * multiplier) & _MASK
    result = (result * multiplier) & _MASK
    result = (_mix(result) * multiplier) & _MASK
    return _mix(result)


def siphash(data: bytes, key: Sequence[int]) -> int:
    """SipHash-2-4 of a byte string under a key of two 64-bit words."""
    k0, k1 = (int(k) & _MASK for k in key)
    v0, v1 = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D
    v2, v3 = k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573

    def rounds(count: int) -> None:
        nonlocal v0, v1, v2, v3
        for _ in range(count):
            v0 = (v0 + v1) & _MASK
            v1 = _rotate(v1, 51) ^ v0
            v0 = _rotate(v0, 32)
            v2 = (v2 + v3) & _MASK
            v3 = _rotate(v3, 48) ^ v2
            v0 = (v0 + v3) & _MASK
            v3 = _rotate(v3, 43) ^ v0
            v2 = (v2 + v1) & _MASK
            v1 = _rotate(v1, 47) ^ v2
            v2 = _rotate(v2, 32)

    whole = len(data) // 8 * 8
    words = [_word(data, at) for at in range(0, whole, 8)]
    words.append(_word(data, whole, 7) | ((len(data) & 0xFF) << 56))
    for word in words:
        v3 ^= word
        rounds(2)
        v0 ^= word
    v2 ^= 0xFF
    rounds(4)
    return v0 ^ v1 ^ v2 ^ v3


def as_bytes(values: np.ndarray) -> list[bytes]:
    """Flat byte strings of an array: strings in UTF-8, numbers written out."""
    flat = values.ravel().tolist()
    return [
        v if isinstance(v, bytes) else (v if isinstance(v, str) else str(v)).encode() for v in flat
    ]


def buckets(values: np.ndarray, count: int, key: Sequence[int] | None = None) -> np.ndarray:
    """The bucket below `count` of each value: by FarmHash, or by SipHash under a key."""
    seen: dict[bytes, int] = {}
    out = np.empty(values.size, np.int64)
    for i, data in enumerate(as_bytes(values)):
        found = seen.get(data)
        if found is None:
            hashed = fingerprint64(data) if key is None else siphash(data, key)
            found = seen[data] = hashed % count
        out[i] = found
    return out.reshape(values.shape)
