"""Addresses as papers may show them: of repositories and packages less what logs in, of images as package URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<login>[^\s/]*)@)?(?P<rest>[^\s?#]*).*", re.DOTALL
)
_SCP = re.compile(r"(?:(?P<login>[^\s/@]*)@)?(?P<host>[\w.-]{2,}):(?P<path>(?!//)[^\s?#]+)")
_LOGIN = re.compile(r"://[^\s/]*@")
_HOST = re.compile(r"localhost(:[0-9]+)?|[^/]*[.:][^/]*")
_IMAGE = re.compile(
    r"(?P<name>[^\s@]+?)(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]*))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def public(address: str) -> str:
    """An address as a URL without password, query and fragment; only ssh keeps a name, for it belongs to the place."""
    short = _SCP.fullmatch(address.strip())
    if short:
        return f"ssh://{_named(short['login'])}{short['host']}/{short['path'].lstrip('/')}"
    match = _URL.fullmatch(address.strip())
    if match is None:
        return without_logins(address.strip())
    name = _named(match["login"]) if match["scheme"].endswith("ssh") else ""
    return f"{match['scheme']}://{name}{match['rest']}"


def _named(login: str | None) -> str:
    name = (login or "").partition(":")[0]
    return f"{name}@" if name else ""


def without_logins(text: str) -> str:
    """A text in which every address has lost what stands before its host."""
    return _LOGIN.sub("://", text)


@dataclass(frozen=True)
class Image:
    """The parts of an image's name; `repository` has its registry, `tag` and `digest` are empty where not stated."""

    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Image:
        """The image that FROM names so; where no registry is said, that is Docker Hub."""
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
