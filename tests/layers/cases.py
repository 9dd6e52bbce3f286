"""The layers' table."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.layers.case import Ints, LayerCase

ACROSS = {"rows_are_independent": "the softmax goes over all rows"}
case = LayerCase
INNER = {"torch": "Keras fails on axes that are not the last"}
ROUNDED: dict[str, str] = dict.fromkeys(
    ("jax", "numpy", "tensorflow", "torch"), "Keras rounds what comes of ints to ints"
)
TYPED = {"mixed_precision": "the row has a policy"}
NO_AXES = {"numpy": "Keras fails", "tensorflow": "Keras fails"}
NO_BIAS = {"tensorflow": "Keras adds the bias along another axis"}
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
    case("Dense", {"units": 3, "activity_regularizer": "l2", "bias_regularizer": "l2"}, (5, 4)),
    case("Dense", {"units": 3, "kernel_regularizer": "l2", "trainable": False}, (2, 4)),
    case("Embedding", {"input_dim": 5, "output_dim": 3}, Ints((2, 4))),
    case("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True}, Ints((2, 4))),
    case("Identity", {}, (2, 3)),
    case("Masking", {"mask_value": [0.5, 1.0]}, np.array([[[0.5, 1.0], [1.0, 0.5]]], "float32")),
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
    case("Softmax", {"axis": [1, 2]}, (2, 3, 4), wrong={"numpy": "Keras fails"}),
    case("Softmax", {"axis": None}, (2, 3), skip=ACROSS),
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
            wrong=NO_BIAS if _rank == 3 else {},
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
            case(
                f"DepthwiseConv{_rank}D",
                {"kernel_size": 3, "strides": 2, "dilation_rate": 2, "padding": "same"},
                _last,
            ),
            case(
                f"SeparableConv{_rank}D",
                {"filters": 3, "kernel_size": 2, "strides": 2, "dilation_rate": 2},
                _last,
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
COUNTS_PADDING = {"torch": "Keras averages over the padding on torch, and nowhere else"}
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
                f"{_kind}Pooling{_rank}D",
                {"pool_size": 3, "strides": 2, "padding": "same"},
                _last,
                wrong=COUNTS_PADDING if _kind == "Average" and _rank > 1 else {},
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
    case("BatchNormalization", {}, (6, 4)),
    case("BatchNormalization", {}, (3, 4, 5, 4)),
    case("BatchNormalization", {"axis": 1, "momentum": 0.9}, (3, 4, 5, 4)),
    case("BatchNormalization", {"center": False, "scale": False}, (3, 5, 4)),
    case("BatchNormalization", {}, (3, 5, 4), call={"mask": _mask(3, 5)}),
    case("LayerNormalization", {}, (2, 3, 4)),
    case("LayerNormalization", {"axis": [1, 2], "center": False}, (2, 3, 4)),
    case("LayerNormalization", {"epsilon": None}, (2, 3, 4)),
    case("RMSNormalization", {"epsilon": None}, (2, 3, 4)),
    case("LayerNormalization", {"axis": 1}, (2, 3, 4), wrong=INNER),
    case("RMSNormalization", {}, (2, 3, 4)),
    case(
        "RMSNormalization",
        {"axis": 1, "epsilon": 1e-3},
        (2, 3, 4),
        wrong={**INNER, **NO_AXES, "jax": "Keras fails on an inner axis"},
    ),
    case("GroupNormalization", {"groups": 2}, (2, 3, 4)),
    case("GroupNormalization", {"groups": 2}, Ints((2, 3, 4)), wrong=ROUNDED),
    case(
        "LayerNormalization",
        {"dtype": "mixed_bfloat16"},
        Ints((2, 3, 4)),
        skip=TYPED,
        wrong=ROUNDED,
    ),
    case("GroupNormalization", {"groups": -1, "axis": 1}, (2, 4, 3, 3)),
    case("UnitNormalization", {}, (2, 3, 4)),
    case("UnitNormalization", {"axis": [1, 2]}, (2, 3, 4)),
]
REGULARIZATION = [
    case("Dropout", {"rate": 0.3}, (2, 3), random=True),
    case("Dropout", {"rate": 0.0}, (2, 3)),
    case("Dropout", {"rate": 0.3, "noise_shape": (1,)}, (2, 3), random=True),
    case("Dropout", {"rate": 0.3, "noise_shape": (None, 1), "seed": 3}, (2, 3), random=True),
    case("SpatialDropout1D", {"rate": 0.3}, (2, 3, 4), random=True),
    case("SpatialDropout2D", {"rate": 0.3}, (2, 3, 3, 4), random=True),
    case("SpatialDropout3D", {"rate": 0.3}, (2, 3, 3, 2, 4), random=True),
]
RESHAPING = [
    case("Flatten", {}, (2, 3, 4)),
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
NOISE = [
    case("GaussianNoise", {"stddev": 0.3}, (2, 3), random=True),
    case("GaussianDropout", {"rate": 0.3}, (2, 3), random=True),
    case("AlphaDropout", {"rate": 0.3}, (2, 3), random=True),
    case("AlphaDropout", {"rate": 0.3, "noise_shape": (3,)}, (2, 3), random=True),
    case("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, (2, 3)),
    case("ActivityRegularization", {"l1": None, "l2": 0.2}, (2, 3)),
]
RESIZING: list[Any] = []
for _rank, _last, _first in (
    (1, sequence, first_sequence),
    (2, image, first_image),
    (3, volume, first_volume),
):
    _format: dict[str, Any] = {} if _rank == 1 else FIRST
    _pairs: Any = (1, 2) if _rank == 1 else tuple((i, 1) for i in range(_rank))
    RESIZING += [
        case(f"Cropping{_rank}D", {"cropping": _pairs}, _last),
        case(f"Cropping{_rank}D", {"cropping": 1, **_format}, _first if _format else _last),
        case(f"ZeroPadding{_rank}D", {"padding": _pairs}, _last),
        case(f"ZeroPadding{_rank}D", {"padding": 2, **FIRST}, _first),
        case(f"UpSampling{_rank}D", {"size": 2}, _last),
    ]
RESIZING += [
    case("UpSampling2D", {"size": (2, 3), **FIRST}, first_image),
    case("UpSampling2D", {"size": 2, "interpolation": "bilinear"}, image),
]
EINSUM = [
    case("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 4, "bias_axes": "c"}, (2, 3)),
    case(
        "EinsumDense",
        {
            "equation": "abc,cde->abde",
            "output_shape": (None, 2, 3),
            "bias_axes": "de",
            "activation": "relu",
        },
        (2, 5, 4),
    ),
    case("EinsumDense", {"equation": "abcd,cde->abe", "output_shape": (None, 4)}, (2, 5, 3, 2)),
    case(
        "EinsumDense", {"equation": "...x,xy->...y", "output_shape": 4, "bias_axes": "y"}, (2, 5, 3)
    ),
    case(
        "EinsumDense",
        {"equation": "ab...,bc->ac...", "output_shape": 4, "bias_axes": "c"},
        (2, 3, 5, 2),
    ),
    case(
        "EinsumDense",
        {"equation": "abc,bd->adc", "output_shape": (4, None), "bias_axes": "d"},
        (2, 3, 5),
    ),
    case("EinsumDense", {"equation": "abc,bec->ae", "output_shape": (4,)}, (2, 3, 5)),
]
_qv = {"query": (2, 4, 6), "value": (2, 5, 7)}
_qkv = {**_qv, "key": (2, 5, 3)}
HEADS = {"num_heads": 2, "key_dim": 3}
GROUPS = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
ATTENTION = [
    case("MultiHeadAttention", HEADS, _qv),
    case(
        "MultiHeadAttention",
        {**HEADS, "value_dim": 5, "output_shape": 4, "use_bias": False},
        _qkv,
        wrong={"jax": "Keras fails on values of another size than the keys'"},
    ),
    case("MultiHeadAttention", HEADS, _qv, call={"return_attention_scores": True}),
    case("MultiHeadAttention", HEADS, _qv, call={"use_causal_mask": True}),
    case("MultiHeadAttention", HEADS, _qv, call={"attention_mask": _mask(2, 4, 5)}),
    case(
        "MultiHeadAttention",
        HEADS,
        _qv,
        call={
            "attention_mask": _mask(2, 4, 5),
            "use_causal_mask": True,
            "return_attention_scores": True,
        },
    ),
    case("MultiHeadAttention", HEADS, _qv, call={"value_mask": _mask(2, 5)}),
    case("MultiHeadAttention", {**HEADS, "dropout": 0.2}, _qv, random=True),
    case(
        "MultiHeadAttention",
        {**HEADS, "sliding_window": 2},
        {"query": (2, 5, 6), "value": (2, 5, 7)},
    ),
    case("MultiHeadAttention", {**HEADS, "use_gate": True}, _qv),
    case(
        "MultiHeadAttention",
        {**HEADS, "attention_axes": (2,)},
        {"query": (2, 3, 4, 6), "value": (2, 3, 5, 7)},
    ),
    case("MultiHeadAttention", HEADS, {"query": (2, 3, 4, 6), "value": (2, 2, 5, 7)}),
    case("GroupQueryAttention", GROUPS, {"query": (2, 4, 6), "value": (2, 5, 6)}),
    case(
        "GroupQueryAttention",
        {**GROUPS, "use_gate": True},
        _qkv,
        call={"return_attention_scores": True},
    ),
    case("GroupQueryAttention", GROUPS, _qv, call={"attention_mask": _mask(2, 4, 5)}),
    case("GroupQueryAttention", GROUPS, _qv, call={"use_causal_mask": True}),
    case("Attention", {}, [(2, 4, 6), (2, 5, 6)]),
    case(
        "Attention",
        {"use_scale": True},
        [(2, 4, 6), (2, 5, 3), (2, 5, 6)],
        call={"return_attention_scores": True},
    ),
    case(
        "Attention",
        {"score_mode": "concat", "use_scale": True},
        [(2, 4, 6), (2, 5, 6)],
        call={"use_causal_mask": True},
    ),
    case("Attention", {}, [(2, 4, 6), (2, 5, 6)], call={"mask": [_mask(2, 4), _mask(2, 5)]}),
    case("Attention", {"dropout": 0.3}, [(2, 4, 6), (2, 5, 6)], random=True),
    case("AdditiveAttention", {}, [(2, 4, 6), (2, 5, 6)]),
    case("AdditiveAttention", {"use_scale": False}, [(2, 4, 6), (2, 5, 3), (2, 5, 6)]),
]
WRAPPED = [
    case("SpectralNormalization", lambda layers: {"layer": layers.Dense(3)}, (2, 4)),
    case(
        "SpectralNormalization",
        lambda layers: {"layer": layers.Conv1D(3, 2), "power_iterations": 2},
        (2, 4, 3),
    ),
    case(
        "SpectralNormalization",
        lambda layers: {"layer": layers.Dense(3, dtype="float32"), "dtype": "float16"},
        (2, 4),
        skip=TYPED,
        tol=1e-2,
    ),
    case("ReversibleEmbedding", {"input_dim": 5, "output_dim": 3}, Ints((2, 4))),
    case(
        "ReversibleEmbedding", {"input_dim": 5, "output_dim": 3}, (2, 4, 3), call={"reverse": True}
    ),
    case(
        "ReversibleEmbedding",
        {"input_dim": 5, "output_dim": 3, "tie_weights": False, "logit_soft_cap": 2.0},
        (2, 4, 3),
        call={"reverse": True},
    ),
]
NORMALIZATION += [
    case("BatchNormalization", {"renorm": True}, (6, 4)),
    case(
        "BatchNormalization",
        {"renorm": True, "renorm_clipping": {"rmin": 0.5, "rmax": 2.0, "dmax": 0.5}},
        (6, 4),
    ),
]
CASES = [
    *CORE, *ACTIVATIONS, *CONVOLUTIONAL, *POOLING, *NORMALIZATION, *REGULARIZATION, *NOISE,
    *RESHAPING, *RESIZING, *MERGING, *EINSUM, *ATTENTION, *WRAPPED,
]  # fmt: skip
