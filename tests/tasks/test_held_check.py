"""The tasks `check` and `lint` where a release or a service holds something back: cause first, then the status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from seatrial.core.findings import Outcome
from seatrial.core.model import Fleet, Integration, MemoryFolder, Profile
from seatrial.core.settings import Settings
from seatrial.lint.run import Cell
from seatrial.lint.tools.registry import TOOLS
from seatrial.release.plan.plan import Hold, Part, Plan
from seatrial.release.plan.state import Candidate
from seatrial.tasks import check as checking
from seatrial.tasks import check_sections
from seatrial.tasks import lint as linting
from seatrial.tasks.choice import Choice
from seatrial.tasks.cli import Ended
from seatrial.workspace.workspace import open_workspace

JIRA = Integration("jira", "integrations/jira", MemoryFolder.of({"poetry.lock": ""}))
WAITING = Candidate("jira", JIRA.path, "jira", "1.0.0", intents=(".ocean-release/x.yaml",))


def status(parts: Sequence[Part], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how `check` ends where nothing is found and a release would have these parts."""
    workspace = SimpleNamespace(
        integrations=[JIRA],
        profile=Profile.GUIDE,
        settings=Settings(),
        checkout=None,
        fleet=Fleet([JIRA]),
        own=(),
    )
    choice = Choice(workspace, [JIRA])  # type: ignore[arg-type]
    plan = Plan("c", 0, "", None, tuple(parts), 0)  # type: ignore[arg-type]
    monkeypatch.setattr(checking, "choose", lambda *options, **more: choice)
    done = SimpleNamespace(outcome=Outcome(names=("jira",)), checks={})
    monkeypatch.setattr(check_sections, "lint_and_validate", lambda *options: done)
    monkeypatch.setattr(check_sections, "open_context", lambda _: SimpleNamespace(workspace=workspace))
    monkeypatch.setattr(check_sections, "read", lambda *options: None)
    monkeypatch.setattr(check_sections, "plan", lambda *options: plan)
    others = "mapping,change,unit,schema"
    try:
        checking.check([], None, None, False, False, None, None, False, None, False, None, others)
    except Ended as end:
        return end.code
    return 0


@pytest.mark.parametrize(
    ("part", "code", "line"),
    [
        (Part(WAITING, hold=Hold.FAULT, reason="no type"), 1, "held: no type"),
        (Part(WAITING, hold=Hold.SERVICE, reason="no answer"), 3, "held: no answer"),
        (
            Part(
                WAITING,
                hold=Hold.FAULT,
                reason=".ocean-release/x.yaml waits to be applied; run `seatrial release.bump` first",
            ),
            0,
            "jira: .ocean-release/x.yaml waits for `seatrial release.bump` after the merge",
        ),
    ],
)
def test_what_a_release_would_hold_back_fails_the_check_but_for_waiting_intents(
    part: Part, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status([part], monkeypatch) == code
    said = capsys.readouterr().err
    assert line in said
    assert ("held" in said) == bool(code)


def test_a_service_that_fails_is_told_before_the_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "integrations").mkdir()
    workspace = open_workspace(str(tmp_path))

    @contextmanager
    def context(order: linting.LintOrder) -> Iterator[None]:
        yield None

    black = next(tool for tool in TOOLS if tool.name == "black")
    cell = Cell(JIRA, black, failure="the package index does not answer")
    monkeypatch.setattr(linting, "_context", context)
    monkeypatch.setattr(linting, "_lint", lambda *options: [cell])
    with pytest.raises(Ended) as end:
        linting.run(linting.LintOrder(workspace, [JIRA], "black", 1), None, None, False)
    cause, summary = capsys.readouterr().err.splitlines()
    assert (end.value.code, cause) == (3, "seatrial: jira: the package index does not answer")
    assert summary.startswith("1 integration (1 not wholly judged), no findings")
