"""Data sets: small files in the real formats, from a server in this process."""

from __future__ import annotations

import gzip
import http.server
import io
import json
import pickle
import struct
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import keras_core as ours
from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.datasets import cifar10, cifar100, source, unpickling

RNG = np.random.default_rng(0)


@pytest.fixture
def server(monkeypatch: Any, tmp_path: Path) -> Iterator[dict[str, bytes]]:
    """Files by name, that the data sets take for the real ones."""
    files: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files[self.path[1:]]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{httpd.server_port}/"
    monkeypatch.setattr(source, "HOST", url)
    monkeypatch.setattr(source, "CIFAR_HOST", url)
    monkeypatch.setattr(cifar10, "MD5", "")
    monkeypatch.setattr(cifar100, "MD5", "")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield files
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def ragged(count: int, low: int = 1) -> np.ndarray:
    out = np.empty(count, dtype=object)
    out[:] = [RNG.integers(1, 40, RNG.integers(low, 9)).tolist() for _ in range(count)]
    return out


def oracle(keras: Any, monkeypatch: Any, name: str, path: str) -> Any:
    """Keras's loader, reading a local file."""
    module = getattr(keras.datasets, name)
    inner = sys.modules[module.load_data.__module__]
    monkeypatch.setattr(inner, "get_file", lambda *a, **k: path)
    return module.load_data


def same(mine: Any, theirs: Any) -> None:
    for (x, y), (u, v) in zip(mine, theirs, strict=True):
        assert [list(row) for row in x.tolist()] == [list(row) for row in u.tolist()]
        assert y.tolist() == v.tolist()


def test_mnist(server: Any) -> None:
    held = {"x_train": RNG.integers(0, 255, (5, 28, 28), "uint8"), "y_train": np.arange(5)}
    held |= {"x_test": held["x_train"][:2], "y_test": held["y_train"][:2]}
    server["mnist.npz"] = npz(**held)
    (x, y), (x_test, y_test) = ours.datasets.mnist.load_data()
    for name, array in (("x_train", x), ("y_train", y), ("x_test", x_test), ("y_test", y_test)):
        np.testing.assert_array_equal(array, held[name])
    del server["mnist.npz"]  # from now on from the cache
    assert len(ours.datasets.mnist.load_data()[0][0]) == 5


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.tobytes())


def test_fashion_mnist(server: Any, tmp_path: Path) -> None:
    from keras_core.datasets.fashion_mnist import read_idx

    images, labels = RNG.integers(0, 255, (4, 28, 28), "uint8"), np.arange(4, dtype="uint8")
    for part in ("train", "t10k"):
        server[f"{part}-images-idx3-ubyte.gz"] = idx(images)
        server[f"{part}-labels-idx1-ubyte.gz"] = idx(labels)
    (x, y), (x_test, _) = ours.datasets.fashion_mnist.load_data()
    np.testing.assert_array_equal(x, images)
    np.testing.assert_array_equal(y, labels)
    assert x_test.shape == (4, 28, 28)
    whole = idx(images)
    longer = gzip.compress(gzip.decompress(whole) + b"x")
    for i, content in enumerate((b"none", whole[:-20], idx(labels), longer)):
        path = tmp_path / str(i)
        path.write_bytes(content)
        with pytest.raises(InvalidFileError):
            read_idx(str(path), rank=3)


def tar_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_cifar(server: Any) -> None:
    def batch(count: int, **labels: Any) -> bytes:
        data = RNG.integers(0, 255, (count, 3072), "uint8")
        made = {b"data": data, **{key.encode(): value for key, value in labels.items()}}
        return pickle.dumps(made, protocol=2)

    files = {
        f"cifar-10-batches-py/{name}": batch(2, labels=[3, 9])
        for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
    }
    server["cifar-10-python.tar.gz"] = tar_of(files)
    (x, y), (x_test, y_test) = ours.datasets.cifar10.load_data()
    assert x.shape == (10, 32, 32, 3) and x.dtype == y.dtype == np.uint8
    assert y.tolist() == [[3], [9]] * 5 and y_test.shape == (2, 1)
    stored = pickle.loads(files["cifar-10-batches-py/test_batch"])[b"data"]
    np.testing.assert_array_equal(x_test.transpose(0, 3, 1, 2).reshape(2, -1), stored)

    content = batch(2, fine_labels=[7, 99], coarse_labels=[1, 2])
    server["cifar-100-python.tar.gz"] = tar_of(
        {"cifar-100-python/train": content, "cifar-100-python/test": content}
    )
    assert ours.datasets.cifar100.load_data()[0][1].tolist() == [[7], [99]]
    assert ours.datasets.cifar100.load_data("coarse")[0][1].tolist() == [[1], [2]]
    with pytest.raises(ValueError, match="label_mode must be"):
        ours.datasets.cifar100.load_data("zz")


