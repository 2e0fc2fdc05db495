"""The inventory of an environment: what is found out before it is used."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from seatrial.lint.environments import inventory

MODULE, SIZE = "lib/black/__init__.py", 20


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A small environment with its inventory beside it."""
    place = tmp_path / "made"
    (place / "lib" / "black").mkdir(parents=True)
    (place / MODULE).write_text("x" * SIZE)
    (place / "bin").mkdir()
    (place / "bin" / "black").write_text("#!/bin/sh\n")
    (place / "bin" / "black").chmod(0o755)
    (place / "bin" / "python").symlink_to("/usr/bin/python3")
    inventory.write(place, tmp_path / "files")
    return place


def matches(place: Path) -> bool:
    return inventory.matches(place, place.with_name("files"))


def test_an_untouched_environment_matches(place: Path) -> None:
    assert matches(place)


def test_it_matches_where_a_file_was_written_anew_with_the_same_content(place: Path) -> None:
    (place / MODULE).write_text("x" * SIZE)
    assert matches(place)
    assert matches(place)


def forge(place: Path) -> None:
    """Change a module, and give it the size and the dates that it had."""
    module = place / MODULE
    before = module.stat()
    module.write_text("y" * SIZE)
    os.utime(module, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(place: Path) -> None:
    """Put another file of the same size in the place of a module."""
    (place / "other").write_text("y" * SIZE)
    os.replace(place / "other", place / MODULE)


def relink(place: Path) -> None:
    (place / "bin" / "python").unlink()
    (place / "bin" / "python").symlink_to("/tmp/evil")


CHANGES: Mapping[str, Callable[[Path], object]] = {
    "a module was changed behind its size and dates": forge,
    "a module was replaced": replace,
    "a module was removed": lambda place: (place / MODULE).unlink(),
    "a module was added": lambda place: (place / "lib" / "sitecustomize.py").write_text(""),
    "bytecode was added": lambda place: (place / "lib" / "black" / "__pycache__").mkdir(),
    "its Python is another one": relink,
    "a program is not executable": lambda place: (place / "bin" / "black").chmod(0o644),
    "a module became a link": lambda place: [
        (place / MODULE).unlink(),
        (place / MODULE).symlink_to(place / "bin" / "black"),
    ],
    "a module became a pipe": lambda place: [(place / MODULE).unlink(), os.mkfifo(place / MODULE)],
    "the inventory is gone": lambda place: place.with_name("files").unlink(),
    "the inventory is damaged": lambda place: place.with_name("files").write_text('{"lib": [1]}'),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_does_not_match_where(place: Path, change: Callable[[Path], object]) -> None:
    change(place)
    assert not matches(place)
    assert not matches(place)
