"""What follows the index: the image tag `latest`, the spec and the examples of a type."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.errors import ServiceError
from seatrial.release import index, keys
from seatrial.release.index import Index
from seatrial.release.ports import Images, Store
from seatrial.release.presence import Absent, Present
from seatrial.store.leases import Clock, Holder, Lease, lease

LATEST = "latest"

ROUNDS = 10


def point(
    store: Store, images: Images, image: str, type: str, holder: Holder, clock: Clock | None = None
) -> list[str]:
    """Have a type's pointers lead to the version that the index names; what was moved.

    One release at a time does so for a type, and looks at the index again when it is done, so that the last
    one leaves them as the index says. Raises ServiceError.
    """
    moved: list[str] = []
    with lease(store, keys.lease(type), holder, clock) as held:
        for _ in range(ROUNDS):
            version = _indexed(store).versions.get(type, "")
            if not version:
                return moved
            moved += _point(store, images, image, type, version, held)
            if _indexed(store).versions.get(type, "") == version:
                return moved
    raise ServiceError(f"the index changes faster than the pointers of {type} can follow; run it again")


def _indexed(store: Store) -> Index:
    stored = store.get(keys.INDEX)
    return index.parse(stored.data) if stored else Index()


def _point(store: Store, images: Images, image: str, type: str, version: str, held: Lease) -> Iterator[str]:
    """Move what does not lead to this version yet; the image's tag last, for a plan sees by it that all is done."""
    names = keys.examples(type, version)
    for key in store.keys(names):
        if _copy(store, key, keys.example(type, "", key.removeprefix(names)), held):
            yield keys.examples(type)
    if _copy(store, keys.spec(type, version), keys.latest_spec(type), held):
        yield keys.latest_spec(type)
    if _tag(images, image, version, held):
        yield f"{image}:{LATEST}"


def _tag(images: Images, image: str, version: str, held: Lease) -> bool:
    """Move the tag `latest` to the image of a version; whether it was elsewhere."""
    answers = images.find([(image, version), (image, LATEST)])
    there, latest = answers[image, version], answers[image, LATEST]
    if not isinstance(there, Present):
        why = "it is gone" if isinstance(there, Absent) else there.reason
        raise ServiceError(f"{image}:{version}, which the index names, cannot be pointed to: {why}")
    if latest == there:
        return False
    manifest = images.manifest(image, there.digest)
    held.check()
    images.put_manifest(image, manifest, LATEST)
    back = images.manifest(image, LATEST).digest
    if back != there.digest:
        raise ServiceError(f"{image}:{LATEST}: the registry gives back {back}, not {there.digest}")
    return True


def _copy(store: Store, key: str, to: str, held: Lease) -> bool:
    """Have the same bytes at another key; whether they were not."""
    source, target = store.get(key), store.get(to)
    if source is None:
        raise ServiceError(f"{key} is gone from the store; run `seatrial release` again")
    if target is not None and target.data == source.data:
        return False
    held.check()
    store.put(to, source.data)
    return True
