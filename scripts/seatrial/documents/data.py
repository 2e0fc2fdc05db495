"""Documents in JSON or YAML, told apart by the ending of their path."""

from __future__ import annotations

from seatrial.documents import json, yaml
from seatrial.documents.document import Document


def load(path: str, data: bytes) -> Document:
    """Read a document; its faults are those of the format that the path names."""
    return json.load(path, data) if path.endswith(".json") else yaml.load(path, data)
