"""The OCI layout that a builder wrote, in the one form that is released: one manifest, or one index of platforms.

Law: OCI image specification 1.0, "Image Layout" and "Image Index".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.release.registry.media import INDEX, MANIFEST, REF_NAME


def normalise(folder: Path, platforms: Sequence[str]) -> None:
    """Reduce `index.json` to one entry, of media type, digest and size, and nothing that differs between runs.

    Manifests named by the number of their platform, as podman and buildah write them, become one index.
    Raises ServiceError for a folder that is not the layout of such an image.
    """
    found = _entries(folder)
    if len(platforms) > 1 and len(found) == len(platforms):
        entry = _indexed(folder, [_platformed(one, platforms) for one in sorted(found, key=_number)])
    elif len(found) == 1 and found[0]["mediaType"] == (INDEX if len(platforms) > 1 else MANIFEST):
        entry = _bare(found[0])
    else:
        kinds = ", ".join(str(one["mediaType"]) for one in found) or "nothing"
        raise ServiceError(f"the builder left {kinds} where one image was wanted")
    (folder / "index.json").write_bytes(_canonical({"schemaVersion": 2, "manifests": [entry]}))


def _entries(folder: Path) -> list[dict[str, Any]]:
    try:
        found = json.loads((folder / "index.json").read_bytes())["manifests"]
        return [dict(one) for one in found if {"mediaType", "digest", "size"} <= set(one)]
    except (OSError, ValueError, TypeError, KeyError) as failed:
        raise ServiceError("the builder left no image, though it ended well") from failed


def _number(entry: dict[str, Any]) -> int:
    name = str(entry.get("annotations", {}).get(REF_NAME))
    return int(name) if name.isdecimal() else 0


def _bare(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("mediaType", "digest", "size")}


def _platformed(entry: dict[str, Any], platforms: Sequence[str]) -> dict[str, Any]:
    system, architecture, *variant = platforms[_number(entry)].split("/")
    platform = {"architecture": architecture, "os": system, **({"variant": variant[0]} if variant else {})}
    return {**_bare(entry), "platform": platform}


def _indexed(folder: Path, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    data = _canonical({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries)})
    digest = hashlib.sha256(data).hexdigest()
    (folder / "blobs" / "sha256" / digest).write_bytes(data)
    return {"mediaType": INDEX, "digest": f"sha256:{digest}", "size": len(data)}


def _canonical(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
