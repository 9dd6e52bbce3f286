"""What is compared of a model: its graph, its weights' shapes, and some outputs.

`KERAS_BACKEND=tensorflow python -m tests.applications.fingerprints` records Keras's into
`keras.json`; `--only NAME...` adds to it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from typing import Any

import numpy as np

PATH = os.path.join(os.path.dirname(__file__), "keras.json")
MODELS = (
    "VGG16 VGG19 ResNet50 ResNet101 ResNet152 ResNet50V2 ResNet101V2 ResNet152V2 Xception MobileNet "
    "MobileNetV2 MobileNetV3Small MobileNetV3Large DenseNet121 DenseNet169 DenseNet201 InceptionV3 "
    "InceptionResNetV2 NASNetMobile NASNetLarge EfficientNetB0 EfficientNetB1 EfficientNetB2 "
    "EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 EfficientNetB7 EfficientNetV2B0 "
    "EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2S EfficientNetV2M "
    "EfficientNetV2L ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge"
).split()
# One of each family without its top and with other arguments.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "VGG16 features": ("VGG16", {"include_top": False}),
    "ResNet50 features": ("ResNet50", {"include_top": False, "pooling": "avg"}),
    "ResNet50V2 features": ("ResNet50V2", {"include_top": False, "pooling": "max"}),
    "Xception features": ("Xception", {"include_top": False, "pooling": "max"}),
    "DenseNet121 features": ("DenseNet121", {"include_top": False, "pooling": "avg"}),
    "InceptionV3 features": ("InceptionV3", {"include_top": False, "pooling": "avg"}),
    "InceptionResNetV2 features": ("InceptionResNetV2", {"include_top": False}),
    "NASNetMobile features": ("NASNetMobile", {"include_top": False, "pooling": "max"}),
    "EfficientNetB0 features": ("EfficientNetB0", {"include_top": False, "pooling": "avg"}),
    "EfficientNetB0 odd": ("EfficientNetB0", {"input_shape": (65, 98, 3), "classes": 7}),
    "EfficientNetV2S plain": ("EfficientNetV2S", {"include_top": False, "include_preprocessing": False}),
    "ConvNeXtTiny features": ("ConvNeXtTiny", {"include_top": False, "pooling": "max"}),
    "ConvNeXtTiny plain": ("ConvNeXtTiny", {"include_preprocessing": False, "name": "other"}),
    "MobileNet small": ("MobileNet", {"alpha": 0.3, "depth_multiplier": 2, "input_shape": (65, 64, 3)}),
    "MobileNet features": ("MobileNet", {"include_top": False, "pooling": "avg"}),
    "MobileNetV2 wide": ("MobileNetV2", {"alpha": 1.4, "input_shape": (97, 96, 3), "classes": 3}),
    "MobileNetV2 features": ("MobileNetV2", {"include_top": False, "alpha": 0.35}),
    "MobileNetV3Small minimalistic": ("MobileNetV3Small", {"minimalistic": True, "alpha": 0.75}),
    "MobileNetV3Large features": ("MobileNetV3Large", {"include_top": False, "pooling": "max"}),
}  # fmt: skip
# Small enough to run: outputs for given weights and images.
RUN: dict[str, tuple[str, dict[str, Any]]] = {
    "MobileNet": ("MobileNet", {"alpha": 0.25, "input_shape": (64, 64, 3), "classes": 10}),
    "MobileNetV3Small": ("MobileNetV3Small", {"input_shape": (64, 64, 3), "classes": 10}),
    "EfficientNetV2B0": ("EfficientNetV2B0", {"input_shape": (32, 32, 3), "classes": 10}),
    "ConvNeXtTiny": ("ConvNeXtTiny", {"input_shape": (32, 32, 3), "classes": 10}),
    "NASNetMobile": ("NASNetMobile", {"input_shape": (32, 32, 3), "classes": 10}),
}
AUTO = (
    "input_layer conv2d batch_normalization activation max_pooling2d average_pooling2d add multiply "
    "re_lu dropout flatten rescaling normalization concatenate zero_padding2d cropping2d "
    "custom_scale_layer global_average_pooling2d global_max_pooling2d reshape layer_normalization"
).split()
_AUTO = re.compile(f"({'|'.join(AUTO)})(_\\d+)?")


def fingerprint(model: Any) -> dict[str, Any]:
    """Sizes in the open, and a digest of names, classes, connections and shapes."""
    config = model.get_config()
    names = [layer["config"]["name"] for layer in config["layers"]]
    index = {name: i for i, name in enumerate(names)}
    rows = []
    for layer in config["layers"]:
        name = layer["config"]["name"]
        auto = _AUTO.fullmatch(name)
        nodes = json.dumps([node["args"] for node in layer["inbound_nodes"]], default=str)
        inputs = [index[x] for x in re.findall(r'"keras_history": [\[(]"([^"]+)"', nodes)]
        rows.append([auto[1] if auto else name, layer["class_name"], inputs])
    shapes = [list(v.shape) for v in model.weights]
    text = json.dumps([rows, shapes])
    return {
        "name": model.name,
        "parameters": int(model.count_params()),
        "weights": len(shapes),
        "layers": len(rows),
        "digest": hashlib.sha256(text.encode()).hexdigest()[:16],
    }


def outputs(model: Any, numpy: Any) -> list[float]:
    """The model's outputs for weights and images that follow from numbers alone."""
    rng = np.random.default_rng(0)
    values = []
    for v in model.weights:
        shape = tuple(v.shape)
        if len(shape) > 1:
            value = rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))
        else:
            value = rng.uniform(0.5, 1.5, shape)
        values.append(value.astype("float32"))
    model.set_weights(values)
    images = rng.uniform(0, 255, (2, *model.input_shape[1:])).astype("float32")
    return [round(float(x), 6) for x in numpy(model(images, training=False)).ravel()]


def record(only: list[str]) -> None:
    import keras

    def zeros(self: Any, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return np.zeros(shape, dtype or "float32")

    for name in ("GlorotUniform", "VarianceScaling", "HeNormal"):  # what is drawn is not recorded
        getattr(keras.initializers, name).__call__ = zeros
    found: dict[str, Any] = {"models": {}, "outputs": {}}
    if only and os.path.exists(PATH):
        with open(PATH) as file:
            found = json.load(file)
    for key, (name, kwargs) in {**{m: (m, {}) for m in MODELS}, **VARIANTS}.items():
        if not only or key in only:
            model = getattr(keras.applications, name)(weights=None, **kwargs)
            found["models"][key] = fingerprint(model)
            print(key, found["models"][key], flush=True)
    for key, (name, kwargs) in RUN.items():
        if not only or f"run {key}" in only:
            model = getattr(keras.applications, name)(
                weights=None, classifier_activation=None, **kwargs
            )
            found["outputs"][key] = outputs(model, keras.ops.convert_to_numpy)
    with open(PATH, "w") as file:
        json.dump(found, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    record(sys.argv[2:])
