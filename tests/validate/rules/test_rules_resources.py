"""Rules of family RES about form, beyond the example of each rule."""

from __future__ import annotations

import pytest

from seatrial.core.model import MemoryFolder
from seatrial.validate.rules import BY_NAME, RULES
from support.good import facts_of, good_folder, problems_of
from support.made import RESOURCES, blueprint, folder_of, mapped, said

FAMILY = [rule for rule in RULES if rule.family == "RES"]
ANYTHING = (
    None,
    True,
    0,
    -1.5,
    "",
    "x",
    '"x"',
    "$x",
    "a.b",
    [],
    [None],
    [[]],
    {},
    {"": None},
    {"x": {}},
    [{"x": "y"}],
)
STEMS = ("blueprints", "port_app_config", "scorecards", "pages", "actions")


def codes(folder: MemoryFolder) -> set[str]:
    facts = facts_of(folder)
    return {rule.code for rule in FAMILY if any(True for _ in rule.problems(facts))}


@pytest.mark.parametrize("stem", STEMS)
def test_a_file_that_cannot_be_read_is_one_finding(stem: str) -> None:
    folder = MemoryFolder.of({f"{RESOURCES}/{stem.replace('_', '-')}.json": "[\n  {]"})
    (problem,) = problems_of(BY_NAME["unreadable-resource"], folder)
    assert (problem.where.line, codes(folder)) == (2, {"RES001"})


@pytest.mark.parametrize("stem", ["blueprints", "scorecards", "pages", "actions"])
def test_an_empty_list_is_accepted(stem: str) -> None:
    assert codes(folder_of(**{stem: []})) == set()


def test_an_empty_mapping_is_accepted() -> None:
    assert codes(folder_of(blueprints=[], port_app_config={"resources": []})) == set()


def test_a_folder_without_resources_is_not_checked() -> None:
    assert codes(MemoryFolder.of({"main.py": ""})) == set()


def test_a_duplicate_key_is_reported_at_the_second_key() -> None:
    folder = MemoryFolder.of({f"{RESOURCES}/port-app-config.yaml": "resources: []\nresources: []\n"})
    (problem,) = problems_of(BY_NAME["resource-duplicate-key"], folder)
    assert (problem.where.line, problem.message) == (2, 'the key "resources" is given twice')


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("resource-missing-key", {"schema": {}}),
        ("resource-misspelled-key", {"relation": {}}),
        ("resource-wrong-type", {"schema": {"properties": {}, "required": "name"}}),
        ("resource-unknown-value", {"schema": {"properties": {"a": {"type": "markdown"}}}}),
        ("resource-unknown-value", {"schema": {"properties": {"a": {"type": "string", "format": "date"}}}}),
        (
            "resource-unknown-value",
            {"schema": {"properties": {"a": {"type": "string", "enumColors": {"x": "pnk"}}}}},
        ),
        ("resource-malformed-value", {"identifier": "my project"}),
    ],
)
def test_each_fault_of_form_is_reported_by_its_rule(rule: str, wrong: dict[str, object]) -> None:
    assert len(said(rule, blueprints=[{**blueprint(), **wrong}])) == 1


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("resource-missing-key", {"blueprint": None}),
        ("resource-wrong-type", {"identifier": True}),
        ("resource-wrong-type", {"identifier": [".id"]}),
        ("resource-wrong-type", {"blueprint": 3}),
        ("resource-wrong-type", {"icon": 3}),
        ("resource-wrong-type", {"properties": {"count": True}}),
        ("resource-wrong-type", {"properties": {"count": None}}),
        ("resource-wrong-type", {"properties": {"count": [".a"]}}),
        ("resource-wrong-type", {"relations": {"owner": False}}),
        ("resource-malformed-value", {"title": " "}),
    ],
)
def test_an_expression_is_a_non_empty_string(rule: str, wrong: dict[str, object]) -> None:
    resource = mapped(**wrong)
    mappings = resource["port"]["entity"]["mappings"]
    resource["port"]["entity"]["mappings"] = {
        key: value for key, value in mappings.items() if value is not None
    }
    assert len(said(rule, port_app_config={"resources": [resource]})) == 1


@pytest.mark.parametrize(
    "right",
    [
        {"properties": {"count": 0}},
        {"properties": {"count": -1.5}},
        {"title": 2024},
        {"identifier": 1},
        {"team": 7},
        {"relations": {"owner": 3}},
    ],
)
def test_a_number_in_a_mapping_is_the_jq_program_that_ocean_makes_of_it(right: dict[str, object]) -> None:
    assert codes(folder_of(port_app_config={"resources": [mapped(**right)]})) == set()


