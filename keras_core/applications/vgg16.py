"""VGG: Simonyan and Zisserman, 2014, arXiv:1409.1556."""

from __future__ import annotations

from typing import Any

from keras_core import layers
from keras_core.applications import parts
from keras_core.applications.common import Request, application
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor

PAPER = "Simonyan and Zisserman, Very Deep Convolutional Networks (arXiv:1409.1556)."
FILTERS = (64, 128, 256, 512, 512)


def vgg(request: Request, depths: tuple[int, ...], files: str) -> Any:
    """Blocks of 3x3 convolutions, each block followed by a pooling; then dense layers."""
    start = x = request.input()
    for block, (depth, filters) in enumerate(zip(depths, FILTERS, strict=True), 1):
        for i in range(1, depth + 1):
            name = f"block{block}_conv{i}"
            x = parts.conv(x, filters, 3, use_bias=True, activation="relu", name=name)
        x = parts.max_pool(x, 2, 2, name=f"block{block}_pool")
    if request.include_top:
        x = layers.Flatten(name="flatten")(x)
        for name in ("fc1", "fc2"):
            x = layers.Dense(4096, activation="relu", name=name)(x)
        x = request.dense(x)
    else:
        x = request.pooled(x)
    return request.model(start, x, files)


VGG16 = application("VGG16", lambda r: vgg(r, (2, 2, 3, 3, 3), "VGG16"), PAPER, "vgg16")
preprocess_input = preprocessor("caffe")

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]
