"""Tests of the code as a whole: kinds, keys of the mapping, executors, and unknown answers."""

from __future__ import annotations

import pytest

from seatrial.validate.facts.code import Code
from support.code_cases import Edit, facts


def code(*edits: Edit) -> Code:
    found = facts(*edits).code
    assert found
    return found


def test_the_template_takes_the_kinds_it_maps() -> None:
    assert code().accepted_kinds == code().resynced_kinds == code().named_kinds == {"project", "task"}


@pytest.mark.parametrize("edit", [("main.py", "", "def f(:"), ("new.py", "", "x = (")])
def test_code_that_does_not_parse_is_none(edit: Edit) -> None:
    assert facts(edit).code is None


@pytest.mark.parametrize(
    "edit",
    [
        ("integration.py", "kind: Literal[Kind.TASK]", "kind: str"),
        ("integration.py", "kind: Literal[Kind.TASK]", "kind: Literal[make()]"),
        ("integration.py", "kind: Literal[Kind.TASK]", "sort: Literal[Kind.TASK]"),
        ("integration.py", "| TaskResourceConfig", "| ResourceConfig"),
        ("integration.py", "| TaskResourceConfig", "| Missing"),
        ("integration.py", "resources: list[AnyResource]", "resource: list[AnyResource]"),
        ("integration.py", "CONFIG_CLASS = GoodServicePortAppConfig", "pass"),
        ("integration.py", "CONFIG_CLASS = GoodServicePortAppConfig", "CONFIG_CLASS = make()"),
        ("integration.py", "CONFIG_CLASS = GoodServicePortAppConfig", "CONFIG_CLASS = PortAppConfig"),
    ],
)
def test_the_kinds_of_a_mapping_may_be_unknown(edit: Edit) -> None:
    assert code(edit).accepted_kinds is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: Literal[Kind.TASK]", 'kind: Literal["task"]'),
        ("resources: list[AnyResource]", "resources: List[Union[ProjectResourceConfig, TaskResourceConfig]]"),
        ("resources: list[AnyResource]", 'resources: "list[ProjectResourceConfig | TaskResourceConfig]"'),
    ],
)
def test_the_kinds_of_a_mapping_are_read_in_many_forms(old: str, new: str) -> None:
    assert code(("integration.py", old, new)).accepted_kinds == {"project", "task"}


def test_kinds_are_inherited_with_the_class_of_the_mapping() -> None:
    heir = "class Heir(GoodServicePortAppConfig): ...\n\n\nclass GoodServiceIntegration"
    found = code(
        ("integration.py", "CONFIG_CLASS = GoodServicePortAppConfig", "CONFIG_CLASS = Heir"),
        ("integration.py", "class GoodServiceIntegration", heir),
    )
    assert found.accepted_kinds == {"project", "task"}


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ("on_resync(Kind.TASK)", "on_resync(kind=Kind.TASK)", {"project", "task"}),
        ("on_resync(Kind.TASK)", 'on_resync("task")', {"project", "task"}),
        ("@ocean.on_resync(Kind.TASK)\n", "", {"project"}),
        ("on_resync(Kind.TASK)", "on_resync()", None),
        ("on_resync(Kind.TASK)", "on_resync(None)", None),
        ("on_resync(Kind.TASK)", "on_resync(handle)", None),
        ("on_resync(Kind.TASK)", "on_resync", None),
        ("on_resync(Kind.TASK)", "on_start()", {"project"}),
    ],
)
def test_the_kinds_with_a_resync_function_are_found(old: str, new: str, kinds: set[str] | None) -> None:
    assert code(("main.py", old, new)).resynced_kinds == kinds


def test_a_kind_is_named_even_where_others_are_accepted_too() -> None:
    opened = code(("main.py", "on_resync(Kind.TASK)", "on_resync()"))
    assert (opened.resynced_kinds, opened.named_kinds) == (None, {"project", "task"})


OWN = ("integration.py", "PortAppConfig(PortAppConfig):\n", "PortAppConfig(PortAppConfig):\n    {}\n")


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ("x: str", {"x"}),
        ('use_default: bool = Field(alias="useDefault")', {"useDefault", "use_default"}),
        ("_x: str", set()),
    ],
)
def test_the_keys_at_the_top_of_the_mapping_are_those_of_ocean_and_of_the_integration(
    field: str, keys: set[str]
) -> None:
    ours, oceans = code((OWN[0], OWN[1], OWN[2].format(field))), code()
    assert oceans.app_config_fields
    assert ours.app_config_fields == oceans.app_config_fields | keys
    assert "resources" in oceans.app_config_fields


@pytest.mark.parametrize("field", ["class Config:\n        extra = 'allow'", "x: str = Field(alias=make())"])
def test_the_keys_at_the_top_of_the_mapping_may_be_unknown(field: str) -> None:
    assert code((OWN[0], OWN[1], OWN[2].format(field))).app_config_fields is None


def test_an_integration_without_its_own_class_has_the_keys_of_ocean() -> None:
    assert code(("integration.py", "", "")).app_config_fields == code().app_config_fields


@pytest.mark.parametrize("selector", [None, 3, [], "x", {}, {"query": "true"}, {3: 4}, {"state": {"a": [1]}}])
def test_odd_selectors_do_no_harm(selector: object) -> None:
    assert [unread.path for unread in code().unread_keys("task", selector)] == (
        ["3"] if selector == {3: 4} else []
    )


def test_the_selector_of_an_unknown_kind_is_not_checked() -> None:
    assert list(code().unread_keys("other", {"x": 1})) == []


def test_of_two_classes_for_a_kind_either_may_read_a_key() -> None:
    same = code(("integration.py", "Literal[Kind.TASK]", "Literal[Kind.PROJECT]"))
    assert list(same.unread_keys("project", {"state": 1, "includeArchived": 1})) == []
    assert [one.key for one in same.unread_keys("project", {"x": 1})] == ["x"]


def test_executors_are_the_classes_with_an_action_name() -> None:
    text = 'class A(Executor):\n    ACTION_NAME = "a"\n\n\nclass B(Executor):\n    ACTION_NAME = make()\n'
    found = [(one.name, one.action, one.where.line) for one in code(("actions.py", "", text)).executors]
    assert found == [("A", "a", 2), ("B", None, 6)]


def test_words_are_searched_in_code_that_runs_in_production() -> None:
    found = code(("tests/test_x.py", "", "zebra = 1"), ("a.py", "", "lion = 1"))
    assert (found.mentions("lion"), found.mentions("zebra"), found.mentions("\ud800")) == (True, False, False)
