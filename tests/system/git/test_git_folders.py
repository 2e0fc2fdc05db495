"""Folders as they were in a commit, read like those on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import Unreadable
from seatrial.core.model import Entry, Kind
from seatrial.system import git
from seatrial.system.folder import MAX_BYTES, DiskFolder
from seatrial.system.git import files
from support.repositories import commit, put, start
from support.repositories import git as say

FILES = {"one/a": "1", "one/d/e": "2", "one/.port/spec.yaml": "x", "two/b": "3", "root": "4"}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return start(tmp_path / "repo")


def test_a_folder_is_as_it_was_and_not_as_it_is(repository: Path) -> None:
    base = commit(repository, FILES)
    put(repository, {"one/a": "changed", "one/new": ""})
    folder = git.folder_at(repository, base, "one")
    assert folder.paths() == [".port/spec.yaml", "a", "d/e"]
    assert folder.read("a") == b"1"


def test_it_answers_as_the_disk_does(repository: Path) -> None:
    put(repository, FILES)
    for link, target in {
        "l": "a",
        "up": "../two/b",
        "out": "/etc",
        "lost": "x/y",
        "loop": "loop",
        "dir": "d",
    }.items():
        (repository / "one" / link).symlink_to(target)
    base = commit(repository)
    kept, disk = (
        git.folder_at(repository, base, "one"),
        DiskFolder(repository / "one", repository / "one", None),
    )
    assert kept.paths() == disk.paths()
    assert kept.irregular() == disk.irregular()
    for path in [*disk.paths(), "", "d", "nothing", "a/b", "../two/b", "/etc/passwd"]:
        here, there = kept.entry(path), disk.entry(path)
        if path in ("../two/b", "/etc/passwd"):
            assert here is None
        elif here and here.kind is Kind.FOLDER:
            assert there and there.kind is Kind.FOLDER and here.target == there.target
        else:
            assert here == there, path


def test_a_link_is_read_inside_and_never_followed_outside(repository: Path) -> None:
    put(repository, FILES)
    (repository / "one" / "in").symlink_to("d/../a")
    (repository / "one" / "out").symlink_to("../two/b")
    folder = git.folder_at(repository, commit(repository), "one")
    assert folder.read("in") == b"1"
    assert folder.entry("out") == Entry(Kind.ESCAPING, 0, "../two/b")
    with pytest.raises(Unreadable):
        folder.read("out")


@pytest.mark.parametrize("path", ["nothing", "d", "", "../root", "-x"])
def test_what_is_no_file_cannot_be_read(repository: Path, path: str) -> None:
    folder = git.folder_at(repository, commit(repository, FILES), "one")
    with pytest.raises(Unreadable, match="not a file that can be read"):
        folder.read(path)


def test_a_file_that_is_too_large_is_not_read(repository: Path) -> None:
    base = commit(repository, {"one/big": "x" * (MAX_BYTES + 1)})
    [folder] = git.folders_at(repository, base, ["one"], soon=lambda path: True).values()
    assert folder.entry("big") == Entry(Kind.FILE, MAX_BYTES + 1)
    with pytest.raises(Unreadable, match="files over 8,388,608 bytes are not read"):
        folder.read("big")


def test_a_folder_that_was_not_there_is_empty(repository: Path) -> None:
    base = commit(repository, FILES)
    assert git.folder_at(repository, base, "new").paths() == []


def test_the_root_and_folders_in_it_can_be_had_at_once(repository: Path) -> None:
    base = commit(repository, FILES)
    found = git.folders_at(repository, base, ["", "one", "one/d", "two"])
    assert {path: len(folder.paths()) for path, folder in found.items()} == {
        "": 5,
        "one": 3,
        "one/d": 1,
        "two": 1,
    }


def test_names_that_begin_alike_are_kept_apart(repository: Path) -> None:
    base = commit(repository, {"jira/a": "1", "jira-server/b": "2", "[j]/c": "3"})
    found = git.folders_at(repository, base, ["jira", "jira-server", "[j]"])
    assert {path: folder.paths() for path, folder in found.items()} == {
        "jira": ["a"], "jira-server": ["b"], "[j]": ["c"],
    }  # fmt: skip


def test_what_is_wanted_soon_is_read_with_one_call_and_the_rest_when_asked_for(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = commit(
        repository, {f"n{number}/{name}": f"{name}{number}" for number in range(5) for name in "ab"}
    )
    calls = []
    real = files.contents
    monkeypatch.setattr(files, "contents", lambda root, blobs: calls.append(1) or real(root, blobs))
    found = git.folders_at(
        repository, base, [f"n{number}" for number in range(5)], soon=lambda path: path == "a"
    )
    assert [found[f"n{number}"].read("a") for number in range(5)] == [b"a0", b"a1", b"a2", b"a3", b"a4"]
    assert len(calls) == 1
    assert found["n3"].read("b") == found["n3"].read("b") == b"b3"
    assert len(calls) == 2


def test_a_submodule_is_not_there(repository: Path) -> None:
    made = commit(repository, FILES)
    say(repository, "update-index", "--add", "--cacheinfo", f"160000,{made},one/lib")
    say(repository, "commit", "-q", "-m", "x")
    assert git.folder_at(repository, "HEAD", "one").entry("lib") is None


def test_a_file_is_read_with_those_beside_it(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = commit(repository, {**FILES, "one/b": "6", "one/big": "x" * files.TOGETHER})
    folder = git.folder_at(repository, base, "one")
    assert folder.read("a") == b"1"
    monkeypatch.setattr(files, "must", lambda *_, **__: pytest.fail("git is asked again"))
    assert folder.read("b") == b"6"
    for apart in ("d/e", "big"):
        with pytest.raises(pytest.fail.Exception):
            folder.read(apart)


def test_a_file_is_read_where_a_partial_clone_lacks_one_beside_it(repository: Path) -> None:
    base = commit(repository, FILES)
    put(repository, {"one/b": "elsewhere"})
    commit(repository)
    lost = say(repository, "rev-parse", "HEAD:one/b")
    (repository / ".git/objects" / lost[:2] / lost[2:]).unlink()
    folder = git.folder_at(repository, "HEAD", "one")
    assert folder.read("a") == b"1"
    with pytest.raises(Unreadable, match="is missing"):
        folder.read("b")
    assert git.folder_at(repository, base, "one").paths() == [".port/spec.yaml", "a", "d/e"]
