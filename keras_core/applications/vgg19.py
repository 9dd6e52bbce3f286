"""VGG with 19 layers: Simonyan and Zisserman, 2014, arXiv:1409.1556."""

from __future__ import annotations

from keras_core.applications.common import application
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor
from keras_core.applications.vgg16 import PAPER, vgg

VGG19 = application("VGG19", lambda r: vgg(r, (2, 2, 4, 4, 4), "VGG19"), PAPER, "vgg19")
preprocess_input = preprocessor("caffe")

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]
