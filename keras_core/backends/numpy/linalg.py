"""Native bindings of products and decompositions."""

from __future__ import annotations

from typing import Any

import numpy as np

_INT8 = np.dtype("int8")


def matmul(x1: Any, x2: Any) -> np.ndarray:
    if x1.dtype == _INT8:
        x1, x2 = x1.astype("int32"), x2.astype("int32")
    return np.matmul(x1, x2)


def einsum(subscripts: str, operands: Any) -> np.ndarray:
    if operands[0].dtype == _INT8:
        operands = [x.astype("int32") for x in operands]
    return np.einsum(subscripts, *operands, optimize=len(operands) > 1)


def dot(x1: Any, x2: Any) -> np.ndarray:
    return np.asarray(np.dot(x1, x2))


tensordot = np.tensordot
