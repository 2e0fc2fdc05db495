"""What the code hands to Ocean: complete, of the right sort, and named as Ocean knows it."""

from __future__ import annotations

import pytest

from seatrial.core.model import MemoryFolder
from seatrial.validate.rules import BY_CODE, RULES
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


@pytest.mark.parametrize(
    ("folder", "path", "name"),
    [
        (LISTENING, WEBHOOK, "authenticate"),
        (LISTENING, WEBHOOK, "validate_payload"),
        (LISTENING, WEBHOOK, "handle_event"),
        (LISTENING, WEBHOOK, "get_matching_kinds"),
        (ACTING, ACTION, "execute"),
        (ACTING, ACTION, "is_close_to_rate_limit"),
    ],
)
def test_a_method_that_ocean_awaits_is_async(folder: MemoryFolder, path: str, name: str) -> None:
    edited = folder.edited(path, f"async def {name}(", f"def {name}(")
    assert [one.partition(":")[0] for one in told(edited)] == [f"COD158 {path}"]
    (edit,) = [one.fix.edit for one in check(facts_of(edited), RULES).findings if one.fix and one.fix.edit]
    assert (edit.old, edit.new) == (f"def {name}", f"async def {name}")


@pytest.mark.parametrize("text", ["    return [{}]\n", "    yield [{}]\n", "    ...\n"])
def test_a_function_that_resyncs_is_async(text: str) -> None:
    plain = f'\n\n@ocean.on_resync("task")\ndef resync_more(kind: str):\n{text}'
    assert [one.split(" ")[0] for one in told(GOOD.having(MAIN, GOOD.text(MAIN) + plain))] == ["COD158"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('return "task" in payload', "return self.check(payload)"),
        ('-> bool:\n        return "task" in payload', "-> Awaitable[bool]:\n        return self.later"),
        ('return "task" in payload', "raise NotImplementedError"),
        ('return "task" in payload', '"""May yield."""\n        return self.check(payload)'),
        ('return "task" in payload', "return ocean.sync_raw_all(payload)"),
        ('return "task" in payload', "return anext(payload)"),
    ],
)
def test_a_function_may_hand_on_what_is_awaited(old: str, new: str) -> None:
    text = LISTENING.text(WEBHOOK).replace("async def validate_payload", "def validate_payload")
    text = "from port_ocean.context.ocean import ocean\n" + text
    folder = LISTENING.having(WEBHOOK, text.replace(" -> bool", "") if "bool" not in new else text)
    assert told(folder.edited(WEBHOOK, old.replace(" -> bool", ""), new)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("async def validate_payload(self", "@awaitable\n    def validate_payload(self"),
        ("async def validate_payload(self, ", "@staticmethod\n    async def validate_payload("),
        (
            "async def validate_payload(self, payload: dict) -> bool",
            "def validate_payload(self, payload) -> Later",
        ),
    ],
)
def test_a_decorator_or_an_alias_may_make_a_method_what_ocean_awaits(old: str, new: str) -> None:
    folder = LISTENING.edited(WEBHOOK, old, new)
    assert told(folder.having(WEBHOOK, "Later = Awaitable[bool]\n" + folder.text(WEBHOOK))) == []


IDLE = LISTENING.edited(MAIN, 'ocean.add_webhook_processor("/webhook", TaskProcessor)', "")


@pytest.mark.parametrize(
    ("added", "count"),
    [
        ("", 1),
        ('# ocean.add_webhook_processor("/webhook", TaskProcessor)', 1),
        ('for one in [\n    TaskProcessor,\n]:\n    ocean.add_webhook_processor("/webhook", one)', 0),
        ("class Other(TaskProcessor): ...", 0),
        ("import importlib", 0),
    ],
)
def test_a_processor_that_nothing_names_is_told(added: str, count: int) -> None:
    folder = IDLE.having(MAIN, f"{IDLE.text(MAIN)}\n\n{added}\n")
    assert [one for one in told(folder) if one.startswith("COD159")] == ["COD159 processor.py:4"] * count


REGISTERED = 'ocean.add_webhook_processor("/webhook", TaskProcessor)\n'
IMPORTED = "from processor import TaskProcessor\n"
HANDED_ON = "def register(given):\n    return given\n\n\n@register\nclass TaskProcessor("
OF_ONES_OWN = """class Base(AbstractWebhookProcessor):
    def __init_subclass__(cls):
        REGISTRY.append(cls)


class TaskProcessor(Base):
"""
LOOPED = "for one in {}:\n    ocean.add_webhook_processor('/webhook', {})\n"
LONGER = "from processor import TaskProcessor\n\n\nclass TaskProcessorOfAll(TaskProcessor): ...\n"


