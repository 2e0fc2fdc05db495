"""Addresses in attestations: of repositories and packages without credentials, of images as package URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from seatrial.core.addresses import public_url, without_credentials

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SCP = re.compile(r"(?:(?P<login>[^\s/@]*)@)?(?P<host>[\w.-]{2,}):(?P<path>(?!//)[^\s?#]+)")
_HOST = re.compile(r"localhost(:[0-9]+)?|[^/]*[.:][^/]*")
_IMAGE = re.compile(
    r"(?P<name>[^\s@]+?)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]*))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def public(address: str) -> str:
    """Return an address, also one in the form of scp, as a URL without password, query and fragment.

    Only ssh keeps a user name, where it is part of the place. Text after white space is dropped from a URL.
    """
    text = address.strip()
    short = _SCP.fullmatch(text)
    if short:
        user = (short["login"] or "").partition(":")[0]
        return f"ssh://{user and f'{user}@'}{short['host']}/{short['path'].lstrip('/')}"
    first, *_ = text.split(maxsplit=1) or [""]
    return public_url(first) if _SCHEME.match(first) else without_credentials(text)


@dataclass(frozen=True)
class Image:
    """The parts of an image's name; `repository` includes the registry, `tag` and `digest` are empty if not stated."""

    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Image:
        """Return the image of this name in FROM; without a registry it is one of Docker Hub."""
        match = _IMAGE.fullmatch(text)
        if match is None:
            return cls(text)
        first, slash, _ = match["name"].partition("/")
        hosted = match["name"] if slash and _HOST.fullmatch(first) else _on_hub(match["name"])
        return cls(hosted, match["tag"] or "", match["digest"] or "")

    @property
    def purl(self) -> str:
        """The package URL of type `oci`, by which bills of materials and provenance name an image."""
        from packageurl import PackageURL  # slow to import

        stated = {"repository_url": self.repository.lower(), "tag": self.tag}
        return PackageURL(
            "oci",
            name=self.repository.lower().rpartition("/")[2],
            version=self.digest or None,
            qualifiers={key: value for key, value in stated.items() if value},
        ).to_string()


def _on_hub(name: str) -> str:
    return f"docker.io/{name}" if "/" in name else f"docker.io/library/{name}"
