"""yamllint: its parsable lines as problems, and what its configuration makes it read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from seatrial.core.model import Location, Problem, Severity
from seatrial.documents import yaml
from seatrial.documents.text import Lines
from seatrial.lint.tools.locate import Files, in_text, settled
from seatrial.lint.tools.output import judged, problem
from seatrial.lint.tools.tool import EVERYTHING, Output, Reading, Tool, Version, Watched

CONFIGURATIONS = (".yamllint", ".yamllint.yaml", ".yamllint.yml")
"""Looked for in this order, in the folder and then in each one above."""

BUILT_IN = ("default", "relaxed")
DEFAULT_FILES = ("*.yaml", "*.yml", ".yamllint")

BAD_CONFIGURATION = 255
"""The status with which it refuses its configuration, or a file that cannot be opened."""

UNREADABLE = "it is no text that YAML can hold"

_CRASH = re.compile(r"^(?:UnicodeDecodeError|yaml\.reader\.ReaderError): (.*)", re.MULTILINE)
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE = re.compile(r"(.+?):(\d{1,9}):(\d{1,9}): \[(error|warning)\] (.+)")
_UNOPENED = re.compile(r"\[Errno \d+\] (.+?): '(.+)'")
_PATTERN = re.compile(r"(?:\*\*/)*\*(\.[\w.-]+)|(?:\*\*/)*([\w.-]+)")


def arguments(version: Version) -> Sequence[str]:
    """One line a problem, without colours; known to every version in use."""
    return ("-f", "parsable", ".")


def follow_up(output: Output) -> Sequence[str]:
    """The files it reads, where one of them made it break off: it does not say which."""
    return ("--list-files", ".") if output.status == 1 and _CRASH.search(output.err) else ()


def read(output: Output, more: Output | None = None) -> Reading:
    """What yamllint found; a configuration it refuses is a fault of that."""
    problems = [*_found(output.out), *_refused(output)]
    crash = _CRASH.search(output.err)
    if output.status == 1 and crash:
        listed = more.out.splitlines() if more and not more.status else []
        return Reading([*problems, *(problem(path, f"{UNREADABLE}: {crash[1]}") for path in listed or [""])])
    if "in YamlLintConfig\n" in output.err or "YamlLintConfig(" in output.err:
        return Reading([*problems, _of_configuration(output.err.strip().rpartition("\n")[2])])
    return judged("yamllint", output, problems, known=(1, BAD_CONFIGURATION))


def _found(text: str) -> Iterator[Problem]:
    for line in text.split("\n"):
        match = _LINE.fullmatch(line)
        if match:
            path, row, column, level, message = match.groups()
            severity = Severity.WARNING if level == "warning" else Severity.ERROR
            yield problem(path, message, row, column, severity=severity)


def _refused(output: Output) -> Iterator[Problem]:
    if output.status != BAD_CONFIGURATION:
        return
    for line in output.err.splitlines():
        match = _UNOPENED.fullmatch(line)
        if match:
            yield problem(match[2], f"it cannot be read: {match[1]}")
        elif line.startswith("invalid config: "):
            yield _of_configuration(line)


def _of_configuration(message: str) -> Problem:
    return problem(CONFIGURATIONS[0], message)


def settle(reading: Reading, files: Files) -> Reading:
    """With a refused configuration in the file that it stands in, at what the message names."""
    own = next((name for name in CONFIGURATIONS if files(name) is not None), None)
    return settled(_with_unreadable(reading, files), lambda one: _placed(one, own, files))


def _with_unreadable(reading: Reading, files: Files) -> Reading:
    """With those files only that cannot be read, of all that may be meant; the first where that does not show."""
    maybe = [one for one in reading.problems if one.message.startswith(UNREADABLE)]
    broken = [place for one in maybe if (place := _at_the_break(one, files(one.where.path) or b""))]
    sound = [one for one in reading.problems if one not in maybe]
    return replace(reading, problems=[*sound, *(broken or maybe[:1])])


def _at_the_break(one: Problem, data: bytes) -> Problem | None:
    """The problem at the first byte or character of the kind that made it break off; None for a file without."""
    try:
        text = data.decode()
        found = _UNPRINTABLE.search(text) if "character" in one.message else None
        place = found.start() if found else None
    except UnicodeDecodeError as broken:
        text = data[: broken.start].decode()
        place = len(text) if "decode" in one.message else None
    return replace(one, where=Location(one.where.path, *Lines(text).at(place))) if place is not None else None


def _placed(one: Problem, own: str | None, files: Files) -> Problem:
    if one.where.path != CONFIGURATIONS[0] or one.severity is not None:
        return one
    if own is None:
        return problem("", f"{one.message} (in the {CONFIGURATIONS[0]} of a folder above)")
    return in_text(problem(own, one.message), files)


def configuration(data: bytes) -> Mapping[str, Any] | None:
    """A configuration file as values; None where it is none."""
    document = yaml.load(CONFIGURATIONS[0], data)
    value = document.value if document.readable else None
    return value if isinstance(value, dict) else None


def watches(settings: Mapping[str, object]) -> Watched:
    """What the configuration under `yamllint` names; everything where that is not known, or says more than names.

    That configuration comes from the nearest of CONFIGURATIONS, and is empty where there is none.
    """
    own = settings.get("yamllint")
    if not isinstance(own, dict) or not _is_plain(own):
        return EVERYTHING
    ends = tuple(_ends(own.get("yaml-files", DEFAULT_FILES)))
    return Watched(ends, frozenset({*CONFIGURATIONS, *_ignore_files(own)}))


def _is_plain(own: Mapping[str, Any]) -> bool:
    """Whether all it reads can be told from this configuration alone."""
    patterns = own.get("yaml-files", DEFAULT_FILES)
    return (
        own.get("extends", BUILT_IN[0]) in BUILT_IN
        and isinstance(patterns, list | tuple)
        and all(isinstance(one, str) and _PATTERN.fullmatch(one) for one in patterns)
        and all(isinstance(one, str) for one in _ignore_files(own))
    )


def _ends(patterns: Sequence[str]) -> Iterator[str]:
    """The ends of name that patterns like `*.yaml` and `**/*.json` stand for."""
    for one in patterns:
        match = _PATTERN.fullmatch(one)
        if match:
            yield match[1] or match[2]


def _ignore_files(own: Mapping[str, Any]) -> Iterator[Any]:
    """The names under `ignore-from-file`, of the whole and of single rules."""
    rules = own.get("rules")
    tables = [own, *(rules.values() if isinstance(rules, dict) else ())]
    for table in tables:
        value = table.get("ignore-from-file", ()) if isinstance(table, dict) else ()
        yield from value if isinstance(value, list | tuple) else (value,)


TOOL = Tool(
    name="yamllint",
    code="LNT105",
    plain=(".",),
    arguments=arguments,
    read=read,
    watches=watches,
    follow_up=follow_up,
    settle=settle,
)