@pytest.mark.parametrize(
    "folder",
    [
        LISTENING.edited(MAIN, IMPORTED + "\n" + REGISTERED, "").edited(
            WEBHOOK, "class TaskProcessor(", HANDED_ON
        ),
        LISTENING.edited(MAIN, IMPORTED + "\n" + REGISTERED, "").edited(
            WEBHOOK, "class TaskProcessor(AbstractWebhookProcessor):\n", OF_ONES_OWN
        ),
        LISTENING.edited(MAIN, IMPORTED, IMPORTED.rstrip() + "; FOUND = [TaskProcessor]\n").edited(
            MAIN, REGISTERED, LOOPED.format("FOUND", "one")
        ),
        LISTENING.edited(MAIN, IMPORTED, "import processor\n").edited(
            MAIN, REGISTERED, LOOPED.format("['Task']", "getattr(processor, one + 'Processor')")
        ),
        LISTENING.having("more.py", LONGER)
        .edited(MAIN, IMPORTED, "from more import TaskProcessorOfAll\n")
        .edited(MAIN, REGISTERED, REGISTERED.replace("Processor)", "ProcessorOfAll)")),
    ],
    ids=["decorator", "base", "semicolon", "composed name", "longer name"],
)
def test_a_processor_may_be_registered_by_other_means(folder: MemoryFolder) -> None:
    assert told(folder) == []


def test_several_idle_processors_are_one_finding() -> None:
    more = IDLE.text(WEBHOOK).partition("class TaskProcessor")[2]
    folder = IDLE.having(WEBHOOK, f"{IDLE.text(WEBHOOK)}\n\nclass ProjectProcessor{more}")
    (finding,) = check(facts_of(folder), [BY_CODE["COD159"]]).findings
    assert finding.message == 'nothing registers "TaskProcessor", nor 1 other webhook processor'


def test_the_path_of_a_processor_stands_before_its_class() -> None:
    swapped = LISTENING.edited(MAIN, '"/webhook", TaskProcessor', 'TaskProcessor, "/webhook"')
    assert [one.partition(":")[0] for one in told(swapped)] == ["COD153 main.py"]
    assert cures(swapped) == ['write add_webhook_processor("/webhook", TaskProcessor)']


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [("TaskSelector", "Selector", "ResourceConfig"), ("TaskResourceConfig", "ResourceConfig", "Selector")],
)
def test_a_class_of_the_mapping_inherits_from_the_right_one_of_ocean(
    name: str, right: str, wrong: str
) -> None:
    folder = GOOD.edited(CONFIG, f"class {name}({right})", f"class {name}({wrong})")
    assert [one.partition(":")[0] for one in told(folder)] == ["COD160 integration.py"]
    assert cures(folder) == [f"write class {name}({right})"]


OTHER = GOOD.edited(CONFIG, "from pydantic.v1 import Field", "from pydantic import Field")


def test_a_field_of_pydantic_2_is_told_once_a_file() -> None:
    assert [one.partition(":")[0] for one in told(OTHER)] == ["COD161 integration.py"]
    assert cures(OTHER) == ["from pydantic.v1 import Field"]
    whole = GOOD.edited(CONFIG, "from pydantic.v1 import Field", "import pydantic")
    named = whole.having(CONFIG, whole.text(CONFIG).replace(" Field(", " pydantic.Field("))
    assert cures(named) == ["from pydantic.v1 import Field"]


def test_a_model_or_a_validator_of_pydantic_2_is_told_inside_of_a_selector() -> None:
    state = '    state: Literal["open", "closed", "all"] = Field('
    model = "from pydantic import BaseModel, field_validator\n\n\nclass Part(BaseModel): ...\n\n\n"
    text = GOOD.text(CONFIG).replace("class TaskSelector", f"{model}class TaskSelector")
    field = f'    part: Part = Field(default=None, title="Part", description="A part.")\n{state}'
    validator = f'    @field_validator("state")\n    def checked(cls, v): ...\n\n{state}'
    assert cures(GOOD.having(CONFIG, text.replace(state, field))) == [
        'let "Part" inherit from the BaseModel of pydantic.v1'
    ]
    assert cures(GOOD.having(CONFIG, text.replace(state, validator))) == [
        "from pydantic.v1 import field_validator"
    ]


def test_before_pydantic_2_and_outside_of_the_mapping_its_fields_are_right() -> None:
    old = OTHER.edited(LOCK, 'version = "0.48.12"', 'version = "0.43.9"')
    codes = {one.partition(" ")[0] for one in told(old)}
    assert "COD161" not in codes
    own = "from pydantic import BaseModel, Field\n\n\nclass Options(BaseModel):\n    page: int = Field(default=1)\n"
    assert told(GOOD.having("options.py", own)) == []


