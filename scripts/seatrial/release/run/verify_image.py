"""What an image, its bill of materials and its provenance say, read from bytes that anybody may have made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.core.model import Folder
from seatrial.core.names import canonical, shown
from seatrial.dependencies.constraints import version_key
from seatrial.dependencies.lockfile import LOCK, BadLock, read_lock
from seatrial.documents import toml
from seatrial.release.attest import provenance, signing
from seatrial.release.attest.packages import MACHINES, packages_of
from seatrial.release.attest.purls import image_of
from seatrial.release.plan.plan_files import Receipt
from seatrial.release.plan.ports import Descriptor, Images, Manifest
from seatrial.release.registry import media
from seatrial.release.registry.image_names import ImageName, is_digest
from seatrial.release.registry.layers import Content, Installed
from seatrial.release.registry.sizes import platforms_of

INSTALLERS = frozenset({"pip", "setuptools", "wheel"})
"""Packages that every environment may have, and that no lock names."""

MAX_BASES = 8
"""Base images that are looked at."""

_PYTHON = re.compile(r"(?:^|/)python(3\.\d{1,2})/")


@dataclass(frozen=True)
class Config:
    """The digests of an image's layers, unpacked, as its config names them."""

    diff_ids: list[str]


def config_of(images: Images, name: str, manifest: Manifest) -> Config:
    """Return the config of an image. Raises ValueError for one that is malformed, ServiceError."""
    value = media.json_object(images.blob(name, media.children(manifest)[0].digest))
    rootfs = value.get("rootfs")
    found = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError("its config does not name its layers")
    return Config(found)


MAX_REFERRERS = 16
"""Attachments of an image that are read to find Seatrial's own provenance."""


def is_ours(images: Images, name: str, digest: str, version: str) -> bool:
    """Return whether an image says, by a provenance attached to it, that Seatrial published it as this version.

    Where the registry does not tell, it does not. Nobody's signature is checked.
    """
    kinds = {provenance.MEDIA_TYPE, *signing.SIGNED}
    try:
        found = [one for one in images.referrers(name, digest) if one.artifact_type in kinds]
    except (ServiceError, ValueError):
        return False
    return any(_states(images, name, one, version) for one in found[:MAX_REFERRERS])


def _states(images: Images, name: str, found: Descriptor, version: str) -> bool:
    try:
        _, *layers = media.children(images.manifest(name, found.digest))
        data = images.blob(name, layers[0].digest) if layers else b""
        definition = _definition(media.json_object(signing.unsealed(found.artifact_type, data)))
    except (ServiceError, ValueError, RecursionError):
        return False
    stated = _object(definition.get("externalParameters")).get("version")
    return (definition.get("buildType"), stated) == (provenance.BUILD_TYPE, version)


