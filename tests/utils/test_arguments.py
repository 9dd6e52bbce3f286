"""Arguments of another kind: named, with what they must be, not in NumPy's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import keras_core as keras

D, U = keras.distribution, keras.utils
WRONG: dict[str, Callable[[], Any]] = {
    "DataParallel: device_mesh must be a DeviceMesh": lambda: D.DataParallel("a"),  # type: ignore[arg-type]
    "LayoutMap: device_mesh must be a DeviceMesh": lambda: D.LayoutMap(3),  # type: ignore[arg-type]
    "DeviceMesh: shape must be a tuple of": lambda: D.DeviceMesh("a", ["b"]),  # type: ignore[arg-type]
    r"DeviceMesh: axis_names must be .*\['b'\]": lambda: D.DeviceMesh((1,), "b"),
    "TensorLayout: axes must be a list": lambda: D.TensorLayout(3),  # type: ignore[arg-type]
    "TensorLayout: device_mesh must be": lambda: D.TensorLayout(["x"], 3),  # type: ignore[arg-type]
    "initialize: job_addresses must be": lambda: D.initialize(3),  # type: ignore[arg-type]
    "distribute_tensor: layout must be a Tens": lambda: D.distribute_tensor(np.ones(2), "x"),
    "to_categorical: x must be an array .* x='a'": lambda: U.to_categorical("a"),
    "to_categorical: x must be an array .* x=None": lambda: U.to_categorical(None),
    "to_categorical: num_classes must be": lambda: U.to_categorical([0], "a"),  # type: ignore[arg-type]
    "normalize: x must be an array .* x=None": lambda: U.normalize(None),
    "normalize: x must be an array .* x='a'": lambda: U.normalize("a"),
    "normalize: axis must be an axis of x": lambda: U.normalize([1.0], axis=3),
    "normalize: order must be a number": lambda: U.normalize([1.0], order="x"),  # type: ignore[arg-type]
    "pad_sequences: sequence 1 .* dtype=object": lambda: U.pad_sequences([[1], ["a"]]),
    "pad_sequences: maxlen must be an int": lambda: U.pad_sequences([[1]], "a"),  # type: ignore[arg-type]
    "array_to_img: x must be an image": lambda: U.array_to_img("a"),
    "img_to_array: img must be an image": lambda: U.img_to_array("a"),
}


@pytest.mark.parametrize("text", WRONG)
def test_says_which_and_what_it_must_be(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        WRONG[text]()


def test_numbers_of_numpy_and_text_of_numbers_are_taken() -> None:
    assert U.to_categorical(np.array([0, 1]), np.int64(3)).shape == (2, 3)
    assert U.to_categorical(["0", "2"]).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert U.to_categorical([], 0).shape == (0, 0)
    assert U.pad_sequences([[1, 2]], np.int32(1)).tolist() == [[2]]
    assert U.normalize([[3, 4]], order=np.inf).tolist() == [[0.75, 1.0]]
    assert D.DeviceMesh((np.int64(1),), ["b"], ["cpu:0"]).size("b") == 1
