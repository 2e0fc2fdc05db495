"""Rules of family SPC about the form of a spec; hostile specs; faults from Ocean's history."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from seatrial.core.model import MemoryFolder, Profile, Severity
from seatrial.validate.rules import BY_NAME
from support.good import facts_of, good_folder, problems_of
from support.paths import HISTORY
from support.schema_samples import ODD, mutated
from support.schema_samples import SPEC as RICH
from support.spec_cases import SAAS, SPEC, Edits, edited, everything, of_spec, said

OF_2023 = """\
version: v0.1.4
type: good-service
description: Good Service integration for Port Ocean
icon: Jira
features:
  - type: exporter
    section: Project management
    resources:
      - kind: project
configurations:
  - name: appHost
    required: true
    type: url
    description: "The host of the Port Ocean app"
  - name: serviceToken
    required: true
    type: string
    sensitive: true
"""


def test_the_full_spec_of_the_schema_tests_breaks_no_other_rule() -> None:
    folder = MemoryFolder.of({".port/spec.json": json.dumps(RICH)})
    assert set(everything(folder)) == {"unknown-icon"}


@pytest.mark.parametrize(
    ("kind", "value", "is_whole"),
    [
        ("number", "default: 100", True),
        ("number", "default: 1.0", True),
        ("number", "default: 0.5", False),
        ("number", "default: '.5'", False),
        ("float", "default: 2.25", False),
        ("number", "enum: [1, 2.5]", False),
    ],
)
def test_a_number_with_a_fraction_is_not_called_an_integer(kind: str, value: str, is_whole: bool) -> None:
    folder = edited(("type: integer", f"type: {kind}"), ("default: 100", value))
    (problem,) = problems_of(BY_NAME["unknown-value"], folder)
    assert ("no type for fractions" in problem.message) is not is_whole
    assert problem.fix
    assert (problem.fix.edit is not None and problem.fix.edit.new == "integer") is is_whole


@pytest.mark.parametrize(("profile", "found"), [(Profile.GUIDE, 1), (Profile.OCEAN, 0)])
def test_a_spec_without_configurations_is_one_with_none_in_ocean(profile: Profile, found: int) -> None:
    spec = OF_2023.partition("configurations:")[0]
    assert len(problems_of(BY_NAME["missing-key"], of_spec(spec), profile=profile)) == found


def test_a_spec_of_2023_has_no_error() -> None:
    assert everything(of_spec(OF_2023)) == {
        "missing-title": Severity.WARNING,
        "configuration-without-description": Severity.WARNING,
        "missing-docs": Severity.INFO,
    }


@pytest.mark.parametrize(
    ("siblings", "severity"),
    [
        ({}, None),
        ({"other": "title: Other"}, None),
        ({"other": "icon: Jira", "broken": "["}, Severity.WARNING),
        ({"other": "icon: Jira", "another": "title: Another"}, None),
    ],
)
def test_a_missing_title_is_a_warning_where_nobody_has_one(
    siblings: Mapping[str, str], severity: Severity | None
) -> None:
    others = {name: of_spec(text) for name, text in siblings.items()}
    (problem,) = problems_of(BY_NAME["missing-title"], edited(("title: Good Service\n", "")), siblings=others)
    assert problem.severity is severity


def test_in_oceans_repository_before_titles_existed_none_is_required() -> None:
    untitled = good_folder(Profile.OCEAN).edited(".port/spec.yaml", "title: Good Service\n", "")
    siblings = {"other": of_spec("icon: Jira")}
    assert problems_of(BY_NAME["missing-title"], untitled, profile=Profile.OCEAN, siblings=siblings) == []


@pytest.mark.parametrize(
    ("name", "edit", "line", "message"),
    [
        ("duplicate-key", ("type: url", "type: url\n    type: string"), 16, 'the key "type" is given twice'),
        ("missing-key", ("    type: url\n", ""), 14, 'configuration "apiUrl" has no "type"'),
        ("missing-key", ("    section: Other\n", ""), 8, 'feature number 1 has no "section"'),
        ("wrong-type", ("version: 0.1.0", "version: 0.1"), 2, '"version" is 0.1, not text'),
        ("wrong-type", ("icon: Microservice", "icon:"), 5, '"icon" is empty, not text'),
        (
            "malformed-value",
            ("kind: task", "kind: 'task '"),
            12,
            '"kind" of resource "task " of feature "Other" is "task ", not text without blanks around it',
        ),
        (
            "malformed-version",
            ("version: 0.1.0", "version: vv1.2.3"),
            2,
            '"version" is "vv1.2.3", not a version such as 1.2.3 or 1.2.3-beta',
        ),
        (
            "version-disagrees",
            ("version: 0.1.0", "version: v0.1.1"),
            2,
            '"version" is "v0.1.1" here and "0.1.0" in pyproject.toml',
        ),
    ],
)
def test_a_mistake_in_the_form_is_reported_at_its_place(
    name: str, edit: tuple[str, str], line: int, message: str
) -> None:
    assert said(name, edited(edit)) == [(line, message)]


@pytest.mark.parametrize(
    ("name", "edits"),
    [
        ("malformed-version", [("version: 0.1.0", "version: v0.1.0")]),
        ("malformed-version", [("version: 0.1.0", "version: 0.1.0-beta")]),
        ("malformed-version", [("version: 0.1.0", "version: v0.1.7dev2")]),
        ("malformed-version", [("version: 0.1.0", "version: 0.1.0.rc4")]),
        ("version-disagrees", [("version: 0.1.0", "version: v0.1.0")]),
        ("version-disagrees", [("version: 0.1.0", "version: 0.1.x")]),
        ("saas-without-enabled", [(SAAS, "saas: {}\n")]),
        ("saas-without-enabled", [(SAAS, "")]),
        ("type-disagrees", [("type: good-service", "type: good-service ")]),
    ],
)
def test_a_correct_form_is_not_reported(name: str, edits: Edits) -> None:
    assert said(name, edited(*edits)) == []


def test_legacy_keys_are_not_reported_where_most_others_have_them() -> None:
    folder = edited(("title:", "type: good-service\ntitle:"), profile=Profile.OCEAN)
    old, new = of_spec("type: other"), of_spec("title: Other")
    assert said("legacy-key", folder, siblings={"a": old, "b": old, "c": new}) == []
    (problem,) = problems_of(BY_NAME["legacy-key"], folder, siblings={"a": old, "b": new, "c": new})
    assert problem.evidence == "2 of the 3 other integrations do not have it"


def test_a_name_that_the_package_rules_reject_is_not_compared() -> None:
    folder = edited(("type: good-service", "type: jira"))
    assert said("type-disagrees", folder) != []
    shouted = folder.edited("pyproject.toml", 'name = "good-service"', 'name = "Jira"')
    assert said("type-disagrees", shouted) == []


def test_a_misspelled_key_is_not_reported_as_missing_too() -> None:
    folder = edited(("    required: false\n", "    require: false\n"))
    assert set(everything(folder)) == {"misspelled-key"}


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "text", "[[", "a: b: c", "\x00", "? [a]\n: b", "!!python/none x"]
)
def test_a_file_that_is_not_a_spec_gives_one_finding(text: str) -> None:
    assert len(everything(MemoryFolder.of({SPEC: text}))) == 1


@pytest.mark.parametrize("key", sorted(RICH))
@pytest.mark.parametrize("value", ODD, ids=repr)
def test_any_value_at_any_key_is_checked(key: str, value: object) -> None:
    everything(MemoryFolder.of({".port/spec.json": json.dumps(RICH | {key: value})}))


@pytest.mark.parametrize("profile", list(Profile))
def test_damaged_specs_are_checked(profile: Profile) -> None:
    for seed in range(200):
        everything(MemoryFolder.of({".port/spec.json": json.dumps(mutated(RICH, seed))}), profile)


CASES = {
    "H028": "missing-docs",
    "H046": "configuration-without-description",
    "H048": "configuration-without-description",
    "H052": "placeholder-left",
    "H059": "unknown-section",
    "H067": "undeclared-configuration",
    "H068": "broken-oauth-expression",
    "H074": "host-typed-as-string",
    "H077": "miscased-icon",
    "H080": "missing-title",
    "H089": "unknown-section",
    "H093": "duplicate-configuration",
    "H099": "miscased-icon",
    "H110": "misspelled-key",
    "H112": "configuration-without-required",
    "H114": "misspelled-key",
}


@pytest.mark.parametrize(("case", "name"), CASES.items())
def test_a_fault_from_oceans_history_is_found_and_its_repair_is_clean(case: str, name: str) -> None:
    if not HISTORY.is_dir():
        pytest.skip("the corpus of historic faults is not beside this checkout")
    (path,) = (HISTORY / case / "bad").glob("*/.port/spec.yaml")
    fixed = HISTORY / case / "fixed" / path.relative_to(HISTORY / case / "bad")
    for text, is_found in ((path.read_text(), True), (fixed.read_text(), False)):
        facts = facts_of(MemoryFolder.of({SPEC: text}), Profile.OCEAN)
        assert bool(list(BY_NAME[name].problems(facts))) is is_found
