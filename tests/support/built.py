"""What is in an image that was built."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any


def entry(layout: Path) -> dict[str, Any]:
    """What the layout holds: the one manifest or index."""
    (found,) = json.loads((layout / "index.json").read_text())["manifests"]
    stated: dict[str, Any] = found
    return stated


def blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / "sha256" / digest.removeprefix("sha256:")


def manifest(layout: Path) -> Any:
    return json.loads(blob(layout, entry(layout)["digest"]).read_text())


def config(layout: Path) -> Any:
    return json.loads(blob(layout, manifest(layout)["config"]["digest"]).read_text())


def files(layout: Path) -> set[str]:
    """The paths in the layers that are no folders."""
    found: set[str] = set()
    for layer in manifest(layout)["layers"]:
        with tarfile.open(blob(layout, layer["digest"])) as archive:
            found |= {member.name for member in archive if not member.isdir()}
    return found
