"""Files are written whole or not at all, and nothing but files is replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system.atomic import append, replace_file, write_whole


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


def test_a_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    write_whole(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "text"


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
def test_a_file_that_cannot_be_filled_leaves_the_old_one(tmp_path: Path, beside: str | None) -> None:
    place = tmp_path / "x"
    place.write_text("old")

    def fail(file: object) -> None:
        raise OSError("no more space")

    with pytest.raises(ServiceError, match="x cannot be written: no more space"):
        replace_file(place, fail, beside=tmp_path / beside if beside else None)
    assert (place.read_text(), os.listdir(tmp_path)) == ("old", ["x"])
