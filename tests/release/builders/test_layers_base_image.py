"""The index of the files of a base image, whose layers anybody may have made."""

from __future__ import annotations

import io
import tarfile
import time

import pytest

from seatrial.release.builders.layers import base_image
from seatrial.release.builders.layers.base_image import _lay
from seatrial.release.builders.layers.tree import Entry
from support.layers_base import archived


def laid(*layers: bytes) -> tuple[dict[str, Entry], dict[str, bytes]]:
    entries: dict[str, Entry] = {}
    texts: dict[str, bytes] = {}
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer), mode="r|") as archive:
            _lay(archive, entries, texts)
    return entries, texts


def test_what_a_layer_hides_is_gone_with_all_below_it() -> None:
    first = archived({"a": "/", "a/b": "/", "a/b/c": "x", "d/e": "x", "f/g": "x", "ab": "x"})
    second = archived({".wh.a": "", "d/.wh..wh..opq": "", "d/new": "x", "f": "a file"})
    assert sorted(laid(first, second)[0]) == ["ab", "d/new", "f", "f/g"]
    third = archived({"f": "/"})
    assert sorted(laid(third, archived({"f/g": "x"}), archived({"f": "a file"}))[0]) == ["f"]


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
