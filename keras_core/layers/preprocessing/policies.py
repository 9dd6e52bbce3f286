"""AugMix and RandAugment: random changes chosen at random."""

from __future__ import annotations

from typing import Any

from keras_core import ops, random
from keras_core.core import tree
from keras_core.core.limits import BOOL, COUNT, POSITIVE, POSITIVE_INT
from keras_core.layers.preprocessing import colour, histogram, warping
from keras_core.layers.preprocessing.image_base import (
    INTERPOLATION,
    VALUE_RANGE,
    ImageLayer,
)

_BYTES = (0, 255)


class _Policy(ImageLayer):
    """Changes to choose from, all of one strength.

    Which one is applied is a number drawn on the device, so that a compiled step draws anew at
    each call; it holds for the whole batch, while its strength is each image's own.
    """

    limits = {"value_range": VALUE_RANGE, "interpolation": INTERPOLATION}
    factors = {"factor": (0.0, 1.0, False)}
    factor: tuple[float, float]
    value_range: Any
    interpolation: str

    def _start(self, values: dict[str, Any], with_colours: bool) -> None:
        self._set_up(values)
        low, high = self.factor
        common = {"data_format": self.data_format, "dtype": self.dtype_policy}
        drawn = {**common, "seed": values["seed"]}
        moved = {
            **drawn,
            "interpolation": self.interpolation,
            "bounding_box_format": self.bounding_box_format,
        }
        toned = {**drawn, "value_range": self.value_range}
        both = (low, high)
        bits = (max(1, round(8 * low)), max(1, round(8 * high)))
        self._changes: list[ImageLayer] = [
            warping.RandomShear(both, both, **moved),
            warping.RandomTranslation(both, both, **moved),
            warping.RandomRotation(both, **moved),
            colour.Solarization(both, both, **toned),
            colour.RandomPosterization(bits, **toned),
            colour.AutoContrast(self.value_range, **common),
            histogram.Equalization(self.value_range, **common),
        ]
        if with_colours:
            self._changes += [
                colour.RandomBrightness(both, **toned),
                colour.RandomColorDegeneration(both, **toned),
                colour.RandomContrast(both, **toned),
                colour.RandomSharpness(both, **toned),
            ]

    def _drawn(self, data: Any, seed: Any) -> list[Any]:
        """What each of the changes would do."""
        self._sizes = self._height_width(self._batch(data)[0])
        return [one.get_random_transformation(data, True, seed) for one in self._changes]

    def _drawn_often(self, data: Any, seed: Any, times: int) -> list[Any]:
        """The same several times at once, along a new first axis."""
        images, count = self._batch(data)
        sizes = self._height_width(images)
        flat = (1, *sizes) if self.data_format == "channels_first" else (*sizes, 1)
        drawn = self._drawn(ops.zeros((times * count, *flat), "uint8"), seed)
        return tree.map_structure(
            lambda x: None if x is None else ops.reshape(x, (times, -1, *x.shape[1:])), drawn
        )

    def _numbers(self, shape: tuple[int, ...], count: int, seed: Any) -> Any:
        """Whole numbers below `count`."""
        share = random.uniform(shape, 0.0, float(count), seed=self._source(seed))
        return ops.minimum(ops.cast(ops.floor(share), "int32"), count - 1)

    def _changed(self, part: str, value: Any, number: Any, drawn: list[Any]) -> Any:
        """`value` after the change of a number, given what each would do."""

        def branch(change: ImageLayer, transformation: Any) -> Any:
            change._sizes = self._sizes
            apply = getattr(change, f"transform_{part}")
            return lambda x: apply(x, transformation, training=True)

        pairs = zip(self._changes, drawn, strict=True)
        return ops.switch(number, [branch(*pair) for pair in pairs], value)


