"""The bill of materials of an image: CycloneDX 1.6, from the lock that its packages are installed by.

What no lock states, licences and the packages of the system, comes from the layers of the image.

Its library is slow to import; import this module where a bill is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID, uuid5

from cyclonedx import spdx
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseAcknowledgement, LicenseExpression
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from seatrial import __version__
from seatrial.core.names import canonical
from seatrial.dependencies.lockfile import LOCK, BadLock, Locked, PackageSource, read_lock
from seatrial.documents import toml
from seatrial.release.attest.packages import ImagePackage, Packages, ShippedImage, packages_of
from seatrial.release.attest.purls import public, purl
from seatrial.release.registry.image_names import ImageName
from seatrial.release.registry.layers import NO_LICENCE, Content, Licence, SystemPackage

MEDIA_TYPE = "application/vnd.cyclonedx+json"

SPACE = UUID("0d6a3c1e-5a0f-5f0c-9d4b-7a1c0e2b9f61")
"""The name space of serial numbers, which must never change."""

ITSELF = "integration"

PYPI = "https://pypi.org/simple"

ALGORITHMS = {
    "md5": HashAlgorithm.MD5,
    "sha256": HashAlgorithm.SHA_256,
    "sha384": HashAlgorithm.SHA_384,
    "sha512": HashAlgorithm.SHA_512,
}

PROPERTIES = {
    "extra": "cdx:python:package:required-extra",
    "group": "cdx:poetry:group",
    "commit": "cdx:python:package:source:vcs:commit-id",
    "folder": "cdx:python:package:source:subdirectory",
    "image": "seatrial:image",
}
"""Source: the CycloneDX property taxonomy, cdx:python and cdx:poetry; the last is our own."""


def bill_of_materials(
    of: ShippedImage, lock: bytes | None, pyproject: bytes, contents: Sequence[Content] = ()
) -> bytes:
    """Return the bill as JSON, the same bytes for the same input; Python packages of the base image are not in it.

    `contents` is what the image has for each platform.

    Raises BadLock, with a line for the user, where the packages cannot be determined.
    """
    if lock is None:
        raise BadLock(f'there is no {LOCK}, which says what is installed; type "poetry lock"')
    project = toml.load("pyproject.toml", pyproject)
    if not project.readable or not isinstance(project.value, dict):
        raise BadLock("the pyproject.toml beside it cannot be read")
    return bill_of(of, packages_of(read_lock(lock), project.value), contents)


def bill_of(of: ShippedImage, packages: Packages, contents: Sequence[Content] = ()) -> bytes:
    """Return the bill of these packages as JSON, the same bytes for the same packages."""
    itself = _itself(of)
    stated = {
        (canonical(one.name), one.version): one.licence for content in contents for one in content.packages
    }
    components = {package.key: _component(package, stated) for package in packages.all}
    system = (_of_system(one) for content in contents for one in content.system)
    by_address = {str(one.bom_ref.value): one for one in system}
    bom = Bom(
        serial_number=uuid5(SPACE, f"{of.type} {of.version} {of.digest}"),
        components=[*components.values(), *by_address.values()],
        dependencies=[
            _dependency(itself, packages.roots, components),
            *(_dependency(components[one.key], one.needs, components) for one in packages.all),
        ],
        metadata=BomMetaData(
            timestamp=datetime.fromtimestamp(of.committed, UTC),
            component=itself,
            tools=ToolRepository(components=[_tool()]),
        ),
    )
    return JsonV1Dot6(bom).output_as_string().encode() + b"\n"


def _tool() -> Component:
    return Component(name="seatrial", version=__version__, type=ComponentType.APPLICATION, bom_ref="seatrial")


def _itself(of: ShippedImage) -> Component:
    """Return the integration; its package URL and its property name the image by digest."""
    return Component(
        type=ComponentType.APPLICATION,
        name=of.type,
        version=of.version,
        bom_ref=ITSELF,
        purl=PackageURL.from_string(purl(ImageName(of.image, of.version, of.digest))),
        properties=[Property(name=PROPERTIES["image"], value=f"{of.image}@{of.digest}")],
    )


def _dependency(one: Component, needs: tuple[str, ...], components: Mapping[str, Component]) -> Dependency:
    return Dependency(one.bom_ref, [Dependency(components[key].bom_ref) for key in needs])


def _component(package: ImagePackage, licences: Mapping[tuple[str, str], Licence]) -> Component:
    locked = package.locked
    return Component(
        type=ComponentType.LIBRARY,
        name=locked.name,
        version=locked.version,
        bom_ref=package.key,
        purl=_purl(locked),
        licenses=_licences(licences.get((canonical(locked.name), locked.version), NO_LICENCE)),
        external_references=list(_references(locked)),
        properties=[Property(name=PROPERTIES[kind], value=value) for kind, value in _properties(package)],
    )


def _of_system(package: SystemPackage) -> Component:
    name, version = package.system
    qualifiers = {"arch": package.architecture, "distro": "-".join(filter(None, (name, version)))}
    found = PackageURL(
        package.kind,
        namespace=name or None,
        name=package.name,
        version=package.version,
        qualifiers={key: value for key, value in qualifiers.items() if value},
    )
    return Component(
        type=ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        bom_ref=found.to_string(),
        purl=found,
        licenses=_licences(package.licence),
    )


def _licences(stated: Licence) -> list[License]:
    """Return a licence as SPDX has it, if it is stated so; else by the names of the classifiers, or as it is stated."""
    declared = LicenseAcknowledgement.DECLARED
    if known := spdx.fixup_id(stated.text):
        return [DisjunctiveLicense(id=known, acknowledgement=declared)]
    if stated.text and spdx.is_expression(stated.text):
        return [LicenseExpression(stated.text, acknowledgement=declared)]
    names = stated.kinds or tuple(filter(None, [stated.text]))
    return [DisjunctiveLicense(name=one, acknowledgement=declared) for one in names]


def _properties(package: ImagePackage) -> Iterator[tuple[str, str]]:
    """Yield what only properties can state of a package; the group `main` is not stated."""
    yield from (("extra", extra) for extra in package.extras)
    if "main" not in package.groups:
        yield from (("group", group) for group in package.groups)
    source = package.locked.source
    if source is None:
        return
    if source.kind == "git":
        yield "commit", source.reference
    if source.folder:
        yield "folder", source.folder


def _purl(locked: Locked) -> PackageURL | None:
    """Return the package URL; None for a package in the repository itself, which has no other address."""
    source = locked.source
    if source is not None and source.kind in ("directory", "file"):
        return None
    qualifiers = dict(_qualifiers(source)) if source else {}
    return PackageURL("pypi", name=locked.name, version=locked.version, qualifiers=qualifiers)


def _qualifiers(source: PackageSource) -> Iterator[tuple[str, str]]:
    """Yield the source of a package that is not from PyPI."""
    address = public(source.url)
    if source.kind == "git":
        yield "vcs_url", f"git+{address}@{source.reference}"
    elif source.kind == "url" and "://files.pythonhosted.org/" not in address:
        yield "download_url", address
    elif source.kind == "legacy" and "://pypi.org/" not in address:
        yield "repository_url", address


def _references(locked: Locked) -> Iterator[ExternalReference]:
    """Yield the address of each file of a package, with its hash; the image has one of them."""
    source = locked.source
    if source is not None and source.kind == "git":
        yield _reference(ExternalReferenceType.VCS, f"git+{public(source.url)}@{source.reference}")
    elif source is not None and source.kind != "legacy":
        yield _reference(ExternalReferenceType.DISTRIBUTION, public(source.url) or ".", *locked.hashes)
    else:
        index = public(source.url).rstrip("/") if source else PYPI
        for file, digest in locked.files:
            yield _reference(
                ExternalReferenceType.DISTRIBUTION, f"{index}/{locked.name}/", digest, fragment=file
            )


def _reference(
    type: ExternalReferenceType, address: str, *hashes: str, fragment: str = ""
) -> ExternalReference:
    """Return a reference to an address, quoted, since paths and names in a lock may have any character."""
    whole = re.sub("%(?![0-9A-Fa-f]{2})", "%25", quote(address, safe="/:@!$&'()*+,;=%~"))
    whole += f"#{quote(fragment, safe='')}" if fragment else ""
    return ExternalReference(type=type, url=XsUri(whole), hashes=[_hash(one) for one in hashes])


def _hash(text: str) -> HashType:
    algorithm, _, content = text.partition(":")
    return HashType(alg=ALGORITHMS[algorithm], content=content)
