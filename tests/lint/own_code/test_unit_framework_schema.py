"""What the framework says of resource classes: its answer, believed or not, and the problems it holds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Literal

import pytest

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration, MemoryFolder, Profile, Severity
from seatrial.core.rules import Rule
from seatrial.handbook.codes import known_codes
from seatrial.handbook.rule_examples import example
from seatrial.lint.own_code.framework_schema import SCHEMA_RULES, answer_in, problems_of, read, words_of
from seatrial.lint.own_code.programs import classes
from seatrial.lint.tools.tool import Output

GOOD = {
    "framework": "0.48.12", "stage": "done", "message": "", "path": "", "line": 1,
    "mapping": ".port/resources/port-app-config.yml", "schema": {}, "kinds": ["project", "task"], "refused": [],
}  # fmt: skip
MAPPING = """\
resources:
  - kind: project
  - kind: task
    selector:
      query: "true"
      state: [open]
"""
FOLDER = Integration("jira", "integrations/jira", MemoryFolder.of({str(GOOD["mapping"]): MAPPING}))


def answer(**more: Any) -> Any:
    return answer_in(Output(0, json.dumps(GOOD | more)))


@pytest.mark.parametrize("law", SCHEMA_RULES, ids=lambda law: law.code)
def test_a_law_shows_its_edit_and_its_finding_and_may_be_set(law: Rule) -> None:
    shown = example(law)
    assert shown.diff and {one.code for one in shown.findings} == {law.code}
    assert law.code in known_codes(law.code)


def test_what_the_framework_refuses_is_an_error_in_ocean_and_a_warning_elsewhere() -> None:
    severities = SCHEMA_RULES[0].severities
    assert (severities[Profile.OCEAN], severities[Profile.GUIDE]) == (Severity.ERROR, Severity.WARNING)


def test_a_refused_value_is_at_its_place_in_the_mapping() -> None:
    refused = [{"keys": ["resources", 1, "selector", "state"], "message": "str type expected"}]
    ((law, problem),) = problems_of(FOLDER, answer(refused=refused))
    assert (law.code, problem.where.line) == ("COD230", 6)
    assert problem.message == "the classes refuse resources.1.selector.state: str type expected"
    assert words_of(answer(refused=refused)) == "2 kinds, mapping refused"


def test_a_module_that_cannot_be_imported_is_at_its_line() -> None:
    found = answer(stage="import", message="ModuleNotFoundError: x", path="jira/client.py", line=4)
    ((law, problem),) = problems_of(FOLDER, found)
    assert (law.code, problem.where.path, problem.where.line) == ("COD131", "jira/client.py", 4)


def test_a_class_that_is_refused_is_at_its_definition() -> None:
    text = "import x\n\n\nclass Task(Selector):\n    state: str\n"
    folder = Integration("jira", "integrations/jira", MemoryFolder.of({"integration.py": text}))
    message = "TypeError: Field 'state' in 'Task' must have a 'title'"
    ((law, problem),) = problems_of(folder, answer(stage="classes", message=message))
    assert (law.code, problem.where.line, problem.where.column) == ("COD130", 4, 7)
    ((_, problem),) = problems_of(FOLDER, answer(stage="classes", message=message))
    assert (problem.where.path, problem.where.line) == ("integration.py", 1)


@pytest.mark.parametrize("stage", ["missing", "unsupported", "done"])
def test_where_there_is_nothing_to_refuse_there_is_no_problem(stage: str) -> None:
    assert list(problems_of(FOLDER, answer(stage=stage))) == []
    assert words_of(answer(stage=stage))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 100_000, *(json.dumps(GOOD | change) for change in (
        {"stage": "fine"}, {"line": 0}, {"path": "../x"}, {"mapping": "/etc/passwd"}, {"refused": [1]}, {"more": 1},
        {"kinds": [[]]}, {"refused": [{"keys": [None], "message": ""}]},
    ))],
)  # fmt: skip
def test_an_answer_of_another_form_is_none(text: str) -> None:
    output = Output(0, text, "Killed\n")
    with pytest.raises(ServiceError, match="status 0: Killed"):
        answer_in(output)
    assert read(output).failure


class Errors(Exception):
    """As pydantic's: `errors` lists them by place."""

    def errors(self) -> list[dict[str, Any]]:
        return [{"loc": self.args, "msg": "str type expected"}]


def model(*kinds: str, refuses: tuple[Any, ...] = ()) -> Any:
    """A resource class of these kinds, or of any."""

    def parse_obj(value: Any) -> None:
        if refuses:
            raise Errors(*refuses)

    kind = SimpleNamespace(outer_type_=Literal[kinds] if kinds else str)
    return SimpleNamespace(__fields__={"kind": kind}, parse_obj=parse_obj)


def test_each_resource_is_held_against_the_class_of_its_kind() -> None:
    task, user = model("task", refuses=("selector", "state", "__root__")), model("user")
    config = model(refuses=("resources", 0, "kind"))
    mapping = {"resources": [{"kind": "task"}, {"kind": "user"}, {"kind": "none"}]}
    assert [(one["keys"], one["message"]) for one in classes._refused(config, [task, user], mapping)] == [
        (["resources", 0, "selector", "state"], "str type expected"),
        (["resources", 2, "kind"], 'the kind "none" is none of those that are accepted: task, user'),
    ]


def test_a_class_of_any_kind_takes_the_remaining_kinds_and_an_accepted_mapping_is_not_examined() -> None:
    mapping = {"resources": [{"kind": "none"}]}
    assert classes._of_resource([model("task"), model()], 0, mapping["resources"][0]) == []
    assert classes._refused(model(), [model("task", refuses=("kind",))], mapping) == []


def test_the_framework_is_asked_as_its_own_command_asks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "0.48.12")
    misc = ModuleType("port_ocean.utils.misc")
    for name in ("port_ocean", "port_ocean.utils"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "port_ocean.utils.misc", misc)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert classes.ask()["stage"] == "unsupported"
    misc.get_integration_class = lambda path: None  # type: ignore[attr-defined]
    assert classes.ask()["stage"] == "missing"
    (tmp_path / "integration.py").write_text("")
    assert classes.ask()["message"].startswith("LookupError: integration.py has no class")


def test_an_answer_that_is_longer_or_deeper_than_the_program_writes_is_not_believed() -> None:
    refusal = {"keys": ["resources"], "message": "wrong"}
    deep: Any = {}
    for _ in range(200):
        deep = {"a": deep}
    assert len(answer(refused=[refusal] * 200).refused) == 200
    for more in ({"refused": [refusal] * 201}, {"schema": deep}):
        with pytest.raises(ServiceError, match="gave no answer"):
            answer(**more)
