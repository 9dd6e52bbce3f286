"""TensorFlow functions that Keras 2 recorded as layers, as operations.

Most are one operation under another name; a few are several of them, or mean an argument in
another way. What an operation has no argument for is refused, never passed over.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping
from typing import Any

from keras_core.core import builtins_table, operation_names
from keras_core.core.errors import InvalidFileError

Config = dict[str, Any]
_Step = tuple[str, Config]

_PREVIOUS = object()  # what the step before gives

# Operation and renamed arguments; the first argument is the tensor.
_TABLE = """
    __operators__.add: add y=x2
    __operators__.eq: equal y=x2 other=x2
    __operators__.ne: not_equal y=x2 other=x2
    math.add: add y=x2
    math.subtract: subtract y=x2
    math.multiply: multiply y=x2
    math.scalar_mul: multiply x=x2
    math.divide: divide y=x2
    math.truediv: true_divide y=x2
    math.divide_no_nan: divide_no_nan y=x2
    math.floordiv: floor_divide y=x2
    compat.v1.floor_div: floor_divide y=x2
    math.floormod: mod y=x2
    math.mod: mod y=x2
    math.pow: power y=x2
    math.maximum: maximum y=x2
    math.minimum: minimum y=x2
    math.greater: greater y=x2
    math.greater_equal: greater_equal y=x2
    math.less: less y=x2
    math.less_equal: less_equal y=x2
    math.equal: equal y=x2
    math.not_equal: not_equal y=x2
    math.logical_and: logical_and y=x2
    math.logical_or: logical_or y=x2
    math.logical_xor: logical_xor y=x2
    math.logical_not: logical_not
    math.negative: negative
    math.abs: abs
    math.sign: sign
    math.floor: floor
    math.ceil: ceil
    math.round: round
    math.sqrt: sqrt
    math.rsqrt: rsqrt
    math.square: square
    math.reciprocal: reciprocal
    math.exp: exp
    math.expm1: expm1
    math.log: log
    math.log1p: log1p
    math.erf: erf
    math.sin: sin
    math.cos: cos
    math.tan: tan
    math.asin: arcsin
    math.acos: arccos
    math.atan: arctan
    math.atan2: arctan2 x=x2
    math.sinh: sinh
    math.cosh: cosh
    math.tanh: tanh
    math.asinh: arcsinh
    math.acosh: arccosh
    math.atanh: arctanh
    math.is_nan: isnan
    math.is_inf: isinf
    math.is_finite: isfinite
    math.sigmoid: sigmoid
    math.log_sigmoid: log_sigmoid
    math.softplus: softplus features=x
    math.reduce_mean: mean
    math.reduce_sum: sum
    math.reduce_max: max
    math.reduce_min: min
    math.reduce_prod: prod
    math.reduce_std: std
    math.reduce_variance: var
    math.reduce_any: any
    math.reduce_all: all
    math.reduce_logsumexp: logsumexp
    math.cumsum: cumsum
    math.cumprod: cumprod
    math.argmax: argmax
    math.argmin: argmin
    math.top_k: top_k
    math.l2_normalize: normalize
    compat.v1.norm: norm
    linalg.norm: norm
    tensordot: tensordot b=x2
    nn.relu: relu
    nn.relu6: relu6
    nn.leaky_relu: leaky_relu alpha=negative_slope
    nn.elu: elu
    nn.selu: selu
    nn.gelu: gelu
    nn.silu: silu
    nn.softmax: softmax
    nn.log_softmax: log_softmax
    nn.sigmoid: sigmoid
    nn.tanh: tanh
    nn.softplus: softplus
    nn.softsign: softsign
    nn.bias_add: add bias=x2
    nn.max_pool1d: max_pool ksize=pool_size
    nn.max_pool2d: max_pool ksize=pool_size
    nn.max_pool3d: max_pool ksize=pool_size
    nn.avg_pool1d: average_pool ksize=pool_size
    nn.avg_pool2d: average_pool ksize=pool_size
    nn.avg_pool3d: average_pool ksize=pool_size
    nn.conv2d: conv filters=kernel filter=kernel dilations=dilation_rate
    compat.v1.nn.conv2d: conv filters=kernel filter=kernel dilations=dilation_rate
    nn.space_to_depth: space_to_depth
    nn.depth_to_space: depth_to_space
    image.resize: resize method=interpolation
    image.rgb_to_grayscale: rgb_to_grayscale
    concat: concatenate
    stack: stack
    unstack: unstack
    reshape: reshape shape=newshape
    broadcast_to: broadcast_to
    expand_dims: expand_dims
    squeeze: squeeze
    compat.v1.squeeze: squeeze squeeze_dims=axis
    cast: cast
    tile: tile multiples=repeats
    repeat: repeat
    roll: roll
    reverse: flip
    sort: sort
    argsort: argsort
    transpose: transpose perm=axes
    compat.v1.transpose: transpose perm=axes
    where: where x=x1 y=x2
    pad: pad paddings=pad_width
    compat.v1.pad: pad paddings=pad_width
    one_hot: one_hot depth=num_classes
    gather: take
    compat.v1.gather: take
    clip_by_value: clip clip_value_min=x_min clip_value_max=x_max
    identity: convert_to_tensor
    stop_gradient: stop_gradient
    ones_like: ones_like
    zeros_like: zeros_like
