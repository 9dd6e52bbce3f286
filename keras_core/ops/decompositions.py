"""Linear algebra: factorizations, inverses, solutions of linear systems.

Integers are computed with as `floatx()`, 16-bit floats in float32. Every function takes
batches: the last two axes are the matrices.
"""

from __future__ import annotations

from typing import Any

from keras_core.core import dtypes, shapes
from keras_core.ops import (
    comparison,
    creation,
    elementwise,
    products,
    rules,
    shaping,
    trigonometry,
)
from keras_core.ops._door import DType, KerasTensor, Tensor, TensorLike, arrays, op, weak_dtype
from keras_core.ops.rules import shape_of


def _matrix(name: str, x: Any, square: bool = False) -> shapes.Shape:
    """The shape of a tensor of (square) matrices."""
    shape = shape_of(x)
    if len(shape) < 2:
        raise ValueError(
            f"{name}: the argument must have at least two axes. Received: shape {shape}"
        )
    rows, columns = shape[-2:]
    if square and rows is not None and columns is not None and rows != columns:
        raise ValueError(f"{name}: the matrices must be square. Received: shape {shape}")
    return shape


def _checked(function: Any, name: str, square: bool = True) -> Any:
    """A shape rule that is also called on concrete arguments."""

    def rule(x: Any, *args: Any) -> Any:
        return function(_matrix(name, x, square), *args)

    return rule


def _float(x: Any) -> str:
    return dtypes.join((weak_dtype(x), "float"))


def _complex(dtype: str) -> str:
    if dtype in dtypes.COMPLEX:
        return dtype
    return "complex128" if dtype == "float64" else "complex64"


