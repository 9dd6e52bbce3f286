"""Files in a folder, their labels, and data sets that read them: what the loaders share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_core.core import seeds, settings
from keras_core.core.errors import message, missing_package
from keras_core.training.data.py_dataset import PyDataset
from keras_core.utils.splitting import framework_data, installed

LABEL_MODES = ("int", "categorical", "binary", None)
SUBSETS = ("training", "validation", "both")


class Files(NamedTuple):
    """Paths with their class indices."""

    paths: list[str]
    labels: np.ndarray | None
    class_names: list[str] | None

    def part(self, rows: slice) -> Files:
        labels = None if self.labels is None else self.labels[rows]
        return Files(self.paths[rows], labels, self.class_names)


class Options(NamedTuple):
    """The arguments that all loaders of folders have."""

    owner: str
    directory: Any
    labels: Any
    label_mode: Any
    class_names: Any
    batch_size: int | None
    shuffle: bool
    seed: int | None
    validation_split: float | None
    subset: str | None
    follow_links: bool
    format: str
    verbose: bool


def load(options: Options, endings: Sequence[str], make: Callable[[Files, Any, int], Any]) -> Any:
    """Data sets of the files in a folder.

    Args:
        options: what the user asked for.
        endings: the file names' endings, in lower case.
        make: `make(files, label_mode, seed)` gives a data set.

    Returns:
        A data set, or a list of two for `subset="both"`.
    """
    _check(options)
    files = _find(options, endings)
    mode = None if files.labels is None else options.label_mode
    if mode == "binary" and len(files.class_names or ()) != 2:
        raise ValueError(
            f"{options.owner}: label_mode='binary' needs two classes. Received the classes "
            f"{files.class_names}"
        )
    seed = seeds.make_seed() if options.seed is None else int(options.seed)
    if options.shuffle:
        files = _shuffled(files, seed)
    if options.subset is None:
        return _checked(options, files, endings, mode, make, seed)
    held_out = int(options.validation_split * len(files.paths))  # type: ignore[operator]
    parts = {
        "training": files.part(slice(0, len(files.paths) - held_out)),
        "validation": files.part(slice(len(files.paths) - held_out, None)),
    }
    names = ["training", "validation"] if options.subset == "both" else [options.subset]
    for name in names:
        _say(options, f"Using {len(parts[name].paths)} files for {name}.")
    made = [_checked(options, parts[name], endings, mode, make, seed) for name in names]
    return made if options.subset == "both" else made[0]


def _say(options: Options, text: str) -> None:
    from keras_core.callbacks.callback import say

    if options.verbose and settings.flags["interactive_logging"]:
        say(text)


def _checked(
    options: Options, files: Files, endings: Sequence[str], mode: Any, make: Any, seed: int
) -> Any:
    if not files.paths:
        raise ValueError(
            f"{options.owner}: directory must hold files for this subset, ending in one of "
            f"{', '.join(endings)}. Received: {os.fspath(options.directory)!r}, which has none."
        )
    dataset = make(files, mode, seed)
    dataset.class_names = files.class_names
    dataset.file_paths = files.paths
    return dataset


def _check(options: Options) -> None:
    owner, labels = options.owner, options.labels
    if labels not in ("inferred", None) and not isinstance(labels, (list, tuple, np.ndarray)):
        raise ValueError(message(owner, "labels", "be 'inferred', None or a list of ints", labels))
    if options.label_mode not in LABEL_MODES:
        must = "be 'int', 'categorical', 'binary' or None"
        raise ValueError(message(owner, "label_mode", must, options.label_mode))
    if isinstance(labels, (list, tuple, np.ndarray)) and options.class_names is not None:
        raise ValueError(
            message(owner, "class_names", "be None unless labels='inferred'", options.class_names)
        )
    check_batch(owner, options.batch_size)
    check_format(owner, options.format)
    split, subset = options.validation_split, options.subset
    if split is not None and not 0 < split < 1:
        raise ValueError(message(owner, "validation_split", "be between 0 and 1", split))
    if (split is None) != (subset is None):
        raise ValueError(
            f"{owner}: validation_split and subset must be given together. Received: "
            f"validation_split={split}, subset={subset!r}"
        )
    if subset is not None and subset not in SUBSETS:
        raise ValueError(message(owner, "subset", f"be one of {', '.join(SUBSETS)}", subset))
    if subset is not None and options.shuffle and options.seed is None:
        raise ValueError(
            message(
                owner,
                "seed",
                "be given with a subset of shuffled files",
                None,
                "Without it, training and validation files could overlap.",
            )
        )


def check_batch(owner: str, batch_size: Any) -> None:
    """Refuse what is no batch size."""
    whole = isinstance(batch_size, (int, np.integer)) and not isinstance(batch_size, bool)
    if batch_size is not None and not (whole and batch_size > 0):
        raise ValueError(message(owner, "batch_size", "be None or a positive int", batch_size))


def check_format(owner: str, name: Any) -> None:
    """Refuse an unknown kind of data set, or one whose package is missing."""
    if name not in ("tf", "grain"):
        raise ValueError(message(owner, "format", "be 'tf' or 'grain'", name))
    if name == "grain" and not installed("grain"):
        raise missing_package("grain", f"{owner}(format='grain')")


# Finding -------------------------------------------------------------------------------------


def walk(folder: str, endings: tuple[str, ...], follow_links: bool) -> list[str]:
    """Files below a folder, in sorted order, a folder's own before those of its folders."""
    found: list[str] = []
    seen: set[str] = set()
    for where, folders, names in os.walk(folder, followlinks=follow_links):
        folders.sort()
        if follow_links:  # a link to a folder above would never end
            real = os.path.realpath(where)
            if real in seen:
                folders.clear()
                continue
            seen.add(real)
        found += [os.path.join(where, n) for n in sorted(names) if n.lower().endswith(endings)]
    return found


