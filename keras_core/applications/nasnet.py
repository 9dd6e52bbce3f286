"""NASNet: Zoph et al., 2017, arXiv:1707.07012."""

from __future__ import annotations

from typing import Any

from keras_core import layers
from keras_core.applications import parts
from keras_core.applications.common import Request, documented
from keras_core.applications.imagenet_utils import decode_predictions, preprocessor

PAPER = "Zoph et al., Learning Transferable Architectures (arXiv:1707.07012)."
# Filters before the classifier, repeats of the normal cell, filters of the stem, whether cells
# after a reduction look past it, and the images' side.
SCALES = {"Mobile": (1056, 4, 32, False, 224), "Large": (4032, 6, 96, True, 331)}


def _norm(x: Any, name: str) -> Any:
    axis = parts.last_axis()
    return parts.norm(x, name, axis=axis, momentum=0.9997, epsilon=1e-3)


def _separable(x: Any, filters: int, size: int, name: str, strides: int = 1) -> Any:
    """Two separable convolutions, each after an activation; the first one has the strides."""
    x = parts.act(x)
    padding = "same"
    if strides == 2:
        pads = parts.halving_pads(x, size)
        x, padding = parts.pad(x, pads, f"separable_conv_1_pad_{name}"), "valid"
    x = parts.separable(x, filters, size, strides, padding, name=f"separable_conv_1_{name}")
    x = parts.act(_norm(x, f"separable_conv_1_bn_{name}"))
    x = parts.separable(x, filters, size, name=f"separable_conv_2_{name}")
    return _norm(x, f"separable_conv_2_bn_{name}")


def _larger(before: Any, x: Any, across: bool) -> bool:
    """Whether sides differ; where they are unknown, whether there is a reduction between."""
    sides = [y.shape[1:3] if parts.channels_last() else y.shape[2:] for y in (before, x)]
    return across if None in sides[1] else sides[0] != sides[1]