"""

# Arguments that say nothing of the result here, and values that are an argument's default.
_SILENT = frozenset(("name", "validate_indices", "use_cudnn_on_gpu", "output_type", "layout"))
_DEFAULTS = (None, False, 0, "ASCENDING", [1, 1, 1, 1], [])


def _read() -> dict[str, tuple[str, dict[str, str]]]:
    found = {}
    for line in _TABLE.strip().split("\n"):
        function, _, rest = line.strip().partition(": ")
        operation, *renames = rest.split()
        pairs = [text.partition("=") for text in renames]
        found[function] = operation, {old: new for old, _, new in pairs}
    return found


_FUNCTIONS = _read()


def as_operations(
    entry: Config, calls: list[Config], report: list[str]
) -> list[tuple[Config, list[Config]]]:
    """A recorded function's layer as one or more operations.

    Args:
        entry: the layer's configuration.
        calls: its calls, in today's form.
        report: where to say what was mapped.

    Returns:
        Configurations of layers, each with its calls; the last one has the layer's own name.

    Raises:
        InvalidFileError: if the function, or one of its arguments, has no counterpart.
    """
    inner = entry.get("config")
    function = inner.get("function") if isinstance(inner, dict) else None
    if not isinstance(inner, dict) or not isinstance(function, str):
        raise InvalidFileError(f"A recorded function must say its name. Received: {inner!r}")
    name = str(inner.get("name"))
    if function == "__operators__.getitem":
        return [_getitem(name, calls)]
    if function not in _FUNCTIONS and function not in _SPECIAL:
        raise InvalidFileError(
            f"The TensorFlow function {function!r} of layer {name!r} has no operation here. "
            "Rebuild that part of the model with keras_core.ops."
        )
    by_call = []
    for call in calls:
        values = {k: v for k, v in call["kwargs"].items() if k not in _SILENT}
        by_call.append(_SPECIAL.get(function, _renamed)(function, call["args"][0], values))
    steps = list(zip(*by_call, strict=True))
    out = []
    for i, step in enumerate(steps):
        last = i == len(steps) - 1
        part = name if last else f"{name}_{i}"
        out.append(_operation(part, step, f"{name}_{i - 1}", function))
    names = " and ".join(dict.fromkeys(operation for operation, _ in by_call[0])) if calls else ""
    report.append(f"tf.{function} is ops.{names}")
    return out


def _operation(
    name: str, by_call: tuple[_Step, ...], previous: str, function: str
) -> tuple[Config, list[Config]]:
    operation = by_call[0][0]
    if operation == "get_item":
        calls = [_sliced(_place(v["x"], previous, i), v["key"]) for i, (_, v) in enumerate(by_call)]
        return _named("keras.src.ops.numpy", "GetItem", {"name": name}), calls
    written = operation_names.of_operation(operation)
    assert written is not None
    parameters = _parameters(operation)
    config: Config = {"name": name}
    calls = []
    for i, (_, given) in enumerate(by_call):
        values = {next(iter(parameters)) if k == "" else k: v for k, v in given.items()}
        for key in [key for key in values if key not in parameters]:
            value = values.pop(key)
            if value not in _DEFAULTS:
                raise InvalidFileError(
                    f"The argument {key}={value!r} of TensorFlow's function {function!r} of "
                    f"layer {name!r} has no counterpart in ops.{operation}. Rebuild that part of "
                    "the model with keras_core.ops."
                )
        values = {  # None leaves an argument at its default
            k: _place(v, previous, i)
            for k, v in values.items()
            if v is not None or parameters[k].default is None
        }
        config |= {k: values.pop(k) for k in written.config if k in values}
        calls.append({"args": [], "kwargs": values})
    return _named(written.module, written.class_name, config), calls


def _named(module: str, class_name: str, config: Config) -> Config:
    return {
        "module": module,
        "class_name": class_name,
        "config": config,
        "registered_name": class_name,
    }


def _parameters(operation: str) -> Mapping[str, inspect.Parameter]:
    found = builtins_table.public_name("keras_core.ops", operation)
    if found is None:
        found = builtins_table.public_name("keras_core.ops.image", operation)
    return inspect.signature(found).parameters


def _place(value: Any, previous: str, call: int) -> Any:
    if value is not _PREVIOUS:
        return value
    inner = {"shape": [], "dtype": "float32", "keras_history": [previous, call, 0]}
    return {"class_name": "__keras_tensor__", "config": inner}


# Functions of several operations, or with arguments of another meaning --------------------------


def _renamed(function: str, first: Any, values: Config) -> list[_Step]:
    operation, renames = _FUNCTIONS[function]
    out = {"": first} | {renames.get(k, k): v for k, v in values.items()}
    for key in ("mode", "padding", "interpolation"):
        if isinstance(out.get(key), str):
            out[key] = out[key].lower()
    if out.get("data_format") in ("NHWC", "NWC", "NDHWC"):
        out["data_format"] = "channels_last"
    if out.get("ord") == "euclidean":
        out["ord"] = None
    if operation == "gelu":
        out.setdefault("approximate", False)  # here it is True unless said
    if isinstance(out.get("kernel"), list):
        kernel = {"value": out["kernel"], "dtype": "float32"}
        out["kernel"] = {"class_name": "__numpy__", "config": kernel}
    if operation == "norm":
        out["keepdims"] = bool(out.get("keepdims"))
    if operation == "pad" and out.get("mode") != "constant":
        out.pop("constant_values", None)
    if operation == "one_hot" and out.get("on_value") == 1:
        out.pop("on_value")
    if operation == "take" and out.get("axis") is None:
        out["axis"] = 0
    if operation in ("equal", "not_equal") and "x2" not in out:
        _unwritten(function)
    return [(operation, out)]


def _matmul(function: str, first: Any, values: Config) -> list[_Step]:
    steps: list[_Step] = []
    second = values.pop("b", None)
    turned = values.pop("transpose_a", False), values.pop("transpose_b", False)
    if all(turned):  # the product turned round
        steps.append(("matmul", {"": second, "x2": first, **values}))
        return [*steps, ("swapaxes", {"": _PREVIOUS, "axis1": -1, "axis2": -2})]
    if turned[0]:
        steps.append(("swapaxes", {"": first, "axis1": -1, "axis2": -2}))
        first = _PREVIOUS
    if turned[1]:
        steps.append(("swapaxes", {"": second, "axis1": -1, "axis2": -2}))
        second = _PREVIOUS
    return [*steps, ("matmul", {"": first, "x2": second, **values})]


def _squared_difference(function: str, first: Any, values: Config) -> list[_Step]:
    return [("subtract", {"": first, "x2": values["y"]}), ("square", {"": _PREVIOUS})]


def _add_n(function: str, first: Any, values: Config) -> list[_Step]:
    tensors = first if isinstance(first, list) else [first]
    return [("stack", {"": tensors}), ("sum", {"": _PREVIOUS, "axis": 0})]


def _split(function: str, first: Any, values: Config) -> list[_Step]:
    sizes = values.pop("num_or_size_splits", None)
    if isinstance(sizes, list):
        if any(not isinstance(size, int) or size < 0 for size in sizes):
            raise InvalidFileError(
                f"tf.split: num_or_size_splits must be known sizes here. Received: {sizes!r}"
            )
        sizes = list(itertools.accumulate(sizes))[:-1]
    return [("split", {"": first, "indices_or_sections": sizes, **values})]


def _slice_of(function: str, first: Any, values: Config) -> list[_Step]:
    begin, size = values.get("begin"), values.get("size")
    if not _ints(begin) or not _ints(size) or len(begin) != len(size):  # type: ignore[arg-type]
        raise InvalidFileError(
            f"tf.slice: begin and size must be lists of ints of one length. Received: "
            f"begin={begin!r}, size={size!r}"
        )
    pairs = zip(begin, size, strict=True)  # type: ignore[arg-type]
    key = [{"start": b, "stop": None if n < 0 else b + n, "step": None} for b, n in pairs]
    return [("get_item", {"x": first, "key": key})]


def _boolean_mask(function: str, first: Any, values: Config) -> list[_Step]:
    mask = values.get("mask")
    if not isinstance(mask, list) or not all(isinstance(m, bool) for m in mask):
        raise InvalidFileError(
            f"tf.boolean_mask: mask must be a list of bools here. Received: {mask!r}"
        )
    kept = [i for i, m in enumerate(mask) if m]
    return [("take", {"": first, "indices": kept, "axis": values.get("axis") or 0})]


def _flipped(function: str, first: Any, values: Config) -> list[_Step]:
    return [("flip", {"": first, "axis": -2 if function.endswith("left_right") else -3, **values})]


def _unwritten(function: str, *_: Any) -> list[_Step]:
    raise InvalidFileError(
        f"Keras 2 did not write down which tensors tf.{function} takes, so that the model cannot "
        "be rebuilt from this file, by Keras 2 neither. Build it in code, with keras_core.ops, and "
        "load its weights with load_weights()."
    )


def _ints(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int for n in value)


_SPECIAL: dict[str, Callable[[str, Any, Config], list[_Step]]] = {
    "linalg.matmul": _matmul,
    "math.squared_difference": _squared_difference,
    "math.add_n": _add_n,
    "split": _split,
    "slice": _slice_of,
    "compat.v1.boolean_mask": _boolean_mask,
    "boolean_mask": _boolean_mask,
    "image.flip_left_right": _flipped,
    "image.flip_up_down": _flipped,
    "einsum": _unwritten,
}


# Slicing ---------------------------------------------------------------------------------------


def _getitem(name: Any, calls: list[Config]) -> tuple[Config, list[Config]]:
    out = [_sliced(call["args"][0], call["kwargs"].get("slice_spec", [])) for call in calls]
    return _named("keras.src.ops.numpy", "GetItem", {"name": name}), out


def _sliced(x: Any, key: Any) -> Config:
    parts = [_slice(part) for part in key] if isinstance(key, list) else _slice(key)
    return {"args": [x, parts], "kwargs": {}}


def _slice(part: Any) -> Any:
    if not isinstance(part, dict) or part.get("class_name") == "__keras_tensor__":
        return part
    if "start" in part:
        values = {k: part.get(k) for k in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": values}
    return {"class_name": "__ellipsis__", "config": {}}
