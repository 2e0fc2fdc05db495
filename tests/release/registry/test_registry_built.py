from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Descriptor, Manifest, Present, Unknown
from seatrial.release.registry.oci_layout import LayoutImages, push
from support.images_made import INDEX, MANIFEST, blobs, digest_of, index, lay, manifest, pointing
from support.memory_images import MemoryImages

NAME = "ghcr.io/org/jira"


class Strict(MemoryImages):
    """Accepts a manifest only when all that it names is there, as registries do; records the order."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def put_blob(self, name: str, digest: str, content: Path | bytes) -> None:
        super().put_blob(name, digest, content)
        self.sent.append(digest)

    def put_manifest(self, name: str, manifest: Manifest, tag: str | None = None) -> str:
        value = json.loads(manifest.data)
        for one in value.get("manifests", []):
            assert (name, one["digest"]) in self.manifests
        for one in value.get("layers", []):
            assert (name, one["digest"]) in self.blobs
        self.sent.append(manifest.digest)
        return super().put_manifest(name, manifest, tag)


def edited(folder: Path, **changed: object) -> None:
    stated = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**stated, **changed}))


def place(folder: Path, data: bytes) -> Path:
    return folder / "blobs" / "sha256" / digest_of(data).removeprefix("sha256:")


def test_an_image_is_sent_by_digests_and_no_tag_is_set(tmp_path: Path) -> None:
    images, made = Strict(), manifest("a")
    top, was_sent = push(images, NAME, lay(tmp_path, "a"))
    assert top == Descriptor(MANIFEST, made.digest, len(made.data))
    assert was_sent
    assert images.manifests == {(NAME, made.digest): made}
    assert images.blobs == {(NAME, digest_of(data)): data for data in blobs("a")}
    assert images.tags == {}


def test_an_image_for_several_platforms_is_sent_children_first(tmp_path: Path) -> None:
    images, made = Strict(), index("a", "b")
    top, _ = push(images, NAME, lay(tmp_path, "a", "b"))
    assert top == Descriptor(INDEX, made.digest, len(made.data))
    assert images.sent[-1] == made.digest
    assert set(images.sent[-3:-1]) == {manifest("a").digest, manifest("b").digest}


@pytest.mark.parametrize("contents", [("a",), ("a", "b")])
def test_an_index_around_it_as_docker_writes_is_sent_too(tmp_path: Path, contents: tuple[str, ...]) -> None:
    images = Strict()
    top, _ = push(images, NAME, lay(tmp_path, *contents, nested=True))
    assert top.media_type == INDEX
    assert (NAME, manifest("a").digest) in images.manifests
    assert images.sent[-1] == top.digest


def test_the_second_time_nothing_is_sent(tmp_path: Path) -> None:
    images, folder = Strict(), lay(tmp_path, "a", "b")
    first, _ = push(images, NAME, folder)
    images.sent.clear()
    assert push(images, NAME, folder) == (first, False)
    assert images.sent == []


def test_only_what_is_missing_is_sent(tmp_path: Path) -> None:
    images, folder = Strict(), lay(tmp_path, "a")
    push(images, NAME, folder)
    layer = digest_of(blobs("a")[1])
    del images.blobs[NAME, layer]
    images.sent.clear()
    assert push(images, NAME, folder)[1]
    assert images.sent == [layer]


def test_several_platforms_may_share_a_layer(tmp_path: Path) -> None:
    images = Strict()
    push(images, NAME, lay(tmp_path, "a", "a"))
    assert sorted(images.sent) == sorted(set(images.sent))


def test_an_image_goes_from_folder_to_folder(tmp_path: Path) -> None:
    images = LayoutImages(tmp_path / "images")
    top, was_sent = push(images, "jira", lay(tmp_path / "built", "a", "b"))
    assert was_sent
    assert images.find([("jira", top.digest)]) == {("jira", top.digest): Present(top.digest)}


def test_no_manifest_is_sent_when_nobody_can_tell(tmp_path: Path) -> None:
    images, made = Strict(), manifest("a")
    images.answers[NAME, made.digest] = Unknown("ghcr.io answered 403; type: docker login ghcr.io")
    with pytest.raises(ServiceError, match="answered 403; type: docker login"):
        push(images, NAME, lay(tmp_path, "a"))
    assert images.manifests == {}


def test_no_manifest_is_sent_after_a_failed_blob(tmp_path: Path) -> None:
    images, made = Strict(), lay(tmp_path, "a", "b")
    failing, lock = digest_of(blobs("b")[1]), threading.Lock()

    def put_blob(name: str, digest: str, content: Path | bytes) -> None:
        with lock:
            if digest == failing:
                raise ServiceError("ghcr.io broke off")

    images.put_blob = put_blob  # type: ignore[method-assign]
    with pytest.raises(ServiceError, match="broke off"):
        push(images, NAME, made)
    assert images.manifests == {}


@pytest.mark.parametrize(
    ("file", "said"),
    [("index.json", "holds 0 images instead of one"), ("oci-layout", "does not say version 1.0.0")],
)
def test_a_folder_without_its_files_is_refused(tmp_path: Path, file: str, said: str) -> None:
    (lay(tmp_path, "a") / file).unlink()
    with pytest.raises(ServiceError, match=said):
        push(Strict(), NAME, tmp_path)


def test_a_folder_with_two_images_is_refused(tmp_path: Path) -> None:
    lay(tmp_path, "a")
    other = manifest("b")
    entries = [pointing(manifest("a").data, MANIFEST), pointing(other.data, MANIFEST)]
    edited(tmp_path, manifests=entries)
    with pytest.raises(ServiceError, match="holds 2 images instead of one; build it anew"):
        push(Strict(), NAME, tmp_path)


def test_one_image_under_two_names_is_one(tmp_path: Path) -> None:
    lay(tmp_path, "a")
    entry = pointing(manifest("a").data, MANIFEST)
    named = [{**entry, "annotations": {"org.opencontainers.image.ref.name": name}} for name in "xy"]
    edited(tmp_path, manifests=named)
    assert push(Strict(), NAME, tmp_path)[0].digest == manifest("a").digest


def test_a_layer_that_was_changed_is_found_before_it_is_sent(tmp_path: Path) -> None:
    layer = place(lay(tmp_path, "a"), blobs("a")[1])
    layer.write_bytes(b"x" * layer.stat().st_size)
    images = LayoutImages(tmp_path / "images")
    with pytest.raises(ServiceError, match="does not match its digest"):
        push(images, "jira", tmp_path)
    assert not images.has_blob("jira", manifest("a").digest)


@pytest.mark.parametrize("cut", [True, False])
def test_a_cut_or_missing_layer_is_named(tmp_path: Path, cut: bool) -> None:
    layer = place(lay(tmp_path, "a"), blobs("a")[1])
    if cut:
        layer.write_bytes(layer.read_bytes()[:-1])
    else:
        layer.unlink()
    with pytest.raises(ServiceError, match=f"{layer} is missing or does not have 99 bytes"):
        push(Strict(), NAME, tmp_path)


@pytest.mark.parametrize("data", [b"", b"{}", b'{"a"'])
def test_a_manifest_that_was_changed_is_found(tmp_path: Path, data: bytes) -> None:
    place(lay(tmp_path, "a"), manifest("a").data).write_bytes(data)
    with pytest.raises(ServiceError, match="does not match its name"):
        push(Strict(), NAME, tmp_path)


def test_a_layer_behind_a_link_is_not_read(tmp_path: Path) -> None:
    layer = place(lay(tmp_path / "built", "a"), blobs("a")[1])
    layer.rename(tmp_path / "elsewhere")
    layer.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ServiceError, match="is missing"):
        push(Strict(), NAME, tmp_path / "built")


def test_a_deeply_nested_index_is_refused(tmp_path: Path) -> None:
    lay(tmp_path, "a")
    inner = manifest("a")
    for _ in range(4):
        stated = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [pointing(inner.data, inner.media_type)],
        }
        inner = Manifest(json.dumps(stated).encode(), INDEX)
        place(tmp_path, inner.data).write_bytes(inner.data)
    edited(tmp_path, manifests=[pointing(inner.data, INDEX)])
    with pytest.raises(ServiceError, match="has an index in an index in an index; build it anew"):
        push(Strict(), NAME, tmp_path)
