"""Config, image files and split_dataset."""

from __future__ import annotations

import copy
import io
import json
import pickle
import re
import sys
from typing import Any

import numpy as np
import pytest

import keras_core as ours
from keras_core.utils import Config


def test_config() -> None:
    config = Config(a=1, b=Config(x=2))
    config.c = 3
    config.update({"d": 4}, e=5)
    assert config["c"] == config.c == 3 and "d" in config and len(config) == 5
    assert config.get("zz", 7) == 7 and config.pop("e") == 5 and config.pop("e", None) is None
    assert json.loads(config.to_json()) == {"a": 1, "b": {"x": 2}, "c": 3, "d": 4}
    assert list(config) == list(config.keys()) == ["a", "b", "c", "d"]
    assert config.as_dict() == dict(config.items()) and 4 in config.values()
    del config.d
    config.freeze()
    assert config.frozen
    for change in (
        lambda: setattr(config, "a", 2),
        lambda: delattr(config, "a"),
        lambda: config.pop("a"),
        lambda: config.update(a=3),
    ):
        with pytest.raises(ValueError, match="it is frozen"):
            change()
    assert config.a == 1
    for twin in (copy.deepcopy(config), pickle.loads(pickle.dumps(config))):
        assert twin == config and twin.frozen
    config.unfreeze()
    config.a = 2
    with pytest.raises(AttributeError, match="no setting 'zz'. There are: a, b, c"):
        _ = config.zz


def test_logging_switches() -> None:
    assert ours.utils.is_interactive_logging_enabled()
    ours.utils.disable_interactive_logging()
    assert not ours.config.is_interactive_logging_enabled()
    ours.utils.enable_interactive_logging()


IMAGE = np.arange(20 * 12 * 3).reshape(20, 12, 3) % 251


def test_images_and_arrays(keras: Any) -> None:
    for kwargs in ({}, {"scale": False}, {"dtype": "float64"}):
        for x in (IMAGE, IMAGE[..., :1], np.concatenate([IMAGE, IMAGE[..., :1]], -1), IMAGE * 0):
            mine, theirs = (m.utils.array_to_img(x, **kwargs) for m in (ours, keras))
            assert mine.mode == theirs.mode
            np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))
    assert ours.utils.array_to_img(np.full((2, 2, 1), 300.0), scale=False).mode == "I"
    stretched = ours.utils.array_to_img(np.array([[[40]], [[20]]]), dtype="uint8")
    assert np.asarray(stretched).tolist() == [[255], [0]]
    image = ours.utils.array_to_img(IMAGE.transpose(2, 0, 1), data_format="channels_first")
    for kwargs in ({}, {"data_format": "channels_first", "dtype": "uint8"}):
        for x in (image, image.convert("L")):
            mine, theirs = (m.utils.img_to_array(x, **kwargs) for m in (ours, keras))
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(ValueError, match="1, 3 or 4 channels"):
        ours.utils.array_to_img(np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match="of rank 3"):
        ours.utils.array_to_img(np.ones((2, 2)))
    with pytest.raises(ValueError, match="of rank 2 or 3"):
        ours.utils.img_to_array(np.ones(2))


def test_image_files(keras: Any, tmp_path: Any) -> None:
    path = tmp_path / "a.png"
    ours.utils.save_img(path, IMAGE, scale=False)
    for mode in ("rgb", "rgba", "grayscale"):
        for size in (None, (7, 5), (30, 9)):
            for keep in (False, True):
                mine, theirs = (
                    m.utils.load_img(str(path), mode, size, "bilinear", keep) for m in (ours, keras)
                )
                assert mine.mode == theirs.mode
                np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))
    with pytest.warns(UserWarning, match="JPEG has no transparency"):
        ours.utils.save_img(tmp_path / "a.jpg", np.ones((4, 6, 4)))
    held = io.BytesIO()
    ours.utils.save_img(held, IMAGE, file_format="PNG")
    assert ours.utils.load_img(held).size == (12, 20)
    with pytest.raises(ValueError, match="known image format"):
        ours.utils.save_img(tmp_path / "a.zzz", IMAGE)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jpg", "a.png"]
    for kwargs, match in (
        ({"color_mode": "zz"}, "color_mode must be one of"),
        ({"interpolation": "zz", "target_size": (2, 2)}, "interpolation must be one of"),
        ({"target_size": (2,)}, "target_size must be"),
    ):
        with pytest.raises(ValueError, match=match):
            ours.utils.load_img(path, **kwargs)
    with pytest.raises(TypeError, match="a path or"):
        ours.utils.load_img(5)


def test_without_pillow(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match="pip install pillow"):
        ours.utils.array_to_img(IMAGE)


def values(part: Any) -> list[Any]:
    out = []
    for i in range(len(part)):
        item = part[i] if hasattr(part, "__getitem__") else list(part)[i]
        out.append(ours.tree.map_structure(lambda x: np.asarray(x).tolist(), item))
    return out


@pytest.mark.parametrize("preferred", [None, "numpy", "tensorflow", "torch"])
def test_split_dataset_keeps_dtypes(preferred: str | None) -> None:
    if preferred in ("tensorflow", "torch"):
        pytest.importorskip(preferred)
    data = {"a": np.arange(4.0), "b": np.arange(4, dtype="float16"), "c": np.arange(4)}
    left, _ = ours.utils.split_dataset(data, 0.5, preferred_backend=preferred)
    found = {
        name: "".join(re.findall(r"(?:float|int)\d+", str(part.dtype)))
        for name, part in next(iter(left)).items()
    }
    assert found == {"a": "float64", "b": "float16", "c": "int64"}


def test_split_dataset() -> None:
    x = np.arange(10)
    for sizes in ({"left_size": 0.7}, {"left_size": 7}, {"right_size": 3}, {"right_size": 0.3}):
        left, right = ours.utils.split_dataset(x, **sizes, preferred_backend="numpy")
        assert values(left) == list(range(7)) and values(right) == [7, 8, 9]
    left, right = ours.utils.split_dataset(
        (x, {"a": x * 2}), 0.3, 0.2, shuffle=True, seed=1, preferred_backend="numpy"
    )
    both = values(left) + values(right)
    assert len(left) == 3 and len(right) == 2 and len({one for one, _ in both}) == 5
    assert all(two == {"a": 2 * one} for one, two in both)
    left, right = ours.utils.split_dataset(x, 0.5)  # the framework's own kind
    assert len(left) == len(right) == 5
    nested, _ = ours.utils.split_dataset(
        ours.utils.split_dataset(x, 0.5, preferred_backend="numpy")[1], 2
    )
    assert values(nested) == [5, 6]
    for sizes in ({"left_size": 0}, {"left_size": 10}, {"left_size": 1.2}, {}):
        with pytest.raises(ValueError):
            ours.utils.split_dataset(x, **sizes)
    for sizes in ((6, 6), (0.6, 0.6)):
        with pytest.raises(ValueError):
            ours.utils.split_dataset(x, *sizes)
    with pytest.raises(TypeError, match="an int or a float"):
        ours.utils.split_dataset(x, "a")
    for data in (5, (i for i in range(5)), "abc"):
        with pytest.raises(TypeError, match="dataset must be"):
            ours.utils.split_dataset(data, 0.5)
    with pytest.raises(ValueError, match="arrays of one length"):
        ours.utils.split_dataset((x, x[:4]), 0.5)