def _find(options: Options, endings: Sequence[str]) -> Files:
    folder = os.fspath(options.directory)
    if not os.path.isdir(folder):
        raise FileNotFoundError(message(options.owner, "directory", "be a folder", folder))
    endings = tuple(endings)
    if options.labels is None or options.label_mode is None:
        paths = walk(folder, endings, options.follow_links)
        _say(options, f"Found {len(paths)} files.")
        return Files(paths, None, None)
    if not isinstance(options.labels, str):
        paths = walk(folder, endings, options.follow_links)
        labels = np.asarray(options.labels)
        if labels.shape != (len(paths),) or labels.dtype.kind not in "iu":
            raise ValueError(
                message(
                    options.owner, "labels", f"be one int for each of {len(paths)} files", labels
                )
            )
        names = [str(label) for label in sorted({int(label) for label in labels})]
        _say(options, f"Found {len(paths)} files belonging to {len(names)} classes.")
        return Files(paths, labels.astype("int32"), names)
    return _find_classes(options, folder, endings)


def _find_classes(options: Options, folder: str, endings: tuple[str, ...]) -> Files:
    there = sorted(
        entry.name
        for entry in os.scandir(folder)
        if entry.is_dir() and not entry.name.startswith(".")
    )
    names = there if options.class_names is None else list(options.class_names)
    unknown = [name for name in names if name not in there]
    if unknown or len(set(names)) != len(names):
        raise ValueError(
            message(options.owner, "class_names", f"be among the folders {there}, each once", names)
        )
    paths: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(names):
        found = walk(os.path.join(folder, name), endings, options.follow_links)
        paths += found
        labels += [label] * len(found)
    _say(options, f"Found {len(paths)} files belonging to {len(names)} classes.")
    return Files(paths, np.array(labels, "int32"), names)