def components(bill: bytes) -> Mapping[str, str]:
    """Return the Python packages of a bill of materials and their versions, by canonical name. Raises ValueError."""
    found = {}
    for one in python_components(bill):
        name, version = (one.get("name"), one.get("version")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(version, str):
            raise ValueError("it lists a component without name or version")
        found[canonical(name)] = version
    return found


def python_components(bill: bytes) -> Iterator[Any]:
    """Yield the components of a bill of materials without the packages of the system. Raises ValueError."""
    yield from (one for one in _components(bill) if not _kind_of_system(one))


def system_components(bill: bytes) -> frozenset[tuple[str, str, str]]:
    """Return the packages of the system in a bill of materials: kind, name and version. Raises ValueError."""
    found = ((_kind_of_system(one), one) for one in _components(bill))
    return frozenset(
        (kind, str(one.get("name")), str(one.get("version") or "")) for kind, one in found if kind
    )


def _components(bill: bytes) -> Sequence[Any]:
    stated = media.json_object(bill).get("components", [])
    if not isinstance(stated, list):
        raise ValueError("it does not list components")
    return stated


def _kind_of_system(component: Any) -> str:
    """Return `deb` or `apk` for a package of the system; empty for any other component."""
    purl = component.get("purl") if isinstance(component, dict) else None
    kind = purl[4:].partition("/")[0] if isinstance(purl, str) and purl.startswith("pkg:") else ""
    return kind if kind in ("deb", "apk") else ""


def must_be_of(bill: bytes, receipt: Receipt) -> None:
    """Raise ValueError for a bill of materials that is not of the image of a receipt."""
    value = media.json_object(bill)
    metadata = value.get("metadata")
    itself = metadata.get("component") if isinstance(metadata, dict) else None
    if value.get("bomFormat") != "CycloneDX" or not isinstance(itself, dict):
        raise ValueError("it is not a bill of materials in CycloneDX")
    stated = [
        one.get("value") for one in _objects(itself.get("properties")) if one.get("name") == "seatrial:image"
    ]
    if (itself.get("name"), itself.get("version")) != (receipt.type, receipt.version):
        raise ValueError("it is of another integration or version")
    if stated != [f"{receipt.image}@{receipt.digest}"]:
        raise ValueError("it is of another image")


def _objects(value: object) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


@dataclass(frozen=True)
class Compared:
    """The packages of an image beside those of its bill of materials, by name.

    `different` states both versions, `strangers` are in the image alone and may be the base image's, `others` are
    surely not, `missing` are in the bill alone. `python` is the version that the image has them for, empty if unknown.
    """

    equal: Sequence[str]
    different: Sequence[str]
    strangers: Sequence[str]
    others: Sequence[str]
    missing: Sequence[str]
    python: str

    def fault(self, type: str) -> str:
        """Return what is surely wrong; empty for nothing. The integration itself, by its type, is expected there."""
        others = [one for one in self.others if one != canonical(type)]
        if self.different:
            return f"the image has {', '.join(self.different[:5])}"
        if others:
            return f"the image has {', '.join(map(shown, others[:5]))}, which the SBOM does not name"
        return "" if self.equal or not self.missing else "none of the packages of the SBOM is in the image"


def compared(bill: Mapping[str, str], content: Content, of_base: int | None) -> Compared:
    """Compare the packages beside which those of the bill are installed; the first `of_base` layers are the base's.

    A package of the base counts only where no later layer has one of this name.
    """
    ours = _counting([one for one in content.packages if canonical(one.name) in bill], bill, of_base)
    places = {one.place for one in ours}
    here = [one for one in content.packages if one.place in places]
    foreign = [one for one in here if canonical(one.name) not in {*bill, *INSTALLERS}]
    later = sorted({canonical(one.name) for one in foreign if one.layer >= (of_base or 0)})
    names = {canonical(one.name) for one in ours}
    wrong = sorted({_both(one, bill) for one in ours if not _is_same(one, bill)})
    found = (_PYTHON.search(f"{place}/") for place in sorted(places))
    return Compared(
        equal=sorted(names),
        different=wrong,
        strangers=later if of_base is None else (),
        others=() if of_base is None else later,
        missing=sorted(set(bill) - names),
        python=next((match[1] for match in found if match), ""),
    )


def _counting(
    found: Sequence[Installed], bill: Mapping[str, str], of_base: int | None
) -> Sequence[Installed]:
    """Return the packages that are to be those of the bill, without others of these names that the base may bring."""
    first = [one for one in found if (_is_same(one, bill) if of_base is None else one.layer >= of_base)]
    names = {canonical(one.name) for one in first}
    return [*first, *(one for one in found if canonical(one.name) not in names)]


def _is_same(one: Installed, bill: Mapping[str, str]) -> bool:
    return version_key(one.version) == version_key(bill[canonical(one.name)])


def _both(one: Installed, bill: Mapping[str, str]) -> str:
    return f"{shown(one.name)} {shown(one.version)} where the SBOM has {shown(bill[canonical(one.name)])}"


def locked(
    folder: Folder, statement: Mapping[str, Any], python: str, platform: str
) -> Mapping[str, bool] | None:
    """Return the packages that a lock names for images, and whether it puts them into one of a Python and a platform.

    None where the lock is not the one that the provenance names. Raises ValueError, Unreadable.
    """
    data = folder.read(LOCK)
    stated = {one.get("sha256") for name, one in _dependencies(statement) if name.endswith(LOCK)}
    if hashlib.sha256(data).hexdigest() not in stated:
        return None
    value = toml.load("pyproject.toml", folder.read("pyproject.toml")).value
    project = value if isinstance(value, dict) else {}
    machine = MACHINES.get(platform.split("/")[1] if "/" in platform else "", "")
    try:
        lock = read_lock(data)
        every, here = packages_of(lock, project), packages_of(lock, project, python, machine)
    except BadLock as wrong:
        raise ValueError(str(wrong)) from None
    names = {canonical(one.locked.name) for one in here.all}
    return {name: name in names for name in (canonical(one.locked.name) for one in every.all)}


def must_state(statement: Mapping[str, Any], receipt: Receipt) -> None:
    """Raise ValueError for a provenance that is not of the image, version and plan of a receipt."""
    if (statement.get("_type"), statement.get("predicateType")) != (
        provenance.STATEMENT,
        provenance.PREDICATE,
    ):
        raise ValueError("it is not an in-toto statement with SLSA provenance")
    subjects = [one.get("digest") for one in _objects(statement.get("subject"))]
    algorithm, _, digest = receipt.digest.partition(":")
    if subjects != [{algorithm: digest}]:
        raise ValueError("it is of another image")
    outside = _object(_definition(statement).get("externalParameters"))
    for key, wanted in (("type", receipt.type), ("version", receipt.version), ("plan", receipt.plan)):
        if outside.get(key) != wanted:
            raise ValueError(f"its {key} is not that of the receipt")


def commit_of(statement: Mapping[str, Any]) -> str:
    """Return the commit that a provenance states; empty for none."""
    found = (digest.get("gitCommit") for name, digest in _dependencies(statement) if name == "source")
    return next((one for one in found if isinstance(one, str)), "")


def bases_of(statement: Mapping[str, Any]) -> Sequence[ImageName]:
    """Return the base images that a provenance names, with their digests. Raises ValueError for too many."""
    stated = [
        one
        for one in _objects(_definition(statement).get("resolvedDependencies"))
        if one.get("name") == "base image" and isinstance(one.get("uri"), str)
    ]
    if len(stated) > MAX_BASES:
        raise ValueError(f"it names more than {MAX_BASES} base images")
    return [image_of(str(one["uri"])) for one in stated]


def layers_of_base(
    images: Images, statement: Mapping[str, Any], platform: str, diff_ids: Sequence[str]
) -> int | None:
    """Return how many layers an image has from the base images of its provenance, 0 where it begins with none.

    None where a digest is not known. Raises ServiceError where a base image cannot be pulled, ValueError.
    """
    bases = bases_of(statement)
    found = [_own(images, one, platform) for one in bases if is_digest(one.digest)]
    fitting = [len(own) for own in found if list(diff_ids[: len(own)]) == own]
    return max(fitting) if fitting else 0 if len(found) == len(bases) else None


def _own(images: Images, base: ImageName, platform: str) -> list[str]:
    """Return the digests of a base image's layers, unpacked, for a platform; empty where it has none for it."""
    manifest = images.manifest(base.repository, base.digest)
    found = dict(platforms_of(images, base.repository, manifest))
    own = found.get(platform)
    return config_of(images, base.repository, own).diff_ids if own else []


def _definition(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    return _object(_object(statement.get("predicate")).get("buildDefinition"))


def _dependencies(statement: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in _objects(_definition(statement).get("resolvedDependencies")):
        yield str(one.get("name")), _object(one.get("digest"))


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
