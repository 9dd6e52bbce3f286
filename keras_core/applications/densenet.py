"""DenseNet: Huang et al., 2016, arXiv:1608.06993."""

from __future__ import annotations

from typing import Any

from keras_core.applications import parts
from keras_core.applications.common import Request, application
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor
from keras_core.applications.resnet import norm

PAPER = "Huang et al., Densely Connected Convolutional Networks (arXiv:1608.06993)."
DEPTHS = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}
GROWTH = 32


def _block(x: Any, name: str) -> Any:
    """As many channels more as the growth rate says, from all that are there."""
    y = parts.act(norm(x, f"{name}_0_bn"), name=f"{name}_0_relu")
    y = parts.conv(y, 4 * GROWTH, 1, 1, "valid", name=f"{name}_1_conv")
    y = parts.act(norm(y, f"{name}_1_bn"), name=f"{name}_1_relu")
    y = parts.conv(y, GROWTH, 3, name=f"{name}_2_conv")
    return parts.concat([x, y], name=f"{name}_concat")


def _halved(x: Any, name: str) -> Any:
    """Half as many channels, at half as many places along each axis."""
    x = parts.act(norm(x, f"{name}_bn"), name=f"{name}_relu")
    x = parts.conv(x, parts.channels(x) // 2, 1, 1, "valid", name=f"{name}_conv")
    return parts.avg_pool(x, 2, 2, name=f"{name}_pool")


def _body(request: Request, depth: int) -> Any:
    start = request.input()
    x = parts.conv(parts.pad(start, 3), 64, 7, 2, "valid", name="conv1_conv")
    x = parts.act(norm(x, "conv1_bn"), name="conv1_relu")
    x = parts.max_pool(parts.pad(x, 1), 3, 2, name="pool1")
    for stage, blocks in enumerate(DEPTHS[depth], 2):
        for i in range(1, blocks + 1):
            x = _block(x, f"conv{stage}_block{i}")
        if stage < 5:
            x = _halved(x, f"pool{stage}")
    x = parts.act(norm(x, "bn"), name="relu")
    x = request.classified(x, most="max_pool")
    return request.model(start, x, f"DenseNet{depth}")


DenseNet121 = application("DenseNet121", lambda r: _body(r, 121), PAPER, "densenet121")
DenseNet169 = application("DenseNet169", lambda r: _body(r, 169), PAPER, "densenet169")
DenseNet201 = application("DenseNet201", lambda r: _body(r, 201), PAPER, "densenet201")
preprocess_input = preprocessor("torch")

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]