def test_housing(server: Any, keras: Any, monkeypatch: Any, tmp_path: Path) -> None:
    for name, rows in (("boston_housing", 30), ("california_housing", 700)):
        content = npz(x=RNG.normal(size=(rows, 3)), y=np.arange(float(rows)))
        server[f"{name}.npz"] = content
        path = tmp_path / f"{name}.npz"
        path.write_bytes(content)
        load = oracle(keras, monkeypatch, name, str(path))
        for kwargs in ({}, {"test_split": 0.35, "seed": 5}):
            same(getattr(ours.datasets, name).load_data(**kwargs), load(**kwargs))
    same(ours.datasets.california_housing.load_data("small"), load("small"))
    with pytest.raises(ValueError, match="version must be"):
        ours.datasets.california_housing.load_data("zz")
    with pytest.raises(ValueError, match="test_split must be"):
        ours.datasets.boston_housing.load_data(test_split=1.5)


TEXT_CASES: tuple[dict[str, Any], ...] = (
    {},
    {"num_words": 20, "skip_top": 6, "seed": 3},
    {"maxlen": 6, "oov_char": None, "num_words": 30},
    {"start_char": None, "index_from": 0},
    {"start_char": None, "index_from": None, "skip_top": 4},
)


def test_texts(server: Any, keras: Any, monkeypatch: Any, tmp_path: Path) -> None:
    labels = RNG.integers(0, 2, 40)
    content = {
        "imdb": npz(x_train=ragged(40), y_train=labels, x_test=ragged(30), y_test=labels[:30]),
        "reuters": npz(x=ragged(40), y=labels),
    }
    for name, data in content.items():
        server[f"{name}.npz"] = data
        path = tmp_path / f"{name}.npz"
        path.write_bytes(data)
        load = oracle(keras, monkeypatch, name, str(path))
        for kwargs in TEXT_CASES:
            # By default Keras takes the rarest word of all for unknown.
            theirs = load(**{"num_words": 1000, **kwargs})
            same(getattr(ours.datasets, name).load_data(**kwargs), theirs)
        with pytest.raises(ValueError, match="maxlen must leave"):
            getattr(ours.datasets, name).load_data(maxlen=1)
        server[f"{name}_word_index.json"] = json.dumps({"the": 1}).encode()
        assert getattr(ours.datasets, name).get_word_index() == {"the": 1}
    with pytest.raises(TypeError, match="unknown arguments"):
        ours.datasets.imdb.load_data(nb_words=3)
    names = ours.datasets.reuters.get_label_names()
    assert names == keras.datasets.reuters.get_label_names()


class Harm:
    """Runs a command when it is unpickled the ordinary way."""

    def __reduce__(self) -> Any:
        import os

        return os.system, ("echo harm",)


def test_pickles_that_mean_harm(tmp_path: Path) -> None:
    for value in (Harm(), {b"data": Harm()}, [np.array([Harm()], dtype=object)]):
        with pytest.raises(UnsafeFileError, match="numbers only"):
            unpickling.load(pickle.dumps(value, protocol=2))
    texts = np.empty(1, dtype=object)
    texts[:] = [["text"]]
    with pytest.raises(UnsafeFileError, match="lists of ints"):
        unpickling.load(pickle.dumps({"a": texts}, protocol=2))
    for content in (b"", b"\x80\x02}", pickle.dumps(np.arange(9), protocol=2)[:-30]):
        with pytest.raises(InvalidFileError):
            unpickling.load(content)
    path = tmp_path / "a.npz"
    harm = np.empty(1, dtype=object)
    harm[:] = [Harm()]
    path.write_bytes(npz(x=harm))
    with pytest.raises(UnsafeFileError):
        unpickling.load_npz(str(path), "x")
    with pytest.raises(InvalidFileError, match="must be an .npz file"):
        unpickling.load_npz(str(path), "y")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InvalidFileError, match="must be an .npz file"):
        unpickling.load_npz(str(path), "x")
