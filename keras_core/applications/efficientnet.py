"""EfficientNet: Tan and Le, 2019, arXiv:1905.11946."""

from __future__ import annotations

import math
from typing import Any

from keras_core import layers
from keras_core.applications import parts
from keras_core.applications.common import Request, application
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor

PAPER = "Tan and Le, EfficientNet: Rethinking Model Scaling (arXiv:1905.11946)."
# Window, repeats, filters, expansion and strides of the seven stages of B0.
STAGES = (
    (3, 1, 16, 1, 1),
    (3, 2, 24, 6, 2),
    (5, 2, 40, 6, 2),
    (3, 3, 80, 6, 2),
    (5, 3, 112, 6, 1),
    (5, 4, 192, 6, 2),
    (3, 1, 320, 6, 1),
)
# Width, depth, images' side and dropout.
SCALES = {
    "B0": (1.0, 1.0, 224, 0.2),
    "B1": (1.0, 1.1, 240, 0.2),
    "B2": (1.1, 1.2, 260, 0.3),
    "B3": (1.2, 1.4, 300, 0.3),
    "B4": (1.4, 1.8, 380, 0.4),
    "B5": (1.6, 2.2, 456, 0.4),
    "B6": (1.8, 2.6, 528, 0.5),
    "B7": (2.0, 3.1, 600, 0.5),
}
DROPPED = 0.2  # the rate at which the last block is left out in training
DEVIATION = (0.229, 0.224, 0.225)


def kernel_init() -> dict[str, Any]:
    """What kernels are drawn from."""
    config = {"scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal"}
    return {"class_name": "VarianceScaling", "config": config}


def dense_init() -> dict[str, Any]:
    """What the classifier's kernel is drawn from."""
    config = {"scale": 1 / 3, "mode": "fan_out", "distribution": "uniform"}
    return {"class_name": "VarianceScaling", "config": config}


def conv(x: Any, filters: int, size: int = 1, strides: int = 1, **kw: Any) -> Any:
    """A convolution with this family's initial values."""
    return parts.conv(x, filters, size, strides, kernel_initializer=kernel_init(), **kw)


def squeeze_excite(x: Any, filters: int, reduced: int, name: str) -> Any:
    """Channels weighted by what is in the whole image (Hu et al., arXiv:1709.01507)."""
    y = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    shape = (1, 1, filters) if parts.channels_last() else (filters, 1, 1)
    y = layers.Reshape(shape, name=f"{name}se_reshape")(y)
    y = conv(y, reduced, use_bias=True, activation="silu", name=f"{name}se_reduce")
    y = conv(y, filters, use_bias=True, activation="sigmoid", name=f"{name}se_expand")
    return layers.Multiply(name=f"{name}se_excite")([x, y])


def residual(x: Any, y: Any, rate: float, name: str) -> Any:
    """`x + y`, in training now and then without `y`."""
    if rate > 0:
        y = layers.Dropout(rate, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(y)
    return parts.add([y, x], f"{name}add")


def _block(
    x: Any, size: int, filters: int, expansion: int, strides: int, rate: float, name: str
) -> Any:
    inside = parts.channels(x)
    wide, y = inside * expansion, x
    if expansion != 1:
        y = parts.norm(conv(y, wide, name=f"{name}expand_conv"), f"{name}expand_bn")
        y = parts.act(y, "silu", f"{name}expand_activation")
    if strides == 2:
        y = parts.pad(y, parts.halving_pads(y, size), f"{name}dwconv_pad")
    y = parts.depthwise(
        y, size, strides, "valid" if strides == 2 else "same",
        depthwise_initializer=kernel_init(), name=f"{name}dwconv",
    )  # fmt: skip
    y = parts.act(parts.norm(y, f"{name}bn"), "silu", f"{name}activation")
    y = squeeze_excite(y, wide, max(1, inside // 4), name)
    y = parts.norm(conv(y, filters, name=f"{name}project_conv"), f"{name}project_bn")
    return residual(x, y, rate, name) if strides == 1 and inside == filters else y


def _body(request: Request, scale: str) -> Any:
    width, depth, _, dropout = SCALES[scale]
    start = request.input()
    x = layers.Rescaling(1.0 / 255.0)(start)
    x = layers.Normalization(axis=parts.channel_axis())(x)
    if request.pretrained:
        # The published weights were trained on images divided once more.
        x = layers.Rescaling([1.0 / math.sqrt(d) for d in DEVIATION])(x)
    x = parts.pad(x, parts.halving_pads(x, 3), "stem_conv_pad")
    x = conv(x, parts.round_to(32 * width), 3, 2, padding="valid", name="stem_conv")
    x = parts.act(parts.norm(x, "stem_bn"), "silu", "stem_activation")
    counts = [math.ceil(depth * repeats) for _, repeats, *_ in STAGES]
    done = 0
    for stage, (count, row) in enumerate(zip(counts, STAGES, strict=True), 1):
        size, _, filters, expansion, strides = row
        for i in range(count):
            name = f"block{stage}{chr(ord('a') + i)}_"
            rate = DROPPED * done / sum(counts)
            x = _block(
                x, size, parts.round_to(filters * width), expansion, 1 if i else strides, rate, name
            )
            done += 1
    x = parts.norm(conv(x, parts.round_to(1280 * width), name="top_conv"), "top_bn")
    x = parts.act(x, "silu", "top_activation")
    x = request.classified(x, most="max_pool", dropout=dropout, kernel_initializer=dense_init())
    return request.model(start, x, f"EfficientNet{scale}")


def _variant(scale: str) -> Any:
    return application(
        f"EfficientNet{scale}", lambda r: _body(r, scale), PAPER, f"efficientnet{scale.lower()}",
        size=SCALES[scale][2],
    )  # fmt: skip


EfficientNetB0 = _variant("B0")
EfficientNetB1 = _variant("B1")
EfficientNetB2 = _variant("B2")
EfficientNetB3 = _variant("B3")
EfficientNetB4 = _variant("B4")
EfficientNetB5 = _variant("B5")
EfficientNetB6 = _variant("B6")
EfficientNetB7 = _variant("B7")
preprocess_input = preprocessor(None)

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]