@pytest.mark.parametrize(
    ("folder", "path", "old", "new", "code"),
    [
        (GOOD, MAIN, "@ocean.on_resync(Kind.TASK)", "@ocean.on_resyc(Kind.TASK)", "COD162"),
        (LISTENING, MAIN, "add_webhook_processor(", "add_webhook_proccessor(", "COD162"),
        (GOOD, MAIN, "resync_tasks(kind: str)", "resync_tasks(kind: str, more: int)", "COD163"),
        (LISTENING, WEBHOOK, "(self, payload: dict, resource: object)", "(self, payload: dict)", "COD163"),
        (LISTENING, WEBHOOK, "validate_payload(self, payload: dict)", "validate_payload(payload)", "COD163"),
        (ACTING, ACTION, "execute(self, run)", "execute(self)", "COD163"),
        (GOOD, CONFIG, "    kind: Literal[Kind.TASK] = Field(", "    kind = Field(", "COD164"),
        (GOOD, CONFIG, "    resources: list", "    resource: list", "COD165"),
        (GOOD, CONFIG, "CLASS = GoodServicePortAppConfig", "CLASS = TaskResourceConfig", "COD156"),
        (GOOD, CONFIG, "CLASS = GoodServicePortAppConfig", "CLASS = GoodServicePortAppConfig()", "COD156"),
        (GOOD, CONFIG, "Integration(BaseIntegration)", "Integration", "COD156"),
        (LISTENING, WEBHOOK, 'return ["task"]', 'return "task"', "COD157"),
    ],
)
def test_what_fails_as_soon_as_ocean_uses_it_is_one_finding(
    folder: MemoryFolder, path: str, old: str, new: str, code: str
) -> None:
    assert [one.split(" ")[0] for one in told(folder.edited(path, old, new))] == [code]


@pytest.mark.parametrize(
    ("folder", "path", "old", "new"),
    [
        (GOOD, MAIN, "resync_tasks(kind: str)", "resync_tasks(kind: str, more: int = 1)"),
        (GOOD, MAIN, "resync_tasks(kind: str)", "resync_tasks(*args: str, **more: int)"),
        (GOOD, MAIN, "resync_tasks(kind: str)", "resync_tasks(kind: str, *, more: int = 1)"),
        (LISTENING, WEBHOOK, "(self, payload: dict, resource: object)", "(self, *given: object)"),
        (
            LISTENING,
            WEBHOOK,
            "validate_payload(self, payload: dict)",
            "validate_payload(self, payload: dict, x=1)",
        ),
        (GOOD, MAIN, "@ocean.on_resync(Kind.TASK)", "# ocean.on_resyncs\n@ocean.on_resync(Kind.TASK)"),
        (GOOD, CONFIG, '    state: Literal["open", "closed", "all"] = Field(', "    state = Field("),
        (GOOD, CONFIG, "resources: list[AnyResource]", "resources: List[AnyResource]"),
    ],
)
def test_what_ocean_can_use_is_not_told(folder: MemoryFolder, path: str, old: str, new: str) -> None:
    edited = folder.edited(path, old, new)
    listed = f"from typing import List\n\n{edited.text(CONFIG)}" if "List[" in new else edited.text(CONFIG)
    assert told(edited.having(CONFIG, listed)) == []


def test_the_path_of_a_whole_address_is_its_last_part() -> None:
    assert cures(listening('"https://example.com/hooks/task"')(GOOD)) == ['write "/hooks/task"']


def test_a_title_in_capitals_is_one_finding() -> None:
    folder = GOOD.edited(
        ".port/resources/blueprints.json", '"title": "Good Service Task"', '"Title": "Good Service Task"'
    )
    assert [one.split(" ")[0] for one in told(folder)] == ["RES102"]


def test_a_misspelled_name_of_an_imported_class_is_told_with_the_name() -> None:
    own = GOOD.edited(
        CONFIG, "        CONFIG_CLASS = GoodServicePortAppConfig\n", "        CONFIG_CLASS = SharedConfigs\n"
    )
    folder = own.having(CONFIG, f"from shared import SharedConfig\n{own.text(CONFIG)}")
    found = check(
        facts_of(folder.having("shared.py", "class SharedConfig: ...\n")), [BY_CODE["COD156"]]
    ).findings
    assert [one.fix.title for one in found if one.fix] == ['write "SharedConfig"']


CALL = 'ocean.add_webhook_processor("/webhook", TaskProcessor)'


