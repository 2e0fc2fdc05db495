"""Taking a version out of the index. Nothing is deleted: who asks for it by name still gets it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from seatrial.core.errors import UsageError
from seatrial.core.names import shown
from seatrial.core.suggest import nearest
from seatrial.release.plan import index, keys
from seatrial.release.plan.ports import Images, Store
from seatrial.release.run.index import current, recompute
from seatrial.release.run.pointers import LATEST, point
from seatrial.release.store.leases import Clock, Holder

SHOWN = 5
"""So many versions are named to somebody who asks for one that is not there."""


def yank(
    store: Store,
    images: Images,
    image: str,
    type: str,
    version: str,
    reason: str,
    holder: Holder,
    clock: Clock | None = None,
) -> Iterator[str]:
    """Mark a version, find the index's entry anew, and move the pointers; a line for each thing done.

    Done again, it finishes what was begun. Raises UsageError for what was never published, ServiceError where
    a service fails.
    """
    clock = clock or Clock()
    _must_be_published(store, type, version)
    mark = {"version": version, "reason": reason, "by": holder.name, "at": round(clock.now())}
    if store.create(keys.yanked(type, version), (json.dumps(mark) + "\n").encode()):
        yield f"{type} {version} is yanked"
    else:
        yield f"{type} {version} was yanked before"
    left = recompute(store, type, clock.sleep).versions.get(type, "")
    if not left:
        yield f"no version of {type} is left in the index; {image}:{LATEST} stays where it is"
        return
    yield f"the index names {type} {left}"
    for moved in point(store, images, image, type, holder, clock):
        yield f"moved {moved}"


def _must_be_published(store: Store, type: str, version: str) -> None:
    found = [one.text for one in index.published(type, store.keys(keys.of_type(type)))]
    if not found:
        raise UsageError(f"nothing of {type} is published here{_like(type, current(store).versions)}")
    if version not in found:
        near = nearest(version, found)
        there = f'did you mean "{near}"?' if near else f"there is {', '.join(found[-SHOWN:])}"
        raise UsageError(f'"{shown(version)}" of {type} is not published; {there}')


def _like(type: str, known: Iterable[str]) -> str:
    near = nearest(type, known)
    return f'; did you mean "{near}"?' if near else "; `seatrial release.status` shows what is"
