"""Writing the index: read, merge, swap, and again where somebody else was faster."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable

from seatrial.errors import ConfigurationError, ServiceError
from seatrial.release import index, keys
from seatrial.release.index import Entry, Index
from seatrial.release.latest import latest
from seatrial.release.ports import Store
from seatrial.version import Version

TRIES = 60
"""So many others may be faster before somebody gives up."""

Change = Callable[[Index], Index]


def publish(store: Store, entries: Iterable[Entry], sleep: Callable[[float], None] = time.sleep) -> Index:
    """Put these specs into the index, where the rule makes them the latest; the index that stands then.

    Nothing is written where nothing changes. Raises ConfigurationError for an index that is none, ServiceError
    where the store fails.
    """
    new = list(entries)
    return swap(store, lambda present: present.merged(new), sleep)


def recompute(store: Store, type: str, sleep: Callable[[float], None] = time.sleep) -> Index:
    """Find the entry of a type anew, from all its published specs but the yanked ones."""
    return swap(store, lambda present: present.having(type, newest(store, type)), sleep)


def swap(store: Store, change: Change, sleep: Callable[[float], None] = time.sleep) -> Index:
    """Change the index as it stands at that very moment."""
    for attempt in range(TRIES):
        stored = store.get(keys.INDEX)
        present = index.parse(stored.data) if stored else Index()
        wanted = change(present)
        if stored and wanted == present:
            return present
        data = wanted.to_bytes()
        if store.replace(keys.INDEX, data, stored.etag) if stored else store.create(keys.INDEX, data):
            return wanted
        sleep(random.uniform(0, min(0.02 * 2**attempt, 2.0)))  # noqa: S311
    raise ServiceError(f"{keys.INDEX} was changed by others {TRIES} times in a row; run it again")


def newest(store: Store, type: str) -> Entry | None:
    """The spec of a type's latest version that is published and not yanked; None for none."""
    found = set(store.keys(keys.of_type(type)))
    versions = [
        version
        for version in (_version(keys.version_of(type, key)) for key in found)
        if version and keys.yanked(type, version.text) not in found
    ]
    best = latest(versions)
    return entry(store, type, best.text) if best else None


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except ValueError:
        return None


def entry(store: Store, type: str, version: str) -> Entry:
    """The spec of a published version. Raises ServiceError where it is gone, ConfigurationError where it is none."""
    key = keys.spec(type, version)
    stored = store.get(key)
    if stored is None:
        raise ServiceError(f"{key} is gone from the store; run `seatrial release` again")
    try:
        value = json.loads(stored.data)
        if (value["type"], value["version"]) == (type, version):
            return dict(value)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise ConfigurationError(f"{key} in the store is not the spec of {type} {version}; nothing was written")
