"""Historic faults of real integrations, where their collection lies beside the checkout: each is seen, its fix is not.

The collection leaves out Python sources, so faults in or against the code cannot be seen there;
they are listed below, and the tests of family COD have cases of their own for each.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.core.model import Finding, Profile, Severity
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.workspace.workspace import open_workspace
from support.paths import HISTORY

CASES = HISTORY

SEEN_BY = {
    "changelog-duplicate-version": "CHG108",
    "changelog-no-entries": "CHG003",
    "changelog-version-mismatch": "CHG201",
    "configuration-description-missing": "SPC008",
    "configuration-required-missing": ("SPC007", "SPC102"),
    "duplicate-configuration": "SPC118",
    "icon-unknown": "SPC110",
    "invalid-property-type": "RES105",
    "jq-does-not-compile": ("SPC129", "RES122"),
    "kind-mismatch": "COD205",
    "leftover-changelog-fragment": "CHG112",
    "mapped-property-missing": "RES204",
    "mapped-relation-missing": "RES205",
    "mapping-blueprint-missing": "RES203",
    "oauth-unknown-configuration": "SPC126",
    "package-name-mismatch": "PKG102",
    "placeholder-value": "SPC113",
    "relation-target-missing": "RES115",
    "section-unknown": "SPC112",
    "spec-docs-missing": "SPC011",
    "spec-title-missing": "SPC004",
    "unknown-mapping-key": "RES103",
    "unknown-spec-key": "SPC102",
    "url-typed-as-string": "SPC125",
    "version-format": "PKG103",
}

NEEDS_THE_CODE = {"action-executor-mismatch", "config-key-not-in-spec", "selector-key-unknown"}


def cases() -> list[object]:
    found = [json.loads(path.read_text()) for path in sorted(CASES.glob("*/case.json"))]
    return [pytest.param(case, id=f"{case['id']}-{case['rule_class']}") for case in found]


pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"no collection of historic faults at {CASES}")


def found_in(place: Path) -> list[Finding]:
    """The findings of all rules, advice and those that are off by default included."""
    workspace = open_workspace(str(place))
    off = {rule.code: Severity.INFO for rule in RULES if not rule.severities[Profile.OCEAN]}
    workspace = replace(
        workspace, profile=Profile.OCEAN, settings=replace(workspace.settings, severities=off)
    )
    done = check_all(workspace, workspace.integrations, RULES, jobs=1, advice=True)
    assert done.crashes == {}
    return list(done.outcome.findings)


@pytest.mark.parametrize("case", cases())
def test_a_historic_fault_is_found_and_its_fix_is_clean(case: dict[str, str]) -> None:
    if case["rule_class"] in NEEDS_THE_CODE:
        pytest.skip("the fault is between the resources and the code, and the collection has no code")
    expected, name = SEEN_BY[case["rule_class"]], case["integration"]
    codes = (expected,) if isinstance(expected, str) else expected
    file = case["path"].split("/", 2)[2]
    said = [
        Counter(one.message for one in found_in(CASES / case["id"] / twin / name) if _is(one, codes, file))
        for twin in ("bad", "fixed")
    ]
    assert said[0] - said[1], f"{codes} should say more about {file} of the bad twin than of the fixed one"


def _is(finding: Finding, codes: tuple[str, ...], file: str) -> bool:
    return finding.code in codes and finding.path.startswith(file)


def test_every_class_of_the_collection_is_covered() -> None:
    classes = {json.loads(path.read_text())["rule_class"] for path in CASES.glob("*/case.json")}
    assert classes <= SEEN_BY.keys() | NEEDS_THE_CODE