def _smaller(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else min(a, b)


@op(
    shape=_checked(lambda s, upper=False: s, "cholesky"),
    dtype=rules.floating,
    native_required=True,
)
def cholesky(x: TensorLike, upper: bool = False) -> Tensor:
    """The Cholesky factor of positive definite matrices: `x = L @ L.T`.

    Args:
        x: symmetric positive definite matrices.
        upper: whether to return the upper factor `L.T`.

    Returns:
        Triangular matrices. For a matrix that is not positive definite: an error, or NaN where
        a compiled function cannot raise.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.cholesky([[4.0, 0.0], [0.0, 9.0]])[1, 1])
    3.0
    """


@op(shape=_checked(lambda s, upper=False: s, "cholesky_inverse"), dtype=rules.floating)
def cholesky_inverse(x: TensorLike, upper: bool = False) -> Tensor:
    """The inverse of matrices, from their Cholesky factors.

    Args:
        x: Cholesky factors; only the triangle is read.
        upper: whether they are upper triangular.

    Returns:
        The inverses of `x @ x.T` (`x.T @ x` if `upper`); `x.T` is conjugated if it is complex.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.cholesky_inverse([[2.0, 0.0], [0.0, 1.0]])[0, 0])
    0.25
    """
    lower = trigonometry.conjugate(shaping.swapaxes(x, -1, -2)) if upper else x
    shape = arrays.shape(lower)
    unit = creation.eye(shape[-1], dtype=arrays.dtype_name(lower))
    inverse = solve_triangular(lower, shaping.broadcast_to(unit, shape), lower=True)
    return products.matmul(trigonometry.conjugate(shaping.swapaxes(inverse, -1, -2)), inverse)


@op(shape=_checked(lambda s: s[:-2], "det"), dtype=rules.floating, native_required=True)
def det(x: TensorLike) -> Tensor:
    """The determinants.

    Args:
        x: square matrices.

    Returns:
        A tensor of shape `x.shape[:-2]`.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.ops.det([[4.0, 1.0], [1.0, 3.0]])))
    11
    """


def _slogdet_spec(x: Any) -> tuple[KerasTensor, KerasTensor]:
    shape = _matrix("slogdet", x, square=True)[:-2]
    return KerasTensor(shape, _float(x)), KerasTensor(shape, _float(x))


@op(spec=_slogdet_spec, dtype=rules.floating, native_required=True)
def slogdet(x: TensorLike) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """The signs of determinants, and the logarithms of their absolute values.

    Args:
        x: square matrices.

    Returns:
        A pair of tensors of shape `x.shape[:-2]`.

    Example:

    >>> import keras_core as keras
    >>> sign, logarithm = keras.ops.slogdet([[-2.0, 0.0], [0.0, 1.0]])
    >>> float(sign)
    -1.0
    """


@op(shape=_checked(lambda s: s[:-2], "logdet"), dtype=rules.floating)
def logdet(x: TensorLike) -> Tensor:
    """The logarithms of the absolute values of determinants.

    Args:
        x: square matrices.

    Returns:
        A tensor of shape `x.shape[:-2]`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.logdet([[1.0, 0.0], [0.0, 1.0]]))
    0.0
    """
    return slogdet(x)[1]


def _eig_spec(x: Any) -> tuple[KerasTensor, KerasTensor]:
    shape, dtype = _matrix("eig", x, square=True), _complex(_float(x))
    return KerasTensor(shape[:-1], dtype), KerasTensor(shape, dtype)


@op(spec=_eig_spec, dtype=rules.floating, native_required=True)
def eig(x: TensorLike) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """Eigenvalues and right eigenvectors.

    Args:
        x: square matrices.

    Returns:
        A pair of complex tensors: the eigenvalues, and the eigenvectors as columns.

    Example:

    >>> import keras_core as keras
    >>> values, vectors = keras.ops.eig([[2.0, 0.0], [0.0, 3.0]])
    >>> values.shape[0]
    2
    """


def _eigh_spec(x: Any) -> tuple[KerasTensor, KerasTensor]:
    shape, dtype = _matrix("eigh", x, square=True), _float(x)
    return KerasTensor(shape[:-1], dtype), KerasTensor(shape, dtype)


@op(spec=_eigh_spec, dtype=rules.floating, native_required=True)
def eigh(x: TensorLike) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """Eigenvalues and eigenvectors of symmetric (Hermitian) matrices.

    Args:
        x: symmetric matrices.

    Returns:
        A pair: the eigenvalues in increasing order, and the eigenvectors as columns.

    Example:

    >>> import keras_core as keras
    >>> values, vectors = keras.ops.eigh([[2.0, 0.0], [0.0, 3.0]])
    >>> [float(v) for v in values]
    [2.0, 3.0]
    """


@op(shape=_checked(lambda s: s, "inv"), dtype=rules.floating, native_required=True)
def inv(x: TensorLike) -> Tensor:
    """The inverses of square matrices.

    Args:
        x: square matrices.

    Returns:
        A tensor of the shape of `x`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.inv([[2.0, 0.0], [0.0, 4.0]])[0, 0])
    0.5
    """


def _lu_spec(x: Any) -> tuple[KerasTensor, KerasTensor]:
    shape = _matrix("lu_factor", x)
    pivots = (*shape[:-2], _smaller(*shape[-2:]))
    return KerasTensor(shape, _float(x)), KerasTensor(pivots, "int32")


@op(spec=_lu_spec, dtype=rules.floating, native_required=True)
def lu_factor(x: TensorLike) -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """The LU decomposition with row exchanges, as LAPACK packs it.

    Args:
        x: matrices.

    Returns:
        A pair: `L` (below the diagonal, its own diagonal of ones left out) and `U` in one
        tensor of the shape of `x`, and int32 pivots: step i exchanged row i with row pivots[i].

    Example:

    >>> import keras_core as keras
    >>> lu, pivots = keras.ops.lu_factor([[1.0, 2.0], [3.0, 4.0]])
    >>> [int(p) for p in pivots]
    [1, 1]
    """


def _qr_spec(x: Any, mode: str = "reduced") -> tuple[KerasTensor, KerasTensor]:
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode must be 'reduced' or 'complete'. Received: mode={mode!r}")
    *batch, m, n = _matrix("qr", x)
    inner = m if mode == "complete" else _smaller(m, n)
    return KerasTensor((*batch, m, inner), _float(x)), KerasTensor((*batch, inner, n), _float(x))


@op(spec=_qr_spec, dtype=rules.floating, native_required=True, name="qr")
def _qr(x: TensorLike, mode: str = "reduced") -> tuple[Tensor, Tensor]:  # pyright: ignore[reportReturnType]
    """See `qr`."""


def qr(x: TensorLike, mode: str = "reduced") -> tuple[Tensor, Tensor]:
    """The QR decomposition: `x = Q @ R`, Q with orthonormal columns, R upper triangular.

    Args:
        x: matrices of shape `(..., m, n)`.
        mode: "reduced" (Q has `min(m, n)` columns) or "complete" (it has m).

    Returns:
        The pair `(Q, R)`.

    Example:

    >>> import keras_core as keras
    >>> q, r = keras.ops.qr([[3.0, 0.0], [4.0, 5.0]])
    >>> r.shape[0]
    2
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode must be 'reduced' or 'complete'. Received: mode={mode!r}")
    return _qr(x, mode)


def _solved_shape(name: str, a: Any, b: Any) -> shapes.Shape:
    left, right = _matrix(name, a, square=True), shape_of(b)
    vector = len(right) == len(left) - 1
    rows = right[-1] if vector else right[-2] if len(right) > 1 else None
    if len(right) < len(left) - 1 or not (rows is None or left[-1] is None or rows == left[-1]):
        raise ValueError(
            f"{name}: b must have as many rows as a. Received: a of shape {left}, b of shape "
            f"{right}"
        )
    if vector:
        return (*shapes.broadcast(left[:-2], right[:-1]), left[-1] if rows is None else rows)
    return (*shapes.broadcast(left[:-2], right[:-2]), left[-1] if rows is None else rows, right[-1])  # pyright: ignore[reportGeneralTypeIssues]


def _solve_shape(a: Any, b: Any) -> shapes.Shape:
    return _solved_shape("solve", a, b)


@op(shape=_solve_shape, dtype=rules.floating, native_required=True)
def solve(a: TensorLike, b: TensorLike) -> Tensor:
    """Solve `a @ x = b`.

    Args:
        a: square matrices, of shape `(..., n, n)`.
        b: right-hand sides, of shape `(..., n, k)`; or vectors, with one axis less than `a`.

    Returns:
        A tensor of the shape of `b`, batch axes broadcast.

    Example:

    >>> import keras_core as keras
    >>> [float(x) for x in keras.ops.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 8.0])]
    [1.0, 2.0]
    """


def _solve_triangular_shape(a: Any, b: Any, lower: bool = False) -> shapes.Shape:
    return _solved_shape("solve_triangular", a, b)


@op(shape=_solve_triangular_shape, dtype=rules.floating, native_required=True)
def solve_triangular(a: TensorLike, b: TensorLike, lower: bool = False) -> Tensor:
    """Solve `a @ x = b` for triangular matrices.

    Args:
        a: triangular matrices, of shape `(..., n, n)`; the other triangle is not read.
        b: right-hand sides, of shape `(..., n, k)`; or vectors, with one axis less than `a`.
        lower: whether `a` is lower triangular.

    Returns:
        A tensor of the shape of `b`, batch axes broadcast.

    Example:

    >>> import keras_core as keras
    >>> x = keras.ops.solve_triangular([[2.0, 1.0], [0.0, 4.0]], [4.0, 8.0])
    >>> [float(i) for i in x]
    [1.0, 2.0]
    """


def _svd_spec(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    *batch, m, n = _matrix("svd", x)
    k, dtype = _smaller(m, n), _float(x)
    s = KerasTensor((*batch, k), dtype)
    if not compute_uv:
        return s
    columns, rows = (m, n) if full_matrices else (k, k)
    return KerasTensor((*batch, m, columns), dtype), s, KerasTensor((*batch, rows, n), dtype)


@op(spec=_svd_spec, dtype=rules.floating, native_required=True)
def svd(x: TensorLike, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition: `x = U @ diag(s) @ Vh`.

    Args:
        x: matrices of shape `(..., m, n)`.
        full_matrices: whether U is `(m, m)` and Vh `(n, n)`, rather than cut to `min(m, n)`.
        compute_uv: whether U and Vh are wanted.

    Returns:
        `(U, s, Vh)`, or only `s`; the singular values are in decreasing order.

    Example:

    >>> import keras_core as keras
    >>> s = keras.ops.svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False)
    >>> float(s[0])
    4.0
    """


