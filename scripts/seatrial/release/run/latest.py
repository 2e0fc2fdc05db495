"""The latest version of a type: writing the index, moving the pointers that follow it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from seatrial.core.errors import ConfigurationError, ServiceError
from seatrial.release.plan import index, store_keys
from seatrial.release.plan.index import NO_HABITS, Entry, Habits, Index
from seatrial.release.plan.ports import AT_ONCE, Absent, Images, Present, Store, Unknown
from seatrial.release.store.leases import Clock, Holder, Lease, lease
from seatrial.release.store.receipts import receipt_in

LATEST = "latest"

TRIES = 60
"""Swaps of the index that may be lost to other releases before one is given up."""

ROUNDS = 10
"""Changes of the index during which pointers are moved on before a release gives up."""

Known = Mapping[tuple[str, str], Entry]


def publish_index(
    store: Store,
    entries: Iterable[Entry],
    sleep: Callable[[float], None] = time.sleep,
    at_once: int = AT_ONCE,
) -> Index:
    """Make the index name the latest version of each type that has one of these published specs; return the index.

    The latest is determined anew from all published specs of those types, without the yanked ones; an index that
    missed one, or names a yanked one, is put right as well. Nothing is written where nothing changes.
    Raises ConfigurationError for an index that cannot be read, ServiceError where the store fails.
    """
    known = {(str(entry["type"]), str(entry["version"])): entry for entry in entries}
    return _write_until_stable(store, sorted({name for name, _ in known}), known, sleep, at_once)


def recompute(store: Store, type: str, sleep: Callable[[float], None] = time.sleep) -> Index:
    """Determine the entry of a type anew, from all its published specs but the yanked ones."""
    return _write_until_stable(store, [type], {}, sleep, 1)


def entry(store: Store, type: str, version: str) -> Entry:
    """Return the spec of a published version.

    Raises ServiceError where it is gone, ConfigurationError where it is not a spec of this version.
    """
    key = store_keys.spec(type, version)
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
    """Return the index as it is now. Raises ConfigurationError where it cannot be read."""
    stored = store.get(store_keys.INDEX)
    return index.parse(stored.data) if stored else Index()


def _write_until_stable(
    store: Store, types: list[str], known: Known, sleep: Callable[[float], None], at_once: int
) -> Index:
    """Return the index once it agrees with a listing of the store that was read after it.

    A swap is followed by another look: a release or a yank at the same time may have found nothing to write.
    """
    lost = 0
    while lost < TRIES:
        stored = store.get(store_keys.INDEX)
        present = index.parse(stored.data) if stored else Index()
        wanted = present.with_entries(_newest(store, types, known, at_once))
        if wanted == present:
            return present
        data = wanted.to_bytes()
        key = store_keys.INDEX
        if not (store.replace(key, data, stored.etag) if stored else store.create(key, data)):
            lost += 1
            sleep(random.uniform(0, min(0.02 * 2**lost, 2.0)))  # noqa: S311
    raise ServiceError(f"{store_keys.INDEX} was changed by others {TRIES} times in a row; run it again")


def _newest(store: Store, types: list[str], known: Known, at_once: int) -> Mapping[str, Entry | None]:
    def find(type: str) -> Entry | None:
        best = index.indexed(type, frozenset(store.keys(store_keys.of_type(type))))
        if best is None:
            return None
        return known.get((type, best.text)) or entry(store, type, best.text)

    if at_once == 1 or len(types) == 1:
        return dict(zip(types, map(find, types), strict=True))
    with ThreadPoolExecutor(at_once) as pool:
        return dict(zip(types, pool.map(find, types), strict=True))


def point(
    store: Store,
    images: Images,
    image: str,
    type: str,
    holder: Holder,
    clock: Clock | None = None,
    known: Mapping[str, str] | None = None,
    habits: Habits = NO_HABITS,
) -> list[str]:
    """Point a type's pointers at the version that the index names; return those that were moved.

    Only one release at a time does this for a type. It reads the index once it holds the lease, and again at the end:
    a release that changes the index meanwhile waits for the lease, and then moves the pointers on. Pointers that are
    right already are left alone. `habits` tells whether `<type>.json` and the schemas of the mapping are among the
    pointers, and whether the image's tag names a beta that is higher than that version. Raises ServiceError, also
    where the version's tag names another image than its receipt, or than `known` has for the version.
    """
    moved: list[str] = []
    with lease(store, store_keys.lease(type), holder, clock) as held:
        for _ in range(ROUNDS):
            version, tagged = _targets(store, type, habits.beta_latest)
            if not version:
                return moved
            digest = _digest(store, images, image, type, tagged, known or {})
            moved += _point(store, images, image, type, version, digest, held, habits)
            if _targets(store, type, habits.beta_latest) == (version, tagged):
                return list(dict.fromkeys(moved))
    raise ServiceError(f"the index changes faster than the pointers of {type} can follow; run it again")


def _targets(store: Store, type: str, beta: bool) -> tuple[str, str]:
    """Return the version that the index names, and the one that the image's tag must name; empty for none."""
    version = current(store).versions.get(type, "")
    if not beta or not version:
        return version, version
    tagged = index.tagged(type, frozenset(store.keys(store_keys.of_type(type))), beta)
    return version, tagged.text if tagged else version


