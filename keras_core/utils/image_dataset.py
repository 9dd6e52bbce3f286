"""Images in folders as a data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.core import resampling, settings
from keras_core.core.errors import message
from keras_core.core.limits import POSITIVE_INT
from keras_core.utils import directories
from keras_core.utils.images import aspect_part, pil_image

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}
INTERPOLATIONS = (
    "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic",
)  # fmt: skip
_OWNER = "image_dataset_from_directory"


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: list[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: int | tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Images (bmp, gif, jpeg, png) in folders, one folder a class, as a data set.

    Args:
        directory: the folder that holds the classes' folders.
        labels: "inferred" from the folders' names; a list of one int a file, in sorted order of
            the paths; or None for images alone.
        label_mode: "int" (int32 of shape `(batch,)`), "binary" (float32 of shape `(batch, 1)`),
            "categorical" (float32 of shape `(batch, classes)`), or None for images alone.
        class_names: the folders to take, in order of their labels; by default all, sorted.
        color_mode: "rgb", "rgba" or "grayscale".
        batch_size: images in a batch; None for single ones.
        image_size: `(height, width)` that images are resized to, or one int for both.
        shuffle: whether every epoch has an order of its own; else the paths are sorted.
        seed: of the shuffling.
        validation_split: a fraction to hold out.
        subset: "training", "validation", or "both" for a list of the two.
        interpolation: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5",
            "gaussian" or "mitchellcubic".
        follow_links: whether to enter folders that are links.
        crop_to_aspect_ratio: cut the middle out in the target's shape before resizing.
        pad_to_aspect_ratio: keep the image's shape, and put black around it.
        data_format: "channels_last" or "channels_first"; by default the configured one.
        format: "tf", or "grain" for a `grain.MapDataset`.
        verbose: whether to say how many files were found.

    Returns:
        A `tf.data.Dataset` where TensorFlow is installed, else a `PyDataset`: of images, or of
        pairs of images and labels. Images are float32 from 0 to 255 (uint8 with "nearest"). Its
        attributes `class_names` and `file_paths` say what was found.

    Raises:
        FileNotFoundError: if there is no such folder.
        ImportError: if the packages that are needed are not installed.
        ValueError: for other wrong arguments, or if there are no images.

    Example:

    >>> import os, tempfile, numpy as np, keras_core as keras
    >>> folder = tempfile.mkdtemp()
    >>> for name in ("cat", "dog"):
    ...     os.mkdir(os.path.join(folder, name))
    ...     keras.utils.save_img(os.path.join(folder, name, "0.png"), np.ones((8, 8, 3)))
    >>> data = keras.utils.image_dataset_from_directory(folder, image_size=(4, 4), verbose=False)
    >>> data.class_names
    ['cat', 'dog']
    """
    if color_mode not in CHANNELS:
        raise ValueError(
            message(_OWNER, "color_mode", f"be one of {', '.join(CHANNELS)}", color_mode)
        )
    if interpolation not in INTERPOLATIONS:
        options = ", ".join(INTERPOLATIONS)
        raise ValueError(message(_OWNER, "interpolation", f"be one of {options}", interpolation))
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            f"{_OWNER}: only one of crop_to_aspect_ratio and pad_to_aspect_ratio may be True."
        )
    sizes = tuple(image_size) if isinstance(image_size, (tuple, list)) else (image_size,) * 2
    if len(sizes) != 2 or not all(map(POSITIVE_INT.holds, sizes)):
        must = "be a positive int, or two of them"
        raise ValueError(message(_OWNER, "image_size", must, image_size))
    size = (int(sizes[0]), int(sizes[1]))
    data_format = settings.standardize_data_format(data_format)
    fit = "crop" if crop_to_aspect_ratio else "pad" if pad_to_aspect_ratio else "stretch"
    options = directories.Options(
        _OWNER, directory, labels, label_mode, class_names, batch_size, bool(shuffle), seed,
        validation_split, subset, follow_links, format, verbose,
    )  # fmt: skip

    def make(files: directories.Files, mode: Any, seed: int) -> Any:
        tensorflow = directories.tensorflow_data() if format == "tf" else None
        if tensorflow is not None:
            return tensorflow.images(
                files.paths,
                files.labels,
                mode,
                len(files.class_names or ()),
                size=size,
                channels=CHANNELS[color_mode],
                interpolation=interpolation,
                fit=fit,
                data_format=data_format,
                batch_size=batch_size,
                shuffle=shuffle,
                seed=seed,
            )

        def read(path: str) -> np.ndarray:
            image = read_image(path, color_mode, size, interpolation, fit)
            return image.transpose(2, 0, 1) if data_format == "channels_first" else image

        pil_image(_OWNER)
        return directories.python_dataset(options, files, mode, seed, read)

    return directories.load(options, ENDINGS, make)


def read_image(
    path: str, color_mode: str, size: tuple[int, int], interpolation: str, fit: str
) -> np.ndarray:
    """An image file as an array `(height, width, channels)` of a size."""
    modes = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}
    with pil_image(_OWNER).open(path) as file:
        image = np.asarray(file.convert(modes[color_mode]))
    if image.ndim == 2:
        image = image[:, :, None]
    height, width = image.shape[:2]
    if fit == "crop":
        part_width, part_height = aspect_part(width, height, size[1], size[0])
        top, left = (height - part_height) // 2, (width - part_width) // 2
        image = image[top : top + part_height, left : left + part_width]
    elif fit == "pad":
        scale = min(size[0] / height, size[1] / width)
        exact = (height * scale, width * scale)
        inner = tuple(max(1, int(n + 1e-9)) for n in exact)
        image = resized(image, (inner[0], inner[1]), interpolation)
        rows, columns = (
            (to - n, int((to - part) / 2 + 1e-9))
            for to, n, part in zip(size, inner, exact, strict=True)
        )
        return np.pad(
            image, ((rows[1], rows[0] - rows[1]), (columns[1], columns[0] - columns[1]), (0, 0))
        )
    return resized(image, size, interpolation)


def resized(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """An image in another size, without smoothing; "nearest" keeps its dtype."""
    if interpolation == "nearest":
        rows, columns = (
            np.minimum(((np.arange(to) + 0.5) * (of / to)).astype(int), of - 1)
            for of, to in zip(image.shape[:2], size, strict=True)
        )
        return image[rows][:, columns]
    vertical, horizontal = (
        _weights(of, to, interpolation) for of, to in zip(image.shape[:2], size, strict=True)
    )
    rows = np.tensordot(vertical, image.astype("float32"), (1, 0))
    return np.einsum("hwc,ow->hoc", rows, horizontal, optimize=True).astype("float32")


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.where(x < 1.5, np.exp(-2 * x**2), 0.0)


def _mitchell(x: np.ndarray) -> np.ndarray:
    # Mitchell and Netravali, 1988, "Reconstruction filters in computer graphics", B = C = 1/3.
    near = (7 * x**3 - 12 * x**2) / 6 + 8 / 9
    far = -7 / 18 * x**3 + 2 * x**2 - 10 / 3 * x + 16 / 9
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _weights(of: int, to: int, interpolation: str) -> np.ndarray:
    kernel = {"gaussian": _gaussian, "mitchellcubic": _mitchell}.get(interpolation)
    if kernel is None:
        return resampling.weights(of, to, interpolation, antialias=False).astype("float32")
    places = (np.arange(to) + 0.5) * (of / to) - 0.5
    weights = kernel(np.abs(places[:, None] - np.arange(of)))
    return (weights / weights.sum(1, keepdims=True)).astype("float32")
