"""ResNet V2: He et al., 2016, arXiv:1603.05027."""

from __future__ import annotations

from typing import Any

from keras_core.applications import parts
from keras_core.applications.common import Request, application
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor
from keras_core.applications.resnet import DEPTHS, FILTERS, norm, stem

PAPER = "He et al., Identity Mappings in Deep Residual Networks (arXiv:1603.05027)."


def _block(x: Any, filters: int, strides: int, project: bool, name: str) -> Any:
    before = parts.act(norm(x, f"{name}_preact_bn"), name=f"{name}_preact_relu")
    if project:
        shortcut = parts.conv(
            before, 4 * filters, 1, strides, "valid", use_bias=True, name=f"{name}_0_conv"
        )
    else:
        shortcut = parts.max_pool(x, 1, strides) if strides > 1 else x
    x = parts.conv(before, filters, 1, 1, "valid", name=f"{name}_1_conv")
    x = parts.act(norm(x, f"{name}_1_bn"), name=f"{name}_1_relu")
    x = parts.pad(x, 1, f"{name}_2_pad")
    x = parts.conv(x, filters, 3, strides, "valid", name=f"{name}_2_conv")
    x = parts.act(norm(x, f"{name}_2_bn"), name=f"{name}_2_relu")
    x = parts.conv(x, 4 * filters, 1, 1, "valid", use_bias=True, name=f"{name}_3_conv")
    return parts.add([shortcut, x], f"{name}_out")


def _body(request: Request, depth: int) -> Any:
    start = request.input()
    x = stem(start, norm_after=False)
    for stage, (filters, blocks) in enumerate(zip(FILTERS, DEPTHS[depth], strict=True), 2):
        for i in range(1, blocks + 1):
            strides = 2 if i == blocks and stage < 5 else 1
            x = _block(x, filters, strides, i == 1, f"conv{stage}_block{i}")
    x = parts.act(norm(x, "post_bn"), name="post_relu")
    x = request.classified(x, most="max_pool")
    return request.model(start, x, f"ResNet{depth}V2")


ResNet50V2 = application("ResNet50V2", lambda r: _body(r, 50), PAPER, "resnet50v2")
ResNet101V2 = application("ResNet101V2", lambda r: _body(r, 101), PAPER, "resnet101v2")
ResNet152V2 = application("ResNet152V2", lambda r: _body(r, 152), PAPER, "resnet152v2")
preprocess_input = preprocessor("tf")

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]