def _point(
    store: Store,
    images: Images,
    image: str,
    type: str,
    version: str,
    digest: str,
    held: Lease,
    habits: Habits,
) -> Iterator[str]:
    """Move the pointers that are not at this version; the image's tag last, as a plan is done once that is set."""
    if _copy_examples(store, type, version, held):
        yield store_keys.examples(type)
    for key in (store_keys.latest_spec(type), *store_keys.legacy_specs(type, habits.legacy_specs)):
        if _copy(store, store_keys.spec(type, version), key, held):
            yield key
    for name in store_keys.APP_CONFIGS if habits.app_config_schemas else ():
        key, source = store_keys.app_config(type, "", name), store_keys.app_config(type, version, name)
        if store.get(source) is not None and _copy(store, source, key, held):
            yield key
    if _tag(images, image, digest, held):
        yield f"{image}:{LATEST}"


def _digest(
    store: Store, images: Images, image: str, type: str, version: str, known: Mapping[str, str]
) -> str:
    """Return the digest behind the tag of a version. Raises ServiceError where it is unknown, gone or foreign."""
    answer = images.find([(image, version)])[image, version]
    if isinstance(answer, Present):
        receipt = receipt_in(store, type, version)
        stated = receipt.digest if receipt else known.get(version, "")
        if stated not in ("", answer.digest):
            raise ServiceError(
                f"{image}:{version} is {answer.digest}, but was published as {stated}: somebody moved the tag, so "
                f"{LATEST} was not moved; find out who, and put the tag back to that digest"
            )
        return answer.digest
    why = "the registry does not have it" if isinstance(answer, Absent) else answer.reason
    raise ServiceError(f"{image}:{version}, which the index names, cannot become {LATEST}: {why}")


def _tag(images: Images, image: str, digest: str, held: Lease) -> bool:
    """Move the tag `latest` to an image and pull it back; return False where it named that image already."""
    present = images.find([(image, LATEST)])[image, LATEST]
    if isinstance(present, Unknown):
        raise ServiceError(f"{image}:{LATEST} was not moved: {present.reason}")
    if present == Present(digest):
        return False
    manifest = images.manifest(image, digest)
    held.check()
    images.put_manifest(image, manifest, LATEST)
    back = images.manifest(image, LATEST).digest
    if back != digest:
        raise ServiceError(f"{image}:{LATEST}: the registry gives back {back}, not {digest}")
    return True


def _copy_examples(store: Store, type: str, version: str, held: Lease) -> bool:
    """Copy the examples of a version to the type; return whether one differed. Those of older versions stay."""
    below = store_keys.examples(type, version)
    names = [key.removeprefix(below) for key in store.keys(below)]
    copied = [
        _copy(store, f"{below}{name}", store_keys.example(type, "", name), held)
        for name in names
        if store_keys.is_example(name)
    ]
    return any(copied)


def _copy(store: Store, key: str, to: str, held: Lease) -> bool:
    """Copy the bytes of a key to another; return False where they are there already."""
    source, target = store.get(key), store.get(to)
    if source is None:
        raise ServiceError(f"{key} is gone from the store; run `seatrial release` again")
    if target is not None and target.data == source.data:
        return False
    held.check()
    store.put(to, source.data)
    return True
