"""The packages in the layers of an image, read without unpacking it, and the digests of the unpacked layers.

Layers come from anybody. Each is fetched into a file, checked against its digest, and read once from its beginning to
its end, with limits for everything that grows. Nothing is written under a name from a layer.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

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

DPKG, APK = "var/lib/dpkg/status", "lib/apk/db/installed"
RELEASES = ("usr/lib/os-release", "etc/os-release")
"""The files in which a system lists its packages, and states its name."""

MAX_SYSTEM = 16 * 1024 * 1024
"""Bytes of such a file that are read; one that is larger counts as missing."""

_SYSTEM = frozenset({DPKG, APK, *RELEASES})
_SYSTEM_NAME = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,199}", re.IGNORECASE)
_SYSTEM_VERSION = re.compile(r"[a-z0-9][a-z0-9.+_:~-]{0,199}", re.IGNORECASE)
_METADATA = re.compile(
    r"(?P<place>(?:.*/)?(?:site|dist)-packages)/(?P<name>[^/-]+)-(?P<version>[^/]+?)"
    r"(?:\.dist-info/METADATA|(?:-py[\d.]+)?\.egg-info(?:/PKG-INFO)?)"
)
_FIELD = re.compile(
    rb"^(Name|Version|License|License-Expression):[ \t]*(\S[^\r\n]*)\r?$", re.MULTILINE | re.IGNORECASE
)
_CLASSIFIER = re.compile(rb"^Classifier:[ \t]*License :: ([^\r\n]+)\r?$", re.MULTILINE | re.IGNORECASE)
_MAX_FIELD = 200
_MAX_KINDS = 20
"""Classifiers of a licence that are read of a package; real ones have up to 5."""

MAX_PATHS = 200_000_000
"""The most characters of all folders above the packages, each with its whole path; a real image has a hundredth."""

_NO_LICENCE = frozenset({"unknown", "none", "other", "osi approved"})
"""What stands in the place of a licence where nobody stated one."""


@dataclass(frozen=True, order=True)
class Licence:
    """What a package states of its licence: an expression or another text, and the names of its classifiers."""

    text: str = ""
    kinds: tuple[str, ...] = ()


NO_LICENCE = Licence()


@dataclass(frozen=True)
class Installed:
    """A Python package in an image: the folder that it is installed in, and the number of its layer from 0."""

    name: str
    version: str
    place: str
    layer: int
    licence: Licence = NO_LICENCE


@dataclass(frozen=True, order=True)
class SystemPackage:
    """A package of the system: `kind` is `deb` or `apk`, `system` the name and the version of the distribution."""

    kind: str
    name: str
    version: str
    architecture: str
    licence: Licence = NO_LICENCE
    system: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Content:
    """The packages of an image, and the digests of its layers, unpacked."""

    packages: tuple[Installed, ...]
    diff_ids: tuple[str, ...]
    system: tuple[SystemPackage, ...] = ()


def content_of(images: Images, name: str, manifest: Manifest) -> Content:
    """Read all layers of an image.

    Raises ValueError for what is malformed or too large, UnreadForm, ServiceError.
    """
    _, *layers = media.children(manifest)
    packed = sum(one.size for one in layers)
    if len(layers) > MAX_LAYERS or packed > MAX_PACKED or any(one.size < 0 for one in layers):
        raise ValueError(f"it has {len(layers)} layers of {packed:,} bytes, more than are read")
    found: dict[str, Installed] = {}
    texts: dict[str, bytes] = {}
    diff_ids = []
    left = MAX_UNPACKED
    for number, layer in enumerate(layers):
        read = _Layer(frozenset(path for known in (*found, *texts) for path in (known, *_parents(known))))
        _read(images, name, layer, number, left, read)
        left -= read.size
        found = {path: one for path, one in found.items() if not read.hides(path)} | read.packages
        texts = {path: text for path, text in texts.items() if not read.hides(path)} | read.texts
        if len(found) > MAX_PACKAGES:
            raise ValueError(f"it has more than {MAX_PACKAGES:,} packages")
        if sum(len(path) * path.count("/") for path in found) > MAX_PATHS:
            raise ValueError("it has packages in folders that are too deep")
        diff_ids.append(read.digest)
    system = tuple(islice(system_packages(texts), MAX_PACKAGES + 1))
    if len(system) > MAX_PACKAGES:
        raise ValueError(f"it has more than {MAX_PACKAGES:,} packages of the system")
    return Content(tuple(found[path] for path in sorted(found)), tuple(diff_ids), system)


def system_packages(texts: Mapping[str, bytes]) -> Iterator[SystemPackage]:
    """Yield the installed packages of the system, given the files that list them by path."""
    release = _decoded(next((texts[path] for path in RELEASES if texts.get(path)), b""))
    stated = dict(re.findall(r"""^(ID|VERSION_ID)=["']?([\w.-]{1,60})""", release, re.MULTILINE))
    system = stated.get("ID", ""), stated.get("VERSION_ID", "")
    for one in _paragraphs(texts.get(DPKG, b"")):
        if one.get("Status", "").endswith(" ok installed") and _SYSTEM_NAME.fullmatch(one.get("Package", "")):
            version, architecture = (_version(one.get(key, "")) for key in ("Version", "Architecture"))
            yield SystemPackage("deb", one["Package"], version, architecture, system=system)
    for one in _paragraphs(texts.get(APK, b"")):
        if _SYSTEM_NAME.fullmatch(one.get("P", "")):
            version, architecture = (_version(one.get(key, "")) for key in "VA")
            licence = one.get("L", "")
            held = Licence(licence) if len(licence) <= _MAX_FIELD else NO_LICENCE
            yield SystemPackage("apk", one["P"], version, architecture, held, system)


