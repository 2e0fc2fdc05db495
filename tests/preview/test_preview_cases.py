"""Where integrations keep raw objects, and which resource goes with each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seatrial.core.model import Integration, MemoryFolder
from seatrial.preview import cases as cases_module
from seatrial.preview.cases import ExampleSet, MappingSource, example_set_of, kind_of

CONFIG = ".port/resources/port-app-config.yaml"
MAPPING = """
resources:
  - kind: issue
    selector: {query: 'true'}
  - kind: Cloud::Thing::Account
    selector: {query: 'true'}
"""
ONE = "resources: [{kind: AWS::SQS::Queue}]"
BLUEPRINT = {"identifier": "b", "schema": {"properties": {}}}


def example_set(files: dict[str, Any], config: str = MAPPING) -> ExampleSet:
    texts = {path: text if isinstance(text, str) else json.dumps(text) for path, text in files.items()}
    return example_set_of(Integration("it", "it", MemoryFolder.of({CONFIG: config, **texts})))


def cases(files: dict[str, Any], config: str = MAPPING) -> list[tuple[str, str, int]]:
    return [(one.name, one.source.kind, len(one.objects)) for one in example_set(files, config).cases]


def test_a_folder_of_uploaded_examples_names_the_kind() -> None:
    found = example_set({".port/examples/issue/a.json": {"id": 1}, ".port/examples/sprint/a.json": {"id": 1}})
    assert [(one.name, one.source.kind) for one in found.cases] == [(".port/examples/issue/a.json", "issue")]
    assert [one.reason for one in found.strays] == ['no resource of the mapping has the kind "sprint"']


@pytest.mark.parametrize("spelled", ["issue", "issues", "Issue", "ISSUES"])
def test_a_kind_may_be_spelled_otherwise(spelled: str) -> None:
    assert cases({f".port/examples/{spelled}/a.json": [{}, {}]}) == [
        (f".port/examples/{spelled}/a.json", "issue", 2)
    ]


def test_the_end_of_a_kind_is_enough_if_it_is_unambiguous() -> None:
    known = [MappingSource("", 0, {"kind": kind}) for kind in ("A::Thing::Account", "B::Other", "C::Other")]
    assert [one.kind for one in kind_of("thing-account", known)] == ["A::Thing::Account"]
    assert kind_of("other", known) == []
    assert kind_of("", known) == kind_of("--", known) == []


def test_recorded_examples_go_with_the_mapping_beside_them() -> None:
    folder = "examples/sqs-queue/sqs-queue"
    found = example_set({
        f"{folder}-raw-data.json": {"Type": "q"}, f"{folder}-mappings.yaml": ONE, f"{folder}-blueprint.json": BLUEPRINT,
        f"{folder}-expected-output.json": {"identifier": "x", "properties": {}}, ".port/examples/sqs-queue/a.json": {},
    })  # fmt: skip
    assert [(one.name, one.source.path) for one in found.cases] == [
        (".port/examples/sqs-queue/a.json", f"{folder}-mappings.yaml"),
        (f"{folder}-raw-data.json", f"{folder}-mappings.yaml"),
    ]
    assert [list(one.blueprints) for one in found.cases] == [[BLUEPRINT]] * 2
    assert not found.strays


def test_names_of_recorded_examples_tell_the_kind() -> None:
    assert cases({
        "examples/raw_issue.json": {}, "examples/issue.entity.json": {"key": 1}, "examples/after_mapping.json": {},
        "examples/mapping_config.yaml": "resources: [{kind: issue}, {kind: other}]",
        "examples/blueprints.json": [BLUEPRINT],
    }) == [("examples/issue.entity.json", "issue", 1), ("examples/raw_issue.json", "issue", 1)]  # fmt: skip


def test_entities_do_not_count_as_raw_objects() -> None:
    assert cases({"examples/issue.json": {"identifier": "x", "properties": {}}}) == []


def test_a_whole_response_holds_the_objects() -> None:
    response = {"data": {"rows": [{"a": 1}, {"a": 2}]}}
    assert cases({"examples/issue.response.json": response}) == [("examples/issue.response.json", "issue", 2)]
    assert cases({"examples/issue.json": response}) == [("examples/issue.json", "issue", 1)]
    assert cases({"examples/issue.response.json": {"rows": []}}) == [
        ("examples/issue.response.json", "issue", 1)
    ]


def test_a_file_that_cannot_be_read_is_named() -> None:
    found = example_set(
        {".port/examples/issue/a.json": "{", "examples/what.json": {}, "examples/example-data.json": {}}
    )
    assert [one.name for one in found.strays] == [
        ".port/examples/issue/a.json", "examples/example-data.json", "examples/what.json",
    ]  # fmt: skip
    assert found.strays[1].reason == "its name tells no kind"


@pytest.mark.parametrize(
    "config", ["", "[]", "resources: 5", "resources: [5, {kind: 7}, {kind: [a]}, {}]", "{"]
)
def test_a_mapping_of_another_form_maps_nothing(config: str) -> None:
    assert cases({".port/examples/issue/a.json": {}, "examples/issue.json": {}}, config) == []


def test_no_more_is_read_than_a_correct_folder_has(monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, Any] = {f".port/examples/issue/{number}.json": {} for number in range(9)}
    monkeypatch.setattr(cases_module, "MOST_FILES", 5)
    assert len(cases(files)) == 5
    monkeypatch.setattr(cases_module, "MOST_BYTES", 7)
    assert len(cases(files)) == 3
    monkeypatch.setattr(cases_module, "MOST_BYTES", 99)
    monkeypatch.setattr(cases_module, "MOST_OBJECTS", 2)
    assert cases({".port/examples/issue/a.json": [1, 2, 3]})[0][2] == 2


def test_resources_and_cases_beyond_the_limit_are_left_out_and_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cases_module, "MOST_RESOURCES", 2)
    monkeypatch.setattr(cases_module, "MOST_CASES", 3)
    many = json.dumps({"resources": [{"kind": "issue"}] * 3})
    files = {f".port/examples/issue/{name}.json": {} for name in "ab"}
    few = example_set(files, json.dumps({"resources": [{"kind": "issue"}]}))
    assert (len(few.cases), few.is_cut) == (2, False)
    assert [(len(one.cases), one.is_cut) for one in (example_set(files, many),)] == [(3, True)]
    recorded = example_set({"examples/a/m.yaml": many, "examples/a/issue.json": {}})
    assert recorded.is_cut
