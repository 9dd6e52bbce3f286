"""GPTQ and AWQ: rounding of a matrix of weights by what its inputs look like. NumPy, on the host.

The matrix has a row for each output and a column for each input. Inputs are known by their
statistics alone, so that any number of samples can be taken in one after the other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Inputs:
    """What is kept of the inputs of a product: their second moments and mean magnitudes.

    Args:
        size: how many inputs there are.
    """

    def __init__(self, size: int) -> None:
        self.moments = np.zeros((size, size))
        self._magnitudes = np.zeros(size)
        self.count = 0

    def add(self, rows: np.ndarray) -> None:
        """Take in more rows of inputs, of shape (any, size)."""
        rows = np.asarray(rows, "float64")
        self.moments += rows.T @ rows
        self._magnitudes += np.abs(rows).sum(0)
        self.count += len(rows)

    @property
    def magnitudes(self) -> np.ndarray:
        """The mean of each input's absolute value."""
        return self._magnitudes / max(self.count, 1)


class Grouped(NamedTuple):
    """A matrix of small integers: `(integers - zero) * scale`, over `columns` where there are any.

    `scale` and `zero` have one column for each group of inputs, `index` says which group an
    input belongs to.
    """

    integers: np.ndarray
    scale: np.ndarray
    zero: np.ndarray
    index: np.ndarray
    columns: np.ndarray | None = None

    def floats(self) -> np.ndarray:
        """The matrix that is meant."""
        scale, zero = (np.take(x, self.index, axis=1) for x in (self.scale, self.zero))
        weight = (self.integers.astype("float64") - zero) * scale
        return weight if self.columns is None else weight / self.columns


