"""The keys of the store. A type, a version or a name that could lead elsewhere never becomes part of one."""

from __future__ import annotations

import re

from seatrial.core.errors import UsageError
from seatrial.core.names import shown
from seatrial.core.version import Version

INDEX = "index.json"
PROBE = ".seatrial/probe"
"""Written once, to see that the store honours conditions."""

_TYPE = re.compile(r"(?!.*\.\.)(?!.*\.json\Z)[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?")
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)*", re.ASCII)


def is_type(text: str) -> bool:
    """Whether a type can name images and keys: small letters, digits, and `.`, `_`, `-` between them.

    What ends in `.json` cannot, for beside the index Ocean keeps `<type>.json`.
    """
    return _TYPE.fullmatch(text) is not None


def is_example(name: str) -> bool:
    """Whether a path below `.port/examples` can be a key: letters a-z, digits, `.`, `_`, `-`, and no leading `.`."""
    return _NAME.fullmatch(name) is not None


def of_type(type: str) -> str:
    """What all keys of a type begin with. Raises UsageError for what is no type."""
    if not is_type(type):
        raise UsageError(
            f'"{shown(type)}" is no type; use small letters, digits, and ".", "_" or "-" between them'
        )
    return f"{type}/"


def of_version(type: str, version: str) -> str:
    """What all keys of a version begin with. Raises UsageError."""
    try:
        return f"{of_type(type)}{Version.parse(version)}/"
    except ValueError as wrong:
        raise UsageError(str(wrong)) from None


def spec(type: str, version: str) -> str:
    """The spec of a version, in the form that the index has."""
    return f"{of_version(type, version)}spec.json"


def receipt(type: str, version: str) -> str:
    """The record of how a version was published."""
    return f"{of_version(type, version)}receipt.json"


def yanked(type: str, version: str) -> str:
    """The mark of a version that was taken out of the index."""
    return f"{of_version(type, version)}yanked.json"


def latest_spec(type: str) -> str:
    """The spec of the version that is the latest."""
    return f"{of_type(type)}spec.json"


def examples(type: str, version: str = "") -> str:
    """What the keys of the examples of a version, or of the latest, begin with."""
    return f"{of_version(type, version) if version else of_type(type)}examples/"


def example(type: str, version: str, name: str) -> str:
    """One example of a version, or of the latest, by its path below `.port/examples`. Raises UsageError."""
    if not is_example(name):
        raise UsageError(
            f'the example "{shown(name)}" cannot be published under its name; '
            'use letters a-z, digits, ".", "_" and "-"'
        )
    return f"{examples(type, version)}{name}"


def lease(type: str) -> str:
    """The lease under which the tags and pointers of a type are moved."""
    of_type(type)
    return f".seatrial/leases/{type}.json"


def version_of(type: str, key: str) -> Version | None:
    """The version whose spec stands at a key of a type; None where it is another key."""
    if not key.endswith("/spec.json") or not key.startswith(of_type(type)):
        return None
    try:
        return Version.parse(key.removeprefix(of_type(type)).removesuffix("/spec.json"))
    except ValueError:
        return None
