"""`ImageDataGenerator`: images changed by chance, one by one, in NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_core.core import settings
from keras_core.core.errors import array_of, message
from keras_core.preprocessing.image import affine
from keras_core.preprocessing.image.iterators import (
    DataFrameIterator,
    DirectoryIterator,
    NumpyArrayIterator,
)

_OWNER = "ImageDataGenerator"


class ImageDataGenerator:
    """Batches of images that are changed by chance and brought to a scale.

    It works in NumPy, SciPy and Pillow, image by image. Layers such as
    `keras_core.layers.RandomFlip` with `keras_core.utils.image_dataset_from_directory` are the
    successors, and a good deal faster. Shifts, rotations, shears and zooms are drawn evenly from
    their ranges. With a seed, numbers are drawn as Keras's `tf.keras` draws them.

    Args:
        featurewise_center: subtract the mean of the data that `fit` saw.
        samplewise_center: subtract every image's own mean.
        featurewise_std_normalization: divide by the standard deviation of the data.
        samplewise_std_normalization: divide by every image's own standard deviation.
        zca_whitening: decorrelate pixels by the data's covariance, in place of the third.
        zca_epsilon: added to the covariance's eigenvalues.
        rotation_range: the most degrees, either way.
        width_shift_range: the most columns, either way: below 1 as a part of the width; an int
            stands for the whole numbers below it; a list for those to choose from.
        height_shift_range: the same of rows.
        brightness_range: `(least, most)` times as bright, or None.
        shear_range: the most degrees, either way.
        zoom_range: `(least, most)`, or a number for 1 less it and 1 more it; above 1 things
            become smaller.
        channel_shift_range: the most that is added to all values.
        fill_mode: what is outside: "constant", "nearest", "reflect" or "wrap".
        cval: what is outside, for "constant".
        horizontal_flip: flip every other image, left to right.
        vertical_flip: flip every other image, top to bottom.
        rescale: what values are multiplied by, or None.
        preprocessing_function: called with each image, of rank 3, after it was changed.
        data_format: where images' channels are; by default the configured one.
        validation_split: the part of the data that `subset="validation"` gives.
        interpolation_order: of the splines between pixels; 1 is bilinear.
        dtype: of batches; by default the default float type.

    Raises:
        ValueError: for ranges that are none, or another split or fill mode.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> change = keras.preprocessing.image.ImageDataGenerator(
    ...     rotation_range=20, horizontal_flip=True, rescale=1 / 255
    ... )
    >>> x, y = next(change.flow(np.ones((10, 8, 8, 3)), np.arange(10), batch_size=4))
    >>> x.shape, y.shape
    ((4, 8, 8, 3), (4,))
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[np.ndarray], np.ndarray] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        for name, value in (
            ("rotation_range", rotation_range),
            ("shear_range", shear_range),
            ("channel_shift_range", channel_shift_range),
        ):
            if not isinstance(value, (int, float, np.number)):
                raise ValueError(message(_OWNER, name, "be a number", value))
        if fill_mode not in affine.FILL_MODES:
            raise ValueError(
                message(_OWNER, "fill_mode", f"be one of {affine.FILL_MODES}", fill_mode)
            )
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(
                message(_OWNER, "validation_split", "be between 0 and 1", validation_split)
            )
        if isinstance(zoom_range, (int, float, np.number)):
            zoom_range = (1 - float(zoom_range), 1 + float(zoom_range))
        self.zoom_range = list(affine.pair(zoom_range, _OWNER, "zoom_range"))
        self.brightness_range = (
            None
            if brightness_range is None
            else affine.pair(brightness_range, _OWNER, "brightness_range")
        )
        self.data_format = settings.standardize_data_format(data_format)
        last = self.data_format == "channels_last"
        self.channel_axis, self.row_axis, self.col_axis = (3, 1, 2) if last else (1, 2, 3)
        for whole, by, part in (
            (zca_whitening, "zca_whitening", "featurewise_center"),
            (featurewise_std_normalization, "featurewise_std_normalization", "featurewise_center"),
            (samplewise_std_normalization, "samplewise_std_normalization", "samplewise_center"),
        ):
            if whole and not (samplewise_center if "sample" in part else featurewise_center):
                warnings.warn(f"{_OWNER}: {by}=True takes {part}=True with it.", stacklevel=2)
        if zca_whitening and featurewise_std_normalization:
            warnings.warn(
                f"{_OWNER}: zca_whitening=True takes the place of featurewise_std_normalization.",
                stacklevel=2,
            )
            featurewise_std_normalization = False
        self.featurewise_center = (
            featurewise_center or zca_whitening or featurewise_std_normalization
        )
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.height_shift_range, self.width_shift_range = height_shift_range, width_shift_range
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.vertical_flip, self.horizontal_flip = vertical_flip, horizontal_flip
        self.interpolation_order, self.fill_mode, self.cval = interpolation_order, fill_mode, cval
        self.channel_shift_range, self.rescale = channel_shift_range, rescale
        self.preprocessing_function = preprocessing_function
        self.dtype = dtype or settings.floatx()
        self.validation_split = validation_split
        self.mean: np.ndarray | None = None
        self.std: np.ndarray | None = None
        self.zca_whitening_matrix: np.ndarray | None = None

    # Batches ------------------------------------------------------------------------------------

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Batches of an array.

        Args:
            x: images, of rank 4, or a tuple of images and arrays that are passed on.
            y: targets, or None.
            batch_size: images in a batch.
            shuffle: whether every epoch has an order of its own.
            sample_weight: weights, or None.
            seed: of all that is drawn.
            save_to_dir: a folder to save the changed images in, or None.
            save_prefix: of their names.
            save_format: their format.
            ignore_class_split: whether a class may be missing from a subset.
            subset: "training", "validation" or None.

        Returns:
            A `PyDataset` of `x`, `(x, y)` or `(x, y, sample_weight)`, which is an iterator
            without end too.

        Raises:
            ValueError: for arrays of other ranks or lengths, or another subset.
        """
        return NumpyArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            ignore_class_split=ignore_class_split,
            subset=subset,
            dtype=self.dtype,
        )

    def flow_from_directory(
        self,
        directory: Any,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Batches of the images in a folder's folders, one for each class.

        Args:
            directory: the folder.
            target_size: `(height, width)` to resize to.
            color_mode: "rgb", "rgba" or "grayscale".
            classes: the classes' folders in the order of their labels; None for all, sorted.
            class_mode: the targets: "categorical" of shape `(batch, classes)`, "binary" or
                "sparse" of shape `(batch,)`, "input" for the images, None for none.
            batch_size: images in a batch.
            shuffle: whether every epoch has an order of its own.
            seed: of all that is drawn.
            save_to_dir: a folder to save the changed images in, or None.
            save_prefix: of their names.
            save_format: their format.
            follow_links: whether to follow links to folders.
            subset: "training", "validation" or None; the first files of each class are for
                validation.
            interpolation: as for `keras_core.utils.load_img`.
            keep_aspect_ratio: as for `keras_core.utils.load_img`.

        Returns:
            A `PyDataset` of `(x, y)` or `x`, which is an iterator without end too.

        Raises:
            FileNotFoundError: if there is no such folder.
            ValueError: for wrong arguments.
        """
        return DirectoryIterator(
            directory,
            self,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            follow_links=follow_links,
            subset=subset,
            interpolation=interpolation,
            keep_aspect_ratio=keep_aspect_ratio,
            dtype=self.dtype,
        )

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: Any = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **kwargs: Any,
    ) -> DataFrameIterator:
        """Batches of the images that a data frame names.

        Args:
            dataframe: a pandas data frame.
            directory: the folder that paths start from; None if they are whole.
            x_col: the column of paths.
            y_col: the column of targets, or a list of columns.
            weight_col: the column of weights, or None.
            target_size: `(height, width)` to resize to.
            color_mode: "rgb", "rgba" or "grayscale".
            classes: the classes in the order of their labels; None for all, sorted.
            class_mode: the targets: as for `flow_from_directory`, or "raw" for what the column
                holds, or "multi_output" for a list of columns.
            batch_size: images in a batch.
            shuffle: whether every epoch has an order of its own.
            seed: of all that is drawn.
            save_to_dir: a folder to save the changed images in, or None.
            save_prefix: of their names.
            save_format: their format.
            subset: "training", "validation" or None; the first rows are for validation.
            interpolation: as for `keras_core.utils.load_img`.
            validate_filenames: whether rows of files that are not there are left out.
            **kwargs: `has_ext`, `sort` and `drop_duplicates`, which older versions took.

        Returns:
            A `PyDataset` of `(x, y)` or `x`, with weights if there are any, which is an iterator
            without end too.

        Raises:
            TypeError: if a column holds something else, or for another argument.
            ValueError: for wrong arguments.
        """
        old = {"has_ext", "sort", "drop_duplicates"} & set(kwargs)
        if set(kwargs) - old:
            raise TypeError(
                f"{_OWNER}.flow_from_dataframe: there are no arguments {sorted(set(kwargs) - old)}."
            )
        if old:
            warnings.warn(
                f"{_OWNER}.flow_from_dataframe: {', '.join(sorted(old))} have no effect any more.",
                stacklevel=2,
            )
        return DataFrameIterator(
            dataframe,
            directory,
            self,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            data_format=self.data_format,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
            interpolation=interpolation,
            validate_filenames=validate_filenames,
            dtype=self.dtype,
        )

    # Scales ---------------------------------------------------------------------------------------

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Take the data's mean, deviation and covariance, for the featurewise arguments.

        Args:
            x: images, of rank 4.
            augment: whether to take them of changed images.
            rounds: how many changed ones of each image.
            seed: of the changes.

        Raises:
            ValueError: for arrays of other ranks.
        """
        x = array_of(x, _OWNER, "x", "be images, of rank 4", self.dtype).copy()
        if x.ndim != 4:
            raise ValueError(message(_OWNER, "x", "be images, of rank 4", x))
        if x.shape[self.channel_axis] not in (1, 3, 4):
            warnings.warn(
                f"{_OWNER}: x has {x.shape[self.channel_axis]} channels as {self.data_format}, of "
                f"shape {x.shape}; images have 1, 3 or 4. Give data_format=, if it is the other.",
                stacklevel=2,
            )
        if augment:
            draw = _generator(seed)
            x = np.stack([self._transform(image, draw) for _ in range(rounds) for image in x])
        if self.rescale:
            x = x * np.asarray(self.rescale, x.dtype)
        axes = (0, self.row_axis, self.col_axis)
        shape = [1, 1, 1]
        shape[self.channel_axis - 1] = x.shape[self.channel_axis]
        if self.featurewise_center:
            self.mean = mean = np.mean(x, axes).reshape(shape)
            x = x - mean
        if self.featurewise_std_normalization:
            self.std = std = np.std(x, axes).reshape(shape)
            x = x / (std + 1e-6)
        if self.zca_whitening:
            # Whitening that stays near the pixels (Bell and Sejnowski, 1997), in the directions
            # that the data has: what is not in it would be blown up.
            flat = x.reshape(len(x), -1)
            _, values, vectors = np.linalg.svd(flat, full_matrices=False)
            scale = 1 / np.sqrt(values**2 / len(flat) + self.zca_epsilon)
            self.zca_whitening_matrix = vectors.T @ (scale[:, None] * vectors)

    def standardize(self, x: np.ndarray) -> np.ndarray:
        """Bring an image, or a batch, to the scale that the arguments ask for.

        Args:
            x: an image, of rank 3, of floats.

        Returns:
            A new array of the same shape.
        """
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x = x * np.asarray(self.rescale, x.dtype if x.dtype.kind == "f" else None)
        if self.samplewise_center:
            x = x - np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (np.std(x, keepdims=True) + 1e-6)
        if self.featurewise_center and self._has_fit(self.mean, "featurewise_center"):
            x = x - self.mean
        if self.featurewise_std_normalization and self._has_fit(
            self.std, "featurewise_std_normalization"
        ):
            x = x / (self.std + 1e-6)  # pyright: ignore[reportOptionalOperand]
        if self.zca_whitening and self._has_fit(self.zca_whitening_matrix, "zca_whitening"):
            flat = x.reshape(-1, int(np.prod(x.shape[-3:])))
            x = (flat @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def _has_fit(self, value: Any, argument: str) -> bool:
        if value is None:
            warnings.warn(
                f"{_OWNER}: {argument}=True does nothing before fit(x) was called.", stacklevel=3
            )
        return value is not None

    # Changes --------------------------------------------------------------------------------------

    def get_random_transform(
        self, img_shape: Sequence[int], seed: int | None = None
    ) -> dict[str, Any]:
        """Draw how an image is changed.

        Args:
            img_shape: the image's shape, of three sizes.
            seed: of the draw; None takes NumPy's global generator.

        Returns:
            The arguments of `apply_transform`.
        """
        return self._parameters(img_shape, _generator(seed))

    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray:
        """Change an image.

        Args:
            x: an image, of rank 3.
            transform_parameters: what `get_random_transform` gave, or parts of it: "theta", "tx",
                "ty", "shear", "zx", "zy" as for `apply_affine_transform`,
                "channel_shift_intensity", "flip_horizontal", "flip_vertical", "brightness".

        Returns:
            An image of the same shape.
        """
        get = transform_parameters.get
        shift, brightness = get("channel_shift_intensity"), get("brightness")
        x = affine.apply_affine_transform(
            x,
            get("theta", 0),
            get("tx", 0),
            get("ty", 0),
            get("shear", 0),
            get("zx", 1),
            get("zy", 1),
            row_axis=self.row_axis - 1,
            col_axis=self.col_axis - 1,
            channel_axis=self.channel_axis - 1,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
        )
        if shift is not None:
            x = affine.apply_channel_shift(x, shift)
        if get("flip_horizontal", False):
            x = np.flip(x, self.col_axis - 1)
        if get("flip_vertical", False):
            x = np.flip(x, self.row_axis - 1)
        if brightness is not None:
            x = affine.apply_brightness_shift(x, brightness, False)
        return x

    def random_transform(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """Change an image by chance.

        Args:
            x: an image, of rank 3.
            seed: of the draw; None takes NumPy's global generator.

        Returns:
            An image of the same shape.
        """
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def _transform(self, x: np.ndarray, draw: Any) -> np.ndarray:
        return self.apply_transform(x, self._parameters(x.shape, draw))

    def _parameters(self, shape: Sequence[int], draw: Any) -> dict[str, Any]:
        """Draw the parameters of a change, always in the same order."""
        span = self.rotation_range
        theta = draw.uniform(-span, span) if span else 0
        ty = _shift(self.height_shift_range, shape[self.row_axis - 1], draw)
        tx = _shift(self.width_shift_range, shape[self.col_axis - 1], draw)
        span = self.shear_range
        shear = draw.uniform(-span, span) if span else 0
        low, high = self.zoom_range
        zx, zy = (1, 1) if low == high == 1 else draw.uniform(low, high, 2)
        left_right = bool(draw.random() < 0.5) and self.horizontal_flip
        top_bottom = bool(draw.random() < 0.5) and self.vertical_flip
        span = self.channel_shift_range
        shift = draw.uniform(-span, span) if span else None
        brightness = draw.uniform(*self.brightness_range) if self.brightness_range else None
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": left_right,
            "flip_vertical": top_bottom,
            "channel_shift_intensity": shift,
            "brightness": brightness,
        }


def _generator(seed: int | None) -> Any:
    # NumPy's old generator: the same seed gives the same numbers as in Keras.
    return np.random if seed is None else np.random.RandomState(seed)


def _shift(span: Any, size: int, draw: Any) -> float:
    """Pixels to shift by: one of some, whole ones below a number, or a part of the size."""
    if isinstance(span, (list, tuple, np.ndarray)):
        return draw.choice(span) * draw.choice([-1, 1])
    if not span:
        return 0
    if isinstance(span, (int, np.integer)) and span > 1:
        return draw.choice(span) * draw.choice([-1, 1])
    pixels = draw.uniform(-span, span)
    return pixels * size if abs(span) < 1 else pixels
