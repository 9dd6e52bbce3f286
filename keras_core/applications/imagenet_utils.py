"""Images as ImageNet models want them, and what their predictions mean."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from keras_core import ops
from keras_core.applications.weights import CLASSES
from keras_core.core import dtypes, settings
from keras_core.symbolic.keras_tensor import KerasTensor

_MODES = ("caffe", "tf", "torch")
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_BLUE_GREEN_RED = (103.939, 116.779, 123.68)  # of 0 to 255


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Images from 0 to 255 as models want them.

    Args:
        x: an array or tensor of three or four axes, the channels red, green, blue.
        data_format: "channels_last" or "channels_first"; None: `image_data_format()`.
        mode: "caffe": the channels turned round, less ImageNet's mean; "tf": from -1 to 1;
            "torch": from 0 to 1, less the mean, over the deviation.

    Returns:
        Of `x`'s kind: a float array for an array, else a tensor.

    Raises:
        ValueError: if an argument is wrong.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> keras.applications.imagenet_utils.preprocess_input(
    ...     np.full((1, 1, 3), 255.0), mode="tf"
    ... ).tolist()
    [[[1.0, 1.0, 1.0]]]
    """
    if mode not in _MODES:
        raise ValueError(f"preprocess_input: mode must be one of {_MODES}. Received: {mode!r}")
    data_format = data_format or settings.image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(
            "preprocess_input: data_format must be 'channels_first' or 'channels_last'. "
            f"Received: {data_format!r}"
        )
    axis = -1 if data_format == "channels_last" else -3

    def column(values: tuple[float, ...]) -> np.ndarray:
        return np.asarray(values).reshape((3,) if axis == -1 else (3, 1, 1))

    if isinstance(x, np.ndarray):
        floating = np.issubdtype(x.dtype, np.floating)
        x = x.astype(settings.floatx() if not floating else x.dtype, copy=True)
        if mode == "tf":
            return x / np.asarray(127.5, x.dtype) - 1
        if mode == "torch":
            out = (x / 255.0 - column(_MEAN)) / column(_DEVIATION)
        else:
            out = np.flip(x, axis) - column(_BLUE_GREEN_RED)
        return out.astype(x.dtype)
    if not isinstance(x, KerasTensor):  # where it would only be one more step of a graph
        x = ops.convert_to_tensor(x)
    if dtypes.standardize(x.dtype) not in dtypes.FLOATS:
        x = ops.cast(x, settings.floatx())

    def like(values: tuple[float, ...]) -> Any:
        return ops.cast(ops.convert_to_tensor(column(values).astype("float32")), x.dtype)

    if mode == "tf":
        return x / 127.5 - 1.0
    if mode == "torch":
        return (x / 255.0 - like(_MEAN)) / like(_DEVIATION)
    return ops.flip(x, axis) - like(_BLUE_GREEN_RED)


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """The likeliest classes of ImageNet for each row of predictions.

    Their names are downloaded once.

    Args:
        preds: an array or tensor of shape (samples, 1000).
        top: how many classes.

    Returns:
        For each sample a list of (WordNet id, name, score), the best first.

    Raises:
        ValueError: if the shape is another one.

    Example:

    >>> import keras_core as keras
    >>> scores = keras.ops.one_hot([285], 1000)
    >>> keras.applications.imagenet_utils.decode_predictions(scores, top=1)  # doctest: +SKIP
    [[('n02124075', 'Egyptian_cat', 1.0)]]
    """
    scores = np.asarray(ops.convert_to_numpy(preds))
    if scores.ndim != 2 or scores.shape[1] != 1000:
        raise ValueError(
            "decode_predictions: preds must have shape (samples, 1000). "
            f"Received: shape {scores.shape}"
        )
    names = _class_names()
    best = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return [[(*names[i], row[i]) for i in order] for row, order in zip(scores, best, strict=True)]


@functools.cache
def _class_names() -> list[tuple[str, str]]:
    from keras_core.utils import get_file

    place, digest = CLASSES
    path = get_file("imagenet_class_index.json", place, cache_subdir="models", file_hash=digest)
    with open(path) as file:
        found = json.load(file)
    return [tuple(found[str(i)]) for i in range(len(found))]


def preprocessor(mode: str | None) -> Callable[..., Any]:
    """A model's `preprocess_input`; with None as the mode, the model has it inside."""

    def preprocess_input(x: Any, data_format: str | None = None) -> Any:
        if mode is None:
            return x
        return globals()["preprocess_input"](x, data_format, mode)

    what = {
        None: "The images as they are: the model itself prepares them, from 0 to 255.",
        "caffe": "Images from 0 to 255 as the model wants them: blue, green, red, less the mean.",
        "tf": "Images from 0 to 255 as the model wants them: from -1 to 1.",
        "torch": "Images from 0 to 255 as the model wants them: less the mean, over the deviation.",
    }[mode]
    preprocess_input.__doc__ = f"""{what}

Args:
    x: an array or tensor of three or four axes, the channels red, green, blue.
    data_format: "channels_last" or "channels_first"; None: `image_data_format()`.

Returns:
    Of `x`'s kind.
"""
    return preprocess_input
