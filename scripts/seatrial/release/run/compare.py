"""What is published at two places, side by side: index, specs, receipts, images and pointers."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.names import counted, shown
from seatrial.core.suggest import hint
from seatrial.core.version import Version
from seatrial.release.plan import index, store_keys
from seatrial.release.plan.plan_files import receipt_of_json
from seatrial.release.plan.ports import AT_ONCE, Present, Reference, Unknown
from seatrial.release.registry.media import digest_of
from seatrial.release.run.latest import LATEST, current
from seatrial.release.run.release_context import ReleaseContext
from seatrial.release.run.release_tables import columns
from seatrial.report.json import dumps

NOTHING = "-"

DIGITS = 19
"""Characters of a digest that are shown: `sha256:` and twelve digits."""


@dataclass(frozen=True)
class StoreDifference:
    """Something that is not alike at two places, each side in words; NOTHING where it is not there."""

    type: str
    version: str
    what: str
    first: str
    second: str


@dataclass(frozen=True)
class StoreComparison:
    """The number of versions that were compared, and the differences, by type and version."""

    versions: int
    differences: tuple[StoreDifference, ...]


@dataclass(frozen=True)
class Seen:
    """The keys that the store of a place lists, and its index."""

    context: ReleaseContext
    keys: frozenset[str]
    index: index.Index

    @classmethod
    def of(cls, context: ReleaseContext) -> Seen:
        """Look at a place. Raises ServiceError, and ConfigurationError for an index that cannot be read."""
        return cls(context, frozenset(context.store.keys("")), current(context.store))

    @property
    def types(self) -> set[str]:
        """The types that have a published version, or an entry in the index."""
        found = {key.partition("/")[0] for key in self.keys if key.endswith("/spec.json")}
        return {one for one in (*found, *self.index.entries) if store_keys.is_type(one)}

    def versions(self, type: str) -> set[str]:
        """Return the versions of a type whose spec or receipt is in the store."""
        parts = (key.split("/") for key in self.keys if key.startswith(store_keys.of_type(type)))
        named = {one[1] for one in parts if len(one) == 3 and one[2] in ("spec.json", "receipt.json")}
        return {one for one in named if _is_version(one)}

    def content(self, key: str) -> bytes | None:
        """Return the bytes at a key; None where there are none."""
        stored = self.context.store.get(key) if key in self.keys else None
        return stored.data if stored else None


def _is_version(text: str) -> bool:
    try:
        return Version.parse(text).text == text
    except ValueError:
        return False


def compare(
    first: ReleaseContext, second: ReleaseContext, types: Collection[str], only_current: bool
) -> StoreComparison:
    """Compare what is published of these types, by default of all; with `only_current` just what an index names.

    Times, plans and builders of receipts may differ. Raises UsageError for a type that neither has, ServiceError where
    a service gives no answer, ConfigurationError for an index that cannot be read.
    """
    one, other = Seen.of(first), Seen.of(second)
    known = one.types | other.types
    unknown = next((name for name in types if name not in known), None)
    if unknown is not None:
        raise UsageError(f"nothing of {shown(unknown)} is at either place{hint(unknown, known)}")
    chosen = [
        (name, version)
        for name in sorted(types or known)
        for version in sorted(_versions(name, one, other, only_current), key=Version.parse)
    ]
    found = [
        *(difference for name in sorted(types or known) for difference in _indexed(name, one, other)),
        *_stored(chosen, one, other),
        *_pointers(sorted(types or known), one, other),
        *_images(chosen, sorted(types or known), one, other),
    ]
    return StoreComparison(len(chosen), tuple(sorted(found, key=_order)))


def _order(one: StoreDifference) -> tuple[str, bool, Version, str]:
    """Return the sort key of a difference: those of a type as a whole stand before those of its versions."""
    return one.type, bool(one.version), Version.parse(one.version or "0.0.0"), one.what


def _versions(type: str, one: Seen, other: Seen, only_current: bool) -> set[str]:
    if only_current:
        named = {seen.index.versions.get(type, "") for seen in (one, other)}
        return {version for version in named if _is_version(version)}
    return one.versions(type) | other.versions(type)


def _indexed(type: str, one: Seen, other: Seen) -> Iterator[StoreDifference]:
    sides = [seen.index.versions.get(type, NOTHING) for seen in (one, other)]
    entries = [seen.index.entries.get(type) for seen in (one, other)]
    if sides[0] != sides[1]:
        yield StoreDifference(type, "", "index", shown(sides[0]), shown(sides[1]))
    elif entries[0] != entries[1]:
        hashes = [_hash(json.dumps(entry, sort_keys=True).encode()) for entry in entries]
        yield StoreDifference(type, sides[0] if _is_version(sides[0]) else "", "index", *hashes)


Look = Callable[[Seen], str]


def _stored(chosen: Sequence[tuple[str, str]], one: Seen, other: Seen) -> Iterator[StoreDifference]:
    looks = [
        (name, version, what, look)
        for name, version in chosen
        for what, look in _looks(name, version, {*one.keys, *other.keys})
    ]
    yield from _differing(looks, one, other)


def _looks(type: str, version: str, keys: Collection[str]) -> Iterator[tuple[str, Look]]:
    """Yield what is looked at of a version in a store."""
    yield "spec", partial(_hash_at, store_keys.spec(type, version))
    yield "receipt", lambda seen: _receipt(seen, store_keys.receipt(type, version))
    yield "yanked", lambda seen: "yes" if index.is_yanked(type, version, seen.keys) else "no"
    yield from _examples(store_keys.examples(type, version), keys)


def _examples(below: str, keys: Collection[str]) -> Iterator[tuple[str, Look]]:
    if any(key.startswith(below) for key in keys):
        yield "examples", lambda seen: _together(seen, below)


def _together(seen: Seen, below: str) -> str:
    """Return a hash of all that is below a key, with the names."""
    names = sorted(key for key in seen.keys if key.startswith(below))
    told = [(name.removeprefix(below), _hash(seen.content(name))) for name in names]
    return _hash(json.dumps(told).encode()) if told else NOTHING


def _receipt(seen: Seen, key: str) -> str:
    """Return the digest and the commit of a receipt."""
    data = seen.content(key)
    if data is None:
        return NOTHING
    try:
        found = receipt_of_json(data, key)
    except UsageError as wrong:
        return shown(str(wrong))
    return f"{shown(found.digest[:DIGITS])} at {shown(found.commit[:12])}"


def _pointers(types: Sequence[str], one: Seen, other: Seen) -> Iterator[StoreDifference]:
    keys = {*one.keys, *other.keys}
    looks = [(name, "", what, look) for name in types for what, look in _pointer_looks(name, keys)]
    yield from _differing(looks, one, other)


def _pointer_looks(type: str, keys: Collection[str]) -> Iterator[tuple[str, Look]]:
    for key in (store_keys.latest_spec(type), *store_keys.legacy_specs(type)):
        if key in keys:
            yield key, partial(_hash_at, key)
    yield from _examples(store_keys.examples(type), keys)


def _hash_at(key: str, seen: Seen) -> str:
    return _hash(seen.content(key))


def _differing(
    looks: Sequence[tuple[str, str, str, Look]], one: Seen, other: Seen
) -> Iterator[StoreDifference]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sides = list(pool.map(lambda look: (look[3](one), look[3](other)), looks))
    for (name, version, what, _), (left, right) in zip(looks, sides, strict=True):
        if left != right:
            yield StoreDifference(name, version, what, left, right)


def _images(
    chosen: Iterable[tuple[str, str]], types: Iterable[str], one: Seen, other: Seen
) -> Iterator[StoreDifference]:
    wanted = [*chosen, *((name, LATEST) for name in types)]
    left, right = (_digests(seen.context, wanted) for seen in (one, other))
    for name, tag in wanted:
        if left[name, tag] != right[name, tag]:
            version, what = ("", f"image {LATEST}") if tag == LATEST else (tag, "image")
            yield StoreDifference(name, version, what, left[name, tag][:DIGITS], right[name, tag][:DIGITS])


def _digests(context: ReleaseContext, wanted: Sequence[tuple[str, str]]) -> dict[Reference, str]:
    """Return the digests of images by type and tag. Raises ServiceError where a registry gives no answer."""
    answers = context.images.find((context.repository(name), tag) for name, tag in wanted)
    found = {}
    for name, tag in wanted:
        answer = answers[context.repository(name), tag]
        if isinstance(answer, Unknown):
            raise ServiceError(answer.reason)
        found[name, tag] = answer.digest if isinstance(answer, Present) else NOTHING
    return found


def _hash(data: bytes | None) -> str:
    return NOTHING if data is None else digest_of(data)[:DIGITS]


def comparison_table(found: StoreComparison, first: str, second: str) -> str:
    """Return what is not alike, a line each, and how much was compared."""
    rows = [("type", "version", "what", first, second)] if found.differences else []
    rows += [(one.type, one.version or NOTHING, one.what, one.first, one.second) for one in found.differences]
    count = len(found.differences)
    told = counted(count, "difference") if count else "no differences"
    where = f" in {counted(found.versions, 'version')}"
    last = told + where if rows or found.versions else "nothing was compared: neither place has a version"
    return "".join(f"{line}\n" for line in [*columns(rows), last])


def comparison_json(found: StoreComparison, first: str, second: str) -> str:
    """Return what is not alike as JSON."""
    value = {
        "version": 1,
        "first": first,
        "second": second,
        "compared": found.versions,
        "differences": [vars(one) for one in found.differences],
    }
    return dumps(value)
