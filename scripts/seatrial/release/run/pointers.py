"""What follows the index: the image tag `latest`, the spec and the examples of a type."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.core.errors import ServiceError
from seatrial.release.plan import keys
from seatrial.release.plan.ports import Absent, Images, Present, Store, Unknown
from seatrial.release.run.index import current
from seatrial.release.store.leases import Clock, Holder, Lease, lease

LATEST = "latest"

ROUNDS = 10


def point(
    store: Store, images: Images, image: str, type: str, holder: Holder, clock: Clock | None = None
) -> list[str]:
    """Have a type's pointers lead to the version that the index names; what was moved.

    One release at a time does so for a type. It reads the index when it is alone, and again when it is done:
    whoever changes the index meanwhile waits for it, and then moves the pointers on. What leads there already
    stays. Raises ServiceError.
    """
    moved: list[str] = []
    with lease(store, keys.lease(type), holder, clock) as held:
        for _ in range(ROUNDS):
            version = current(store).versions.get(type, "")
            if not version:
                return moved
            moved += _point(store, images, image, type, version, held)
            if current(store).versions.get(type, "") == version:
                return list(dict.fromkeys(moved))
    raise ServiceError(f"the index changes faster than the pointers of {type} can follow; run it again")


def _point(store: Store, images: Images, image: str, type: str, version: str, held: Lease) -> Iterator[str]:
    """Move what does not lead to this version yet; the image's tag last, for a plan sees by it that all is done."""
    digest = _digest(images, image, version)
    if _copy_examples(store, type, version, held):
        yield keys.examples(type)
    if _copy(store, keys.spec(type, version), keys.latest_spec(type), held):
        yield keys.latest_spec(type)
    if _tag(images, image, digest, held):
        yield f"{image}:{LATEST}"


def _digest(images: Images, image: str, version: str) -> str:
    """The digest behind the tag of a version. Raises ServiceError where nobody can tell, or it is gone."""
    answer = images.find([(image, version)])[image, version]
    if isinstance(answer, Present):
        return answer.digest
    why = "the registry does not have it" if isinstance(answer, Absent) else answer.reason
    raise ServiceError(f"{image}:{version}, which the index names, cannot become {LATEST}: {why}")


def _tag(images: Images, image: str, digest: str, held: Lease) -> bool:
    """Move the tag `latest` to an image, and pull it back; whether it led elsewhere."""
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
    """Have the examples of a version be those of the type; whether one was not. Those of older versions stay."""
    below = keys.examples(type, version)
    names = [key.removeprefix(below) for key in store.keys(below)]
    copied = [
        _copy(store, f"{below}{name}", keys.example(type, "", name), held)
        for name in names
        if keys.is_example(name)
    ]
    return any(copied)


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
