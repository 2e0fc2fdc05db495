"""yamllint: its parsable lines as problems, and the files that its configuration makes it read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from seatrial.core.model import Integration, Location, Problem, Profile, Severity
from seatrial.core.rules import rule
from seatrial.documents import yaml
from seatrial.documents.document import Lines
from seatrial.lint.tools.output import in_text, problem, relocated, verdict_of
from seatrial.lint.tools.tool import EVERYTHING, Cost, Files, Output, Reading, Tool, Version, Watched

CONFIGURATIONS = (".yamllint", ".yamllint.yaml", ".yamllint.yml")
"""Looked for in this order, in the folder and then in each one above."""

BUILT_IN = ("default", "relaxed")
DEFAULT_FILES = ("*.yaml", "*.yml", ".yamllint")

BAD_CONFIGURATION = 255
"""The exit status for a configuration that it refuses, or a file that it cannot open."""

UNREADABLE = "it is no text that YAML can hold"

_CRASH = re.compile(r"^(?:UnicodeDecodeError|yaml\.reader\.ReaderError): (.*)", re.MULTILINE)
_UNPRINTABLE = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE = re.compile(r"(.+?):(\d{1,9}):(\d{1,9}): \[(error|warning)\] (.+)")
_UNOPENED = re.compile(r"\[Errno \d+\] (.+?): '(.+)'")
_PATTERN = re.compile(r"(?:\*\*/)*\*(\.[\w.-]+)|(?:\*\*/)*([\w.-]+)")


def arguments(version: Version) -> Sequence[str]:
    """Return the arguments for one line a problem without colours, the same in every version in use."""
    return ("-f", "parsable", ".")


def follow_up(output: Output) -> Sequence[str]:
    """Return the arguments that list the files it reads, where one made it crash: it does not say which."""
    return ("--list-files", ".") if output.status == 1 and _CRASH.search(output.err) else ()


def read(output: Output, more: Output | None = None) -> Reading:
    """Return what yamllint found, and the problem of a configuration that it refuses."""
    problems = [*_found(output.out), *_refused(output)]
    crash = _CRASH.search(output.err)
    if output.status == 1 and crash:
        listed = more.out.splitlines() if more and not more.status else []
        return Reading([*problems, *(problem(path, f"{UNREADABLE}: {crash[1]}") for path in listed or [""])])
    if "in YamlLintConfig\n" in output.err or "YamlLintConfig(" in output.err:
        return Reading([*problems, _of_configuration(output.err.strip().rpartition("\n")[2])])
    return verdict_of("yamllint", output, problems, known=(1, BAD_CONFIGURATION))


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


def locate(reading: Reading, files: Files) -> Reading:
    """Return the reading with a refused configuration at the words of its file that the message names."""
    own = next((name for name in CONFIGURATIONS if files(name) is not None), None)
    return relocated(_with_unreadable(reading, files), lambda one: _placed(one, own, files))


def _with_unreadable(reading: Reading, files: Files) -> Reading:
    """Return the reading with those of the suspected files that cannot be read; the first where none shows it."""
    suspected = [one for one in reading.problems if one.message.startswith(UNREADABLE)]
    unreadable = [found for one in suspected if (found := _at_fault(one, files(one.where.path) or b""))]
    others = [one for one in reading.problems if one not in suspected]
    return replace(reading, problems=[*others, *(unreadable or suspected[:1])])


def _at_fault(one: Problem, data: bytes) -> Problem | None:
    """Return the problem at the first byte or character of the kind that makes it crash; None without one."""
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
    """Return the values in a configuration file; None where it cannot be read."""
    document = yaml.load(CONFIGURATIONS[0], data)
    value = document.value if document.readable else None
    return value if isinstance(value, dict) else None


def watches(settings: Mapping[str, object]) -> Watched:
    """Return the files that its configuration names; everything where that cannot be known from the configuration."""
    own = settings.get("yamllint")
    if not isinstance(own, dict) or not _is_plain(own):
        return EVERYTHING
    ends = tuple(_ends(own.get("yaml-files", DEFAULT_FILES)))
    return Watched(ends, frozenset({*CONFIGURATIONS, *_ignore_files(own)}))


def _is_plain(own: Mapping[str, Any]) -> bool:
    """Return whether this configuration alone decides which files it reads."""
    patterns = own.get("yaml-files", DEFAULT_FILES)
    return (
        own.get("extends", BUILT_IN[0]) in BUILT_IN
        and isinstance(patterns, list | tuple)
        and all(isinstance(one, str) and _PATTERN.fullmatch(one) for one in patterns)
        and all(isinstance(one, str) for one in _ignore_files(own))
    )


def _ends(patterns: Sequence[str]) -> Iterator[str]:
    """Yield the ends of names that patterns like `*.yaml` and `**/*.json` match."""
    for one in patterns:
        match = _PATTERN.fullmatch(one)
        if match:
            yield match[1] or match[2]


def _ignore_files(own: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the names under `ignore-from-file`, of the whole configuration and of single rules."""
    rules = own.get("rules")
    tables = [own, *(rules.values() if isinstance(rules, dict) else ())]
    for table in tables:
        value = table.get("ignore-from-file", ()) if isinstance(table, dict) else ()
        yield from value if isinstance(value, list | tuple) else (value,)


@rule(
    "LNT105",
    bad=lambda folder: folder.edited(".port/spec.yaml", "    required: false\n", "    required:  false\n"),
    waiver="`# yamllint disable-line rule:NAME` at the end of the line, or `.yamllint`",
)
def yamllint(integration: Integration) -> Iterator[Problem]:
    """YAML files are written as yamllint is set to want them; run in profile ocean, elsewhere with TOOLS=yamllint.

    The configuration is the nearest `.yamllint`, in the folder or above it.
    """
    line = "./.port/spec.yaml:25:15: [error] too many spaces after colon (colons)\n"
    yield from TOOL.recorded(integration, Output(1, line))


TOOL = Tool(
    name="yamllint",
    law=yamllint,
    plain=(".",),
    arguments=arguments,
    read=read,
    watches=watches,
    profiles=frozenset({Profile.OCEAN}),
    warm=("yamllint.cli", "yamllint.linter"),
    cost=Cost(0.1, 20.0, (".yaml", ".yml", ".json")),
    settings_files=CONFIGURATIONS,
    parse_settings=configuration,
    follow_up=follow_up,
    locate=locate,
)
