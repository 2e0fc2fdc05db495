"""The actions that an integration's code carries out, and whether it listens to webhooks."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.model import Location
from seatrial.subjects.python_files import PythonFiles
from seatrial.subjects.python_names import Names
from seatrial.subjects.python_types import texts

_LISTENERS = (
    b"AbstractWebhookProcessor",
    b"WEBHOOK_PROCESSOR_CLASS",
    b"add_webhook_processor",
    b"router",
    b"fast_api_app",
)


@dataclass(frozen=True)
class Executor:
    """A class that carries out an action; `action` is None where its `ACTION_NAME` cannot be told."""

    name: str
    action: str | None
    where: Location


def executors(files: PythonFiles, names: Names) -> tuple[Executor, ...]:
    """The classes with an `ACTION_NAME`, in the order of the files."""
    return tuple(one for path in files.holding(b"ACTION_NAME") for one in _executors(names, path))


def _executors(names: Names, path: str) -> list[Executor]:
    found = []
    for own in names.module(path).classes.values():
        declared = own.assignments.get("ACTION_NAME")
        if declared and declared.value:
            known = texts(names, declared.value, own.inside)
            action = next(iter(known)) if known and len(known) == 1 else None
            found.append(Executor(own.definition.name, action, declared.value.where))
    return found


def listeners(files: PythonFiles) -> tuple[str, ...]:
    """The files in which anything that receives webhooks is named."""
    return files.holding(*_LISTENERS)
