"""Data sets from folders and series: with TensorFlow and without, against Keras."""

from __future__ import annotations

import os
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as ours
from keras_core.utils import directories

RNG = np.random.default_rng(0)
QUIET = {"verbose": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: Any) -> Path:
    """Two classes of images, texts and sounds, a folder in a folder, and a hidden one."""
    root = tmp_path_factory.mktemp("data")
    for name, count in (("cat", 3), ("dog", 4), (".hidden", 1)):
        (root / name / "inner").mkdir(parents=True)
        for i in range(count):
            where = root / name / ("inner" if i == 1 else ".")
            pixels = RNG.integers(0, 255, (7, 12, 3))
            ours.utils.save_img(where / f"{i}.png", pixels, scale=False)
            (where / f"{i}.txt").write_text(f"text {i} of a {name}")
            with wave.open(str(where / f"{i}.wav"), "wb") as file:
                file.setparams((2, 2, 8000, 0, "NONE", ""))
                samples = RNG.integers(-9999, 9999, (40 + 5 * i + 30, 2)).astype("<i2")
                file.writeframes(samples.tobytes())
    return root


@pytest.fixture(params=["tensorflow", "python"])
def kind(request: Any, monkeypatch: Any) -> str:
    """With TensorFlow, and as if it were not installed."""
    if request.param == "python":
        real = directories.installed
        monkeypatch.setattr(directories, "installed", lambda p: p != "tensorflow" and real(p))
    else:
        pytest.importorskip("tensorflow")
    return request.param


def plain(x: Any) -> Any:
    if isinstance(x, tuple):
        return tuple(plain(part) for part in x)
    if hasattr(x, "to_list"):
        return x.to_list()
    x = x.numpy() if hasattr(x, "numpy") else np.asarray(x)
    if isinstance(x, bytes):
        return np.array(x.decode(), dtype=object)
    if x.dtype == object and x.size and isinstance(x.flat[0], bytes):
        x = np.vectorize(lambda b: b.decode(), otypes=[object])(x)
    return x


def batches(dataset: Any) -> list[Any]:
    return [plain(batch) for batch in dataset]


def same(mine: Any, theirs: Any, tol: float = 1e-2) -> None:
    mine, theirs = batches(mine), batches(theirs)
    assert len(mine) == len(theirs)
    for left, right in zip(mine, theirs, strict=True):
        left, right = (x if isinstance(x, tuple) else (x,) for x in (left, right))
        assert len(left) == len(right)
        for one, two in zip(left, right, strict=True):
            if isinstance(two, list):
                one = [np.asarray(x).tolist() for x in one]
                assert len(one) == len(two)
                for a, b in zip(one, two, strict=True):
                    np.testing.assert_allclose(a, b, atol=1e-5)
                continue
            one, two = np.asarray(one), np.asarray(two)
            assert one.shape == two.shape and one.dtype.kind == two.dtype.kind
            if one.dtype.kind in "OU":
                assert one.tolist() == two.tolist()
            else:
                assert one.dtype == two.dtype
                np.testing.assert_allclose(one, two, atol=tol)


IMAGE_CASES: list[dict[str, Any]] = [
    {},
    {"label_mode": "binary", "batch_size": 3},
    {"label_mode": "categorical", "class_names": ["dog", "cat"]},
    {"label_mode": None},
    {"labels": [3, 0, 0, 1, 2, 3, 1, 3], "batch_size": None},
    {"validation_split": 0.3, "subset": "training"},
    {"validation_split": 0.3, "subset": "validation"},
    {"image_size": 5},
    {"crop_to_aspect_ratio": True, "image_size": (5, 4)},
    {"pad_to_aspect_ratio": True, "image_size": (20, 30)},
    {"pad_to_aspect_ratio": True, "image_size": (6, 8)},  # the margins are no whole numbers
    {"data_format": "channels_first", "color_mode": "rgba"},
    *(
        {"interpolation": name, "image_size": (9, 5)}
        for name in ("nearest", "bicubic", "area", "lanczos3", "gaussian", "mitchellcubic")
    ),
]


def test_images(folder: Path, kind: str, keras: Any) -> None:
    for case in IMAGE_CASES:
        given = {"image_size": (4, 6), "shuffle": False, **QUIET, **case}
        mine, theirs = (
            m.utils.image_dataset_from_directory(folder, **given) for m in (ours, keras)
        )
        assert mine.class_names == theirs.class_names, case
        assert mine.file_paths == theirs.file_paths, case
        # TensorFlow takes bicubic weights from a table.
        same(mine, theirs, 0.2 if case.get("interpolation") == "bicubic" else 1e-2)


