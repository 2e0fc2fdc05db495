"""Reading documents: text in; value, faults and places of values out."""

from __future__ import annotations

from importlib import import_module

from seatrial.documents.document import Document, Fault, FaultKind, Keys, Place

__all__ = ["Document", "Fault", "FaultKind", "Keys", "Place", "load"]

_READERS = {"yaml": "yaml", "yml": "yaml", "json": "json", "toml": "toml", "lock": "toml"}


def load(path: str, data: bytes) -> Document:
    """Read a YAML, JSON or TOML file, recognised by its suffix. Raises KeyError for another suffix."""
    reader = import_module(f"seatrial.documents.{_READERS[path.rpartition('.')[2].lower()]}")
    document: Document = reader.load(path, data)
    return document
