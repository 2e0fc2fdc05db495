"""The entities that integrations record for their examples: found, compared, and written in one form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seatrial.core.framework import Framework
from seatrial.core.model import Integration, MemoryFolder, Profile
from seatrial.documents.document import Document
from seatrial.preview.cases import example_set_of
from seatrial.preview.differences import differences
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.goldens import ExpectedFile, MadeEntities, compared, place_of, recorded_text
from seatrial.preview.previews import Preview, as_json, preview_of
from seatrial.scaffold.answers import Answers
from seatrial.scaffold.skeleton import render

CONFIG = ".port/resources/port-app-config.yaml"
MAPPING = """
resources:
  - kind: issue
    selector: {query: .on != false}
    port: {entity: {mappings: {identifier: .id, title: .title, blueprint: '"issue"', properties: {n: .n, far: .far}}}}
"""
ENTITY = {"identifier": "A", "title": "T", "blueprint": "issue", "properties": {"n": 1, "far": None}}
RAW = {"id": "A", "title": "T", "n": 1}
UPLOADED = ".port/examples/issue/a.json"
GOLDEN = "examples/issue/a-expected-output.json"


@pytest.fixture
def preview(evaluator: Evaluator) -> Any:
    def made(files: dict[str, Any], kind: str = "", mapping: str = MAPPING) -> Preview:
        texts = {path: one if isinstance(one, str) else json.dumps(one) for path, one in files.items()}
        one = Integration("it", "it", MemoryFolder.of({CONFIG: mapping, **texts}))
        example_set = example_set_of(one)
        cases = [case for case in example_set.cases if kind in ("", case.source.kind)]
        return preview_of(one, example_set, cases, Framework((0, 48, 12)), evaluator)

    return made


def states(found: Preview) -> dict[str, list[str] | str]:
    return {one.path: one.reason or one.fault or list(map(str, one.differences)) for one in found.recorded}


@pytest.mark.parametrize(
    ("example", "place"),
    [
        (UPLOADED, GOLDEN),
        ("examples/q/q-raw-data.json", "examples/q/q-expected-output.json"),
        ("examples/raw_issue.json", "examples/issue-expected-output.json"),
        ("examples/issue.response.json", "examples/issue-expected-output.json"),
        ("examples/issue.json", "examples/issue-expected-output.json"),
        ("examples/v/response.json", "examples/v/expected-output.json"),
    ],
)
def test_each_example_has_one_place_for_its_entities(example: str, place: str) -> None:
    assert place_of(example) == place


@pytest.mark.parametrize("shape", ["one", "list", "object"])
@pytest.mark.parametrize(
    ("raw", "recorded"),
    [
        (UPLOADED, GOLDEN),
        ("examples/issue/issue-raw-data.json", "examples/issue/issue-expected-output.json"),
        ("examples/issue.response.json", "examples/issue.expected.json"),
        ("examples/raw_issue.json", "examples/after_mapping.json"),
        ("examples/issue/response.json", "examples/issue/expected-output.json"),
    ],
)
def test_every_form_of_the_fleet_is_compared(preview: Any, raw: str, recorded: str, shape: str) -> None:
    place, wrap = {
        "one": ("", lambda one: one),
        "list": ("[0].", lambda one: [one]),
        "object": ('["Resource #1"].', lambda one: {"Resource #1": one}),
    }[shape]
    good, bad = wrap(ENTITY), wrap({**ENTITY, "properties": {"n": 2}})
    assert states(preview({raw: RAW, recorded: good})) == {recorded: []}
    stale = preview({raw: RAW, recorded: bad})
    assert states(stale) == {recorded: [f"{place}properties.n: recorded 2, now 1"]}
    text = stale.recorded[0].text
    assert states(preview({raw: RAW, recorded: text})) == {recorded: []}


def test_an_entity_beside_a_response_is_one_of_its_entities(preview: Any) -> None:
    files = {"examples/issue.response.json": [RAW, {**RAW, "id": "B"}], "examples/issue.entity.json": ENTITY}
    assert states(preview(files)) == {"examples/issue.entity.json": []}


def test_nothing_and_null_are_the_same_and_what_port_fills_is_left_out(preview: Any) -> None:
    hand = {
        "identifier": "A",
        "title": "T",
        "properties": {"n": 1},
        "relations": {},
        "team": None,
        "createdAt": "x",
    }
    assert states(preview({UPLOADED: RAW, GOLDEN: hand})) == {GOLDEN: []}
    stale = preview({UPLOADED: {**RAW, "n": 3}, GOLDEN: hand}).recorded[0]
    assert json.loads(stale.text)["createdAt"] == "x"


def test_a_list_is_compared_by_what_each_entity_identifies(preview: Any) -> None:
    raw = [{"id": name, "title": "T", "n": 1} for name in ("A", "B", "C")]
    rows = [{**ENTITY, "identifier": name} for name in ("C", "A", "B")]
    assert states(preview({UPLOADED: raw, GOLDEN: rows})) == {GOLDEN: []}
    assert states(preview({UPLOADED: raw, GOLDEN: rows[:2]})) == {GOLDEN: ['[2]: "B" is not recorded']}
    assert states(preview({UPLOADED: raw[:2], GOLDEN: rows})) == {GOLDEN: ['[0]: no example makes "C"']}


def test_a_shared_file_keeps_what_no_example_makes(preview: Any) -> None:
    files = {"examples/raw_issue.json": RAW, "examples/after_mapping.json": [{"identifier": "Z", "blueprint": "z"},
             {**ENTITY, "title": "old"}]}  # fmt: skip
    found = preview(files)
    assert states(found)["examples/after_mapping.json"] == [
        '[0]: no example makes "Z"', '[1].title: recorded "old", now "T"',
    ]  # fmt: skip
    assert [one.get("title", "Z") for one in json.loads(found.recorded[0].text)] == [
        "Z",
        "T",
    ]


def test_a_shared_file_of_examples_that_nothing_maps_is_not_compared(preview: Any) -> None:
    files = {"examples/issue.json": RAW, "examples/example-data.json": {"x": 1},
             "examples/example-output.json": [{"identifier": "Z", "blueprint": "z"}]}  # fmt: skip
    assert states(preview(files)) == {"examples/example-output.json": "no example makes any of it"}


@pytest.mark.parametrize(
    ("recorded", "reason", "is_stale"),
    [("{", "", True), ({"a": 1}, "it holds no entities", False), ([5], "it holds no entities", False)],
)
def test_a_file_without_entities_is_reported(
    preview: Any, recorded: Any, reason: str, is_stale: bool
) -> None:
    found = preview({UPLOADED: RAW, GOLDEN: recorded}).recorded[0]
    assert (found.reason, found.is_stale, bool(found.fault)) == (reason, is_stale, is_stale)


def test_a_recorded_file_without_its_example_is_not_compared(preview: Any) -> None:
    assert states(preview({GOLDEN: ENTITY})) == {GOLDEN: "no example goes with it"}


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("now | todate", "title reads the time"),
        ("env.HOST + .title", "title reads the environment"),
        ("$ENV.HOST", "title reads the environment"),
        ("[range(50000)]", "title: the value has 338,901 characters"),
        ('"not now, env"', ""),
        ('"\\(.id)" + (now | todate) + "x"', "title reads the time"),
        ('"since \\(now)"', "title reads the time"),
        ("{env: .title} | .env", ""),
        (".now // .env", ""),
    ],
)
def test_what_changes_by_itself_is_not_recorded(preview: Any, program: str, reason: str) -> None:
    mapping = MAPPING.replace("title: .title", f"title: {json.dumps(program)}")
    found = preview({UPLOADED: RAW}, mapping=mapping)
    assert [(one.path, one.reason) for one in found.recordings] == [(GOLDEN, reason)]


def test_only_examples_that_lack_their_entities_are_recorded(preview: Any) -> None:
    files = {UPLOADED: RAW, ".port/examples/issue/b.json": [RAW, {**RAW, "id": "B"}], GOLDEN: ENTITY,
             ".port/examples/issue/c.json": {"on": False}}  # fmt: skip
    found = preview(files)
    assert [one.path for one in found.recordings] == [
        "examples/issue/b-expected-output.json", "examples/issue/c-expected-output.json",
    ]  # fmt: skip
    again = preview(files | {one.path: one.text for one in found.recordings})
    assert (again.recordings, again.stale, len(again.recorded)) == ((), (), 3)
    assert found.recordings[1].text == "[]\n"


def test_the_form_is_fixed(preview: Any) -> None:
    found = preview({UPLOADED: {**RAW, "title": "é"}}).recordings[0].text
    assert found == (
        '{\n  "identifier": "A",\n  "title": "é",\n  "blueprint": "issue",\n'
        '  "properties": {\n    "n": 1,\n    "far": null\n  }\n}\n'
    )


def test_a_part_of_the_examples_says_nothing_of_the_rest(preview: Any) -> None:
    mapping = MAPPING + MAPPING.replace("issue", "user").partition("resources:\n")[2]
    files = {"examples/raw_issue.json": RAW, "examples/raw_user.json": {**RAW, "id": "U"},
             "examples/after_mapping.json": [ENTITY, {**ENTITY, "identifier": "U", "blueprint": "user"}]}  # fmt: skip
    assert states(preview(files, mapping=mapping)) == {"examples/after_mapping.json": []}
    assert states(preview(files, "issue", mapping)) == {"examples/after_mapping.json": []}


def test_json_has_each_difference(preview: Any) -> None:
    found = as_json(preview({UPLOADED: RAW, GOLDEN: {**ENTITY, "title": "old"}}))["recorded"]
    assert found == [
        {"path": GOLDEN, "examples": [UPLOADED], "state": "differs", "reason": None,
         "differences": [{"where": "title", "old": "old", "new": "T"}]}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (1, 1.0, None), (True, 1, ""), ({"a": None}, {}, None), ({"a b": 1}, {}, '["a b"]'), ([1, 2], [1, 3], "[1]"),
        ([1], [1, 2], ""), ({"a": {"b": [{}]}}, {"a": {"b": [{"c": 0}]}}, "a.b[0].c"),
    ],
)  # fmt: skip
def test_differences_have_their_path(old: Any, new: Any, where: str | None) -> None:
    assert [one.where for one in differences(old, new)] == ([] if where is None else [where])


def test_the_time_to_pair_entities_is_in_proportion_to_their_number() -> None:
    rows = [{**ENTITY, "blueprint": "other"} for _ in range(4_000)]
    made = MadeEntities({UPLOADED: [ENTITY] * 4_000}, {})
    found = compared(ExpectedFile(Document(GOLDEN, rows), (UPLOADED,), True), made, partial=False)
    assert {one.where.partition(".")[2] for one in found.differences} == {"blueprint"}


KINDS = [{}, {"parent": "class", "child": "import"}, {"parent": "null", "child": "true"},
         {"parent": "result", "child": "raw-data"}, {"parent": "child", "child": "parent"},
         {"parent": "issue", "child": "entity"}]  # fmt: skip


@pytest.mark.parametrize("kinds", KINDS, ids=str)
@pytest.mark.parametrize("profile", list(Profile))
def test_a_new_integration_has_an_example_and_its_entity_for_each_kind(
    evaluator: Evaluator, kinds: dict[str, str], profile: Profile
) -> None:
    answers = Answers.of("My Service", released="2026-01-31", profile=profile, **kinds)
    one = Integration("it", "it", render(answers))
    example_set = example_set_of(one)
    found = preview_of(one, example_set, example_set.cases, Framework((0, 48, 12)), evaluator)
    assert len(found.groups) == len(found.recorded) == 2
    assert not (found.failed or found.stale or found.strays or found.recordings)
    rows = [row for group in found.groups for row in group.entities]
    assert [(row.nulls, row.remarks) for row in rows] == [((), ())] * 2
    for row in rows:
        assert one.read(place_of(row.file)).decode() == recorded_text([row.mapped.entity or {}])
