"""Native bindings of the Fourier transforms."""

from __future__ import annotations

from functools import partial as _partial

import jax.numpy as jnp

from keras_core.backends._xp import linalg as _shared

fft = _partial(_shared.fft, jnp)
fft2 = _partial(_shared.fft2, jnp)
ifft2 = _partial(_shared.ifft2, jnp)
rfft = _partial(_shared.rfft, jnp)
irfft = _partial(_shared.irfft, jnp)
