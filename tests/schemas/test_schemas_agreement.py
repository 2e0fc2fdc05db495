"""Cerberus, the quick test and the derived JSON Schema give one verdict."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.schemas import NAMES, violations
from seatrial.schemas.engine import breaches
from seatrial.schemas.grammar import grammar
from seatrial.schemas.jsonschema import derive, derived_files
from seatrial.schemas.quick import conforming
from support.often import rounds
from support.paths import ROOT
from support.schema_samples import RICH, mutated

if TYPE_CHECKING:
    import jsonschema

DOCS = ROOT / "docs" / "schemas"
EACH = pytest.mark.parametrize("name", NAMES)


@cache
def derived_validator(name: str) -> jsonschema.Draft202012Validator:
    """Return the validator of an editor; jsonschema takes two seconds to import."""
    import jsonschema

    return jsonschema.Draft202012Validator(derive(name))


def verdicts(name: str, document: Any, derived: jsonschema.Draft202012Validator) -> tuple[bool, bool, bool]:
    return conforming(name)(document), not breaches(name, document), derived.is_valid(document)


def assert_one_verdict(name: str, count: int) -> None:
    derived = derived_validator(name)
    refused = 0
    for seed in range(count):
        document = mutated(RICH[name], seed)
        quick, cerberus, editor = verdicts(name, document, derived)
        assert quick == cerberus == editor, document
        refused += not cerberus
    assert count * 0.3 < refused < count * 0.98


@EACH
def test_the_rich_document_conforms_by_all_three(name: str) -> None:
    derived = derived_validator(name)
    assert verdicts(name, RICH[name], derived) == (True, True, True)
    assert violations(name, RICH[name]) == ()


@EACH
def test_all_three_agree_on_documents_with_slips(name: str) -> None:
    assert_one_verdict(name, 400)


@pytest.mark.slow
@EACH
def test_all_three_agree_on_many_documents_with_slips(name: str) -> None:
    assert_one_verdict(name, rounds(200, 2000))


@EACH
def test_a_derived_schema_is_a_json_schema(name: str) -> None:
    derived_validator(name).check_schema(derive(name))


@pytest.mark.parametrize("file", sorted(derived_files()))
def test_a_derived_file_is_fresh(file: str) -> None:
    assert (DOCS / file).read_text() == derived_files()[file], "derive the files anew"


def test_no_derived_file_is_left_over() -> None:
    assert {path.name for path in DOCS.iterdir()} == set(derived_files())


def test_a_key_known_to_editors_is_described_where_the_grammar_says_something_about_it() -> None:
    about = grammar("spec-guide").document["schema"]["version"]["meta"]["about"]
    assert derive("spec-guide")["properties"]["version"]["description"] == about


def test_a_named_schema_may_hold_itself() -> None:
    derived = derive("port-app-config")
    rule = derived["$defs"]["search-rule"]["properties"]["rules"]["items"]
    assert rule["$ref"] == "#/$defs/search-rule"


def test_the_two_profiles_differ_in_what_they_require() -> None:
    guide, ocean = derive("spec-guide"), derive("spec-ocean")
    assert set(guide["required"]) - set(ocean["required"]) == {"version", "type", "configurations"}
    assert json.dumps(guide["$defs"]) == json.dumps(ocean["$defs"])
