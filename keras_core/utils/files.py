"""Files from the network: downloaded whole, checked, kept, and unpacked within their folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import hmac
import http.client
import lzma
import os
import re
import shutil
import stat
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from keras_core.core import settings
from keras_core.core.errors import InvalidFileError, UnsafeFileError, message
from keras_core.saving.atomic import replacing, replacing_folder
from keras_core.saving.zipio import ZipSource

_BLOCK = 1 << 20
_TIMEOUT = 60  # seconds without a byte
_SCHEMES = ("http", "https", "ftp", "file")
_HASHES = {"md5": 32, "sha256": 64}
_MAX_RATIO = 1100  # of an archive's members to the file; deflation makes 1 byte of 1032 at most
ARCHIVES = ("tar", "zip")


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: str | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file from the network, which is downloaded if it is not there yet.

    It appears under its name only when it is whole and its hash is right. An archive's members
    stay within its folder: names or links that lead out of it are refused.

    Args:
        fname: the file's name in the cache; by default the last part of `origin`.
        origin: its address: http, https, ftp or file.
        untar: old form of `extract=True` for tar files.
        md5_hash: old form of `file_hash`.
        file_hash: the file's SHA-256 or MD5 in hexadecimal digits. A file that is there already
            with another one is downloaded anew.
        cache_subdir: the folder within `cache_dir`.
        hash_algorithm: "sha256", "md5", or "auto": by the length of `file_hash`.
        extract: unpack a tar or zip file.
        archive_format: "tar", "zip", a list of such, or "auto" for both.
        cache_dir: by default `KERAS_HOME`, else ``~/.keras``.
        force_download: download even if the file is there.

    Returns:
        The path of the file, or of the folder it was unpacked into.

    Raises:
        ValueError: for wrong arguments, or a file with another hash.
        OSError: if the download fails; the cache is as before.
        InvalidFileError: if `extract` is asked of what is no archive, or of a broken one.
        UnsafeFileError: if an archive's member would land outside of its folder.

    Example:

    >>> import pathlib, tempfile, keras_core as keras
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.txt").write_text("hello")
    >>> path = keras.utils.get_file(origin=(folder / "a.txt").as_uri(), cache_dir=str(folder))
    >>> pathlib.Path(path).read_text()
    'hello'
    """
    if not origin:
        raise ValueError(message("get_file", "origin", "be the file's address", origin))
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    algorithm = None if file_hash is None else _algorithm(hash_algorithm, file_hash)
    formats = _formats(archive_format, untar)
    unpack = extract or untar
    folder = os.path.join(cache_folder(cache_dir), _inside(cache_subdir))
    name = _file_name(fname if fname is not None else _last_part(origin))
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, name)
    # The folder of an archive without a name, or with one without an ending, has the archive's
    # name; then the archive is what is renamed.
    stem = re.sub(r"(\.tar)?(\.[A-Za-z0-9]+)?$", "", name) or name
    renamed = unpack and (fname is None or stem == name)
    path = f"{target}_archive" if renamed else target

    have = os.path.isfile(path) and not force_download
    if have and file_hash is not None and algorithm is not None:
        have = _matches(path, file_hash, algorithm)
    if not have:
        _download(origin, path, file_hash, algorithm)
    if not unpack:
        return path
    if not renamed:
        target = os.path.join(folder, f"{stem}_extracted")
    if not have or not os.path.isdir(target):
        unpack_archive(path, target, formats)
    return target


def cache_folder(cache_dir: str | None = None) -> str:
    """A folder that can be written to: the one given, the configured one, or a private temporary.

    Raises:
        OSError: if the folder given cannot be made or written to.
    """
    folder = os.path.expanduser(os.fspath(cache_dir)) if cache_dir else settings.home()
    try:
        os.makedirs(folder, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
        failure = PermissionError(f"get_file: the folder {folder!r} cannot be written to.")
    except OSError as error:
        failure = error
    if cache_dir:
        raise failure
    # Where the home is read-only. Private, since others could plant files in a shared folder.
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = os.path.join(tempfile.gettempdir(), f".keras-{user}")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != user):
        raise failure
    return folder