@pytest.mark.parametrize(
    ("path", "old", "new", "found"),
    [
        (MAIN, CALL, 'ocean.add_webhook_processor("/webhook")', ["COD153 main.py:15"]),
        (WEBHOOK, "TaskProcessor(AbstractWebhookProcessor)", "TaskProcessor", ["COD153 main.py:15"]),
        (MAIN, CALL, f"{CALL}\n{CALL}", ["COD166 main.py:16"]),
        (MAIN, CALL, f"{CALL}\n{CALL.replace('/webhook', '/other')}", []),
        (MAIN, CALL, 'given = ("/webhook", TaskProcessor)\nocean.add_webhook_processor(*given)', []),
    ],
)
def test_a_processor_is_registered_whole_and_once(path: str, old: str, new: str, found: list[str]) -> None:
    assert told(LISTENING.edited(path, old, new)) == found


REGISTRY = """class Registry:
    def add_webhook_processor(self, given):
        ocean.add_webhook_processor("/webhook", given)


registry = Registry()
registry.add_webhook_processor(TaskProcessor)
"""
BRANCHES = f"if hosted:\n    {REGISTERED}else:\n    {REGISTERED}"
FALLBACK = "try:\n    {}except ImportError:\n    AbstractWebhookProcessor = object\n"
BASE_IMPORT = LISTENING.text(WEBHOOK).partition("\n")[0] + "\n"
HANDLER_LINE = "        CONFIG_CLASS = GoodServicePortAppConfig\n"
OWN_BASE = "class Base(PortAppConfig):"
CHILD = "class GoodServicePortAppConfig(Base):\n    resource: str = Field(title='R', description='One.', default='')"


@pytest.mark.parametrize(
    ("folder", "path", "old", "new"),
    [
        (LISTENING, MAIN, REGISTERED, REGISTRY),
        (LISTENING, MAIN, REGISTERED, BRANCHES),
        (LISTENING, WEBHOOK, BASE_IMPORT, FALLBACK.format(BASE_IMPORT)),
        (
            GOOD,
            CONFIG,
            HANDLER_LINE,
            f"{HANDLER_LINE}\n    AppConfigHandlerClass = AppConfigHandler\n",
        ),
    ],
    ids=["own method", "branches", "fallback", "renamed handler"],
)
def test_code_of_another_style_is_right(folder: MemoryFolder, path: str, old: str, new: str) -> None:
    edited = folder.edited(path, old, new)
    if "AppConfigHandler\n" in new:
        edited = edited.edited(path, "class AppConfigHandlerClass(", "class AppConfigHandler(")
    assert told(edited) == []


def test_a_mixin_may_hold_the_class_of_the_mapping() -> None:
    mixin = GOOD.edited(CONFIG, "class GoodServiceIntegration(BaseIntegration)", "class Mixin")
    more = mixin.text(CONFIG) + "\n\nclass GoodServiceIntegration(Mixin, BaseIntegration): ...\n"
    assert told(mixin.having(CONFIG, more)) == []
    assert [one.partition(" ")[0] for one in told(mixin)] == ["COD156"]


def test_an_option_beside_the_resources_is_no_misspelled_one() -> None:
    sources = GOOD.edited(CONFIG, "    resources: list[AnyResource] =", "    sources: list[str] =")
    assert [one for one in told(sources) if one.startswith("COD165")] == []
    base = GOOD.edited(CONFIG, "class GoodServicePortAppConfig(PortAppConfig):", OWN_BASE)
    folder = base.edited(
        CONFIG, "\n\nclass GoodServiceIntegration", f"\n\n{CHILD}\n\n\nclass GoodServiceIntegration"
    )
    assert told(folder) == []


def test_an_own_method_may_make_the_executor_that_it_registers() -> None:
    method = "    def register_action_executor(self, given):\n        ocean.register_action_executor(given())"
    call = "Registry().register_action_executor(CloseTaskExecutor)"
    folder = ACTING.edited(
        MAIN, "ocean.register_action_executor(CloseTaskExecutor())", f"class Registry:\n{method}\n\n\n{call}"
    )
    assert told(folder) == []


def test_a_module_of_the_integration_may_be_called_ocean() -> None:
    folder = GOOD.having("clients.py", "ocean = object()\n")
    assert told(folder.having("other.py", "from clients import ocean\n\nfound = ocean.configs\n")) == []


def test_a_second_registration_inside_of_a_condition_is_told() -> None:
    folder = LISTENING.edited(MAIN, REGISTERED, f"{REGISTERED}if hosted:\n    {REGISTERED}")
    assert [one.partition(" ")[0] for one in told(folder)] == ["COD166"]
