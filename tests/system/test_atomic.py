"""Files are written whole or not at all, and nothing but files is replaced."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system import beneath
from seatrial.system.atomic import append, replace_file, write_tree, write_whole
from support.paths import SOURCES

PATHS = {"PATH": os.environ["PATH"]}


def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    place = tmp_path / "x"
    place.write_text("old")
    place.chmod(0o640)
    write_whole(place, "new\r\n")
    assert (place.read_bytes(), place.stat().st_mode & 0o777) == (b"new\r\n", 0o640)
    assert os.listdir(tmp_path) == ["x"]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, "text")
    assert os.read(reading, 99) == b"text"
    assert pipe.is_fifo()
    os.close(reading)


def the_file_itself(root: Path, outside: Path) -> Path:
    (root / "x").symlink_to(outside / "canary")
    return root / "x"


def a_file_still_to_come(root: Path, outside: Path) -> Path:
    (root / "x").symlink_to(outside / "new")
    return root / "x"


def a_device(root: Path, outside: Path) -> Path:
    (root / "x").symlink_to("/dev/null")
    return root / "x"


def a_folder_on_the_way(root: Path, outside: Path) -> Path:
    (root / "a").symlink_to(outside)
    return root / "a" / "canary"


def a_folder_on_the_way_within(root: Path, outside: Path) -> Path:
    (root / "real").mkdir()
    (root / "a").symlink_to("real")
    return root / "a" / "x"


def the_way_back(root: Path, outside: Path) -> Path:
    """A path whose text is below the root, and whose `..` is that of a folder outside."""
    (root / "a").symlink_to(outside / "deep")
    return root / "a" / ".." / "canary"


def a_way_in_from_outside(root: Path, outside: Path) -> Path:
    (outside / "in").symlink_to(root)
    (root / "a").symlink_to(outside)
    return outside / "in" / "a" / "canary"


LINKS = [
    the_file_itself,
    a_file_still_to_come,
    a_device,
    a_folder_on_the_way,
    a_folder_on_the_way_within,
    the_way_back,
    a_way_in_from_outside,
]


@pytest.fixture
def trap(tmp_path: Path) -> tuple[Path, Path]:
    """A folder that somebody else can put links into, and one outside with a canary."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    (outside / "deep").mkdir(parents=True)
    (outside / "canary").write_text("alive")
    return root, outside


@pytest.mark.parametrize("write", [write_whole, append], ids=["whole", "append"])
@pytest.mark.parametrize("plant", LINKS)
def test_nothing_is_written_through_a_link_below_the_root(
    trap: tuple[Path, Path], plant: Callable[[Path, Path], Path], write: Callable[..., None]
) -> None:
    root, outside = trap
    place = plant(root, outside)
    before = sorted(outside.iterdir())
    with pytest.raises(ServiceError, match=r"is a link to .*; remove the link, or name another place"):
        write(place, "text", root=root)
    assert (outside / "canary").read_text() == "alive"
    assert sorted(outside.iterdir()) == before


def test_folders_and_whole_trees_are_not_made_through_a_link(trap: tuple[Path, Path]) -> None:
    root, outside = trap
    (root / "a").symlink_to(outside)
    with pytest.raises(ServiceError, match="is a link to"):
        write_whole(root / "a" / "b" / "c", "text", root=root, make=True)
    with pytest.raises(ServiceError, match="is a link to"):
        write_tree(root / "a" / "b", {"c": b"text"}, root=root)
    assert sorted(os.listdir(outside)) == ["canary", "deep"]


