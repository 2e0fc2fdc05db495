"""Several files change together or not at all, wherever the process dies and whatever the disk refuses."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system.transaction import BESIDE, DRAFT, RECORD, FileEdit, alone, change_all, finish
from support.dying import Killed, dying

BEFORE = {
    "a/version": b"1\n",
    "a/log": b"old\n",
    "a/waiting/one": b"1",
    "a/waiting/two": b"2",
    "b/version": b"5\n",
}
AFTER = {"a/version": b"2\n", "a/log": b"new\nold\n", "b/version": b"6\n", "b/new/notes": b"hello\n"}
CHANGES = [
    FileEdit(path, BEFORE.get(path), AFTER.get(path))
    for path in sorted({*BEFORE, *AFTER})
    if BEFORE.get(path) != AFTER.get(path)
]


def put(root: Path, files: dict[str, bytes] = BEFORE) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def tree(root: Path) -> dict[str, bytes]:
    """Every file, and every folder that is empty."""
    found = {}
    for folder, folders, names in os.walk(root):
        place = Path(folder)
        found.update({str((place / name).relative_to(root)): (place / name).read_bytes() for name in names})
        if not folders and not names and place != root:
            found[str(place.relative_to(root))] = b"an empty folder"
    return found


def steps_of(root: Path) -> list[str]:
    put(root)
    with dying(10**9) as called:
        change_all(root, CHANGES)
    return called


def count_of_steps(root: Path) -> int:
    return len(steps_of(root))


def test_all_files_change_and_nothing_else_is_left(tmp_path: Path) -> None:
    change_all(put(tmp_path), CHANGES)
    assert tree(tmp_path) == AFTER


@pytest.mark.parametrize("torn", [False, True], ids=["clean", "torn"])
def test_a_process_that_dies_anywhere_leaves_all_or_nothing_after_the_next_run(
    tmp_path: Path, torn: bool
) -> None:
    outcomes = []
    for at in range(1, count_of_steps(tmp_path / "whole") + 1):
        root = put(tmp_path / f"{at}")
        with pytest.raises(Killed), dying(at, torn):
            change_all(root, CHANGES)
        finish(root)
        assert tree(root) in (BEFORE, AFTER), at
        outcomes.append(tree(root) == AFTER)
        assert finish(root) is False
    assert outcomes == sorted(outcomes), "once the changes count they are never lost again"
    assert len(set(outcomes)) == 2
    assert len(outcomes) > 30


def test_a_process_that_dies_while_it_finishes_is_finished_by_the_next(tmp_path: Path) -> None:
    for at in range(1, count_of_steps(tmp_path / "whole") + 1):
        root = put(tmp_path / f"{at}")
        for again in range(at, 0, -7):
            with suppress(Killed), dying(again):
                change_all(root, CHANGES) if again == at else finish(root)
        finish(root)
        assert tree(root) in (BEFORE, AFTER)


def test_a_run_that_died_is_finished_before_other_changes_begin(tmp_path: Path) -> None:
    total = count_of_steps(tmp_path / "whole")
    root = put(tmp_path / "tree")
    with pytest.raises(Killed), dying(total):
        change_all(root, CHANGES)
    change_all(root, [FileEdit("a/version", b"2\n", b"3\n")])
    assert tree(root) == AFTER | {"a/version": b"3\n"}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_while_changes_are_prepared_is_named_and_nothing_changed(
    tmp_path: Path, code: int
) -> None:
    def refused() -> BaseException:
        return OSError(code, os.strerror(code))

    root = put(tmp_path)
    for name in ("open", "fsync", "replace", "fchmod", "mkdir"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, name, _failing(name, refused()))
            with pytest.raises(ServiceError, match=f"cannot be written: {os.strerror(code).lower()}") as told:
                change_all(root, CHANGES)
        assert str(told.value).endswith("; nothing was changed")
        assert "\n" not in str(told.value)
        assert tree(root) == BEFORE


def _failing(name: str, failure: BaseException) -> Callable[..., object]:
    """The call, which fails wherever something would be written."""
    real = getattr(os, name)

    def call(*arguments: object, **more: object) -> object:
        if name != "open" or (
            len(arguments) > 1 and isinstance(arguments[1], int) and arguments[1] & os.O_CREAT
        ):
            raise failure
        return real(*arguments, **more)

    return call


def test_a_disk_that_refuses_later_says_how_to_go_on(tmp_path: Path) -> None:
    root = put(tmp_path)
    calls = []

    def replace(source: str, to: str, **folders: int) -> None:
        calls.append(to)
        if len(calls) == 3:
            raise OSError(errno.EIO, "Input/output error")
        os.rename(source, to, **folders)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(ServiceError, match="type it again to finish what was begun"):
            change_all(root, CHANGES)
    assert finish(root) is True
    assert tree(root) == AFTER


def test_a_file_that_was_changed_since_the_changes_were_made_up_stays(tmp_path: Path) -> None:
    root = put(tmp_path)
    (root / "b/version").write_bytes(b"by hand\n")
    with pytest.raises(
        ServiceError, match="b/version was changed meanwhile; type it again; nothing was changed"
    ):
        change_all(root, CHANGES)
    assert tree(root) == BEFORE | {"b/version": b"by hand\n"}


def test_a_file_that_was_changed_since_a_run_broke_off_is_not_overwritten(tmp_path: Path) -> None:
    committed = steps_of(tmp_path / "whole").index("replace") + 1
    root = put(tmp_path / "tree")
    with pytest.raises(Killed), dying(committed + 1):
        change_all(root, CHANGES)
    (root / "a/log").write_bytes(b"by hand\n")
    with pytest.raises(
        ServiceError, match=f"a/log was changed since .* delete .*{RECORD} to keep all as it is"
    ):
        finish(root)
    assert (root / "a/log").read_bytes() == b"by hand\n"


def test_files_keep_their_modes_and_new_ones_can_be_read(tmp_path: Path) -> None:
    root = put(tmp_path)
    (root / "a/version").chmod(0o750)
    change_all(root, CHANGES)
    assert (root / "a/version").stat().st_mode & 0o777 == 0o750
    assert (root / "b/new/notes").stat().st_mode & 0o777 == 0o644


def test_a_link_within_the_tree_stays_and_its_file_is_written(tmp_path: Path) -> None:
    root = put(tmp_path)
    (root / "link").symlink_to("a/version")
    change_all(root, [FileEdit("link", b"1\n", b"2\n")])
    assert (root / "link").is_symlink()
    assert (root / "a/version").read_bytes() == b"2\n"


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("link", b"new"),
        ("gone", b"new"),
        ("folder/file", b"new"),
        ("folder/file", None),
        ("../outside/file", b"new"),
        ("../outside/file", None),
        (".git/config", b"new"),
        (".git/config", None),
        ("a/\0", b"new"),
    ],
)
def test_nothing_out_of_the_tree_or_in_git_is_touched(tmp_path: Path, path: str, after: bytes | None) -> None:
    root, outside = put(tmp_path / "tree", {".git/config": b"x"}), put(tmp_path / "outside", {"file": b"x"})
    (root / "link").symlink_to(outside / "file")
    (root / "folder").symlink_to(outside)
    (root / "gone").symlink_to(outside / "new")
    with pytest.raises(ServiceError, match="nothing was changed"):
        change_all(root, [FileEdit(path, None if path == "gone" else b"x", after)])
    assert tree(outside) == {"file": b"x"}
    assert sorted(os.listdir(root)) == [".git", "folder", "gone", "link"]
    assert (root / ".git/config").read_bytes() == b"x"


def test_removing_a_link_leaves_its_file(tmp_path: Path) -> None:
    root = put(tmp_path)
    (root / "link").symlink_to("a/version")
    change_all(root, [FileEdit("link", b"1\n", None)])
    assert tree(root) == BEFORE


def test_two_names_of_one_file_are_refused(tmp_path: Path) -> None:
    root = put(tmp_path)
    (root / "link").symlink_to("a/version")
    with pytest.raises(ServiceError, match="the same one behind a link; nothing was changed"):
        change_all(root, [FileEdit("link", b"1\n", b"2\n"), FileEdit("a/version", b"1\n", b"3\n")])
    assert (root / "a/version").read_bytes() == b"1\n"


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{",
        b"[1]",
        b'{"a": 1}',
        b'[{"path": 1, "beside": null, "before": null, "after": null}]',
        b'[{"path": "../x", "beside": null, "before": null, "after": null}]',
        b'[{"path": "/etc/x", "beside": null, "before": null, "after": null}]',
        b'[{"path": ".git/x", "beside": null, "before": null, "after": null}]',
        b'[{"path": "a/x", "beside": "b/.seatrial-1", "before": null, "after": null}]',
        b'[{"path": "a/x", "beside": "a/version", "before": null, "after": null}]',
        b"[" * 100_000,
    ],
)
def test_a_record_that_is_none_is_named_and_a_draft_that_is_none_goes(tmp_path: Path, record: bytes) -> None:
    root = put(tmp_path)
    (root / DRAFT).write_bytes(record)
    assert finish(root) is False
    assert tree(root) == BEFORE
    (root / RECORD).write_bytes(record)
    with pytest.raises(ServiceError, match=f"{RECORD} .*delete it"):
        finish(root)
    assert tree(root) == BEFORE | {RECORD: record}


def test_what_waits_lies_beside_its_file_until_it_counts(tmp_path: Path) -> None:
    root = put(tmp_path)
    with pytest.raises(Killed), dying(count_of_steps(tmp_path / "whole") // 2):
        change_all(root, CHANGES)
    waiting = [path for path in tree(root) if path.rpartition("/")[2].startswith(BESIDE)]
    recorded = json.loads((root / (DRAFT if DRAFT in waiting else RECORD)).read_bytes())["steps"]
    assert {row["beside"] for row in recorded if row["beside"]} >= {path for path in waiting if "/" in path}


def test_only_one_run_changes_a_tree_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(ServiceError, match="another run"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_a_record_that_came_with_a_commit_is_none(tmp_path: Path) -> None:
    """It can state anything but the number of the folder it is checked out into."""
    root = put(tmp_path / "tree")
    with pytest.raises(Killed), dying(steps_of(tmp_path / "whole").index("replace") + 2):
        change_all(root, CHANGES)
    copy = put(tmp_path / "copy", tree(root))
    with pytest.raises(ServiceError, match=f"{RECORD} is not a record of changes; delete it"):
        finish(copy)
    assert finish(root) is True


@pytest.mark.parametrize("when", ["open", "replace", "fsync"])
def test_a_folder_that_becomes_a_link_meanwhile_is_not_written_through(tmp_path: Path, when: str) -> None:
    """Whichever call it comes before, nothing outside changes, and what is inside changes as a whole or not."""
    for at in range(1, 99, 4) if when == "open" else range(1, steps_of(tmp_path / "whole").count(when) + 1):
        root, outside = put(tmp_path / f"tree-{at}"), put(tmp_path / f"outside-{at}", {"version": b"1\n"})
        real, calls = getattr(os, when), []

        def swapping(
            *arguments: Any,
            root: Path = root,
            outside: Path = outside,
            real: Callable[..., Any] = real,
            calls: list[int] = calls,
            at: int = at,
            **more: Any,
        ) -> Any:
            calls.append(1)
            if len(calls) == at:
                (root / "a").rename(root / "moved")
                (root / "a").symlink_to(outside)
            return real(*arguments, **more)

        with pytest.MonkeyPatch.context() as patch, suppress(ServiceError):
            patch.setattr(os, when, swapping)
            change_all(root, CHANGES)
        assert tree(outside) == {"version": b"1\n"}, at


def test_no_changes_leave_no_record(tmp_path: Path) -> None:
    change_all(tmp_path, [])
    assert list(tmp_path.iterdir()) == []