def _pinv_shape(x: Any, rcond: float | None = None) -> shapes.Shape:
    *batch, m, n = _matrix("pinv", x)
    return (*batch, n, m)


def _cutoff(x: Any) -> Any:
    """The part of the largest singular value below which others count as zero."""
    rows, columns = arrays.shape(x)[-2:]
    name = arrays.dtype_name(x)
    epsilon = 2.2e-16 if name == "float64" else 1.2e-7
    if isinstance(rows, int) and isinstance(columns, int):
        return max(rows, columns) * epsilon
    return elementwise.multiply(arrays.cast(elementwise.maximum(rows, columns), name), epsilon)


@op(shape=_pinv_shape, dtype=rules.floating, native_required=True)
def pinv(x: TensorLike, rcond: float | None = None) -> Tensor:
    """The Moore-Penrose pseudo-inverses.

    Args:
        x: matrices of shape `(..., m, n)`.
        rcond: singular values below this part of the largest one count as zero; None for ten
            times `max(m, n)` times the dtype's epsilon.

    Returns:
        A tensor of shape `(..., n, m)`.

    Example:

    >>> import keras_core as keras
    >>> float(keras.ops.pinv([[2.0], [0.0]])[0, 0])
    0.5
    """


def _rank_shape(x: Any, tol: float | None = None) -> shapes.Shape:
    return _matrix("matrix_rank", x)[:-2]


