"""ResNet50 under the name of its own module; see `resnet`."""

from __future__ import annotations

from keras_core.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
