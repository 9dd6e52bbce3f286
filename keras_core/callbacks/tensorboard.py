"""TensorBoard: write what its web page shows, without TensorFlow."""

from __future__ import annotations

import contextlib
import os
import time
from typing import Any

import numpy as np

from keras_core.callbacks.callback import Callback
from keras_core.callbacks.event_file import EventFile
from keras_core.core.errors import message, path_of
from keras_core.core.tracebacks import trimmed

_PICTURES = 3  # of one weight at one time: what TensorBoard's own summaries keep by default


class TensorBoard(Callback):
    """Write results, weights and the graph for TensorBoard; it need not be installed here.

    Args:
        log_dir: the folder, which holds `train` and `validation` afterwards.
        histogram_freq: epochs between histograms of the weights; 0 for none.
        write_graph: whether to write the model's graph.
        write_images: whether to write weights as pictures, with the histograms.
        write_steps_per_second: whether to write how fast training is.
        update_freq: "epoch" for results of epochs only, "batch" for those of every batch too,
            or a number of batches.
        profile_batch: the batch, or the pair of first and last batch, to profile with the
            framework's own profiler; 0 for none.
        embeddings_freq: epochs between writing embeddings for the projector; 0 for none.
        embeddings_metadata: a file of labels for all embeddings, or a dict by layer name; its
            path is relative to `log_dir`.

    Raises:
        ValueError: if `update_freq` or `profile_batch` is not one of those; in training, if
            `embeddings_metadata` names a layer that is no embedding of the model.

    Example:

    >>> import keras_core as keras
    >>> callback = keras.callbacks.TensorBoard("/tmp/logs", histogram_freq=1)
    """

    @trimmed
    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        if update_freq not in ("epoch", "batch") and (
            not isinstance(update_freq, int) or update_freq < 1
        ):
            raise ValueError(
                message("TensorBoard", "update_freq", "be 'epoch', 'batch' or a positive int",
                        update_freq)
            )  # fmt: skip
        self.log_dir = path_of(log_dir, "TensorBoard", "log_dir")
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.write_graph, self.write_images = write_graph, write_images
        self.write_steps_per_second = write_steps_per_second
        self.histogram_freq, self.embeddings_freq = histogram_freq, embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._first, self._last = _range(profile_batch)
        self._files: dict[str, EventFile] = {}
        self._step = 0  # of training, over all epochs
        self._written = 0  # the step of the last results of a batch
        self._profile: Any = None
        self._clock = (0.0, 0)  # when the epoch began, and at which step

    @property
    def summary(self) -> EventFile:
        """The file of training, to write more into: `summary.scalar(tag, value, step)`."""
        return self._file("train")

    def watches_batches(self, mode: str) -> bool:
        return mode == "train" and (self.update_freq != "epoch" or self._last > 0)

    def _file(self, name: str) -> EventFile:
        if name not in self._files:
            self._files[name] = EventFile(os.path.join(self.log_dir, name))
        return self._files[name]

    # Hooks ---------------------------------------------------------------------------------

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if self.embeddings_freq:
            self._labels()  # so that a wrong name does not wait for the first epoch's end
        self._step = self._written = 0
        if self.write_graph:
            # A model of the user's own class may have no configuration to show.
            with contextlib.suppress(NotImplementedError, TypeError, ValueError):
                self._file("train").keras_model("keras", self.model.to_json())

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.close()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._clock = (time.perf_counter(), self._step)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self._last and self._profile is None and self._step + 1 == self._first:
            from keras_core.backends.select import backend

            self._profile = backend.execute.profile(os.path.join(self.log_dir, "train"))
            self._profile.__enter__()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        start, first = self._clock
        self._step = first + batch + 1
        if self._profile is not None and self._step >= self._last:
            profile, self._profile, self._last = self._profile, None, 0
            profile.__exit__(None, None, None)
        if self.update_freq == "epoch":
            return
        # Some steps may have run together: what counts is whether one of them was due.
        freq = int(self.update_freq)
        if self._step // freq == self._written // freq:
            return
        self._written = self._step
        file = self._file("train")
        for name, value in (logs or {}).items():
            file.scalar(f"batch_{name}", value, self._step)
        if self.write_steps_per_second:
            rate = (self._step - first) / (time.perf_counter() - start)
            file.scalar("batch_steps_per_second", rate, self._step)

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        iterations = getattr(getattr(self.model, "optimizer", None), "iterations", None)
        at = 0 if iterations is None else int(iterations.numpy())
        file = self._file("validation")
        for name, value in (logs or {}).items():
            file.scalar(f"evaluation_{name}_vs_iterations", value, at)
        file.flush()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = dict(logs or {})
        rate = getattr(getattr(self.model, "optimizer", None), "learning_rate", None)
        if rate is not None:
            from keras_core.callbacks.learning_rate import learning_rate_of

            logs["learning_rate"] = learning_rate_of(self.model, "TensorBoard")
        start, first = self._clock
        if self.write_steps_per_second and self._step > first:
            logs["steps_per_second"] = (self._step - first) / (time.perf_counter() - start)
        for name, value in logs.items():
            where = "validation" if name.startswith("val_") else "train"
            self._file(where).scalar(f"epoch_{name.removeprefix('val_')}", value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._embeddings(epoch)
        for file in self._files.values():
            file.flush()

    # What is written -----------------------------------------------------------------------

    def _weights(self, epoch: int) -> None:
        file = self._file("train")
        for weight in self.model.weights:
            value = np.asarray(weight.numpy(), np.float32)
            file.histogram(f"{weight.path}/histogram", value, epoch)
            if self.write_images:
                image = _as_image(value)
                if image is not None:
                    file.images(f"{weight.path}/image", image, epoch)

    def _labels(self) -> dict[Any, Any]:
        """The model's embeddings, each with its file of labels or None."""
        from keras_core.layers import Embedding

        layers = [layer for layer in self.model._flatten_layers() if isinstance(layer, Embedding)]
        given = self.embeddings_metadata
        if not isinstance(given, dict):
            return dict.fromkeys(layers, given)
        names = [layer.name for layer in layers]
        if not set(given) <= set(names):
            which = f"embeddings of the model ({', '.join(names) or 'it has none'})"
            raise ValueError(message("TensorBoard", "embeddings_metadata", f"name {which}", given))
        return {layer: given.get(layer.name) for layer in layers}

    def _embeddings(self, epoch: int) -> None:
        """Write the embeddings as tables, and the projector's configuration."""
        os.makedirs(os.path.join(self.log_dir, "train"), exist_ok=True)
        config = []
        for layer, labels in self._labels().items():
            table = f"train/{layer.path.replace('/', '_')}-{epoch}.tsv"
            values = np.asarray(layer.embeddings.numpy(), np.float32)
            np.savetxt(os.path.join(self.log_dir, table), values, delimiter="\t", fmt="%.7g")
            lines = [f'  tensor_name: "{layer.path}"', f'  tensor_path: "{table}"']
            if labels is not None:
                lines.append(f'  metadata_path: "{os.fspath(labels)}"')
            config.append("embeddings {\n" + "\n".join(lines) + "\n}\n")
        # Paths in it are relative to where it is.
        path = os.path.join(self.log_dir, "projector_config.pbtxt")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(config)

    def close(self) -> None:
        """Close the files, and end a profile that is running."""
        if self._profile is not None:
            profile, self._profile = self._profile, None
            profile.__exit__(None, None, None)
        for file in self._files.values():
            file.close()
        self._files.clear()


def _range(profile_batch: Any) -> tuple[int, int]:
    """The first and last batch to profile, 0 and 0 for none."""
    found = profile_batch
    if isinstance(found, str):
        found = [int(part) for part in found.split(",")]
    pair = tuple(found) if isinstance(found, (list, tuple)) else (found, found)
    if len(pair) != 2 or not all(isinstance(n, int) for n in pair) or not 0 <= pair[0] <= pair[1]:
        raise ValueError(
            message("TensorBoard", "profile_batch", "be a batch, or a pair of first and last one",
                    profile_batch)
        )  # fmt: skip
    return pair


def _as_image(value: np.ndarray) -> np.ndarray | None:
    """A weight as pictures: a vector as a column, a matrix lying down, a kernel by its filters."""
    value = value.squeeze()
    if not value.size or not 1 <= value.ndim <= 4:
        return None
    if value.ndim == 1:
        value = value[:, None]
    elif value.ndim == 2 and value.shape[0] > value.shape[1]:
        value = value.T
    # Height, width and all others; a matrix has one picture.
    value = value.reshape(*value.shape[:2], -1).transpose(2, 0, 1)[:_PICTURES, ..., None]
    low, high = value.min(), value.max()
    return (value - low) / (high - low if high > low else 1.0)
