"""Finding Pythons, and choosing among them."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.lint import interpreters as module
from seatrial.lint.interpreters import CHOICE, Interpreter, choose, installing, interpreters
from seatrial.system import process, uv

VERSION = ".".join(map(str, sys.version_info[:3]))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without any Python but the one that runs this."""
    for name in (CHOICE, "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def python(path: Path, version: str = "3.12.1", real: str = "", implementation: str = "cpython") -> Path:
    """A program that answers as a Python does."""
    answer = {
        "path": real or str(path),
        "version": version,
        "implementation": implementation,
        "markers": {"python_full_version": version},
    }
    return script(path, f"echo '{json.dumps(answer)}'")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho run >> "{path}.log"\n{text}\n')
    path.chmod(0o755)
    return path


def runs(path: Path) -> int:
    log = Path(f"{path}.log")
    return len(log.read_text().splitlines()) if log.exists() else 0


def versions(home: Path) -> list[str]:
    return [one.version for one in interpreters(home / "cache" / "interpreters.json")]


def test_the_python_that_runs_this_is_found_with_what_markers_ask_for(home: Path) -> None:
    [found] = interpreters(home / "cache" / "interpreters.json")
    assert (found.version, found.implementation) == (VERSION, "cpython")
    assert found.path == Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    markers = pytest.importorskip("packaging.markers").default_environment()
    assert found.markers == {name: value for name, value in markers.items() if name != "extra"}


@pytest.mark.parametrize(
    "place",
    [
        "bin/python3.12",
        "bin/python3",
        ".pyenv/versions/3.12.1/bin/python3",
        ".local/share/uv/python/cpython-3.12/bin/python3",
    ],
)
def test_a_python_is_found_at(home: Path, place: str) -> None:
    python(home / place)
    assert "3.12.1" in versions(home)


def test_pyenv_and_uv_are_found_where_they_are_said_to_be(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python(home / "p" / "versions" / "x" / "bin" / "python3", "3.12.1")
    python(home / "u" / "x" / "bin" / "python3", "3.13.1")
    monkeypatch.setenv("PYENV_ROOT", str(home / "p"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(home / "u"))
    assert {"3.12.1", "3.13.1"} <= set(versions(home))


@pytest.mark.parametrize("keeper", ["versions", "installs/python"])
def test_shims_on_path_lead_to_the_pythons(home: Path, monkeypatch: pytest.MonkeyPatch, keeper: str) -> None:
    python(home / "elsewhere" / keeper / "3.12.1" / "bin" / "python3", "3.12.1")
    shim = python(home / "elsewhere" / "shims" / "python3", "3.12.1")
    monkeypatch.setenv("PATH", str(home / "elsewhere" / "shims"))
    assert "3.12.1" in versions(home)
    assert runs(shim) == 0, "a shim takes a tenth of a second, and starts what is known already"


def test_a_folder_of_shims_with_nothing_beside_it_is_one_like_others(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python(home / "elsewhere" / "shims" / "python3", "3.12.1")
    monkeypatch.setenv("PATH", str(home / "elsewhere" / "shims"))
    assert "3.12.1" in versions(home)


BROKEN = {
    "a shim that fails": "exit 127",
    "a program that says something else": "echo hello",
    "a Python 2": """echo '{"path": "x", "version": "2.7.18", "implementation": "cpython", "markers": {}}'""",
    "an answer of other shapes": """echo '{"path": [1], "version": "3.12.1", "markers": [[]]}'""",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_it_is_skipped_if_it_is(home: Path, text: str) -> None:
    shim = script(home / "bin" / "python3.12", text)
    assert versions(home) == [VERSION]
    assert runs(shim) == 1


def test_a_python_that_hangs_is_skipped(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.2)
    hanging = script(home / "bin" / "python3.12", "exec sleep 20")
    python(home / ".pyenv" / "versions" / "x" / "bin" / "python3", "3.8.1")
    assert "3.12.1" not in versions(home)
    assert runs(hanging) == 1


def test_a_second_run_starts_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python(home / "bin" / "python3.12")
    script(home / "bin" / "python3.13", "exit 127")
    first = interpreters(home / "i.json")

    def never(*_: object, **__: object) -> process.Ran:
        raise AssertionError("a program was started")

    monkeypatch.setattr(process, "run", never)
    assert interpreters(home / "i.json") == first


def test_a_replaced_python_is_started_again(home: Path) -> None:
    replaced = python(home / "bin" / "python3.12", "3.12.1")
    assert "3.12.1" in versions(home)
    python(replaced, "3.12.11")
    assert "3.12.11" in versions(home)
    assert "3.12.1" not in versions(home)


def test_a_python_that_is_gone_is_no_longer_found(home: Path) -> None:
    gone = python(home / "bin" / "python3.12")
    assert "3.12.1" in versions(home)
    gone.unlink()
    assert versions(home) == [VERSION]


def test_two_ways_to_one_python_are_one(home: Path) -> None:
    real = python(home / "bin" / "python3.12")
    (home / "bin" / "python3").symlink_to(real)
    assert versions(home).count("3.12.1") == 1


DAMAGED = [
    "",
    "{",
    "[]",
    "null",
    '{"format": 1}',
    '{"format": 1, "pythons": []}',
    '{"format": 9, "pythons": {}}',
    "[" * 9000,
]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_cache_is_made_again(home: Path, text: str) -> None:
    (home / "i.json").write_text(text)
    python(home / "bin" / "python3.12")
    assert len(interpreters(home / "i.json")) == 2
    assert json.loads((home / "i.json").read_text())["format"] == 1


@pytest.mark.parametrize("odd", [None, 1, [], {}, {"stamp": 1}, {"answer": 3, "asked": "x"}])
def test_damaged_entries_of_the_cache_are_replaced(home: Path, odd: object) -> None:
    interpreters(home / "i.json")
    kept = json.loads((home / "i.json").read_text())
    kept["pythons"] = dict.fromkeys(kept["pythons"], odd)
    (home / "i.json").write_text(json.dumps(kept))
    assert [one.version for one in interpreters(home / "i.json")] == [VERSION]


def test_without_a_writable_cache_all_is_found(home: Path) -> None:
    (home / "file").write_text("")
    assert [one.version for one in interpreters(home / "file" / "i.json")] == [VERSION]


def test_a_stated_python_stands_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python(home / "bin" / "python3.13", "3.13.1")
    monkeypatch.setenv(CHOICE, str(python(home / "mine", "3.12.7")))
    assert versions(home) == ["3.12.7"]
    monkeypatch.setenv(CHOICE, "python3.13")
    assert versions(home) == ["3.13.1"]


@pytest.mark.parametrize("wrong", ["no/such/python", "nothing", "\x00"])
def test_a_wrong_stated_python_is_named(home: Path, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, CHOICE: wrong})
    with pytest.raises(UsageError, match=f"{CHOICE} is "):
        interpreters(home / "i.json")


def one(version: str, implementation: str = "cpython", path: str = "/usr/bin/python") -> Interpreter:
    return Interpreter(Path(path), version, implementation, {})


CHOICES = [
    ("^3.11", "3.13.0 3.12.1 3.11.4 3.11.20 3.10.1", "3.11.20"),
    ("^3.12", "3.13.0 3.12.1 3.11.4", "3.12.1"),
    (">=3.13", "3.13.0 3.14.2 3.12.1", "3.13.0"),
    ("^3.12", "3.12.0rc1 3.13.0", "3.13.0"),
    ("*", "3.13.0 3.9.1", "3.9.1"),
]


@pytest.mark.parametrize(("constraint", "found", "expected"), CHOICES)
def test_the_lowest_minor_and_its_highest_patch_are_chosen(
    constraint: str, found: str, expected: str
) -> None:
    assert choose(constraint, [one(version) for version in found.split()]).version == expected


def test_cpython_comes_before_others() -> None:
    assert choose("^3.11", [one("3.11.1", "pypy"), one("3.12.1")]).version == "3.12.1"
    assert choose("^3.11", [one("3.11.1", "pypy")]).implementation == "pypy"


def test_where_none_fits_one_is_installed(home: Path) -> None:
    asked: list[str] = []

    def install(version: str) -> Interpreter:
        asked.append(version)
        return one("3.12.9")

    assert choose("^3.12", [one("3.11.1")], install).version == "3.12.9"
    assert asked == ["3.12"]


MISSING = {
    "uv cannot": (
        "^3.12",
        {},
        'no Python on this machine satisfies "^3.12" (found: 3.11.1); uv could not install Python 3.12; '
        "type `uv python install 3.12`, or install Python 3.12 with the packages of your system",
    ),
    "uv is to be told": (
        "^3.12",
        {"UV_PYTHON_DOWNLOADS": "manual"},
        'no Python on this machine satisfies "^3.12" (found: 3.11.1); '
        "type `uv python install 3.12`, or install Python 3.12 with the packages of your system",
    ),
    "uv must not": (
        "^3.12",
        {"UV_PYTHON_DOWNLOADS": "never"},
        'no Python on this machine satisfies "^3.12" (found: 3.11.1); '
        "unset UV_PYTHON_DOWNLOADS, or install Python 3.12 with the packages of your system",
    ),
    "no Python can be": (
        "^2.7",
        {},
        'no Python satisfies "^2.7" (found: 3.11.1); correct the constraint in pyproject.toml',
    ),
    "the constraint is none": (
        "x",
        {},
        'no Python satisfies "x" (found: 3.11.1); correct the constraint in pyproject.toml',
    ),
    "another is stated": (
        "^3.12",
        {CHOICE: "x"},
        f'{CHOICE} names Python 3.11.1, which does not satisfy "^3.12"; name another, or unset it',
    ),
}


@pytest.mark.parametrize(("constraint", "settings", "message"), MISSING.values(), ids=MISSING)
def test_one_line_says_what_to_do_where(
    home: Path, monkeypatch: pytest.MonkeyPatch, constraint: str, settings: dict[str, str], message: str
) -> None:
    script(home / "bin" / "uv", "")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ServiceError) as failed:
        choose(constraint, [one("3.11.1")], lambda version: None)
    assert str(failed.value) == message


def test_what_installs_a_python_is_a_program_that_this_machine_has(home: Path) -> None:
    assert shlex.split(installing("3.12")) == [uv.program(), "python", "install", "3.12"]
    script(home / "bin" / "uv", "")
    assert installing("3.12") == "uv python install 3.12"
    script(home / "bin" / "pyenv", "")
    assert installing("3.12") == "pyenv install 3.12"


def test_nothing_is_installed_against_the_persons_wish(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")

    def install(version: str) -> Interpreter:
        raise AssertionError("it was")

    with pytest.raises(ServiceError, match=r"unset UV_PYTHON_DOWNLOADS"):
        choose("^3.12", [], install)
