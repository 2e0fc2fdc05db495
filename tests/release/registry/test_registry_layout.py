from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from seatrial.core.errors import SeatrialError, ServiceError
from seatrial.release.plan.ports import Absent, Present, Unknown
from seatrial.release.registry.oci_layout import LayoutImages
from support.dying import Killed, dying
from support.images_made import INDEX, blobs, digest_of, index, manifest, referrer, send
from support.services import needs

NAME, TAG = "jira", "1.2.3"


@pytest.fixture
def images(tmp_path: Path) -> LayoutImages:
    return LayoutImages(tmp_path / "images")


def answer(images: LayoutImages, reference: str = TAG, name: str = NAME) -> object:
    return images.find([(name, reference)])[name, reference]


def index_of(images: LayoutImages, name: str = NAME) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((images.base / name / "index.json").read_text())
    return found


def place(images: LayoutImages, data: bytes) -> Path:
    return images.base / NAME / "blobs" / "sha256" / digest_of(data).removeprefix("sha256:")


def test_in_an_empty_folder_everything_is_absent(images: LayoutImages) -> None:
    assert answer(images) == answer(images, manifest("a").digest) == Absent()
    assert not images.has_blob(NAME, digest_of(b""))
    assert images.referrers(NAME, digest_of(b"")) == []
    assert not images.base.exists()


def test_a_sent_image_is_found_by_tag_and_digest(images: LayoutImages) -> None:
    made = send(images, NAME, "a", TAG, "latest")
    assert answer(images) == answer(images, "latest") == answer(images, made.digest) == Present(made.digest)
    assert images.manifest(NAME, TAG) == images.manifest(NAME, made.digest) == made
    assert images.blob(NAME, digest_of(blobs("a")[0])) == blobs("a")[0]
    assert answer(images, "1.2.4") == Absent()


def test_a_manifest_without_a_tag_is_found_by_its_digest(images: LayoutImages) -> None:
    made = send(images, NAME, "a")
    assert answer(images, made.digest) == Present(made.digest)
    assert not (images.base / NAME / "index.json").exists()


def test_a_blob_is_not_a_manifest(images: LayoutImages) -> None:
    send(images, NAME, "a", TAG)
    assert answer(images, digest_of(blobs("a")[0])) == Absent()


def test_a_tag_moves_and_the_others_stay(images: LayoutImages) -> None:
    first, second = send(images, NAME, "a", TAG, "latest"), send(images, NAME, "b", "1.2.4", "latest")
    assert answer(images, "latest") == Present(second.digest)
    assert answer(images) == Present(first.digest)
    tags = [one["annotations"]["org.opencontainers.image.ref.name"] for one in index_of(images)["manifests"]]
    assert sorted(tags) == [TAG, "1.2.4", "latest"]


def test_setting_a_tag_again_writes_nothing(images: LayoutImages) -> None:
    made = send(images, NAME, "a", TAG)
    before = (images.base / NAME / "index.json").stat()
    images.put_manifest(NAME, made, TAG)
    assert (images.base / NAME / "index.json").stat() == before


def test_an_image_for_several_platforms_is_stored(images: LayoutImages) -> None:
    for content in ("a", "b"):
        send(images, NAME, content)
    made = index("a", "b")
    images.put_manifest(NAME, made, TAG)
    assert answer(images) == Present(made.digest)
    assert images.manifest(NAME, TAG).media_type == INDEX


def test_a_manifest_with_missing_parts_is_refused(images: LayoutImages) -> None:
    with pytest.raises(ServiceError, match=f"it needs {digest_of(blobs('a')[0])}, which is not in"):
        images.put_manifest(NAME, manifest("a"), TAG)
    assert answer(images) == Absent()


def test_referrers_are_listed_by_their_subject(images: LayoutImages) -> None:
    about, other = send(images, NAME, "a", TAG), send(images, NAME, "b", "1.2.4")
    for kind in ("sbom", "provenance", "sbom"):
        images.put_manifest(NAME, referrer(kind, about))
    found = images.referrers(NAME, about.digest)
    assert sorted(one.artifact_type for one in found) == ["provenance", "sbom"]
    assert {one.digest for one in found} == {referrer(kind, about).digest for kind in ("sbom", "provenance")}
    assert images.referrers(NAME, other.digest) == []


def test_a_blob_with_another_digest_is_refused(images: LayoutImages, tmp_path: Path) -> None:
    (tmp_path / "layer").write_bytes(b"other")
    for content in (b"other", tmp_path / "layer"):
        with pytest.raises(ServiceError, match="does not match its digest"):
            images.put_blob(NAME, digest_of(b"wanted"), content)
    assert not images.has_blob(NAME, digest_of(b"wanted"))


def test_an_unreadable_file_is_one_line(images: LayoutImages, tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="nowhere cannot be read: no such file"):
        images.put_blob(NAME, digest_of(b"wanted"), tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["", "..", "../x", "/etc", "a/../../x", "A", "a//b", "a\0b", ".git"])
def test_a_hostile_name_reaches_no_folder(images: LayoutImages, name: str) -> None:
    assert isinstance(answer(images, name=name), Unknown)
    with pytest.raises(ServiceError, match="is not the name of a folder below"):
        images.put_blob(name, digest_of(b""), b"")


@pytest.mark.parametrize("reference", ["", "../x", "a/b", "sha256:../../x", "sha256:", "1 2"])
def test_a_hostile_reference_reaches_no_file(images: LayoutImages, reference: str) -> None:
    made = send(images, NAME, "a", TAG)
    assert isinstance(answer(images, reference), Unknown)
    with pytest.raises(SeatrialError, match=r"is not a (tag|digest)"):
        images.put_manifest(NAME, made, reference)


