"""Inception V3: Szegedy et al., 2015, arXiv:1512.00567."""

from __future__ import annotations

from typing import Any

from keras_core.applications import parts
from keras_core.applications.common import Request, application
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor

PAPER = "Szegedy et al., Rethinking the Inception Architecture (arXiv:1512.00567)."
ROW, COLUMN = (1, 7), (7, 1)
# A module is a list of branches, a branch a list of steps: "avg" or "max" for a pooling, else
# (filters, size), with strides of 2 as a third entry.
STEM = [(32, 3, 2, "valid"), (32, 3, 1, "valid"), (64, 3, 1, "same"), "max"]
STEM += [(80, 1, 1, "valid"), (192, 3, 1, "valid"), "max"]


def _small(filters: int) -> list[list[Any]]:
    dense = [(64, 1), (96, 3), (96, 3)]
    return [[(64, 1)], [(48, 1), (64, 5)], dense, ["avg", (filters, 1)]]


def _middle(n: int) -> list[list[Any]]:
    single = [(n, 1), (n, ROW), (192, COLUMN)]
    double = [(n, 1), (n, COLUMN), (n, ROW), (n, COLUMN), (192, ROW)]
    return [[(192, 1)], single, double, ["avg", (192, 1)]]


MODULES = [
    *(_small(filters) for filters in (32, 64, 64)),
    [[(384, 3, 2)], [(64, 1), (96, 3), (96, 3, 2)], ["max"]],
    *(_middle(n) for n in (128, 160, 160, 192)),
    [
        [(192, 1), (320, 3, 2)],
        [(192, 1), (192, ROW), (192, COLUMN), (192, 3, 2)],
        ["max"],
    ],
]


def conv_norm(x: Any, filters: int, size: Any, strides: int = 1, padding: str | None = None) -> Any:
    """A convolution, normalised and activated; strides leave no padding."""
    padding = padding or ("valid" if strides > 1 else "same")
    x = parts.conv(x, filters, size, strides, padding)
    return parts.act(parts.norm(x, scale=False))


def branch(x: Any, steps: list[Any]) -> Any:
    """The steps of a branch, one after another."""
    for step in steps:
        if step == "avg":
            x = parts.avg_pool(x, 3, 1, "same")
        elif step == "max":
            x = parts.max_pool(x, 3, 2)
        else:
            x = conv_norm(x, *step)
    return x


def module(x: Any, branches: list[list[Any]], name: str) -> Any:
    """All branches, side by side."""
    return parts.concat([branch(x, steps) for steps in branches], name=name)


def _forked(x: Any, steps: list[Any], name: str | None) -> Any:
    """A branch that ends in a row and a column, side by side."""
    x = branch(x, steps)
    return parts.concat([conv_norm(x, 384, (1, 3)), conv_norm(x, 384, (3, 1))], name=name)


def _body(request: Request) -> Any:
    start = request.input()
    x = branch(start, STEM)
    for i, branches in enumerate(MODULES):
        x = module(x, branches, f"mixed{i}")
    for i in range(2):
        sides = [
            conv_norm(x, 320, 1),
            _forked(x, [(384, 1)], f"mixed9_{i}"),
            _forked(x, [(448, 1), (384, 3)], None),
            branch(x, ["avg", (192, 1)]),
        ]
        x = parts.concat(sides, name=f"mixed{9 + i}")
    x = request.classified(x, avg=None)
    return request.model(start, x, "InceptionV3")


InceptionV3 = application("InceptionV3", _body, PAPER, "inception_v3", size=299, minimum=75)
preprocess_input = preprocessor("tf")

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]
