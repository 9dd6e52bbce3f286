"""Importing the package, and using one backend, brings in nothing that is not needed."""

import os

import pytest

from keras_core.backends.select import backend
from tests.core.test_settings import run

FRAMEWORKS = {"tensorflow", "jax", "torch"}
HEAVY = {"pandas", "sklearn", "scipy", "requests", "rich", "h5py", "matplotlib", "keras", "PIL"}

CODE = """
import importlib, sys
if {backend!r} != "numpy":
    importlib.import_module({backend!r})
before = set(sys.modules)
import keras_core as k
k.layers.Dense, k.ops.add
print(sorted({{m.partition(".")[0] for m in set(sys.modules) - before}}))
"""

# TensorFlow itself imports Keras, and with it JAX, where they are installed.
USE = """
import importlib, sys
import numpy as np
if {backend!r} != "numpy":
    importlib.import_module({backend!r})
before = set(sys.modules)
import keras_core as k
m = k.Sequential([k.Input((4,)), k.layers.Dense(2)])
m.compile("sgd", "mse")
m.predict(np.ones((3, 4)), verbose=0)
print(sorted({{m.partition(".")[0] for m in set(sys.modules) - before}}))
"""


def new_modules(tmp_path):
    out, err, code = run(CODE.format(backend=backend.name), tmp_path, KERAS_BACKEND=backend.name)
    assert code == 0, err
    return set(eval(out))


def test_no_other_framework_and_nothing_heavy(tmp_path):
    found = new_modules(tmp_path)
    assert not found & (FRAMEWORKS - {backend.name})
    assert not found & HEAVY


def test_use_imports_no_other_framework(tmp_path):
    out, err, code = run(USE.format(backend=backend.name), tmp_path, KERAS_BACKEND=backend.name)
    assert code == 0, err
    assert not set(eval(out)) & ((FRAMEWORKS | {"keras"}) - {backend.name})


# What each framework lets a program set before its devices start, and not after.
DEVICES = {
    "jax": """
import jax
jax.config.update("jax_num_cpu_devices", 3)
assert len(jax.devices("cpu")) == 3
""",
    "tensorflow": """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 3)
assert len(tf.config.list_logical_devices("CPU")) == 3
""",
    "torch": """
import torch
assert not torch.cuda.is_initialized()
torch.set_num_interop_threads(2)
""",
    "numpy": "",
}


def test_importing_starts_no_device(tmp_path):
    names = (
        "import keras_core as k\nk.layers.Dense(2), k.Input((2,)), k.ops.add, k.optimizers.Adam\n"
    )
    out, err, code = run(names + DEVICES[backend.name], tmp_path, KERAS_BACKEND=backend.name)
    assert code == 0, err


@pytest.mark.skipif(os.name == "nt", reason="paths of POSIX")
def test_every_public_name_loads():
    import keras_core

    for name in dir(keras_core):
        assert getattr(keras_core, name) is not None or name.startswith("__"), name
