"""The keys of the store. A type, version or name that could lead out of its place never becomes part of a key."""

from __future__ import annotations

import re

from seatrial.core.errors import UsageError
from seatrial.core.names import shown
from seatrial.core.version import Version

INDEX = "index.json"
PROBE = ".seatrial/probe"
"""Written to see that the store honours conditions."""

_TYPE = re.compile(r"(?!.*\.\.)(?!.*\.json\Z)[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?")
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)*", re.ASCII)


def is_type(text: str) -> bool:
    """Return whether a type can name images and keys: small letters, digits, and `.`, `_`, `-` between them.

    One that ends in `.json` cannot, because Ocean keeps `<type>.json` beside the index.
    """
    return _TYPE.fullmatch(text) is not None


def is_example(name: str) -> bool:
    """Return whether a path below `.port/examples` can be a key: letters a-z, digits, `.`, `_`, `-`, no leading `.`."""
    return _NAME.fullmatch(name) is not None


def of_type(type: str) -> str:
    """Return the beginning of all keys of a type. Raises UsageError for an invalid type."""
    if not is_type(type):
        raise UsageError(
            f'"{shown(type)}" is not a type; use small letters, digits, and ".", "_" or "-" between them'
        )
    return f"{type}/"


def of_version(type: str, version: str) -> str:
    """Return the beginning of all keys of a version. Raises UsageError."""
    try:
        return f"{of_type(type)}{Version.parse(version)}/"
    except ValueError as wrong:
        raise UsageError(str(wrong)) from None


def spec(type: str, version: str) -> str:
    """Return the key of a version's spec, which has the form of an index entry."""
    return f"{of_version(type, version)}spec.json"


def receipt(type: str, version: str) -> str:
    """Return the key of a version's receipt."""
    return f"{of_version(type, version)}receipt.json"


def yanked(type: str, version: str, time: int = 1) -> str:
    """Return the key of the mark of a yanked version; of another `time` after it was taken back."""
    return f"{of_version(type, version)}yanked{_time(time)}.json"


def unyanked(type: str, version: str, time: int = 1) -> str:
    """Return the key of the mark that takes the yank of this `time` back."""
    return f"{of_version(type, version)}unyanked{_time(time)}.json"


def _time(time: int) -> str:
    return "" if time == 1 else f".{time}"


APP_CONFIGS = ("port_app_config.json", "port_app_config.ui.json")
"""The names of the schemas of a mapping, for programs and for Port's own pages, as Ocean's own job has them."""


def app_config(type: str, version: str, name: str) -> str:
    """Return the key of a schema of the mapping of a version, or of the latest. Raises UsageError."""
    return f"{of_version(type, version) if version else of_type(type)}{name}"


def latest_spec(type: str) -> str:
    """Return the key of the latest version's spec."""
    return f"{of_type(type)}spec.json"


def legacy_specs(type: str, wanted: bool = True) -> tuple[str, ...]:
    """Return the key at which Ocean's own job keeps the latest spec beside the index; none for the type `index`."""
    key = f"{of_type(type).rstrip('/')}.json"
    return (key,) if wanted and key != INDEX else ()


def examples(type: str, version: str = "") -> str:
    """Return the beginning of the keys of the examples of a version, or of the latest."""
    return f"{of_version(type, version) if version else of_type(type)}examples/"


def example(type: str, version: str, name: str) -> str:
    """Return the key of an example of a version or of the latest, by path in `.port/examples`. Raises UsageError."""
    if not is_example(name):
        raise UsageError(
            f'the example "{shown(name)}" cannot be published under its name; '
            'use letters a-z, digits, ".", "_" and "-"'
        )
    return f"{examples(type, version)}{name}"


def lease(type: str) -> str:
    """Return the key of the lease under which the tags and pointers of a type are moved."""
    of_type(type)
    return f".seatrial/leases/{type}.json"


def version_of(type: str, key: str) -> Version | None:
    """Return the version whose spec is at a key of a type; None for other keys."""
    if not key.endswith("/spec.json") or not key.startswith(of_type(type)):
        return None
    try:
        return Version.parse(key.removeprefix(of_type(type)).removesuffix("/spec.json"))
    except ValueError:
        return None
