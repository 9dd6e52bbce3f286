"""Xception: Chollet, 2016, arXiv:1610.02357."""

from __future__ import annotations

from typing import Any

from keras_core.applications import parts
from keras_core.applications.common import Request, application
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor

PAPER = "Chollet, Xception: Deep Learning with Depthwise Separable Convolutions (arXiv:1610.02357)."


def _norm(x: Any, name: str | None = None) -> Any:
    return parts.norm(x, name, axis=parts.last_axis())


def _separable(x: Any, filters: int, name: str, before: bool = True) -> Any:
    """A separable convolution and its normalisation, after an activation."""
    if before:
        x = parts.act(x, name=f"{name}_act")
    return _norm(parts.separable(x, filters, name=name), f"{name}_bn")


def _halved(x: Any, block: int, sizes: tuple[int, int]) -> Any:
    """Two separable convolutions and a pooling, beside a projection."""
    beside = _norm(parts.conv(x, sizes[1], 1, 2))
    x = _separable(x, sizes[0], f"block{block}_sepconv1", before=block > 2)
    x = _separable(x, sizes[1], f"block{block}_sepconv2")
    x = parts.max_pool(x, 3, 2, "same", name=f"block{block}_pool")
    return parts.add([x, beside])


def _body(request: Request) -> Any:
    start = x = request.input()
    for i, (filters, strides) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{i}"
        x = parts.conv(x, filters, 3, strides, "valid", name=name)
        x = parts.act(_norm(x, f"{name}_bn"), name=f"{name}_act")
    for block, filters in enumerate((128, 256, 728), 2):
        x = _halved(x, block, (filters, filters))
    for block in range(5, 13):
        shortcut = x
        for i in range(1, 4):
            x = _separable(x, 728, f"block{block}_sepconv{i}")
        x = parts.add([x, shortcut])
    x = _halved(x, 13, (728, 1024))
    for i, filters in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{i}"
        x = parts.act(_separable(x, filters, name, before=False), name=f"{name}_act")
    x = request.classified(x, avg=None)
    return request.model(start, x, "Xception")


Xception = application("Xception", _body, PAPER, "xception", size=299, minimum=71)
preprocess_input = preprocessor("tf")

__all__ = ["Xception", "decode_predictions", "preprocess_input"]