def _algorithm(algorithm: str, file_hash: str) -> str:
    name = str(algorithm).lower()
    if name == "auto":
        name = next((n for n, size in _HASHES.items() if size == len(file_hash)), "")
        if not name:
            raise ValueError(
                message(
                    "get_file",
                    "file_hash",
                    "have 64 (SHA-256) or 32 (MD5) hexadecimal digits",
                    file_hash,
                )
            )
    if name not in _HASHES:
        raise ValueError(
            message("get_file", "hash_algorithm", "be 'auto', 'sha256' or 'md5'", algorithm)
        )
    return name


def _formats(archive_format: Any, untar: bool) -> tuple[str, ...]:
    if untar:
        return ("tar",)
    if archive_format is None:
        return ()
    given = (archive_format,) if isinstance(archive_format, str) else tuple(archive_format)
    found = ARCHIVES if given == ("auto",) else given
    if any(name not in ARCHIVES for name in found):
        raise ValueError(
            message("get_file", "archive_format", "be 'auto', 'tar', 'zip' or a list", given)
        )
    return found


def _last_part(origin: str) -> str:
    return urllib.parse.unquote(os.path.basename(urllib.parse.urlsplit(origin).path))


def _file_name(name: Any) -> str:
    name = os.fspath(name)
    separators = {"/", "\\", os.sep, "\0"}
    if not name or name in (".", "..") or any(mark in name for mark in separators):
        raise ValueError(
            message(
                "get_file",
                "fname",
                "be a file's name without a folder",
                name,
                "Use cache_dir and cache_subdir for the folder.",
            )
        )
    return name


def _inside(subdir: str) -> str:
    parts = os.path.normpath(subdir).split(os.sep)
    if os.path.isabs(subdir) or ".." in parts:
        raise ValueError(message("get_file", "cache_subdir", "lie within cache_dir", subdir))
    return subdir


