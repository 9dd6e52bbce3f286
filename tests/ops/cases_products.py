"""Products of tensors."""

from __future__ import annotations

import numpy as np

from tests.ops.case import OpCase, arr

MIXED = ("float32", "int32", "bool", "bfloat16", "int8", "uint8", ("int32", "float16"))


def _einsum(subscripts, *shapes, dtypes=("float32",), dynamic=True):
    oracle = np.einsum if dtypes == ("float32",) else None
    args = (subscripts, *(arr(s) for s in shapes))
    return OpCase("einsum", args, oracle=oracle, dtypes=dtypes, dynamic=dynamic, name=subscripts)


CASES = [
    OpCase("matmul", (arr((2, 3)), arr((3, 4))), dtypes=MIXED),
    OpCase("matmul", (arr((3,)), arr((3,))), oracle=np.matmul),
    OpCase("matmul", (arr((2, 3)), arr((3,))), oracle=np.matmul),
    OpCase("matmul", (arr((3,)), arr((2, 3, 4))), oracle=np.matmul),
    OpCase("matmul", (arr((5, 2, 3)), arr((3, 4))), oracle=np.matmul),
    OpCase("matmul", (arr((5, 2, 3)), arr((3,))), oracle=np.matmul),
    OpCase("matmul", (arr((5, 1, 2, 3)), arr((6, 3, 4))), oracle=np.matmul),
    OpCase("matmul", (arr((2, 0)), arr((0, 3))), oracle=np.matmul),
    OpCase("dot", (arr((2, 3)), arr((3, 4))), dtypes=("float32", "int32", "bool", "int8")),
    OpCase("dot", (arr((3,)), arr((3,))), oracle=np.dot),
    OpCase("dot", (arr((2, 3)), 2.0), oracle=np.dot),
    OpCase("dot", (arr((5, 2, 3)), arr((4, 3, 2))), oracle=np.dot),
    OpCase("tensordot", (arr((2, 3, 4)), arr((3, 4, 5))), dtypes=("float32", "int32", "int8")),
    OpCase("tensordot", (arr((2, 3)), arr((4,)), 0), oracle=np.tensordot),
    OpCase("tensordot", (arr((2, 3, 4)), arr((4, 2)), [[0, 2], [1, 0]]), oracle=np.tensordot,
           dynamic=False),
    OpCase("tensordot", (arr((2, 3, 4)), arr((4, 5)), 1), oracle=np.tensordot),
    OpCase("inner", (arr((2, 3)), arr((4, 3))), oracle=np.inner),
    OpCase("inner", (arr((3,)), arr((3,))), oracle=np.inner),
    OpCase("inner", (arr((2, 3)), 2.0), oracle=np.inner),
    OpCase("outer", (arr((2,)), arr((3,))), dtypes=("float32", "int32", ("int8", "float32"))),
    OpCase("outer", (arr((2, 2)), arr((3,))), oracle=np.outer),
    _einsum("ij,jk->ik", (2, 3), (3, 4), dtypes=MIXED),
    _einsum("ij,jk", (2, 3), (3, 4)),
    _einsum("ii->i", (3, 3), dynamic=False),
    _einsum("ij->ji", (2, 3)),
    _einsum("ij->", (2, 3)),
    _einsum("ij,ij->i", (2, 3), (2, 3)),
    _einsum("...ij,jk->...ik", (5, 2, 3), (3, 4)),
    _einsum("...i,...i->...", (5, 2, 3), (2, 3)),
    _einsum("abc,cde->abde", (2, 3, 4), (4, 5, 6)),
    _einsum("abcd,cde->abe", (2, 3, 4, 5), (4, 5, 6)),
    _einsum("bqhd,bkhd->bhqk", (2, 3, 4, 5), (2, 6, 4, 5)),
    _einsum("bhqk,bkhd->bqhd", (2, 4, 3, 6), (2, 6, 4, 5)),
    _einsum("ab,bc,cd->ad", (2, 3), (3, 4), (4, 5)),
    _einsum("ab,cd->abcd", (2, 3), (4, 5)),
    _einsum("abc,cd->bad", (2, 3, 4), (4, 5)),
    _einsum("abc,dc->abd", (2, 3, 4), (5, 4)),
    _einsum("abc,c->ab", (2, 3, 4), (4,)),
    _einsum("ab,bc->ac", (2, 0), (0, 3)),
    _einsum("ab,bc->ac", (0, 2), (2, 3), dynamic=False),
    _einsum("ab,ab->", (2, 3), (2, 3)),
]  # fmt: skip
