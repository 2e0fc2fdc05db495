"""The Python packages in the layers of an image, read without unpacking it, and the digests of the unpacked layers.

Layers come from anybody. Each is fetched into a file, checked against its digest, and read once from its beginning to
its end, with limits for everything that grows: bytes, entries, names. Nothing is written under a name from a layer.
Sources: OCI image specification 1.1, layer.md; POSIX.1-2017, pax, "ustar Interchange Format".
"""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

from seatrial.release.plan.ports import Descriptor, Images, Manifest
from seatrial.release.registry import media

MAX_LAYERS = 256
"""Layers of an image; docker admits 127."""

MAX_PACKED = 4 * 1024**3
MAX_UNPACKED = 16 * 1024**3
"""Bytes of all layers of an image, as they are stored and unpacked; real ones have 0.3 and 1 GB."""

FREE, MAX_RATIO = 64 * 1024**2, 100
"""A layer may be unpacked to so many bytes, and to so many times its size; real ones to 5 times."""

MAX_ENTRIES = 1_000_000
MAX_PACKAGES = 20_000
"""Entries of a layer, and packages of an image."""

MAX_NAME = 4096
MAX_HEADER = 64 * 1024
"""Bytes of a name, and of an extended header and of a METADATA that are read."""

_BLOCK = 512
_CHUNK = 1024 * 1024
_GONE, _OPAQUE = ".wh.", ".wh..wh..opq"
_FILES, _FOLDER = b"07\0", b"5"
_PAX, _PAX_ALL, _LONG_NAME, _LONG_LINK, _SPARSE = b"x", b"g", b"L", b"K", b"S"
_METADATA = re.compile(
    r"(?P<place>(?:.*/)?(?:site|dist)-packages)/(?P<name>[^/-]+)-(?P<version>[^/]+?)"
    r"(?:\.dist-info/METADATA|(?:-py[\d.]+)?\.egg-info(?:/PKG-INFO)?)"
)
_FIELD = re.compile(rb"^(Name|Version):[ \t]*(\S[^\r\n]*)\r?$", re.MULTILINE)
_MAX_FIELD = 200


class UnreadForm(Exception):
    """A layer has a form that may be right, and that is not read here; the text names it."""


@dataclass(frozen=True)
class Installed:
    """A Python package in an image: the folder that it is installed in, and the number of its layer from 0."""

    name: str
    version: str
    place: str
    layer: int


@dataclass(frozen=True)
class Content:
    """The packages of an image, and the digests of its layers, unpacked."""

    packages: tuple[Installed, ...]
    diff_ids: tuple[str, ...]


def content_of(images: Images, name: str, manifest: Manifest) -> Content:
    """Read all layers of an image.

    Raises ValueError for what is malformed or too large, UnreadForm, ServiceError.
    """
    _, *layers = media.children(manifest)
    packed = sum(one.size for one in layers)
    if len(layers) > MAX_LAYERS or packed > MAX_PACKED or any(one.size < 0 for one in layers):
        raise ValueError(f"it has {len(layers)} layers of {packed:,} bytes, more than are read")
    found: dict[str, Installed] = {}
    diff_ids = []
    left = MAX_UNPACKED
    for number, layer in enumerate(layers):
        read = _Layer(frozenset(path for known in found for path in (known, *_parents(known))))
        _read(images, name, layer, number, left, read)
        left -= read.size
        found = {path: one for path, one in found.items() if not read.hides(path)} | read.packages
        if len(found) > MAX_PACKAGES:
            raise ValueError(f"it has more than {MAX_PACKAGES:,} packages")
        diff_ids.append(read.digest)
    return Content(tuple(found[path] for path in sorted(found)), tuple(diff_ids))


@dataclass
class _Layer:
    """What one layer holds: its packages by the path of their METADATA, and the paths that hide those below it.

    Of other paths only those `of_interest` are kept, on which packages of the layers below are.
    """

    of_interest: frozenset[str]
    packages: dict[str, Installed] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    digest: str = ""
    size: int = 0

    def hides(self, path: str) -> bool:
        """Return whether a file of the layers below is not seen any more."""
        parents = list(_parents(path))
        return bool(self.gone.intersection((path, *parents)) or self.emptied.intersection(parents))


def _parents(path: str) -> Iterator[str]:
    while path:
        path = path.rpartition("/")[0]
        yield path


def _read(images: Images, name: str, layer: Descriptor, number: int, left: int, found: _Layer) -> None:
    """Read a layer, of at most so many bytes unpacked. Raises as `content_of`."""
    if layer.media_type.endswith("zstd"):
        raise UnreadForm("it has a layer in zstd, which is not read")
    with tempfile.TemporaryFile() as file:
        images.fetch(name, layer, file)
        is_packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        plain: IO[bytes] = gzip.GzipFile(fileobj=file) if is_packed else file  # type: ignore[assignment]
        source = _Source(plain, min(left, FREE + MAX_RATIO * layer.size))
        try:
            for entry in _entries(source):
                _add(found, entry, source, number)
            source.end()
        except (OSError, EOFError, zlib.error) as wrong:
            raise ValueError(f"it has a layer that cannot be unpacked: {layer.digest}") from wrong
    found.digest, found.size = f"sha256:{source.hash.hexdigest()}", source.size


