"""The index: a JSON list with the spec of the latest version of each type, sorted by type, one spec a line.

An element is a spec with `type` and `version` in it, exactly as stored at the key of that version. The version is
determined by the keys of the store alone. One rule says which version is the latest, for image and index alike.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from seatrial.core.errors import ConfigurationError, UsageError
from seatrial.core.names import shown
from seatrial.core.version import Version
from seatrial.release.plan import store_keys

_STABLE = re.compile(r"[0-9.]+(?:[.-]post[0-9]+)?")
"""As in the job of Ocean's own repository that uploads specs."""

_BETA = re.compile(r"[0-9.]+-beta[0-9]*")
"""As in the job of Ocean's own repository that pushes images."""


def counts(version: Version) -> bool:
    """Return whether a version is indexed and may be the latest: all but those that end in `-dev`."""
    return not version.text.endswith("-dev")


def is_stable(version: Version) -> bool:
    """Return whether a version is final: three numbers, followed by nothing or by `-post1` for a deprecated one."""
    return _STABLE.fullmatch(version.text) is not None


def is_beta(version: Version) -> bool:
    """Return whether a version is a beta, such as `1.2.3-beta`."""
    return _BETA.fullmatch(version.text) is not None


def latest(versions: Iterable[Version]) -> Version | None:
    """Return the highest stable version, or if there is none, the highest of the others that count."""
    counting = [version for version in versions if counts(version)]
    stable = [version for version in counting if is_stable(version)]
    return max(stable or counting, default=None)


@dataclass(frozen=True)
class Habits:
    """The steps of Ocean's own release job that other repositories do not take unless they ask for them.

    `legacy_specs` publishes the latest spec as `<type>.json` too, `beta_latest` lets a beta be the image `latest`, and
    `app_config_schemas` publishes the schemas of the mapping, which the framework in the image gives.
    """

    legacy_specs: bool = False
    beta_latest: bool = False
    app_config_schemas: bool = False


NO_HABITS = Habits()

FORM = 1

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Index:
    """The index: entries by type."""

    entries: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def versions(self) -> Mapping[str, str]:
        """The version of each type."""
        return {name: str(entry["version"]) for name, entry in self.entries.items()}

    def with_entries(self, entries: Mapping[str, Entry | None]) -> Index:
        """Return the index with these entries in place of those of their types; None removes a type's entry."""
        replaced = {**self.entries, **entries}
        return Index({name: entry for name, entry in replaced.items() if entry is not None})

    def to_bytes(self) -> bytes:
        """Return the index as it is stored; the same bytes for the same entries."""
        lines = ",\n".join(json.dumps(entry, allow_nan=False) for _, entry in sorted(self.entries.items()))
        return f"[\n{lines}\n]\n".encode()


def published(type: str, stored: Collection[str]) -> list[Version]:
    """Return the versions of a type whose spec is among the keys of the store, sorted."""
    return sorted(version for key in stored if (version := store_keys.version_of(type, key)))


def yanks(type: str, version: str, stored: Collection[str]) -> int:
    """Return how many times a version was yanked so far, given the keys of the store.

    No mark is ever removed: a version is yanked again by another mark, after one that took the yank back.
    """
    times = 0
    while store_keys.yanked(type, version, times + 1) in stored:
        times += 1
    return times


def is_yanked(type: str, version: str, stored: Collection[str]) -> bool:
    """Return whether a version is yanked now, given the keys of the store."""
    times = yanks(type, version, stored)
    return times > 0 and store_keys.unyanked(type, version, times) not in stored


def indexed(type: str, stored: Collection[str]) -> Version | None:
    """Return the version of a type that the index must name, given the keys of the store; None for none.

    It is the latest of those that are published and not yanked.
    """
    return latest(one for one in published(type, stored) if not is_yanked(type, one.text, stored))


def tagged(type: str, stored: Collection[str], beta: bool) -> Version | None:
    """Return the version of a type that the image's tag `latest` must lead to, by the keys of the store; None for none.

    It is the one that the index must name; with `beta`, a higher beta goes before it.
    """
    found = indexed(type, stored)
    if not beta or found is None:
        return found
    left = (one for one in published(type, stored) if not is_yanked(type, one.text, stored))
    return max((one for one in left if is_beta(one) and one > found), default=found)


def entry_of(spec: Mapping[str, Any], type: str, version: str) -> Entry:
    """Return the spec as it is stored. Raises UsageError for a value that JSON cannot express."""
    try:
        value = json.loads(json.dumps(spec, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise UsageError(
            f"the spec of {type} {version} has a value that JSON cannot express, such as .nan"
        ) from None
    return {**value, "type": type, "version": version}


def spec_bytes(entry: Entry) -> bytes:
    """Return the spec as it is stored at the key of its version."""
    return (json.dumps(entry, indent=2, allow_nan=False) + "\n").encode()


@lru_cache(maxsize=2)
def parse(data: bytes, key: str = store_keys.INDEX) -> Index:
    """Return the index in these bytes. Raises ConfigurationError for other content, which is never overwritten."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise _refused(f"{key} in the store is not JSON") from None
    form = value.get("version") if isinstance(value, dict) else None
    if isinstance(form, int) and form > FORM:
        raise ConfigurationError(
            f"{key} in the store was written by a newer Seatrial (form {str(form)[:10]}); upgrade, and run it again"
        )
    if not isinstance(value, list):
        raise _refused(f"{key} in the store is not a list of specs")
    index = Index(_by_type(value, key))
    _must_be_writable(index, key)
    return index


def _by_type(elements: list[Any], key: str) -> Mapping[str, Entry]:
    found = list(_typed(elements, key))
    name, times = Counter(name for name, _ in found).most_common(1)[0] if found else ("", 0)
    if times > 1:
        raise _refused(f'{key} in the store has "{shown(name)}" {times} times')
    return dict(found)


def _typed(elements: list[Any], key: str) -> Iterator[tuple[str, Entry]]:
    for number, element in enumerate(elements):
        name, version = _stated(element)
        if not name or not version:
            raise _refused(f"element {number} of {key} in the store states no type or no version")
        yield name, element


def _stated(element: Any) -> tuple[str, str]:
    """Return the type and version of an element, each empty where it is not text."""
    stated = (element.get("type"), element.get("version")) if isinstance(element, dict) else ("", "")
    name, version = (one if isinstance(one, str) else "" for one in stated)
    return name, version


def _must_be_writable(index: Index, key: str) -> None:
    """Raise ConfigurationError for an index that Python reads but cannot write as JSON again, such as one with NaN."""
    try:
        index.to_bytes()
    except (ValueError, RecursionError):
        raise _refused(f"{key} in the store is not JSON") from None


def _refused(fault: str) -> ConfigurationError:
    return ConfigurationError(
        f"{fault}; nothing was written: check `store` below [release], or restore a good copy of it"
    )
