"""Tracebacks end at the user's line, unless whole ones are asked for."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import keras_core as keras


class Broken(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return keras.ops.matmul(x, np.zeros((7, 2), "float32"))


def frames(call: Callable[[], Any]) -> list[str]:
    with pytest.raises(Exception) as caught:
        call()
    return [frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)]


def model() -> Any:
    found = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    found.compile("sgd", "mse")
    return found


X = np.zeros((2, 4), "float32")

CALLS: dict[str, Callable[[], Any]] = {
    "a layer on the wrong shape": lambda: model()(X[:, :2]),
    "a layer of one's own": lambda: Broken()(X),
    "inside a model": lambda: keras.Sequential([Broken()])(X),
    "evaluate": lambda: model().evaluate(X, X[:1], verbose=0),
    "predict": lambda: model().predict(X[:, :2], verbose=0),
}


@pytest.fixture
def whole() -> Iterator[None]:
    keras.config.disable_traceback_filtering()
    yield
    keras.config.enable_traceback_filtering()


@pytest.mark.parametrize("name", CALLS)
def test_frames_inside_are_left_out(name: str) -> None:
    found = frames(CALLS[name])
    mine = [file == __file__ for file in found]
    inner = mine[2:]  # after this test's own two
    own = any(inner)  # a frame of `Broken.call`
    assert len(found) <= 6 if own else len(found) <= 4
    assert own == (name in ("a layer of one's own", "inside a model"))


@pytest.mark.parametrize("name", CALLS)
def test_whole_ones_on_request(name: str, whole: None) -> None:
    keras.config.enable_traceback_filtering()
    short = len(frames(CALLS[name]))
    keras.config.disable_traceback_filtering()
    assert len(frames(CALLS[name])) > short
