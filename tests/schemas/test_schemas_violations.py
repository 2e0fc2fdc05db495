"""What people are told where a document breaks its schema."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from typing import Any

import pytest

from seatrial.schemas import NAMES, Violation, violations
from seatrial.schemas.engine import MOST
from support.schema_samples import ODD, RICH

EACH = pytest.mark.parametrize("name", NAMES)


def spec(*keys: str | int, **changes: Any) -> dict[str, Any]:
    """The rich spec with these changes at `keys`; None as a change takes the key away."""
    found: Any = copy.deepcopy(RICH["spec-guide"])
    place = found
    for key in keys:
        place = place[key]
    for key, value in changes.items():
        place.pop(key, None)
        place.update({key: value} if value is not None else {})
    return found  # type: ignore[no-any-return]


def only(document: Any, schema: str = "spec-guide") -> Violation:
    found = violations(schema, document)
    assert len(found) == 1, found
    return found[0]


TYPES = "string, url, boolean, integer, object, array"
MODE = ("configurations", 0)
TOKEN = ("configurations", 1)


@pytest.mark.parametrize(
    ("document", "rule", "message", "repair"),
    [
        (
            spec(icon=None),
            "missing-key",
            'the spec has no "icon"',
            'add "icon" to the spec, such as icon: Microservice',
        ),
        (
            spec(title=None),
            "missing-title",
            'the spec has no "title"',
            'add "title" to the spec, such as title: My Service',
        ),
        (
            spec(*MODE, description=None),
            "configuration-without-description",
            'configuration "mode" has no "description"',
            'add "description" to configuration "mode", such as description: The token used to query the API',
        ),
        (
            spec(*MODE, name=None),
            "missing-key",
            'configuration number 1 has no "name"',
            'add "name" to configuration number 1, such as name: apiToken',
        ),
        (
            spec("saas", "liveEvents", enabled=None),
            "missing-key",
            '"saas.liveEvents" has no "enabled"',
            'add "enabled" to "saas.liveEvents", such as enabled: true',
        ),
        (
            spec(*TOKEN, "dependencies", 0, on=None),
            "missing-key",
            '"dependencies[0]" of configuration "apiToken" has no "on"',
            'add "on" to "dependencies[0]" of configuration "apiToken", such as on: authType',
        ),
        (
            spec("actions", 0, "inputs", 0, type=None),
            "missing-key",
            'input "task" of action "close_task" has no "type"',
            'add "type" to input "task" of action "close_task", such as type: string',
        ),
        (
            spec(maintainer="me"),
            "unknown-key",
            'the spec has an unknown key "maintainer"',
            'remove "maintainer"',
        ),
        (
            spec("saas", colour="red"),
            "unknown-key",
            '"saas" has an unknown key "colour"',
            'remove "colour"; known here are enabled, liveEvents, incrementalSync, oauthConfiguration',
        ),
        (
            spec(incrementalSync={"enabled": True}),
            "misplaced-key",
            'the spec has an unknown key "incrementalSync"; it belongs in "saas"',
            'move it into "saas"',
        ),
        (
            spec("saas", ingressRequired=True),
            "misplaced-key",
            '"saas" has an unknown key "ingressRequired"; it belongs in the document itself',
            "move it into the document itself",
        ),
        (spec(icon=5), "wrong-type", '"icon" is 5, not text', 'put it in quotes: "5"'),
        (spec(features={}), "wrong-type", '"features" is an object, not a list', "write a list"),
        (
            spec(*MODE, required="yes"),
            "wrong-type",
            '"required" of configuration "mode" is "yes", not true or false',
            "write true or false",
        ),
        (
            spec(*MODE, enum=[["a"]]),
            "wrong-type",
            '"enum[0]" of configuration "mode" is a list, not text or a number',
            None,
        ),
        (
            spec(*MODE, type="nothing"),
            "unknown-value",
            f'"type" of configuration "mode" is "nothing", which is not one of {TYPES}',
            f"write one of {TYPES}",
        ),
        (
            spec(*MODE, type="number"),
            "unknown-value",
            '"type" of configuration "mode" is "number"; did you mean "integer"?',
            'change "number" to "integer"',
        ),
        (
            spec("features", 0, type="exportr"),
            "unknown-value",
            '"type" of feature "GitOps" is "exportr"; did you mean "exporter"?',
            'change "exportr" to "exporter"',
        ),
        (
            spec(title=" Good "),
            "malformed-value",
            '"title" is " Good ", not text without blanks around it',
            None,
        ),
        (
            spec(description="  "),
            "malformed-value",
            '"description" is "  ", not text that is not blank',
            None,
        ),
        (
            spec(*TOKEN, "dependencies", 0, when={"equals": "a", "in": ["b"]}),
            "malformed-value",
            '"dependencies[0].when" of configuration "apiToken" is not an object with "equals" or "in"',
            'write an object with "equals" or "in"',
        ),
    ],
)
def test_a_fault_is_told_in_the_readers_words(
    document: Any, rule: str, message: str, repair: str | None
) -> None:
    found = only(document)
    assert (found.rule, found.message) == (rule, message)
    assert found.repair is not None
    assert repair is None or found.repair.title == repair


@pytest.mark.parametrize("slip", ["require", "Required", "requireds", "re-quired", "requierd"])
def test_a_slip_in_a_key_names_the_near_key_and_can_be_mended(slip: str) -> None:
    document = spec(*MODE, required=None)
    document["configurations"][0][slip] = False
    found = only(document)
    assert found.rule == "misspelled-key"
    assert found.message == f'configuration "mode" has an unknown key "{slip}"; did you mean "required"?'
    assert found.repair
    assert (found.repair.old, found.repair.new) == (slip, "required")
    assert (found.keys, found.at_key) == (("configurations", 0, slip), True)


def test_a_key_near_one_that_is_already_there_is_only_unknown() -> None:
    assert only(spec(*MODE, require=True)).rule == "unknown-key"


def test_a_missing_key_is_told_at_its_parent() -> None:
    found = only(spec("saas", "liveEvents", enabled=None))
    assert (found.keys, found.at_key) == (("saas", "liveEvents"), True)


def test_a_wrong_value_is_told_at_the_value() -> None:
    found = only(spec(*MODE, required=1))
    assert (found.keys, found.at_key) == (("configurations", 0, "required"), False)


def test_faults_come_in_document_order() -> None:
    document = {"zebra": 1, **spec(title=5, icon=None), "anther": 1}
    assert [found.message.split(";")[0] for found in violations("spec-guide", document)] == [
        'the spec has no "icon"',
        'the spec has an unknown key "zebra"',
        '"title" is 5, not text',
        'the spec has an unknown key "anther"',
    ]


def test_the_guide_wants_version_and_type_where_ocean_does_not() -> None:
    document = RICH["spec-ocean"]
    assert {found.rule for found in violations("spec-guide", document)} == {"missing-version", "missing-type"}
    assert violations("spec-ocean", document) == ()


@pytest.mark.parametrize(
    ("schema", "document", "rule", "message"),
    [
        (
            "port-app-config",
            {
                "resources": [
                    {"kind": "a", "selector": {}, "port": {"entity": {"mappings": {"identifier": ".a"}}}}
                ]
            },
            "resource-missing-key",
            [
                '"selector" of resource "a" has no "query"',
                '"port.entity.mappings" of resource "a" has no "blueprint"',
            ],
        ),
        (
            "port-app-config",
            {"resources": [], "entityDeletionThreshold": 2},
            "resource-malformed-value",
            ['"entityDeletionThreshold" is 2, not a share from 0 to 1'],
        ),
        (
            "blueprints",
            [{"identifier": "a", "schema": {"properties": {"b": {"type": "markdown"}}}}],
            "resource-unknown-value",
            ['"type" of property "b" of blueprint "a" is "markdown"; did you mean "string"?'],
        ),
        (
            "blueprints",
            [{"identifier": "a", "schema": {"properties": {"b c": {"type": "string"}}}}],
            "resource-malformed-value",
            ['property "b c" of blueprint "a" does not have a name of letters, digits and @ _ = -'],
        ),
        ("scorecards", {}, "resource-wrong-type", ["the file is an object, not a list"]),
        (
            "pages",
            [{}],
            "resource-missing-key",
            [f'page number 1 has no "{key}"' for key in ("identifier", "title", "type")],
        ),
        ("actions", [1], "resource-wrong-type", ["action number 1 is 1, not an object"]),
        (
            "seatrial",
            {"profil": "guide"},
            "malformed-settings",
            ['the file has an unknown key "profil"; did you mean "profile"?'],
        ),
        (
            "seatrial",
            {"profile": "port"},
            "malformed-settings",
            ['"profile" is "port", which is not one of guide, ocean'],
        ),
        (
            "seatrial",
            {"severity": {"SPC001": "warn"}},
            "malformed-settings",
            ['"severity.SPC001" is "warn"; did you mean "warning"?'],
        ),
        ("seatrial", {"known": {"icons": "A"}}, "malformed-settings", ['"known.icons" is "A", not a list']),
        (
            "ignore",
            {"ignore": {"SPC001": " "}},
            "malformed-suppression",
            ['"ignore.SPC001" is " ", not a reason'],
        ),
        ("ignore", {"ignore": ["SPC001"]}, "malformed-suppression", ['"ignore" is a list, not an object']),
    ],
)
def test_each_kind_of_document_has_its_own_rules(
    schema: str, document: Any, rule: str, message: list[str]
) -> None:
    found = violations(schema, document)
    assert sorted(one.message for one in found) == sorted(message)
    assert {one.rule for one in found} == {rule}


@pytest.mark.parametrize("folder", ["/somewhere", "~/here", "..", "../up", "a/../../up", "a\nb", "a ", ""])
def test_the_folder_of_the_integrations_lies_below_the_root(folder: str) -> None:
    assert only({"integrations": folder}, "seatrial").message.endswith("not a folder below the root")


@pytest.mark.parametrize("folder", ["integrations", "some/where", "a b", ".hidden", "a..b", "ä"])
def test_a_folder_below_the_root_is_accepted(folder: str) -> None:
    assert violations("seatrial", {"integrations": folder}) == ()


@EACH
@pytest.mark.parametrize("root", [*ODD, 1.0, float("nan"), b"", object()], ids=lambda root: repr(root)[:10])
def test_any_root_is_judged(name: str, root: Any) -> None:
    for found in violations(name, root):
        assert found.rule
        assert "\n" not in found.message


@EACH
@pytest.mark.parametrize("key", [True, None, 1, 1.5, ("a",), b"a", ""], ids=repr)
def test_a_key_of_any_type_is_judged(name: str, key: Any) -> None:
    rich = copy.deepcopy(RICH[name])
    for holder in (rich if isinstance(rich, dict) else rich[0], {}):
        holder[key] = {key: [{key: key}]}
        assert violations(name, holder)
        assert violations(name, [holder])


@EACH
def test_a_document_is_left_as_it_is(name: str) -> None:
    before = copy.deepcopy(RICH[name])
    violations(name, RICH[name])
    violations(name, [RICH[name]])
    assert RICH[name] == before


def nested(depth: int) -> Mapping[str, Any]:
    rule: dict[str, Any] = {"property": 1}
    for _ in range(depth):
        rule = {"combinator": '"and"', "rules": [rule]}
    return {"resources": [{"kind": "a", "port": {"entity": {"mappings": {"team": rule}}}}]}


def test_a_fault_deep_down_is_found() -> None:
    found = violations("port-app-config", nested(30))
    assert any(len(one.keys) > 60 for one in found)


def test_a_document_nested_too_deep_is_one_fault() -> None:
    assert "too deep" in only(nested(5000), "port-app-config").message


@pytest.mark.parametrize(
    "document",
    [
        {f"key{number}": number for number in range(100_000)},
        {"configurations": [{}] * 100_000},
        {"configurations": [1] * 100_000},
        {"features": [{"type": "exporter", "section": "Other", "resources": [{"kind": ""}] * 100_000}]},
    ],
    ids=["keys", "empty", "numbers", "blanks"],
)
def test_a_flood_of_faults_ends_soon(document: Any) -> None:
    started = time.process_time()
    assert 0 < len(violations("spec-guide", document)) <= MOST
    assert time.process_time() - started < 5


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(only(spec(docs="x" * 10_000)).message) < 200


def test_what_cannot_be_shown_is_not_shown() -> None:
    assert only(spec(title=" \x1b[31m\n")).message.isprintable()
