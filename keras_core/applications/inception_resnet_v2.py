"""Inception-ResNet V2: Szegedy et al., 2016, arXiv:1602.07261."""

from __future__ import annotations

from typing import Any

from keras_core.applications import parts
from keras_core.applications.common import Request, application
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor
from keras_core.applications.inception_v3 import STEM, branch, module
from keras_core.layers.base.layer import Layer

PAPER = "Szegedy et al., Inception-v4, Inception-ResNet and more (arXiv:1602.07261)."
# Modules in `inception_v3`'s notation.
MIXED_5B = [
    [(96, 1)], [(48, 1), (64, 5)], [(64, 1), (96, 3), (96, 3)], ["avg", (64, 1)],
]  # fmt: skip
MIXED_6A = [[(384, 3, 2)], [(256, 1), (256, 3), (384, 3, 2)], ["max"]]
MIXED_7A = [
    [(256, 1), (384, 3, 2)], [(256, 1), (288, 3, 2)], [(256, 1), (288, 3), (320, 3, 2)], ["max"],
]  # fmt: skip
BLOCK_35 = [[(32, 1)], [(32, 1), (32, 3)], [(32, 1), (48, 3), (64, 3)]]
BLOCK_17 = [[(192, 1)], [(128, 1), (160, (1, 7)), (192, (7, 1))]]
BLOCK_8 = [[(192, 1)], [(192, 1), (224, (1, 3)), (256, (3, 1))]]
# A module between, then residual blocks: their name, branches, number and scale.
STAGES = [
    ("mixed_5b", MIXED_5B, "block35", BLOCK_35, 10, 0.17),
    ("mixed_6a", MIXED_6A, "block17", BLOCK_17, 20, 0.1),
    ("mixed_7a", MIXED_7A, "block8", BLOCK_8, 10, 0.2),
]


class CustomScaleLayer(Layer):
    """The first of two tensors and a part of the second.

    Args:
        scale: what the second tensor is multiplied by.
        **kwargs: arguments of `Layer`.

    Example:

    >>> import keras_core as keras
    >>> from keras_core.applications.inception_resnet_v2 import CustomScaleLayer
    >>> CustomScaleLayer(0.5)([keras.ops.ones((1,)), keras.ops.ones((1,))]).shape
    (1,)
    """

    def __init__(self, scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def get_config(self) -> dict[str, Any]:
        return {"scale": self.scale, **super().get_config()}

    def call(self, inputs: Any) -> Any:
        return inputs[0] + inputs[1] * self.scale

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0]


def _residual(x: Any, branches: Any, scale: float, name: str, last: bool) -> Any:
    y = module(x, branches, f"{name}_mixed")
    y = parts.conv(y, parts.channels(x), 1, use_bias=True, name=f"{name}_conv")
    x = CustomScaleLayer(1.0 if last else scale)([x, y])
    return x if last else parts.act(x, name=f"{name}_ac")


def _body(request: Request) -> Any:
    start = request.input()
    x = branch(start, STEM)
    for mixed, branches, block, inner, count, scale in STAGES:
        x = module(x, branches, mixed)
        for i in range(1, count + 1):
            last = block == "block8" and i == count
            x = _residual(x, inner, scale, f"{block}_{i}", last)
    x = parts.norm(parts.conv(x, 1536, name="conv_7b"), "conv_7b_bn", scale=False)
    x = request.classified(parts.act(x, name="conv_7b_ac"), avg=None)
    return request.model(start, x, "InceptionResNetV2")


InceptionResNetV2 = application(
    "InceptionResNetV2", _body, PAPER, "inception_resnet_v2", size=299, minimum=75
)
preprocess_input = preprocessor("tf")

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]
