"""MobileNet: Howard et al., 2017, arXiv:1704.04861."""

from __future__ import annotations

from typing import Any

from keras_core import layers
from keras_core.applications import parts
from keras_core.applications.common import Request, documented
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor

PAPER = (
    "Howard et al., MobileNets (arXiv:1704.04861). `alpha`: the number of channels, as a part of "
    "the paper's; `depth_multiplier`: channels from one in depthwise convolutions; `dropout`: the "
    "rate before the classifier."
)
# Filters and strides of the separable blocks.
BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1),
    (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
ALPHAS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}
SIDES = (128, 160, 192, 224)


def trained_side(given: Any, sides: tuple[int, ...]) -> int:
    """The images' side by default: the one that was given, where there are weights for it."""
    if given is not None and len(given) == 3:
        height, width = given[:2] if parts.channels_last() else given[1:]
        if height == width and height in sides:
            return height
    return 224


def _norm(x: Any, name: str) -> Any:
    x = parts.norm(x, f"{name}_bn", axis=parts.last_axis())
    return parts.relu(x, 6.0, f"{name}_relu")


def _block(x: Any, filters: int, strides: int, multiplier: int, number: int) -> Any:
    if strides == 2:
        x = parts.pad(x, ((0, 1), (0, 1)), f"conv_pad_{number}")
    x = parts.depthwise(
        x, 3, strides, "same" if strides == 1 else "valid",
        depth_multiplier=multiplier, name=f"conv_dw_{number}",
    )  # fmt: skip
    x = _norm(x, f"conv_dw_{number}")
    return _norm(parts.conv(x, filters, name=f"conv_pw_{number}"), f"conv_pw_{number}")


def _build(
    input_shape: Any = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 0.001,
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
        "MobileNet", include_top, weights, input_tensor, input_shape, pooling, classes,
        classifier_activation, name or "", side,
    )  # fmt: skip
    if request.pretrained:
        if depth_multiplier != 1:
            raise ValueError(
                "MobileNet: depth_multiplier must be 1 for weights='imagenet'. "
                f"Received: depth_multiplier={depth_multiplier}"
            )
        if alpha not in ALPHAS:
            raise ValueError(
                f"MobileNet: alpha must be one of {sorted(ALPHAS)} for weights='imagenet'. "
                f"Received: alpha={alpha}"
            )
    start = request.input()
    x = parts.conv(start, int(32 * alpha), 3, 2, name="conv1")
    x = _norm(x, "conv1")
    for number, (filters, strides) in enumerate(BLOCKS, 1):
        x = _block(x, int(filters * alpha), strides, depth_multiplier, number)
    if include_top:
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        x = parts.conv(x, classes, use_bias=True, name="conv_preds")
        x = layers.Reshape((classes,), name="reshape_2")(x)
        x = parts.act(x, classifier_activation, "predictions")
    else:
        x = request.pooled(x)
    rows = start.shape[1 if parts.channels_last() else 2]
    files = f"MobileNet-{ALPHAS.get(alpha)}-{side}"
    return request.model(start, x, files, name or f"mobilenet_{alpha:.2f}_{rows}")


MobileNet = documented(
    _build, "MobileNet", title="MobileNet, a small model for classifying images", paper=PAPER,
    size=224, minimum=32,
)  # fmt: skip
preprocess_input = preprocessor("tf")

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]
