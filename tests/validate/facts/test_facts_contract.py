"""Tests of the contract of an integration, and of the changes that break it."""

from __future__ import annotations

import json

import pytest

from seatrial.core.model import MemoryFolder, Profile
from seatrial.validate.facts.contract import ContractChange, differences
from support.good import facts_of, good_folder

SPEC, BLUEPRINTS, MAPPING = (
    ".port/spec.yaml",
    ".port/resources/blueprints.json",
    ".port/resources/port-app-config.yaml",
)
GOOD = good_folder(Profile.GUIDE)


def compared(old: MemoryFolder, new: MemoryFolder) -> list[ContractChange]:
    return list(differences(facts_of(old).contract, facts_of(new).contract))


def words(old: MemoryFolder, new: MemoryFolder) -> list[str]:
    """The differences in words, each breaking one after `!`."""
    return [("!" if one.breaking else "") + one.words for one in compared(old, new)]


def spec(old: str, new: str) -> MemoryFolder:
    return GOOD.edited(SPEC, old, new)


def blueprints(change: str) -> MemoryFolder:
    """The good folder after a line of Python that changes its blueprints, `project` and `task`."""
    listed = json.loads(GOOD.text(BLUEPRINTS))
    project, task = listed
    names = {
        "listed": listed,
        "project": project,
        "task": task,
        "properties": project["schema"]["properties"],
    }
    exec(change, names)
    return GOOD.having(BLUEPRINTS, json.dumps(names["listed"]))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("      - kind: task\n", "      - kind: task\n      - kind: label\n", ['adds kind "label"']),
        ("saas:", "  - name: region\n    type: string\nsaas:", ['adds configuration "region"']),
        (
            "saas:",
            "  - name: region\n    type: string\n    required: true\nsaas:",
            ['!adds configuration "region", which is required'],
        ),
        (
            "saas:",
            "  - name: region\n    type: string\n    required: true\n    default: eu\nsaas:",
            ['adds configuration "region"'],
        ),
        ("    required: false\n    default: 100\n", "    required: true\n", [
            '!makes configuration "pageSize" required'
        ]),
        ("    required: false\n    default: 100\n", "    required: true\n    default: 100\n", []),
        ("    default: 100\n", "    default: 50\n", []),
        ("name: pageSize\n    type: integer", "name: pageSize\n    type: string", [
            '!turns configuration "pageSize" from "integer" into "string"'
        ]),
        ("name: apiUrl\n    type: url", "name: apiUrl\n    type: string", []),
        ("name: pageSize\n", "name: page_size\n", [
            '!removes configuration "pageSize"', 'adds configuration "page_size"',
        ]),
        ("title: Good Service\n", "title: Better Service\n", []),
        ("How many objects one request asks for", "Objects in a request", []),
        ("section: Other", "section: Git", []),
        ("saas:", "actions:\n  - name: reboot\nsaas:", ['adds action "reboot"']),
    ],
)  # fmt: skip
def test_the_spec_promises_kinds_configurations_and_actions(old: str, new: str, expected: list[str]) -> None:
    assert words(GOOD, spec(old, new)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("listed.pop()", ['!removes blueprint "goodServiceTask"']),
        ("listed.append({**task, 'identifier': 'other'})", ['adds blueprint "other"']),
        ("del properties['owner']", ['!removes property "owner" of blueprint "goodServiceProject"']),
        ("properties['x'] = {'type': 'string'}", ['adds property "x" of blueprint "goodServiceProject"']),
        ("properties['owner']['type'] = 'number'; del properties['owner']['format']", [
            '!turns property "owner" of blueprint "goodServiceProject" from "string" into "number"'
        ]),
        ("properties['owner']['format'] = 'email'", [
            '!gives property "owner" of blueprint "goodServiceProject" the format "email"'
        ]),
        ("del properties['owner']['format']", []),
        ("properties['owner'].update(title='x', description='y', icon='Git')", []),
        ("properties['status']['enum'].remove('archived')", [
            '!removes the value "archived" of property "status" of blueprint "goodServiceProject"'
        ]),
        ("properties['status']['enum'].append('new')", [
            'adds the value "new" of property "status" of blueprint "goodServiceProject"'
        ]),
        ("del properties['status']['enum']", []),
        ("properties['owner']['enum'] = ['me']", [
            '!allows only certain values of property "owner" of blueprint "goodServiceProject"'
        ]),
        ("project['schema']['required'].append('url')", [
            '!makes property "url" of blueprint "goodServiceProject" required'
        ]),
        ("task['schema']['required'].clear()", []),
        ("task['schema']['properties']['labels']['items']['type'] = 'object'", [
            '!turns property "labels" of blueprint "goodServiceTask" from "array of string" into "array of object"'
        ]),
        ("del task['schema']['properties']['labels']['items']", []),
        ("del task['mirrorProperties']['parentStatus']", [
            '!removes property "parentStatus" of blueprint "goodServiceTask"'
        ]),
        ("properties['openCount'] = {'type': 'number'}; project['aggregationProperties'].clear()", []),
        ("task['relations']['project']['many'] = True", [
            '!turns relation "project" of blueprint "goodServiceTask" from "one" into "many"'
        ]),
        ("task['relations']['project']['required'] = True", [
            '!makes relation "project" of blueprint "goodServiceTask" required'
        ]),
        ("task['relations']['project']['target'] = 'goodServiceTask'", [
            '!leads relation "project" of blueprint "goodServiceTask" to "goodServiceTask", not "goodServiceProject"'
        ]),
        ("task['relations'] = {}", ['!removes relation "project" of blueprint "goodServiceTask"']),
        ("project['relations']['owner'] = {'target': '_user', 'required': True}", [
            '!adds relation "owner" of blueprint "goodServiceProject", which is required'
        ]),
    ],
)  # fmt: skip
def test_blueprints_promise_properties_and_relations(change: str, expected: list[str]) -> None:
    assert words(GOOD, blueprints(change)) == expected


