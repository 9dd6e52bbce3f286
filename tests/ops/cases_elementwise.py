"""Arithmetic, rounding, extrema."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, arr

CASES = [
    OpCase("add", (arr((2, 3)), arr((3,))), oracle=np.add, dtypes=("float32", "int32", "bfloat16")),
    OpCase("add", (arr(), arr((2, 1))), dtypes=(("int8", "float16"), ("int32", "uint32"))),
    OpCase("hypot", (arr((2, 3)), arr((3,))), oracle=np.hypot, dtypes=("float32", "int32")),
    OpCase("square", (arr((2, 3)),), dtypes=("float32", "int64")),
]
