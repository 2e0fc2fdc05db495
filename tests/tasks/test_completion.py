"""What a shell completes, as the real shells ask for it."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.lint.tools.registry import TOOLS
from seatrial.release.builders.available import NAMES
from seatrial.report import FORMATS
from seatrial.tasks.check_sections import SECTIONS
from seatrial.tasks.completion import SCRIPTS, candidates, completion
from seatrial.tasks.menu import VERBS, options_of
from support.paths import SOURCES
from support.verbs import call

MOST_SECONDS = 0.3
"""Twice the time of a processor that an answer takes on a slow machine."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("jira", "jira-server", "gitlab", "$(touch stolen)", "a b", "-x", "`id`"):
        (tmp_path / "integrations" / name / ".port").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def here(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("val", ["validate", "validate-spec"]),
        ("--ver", ["--version"]),
        ("validate --str", ["--strict"]),
        ("validate --format ", ["text", "json", "github", "sarif", "junit", "gitlab"]),
        ("preview --format=h", ["--format=html"]),
        ("validate -i jira", ["jira", "jira-server"]),
        ("validate -i gitlab,jir", ["gitlab,jira", "gitlab,jira-server"]),
        ("validate --strict gi", ["gitlab"]),
        ("validate --integration=gi", ["--integration=gitlab"]),
        ("lint --why gi", ["gitlab"]),
        ("lint --tools ruff,b", ["ruff,black"]),
        ("explain SPC105", ["SPC105"]),
        ("explain unknown-val", ["unknown-value"]),
        ("release.intent --bump ma", ["major"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("validate --root ", []),
        ("new ", []),
        ("nothing ", []),
    ],
)
def test_candidates_fit_the_words_before_them(line: str, wanted: list[str]) -> None:
    found = candidates(line.split(" "))
    assert found == wanted or (line.split(" ")[0] == "nothing" and len(found) == len(VERBS))


@pytest.mark.usefixtures("here")
def test_a_flag_that_was_given_is_not_offered_again() -> None:
    assert "--strict" not in candidates(["validate", "--strict", "--"])
    assert "--integration" in candidates(["validate", "-i", "jira", "--"])


def test_the_values_of_the_menu_are_those_that_the_tasks_know() -> None:
    choices = {option.name: set(option.choices) for option in options_of(VERBS)}
    assert choices["format"] == set(FORMATS)
    assert choices["without"] == set(SECTIONS)
    assert choices["tools"] == {tool.name for tool in TOOLS}
    assert choices["builder"] == set(NAMES)
    assert choices["program"] == set(SCRIPTS)


def typed(shell: str, root: Path, line: str) -> list[str]:
    """The candidates that a shell itself offers for a line, whose last word is the one at the cursor."""
    program = root / "bin" / "seatrial"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m seatrial "$@"\n')
    program.chmod(0o755)
    env = {"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(root), "PYTHONPATH": str(SOURCES)}
    script = root / f"completion.{shell}"
    script.write_text(SCRIPTS[shell])
    done = subprocess.run(
        [shell, *ASKING[shell][0]],
        input=ASKING[shell][1].format(
            script=script, line=line, words=" ".join(f"'{word}'" for word in line.split(" "))
        ),
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return [one.split("\t")[0] for one in done.stdout.splitlines()]


ASKING = {
    "bash": (
        ["--norc", "--noprofile"],
        "source {script}\ncomplete -p seatrial >/dev/null || exit 1\nCOMP_WORDS=({words})\n"
        "COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n_seatrial\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
    ),
    "fish": (["--no-config"], "source {script}\ncomplete -C '{line}'\n"),
    "zsh": (
        ["-f"],
        "compdef() {{ :; }}; compadd() {{ shift 2; print -l -- $@; }}; _files() {{ :; }}\nsource {script}\n"
        "words=({words}); CURRENT=$#words\n_seatrial\n",
    ),
}
"""How each shell is started, and what it is told."""


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_shell_itself_offers_them_and_runs_nothing_of_a_name(shell: str, root: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is missing; apt-get install {shell}")
    assert typed(shell, root, "seatrial validate -i ") == ["gitlab", "jira", "jira-server"]
    assert not list(root.rglob("stolen"))


def test_an_answer_is_fast(root: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "seatrial", "--complete", "--", "seatrial", "validate", "jira"],
        cwd=root,
        env={"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout.split() == ["jira", "jira-server"]
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < MOST_SECONDS


def test_the_task_prints_the_script_of_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    call("completion", program="bash")
    assert capsys.readouterr().out == SCRIPTS["bash"]


def test_without_a_shell_the_task_says_what_to_type() -> None:
    with pytest.raises(UsageError, match=r"^name a shell; type `seatrial completion bash`"):
        completion(None)
