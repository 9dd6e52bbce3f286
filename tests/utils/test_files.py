"""Downloads, from a server in this process, and archives that mean harm."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import os
import struct
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keras_core.core.errors import InvalidFileError, UnsafeFileError
from keras_core.utils import files, get_file
from keras_core.utils.files import cache_folder, unpack_archive


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    """A server of files by name: `server.files[name] = bytes`; `server.url(name)`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            httpd.asked.append(self.path)
            if self.path[1:] in httpd.moved:
                self.send_response(302)
                self.send_header("Location", httpd.moved[self.path[1:]])
                self.end_headers()
                return
            content = httpd.files.get(self.path[1:].partition("?")[0])
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            if httpd.chunk is not None:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(httpd.chunk)
                return
            self.send_header("Content-Length", str(len(content) + httpd.missing))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    httpd: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.files, httpd.asked, httpd.missing = {}, [], 0
    httpd.moved, httpd.chunk = {}, None
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


def test_what_is_not_what_it_says_is_not_kept(server: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    server.moved = {"a": (tmp_path / "secret").as_uri(), "b": server.url("b"), "c": server.url("d")}
    server.files["d"] = b"there"
    cache = str(tmp_path / "cache")
    for name in ("a", "b"):  # to a file, round in circles
        with pytest.raises(OSError, match="status 302"):
            get_file(origin=server.url(name), cache_dir=cache)
    assert Path(get_file(origin=server.url("c"), cache_dir=cache)).read_bytes() == b"there"
    for chunk in (b"5\r\nhel", b"5\r\nhello\r\n", b"-3\r\nhel\r\n", b"x\r\n"):
        server.chunk = chunk
        with pytest.raises(OSError, match="broke off"):
            get_file(origin=server.url("d"), cache_dir=cache)
    assert os.listdir(os.path.join(cache, "datasets")) == ["c"]


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
    for _ in range(2):  # a name without an ending is the folder's, as the user wrote it
        folder = get_file("u", server.url("a.tar.gz"), untar=True, cache_dir=cache)
        assert os.path.basename(folder) == "u"
        assert Path(folder, "d/x.txt").read_text() == "x"
    assert len(server.asked) == 3
    server.files["plain"] = b"no archive"
    with pytest.raises(InvalidFileError, match="must be an archive"):
        get_file(origin=server.url("plain"), cache_dir=cache, extract=True)
    with pytest.raises(InvalidFileError, match="must be an archive"):
        get_file("t", server.url("b.zip"), cache_dir=cache, extract=True, archive_format="tar")


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header of any size; sums up right where the size is negative or a sparse map is in it."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    content = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    if kind == tarfile.GNUTYPE_SPARSE:
        content[386:410], content[483:495] = b"00000000000\000000001000\0", b"7" * 11 + b"\0"
    content[148:156] = b" " * 8
    content[148:156] = b"%06o\0 " % sum(content)
    return bytes(content)


def attributes(**values: Any) -> bytes:
    """An extended header before an empty file."""
    lines = b""
    for key, value in values.items():
        text = f" {key.replace('_', '.')}={value}\n".encode()
        size = next(n for n in range(99) if n == len(str(n)) + len(text))
        lines += str(size).encode() + text
    extended = header("x", len(lines), tarfile.XHDTYPE) + lines.ljust(512, b"\0")
    return extended + header("y", 512) + b"1\n0\n0\n".ljust(512, b"\0") + b"\0" * 1024


def overlapping(count: int) -> bytes:
    """A zip file with one member of ten million bytes under many names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", b"\0" * 10_000_000)
    content = out.getvalue()
    start, end = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    directory = content[start:end] * count
    last = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(directory), start, 0)
    return content[:start] + directory + last


# Each of these few bytes claims, or unpacks to, a gigabyte or more, or makes `tarfile` go round.
BOMBS = {
    "attributes": gzip.compress(header("x", 1 << 30, tarfile.XHDTYPE)),
    "a name": gzip.compress(header("x", 1 << 30, tarfile.GNUTYPE_LONGNAME)),
    "a link's name": header("x", 1 << 30, tarfile.GNUTYPE_LONGLINK),
    "a negative size": header("x", -512) + b"\0" * 1024,
    "a negative size in attributes": attributes(size=-1024),
    "a size in attributes": attributes(size=10**15),
    "a sparse file": header("x", 512, tarfile.GNUTYPE_SPARSE) + b"\0" * 1536,
    "a sparse file by attributes": attributes(
        GNU_sparse_major=1, GNU_sparse_minor=0, GNU_sparse_realsize=10**12
    ),
    "many links to one file": tar_of(
        (member("f"), b"\0" * (1 << 20)),
        *((member(f"l{i}", tarfile.LNKTYPE, "f"), None) for i in range(1100)),
    ),
    "many names of one member": overlapping(110),
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
def test_bombs(content: bytes, tmp_path: Path) -> None:
    assert len(content) < 100_000
    (tmp_path / "archive").write_bytes(content)
    with pytest.raises(UnsafeFileError):
        unpack_archive(str(tmp_path / "archive"), str(tmp_path / "out"))
    assert os.listdir(tmp_path) == ["archive"]


def test_very_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_most_members", lambda path: 3)
    names = [f"n{i}" for i in range(4)]
    for content in (
        zip_of(**dict.fromkeys(names, b"x")),
        tar_of(*((member(n), b"x") for n in names)),
    ):
        (tmp_path / "archive").write_bytes(content)
        with pytest.raises(UnsafeFileError, match="more than 3 members"):
            unpack_archive(str(tmp_path / "archive"), str(tmp_path / "out"))


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_an_archive_cut_short_is_said_to_be_broken(kind: str, tmp_path: Path) -> None:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode=f"w:{kind}") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    for size in (12, len(whole.getvalue()) // 2):
        (tmp_path / "archive").write_bytes(whole.getvalue()[:size])
        with pytest.raises(InvalidFileError):
            unpack_archive(str(tmp_path / "archive"), str(tmp_path / "out"))


def test_broken_compression_is_said_to_be_broken(tmp_path: Path) -> None:
    content = bytearray(zip_of(x=b"hello" * 99))
    content[8:10] = b"\x63\0"
    at = content.index(b"PK\1\2") + 10
    content[at : at + 2] = b"\x63\0"  # a way of compression that there is not
    (tmp_path / "archive").write_bytes(content)
    with pytest.raises(InvalidFileError, match="broken"):
        unpack_archive(str(tmp_path / "archive"), str(tmp_path / "out"))


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