@pytest.mark.parametrize(
    "right",
    [
        {"properties": []},
        {"properties": ""},
        {"relations": []},
        {"title": None},
        {"icon": None},
        {"team": None},
    ],
)
def test_nothing_and_an_empty_list_are_what_ocean_takes_them_for(right: dict[str, object]) -> None:
    assert codes(folder_of(port_app_config={"resources": [mapped(**right)]})) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"properties": None},
        {"properties": [{}]},
        {"properties": ["url"]},
        {"relations": 0},
        {"blueprint": None},
    ],
)
def test_nothing_is_no_object_and_a_list_of_something_is_none(wrong: dict[str, object]) -> None:
    assert len(said("resource-wrong-type", port_app_config={"resources": [mapped(**wrong)]})) == 1


@pytest.mark.parametrize("flag", ["true", "yes", "Off", 1, 0, True])
def test_a_flag_is_what_oceans_model_takes_for_one(flag: object) -> None:
    assert said("resource-wrong-type", port_app_config={"resources": [], "enableMergeEntity": flag}) == []


@pytest.mark.parametrize("flag", ["maybe", "", 2, None, []])
def test_a_flag_is_nothing_else(flag: object) -> None:
    assert len(said("resource-wrong-type", port_app_config={"resources": [], "enableMergeEntity": flag})) == 1


def written(value: str, rule: str = "resource-wrong-type") -> list[str]:
    """What a rule says of a mapping in YAML whose title is written like this."""
    text = (
        "resources:\n  - kind: a\n    selector: {query: 'true'}\n    port:\n      entity:\n        mappings:\n"
        f"          identifier: .id\n          blueprint: '\"a\"'\n          title: {value}\n"
    )
    folder = MemoryFolder.of({f"{RESOURCES}/port-app-config.yaml": text})
    return [problem.message for problem in problems_of(BY_NAME[rule], folder)]


@pytest.mark.parametrize("value", ["2024-01-01", "2024-1-2 10:00:00", "2024-01-01T10:00:00Z  # since"])
def test_a_date_without_quotes_is_no_text_for_ocean(value: str) -> None:
    (message,) = written(value)
    assert "is a date in YAML 1.1, as Ocean reads it, not text" in message


@pytest.mark.parametrize(
    "value", ["'\"2024-01-01\"'", "'2024-01-01'", "|\n            2024-01-01", ".created_at"]
)
def test_a_date_in_quotes_is_an_expression(value: str) -> None:
    assert written(value) == []


@pytest.mark.parametrize("value", [".inf", "-.inf"])
def test_infinity_is_no_expression(value: str) -> None:
    assert len(written(value, "resource-malformed-value")) == 1


@pytest.mark.parametrize(("floor", "count"), [("0.48.12", 1), ("0.51.1", 0), ("0.60.0", 0)])
def test_an_empty_mapping_is_legitimate_from_the_version_that_says_so(floor: str, count: int) -> None:
    pyproject = f'[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\nport_ocean = "^{floor}"\n'
    folder = folder_of(port_app_config={}).having("pyproject.toml", pyproject)
    assert len(problems_of(BY_NAME["resource-missing-key"], folder)) == count


@pytest.mark.parametrize("share", [-0.1, 1.5, 90])
def test_the_deletion_threshold_is_a_fraction(share: float) -> None:
    config = {"entityDeletionThreshold": share, "resources": []}
    assert len(said("resource-malformed-value", port_app_config=config)) == 1


@pytest.mark.parametrize("stem", STEMS)
@pytest.mark.parametrize("value", ANYTHING, ids=repr)
def test_no_value_at_the_root_makes_a_rule_fail(stem: str, value: object) -> None:
    codes(folder_of(**{stem: value}))
    codes(folder_of(**{stem: [value]}))


def _with_each_value_replaced(value: object, new: object) -> list[object]:
    """Yield the value with one part replaced, once for each part at any depth."""
    if isinstance(value, dict):
        below = [
            (key, inner) for key, part in value.items() for inner in _with_each_value_replaced(part, new)
        ]
        return [new, *({**value, key: inner} for key, inner in below)]
    if isinstance(value, list):
        items = [(n, inner) for n, part in enumerate(value) for inner in _with_each_value_replaced(part, new)]
        return [new, *([*value[:n], inner, *value[n + 1 :]] for n, inner in items)]
    return [new]


@pytest.mark.parametrize("new", [None, 3, "x", [3], {"x": 3}], ids=repr)
@pytest.mark.parametrize("stem", ["blueprints", "port-app-config", "scorecards"])
def test_no_value_anywhere_makes_a_rule_fail(stem: str, new: object) -> None:
    good = facts_of(good_folder()).resource_documents
    others = {other.replace("-", "_"): document.value for other, document in good.items() if other != stem}
    for changed in _with_each_value_replaced(good[stem].value, new)[::3]:
        codes(folder_of(**others, **{stem.replace("-", "_"): changed}))