def _version(text: str) -> str:
    """Return a version or an architecture; empty for what is none."""
    return text if _SYSTEM_VERSION.fullmatch(text) else ""


def _paragraphs(text: bytes) -> Iterator[Mapping[str, str]]:
    """Yield the fields of each paragraph; further lines of a field, which are indented, are left out."""
    for paragraph in _decoded(text).split("\n\n"):
        lines = (line.partition(":") for line in paragraph.split("\n") if not line.startswith(" "))
        yield {name: value.strip() for name, colon, value in lines if colon}


def _decoded(text: bytes) -> str:
    return text.decode(errors="replace")


@dataclass
class _Layer:
    """The contents of a layer: its packages, by the path of their METADATA, and the paths that hide those below it.

    Of other paths only those `of_interest` are kept, on which packages of the layers below are.
    """

    of_interest: frozenset[str]
    packages: dict[str, Installed] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
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
        if member.path in _SYSTEM:
            found.texts[member.path] = source.read(member.size) if member.size <= MAX_SYSTEM else b""
        match = _METADATA.fullmatch(member.path)
        if match and len(found.packages) <= MAX_PACKAGES:
            head = _head(source.read(min(member.size, MAX_METADATA)))
            stated = _stated(head)
            name, version = stated.get("name", match["name"]), stated.get("version", match["version"])
            licence = _licence(stated, head)
            found.packages[member.path] = Installed(name, version, match["place"], number, licence)


def _head(metadata: bytes) -> bytes:
    """Return a METADATA without its description; what a link stands for is not known."""
    return re.split(rb"\r?\n\r?\n", metadata, maxsplit=1)[0]


def _licence(stated: Mapping[str, str], head: bytes) -> Licence:
    found = (one.group(1).rpartition(b" :: ")[2].strip() for one in _CLASSIFIER.finditer(head))
    named = dict.fromkeys(_decoded(one) for one in found if 0 < len(one) <= _MAX_FIELD)
    kinds = tuple(islice((one for one in named if one.lower() not in _NO_LICENCE), _MAX_KINDS))
    text = stated.get("license-expression") or stated.get("license", "")
    return Licence("" if text.lower() in _NO_LICENCE else text, kinds)


def _stated(head: bytes) -> Mapping[str, str]:
    """Return fields of a METADATA by their names in small letters; of one that is there twice, the first."""
    stated = ((key.decode().lower(), value.rstrip(b" \t")) for key, value in reversed(_FIELD.findall(head)))
    return {key: value.decode("utf-8", "replace") for key, value in stated if len(value) <= _MAX_FIELD}
