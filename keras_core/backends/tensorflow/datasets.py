"""Data sets of TensorFlow: made of samples, and read from files inside of its graph.

Other backends' users get these too, where TensorFlow is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

OWN = True
AUTOTUNE = tf.data.AUTOTUNE


def seed_framework(seed: int) -> None:
    """Seed TensorFlow's own generators, also those that shuffle its data sets."""
    tf.random.set_seed(seed)


def from_samples(get: Callable[[int], Any], rows: np.ndarray) -> Any:
    samples = [get(int(row)) for row in rows]
    flat = [tf.nest.flatten(sample) for sample in samples]
    stacked = [np.stack([sample[i] for sample in flat]) for i in range(len(flat[0]))]
    whole = tf.nest.pack_sequence_as(samples[0], stacked)
    if isinstance(whole, list):
        whole = tuple(whole)  # tf.data stacks lists
    return tf.data.Dataset.from_tensor_slices(whole).prefetch(AUTOTUNE)


def _labelled(files: Any, labels: np.ndarray | None, shuffle: bool, seed: int | None) -> Any:
    """Pairs of file and label, or files; a new order every epoch."""
    dataset = tf.data.Dataset.from_tensor_slices(files if labels is None else (files, labels))
    # All of them at once: what is shuffled is names, not contents.
    return dataset.shuffle(len(files), seed=seed) if shuffle else dataset


def encoder(label_mode: str | None, classes: int) -> Callable[[Any], Any]:
    """What makes targets out of class indices."""
    if label_mode == "binary":
        return lambda label: tf.expand_dims(tf.cast(label, tf.float32), -1)
    if label_mode == "categorical":
        return lambda label: tf.one_hot(label, classes)
    return lambda label: tf.cast(label, tf.int32)


def _loaded(
    dataset: Any, load: Callable[[Any], Any], encode: Callable[[Any], Any], has_labels: bool
) -> Any:
    if has_labels:
        return dataset.map(
            lambda path, label: (load(path), encode(label)), num_parallel_calls=AUTOTUNE
        )
    return dataset.map(load, num_parallel_calls=AUTOTUNE)


def _batched(dataset: Any, batch_size: int | None) -> Any:
    return (dataset if batch_size is None else dataset.batch(batch_size)).prefetch(AUTOTUNE)


def images(
    paths: list[str],
    labels: np.ndarray | None,
    label_mode: str | None,
    classes: int,
    *,
    size: tuple[int, int],
    channels: int,
    interpolation: str,
    fit: str,
    data_format: str,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
) -> Any:
    def load(path: Any) -> Any:
        content = tf.io.read_file(path)
        image = tf.io.decode_image(content, channels=channels, expand_animations=False)
        image.set_shape((None, None, channels))
        if fit == "crop":
            image = _aspect_part(image, size)
        if fit == "pad":
            inner, (top, left) = _inner(image, size)
            image = tf.image.resize(image, inner, method=interpolation)
            image = tf.image.pad_to_bounding_box(image, top, left, size[0], size[1])
        else:
            image = tf.image.resize(image, size, method=interpolation)
        if data_format == "channels_first":
            image = tf.transpose(image, (2, 0, 1))
        return image

    dataset = _labelled(paths, labels, shuffle, seed)
    dataset = _loaded(dataset, load, encoder(label_mode, classes), labels is not None)
    return _batched(dataset, batch_size)


def _aspect_part(image: Any, size: tuple[int, int]) -> Any:
    """The largest middle part that has the target's aspect ratio."""
    shape = tf.shape(image)
    height, width = shape[0], shape[1]
    part_height = tf.minimum(height, tf.cast(width * size[0] / size[1], tf.int32))
    part_width = tf.minimum(width, tf.cast(height * size[1] / size[0], tf.int32))
    top, left = (height - part_height) // 2, (width - part_width) // 2
    return image[top : top + part_height, left : left + part_width]


def _inner(image: Any, size: tuple[int, int]) -> tuple[Any, Any]:
    """The largest size within the target that has the image's aspect ratio, and its top left."""
    shape = tf.cast(tf.shape(image)[:2], tf.float64)
    exact = shape * tf.minimum(size[0] / shape[0], size[1] / shape[1])
    corner = tf.floor((tf.constant(size, tf.float64) - exact) / 2 + 1e-9)
    inner = tf.maximum(tf.cast(tf.floor(exact + 1e-9), tf.int32), 1)
    return inner, tf.unstack(tf.cast(corner, tf.int32))


def texts(
    paths: list[str],
    labels: np.ndarray | None,
    label_mode: str | None,
    classes: int,
    *,
    max_length: int | None,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
) -> Any:
    def load(path: Any) -> Any:
        text = tf.io.read_file(path)
        return text if max_length is None else tf.strings.substr(text, 0, max_length)

    dataset = _labelled(paths, labels, shuffle, seed)
    dataset = _loaded(dataset, load, encoder(label_mode, classes), labels is not None)
    return _batched(dataset, batch_size)


def sounds(
    paths: list[str],
    labels: np.ndarray | None,
    label_mode: str | None,
    classes: int,
    *,
    resample: Callable[[np.ndarray, int], np.ndarray] | None,
    length: int | None,
    ragged: bool,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
) -> Any:
    def load(path: Any) -> Any:
        sound, rate = tf.audio.decode_wav(tf.io.read_file(path))
        if resample is not None:
            sound = tf.numpy_function(resample, [sound, rate], tf.float32)
            sound.set_shape((None, None))
        if length is not None:
            sound = sound[:length]
            sound = tf.pad(sound, [[0, length - tf.shape(sound)[0]], [0, 0]])
            sound.set_shape((length, None))
        return sound

    dataset = _labelled(paths, labels, shuffle, seed)
    dataset = _loaded(dataset, load, encoder(label_mode, classes), labels is not None)
    if batch_size is None or length is not None:
        return _batched(dataset, batch_size)
    if ragged:
        return dataset.ragged_batch(batch_size).prefetch(AUTOTUNE)
    shape = tf.TensorShape((None, None))
    shapes = shape if labels is None else (shape, dataset.element_spec[1].shape)
    return dataset.padded_batch(batch_size, shapes).prefetch(AUTOTUNE)


def windows(
    data: np.ndarray,
    targets: np.ndarray | None,
    starts: np.ndarray,
    offsets: np.ndarray,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
) -> Any:
    data = tf.convert_to_tensor(data)
    wanted = None if targets is None else tf.convert_to_tensor(targets)

    def cut(start: Any) -> Any:
        window = tf.gather(data, start[..., None] + offsets)
        return window if wanted is None else (window, tf.gather(wanted, start))

    dataset = tf.data.Dataset.from_tensor_slices(starts)
    if shuffle:
        dataset = dataset.shuffle(max(len(starts), 1), seed=seed)
    if batch_size is not None:
        dataset = dataset.batch(batch_size)  # first: one gather makes a whole batch
    return dataset.map(cut, num_parallel_calls=AUTOTUNE).prefetch(AUTOTUNE)
