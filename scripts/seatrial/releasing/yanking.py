"""Taking a version out of the index. Nothing is deleted: who asks for it by name still gets it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from seatrial.errors import UsageError
from seatrial.near import nearest
from seatrial.release import keys
from seatrial.release.ports import Images, Store
from seatrial.releasing.indexing import recompute
from seatrial.releasing.pointers import point
from seatrial.store.leases import Clock, Holder
from seatrial.version import Version


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

    Raises UsageError for what was never published, ServiceError where a service fails.
    """
    _must_be_published(store, type, version)
    now = (clock or Clock()).now()
    mark = {"version": version, "reason": reason, "by": holder.name, "at": round(now)}
    if store.create(keys.yanked(type, version), (json.dumps(mark, ensure_ascii=False) + "\n").encode()):
        yield f"{type} {version} is yanked"
    else:
        yield f"{type} {version} was yanked before"
    left = recompute(store, type).versions.get(type, "")
    if not left:
        yield f"no version of {type} is left in the index; the tag latest stays where it is"
        return
    yield f"the index names {type} {left}"
    for moved in point(store, images, image, type, holder, clock):
        yield f"moved {moved}"


def _must_be_published(store: Store, type: str, version: str) -> None:
    if not keys.is_type(type):
        raise UsageError(f'"{type[:60]}" is no type')
    found = [keys.version_of(type, key) for key in store.keys(keys.of_type(type))]
    published = [one for one in found if one]
    if not published:
        raise UsageError(f"nothing of {type} is published here; `seatrial release.status` shows what is")
    try:
        Version.parse(version)
    except ValueError as wrong:
        raise UsageError(str(wrong)) from None
    if version not in published:
        near = nearest(version, published)
        hint = f'; did you mean "{near}"?' if near else f"; there is {', '.join(sorted(published)[-5:])}"
        raise UsageError(f"{type} {version} is not published{hint}")
