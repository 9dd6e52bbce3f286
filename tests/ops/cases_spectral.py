"""Fourier transforms and sliding windows."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, arr


def _pair(function):
    def oracle(x, *args):
        z = function(x[0] + 1j * x[1] if isinstance(x, (tuple, list)) else x, *args)
        return (z.real, z.imag) if np.iscomplexobj(z) else z

    return oracle


NARROW = "Keras's window=None is narrower on torch than on its other backends"
CASES = [
    OpCase("fft", ((arr((2, 5)), arr((2, 5))),), oracle=_pair(np.fft.fft)),
    OpCase("fft2", ((arr((2, 3, 4)), arr((2, 3, 4))),), oracle=_pair(np.fft.fft2)),
    OpCase("ifft2", ((arr((2, 3, 4)), arr((2, 3, 4))),), oracle=_pair(np.fft.ifft2)),
    OpCase("rfft", (arr((2, 5)),), oracle=_pair(np.fft.rfft)),
    OpCase("rfft", (arr((2, 5)), 8), oracle=_pair(np.fft.rfft)),
    OpCase("rfft", (arr((2, 5)), 4), oracle=_pair(np.fft.rfft)),
    OpCase("irfft", ((arr((2, 5)), arr((2, 5))),), oracle=_pair(np.fft.irfft)),
    OpCase("irfft", ((arr((2, 5)), arr((2, 5))), 7), oracle=_pair(np.fft.irfft)),
    OpCase("extract_sequences", (arr((2, 20)), 4, 3), dtypes=("float32", "int32")),
    OpCase("extract_sequences", (arr((20,)), 5, 5), dynamic=False),
    OpCase("stft", (arr((2, 20)), 4, 2, 8), tol=1e-4),
    OpCase("stft", (arr((2, 20)), 4, 2, 8, "hamming", False), tol=1e-4),
    OpCase("stft", (arr((2, 20)), 5, 3, 8, None), tol=1e-4,
           gaps={"torch/value": NARROW, "torch/gradient": NARROW}),
    OpCase("stft", (arr((20,)), 8, 4, 8, arr((8,))), tol=1e-4, dynamic=False),
    OpCase("istft", ((arr((2, 11, 5)), arr((2, 11, 5))), 4, 2, 8), tol=1e-4, grad=False),
    OpCase("istft", ((arr((2, 11, 5)), arr((2, 11, 5))), 4, 2, 8, 17), tol=1e-4, grad=False),
    OpCase("correlate", (arr((7,)), arr((3,))), oracle=np.correlate, dynamic=False),
    OpCase("correlate", (arr((7,)), arr((4,)), "same"), oracle=np.correlate, dynamic=False),
    OpCase("correlate", (arr((7,)), arr((3,)), "full"), oracle=np.correlate, dynamic=False),
    OpCase("correlate", (arr((3,)), arr((6,)), "full"), oracle=np.correlate, dynamic=False),
    OpCase("correlate", (arr((3,)), arr((6,)), "same"), oracle=np.correlate, dynamic=False),
]  # fmt: skip
