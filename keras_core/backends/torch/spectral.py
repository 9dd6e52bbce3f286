"""Native bindings of the Fourier transforms and sliding windows."""

from __future__ import annotations

from typing import Any

import torch


def fft(x: Any) -> Any:
    z = torch.fft.fft(torch.complex(*x))
    return z.real, z.imag


def fft2(x: Any) -> Any:
    z = torch.fft.fft2(torch.complex(*x))
    return z.real, z.imag


def ifft2(x: Any) -> Any:
    z = torch.fft.ifft2(torch.complex(*x))
    return z.real, z.imag


def rfft(x: Any, fft_length: int | None = None) -> Any:
    z = torch.fft.rfft(x, fft_length)
    return z.real, z.imag


def irfft(x: Any, fft_length: int | None = None) -> torch.Tensor:
    return torch.fft.irfft(torch.complex(*x), fft_length)


def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> torch.Tensor:
    if x.shape[-1] < sequence_length:
        return x.new_zeros((*x.shape[:-1], 0, sequence_length))
    return x.unfold(-1, sequence_length, sequence_stride)