def test_the_same_seed_holds_out_the_same_files_as_in_keras(
    folder: Path, kind: str, keras: Any
) -> None:
    given = {"image_size": (4, 4), "seed": 3, "validation_split": 0.3, **QUIET}
    for m in (ours, keras):
        found = m.utils.image_dataset_from_directory(folder, subset="both", **given)
        paths = [data.file_paths for data in found]
        assert not set(paths[0]) & set(paths[1]) and len(paths[0]) == 5 and len(paths[1]) == 2
        if m is ours:
            mine = paths
    assert mine == paths
    one = ours.utils.image_dataset_from_directory(folder, subset="validation", **given)
    assert one.file_paths == paths[1]


def test_every_epoch_has_an_order_of_its_own(folder: Path, kind: str) -> None:
    data = ours.utils.image_dataset_from_directory(folder, image_size=(2, 2), seed=1, **QUIET)
    epochs = []
    for _ in range(4):
        ((images, labels),) = batches(data)
        epochs.append(images.tobytes())
        assert sorted(labels.tolist()) == [0, 0, 0, 1, 1, 1, 1]
        if hasattr(data, "on_epoch_end"):
            data.on_epoch_end()
    assert len(set(epochs)) > 1


def test_texts(folder: Path, kind: str, keras: Any) -> None:
    for case in ({}, {"max_length": 4, "batch_size": None}, {"label_mode": None, "batch_size": 2}):
        mine, theirs = (
            m.utils.text_dataset_from_directory(folder, shuffle=False, **QUIET, **case)
            for m in (ours, keras)
        )
        same(mine, theirs)


def test_sounds(folder: Path, kind: str, keras: Any) -> None:
    for case in (
        {},
        {"output_sequence_length": 60},
        {"output_sequence_length": 90, "label_mode": "binary", "batch_size": 2},
        {"batch_size": None},
        {"label_mode": None},
        {"ragged": True},
    ):
        mine, theirs = (
            m.utils.audio_dataset_from_directory(folder, shuffle=False, **QUIET, **case)
            for m in (ours, keras)
        )
        same(mine, theirs, tol=1e-6)
    half = ours.utils.audio_dataset_from_directory(
        folder, shuffle=False, sampling_rate=4000, batch_size=1, **QUIET
    )
    assert batches(half)[0][0].shape == (1, 35, 2)


SERIES = np.arange(24.0).reshape(12, 2)


def test_series(kind: str, keras: Any) -> None:
    for targets, length, case in (
        (None, 4, {}),
        (SERIES[:, 0] * 10, 4, {"sequence_stride": 2, "batch_size": 2}),
        (SERIES, 3, {"sampling_rate": 2, "batch_size": None}),
        (None, 3, {"batch_size": 2, "start_index": 2, "end_index": 9}),
        (SERIES[:5], 3, {"batch_size": 4}),
        (SERIES, 3, {"start_index": 3, "sequence_stride": 2}),
        (None, 13, {}),
    ):
        mine, theirs = (
            m.utils.timeseries_dataset_from_array(SERIES, targets, length, **case)
            for m in (ours, keras)
        )
        same(mine, theirs)
    data = ours.preprocessing.timeseries_dataset_from_array(SERIES, None, 3, shuffle=True, seed=1)
    (windows,) = batches(data)
    assert sorted(windows[:, 0, 0].tolist()) == list(range(0, 20, 2))
    assert windows[:, 0, 0].tolist() != list(range(0, 20, 2))


BAD_FOLDERS = (
    ({"labels": "zz"}, "labels must be"),
    ({"labels": [1, 2]}, "one int for each of 8 files"),
    ({"labels": [1.5] * 8}, "one int for each"),
    ({"labels": [0] * 8, "class_names": ["cat"]}, "class_names must be None"),
    ({"label_mode": "zz"}, "label_mode must be"),
    ({"label_mode": "binary", "class_names": ["dog"]}, "needs two classes"),
    ({"class_names": ["dog", "zz"]}, "class_names must be among"),
    ({"class_names": ["dog", "dog"]}, "each once"),
    ({"batch_size": 0}, "batch_size must be"),
    ({"validation_split": 2.0, "subset": "both"}, "between 0 and 1"),
    ({"validation_split": 0.2}, "given together"),
    ({"validation_split": 0.2, "subset": "zz"}, "subset must be one of"),
    ({"validation_split": 0.2, "subset": "both"}, "seed must be given"),
    ({"validation_split": 0.01, "subset": "validation", "seed": 1}, "which has none"),
    ({"format": "zz"}, "format must be"),
    ({"color_mode": "zz"}, "color_mode must be"),
    ({"interpolation": "zz"}, "interpolation must be"),
    *(
        ({"image_size": size}, "image_size must be")
        for size in (0, "a", None, (8, 8, 3), (8, -1), 1.5)
    ),
    ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "only one of"),
)


