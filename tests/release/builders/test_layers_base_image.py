"""The index of the files of a base image, whose layers anybody may have made."""

from __future__ import annotations

import gzip
import io
import tarfile
import time
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.builders.layers import base_image
from seatrial.release.builders.layers.base_image import BaseImages, _add_layer, _lay
from seatrial.release.builders.layers.stage_files import EntryKind, StageEntry
from seatrial.release.plan.ports import Descriptor
from seatrial.release.registry.archives import LayerBytes
from support.images_made import digest_of
from support.layers_base import BASE, MemoryRegistry, archived


def laid(*layers: bytes) -> tuple[dict[str, StageEntry], dict[str, bytes]]:
    entries: dict[str, StageEntry] = {}
    texts: dict[str, bytes] = {}
    for layer in layers:
        _lay(LayerBytes(io.BytesIO(layer), len(layer)), entries, texts)
    return entries, texts


def test_what_a_layer_hides_is_gone_with_all_below_it() -> None:
    first = archived({"a": "/", "a/b": "/", "a/b/c": "x", "d/e": "x", "f/g": "x", "ab": "x"})
    second = archived({".wh.a": "", "d/.wh..wh..opq": "", "d/new": "x", "f": "a file"})
    assert sorted(laid(first, second)[0]) == ["ab", "d/new", "f", "f/g"]
    third = archived({"f": "/"})
    assert sorted(laid(third, archived({"f/g": "x"}), archived({"f": "a file"}))[0]) == ["f"]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_entries_have_what_their_headers_say(form: int) -> None:
    link, old, path = "t" * 200, 2**40, "é/" * 80 + "link"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for name, kind, target in (
            (path, tarfile.SYMTYPE, link),
            ("hard", tarfile.LNKTYPE, "x"),
            ("f", b"5", ""),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.mode, member.uid, member.gid = kind, target, 0o4751, 7, old
            archive.addfile(member)
    assert laid(packed.getvalue())[0] == {
        path: StageEntry(EntryKind.LINK, 0o4751, 7, old, link),
        "hard": StageEntry(EntryKind.FILE, 0o4751, 7, old),
        "f": StageEntry(EntryKind.FOLDER, 0o4751, 7, old),
    }


@pytest.mark.parametrize("is_damaged", [True, False])
def test_a_layer_that_is_damaged_or_not_of_its_type_is_refused(tmp_path: Path, is_damaged: bool) -> None:
    data = archived({"a": "x", "b": "x"})
    stored = gzip.compress(data, mtime=0)[:10] + b"\xff" * 50 if is_damaged else data
    path = tmp_path / "layer"
    path.write_bytes(stored)
    layer = Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", digest_of(stored), len(stored))
    with pytest.raises(ServiceError, match="the base image cannot be read, as it has a layer that"):
        _add_layer(path, layer, digest_of(data), {}, {})


def test_layers_in_zstd_are_refused_with_what_to_type(tmp_path: Path) -> None:
    registry = MemoryRegistry(layer_type="application/vnd.oci.image.layer.v1.tar+zstd")
    with pytest.raises(
        ServiceError, match=r"layer\.v1\.tar\+zstd, which .* `skopeo copy --dest-compress-format gzip`"
    ):
        BaseImages(registry, tmp_path).image(BASE, "linux/amd64")


def test_the_files_after_a_broken_header_are_not_passed_over() -> None:
    data = archived({"a": "x", "b": "x"})
    with pytest.raises(ValueError, match="not a tar archive"):
        laid(data[:1024] + b"c" + data[1025:])


def test_many_whiteouts_over_many_files_take_no_time_in_the_product_of_both() -> None:
    files = archived({f"f{number}": "" for number in range(8_000)})
    hidden = archived({f".wh.g{number}": "" for number in range(8_000)})
    began = time.process_time()
    assert len(laid(files, hidden)[0]) == 8_000
    assert time.process_time() - began < 2


def test_whiteouts_count_among_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_image, "MAX_ENTRIES", 10)
    with pytest.raises(ValueError, match="more than 10 files"):
        laid(archived({f".wh.g{number}": "" for number in range(11)}))


def test_texts_are_kept_up_to_a_limit_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_image, "MAX_TEXT", 10)
    texts = laid(archived({f"p{number}/patchlevel.h": "xxxx" for number in range(5)}))[1]
    assert sum(map(len, texts.values())) == 8
    with pytest.raises(ValueError, match="a name of 5,000 characters"):
        laid(archived({"x" * 5_000: ""}))
