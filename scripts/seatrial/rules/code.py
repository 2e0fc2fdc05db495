"""Family COD: the Python code parses, and agrees with the spec about configurations, events, actions."""

from __future__ import annotations

from seatrial.documents.document import FaultKind
from seatrial.model import Edit, Fix, MemoryFolder, Problem
from seatrial.naming import shown
from seatrial.near import nearest
from seatrial.rules.code_kinds import SPEC, edited, renamed
from seatrial.rules.rule import OFF, WARNING, Problems, rule
from seatrial.subjects.code import Code
from seatrial.subjects.configuration_use import ConfigurationUse
from seatrial.subjects.python_files import PythonFiles
from seatrial.subjects.spec import Spec

_SAAS_OFF = "saas:\n  enabled: false\n"
_ACTION = "actionsProcessingEnabled: true\nactions:\n  - name: close_task\n    inputs: []\n"
_EXECUTOR = (
    "from port_ocean.core.handlers.actions.abstract_executor import AbstractExecutor\n\n\n"
    'class CloseTaskExecutor(AbstractExecutor):\n    ACTION_NAME = "close_task"\n'
)
_PROXY = (
    "  - name: proxyUrl\n    type: url\n    required: false\n    description: A proxy in front of the API\n"
)


@rule("COD001", bad=edited(("main.py", "(selector.include_archived)", "(selector.include_archived")))
def broken_python(python_files: PythonFiles) -> Problems:
    """Every Python file of the integration parses.

    The integration does not start, and nothing that must agree with the code can be checked.
    Tests and examples are left to the tools that run them.
    """
    for fault, where in python_files.faults():
        if python_files.is_conflicted(where.path) or python_files.is_encoded(where.path):
            continue
        if fault.kind is FaultKind.LIMIT:
            message = f"nothing that must agree with the code is checked: {fault.message}"
            yield Problem(where, message, Fix("split the file"), severity=WARNING)
        else:
            said = "the file does not parse: " if fault.kind is FaultKind.SYNTAX else ""
            yield Problem(where, said + fault.message, Fix("mend the text at this place"))


@rule("COD208", bad=edited(("client.py", 'integration_config["api_token"]', 'integration_config["token"]')))
def undeclared_configuration_read(configuration_use: ConfigurationUse) -> Problems:
    """Each configuration that the code reads is declared in the spec.

    Ocean builds the configuration from the spec and drops every other key, whatever the
    environment says: `[...]` fails, `.get(...)` gives None for ever.
    """
    for read, others in configuration_use.undeclared():
        near = configuration_use.meant(read.key)
        message = f'the spec declares no configuration for "{shown(read.key)}"'
        hint = f'; did you mean "{near}"?' if near else ""
        fix = Fix(f'read "{near}"' if near else "declare it in the spec, or take it out here")
        evidence = f"also read in {', '.join(others)}" if others else ""
        severity = WARNING if read.forgiving else None
        yield Problem(read.where, message + hint, fix, evidence=evidence, severity=severity)


@rule("COD209", bad=edited(("client.py", 'integration_config["api_url"]', 'integration_config["apiUrl"]')))
def configuration_read_by_spec_name(configuration_use: ConfigurationUse) -> Problems:
    """The code reads a configuration in snake case, whatever the case of its name in the spec.

    Ocean turns the names of the spec into snake case when it starts; the name of the spec is
    no key then.
    """
    for read, key in configuration_use.miscased():
        fix = Fix(f'read "{key}"', Edit(read.where, read.key, key) if read.written else None)
        yield Problem(read.where, f'"{shown(read.key)}" is "{key}" in the code', fix)


@rule("COD210", severity=WARNING, bad=edited((SPEC, "saas:\n", _PROXY + "saas:\n")))
def unused_configuration(configuration_use: ConfigurationUse) -> Problems:
    """Each configuration that the spec declares is used.

    People fill it in, and nothing happens. Used is what the code names in any way, what other
    configurations depend on, and what Ocean reads itself.
    """
    for item, key in configuration_use.unused():
        where = configuration_use.spec.document.at(*item.way("name"))
        message = f'the configuration "{shown(item.text("name"))}" is not used: no code names "{shown(key)}"'
        yield Problem(where, message, Fix("use it in the code, or take it out of the spec"))


@rule("COD211", bad=edited((SPEC, _SAAS_OFF, "saas:\n  enabled: true\n  liveEvents:\n    enabled: true\n")))
def live_events_without_processor(spec: Spec, code: Code) -> Problems:
    """An integration whose spec enables live events handles webhooks.

    Port offers live events for it, and no event ever arrives.
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
        "class TaskProcessor(AbstractWebhookProcessor): ...\n"
    )
    enabled = edited((SPEC, _SAAS_OFF, "saas:\n  enabled: true\n"))
    return enabled(code.having("processor.py", processor))


@rule("COD212", severity=OFF, bad=_processing)
def processor_without_live_events(spec: Spec, code: Code) -> Problems:
    """An integration that handles webhooks and may run at Port enables live events in its spec.

    Port does not route events to it otherwise. Some hold live events back on purpose: switch
    this on where none should.
    """
    saas = spec.root.inner("saas")
    if saas.value.get("enabled") is True and code.processors and "liveEvents" not in saas.value:
        message = f'"{code.processors[0]}" has a webhook processor, but live events are not enabled'
        fix = Fix("add liveEvents with enabled: true below saas")
        yield Problem(spec.document.key(*saas.keys), message, fix)


@rule("COD213", bad=edited((SPEC, "saas:\n", _ACTION + "saas:\n")))
def action_without_executor(spec: Spec, code: Code) -> Problems:
    """Each action of the spec has an executor of that name.

    Port offers the action, and every run of it fails.
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
            yield renamed(where, message, name, near, "add an executor, or take the action out of the spec")


@rule("COD214", bad=lambda folder: folder.having("actions.py", _EXECUTOR))
def executor_without_action(spec: Spec, code: Code) -> Problems:
    """Each executor carries out an action of the spec.

    Port does not know of the action, so nobody can run it.
    """
    listed = {action.text("name") for action in spec.actions}
    if len(listed) < len(list(spec.root.listed("actions"))):
        return
    for one in code.executors:
        is_near = one.action and nearest(one.action, listed - {other.action for other in code.executors})
        if one.action and one.action not in listed and not is_near:
            fix = Fix("add it to the actions of the spec, or delete the executor")
            yield Problem(one.where, f'the spec has no action "{shown(one.action)}"', fix)