def test_grain(folder: Path) -> None:
    pytest.importorskip("grain", reason="Grain has no builds for this Python")
    options = QUIET | {"image_size": (6, 6), "shuffle": False, "batch_size": 3}
    load = ours.utils.image_dataset_from_directory
    batches = list(load(folder, format="grain", **options))
    expected = [[np.asarray(part) for part in batch] for batch in load(folder, **options)]
    assert len(batches) == len(expected) == 3
    for batch, like in zip(batches, expected, strict=True):
        for part, whole in zip(batch, like, strict=True):
            np.testing.assert_allclose(np.asarray(part), whole, atol=1e-3)


def test_bad_input(folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    load = ours.utils.image_dataset_from_directory
    for given, match in BAD_FOLDERS:
        with pytest.raises(ValueError, match=match):
            load(folder, **{**QUIET, **given})
    with pytest.raises(FileNotFoundError, match="must be a folder"):
        load(tmp_path / "none")
    with pytest.raises(ValueError, match="which has none"):
        load(tmp_path, **QUIET)
    monkeypatch.setattr(directories, "installed", lambda name: name != "grain")
    with pytest.raises(ImportError, match="pip install grain"):
        load(folder, format="grain")
    monkeypatch.undo()
    for given in ({"sampling_rate": 0}, {"ragged": True, "output_sequence_length": 3}):
        with pytest.raises(ValueError):
            ours.utils.audio_dataset_from_directory(folder, **given)
    with pytest.raises(ValueError, match="max_length must be"):
        ours.utils.text_dataset_from_directory(folder, max_length=0)
    cut = ours.utils.timeseries_dataset_from_array
    for given in (
        {"sequence_stride": 0}, {"sampling_rate": 12}, {"start_index": -1}, {"start_index": 12},
        {"end_index": 13}, {"start_index": 5, "end_index": 4}, {"batch_size": 0},
    ):  # fmt: skip
        with pytest.raises(ValueError):
            cut(SERIES, None, 3, **given)
    with pytest.raises(ValueError, match="sequence_length must be"):
        cut(SERIES, None, 0)


def test_a_link_to_a_folder_above_ends(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    ours.utils.save_img(tmp_path / "a" / "0.png", np.ones((2, 2, 3)))
    os.symlink(tmp_path, tmp_path / "a" / "loop")
    data = ours.utils.image_dataset_from_directory(tmp_path, follow_links=True, **QUIET)
    assert len(data.file_paths) >= 1


def test_fit_takes_them(folder: Path, kind: str) -> None:
    from keras_core.backends.select import backend

    if not backend.has("gradients"):
        pytest.skip("NumPy does not train")
    data = ours.utils.image_dataset_from_directory(
        folder, image_size=(2, 2), batch_size=4, label_mode="binary", **QUIET
    )
    model = ours.Sequential([ours.layers.Flatten(), ours.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    history = model.fit(data, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2


def test_smart_resize(keras: Any) -> None:
    image = RNG.integers(0, 255, (20, 12, 3)).astype("uint8")
    mine, theirs = (m.preprocessing.image.smart_resize for m in (ours, keras))
    for x, size, kwargs in (
        (image, (7, 9), {}),
        (image[None].astype("float32"), (7, 9), {}),
        (image.transpose(2, 0, 1).astype("float32"), (30, 4), {"data_format": "channels_first"}),
        (image.astype("float32"), (7, 9), {"interpolation": "nearest"}),
    ):
        left, right = mine(x, size, **kwargs), theirs(x, size, **kwargs)
        assert type(left) is np.ndarray and left.dtype == x.dtype
        np.testing.assert_allclose(
            left.astype("float32"), right.astype("float32"), atol=1 if x.dtype == "uint8" else 0.01
        )
    assert ours.ops.is_tensor(mine(ours.ops.convert_to_tensor(image), (3, 3)))
    for given in ((image[..., 0], (2, 2)), (image, (2,))):
        with pytest.raises(ValueError):
            mine(*given)
    with pytest.raises(TypeError, match="unknown arguments"):
        mine(image, (2, 2), foo=1)
