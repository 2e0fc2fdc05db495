"""The store in a folder."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.store import local
from seatrial.release.store.local import FolderStore
from support.dying import Killed, dying


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def read(store: FolderStore, key: str) -> bytes | None:
    found = store.get(key)
    return found.data if found else None


def left_over(store: FolderStore) -> list[str]:
    """Return the files that are not objects."""
    files = {path.relative_to(store.base).as_posix() for path in store.base.rglob("*") if path.is_file()}
    return sorted(files - set(store.keys()))


@pytest.mark.parametrize(
    "key",
    [
        "../out.json",
        "jira/../../out.json",
        "/etc/passwd",
        "jira//spec.json",
        "jira/",
        "./index.json",
        "jira/..",
        "",
        "a b",
        "jira\\spec.json",
        "jira\n",
        "jira/\0",
        ".seatrial-lock",
        ".seatrial-part",
    ],
)
def test_an_invalid_key_is_refused_for_reading_and_writing(store: FolderStore, key: str) -> None:
    for act in (lambda: store.get(key), lambda: store.create(key, b""), lambda: store.put(key, b"")):
        with pytest.raises(ServiceError, match="is not a key below"):
            act()
    assert store.keys() == []


def test_a_link_to_a_folder_is_not_followed(store: FolderStore, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "spec.json").write_text("secret")
    store.base.mkdir()
    (store.base / "jira").symlink_to(outside)
    for act in (lambda: store.get("jira/spec.json"), lambda: store.put("jira/spec.json", b"{}")):
        with pytest.raises(ServiceError, match=r"store/jira is a link, and nothing is kept behind links"):
            act()
    assert (outside / "spec.json").read_text() == "secret"
    assert store.keys() == []


def test_a_link_to_a_file_is_not_read_and_writing_replaces_the_link(
    store: FolderStore, tmp_path: Path
) -> None:
    outside = tmp_path / "secret"
    outside.write_text("secret")
    store.base.mkdir()
    (store.base / "index.json").symlink_to(outside)
    with pytest.raises(ServiceError, match=r"index\.json cannot be read: too many levels of symbolic links"):
        store.get("index.json")
    store.put("index.json", b"[]")
    assert (outside.read_text(), read(store, "index.json")) == ("secret", b"[]")


@pytest.mark.parametrize("name", [".seatrial-lock", ".seatrial-part"])
def test_links_instead_of_the_stores_own_files_are_not_followed(
    store: FolderStore, tmp_path: Path, name: str
) -> None:
    outside = tmp_path / "mine"
    outside.write_text("mine")
    store.base.mkdir()
    (store.base / name).symlink_to(outside)
    with pytest.raises(ServiceError, match=f"{name} is a link, and nothing is kept behind links"):
        store.put("index.json", b"[]")
    assert outside.read_text() == "mine"


def test_a_pipe_is_not_waited_for(store: FolderStore) -> None:
    store.base.mkdir()
    os.mkfifo(store.base / "index.json")
    with pytest.raises(ServiceError, match="not a regular file"):
        store.get("index.json")


def test_a_folder_at_a_key_is_not_an_object(store: FolderStore) -> None:
    store.put("jira/spec.json", b"{}")
    with pytest.raises(ServiceError, match="jira cannot be read: not a regular file"):
        store.get("jira")
    assert store.get("jira/spec.json/more") is None
    with pytest.raises(ServiceError, match="cannot be written"):
        store.put("jira/spec.json/more", b"")


def test_only_keys_are_listed(store: FolderStore) -> None:
    store.put("jira/spec.json", b"{}")
    (store.base / "a b.txt").write_text("")
    assert store.keys() == ["jira/spec.json"]
    assert left_over(store) == [".seatrial-lock", "a b.txt"]


@pytest.mark.parametrize("torn", [False, True])
def test_killed_at_any_call_of_the_system_an_object_is_the_old_or_the_new_one(
    tmp_path: Path, torn: bool
) -> None:
    for at in range(1, 20):
        store = FolderStore(tmp_path / f"{torn}-{at}")
        store.put("index.json", b"old")
        with dying(at, torn) as called:
            try:
                done = store.replace("index.json", b"new", store.get("index.json").etag)  # type: ignore[union-attr]
            except Killed:
                done = False
        assert read(store, "index.json") in ((b"new",) if done else (b"old", b"new"))
        store.put("jira/1.0.0/spec.json", b"next")
        assert store.keys() == ["index.json", "jira/1.0.0/spec.json"]
        assert left_over(store) == [".seatrial-lock"]
        if done:
            assert called.count("replace") == 1
            return
    pytest.fail("it was never finished")


def test_a_full_disk_is_reported_and_the_object_is_unchanged(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("index.json", b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ServiceError, match=r"index\.json cannot be written: no space left on device"):
        store.put("index.json", b"new")
    monkeypatch.undo()
    assert read(store, "index.json") == b"old"
    assert store.keys() == ["index.json"]


def test_a_file_instead_of_the_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(ServiceError, match="store cannot be written: file exists"):
        FolderStore(tmp_path / "store").put("index.json", b"")


def test_an_unlistable_folder_is_reported_and_not_taken_for_empty(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("jira/1.0.0/spec.json", b"{}")
    scan = os.scandir

    def guarded(path: str) -> object:
        if str(path).endswith("1.0.0"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.raises(ServiceError, match=r"1\.0\.0 cannot be read: permission denied"):
        store.keys("jira/")


def test_a_lock_that_another_program_keeps_is_reported(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("index.json", b"[]")
    monkeypatch.setattr(local, "LOCK_SECONDS", 0.05)
    with (store.base / ".seatrial-lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ServiceError, match=r"\.seatrial-lock is held by another program"):
            store.put("index.json", b"{}")
    store.put("index.json", b"{}")


def test_an_object_that_is_too_large_is_not_read(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("index.json", b"x" * 11)
    monkeypatch.setattr(local, "MAX_BYTES", 10)
    with pytest.raises(ServiceError, match="11 bytes; files over 10 bytes are not read"):
        store.get("index.json")
