"""What every test stands on: the backend from the environment, and Keras 3 as an oracle.

The oracle is `keras` from PyPI in the same process on the same backend, used as a black box.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Neither package may read, or write, the developer's own settings.
os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="keras-home-")

import pytest

BACKEND = os.environ["KERAS_BACKEND"]


@pytest.fixture(scope="session")
def backend_name() -> str:
    """The backend under test."""
    return BACKEND


@pytest.fixture(scope="session")
def keras() -> Any:
    """Keras 3, the oracle."""
    return pytest.importorskip("keras")
