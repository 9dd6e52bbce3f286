"""Downloads, from a server in this process, and archives that mean harm."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.utils import get_file
from keras_core.utils.files import cache_folder, unpack_archive


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    """A server of files by name: `server.files[name] = bytes`; `server.url(name)`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            httpd.asked.append(self.path)
            content = httpd.files.get(self.path[1:].partition("?")[0])
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content) + httpd.missing))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    httpd: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.files, httpd.asked, httpd.missing = {}, [], 0
    httpd.url = lambda name: f"http://127.0.0.1:{httpd.server_port}/{name}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield httpd
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def tar_of(*members: tuple[tarfile.TarInfo, bytes | None], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # pyright: ignore[reportCallIssue, reportArgumentType]
        for info, content in members:
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content) if content is not None else None)
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def zip_of(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_downloads_once_and_checks_the_hash(server: Any, tmp_path: Path) -> None:
    server.files["a.txt"] = b"hello"
    right = hashlib.sha256(b"hello").hexdigest()
    cache = str(tmp_path / "cache")
    for _ in range(2):
        path = get_file(origin=server.url("a.txt?x=1"), cache_dir=cache, file_hash=right)
        assert Path(path).read_bytes() == b"hello"
        assert path == os.path.join(cache, "datasets", "a.txt")
    assert len(server.asked) == 1
    get_file(origin=server.url("a.txt"), cache_dir=cache, force_download=True)
    assert len(server.asked) == 2
    Path(path).write_bytes(b"tampered")
    get_file(
        origin=server.url("a.txt"), cache_dir=cache, md5_hash=hashlib.md5(b"hello").hexdigest()
    )
    assert Path(path).read_bytes() == b"hello"
    named = get_file("b.bin", server.url("a.txt"), cache_dir=cache, cache_subdir="models/x")
    assert named == os.path.join(cache, "models/x", "b.bin")


def test_what_fails_leaves_the_old_file(server: Any, tmp_path: Path) -> None:
    server.files["a.txt"] = b"hello"
    path = Path(get_file(origin=server.url("a.txt"), cache_dir=str(tmp_path)))
    folder = path.parent
    with pytest.raises(ValueError, match="must have the sha256 hash 000"):
        get_file(origin=server.url("a.txt"), cache_dir=str(tmp_path), file_hash="0" * 64)
    server.missing = 5
    with pytest.raises(OSError, match="broke off after 5 of 10 bytes"):
        get_file(origin=server.url("a.txt"), cache_dir=str(tmp_path), force_download=True)
    with pytest.raises(OSError, match="status 404"):
        get_file(origin=server.url("none.txt"), cache_dir=str(tmp_path))
    assert path.read_bytes() == b"hello"
    assert os.listdir(folder) == ["a.txt"]


def test_bad_arguments(tmp_path: Path) -> None:
    cache = str(tmp_path)
    url = "http://127.0.0.1:1/a.txt"
    for name in ("../a", "/etc/a", "a\\b", "..", ""):
        with pytest.raises(ValueError, match="a file's name without a folder"):
            get_file(name, url, cache_dir=cache)
    with pytest.raises(ValueError, match="without a folder"):
        get_file(origin="http://127.0.0.1:1/", cache_dir=cache)
    with pytest.raises(ValueError, match="origin must be"):
        get_file("a")
    with pytest.raises(ValueError, match="lie within cache_dir"):
        get_file(origin=url, cache_dir=cache, cache_subdir="../x")
    with pytest.raises(ValueError, match="begin with one of"):
        get_file(origin="data:text/plain,a", cache_dir=cache)
    with pytest.raises(ValueError, match="64 "):
        get_file(origin=url, cache_dir=cache, file_hash="00")
    with pytest.raises(ValueError, match="hash_algorithm must be"):
        get_file(origin=url, cache_dir=cache, file_hash="00", hash_algorithm="crc")
    with pytest.raises(ValueError, match="archive_format must be"):
        get_file(origin=url, cache_dir=cache, archive_format="rar")
    with pytest.raises(OSError, match="cannot be fetched"):
        get_file(origin=url, cache_dir=cache)
    assert cache_folder(str(tmp_path / "new"))


def test_archives(server: Any, tmp_path: Path) -> None:
    held = [(member("d", tarfile.DIRTYPE), None), (member("d/x.txt"), b"x")]
    held += [(member("d/same", tarfile.LNKTYPE, "d/x.txt"), None)]
    held += [(member("near", tarfile.SYMTYPE, "d/x.txt"), None)]
    server.files["a.tar.gz"] = tar_of(*held)
    server.files["b.zip"] = zip_of(**{"d/x.txt": b"x"})
    cache = str(tmp_path)
    for _ in range(2):
        folder = get_file("a.tar.gz", server.url("a.tar.gz"), cache_dir=cache, extract=True)
        assert os.path.basename(folder) == "a_extracted"
        assert Path(folder, "near").read_text() == Path(folder, "d/same").read_text() == "x"
    assert len(server.asked) == 1
    folder = get_file(origin=server.url("b.zip"), cache_dir=cache, extract=True)
    assert folder.endswith("b.zip")
    assert Path(folder, "d/x.txt").read_text() == "x"
    folder = get_file("u", server.url("a.tar.gz"), untar=True, cache_dir=cache)
    assert Path(folder, "d/x.txt").read_text() == "x"
    server.files["plain"] = b"no archive"
    with pytest.raises(InvalidFileError, match="must be an archive"):
        get_file(origin=server.url("plain"), cache_dir=cache, extract=True)
    with pytest.raises(InvalidFileError, match="must be an archive"):
        get_file("t", server.url("b.zip"), cache_dir=cache, extract=True, archive_format="tar")


HARM = {
    "up": tar_of((member("../evil"), b"x")),
    "absolute": tar_of((member("/tmp/evil"), b"x")),
    "zip up": zip_of(**{"../evil": b"x"}),
    "zip backslash": zip_of(**{"..\\evil": b"x"}),
    "device": tar_of((member("dev", tarfile.CHRTYPE), None)),
    "pipe": tar_of((member("pipe", tarfile.FIFOTYPE), None)),
    "link up": tar_of((member("l", tarfile.SYMTYPE, "../evil"), None)),
    "link absolute": tar_of((member("l", tarfile.SYMTYPE, "/etc"), None)),
    "hard link": tar_of((member("l", tarfile.LNKTYPE, "/etc/passwd"), None)),
    # Each link alone stays inside; together they lead out.
    "chained links": tar_of(
        (member("x", tarfile.DIRTYPE), None),
        (member("a", tarfile.SYMTYPE, "b/c/.."), None),
        (member("x/c", tarfile.SYMTYPE, ".."), None),
        (member("b", tarfile.SYMTYPE, "x"), None),
    ),
}


@pytest.mark.parametrize("content", HARM.values(), ids=HARM)
def test_harmful_archives(content: bytes, tmp_path: Path) -> None:
    archive = tmp_path / "in" / "archive"
    archive.parent.mkdir()
    archive.write_bytes(content)
    with pytest.raises(UnsafeFileError):
        unpack_archive(str(archive), str(tmp_path / "out"))
    assert sorted(os.listdir(tmp_path)) == ["in"]


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    archive = tmp_path / "archive"
    archive.write_bytes(
        tar_of((member("d", tarfile.SYMTYPE, str(outside)), None), (member("d/evil"), b"x"))
    )
    with pytest.raises((UnsafeFileError, InvalidFileError, OSError)):
        unpack_archive(str(archive), str(tmp_path / "out"))
    assert not os.listdir(outside)


def test_cut_archives(tmp_path: Path) -> None:
    whole = tar_of((member("x"), os.urandom(5000)))
    path = tmp_path / "archive"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidFileError):
        unpack_archive(str(path), str(tmp_path / "out"))
    assert os.listdir(tmp_path) == ["archive"]
