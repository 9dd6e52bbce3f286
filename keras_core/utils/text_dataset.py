"""Text files in folders as a data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_core.core.errors import message
from keras_core.utils import directories

_OWNER = "text_dataset_from_directory"


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: list[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Text files (.txt) in folders, one folder a class, as a data set.

    Args:
        directory: the folder that holds the classes' folders.
        labels: "inferred" from the folders' names; a list of one int a file, in sorted order of
            the paths; or None for texts alone.
        label_mode: "int" (int32 of shape `(batch,)`), "binary" (float32 of shape `(batch, 1)`),
            "categorical" (float32 of shape `(batch, classes)`), or None for texts alone.
        class_names: the folders to take, in order of their labels; by default all, sorted.
        batch_size: texts in a batch; None for single ones.
        max_length: bytes after which a text is cut.
        shuffle: whether every epoch has an order of its own; else the paths are sorted.
        seed: of the shuffling.
        validation_split: a fraction to hold out.
        subset: "training", "validation", or "both" for a list of the two.
        follow_links: whether to enter folders that are links.
        format: "tf", or "grain" for a `grain.MapDataset`.
        verbose: whether to say how many files were found.

    Returns:
        A `tf.data.Dataset` of string tensors where TensorFlow is installed, else a `PyDataset`
        of arrays of `str`; with the attributes `class_names` and `file_paths`.

    Raises:
        FileNotFoundError: if there is no such folder.
        ValueError: for other wrong arguments, or if there are no texts.

    Example:

    >>> import os, tempfile, keras_core as keras
    >>> folder = tempfile.mkdtemp()
    >>> for name in ("good", "bad"):
    ...     os.mkdir(os.path.join(folder, name))
    ...     with open(os.path.join(folder, name, "0.txt"), "w") as file:
    ...         _ = file.write(f"a {name} text")
    >>> data = keras.utils.text_dataset_from_directory(folder, verbose=False)
    >>> data.class_names
    ['bad', 'good']
    """
    if max_length is not None and (not isinstance(max_length, int) or max_length < 1):
        raise ValueError(message(_OWNER, "max_length", "be None or a positive int", max_length))
    options = directories.Options(
        _OWNER, directory, labels, label_mode, class_names, batch_size, bool(shuffle), seed,
        validation_split, subset, follow_links, format, verbose,
    )  # fmt: skip

    def read(path: str) -> np.ndarray:
        with open(path, "rb") as file:
            text = file.read(-1 if max_length is None else max_length)
        return np.array(text.decode("utf-8", "replace"), dtype=object)

    def make(files: directories.Files, mode: Any, seed: int) -> Any:
        tensorflow = directories.tensorflow_data() if format == "tf" else None
        if tensorflow is None:
            return directories.python_dataset(options, files, mode, seed, read)
        return tensorflow.texts(
            files.paths,
            files.labels,
            mode,
            len(files.class_names or ()),
            max_length=max_length,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
        )

    return directories.load(options, (".txt",), make)