def test_a_removal_is_placed_in_the_old_file_and_an_addition_in_the_new_one() -> None:
    fewer = GOOD.edited(SPEC, "      - kind: task\n", "").edited(MAPPING, "kind: task", "kind: project")
    assert [one.place for one in compared(GOOD, fewer)] == [".port/spec.yaml: features.0.resources.1"]
    assert [one.place for one in compared(fewer, GOOD)] == [".port/spec.yaml: features.0.resources.1"]


def test_a_kind_that_is_still_mapped_is_not_removed() -> None:
    assert words(GOOD, spec("      - kind: task\n", "")) == []


def test_the_default_mapping_may_show_less() -> None:
    assert words(GOOD, GOOD.edited(MAPPING, "kind: task", "kind: project")) == []


def test_kinds_that_were_listed_by_mistake_may_be_removed() -> None:
    wrong = spec("      - kind: project\n", "      - kind: goodServiceProject\n")
    assert words(wrong, GOOD) == []


def test_a_relation_to_a_blueprint_outside_the_file_may_change_its_target() -> None:
    lost = blueprints("task['relations']['project']['target'] = 'gone'")
    assert words(lost, GOOD) == []


def test_a_spec_in_another_format_promises_the_same() -> None:
    import yaml

    as_json = GOOD.without(SPEC).having(".port/spec.json", json.dumps(yaml.safe_load(GOOD.text(SPEC))))
    assert words(GOOD, as_json) == words(as_json, GOOD) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (SPEC, "- a list"),
        (SPEC, "{ broken"),
        (SPEC, "features: 3\nconfigurations: {a: 1}\nactions: x"),
        (SPEC, "features: [1, {resources: 7}]\nconfigurations: [1, {}]\nactions: [null]"),
        (BLUEPRINTS, "{ broken"),
        (BLUEPRINTS, "{}"),
        (BLUEPRINTS, '[1, {"identifier": 3}]'),
        (BLUEPRINTS, '[{"identifier": "goodServiceProject"}, {"identifier": "goodServiceTask", "relations": 1}]'),
        (MAPPING, "resources: 3"),
        (MAPPING, "{ broken"),
    ],
)  # fmt: skip
def test_an_unreadable_part_is_not_taken_as_removed(path: str, text: str) -> None:
    broken = GOOD.having(path, text)
    assert not any("removes" in one for one in words(GOOD, broken))
    compared(broken, GOOD)


def test_a_deleted_file_of_blueprints_removes_its_blueprints() -> None:
    assert words(GOOD, GOOD.without(BLUEPRINTS)) == [
        '!removes blueprint "goodServiceTask"',
        '!removes blueprint "goodServiceProject"',
    ]


@pytest.mark.parametrize(
    "value", [None, 3, [], {}, ["x"], {"type": []}, {"enum": [[], {}]}, {"items": 3, "enum": 1}]
)
def test_values_of_any_type_do_no_harm(value: object) -> None:
    odd = blueprints(f"properties['owner'] = {value!r}; task['relations']['project'] = {value!r}")
    compared(GOOD, odd)
    compared(odd, GOOD)