def ranges(
    weight: np.ndarray,
    bits: int,
    symmetric: bool = False,
    per_channel: bool = True,
    share: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """The scale and zero point of each row of a group, of shape (rows, 1).

    They span a share of the weights' range; what lies outside is cut when it is rounded.
    """
    top = 2**bits - 1
    if not per_channel:
        scale, zero = ranges(weight.reshape(1, -1), bits, symmetric, share=share)
        return np.repeat(scale, len(weight), 0), np.repeat(zero, len(weight), 0)
    low = np.minimum(weight.min(1, keepdims=True), 0.0) * share
    high = np.maximum(weight.max(1, keepdims=True), 0.0) * share
    if symmetric:
        high = np.maximum(-low, high)
        low = -high
    scale = np.where(high > low, (high - low) / top, 1.0)
    scale = scale.astype("float32").astype("float64")  # as it will be kept
    zero = np.full_like(scale, 2 ** (bits - 1)) if symmetric else np.round(-low / scale)
    return scale, np.clip(zero, 0, top)


def _rounded(weight: np.ndarray, scale: np.ndarray, zero: np.ndarray, bits: int) -> np.ndarray:
    return np.clip(np.round(weight / scale) + zero, 0, 2**bits - 1)


def gptq(
    weight: np.ndarray,
    moments: np.ndarray,
    bits: int = 4,
    group_size: int = -1,
    symmetric: bool = False,
    per_channel: bool = True,
    damping: float = 0.01,
    by_activation: bool = False,
) -> Grouped:
    """Round column after column; the columns to come make up for each one's error.

    Args:
        weight: of shape (outputs, inputs).
        moments: the sum of the outer products of the inputs with themselves.
        bits: how many bits a weight gets.
        group_size: how many inputs share a scale; -1 for all.
        symmetric: whether ranges are symmetric around zero.
        per_channel: whether each output has ranges of its own.
        damping: what is added to the diagonal of the moments, as a fraction of its mean.
        by_activation: whether columns of large inputs come first.

    Returns:
        The integers and what they stand for.

    Reference:
        Frantar et al., 2022, https://arxiv.org/abs/2210.17323
    """
    weight = np.array(weight, "float64")
    hessian = 2.0 * np.asarray(moments, "float64")
    outputs, inputs = weight.shape
    order = np.argsort(-np.diag(hessian), kind="stable") if by_activation else np.arange(inputs)
    weight, hessian = weight[:, order], hessian[np.ix_(order, order)]
    diagonal = np.einsum("ii->i", hessian)
    diagonal[diagonal == 0] = 1.0  # an input that is always 0 says nothing
    diagonal += max(damping, 1e-8) * diagonal.mean()
    # Row i: how the error of column i is best spread over those after it (section 3.3).
    spread = np.linalg.cholesky(np.linalg.inv(hessian)).T
    size = inputs if group_size == -1 else group_size
    integers = np.empty((outputs, inputs))
    scales: list[np.ndarray] = []
    zeros: list[np.ndarray] = []
    for i in range(inputs):
        if i % size == 0:
            scale, zero = ranges(weight[:, i : i + size], bits, symmetric, per_channel)
            scales.append(scale)
            zeros.append(zero)
        column = weight[:, i : i + 1]
        integers[:, i : i + 1] = _rounded(column, scales[-1], zeros[-1], bits)
        left = column - (integers[:, i : i + 1] - zeros[-1]) * scales[-1]
        weight[:, i + 1 :] -= left / spread[i, i] * spread[i, i + 1 :]
    index = np.empty(inputs, "int64")
    index[order] = np.arange(inputs) // size
    back = np.empty_like(integers)
    back[:, order] = integers
    return Grouped(back.astype("uint8"), np.hstack(scales), np.hstack(zeros), index)


def nearest(weight: np.ndarray, bits: int = 4, group_size: int = -1, **options: Any) -> Grouped:
    """Round each weight to the nearest value that its group has."""
    weight = np.asarray(weight, "float64")
    inputs = weight.shape[1]
    size = inputs if group_size == -1 else group_size
    parts = [weight[:, i : i + size] for i in range(0, inputs, size)]
    found = [ranges(part, bits, **options) for part in parts]
    integers = [_rounded(p, *r, bits) for p, r in zip(parts, found, strict=True)]
    return Grouped(
        np.hstack(integers).astype("uint8"),
        np.hstack([scale for scale, _ in found]),
        np.hstack([zero for _, zero in found]),
        np.arange(inputs) // size,
    )


def awq(
    weight: np.ndarray,
    moments: np.ndarray,
    magnitudes: np.ndarray,
    bits: int = 4,
    group_size: int = -1,
    points: int = 20,
) -> Grouped:
    """Scale columns of large inputs up before rounding, as strongly as loses least.

    A column is multiplied by its input's mean magnitude to a power between 0 and 1, and the
    input divided by it; the power is the one of a grid with the smallest error of the outputs.
    Then the range of each row of each group is narrowed to the share of it that loses least:
    a few large weights are cut so that all others are rounded more finely.

    Args:
        weight: of shape (outputs, inputs).
        moments: the sum of the outer products of the inputs with themselves.
        magnitudes: the mean of each input's absolute value.
        bits: how many bits a weight gets.
        group_size: how many inputs share a scale; -1 for all.
        points: how many powers are tried.

    Returns:
        The integers and what they stand for; `columns` are what the columns were multiplied by.

    Reference:
        Lin et al., 2023, https://arxiv.org/abs/2306.00978
    """
    weight = np.asarray(weight, "float64")
    magnitudes = np.maximum(np.asarray(magnitudes, "float64"), 1e-4)
    best, least = None, np.inf

    def loss_of(found: Grouped) -> Any:
        error = found.floats() - weight
        return np.einsum("oi,ij,oj->", error, moments, error, optimize=True)

    for power in np.arange(points) / points:
        columns = magnitudes**power
        columns = (columns / np.sqrt(columns.max() * columns.min())).astype("float32")
        found = nearest(weight * columns, bits, group_size)._replace(columns=columns)
        loss = loss_of(found)
        if best is None or loss < least:
            best, least = found, loss
    assert best is not None and best.columns is not None
    cut = _cut(weight, moments, best, bits)
    # Each group was judged by itself, and their errors add up to another one.
    return cut if loss_of(cut) < least else best


SHARES = np.linspace(0.95, 0.5, 10)


def _cut(weight: np.ndarray, moments: np.ndarray, found: Grouped, bits: int) -> Grouped:
    """The same columns with ranges narrowed where their group's outputs lose less."""
    columns = np.asarray(found.columns, "float64")
    moments = moments / np.outer(columns, columns)  # of what the scaled columns meet
    integers, scales, zeros = (np.array(x, "float64") for x in found[:3])
    for group in range(scales.shape[1]):
        at = found.index == group
        part, block = (weight * columns)[:, at], moments[np.ix_(at, at)]

        def loss_of(
            values: Any, scale: Any, zero: Any, part: Any = part, block: Any = block
        ) -> Any:
            error = (values - zero) * scale - part
            return np.einsum("oi,ij,oj->o", error, block, error, optimize=True)[:, None]

        scale, zero, values = scales[:, [group]], zeros[:, [group]], integers[:, at]
        least = loss_of(values, scale, zero)
        for share in SHARES:
            narrow = ranges(part, bits, share=float(share))
            rounded = _rounded(part, *narrow, bits)
            loss = loss_of(rounded, *narrow)
            better = loss < least
            least = np.where(better, loss, least)
            scale, zero = (
                np.where(better, new, old) for new, old in zip(narrow, (scale, zero), strict=True)
            )
            values = np.where(better, rounded, values)
        scales[:, [group]], zeros[:, [group]], integers[:, at] = scale, zero, values
    return found._replace(integers=integers.astype("uint8"), scale=scales, zero=zeros)
