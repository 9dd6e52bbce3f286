"""Layers that mix the images of a batch or erase parts, Pipeline and MaxNumBoundingBoxes."""

from __future__ import annotations

from typing import Any

from keras_core import ops, random
from keras_core.core import errors
from keras_core.core.limits import FILL_VALUE, NOT_NEGATIVE, POSITIVE_INT, optional
from keras_core.layers.base import Layer
from keras_core.layers.preprocessing.image_base import VALUE_RANGE, ImageLayer
from keras_core.symbolic.keras_tensor import KerasTensor


class MixUp(ImageLayer):
    """Mix each image, and its labels, with another one of the batch.

    Boxes and segmentation masks of both are kept: boxes one after the other, masks as channels.

    Zhang et al., 2018, "mixup: beyond empirical risk minimization".

    Args:
        alpha: both parameters of the beta distribution that the shares come from.
        data_format: "channels_last" or "channels_first".
        seed: an int.
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> out = keras.layers.MixUp()(
    ...     {"images": keras.ops.ones((2, 8, 8, 3)), "labels": keras.ops.eye(2)}
    ... )
    """

    limits = {"alpha": NOT_NEGATIVE}

    def __init__(
        self,
        alpha: float = 0.2,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _draw(self, data: Any, seed: Any) -> Any:
        """Whom each image is mixed with and its own share."""
        seed = self._source(seed)
        count = self._batch(data)[1]
        if self.alpha == 0:
            share = ops.ones((count,))
        else:
            share = random.beta((count,), self.alpha, self.alpha, seed=seed)
        order = random.shuffle(ops.arange(count, dtype="int32"), seed=seed)
        return {"mix_weight": share, "permutation_order": order}

    def _mixed(self, values: Any, transformation: Any) -> Any:
        share = self._each(transformation["mix_weight"], len(values.shape))
        share = ops.cast(share, self.compute_dtype)
        values = ops.cast(values, self.compute_dtype)
        others = ops.take(values, transformation["permutation_order"], axis=0)
        return ops.add(others, ops.multiply(ops.subtract(values, others), share))

    _change_images = _change_labels = _mixed

    def _change_masks(self, masks: Any, transformation: Any) -> Any:
        """The masks of both images."""
        others = ops.take(masks, transformation["permutation_order"], axis=0)
        if len(masks.shape) == 3:
            return ops.stack([masks, others], axis=self._channel_axis)
        return ops.concatenate([masks, others], axis=self._channel_axis)

    def _change_boxes(self, bounding_boxes: Any, transformation: Any) -> Any:
        """The boxes of both images."""
        order = transformation["permutation_order"]
        return {
            k: ops.concatenate([v, ops.take(v, order, axis=0)], axis=1)
            for k, v in bounding_boxes.items()
        }

    def _part_spec(self, part: str, x: KerasTensor, training: bool, batched: bool) -> KerasTensor:
        spec = super()._part_spec(part, x, training, batched)
        if not training or part == "images":
            return spec
        if part == "labels":
            return KerasTensor(x.shape, self.compute_dtype)
        shape = list(spec.shape)
        if part == "bounding_boxes":
            axis = int(batched)
        elif len(shape) == 2 + batched:  # masks without channels
            axis = len(shape) if self._channel_axis == -1 else len(shape) - 2
            shape.insert(axis, 1)
        else:
            axis = self._channel_axis
        count = shape[axis]
        shape[axis] = None if count is None else 2 * count
        return KerasTensor(shape, spec.dtype)


class _Patching(ImageLayer):
    """A rectangle in each image that something else is put into."""

    limits = {"value_range": VALUE_RANGE}

    def _rectangles(self, images: Any, shares: Any, ratios: Any, seed: Any) -> Any:
        """(batch, height, width, 1) or with the channels first: True inside of a rectangle.

        Its area is a share of the image's, its place random; at the edges it is cut.
        """
        count = ops.shape(images)[0]
        height, width = self._height_width(images)
        down, right = ops.cast(height, "float32"), ops.cast(width, "float32")
        root = ops.sqrt(shares)
        tall, wide = down * root * ops.sqrt(ratios), right * root / ops.sqrt(ratios)
        y, x = (self._uniform(count, (0.0, 1.0), seed) for _ in range(2))
        rows = self._within(y * down, tall, height)
        columns = self._within(x * right, wide, width)
        inside = ops.logical_and(ops.expand_dims(rows, 2), ops.expand_dims(columns, 1))
        return ops.expand_dims(inside, self._channel_axis)

    @staticmethod
    def _within(middle: Any, length: Any, size: Any) -> Any:
        places = ops.expand_dims(ops.cast(ops.arange(size), "float32") + 0.5, 0)
        middle, length = ops.expand_dims(middle, 1), ops.expand_dims(length, 1)
        return ops.less(ops.abs(ops.subtract(places, middle)), ops.divide(length, 2.0))


class CutMix(_Patching):
    """Put a rectangle of another image of the batch into each, and mix the labels by area.

    Yun et al., 2019, "CutMix: regularization strategy to train strong classifiers with
    localizable features".

    Args:
        factor: bounds of the share of images that are changed; a number f for (0, f).
        seed: an int.
        data_format: "channels_last" or "channels_first".
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> out = keras.layers.CutMix()(
    ...     {"images": keras.ops.ones((2, 8, 8, 3)), "labels": keras.ops.eye(2)}
    ... )
    """

    factors = {"factor": (0.0, 1.0, False)}

    def __init__(
        self,
        factor: Any = 1.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _draw(self, data: Any, seed: Any) -> Any:
        """Whose rectangles go where, and the share of each image that stays."""
        seed = self._source(seed)
        images, count = self._batch(data)
        order = random.shuffle(ops.arange(count, dtype="int32"), seed=seed)
        shares = self._uniform(count, (0.0, 1.0), seed)
        inside = self._rectangles(images, shares, ops.ones_like(shares), seed)
        inside = ops.logical_and(inside, self._each(self._chosen(count, self.factor, seed)))
        covered = ops.mean(ops.cast(inside, "float32"), axis=(1, 2, 3))
        return {
            "permutation_order": order,
            "batch_masks": inside,
            "mix_weight": ops.subtract(1.0, covered),
        }

    def _patched(self, values: Any, transformation: Any) -> Any:
        inside = transformation["batch_masks"]
        if len(values.shape) == 3:  # masks without channels
            inside = ops.squeeze(inside, self._channel_axis)
        others = ops.take(values, transformation["permutation_order"], axis=0)
        return ops.where(inside, others, values)

    _change_images = _change_masks = _patched

    def _change_labels(self, labels: Any, transformation: Any) -> Any:
        """The labels, mixed by the areas."""
        labels = ops.cast(labels, self.compute_dtype)
        share = self._each(transformation["mix_weight"], len(labels.shape))
        others = ops.take(labels, transformation["permutation_order"], axis=0)
        share = ops.cast(share, self.compute_dtype)
        return ops.add(others, ops.multiply(ops.subtract(labels, others), share))

    def _part_spec(self, part: str, x: KerasTensor, training: bool, batched: bool) -> KerasTensor:
        if part == "labels" and training:
            return KerasTensor(x.shape, self.compute_dtype)
        return super()._part_spec(part, x, training, batched)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """Refused: which boxes are still seen cannot be told."""
        raise NotImplementedError(f"{self._owner} cannot change bounding boxes.")


class RandomErasing(_Patching):
    """Erase a rectangle of each image, by chance.

    Zhong et al., 2020, "Random erasing data augmentation".

    Args:
        factor: bounds of the probability; a number f for (0, f).
        scale: bounds of the rectangle's share of the area.
        fill_value: what is put there; None: noise over the range.
        value_range: the range of pixels.
        seed: an int.
        data_format: "channels_last" or "channels_first".
        **kwargs: name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> keras.layers.RandomErasing()(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    limits = {"fill_value": optional(FILL_VALUE)}
    factors = {"factor": (0.0, 1.0, False), "scale": (0.0, 1.0, False)}

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: float | None = None,
        value_range: Any = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._set_up(locals())

    def _draw(self, data: Any, seed: Any) -> Any:
        """Where to erase, and what to put there."""
        seed = self._source(seed)
        images, count = self._batch(data)
        shares = self._uniform(count, self.scale, seed)
        ratios = ops.exp(self._uniform(count, (-1.2, 1.2), seed))
        inside = self._rectangles(images, shares, ratios, seed)
        inside = ops.logical_and(inside, self._each(self._chosen(count, self.factor, seed)))
        fill = self.fill_value
        if fill is None:
            fill = random.uniform(ops.shape(images), *map(float, self.value_range), seed=seed)
        return {"masks": inside, "fill": fill}

    def _change_images(self, images: Any, transformation: Any) -> Any:
        fill = ops.cast(transformation["fill"], self.compute_dtype)
        return ops.where(transformation["masks"], fill, images)


class MaxNumBoundingBoxes(ImageLayer):
    """Bring the boxes of all images to one number.

    Args:
        max_number: how many boxes come out: others are dropped, missing ones filled.
        fill_value: what stands for no box.
        **kwargs: bounding_box_format, and name, dtype, trainable.

    Raises:
        ValueError: if an argument is outside of its limits.

    Example:

    >>> import keras_core as keras
    >>> boxes = {"boxes": keras.ops.ones((1, 3, 4)), "labels": keras.ops.ones((1, 3))}
    >>> data = {"images": keras.ops.ones((1, 8, 8, 3)), "bounding_boxes": boxes}
    >>> keras.layers.MaxNumBoundingBoxes(5)(data)["bounding_boxes"]["boxes"].shape
    (1, 5, 4)
    """

    _random = False
    _keeps_integers = True
    limits = {"max_number": POSITIVE_INT, "fill_value": FILL_VALUE}
    unsaved = frozenset(("fill_value",))

    def __init__(self, max_number: int, fill_value: float = -1, **kwargs: Any) -> None:
        data_format = kwargs.pop("data_format", None)
        super().__init__(**kwargs)
        self._set_up(locals())

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        return images

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """So many boxes and labels."""

        def sized(x: Any) -> Any:
            x = x[:, : self.max_number]
            missing = self.max_number - ops.shape(x)[1]
            pads = [(0, 0), (0, missing), *[(0, 0)] * (len(x.shape) - 2)]
            return ops.pad(x, pads, constant_values=self.fill_value)

        return {k: sized(v) for k, v in bounding_boxes.items()}

    def _part_spec(self, part: str, x: KerasTensor, training: bool, batched: bool) -> KerasTensor:
        if part != "bounding_boxes":
            return super()._part_spec(part, x, training, batched)
        shape = list(x.shape)
        shape[int(batched)] = self.max_number
        return KerasTensor(shape, x.dtype)


class Pipeline(Layer):
    """Layers one after the other, as one layer.

    Args:
        layers: a list of layers; `training` and `mask` reach those that take them.
        name: the layer's name.

    Raises:
        ValueError: if one is no Layer.

    Example:

    >>> import keras_core as keras
    >>> pipeline = keras.layers.Pipeline(
    ...     [keras.layers.RandomFlip(), keras.layers.Rescaling(1 / 255)]
    ... )
    >>> pipeline(keras.ops.ones((2, 8, 8, 3))).shape
    (2, 8, 8, 3)
    """

    def __init__(self, layers: Any, name: str | None = None) -> None:
        super().__init__(name=name)
        listed = layers if isinstance(layers, (list, tuple)) else (layers,)
        wrong = [layer for layer in listed if not isinstance(layer, Layer)]
        if wrong or listed is not layers:
            owner, must = f"Pipeline {self.name!r}", "be a list of Layers"
            raise ValueError(errors.message(owner, "layers", must, wrong[0] if wrong else layers))
        self._pipeline_layers = list(layers)
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    @property
    def layers(self) -> list[Any]:
        """The layers, in order."""
        return self._pipeline_layers

    def call(self, inputs: Any, training: Any = True, mask: Any = None) -> Any:
        for layer in self._pipeline_layers:
            kwargs: dict[str, Any] = {}
            if layer._info.training:
                kwargs["training"] = training
            if mask is not None and "mask" in layer._info.names:
                kwargs["mask"] = mask
            inputs = layer(inputs, **kwargs)
        return inputs

    def get_config(self) -> dict[str, Any]:
        from keras_core.core import registry

        layers = [registry.serialize_keras_object(layer) for layer in self._pipeline_layers]
        return {"layers": layers, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        from keras_core.core import registry

        layers = [registry.deserialize_keras_object(layer) for layer in config["layers"]]
        return cls(layers, name=config.get("name"))
