"""The Makefile: what people type, handed on without harm."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.tasks.develop import OWN
from seatrial.tasks.menu import VERBS
from support.paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
NEWER_THAN_381 = (
    r"\.ONESHELL|\.SHELLFLAGS|\.RECIPEPREFIX|^define \w+ =|^undefine|!=|::=|\$\(file |&:|&>|echo \"\\033"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in a folder with a blank, whose `invoke` writes down what reaches it."""
    folder = tmp_path / "my projects"
    (folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "pyproject.toml").touch()
    invoke = folder / ".venv" / "bin" / "invoke"
    invoke.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nenv -0 | grep -z ^SEATRIAL_ | tr "\\0" "\\n"\n')
    invoke.chmod(0o755)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (folder / ".venv" / "place").write_text(f"{folder.resolve()}\n")
    (folder / ".venv" / "ready.stamp").touch()
    (folder / ".venv" / "develop.stamp").touch()
    return folder


def make(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder), **env}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=clean, capture_output=True, text=True, check=False
    )


def test_help_is_the_default_and_lists_every_target(checkout: Path) -> None:
    shown = make(checkout).stdout
    assert all(re.search(rf"^  {target} ", shown, re.MULTILINE) for target in TARGETS)


def test_every_phony_target_has_a_line_of_help() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert sorted(phony[1].split()) == sorted(TARGETS)


@pytest.mark.parametrize(
    "variable", ["ROOT", "INTEGRATION", "FORMAT", "OUTPUT", "STRICT", "JOBS", "CODE", "NAME"]
)
@pytest.mark.parametrize("given", ["on the line", "in the environment"])
def test_variables_are_handed_on_in_the_environment(checkout: Path, variable: str, given: str) -> None:
    value = "a b; 'c' \"d\" $HOME"
    line, env = ([f"{variable}={value}"], {}) if given == "on the line" else ([], {variable: value})
    assert f"SEATRIAL_{variable}={value}\n" in make(checkout, "validate", *line, **env).stdout


HOSTILE = ["$(shell touch PWNED)", "`touch PWNED`", "'; touch PWNED; '", '"; touch PWNED; "', "$$(touch PWNED)",
           "a\ntouch PWNED", "${shell touch PWNED}", "x $(eval $(shell touch PWNED))", "#", "%", "-n"]  # fmt: skip


@pytest.mark.parametrize("variable", ["ROOT", "INTEGRATION", "NAME", "CODE", "TESTS", "PROFILE"])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_arrive_as_they_are_and_run_nothing(checkout: Path, variable: str, value: str) -> None:
    for arguments, env in (([f"{variable}={value}"], {}), ([], {variable: value})):
        done = make(checkout, "validate", *arguments, **env)
        assert done.returncode == 0, done.stderr
        assert f"SEATRIAL_{variable}={value}\n" in done.stdout
        assert not (checkout / "PWNED").exists()


NAMES = [
    name
    for line in re.findall(r"^override (?:INHERITED|VARIABLES) := (.*)$", MAKEFILE, re.MULTILINE)
    for name in line.split()
]
SETTABLE = [*NAMES, "PYTHON", *(f"SEATRIAL_{name}" for name in (*NAMES, "PYTHON", "CACHE", "DEBUG"))]
EXPANDING = ["$(shell touch PWNED-{})", "${{shell touch PWNED-{}}}", "x $(eval $(shell touch PWNED-{}))"]


@pytest.mark.parametrize("value", EXPANDING)
@pytest.mark.parametrize("given", ["on the line", "in the environment", "over the Makefile"])
def test_whatever_can_be_set_arrives_as_it_is_and_make_runs_none_of_it(
    checkout: Path, given: str, value: str
) -> None:
    settable = [name for name in SETTABLE if not name.endswith("LATEST")]
    hostile = {name: value.format(name) for name in settable}
    if given == "on the line":
        done = make(checkout, "validate", *(f"{name}={value}" for name, value in hostile.items()))
    else:
        flags = ["-e"] if given == "over the Makefile" else []
        done = make(checkout, *flags, "validate", **hostile)
    assert done.returncode == 0, done.stderr
    for name in NAMES:
        if name != "LATEST":
            assert f"SEATRIAL_{name}={hostile[name]}\n" in done.stdout
    assert list(checkout.glob("PWNED*")) == []


@pytest.mark.parametrize(
    "variable",
    ["VENV", "INVOKE", "READY", "STRANGE", "MAKE", "CURDIR", "name", "FOO", "SEATRIAL_FOO"],
)
def test_what_cannot_be_set_is_refused_and_run_neither_by_make_nor_by_a_shell(
    checkout: Path, variable: str
) -> None:
    for value in (*HOSTILE, "x; touch PWNED; "):
        done = make(checkout, "validate", f"{variable}={value}")
        assert (done.returncode, done.stdout) == (2, ""), value
        assert f"nothing here is called {variable}; " in done.stderr
        assert not (checkout / "PWNED").exists(), value


@pytest.mark.parametrize("variable", ["SHELL", "VPATH", "GPATH", "KNOWN", "MAKEOVERRIDES", "VENV", "INVOKE"])
def test_what_make_looks_at_by_itself_is_set_by_the_makefile(checkout: Path, variable: str) -> None:
    hostile = EXPANDING[0].format("X")
    for arguments, env in (
        ([f"{variable}={hostile}"], {}),
        ([], {variable: hostile}),
        (["-e"], {variable: hostile}),
    ):
        make(checkout, "validate", *arguments, **env)
        assert list(checkout.glob("PWNED*")) == []


