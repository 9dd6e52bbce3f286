"""ConvNeXt: Liu et al., 2022, arXiv:2201.03545."""

from __future__ import annotations

from typing import Any

from keras_core import layers
from keras_core import random as keras_random
from keras_core.applications import parts
from keras_core.applications.common import Request, documented
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor
from keras_core.layers.base.layer import Layer
from keras_core.models.sequential import Sequential

PAPER = "Liu et al., A ConvNet for the 2020s (arXiv:2201.03545)."
# Blocks and channels of the four stages.
SCALES = {
    "Tiny": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "Small": ((3, 3, 27, 3), (96, 192, 384, 768)),
    "Base": ((3, 3, 27, 3), (128, 256, 512, 1024)),
    "Large": ((3, 3, 27, 3), (192, 384, 768, 1536)),
    "XLarge": ((3, 3, 27, 3), (256, 512, 1024, 2048)),
}
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
EPSILON = 1e-6


class LayerScale(Layer):
    """A learned factor for each channel (Touvron et al., arXiv:2103.17239).

    Args:
        init_values: the factors' first value.
        projection_dim: the number of channels.
        **kwargs: arguments of `Layer`.

    Example:

    >>> import keras_core as keras
    >>> from keras_core.applications.convnext import LayerScale
    >>> LayerScale(1e-6, 8)(keras.ops.ones((1, 8))).shape
    (1, 8)
    """

    def __init__(self, init_values: float, projection_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.init_values, self.projection_dim = init_values, projection_dim

    def build(self, input_shape: Any) -> None:
        from keras_core import initializers

        self.gamma = self.add_weight(
            shape=(self.projection_dim,),
            initializer=initializers.Constant(self.init_values),
            trainable=True,
        )

    def call(self, x: Any) -> Any:
        return x * self.gamma

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"init_values": self.init_values, "projection_dim": self.projection_dim}
        return {**own, **super().get_config()}


class StochasticDepth(Layer):
    """Leaves samples out in training, at a rate (Huang et al., arXiv:1603.09382).

    Args:
        drop_path_rate: the rate, from 0 up to 1.
        **kwargs: arguments of `Layer`.

    Example:

    >>> import keras_core as keras
    >>> from keras_core.applications.convnext import StochasticDepth
    >>> StochasticDepth(0.1)(keras.ops.ones((2, 8))).shape
    (2, 8)
    """

    def __init__(self, drop_path_rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.drop_path_rate = drop_path_rate
        self.seed_generator = keras_random.SeedGenerator()

    def call(self, x: Any, training: bool | None = None) -> Any:
        if not training or not self.drop_path_rate:
            return x
        shape = (None, *(1,) * (len(x.shape) - 1))
        return keras_random.dropout(
            x, self.drop_path_rate, noise_shape=shape, seed=self.seed_generator
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {"drop_path_rate": self.drop_path_rate, **super().get_config()}


def _block(x: Any, channels: int, name: str) -> Any:
    y = parts.conv(x, channels, 7, groups=channels, use_bias=True, name=f"{name}_depthwise_conv")
    y = layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_layernorm")(y)
    y = layers.Dense(4 * channels, name=f"{name}_pointwise_conv_1")(y)
    y = parts.act(y, "gelu", f"{name}_gelu")
    y = layers.Dense(channels, name=f"{name}_pointwise_conv_2")(y)
    y = LayerScale(EPSILON, channels, name=f"{name}_layer_scale")(y)
    return x + parts.act(y, "linear", f"{name}_identity")


def _between(name: str, channels: int, number: int) -> Sequential:
    """What halves the sides between two stages."""
    return Sequential(
        [
            layers.LayerNormalization(
                epsilon=EPSILON, name=f"{name}_downsampling_layernorm_{number}"
            ),
            layers.Conv2D(channels, 2, strides=2, name=f"{name}_downsampling_conv_{number}"),
        ],
        name=f"{name}_downsampling_block_{number}",
    )


def _body(request: Request, scale: str, include_preprocessing: bool) -> Any:
    depths, widths = SCALES[scale]
    name = request.name
    start = x = request.input()
    if include_preprocessing:
        x = layers.Normalization(
            mean=[255 * m for m in MEAN],
            variance=[(255 * d) ** 2 for d in DEVIATION],
            name=f"{name}_prestem_normalization",
        )(x)
    stem = [
        layers.Conv2D(widths[0], 4, strides=4, name=f"{name}_stem_conv"),
        layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_stem_layernorm"),
    ]
    x = Sequential(stem, name=f"{name}_stem")(x)
    for stage, (depth, channels) in enumerate(zip(depths, widths, strict=True)):
        if stage:
            x = _between(name, channels, stage - 1)(x)
        for i in range(depth):
            x = _block(x, channels, f"{name}_stage_{stage}_block_{i}")
    if request.include_top:
        x = layers.GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
        x = layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_head_layernorm")(x)
        x = request.dense(x, f"{name}_head_dense")
    else:
        x = layers.LayerNormalization(epsilon=EPSILON)(request.pooled(x))
    return request.model(start, x, f"ConvNeXt{scale}")


def _variant(scale: str) -> Any:
    function = f"ConvNeXt{scale}"

    def build(
        include_top: bool = True,
        include_preprocessing: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        name: str = f"convnext_{scale.lower()}",
    ) -> Any:
        request = Request(
            function, include_top, weights, input_tensor, input_shape, pooling, classes,
            classifier_activation, name, 224,
        )  # fmt: skip
        return _body(request, scale, include_preprocessing)

    paper = f"{PAPER} `include_preprocessing`: whether images from 0 to 255 are prepared inside."
    title = f"{function}, a model for classifying images"
    return documented(build, function, title=title, paper=paper, size=224, minimum=32)


ConvNeXtTiny = _variant("Tiny")
ConvNeXtSmall = _variant("Small")
ConvNeXtBase = _variant("Base")
ConvNeXtLarge = _variant("Large")
ConvNeXtXLarge = _variant("XLarge")
preprocess_input = preprocessor(None)

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "decode_predictions",
    "preprocess_input",
]
