"""Connectionist temporal classification: the loss, and decoding."""

from __future__ import annotations

from typing import Any

from keras_core import ops
from keras_core.core import dtypes, errors, shapes
from keras_core.ops import rules
from keras_core.ops._door import KerasTensor, Tensor, TensorLike, op

# Logarithms of nothing: finite, so that gradients are too.
_NEVER = -1e30


def _loss_shape(target: Any, output: Any, *_: Any) -> shapes.Shape:
    a, b = rules.shape_of(target), rules.shape_of(output)
    if len(a) != 2 or len(b) != 3 or None not in (a[0], b[0]) and a[0] != b[0]:
        raise ValueError(
            "ctc_loss: target must have shape (batch, target length), output (batch, frames, "
            f"classes). Received: target of shape {a}, output of shape {b}"
        )
    return (a[0] if a[0] is not None else b[0],)


@op(shape=_loss_shape, dtype=rules.spectral.on("output"))
def ctc_loss(
    target: TensorLike,
    output: TensorLike,
    target_length: TensorLike,
    output_length: TensorLike,
    mask_index: int = 0,
) -> Tensor:
    """Negative log-probability of label sequences under frame-wise predictions.

    Every alignment of the labels with the frames counts: labels in order, each for one or more
    frames, with blanks between them, at least one between equal labels.

    Args:
        target: integer labels, `(batch, target length)`.
        output: logits, `(batch, frames, classes)`.
        target_length: how many labels are valid, `(batch,)`.
        output_length: how many frames are valid, `(batch,)`.
        mask_index: the class that stands for a blank.

    Returns:
        `(batch,)`, in float32 at least: in 16 bits the logarithms of many frames would not add up.
        Infinity, with a slope of 0, where there are too few frames for any alignment: one for
        each label and each blank between equal ones.

    Raises:
        ValueError: if the ranks are wrong.

    Reference:
        Graves et al., 2006, https://www.cs.toronto.edu/~graves/icml_2006.pdf

    Example:

    >>> import keras_core as keras
    >>> loss = keras.ops.ctc_loss([[1]], [[[0.0, 0.0], [0.0, 0.0]]], [1], [2])
    >>> round(float(loss[0]), 4)  # 3 of 4 sequences of two frames say "1"
    0.2877
    """
    _loss_shape(target, output)
    log = ops.log_softmax(output, axis=-1)
    dtype = ops.dtype(log)
    target = ops.cast(target, "int32")
    batch, frames, classes = ops.shape(log)
    size = 2 * ops.shape(target)[1] + 1
    # The labels with a blank before, between and after them.
    labels = ops.stack([ops.full_like(target, mask_index), target], axis=2)
    labels = ops.reshape(labels, (batch, size - 1))
    labels = ops.pad(labels, ((0, 0), (0, 1)), constant_values=mask_index)
    hot = ops.one_hot(labels, classes, dtype=dtype)
    emitted = ops.einsum("bfc,bsc->fbs", log, hot)

    def shifted(x: Any, by: int, value: Any) -> Any:
        return ops.pad(x, ((0, 0), (by, 0)), constant_values=value)[:, :size]

    # A blank between two different labels may be left out.
    before = shifted(labels, 2, mask_index)
    place = ops.arange(size)
    skips = ops.logical_and(ops.equal(place % 2, 1), ops.not_equal(labels, before))
    skips = ops.logical_and(skips, ops.greater_equal(place, 2))
    never = ops.cast(_NEVER, dtype)
    valid = ops.expand_dims(ops.cast(output_length, "int32"), 1)
    empty = ops.where(ops.equal(place, 0), ops.zeros_like(never), never)  # what no frames say
    state = ops.where(ops.less(place, 2), emitted[0], never)
    state = ops.where(ops.greater(valid, 0), state, empty)

    def step(state: Any, at: Any) -> tuple[Any, None]:
        frame, here = at
        two = ops.where(skips, shifted(state, 2, _NEVER), never)
        ways = ops.stack([state, shifted(state, 1, _NEVER), two], axis=0)
        new = ops.add(ops.logsumexp(ways, axis=0), here)
        return ops.where(ops.less(frame, valid), new, state), None

    state, _ = ops.scan(step, state, (ops.arange(1, frames), emitted[1:]))
    # The last label, or the blank after it, is where a sequence ends.
    end = ops.expand_dims(ops.multiply(ops.cast(target_length, "int32"), 2), 1)
    last = ops.logical_or(ops.equal(place, end), ops.equal(place, ops.subtract(end, 1)))
    loss = ops.negative(ops.logsumexp(ops.where(last, state, never), axis=1))
    return ops.where(ops.less(loss, -_NEVER / 2), loss, ops.cast(float("inf"), dtype))