@op(shape=_rank_shape, dtype=DType(rules.floating.compute, "int32"))
def matrix_rank(x: TensorLike, tol: float | None = None) -> Tensor:
    """The ranks of matrices: how many of their singular values are not zero.

    Args:
        x: matrices.
        tol: singular values up to this one count as zero; None for the largest one times the
            larger size times the dtype's epsilon.

    Returns:
        An int32 tensor of shape `x.shape[:-2]`.

    Example:

    >>> import keras_core as keras
    >>> int(keras.ops.matrix_rank([[1.0, 2.0], [2.0, 4.0]]))
    1
    """
    from keras_core.ops.reductions import count_nonzero

    if 0 in shape_of(x)[-2:]:
        return creation.zeros(arrays.shape(x)[:-2], "int32")
    s = svd(x, compute_uv=False)
    if tol is None:
        tol = elementwise.multiply(shaping.expand_dims(s[..., 0], -1), _cutoff(x))
    return count_nonzero(comparison.greater(s, tol), axis=-1)


def _lstsq_shape(a: Any, b: Any, rcond: float | None = None) -> shapes.Shape:
    left, right = _matrix("lstsq", a), shape_of(b)
    vector = len(right) == len(left) - 1
    rows = right[-1] if vector else right[-2] if len(right) > 1 else None
    if not right or not (rows is None or left[-2] is None or rows == left[-2]):
        raise ValueError(
            f"lstsq: b must have as many rows as a. Received: a of shape {left}, b of shape {right}"
        )
    return (*left[:-2], left[-1]) if vector else (*left[:-2], left[-1], right[-1])


@op(shape=_lstsq_shape, dtype=rules.floating)
def lstsq(a: TensorLike, b: TensorLike, rcond: float | None = None) -> Tensor:
    """The shortest `x` that minimizes the Euclidean norm of `a @ x - b`.

    Args:
        a: matrices of shape `(..., m, n)`.
        b: right-hand sides, of shape `(..., m, k)`; or vectors, with one axis less than `a`.
        rcond: singular values below this part of the largest one count as zero; None for
            `max(m, n)` times the dtype's epsilon.

    Returns:
        A tensor of shape `(..., n, k)`, or `(..., n)` for vectors.

    Example:

    >>> import keras_core as keras
    >>> round(float(keras.ops.lstsq([[1.0], [1.0]], [2.0, 4.0])[0]))
    3
    """
    _lstsq_shape(a, b, rcond)
    vector = len(shape_of(b)) == len(shape_of(a)) - 1
    rcond = _cutoff(a) if rcond is None else rcond
    right = shaping.expand_dims(b, -1) if vector else b
    out = products.matmul(pinv(a, rcond), right)  # whose gradient minds no equal singular values
    return shaping.squeeze(out, -1) if vector else out
