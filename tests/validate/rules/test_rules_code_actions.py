"""Executors of actions: registered, complete, with inputs and errors that Port understands."""

from __future__ import annotations

import pytest

from support.code_cases import SAAS, SPEC, Edit, said

ACTION = (
    "actionsProcessingEnabled: true\nactions:\n  - name: close_task\n    inputs:\n"
    "      - name: taskId\n        type: string\n"
)
HEAD = (
    "from port_ocean.core.handlers.actions.abstract_executor import AbstractExecutor\n"
    "from port_ocean.exceptions.execution_manager import ActionExecutionError\n\n\n"
)
EXECUTOR = 'class Close(AbstractExecutor):\n    ACTION_NAME = "close_task"\n'
NO_WEBHOOK = "    WEBHOOK_PROCESSOR_CLASS = None\n"
REGISTERED = "\n\nocean.register_action_executor(Close())\n"


def executor(text: str, head: str = HEAD) -> list[Edit]:
    return [(SPEC, SAAS, SAAS + ACTION), ("actions.py", "", head + text)]


def executing(*lines: str) -> list[Edit]:
    body = "".join(f"        {line}\n" for line in lines)
    return executor(f"{EXECUTOR}{NO_WEBHOOK}\n    async def execute(self, run):\n{body}")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (EXECUTOR, 1),
        (EXECUTOR + NO_WEBHOOK, 0),
        (EXECUTOR + "    WEBHOOK_PROCESSOR_CLASS = Processor\n", 0),
        (EXECUTOR.replace("AbstractExecutor", "Base"), 1),
        (
            "class Base(AbstractExecutor):\n"
            + NO_WEBHOOK
            + "\n\n"
            + EXECUTOR.replace("AbstractExecutor", "Base"),
            0,
        ),
        (EXECUTOR.replace("AbstractExecutor", "Unknown"), 0),
    ],
)
def test_an_executor_says_whether_it_waits_for_a_webhook(text: str, count: int) -> None:
    base = "" if "class Base" in text or "(Base)" not in text else "class Base(AbstractExecutor): ...\n\n\n"
    assert len(said("COD115", *executor(base + text))) == count


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (EXECUTOR + REGISTERED, []),
        (EXECUTOR, ['actions.py:6:19 "Close" is not registered']),
        (EXECUTOR + "\n\nfor one in executors:\n    ocean.register_action_executor(one)\n", []),
        (EXECUTOR + "\n\nocean.register_action_executor(make())\n", []),
        (
            EXECUTOR
            + "\n\nclass Other(AbstractExecutor): ...\n\n\nocean.register_action_executor(Other())\n",
            ['actions.py:6:19 "Close" is not registered'],
        ),
        (EXECUTOR + "\n\nclass More(Close): ...\n\n\nocean.register_action_executor(More())\n", []),
    ],
)
def test_the_executor_of_an_action_is_registered(text: str, found: list[str]) -> None:
    assert said("COD218", *executor(text)) == found


@pytest.mark.parametrize(
    ("lines", "messages"),
    [
        (['run.execution_properties.get("taskId")'], []),
        (["props = run.execution_properties", 'props["taskId"]'], []),
        (
            ['run.execution_properties.get("task_id")'],
            ['the action "close_task" declares no input "task_id"; did you mean "taskId"?'],
        ),
        (
            ["props = run.execution_properties", 'props.get("zone")'],
            ['the action "close_task" declares no input "zone"'],
        ),
        (["run.execution_properties.get(key)"], []),
        (['other.get("zone")'], []),
    ],
)
def test_an_input_that_is_read_is_declared(lines: list[str], messages: list[str]) -> None:
    assert [one.partition(" ")[2] for one in said("COD217", *executing(*lines))] == messages


def test_inputs_in_a_file_of_several_executors_are_not_attributed() -> None:
    other = EXECUTOR.replace("Close", "Open").replace("close_task", "open_task")
    read = '\n    async def execute(self, run):\n        run.execution_properties.get("zone")\n'
    assert said("COD217", *executor(f"{EXECUTOR}{read}\n\n{other}")) == []


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ('raise ActionExecutionError("x")', 0),
        ('raise ValueError("x")', 1),
        ("raise NotImplementedError", 0),
        ("raise", 0),
        ("raise error", 0),
        ("raise make()", 0),
        ('raise Refused("x")', 0),
        ('raise Broken("x")', 1),
    ],
)
def test_an_error_that_is_raised_is_one_for_the_person_who_acts(line: str, count: int) -> None:
    errors = "class Refused(ActionExecutionError): ...\n\n\nclass Broken(Exception): ...\n\n\n"
    edits = executing(line)
    assert (
        len(
            said(
                "COD116",
                edits[0],
                ("actions.py", "", edits[1][2].replace("class Close", f"{errors}class Close")),
            )
        )
        == count
    )


def test_older_frameworks_know_no_such_error() -> None:
    assert said("COD116", *executing('raise ValueError("x")'), ("poetry.lock", "0.48.12", "0.44.1")) == []


@pytest.mark.parametrize(
    ("saas", "webhook", "count"),
    [
        (SAAS, "Processor", 0),
        (SAAS.replace("false", "true"), "Processor", 1),
        (SAAS.replace("false", "true"), "None", 0),
        (SAAS.replace("false", "true") + "  liveEvents:\n    enabled: true\n", "Processor", 0),
    ],
)
def test_an_action_that_waits_for_a_webhook_needs_live_events(saas: str, webhook: str, count: int) -> None:
    text = f"{EXECUTOR}    WEBHOOK_PROCESSOR_CLASS = {webhook}\n"
    assert len(said("COD219", (SPEC, SAAS, saas + ACTION), ("actions.py", "", HEAD + text))) == count
