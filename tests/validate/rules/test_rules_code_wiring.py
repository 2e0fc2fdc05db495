"""What the code hands to Ocean: complete, of the right sort, and named as Ocean knows it."""

from __future__ import annotations

import pytest

from seatrial.core.model import MemoryFolder
from seatrial.validate.rules import RULES
from seatrial.validate.rules.code_samples import acting, listening
from seatrial.validate.run import check
from support.good import facts_of, good_folder

GOOD = good_folder()
MAIN, CONFIG, WEBHOOK, ACTION = "main.py", "integration.py", "processor.py", "actions.py"
LISTENING, ACTING = listening()(GOOD), acting()(GOOD)
LOCK = "poetry.lock"


def told(folder: MemoryFolder) -> list[str]:
    return [
        f"{one.code} {one.path.rpartition('/')[2]}:{one.line}"
        for one in check(facts_of(folder), RULES).findings
    ]


def cures(folder: MemoryFolder) -> list[str]:
    return [one.fix.title for one in check(facts_of(folder), RULES).findings if one.fix]


def test_what_is_handed_to_ocean_as_it_should_be_is_not_reported() -> None:
    assert told(LISTENING) == told(ACTING) == []


@pytest.mark.parametrize(
    ("old", "new", "cure"),
    [
        ("async def handle_event(", "async def handle_events(", 'rename "handle_events" to "handle_event"'),
        (
            "async def should_process_event(",
            "async def should_process(",
            'rename "should_process" to "should_process_event"',
        ),
        ("async def authenticate(", "async def check(", 'define "authenticate"'),
    ],
)
def test_a_method_that_ocean_calls_is_told_under_its_wrong_name(old: str, new: str, cure: str) -> None:
    folder = LISTENING.edited(WEBHOOK, old, new)
    assert [one.partition(" ")[0] for one in told(folder)] == ["COD150"]
    assert cures(folder) == [cure]


def test_a_method_may_be_inherited_or_come_from_a_class_that_is_not_read() -> None:
    base = LISTENING.edited(WEBHOOK, "class TaskProcessor(", "class Base(")
    inherited = base.having(WEBHOOK, base.text(WEBHOOK) + "\n\nclass TaskProcessor(Base): ...\n")
    assert told(inherited) == []
    foreign = LISTENING.edited(WEBHOOK, "(AbstractWebhookProcessor):", "(AbstractWebhookProcessor, Shared):")
    unread = foreign.edited(WEBHOOK, "async def handle_event(", "async def other(")
    assert told(unread.having(WEBHOOK, "from elsewhere import Shared\n" + unread.text(WEBHOOK))) == []


def test_before_live_events_a_processor_needs_fewer_methods() -> None:
    old = LISTENING.edited(LOCK, 'version = "0.48.12"', 'version = "0.19.0"')
    codes = {one.partition(" ")[0] for one in told(old.edited(WEBHOOK, "should_process_event", "other"))}
    assert "COD150" not in codes


@pytest.mark.parametrize(
    ("path", "old", "new", "finding"),
    [
        (MAIN, "on_resync(Kind.TASK)", "on_resync(Kind.TASKS)", "COD151 main.py"),
        (CONFIG, "Literal[Kind.TASK]", "Literal[Kind.TASKS]", "COD151 integration.py"),
        (MAIN, "@ocean.on_resync(Kind.TASK)", "@ocean.on_resync", "COD152 main.py"),
        (CONFIG, 'default="open"', 'default="opened"', "COD155 integration.py"),
        (CONFIG, "class AppConfigHandlerClass(", "class AppConfigHandlerClas(", "COD156 integration.py"),
        (
            CONFIG,
            "CONFIG_CLASS = GoodServicePortAppConfig",
            "CONFIG_CLASS = GoodPortAppConfig",
            "COD156 integration.py",
        ),
    ],
)
def test_a_slip_in_what_ocean_reads_is_one_finding(path: str, old: str, new: str, finding: str) -> None:
    assert [one.partition(":")[0] for one in told(GOOD.edited(path, old, new))] == [finding]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (CONFIG, 'default="open"', 'default="all"'),
        (CONFIG, 'default="open",', "default_factory=lambda: 'open',"),
        (MAIN, "on_resync(Kind.TASK)", "on_resync(Kind.TASK.value)"),
        (MAIN, "on_resync(Kind.TASK)", 'on_resync(kind="task")'),
        (
            CONFIG,
            "class AppConfigHandlerClass(",
            "class Handler(APIPortAppConfig): ...\n\n    class AppConfigHandlerClass(",
        ),
    ],
)
def test_what_only_looks_like_a_slip_is_not_reported(path: str, old: str, new: str) -> None:
    assert told(GOOD.edited(path, old, new)) == []


def test_what_is_registered_is_of_the_right_sort() -> None:
    executor = ACTING.edited(MAIN, "CloseTaskExecutor())", "CloseTaskExecutor)")
    assert [one.partition(":")[0] for one in told(executor)] == ["COD153 main.py"]
    processor = LISTENING.edited(MAIN, ", TaskProcessor)", ", TaskProcessor())")
    assert [one.partition(":")[0] for one in told(processor)] == ["COD153 main.py"]
    assert [one.partition(":")[0] for one in told(listening('"webhook"')(GOOD))] == ["COD154 main.py"]
    event = LISTENING.edited(WEBHOOK, 'return ["task"]', 'return ["tasks"]')
    assert cures(event) == ['write "task"']


@pytest.mark.parametrize(
    ("path", "old", "new", "code"),
    [
        (".port/resources/port-app-config.yaml", "- kind: task", "- kind: ' task'", "RES106"),
        (".port/spec.yaml", "- kind: task", "- kind: 'task '", "SPC106"),
        (
            ".port/resources/port-app-config.yaml",
            "      state: open\n    port:\n      entity:\n",
            "      state: open\n    port:\n      entities:\n",
            "RES102",
        ),
        ("pyproject.toml", "[tool.poetry]\n", "[tool.poerty]\n", "PKG002"),
        (
            "CHANGELOG.md",
            "### Features",
            "<<<<<<< HEAD\n### Features\n=======\n### Feature\n>>>>>>> x",
            "LAY112",
        ),
        (".port/resources/blueprints.json", '"func": "count"', '"func": "counts"', "RES105"),
    ],
)
def test_one_slip_elsewhere_is_one_finding(path: str, old: str, new: str, code: str) -> None:
    assert [one.partition(" ")[0] for one in told(GOOD.edited(path, old, new))] == [code]


def test_a_misspelled_part_of_the_spec_is_not_told_again_by_the_code() -> None:
    live = LISTENING.edited(".port/spec.yaml", "  liveEvents:", "  live_events:")
    assert [one.partition(" ")[0] for one in told(live)] == ["SPC102"]
    inputs = ACTING.edited(".port/spec.yaml", "    inputs:", "    input:")
    assert [one.partition(" ")[0] for one in told(inputs)] == ["SPC102"]
