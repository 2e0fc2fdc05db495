"""Writing the index: read it, compare it with what is published, swap it, and again until both agree."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from seatrial.core.errors import ConfigurationError, ServiceError
from seatrial.release.plan import index, keys
from seatrial.release.plan.index import Entry, Index
from seatrial.release.plan.ports import Store

TRIES = 60
"""So many others may be faster before somebody gives up."""

AT_ONCE = 16

Known = Mapping[tuple[str, str], Entry]


def publish(
    store: Store,
    entries: Iterable[Entry],
    sleep: Callable[[float], None] = time.sleep,
    at_once: int = AT_ONCE,
) -> Index:
    """Have the index name the latest of each type that these published specs are of; the index that stands then.

    What is the latest is found anew from all published specs of those types, the yanked ones left out; so an
    index that missed one, or names one that was yanked, is put right as well. Nothing is written where nothing
    changes. Raises ConfigurationError for an index that is none, ServiceError where the store fails.
    """
    known = {(str(entry["type"]), str(entry["version"])): entry for entry in entries}
    return _settled(store, sorted({name for name, _ in known}), known, sleep, at_once)


def recompute(store: Store, type: str, sleep: Callable[[float], None] = time.sleep) -> Index:
    """Find the entry of a type anew, from all its published specs but the yanked ones."""
    return _settled(store, [type], {}, sleep, 1)


def entry(store: Store, type: str, version: str) -> Entry:
    """The spec of a published version. Raises ServiceError where it is gone, ConfigurationError where it is none."""
    key = keys.spec(type, version)
    stored = store.get(key)
    if stored is None:
        raise ServiceError(f"{key} is gone from the store; run `seatrial release` again")
    try:
        value = json.loads(stored.data)
        stated = index.entry_of(value, value.get("type", type), value.get("version", version))
        if (stated["type"], stated["version"]) == (type, version):
            return stated
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    raise ConfigurationError(
        f"{key} in the store is not the spec of {type} {version}; the index was not written"
    )


def current(store: Store) -> Index:
    """The index as it is. Raises ConfigurationError for what is none."""
    stored = store.get(keys.INDEX)
    return index.parse(stored.data) if stored else Index()


def _settled(
    store: Store, types: list[str], known: Known, sleep: Callable[[float], None], at_once: int
) -> Index:
    """The index once it says what the listing says that was read after it.

    A swap is followed by another look: whoever publishes or yanks meanwhile may have found nothing to write.
    """
    lost = 0
    while lost < TRIES:
        stored = store.get(keys.INDEX)
        present = index.parse(stored.data) if stored else Index()
        wanted = present.having(_newest(store, types, known, at_once))
        if wanted == present:
            return present
        data = wanted.to_bytes()
        if not (store.replace(keys.INDEX, data, stored.etag) if stored else store.create(keys.INDEX, data)):
            lost += 1
            sleep(random.uniform(0, min(0.02 * 2**lost, 2.0)))  # noqa: S311
    raise ServiceError(f"{keys.INDEX} was changed by others {TRIES} times in a row; run it again")


def _newest(store: Store, types: list[str], known: Known, at_once: int) -> Mapping[str, Entry | None]:
    find = partial(_newest_of, store, known)
    if at_once == 1 or len(types) == 1:
        return dict(zip(types, map(find, types), strict=True))
    with ThreadPoolExecutor(at_once) as pool:
        return dict(zip(types, pool.map(find, types), strict=True))


def _newest_of(store: Store, known: Known, type: str) -> Entry | None:
    best = index.indexed(type, frozenset(store.keys(keys.of_type(type))))
    if best is None:
        return None
    return known.get((type, best.text)) or entry(store, type, best.text)
