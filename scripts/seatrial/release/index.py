"""The index: a JSON list with the latest spec of each type, a function of the published specs and nothing else.

An element is a spec with `type` and `version` in it, just as it stands at the key of that version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from seatrial.errors import ConfigurationError
from seatrial.release.keys import INDEX
from seatrial.release.latest import latest
from seatrial.version import Version

FORM = 1

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Index:
    """The entries by their type, in the order in which the types came."""

    entries: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def versions(self) -> Mapping[str, str]:
        """The version of each type."""
        return {name: str(entry["version"]) for name, entry in self.entries.items()}

    def merged(self, entries: Iterable[Entry]) -> Index:
        """With these specs beside those it has: of each type the latest stays."""
        merged = dict(self.entries)
        for entry in entries:
            name = str(entry["type"])
            if name not in merged or _replaces(entry, merged[name]):
                merged[name] = entry
        return Index(merged)

    def having(self, type: str, entry: Entry | None) -> Index:
        """With this entry for a type, or without one."""
        rest = {name: one for name, one in self.entries.items() if name != type}
        if entry is None:
            return Index(rest)
        return Index({**self.entries, type: entry})

    def to_bytes(self) -> bytes:
        """The index as the store has it; the same bytes for the same entries."""
        return (json.dumps(list(self.entries.values()), ensure_ascii=False, indent=2) + "\n").encode()


def _replaces(entry: Entry, present: Entry) -> bool:
    """Whether a spec takes the place of the one that the index has; one of a version that is none always goes."""
    new = Version.parse(str(entry["version"]))
    try:
        old = Version.parse(str(present["version"]))
    except ValueError:
        return True
    return latest([old, new]) == new


def entry_of(spec: Mapping[str, Any], type: str, version: str) -> Entry:
    """The spec as the index and the key of its version have it."""
    return {**spec, "type": type, "version": version}


def spec_bytes(entry: Entry) -> bytes:
    """The spec as the store has it."""
    return (json.dumps(entry, ensure_ascii=False, indent=2) + "\n").encode()


def parse(data: bytes, key: str = INDEX) -> Index:
    """The index that these bytes are. Raises ConfigurationError for what is none: it is never written over."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{key} in the store is not JSON; {_REMEDY}") from None
    if isinstance(value, dict) and isinstance(value.get("version"), int) and value["version"] > FORM:
        raise ConfigurationError(
            f"{key} in the store was written by a newer Seatrial (form {value['version']}); upgrade, and run it again"
        )
    if not isinstance(value, list):
        raise ConfigurationError(f"{key} in the store is no list of specs; {_REMEDY}")
    return Index(dict(_element(element, number, key) for number, element in enumerate(value)))


def _element(element: Any, number: int, key: str) -> tuple[str, Entry]:
    if isinstance(element, dict):
        stated = [element.get(name) for name in ("type", "version")]
        if all(isinstance(one, str) and one for one in stated):
            return element["type"], element
    raise ConfigurationError(
        f"element {number} of {key} in the store states no type or no version; {_REMEDY}"
    )


_REMEDY = "look at `store` below [release], or put an older copy of it back; nothing was written"