def _adjusted(before: Any, x: Any, filters: int, name: str, across: bool) -> Any:
    """The output of the cell before the last, with the sides and channels of this cell."""
    if before is None:
        return x
    if _larger(before, x, across):
        y = parts.act(before, name=f"adjust_relu_1_{name}")
        even = parts.avg_pool(y, 1, 2, name=f"adjust_avg_pool_1_{name}")
        even = parts.conv(even, filters // 2, name=f"adjust_conv_1_{name}")
        # The same of the places between.
        odd = parts.pad(y, ((0, 1), (0, 1)))
        odd = layers.Cropping2D(((1, 0), (1, 0)))(odd)
        odd = parts.avg_pool(odd, 1, 2, name=f"adjust_avg_pool_2_{name}")
        odd = parts.conv(odd, filters // 2, name=f"adjust_conv_2_{name}")
        y = parts.concat([even, odd], parts.last_axis())
        return _norm(y, f"adjust_bn_{name}")
    if parts.channels(before) != filters:
        y = parts.conv(parts.act(before), filters, name=f"adjust_conv_projection_{name}")
        return _norm(y, f"adjust_bn_{name}")
    return before


def _squeezed(x: Any, filters: int, kind: str, name: str) -> Any:
    x = parts.conv(parts.act(x), filters, name=f"{kind}_conv_1_{name}")
    return _norm(x, f"{kind}_bn_1_{name}")


def _normal(x: Any, before: Any, filters: int, name: str, across: bool) -> tuple[Any, Any]:
    """A cell that keeps the sides, and its input.

    Args:
        x: the last cell's output.
        before: that of the cell before it, or None.
        filters: of the separable convolutions.
        name: what the layers' names end with.
        across: whether there is a reduction between `before` and `x`.
    """
    p = _adjusted(before, x, filters, name, across)
    h = _squeezed(x, filters, "normal", name)

    def separable(x: Any, size: int, place: str) -> Any:
        return _separable(x, filters, size, f"normal_{place}_{name}")

    def mean(x: Any, place: str) -> Any:
        return parts.avg_pool(x, 3, 1, "same", name=f"normal_{place}_{name}")

    pairs = [
        lambda: [separable(h, 5, "left1"), separable(p, 3, "right1")],
        lambda: [separable(p, 5, "left2"), separable(p, 3, "right2")],
        lambda: [mean(h, "left3"), p],
        lambda: [mean(p, "left4"), mean(p, "right4")],
        lambda: [separable(h, 3, "left5"), h],
    ]
    sums = [parts.add(pair(), f"normal_add_{i}_{name}") for i, pair in enumerate(pairs, 1)]
    return parts.concat([p, *sums], parts.last_axis(), f"normal_concat_{name}"), x


def _reduction(x: Any, before: Any, filters: int, name: str, across: bool) -> tuple[Any, Any]:
    """A cell that halves the sides, and its input; arguments as `_normal`'s."""
    p = _adjusted(before, x, filters, name, across)
    h = _squeezed(x, filters, "reduction", name)
    padded = parts.pad(h, parts.halving_pads(h, 3), f"reduction_pad_1_{name}")

    def separable(x: Any, size: int, place: str, strides: int = 2) -> Any:
        return _separable(x, filters, size, f"reduction_{place}_{name}", strides)

    first = parts.add(
        [separable(h, 5, "left1"), separable(p, 7, "right1")], f"reduction_add_1_{name}"
    )
    most = parts.max_pool(padded, 3, 2, name=f"reduction_left2_{name}")
    second = parts.add([most, separable(p, 7, "right2")], f"reduction_add_2_{name}")
    mean = parts.avg_pool(padded, 3, 2, name=f"reduction_left3_{name}")
    third = parts.add([mean, separable(p, 5, "right3")], f"reduction_add3_{name}")
    mean = parts.avg_pool(first, 3, 1, "same", name=f"reduction_left4_{name}")
    fourth = parts.add([second, mean])
    left = separable(first, 3, "left4", 1)
    most = parts.max_pool(padded, 3, 2, name=f"reduction_right5_{name}")
    fifth = parts.add([left, most], f"reduction_add4_{name}")
    sums = [second, third, fourth, fifth]
    return parts.concat(sums, parts.last_axis(), f"reduction_concat_{name}"), x


def _body(request: Request, scale: str) -> Any:
    penultimate, repeats, stem, skips, _ = SCALES[scale]
    filters = penultimate // 24
    start = request.input()
    x = parts.conv(start, stem, 3, 2, "valid", name="stem_conv1", kernel_initializer="he_normal")
    x, before = _norm(x, "stem_bn1"), None
    for i, part in enumerate((4, 2), 1):
        x, before = _reduction(x, before, filters // part, f"stem_{i}", across=True)
    for stage in range(3):
        if stage:
            filters *= 2
            x, reduced = _reduction(x, before, filters, f"reduce_{stage * repeats}", across=False)
            before = before if skips else reduced
        first = stage * repeats + (1 if stage else 0)
        for i in range(repeats):
            x, before = _normal(x, before, filters, str(first + i), across=i == 0)
    x = parts.act(x)
    x = request.classified(x, avg=None, pool=None)
    return request.model(start, x, f"NASNet{scale}")


def _variant(scale: str) -> Any:
    function, size = f"NASNet{scale}", SCALES[scale][-1]

    def build(
        input_shape: Any = None,
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        name: str = f"nasnet_{scale.lower()}",
    ) -> Any:
        request = Request(
            function, include_top, weights, input_tensor, input_shape, pooling, classes,
            classifier_activation, name, size,
        )  # fmt: skip
        return _body(request, scale)

    title = f"{function}, a model for classifying images"
    return documented(build, function, title=title, paper=PAPER, size=size, minimum=32)


NASNetMobile = _variant("Mobile")
NASNetLarge = _variant("Large")
preprocess_input = preprocessor("tf")

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]
