"""ResNet: He et al., 2015, arXiv:1512.03385."""

from __future__ import annotations

from typing import Any

from keras_core.applications import parts
from keras_core.applications.common import Request, application
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor

PAPER = "He et al., Deep Residual Learning for Image Recognition (arXiv:1512.03385)."
FILTERS = (64, 128, 256, 512)
DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
EPSILON = 1.001e-5


def norm(x: Any, name: str) -> Any:
    """Batch normalisation as the trained weights have it."""
    return parts.norm(x, name, epsilon=EPSILON)


def stem(x: Any, norm_after: bool) -> Any:
    """A convolution and a pooling, both by two."""
    x = parts.pad(x, 3, "conv1_pad")
    x = parts.conv(x, 64, 7, 2, "valid", use_bias=True, name="conv1_conv")
    if norm_after:
        x = parts.act(norm(x, "conv1_bn"), name="conv1_relu")
    return parts.max_pool(parts.pad(x, 1, "pool1_pad"), 3, 2, name="pool1_pool")


def _block(x: Any, filters: int, strides: int, project: bool, name: str) -> Any:
    def conv_norm(x: Any, number: int, filters: int, size: int = 1, strides: int = 1) -> Any:
        padding = "same" if size > 1 else "valid"
        conv_name = f"{name}_{number}_conv"
        x = parts.conv(x, filters, size, strides, padding, use_bias=True, name=conv_name)
        return norm(x, f"{name}_{number}_bn")

    shortcut = conv_norm(x, 0, 4 * filters, strides=strides) if project else x
    x = parts.act(conv_norm(x, 1, filters, strides=strides), name=f"{name}_1_relu")
    x = parts.act(conv_norm(x, 2, filters, 3), name=f"{name}_2_relu")
    x = parts.add([shortcut, conv_norm(x, 3, 4 * filters)], f"{name}_add")
    return parts.act(x, name=f"{name}_out")


def _body(request: Request, depth: int) -> Any:
    start = request.input()
    x = stem(start, norm_after=True)
    for stage, (filters, blocks) in enumerate(zip(FILTERS, DEPTHS[depth], strict=True), 2):
        for i in range(1, blocks + 1):
            strides = 2 if i == 1 and stage > 2 else 1
            x = _block(x, filters, strides, i == 1, f"conv{stage}_block{i}")
    x = request.classified(x, most="max_pool")
    return request.model(start, x, f"ResNet{depth}")


ResNet50 = application("ResNet50", lambda r: _body(r, 50), PAPER, "resnet50")
ResNet101 = application("ResNet101", lambda r: _body(r, 101), PAPER, "resnet101")
ResNet152 = application("ResNet152", lambda r: _body(r, 152), PAPER, "resnet152")
preprocess_input = preprocessor("caffe")

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]
