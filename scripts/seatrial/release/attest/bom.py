"""The bill of materials of an image: CycloneDX 1.6, from the lock that its packages are installed by."""

from __future__ import annotations

from seatrial.dependencies.lockfile import LOCK, BadLock, read_lock
from seatrial.documents import toml
from seatrial.release.attest.packages import Shipped, packages_of

__all__ = ["MEDIA_TYPE", "BadLock", "Shipped", "bill_of_materials"]

MEDIA_TYPE = "application/vnd.cyclonedx+json"


def bill_of_materials(of: Shipped, lock: bytes | None, pyproject: bytes) -> bytes:
    """The bill as JSON, the same bytes for the same input; what the base image brings is not in it.

    Raises BadLock, with a line for the person, where the packages cannot be told.
    """
    from seatrial.release.attest.components import written  # cyclonedx is slow to import

    if lock is None:
        raise BadLock(f'there is no {LOCK}, which says what is installed; type "poetry lock"')
    project = toml.load("pyproject.toml", pyproject)
    if not project.readable or not isinstance(project.value, dict):
        raise BadLock("the pyproject.toml beside it cannot be read")
    return written(of, packages_of(read_lock(lock), project.value))