def _shuffled(files: Files, seed: int) -> Files:
    # NumPy's old generator: the same seed splits the same files off as it does in Keras.
    order = np.arange(len(files.paths))
    np.random.RandomState(seed).shuffle(order)
    labels = None if files.labels is None else files.labels[order]
    return Files([files.paths[i] for i in order], labels, files.class_names)


# Data sets -----------------------------------------------------------------------------------


def encode(labels: np.ndarray, mode: str | None, classes: int) -> np.ndarray:
    """Class indices as targets."""
    if mode == "binary":
        return labels[..., None].astype("float32")
    if mode == "categorical":
        return np.eye(classes, dtype="float32")[labels]
    return labels.astype("int32")


class LoadedDataset(PyDataset):
    """Samples that are read one by one, in batches: what loaders give without TensorFlow.

    Args:
        load: `load(index)` gives a sample.
        count: how many there are.
        batch_size: samples in a batch; None for single samples.
        shuffle: whether every epoch has an order of its own.
        seed: of the shuffling.
        collate: makes a batch of a list of samples; by default arrays are stacked.
        workers: threads that read.
    """

    def __init__(
        self,
        load: Callable[[int], Any],
        count: int,
        batch_size: int | None,
        shuffle: bool = False,
        seed: int = 0,
        collate: Callable[[list[Any]], Any] | None = None,
        workers: int = 1,
    ) -> None:
        super().__init__(workers=workers)
        self._load, self._count, self._batch_size = load, count, batch_size
        self._shuffle, self._seed, self._epoch = shuffle, seed, 0
        self._collate = collate or stack
        self.class_names: list[str] | None = None
        self.file_paths: list[str] = []
        self._order = np.arange(count)
        self._reorder()

    def _reorder(self) -> None:
        if self._shuffle:
            self._order = seeds.generator(self._seed, self._epoch).permutation(self._count)

    def __len__(self) -> int:
        return self._count if self._batch_size is None else -(-self._count // self._batch_size)

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(index)
        if self._batch_size is None:
            return self._load(int(self._order[index]))
        first = index * self._batch_size
        rows = self._order[first : first + self._batch_size]
        return self._collate([self._load(int(row)) for row in rows])

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._reorder()


def stack(samples: list[Any]) -> Any:
    """Samples as a batch: arrays stacked, part by part."""
    if isinstance(samples[0], tuple):
        return tuple(stack(list(part)) for part in zip(*samples, strict=True))
    return np.stack(samples)


def tensorflow_data() -> Any:
    """TensorFlow's data sets, None where it is not installed."""
    return framework_data("tensorflow") if installed("tensorflow") else None


def python_dataset(
    options: Options,
    files: Files,
    mode: Any,
    seed: int,
    read: Callable[[str], Any],
    collate: Callable[[list[Any]], Any] | None = None,
) -> Any:
    """A data set without TensorFlow: Grain's if that was asked for, else a PyDataset."""
    classes = len(files.class_names or ())

    def sample(index: int) -> Any:
        item = read(files.paths[index])
        if files.labels is None:
            return item
        return item, encode(files.labels[index], mode, classes)

    if options.format == "grain":
        return grain_dataset(
            sample, len(files.paths), options.batch_size, options.shuffle, seed, collate
        )
    workers = min(4, os.cpu_count() or 1)
    return LoadedDataset(
        sample, len(files.paths), options.batch_size, options.shuffle, seed, collate, workers
    )


def grain_dataset(
    load: Callable[[int], Any],
    count: int,
    batch_size: int | None,
    shuffle: bool,
    seed: int,
    collate: Callable[[list[Any]], Any] | None = None,
) -> Any:
    """A `grain.MapDataset` of samples or batches."""
    import grain

    dataset = grain.MapDataset.range(count)
    if shuffle:
        dataset = dataset.shuffle(seed=seed)
    dataset = dataset.map(load)
    if batch_size is not None:
        make = collate or stack
        dataset = dataset.batch(batch_size, batch_fn=lambda samples: make(list(samples)))
    return dataset
