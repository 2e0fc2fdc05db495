"""The bill of materials of an image: CycloneDX 1.6, from the lock that its packages are installed by."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.documents import toml
from seatrial.lint.locked import LOCK, BadLock, read_lock
from seatrial.release.packages import packages_of

__all__ = ["MEDIA_TYPE", "BadLock", "Shipped", "bill_of_materials"]

MEDIA_TYPE = "application/vnd.cyclonedx+json"


@dataclass(frozen=True)
class Shipped:
    """The image that a bill is of.

    `image` is its repository, `digest` that of its manifest, and `committed` the time of the commit
    that it is made from, in seconds since 1970.
    """

    type: str
    version: str
    image: str
    digest: str
    committed: int


def bill_of_materials(of: Shipped, lock: bytes | None, pyproject: bytes) -> bytes:
    """The bill as JSON, the same bytes for the same input; what the base image brings is not in it.

    Raises BadLock, with a line for the person, where the packages cannot be told.
    """
    from seatrial.release.components import written  # cyclonedx is slow to import

    if lock is None:
        raise BadLock(f'there is no {LOCK}, which says what is installed; type "poetry lock"')
    project = toml.load("pyproject.toml", pyproject)
    if not project.readable or not isinstance(project.value, dict):
        raise BadLock("the pyproject.toml beside it cannot be read")
    return written(of, packages_of(read_lock(lock), project.value))
