"""Neural-network operations."""

from __future__ import annotations

import numpy as np
import scipy.special

from tests.ops.case import OpCase, arr

FLOATS = ("float32", "float16", "bfloat16", "float64")
LABELS = np.array([0, 2, 1, 3, 1], "int32")
HOT = np.eye(4, dtype="float32")[LABELS]
TIES = np.array([[-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 6.0, 7.0, 40.0, -40.0]], "float32")


def _floating(dtype):
    return dtype if dtype in FLOATS else "float32"


def _activation(name, oracle=None, **kwargs):
    return [
        OpCase(name, (arr((3, 4)),), kwargs, oracle=oracle, dtypes=FLOATS, dtype=_floating,
               tol=2e-5),
        OpCase(name, (arr((3, 4)),), kwargs, dtypes=("int32", "uint8"), dtype="float32",
               grad=False, oracle=oracle, name="int"),
        OpCase(name, (arr(()),), kwargs, oracle=oracle, name="scalar", tol=2e-5),
        OpCase(name, (arr((0, 3)),), kwargs, oracle=oracle, name="empty"),
        OpCase(name, (TIES,), kwargs, oracle=oracle, name="edges", grad=False, tol=2e-5),
    ]  # fmt: skip


def _sigmoid(x):
    return scipy.special.expit(np.asarray(x, "float64"))


def _softplus(x):
    return np.logaddexp(np.asarray(x, "float64"), 0.0)


def _crossentropy(target, output, from_logits, axis):
    scaled = output / output.sum(axis, keepdims=True)
    log = scipy.special.log_softmax(output, axis) if from_logits else np.log(scaled)
    return -(target * log).sum(axis)


def _clip(x, low, high):
    return np.clip(np.asarray(x, "float64"), low, high)


def _gelu(x, approximate=True):
    x = np.asarray(x, "float64")
    if approximate:
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * scipy.special.ndtr(x)


def _elu(x, alpha=1.0):
    x = np.asarray(x, "float64")
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _sparsemax(x, axis=-1):
    """The projection on the simplex: `max(x - t, 0)`, with t by bisection so that it sums to 1."""
    x = np.asarray(x, "float64")
    low, high = x.min(axis, keepdims=True) - 1, x.max(axis, keepdims=True)
    for _ in range(100):
        middle = (low + high) / 2
        over = np.maximum(x - middle, 0).sum(axis, keepdims=True) > 1
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    return np.maximum(x - low, 0)


def _normal(x):
    return np.asarray(x, "float64")


