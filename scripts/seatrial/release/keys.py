"""The keys of the store. A type or a version that could lead elsewhere never becomes part of one."""

from __future__ import annotations

import re

from seatrial.version import Version

INDEX = "index.json"

_TYPE = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?")
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)*", re.ASCII)


def is_type(text: str) -> bool:
    """Whether images and keys can be named by a type: small letters, digits, and `.`, `_`, `-` between them."""
    return _TYPE.fullmatch(text) is not None and ".." not in text and not text.endswith(".json")


def of_type(type: str) -> str:
    """What all keys of a type begin with. Raises ValueError for what is no type."""
    if not is_type(type):
        raise ValueError(f'"{type[:60]}" is no type')
    return f"{type}/"


def _of_version(type: str, version: str) -> str:
    return f"{of_type(type)}{Version.parse(version)}/"


def spec(type: str, version: str) -> str:
    """The spec of a version, in the form that the index has."""
    return f"{_of_version(type, version)}spec.json"


def receipt(type: str, version: str) -> str:
    """The record of how a version was published."""
    return f"{_of_version(type, version)}receipt.json"


def yanked(type: str, version: str) -> str:
    """The mark of a version that was taken out of the index."""
    return f"{_of_version(type, version)}yanked.json"


def latest_spec(type: str) -> str:
    """The spec of the version that is the latest."""
    return f"{of_type(type)}spec.json"


def examples(type: str, version: str = "") -> str:
    """What the keys of the examples of a version, or of the latest, begin with."""
    return f"{_of_version(type, version) if version else of_type(type)}examples/"


def example(type: str, version: str, name: str) -> str:
    """One example, by its path below `.port/examples`. Raises ValueError for a name that could lead elsewhere."""
    if not _NAME.fullmatch(name):
        raise ValueError(f'"{name[:60]}" is no name for an example')
    return f"{examples(type, version)}{name}"


def lease(type: str) -> str:
    """The lease under which the tags of a type are moved."""
    return f".seatrial/leases/{of_type(type).rstrip('/')}.json"


def version_of(type: str, key: str) -> str:
    """The version whose spec stands at a key of a type; empty where it is another key."""
    name, _, rest = key.removeprefix(of_type(type)).partition("/")
    return name if rest == "spec.json" and key.startswith(of_type(type)) else ""
