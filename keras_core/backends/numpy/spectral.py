"""Native bindings of the Fourier transforms."""

from __future__ import annotations

from functools import partial as _partial

import numpy as np

from keras_core.backends._xp import linalg as _shared

fft = _partial(_shared.fft, np)
fft2 = _partial(_shared.fft2, np)
ifft2 = _partial(_shared.ifft2, np)
rfft = _partial(_shared.rfft, np)
irfft = _partial(_shared.irfft, np)