ACTIVATIONS = [
    *_activation("relu6", lambda x: _clip(x, 0, 6)),
    *_activation("sigmoid", _sigmoid),
    *_activation("sparse_sigmoid", lambda x: _clip((_normal(x) + 1) / 2, 0, 1)),
    *_activation("softplus", _softplus),
    *_activation("softsign", lambda x: _normal(x) / (1 + np.abs(_normal(x)))),
    *_activation("silu", lambda x: _normal(x) * _sigmoid(x)),
    *_activation("log_sigmoid", lambda x: -_softplus(-_normal(x))),
    *_activation("leaky_relu", lambda x: np.where(x > 0, x, 0.2 * _normal(x))),
    *_activation("hard_sigmoid", lambda x: _clip(_normal(x) + 3, 0, 6) / 6),
    *_activation("hard_silu", lambda x: _normal(x) * _clip(_normal(x) + 3, 0, 6) / 6),
    *_activation("elu", _elu),
    *_activation("selu", lambda x: 1.0507009873554805 * _elu(x, 1.6732632423543772)),
    *_activation("celu", lambda x: _elu(x)),
    *_activation("gelu", _gelu),
    *_activation("hard_tanh", lambda x: _clip(x, -1, 1)),
    *_activation("hard_shrink", lambda x: np.where(np.abs(_normal(x)) > 0.5, x, 0.0)),
    *_activation("soft_shrink", lambda x: _normal(x) - _clip(x, -0.5, 0.5)),
    *_activation("tanh_shrink", lambda x: _normal(x) - np.tanh(_normal(x))),
    *_activation("squareplus", lambda x: (_normal(x) + np.sqrt(_normal(x) ** 2 + 4)) / 2),
    OpCase("relu", (arr((3, 4)),), dtypes=(*FLOATS, "int32", "uint8")),
    OpCase("relu", (np.array([-1.0, 0.0, np.nan, np.inf], "float32"),), grad=False, name="nan"),
    OpCase("sparse_plus", (arr((3, 4)),), dtypes=FLOATS),
    OpCase("celu", (arr((3, 4)), 0.5), oracle=lambda x, a: np.where(
        x > 0, x, a * np.expm1(np.minimum(x, 0) / a))),
    OpCase("elu", (arr((3, 4)), 0.5), oracle=_elu),
    OpCase("gelu", (arr((3, 4)), False), oracle=_gelu, dtypes=FLOATS),
    OpCase("threshold", (arr((3, 4)), 0.3, -1.0), oracle=lambda x, t, v: np.where(x > t, x, v)),
    OpCase("glu", (arr((3, 4)),), dtypes=FLOATS),
    OpCase("glu", (arr((4, 3)), 0), dynamic=False),
    OpCase("softmax", (arr((3, 4)),), dtypes=FLOATS, oracle=scipy.special.softmax,
           kwargs={"axis": -1}),
    OpCase("softmax", (arr((2, 3, 4)),), {"axis": (0, 2)}, oracle=scipy.special.softmax),
    OpCase("softmax", (arr((2, 3)),), {"axis": None}, oracle=scipy.special.softmax),
    OpCase("softmax", (np.array([[1e4, 0.0, -1e4]], "float32"),), name="large"),
    OpCase("log_softmax", (arr((3, 4)),), dtypes=FLOATS, oracle=scipy.special.log_softmax,
           kwargs={"axis": -1}),
    OpCase("log_softmax", (arr((2, 3, 4)),), {"axis": 1}, oracle=scipy.special.log_softmax),
    OpCase("log_softmax", (arr((2, 3, 4)),), {"axis": (0, 1)}, oracle=scipy.special.log_softmax),
    # Keras's own does not always sum to 1.
    OpCase("sparsemax", (arr((3, 5)),), oracle=_sparsemax, dtype="float32"),
    OpCase("sparsemax", (arr((3, 5)),), {"axis": 0}, oracle=_sparsemax, dtype="float32",
           dynamic=False),
]  # fmt: skip

# Keras orders the channels of blocks in another way on TensorFlow alone.
BLOCKS = {f"tensorflow/{check}": "Keras has another order" for check in ("value", "gradient")}

# Convolutions ----------------------------------------------------------------------------


def _images(rank, channels, data_format):
    sizes = (7, 6, 5)[:rank]
    return arr((2, *sizes, channels) if data_format == "channels_last" else (2, channels, *sizes))


def _window(rank):
    return (3, 2, 3)[:rank]


CONVOLUTIONS = []
for rank in (1, 2, 3):
    for data_format in ("channels_last", "channels_first"):
        for padding, strides, dilation in (
            ("valid", 1, 1), ("same", 2, 1), ("valid", 1, 2), ("same", 1, 2),
        ):  # fmt: skip
            if rank == 3 and dilation == 2 and padding == "same":
                continue
            options = {"strides": strides, "padding": padding, "data_format": data_format}
            name = f"{rank}d-{data_format[9:]}-{padding}-{strides}-{dilation}"
            common = {"tol": 1e-4, "name": name, "dynamic": data_format == "channels_last"}
            x = _images(rank, 4, data_format)
            dilated = {**options, "dilation_rate": dilation}
            CONVOLUTIONS += [
                OpCase("conv", (x, arr((*_window(rank), 4, 3))), dilated, **common),
                OpCase("conv_transpose", (x, arr((*_window(rank), 3, 4))), dilated, **common),
            ]
            if rank < 3:
                CONVOLUTIONS.append(
                    OpCase("depthwise_conv", (x, arr((*_window(rank), 4, 2))), dilated, **common)
                )
            if dilation == 1:
                pooled = (x, _window(rank))
                CONVOLUTIONS += [
                    OpCase(
                        "conv",
                        (x, arr((*_window(rank), 2, 6))),
                        dilated,
                        **{**common, "name": f"{name}-groups"},
                    ),
                    OpCase("max_pool", pooled, options, **common),
                    OpCase("average_pool", pooled, options, **common),
                ]
