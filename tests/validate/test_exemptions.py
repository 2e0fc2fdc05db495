"""Exemptions: they suppress up to a day, with a reason, and what is wrong about one is a finding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from seatrial.core.model import Fleet, Integration, MemoryFolder, Profile, Severity, Waiver
from seatrial.core.settings import ExemptionSettings, Settings
from seatrial.handbook.rule_examples import change_to, good_folder
from seatrial.system import clock
from seatrial.tasks.choice import limited
from seatrial.validate.exemptions import exempting, granted_by
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.suppressed_codes import EXEMPTIONS
from seatrial.validate.rules import RULES
from seatrial.validate.run import Verdict, check
from seatrial.validate.since import since
from seatrial.workspace.workspace import open_workspace
from support.repositories import commit, git, put, start

GUIDE = Profile.GUIDE
BARE = good_folder(GUIDE).without("README.md")
"""A folder with one finding, LAY001."""

TODAY = date(2026, 11, 28)
WAITS = '[LAY001]\nreason = "it is being written"\nuntil = 2026-12-31\n'


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: TODAY)


def verdict(text: str, folder: MemoryFolder = BARE, settings: Settings | None = None) -> Verdict:
    integration = Integration("good-service", "integrations/good-service", folder.having(EXEMPTIONS, text))
    return check(Facts(integration, GUIDE, Fleet([integration]), settings), RULES)


def said(judged: Verdict) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in judged.findings]


def test_an_exemption_suppresses_up_to_and_on_its_last_day(monkeypatch: pytest.MonkeyPatch) -> None:
    (hidden,) = verdict(WAITS).hidden
    assert (hidden.code, hidden.waiver) == ("LAY001", Waiver("it is being written", "2026-12-31"))
    assert verdict(WAITS).findings == ()
    monkeypatch.setattr(clock, "today", lambda: date(2026, 12, 31))
    assert verdict(WAITS).findings == ()
    monkeypatch.setattr(clock, "today", lambda: date(2027, 1, 1))
    assert said(verdict(WAITS)) == [
        ("PKG114", "the exemption of LAY001 ended on 2026-12-31"),
        ("LAY001", '"README.md" is missing'),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[LAY001]\nreason = "so"\n', '"LAY001" has no "until"'),
        ("[LAY001]\nuntil = 2026-12-31\n", '"LAY001" has no "reason"'),
        ('[LAY001]\nreason = " "\nuntil = 2026-12-31\n', '"LAY001.reason" is "␣", not a reason'),
        (
            '[LAY001]\nreason = "so"\nuntil = "soon"\n',
            '"LAY001.until" is "soon", not a day such as 2027-01-31',
        ),
        ('[LAY001]\nreason = "so"\nuntil = "2026-02-30"\n', 'there is no day "2026-02-30"'),
        ('LAY001 = "so"\n', '"LAY001" is "so", not an object'),
        ("[LAY001\n", "the file cannot be read: "),
    ],
)
def test_what_is_no_whole_exemption_is_told_and_suppresses_nothing(text: str, message: str) -> None:
    found = dict(said(verdict(text)))
    assert "LAY001" in found
    assert found["PKG113"].startswith(message), found


def test_an_exemption_without_a_finding_is_idle() -> None:
    assert said(verdict(WAITS, good_folder(GUIDE))) == [
        ("PKG111", "LAY001 is exempted, but there is nothing of it to exempt")
    ]


def test_an_exemption_of_no_rule_and_of_a_tool_is_told() -> None:
    text = WAITS.replace("LAY001", "LAY01") + WAITS.replace("LAY001", "LNT102")
    found = said(verdict(text))
    assert ("PKG110", 'no rule has the code "LAY01"') in found
    assert ("PKG110", '"LNT102" is what a lint tool finds, which is not exempted here') in found


def test_findings_about_exemptions_cannot_be_exempted() -> None:
    text = WAITS.replace("LAY001", "PKG114") + '[LAY001]\nreason = "so"\nuntil = 2026-01-31\n'
    assert {"PKG114", "LAY001"} <= dict(said(verdict(text))).keys()


def test_only_what_is_granted_holds_and_no_longer_than_that() -> None:
    def codes(granted: Mapping[str, Mapping[str, str]]) -> list[str]:
        found = said(verdict(WAITS, settings=Settings(exemptions=ExemptionSettings(granted))))
        return [code for code, _ in found]

    assert codes({}) == ["LAY001"]
    assert codes({"integrations/other": {"LAY001": "2026-12-31"}}) == ["LAY001"]
    assert codes({"integrations/good-service": {"LAY001": "2026-11-30"}}) == []
    assert codes({"integrations/good-service": {"LAY001": "2026-11-01"}}) == ["LAY001"]


def grown(text: str, before: str = "") -> list[str]:
    """What is said where suppressions may not grow, of a change from these exemptions to those."""
    folder = BARE.having(EXEMPTIONS, before) if before else BARE
    added = next(rule for rule in RULES if rule.code == "PKG115")
    change = change_to(folder.having(EXEMPTIONS, text), GUIDE, added)
    base = Facts(Integration("good-service", "integrations/good-service", folder), GUIDE, Fleet([]))
    facts = Facts(
        Integration("good-service", "integrations/good-service", folder.having(EXEMPTIONS, text)),
        GUIDE,
        Fleet([]),
        Settings(severities={"PKG115": Severity.ERROR}),
        type(change)(change.since, change.paths, base),
    )
    return [one.message for one in check(facts, RULES).findings if one.code == "PKG115"]


def test_where_their_number_may_not_grow_an_added_exemption_and_a_longer_one_are_told() -> None:
    assert grown(WAITS) == [
        "LAY001 is exempted until 2026-12-31, and origin/main has it neither ignored nor exempted"
    ]
    assert grown(WAITS, WAITS) == []
    assert grown(WAITS.replace("2026-12", "2027-12"), WAITS) == [
        "LAY001 is exempted until 2027-12-31, and origin/main has it until 2026-12-31"
    ]


def test_a_file_keeps_what_a_person_wrote_and_a_code_has_one_table() -> None:
    text = "# ours\n" + WAITS + "# the end\n"
    integration = Integration("good-service", "integrations/good-service", BARE.having(EXEMPTIONS, text))
    after = exempting(integration, ["RES203", "LAY001"], 'as "said"', date(2027, 1, 31)).after
    assert after == (
        b'# ours\n[LAY001]\nreason = "as \\"said\\""\nuntil = 2027-01-31\n\n'
        b'[RES203]\nreason = "as \\"said\\""\nuntil = 2027-01-31\n'
    )


def test_in_the_workspace_of_a_fork_the_exemptions_and_the_settings_of_the_base_hold(tmp_path: Path) -> None:
    root = start(tmp_path / "repo")
    put(root, {f"integrations/good-service/{path}": data.decode() for path, data in BARE.files.items()})
    commit(root, {"seatrial.toml": "[exemptions]\nmay-grow = false\n"})
    git(root, "branch", "base")
    mine = '[shared]\n"**" = []\n'
    commit(root, {"seatrial.toml": mine, "x.py": "", f"integrations/good-service/{EXEMPTIONS}": WAITS})

    def codes() -> list[str]:
        workspace = open_workspace(str(root))
        limited = granted_by(workspace, git(root, "rev-parse", "base"))
        (one,) = limited.integrations
        assert since(limited, "base").undeclared == ["x.py"] * ("x.py" in since(limited, "base").around)
        change = since(limited, "base").changes([one])[one.path]
        found = check(Facts.of(limited, one, change), RULES).findings
        return sorted({item.code for item in found} - {"REL001"})

    assert codes() == ["LAY001", "PKG115"]
    git(root, "branch", "-f", "base")
    put(root, {"integrations/good-service/notes.md": "A note.\n"})
    assert codes() == []


def test_in_ci_for_a_fork_whose_base_is_not_known_no_exemption_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "repo"
    put(root, {f"integrations/one/{EXEMPTIONS}": WAITS, "integrations/one/.port/spec.yaml": "title: One\n"})
    workspace = open_workspace(str(root))
    monkeypatch.delenv("GITHUB_EVENT_PATH", raising=False)
    assert limited(workspace).settings.exemptions.granted is None
    sides = {side: {"repo": {"full_name": f"{side}/repo"}} for side in ("head", "base")}
    (tmp_path / "event").write_text(json.dumps({"pull_request": sides}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event"))
    assert limited(workspace).settings.exemptions.granted == {}
