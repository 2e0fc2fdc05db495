"""The Python packages in the layers of an image, read without unpacking it, and the digests of the unpacked layers.

Layers come from anybody. Each is fetched into a file, checked against its digest, and read once from its beginning to
its end, with limits for everything that grows. Nothing is written under a name from a layer.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from seatrial.release.plan.ports import Descriptor, Images, Manifest
from seatrial.release.registry import archives, media
from seatrial.release.registry.archives import MAX_LAYERS, LayerBytes, Member, UnreadForm

MAX_PACKED = 4 * 1024**3
MAX_UNPACKED = 16 * 1024**3
"""Bytes of all layers of an image, as they are stored and unpacked; real ones have 0.3 and 1 GB."""

MAX_PACKAGES = 20_000
"""Packages of an image."""

MAX_METADATA = 64 * 1024
"""Bytes of a METADATA that are read."""

_METADATA = re.compile(
    r"(?P<place>(?:.*/)?(?:site|dist)-packages)/(?P<name>[^/-]+)-(?P<version>[^/]+?)"
    r"(?:\.dist-info/METADATA|(?:-py[\d.]+)?\.egg-info(?:/PKG-INFO)?)"
)
_FIELD = re.compile(rb"^(Name|Version):[ \t]*(\S[^\r\n]*)\r?$", re.MULTILINE)
_MAX_FIELD = 200


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
    """The contents of a layer: its packages, by the path of their METADATA, and the paths that hide those below it.

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
        return archives.hides(path, self.gone, self.emptied)


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
        with archives.unpacked(file, layer, left) as source:
            for member in archives.members(source):
                _add(found, member, source, number)
    found.digest, found.size = source.digest, source.size


def _add(found: _Layer, member: Member, source: LayerBytes, number: int) -> None:
    """Take up what an entry says of packages, or of what is not seen any more of the layers below."""
    if member.emptied is not None:
        found.emptied.update({member.emptied} & found.of_interest)
    elif member.gone is not None:
        found.gone.update({member.gone} & found.of_interest)
    elif member.kind != archives.FOLDER:
        found.gone.update({member.path} & found.of_interest)
        match = _METADATA.fullmatch(member.path)
        if match and len(found.packages) <= MAX_PACKAGES:
            stated = _stated(source.read(min(member.size, MAX_METADATA)))
            name, version = stated.get("Name", match["name"]), stated.get("Version", match["version"])
            found.packages[member.path] = Installed(name, version, match["place"], number)


def _stated(metadata: bytes) -> Mapping[str, str]:
    """Return name and version of a METADATA; what a link stands for is not known."""
    head = re.split(rb"\r?\n\r?\n", metadata, maxsplit=1)[0]
    stated = ((key.decode(), value.rstrip(b" \t")) for key, value in reversed(_FIELD.findall(head)))
    return {key: value.decode("utf-8", "replace") for key, value in stated if len(value) <= _MAX_FIELD}
