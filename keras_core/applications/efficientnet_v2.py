"""EfficientNet V2: Tan and Le, 2021, arXiv:2104.00298."""

from __future__ import annotations

import math
from typing import Any

from keras_core import layers
from keras_core.applications import parts
from keras_core.applications.common import Request, documented
from keras_core.applications.efficientnet import (
    DROPPED,
    conv,
    dense_init,
    kernel_init,
    residual,
    squeeze_excite,
)
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor

PAPER = "Tan and Le, EfficientNetV2: Smaller Models and Faster Training (arXiv:2104.00298)."
# Repeats, filters, expansion and strides of each stage; the first ones are fused: one 3x3
# convolution in place of a pointwise and a depthwise one.
B = ((1, 16, 1, 1), (2, 32, 4, 2), (2, 48, 4, 2), (3, 96, 4, 2), (5, 112, 6, 1), (8, 192, 6, 2))
S = ((2, 24, 1, 1), (4, 48, 4, 2), (4, 64, 4, 2), (6, 128, 4, 2), (9, 160, 6, 1), (15, 256, 6, 2))
M = (
    (3, 24, 1, 1), (5, 48, 4, 2), (5, 80, 4, 2), (7, 160, 4, 2), (14, 176, 6, 1), (18, 304, 6, 2),
    (5, 512, 6, 1),
)  # fmt: skip
L = (
    (4, 32, 1, 1), (7, 64, 4, 2), (7, 96, 4, 2), (10, 192, 4, 2), (19, 224, 6, 1), (25, 384, 6, 2),
    (7, 640, 6, 1),
)  # fmt: skip
FUSED = 3
STEMS = {"S": 24, "M": 24}  # channels; else 32
# Stages, width, depth and images' side.
SCALES = {
    "B0": (B, 1.0, 1.0, 224),
    "B1": (B, 1.0, 1.1, 240),
    "B2": (B, 1.1, 1.2, 260),
    "B3": (B, 1.2, 1.4, 300),
    "S": (S, 1.0, 1.0, 384),
    "M": (M, 1.0, 1.0, 480),
    "L": (L, 1.0, 1.0, 480),
}
MEAN = (0.485, 0.456, 0.406)
VARIANCE = (0.229**2, 0.224**2, 0.225**2)


def _norm(x: Any, name: str) -> Any:
    return parts.norm(x, name, momentum=0.9)


def _conv_norm(x: Any, filters: int, size: int, strides: int, name: str) -> Any:
    return _norm(conv(x, filters, size, strides, name=f"{name}_conv"), f"{name}_bn")


def _block(
    x: Any, fused: bool, filters: int, expansion: int, strides: int, rate: float, name: str
) -> Any:
    inside = parts.channels(x)
    wide, y = inside * expansion, x
    size = 3 if fused else 1
    if expansion != 1:
        y = _conv_norm(y, wide, size, strides if fused else 1, f"{name}expand")
        y = parts.act(y, "silu", f"{name}expand_activation")
    if not fused:
        y = parts.depthwise(
            y, 3, strides, depthwise_initializer=kernel_init(), name=f"{name}dwconv2"
        )
        y = parts.act(_norm(y, f"{name}bn"), "silu", f"{name}activation")
        y = squeeze_excite(y, wide, max(1, inside // 4), name)
    if fused and expansion == 1:
        y = _conv_norm(y, filters, 3, strides, f"{name}project")
        y = parts.act(y, "silu", f"{name}project_activation")
    else:
        y = _conv_norm(y, filters, 1, 1, f"{name}project")
    return residual(x, y, rate, name) if strides == 1 and inside == filters else y


def _prepared(x: Any, scale: str) -> Any:
    """Images from 0 to 255 as the model was trained on."""
    if not scale.startswith("B"):
        return layers.Rescaling(1.0 / 128.0, offset=-1)(x)
    x = layers.Rescaling(1.0 / 255.0)(x)
    return layers.Normalization(
        mean=list(MEAN), variance=list(VARIANCE), axis=parts.channel_axis()
    )(x)


def _body(request: Request, scale: str, include_preprocessing: bool) -> Any:
    stages, width, depth, _ = SCALES[scale]

    def wide(filters: int) -> int:
        return max(8, int(filters * width + 4) // 8 * 8)

    start = x = request.input()
    if include_preprocessing:
        x = _prepared(x, scale)
    x = _norm(conv(x, wide(STEMS.get(scale, 32)), 3, 2, name="stem_conv"), "stem_bn")
    x = parts.act(x, "silu", "stem_activation")
    total = sum(repeats for repeats, *_ in stages)
    done = 0
    for stage, (repeats, filters, expansion, strides) in enumerate(stages, 1):
        for i in range(math.ceil(depth * repeats)):
            name = f"block{stage}{chr(ord('a') + i)}_"
            x = _block(
                x, stage <= FUSED, wide(filters), expansion, 1 if i else strides,
                DROPPED * done / total, name,
            )  # fmt: skip
            done += 1
    x = _norm(conv(x, wide(1280), name="top_conv"), "top_bn")
    x = parts.act(x, "silu", "top_activation")
    x = request.classified(x, most="max_pool", dropout=0.2, kernel_initializer=dense_init())
    return request.model(start, x, f"EfficientNetV2{scale}")


def _variant(scale: str) -> Any:
    function = f"EfficientNetV2{scale}"
    size = SCALES[scale][3]

    def build(
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
        name: str = f"efficientnetv2-{scale.lower()}",
    ) -> Any:
        request = Request(
            function, include_top, weights, input_tensor, input_shape, pooling, classes,
            classifier_activation, name, size,
        )  # fmt: skip
        return _body(request, scale, include_preprocessing)

    paper = f"{PAPER} `include_preprocessing`: whether images from 0 to 255 are prepared inside."
    title = f"{function}, a model for classifying images"
    return documented(build, function, title=title, paper=paper, size=size, minimum=32)


EfficientNetV2B0 = _variant("B0")
EfficientNetV2B1 = _variant("B1")
EfficientNetV2B2 = _variant("B2")
EfficientNetV2B3 = _variant("B3")
EfficientNetV2S = _variant("S")
EfficientNetV2M = _variant("M")
EfficientNetV2L = _variant("L")
preprocess_input = preprocessor(None)

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]