CONVOLUTIONS += [
    OpCase("conv", (arr((2, 8, 8, 3)), arr((3, 3, 3, 4))), {"strides": (2, 1)}, tol=1e-4),
    OpCase("conv", (arr((2, 8, 8, 3)), arr((1, 1, 3, 4))), tol=1e-4, dtypes=FLOATS,
           dtype=_floating),
    # NumPy takes another way from 16 channels on, and one for a filter a channel.
    *(
        OpCase("conv", (arr((2, 7, 6, channels)), arr((3, 2, inner, 4))),
               {"strides": strides, "padding": padding, "dilation_rate": dilation},
               tol=1e-4, name=f"{channels}-{inner}-{padding}-{strides}-{dilation}")
        for channels, inner in ((16, 16), (32, 16), (4, 1))
        for padding, strides, dilation in (("valid", 2, 1), ("same", 1, 2))
    ),
    OpCase("depthwise_conv", (arr((2, 7, 6, 3)), arr((3, 2, 3, 1))), {"padding": "same"}, tol=1e-4),
    OpCase("depthwise_conv", (arr((2, 7, 3)), arr((3, 3, 1))), {"strides": 2}, tol=1e-4),
    OpCase("max_pool", (arr((2, 7, 6, 3)), (1, 3), (2, 1)), tol=1e-4),
    OpCase("conv", (arr((0, 8, 8, 3)), arr((3, 3, 3, 4))), name="empty", grad=False,
           oracle=lambda x, kernel: np.zeros((0, 6, 6, 4))),
    OpCase("separable_conv", (arr((2, 7, 6, 3)), arr((3, 2, 3, 2)), arr((1, 1, 6, 4))), tol=1e-4),
    OpCase("separable_conv", (arr((2, 7, 3)), arr((3, 3, 2)), arr((1, 6, 4)), 2, "same"),
           tol=1e-4),
    OpCase("conv_transpose", (arr((2, 4, 5, 3)), arr((3, 3, 2, 3))),
           {"strides": 2, "padding": "same", "output_padding": 1}, tol=1e-4),
    OpCase("conv_transpose", (arr((2, 4, 5, 3)), arr((4, 2, 2, 3))),
           {"strides": 2, "padding": "valid", "output_padding": 1}, tol=1e-4),
    OpCase("conv_transpose", (arr((2, 4, 5, 3)), arr((2, 2, 2, 3))),
           {"strides": 3, "padding": "valid"}, tol=1e-4, name="gap"),
    OpCase("max_pool", (arr((2, 7, 7, 3)), 2), dtypes=("float32", "float16", "int32")),
    OpCase("max_pool", (np.zeros((1, 4, 4, 1), "float32"), 2), name="ties"),
    OpCase("max_pool", (np.zeros((1, 5, 5, 1), "float32"), 3, 1, "same"), name="ties"),
    OpCase("max_pool", (arr((2, 9, 9, 3)), 5, 2, "same")),
    OpCase("average_pool", (arr((2, 6, 6, 3)), 2), dtypes=FLOATS),
    OpCase("adaptive_average_pool", (arr((2, 7, 8, 3)), (3, 4))),
    OpCase("adaptive_average_pool", (arr((2, 6, 8, 3)), 2)),
    OpCase("adaptive_average_pool", (arr((2, 3, 7)), 3, "channels_first"), dynamic=False),
    OpCase("adaptive_max_pool", (arr((2, 7, 8, 3)), (3, 4))),
    OpCase("adaptive_max_pool", (arr((2, 4, 5, 6, 3)), (2, 3, 6))),
    OpCase("unfold", (arr((2, 3, 6, 7)), (2, 3)), {"dilation": 2, "padding": 1, "stride": 2},
           dynamic=False),
    OpCase("unfold", (arr((2, 3, 4, 4)), 2)),
    OpCase("fold", (arr((2, 12, 9)), 4, 2), dynamic=False),
    OpCase("fold", (arr((2, 18, 9)), (6, 7), (2, 3)), {"dilation": 2, "padding": 1, "stride": 2},
           dynamic=False, grad=False),
    *[OpCase(name, (arr((2, 5, 4, 3)), 2), {"padding": "SAME"}, name="upper")
      for name in ("max_pool", "average_pool")],
    OpCase("conv", (arr((2, 5, 4, 3)), arr((2, 2, 3, 2))), {"padding": "SAME"}, name="upper",
           tol=1e-4),
    OpCase("conv_transpose", (arr((2, 5, 4, 3)), arr((2, 3, 2, 3))), {"padding": "SAME"},
           name="upper", tol=1e-4),
    *[OpCase(name, (arr((2, 4, 6, 8)), 2, None), name="default")
      for name in ("depth_to_space", "space_to_depth")],
    OpCase("depth_to_space", (arr((2, 3, 4, 8)), 2), dtypes=("float32", "int32")),
    OpCase("depth_to_space", (arr((2, 8, 3, 4)), 2, "channels_first"), gaps=BLOCKS),
    OpCase("space_to_depth", (arr((2, 4, 6, 3)), 2), dtypes=("float32", "int32")),
    OpCase("space_to_depth", (arr((2, 3, 4, 6)), 2, "channels_first"), gaps=BLOCKS),
]  # fmt: skip

