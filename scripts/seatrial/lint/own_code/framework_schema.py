"""The framework's answer about an integration's resource classes: the tool that asks, the answer, the problems."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial import documents
from seatrial.core.errors import ServiceError
from seatrial.core.model import Fix, Integration, Location, Problem
from seatrial.core.names import counted
from seatrial.core.printable import one_line
from seatrial.core.rules import ERROR, OCEAN, WARNING, Rule, rule
from seatrial.documents.document import Document, Lines, is_deep
from seatrial.documents.integration import read_document
from seatrial.documents.records import is_path
from seatrial.lint.own_code.program_report import is_count
from seatrial.lint.tools.tool import Cost, Output, Reading, bytes_of, running_code

RECIPE = "1"
"""Raised when the framework is asked in another way, so that no answer kept from before is used."""

INTEGRATION = "integration.py"
APP_CONFIG = ".port/resources/port-app-config.yaml"

_WORD = re.compile(r"\w+")
_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)

MOST_REFUSED = 200
"""The most refusals that the program writes into an answer."""

STAGES = frozenset({"done", "unsupported", "missing", "import", "classes"})

_FORM: Mapping[str, Callable[[Any], bool]] = {
    "framework": lambda value: isinstance(value, str),
    "stage": lambda value: isinstance(value, str) and value in STAGES,
    "message": lambda value: isinstance(value, str),
    "path": lambda value: isinstance(value, str) and is_path(value),
    "line": lambda value: is_count(value) and value > 0,
    "mapping": lambda value: isinstance(value, str) and is_path(value),
    "schema": lambda value: isinstance(value, dict) and not is_deep(value),
    "kinds": lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
    "refused": lambda value: (
        isinstance(value, list) and len(value) <= MOST_REFUSED and all(map(_is_refusal, value))
    ),
}


@dataclass(frozen=True)
class SchemaAnswer:
    """The framework's answer; `programs/classes.py` describes each field."""

    framework: str = ""
    stage: str = "done"
    message: str = ""
    path: str = ""
    line: int = 1
    mapping: str = ""
    schema: Mapping[str, Any] | None = None
    kinds: Sequence[str] = ()
    refused: Sequence[Mapping[str, Any]] = ()


def answer_in(output: Output) -> SchemaAnswer:
    """Return the answer of a run. Raises ServiceError if there is none, or it has another form than ours."""
    try:
        value: Any = json.loads(output.out) if output.out else None
    except (ValueError, RecursionError):
        value = None
    good = isinstance(value, dict) and value.keys() == _FORM.keys()
    if not good or not all(fits(value[name]) for name, fits in _FORM.items()):
        lines = [line for line in output.err.splitlines() if line.strip()]
        said = f": {one_line(lines[-1].strip(), 200)}" if lines else ""
        raise ServiceError(f"the framework gave no answer, and ended with status {output.status}{said}")
    return SchemaAnswer(**value)


def _is_refusal(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"keys", "message"}
        and isinstance(value["message"], str)
        and isinstance(value["keys"], list)
        and all(isinstance(key, str | int) for key in value["keys"])
    )


@rule(
    "COD130",
    by_profile={OCEAN: ERROR},
    severity=WARNING,
    bad=lambda folder: folder.edited(INTEGRATION, '        title="State",\n', ""),
    waiver="",
)
def classes_refused_by_framework(integration: Integration) -> Iterator[Problem]:
    """The framework gives a schema of the integration's resource classes.

    Ocean's workflow "Port App Config Schema" generates it in each pull request, and Port uses it in its mapping editor.
    `seatrial schema` generates it in the same way, in the environment of the lock.
    """
    message = "TypeError: Field 'state' in 'TaskSelector' must have a 'title'"
    yield from (one for _, one in problems_of(integration, SchemaAnswer(stage="classes", message=message)))


@rule(
    "COD131",
    bad=lambda folder: folder.edited(INTEGRATION, "from typing", "import not_there\nfrom typing"),
    waiver="",
)
def integration_not_imported(integration: Integration) -> Iterator[Problem]:
    """`integration.py` can be imported, and has a class that derives from `BaseIntegration`.

    Ocean imports it when the integration starts, and uses classes of its own only if the file is missing.
    """
    message = "ModuleNotFoundError: No module named 'not_there'"
    found = SchemaAnswer(stage="import", message=message, path=INTEGRATION, line=1)
    yield from (one for _, one in problems_of(integration, found))