def _decode_spec(
    inputs: Any,
    sequence_lengths: Any,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[KerasTensor, KerasTensor]:
    shape = rules.shape_of(inputs)
    paths = 1 if strategy == "greedy" else top_paths
    dtype = dtypes.join((rules.dtype_of(inputs), "float"))
    return (
        KerasTensor((paths, shape[0], shape[1]), "int32"),
        KerasTensor((shape[0], paths), dtype),
    )


@op(spec=_decode_spec, dtype=rules.floating.on("inputs"))
def ctc_decode(
    inputs: TensorLike,
    sequence_lengths: TensorLike,
    strategy: str = "greedy",
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> tuple[Tensor, Tensor]:
    """Label sequences that frame-wise predictions stand for.

    Args:
        inputs: logits, `(batch, frames, classes)`.
        sequence_lengths: how many frames are valid, `(batch,)`.
        strategy: "greedy": the best class of each frame; "beam_search": the most probable
            sequences found with a limited number of candidates, on the host.
        beam_width: that number.
        top_paths: how many sequences are returned; at most `beam_width`.
        merge_repeated: whether a class in several frames without a blank between them is one
            label ("greedy" only).
        mask_index: the class that stands for a blank.

    Returns:
        A pair: the sequences `(paths, batch, frames)`, padded with -1, and their scores
        `(batch, paths)`: log-probabilities, for "greedy" minus the sum of the best logits.

    Raises:
        ValueError: for an unknown strategy or a wrong shape.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.one_hot([[1, 1, 0, 2]], 3)
    >>> labels, scores = keras.ops.ctc_decode(x, [4])
    >>> keras.ops.convert_to_numpy(labels).tolist()
    [[[1, 2, -1, -1]]]
    """
    if len(inputs.shape) != 3:
        raise ValueError(
            errors.message("ctc_decode", "inputs", "have shape (batch, frames, classes)", inputs)
        )
    if strategy == "beam_search":
        return _beam_search(inputs, sequence_lengths, beam_width, top_paths, mask_index)
    if strategy != "greedy":
        raise ValueError(
            errors.message("ctc_decode", "strategy", "be 'greedy' or 'beam_search'", strategy)
        )
    frames = ops.shape(inputs)[1]
    place = ops.arange(frames)
    lengths = ops.expand_dims(ops.cast(sequence_lengths, "int32"), 1)
    valid = ops.less(place, lengths)
    best = ops.cast(ops.argmax(inputs, axis=-1), "int32")
    best = ops.where(valid, best, mask_index)
    kept = ops.not_equal(best, mask_index)
    if merge_repeated:
        before = ops.pad(best[:, :-1], ((0, 0), (1, 0)), constant_values=mask_index)
        kept = ops.logical_and(kept, ops.not_equal(best, before))
    # Kept frames first, in order; the rest becomes padding.
    order = ops.argsort(ops.where(kept, place, ops.add(place, frames)), axis=1)
    labels = ops.take_along_axis(ops.where(kept, best, -1), order, axis=1)
    top = ops.where(valid, ops.max(inputs, axis=-1), ops.cast(0, ops.dtype(inputs)))
    return ops.expand_dims(labels, 0), ops.negative(ops.sum(top, axis=1, keepdims=True))


@op(
    spec=lambda inputs, lengths, beam_width, top_paths, mask_index: _decode_spec(
        inputs, lengths, "beam_search", beam_width, top_paths
    ),
    native_required=True,
)
def _beam_search(
    inputs: TensorLike,
    sequence_lengths: TensorLike,
    beam_width: int,
    top_paths: int,
    mask_index: int,
) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """The most probable label sequences."""