class _Source:
    """The unpacked bytes of a layer, counted and hashed as they are read; at most so many."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._most = file, most
        self.hash = hashlib.sha256()
        self.size = 0

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
        self.hash.update(data)
        if self.size > self._most:
            raise ValueError(f"it has a layer that unpacks to more than {self._most:,} bytes")


@dataclass(frozen=True)
class _Entry:
    """An entry of a layer: its path without `./` and `..`, its type, and its bytes that are still to be read."""

    path: str
    kind: bytes
    size: int


def _entries(source: _Source) -> Iterator[_Entry]:
    """Yield the entries; what is not read of one is skipped. Raises ValueError."""
    name, size = "", -1
    for _ in range(MAX_ENTRIES):
        block = source.read(_BLOCK)
        if not block.strip(b"\0"):
            return
        kind, stated = _checked_kind(block), _number(block[124:136])
        if kind in (_PAX, _LONG_NAME):
            data = _short(source, stated)
            pairs = _pax(data) if kind == _PAX else {"path": data.rstrip(b"\0")}
            name = pairs.get("path", name.encode("utf-8", "surrogateescape")).decode(
                "utf-8", "surrogateescape"
            )
            size = int(pairs.get("size", b"%d" % size))
            continue
        if kind not in (_PAX_ALL, _LONG_LINK):
            length = (size if size >= 0 else stated) if kind in _FILES else 0
            before = source.size
            yield _Entry(_cleaned(name or _short_name(block)), kind, length)
            source.skip(length + -length % _BLOCK - (source.size - before))
            name, size = "", -1
        else:
            _short(source, stated)
    raise ValueError(f"it has a layer of more than {MAX_ENTRIES:,} entries")


def _checked_kind(block: bytes) -> bytes:
    """Return the type of an entry, whose header is one. Raises ValueError."""
    summed = sum(block[:148]) + 8 * ord(" ") + sum(block[156:])
    if _number(block[148:156]) != summed:
        raise ValueError("it has a layer that is no tar archive")
    if block[156:157] == _SPARSE:
        raise UnreadForm("it has a layer with a sparse file, which is not read")
    return block[156:157]


def _number(field: bytes) -> int:
    """Return a number in octal digits, or in base 256 where the first bit says so. Raises ValueError."""
    if field[0] & 0x80:
        return int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
    digits = field.strip(b"\0 ")
    if not re.fullmatch(rb"[0-7]*", digits):
        raise ValueError("it has a layer that is no tar archive")
    return int(digits or b"0", 8)


def _short(source: _Source, size: int) -> bytes:
    """Return the data of an extended header. Raises ValueError for a long one."""
    if size > MAX_HEADER:
        raise ValueError(f"it has a layer with a header of {size:,} bytes")
    return source.read(size + -size % _BLOCK)[:size]


def _pax(data: bytes) -> Mapping[str, bytes]:
    """Return path and size of an extended header. Raises ValueError."""
    found = {}
    at = 0
    while at < len(data):
        stated, _, rest = data[at : at + 8].partition(b" ")
        length = int(stated) if stated.isdigit() else 0
        key, equals, value = data[at + len(stated) + 1 : at + length].partition(b"=")
        if length <= len(stated) + 1 or not equals or not rest:
            raise ValueError("it has a layer with a malformed header")
        found[key.decode("utf-8", "replace")] = value.removesuffix(b"\n")
        at += length
    if not found.get("size", b"0").isdigit() or len(found.get("size", b"")) > 20:
        raise ValueError("it has a layer with a malformed header")
    return {key: found[key] for key in ("path", "size") if key in found}


def _short_name(block: bytes) -> str:
    name, prefix = (part.partition(b"\0")[0] for part in (block[:100], block[345:500]))
    whole = prefix + b"/" + name if prefix and block[257:263] == b"ustar\0" else name
    return whole.decode("utf-8", "surrogateescape")


def _cleaned(name: str) -> str:
    if len(name) > MAX_NAME:
        raise ValueError(f"it has a layer with a name of {len(name):,} letters")
    return posixpath.normpath(f"/{name}").lstrip("/")


def _add(found: _Layer, entry: _Entry, source: _Source, number: int) -> None:
    """Take up what an entry says of packages, or of what is not seen any more of the layers below."""
    folder, _, base = entry.path.rpartition("/")
    if base == _OPAQUE:
        found.emptied.update({folder} & found.of_interest)
    elif base.startswith(_GONE):
        found.gone.update({posixpath.join(folder, base.removeprefix(_GONE))} & found.of_interest)
    elif entry.kind != _FOLDER:
        found.gone.update({entry.path} & found.of_interest)
        match = _METADATA.fullmatch(entry.path)
        if match and len(found.packages) <= MAX_PACKAGES:
            stated = _stated(source.read(min(entry.size, MAX_HEADER)))
            name, version = stated.get("Name", match["name"]), stated.get("Version", match["version"])
            found.packages[entry.path] = Installed(name, version, match["place"], number)


def _stated(metadata: bytes) -> Mapping[str, str]:
    """Return name and version of a METADATA; what a link stands for is not known."""
    head = re.split(rb"\r?\n\r?\n", metadata, maxsplit=1)[0]
    stated = ((key.decode(), value.rstrip(b" \t")) for key, value in reversed(_FIELD.findall(head)))
    return {key: value.decode("utf-8", "replace") for key, value in stated if len(value) <= _MAX_FIELD}