def test_a_link_at_the_place_itself_is_refused_everywhere(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(ServiceError, match='it is a link to "file"'):
        write_whole(tmp_path / "link", "text")
    assert os.listdir(tmp_path) == ["link"]


def test_folders_outside_the_root_may_be_links_and_the_root_as_well(tmp_path: Path) -> None:
    (tmp_path / "disk" / "root").mkdir(parents=True)
    (tmp_path / "link").symlink_to("disk")
    for root in (tmp_path / "link" / "root", tmp_path / "disk" / "root"):
        write_whole(tmp_path / "link" / "root" / "x", "1", root=root)
        write_whole(tmp_path / "link" / "x", "2", root=root)
        write_whole(tmp_path / "link" / "root" / "a" / "b" / "x", "3", root=root, make=True)
    assert (tmp_path / "disk" / "root" / "x").read_text() == "1"
    assert (tmp_path / "disk" / "x").read_text() == "2"
    assert (tmp_path / "disk" / "root" / "a" / "b" / "x").read_text() == "3"


def swap(folder: Path, outside: Path) -> None:
    folder.rename(folder.with_name("moved"))
    folder.symlink_to(outside)


def test_a_link_that_appears_after_the_check_leads_nowhere(
    trap: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, outside = trap
    (root / "a").mkdir()
    checked = beneath.position
    swapped = []

    def then_swapped(*arguments: str) -> str | None:
        found = checked(*arguments)
        if not swapped:
            swapped.append(swap(root / "a", outside))
        return found

    monkeypatch.setattr(beneath, "position", then_swapped)
    with pytest.raises(ServiceError, match="cannot be written"):
        write_whole(root / "a" / "canary", "text", root=root)
    assert swapped
    assert (outside / "canary").read_text() == "alive"


def test_a_link_that_appears_while_the_file_is_written_is_replaced(trap: tuple[Path, Path]) -> None:
    root, outside = trap

    def fill(file: IO[bytes]) -> None:
        (root / "x").symlink_to(outside / "canary")
        swap(root, outside)
        file.write(b"text")

    replace_file(root / "x", fill, root=root)
    assert (outside / "canary").read_text() == "alive"
    assert (root.with_name("moved") / "x").read_bytes() == b"text"
    assert not (root.with_name("moved") / "x").is_symlink()


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_an_open_stream_is_written_where_it_stands(tmp_path: Path, name: str) -> None:
    code = f"import pathlib; from seatrial.system.atomic import *; write_whole(pathlib.Path({name!r}), 'new')"
    (tmp_path / "file").write_text("old ")
    for target in (">> file", "| cat > pipe"):
        shell = f'{sys.executable} -c "{code}" {target}'
        subprocess.run(shell, shell=True, cwd=tmp_path, env={"PYTHONPATH": str(SOURCES), **PATHS}, check=True)
    assert ((tmp_path / "file").read_text(), (tmp_path / "pipe").read_text()) == ("old new", "new")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this machine has no /dev/full")
def test_a_full_device_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="/dev/full cannot be written: no space left on device"):
        write_whole(Path("/dev/full"), "text")


def test_a_tree_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="cannot be written"):
        write_tree(tmp_path / "x", {"a": b"1", "a/b": b"2"})
    assert os.listdir(tmp_path) == []
    write_tree(tmp_path / "x", {"a/b": b"2", "c": b"3"})
    assert (tmp_path / "x" / "a" / "b").read_bytes() == b"2"
    with pytest.raises(ServiceError, match="cannot be written"):
        write_tree(tmp_path / "x", {"a": b"1"})
    assert sorted(os.listdir(tmp_path / "x")) == ["a", "c"]


@pytest.mark.parametrize("place", [".", "nowhere/x", "a\0b", "x" * 300])
def test_a_place_that_takes_no_file_is_named_and_nothing_is_left(tmp_path: Path, place: str) -> None:
    for write in (write_whole, append):
        with pytest.raises(ServiceError, match="cannot be written"):
            write(tmp_path / place, "text")
    assert list(tmp_path.iterdir()) == []


def test_text_is_added_to_the_end(tmp_path: Path) -> None:
    append(tmp_path / "x", "a")
    append(tmp_path / "x", "b")
    assert (tmp_path / "x").read_text() == "ab"


def test_a_file_is_filled_beside_its_place(tmp_path: Path) -> None:
    place = tmp_path / "x"
    replace_file(place, lambda file: file.write(b"1"), mode=0o600)
    replace_file(place, lambda file: file.write(b"2"), beside=tmp_path / "part", durable=False)
    assert (place.read_bytes(), place.stat().st_mode & 0o777, os.listdir(tmp_path)) == (b"2", 0o644, ["x"])


@pytest.mark.parametrize("beside", [None, "part"])
@pytest.mark.parametrize("failure", [OSError("no more space"), KeyboardInterrupt()])
def test_a_file_that_cannot_be_filled_leaves_the_old_one(
    tmp_path: Path, beside: str | None, failure: BaseException
) -> None:
    place = tmp_path / "x"
    place.write_text("old")

    def fail(file: IO[bytes]) -> None:
        file.write(b"half")
        raise failure

    refused = ServiceError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(refused, match=r"x cannot be written: no more space|^$"):
        replace_file(place, fail, beside=tmp_path / beside if beside else None)
    assert (place.read_text(), os.listdir(tmp_path)) == ("old", ["x"])