# Normalisation, encoding, losses, attention ----------------------------------------------


def _moments(x, axes, keepdims=False):
    axes = tuple(axes)
    return np.mean(x, axes, keepdims=keepdims), np.var(x, axes, keepdims=keepdims)


def _one_hot(x, n, axis=-1, **kwargs):
    return np.moveaxis((x[..., None] == np.arange(n)).astype("float32"), -1, axis)


OTHERS = [
    OpCase("moments", (arr((3, 4, 5)), [0, 2]), dtypes=FLOATS, oracle=_moments),
    OpCase("moments", (arr((3, 4, 5)), (1,), True), oracle=_moments),
    OpCase("moments", (arr((3, 4), low=1000, high=1001), [0]), oracle=_moments, tol=2e-2,
           grad=False, name="far"),
    OpCase("batch_normalization", (arr((3, 4, 5)), arr((5,)), arr((5,), low=0.1), -1,
                                   arr((5,)), arr((5,))), dtypes=("float32", "float16")),
    OpCase("batch_normalization", (arr((3, 4, 5)), arr((4,)), arr((4,), low=0.1), 1)),
    OpCase("batch_normalization", (arr((3, 4, 5, 6)), arr((6,)), arr((6,), low=0.1), 3,
                                   arr((6,)), arr((6,)), 1e-5)),
    OpCase("batch_normalization", (arr((3, 4)), arr((4,)), arr((4,), low=0.1), 1, None, arr((4,)))),
    OpCase("layer_normalization", (arr((3, 4, 5)), arr((5,)), arr((5,))), dtypes=FLOATS, tol=1e-4),
    OpCase("layer_normalization", (arr((3, 4, 5)),), {"epsilon": 1e-3}, tol=1e-4),
    OpCase("layer_normalization", (arr((3, 4, 5)), arr((4, 5)), arr((4, 5)), (1, 2)), tol=1e-4),
    OpCase("layer_normalization", (arr((3, 4, 5)), None, None, 1), tol=1e-4),
    OpCase("rms_normalization", (arr((3, 4, 5)), arr((5,))), dtypes=FLOATS, tol=1e-4),
    OpCase("rms_normalization", (arr((3, 4, 5)),), {"axis": 1}, tol=1e-4),
    *[OpCase("rms_normalization", (arr((3, 4, 5)), 2.0, axis), tol=1e-4, name=f"number{axis}")
      for axis in (-1, (0, 1), (1, 2))],
    OpCase("rms_normalization", (arr((3, 4, 5)),), {"axis": (1, 2), "epsilon": 1e-3}, tol=1e-4),
    OpCase("normalize", (arr((3, 4)),), dtypes=FLOATS),
    OpCase("normalize", (arr((3, 4)),), {"axis": 0, "order": 1}),
    OpCase("normalize", (arr((3, 4)),), {"order": 3}, tol=1e-4),
    OpCase("normalize", (arr((3, 4)),), {"order": float("inf")}),
    OpCase("normalize", (np.zeros((2, 3), "float32"),), grad=False, name="zeros"),
    OpCase("one_hot", (LABELS, 6), grad=False, dynamic=False),
    OpCase("one_hot", (arr((4,)), 2), dtypes=("bool",), grad=False,
           oracle=lambda x, n: np.eye(n)[x.astype(int)]),
    OpCase("one_hot", (LABELS, 4, 0), {"dtype": "int32"}, grad=False),
    OpCase("one_hot", (np.array([[-1, 7], [1, 0]]), 4, 1), oracle=_one_hot, grad=False,
           dtype="float32"),
    OpCase("multi_hot", (np.array([[0, 1], [2, 2]]), 5), grad=False),
    OpCase("multi_hot", (np.array([0, 3]), 5), grad=False, dynamic=False),
    OpCase("polar", (arr((3,), low=0.1), arr((3,))), oracle=lambda r, t: r * np.exp(1j * t)),
    OpCase("psnr", (arr((3, 4)), arr((3, 4)), 1.0)),
    *[
        case
        for logits in (True, False)
        for case in (
            OpCase("categorical_crossentropy", (HOT, arr((5, 4), low=0.1)),
                   {"from_logits": logits}, tol=1e-4),
            OpCase("categorical_crossentropy", (HOT, arr((5, 4), low=0.1)),
                   {"from_logits": logits, "axis": 0}, tol=1e-4, dynamic=False,
                   oracle=_crossentropy),  # Keras's gradient on TensorFlow wants sums of 1
            OpCase("sparse_categorical_crossentropy", (LABELS, arr((5, 4), low=0.1, high=0.2)),
                   {"from_logits": logits}, tol=1e-4, dtypes=FLOATS, dtype=_floating),
            OpCase("sparse_categorical_crossentropy",
                   (LABELS[:, None], arr((5, 4), low=0.1, high=0.2)),
                   {"from_logits": logits}, tol=1e-4),
            OpCase("sparse_categorical_crossentropy",
                   (np.tile(LABELS, (2, 1)), arr((2, 5, 4), low=0.1, high=0.2)),
                   {"from_logits": logits}, tol=1e-4),
            OpCase("binary_crossentropy", (arr((3, 4), low=0, high=1),
                                           arr((3, 4), low=0.1, high=0.9)),
                   {"from_logits": logits}, tol=1e-4, dtypes=FLOATS, dtype=_floating),
        )
    ],
    OpCase("sparse_categorical_crossentropy", (np.tile(LABELS[:2], (2, 1)), arr((2, 4, 2))),
           {"from_logits": True, "axis": 1}, tol=1e-4,
           oracle=lambda t, x, from_logits, axis: -np.take_along_axis(
               scipy.special.log_softmax(x, 1), t[:, None], 1)[:, 0]),
    OpCase("dot_product_attention", (arr((2, 5, 4, 8)), arr((2, 6, 4, 8)), arr((2, 6, 4, 8))),
           tol=1e-4, dtypes=("float32", "bfloat16")),
    OpCase("dot_product_attention", (arr((2, 5, 4, 8)),) * 3, {"is_causal": True}, tol=1e-4),
    OpCase("dot_product_attention", (arr((2, 5, 4, 8)), arr((2, 6, 2, 8)), arr((2, 6, 2, 8))),
           {"mask": np.tri(5, 6, 2, dtype=bool)[None, None], "scale": 0.3}, tol=1e-4),
    OpCase("dot_product_attention", (arr((2, 5, 4, 8)),) * 3,
           {"bias": arr((2, 4, 5, 5)), "is_causal": True}, tol=1e-4),
    OpCase("dot_product_attention", (arr((2, 5, 4, 8)),) * 3,
           {"mask": np.ones((2, 1, 5, 5), bool), "attn_logits_soft_cap": 2.0}, tol=1e-4),
    OpCase("ctc_loss", (np.array([[1, 2, 2], [1, 3, 0]]), arr((2, 7, 4)), np.array([3, 2]),
                        np.array([7, 4])), dtypes=("float32", "float16", "bfloat16"), tol=1e-4,
           dynamic=False),
    OpCase("ctc_loss", (np.array([[1, 2, 2], [1, 0, 0]]), arr((2, 7, 4)), np.array([3, 2]),
                        np.array([7, 5]), 3), tol=1e-4, dynamic=False),
    # The blank is no label: values are alike all the same, of which the kernels' slopes are not.
    OpCase("ctc_loss", (np.array([[1, 2, 0], [1, 0, 1]]), arr((2, 7, 4)), np.array([3, 3]),
                        np.array([7, 5])), tol=1e-4, dynamic=False, grad=False),
    OpCase("ctc_decode", (arr((2, 6, 4)), np.array([6, 4])), grad=False, dynamic=False),
    OpCase("ctc_decode", (arr((2, 6, 4)), np.array([6, 4])), {"mask_index": 3}, grad=False,
           dynamic=False),
    OpCase("ctc_decode", (arr((2, 6, 4)), np.array([6, 4]), "beam_search", 100, 2), grad=False,
           dynamic=False, tol=1e-4, gaps={"tensorflow/compiled": "searches on the host"}),
]  # fmt: skip

CASES = ACTIVATIONS + CONVOLUTIONS + OTHERS
