"""A rule as an error: whom it would fail, and what repairs itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.model import Fleet, Integration, MemoryFolder, Profile, Severity
from seatrial.core.settings import Settings
from seatrial.fleet import rule_previews
from seatrial.fleet.rule_previews import RulePreview, preview
from seatrial.handbook.rule_examples import good_folder
from seatrial.system.transaction import FileEdit
from seatrial.validate.repair import Repairs
from seatrial.validate.rules import BY_CODE
from seatrial.workspace.workspace import Workspace

GOOD = good_folder(Profile.GUIDE)
SPEC = ".port/spec.yaml"


def previewed(code: str, settings: Settings | None = None, **folders: MemoryFolder) -> RulePreview:
    ones = [Integration(name, f"integrations/{name}", folder) for name, folder in folders.items()]
    here = Workspace(Path("/nowhere"), Path("/nowhere"), settings or Settings(), Profile.GUIDE, Fleet(ones))
    return preview(here, here.integrations, BY_CODE[code], 1)


def test_a_warning_as_an_error_fails_those_that_pass_and_fix_repairs_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = BY_CODE["SPC125"].bad(GOOD)
    path = f"integrations/good/{SPEC}"
    edits = (FileEdit(path, bad.read(SPEC), GOOD.read(SPEC)),)
    monkeypatch.setattr(rule_previews, "repairs", lambda *_: Repairs(edits, ()))
    found = previewed("SPC125", good=bad)
    assert (found.severity, found.found_in) == (Severity.WARNING, ["good"])
    assert (found.would_fail, found.still_failing, len(found.repaired)) == (["good"], [], 1)
    as_it_is = Settings(severities={"SPC125": Severity.ERROR})
    assert previewed("SPC125", as_it_is, good=bad).would_fail == []


def test_a_rule_that_is_off_is_judged_and_what_offers_no_edit_is_left() -> None:
    settings = Settings(severities={"SPC011": None})
    found = previewed("SPC011", settings, one=BY_CODE["SPC011"].bad(GOOD))
    assert (found.severity, found.would_fail, found.still_failing) == (None, ["one"], ["one"])
    assert found.as_json()["repaired_by_fix"] == 0


def test_suppressed_findings_are_counted_beside() -> None:
    text = GOOD.text("pyproject.toml") + '\n[tool.seatrial]\nignore = { SPC011 = "so" }\n'
    found = previewed("SPC011", one=BY_CODE["SPC011"].bad(GOOD).having("pyproject.toml", text))
    assert (found.would_fail, len(found.hidden)) == ([], 1)


def test_a_finding_that_fix_repairs_by_removing_its_file_is_repaired() -> None:
    found = previewed("LAY109", good=GOOD.having(".DS_Store", b"\0"))
    assert (found.found_in, len(found.repaired), found.still_failing) == (["good"], 1, [])
