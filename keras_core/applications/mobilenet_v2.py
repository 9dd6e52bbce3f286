"""MobileNet V2: Sandler et al., 2018, arXiv:1801.04381."""

from __future__ import annotations

from typing import Any

from keras_core import layers
from keras_core.applications import parts
from keras_core.applications.common import Request, documented
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor
from keras_core.applications.mobilenet import trained_side

PAPER = (
    "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks (arXiv:1801.04381). "
    "`alpha`: the number of channels, as a part of the paper's."
)
# Expansion, filters, repeats and strides of the stages.
STAGES = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
)  # fmt: skip
ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
SIDES = (96, 128, 160, 192, 224)


def _norm(x: Any, name: str) -> Any:
    return parts.norm(x, name, momentum=0.999, axis=parts.last_axis())


def _block(x: Any, filters: int, strides: int, expansion: int, name: str) -> Any:
    inside, y = parts.channels(x), x
    if expansion != 1:
        y = _norm(parts.conv(y, expansion * inside, name=f"{name}expand"), f"{name}expand_BN")
        y = parts.relu(y, 6.0, f"{name}expand_relu")
    if strides == 2:
        y = parts.pad(y, parts.halving_pads(y, 3), f"{name}pad")
    padding = "same" if strides == 1 else "valid"
    y = _norm(
        parts.depthwise(y, 3, strides, padding, name=f"{name}depthwise"), f"{name}depthwise_BN"
    )
    y = parts.relu(y, 6.0, f"{name}depthwise_relu")
    y = _norm(parts.conv(y, filters, name=f"{name}project"), f"{name}project_BN")
    return parts.add([x, y], f"{name}add") if inside == filters and strides == 1 else y


def _build(
    input_shape: Any = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Any:
    side = trained_side(input_shape, SIDES)
    request = Request(
        "MobileNetV2", include_top, weights, input_tensor, input_shape, pooling, classes,
        classifier_activation, name or "", side,
    )  # fmt: skip
    if request.pretrained and alpha not in ALPHAS:
        raise ValueError(
            f"MobileNetV2: alpha must be one of {ALPHAS} for weights='imagenet'. "
            f"Received: alpha={alpha}"
        )
    start = request.input()
    x = parts.conv(start, parts.round_to(32 * alpha), 3, 2, name="Conv1")
    x = parts.relu(_norm(x, "bn_Conv1"), 6.0, "Conv1_relu")
    number = 0
    for expansion, filters, repeats, strides in STAGES:
        for i in range(repeats):
            block = f"block_{number}_" if number else "expanded_conv_"
            size = parts.round_to(int(filters * alpha))
            x = _block(x, size, 1 if i else strides, expansion, block)
            number += 1
    last = parts.round_to(1280 * alpha) if alpha > 1.0 else 1280
    x = parts.conv(x, last, 1, 1, "valid", name="Conv_1")
    x = parts.relu(_norm(x, "Conv_1_bn"), 6.0, "out_relu")
    if include_top:
        x = request.dense(layers.GlobalAveragePooling2D()(x))
    else:
        x = request.pooled(x)
    rows = start.shape[1 if parts.channels_last() else 2]
    files = f"MobileNetV2-{float(alpha)}-{side}"
    return request.model(start, x, files, name or f"mobilenetv2_{alpha:.2f}_{rows}")


MobileNetV2 = documented(
    _build, "MobileNetV2", title="MobileNet V2, a small model for classifying images", paper=PAPER,
    size=224, minimum=32,
)  # fmt: skip
preprocess_input = preprocessor("tf")

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]
