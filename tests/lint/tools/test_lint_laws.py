"""The laws of lint in words, their examples, and where people meet them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seatrial.core.errors import ConfigurationError
from seatrial.core.model import Integration, MemoryFolder, Profile, Severity
from seatrial.core.rules import Rule
from seatrial.handbook.codes import known_codes
from seatrial.handbook.rule_examples import example, good_folder, judge
from seatrial.handbook.rule_pages import EVERY, FAMILIES, entry, listing, page
from seatrial.lint.tools.registry import BY_NAME, LINT_RULE_OF, LINT_RULES, TOOLS
from seatrial.validate.rules import BY_NAME as RULES_BY_NAME
from seatrial.workspace.config import settings_of
from support.lint_cases import put, run, shown

ALL = pytest.mark.parametrize("law", LINT_RULES, ids=lambda law: f"{law.code}-{law.name}")


def tool_of(law: Rule) -> str:
    """The name of the tool that judges a law; empty where Seatrial itself does."""
    return next((tool.name for tool in TOOLS if law in tool.laws), "")


@ALL
def test_a_law_says_what_and_why(law: Rule) -> None:
    assert re.fullmatch(r"LNT[012]\d\d", law.code)
    assert law.law.endswith(".")
    assert len(law.reason) > 20
    assert tool_of(law) in ("", *BY_NAME)


@ALL
def test_its_example_shows_the_edit_and_one_finding(law: Rule) -> None:
    shown_example = example(law)
    (finding,) = shown_example.findings
    assert (finding.code, finding.name, finding.severity) == (law.code, law.name, law.severity)
    assert finding.path.startswith("integrations/good-service/")
    assert any(line.startswith(("+", "-")) for line in shown_example.diff)


@ALL
def test_the_finding_is_where_the_edit_is(law: Rule) -> None:
    (finding,) = example(law).findings
    path = finding.path.removeprefix("integrations/good-service/")
    bad = law.bad(good_folder())
    if path in bad.files and bad.files[path] != good_folder().files.get(path):
        before, after = (folder.text(path).splitlines() for folder in (good_folder(), bad))
        changed = next(number for number, line in enumerate(after) if line not in before)
        assert finding.line in (changed + 1, changed + 2)


def test_every_tool_has_a_law_of_its_code() -> None:
    assert {tool.code: tool.name for tool in TOOLS} == {
        code: tool_of(law) for code, law in LINT_RULE_OF.items() if code.startswith("LNT1")
    }


def test_codes_and_names_are_used_once_among_all_rules() -> None:
    assert len({one.code for one in EVERY}) == len({one.name for one in EVERY}) == len(EVERY)
    assert not {law.name for law in LINT_RULES} & RULES_BY_NAME.keys()


@ALL
def test_a_law_can_be_explained(law: Rule) -> None:
    text = entry(law, example(law))
    assert law.law in text
    assert f"error {law.code} {law.name}: " in text
    assert "[tool.seatrial] ignore" not in text
    assert law.waiver in text


def test_laws_are_listed_among_the_rules() -> None:
    lines = listing(EVERY).splitlines()
    assert [line[:6] for line in lines] == sorted(line[:6] for line in lines)
    assert sum(line.startswith("LNT") for line in lines) == len(LINT_RULES)


def test_the_page_of_rules_has_them_in_a_section_of_their_own() -> None:
    text = page({law: example(law) for law in LINT_RULES})
    assert f"## {FAMILIES['LNT']}" in text
    assert all(f"### {law.code} {law.name}" in text for law in LINT_RULES)


def test_a_repository_may_set_their_severity() -> None:
    settings = settings_of(b'[severity]\nLNT104 = "warning"\nLNT105 = "off"\nLAY001 = "info"\n', known_codes)
    assert settings.severities == {"LNT104": Severity.WARNING, "LNT105": None, "LAY001": Severity.INFO}


@pytest.mark.parametrize(
    ("code", "near"), [("LNT1O2", "LNT102"), ("lnt102", "LNT102"), ("LAY0001", "LAY001")]
)
def test_a_misspelt_code_is_reported_with_the_nearest(code: str, near: str) -> None:
    with pytest.raises(ConfigurationError, match=f'no rule has the code "{code}"; did you mean "{near}'):
        settings_of(f'[severity]\n{code} = "off"\n'.encode(), known_codes)


@pytest.mark.parametrize("code", ["LNT103", "lnt103", "LNT999"])
def test_an_integration_is_told_that_tools_are_ignored_in_another_way(code: str) -> None:
    text = good_folder().text("pyproject.toml") + f'\n[tool.seatrial]\nignore = {{ {code} = "why" }}\n'
    folder = good_folder().having("pyproject.toml", text)
    (problem,) = judge(RULES_BY_NAME["unknown-code-ignored"], folder, Profile.GUIDE).findings
    assert problem.message == f'"{code}" is what a lint tool finds, which is not ignored here'
    assert problem.fix is not None
    assert "# noqa" in problem.fix.title


def without_plugins(folder: MemoryFolder) -> MemoryFolder:
    """Without what only the integration's own environment has."""
    lines = folder.text("pyproject.toml").splitlines(keepends=True)
    return folder.having(
        "pyproject.toml", "".join(line for line in lines if not line.startswith("plugins = "))
    )


@pytest.mark.slow
@pytest.mark.parametrize("code", ["LNT101", "LNT102", "LNT103", "LNT104", "LNT105", "LNT201"])
def test_the_tools_still_say_what_was_recorded(code: str, tmp_path: Path) -> None:
    law = LINT_RULE_OF[code]
    tool = BY_NAME[tool_of(law)]
    folder = law.bad(without_plugins(good_folder()))
    put(tmp_path, folder.files)
    if tool.name == "yamllint":
        put(tmp_path, {".yamllint": "extends: default\nrules: {document-start: disable}\n"})
    output = run(tool.name, tool.arguments(()), tmp_path)
    further = tool.follow_up(output) if tool.follow_up else ()
    found = tool.read(output, run(tool.name, further, tmp_path) if further else None)
    assert found.failure == ""
    settled = tool.locate(found, folder.files.get) if tool.locate else found
    recorded = law.check(Integration("good-service", "integrations/good-service", folder))
    assert {shown(one) for one in recorded} <= {shown(one) for one in (*settled.problems, *settled.stale)}
