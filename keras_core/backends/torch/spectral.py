"""Native bindings of the Fourier transforms and sliding windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def _transform(function: Callable, z: Any, axes: int, *args: Any) -> torch.Tensor:
    lead = z.shape[: z.ndim - axes]
    if 0 not in lead:
        return function(z, *args)
    # MKL fails at no signals: transform one of zeros and take none of it.
    one = z.new_zeros((*(n or 1 for n in lead), *z.shape[len(lead) :]))
    return function(one, *args)[tuple(slice(n) for n in lead)]


def _pair(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return z.real, z.imag


def fft(x: Any) -> Any:
    return _pair(_transform(torch.fft.fft, torch.complex(*x), 1))


def fft2(x: Any) -> Any:
    return _pair(_transform(torch.fft.fft2, torch.complex(*x), 2))


def ifft2(x: Any) -> Any:
    return _pair(_transform(torch.fft.ifft2, torch.complex(*x), 2))


def rfft(x: Any, fft_length: int | None = None) -> Any:
    return _pair(_transform(torch.fft.rfft, x, 1, fft_length))


def irfft(x: Any, fft_length: int | None = None) -> torch.Tensor:
    return _transform(torch.fft.irfft, torch.complex(*x), 1, fft_length)


def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> torch.Tensor:
    if x.shape[-1] < sequence_length:
        return x.new_zeros((*x.shape[:-1], 0, sequence_length))
    return x.unfold(-1, sequence_length, sequence_stride)
