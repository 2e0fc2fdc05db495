"""Folders of great depth: made, measured and removed."""

from __future__ import annotations

import os
from pathlib import Path

from seatrial.system import trees

DEPTH = 1500


def deep(place: Path) -> None:
    """Make folders below one another, deeper than Python may recurse and than a path may be long."""
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(place)
        for _ in range(DEPTH):
            os.mkdir("folder")
            os.chdir("folder")
    finally:
        os.fchdir(here)
        os.close(here)


def test_a_folder_of_any_depth_is_removed(tmp_path: Path) -> None:
    with trees.temporary(folder=tmp_path) as place:
        deep(place)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_any_depth_is_measured(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 7)
    deep(tmp_path)
    assert sum(status.st_size for status in trees.files(tmp_path)) == 7
    trees.remove(tmp_path / "folder")


def test_what_a_link_leads_to_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to("kept")
    trees.remove(tmp_path / "link")
    assert (tmp_path / "kept").is_dir()
