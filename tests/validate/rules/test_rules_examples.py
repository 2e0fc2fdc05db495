"""Rules of family EXA, beyond the example of each rule: what is right although it looks wrong, and what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from seatrial.core.errors import ServiceError
from seatrial.core.model import MemoryFolder, Severity
from seatrial.core.settings import Settings
from seatrial.preview.evaluator import Evaluator, Limits
from seatrial.preview.upsert import MOST_REQUIRED, held_against
from seatrial.validate.facts import raw_examples as facts
from seatrial.validate.facts.leaks import addresses, secrets
from seatrial.validate.rules import BY_NAME, RULES
from seatrial.validate.rules.examples import EXAMPLE, TASK, without_examples
from seatrial.validate.rules.examples_recorded import ENTITY, FOLDER, RESOURCE
from seatrial.validate.run import check
from support.good import facts_of, good_folder

APP_CONFIG, BLUEPRINTS = ".port/resources/port-app-config.yaml", ".port/resources/blueprints.json"
FAMILY = [rule for rule in RULES if rule.family == "EXA" and "coverage" not in rule.needs]
"""The rules about examples that are there."""
GOOD = without_examples(good_folder())


@pytest.fixture(scope="module", autouse=True)
def one_evaluator() -> Iterator[Evaluator]:
    with pytest.MonkeyPatch.context() as patch, Evaluator(Limits(seconds=0.15, stops=2)) as one:
        patch.setattr(facts, "shared_evaluator", lambda limits: one)
        yield one


def task(**changes: Any) -> str:
    """Return the good example with other values; those that are `...` are left out."""
    whole = {**json.loads(TASK), **changes}
    return json.dumps({key: value for key, value in whole.items() if value is not ...})


def said(folder: MemoryFolder, *names: str, advice: bool = False) -> list[str]:
    rules = [BY_NAME[name] for name in names] or FAMILY
    verdict = check(facts_of(folder), rules, advice=advice)
    assert verdict.crashes == ()
    return [f"{one.severity.value} {one.name}: {one.message}" for one in verdict.findings]


def of(text: str, folder: MemoryFolder = GOOD) -> list[str]:
    return said(folder.having(EXAMPLE, text))


def test_a_good_example_is_clean() -> None:
    assert said(GOOD.having(EXAMPLE, TASK), advice=True) == []


@pytest.mark.parametrize(
    "text",
    [
        f"[{TASK}, {TASK.replace('7', '8')}]",
        task(labels=None, assignee=None, due_at=None),
        task(state="closed"),
    ],
    ids=["a list", "nulls", "another state"],
)
def test_other_good_examples_are_clean(text: str) -> None:
    assert of(text) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[]", "this is neither a raw object nor a list of them"),
        ("[{}, 3]", "this is neither a raw object nor a list of them"),
        ('{"id": 1, "id": 2}', 'the key "id" is given twice'),
        (f'"{"x" * 1_100_000}"', "the file has 1,100,002 bytes; at most 1,048,576 are read"),
    ],
)
def test_a_file_without_a_readable_object_is_reported(text: str, wanted: str) -> None:
    folder = GOOD.having(EXAMPLE, text)
    assert said(folder, "unusable-example") == [f"warning unusable-example: {wanted}"]


RANDOM = "q8Zr2LmX0vTn5KcW7yBd"


@pytest.mark.parametrize(
    "value",
    [
        {"apiToken": RANDOM}, {"a": [{"client_secret": RANDOM}]}, {"password": RANDOM}, {"tokens": [RANDOM]},
        {"env": [{"name": "API_KEY", "value": RANDOM}]},
    ],
)  # fmt: skip
def test_a_secret_is_found_by_its_name(value: Any) -> None:
    assert len(secrets(value)) == 1


@pytest.mark.parametrize(
    "value",
    [
        {"id": RANDOM}, {"nextPageToken": RANDOM}, {"secretName": RANDOM}, {"token": "your-token-goes-in-here1"},
        {"tokenId": RANDOM}, {"password": "correct horse battery"}, [RANDOM], RANDOM,
        {"env": [{"name": "HOME", "value": RANDOM}]},
    ],
)  # fmt: skip
def test_names_of_secrets_and_tokens_of_pages_are_no_secrets(value: Any) -> None:
    assert secrets(value) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jane@shipyard.io", "jane@shipyard.io"), ("Jane <jane@ships.co.uk>", "jane@ships.co.uk"),
        ("jane@example.com", ""), ("a@b.test", ""), ("git@github.com:a/b", ""), ("https://me@dev.azure.com/x", ""),
        ("noreply@github.com", ""), ("@mention", ""), ("a@b", ""), ("me@acme.com", ""), ("x" * 50_000 + "@", ""),
    ],
)  # fmt: skip
def test_addresses_of_people_are_told_from_others(text: str, found: str) -> None:
    assert [address for _, address in addresses({"a": [text]})] == ([found] if found else [])


@pytest.mark.parametrize("folder", ["task", "tasks", "TASK", "project"])
def test_a_folder_may_spell_its_kind_otherwise(folder: str) -> None:
    assert said(GOOD.having(f".port/examples/{folder}/a.json", TASK), "example-of-unknown-kind") == []


def test_a_kind_that_only_the_spec_or_the_code_knows_is_known() -> None:
    folder = GOOD.having(EXAMPLE.replace("task", "sprint"), TASK)
    assert said(folder, "example-of-unknown-kind") == [
        'warning example-of-unknown-kind: no kind is called "sprint"'
    ]
    in_spec = folder.edited(".port/spec.yaml", "- kind: task", "- kind: sprint\n      - kind: task")
    assert said(in_spec, "example-of-unknown-kind") == []
    any_kind = GOOD.without("integration.py").having(EXAMPLE.replace("task", "sprint"), TASK)
    assert said(any_kind.having("main.py", ""), "example-of-unknown-kind") == []


ID = ".id | tostring\n          title: .title"


def test_an_object_that_one_resource_of_the_kind_maps_is_selected() -> None:
    text = GOOD.text(APP_CONFIG)
    second = text[text.index("  - kind: task\n") :].replace("'true'", "'false'")
    assert of(TASK, GOOD.having(APP_CONFIG, text + second)) == []


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (ID, ".key\n          title: .title", "the identifier is null (.key is not there)"),
        (ID, "'\"\"'\n          title: .title", "the identifier is empty ('')"),
        ("'true'\n      state", "'.title'\n      state", "the selector gives 'Mend the sail', not true or false"),
        ("'true'\n      state", "'error(\"no\")'\n      state", "the selector gives no boolean: no"),
    ],
)  # fmt: skip
def test_an_object_that_gives_no_entity_is_reported(old: str, new: str, wanted: str) -> None:
    found = said(GOOD.edited(APP_CONFIG, old, new).having(EXAMPLE, TASK), "example-without-entity")
    assert found == [f'error example-without-entity: no entity of the kind "task" is made of it: {wanted}']


def test_an_object_that_lacks_what_only_code_adds_is_a_warning() -> None:
    folder = GOOD.edited(APP_CONFIG, ID, ".__key\n          title: .title")
    assert [one.split()[0] for one in said(folder.having(EXAMPLE, TASK), "example-without-entity")] == [
        "warning"
    ]


def with_items(program: str, folder: MemoryFolder = GOOD) -> MemoryFolder:
    return folder.edited(
        APP_CONFIG, "state: open\n    port:\n", f"state: open\n    port:\n      itemsToParse: {program}\n"
    )


def test_an_object_without_items_is_no_fault() -> None:
    for labels in ([], None):
        assert (
            said(with_items(".labels").having(EXAMPLE, task(labels=labels)), "example-without-entity") == []
        )


@pytest.mark.parametrize("program", [".labels", "(.labels // [])", ".a | map(.b)", ". as $all | .labels"])
def test_items_that_begin_with_a_path_are_right(program: str) -> None:
    assert said(with_items(f"'{program}'"), "items-without-path") == []


def test_items_without_a_path_are_right_where_the_list_stays_or_ocean_is_old() -> None:
    folder = with_items("'[.labels[]]'")
    assert len(said(folder, "items-without-path")) == 1
    stays = folder.edited(
        APP_CONFIG, "'[.labels[]]'\n", "'[.labels[]]'\n      itemsToParseTopLevelTransform: false\n"
    )
    assert said(stays, "items-without-path") == []
    old = folder.edited("poetry.lock", 'version = "0.48.12"', 'version = "0.30.9"')
    assert said(old, "items-without-path") == []


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"labels": "urgent"}, 'warning mistyped-value: properties.labels: "urgent", a text, where the type is array'),
        ({"labels": [7]}, "info mistyped-value: properties.labels: an item: 7, a number, where the type is string"),
        ({"url": 7}, "info mistyped-value: properties.url: 7, a number, where the type is string"),
        ({"url": {}}, "warning mistyped-value: properties.url: an object where the type is string"),
        ({"url": "tasks/7"}, 'warning value-out-of-bounds: properties.url: "tasks/7" is not of the format url'),
        ({"due_at": "soon"}, 'warning value-out-of-bounds: properties.dueAt: "soon" is not of the format date-time'),
        ({"url": "[REDACTED]/7"}, ""),
    ],
)  # fmt: skip
def test_a_value_is_held_against_the_blueprint(changes: dict[str, Any], wanted: str) -> None:
    found = of(task(**changes))
    assert found == ([f"{wanted} ({EXAMPLE})"] if wanted else [])


def test_one_finding_tells_of_all_files() -> None:
    folder = GOOD.having(EXAMPLE, task(url=7)).having(EXAMPLE.replace("/a", "/b"), task(id=8, url=8))
    assert said(folder) == [
        f"info mistyped-value: properties.url: 7, a number, where the type is string ({EXAMPLE} and 1 more)"
    ]


def test_what_is_required_is_filled_if_one_example_fills_it() -> None:
    assert of(task(state=None)) == [
        "warning unfilled-by-examples: properties.state is required, and null in every example of the kind"
    ]
    assert of(f"[{task(id=8, state=None)}, {TASK}]") == []


def test_an_object_of_another_shape_breaks_nothing() -> None:
    assert said(
        GOOD.having("examples/task.response.json", json.dumps({"data": {"items": []}})), advice=True
    ) == [
        'warning example-without-entity: its entity of the kind "task" is identified by the text "null" '
        "(.id is not there)"
    ]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"due_at": ..., "dueAt": "x"}, "warning dueAt"),
        ({"due_at": ..., "due_date": "x"}, "info due_date"),
        ({"due_at": ..., "when": "x"}, ""),
        ({"due_at": None, "dueAt": "x"}, ""),
        ({"assignee": {}}, ""),
        ({"__parent": ..., "parent": 1}, ""),
    ],
)  # fmt: skip
def test_a_path_that_no_example_has(changes: dict[str, Any], wanted: str) -> None:
    severity, _, near = wanted.partition(" ")
    words = f"{severity} misspelled-path: no example has .due_at, which properties.dueAt reads, but each has {near}"
    assert of(task(**changes)) == ([words] if wanted else [])


def test_a_path_that_one_example_has_is_right() -> None:
    assert said(GOOD.having(EXAMPLE, f"[{task(id=8, due_at=..., dueAt='x')}, {TASK}]"), advice=True) == []


def test_a_near_key_that_another_expression_reads_is_not_meant() -> None:
    folder = GOOD.edited(APP_CONFIG, "title: .title", "title: .dueAt")
    assert said(folder.having(EXAMPLE, task(due_at=..., dueAt="x")), advice=True) == [
        "advice missing-path: properties.dueAt is null in every example: .due_at is not there; near: dueAt"
    ]


@pytest.mark.parametrize("old", ["query: 'true'\n      state", "title: .title\n"])
def test_an_expression_that_does_not_end_is_one_finding(old: str) -> None:
    new = old.replace("'true'", "'def f: f; f'").replace(".title", "'def f: f; f'")
    (found,) = said(GOOD.edited(APP_CONFIG, old, new).having(EXAMPLE, TASK))
    assert found.startswith("error unbounded-expression: def f: f; f was stopped: it does not end within")


def test_items_that_do_not_end_are_one_finding() -> None:
    folder = with_items("'.labels | until(false; .)'").having(EXAMPLE, TASK)
    (found,) = said(folder)
    assert found.startswith("error unbounded-expression: .labels | until(false; .) was stopped")
    settings = Settings(severities={"EXA104": None})
    assert not check(facts_of(folder, settings=settings), FAMILY).is_sure, "it is not kept for other runs"


def test_too_many_examples_are_tried_in_part_and_claim_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MOST_PAIRS", 1)
    folder = GOOD.having(EXAMPLE, task(state=None)).having(EXAMPLE.replace("/a", "/b"), task(id=8))
    (found,) = said(folder)
    assert found.startswith("info unbounded-expression: not every expression was tried on every example")
    assert check(facts_of(folder), FAMILY).is_sure


def test_where_jq_cannot_be_run_it_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(limits: Limits) -> Evaluator:
        raise ServiceError("the process that runs jq does not start")

    monkeypatch.setattr(facts, "shared_evaluator", refuse)
    verdict = check(facts_of(GOOD.having(EXAMPLE, TASK)), FAMILY)
    assert verdict.crashes == ("the process that runs jq does not start",)


def recorded(
    entity: Any, mapping: str = RESOURCE, name: str = "task-expected-output", raw: str = TASK
) -> list[str]:
    folder = GOOD.having(f"{FOLDER}/task-raw-data.json", raw).having(f"{FOLDER}/task-mappings.yaml", mapping)
    return said(folder.having(f"{FOLDER}/{name}.json", json.dumps(entity)))


@pytest.mark.parametrize(
    "entity",
    [
        ENTITY, {**ENTITY, "icon": "Ship", "team": [], "createdAt": "2026-01-01"}, {**ENTITY, "relations": {}},
        {**ENTITY, "properties": {"state": "open", "gone": None}}, [ENTITY],
        {"identifier": "7"}, {"Resource #1": ENTITY},
        [{**ENTITY, "identifier": "another", "title": "Another"}, ENTITY], [], {}, "text", [[]], {"a": {"b": 1}},
    ],
)  # fmt: skip
def test_an_entity_as_the_mapping_makes_it_is_right(entity: Any) -> None:
    assert recorded(entity) == []


@pytest.mark.parametrize(
    ("entity", "wanted"),
    [
        ({**ENTITY, "title": "Old"}, 'title is recorded as "Old", and the mapping makes "Mend the sail"'),
        ({**ENTITY, "identifier": "8"}, 'identifier is recorded as "8", and the mapping makes "7"'),
        ([{**ENTITY, "properties": {}}], 'properties.state is recorded as nothing, and the mapping makes "open"'),
        ({"x": {**ENTITY, "relations": {"a": 1}}}, 'relations is recorded as {"a": 1}, and the mapping makes nothing'),
        ({**ENTITY, "blueprint": "other"}, 'blueprint is recorded as "other", and the mapping makes "goodServiceTask"'),
    ],
)  # fmt: skip
def test_an_entity_that_the_mapping_no_longer_makes_is_reported(entity: Any, wanted: str) -> None:
    assert recorded(entity) == [f"warning stale-expected-output: {wanted}"]


def test_entities_in_a_file_of_another_name_are_found_by_their_identifier() -> None:
    old = {**ENTITY, "title": "Old"}
    assert len(recorded({"a": old}, name="after_mapping")) == 1
    assert recorded({"a": {**old, "identifier": "8"}}, name="after_mapping") == []


def test_the_entity_of_a_published_example_is_recorded_in_the_folder_of_its_kind() -> None:
    whole = {"identifier": "7", "title": "Mend the sail", "blueprint": "goodServiceTask"}
    for title, count in (("Mend the sail", 0), ("Old", 1)):
        folder = GOOD.having(EXAMPLE, TASK).having(
            f"{FOLDER}/a-expected-output.json", json.dumps({**whole, "title": title})
        )
        assert len(said(folder, "stale-expected-output")) == count


def test_what_depends_on_the_time_is_not_compared() -> None:
    by_time = RESOURCE.replace("state: .state", "state: now | todate")
    assert [one for one in recorded(ENTITY, by_time) if "stale" in one] == []


def test_a_recorded_mapping_may_map_more_and_may_be_spelled_otherwise() -> None:
    more = RESOURCE.replace("state: .state", "state: (.state)\n            url: .other")
    assert [one for one in recorded(ENTITY, more) if "contradicting" in one] == [
        "info contradicting-recording: properties.url is .other here, and .url when installed"
    ]
    assert recorded(ENTITY, RESOURCE.replace(".id | tostring", ".id|tostring")) == []
    other = RESOURCE.replace("goodServiceTask", "another").replace(".title", ".name")
    assert [one for one in recorded({}, other) if "contradicting" in one] == []


def test_a_recorded_blueprint_of_another_type_is_reported() -> None:
    blueprints = json.loads(GOOD.text(BLUEPRINTS))
    own = next(one for one in blueprints if one["identifier"] == "goodServiceTask")
    own["schema"]["properties"]["state"]["type"] = "number"
    assert said(GOOD.having("examples/blueprints.json", json.dumps(blueprints))) == [
        "info contradicting-recording: type of state is number here, and string when installed"
    ]


def test_without_examples_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "shared_evaluator", lambda limits: pytest.fail("it is started"))
    assert said(GOOD, advice=True) == []
    assert Severity.ADVICE in {rule.severity for rule in FAMILY}


RECORDED = good_folder()


def codes(folder: MemoryFolder) -> list[str]:
    return sorted(one.code for one in check(facts_of(folder), RULES).findings)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("state: .state", "state: '\"opne\"'", "RES213"),
        ("labels: .labels", "labels: .title", "EXA204"),
        ("labels: .labels", "labels: .labels[]", "RES211"),
        ("assignee: .assignee", "asignee: .assignee", "RES204"),
        ("state: .state", "state: .state |", "RES122"),
        ("query: 'true'\n      state", "query: true\n      state", "RES104"),
        ("            state: .state\n", "", "RES215"),
        ("dueAt: .due_at", "dueAt: 2026-01-31", "RES104"),
        ("dueAt: .due_at", "dueAt: 2026-01-31T10:00:00Z", "RES104"),
    ],
)
def test_a_fault_of_the_mapping_is_told_once_and_not_again_by_what_it_makes(
    old: str, new: str, code: str
) -> None:
    assert old in RECORDED.text(APP_CONFIG)
    assert codes(RECORDED.edited(APP_CONFIG, old, new)) == [code]


def test_a_fault_elsewhere_in_the_mapping_hides_no_stale_entity() -> None:
    title = RECORDED.edited(APP_CONFIG, "title: .title", "title: .url")
    assert codes(title) == ["EXA210"]
    assert codes(title.edited(APP_CONFIG, "labels: .labels", "labels: .labels[]")) == ["EXA210", "RES211"]
    assert codes(title.edited(APP_CONFIG, "assignee: .assignee", "asignee: .assignee")) == [
        "EXA210",
        "RES204",
    ]


def test_what_differs_is_not_quoted_where_an_example_holds_a_secret() -> None:
    """The mapping decides where a value goes, and so may put the secret into any property."""
    [path] = [path for path in RECORDED.paths() if path.endswith("task.json") and "examples/" in path]
    raw = RECORDED.text(path).replace("{", '{"access_token": "q8Zr2LmX0vTn5KcW7yBd", ', 1)
    folder = RECORDED.having(path, raw).edited(APP_CONFIG, "title: .title", "title: .access_token")
    told = [one.message for one in check(facts_of(folder), RULES).findings if one.code == "EXA210"]
    assert told == ["title is recorded as a value, and the mapping makes a value"]


def test_a_fault_that_a_suppression_hides_hides_no_other() -> None:
    ignore = '\n[tool.seatrial.ignore]\nRES211 = "the first label is enough"\n'
    folder = RECORDED.edited(APP_CONFIG, "labels: .labels", "labels: .labels[]")
    assert codes(folder.having("pyproject.toml", folder.text("pyproject.toml") + ignore)) == ["EXA204"]


def test_a_hostile_number_of_properties_costs_no_more_than_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("seatrial.preview.paths.nearest", lambda word, known: asked.append(word))
    names = [f"nope{number}" for number in range(300)]
    mapping = "".join(f"            {name}: .{name}\n            t{name}: '\"x\"'\n" for name in names)
    properties = {f"t{name}": {"type": "number"} for name in names} | {
        name: {"type": "string"} for name in names
    }
    folder = GOOD.edited(
        APP_CONFIG, "            labels: .labels\n", f"            labels: .labels\n{mapping}"
    )
    blueprints = json.loads(folder.text(BLUEPRINTS))
    for one in blueprints:
        one["schema"]["properties"] |= properties
    folder = folder.having(BLUEPRINTS, json.dumps(blueprints))
    monkeypatch.setattr(facts, "MOST_TRACES", 10)
    counted: list[int] = []
    fits = facts.fits
    monkeypatch.setattr(
        "seatrial.validate.rules.examples_values.fits", lambda row: counted.append(1) or fits(row)
    )
    said(folder.having(EXAMPLE, TASK), "mistyped-value", "misspelled-path")
    assert (len(counted), len(asked)) == (1, 10)


def test_required_properties_beyond_the_most_are_not_looked_at() -> None:
    blueprint = {"identifier": "b", "schema": {"properties": {}, "required": ["a"] * 2_000}}
    entity = {"identifier": "x", "blueprint": "b", "properties": {}}
    assert len(held_against(entity, [blueprint])) == MOST_REQUIRED


def test_recorded_entities_are_held_against_the_first_row_that_they_identify(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {f"{FOLDER}/task-raw-data.json": f"[{TASK}, {TASK}]", f"{FOLDER}/task-mappings.yaml": RESOURCE}
    wrong = json.dumps([{**ENTITY, "title": "a"}, {**ENTITY, "title": "b"}, {**ENTITY, "identifier": "8"}])
    folder = GOOD
    for path, text in {**files, f"{FOLDER}/after-expected.json": wrong}.items():
        folder = folder.having(path, text)
    assert len(said(folder, "stale-expected-output")) == 2
    monkeypatch.setattr("seatrial.validate.facts.recordings.MOST_EXPECTED", 1)
    assert len(said(folder, "stale-expected-output")) == 1
