"""The files of a commit, as git keeps them and nothing else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.system import git
from support.repositories import DAY, commit, put, start
from support.repositories import git as say


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return start(tmp_path / "repo")


def exported(root: Path, rev: str = "HEAD") -> Path:
    place = root.parent / "out" / "there"
    git.export(root, rev, place)
    return place


def listed(place: Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*"))


def fed(root: Path, text: str, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], input=text.encode(), capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def test_the_files_of_the_commit_are_written_and_not_those_of_the_work_tree(repository: Path) -> None:
    commit(repository, {"a/b": "1", "c": "2", "odd\nname": "3", "empty": ""})
    put(repository, {"c": "changed", "new": ""})
    place = exported(repository)
    assert listed(place) == ["a", "a/b", "c", "empty", "odd\nname"]
    assert (place / "c").read_text() == "2"


def test_an_earlier_commit_can_be_had_and_a_folder_alone(repository: Path) -> None:
    before = commit(repository, {"sub/a": "1", "b": "1"})
    commit(repository, {"sub/a": "2", "sub/c": "1"})
    place = exported(repository / "sub", before)
    assert listed(repository.parent / "repo" / "out" / "there") == listed(place) == ["a"]


def test_attributes_and_filters_change_and_drop_nothing(repository: Path) -> None:
    rules = "dropped export-ignore\nfilled export-subst\n* text eol=crlf\nfiltered filter=f\nnamed ident\n"
    texts = {"dropped": "1\n", "filled": "$Format:%H$\n", "filtered": "2\n", "named": "$Id$\n"}
    say(repository, "config", "filter.f.clean", "cat")
    commit(repository, {".gitattributes": rules, **texts})
    for key, value in (
        ("filter.f.smudge", "touch ran"),
        ("filter.f.required", "true"),
        ("core.autocrlf", "true"),
    ):
        say(repository, "config", key, value)
    place = exported(repository)
    assert {path: (place / path).read_bytes().decode() for path in texts} == texts
    assert not (repository / "ran").exists()


def test_modes_times_and_links_are_those_of_the_commit(repository: Path) -> None:
    put(repository, {"run": "#!", "plain": "", "d/e": ""})
    (repository / "run").chmod(0o755)
    (repository / "link").symlink_to("/etc/passwd")
    (repository / "d" / "up").symlink_to("../plain")
    commit(repository)
    old = os.umask(0o077)
    try:
        place = exported(repository)
    finally:
        os.umask(old)
    modes = {name: oct((place / name).lstat().st_mode & 0o777) for name in ("run", "plain", "d")}
    assert modes == {"run": "0o755", "plain": "0o644", "d": "0o755"}
    assert (os.readlink(place / "link"), os.readlink(place / "d" / "up")) == ("/etc/passwd", "../plain")
    assert {path.lstat().st_mtime for path in (place, *place.rglob("*"))} == {DAY}


def test_a_submodule_is_an_empty_folder(repository: Path) -> None:
    made = commit(repository, {"a": "1"})
    say(repository, "update-index", "--add", "--cacheinfo", f"160000,{made},lib/other")
    say(repository, "commit", "-q", "-m", "with a submodule")
    assert listed(exported(repository)) == ["a", "lib", "lib/other"]


@pytest.mark.parametrize("name", ["..", ".git", ".GIT", ".", ".g\u200cit"])
def test_a_path_that_leads_elsewhere_is_refused_and_nothing_written(repository: Path, name: str) -> None:
    file = fed(repository, "evil", "hash-object", "-w", "--stdin")
    inner = fed(repository, f"100644 blob {file}\tevil\n", "mktree")
    tree = fed(repository, f"040000 tree {inner}\t{name}\n", "mktree")
    made = say(repository, "commit-tree", "-m", "x", tree)
    with pytest.raises(ServiceError, match="which leads elsewhere; take it out"):
        exported(repository, made)
    assert not (repository.parent / "out").exists()


def test_nothing_is_written_through_a_link(repository: Path) -> None:
    target, file = (
        fed(repository, text, "hash-object", "-w", "--stdin") for text in (str(repository), "evil")
    )
    inner = fed(repository, f"100644 blob {file}\tevil\n", "mktree")
    tree = fed(repository, f"120000 blob {target}\ta\n040000 tree {inner}\ta\n", "mktree")
    with pytest.raises(ServiceError, match="cannot be written"):
        exported(repository, say(repository, "commit-tree", "-m", "x", tree))
    assert not (repository / "evil").exists()


def test_a_folder_that_is_there_is_left_alone(repository: Path) -> None:
    commit(repository, {"a": "1"})
    place = repository.parent / "out" / "there"
    place.mkdir(parents=True)
    with pytest.raises(ServiceError, match=r"there cannot be written: file exists"):
        git.export(repository, "HEAD", place)


def test_an_unknown_commit_is_wrong_use(repository: Path) -> None:
    commit(repository, {"a": "1"})
    with pytest.raises(UsageError, match='git knows no commit "nothing"'):
        exported(repository, "nothing")


def test_a_file_that_git_has_lost_is_told(repository: Path) -> None:
    commit(repository, {"a": "1"})
    lost = say(repository, "rev-parse", "HEAD:a")
    (repository / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(ServiceError, match=r"git|missing"):
        exported(repository)
