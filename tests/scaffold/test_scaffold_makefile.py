"""What people type in a generated folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from seatrial.core.model import Profile
from seatrial.scaffold.answers import Answers
from seatrial.scaffold.skeleton import render, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A generated folder in a workspace without seatrial."""
    place = tmp_path / "integrations" / "my-service"
    write(render(Answers.of("My Service")), place)
    return place


@pytest.fixture
def speaking(folder: Path) -> Path:
    """The same, with a seatrial in the workspace's .venv that says how it was called."""
    program = folder.parents[1] / ".venv" / "bin" / "seatrial"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "<%s>" "$PWD" "$@" "$SEATRIAL_FORMAT" "$SEATRIAL_STRICT"\n')
    program.chmod(0o755)
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_shared_makefile_is_one_include() -> None:
    folder = render(Answers.of("My Service", profile=Profile.OCEAN))

    assert folder.text("Makefile") == "include ../_infra/Makefile\n"


@pytest.mark.parametrize(
    "word",
    [
        "&>",
        ".ONESHELL",
        ".SHELLFLAGS",
        ".RECIPEPREFIX",
        "undefine",
        "::=",
        "$(file",
        "&:",
        "\\033",
        "$(shell",
    ],
)
def test_the_makefile_keeps_to_the_language_of_make_3_81(folder: Path, word: str) -> None:
    assert word not in (folder / "Makefile").read_text()


def test_make_alone_lists_what_can_be_typed(folder: Path) -> None:
    listed = [line.split()[1] for line in make(folder).stdout.splitlines()]

    assert listed == ["help", "install", "lock", "run", "test", "lint", "fix", "validate", "clean"]


@pytest.mark.parametrize("target", ["validate", "fix"])
def test_the_workspace_s_own_seatrial_is_found(speaking: Path, target: str) -> None:
    assert make(speaking, target, "FORMAT=json").stdout == f"<{speaking}><{target}><json><>"


def test_without_seatrial_it_says_what_to_install(folder: Path) -> None:
    ran = make(folder, "validate")

    assert ran.returncode == 2
    assert "seatrial is neither on PATH nor in a .venv above this folder" in ran.stderr


@pytest.mark.parametrize(
    "value", ["a'; touch owned; '", "$(shell touch owned)", "`touch owned`", "$$(touch owned)"]
)
def test_no_value_becomes_a_command(speaking: Path, value: str) -> None:
    ran = make(speaking, "validate", f"STRICT={value}", "SEATRIAL=touch owned;")

    assert ran.stdout.endswith(f"<{value}>")
    assert not (speaking / "owned").exists()


@pytest.mark.parametrize(
    "variable",
    ["FORMAT", "SEATRIAL_FORMAT", "SEATRIAL_STRICT", "SEATRIAL_ROOT", "STRICT", "FOO", "SHELL", "each"],
)
@pytest.mark.parametrize("value", ["$(shell touch owned)", "x $(eval $(shell touch owned))"])
def test_make_runs_nothing_that_stands_in_a_value(speaking: Path, variable: str, value: str) -> None:
    ran = make(speaking, "validate", f"{variable}={value}")

    assert not (speaking / "owned").exists()
    if variable.endswith(("FORMAT", "STRICT")):
        assert f"<{value}>" in ran.stdout
