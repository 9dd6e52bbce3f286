"""The operations that `ops.py` times: one row each, with every framework's own call.

`op` is written against `ops`, which is `keras_core.ops` or `keras.ops`; the native calls against
`np`, `jnp` and `jax`, `torch` and `F`, `tf`: what a user of that framework writes for the same
result. An empty one means that it takes more than a call.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Drawn:
    """An array of the benchmark: floats in [0.1, 1), integers in [0, high), or bools."""

    shape: tuple[int, ...]
    high: int = 0
    dtype: str = "float32"


Arrays = Mapping[str, Drawn]


@dataclasses.dataclass(frozen=True)
class Row:
    """One operation at two sizes."""

    name: str
    group: str
    small: Arrays
    large: Arrays
    op: str
    numpy: str = ""
    jax: str = ""
    torch: str = ""
    tensorflow: str = ""


ROWS: list[Row] = []


def _one(shape: tuple[int, ...]) -> Arrays:
    return {"x": Drawn(shape)}


def _two(shape: tuple[int, ...]) -> Arrays:
    return {"x": Drawn(shape), "y": Drawn(shape)}


def _row(group: str, small: Arrays, large: Arrays, name: str, op: str, *native: str) -> None:
    """`native`: the calls on NumPy, JAX, PyTorch and TensorFlow."""
    ROWS.append(Row(name, group, small, large, op, *native))


SMALL, LARGE = (8, 16), (1024, 1024)


def _unary(name: str, op: str, *native: str) -> None:
    _row("elementwise", _one(SMALL), _one(LARGE), name, op, *native)


def _binary(name: str, op: str, *native: str) -> None:
    _row("elementwise", _two(SMALL), _two(LARGE), name, op, *native)


for _name, _np, _jax, _torch, _tf in (
    ("add", "add", "add", "add", "add"),
    ("subtract", "subtract", "subtract", "subtract", "subtract"),
    ("multiply", "multiply", "multiply", "multiply", "multiply"),
    ("divide", "divide", "divide", "divide", "divide"),
    ("power", "power", "power", "pow", "pow"),
    ("maximum", "maximum", "maximum", "maximum", "maximum"),
    ("minimum", "minimum", "minimum", "minimum", "minimum"),
    ("greater", "greater", "greater", "gt", "greater"),
    ("equal", "equal", "equal", "eq", "equal"),
):
    _binary(
        _name, f"ops.{_name}(x, y)",
        f"np.{_np}(x, y)", f"jnp.{_jax}(x, y)", f"torch.{_torch}(x, y)", f"tf.{_tf}(x, y)",
    )  # fmt: skip
_unary("add a number", "ops.add(x, 2.0)",
       "np.add(x, 2.0)", "jnp.add(x, 2.0)", "torch.add(x, 2.0)", "tf.add(x, 2.0)")  # fmt: skip
for _name, _np, _jax, _torch, _tf in (
    ("absolute", "np.absolute", "jnp.absolute", "torch.absolute", "tf.abs"),
    ("negative", "np.negative", "jnp.negative", "torch.negative", "tf.negative"),
    ("square", "np.square", "jnp.square", "torch.square", "tf.square"),
    ("sqrt", "np.sqrt", "jnp.sqrt", "torch.sqrt", "tf.sqrt"),
    ("exp", "np.exp", "jnp.exp", "torch.exp", "tf.exp"),
    ("log", "np.log", "jnp.log", "torch.log", "tf.math.log"),
    ("tanh", "np.tanh", "jnp.tanh", "torch.tanh", "tf.tanh"),
    ("isnan", "np.isnan", "jnp.isnan", "torch.isnan", "tf.math.is_nan"),
    ("sigmoid", "", "jax.nn.sigmoid", "torch.sigmoid", "tf.sigmoid"),
    ("relu", "", "jax.nn.relu", "F.relu", "tf.nn.relu"),
    ("silu", "", "jax.nn.silu", "F.silu", "tf.nn.silu"),
    ("softplus", "", "jax.nn.softplus", "F.softplus", "tf.nn.softplus"),
):
    _unary(_name, f"ops.{_name}(x)", *(f"{f}(x)" if f else "" for f in (_np, _jax, _torch, _tf)))
_unary("gelu", "ops.gelu(x)", "", "jax.nn.gelu(x)",
       "F.gelu(x, approximate='tanh')", "tf.nn.gelu(x, approximate=True)")  # fmt: skip
_unary("clip", "ops.clip(x, 0.2, 0.8)", "np.clip(x, 0.2, 0.8)", "jnp.clip(x, 0.2, 0.8)",
       "torch.clamp(x, 0.2, 0.8)", "tf.clip_by_value(x, 0.2, 0.8)")  # fmt: skip
_unary("cast", "ops.cast(x, 'float16')", "x.astype('float16')", "x.astype('float16')",
       "x.to(torch.float16)", "tf.cast(x, tf.float16)")  # fmt: skip
_row("elementwise",
     {"m": Drawn(SMALL, dtype="bool"), **_two(SMALL)}, {"m": Drawn(LARGE, dtype="bool"), **_two(LARGE)},
     "where", "ops.where(m, x, y)", "np.where(m, x, y)", "jnp.where(m, x, y)",
     "torch.where(m, x, y)", "tf.where(m, x, y)")  # fmt: skip


def _reduction(name: str, op: str, *native: str) -> None:
    _row("reductions", _one(SMALL), _one(LARGE), name, op, *native)


_reduction("sum", "ops.sum(x)", "np.sum(x)", "jnp.sum(x)", "torch.sum(x)", "tf.reduce_sum(x)")
for _name, _np, _torch, _tf in (
    ("sum", "sum", "sum", "reduce_sum"),
    ("mean", "mean", "mean", "reduce_mean"),
    ("max", "max", "amax", "reduce_max"),
):
    _reduction(
        f"{_name} of rows", f"ops.{_name}(x, axis=1)", f"np.{_np}(x, axis=1)",
        f"jnp.{_np}(x, axis=1)", f"torch.{_torch}(x, 1)", f"tf.{_tf}(x, axis=1)",
    )  # fmt: skip
_reduction("mean of columns", "ops.mean(x, axis=0, keepdims=True)",
           "np.mean(x, axis=0, keepdims=True)", "jnp.mean(x, axis=0, keepdims=True)",
           "torch.mean(x, 0, keepdim=True)", "tf.reduce_mean(x, axis=0, keepdims=True)")  # fmt: skip
_reduction("argmax", "ops.argmax(x, axis=-1)", "np.argmax(x, axis=-1)", "jnp.argmax(x, axis=-1)",
           "torch.argmax(x, -1).to(torch.int32)", "tf.argmax(x, axis=-1, output_type=tf.int32)")  # fmt: skip
_reduction("var", "ops.var(x, axis=1)", "np.var(x, axis=1)", "jnp.var(x, axis=1)",
           "torch.var(x, 1, correction=0)", "tf.math.reduce_variance(x, axis=1)")  # fmt: skip
_reduction("std", "ops.std(x, axis=1)", "np.std(x, axis=1)", "jnp.std(x, axis=1)",
           "torch.std(x, 1, correction=0)", "tf.math.reduce_std(x, axis=1)")  # fmt: skip
_reduction("logsumexp", "ops.logsumexp(x, axis=1)", "", "jax.nn.logsumexp(x, axis=1)",
           "torch.logsumexp(x, 1)", "tf.reduce_logsumexp(x, axis=1)")  # fmt: skip
_reduction("nanmean", "ops.nanmean(x, axis=1)", "np.nanmean(x, axis=1)", "jnp.nanmean(x, axis=1)",
           "torch.nanmean(x, 1)", "")  # fmt: skip
_reduction("cumsum", "ops.cumsum(x, axis=1)", "np.cumsum(x, axis=1)", "jnp.cumsum(x, axis=1)",
           "torch.cumsum(x, 1)", "tf.cumsum(x, axis=1)")  # fmt: skip
_reduction("norm", "ops.norm(x, axis=1)", "np.linalg.norm(x, axis=1)", "jnp.linalg.norm(x, axis=1)",
           "torch.linalg.vector_norm(x, 2, 1)", "tf.norm(x, axis=1)")  # fmt: skip
_reduction("softmax", "ops.softmax(x)", "", "jax.nn.softmax(x)", "torch.softmax(x, -1)",
           "tf.nn.softmax(x)")  # fmt: skip
_reduction("log_softmax", "ops.log_softmax(x)", "", "jax.nn.log_softmax(x)",
           "torch.log_softmax(x, -1)", "tf.nn.log_softmax(x)")  # fmt: skip
for _name, _np, _torch in (("any", "any", "any"), ("all", "all", "all")):
    _row("reductions", {"m": Drawn(SMALL, dtype="bool")}, {"m": Drawn(LARGE, dtype="bool")},
         _name, f"ops.{_name}(m, axis=1)", f"np.{_np}(m, axis=1)", f"jnp.{_np}(m, axis=1)",
         f"torch.{_torch}(m, 1)", f"tf.reduce_{_name}(m, axis=1)")  # fmt: skip
_row("reductions", _one(SMALL), _one((256, 1024)), "sort", "ops.sort(x, axis=-1)",
     "np.sort(x, axis=-1)", "jnp.sort(x, axis=-1)", "torch.sort(x, -1).values",
     "tf.sort(x, axis=-1)")  # fmt: skip
_row("reductions", _one(SMALL), _one((256, 1024)), "top_k", "ops.top_k(x, 5)", "",
     "jax.lax.top_k(x, 5)", "v, i = torch.topk(x, 5); i.to(torch.int32)", "tf.math.top_k(x, 5)")  # fmt: skip

_row("products", _two((16, 16)), _two((512, 512)), "matmul", "ops.matmul(x, y)",
     "np.matmul(x, y)", "jnp.matmul(x, y)", "torch.matmul(x, y)", "tf.matmul(x, y)")  # fmt: skip
_row("products", _two((4, 8, 8)), _two((64, 128, 128)), "matmul of batches", "ops.matmul(x, y)",
     "np.matmul(x, y)", "jnp.matmul(x, y)", "torch.matmul(x, y)", "tf.matmul(x, y)")  # fmt: skip
_row("products", _two((16, 16)), _two((512, 512)), "dot", "ops.dot(x, y)",
     "np.dot(x, y)", "jnp.dot(x, y)", "torch.mm(x, y)", "tf.tensordot(x, y, 1)")  # fmt: skip
_row("products", {"x": Drawn((4, 8, 16)), "y": Drawn((16, 2, 8))},
     {"x": Drawn((32, 64, 256)), "y": Drawn((256, 4, 64))}, "einsum",
     "ops.einsum('abc,cde->abde', x, y)", "np.einsum('abc,cde->abde', x, y, optimize=True)",
     "jnp.einsum('abc,cde->abde', x, y)", "torch.einsum('abc,cde->abde', x, y)",
     "tf.einsum('abc,cde->abde', x, y)")  # fmt: skip
_row("products", {"x": Drawn((16,)), "y": Drawn((16,))}, {"x": Drawn((1024,)), "y": Drawn((1024,))},
     "outer", "ops.outer(x, y)", "np.outer(x, y)", "jnp.outer(x, y)", "torch.outer(x, y)", "")  # fmt: skip
_row("products", _one((8, 8)), _one((256, 256)), "qr", "ops.qr(x)", "np.linalg.qr(x)",
     "jnp.linalg.qr(x)", "torch.linalg.qr(x)", "tf.linalg.qr(x)")  # fmt: skip
_row("products", _one((8, 8)), _one((256, 256)), "inv", "ops.inv(x)", "np.linalg.inv(x)",
     "jnp.linalg.inv(x)", "torch.linalg.inv(x)", "tf.linalg.inv(x)")  # fmt: skip


def _shaping(name: str, op: str, *native: str) -> None:
    _row("shapes", _two(SMALL), _two(LARGE), name, op, *native)


_shaping("reshape", "ops.reshape(x, (-1,))", "np.reshape(x, (-1,))", "jnp.reshape(x, (-1,))",
         "torch.reshape(x, (-1,))", "tf.reshape(x, (-1,))")  # fmt: skip
_shaping("transpose", "ops.transpose(x, (1, 0))", "np.transpose(x, (1, 0))",
         "jnp.transpose(x, (1, 0))", "torch.permute(x, (1, 0))", "tf.transpose(x, (1, 0))")  # fmt: skip
_shaping("expand_dims", "ops.expand_dims(x, 1)", "np.expand_dims(x, 1)", "jnp.expand_dims(x, 1)",
         "torch.unsqueeze(x, 1)", "tf.expand_dims(x, 1)")  # fmt: skip
_shaping("concatenate", "ops.concatenate([x, y], axis=1)", "np.concatenate([x, y], axis=1)",
         "jnp.concatenate([x, y], axis=1)", "torch.cat([x, y], 1)", "tf.concat([x, y], 1)")  # fmt: skip
_shaping("stack", "ops.stack([x, y])", "np.stack([x, y])", "jnp.stack([x, y])",
         "torch.stack([x, y])", "tf.stack([x, y])")  # fmt: skip
_shaping("split", "ops.split(x, 4, axis=1)", "np.split(x, 4, axis=1)", "jnp.split(x, 4, axis=1)",
         "torch.tensor_split(x, 4, 1)", "tf.split(x, 4, 1)")  # fmt: skip
_shaping("pad", "ops.pad(x, ((1, 1), (2, 2)))", "np.pad(x, ((1, 1), (2, 2)))",
         "jnp.pad(x, ((1, 1), (2, 2)))", "F.pad(x, (2, 2, 1, 1))", "tf.pad(x, ((1, 1), (2, 2)))")  # fmt: skip
_shaping("tile", "ops.tile(x, (2, 2))", "np.tile(x, (2, 2))", "jnp.tile(x, (2, 2))",
         "torch.tile(x, (2, 2))", "tf.tile(x, (2, 2))")  # fmt: skip
_shaping("repeat", "ops.repeat(x, 2, axis=1)", "np.repeat(x, 2, axis=1)", "jnp.repeat(x, 2, axis=1)",
         "torch.repeat_interleave(x, 2, 1)", "tf.repeat(x, 2, axis=1)")  # fmt: skip
_shaping("flip", "ops.flip(x, axis=1)", "np.flip(x, axis=1)", "jnp.flip(x, axis=1)",
         "torch.flip(x, (1,))", "tf.reverse(x, (1,))")  # fmt: skip
_shaping("roll", "ops.roll(x, 3, axis=1)", "np.roll(x, 3, axis=1)", "jnp.roll(x, 3, axis=1)",
         "torch.roll(x, 3, 1)", "tf.roll(x, 3, 1)")  # fmt: skip

_SMALL_IDS, _LARGE_IDS = Drawn((8,), 8, "int32"), Drawn((4096,), 1024, "int32")
_row("indexing", {"x": Drawn(SMALL), "i": _SMALL_IDS}, {"x": Drawn(LARGE), "i": _LARGE_IDS},
     "take", "ops.take(x, i, axis=0)", "np.take(x, i, axis=0)", "jnp.take(x, i, axis=0)",
     "torch.index_select(x, 0, i)", "tf.gather(x, i, axis=0)")  # fmt: skip
_row("indexing", {"x": Drawn(SMALL), "j": Drawn((8, 4), 16, "int64")},
     {"x": Drawn(LARGE), "j": Drawn((1024, 512), 1024, "int64")}, "take_along_axis",
     "ops.take_along_axis(x, j, axis=1)", "np.take_along_axis(x, j, axis=1)",
     "jnp.take_along_axis(x, j, axis=1)", "torch.gather(x, 1, j)",
     "tf.gather(x, j, batch_dims=1)")  # fmt: skip
_row("indexing", {"i": _SMALL_IDS}, {"i": Drawn((4096,), 256, "int32")}, "one_hot", "ops.one_hot(i, 256)", "",
     "jax.nn.one_hot(i, 256)", "F.one_hot(i.to(torch.int64), 256).to(torch.float32)",
     "tf.one_hot(i, 256)")  # fmt: skip
_row("indexing", {"x": Drawn(SMALL), "i": _SMALL_IDS}, {"x": Drawn((4096, 256)), "i": _LARGE_IDS},
     "segment_sum", "ops.segment_sum(x, i, 1024)", "", "jax.ops.segment_sum(x, i, 1024)", "",
     "tf.math.unsorted_segment_sum(x, i, 1024)")  # fmt: skip
_row("indexing", {"x": Drawn((8, 16)), "y": Drawn((4, 4))},
     {"x": Drawn(LARGE), "y": Drawn((512, 512))}, "slice_update",
     "ops.slice_update(x, (1, 2), y)", "", "jax.lax.dynamic_update_slice(x, y, (1, 2))", "", "")  # fmt: skip
_row("indexing", {"x": Drawn((8, 16))}, {"x": Drawn(LARGE)}, "slice",
     "ops.slice(x, (1, 2), (4, 4))", "x[1:5, 2:6]", "jax.lax.dynamic_slice(x, (1, 2), (4, 4))",
     "x[1:5, 2:6]", "tf.slice(x, (1, 2), (4, 4))")  # fmt: skip
_row("indexing", {"s": Drawn((16,), 100, "sorted"), "x": Drawn(SMALL)},
     {"s": Drawn((1024,), 100, "sorted"), "x": Drawn((256, 1024))}, "searchsorted",
     "ops.searchsorted(s, x)", "np.searchsorted(s, x)", "jnp.searchsorted(s, x)",
     "torch.searchsorted(s, x, out_int32=True)", "")  # fmt: skip

_CONV_S = {"x": Drawn((1, 8, 8, 4)), "w": Drawn((3, 3, 4, 8))}
_CONV_L = {"x": Drawn((8, 64, 64, 32)), "w": Drawn((3, 3, 32, 32))}
_DIMS = "dimension_numbers=('NHWC', 'HWIO', 'NHWC')"
_row("convolution", _CONV_S, _CONV_L, "conv", "ops.conv(x, w, padding='same')", "",
     f"jax.lax.conv_general_dilated(x, w, (1, 1), 'SAME', {_DIMS})",
     "F.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), padding='same').permute(0, 2, 3, 1)",
     "tf.nn.conv2d(x, w, 1, 'SAME')")  # fmt: skip
_row("convolution", {"x": Drawn((1, 8, 8, 4)), "w": Drawn((3, 3, 4, 1))},
     {"x": Drawn((8, 64, 64, 32)), "w": Drawn((3, 3, 32, 1))}, "depthwise_conv",
     "ops.depthwise_conv(x, w, padding='valid')", "", "",
     "F.conv2d(x.permute(0, 3, 1, 2), w.permute(2, 3, 0, 1), groups=x.shape[-1]).permute(0, 2, 3, 1)",
     "tf.nn.depthwise_conv2d(x, w, (1, 1, 1, 1), 'VALID')")  # fmt: skip
_row("convolution", {"x": Drawn((1, 8, 8, 4)), "w": Drawn((2, 2, 8, 4))},
     {"x": Drawn((8, 32, 32, 32)), "w": Drawn((2, 2, 32, 32))}, "conv_transpose",
     "ops.conv_transpose(x, w, 2, padding='valid')", "",
     "jax.lax.conv_transpose(x, w, (2, 2), 'VALID', transpose_kernel=True)", "", "")  # fmt: skip
_row("convolution", {"x": Drawn((1, 8, 8, 4))}, {"x": Drawn((8, 64, 64, 32))}, "max_pool",
     "ops.max_pool(x, 2, 2)", "", "",
     "F.max_pool2d(x.permute(0, 3, 1, 2), 2, 2).permute(0, 2, 3, 1)",
     "tf.nn.max_pool2d(x, 2, 2, 'VALID')")  # fmt: skip
_row("convolution", {"x": Drawn((1, 8, 8, 4))}, {"x": Drawn((8, 64, 64, 32))}, "average_pool",
     "ops.average_pool(x, 2, 2)", "", "",
     "F.avg_pool2d(x.permute(0, 3, 1, 2), 2, 2).permute(0, 2, 3, 1)",
     "tf.nn.avg_pool2d(x, 2, 2, 'VALID')")  # fmt: skip

_NORM_S = {
    "x": Drawn((8, 16)),
    "g": Drawn((16,)),
    "b": Drawn((16,)),
    "m": Drawn((16,)),
    "v": Drawn((16,)),
}
_NORM_L = {"x": Drawn((1024, 1024)), "g": Drawn((1024,)), "b": Drawn((1024,)), "m": Drawn((1024,)),
           "v": Drawn((1024,))}  # fmt: skip
_row("layers", _NORM_S, _NORM_L, "layer_normalization", "ops.layer_normalization(x, g, b)", "", "",
     "F.layer_norm(x, (x.shape[-1],), g, b, 0.001)", "")  # fmt: skip
_row("layers", _NORM_S, _NORM_L, "batch_normalization",
     "ops.batch_normalization(x, m, v, -1, b, g)", "", "",
     "F.batch_norm(x, m, v, g, b, eps=0.001)", "tf.nn.batch_normalization(x, m, v, b, g, 0.001)")  # fmt: skip
_QKV_S = {k: Drawn((1, 8, 2, 8)) for k in "qkv"}
_QKV_L = {k: Drawn((4, 256, 8, 64)) for k in "qkv"}
_row("layers", _QKV_S, _QKV_L, "dot_product_attention", "ops.dot_product_attention(q, k, v)", "",
     "jax.nn.dot_product_attention(q, k, v)",
     "F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)).transpose(1, 2)",
     "")  # fmt: skip
_row("layers", {"x": Drawn(SMALL), "i": _SMALL_IDS},
     {"x": Drawn((4096, 1024)), "i": Drawn((4096,), 1024, "int32")},
     "sparse_categorical_crossentropy",
     "ops.sparse_categorical_crossentropy(i, x, from_logits=True)", "", "",
     "F.cross_entropy(x, i.to(torch.int64), reduction='none')",
     "tf.nn.sparse_softmax_cross_entropy_with_logits(i, x)")  # fmt: skip

_IMAGE_S, _IMAGE_L = {"x": Drawn((1, 8, 8, 3))}, {"x": Drawn((4, 256, 256, 3))}
_row("image", _IMAGE_S, _IMAGE_L, "resize", "ops.image.resize(x, (128, 128), antialias=False)", "",
     "jax.image.resize(x, (x.shape[0], 128, 128, 3), 'bilinear', antialias=False)",
     "F.interpolate(x.permute(0, 3, 1, 2), (128, 128), mode='bilinear').permute(0, 2, 3, 1)",
     "tf.image.resize(x, (128, 128))")  # fmt: skip
_row("image", _IMAGE_S, _IMAGE_L, "rgb_to_grayscale", "ops.image.rgb_to_grayscale(x)", "", "", "",
     "tf.image.rgb_to_grayscale(x)")  # fmt: skip
_row("image", _IMAGE_S, _IMAGE_L, "extract_patches", "ops.image.extract_patches(x, 4, padding='valid')",
     "", "", "", "tf.image.extract_patches(x, (1, 4, 4, 1), (1, 4, 4, 1), (1, 1, 1, 1), 'VALID')")  # fmt: skip
_row("image", {**_IMAGE_S, "t": Drawn((1, 8))}, {**_IMAGE_L, "t": Drawn((4, 8))},
     "affine_transform", "ops.image.affine_transform(x, t)")  # fmt: skip
