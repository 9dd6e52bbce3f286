"""MobileNet V3: Howard et al., 2019, arXiv:1905.02244."""

from __future__ import annotations

from typing import Any

from keras_core import layers
from keras_core.applications import parts
from keras_core.applications.common import Request, documented
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor

PAPER = (
    "Howard et al., Searching for MobileNetV3 (arXiv:1905.02244). `alpha`: the number of "
    "channels, as a part of the paper's; `minimalistic`: without weighting of channels, 5x5 "
    "windows and hard swish; `dropout_rate`: before the classifier; `include_preprocessing`: "
    "whether images from 0 to 255 are prepared inside."
)
# Expansion, filters, window, strides, whether channels are weighted, whether by hard swish.
SMALL = (
    (1, 16, 3, 2, True, False), (72 / 16, 24, 3, 2, False, False),
    (88 / 24, 24, 3, 1, False, False), (4, 40, 5, 2, True, True), (6, 40, 5, 1, True, True),
    (6, 40, 5, 1, True, True), (3, 48, 5, 1, True, True), (3, 48, 5, 1, True, True),
    (6, 96, 5, 2, True, True), (6, 96, 5, 1, True, True), (6, 96, 5, 1, True, True),
)  # fmt: skip
LARGE = (
    (1, 16, 3, 1, False, False), (4, 24, 3, 2, False, False), (3, 24, 3, 1, False, False),
    (3, 40, 5, 2, True, False), (3, 40, 5, 1, True, False), (3, 40, 5, 1, True, False),
    (6, 80, 3, 2, False, True), (2.5, 80, 3, 1, False, True), (2.3, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True), (6, 112, 3, 1, True, True), (6, 112, 3, 1, True, True),
    (6, 160, 5, 2, True, True), (6, 160, 5, 1, True, True), (6, 160, 5, 1, True, True),
)  # fmt: skip
LAST = {"small": 1024, "large": 1280}


def _norm(x: Any, name: str) -> Any:
    return parts.norm(x, f"{name}_bn", momentum=0.999, axis=parts.last_axis())


def _active(x: Any, hard_swish: bool) -> Any:
    return parts.act(x, "hard_silu") if hard_swish else parts.relu(x)


def _squeeze_excite(x: Any, filters: int, name: str) -> Any:
    y = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_avg_pool")(x)
    y = parts.conv(y, parts.round_to(filters * 0.25), use_bias=True, name=f"{name}_conv")
    y = parts.relu(y, name=f"{name}_relu")
    y = parts.conv(y, filters, use_bias=True, name=f"{name}_conv_1")
    y = parts.relu(y + 3.0, 6.0) * (1.0 / 6.0)
    return layers.Multiply(name=f"{name}_mul")([x, y])


def _block(
    x: Any, expansion: float, filters: int, size: int, strides: int, weighted: bool, swish: bool,
    name: str,
) -> Any:  # fmt: skip
    inside, y = parts.channels(x), x
    wide = parts.round_to(inside * expansion) if expansion != 1 else inside
    if expansion != 1:
        y = _active(_norm(parts.conv(y, wide, name=f"{name}_expand"), f"{name}_expand"), swish)
    if strides == 2:
        y = parts.pad(y, parts.halving_pads(y, size), f"{name}_depthwise_pad")
    padding = "same" if strides == 1 else "valid"
    y = parts.depthwise(y, size, strides, padding, name=f"{name}_depthwise")
    y = _active(_norm(y, f"{name}_depthwise"), swish)
    if weighted:
        y = _squeeze_excite(y, wide, f"{name}_squeeze_excite")
    y = _norm(parts.conv(y, filters, name=f"{name}_project"), f"{name}_project")
    return parts.add([x, y], f"{name}_add") if strides == 1 and inside == filters else y


def _body(
    request: Request, kind: str, alpha: float, minimalistic: bool, dropout: float, prepare: bool
) -> Any:
    if request.pretrained and alpha not in ((1.0,) if minimalistic else (0.75, 1.0)):
        raise ValueError(
            f"{request.owner}: alpha must be 0.75 or 1.0, for minimalistic=True 1.0, for "
            f"weights='imagenet'. Received: alpha={alpha}, minimalistic={minimalistic}"
        )
    start = x = request.input()
    if prepare:
        x = layers.Rescaling(1.0 / 127.5, offset=-1.0)(x)
    swish = not minimalistic
    x = _active(_norm(parts.conv(x, 16, 3, 2, name="conv"), "conv"), swish)
    for i, (expansion, filters, size, strides, weighted, late) in enumerate(
        SMALL if kind == "small" else LARGE
    ):
        x = _block(
            x, expansion, parts.round_to(filters * alpha), 3 if minimalistic else size, strides,
            weighted and swish, late and swish, f"expanded_conv_{i}" if i else "expanded_conv",
        )  # fmt: skip
    x = parts.conv(x, parts.round_to(parts.channels(x) * 6), name="conv_1")
    x = _active(_norm(x, "conv_1"), swish)
    if request.include_top:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        last = parts.round_to(LAST[kind] * alpha) if alpha > 1.0 else LAST[kind]
        x = _active(parts.conv(x, last, use_bias=True, name="conv_2"), swish)
        if dropout > 0:
            x = layers.Dropout(dropout)(x)
        x = parts.conv(x, request.classes, use_bias=True, name="logits")
        x = layers.Flatten()(x)
        x = parts.act(x, request.classifier_activation, "predictions")
    else:
        x = request.pooled(x, "avg_pool", "max_pool")
    files = f"{request.owner}{'-minimalistic' if minimalistic else ''}-{float(alpha)}"
    return request.model(start, x, files)


def _variant(kind: str) -> Any:
    function = f"MobileNetV3{kind.capitalize()}"

    def build(
        input_shape: Any = None,
        alpha: float = 1.0,
        minimalistic: bool = False,
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        classes: int = 1000,
        pooling: str | None = None,
        dropout_rate: float = 0.2,
        classifier_activation: Any = "softmax",
        include_preprocessing: bool = True,
        name: str = function,
    ) -> Any:
        request = Request(
            function, include_top, weights, input_tensor, input_shape, pooling, classes,
            classifier_activation, name, 224, open_top=True,
        )  # fmt: skip
        return _body(request, kind, alpha, minimalistic, dropout_rate, include_preprocessing)

    title = f"{function}, a small model for classifying images"
    return documented(build, function, title=title, paper=PAPER, size=224, minimum=32)


MobileNetV3Small = _variant("small")
MobileNetV3Large = _variant("large")
preprocess_input = preprocessor(None)

__all__ = ["MobileNetV3Large", "MobileNetV3Small", "decode_predictions", "preprocess_input"]