class RandAugment(_Policy):
    """Apply some changes, one after the other, each chosen at random.

    Args:
        value_range: the range of pixels.
        num_ops: how many.
        factor: bounds of the strength, from 0 to 1; a number f for (0, f).
        interpolation: "nearest" or "bilinear", for changes that move pixels.
        seed: an int.
        data_format: "channels_last" or "channels_first".
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Reference:
        Cubuk et al., 2019, https://arxiv.org/abs/1909.13719

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandAugment()(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    limits = {"num_ops": COUNT}
    num_ops: int

    def __init__(
        self,
        value_range: Any = _BYTES,
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._start(locals(), with_colours=True)

    def _draw(self, data: Any, seed: Any) -> Any:
        """The numbers of the changes, and what each would do."""
        numbers = self._numbers((self.num_ops,), len(self._changes), seed)
        return {"layer_idxes": numbers, "transforms": self._drawn(data, seed)}

    def _applied(self, part: str, value: Any, transformation: Any) -> Any:
        numbers, drawn = transformation["layer_idxes"], transformation["transforms"]

        def link(i: Any, value: Any) -> Any:
            return self._changed(part, value, ops.take(numbers, i, axis=0), drawn)

        return ops.fori_loop(0, self.num_ops, link, value)

    def _change_images(self, images: Any, transformation: Any) -> Any:
        return self._applied("images", images, transformation)

    def _change_masks(self, segmentation_masks: Any, transformation: Any) -> Any:
        return self._applied("segmentation_masks", segmentation_masks, transformation)

    def _change_boxes(self, bounding_boxes: Any, transformation: Any) -> Any:
        boxes = {k: ops.convert_to_tensor(v) for k, v in bounding_boxes.items()}
        boxes["boxes"] = ops.cast(boxes["boxes"], "float32")
        return self._applied("bounding_boxes", boxes, transformation)


class AugMix(_Policy):
    """Mix each image with versions of it, each after a chain of changes.

    Masks, boxes and labels stay: the image itself is a part of the mixture.

    Args:
        value_range: the range of pixels.
        num_chains: how many versions.
        chain_depth: how many changes a chain has at the most, and 1 at the least.
        factor: bounds of the changes' strength, from 0 to 1; a number f for (0, f).
        alpha: the parameter of the beta and Dirichlet distributions that the shares come from.
        all_ops: whether brightness, contrast, sharpness and strength of colours are among the
            changes: to be left out where these are what robustness is measured by.
        interpolation: "nearest" or "bilinear", for changes that move pixels.
        seed: an int.
        data_format: "channels_last" or "channels_first".
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Reference:
        Hendrycks et al., 2020, https://arxiv.org/abs/1912.02781

    Example:

    >>> import keras_core as keras
    >>> keras.layers.AugMix()(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    limits = {
        "num_chains": POSITIVE_INT,
        "chain_depth": POSITIVE_INT,
        "alpha": POSITIVE,
        "all_ops": BOOL,
    }
    num_chains: int
    chain_depth: int
    alpha: float
    all_ops: bool

    def __init__(
        self,
        value_range: Any = _BYTES,
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._start(locals(), with_colours=self._check("all_ops", all_ops))

    def _draw(self, data: Any, seed: Any) -> Any:
        """Shares, and for each link of the chains what to do."""
        source = self._source(seed)
        count = self._batch(data)[1]
        parts = random.gamma((count, self.num_chains), self.alpha, seed=source)
        links = self.num_chains * self.chain_depth
        return {
            "weight_sample": random.beta((count,), self.alpha, self.alpha, seed=source),
            "chain_mixing_weights": ops.divide(parts, ops.sum(parts, axis=-1, keepdims=True)),
            "lengths": self._numbers((self.num_chains,), self.chain_depth, seed),
            "layer_idxes": self._numbers((links,), len(self._changes), seed),
            "transforms": self._drawn_often(data, seed, links),
        }

    def _change_images(self, images: Any, transformation: Any) -> Any:
        """The image, mixed with a sum of the chains' ends.

        A loop over all links, in which each change stands once: compilers take a second for it.
        """
        numbers, lengths = transformation["layer_idxes"], transformation["lengths"]
        shares = transformation["chain_mixing_weights"]
        drawn = transformation["transforms"]

        def link(i: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
            done, mixed = state
            chain, step = ops.floor_divide(i, self.chain_depth), ops.mod(i, self.chain_depth)
            done = ops.where(ops.equal(step, 0), images, done)
            here = tree.map_structure(lambda x: None if x is None else ops.take(x, i, 0), drawn)
            changed = self._changed("images", done, ops.take(numbers, i, axis=0), here)
            # Lengths are drawn as numbers below the depth: the first link is always there.
            done = ops.where(ops.less_equal(step, ops.take(lengths, chain, 0)), changed, done)
            last = ops.cast(ops.equal(step, self.chain_depth - 1), self.compute_dtype)
            share = self._each(ops.cast(ops.take(shares, chain, axis=1), self.compute_dtype))
            return done, ops.add(mixed, ops.multiply(done, ops.multiply(share, last)))

        links = self.num_chains * self.chain_depth
        _, mixed = ops.fori_loop(0, links, link, (images, ops.zeros_like(images)))
        own = ops.cast(self._each(transformation["weight_sample"]), self.compute_dtype)
        return ops.add(images, ops.multiply(ops.subtract(mixed, images), own))
