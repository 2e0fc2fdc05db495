"""Reading documents of an integration; a file that cannot be read gives a fault, not an exception."""

from collections.abc import Callable
from typing import TypeVar

from seatrial.core.errors import Unreadable
from seatrial.core.model import Integration
from seatrial.documents.document import Document, Fault, FaultKind

T = TypeVar("T")

SPEC_FILES = (".port/spec.json", ".port/spec.yaml", ".port/spec.yml")
"""The paths a spec may have, in the order in which Ocean and its release job look for it."""

RESOURCES = ".port/resources"
RESOURCE_SUFFIXES = (".json", ".yaml", ".yml")


def read_document(
    integration: Integration, path: str, load: Callable[[str, bytes], Document]
) -> Document | None:
    """Read the document at `path`; None if there is no file."""
    if not integration.has(path):
        return None
    try:
        return load(path, integration.read(path))
    except Unreadable as reason:
        return Document(path, faults=(Fault(FaultKind.UNREADABLE, str(reason)),))


def first_present(integration: Integration, *paths: str) -> str | None:
    """Return the first of these paths that is a file."""
    return next((path for path in paths if integration.has(path)), None)


def resource_files(stem: str) -> tuple[str, ...]:
    """Return the paths at which Ocean looks for the resource file of this stem."""
    return tuple(f"{RESOURCES}/{stem}{suffix}" for suffix in RESOURCE_SUFFIXES)


def resource_path(integration: Integration, stem: str) -> str | None:
    """Return the path of the resource file of this stem."""
    return first_present(integration, *resource_files(stem))
