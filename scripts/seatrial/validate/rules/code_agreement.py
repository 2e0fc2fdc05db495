"""Family COD: the Python code parses, and agrees with the spec and the port-app-config.

They must agree about configurations, live events, actions, kinds and selectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seatrial.core.model import Edit, Fix, LineRange, Location, MemoryFolder, Problem
from seatrial.core.names import shown
from seatrial.core.rules import INFO, WARNING, Problems, rule
from seatrial.core.suggest import did_you_mean, nearest
from seatrial.documents.document import FaultKind
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.code import Code, ConfigurationUse, Kinds, StatedKind, probable
from seatrial.validate.facts.config_classes import KindOf
from seatrial.validate.facts.credentials import PREFIX, Variable
from seatrial.validate.facts.items import Item
from seatrial.validate.facts.python_models import Unread
from seatrial.validate.facts.python_modules import PythonFiles
from seatrial.validate.facts.spec import Spec
from seatrial.validate.facts.tree import Tree
from seatrial.validate.rules.kinds import KindMap, disagreement
from seatrial.validate.rules.shared import all_of, misspells, replaced

SPEC = ".port/spec.yaml"
APP_CONFIG = ".port/resources/port-app-config.yaml"
_TASK_LISTED = "      - kind: task\n"
_SUBTASK = (
    "class SubtaskResourceConfig(TaskResourceConfig):\n"
    '    kind: Literal["subtask"] = Field(title="Subtask", description="Each subtask.")\n\n\n'
)
_TASK_RESYNC = "@ocean.on_resync(Kind.TASK)\n"


def _unknown(where: Location, message: str, name: str, near: str | None, otherwise: str) -> Problem:
    """Return the problem of an unknown name, with the known name that is probably meant."""
    if near is None:
        return Problem(where, message, Fix(otherwise))
    fix = Fix(f'change "{shown(name)}" to "{shown(near)}"', Edit(where, name, near), guessed=True)
    return Problem(where, message + did_you_mean(shown(near)), fix)


_SAAS_OFF = "saas:\n  enabled: false\n"
_ACTION = "actionsProcessingEnabled: true\nactions:\n  - name: close_task\n    inputs: []\n"
_EXECUTOR = (
    "from port_ocean.core.handlers.actions.abstract_executor import AbstractExecutor\n\n\n"
    'class CloseTaskExecutor(AbstractExecutor):\n    ACTION_NAME = "close_task"\n'
    "    WEBHOOK_PROCESSOR_CLASS = None\n"
    "    is_close_to_rate_limit = get_remaining_seconds_until_rate_limit = execute = None\n"
)
_PROXY = (
    "  - name: proxyUrl\n    type: url\n    required: false\n    description: A proxy in front of the API\n"
)


@rule("COD001", bad=replaced("main.py", "(selector.include_archived)", "(selector.include_archived"))
def broken_python(python_files: PythonFiles) -> Problems:
    """Every Python file of the integration is valid Python.

    Otherwise the integration does not start, and nothing that must agree with the code can be checked.
    Tests and examples are not read here; the tools that run them report their errors.
    """
    for fault, where in python_files.faults():
        if python_files.is_conflicted(where.path) or python_files.is_encoded(where.path):
            continue
        if fault.kind is FaultKind.LIMIT:
            message = f"nothing that must agree with the code is checked: {fault.message}"
            yield Problem(where, message, Fix("split the file"), severity=WARNING)
        else:
            lead = "the file does not parse: " if fault.kind is FaultKind.SYNTAX else ""
            yield Problem(where, lead + fault.message, Fix("correct the text here"))


@rule("COD208", bad=replaced("client.py", 'integration_config["api_token"]', 'integration_config["token"]'))
def undeclared_configuration_read(
    configuration_use: ConfigurationUse,
    misnamed_configurations: Mapping[str, Item],
    env_example: Sequence[Variable],
) -> Problems:
    """Each configuration that the code reads is declared in the spec.

    Ocean builds the configuration from the spec and drops every other key, even one that is set in
    the environment: `[...]` fails, and `.get(...)` always returns None. Where the name in the spec is at fault, the
    finding stands there.
    """
    variables = {one.name.upper() for one in env_example}
    for read, others in configuration_use.undeclared():
        message = f'the spec declares no configuration for "{shown(read.key)}"'
        severity = WARNING if read.forgiving else None
        odd = misnamed_configurations.get(read.key)
        if odd:
            name = shown(odd.text("name"))
            fix = Fix(f'rename "{name}" in the spec to "{_camel(read.key)}"')
            where = configuration_use.spec.document.at(*odd.way("name"))
            is_set = f"{PREFIX}{read.key.upper()}" in variables
            place = f"{read.where.path}, line {read.where.line}"
            evidence = f"read so in {place}, and set so in .env.example" if is_set else f"read so in {place}"
            yield Problem(where, f'{message}, but for "{name}"', fix, evidence=evidence, severity=severity)
            continue
        near = configuration_use.meant(read.key)
        fix = Fix(f'read "{near}"' if near else "declare it in the spec, or stop reading it")
        evidence = f"also read in {', '.join(others)}" if others else ""
        problem = Problem(read.where, message + did_you_mean(near), fix, evidence=evidence, severity=severity)
        yield replace(problem, rests_on=_repeated(configuration_use, read.key))


def _repeated(use: ConfigurationUse, key: str) -> LineRange | None:
    """Return the line of the configuration that has the name of another, and probably means this key."""
    item = use.repeated.get(key)
    where = use.spec.document.at(*item.way("name")) if item else None
    return LineRange(where.path, where.line, where.line) if where else None


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(map(str.capitalize, others))


@rule("COD209", bad=replaced("client.py", 'integration_config["api_url"]', 'integration_config["apiUrl"]'))
def configuration_read_by_spec_name(configuration_use: ConfigurationUse) -> Problems:
    """The code reads a configuration by its name in snake case, even if the spec writes it in another case.

    Ocean converts the names in the spec to snake case when it starts; the name as the spec writes it
    is then not a key.
    """
    for read, key in configuration_use.miscased():
        fix = Fix(f'read "{key}"', Edit(read.where, read.key, key) if read.written else None)
        yield Problem(read.where, f'"{shown(read.key)}" is "{key}" in the code', fix)


@rule("COD210", severity=WARNING, bad=replaced(SPEC, "saas:\n", _PROXY + "saas:\n"))
def unused_configuration(configuration_use: ConfigurationUse) -> Problems:
    """Each configuration that the spec declares is used.

    Setting an unused one has no effect. A configuration counts as used if the code mentions it in any
    way, if other configurations depend on it, or if Ocean itself reads it.
    """
    for item, key in configuration_use.unused():
        where = configuration_use.spec.document.at(*item.way("name"))
        message = f'the configuration "{shown(item.text("name"))}" is not used: no code names "{shown(key)}"'
        yield Problem(where, message, Fix("use it in the code, or remove it from the spec"))


@rule("COD211", bad=replaced(SPEC, _SAAS_OFF, "saas:\n  enabled: true\n  liveEvents:\n    enabled: true\n"))
def live_events_without_processor(spec: Spec, code: Code) -> Problems:
    """An integration whose spec enables live events handles webhooks.

    Otherwise Port offers live events for it, but no event is ever processed.
    """
    live_events = spec.root.inner("saas", "liveEvents")
    if live_events.value.get("enabled") is True and not code.listens:
        where = spec.document.at(*live_events.way("enabled"))
        message = "live events are enabled, but the code has no webhook processor"
        fix = Fix("set it to false, or register a processor with add_webhook_processor")
        yield Problem(where, message, fix)


def _processing(folder: MemoryFolder) -> MemoryFolder:
    code = folder.edited(
        "main.py",
        "from kinds import Kind\n",
        "from kinds import Kind\nfrom processor import TaskProcessor\n\n"
        'ocean.add_webhook_processor("/webhook", TaskProcessor)\n',
    )
    processor = (
        "from port_ocean.core.handlers.webhook.abstract_webhook_processor import (\n"
        "    AbstractWebhookProcessor,\n)\n\n\n"
        "class TaskProcessor(AbstractWebhookProcessor):\n"
        "    authenticate = validate_payload = handle_event = None\n"
        "    should_process_event = get_matching_kinds = None\n"
    )
    enabled = replaced(SPEC, _SAAS_OFF, "saas:\n  enabled: true\n")
    return enabled(code.having("processor.py", processor))


@rule("COD212", severity=INFO, bad=_processing)
def processor_without_live_events(spec: Spec, code: Code) -> Problems:
    """An integration that handles webhooks and is enabled for SaaS enables live events in its spec.

    Otherwise Port does not route events to it. Some integrations leave live events out on purpose.
    """
    saas = spec.root.inner("saas")
    is_there = "liveEvents" in saas.value or misspells(saas, "liveEvents") or "liveEvents" in spec.root.value
    if saas.value.get("enabled") is True and code.processors and not is_there:
        message = f'"{code.processors[0]}" has a webhook processor, but live events are not enabled'
        fix = Fix('add "liveEvents" with "enabled: true" below "saas"')
        yield Problem(spec.document.key(*saas.keys), message, fix)


@rule("COD213", bad=replaced(SPEC, "saas:\n", _ACTION + "saas:\n"))
def action_without_executor(spec: Spec, code: Code) -> Problems:
    """Each action in the spec has an executor with its name.

    Otherwise Port offers the action, but every run of it fails.
    """
    known = {one.action for one in code.executors}
    listed = {action.text("name") for action in spec.actions}
    if None in known:
        return
    for action in spec.actions:
        name = action.text("name")
        if name not in known:
            message = f'no executor has the ACTION_NAME "{shown(name)}"'
            near = nearest(name, {one for one in known if one} - listed)
            where = spec.document.at(*action.way("name"))
            yield _unknown(where, message, name, near, "add an executor, or remove the action from the spec")


@rule("COD214", bad=lambda folder: folder.having("actions.py", _EXECUTOR))
def executor_without_action(spec: Spec, code: Code) -> Problems:
    """Each executor carries out an action in the spec.

    Otherwise Port does not know the action, and nobody can run it.
    """
    listed = {action.text("name") for action in spec.actions}
    if len(listed) < len(list(spec.root.listed("actions"))):
        return
    for one in code.executors:
        is_near = one.action and nearest(one.action, listed - {other.action for other in code.executors})
        if one.action and one.action not in listed and not is_near:
            fix = Fix("add it to the actions of the spec, or delete the executor")
            yield Problem(one.where, f'the spec has no action "{shown(one.action)}"', fix)


@rule("COD201", bad=replaced(SPEC, "- kind: task", "- kind: tasks"))
def listed_kind_not_accepted(kinds: Kinds, tree: Tree, misnamed_classes: Mapping[str, KindOf]) -> Problems:
    """Each kind in the spec is accepted by a resource class in the code.

    Otherwise Port offers the kind, but Ocean rejects a mapping that uses it. An integration with a
    resource class for any kind is not checked.
    """
    yield from _unaccepted(kinds, tree, _without(kinds.only_listed, misnamed_classes))


@rule("COD202", bad=replaced(APP_CONFIG, "- kind: task", "- kind: tasks"))
def mapped_kind_not_accepted(kinds: Kinds, tree: Tree, misnamed_classes: Mapping[str, KindOf]) -> Problems:
    """Each kind in the port-app-config is accepted by a resource class in the code.

    Otherwise Ocean rejects the whole default mapping, and nothing is exported. An integration with a
    resource class for any kind is not checked.
    """
    yield from _unaccepted(kinds, tree, _without(kinds.mapped, misnamed_classes))


def _without(
    stated: tuple[StatedKind, ...], misnamed_classes: Mapping[str, KindOf]
) -> tuple[StatedKind, ...]:
    """Return the kinds without those of classes that have the kind of another, which COD102 reports."""
    return tuple(one for one in stated if one.kind not in misnamed_classes)


def _unaccepted(kinds: Kinds, tree: Tree, stated: tuple[StatedKind, ...]) -> Problems:
    lacking = kinds.unaccepted(stated)
    if not lacking:
        return
    known = KindMap.of(kinds, tree)
    for one in lacking:
        message = f'no resource class accepts the kind "{shown(one.kind)}"'
        yield disagreement(known, one, message, f"remove it, or {_new_class(kinds.code)}")


def _new_class(code: Code | None) -> str:
    """Return the advice to add a resource class, with its place."""
    config = next(iter(code.config_classes), None) if code else None
    if config is None:
        return "add a resource class"
    return f'add a resource class for it to the resources of "{shown(config.name)}" in {config.local.path}'


@rule(
    "COD203",
    bad=all_of(
        replaced("integration.py", "AnyResource = ", _SUBTASK + "AnyResource = SubtaskResourceConfig | "),
        replaced(SPEC, _TASK_LISTED, _TASK_LISTED + "      - kind: subtask\n"),
    ),
)
def listed_kind_without_resync(kinds: Kinds, tree: Tree) -> Problems:
    """Each kind in the spec has a resync function.

    Ocean calls the functions that are registered with `on_resync` for the kind; without one, nothing
    is exported. One function registered for all kinds is enough.
    """
    yield from _unresynced(kinds, tree, kinds.only_listed)


@rule("COD204", bad=replaced("main.py", _TASK_RESYNC, ""))
def mapped_kind_without_resync(kinds: Kinds, tree: Tree) -> Problems:
    """Each kind in the port-app-config has a resync function.

    Ocean calls the functions that are registered with `on_resync` for the kind; without one, nothing
    is exported. One function registered for all kinds is enough.
    """
    yield from _unresynced(kinds, tree, kinds.mapped)


def _unresynced(kinds: Kinds, tree: Tree, stated: tuple[StatedKind, ...]) -> Problems:
    paths = kinds.code.files.holding(b"on_resync") if kinds.code else ()
    place = f" in {paths[0]}" if len(paths) == 1 else ""
    lacking = kinds.unresynced(stated)
    if not lacking:
        return
    known = KindMap.of(kinds, tree)
    for one in lacking:
        message = f'no function is registered with on_resync for the kind "{shown(one.kind)}"'
        otherwise = f"register a function{place}, or remove the kind"
        yield disagreement(known, one, message, otherwise)


@rule(
    "COD205",
    severity=WARNING,
    bad=all_of(
        replaced("integration.py", "kind: Literal[Kind.TASK]", "kind: str"),
        replaced("integration.py", "(PortAppConfig):\n", "(PortAppConfig):\n    allow_custom_kinds = True\n"),
        replaced("main.py", _TASK_RESYNC, "@ocean.on_resync()\n"),
        replaced(SPEC, "- kind: task", "- kind: Task"),
    ),
)
def kind_named_differently(kinds: Kinds) -> Problems:
    """A kind has the same name in the spec and in the port-app-config.

    Reported are a mapped kind that the spec does not list and a listed kind that is not mapped, where
    the two differ only in case, punctuation, plural or leading words: one of them is a mistake.
    """
    for one, right in kinds.misspelled():
        other = "mapped" if one.source is kinds.spec else "listed in the spec"
        message = f'the kind "{shown(one.kind)}" is {other} as "{shown(right)}"'
        edit = Edit(one.where, one.kind, right)
        fix = Fix(f'change "{shown(one.kind)}" to "{shown(right)}"', edit, guessed=True)
        yield Problem(one.where, message, fix)


@rule("COD206", severity=INFO, bad=replaced(SPEC, _TASK_LISTED, ""))
def mapped_kind_unlisted(kinds: Kinds) -> Problems:
    """Each mapped kind is listed in the spec.

    Otherwise Port does not show that the integration exports it. Some integrations hide kinds on purpose.
    """
    for one in kinds.unlisted():
        message = f'the kind "{shown(one.kind)}" is mapped, but not in the spec'
        yield Problem(one.where, message, Fix("add it to the resources of a feature in the spec"))


@rule(
    "COD220",
    severity=WARNING,
    bad=all_of(
        replaced("integration.py", "kind: Literal[Kind.TASK]", "kind: str"),
        replaced("integration.py", "(PortAppConfig):\n", "(PortAppConfig):\n    allow_custom_kinds = True\n"),
        replaced("main.py", _TASK_RESYNC, "@ocean.on_resync()\n"),
        replaced(SPEC, "- kind: project", "- kind: folder", "- kind: task", "- kind: chore"),
    ),
)
def listed_kinds_are_stale(kinds: Kinds) -> Problems:
    """If any kind is mapped, at least one kind of the spec is.

    A spec that lists none of the kinds that are exported was forgotten when they were renamed: Port shows the old
    names.
    """
    if kinds.is_stale:
        count, mapped = len(kinds.listed), len(kinds.mapped)
        none = (
            f"none of the {count} kinds in the spec is mapped"
            if count > 1
            else "the kind in the spec is not mapped"
        )
        message = f"{none}, but {mapped} others are" if mapped > 1 else f"{none}, but another is"
        fix = Fix("list the kinds of the port-app-config")
        yield Problem(kinds.listed[0].where, message, fix)


@rule("COD207", bad=replaced(APP_CONFIG, "      state: open", "      status: open"))
def unread_selector_key(app_config: AppConfig, code: Code) -> Problems:
    """Each key of a selector, at any depth, is one that the code reads for this kind.

    Ocean silently ignores others, so what the key should have filtered out is exported.
    """
    for resource in app_config.resources:
        for unread in code.unread_keys(resource.kind, resource.selector.value):
            where = app_config.document.key(*resource.selector.way(*unread.way))
            yield _unread_problem(where, resource.kind, unread)


def _unread_problem(where: Location, kind: str, unread: Unread) -> Problem:
    message = f'the selector of "{shown(kind)}" has no key "{shown(unread.path)}"'
    if unread.below and not unread.alias:
        fix = Fix(f'move "{shown(unread.key)}" below "{unread.below}"')
        return Problem(where, f'{message}; it is read below "{unread.below}"', fix)
    near = unread.alias or probable(unread.key, unread.known)
    keys = ", ".join(sorted(shown(key) for key in unread.known)[:12])
    return _unknown(
        where,
        message,
        unread.key,
        near,
        f"remove it; the keys that are read: {keys}" if keys else "remove it",
    )
