"""What all image models share: arguments, their checks, the classifier, pretrained weights.

`parts` has the layers under short names; each family's module has its tables and its body.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras_core import layers
from keras_core.applications.weights import HASHES, ROOT
from keras_core.core import settings
from keras_core.layers.core.input_layer import Input
from keras_core.models.functional import Functional
from keras_core.symbolic.graph import node_of
from keras_core.symbolic.keras_tensor import KerasTensor


def image_shape(
    owner: str, given: Any, *, size: int, minimum: int, fixed: bool, pretrained: bool, last: bool
) -> tuple[int | None, ...]:
    """The shape of a model's images: what was given, checked, or the default.

    Args:
        owner: the model's public name, for errors.
        given: the shape as the user gave it; None for the default.
        size: height and width by default.
        minimum: the least height and width.
        fixed: whether height and width must be known.
        pretrained: whether ImageNet's weights are loaded: three channels, and `size` if `fixed`.
        last: whether the channels stand last.
    """

    def ordered(size: int | None, channels: int | None) -> tuple[int | None, ...]:
        return (size, size, channels) if last else (channels, size, size)

    if given is None:
        return ordered(size if fixed else None, 3)
    if not isinstance(given, (tuple, list)) or len(given) != 3:
        raise ValueError(
            f"{owner}: input_shape must have three entries, {ordered(size, 3)} for instance. "
            f"Received: {given!r}"
        )
    given = tuple(given)
    channels = given[-1] if last else given[0]
    sides = given[:2] if last else given[1:]
    if pretrained and channels != 3:
        raise ValueError(
            f"{owner}: input_shape must have 3 channels for weights='imagenet'. "
            f"Received: input_shape={given}"
        )
    if fixed:
        if None in sides:
            raise ValueError(
                f"{owner}: input_shape must be known for include_top=True. "
                f"Received: input_shape={given}"
            )
        if pretrained and given != ordered(size, 3):
            raise ValueError(
                f"{owner}: input_shape must be {ordered(size, 3)} for "
                f"weights='imagenet' with include_top=True. Received: input_shape={given}"
            )
    if any(side is not None and side < minimum for side in sides):
        raise ValueError(
            f"{owner}: images must be at least {minimum} by {minimum}. "
            f"Received: input_shape={given}"
        )
    return given


@dataclass(frozen=True)
class Request:
    """The arguments that all models take, checked.

    Attributes:
        owner: the model's public name, for errors.
        size: the images' height and width where `input_shape` is not given.
        minimum: the least height and width.
    """

    owner: str
    include_top: bool
    weights: Any
    input_tensor: Any
    input_shape: Any
    pooling: str | None
    classes: int
    classifier_activation: Any
    name: str
    size: int
    minimum: int = 32
    open_top: bool = False  # whether a model with its top takes images of any size

    def __post_init__(self) -> None:
        if self.pretrained:
            if self.include_top and self.classes != 1000:
                raise ValueError(
                    f"{self.owner}: classes must be 1000 for weights='imagenet' with "
                    f"include_top=True. Received: classes={self.classes}"
                )
            if self.include_top and _activation_name(self.classifier_activation) not in (
                None, "softmax",
            ):  # fmt: skip
                raise ValueError(
                    f"{self.owner}: classifier_activation must be None or 'softmax' for weights "
                    f"that are trained. Received: {self.classifier_activation!r}"
                )
        elif self.weights is not None and not os.path.exists(os.fspath(self.weights)):
            raise ValueError(
                f"{self.owner}: weights must be None, 'imagenet', or the path of a file. "
                f"Received: weights={self.weights!r}"
            )
        if self.pooling not in (None, "avg", "max"):
            raise ValueError(
                f"{self.owner}: pooling must be None, 'avg' or 'max'. Received: {self.pooling!r}"
            )
        if self.input_tensor is not None and not isinstance(self.input_tensor, KerasTensor):
            raise ValueError(
                f"{self.owner}: input_tensor must be a KerasTensor, such as Input() gives. "
                f"Received: {self.input_tensor!r} (of type {type(self.input_tensor).__name__})"
            )

    @property
    def pretrained(self) -> bool:
        """Whether the published weights are asked for."""
        return self.weights == "imagenet"

    def shape(self) -> tuple[int | None, ...]:
        """The images' shape: what was given, checked, or the default."""
        return image_shape(
            self.owner,
            self.input_shape,
            size=self.size,
            minimum=self.minimum,
            fixed=self.include_top and not self.open_top,
            pretrained=self.pretrained,
            last=settings.image_data_format() == "channels_last",
        )

    def input(self) -> KerasTensor:
        """Where the model starts."""
        if self.input_tensor is not None:
            return self.input_tensor
        return Input(self.shape())

    def pooled(self, x: Any, avg: str | None = None, most: str | None = None) -> Any:
        """`x` pooled as `pooling` says, by layers of these names."""
        if self.pooling == "avg":
            return layers.GlobalAveragePooling2D(name=avg)(x)
        if self.pooling == "max":
            return layers.GlobalMaxPooling2D(name=most)(x)
        return x

    def classified(
        self, x: Any, avg: str | None = "avg_pool", most: str | None = None, dropout: float = 0,
        pool: str | None = "avg_pool", **dense: Any,
    ) -> Any:  # fmt: skip
        """Mean over places and a dense layer; without the top, `pooling`.

        Args:
            x: the features.
            avg: the name of the pooling layer for "avg", without the top.
            most: the same for "max".
            dropout: a rate, before the dense layer.
            pool: the name of the pooling layer below the dense one.
            **dense: arguments of the dense layer.
        """
        if not self.include_top:
            return self.pooled(x, avg, most)
        x = layers.GlobalAveragePooling2D(name=pool)(x)
        if dropout:
            x = layers.Dropout(dropout, name="top_dropout")(x)
        return self.dense(x, **dense)

    def dense(self, x: Any, name: str = "predictions", **kwargs: Any) -> Any:
        """The last layer."""
        dense = layers.Dense(
            self.classes, activation=self.classifier_activation, name=name, **kwargs
        )
        return dense(x)

    def model(self, start: Any, x: Any, files: str, name: str | None = None) -> Any:
        """The model from `start` to `x`, with its weights.

        Args:
            start: what `input()` gave.
            x: the output.
            files: the key of the trained weights in `weights.HASHES`.
            name: the model's name, if it is not the one that was given.
        """
        model = Functional(_sources(start), x, name=name or self.name)
        if self.pretrained:
            from keras_core.utils import get_file

            key = files if self.include_top else f"{files}|notop"
            if key not in HASHES:
                raise ValueError(
                    f"{self.owner}: there are no trained weights {key!r}. Pass weights=None."
                )
            place, digest = HASHES[key]
            path = get_file(
                os.path.basename(place), ROOT + place, cache_subdir="models", file_hash=digest
            )
            model.load_weights(path)
        elif self.weights is not None:
            model.load_weights(self.weights)
        return model


