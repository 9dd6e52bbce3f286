"""Meshes, layouts and strategies; training over four devices, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as kc
from keras_core import distribution as D
from keras_core.backends.select import backend

HERE = Path(__file__).parent
ROW = ["cpu:0", "cpu:1", "cpu:2", "cpu:3"]


def mesh() -> D.DeviceMesh:
    return D.DeviceMesh((2, 2), ["batch", "model"], ROW)


@pytest.mark.skipif(not backend.has("sharding"), reason="the backend lays nothing out")
def test_four_devices() -> None:
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=4"
    env = {**os.environ, "XLA_FLAGS": flags, "PYTHONPATH": str(HERE.parents[1])}
    done = subprocess.run(
        [sys.executable, str(HERE / "four_devices.py")], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "four devices agree" in done.stdout


@pytest.mark.skipif(backend.name not in ("torch", "tensorflow"), reason="see the four devices")
def test_batches_are_normalized_over_replicas() -> None:
    env = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    done = subprocess.run(
        [sys.executable, str(HERE / "two_replicas.py"), backend.name],
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "two replicas agree" in done.stdout


def test_devices() -> None:
    assert D.list_devices("cpu")[0] == "cpu:0"
    assert D.get_device_count("cpu") == len(D.list_devices("cpu"))


def test_meshes_and_layouts(keras: Any) -> None:
    ours, theirs = mesh(), keras.distribution.DeviceMesh((2, 2), ["batch", "model"], ROW)
    assert (ours.shape, ours.axis_names) == (theirs.shape, theirs.axis_names)
    assert ours.devices.tolist() == theirs.devices.tolist()
    assert repr(ours) == repr(theirs)
    layout = D.TensorLayout(["batch", None], ours)
    assert layout.axes == ("batch", None)
    late = D.TensorLayout(["model"])
    late.device_mesh = ours
    assert late.device_mesh is ours


def test_layout_map() -> None:
    layouts = D.LayoutMap(mesh())
    layouts["dense.*kernel"] = (None, "model")
    layouts["dense.*bias"] = D.TensorLayout(("model",))
    assert layouts["dense_1/kernel"].axes == (None, "model")
    assert layouts["dense_1/bias"].device_mesh is layouts.device_mesh
    assert layouts["conv/kernel"] is None
    assert list(layouts) == ["dense.*kernel", "dense.*bias"] and len(layouts) == 2
    layouts[".*/kernel"] = (None, None)
    with pytest.raises(ValueError, match="only one key"):
        layouts["dense_1/kernel"]
    del layouts[".*/kernel"]
    assert layouts.pop("dense.*bias").axes == ("model",)


def test_strategies() -> None:
    parallel = D.DataParallel(devices=ROW)
    assert (parallel.batch_dim_name, parallel.num_model_replicas) == ("batch", 4)
    assert (parallel.num_processes, parallel.data_shard_id) == (1, 0)
    assert parallel.get_data_layout((8, 3)).axes == ("batch", None)
    assert parallel.get_tensor_layout("x") is None
    assert parallel.distribute_dataset([1]) == [1]
    layouts = D.LayoutMap(mesh())
    layouts[".*gain"] = ("model",)
    model = D.ModelParallel(layout_map=layouts)
    assert (model.batch_dim_name, model.num_model_replicas) == ("batch", 2)
    assert model.get_variable_layout(kc.Variable(np.ones(4), name="gain")).axes == ("model",)
    assert model.get_variable_layout(kc.Variable(np.ones((4, 2)), name="b")).axes == (None, None)


def test_without_one_nothing_is_laid_out() -> None:
    assert D.distribution() is None
    assert kc.Variable(1.0)._layout is None


@pytest.mark.skipif(backend.has("sharding"), reason="it can")
def test_what_a_backend_cannot_do_it_says() -> None:
    with pytest.raises(NotImplementedError, match="jax"):
        D.set_distribution(D.DataParallel(devices=ROW))
    assert D.distribution() is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: D.DeviceMesh((2, 3), ["a", "b"], ROW),
        lambda: D.DeviceMesh((4,), ["a", "b"], ROW),
        lambda: D.DeviceMesh((2, 2), ["a", "a"], ROW),
        lambda: D.DeviceMesh((), []),
        lambda: D.TensorLayout(["rows"], mesh()),
        lambda: D.TensorLayout(["model", "model"], mesh()),
        lambda: D.TensorLayout(["model"]).backend_layout,
        lambda: D.LayoutMap(mesh()).update({"x": 3}),
        lambda: D.LayoutMap(mesh()).update([("x", (None,)), ("x", (None,))]),
        lambda: D.ModelParallel(),
        lambda: D.ModelParallel(layout_map=D.LayoutMap(mesh()), batch_dim_name="rows"),
        lambda: D.set_distribution("data"),
        lambda: D.list_devices("abacus"),
    ],
)
def test_bad_input(call: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        call()
