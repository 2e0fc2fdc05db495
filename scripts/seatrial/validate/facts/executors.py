"""The executors of actions in an integration's code: their classes, registrations, inputs and errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seatrial.core.model import Location
from seatrial.validate.facts.code import Code
from seatrial.validate.facts.python_modules import ExternalName, LocalClass, Scope

_ERROR = "ActionExecutionError"


def executor_classes(code: Code) -> Sequence[LocalClass]:
    """The executors that set an `ACTION_NAME`."""
    paths = code.files.holding(b"ACTION_NAME")
    classes = [local for path in paths for local in code.names.module(path).classes.values()]
    return [local for local in classes if _has_value(local, "ACTION_NAME") and _is_executor(code, local)]


def _has_value(local: LocalClass, name: str) -> bool:
    declared = local.assignments.get(name)
    return declared is not None and declared.value is not None


def _is_executor(code: Code, local: LocalClass) -> bool:
    return any(one.last == "AbstractExecutor" for one in code.names.lineage(local).external)


def registered(code: Code) -> frozenset[str] | None:
    """The names of the classes of which an object is registered; None where a registration is unknown."""
    found: set[str] = set()
    for path in code.files.holding(b"register_action_executor", b"register_executor"):
        source = code.files.source(path)
        for call in (*source.uses("register_action_executor"), *source.uses("register_executor")):
            made = call.arguments[0].call if call and len(call.arguments) == 1 else None
            if made is None or made.function.name is None:
                return None
            meaning = code.names.meaning(made.function.name, Scope(path))
            if not isinstance(meaning, LocalClass):
                return None
            found |= {local.definition.name for local in code.names.lineage(meaning).local}
    return frozenset(found)


def input_reads(code: Code) -> Iterator[tuple[str, str, Location]]:
    """The inputs that are read in files with one executor: the action, the input, the place."""
    actions: dict[str, list[str | None]] = {}
    for one in code.executors:
        actions.setdefault(one.where.path, []).append(one.action)
    for path in code.files.holding(b"execution_properties"):
        known = actions.get(path, [])
        if len(known) == 1 and known[0]:
            for look_up in code.files.source(path).look_ups("execution_properties"):
                for key in sorted(code.names.texts(look_up.key, Scope(path)) or ()):
                    yield known[0], key, look_up.key.where


def misplaced_errors(code: Code) -> Mapping[str, Location]:
    """The names of the errors that executors raise and that are known to be of another class, each where first."""
    names = {local.definition.name for local in executor_classes(code)}
    found: dict[str, Location] = {}
    for path in code.files.holding(b"ACTION_NAME"):
        for function in code.files.source(path).functions("execute"):
            for raised in function.raises if function.class_name in names else ():
                name = raised.call.function.name if raised.call else raised.name
                if name and _is_other(code, name, path):
                    found.setdefault(name, raised.where)
    return found


def _is_other(code: Code, name: str, path: str) -> bool:
    found = code.names.meaning(name, Scope(path))
    if isinstance(found, ExternalName):
        return found.name.startswith("builtins.") and found.last != "NotImplementedError"
    if not isinstance(found, LocalClass):
        return False
    lineage = code.names.lineage(found)
    return lineage.whole and not any(one.last == _ERROR for one in lineage.external)
