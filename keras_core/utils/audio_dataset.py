"""Sound files in folders as a data set."""

from __future__ import annotations

import math
import wave
from typing import Any

import numpy as np

from keras_core.core.errors import InvalidFileError, message, missing_package
from keras_core.utils import directories

_OWNER = "audio_dataset_from_directory"


def audio_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: list[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """Sounds (.wav, PCM) in folders, one folder a class, as a data set.

    Args:
        directory: the folder that holds the classes' folders.
        labels: "inferred" from the folders' names; a list of one int a file, in sorted order of
            the paths; or None for sounds alone.
        label_mode: "int" (int32 of shape `(batch,)`), "binary" (float32 of shape `(batch, 1)`),
            "categorical" (float32 of shape `(batch, classes)`), or None for sounds alone.
        class_names: the folders to take, in order of their labels; by default all, sorted.
        batch_size: sounds in a batch; None for single ones.
        sampling_rate: Hertz that sounds are resampled to (needs SciPy); by default each keeps
            its own.
        output_sequence_length: samples that every sound is cut or padded to; by default the
            longest one's of the batch.
        ragged: do not pad: ragged tensors of TensorFlow, or without it arrays of objects.
        shuffle: whether every epoch has an order of its own; else the paths are sorted.
        seed: of the shuffling.
        validation_split: a fraction to hold out.
        subset: "training", "validation", or "both" for a list of the two.
        follow_links: whether to enter folders that are links.
        verbose: whether to say how many files were found.

    Returns:
        A `tf.data.Dataset` where TensorFlow is installed, else a `PyDataset`: of float32 sounds
        of shape `(batch, samples, channels)` from -1 to 1, or of pairs of sounds and labels;
        with the attributes `class_names` and `file_paths`.

    Raises:
        FileNotFoundError: if there is no such folder.
        ImportError: if SciPy is needed and not installed.
        ValueError: for other wrong arguments, or if there are no sounds.

    Example:

    >>> import os, tempfile, wave, keras_core as keras
    >>> folder = tempfile.mkdtemp()
    >>> for name in ("beep", "buzz"):
    ...     os.mkdir(os.path.join(folder, name))
    ...     with wave.open(os.path.join(folder, name, "0.wav"), "wb") as file:
    ...         file.setparams((1, 2, 8000, 0, "NONE", ""))
    ...         file.writeframes(bytes(200))
    >>> data = keras.utils.audio_dataset_from_directory(folder, verbose=False)
    >>> data.class_names
    ['beep', 'buzz']
    """
    for name, value in (
        ("sampling_rate", sampling_rate),
        ("output_sequence_length", output_sequence_length),
    ):
        if value is not None and (not isinstance(value, int) or value < 1):
            raise ValueError(message(_OWNER, name, "be None or a positive int", value))
    if ragged and output_sequence_length is not None:
        raise ValueError(
            f"{_OWNER}: only one of ragged and output_sequence_length may be set. Received: "
            f"ragged=True, output_sequence_length={output_sequence_length}"
        )
    if sampling_rate is not None:
        resample_module()
    options = directories.Options(
        _OWNER, directory, labels, label_mode, class_names, batch_size, bool(shuffle), seed,
        validation_split, subset, follow_links, "tf", verbose,
    )  # fmt: skip
    length = output_sequence_length

    def resample(sound: np.ndarray, rate: int) -> np.ndarray:
        return resampled(sound, int(rate), sampling_rate or int(rate))

    def read(path: str) -> np.ndarray:
        sound, rate = read_wav(path)
        sound = resample(sound, rate)
        if length is None:
            return sound
        return np.pad(sound[:length], ((0, max(0, length - len(sound))), (0, 0)))

    def collate(samples: list[Any]) -> Any:
        if isinstance(samples[0], tuple):
            sounds, targets = zip(*samples, strict=True)
            return collate(list(sounds)), np.stack(targets)
        if ragged:
            out = np.empty(len(samples), dtype=object)
            out[:] = samples
            return out
        longest = max(len(sound) for sound in samples)
        return np.stack([np.pad(s, ((0, longest - len(s)), (0, 0))) for s in samples])

    def make(files: directories.Files, mode: Any, seed: int) -> Any:
        tensorflow = directories.tensorflow_data()
        if tensorflow is None:
            return directories.python_dataset(options, files, mode, seed, read, collate)
        return tensorflow.sounds(
            files.paths,
            files.labels,
            mode,
            len(files.class_names or ()),
            resample=None if sampling_rate is None else resample,
            length=length,
            ragged=ragged,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
        )

    return directories.load(options, (".wav",), make)


def read_wav(path: str) -> tuple[np.ndarray, int]:
    """A sound as float32 `(samples, channels)` from -1 to 1, and its rate in Hertz.

    Raises:
        InvalidFileError: if the file is no WAV of whole numbers, or is cut.
    """
    try:
        with wave.open(path, "rb") as file:
            channels, width, rate, count = file.getparams()[:4]
            data = file.readframes(count)
    except (wave.Error, EOFError) as error:
        raise InvalidFileError(f"{_OWNER}: {path!r} must be a PCM WAV file: {error}") from error
    if len(data) != count * channels * width:
        raise InvalidFileError(f"{_OWNER}: {path!r} is cut short.")
    if width == 1:  # the only width without a sign
        values = (np.frombuffer(data, np.uint8).astype("float32") - 128) / 128
    elif width == 3:
        parts = np.frombuffer(data, np.uint8).reshape(-1, 3)
        padded = np.concatenate([np.zeros((len(parts), 1), np.uint8), parts], 1)
        values = padded.copy().view("<i4")[:, 0].astype("float32") / 2**31
    else:
        values = np.frombuffer(data, f"<i{width}").astype("float32") / 2 ** (8 * width - 1)
    return values.reshape(-1, channels), rate


def resample_module() -> Any:
    """The module `scipy.signal`."""
    try:
        import scipy.signal
    except ImportError:
        raise missing_package("scipy", f"{_OWNER}(sampling_rate=...)") from None
    return scipy.signal


def resampled(sound: np.ndarray, rate: int, target: int) -> np.ndarray:
    """A sound at another rate."""
    if rate == target:
        return sound
    common = math.gcd(rate, target)
    out = resample_module().resample_poly(sound, target // common, rate // common, axis=0)
    return out.astype("float32")
