"""Batches of images, read and changed one by one: what `ImageDataGenerator` gives."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from keras_core.core import settings
from keras_core.core.errors import array_of, message
from keras_core.training.data.py_dataset import PyDataset
from keras_core.utils.images import (
    COLOR_MODES,
    INTERPOLATIONS,
    array_to_img,
    img_to_array,
    load_img,
)

if TYPE_CHECKING:
    from keras_core.preprocessing.image.generator import ImageDataGenerator

ENDINGS = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")
_SUBSETS = ("training", "validation")


class Iterator(PyDataset):
    """Batches by index, or one after the other without end, in an order by chance.

    A subclass defines `_get_batches_of_transformed_samples(index_array)`.

    Args:
        n: how many samples there are.
        batch_size: samples in a batch.
        shuffle: whether every epoch has an order of its own.
        seed: of all that is drawn; None takes NumPy's global generator.
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size`, for `PyDataset`.

    Raises:
        ValueError: if `batch_size` is no positive int.

    Example:

    >>> import keras_core as keras
    >>> class Numbers(keras.preprocessing.image.Iterator):
    ...     def _get_batches_of_transformed_samples(self, index_array):
    ...         return index_array
    >>> [batch.tolist() for batch in (Numbers(5, 2, False, None)[i] for i in range(3))]
    [[0, 1], [2, 3], [4]]
    """

    white_list_formats = ENDINGS

    def __init__(
        self, n: int, batch_size: int, shuffle: bool, seed: int | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
            raise ValueError(
                message(type(self).__name__, "batch_size", "be a positive int", batch_size)
            )
        self.n, self.batch_size = n, batch_size
        self.shuffle, self.seed = shuffle, seed
        self.total_batches_seen = self.batch_index = 0
        self.lock = threading.Lock()
        self.index_array: np.ndarray | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, lock=threading.Lock())

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        with self.lock:
            rows, draw = self._next_rows()
        return self._batch(rows, draw)

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(
                message(type(self).__name__, "index", f"be from 0 to {len(self) - 1}", index)
            )
        with self.lock:
            draw = self._draw()
            self.total_batches_seen += 1
            if self.index_array is None:
                self._reorder(draw)
            rows = cast(np.ndarray, self.index_array)
        return self._batch(rows[self.batch_size * index : self.batch_size * (index + 1)], draw)

    def _next_rows(self) -> tuple[np.ndarray, Any]:
        draw = self._draw()
        if self.batch_index == 0 or self.index_array is None:
            self._reorder(draw)
        if not self.n:
            raise StopIteration
        first = self.batch_index * self.batch_size
        self.batch_index = 0 if first + self.batch_size >= self.n else self.batch_index + 1
        self.total_batches_seen += 1
        return cast(np.ndarray, self.index_array)[first : first + self.batch_size], draw

    def _draw(self) -> Any:
        """What a batch's numbers are drawn from: one generator for each batch that has a seed."""
        if self.seed is None:
            return np.random
        return np.random.RandomState(self.seed + self.total_batches_seen)

    def _reorder(self, draw: Any) -> None:
        self.index_array = draw.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _batch(self, rows: np.ndarray, draw: Any) -> Any:
        del draw  # for subclasses
        return self._get_batches_of_transformed_samples(rows)

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        raise NotImplementedError(
            f"{type(self).__name__} must define _get_batches_of_transformed_samples(index_array)."
        )

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        with self.lock:
            self._reorder(self._draw())

    def reset(self) -> None:
        """Begin with the first batch again."""
        self.batch_index = 0


class _Images(Iterator):
    """Images that a generator changes, each with what belongs to it."""

    def __init__(
        self,
        n: int,
        image_data_generator: ImageDataGenerator,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        data_format: str | None,
        dtype: Any,
        save: tuple[Any, str, str],
    ) -> None:
        super().__init__(n, batch_size, shuffle, seed)
        self.image_data_generator = image_data_generator
        self.data_format = settings.standardize_data_format(data_format)
        self.dtype = dtype or image_data_generator.dtype
        self.save_to_dir, self.save_prefix, self.save_format = save

    def _batch(self, rows: np.ndarray, draw: Any) -> Any:
        images = [self._changed(self._read(int(row)), draw) for row in rows]
        batch = np.stack(images).astype(self.dtype) if images else np.zeros((0,), self.dtype)
        if self.save_to_dir:
            self._save(batch, rows)
        return self._with_targets(batch, rows)

    def _get_batches_of_transformed_samples(self, index_array: np.ndarray) -> Any:
        return self._batch(np.asarray(index_array), np.random)

    def _changed(self, image: np.ndarray, draw: Any) -> np.ndarray:
        change = self.image_data_generator
        image = change._transform(image.astype(self.dtype), draw)
        return change.standardize(image)

    def _save(self, batch: np.ndarray, rows: np.ndarray) -> None:
        for image, row in zip(batch, rows, strict=True):
            number = np.random.default_rng().integers(10_000_000)
            name = f"{self.save_prefix}_{row}_{number}.{self.save_format}"
            array_to_img(image, self.data_format, scale=True).save(
                os.path.join(self.save_to_dir, name)
            )

    def _read(self, row: int) -> np.ndarray:
        raise NotImplementedError

    def _with_targets(self, batch: np.ndarray, rows: np.ndarray) -> Any:
        raise NotImplementedError


class NumpyArrayIterator(_Images):
    """Batches of an array of images: see `ImageDataGenerator.flow`.

    Args:
        x: images, or a tuple of images and one or more arrays that are passed on.
        y: targets, or None.
        image_data_generator: what changes the images.
        batch_size: images in a batch.
        shuffle: whether every epoch has an order of its own.
        sample_weight: weights, or None.
        seed: of all that is drawn; None takes NumPy's global generator.
        data_format: where the images' channels are.
        save_to_dir: a folder to save the changed images in, or None.
        save_prefix: of their names.
        save_format: their format.
        subset: "training", "validation" or None, by the generator's `validation_split`.
        ignore_class_split: whether a class may be missing from a subset.
        dtype: of the images.

    Raises:
        ValueError: for arrays of other ranks or lengths, or another subset.

    Example:

    >>> import numpy as np, keras_core as keras
    >>> change = keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255)
    >>> x, y = change.flow(np.ones((10, 8, 8, 3)), np.arange(10), batch_size=4)[0]
    >>> x.shape, y.shape
    ((4, 8, 8, 3), (4,))
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: ImageDataGenerator,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ) -> None:
        owner = "NumpyArrayIterator"
        dtype = dtype or image_data_generator.dtype
        more: list[Any] = []
        if isinstance(x, (tuple, list)) and len(x) and np.ndim(x[0]) == 4:
            more = list(x[1]) if isinstance(x[1], (tuple, list)) else [x[1]]
            x = x[0]
        x = array_of(x, owner, "x", "be images, of rank 4")
        more = [np.asarray(part) for part in more]
        y = None if y is None else np.asarray(y)
        sample_weight = None if sample_weight is None else np.asarray(sample_weight)
        parts = [("y", y), ("sample_weight", sample_weight)] + [("x", part) for part in more]
        for name, part in parts:
            if part is not None and len(part) != len(x):
                raise ValueError(message(owner, name, f"be as many as the {len(x)} images", part))
        if subset is not None:
            rows = _part(owner, len(x), subset, image_data_generator.validation_split)
            if y is not None and not ignore_class_split:
                rest = np.delete(y, np.arange(len(x))[rows], 0)
                if not np.array_equal(np.unique(y[rows]), np.unique(rest)):
                    raise ValueError(
                        f"{owner}: the {subset} subset would not have the classes of the other. "
                        "Shuffle x and y together first, or give ignore_class_split=True."
                    )
            x, more = x[rows], [part[rows] for part in more]
            y = None if y is None else y[rows]
            sample_weight = None if sample_weight is None else sample_weight[rows]
        if x.ndim != 4:
            raise ValueError(message(owner, "x", "be images, of rank 4", x))
        super().__init__(
            len(x),
            image_data_generator,
            batch_size,
            shuffle,
            seed,
            data_format,
            dtype,
            (save_to_dir, save_prefix, save_format),
        )
        channels = x.shape[3 if self.data_format == "channels_last" else 1]
        if channels not in (1, 3, 4):
            warnings.warn(
                f"{owner}: x has {channels} channels as {self.data_format}, of shape {x.shape}; "
                "images have 1, 3 or 4. Give data_format=, if it is the other one.",
                stacklevel=3,
            )
        self.x, self.x_misc, self.y, self.sample_weight = x, more, y, sample_weight

    def _read(self, row: int) -> np.ndarray:
        return self.x[row]

    def _with_targets(self, batch: np.ndarray, rows: np.ndarray) -> Any:
        inputs = [batch, *(part[rows] for part in self.x_misc)] if self.x_misc else batch
        if self.y is None:
            return inputs
        if self.sample_weight is None:
            return inputs, self.y[rows]
        return inputs, self.y[rows], self.sample_weight[rows]


class _Files(_Images):
    """Images from files.

    Subclasses set `filepaths`, and in `_with_targets` what belongs to them.
    """

    allowed_class_modes: Any = frozenset({"categorical", "binary", "sparse", "input", None})

    def __init__(
        self,
        image_data_generator: ImageDataGenerator,
        files: Sequence[str],
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        data_format: str | None,
        dtype: Any,
        save: tuple[Any, str, str],
        target_size: Any,
        color_mode: str,
        interpolation: str,
        keep_aspect_ratio: bool,
    ) -> None:
        super().__init__(
            len(files), image_data_generator, batch_size, shuffle, seed, data_format, dtype, save
        )
        owner = type(self).__name__
        for name, value, choices in (
            ("color_mode", color_mode, COLOR_MODES),
            ("interpolation", interpolation, INTERPOLATIONS),
        ):
            if value not in choices:
                raise ValueError(message(owner, name, f"be one of {', '.join(choices)}", value))
        self.target_size: tuple[int, int] = tuple(target_size)
        if len(self.target_size) != 2:
            raise ValueError(message(owner, "target_size", "be (height, width)", target_size))
        self.color_mode = color_mode
        self.interpolation = interpolation
        self.keep_aspect_ratio = keep_aspect_ratio
        channels = {"grayscale": 1, "rgb": 3, "rgba": 4}[color_mode]
        last = self.data_format == "channels_last"
        self.image_shape = (*self.target_size, channels) if last else (channels, *self.target_size)
        self._filepaths = list(files)
        self.samples = len(files)

    @property
    def filepaths(self) -> list[str]:
        """The paths, in the order of the files."""
        return self._filepaths

    def _read(self, row: int) -> np.ndarray:
        image = load_img(
            self._filepaths[row],
            self.color_mode,
            self.target_size,
            self.interpolation,
            self.keep_aspect_ratio,
        )
        array = img_to_array(image, self.data_format)
        image.close()
        return array


class DirectoryIterator(_Files):
    """Batches of a folder of images: see `ImageDataGenerator.flow_from_directory`.

    Args:
        directory: a folder with a folder for each class.
        image_data_generator: what changes the images.
        target_size: `(height, width)` to resize to.
        color_mode: "rgb", "rgba" or "grayscale".
        classes: the classes' folders in the order of their labels; None for all, sorted.
        class_mode: "categorical", "binary", "sparse", "input" or None: the targets.
        batch_size: images in a batch.
        shuffle: whether every epoch has an order of its own.
        seed: of all that is drawn; None takes NumPy's global generator.
        data_format: where the channels are.
        save_to_dir: a folder to save the changed images in, or None.
        save_prefix: of their names.
        save_format: their format.
        follow_links: whether to follow links to folders.
        subset: "training", "validation" or None, by the generator's `validation_split`.
        interpolation: as for `load_img`.
        keep_aspect_ratio: as for `load_img`.
        dtype: of the images.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: for wrong arguments.

    Example:

    >>> import os, tempfile, numpy as np, keras_core as keras
    >>> folder = tempfile.mkdtemp()
    >>> for name in ("cats", "dogs"):
    ...     os.mkdir(os.path.join(folder, name))
    ...     path = os.path.join(folder, name, "1.png")
    ...     keras.utils.save_img(path, np.zeros((4, 4, 3)))
    >>> change = keras.preprocessing.image.ImageDataGenerator()
    >>> x, y = change.flow_from_directory(folder, target_size=(8, 8))[0]
    Found 2 images belonging to 2 classes.
    >>> x.shape, y.shape
    ((2, 8, 8, 3), (2, 2))
    """

    def __init__(
        self,
        directory: Any,
        image_data_generator: ImageDataGenerator,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ) -> None:
        from keras_core.utils import directories

        owner = type(self).__name__
        _check_mode(owner, class_mode, self.allowed_class_modes)
        if not os.path.isdir(directory):
            raise FileNotFoundError(message(owner, "directory", "be a folder", directory))
        if not classes:
            there = [entry.name for entry in os.scandir(directory) if entry.is_dir()]
            classes = sorted(name for name in there if not name.startswith("."))
        unknown = [name for name in classes if not os.path.isdir(os.path.join(directory, name))]
        if unknown:
            raise ValueError(
                message(owner, "classes", f"be among the folders of {directory}", unknown)
            )
        self.directory = directory
        self.class_mode = class_mode
        self.num_classes = len(classes)
        self.class_indices = {name: i for i, name in enumerate(classes)}
        found: list[str] = []
        labels: list[int] = []
        for name, label in self.class_indices.items():
            paths = directories.walk(os.path.join(directory, name), ENDINGS, follow_links)
            if subset is not None:
                paths = paths[
                    _part(owner, len(paths), subset, image_data_generator.validation_split)
                ]
            found += paths
            labels += [label] * len(paths)
        self.classes: Any = np.array(labels, "int32")
        self.filenames = [os.path.relpath(path, directory) for path in found]
        _say(f"Found {len(found)} images belonging to {self.num_classes} classes.")
        super().__init__(
            image_data_generator,
            found,
            batch_size,
            shuffle,
            seed,
            data_format,
            dtype,
            (save_to_dir, save_prefix, save_format),
            target_size,
            color_mode,
            interpolation,
            keep_aspect_ratio,
        )

    @property
    def labels(self) -> np.ndarray:
        """The class of each file, shape `(files,)`."""
        return self.classes

    @property
    def sample_weight(self) -> None:
        """There are no weights."""
        return None

    def _with_targets(self, batch: np.ndarray, rows: np.ndarray) -> Any:
        return _with_classes(self, batch, rows, self.num_classes)


class DataFrameIterator(_Files):
    """Batches of images that a data frame names: see `ImageDataGenerator.flow_from_dataframe`.

    Args:
        dataframe: a pandas data frame.
        directory: the folder that paths start from; None if they are whole.
        image_data_generator: what changes the images.
        x_col: the column of paths.
        y_col: the column of targets, or a list of columns.
        weight_col: the column of weights, or None.
        target_size: `(height, width)` to resize to.
        color_mode: "rgb", "rgba" or "grayscale".
        classes: the classes in the order of their labels; None for all, sorted.
        class_mode: "binary", "categorical", "sparse", "input", "raw", "multi_output" or None.
        batch_size: images in a batch.
        shuffle: whether every epoch has an order of its own.
        seed: of all that is drawn; None takes NumPy's global generator.
        data_format: where the channels are.
        save_to_dir: a folder to save the changed images in, or None.
        save_prefix: of their names.
        save_format: their format.
        subset: "training", "validation" or None, by the generator's `validation_split`.
        interpolation: as for `load_img`.
        keep_aspect_ratio: as for `load_img`.
        dtype: of the images.
        validate_filenames: whether rows of files that are not there are left out.

    Raises:
        ImportError: if pandas is not installed.
        TypeError: if a column holds something else.
        ValueError: for wrong arguments.

    Example:

    >>> import os, tempfile, numpy as np, pandas as pd, keras_core as keras
    >>> folder = tempfile.mkdtemp()
    >>> keras.utils.save_img(os.path.join(folder, "1.png"), np.zeros((4, 4, 3)))
    >>> frame = pd.DataFrame({"filename": ["1.png"], "height": [4.0]})
    >>> change = keras.preprocessing.image.ImageDataGenerator()
    >>> x, y = change.flow_from_dataframe(frame, folder, y_col="height", class_mode="raw")[0]
    Found 1 validated image filenames.
    >>> y
    array([4.])
    """

    allowed_class_modes = frozenset(
        {"binary", "categorical", "input", "multi_output", "raw", "sparse", None}
    )

    def __init__(
        self,
        dataframe: Any,
        directory: Any = None,
        image_data_generator: ImageDataGenerator | None = None,
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
        data_format: str | None = "channels_last",
        save_to_dir: Any = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
        validate_filenames: bool = True,
    ) -> None:
        from keras_core.preprocessing.image import frames
        from keras_core.preprocessing.image.generator import ImageDataGenerator

        owner = type(self).__name__
        image_data_generator = image_data_generator or ImageDataGenerator()
        _check_mode(owner, class_mode, self.allowed_class_modes)
        table = frames.read(
            owner,
            dataframe,
            directory,
            (x_col, y_col, weight_col),
            classes,
            class_mode,
            validate_filenames,
        )
        if subset is not None:
            rows = _part(owner, len(table.paths), subset, image_data_generator.validation_split)
            table = table.part(rows)
        self.directory = directory
        self.class_mode = class_mode
        self.filenames = table.names
        self._targets = table.targets
        self._weights = table.weights
        kind = "validated" if validate_filenames else "non-validated"
        text = f"Found {len(table.paths)} {kind} image filenames"
        if table.classes is None:
            _say(f"{text}.")
        else:
            self.class_indices = {name: i for i, name in enumerate(table.classes)}
            self.num_classes = len(table.classes)
            self.classes = table.targets
            _say(f"{text} belonging to {self.num_classes} classes.")
        super().__init__(
            image_data_generator,
            table.paths,
            batch_size,
            shuffle,
            seed,
            data_format,
            dtype,
            (save_to_dir, save_prefix, save_format),
            target_size,
            color_mode,
            interpolation,
            keep_aspect_ratio,
        )

    @property
    def labels(self) -> Any:
        """The targets of each file: classes or what their columns hold."""
        return self._targets

    @property
    def sample_weight(self) -> Any:
        """The weight of each file, or None."""
        return self._weights

    def _with_targets(self, batch: np.ndarray, rows: np.ndarray) -> Any:
        if self.class_mode == "multi_output":
            found = batch, [column[rows] for column in self._targets]
        elif self.class_mode == "raw":
            found = batch, self._targets[rows]
        elif self.class_mode == "categorical" and isinstance(self._targets, list):
            targets = np.zeros((len(rows), self.num_classes), self.dtype)
            for i, row in enumerate(rows):
                targets[i, list(self._targets[row])] = 1
            found = batch, targets
        else:
            found = _with_classes(self, batch, rows, getattr(self, "num_classes", 0))
        if self._weights is None or self.class_mode is None:
            return found
        return (*found, self._weights[rows])


def _say(text: str) -> None:
    from keras_core.callbacks.callback import say

    if settings.flags["interactive_logging"]:
        say(text)


def _check_mode(owner: str, mode: Any, modes: Any) -> None:
    if mode not in modes:
        choices = ", ".join(sorted(repr(choice) for choice in modes))
        raise ValueError(message(owner, "class_mode", f"be one of {choices}", mode))


def _part(owner: str, count: int, subset: str, split: float) -> slice:
    """The rows of a subset: the first ones are for validation."""
    if subset not in _SUBSETS:
        raise ValueError(message(owner, "subset", f"be one of {', '.join(_SUBSETS)}", subset))
    parting = int(split * count)
    return slice(parting) if subset == "validation" else slice(parting, count)


def _with_classes(images: Any, batch: np.ndarray, rows: np.ndarray, classes: int) -> Any:
    """A batch, and what its class mode gives with it."""
    mode = images.class_mode
    if mode == "input":
        return batch, batch.copy()
    if mode is None:
        return batch
    labels = np.asarray(images.classes)[rows]
    if mode == "categorical":
        return batch, np.eye(classes, dtype=images.dtype)[labels]
    return batch, labels.astype(images.dtype)
