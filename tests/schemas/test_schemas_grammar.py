"""The schema files themselves: each is one Cerberus accepts, and says what messages need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from seatrial.core.vocabulary import ICONS
from seatrial.documents import yaml
from seatrial.schemas import NAMES
from seatrial.schemas.engine import breaches
from seatrial.schemas.grammar import Grammar, Rules, grammar
from seatrial.schemas.jsonschema import derive
from seatrial.schemas.quick import PLAIN, SILENT, conforming
from seatrial.schemas.quick import _Maker as Maker
from support.schema_samples import RICH

EACH = pytest.mark.parametrize("name", NAMES)
FAULTS = {"missing", "unknown", "misspelled", "misplaced", "type", "value", "form"}


def every_rules(known: Grammar) -> Iterator[Rules]:
    """The rules of every value that a grammar speaks of."""
    yield from inner_rules(known.document)
    for rules in known.rules_sets.values():
        yield from inner_rules(rules)
    for fields in known.schemas.values():
        for rules in fields.values():
            yield from inner_rules(rules)


def inner_rules(rules: Any) -> Iterator[Rules]:
    if isinstance(rules, str):
        return
    yield rules
    for rule in ("valuesrules", "keysrules"):
        yield from inner_rules(rules.get(rule, ""))
    inner = rules.get("schema", "")
    fields = inner.values() if isinstance(inner, dict) and "dict" in str(rules["type"]) else [inner]
    for one in fields:
        yield from inner_rules(one)


@EACH
def test_cerberus_accepts_the_schema(name: str) -> None:
    assert breaches(name, RICH[name]) == []


@EACH
def test_a_grammar_names_a_rule_for_every_fault(name: str) -> None:
    assert set(grammar(name).names) == FAULTS


@EACH
def test_what_is_said_of_a_form_says_what_is_wanted(name: str) -> None:
    for rules in every_rules(grammar(name)):
        if {"regex", "min", "max", "minlength", "maxlength"} & set(rules):
            assert rules["meta"]["wanted"], rules


@EACH
def test_rules_about_texts_and_numbers_come_with_a_type(name: str) -> None:
    for rules in every_rules(grammar(name)):
        if {"regex", "min", "max", "minlength", "maxlength", "allowed", "schema", "valuesrules"} & set(rules):
            assert "type" in rules, rules


@EACH
def test_a_pattern_matches_to_the_very_end(name: str) -> None:
    for rules in every_rules(grammar(name)):
        assert rules.get("regex", r"\Z").endswith(r"\Z")


@EACH
def test_what_is_given_as_an_example_conforms(name: str) -> None:
    known = grammar(name)
    for rules in every_rules(known):
        example = rules.get("meta", {}).get("example")
        if example is not None:
            value = yaml.load("example.yaml", example.encode()).value
            assert Maker(known).value(rules, is_open=False)(value), rules


@EACH
def test_what_stands_for_a_slip_is_one_of_the_allowed(name: str) -> None:
    for rules in every_rules(grammar(name)):
        instead = rules.get("meta", {}).get("instead", {})
        assert set(instead.values()) <= set(rules.get("allowed", [])), rules
        assert not set(instead) & set(rules.get("allowed", [])), rules


def test_the_icon_given_as_an_example_is_one_of_ports() -> None:
    assert grammar("spec-guide").document["schema"]["icon"]["meta"]["example"] in ICONS


@pytest.mark.parametrize("rule", ["anyof", "dependencies", "check_with"])
def test_a_rule_that_cannot_be_said_elsewhere_is_refused(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = Grammar("the file", {}, {"type": "dict", "schema": {"a": {rule: []}}}, {}, {})
    monkeypatch.setattr("seatrial.schemas.jsonschema.grammar", lambda name: odd)
    with pytest.raises(KeyError):
        derive("odd")
    with pytest.raises(KeyError):
        Maker(odd).value(odd.document, is_open=False)


@EACH
def test_every_rule_in_use_is_one_that_all_three_know(name: str) -> None:
    known = set(PLAIN) | SILENT | {"schema", "valuesrules", "keysrules"}
    assert {rule for rules in every_rules(grammar(name)) for rule in rules} <= known


def test_a_grammar_is_read_once() -> None:
    assert grammar("spec-guide") is grammar("spec-guide")
    assert conforming("spec-guide") is conforming("spec-guide")
