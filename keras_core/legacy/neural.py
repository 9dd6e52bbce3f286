"""The functions of `tf.keras.backend` for neural networks, by what they are today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras_core import activations, ops, random, tree
from keras_core.activations.keras2 import hard_sigmoid as hard_sigmoid
from keras_core.core import settings

# Activations and losses ----------------------------------------------------------------------


def elu(x: Any, alpha: float = 1.0) -> Any:
    """`ops.elu`."""
    return ops.elu(x, alpha)


def relu(x: Any, alpha: float = 0.0, max_value: Any = None, threshold: float = 0.0) -> Any:
    """`activations.relu`."""
    return activations.relu(x, negative_slope=alpha, max_value=max_value, threshold=threshold)


def dropout(x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """`random.dropout`."""
    return random.dropout(x, level, noise_shape, seed)


def binary_focal_crossentropy(
    target: Any,
    output: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Any:
    """Cross entropy of each element, times `(1 - p) ** gamma` of the right class."""
    loss = ops.binary_crossentropy(target, output, from_logits=from_logits)
    p = ops.sigmoid(output) if from_logits else output
    right = target * p + (1 - target) * (1 - p)
    loss = loss * ops.power(1 - right, gamma)
    return loss * (target * alpha + (1 - target) * (1 - alpha)) if apply_class_balancing else loss


def categorical_focal_crossentropy(
    target: Any,
    output: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> Any:
    """`losses.categorical_focal_crossentropy`."""
    from keras_core import losses

    return losses.categorical_focal_crossentropy(
        target, output, alpha=alpha, gamma=gamma, from_logits=from_logits, axis=axis
    )


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """`ops.in_top_k`."""
    return ops.in_top_k(targets, predictions, k)


def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """`ops.batch_normalization`."""
    flat = [None if v is None else ops.reshape(v, (-1,)) for v in (mean, var, beta, gamma)]
    return ops.batch_normalization(x, flat[0], flat[1], axis, flat[2], flat[3], epsilon)


# Sequences of labels -------------------------------------------------------------------------


def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Any:
    """`ops.ctc_loss` of probabilities, the last class of which is the blank; (batch, 1)."""
    loss = ops.ctc_loss(
        y_true,
        ops.log(y_pred + settings.epsilon()),
        ops.reshape(label_length, (-1,)),
        ops.reshape(input_length, (-1,)),
        mask_index=y_pred.shape[-1] - 1,
    )
    return ops.expand_dims(loss, 1)


def ctc_decode(
    y_pred: Any, input_length: Any, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Any], Any]:
    """`ops.ctc_decode` of probabilities: a list of paths, padded with -1, and their scores."""
    paths, scores = ops.ctc_decode(
        ops.log(y_pred + settings.epsilon()),
        ops.reshape(input_length, (-1,)),
        strategy="greedy" if greedy else "beam_search",
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=True,
        mask_index=y_pred.shape[-1] - 1,
    )
    return [paths[i] for i in range(1 if greedy else top_paths)], scores


# Images and other grids ----------------------------------------------------------------------


def conv1d(
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """`ops.conv`."""
    return ops.conv(x, kernel, strides, padding, data_format, dilation_rate)


conv2d = conv3d = conv1d


def depthwise_conv2d(
    x: Any,
    depthwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """`ops.depthwise_conv`."""
    return ops.depthwise_conv(x, depthwise_kernel, strides, padding, data_format, dilation_rate)


def separable_conv2d(
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """`ops.separable_conv`."""
    return ops.separable_conv(
        x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate
    )


def pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Any:
    """`ops.max_pool`, or `ops.average_pool` with `pool_mode="avg"`."""
    pools: dict[str, Callable] = {"max": ops.max_pool, "avg": ops.average_pool}
    if pool_mode not in pools:
        raise ValueError(
            f"keras.backend.pool2d: pool_mode must be 'max' or 'avg'. Received: {pool_mode!r}"
        )
    return pools[pool_mode](x, pool_size, strides, padding, data_format)


pool3d = pool2d


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """Add a bias: one number a channel, or a tensor of all axes but the batch, channels last."""
    bias = ops.convert_to_tensor(bias)
    if len(bias.shape) not in (1, len(x.shape) - 1):
        raise ValueError(
            "keras.backend.bias_add: bias must have one axis, or one less than x. Received: "
            f"shapes {tuple(x.shape)} and {tuple(bias.shape)}"
        )
    if _channels_first(data_format):
        bias = ops.moveaxis(bias, -1, 0)
        if len(bias.shape) == 1:
            bias = ops.reshape(bias, (-1, *(1,) * (len(x.shape) - 2)))
    return x + bias


def conv2d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Sequence[Any],
    strides: Sequence[int] = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Sequence[int] = (1, 1),
) -> Any:
    """`ops.conv_transpose`, with the rows and columns that `output_shape` says."""
    at = 2 if _channels_first(data_format) else 1
    more = None
    if all(isinstance(size, int) for size in output_shape[at : at + 2]):
        more = []
        for i in range(2):
            window = (kernel.shape[i] - 1) * dilation_rate[i] + 1
            least = (x.shape[at + i] - 1) * strides[i] + window
            if padding == "same":
                least -= 2 * (window // 2)
            more.append(output_shape[at + i] - least)
    return ops.conv_transpose(
        x, kernel, tuple(strides), padding, more and tuple(more), data_format, tuple(dilation_rate)
    )


def rnn(
    step_function: Callable[[Any, list[Any]], tuple[Any, list[Any]]],
    inputs: Any,
    initial_states: Sequence[Any],
    go_backwards: bool = False,
    mask: Any = None,
    constants: Sequence[Any] | None = None,
    unroll: bool = False,
    input_length: Any = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
    return_all_outputs: bool = True,
) -> tuple[Any, Any, list[Any]]:
    """`step_function(input, states)` over time: the last output, all outputs, the last states."""

    def turned(x: Any) -> Any:  # time first, or back again
        return ops.swapaxes(ops.convert_to_tensor(x), 0, 1)

    steps = inputs if time_major else tree.map_structure(turned, inputs)
    steps = tree.map_structure(ops.convert_to_tensor, steps)
    states = [ops.convert_to_tensor(state) for state in initial_states]
    fixed = list(constants or ())
    if mask is None:

        def step(states: Any, x: Any) -> Any:
            output, new = step_function(x, [*states, *fixed])
            return list(new), output

        states, outputs = ops.scan(step, states, steps, reverse=go_backwards)
    else:
        mask = ops.cast(mask, "bool")
        if not time_major or len(mask.shape) < 2:
            mask = turned(mask)
        first = step_function(tree.map_structure(lambda x: x[0], steps), [*states, *fixed])[0]

        def masked(carried: Any, at: Any) -> Any:
            states, before = carried
            x, there = at
            output, new = step_function(x, [*states, *fixed])

            def choose(a: Any, b: Any) -> Any:
                return ops.where(ops.reshape(there, (-1, *(1,) * (len(a.shape) - 1))), a, b)

            output = choose(output, ops.zeros_like(output) if zero_output_for_mask else before)
            return ([choose(a, b) for a, b in zip(new, states, strict=True)], output), output

        carried = (states, ops.zeros_like(first))
        (states, _), outputs = ops.scan(masked, carried, (steps, mask), reverse=go_backwards)
    if go_backwards:
        outputs = ops.flip(outputs, 0)  # in the order in which they were made
    last = outputs[-1]
    if not return_all_outputs:
        outputs = outputs[-1:]
    return last, outputs if time_major else turned(outputs), list(states)


def _channels_first(data_format: str | None) -> bool:
    return (data_format or settings.image_data_format()) == "channels_first"


def _pad(x: Any, padding: Sequence[Any], data_format: str | None) -> Any:
    around = [tuple(p) for p in padding]
    first = _channels_first(data_format)
    return ops.pad(x, [(0, 0), (0, 0), *around] if first else [(0, 0), *around, (0, 0)])


def temporal_padding(x: Any, padding: Any = (1, 1)) -> Any:
    """Zeros around the middle one of three axes."""
    return _pad(x, [padding], "channels_last")


def spatial_2d_padding(
    x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None
) -> Any:
    """Zeros around images."""
    return _pad(x, padding, data_format)


def spatial_3d_padding(
    x: Any, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None
) -> Any:
    """Zeros around volumes."""
    return _pad(x, padding, data_format)


def resize_images(
    x: Any,
    height_factor: int,
    width_factor: int,
    data_format: str | None = None,
    interpolation: str = "nearest",
) -> Any:
    """`ops.image.resize`, by factors."""
    at = 2 if _channels_first(data_format) else 1
    size = ops.shape(x)[at : at + 2]
    size = (size[0] * height_factor, size[1] * width_factor)
    return ops.image.resize(x, size, interpolation, data_format=data_format)


def resize_volumes(
    x: Any,
    depth_factor: int,
    height_factor: int,
    width_factor: int,
    data_format: str | None = None,
) -> Any:
    """Each voxel as often as the factors say."""
    at = 2 if _channels_first(data_format) else 1
    for axis, factor in enumerate((depth_factor, height_factor, width_factor), start=at):
        x = ops.repeat(x, factor, axis)
    return x
