"""The archives of layers, read once from beginning to end without writing anything, with limits for all that grows.

Layers come from anybody. Sources: OCI image specification 1.1, layer.md; POSIX.1-2017, pax, "ustar Interchange Format".
"""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from seatrial.release.plan.ports import Descriptor

MAX_LAYERS = 127
"""Layers of an image, as docker admits them."""

FREE, MAX_RATIO = 64 * 1024**2, 100
"""A layer may be unpacked to so many bytes, and to so many times its size; real ones to 5 times."""

MAX_ENTRIES = 1_000_000
"""Headers of a layer."""

MAX_NAME = 4096
"""Characters of a path, as Linux has it."""

MAX_HEADER = 64 * 1024
"""Bytes of an extended header."""

FILES, LINK, FOLDER = b"07\0", b"2", b"5"
"""The types of files, of a symbolic link and of a folder."""

_BLOCK = 512
_CHUNK = 1024 * 1024
_GONE, _OPAQUE = ".wh.", ".wh..wh..opq"
_PAX, _PAX_ALL, _LONG_NAME, _LONG_LINK = b"x", b"g", b"L", b"K"
_OTHERS = b"12346"
_SPARSE, _SPARSE_KEY = b"S", "GNU.sparse."
_LONG = {_LONG_NAME: "path", _LONG_LINK: "linkpath"}
_NUMBERS = {"size": rb"\d{1,20}", "uid": rb"(?:-?\d{1,20})?", "gid": rb"(?:-?\d{1,20})?"}
_KEYS = ("path", "linkpath", *_NUMBERS)


class UnreadForm(Exception):
    """A layer has a form that may be right, and that is not read here; the text names it."""


