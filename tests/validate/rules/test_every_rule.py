"""Every rule: no finding for the good folder, and only its own for its bad example."""

from __future__ import annotations

import re
from functools import cache

import pytest

from seatrial.core.model import Profile
from seatrial.core.rules import Rule
from seatrial.handbook.rule_examples import example, good_folder, judge
from seatrial.validate.rules import BY_CODE, BY_NAME, RULES

told = cache(example)
"""The outcome of a rule's bad example, judged once for the tests that look at it."""

ALL = pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.code}-{rule.name}")


@pytest.mark.parametrize("profile", list(Profile), ids=lambda profile: profile.value)
def test_the_template_breaks_no_rule(profile: Profile) -> None:
    on = next(rule for rule in RULES if rule.severities[profile] and not rule.siblings)
    verdict = judge(on, good_folder(profile), profile)
    assert [f"{one.path}: {one.code} {one.message}" for one in verdict.findings] == []
    assert verdict.crashes == ()


@ALL
def test_the_bad_example_breaks_this_rule_and_no_other(rule: Rule) -> None:
    verdict = judge(rule, rule.bad(good_folder(rule.profile)), rule.profile)
    said = {one.code: one.message for one in verdict.findings}
    assert verdict.crashes == ()
    assert set(said) == {rule.code}, said


@ALL
def test_a_rule_states_its_law_and_its_reason(rule: Rule) -> None:
    assert rule.law.endswith("."), "the docstring's first paragraph is the law"
    assert len(rule.reason) > 20, "the rest of the docstring says why"
    assert re.fullmatch(r"(LAY|SPC|RES|EXA|PKG|CHG|COD|REL|TST)[012]\d\d", rule.code)


@ALL
def test_every_finding_of_an_example_has_a_fix(rule: Rule) -> None:
    for finding in told(rule).findings:
        assert finding.fix is not None, finding.message
        assert finding.fix.title


@ALL
def test_messages_are_one_line_without_a_full_stop(rule: Rule) -> None:
    for finding in told(rule).findings:
        text = finding.message + (finding.fix.title if finding.fix else "")
        assert not finding.message.endswith("."), finding.message
        assert "\n" not in text


@ALL
def test_every_rule_is_on_in_some_profile_or_explains_how_to_switch_it_on(rule: Rule) -> None:
    assert any(rule.severities.values()) or "switch" in rule.reason, "a rule that is off says how it is used"


def test_codes_and_names_are_unique() -> None:
    assert len(BY_CODE) == len(BY_NAME) == len(RULES)


def test_codes_of_ten_have_no_gaps() -> None:
    bands: dict[str, list[int]] = {}
    for code in BY_CODE:
        bands.setdefault(code[:5], []).append(int(code[5:]))
    for band, numbers in bands.items():
        assert sorted(numbers) == list(range(min(numbers), min(numbers) + len(numbers))), band
