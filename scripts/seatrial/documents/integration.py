"""Reading documents of an integration, so that what cannot be read is a fault and not an exception."""

from collections.abc import Callable
from typing import TypeVar

from seatrial.core.errors import Unreadable
from seatrial.core.model import Integration
from seatrial.documents.document import Document, Fault, FaultKind

T = TypeVar("T")

SPEC_FILES = (".port/spec.json", ".port/spec.yaml", ".port/spec.yml")
"""Where a spec may stand, in the order in which Ocean and its release job look for it."""

RESOURCES = ".port/resources"
RESOURCE_SUFFIXES = (".json", ".yaml", ".yml")


def read_document(
    integration: Integration, path: str, load: Callable[[str, bytes], Document]
) -> Document | None:
    """The document at `path`; None where no file stands there."""
    if not integration.has(path):
        return None
    try:
        return load(path, integration.read(path))
    except Unreadable as reason:
        return Document(path, faults=(Fault(FaultKind.UNREADABLE, str(reason)),))


def first_present(integration: Integration, *paths: str) -> str | None:
    """The first of these paths at which a file stands."""
    return next((path for path in paths if integration.has(path)), None)


def resource_files(stem: str) -> tuple[str, ...]:
    """Where the resource file of this stem may stand."""
    return tuple(f"{RESOURCES}/{stem}{suffix}" for suffix in RESOURCE_SUFFIXES)


def resource_path(integration: Integration, stem: str) -> str | None:
    """Where the resource file of this stem stands."""
    return first_present(integration, *resource_files(stem))
