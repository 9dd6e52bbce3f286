"""What every test stands on: the backend from the environment, and Keras 3 as an oracle.

The oracle is `keras` from PyPI in the same process on the same backend, used as a black box.
"""

from __future__ import annotations

import functools
import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Most programs of XLA run once, and compiling them takes most of JAX's time: by its plain emitter,
# in one piece and unoptimized, gradients of layers take an eighth of what they take by default.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
    " --xla_cpu_parallel_codegen_split_count=1",
)
# Neither package may read, or write, the developer's own settings.
os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="keras-home-")

import numpy as np
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


@pytest.fixture(scope="module", autouse=True)
def _light_heap() -> Iterator[None]:
    """Keeps collections short, in which all that earlier modules left would be gone through.

    JAX's programs above all live as long as the process: thousands of tests later a single
    collection took seconds.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _quiet_guesses() -> Iterator[None]:
    """Lets Keras guess shapes on NumPy in silence.

    There Keras calls a layer on memory that nobody has filled, to see what shape comes out. What
    happens to lie in it may be anything, and NumPy warns of it on some runs and not on others.
    """
    oracle = sys.modules.get("keras") if BACKEND == "numpy" else None
    if oracle is None:
        yield
        return

    def quiet(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def guess(*args: Any, **kwargs: Any) -> Any:
            with np.errstate(all="ignore"):
                return method(*args, **kwargs)

        return guess

    with pytest.MonkeyPatch.context() as patch:
        for owner in (oracle.Layer, oracle.Operation):
            for name in ("__call__", "compute_output_spec"):
                patch.setattr(owner, name, quiet(getattr(owner, name)))
        yield