def file_digest(path: str, algorithm: str = "sha256") -> str:
    """A file's hash in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, usedforsecurity=algorithm != "md5")
        ).hexdigest()


def _matches(path: str, file_hash: str, algorithm: str) -> bool:
    return hmac.compare_digest(file_digest(path, algorithm), file_hash.lower())


def _download(origin: str, path: str, file_hash: str | None, algorithm: str | None) -> None:
    scheme = urllib.parse.urlsplit(origin).scheme.lower()
    if scheme not in _SCHEMES:
        raise ValueError(
            message("get_file", "origin", f"begin with one of {', '.join(_SCHEMES)}", origin)
        )
    with replacing(path) as temporary:
        try:
            with (
                urllib.request.urlopen(origin, timeout=_TIMEOUT) as response,
                open(temporary, "wb") as file,
            ):
                _copy(response, file, origin)
        except urllib.error.HTTPError as error:
            raise OSError(f"get_file: {origin} gave the status {error.code}: {error.reason}") from (
                error
            )
        except urllib.error.URLError as error:
            raise OSError(f"get_file: {origin} cannot be fetched: {error.reason}") from error
        except (http.client.HTTPException, ValueError) as error:  # no HTTP, or less than it said
            raise OSError(f"get_file: {origin} broke off: {error!r}") from error
        if file_hash is not None and algorithm is not None:
            found = file_digest(temporary, algorithm)
            if not hmac.compare_digest(found, file_hash.lower()):
                raise ValueError(
                    f"get_file: {origin} must have the {algorithm} hash {file_hash}. Received a "
                    f"file with {found}, which was not kept. The file has changed, was cut, or "
                    "is not from whom it should be."
                )


def _copy(response: Any, file: IO[bytes], origin: str) -> None:
    length = response.headers.get("Content-Length")
    expected = int(length) if length and length.isdecimal() else None
    encoded = response.headers.get("Content-Encoding") not in (None, "identity")
    received = 0
    with _progress(origin, expected) as show:
        while block := response.read(_BLOCK):
            file.write(block)
            received += len(block)
            show(received)
    if expected is not None and not encoded and received != expected:
        raise OSError(f"get_file: {origin} broke off after {received} of {expected} bytes.")


@contextlib.contextmanager
def _progress(origin: str, total: int | None) -> Iterator[Any]:
    from keras_core.callbacks.callback import say
    from keras_core.callbacks.progbar import Progbar

    if not settings.flags["interactive_logging"]:
        yield lambda received: None
        return
    say(f"Downloading data from {origin}")
    bar = Progbar(total, unit_name="byte")
    state = [0]

    def show(received: int) -> None:
        state[0] = received
        bar.update(received, finalize=False)

    yield show
    bar.update(state[0], finalize=True)


# Archives ------------------------------------------------------------------------------------


def unpack_archive(path: str, folder: str, formats: tuple[str, ...] = ARCHIVES) -> None:
    """Unpack a tar or zip file into a folder, which is replaced once all of it is there.

    Raises:
        InvalidFileError: if the file is none, or broken.
        UnsafeFileError: if a member's name or link leads out of the folder, it is a device or
            sparse, or all of them are more than such a file can honestly hold, or the disk.
    """
    if "tar" in formats and _is_tar(path):
        unpack = _unpack_tar
    elif "zip" in formats and zipfile.is_zipfile(path):
        unpack = _unpack_zip
    else:
        raise InvalidFileError(
            f"get_file: {path!r} must be an archive ({' or '.join(formats) or 'none allowed'}) to "
            "be extracted. Received a file of another kind."
        )
    with replacing_folder(folder) as temporary:
        try:
            unpack(path, temporary)
        except _BROKEN as error:
            if isinstance(error, (UnsafeFileError, InvalidFileError)) or _is_disk_error(error):
                raise
            raise InvalidFileError(f"get_file: {path!r} is broken: {error}") from error


# Among them that of an encrypted member, and of one that is compressed in a way nobody knows.
_BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, ValueError, zlib.error,
    lzma.LZMAError, NotImplementedError, RuntimeError,
)  # fmt: skip


def _is_disk_error(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


def _most_members(path: str) -> int:
    """How many an archive may have: each becomes an object, and a file on the disk."""
    return max(1 << 14, os.path.getsize(path) // 64)


class _Room:
    """What all members together may take: what deflation can make of the file, and the disk has."""

    def __init__(self, folder: str, path: str) -> None:
        self.path = path
        self.free = shutil.disk_usage(folder).free
        self.most = max(1 << 30, _MAX_RATIO * os.path.getsize(path))
        self.used = 0

    def take(self, size: int) -> None:
        """Count one more member."""
        self.used += size
        if size < 0 or self.used > self.most:
            raise UnsafeFileError(
                f"get_file: the members of {self.path!r} claim more bytes than a file of its size "
                f"can hold: {self.used}."
            )
        if self.used > self.free:
            raise UnsafeFileError(
                f"get_file: the members of {self.path!r} take {self.used} bytes or more; there is "
                f"room for {self.free}."
            )


def _place(folder: str, name: str, path: str) -> str:
    """Where a member goes."""
    parts = name.replace("\\", "/").split("/")
    drive = os.path.splitdrive(name)[0]
    if name.startswith(("/", "\\")) or drive or ".." in parts or "\0" in name:
        raise UnsafeFileError(
            f"get_file: {path!r} has the member {name!r}, which lies outside of its folder."
        )
    return os.path.join(folder, *(part for part in parts if part not in ("", ".")))


def _write(source: IO[bytes], target: str, size: int, path: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    written = 0
    with open(target, "wb") as file:
        while block := source.read(min(_BLOCK, size - written + 1)):
            written += len(block)
            if written > size:
                raise UnsafeFileError(f"get_file: a member of {path!r} is longer than it says.")
            file.write(block)
    if written != size:
        raise InvalidFileError(f"get_file: {path!r} is cut short.")


def _unpack_zip(path: str, folder: str) -> None:
    with ZipSource(path, _most_members(path)) as source, source.archive() as archive:
        members, room = archive.infolist(), _Room(folder, path)
        places = [_place(folder, member.filename, path) for member in members]
        for member in members:
            room.take(member.file_size)
        for member, place in zip(members, places, strict=True):
            if member.is_dir():
                os.makedirs(place, exist_ok=True)
            else:
                with archive.open(member) as file:
                    _write(file, place, member.file_size, path)


class _Header(tarfile.TarInfo):
    """A header of a tar file, looked at before `tarfile` does what it says.

    Names and attributes that follow a header are read in one piece, whatever size it claims; a
    negative size leads back to the same header, for ever.
    """

    _TEXTS = (*tarfile.GNU_TYPES, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)

    @classmethod
    def frombuf(cls, buf: Any, encoding: Any, errors: str) -> _Header:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.type in cls._TEXTS and header.size > _BLOCK):
            raise UnsafeFileError(
                f"get_file: a tar file has a header that claims {header.size} bytes."
            )
        if header.type == tarfile.GNUTYPE_SPARSE:
            raise _sparse(header.name)
        return header


def _sparse(name: str) -> UnsafeFileError:
    return UnsafeFileError(
        f"get_file: the member {name!r} of a tar file is sparse: what it unpacks to is not in the "
        "file. Unpack it with tar, if you trust it."
    )


def _is_tar(path: str) -> bool:
    try:
        tarfile.open(path, tarinfo=_Header).close()
    except tarfile.TarError:
        return False
    except (EOFError, zlib.error, lzma.LZMAError):
        pass  # cut short: opening it to unpack it says so
    return True


def _unpack_tar(path: str, folder: str) -> None:
    links: list[tuple[str, str]] = []
    most, room = _most_members(path), _Room(folder, path)
    files: dict[str, Any] = {}
    with tarfile.open(path, tarinfo=_Header) as archive:
        for count, member in enumerate(archive, 1):
            if count > most:
                raise UnsafeFileError(f"get_file: {path!r} has more than {most} members.")
            if member.issparse():
                raise _sparse(member.name)
            _place(folder, member.name, path)
            room.take(member.size)
            if member.isfile():
                files[member.name] = member
        held = [files.get(member.linkname) if member.islnk() else member for member in archive]
        for file in (file for member, file in zip(archive, held, strict=True) if file != member):
            room.take(0 if file is None else file.size)  # a hard link becomes a file of its own
        for member, file in zip(archive, held, strict=True):
            place = _place(folder, member.name, path)
            if member.isdir():
                os.makedirs(place, exist_ok=True)
            elif member.issym():
                links.append((place, member.linkname))
            elif file is not None and file.isfile():
                source = archive.extractfile(file)
                assert source is not None
                with source:
                    _write(source, place, file.size, path)
            elif member.islnk():
                raise UnsafeFileError(
                    f"get_file: {path!r} has a link to {member.linkname!r}, which is no file in it."
                )
            else:
                raise UnsafeFileError(f"get_file: {path!r} has the device {member.name!r}.")
    # Links come last, when nothing more is written that could go through them. One link can
    # change where another leads, so all are looked at again when they are there.
    for place, link in links:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        _check_link(os.path.dirname(place), folder, link, path)
        if os.path.isabs(link):
            raise _outside(link, path)
        _check_link(os.path.join(os.path.dirname(place), link), folder, link, path)
        os.symlink(link, place)
    for place, link in links:
        _check_link(place, folder, link, path)


def _outside(link: str, path: str) -> UnsafeFileError:
    return UnsafeFileError(
        f"get_file: {path!r} has a link to {link!r}, which lies outside of its folder."
    )


def _check_link(place: str, folder: str, link: str, path: str) -> None:
    inside = os.path.realpath(folder)
    if os.path.commonpath([os.path.realpath(place), inside]) != inside:
        raise _outside(link, path)
