"""The layers' table."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.layers.case import Ints, LayerCase

SAME = "results keep the inputs' dtype"
BATCH = {"mixed_precision": "moments of a small batch in sixteen bits"}
case = LayerCase
image, sequence, volume = (2, 7, 6, 4), (2, 7, 4), (1, 5, 4, 5, 2)
first_image, first_sequence, first_volume = (2, 4, 7, 6), (2, 4, 7), (1, 2, 5, 4, 5)
FIRST = {"data_format": "channels_first"}


def _mask(*shape: int) -> np.ndarray:
    mask = np.random.default_rng(0).integers(0, 2, shape).astype(bool)
    mask[..., 0] = True
    return mask


CORE = [
    case("Dense", {"units": 3}, (2, 4)),
    case("Dense", {"units": 3, "activation": "relu", "use_bias": False}, (2, 5, 4)),
    case("Dense", {"units": 3, "activation": "gelu"}, (2, 2, 3, 4)),
    case("Dense", {"units": 3, "activation": "tanh", "kernel_regularizer": "l2"}, (2, 4)),
    case("Embedding", {"input_dim": 5, "output_dim": 3}, Ints((2, 4))),
    case("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True}, Ints((2, 4))),
    case("Identity", {}, (2, 3)),
    case("Masking", {"mask_value": 0.5}, np.array([[[0.5, 0.5], [0.5, 1.0]]], "float32")),
    case("Rescaling", {"scale": 0.5, "offset": -1.0}, (2, 3)),
    case("Rescaling", {"scale": 0.5}, Ints((2, 3))),
]
ACTIVATIONS = [
    case("Activation", {"activation": "relu"}, (2, 3)),
    case("Activation", {"activation": "softplus"}, (2, 3)),
    case("ReLU", {}, (2, 3)),
    case("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.5}, (2, 9)),
    case("LeakyReLU", {"negative_slope": 0.2}, (2, 3)),
    case("ELU", {"alpha": 0.7}, (2, 3)),
    case("PReLU", {"shared_axes": [1]}, (2, 3, 4)),
    case("PReLU", {}, (2, 3)),
    case("Softmax", {}, (2, 3)),
    case("Softmax", {"axis": [1, 2]}, (2, 3, 4)),
    case("Softmax", {}, (2, 5), call={"mask": _mask(2, 5)}),
]
CONVOLUTIONAL: list[Any] = []
for _rank, _last, _first in (
    (1, sequence, first_sequence),
    (2, image, first_image),
    (3, volume, first_volume),
):
    CONVOLUTIONAL += [
        case(f"Conv{_rank}D", {"filters": 4, "kernel_size": 3}, _last),
        case(
            f"Conv{_rank}D",
            {"filters": 4, "kernel_size": 2, "strides": 2, "padding": "same", "activation": "relu"},
            _last,
        ),
        case(
            f"Conv{_rank}D",
            {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "groups": 2},
            _last,
        ),
        case(
            f"Conv{_rank}D",
            {"filters": 4, "kernel_size": 2, **FIRST},
            _first,
            gaps={"numpy": ""} if False else {},
        ),
        case(f"Conv{_rank}DTranspose", {"filters": 3, "kernel_size": 3}, _last),
        case(
            f"Conv{_rank}DTranspose",
            {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same", "use_bias": False},
            _last,
        ),
    ]
    if _rank < 3:
        CONVOLUTIONAL += [
            case(f"DepthwiseConv{_rank}D", {"kernel_size": 3, "depth_multiplier": 2}, _last),
            case(
                f"DepthwiseConv{_rank}D", {"kernel_size": 3, "strides": 2, "padding": "same"}, _last
            ),
            case(f"SeparableConv{_rank}D", {"filters": 3, "kernel_size": 3}, _last),
            case(
                f"SeparableConv{_rank}D",
                {"filters": 3, "kernel_size": 2, "depth_multiplier": 2, "activation": "relu"},
                _last,
            ),
        ]
CONVOLUTIONAL += [
    case(
        "Conv1D",
        {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2},
        sequence,
    ),
    case("Conv2D", {"filters": 4, "kernel_size": (1, 3), "padding": "same"}, image),
    case(
        "Conv2DTranspose",
        {"filters": 3, "kernel_size": 3, "strides": 2, "output_padding": 1},
        image,
    ),
]
POOLING: list[Any] = []
for _rank, _last, _first in (
    (1, sequence, first_sequence),
    (2, image, first_image),
    (3, volume, first_volume),
):
    for _kind in ("Max", "Average"):
        POOLING += [
            case(f"{_kind}Pooling{_rank}D", {"pool_size": 2}, _last),
            case(
                f"{_kind}Pooling{_rank}D", {"pool_size": 3, "strides": 2, "padding": "same"}, _last
            ),
            case(f"{_kind}Pooling{_rank}D", {"pool_size": 2, **FIRST}, _first),
            case(f"Global{_kind}Pooling{_rank}D", {}, _last),
            case(f"Global{_kind}Pooling{_rank}D", {"keepdims": True, **FIRST}, _first),
            case(f"Adaptive{_kind}Pooling{_rank}D", {"output_size": 2}, _last),
        ]
POOLING += [
    case("GlobalAveragePooling1D", {}, (2, 5, 3), call={"mask": _mask(2, 5)}),
]
NORMALIZATION = [
    case("BatchNormalization", {}, (6, 4), skip=BATCH),
    case("BatchNormalization", {}, (3, 4, 5, 4), skip=BATCH),
    case("BatchNormalization", {"axis": 1, "momentum": 0.9}, (3, 4, 5, 4), skip=BATCH),
    case("BatchNormalization", {"center": False, "scale": False}, (3, 5, 4), skip=BATCH),
    case("BatchNormalization", {}, (3, 5, 4), call={"mask": _mask(3, 5)}, skip=BATCH),
    case("LayerNormalization", {}, (2, 3, 4)),
    case("LayerNormalization", {"axis": [1, 2], "center": False}, (2, 3, 4)),
    case("LayerNormalization", {"axis": 1}, (2, 3, 4)),
    case("RMSNormalization", {}, (2, 3, 4)),
    case("RMSNormalization", {"axis": 1, "epsilon": 1e-3}, (2, 3, 4)),
    case("GroupNormalization", {"groups": 2}, (2, 3, 4)),
    case("GroupNormalization", {"groups": -1, "axis": 1}, (2, 4, 3, 3), config=False),
    case("UnitNormalization", {}, (2, 3, 4)),
    case("UnitNormalization", {"axis": [1, 2]}, (2, 3, 4)),
]
REGULARIZATION = [
    case("Dropout", {"rate": 0.3}, (2, 3), random=True),
    case("Dropout", {"rate": 0.0}, (2, 3)),
    case("Dropout", {"rate": 0.3, "noise_shape": (None, 1), "seed": 3}, (2, 3), random=True),
    case("SpatialDropout1D", {"rate": 0.3}, (2, 3, 4), random=True),
    case("SpatialDropout2D", {"rate": 0.3}, (2, 3, 3, 4), random=True),
    case("SpatialDropout3D", {"rate": 0.3}, (2, 3, 3, 2, 4), random=True),
]
RESHAPING = [
    case("Flatten", {}, (2, 3, 4), skip={}),
    case("Flatten", FIRST, (2, 3, 4, 5)),
    case("Flatten", {}, (2,)),
    case("Reshape", {"target_shape": (4, 3)}, (2, 3, 4)),
    case("Reshape", {"target_shape": (-1, 2)}, (2, 3, 4)),
    case("Permute", {"dims": (2, 1)}, (2, 3, 4)),
    case("RepeatVector", {"n": 3}, (2, 4)),
]
MERGING = [
    *(
        case(n, {}, [(2, 3, 4), (2, 3, 4)])
        for n in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
    ),
    *(
        case(n, {}, [(2, 3, 4), (2, 1, 4), (2, 3, 1)])
        for n in ("Add", "Multiply", "Average", "Maximum", "Minimum")
    ),
    case("Add", {}, [(2, 4), (2, 3, 4)]),
    case("Concatenate", {}, [(2, 3, 4), (2, 3, 2)]),
    case("Concatenate", {"axis": 1}, [(2, 3, 4), (2, 1, 4), (2, 2, 4)]),
    case("Dot", {"axes": 1}, [(2, 3), (2, 3)]),
    case("Dot", {"axes": (2, 1), "normalize": True}, [(2, 3, 4), (2, 4, 5)], tol=5e-5),
]
CASES = (
    CORE
    + ACTIVATIONS
    + CONVOLUTIONAL
    + POOLING
    + NORMALIZATION
    + REGULARIZATION
    + RESHAPING
    + MERGING
)
