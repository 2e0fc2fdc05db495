"""What `check` says of a framework that is older than the newest on the package index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.core.model import Fleet, Integration, Profile
from seatrial.core.settings import Settings
from seatrial.handbook.rule_examples import good_folder
from seatrial.report.verdict import SectionState
from seatrial.system import uv
from seatrial.system.process import Ran
from seatrial.tasks.check_sections import SectionResults, _ask_newest_framework, _section
from seatrial.tasks.newest_framework import behind
from seatrial.workspace.workspace import Workspace


def workspace(constraint: str = '{ version = "^0.48.12", extras = ["cli"] }') -> Workspace:
    good = good_folder(Profile.OCEAN)
    text = good.text("pyproject.toml")
    stated = next(line for line in text.split("\n") if line.replace("-", "_").startswith("port_ocean"))
    folder = good.edited("pyproject.toml", stated, f"{stated.partition('=')[0]}= {constraint}")
    fleet = Fleet([Integration("jira", "integrations/jira", folder)])
    return Workspace(Path("/w"), Path("/w"), Settings(), Profile.OCEAN, fleet)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], list[Any]]:
    """An index whose answer to uv is this text; the calls of uv."""

    def answering(said: bytes, status: int = 0) -> list[Any]:
        calls: list[Any] = []

        def run(*arguments: str, cwd: Path, seconds: float) -> Ran:
            calls.append((arguments, seconds, (cwd / "wanted.txt").read_text()))
            if status < 0:
                raise ServiceError("uv did not end")
            return Ran(status, said, b"")

        monkeypatch.setattr(uv, "run", run)
        return calls

    return answering


def told(one: Workspace) -> dict[str, str]:
    return dict(behind(one, one.integrations))


def test_an_older_framework_is_named_with_what_to_type(index: Any) -> None:
    calls = index(b"port-ocean==0.56.2\n")
    assert told(workspace()) == {
        "jira": 'port_ocean "^0.48.12" is older than 0.56.2, the newest, and Ocean\'s workflow refuses that; '
        'write "^0.56.2" in pyproject.toml and type `poetry lock`'
    }
    assert [(seconds, wanted) for _, seconds, wanted in calls] == [(3, "port-ocean\n")]


@pytest.mark.parametrize(
    "constraint", ['"^0.56.2"', '"0.57.0"', '">=0.1,<1"', '"*"', '"~0.40.0"', '{ path = "../.." }']
)
def test_what_the_workflow_accepts_is_not_told(index: Any, constraint: str) -> None:
    index(b"port-ocean==0.56.2\n")
    assert told(workspace(constraint)) == {}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"port-ocean==99\x1b[31m\n",
        b"port-ocean==" + b"9" * 50,
        b"other==99.0\n",
        b"port-ocean @ git+https://x\n",
        b"\xff\xfe",
        b"port-ocean==9.9\n" * 1_000,
    ],
)
def test_an_answer_of_another_form_tells_nothing(index: Any, said: bytes) -> None:
    index(said)
    assert told(workspace()) == {}


@pytest.mark.parametrize("status", [1, -1])
def test_without_a_network_nothing_is_said(index: Any, status: int) -> None:
    index(b"port-ocean==0.56.2\n", status)
    assert told(workspace()) == {}


def test_nothing_is_asked_outside_of_oceans_repository(index: Any) -> None:
    calls = index(b"port-ocean==0.56.2\n")
    assert told(replace(workspace(), profile=Profile.GUIDE)) == {}
    assert calls == []


@pytest.mark.parametrize(
    ("changes", "uncompared", "state"),
    [
        (["integrations/jira"], "", SectionState.FAILED),
        ([], "", SectionState.PASSED),
        ([], "there is no remote", SectionState.PASSED),
    ],
)
def test_only_of_a_changed_integration_it_keeps_the_verdict(
    index: Any, capsys: pytest.CaptureFixture[str], changes: list[str], uncompared: str, state: SectionState
) -> None:
    index(b"port-ocean==0.56.2\n")
    one = workspace()
    choice = SimpleNamespace(workspace=one, integrations=one.integrations)
    order: Any = SimpleNamespace(
        choice=choice, changes=dict.fromkeys(changes), uncompared=uncompared, strict=False
    )
    results = SectionResults()
    _ask_newest_framework(order, results)
    section = _section(order, results, "version", False)
    assert section.state is state
    assert section.command == ("poetry lock" if changes else "")
    assert ("0.56.2" in capsys.readouterr().err) is bool(uncompared)
