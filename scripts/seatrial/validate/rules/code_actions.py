"""Family COD: the executors of actions are registered, complete, and read the inputs that the spec declares."""

from __future__ import annotations

from seatrial.core.framework import Framework
from seatrial.core.model import Fix, MemoryFolder, Problem
from seatrial.core.names import shown
from seatrial.core.rules import INFO, Problems, rule
from seatrial.core.suggest import did_you_mean, nearest
from seatrial.validate.facts.code import Code
from seatrial.validate.facts.spec import Spec
from seatrial.validate.facts.wiring import executor_classes, input_reads, misplaced_errors, registered
from seatrial.validate.rules.code_samples import acting
from seatrial.validate.rules.shared import misspells

SPEC = ".port/spec.yaml"


@rule("COD115", bad=acting("    WEBHOOK_PROCESSOR_CLASS = None\n", ""))
def executor_without_processor_class(code: Code) -> Problems:
    """Each executor of an action sets `WEBHOOK_PROCESSOR_CLASS`, to None if it waits for no webhook.

    Ocean reads it when the executor is registered, and `AbstractExecutor` has no default: the integration does
    not start.
    """
    for local in executor_classes(code):
        if code.names.lineage(local).whole and code.names.field(local, "WEBHOOK_PROCESSOR_CLASS") is None:
            message = f'"{shown(local.definition.name)}" does not set WEBHOOK_PROCESSOR_CLASS'
            fix = Fix("set WEBHOOK_PROCESSOR_CLASS = None, or to the class that handles its webhook")
            yield Problem(local.definition.where, message, fix)


@rule(
    "COD116",
    severity=INFO,
    bad=acting('raise ActionExecutionError("taskId', 'raise ValueError("taskId'),
)
def action_error_of_other_class(code: Code, framework: Framework) -> Problems:
    """An executor raises `ActionExecutionError` or a subclass of it.

    Ocean reports those to the person who started the action; others are logged as faults of the integration.
    """
    errors = misplaced_errors(code) if framework.has("action-errors") else {}
    for name, where in errors.items():
        fix = Fix("raise ActionExecutionError, or let its class inherit from it")
        yield Problem(where, f'"{shown(name)}" is not an ActionExecutionError', fix)


@rule("COD217", bad=acting('properties.get("taskId")', 'properties.get("task_id")'))
def undeclared_input_read(spec: Spec, code: Code) -> Problems:
    """Each input that an executor reads is declared in the spec, by the same name.

    Port sends the inputs that the spec declares, under these names; another one is always missing.
    """
    inputs = {
        action.text("name"): [one.text("name") for one in action.items("inputs")]
        for action in spec.actions
        if not misspells(action, "inputs")
    }
    for action, key, where in input_reads(code):
        if action in inputs and key not in inputs[action]:
            near = nearest(key, inputs[action])
            message = f'the action "{shown(action)}" declares no input "{shown(key)}"'
            otherwise = "declare it among the inputs of the action in the spec, or stop reading it"
            fix = Fix(f'read "{shown(near)}"' if near else otherwise)
            yield Problem(where, message + did_you_mean(near and shown(near)), fix)


def _unregistered(folder: MemoryFolder) -> MemoryFolder:
    return acting()(folder).edited("main.py", "\nocean.register_action_executor(CloseTaskExecutor())\n", "")


@rule("COD218", bad=_unregistered)
def executor_not_registered(spec: Spec, code: Code) -> Problems:
    """The executor of each action in the spec is registered, with `ocean.register_action_executor`.

    Otherwise Ocean does not know it, and every run of the action fails.
    """
    names = registered(code)
    listed = {action.text("name") for action in spec.actions}
    for one in code.executors:
        if names is not None and one.action in listed and one.name not in names:
            message = f'"{shown(one.name)}" is not registered'
            fix = Fix(f"call ocean.register_action_executor({one.name}()) when the integration starts")
            yield Problem(one.where, message, fix)


def _unlive(folder: MemoryFolder) -> MemoryFolder:
    edited = acting("WEBHOOK_PROCESSOR_CLASS = None\n", "WEBHOOK_PROCESSOR_CLASS = Closing\n")(folder)
    return edited.edited(SPEC, "saas:\n  enabled: false\n", "saas:\n  enabled: true\n")


@rule("COD219", severity=INFO, bad=_unlive)
def webhook_action_without_live_events(spec: Spec, code: Code) -> Problems:
    """An integration for SaaS whose executors wait for webhooks enables live events in its spec.

    Otherwise Port does not route the webhooks to it, and the runs never end.
    """
    saas = spec.root.inner("saas")
    if saas.value.get("enabled") is not True or saas.inner("liveEvents").value.get("enabled") is True:
        return
    for local in executor_classes(code):
        declared = code.names.field(local, "WEBHOOK_PROCESSOR_CLASS")
        if declared and declared[0].value and declared[0].value.text != "None":
            message = f'"{shown(local.definition.name)}" waits for webhooks, but live events are not enabled'
            fix = Fix('add "liveEvents" with "enabled: true" below "saas"')
            yield Problem(spec.document.key(*saas.keys), message, fix)
            return
