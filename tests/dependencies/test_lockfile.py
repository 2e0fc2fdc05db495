from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from seatrial.core.model import Integration, Location, MemoryFolder
from seatrial.dependencies.lockfile import CoreLock, LockText, content_hash, is_lock_of

LOCK = """# made by Poetry

[[package]]
name = "port-ocean"
version = "0.48.12"

[metadata]
lock-version = "2.1"
content-hash = "abc"
"""


def lock_of(text: str | bytes) -> CoreLock | None:
    return CoreLock.of(Integration("x", "integrations/x", MemoryFolder.of({"poetry.lock": text})))


def test_a_lock_shows_its_hash_and_its_framework_with_their_places() -> None:
    lock = lock_of(LOCK)
    assert lock
    assert [(one.text, one.where) for one in lock.hashes] == [("abc", Location("poetry.lock", 9, 17))]
    assert [(one.text, one.where) for one in lock.cores] == [("0.48.12", Location("poetry.lock", 5, 12))]
    assert lock.fault == ""


def test_lines_may_end_as_they_do_on_windows() -> None:
    lock = lock_of(LOCK.replace("\n", "\r\n"))
    assert lock
    assert [one.text for one in lock.cores] == ["0.48.12"]


def test_no_lock_file_is_no_lock() -> None:
    assert CoreLock.of(Integration("x", "integrations/x", MemoryFolder({}))) is None


def test_a_lock_without_hash_has_a_fault() -> None:
    lock = lock_of("[metadata]\n")
    assert lock
    assert lock.fault.startswith("it has no content-hash")


@pytest.mark.parametrize(
    "value", [None, 3, [], {}, {"tool": 1}, {"tool": {"poetry": []}}, {"project": {}}, {"tool": {}}]
)
def test_what_poetry_would_not_hash_so_has_no_hash(value: object) -> None:
    assert content_hash(value) == ""


def test_a_value_that_json_cannot_say_has_no_hash() -> None:
    assert content_hash(tomllib.loads("[tool.poetry.dependencies]\nx = 1979-05-27\n")) == ""


def test_only_what_is_locked_counts_for_the_hash() -> None:
    text = '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\npython = "^3.12"\n'
    first, renamed = (content_hash(tomllib.loads(one)) for one in (text, text.replace('"a"', '"b"')))
    assert first == renamed != content_hash(tomllib.loads(text.replace("3.12", "3.13")))


@pytest.mark.slow
@pytest.mark.parametrize("group", ["", "[tool.poetry.group.dev.dependencies]\n"])
def test_poetry_writes_the_same_hash(tmp_path: Path, group: str) -> None:
    text = (
        '[tool.poetry]\nname = "a"\nversion = "0.1.0"\ndescription = ""\nauthors = []\npackage-mode = false\n'
        f'[tool.poetry.dependencies]\npython = "^3.11"\n{group}'
    )
    (tmp_path / "pyproject.toml").write_text(text)
    command = [sys.executable, "-m", "poetry", "lock", "--no-interaction"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    assert content_hash(tomllib.loads(text)) in (tmp_path / "poetry.lock").read_text()


def test_single_lines_are_found_without_parsing() -> None:
    text = LockText(b'x\nname = "mypy"\r\nversion = "1.2"\n[metadata]\npython-versions = "^3.12"\n')
    assert [line.text for line in text.versions("mypy")] == ["1.2"]
    assert (text.versions("my"), text.pythons, text.has_local_packages) == ((), "^3.12", False)
    assert LockText(b'x\ntype = "directory"\n').has_local_packages
    assert (LockText(b"").versions("mypy"), LockText(b"").pythons) == ((), "")


def test_a_lock_is_of_the_pyproject_whose_hash_it_states() -> None:
    ours, other = ({"tool": {"poetry": {"dependencies": {"a": version}}}} for version in ("1", "2"))
    lock = f'[[package]]\n\n[metadata]\ncontent-hash = "{content_hash(ours)}"\n'.encode()
    assert is_lock_of(lock, ours)
    assert not is_lock_of(lock, other)
    assert not is_lock_of(b"[metadata]\n", ours)
    assert is_lock_of(lock, {"project": {"dependencies": ["a"]}}), "its hash is made of other keys"