def test_no_other_make_is_handed_what_stood_on_the_command_line(checkout: Path) -> None:
    invoke = checkout / ".venv" / "bin" / "invoke"
    invoke.write_text('#!/bin/sh\nprintf "%s\\n" "$MAKEFLAGS$MFLAGS$MAKEOVERRIDES"\n')
    assert "ROOT" not in make(checkout, "validate", "ROOT=$(shell touch PWNED)").stdout


def test_a_variable_of_the_tasks_counts_on_the_command_line_as_well(checkout: Path) -> None:
    said = make(checkout, "new", "SEATRIAL_NAME=a $(b)", "SEATRIAL_ROOT=c", "SEATRIAL_CACHE=d").stdout
    assert "SEATRIAL_NAME=a $(b)\n" in said
    assert "SEATRIAL_ROOT=c\n" in said
    assert "SEATRIAL_CACHE=d\n" in said


@pytest.mark.parametrize("name", ["--help", "-x", "--root=/elsewhere"])
def test_a_value_is_never_read_as_a_flag(checkout: Path, name: str) -> None:
    said = make(checkout, "new", f"NAME={name}").stdout
    assert said.startswith("new\n\n")
    assert f"SEATRIAL_NAME={name}\n" in said


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_interpreter_is_refused_and_runs_nothing(checkout: Path, value: str) -> None:
    shutil.copytree(ROOT / "scripts", checkout / "scripts", ignore=shutil.ignore_patterns("seatrial"))
    (checkout / ".venv" / "ready.stamp").unlink()
    done = make(checkout, "validate", f"PYTHON={value}")
    assert "is not Python 3.11 or later" in done.stderr
    assert not (checkout / "PWNED").exists()


def test_variables_of_the_tasks_themselves_are_kept_where_make_has_none(checkout: Path) -> None:
    assert "SEATRIAL_FORMAT=json\n" in make(checkout, "validate", SEATRIAL_FORMAT="json").stdout


def test_each_target_is_one_call_of_invoke(checkout: Path) -> None:
    tasks = {verb.target: verb.name for verb in (*VERBS, *OWN)}
    for target in set(TARGETS) - {"help", "setup", "clean"}:
        assert make(checkout, target).stdout.splitlines()[0] == tasks[target]


def test_the_makefile_is_in_the_language_of_make_381() -> None:
    assert re.findall(NEWER_THAN_381, MAKEFILE, re.MULTILINE) == []


def test_a_misspelled_variable_is_told_and_nothing_runs(checkout: Path) -> None:
    done = make(checkout, "validate", "INTEGRATON=one")
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing here is called INTEGRATON" in done.stderr


SETUP = '#!/bin/sh\necho set up "$2"\npwd -P >"$1/place"\n'


@pytest.fixture
def setup(checkout: Path) -> Path:
    """The checkout, with a set-up that only says that it was called."""
    script = checkout / "scripts" / "setup.sh"
    script.parent.mkdir()
    script.write_text(SETUP)
    script.chmod(0o755)
    return checkout


def test_what_is_set_up_is_not_set_up_again(setup: Path) -> None:
    assert "set up" not in make(setup, "validate").stdout


def test_a_set_up_that_ended_early_is_taken_up_although_invoke_is_there(setup: Path) -> None:
    (setup / ".venv" / "ready.stamp").unlink()
    assert make(setup, "validate").stdout.startswith("set up .\n")
    assert "set up" not in make(setup, "validate").stdout


def test_a_checkout_that_was_moved_is_set_up_anew(setup: Path) -> None:
    moved = setup.rename(setup.with_name("moved"))
    assert make(moved, "validate").stdout.startswith("set up .\n")
    assert "set up" not in make(moved, "validate").stdout


def test_a_checkout_whose_python_is_gone_is_set_up_anew(setup: Path) -> None:
    (setup / ".venv" / "bin" / "python").unlink()
    (setup / ".venv" / "bin" / "python").symlink_to(setup / "nothing")
    assert make(setup, "validate").stdout.startswith("set up .\n")


FAKE_PYTHON = """#!/bin/sh
case "$*" in
    *venv*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *install*) echo "WARNING: Retrying"; echo "      ERROR: No matching distribution found for x"; exit 1 ;;
esac
"""


def test_without_the_package_index_the_set_up_ends_in_one_line_with_the_reason(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    shutil.copytree(ROOT / "scripts", checkout / "scripts", ignore=shutil.ignore_patterns("seatrial"))
    python = checkout / "python"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    said = make(checkout, "validate", f"PYTHON={python}").stderr.splitlines()
    assert len(said) == 4, said
    assert "could not be installed: No matching distribution found for x; check the network" in said[2]
    assert "Retrying" in (checkout / ".venv" / "setup.log").read_text()


def test_the_newest_packages_have_an_environment_of_their_own_and_are_asked_for_each_time(
    setup: Path,
) -> None:
    script = setup / "scripts" / "setup.sh"
    script.write_text(
        '#!/bin/sh\necho set up "$@" "$SEATRIAL_LATEST"\nmkdir -p "$1/bin"\ncp -R .venv/bin "$1"\n'
    )
    for _ in range(2):
        said = make(setup, "test", "LATEST=1").stdout.splitlines()
        assert said[:3] == ["set up .venv/latest . 1", "set up .venv/latest .[dev] 1", "test"]
    assert "set up" not in make(setup, "test").stdout


def test_a_renewed_lock_is_installed(setup: Path) -> None:
    (setup / "locks").mkdir()
    (setup / "locks" / "runtime.txt").touch()
    assert make(setup, "validate").stdout.startswith("set up .\n")
    assert "set up" not in make(setup, "validate").stdout
    (setup / "locks" / "develop.txt").touch()
    assert "set up" not in make(setup, "validate").stdout
    assert make(setup, "test").stdout.startswith("set up .[dev]\n")