@rule(
    "COD230",
    bad=lambda folder: folder.edited(APP_CONFIG, "      state: open", "      state: [open]"),
    waiver="",
)
def mapping_refused_by_classes(integration: Integration) -> Iterator[Problem]:
    """The integration's own resource classes accept its default mapping.

    Ocean reads the mapping with these classes when the integration is installed, and does not start if they refuse it.
    Each resource is checked against the class of its kind.
    """
    refused = [{"keys": ["resources", 1, "selector", "state"], "message": "str type expected"}]
    found = SchemaAnswer(mapping=APP_CONFIG, refused=refused)
    yield from (one for _, one in problems_of(integration, found))


SCHEMA_RULES: tuple[Rule, ...] = (
    classes_refused_by_framework,
    integration_not_imported,
    mapping_refused_by_classes,
)


def problems_of(integration: Integration, answer: SchemaAnswer) -> Iterator[tuple[Rule, Problem]]:
    """Yield the problems in an answer, each with the rule that it breaks."""
    where = Location(answer.path or INTEGRATION, answer.line if answer.path else 1)
    message = one_line(answer.message, 300)
    if answer.stage == "classes":
        fix = Fix("mend the class; `seatrial schema` shows whether the framework accepts it")
        where = where if answer.path else _class_named(integration, answer.message)
        yield (
            classes_refused_by_framework,
            Problem(where, f"the framework refuses the classes: {message}", fix),
        )
    elif answer.stage == "import":
        fix = Fix(
            'type `poetry run python -c "import integration"` in this folder to see the whole traceback'
        )
        yield integration_not_imported, Problem(where, f"it cannot be imported: {message}", fix)
    document = _document(integration, answer.mapping) if answer.refused else None
    for one in answer.refused:
        keys = tuple(one["keys"])
        place = document.at(*keys) if document else Location(answer.mapping or APP_CONFIG)
        named = one_line(".".join(map(str, keys)), 120)
        fix = Fix("change the mapping, or the class of this kind in integration.py")
        said = f"the classes refuse {named}: {one_line(one['message'], 300)}"
        yield mapping_refused_by_classes, Problem(place, said, fix)


def _class_named(integration: Integration, message: str) -> Location:
    """Return the place of the first class in `integration.py` that a message names; the top of the file if none is."""
    words = set(_WORD.findall(message))
    text = (bytes_of(integration, INTEGRATION) or b"").decode("utf-8", "replace")
    found = (one for one in _CLASS.finditer(text) if one[1] in words)
    first = next(found, None)
    return Location(INTEGRATION, *Lines(text).at(first.start(1))) if first else Location(INTEGRATION)


def _document(integration: Integration, path: str) -> Document | None:
    """Return the mapping as a document; None if it cannot be read."""
    found = read_document(integration, path, documents.load)
    return found if found is not None and found.readable else None


def read(output: Output, more: Output | None = None) -> Reading:
    """Return why there is no answer; `problems_of` finds the problems, as it needs the integration's files."""
    try:
        answer_in(output)
    except ServiceError as failed:
        return Reading(failure=str(failed))
    return Reading()


def words_of(answer: SchemaAnswer) -> str:
    """Return an answer in a few words."""
    if answer.stage == "missing":
        return "no integration.py, so the framework's own classes hold"
    if answer.stage == "unsupported":
        return f"port-ocean {answer.framework} has no function that gives a schema"
    if answer.stage != "done":
        return "no schema"
    kinds = "any kind" if "*" in answer.kinds else counted(len(answer.kinds), "kind")
    mapping = (
        "no mapping" if not answer.mapping else "mapping refused" if answer.refused else "mapping accepted"
    )
    return f"{kinds}, {mapping}"


FRAMEWORK = running_code("port-ocean", classes_refused_by_framework, f"schema {RECIPE}", read, Cost(5.0, 1.0))
"""The framework as a lint tool: it judges an integration's resource classes."""
