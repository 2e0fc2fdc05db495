"""Addresses in attestations: of repositories and packages without credentials, of images as package URLs."""

from __future__ import annotations

import re

from seatrial.core.addresses import public_url, without_credentials
from seatrial.release.registry.image_names import ImageName

MAX_PURL = 2000
"""Letters of a package URL that are read."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SCP = re.compile(r"(?:(?P<login>[^\s/@]*)@)?(?P<host>[\w.-]{2,}):(?P<path>(?!//)[^\s?#]+)")


def public(address: str) -> str:
    """Return an address, also one in the form of scp, as a URL without password, query and fragment.

    Only ssh keeps a user name, where it is part of the place. Text after white space is dropped from a URL.
    """
    text = address.strip()
    short = _SCP.fullmatch(text)
    if short:
        user = (short["login"] or "").partition(":")[0]
        return f"ssh://{user and f'{user}@'}{short['host']}/{short['path'].lstrip('/')}"
    return public_url(text).split(maxsplit=1)[0] if _SCHEME.match(text) else without_credentials(text)


def purl(image: ImageName) -> str:
    """Return the package URL of type `oci`, by which bills of materials and provenance name an image."""
    from packageurl import PackageURL  # slow to import

    qualifiers = {"repository_url": image.repository.lower(), "tag": image.tag}
    return PackageURL(
        "oci",
        name=image.repository.lower().rpartition("/")[2],
        version=image.digest or None,
        qualifiers={key: value for key, value in qualifiers.items() if value},
    ).to_string()


def image_of(purl: str) -> ImageName:
    """Return the image that a package URL of type `oci` names. Raises ValueError for a text that is none."""
    from packageurl import PackageURL  # slow to import

    found = PackageURL.from_string(purl[:MAX_PURL])
    qualifiers = found.qualifiers if isinstance(found.qualifiers, dict) else {}
    return ImageName(qualifiers.get("repository_url", ""), qualifiers.get("tag", ""), found.version or "")