def _activation_name(activation: Any) -> Any:
    if activation is None or isinstance(activation, str):
        return None if activation == "linear" else activation
    name = getattr(activation, "__name__", activation)
    return None if name == "linear" else name


def _sources(tensor: KerasTensor) -> Any:
    """The Inputs that a tensor comes from."""
    found, seen, stack = [], set(), [tensor]
    while stack:
        x = stack.pop()
        node = node_of(x)
        if id(x) in seen:
            continue
        seen.add(id(x))
        if node is None or node.is_input:
            found.append(x)
        else:
            stack.extend(reversed(node.inputs))
    return found[0] if len(found) == 1 else found


_DOC = """{title}.

{paper}

Args:
    include_top: whether the model ends with the classifier.
    weights: None (drawn anew), "imagenet" (trained, downloaded once), or the path of a file
        of weights.
    input_tensor: a KerasTensor of images to start from, in place of a new Input.
    input_shape: the images' shape without the batch axis; by default {size} by {size} with
        3 channels, and any size without the top. At least {minimum} by {minimum}.
    pooling: without the top: None (the features keep their places), "avg" or "max".
    classes: the number of classes.
    classifier_activation: the last layer's activation; None for logits.
    name: the model's name.

Returns:
    A model from images (batch, height, width, channels) to class probabilities, or features.
    Images are prepared by this module's `preprocess_input`.

Raises:
    ValueError: if an argument is wrong, or trained weights are not for these arguments.

Example:

>>> import keras_core as keras
>>> model = keras.applications.{function}(weights=None)
>>> model.output_shape
(None, 1000)
"""


def documented(function: Callable[..., Any], name: str, **fields: Any) -> Callable[..., Any]:
    """`function` under a public name, with the docstring that all models share."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = _DOC.format(function=name, **fields)
    return function


def application(
    function: str,
    body: Callable[[Request], Any],
    paper: str,
    name: str,
    size: int = 224,
    minimum: int = 32,
) -> Callable[..., Any]:
    """A model's public function.

    Args:
        function: its name.
        body: makes the model from the checked arguments.
        paper: where it was published.
        name: the model's name by default.
        size: the images' height and width by default.
        minimum: the least height and width.
    """

    def build(
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Any = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        name: str = name,
    ) -> Any:
        return body(
            Request(
                function,
                include_top,
                weights,
                input_tensor,
                input_shape,
                pooling,
                classes,
                classifier_activation,
                name,
                size,
                minimum,
            )  # fmt: skip
        )

    title = f"{function}, a model for classifying images"
    return documented(build, function, title=title, paper=paper, size=size, minimum=minimum)
