"""What a builder leaves, brought to the one form that is released."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.builders.oci import normalise
from seatrial.release.registry.media import INDEX, MANIFEST


def entry(number: int, kind: str = MANIFEST, **more: Any) -> dict[str, Any]:
    return {"mediaType": kind, "digest": f"sha256:{number:064}", "size": number, **more}


def named(number: int, name: str) -> dict[str, Any]:
    return entry(number, annotations={"org.opencontainers.image.ref.name": name})


def layout(folder: Path, *entries: dict[str, Any]) -> Path:
    (folder / "blobs" / "sha256").mkdir(parents=True)
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))
    return folder


def left(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "index.json").read_text())["manifests"]
    return found


def test_one_manifest_keeps_only_its_descriptor(tmp_path: Path) -> None:
    normalise(layout(tmp_path, named(1, "0")), ())
    assert left(tmp_path) == [entry(1)]


def test_an_index_of_several_platforms_is_taken_as_it_is(tmp_path: Path) -> None:
    normalise(
        layout(tmp_path, entry(1, INDEX, annotations={"created": "now"})), ("linux/amd64", "linux/arm64")
    )
    assert left(tmp_path) == [entry(1, INDEX)]


def test_manifests_of_several_platforms_become_one_index_in_the_order_asked_for(tmp_path: Path) -> None:
    normalise(layout(tmp_path, named(2, "1"), named(1, "0")), ("linux/amd64", "linux/arm/v7"))
    (found,) = left(tmp_path)
    data = (tmp_path / "blobs" / "sha256" / found["digest"].removeprefix("sha256:")).read_bytes()
    assert found == {
        "mediaType": INDEX,
        "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "size": len(data),
    }
    assert json.loads(data) == {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            entry(1, platform={"os": "linux", "architecture": "amd64"}),
            entry(2, platform={"os": "linux", "architecture": "arm", "variant": "v7"}),
        ],
    }


@pytest.mark.parametrize(
    ("entries", "platforms"),
    [
        ([], ()),
        ([entry(1), entry(2)], ()),
        ([entry(1, INDEX)], ()),
        ([entry(1)], ("linux/amd64", "linux/arm64")),
        ([entry(1), entry(2), entry(3)], ("linux/amd64", "linux/arm64")),
    ],
)
def test_any_other_layout_is_refused(
    tmp_path: Path, entries: list[dict[str, Any]], platforms: tuple[str, ...]
) -> None:
    with pytest.raises(ServiceError, match="where one image was wanted"):
        normalise(layout(tmp_path, *entries), platforms)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"manifests": 3}', '{"manifests": [3]}', "{"])
def test_a_folder_without_a_layout_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(ServiceError, match="left no image"):
        normalise(tmp_path, ())


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="left no image, though it ended well"):
        normalise(tmp_path, ())
