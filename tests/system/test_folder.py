"""A folder on disk: what stands there, and nothing outside."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import Unreadable
from seatrial.core.model import Kind
from seatrial.system.folder import DEEPEST, MAX_BYTES, DiskFolder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "integrations" / "one"
    folder.mkdir(parents=True)
    return folder


def folder_of(base: Path, left_out: frozenset[str] | None = frozenset()) -> DiskFolder:
    return DiskFolder(base, base.parent, left_out)


def test_paths_are_sorted_and_leave_folders_out(base: Path) -> None:
    (base / "b").mkdir()
    (base / "b" / "y").touch()
    (base / "a").touch()
    assert folder_of(base).paths() == ["a", "b/y"]


def test_what_git_ignores_is_not_there(base: Path) -> None:
    (base / "out").mkdir()
    (base / "out" / "x").touch()
    (base / "y").touch()
    folder = folder_of(base, frozenset({"out", "y"}))
    assert folder.paths() == []
    assert folder.entry("out/x") is None
    assert folder.entry("y") is None


def test_a_committed_virtual_environment_is_one_path_and_not_looked_into(base: Path) -> None:
    (base / ".venv").mkdir()
    (base / ".venv" / "x").touch()
    assert folder_of(base).paths() == [".venv"]


def test_without_git_what_tools_leave_behind_does_not_count(base: Path) -> None:
    (base / ".venv").mkdir()
    assert folder_of(base, None).paths() == []


def test_a_link_inside_leads_to_what_it_names(base: Path) -> None:
    (base.parent / "_infra").mkdir()
    (base.parent / "_infra" / "Makefile").write_text("all:")
    (base / "Makefile").symlink_to("../_infra/Makefile")
    entry = folder_of(base).entry("Makefile")
    assert entry is not None
    assert (entry.kind, entry.target) == (Kind.FILE, "../_infra/Makefile")
    assert folder_of(base).read("Makefile") == b"all:"


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../outside", "../../outside"])
def test_a_link_that_leads_out_is_not_followed(base: Path, target: str) -> None:
    (base.parent.parent / "outside").write_text("secret")
    (base / "x").symlink_to(target)
    folder = folder_of(base)
    entry = folder.entry("x")
    assert entry is not None
    assert entry.kind is Kind.ESCAPING
    with pytest.raises(Unreadable):
        folder.read("x")


def test_a_file_below_a_folder_that_leads_out_is_not_read(base: Path, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "spec.yaml").write_text("secret")
    (base / ".port").symlink_to(tmp_path / "far")
    folder = folder_of(base)
    with pytest.raises(Unreadable):
        folder.read(".port/spec.yaml")
    assert folder.paths() == [".port"]


@pytest.mark.parametrize("target", ["nowhere", "x", "a/b/c"])
def test_a_link_to_nothing_or_itself_dangles(base: Path, target: str) -> None:
    (base / "x").symlink_to(target)
    entry = folder_of(base).entry("x")
    assert entry is not None
    assert (entry.kind, entry.target) == (Kind.DANGLING, target)


def test_a_pipe_is_special_and_never_waited_for(base: Path) -> None:
    os.mkfifo(base / "pipe")
    folder = folder_of(base)
    entry = folder.entry("pipe")
    assert entry is not None
    assert entry.kind is Kind.SPECIAL
    with pytest.raises(Unreadable):
        folder.read("pipe")


def test_a_folder_where_a_file_should_be_is_a_folder(base: Path) -> None:
    (base / "README.md").mkdir()
    entry = folder_of(base).entry("README.md")
    assert entry is not None
    assert entry.kind is Kind.FOLDER


def test_a_file_over_the_limit_is_refused_unread(base: Path) -> None:
    with (base / "big").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(Unreadable, match="8,388,609 bytes"):
        folder_of(base).read("big")


@pytest.mark.parametrize("path", ["a\0b", "a/" * 3000, ""])
def test_odd_paths_are_not_there_or_a_folder(base: Path, path: str) -> None:
    entry = folder_of(base).entry(path)
    assert entry is None or entry.kind is Kind.FOLDER


def test_a_name_that_is_not_utf8_is_listed(base: Path) -> None:
    try:
        (Path(os.fsdecode(os.fsencode(base) + b"/\xff.json"))).touch()
    except OSError:
        pytest.skip("this file system wants UTF-8 names")
    assert folder_of(base).paths() == ["\udcff.json"]


def test_links_and_pipes_are_irregular_and_files_are_not(base: Path) -> None:
    (base / "file").touch()
    (base / "link").symlink_to("file")
    os.mkfifo(base / "pipe")
    assert folder_of(base).irregular() == ["link", "pipe"]


def test_a_file_that_became_a_link_since_it_was_listed_is_not_followed(base: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (base / "file").write_text("y")
    folder = folder_of(base)
    assert folder.paths() == ["file"]
    (base / "file").unlink()
    (base / "file").symlink_to(tmp_path / "secret")
    with pytest.raises(Unreadable):
        folder.read("file")


def test_a_file_reads_the_same_whether_it_was_listed_or_not(base: Path) -> None:
    (base / "a").mkdir()
    (base / "a" / "b").write_text("x")
    listed, unlisted = folder_of(base), folder_of(base)
    listed.paths()
    assert listed.read("a/b") == unlisted.read("a/b") == b"x"
    assert listed.entry("a/b") == unlisted.entry("a/b")


@pytest.mark.parametrize("swapped", ["one", "one/deep"])
def test_a_folder_that_became_a_link_since_it_was_listed_is_not_read_through(
    base: Path, tmp_path: Path, swapped: str
) -> None:
    (base / "deep" / "er").mkdir(parents=True)
    (base / "deep" / "er" / "file").write_text("inside")
    for target in ("outside/deep/er", "outside/er"):
        (tmp_path / target).mkdir(parents=True)
        (tmp_path / target / "file").write_text("secret")
    folder = folder_of(base)
    assert folder.paths() == ["deep/er/file"]
    place = base.parent / swapped
    place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "outside")
    with pytest.raises(Unreadable):
        folder.read("deep/er/file")


def test_a_folder_that_became_a_link_while_the_tree_is_listed_is_not_entered(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret-name").touch()
    (base / "deep").mkdir()
    real, swapped = os.scandir, []

    def scandir(folder: int) -> Any:
        found = list(real(folder))
        if not swapped:
            (base / "deep").rmdir()
            swapped.append((base / "deep").symlink_to(tmp_path / "outside"))
        return nullcontext(found)

    monkeypatch.setattr(os, "scandir", scandir)
    assert folder_of(base).paths() == []
    assert swapped


def test_a_link_to_what_must_stay_hidden_leads_elsewhere(base: Path) -> None:
    (base.parent / "two").mkdir()
    (base.parent / "two" / ".env").write_text("secret")
    (base / "a").symlink_to("../two/.env")
    (base / "b").symlink_to("../two")
    folder = DiskFolder(base, base.parent, frozenset(), lambda path: path == "two/.env")
    for path in ("a", "b/.env"):
        entry = folder.entry(path)
        assert entry is not None
        assert entry.kind is Kind.IGNORED
        with pytest.raises(Unreadable):
            folder.read(path)
    assert folder_of(base).read("a") == b"secret"


def test_a_boundary_that_the_folder_is_not_in_leaves_nothing_to_read(base: Path, tmp_path: Path) -> None:
    (base / "x").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    folder = DiskFolder(base, tmp_path / "elsewhere", frozenset())
    assert folder.paths() == []
    with pytest.raises(Unreadable):
        folder.read("x")


def test_a_folder_of_great_depth_is_one_path_and_not_looked_into(base: Path) -> None:
    deep = "/".join(["a"] * (DEEPEST + 1))
    (base / deep / "b").mkdir(parents=True)
    (base / deep / "b" / "file").touch()
    (base / "a" / "file").touch()
    assert folder_of(base).paths() == [deep, "a/file"]
    assert folder_of(base).irregular() == [deep]
