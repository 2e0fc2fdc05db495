"""Yanking versions: taking them out of the index, and taking that back. Nothing that is published is deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from seatrial.core.errors import SeatrialError, UsageError
from seatrial.core.names import canonical, shown
from seatrial.core.suggest import hint
from seatrial.dependencies.constraints import admits
from seatrial.release.plan import index, store_keys
from seatrial.release.plan.index import NO_HABITS, Habits
from seatrial.release.plan.ports import AT_ONCE, Images, Store
from seatrial.release.registry import media
from seatrial.release.run.latest import LATEST, current, point, recompute
from seatrial.release.run.verify_image import python_components
from seatrial.release.store.leases import Clock, Holder
from seatrial.release.store.receipts import receipt_in

SHOWN = 5
"""Versions that are named where the requested one does not exist."""

_FILTER = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,98})\s*([<>=!~^].*)")


@dataclass(frozen=True)
class YankChange:
    """Versions of a type that are yanked or, with `back`, taken back. `reason` and `by` are recorded.

    `habits` tells which pointers follow the change.
    """

    type: str
    image: str
    versions: Sequence[str]
    reason: str
    by: str
    back: bool = False
    habits: Habits = NO_HABITS


def yank(
    store: Store, images: Images, change: YankChange, holder: Holder, clock: Clock | None = None
) -> Iterator[str]:
    """Mark the versions, determine the index's entry anew, and move the pointers; yield a line for each.

    Nothing is deleted: a version can still be pulled by its name. A second call finishes what a failed one began.
    Raises UsageError, before anything is done, for a version that was never published, or that is to be taken back
    but was never yanked; ServiceError where a service fails.
    """
    clock = clock or Clock()
    kind, keys = change.type, frozenset(store.keys(store_keys.of_type(change.type)))
    for version in change.versions:
        _must_be_published(store, kind, version, keys)
        if change.back and not index.yanks(kind, version, keys):
            raise UsageError(f"{kind} {version} was never yanked, so there is nothing to take back")
    for version in change.versions:
        yield _mark(store, change, version, keys, clock)
    left = recompute(store, kind, clock.sleep).versions.get(kind, "")
    if not left:
        yield (
            f"no version of {kind} is left in the index; {change.image}:{LATEST} and "
            f"{store_keys.latest_spec(kind)} stay where they are until there is one"
        )
        return
    yield f"the index names {kind} {left}"
    moved = point(store, images, change.image, kind, holder, clock, habits=change.habits)
    yield from (f"moved {one}" for one in moved)
    if not moved:
        yield f"{change.image}:{LATEST} stays at {left}"


def _mark(store: Store, change: YankChange, version: str, keys: Collection[str], clock: Clock) -> str:
    """Write the mark of one version unless it is there already; return a line about it."""
    kind, times = change.type, index.yanks(change.type, version, keys)
    word = "in the index again, if it is the latest" if change.back else "yanked"
    if index.is_yanked(kind, version, keys) is not change.back:
        return f"{kind} {version} was {'taken back' if change.back else 'yanked'} before"
    key = (
        store_keys.unyanked(kind, version, times)
        if change.back
        else store_keys.yanked(kind, version, times + 1)
    )
    value = {"version": version, "reason": change.reason, "by": change.by, "at": round(clock.now())}
    store.create(key, (json.dumps(value) + "\n").encode())
    return f"{kind} {version} is {word}"


def _must_be_published(store: Store, type: str, version: str, keys: Collection[str]) -> None:
    found = [one.text for one in index.published(type, keys)]
    if not found:
        known = current(store).versions
        raise UsageError(
            f"nothing of {type} is published here{hint(type, known, '`seatrial release.status` shows what is')}"
        )
    if version not in found:
        there = hint(version, found, f"there is {', '.join(found[-SHOWN:])}")
        raise UsageError(f'"{shown(version)}" of {type} is not published{there}')


@dataclass(frozen=True)
class PackageFilter:
    """A package, and a range of its versions."""

    name: str
    constraint: str

    def admits(self, name: str, version: str) -> bool:
        """Return whether a package is in the range. Raises ValueError for a version that cannot be read."""
        if canonical(name) != self.name:
            return False
        answer = admits(self.constraint, version)
        if answer is None:
            raise ValueError(f"{version!r} is not a version")
        return answer


def filter_of(text: str) -> PackageFilter:
    """Return the filter that a text such as `port-ocean<0.48.3` states. Raises UsageError."""
    match = _FILTER.fullmatch(text.strip())
    if match is None or admits(match[2], "0") is None:
        raise UsageError(
            f"\"{shown(text)}\" is not a package with versions; write it such as 'port-ocean<0.48.3'"
        )
    return PackageFilter(canonical(match[1]), match[2])


@dataclass(frozen=True)
class BuiltWith:
    """The versions of a type that were built with a package, and those for which it is unknown."""

    type: str
    versions: tuple[str, ...]
    unknown: tuple[str, ...]


def built_with(store: Store, images: Images, type: str, wanted: PackageFilter) -> BuiltWith:
    """Return the published versions of a type that have the package in these versions, by their SBOMs.

    Yanked ones are among them, so that a yank that was interrupted is finished. A version whose SBOM is missing, or
    cannot be read, is unknown.
    """
    versions = [one.text for one in index.published(type, store.keys(store_keys.of_type(type)))]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda version: _has(store, images, type, version, wanted), versions))
    judged = list(zip(versions, answers, strict=True))
    return BuiltWith(
        type,
        tuple(version for version, answer in judged if answer),
        tuple(version for version, answer in judged if answer is None),
    )


def _has(store: Store, images: Images, type: str, version: str, wanted: PackageFilter) -> bool | None:
    """Return whether a version was built with a package; None where it is unknown."""
    try:
        receipt = receipt_in(store, type, version)
        bill = next((one for one in receipt.attached if one.kind == "sbom"), None) if receipt else None
        if receipt is None or bill is None:
            return None
        layer = media.children(images.manifest(receipt.image, bill.digest))[1]
        components = python_components(images.blob(receipt.image, layer.digest))
        return any(wanted.admits(one["name"], one["version"]) for one in components)
    except (SeatrialError, ValueError, TypeError, AttributeError, LookupError):
        return None