class LayerBytes:
    """The unpacked bytes of a layer, counted and hashed as they are read; at most so many."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._most = file, most
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def digest(self) -> str:
        """The digest of what was read."""
        return f"sha256:{self._hash.hexdigest()}"

    def read(self, count: int) -> bytes:
        """Return so many bytes. Raises EOFError, and ValueError where there are more than are admitted."""
        data = self._file.read(count)
        self._count(data)
        if len(data) != count:
            raise EOFError
        return data

    def skip(self, count: int) -> None:
        """Read so many bytes and drop them. Raises as `read`."""
        while count > 0:
            count -= len(self.read(min(count, _CHUNK)))

    def end(self) -> None:
        """Read the rest. Raises as `read`."""
        while data := self._file.read(_CHUNK):
            self._count(data)

    def _count(self, data: bytes) -> None:
        self.size += len(data)
        self._hash.update(data)
        if self.size > self._most:
            raise ValueError(f"it has a layer that unpacks to more than {self._most:,} bytes")


@contextmanager
def unpacked(file: IO[bytes], layer: Descriptor, most: int) -> Iterator[LayerBytes]:
    """Open the bytes of a layer, at most so many, and read those that are left in the end.

    Raises ValueError, as does what reads them, for those that are malformed or too many.
    """
    plain: IO[bytes] = gzip.GzipFile(fileobj=file) if is_gzipped(file) else file  # type: ignore[assignment]
    source = LayerBytes(plain, min(most, FREE + MAX_RATIO * layer.size))
    try:
        yield source
        source.end()
    except (OSError, EOFError, zlib.error) as wrong:
        raise ValueError(f"it has a layer that cannot be unpacked: {layer.digest}") from wrong


def is_gzipped(file: IO[bytes]) -> bool:
    """Return whether a file begins as gzip does; runtimes decide by the same bytes."""
    file.seek(0)
    begin = file.read(2)
    file.seek(0)
    return begin == b"\x1f\x8b"


@dataclass(frozen=True)
class Member:
    """An entry of a layer: its path without `./` and `..`, its type, and its bytes that are still to be read."""

    path: str
    kind: bytes
    size: int
    mode: int
    uid: int
    gid: int
    target: str

    @property
    def emptied(self) -> str | None:
        """The folder of which all is gone that the layers below have in it; None for most entries."""
        folder, _, name = self.path.rpartition("/")
        return folder if name == _OPAQUE else None

    @property
    def gone(self) -> str | None:
        """The path that is gone of the layers below; None for most entries."""
        folder, _, name = self.path.rpartition("/")
        is_mark = name.startswith(_GONE) and name != _OPAQUE
        return posixpath.join(folder, name.removeprefix(_GONE)) if is_mark else None


def hides(path: str, gone: Collection[str], emptied: Collection[str]) -> bool:
    """Return whether a path is gone, or below one that is gone or emptied."""
    above = path
    while above:
        if above in gone:
            return True
        above = above.rpartition("/")[0]
        if above in emptied:
            return True
    return False


def members(source: LayerBytes) -> Iterator[Member]:
    """Yield the entries; what is not read of one is skipped. Raises ValueError, UnreadForm and as `LayerBytes.read`."""
    stated: dict[str, bytes] = {}
    for _ in range(MAX_ENTRIES):
        block = source.read(_BLOCK)
        if not block.strip(b"\0"):
            return
        kind, size = _checked_kind(block), _number(block[124:136])
        if kind == _PAX_ALL:
            _short(source, size)
        elif kind == _PAX:
            stated |= _pax(_short(source, size))
        elif kind in _LONG:
            stated[_LONG[kind]] = _short(source, size).partition(b"\0")[0]
        else:
            member = _member(block, kind, stated)
            before = source.size
            yield member
            source.skip(member.size + -member.size % _BLOCK - (source.size - before))
            stated = {}
    raise ValueError(f"it has a layer of more than {MAX_ENTRIES:,} entries")


def _checked_kind(block: bytes) -> bytes:
    """Return the type of an entry, whose header is one. Raises ValueError."""
    summed = sum(block[:148]) + 8 * ord(" ") + sum(block[156:])
    if _number(block[148:156]) != summed:
        raise ValueError("it has a layer that is not a tar archive")
    return block[156:157]


def _member(block: bytes, kind: bytes, stated: Mapping[str, bytes]) -> Member:
    """Return an entry from its header and what extended headers say. Raises ValueError, UnreadForm."""
    if kind == _SPARSE or _SPARSE_KEY in stated:
        raise UnreadForm("it has a layer with a sparse file, which is not read")
    name = _text(stated.get("path") or _name(block))
    if kind == b"\0" and name.endswith("/"):
        kind = FOLDER
    if kind not in FILES + FOLDER + _OTHERS:
        raise ValueError("it has a layer with an entry of an unknown type")
    return Member(
        _cleaned(name),
        kind,
        int(stated.get("size") or _number(block[124:136])) if kind in FILES else 0,
        _number(block[100:108]),
        int(stated.get("uid") or _number(block[108:116])),
        int(stated.get("gid") or _number(block[116:124])),
        _text(stated.get("linkpath") or block[157:257].partition(b"\0")[0]),
    )


def _number(field: bytes) -> int:
    """Return a number in octal digits, or in base 256 where the first bit says so. Raises ValueError."""
    if field[0] & 0x80:
        return int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
    digits = field.strip(b"\0 ")
    if not re.fullmatch(rb"[0-7]*", digits):
        raise ValueError("it has a layer that is not a tar archive")
    return int(digits or b"0", 8)


def _short(source: LayerBytes, size: int) -> bytes:
    """Return the data of an extended header. Raises ValueError for a long one."""
    if size > MAX_HEADER:
        raise ValueError(f"it has a layer with a header of {size:,} bytes")
    return source.read(size + -size % _BLOCK)[:size]


def _pax(data: bytes) -> Mapping[str, bytes]:
    """Return what is read here of an extended header, and a key of its own for a sparse file. Raises ValueError."""
    found = {}
    at = 0
    while at < len(data):
        stated, _, rest = data[at : at + 8].partition(b" ")
        length = int(stated) if stated.isdigit() else 0
        key, equals, value = data[at + len(stated) + 1 : at + length].partition(b"=")
        if length <= len(stated) + 1 or not equals or not rest:
            raise ValueError("it has a layer with a malformed header")
        name = key.decode("utf-8", "replace")
        found[_SPARSE_KEY if name.startswith(_SPARSE_KEY) else name] = value.removesuffix(b"\n")
        at += length
    if any(not re.fullmatch(form, found[key]) for key, form in _NUMBERS.items() if key in found):
        raise ValueError("it has a layer with a malformed header")
    return {key: found[key] for key in (*_KEYS, _SPARSE_KEY) if key in found}


def _name(block: bytes) -> bytes:
    name, prefix = (part.partition(b"\0")[0] for part in (block[:100], block[345:500]))
    return prefix + b"/" + name if prefix and block[257:263] == b"ustar\0" else name


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _cleaned(name: str) -> str:
    if len(name) > MAX_NAME:
        raise ValueError(f"it has a layer with a name of {len(name):,} characters")
    return posixpath.normpath(f"/{name}").lstrip("/")
