"""ImageLayer: what layers of images share, with their boxes, masks and labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from keras_core import ops, random
from keras_core.core import dtypes, settings, tree
from keras_core.core.limits import DATA_FORMAT, NUMBER, SEED, Limit, one_of
from keras_core.layers.base import structures
from keras_core.layers.base.call import only_tensors
from keras_core.layers.preprocessing import boxes
from keras_core.layers.preprocessing.host import DataLayer
from keras_core.symbolic.keras_tensor import KerasTensor

_PARTS = ("images", "labels", "bounding_boxes", "segmentation_masks")
VALUE_RANGE = Limit(
    "be two rising numbers",
    lambda v: isinstance(v, (tuple, list)) and len(v) == 2 and v[0] < v[1],
    (1, (1, 0), "bytes"),
)


class ImageLayer(DataLayer):
    """The base of layers that take images, alone or in a dict with what belongs to them.

    Call arguments:
        data: images (batch, height, width, channels) or one image without the batch axis; or a
            dict with "images" and, if there are, "labels", "segmentation_masks", and
            "bounding_boxes": a dict of "boxes" (batch, boxes, 4) and "labels" (batch, boxes),
            -1 for none.
        training: whether random layers change anything.
    """

    limits = {"data_format": DATA_FORMAT, "seed": SEED}
    #: Options that are brought to two bounds: low, high, whether a number f is (-f, f).
    factors: ClassVar[dict[str, tuple[float, float, bool]]] = {}
    _random: ClassVar[bool] = True
    _keeps_integers: ClassVar[bool] = False  # whether integer images are given as integers
    _casts_inputs = (
        False  # the images are, in `_cast`: what belongs to them stays as exact as it is
    )
    _input_must = "be a tensor of numbers, or a dict that has one as 'images'"
    data_format: str
    seed: Any

    def __init__(self, bounding_box_format: str = "xyxy", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if bounding_box_format not in boxes.FORMATS:
            raise self._refuse(
                "bounding_box_format", f"be one of {boxes.FORMATS}", bounding_box_format
            )
        self.bounding_box_format = bounding_box_format
        self._allow_non_tensor_positional_args = True

    def _set_up(self, values: Mapping[str, Any]) -> None:
        """Keep the constructor's `locals()`, factors as lower and upper bound."""
        values = dict(values)
        for name, limits in self.factors.items():
            values[name] = self._bounds(name, values[name], *limits)
        self._set_options(values)
        self.data_format = settings.standardize_data_format(values.get("data_format"))
        if self._random:
            self.generator = random.SeedGenerator(values.get("seed"))

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "data_format": self.data_format}
        if "bounding_box_format" in self._constructed_with[1]:
            config["bounding_box_format"] = self.bounding_box_format
        return config

    # What subclasses define: these, or what they call while training -----------------------

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """What to do with each image of a batch, drawn at random; None for nothing."""
        return self._draw(data, seed) if training and self._random else None

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The images (batch, ...) transformed."""
        images = ops.cast(images, self.compute_dtype)
        if not training or transformation is None:
            return images
        return self._change_images(images, transformation)

    def transform_labels(
        self, labels: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The labels of a batch; unchanged by default."""
        if not training or transformation is None:
            return labels
        return self._change_labels(labels, transformation)

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The boxes of a batch; unchanged by default."""
        if not training or transformation is None:
            return bounding_boxes
        return self._change_boxes(bounding_boxes, transformation)

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """The masks of a batch; unchanged by default."""
        if not training or transformation is None:
            return segmentation_masks
        return self._change_masks(segmentation_masks, transformation)

    def _draw(self, data: Any, seed: Any) -> Any:
        """What to do with each image while training; None for nothing."""
        return None

    def _change_images(self, images: Any, transformation: Any, /) -> Any:
        """The images, of the compute dtype, changed by what was drawn."""
        raise NotImplementedError

    def _change_labels(self, labels: Any, transformation: Any, /) -> Any:
        return labels

    def _change_boxes(self, bounding_boxes: Any, transformation: Any, /) -> Any:
        return bounding_boxes

    def _change_masks(self, masks: Any, transformation: Any, /) -> Any:
        return masks

    # One image at a time -----------------------------------------------------------------

    def _single(self, part: str, value: Any, transformation: Any, training: bool) -> Any:
        batch = tree.map_structure(lambda x: ops.expand_dims(x, 0), value)
        done = getattr(self, f"transform_{part}")(batch, transformation, training=training)
        return tree.map_structure(lambda x: ops.squeeze(x, 0), done)

    def transform_single_image(
        self, image: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """One image transformed."""
        return self._single("images", image, transformation, training)

    def transform_single_label(
        self, label: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """One image's label."""
        return self._single("labels", label, transformation, training)

    def transform_single_bounding_box(
        self, bounding_box: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """One image's boxes."""
        return self._single("bounding_boxes", bounding_box, transformation, training)

    def transform_single_segmentation_mask(
        self, segmentation_mask: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """One image's mask."""
        return self._single("segmentation_masks", segmentation_mask, transformation, training)

    # Calling -----------------------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Image layers have no weights."""

    def call(self, data: Any, training: Any = True) -> Any:
        if self._random and not training:
            return self._cast(data)
        given = self._cast(data) if isinstance(data, dict) else {"images": self._cast(data)}
        if "images" not in given:
            raise self._refuse("data", "have images", sorted(given))
        images = given["images"]
        rank = len(images.shape)
        if rank not in (3, 4):
            raise self._refuse("images", "have the rank 3 or 4", images)
        parts = {k: given[k] for k in _PARTS if given.get(k) is not None}
        if "bounding_boxes" in parts:
            self._check_boxes(parts["bounding_boxes"])
        if rank == 3:
            parts = tree.map_structure(lambda x: ops.expand_dims(x, 0), parts)
        self._sizes = self._height_width(parts["images"])
        transformation = self.get_random_transformation(parts, training=training)
        done = {
            k: getattr(self, f"transform_{k}")(v, transformation, training=training)
            for k, v in parts.items()
        }
        if rank == 3:
            done = tree.map_structure(lambda x: ops.squeeze(x, 0), done)
        return {**given, **done} if isinstance(data, dict) else done["images"]

    def _check_boxes(self, given: Any) -> None:
        fits = isinstance(given, dict) and {"boxes", "labels"} <= given.keys()
        shapes = [tuple(given[k].shape) for k in ("boxes", "labels")] if fits else given
        if (
            not fits
            or shapes[0][-1:] != (4,)
            or not structures.goes_with(shapes[1], shapes[0][:-1])
        ):
            must = "be a dict of 'boxes' (..., boxes, 4) and 'labels' (..., boxes)"
            raise self._refuse("bounding_boxes", must, shapes)

    def _cast(self, data: Any) -> Any:
        if not isinstance(data, dict):
            return ops.cast(data, self._image_dtype(data))
        done = {
            k: tree.map_structure(ops.convert_to_tensor, v) if k in _PARTS else v
            for k, v in data.items()
        }
        done["images"] = ops.cast(done["images"], self._image_dtype(done["images"]))
        return done

    def _image_dtype(self, images: Any) -> str:
        """What dtype images are given in."""
        given = ops.dtype(images) if self._keeps_integers else "bool"
        return given if dtypes.is_int(given) else self.compute_dtype

    # Help for subclasses -----------------------------------------------------------------

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == "channels_last" else -3

    @property
    def _spatial_axes(self) -> tuple[int, int]:
        return (-3, -2) if self.data_format == "channels_last" else (-2, -1)

    def _height_width(self, images: Any) -> tuple[Any, Any]:
        sizes = ops.shape(images)
        height, width = self._spatial_axes
        return sizes[height], sizes[width]

    def _batch(self, data: Any) -> tuple[Any, Any]:
        """The images among `data`, and how many there are."""
        images = data["images"] if isinstance(data, dict) else data
        if len(images.shape) == 3:
            images = ops.expand_dims(images, 0)
        return images, ops.shape(images)[0]

    def _source(self, seed: Any) -> Any:
        """What numbers are drawn from: a seed that was passed, or the layer's own."""
        return self.generator if seed is None else seed

    def _uniform(self, count: Any, bounds: Any, seed: Any = None) -> Any:
        """A number for each image, drawn between two bounds."""
        low, high = bounds
        return random.uniform((count,), low, high, seed=self._source(seed))

    def _chosen(self, count: Any, bounds: Any, seed: Any = None) -> Any:
        """A bool for each image, true with a probability drawn between two bounds."""
        share = self._uniform(count, bounds, seed)
        return ops.less(self._uniform(count, (0.0, 1.0), seed), share)

    def _each(self, values: Any, rank: int = 4) -> Any:
        """A value for each image, shaped to go with the images."""
        return ops.reshape(values, (-1, *(1,) * (rank - 1)))

    def _bounds(
        self, name: str, value: Any, low: float, high: float, mirrored: bool
    ) -> tuple[float, float]:
        """A factor as lower and upper bound: a number stands for (-f, f) or (0, f).

        Raises:
            ValueError: if it is outside of its limits.
        """
        several = isinstance(value, (tuple, list))
        numbers = value if several else (value, value)
        fits = len(numbers) == 2 and all(NUMBER.holds(v) and low <= v <= high for v in numbers)
        if not several and mirrored and fits and -abs(value) < low < 0:
            must = f"be a number from {low} to {-low}, or two rising numbers up to {high}"
            raise self._refuse(name, must, value)
        if not fits or numbers[0] > numbers[1]:
            raise self._refuse(
                name, f"be a number or two rising numbers, from {low} to {high}", value
            )
        if several:
            return numbers[0], numbers[1]
        return (-abs(value), abs(value)) if mirrored else (0, value)

    # Shapes ------------------------------------------------------------------------------

    def compute_output_shape(self, input_shape: Any) -> Any:
        specs = self.compute_output_spec(structures.tree_of_shapes(input_shape, KerasTensor))
        return tree.map_structure(lambda x: None if x is None else x.shape, specs)

    def _image_shape(self, shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """The shape of the images that come out."""
        return shape

    def _mask_shape(self, shape: tuple[Any, ...], batched: bool) -> tuple[Any, ...]:
        """The shape of the masks that come out, with channels or without."""
        if len(shape) != 2 + batched:
            return self._image_shape(shape)
        axis = self._channel_axis % (len(shape) + 1)
        out = self._image_shape((*shape[:axis], 1, *shape[axis:]))
        return (*out[:axis], *out[axis + 1 :])

    def _part_spec(self, part: str, x: KerasTensor, training: bool, batched: bool) -> KerasTensor:
        """What comes out of one part; of boxes, one of the tensors that they consist of."""
        shape = tuple(x.shape)
        if part == "images":
            return KerasTensor(self._image_shape(shape), self._image_dtype(x))
        if part == "segmentation_masks":
            return KerasTensor(self._mask_shape(shape, batched), x.dtype)
        return KerasTensor(shape, x.dtype)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """KerasTensors for what comes out of images, or of a dict of images and what goes along."""
        data = only_tensors(args, kwargs)
        given = kwargs.get("training", args[1] if len(args) > 1 else True)
        training = given is None or bool(given)
        images = data["images"] if isinstance(data, dict) else data
        batched = len(images.shape) == 4

        def spec(part: str, value: Any) -> Any:
            return tree.map_structure(
                lambda x: None if x is None else self._part_spec(part, x, training, batched), value
            )

        if not isinstance(data, dict):
            return spec("images", data)
        return {k: spec(k, v) for k, v in data.items()}


INTERPOLATION = one_of("nearest", "bilinear")
FILL_MODE = one_of("constant", "nearest", "wrap", "mirror", "reflect")


def scaled(images: Any, value_range: Any) -> Any:
    """Images of a range brought to [0, 1]."""
    low, high = value_range
    return ops.divide(ops.subtract(images, low), high - low)


def unscaled(images: Any, value_range: Any) -> Any:
    """Images of [0, 1] brought to a range, cut at its ends."""
    low, high = value_range
    return ops.clip(ops.add(ops.multiply(images, high - low), low), low, high)