@pytest.mark.parametrize("link", [NAME, f"{NAME}/blobs", f"{NAME}/blobs/sha256", f"{NAME}/index.json", ""])
def test_no_link_is_followed(images: LayoutImages, tmp_path: Path, link: str) -> None:
    elsewhere = LayoutImages(tmp_path / "elsewhere")
    send(elsewhere, NAME, "a", TAG)
    before = sorted(elsewhere.base.rglob("*"))
    (images.base / link).parent.mkdir(parents=True, exist_ok=True)
    (images.base / link).symlink_to(elsewhere.base / link)
    assert isinstance(answer(images), Unknown)
    with pytest.raises(ServiceError, match=r"is a link|cannot be read"):
        send(images, NAME, "b", TAG)
    assert sorted(elsewhere.base.rglob("*")) == before


def _edited(**changed: object) -> Callable[[LayoutImages], None]:
    def damage(images: LayoutImages) -> None:
        stated = {**index_of(images), **changed}
        (images.base / NAME / "index.json").write_text(json.dumps(stated))

    return damage


def _written(path: str, text: str) -> Callable[[LayoutImages], None]:
    return lambda images: (images.base / NAME / path).write_text(text) and None


def _twice(images: LayoutImages) -> None:
    send(images, NAME, "b")
    one, other = index_of(images)["manifests"][0], {"digest": manifest("b").digest}
    _edited(manifests=[one, {**one, **other}])(images)


def _cut(images: LayoutImages) -> None:
    place(images, manifest("a").data).write_bytes(manifest("a").data[:-1])


def _gone(images: LayoutImages) -> None:
    place(images, manifest("a").data).unlink()


def _folder(images: LayoutImages) -> None:
    (images.base / NAME / "index.json").unlink()
    (images.base / NAME / "index.json").mkdir()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_written("index.json", "{"), "are not those of a layout"),
        (_written("index.json", ""), "are not those of a layout"),
        (_written("index.json", "[]"), "are not those of a layout"),
        (_written("index.json", "[" * 100_000), "are not those of a layout"),
        (_written("oci-layout", "{"), "are not those of a layout"),
        (_written("oci-layout", '{"imageLayoutVersion": "2.0.0"}'), "does not say version 1.0.0"),
        (_edited(manifests={}), "lists something without media type"),
        (_edited(manifests=[7]), "lists something without media type"),
        (_twice, 'lists the tag "1.2.3" more than once'),
        (_cut, "does not match its name"),
        (_gone, "is missing"),
        (_folder, "index.json cannot be read: not a regular file"),
    ],
)
def test_a_damaged_folder_is_never_taken_for_an_empty_one(
    images: LayoutImages, damage: Callable[[LayoutImages], None], said: str
) -> None:
    send(images, NAME, "a", TAG)
    damage(images)
    found = answer(images)
    assert isinstance(found, Unknown)
    assert said in found.reason
    assert len(found.reason.splitlines()) == 1
    with pytest.raises(ServiceError, match=said):
        images.manifest(NAME, TAG)


def test_a_damaged_folder_affects_no_other(images: LayoutImages) -> None:
    made = send(images, "snyk", "a", TAG)
    send(images, NAME, "a", TAG)
    _gone(images)
    found = images.find([(NAME, TAG), ("snyk", TAG)])
    assert isinstance(found[NAME, TAG], Unknown)
    assert found["snyk", TAG] == Present(made.digest)


def test_a_full_disk_is_one_line_and_the_old_tag_stays(
    images: LayoutImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = send(images, NAME, "a", TAG)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(ServiceError, match="cannot be written: no space left on device"):
            send(images, NAME, "b", TAG)
    assert answer(images) == Present(made.digest)
    assert not list(images.base.rglob(".seatrial-part-*"))


def test_killed_at_any_call_the_folder_is_complete_and_the_next_run_finishes(tmp_path: Path) -> None:
    counted = LayoutImages(tmp_path / "counted")
    send(counted, NAME, "a", TAG, "latest")
    with dying(10**6) as called:
        send(counted, NAME, "b", "1.2.4", "latest")
    assert len(called) > 10
    for at in range(1, len(called) + 1):
        images = LayoutImages(tmp_path / f"killed{at}")
        old = send(images, NAME, "a", TAG, "latest")
        with pytest.raises(Killed), dying(at):
            send(images, NAME, "b", "1.2.4", "latest")
        new = Present(manifest("b").digest)
        assert answer(images) == Present(old.digest)
        assert answer(images, "1.2.4") in (Absent(), new)
        assert answer(images, "latest") in (Present(old.digest), new)
        send(images, NAME, "b", "1.2.4", "latest")
        assert answer(images, "1.2.4") == answer(images, "latest") == new
        assert not list(images.base.rglob(".seatrial-part-*"))


def test_concurrent_writers_lose_no_tag(images: LayoutImages) -> None:
    together = Barrier(12)

    def publish(number: int) -> str:
        together.wait()
        return send(images, NAME, f"content {number}", f"1.0.{number}", "latest").digest

    with ThreadPoolExecutor(12) as pool:
        digests = list(pool.map(publish, range(12)))
    for number, digest in enumerate(digests):
        assert answer(images, f"1.0.{number}") == Present(digest)
    assert answer(images, "latest") in [Present(digest) for digest in digests]


def test_skopeo_reads_it(images: LayoutImages) -> None:
    skopeo = needs("skopeo")
    made = send(images, NAME, "a", TAG, "latest")
    place = f"oci:{images.base}/{NAME}:{TAG}"
    done = subprocess.run([skopeo, "inspect", "--raw", place], capture_output=True)
    assert done.stdout == made.data, done.stderr
