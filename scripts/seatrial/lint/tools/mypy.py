"""mypy: its JSON, or in versions before 1.11 its lines, as problems with their notes folded in."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from seatrial.core.model import Fix, Integration, Location, Problem, Severity
from seatrial.core.rules import rule
from seatrial.lint.tools.output import (
    PYPROJECT,
    in_text,
    into_pyproject,
    place_in,
    problem,
    relocated,
    verdict_of,
)
from seatrial.lint.tools.tool import (
    EVERYTHING,
    Cost,
    Files,
    KeptCache,
    Output,
    Reading,
    Seed,
    Tool,
    Version,
    Watched,
)

INI_FILES = ("mypy.ini", ".mypy.ini", "setup.cfg")


def locate(reading: Reading, files: Files) -> Reading:
    """Return the reading with columns in code points, as syntax errors have them, and settings at their keys."""
    lines = cache(lambda path: _lines(files(path)))
    placed = into_pyproject(files, ("tool", "mypy"))
    return relocated(reading, lambda one: _located(placed(one), files, lines(one.where.path)))


def _located(one: Problem, files: Files, lines: Mapping[int, bytes]) -> Problem:
    if one.where.path in INI_FILES and one.severity is Severity.WARNING:
        return in_text(one, files)
    if one.message.endswith("[syntax]") or one.where.path == PYPROJECT:
        return one
    return replace(one, where=_in_code_points(one.where, lines.get(one.where.line, b"")))


def _lines(data: bytes | None) -> Mapping[int, bytes]:
    """Return the lines that are not plain ASCII, by number; in the others a byte is a character."""
    if data is None or data.isascii():
        return {}
    return {number: line for number, line in enumerate(data.splitlines(), start=1) if not line.isascii()}


def _in_code_points(where: Location, line: bytes) -> Location:
    before = line[: where.column - 1]
    return replace(where, column=where.column - len(before) + len(before.decode("utf-8", "ignore")))


SUFFIXES = (".py", ".pyi")
NAMES = frozenset({PYPROJECT, "py.typed", ".gitignore", *INI_FILES})
KNOWN_PLUGINS = frozenset({"pydantic.mypy", "pydantic.v1.mypy"})
"""Plugins that read nothing in a folder but Python files and mypy's settings."""

WIDENING = frozenset({"custom_typeshed_dir", "quickstart_file", "shadow_file", "package_root", "config_file"})
"""Settings that make mypy read files of any name."""

_SETTINGS = re.compile(r"((?:.*/)?(?:pyproject\.toml|\.?mypy\.ini|setup\.cfg)): (?!error: |note: )(.*)")
_UNREAD = re.compile(r"mypy: (?:error: )?(can'?t|cannot) (\w+) file '(.+?)': (.*)")
_SHADOW = re.compile(r'mypy: ("(.+?)" shadows library module .*)')
_NO_PACKAGE = re.compile(r"(.+?) (?:contains __init__\.py but )?is not a valid Python package name")
_REFUSED = re.compile(r"(?:mypy: )?error: (?!argument|unrecognized)(.*)")
_EMPTY = re.compile(r"There are no \.py\[i\] files in directory .*")


def refusals(output: Output) -> Iterator[Problem]:
    """Yield the problems on standard error that are not about lines: settings, files, folders that mypy refuses."""
    for line in output.err.splitlines():
        yield from _of_settings(line)
        if output.status == 2 and "usage: " not in output.err:
            yield from _of_folder(line)


def _of_settings(line: str) -> Iterator[Problem]:
    match = _SETTINGS.fullmatch(line)
    if match:
        message, row, column = place_in(match[2])
        yield problem(match[1], message, row, column, severity=Severity.WARNING)


def _of_folder(line: str) -> Iterator[Problem]:
    if match := _UNREAD.fullmatch(line):
        yield problem(match[3], f"mypy cannot {match[2]} it: {match[4]}")
    elif match := _SHADOW.fullmatch(line):
        yield problem(match[2], match[1], fix=Fix("give the file another name"))
    elif match := _NO_PACKAGE.fullmatch(line):
        yield problem(
            f"{match[1]}/__init__.py", line, fix=Fix("give the folder a name that Python can import")
        )
    elif match := _REFUSED.fullmatch(line):
        yield problem(PYPROJECT, match[1])
    elif _EMPTY.fullmatch(line):
        yield problem(PYPROJECT, line)


def watches(settings: Mapping[str, object]) -> Watched:
    """Return Python files, stubs and settings; everything where settings may name others or are elsewhere."""
    own = settings.get("mypy")
    if not isinstance(own, dict) or WIDENING & own.keys() or not _plugins(own) <= KNOWN_PLUGINS:
        return EVERYTHING
    return Watched(SUFFIXES, NAMES)


def _plugins(own: Mapping[str, object]) -> set[str]:
    """Return the plugins, written as a list or as one text."""
    plugins = own.get("plugins", ())
    names = (
        plugins.split(",")
        if isinstance(plugins, str)
        else plugins
        if isinstance(plugins, list | tuple)
        else ("",)
    )
    return {str(name).strip() for name in names}


HARMLESS = frozenset({
    "allow_redefinition", "allow_redefinition_new", "allow_redefinition_old", "allow_untyped_globals", "always_false",
    "always_true", "cache_dir", "check_untyped_defs", "color_output", "disable_error_code", "disallow_any_decorated",
    "disallow_any_explicit", "disallow_any_expr", "disallow_any_generics", "disallow_any_unimported",
    "disallow_incomplete_defs", "disallow_subclassing_any", "disallow_untyped_calls", "disallow_untyped_decorators",
    "disallow_untyped_defs", "enable_error_code", "error_summary", "exclude", "exclude_gitignore",
    "explicit_package_bases", "extra_checks", "files", "follow_imports", "follow_imports_for_stubs",
    "follow_untyped_imports", "force_union_syntax", "force_uppercase_builtins", "hide_error_codes", "ignore_errors",
    "ignore_missing_imports", "implicit_optional", "implicit_reexport", "incremental", "local_partial_types",
    "modules", "mypy_path", "namespace_packages", "no_implicit_optional", "no_implicit_reexport",
    "no_silence_site_packages", "no_site_packages", "overrides", "packages", "platform", "plugins", "pretty",
    "python_version", "show_absolute_path", "show_column_numbers", "show_error_code_links", "show_error_codes",
    "show_error_context", "show_error_end", "sqlite_cache", "strict", "strict_bytes", "strict_concatenate",
    "strict_equality", "strict_optional", "untyped_calls_exclude", "verbosity", "warn_incomplete_stub",
    "warn_no_return", "warn_redundant_casts", "warn_return_any", "warn_unreachable", "warn_unused_configs",
    "warn_unused_ignores",
})  # fmt: skip
"""Settings that run and write nothing. mypy takes the name of any of its options, and some start programs."""


def runs_code(tables: Mapping[str, Any], paths: Collection[str]) -> bool:
    """Return whether mypy may run code of a folder: as a plugin, or through another setting than the HARMLESS ones.

    Without a table of its own in `pyproject.toml`, or with other settings files, it may take settings from there.
    """
    own = tables.get("mypy", {})
    beside = any(path in INI_FILES for path in paths)
    above = "mypy" not in tables and any(
        path.startswith("../") and path.rpartition("/")[2] in (PYPROJECT, *INI_FILES) for path in paths
    )
    if beside or above or not isinstance(own, dict):
        return True
    return not (own.keys() <= HARMLESS and _plugins(own) <= KNOWN_PLUGINS)


def widens(paths: Iterable[str]) -> bool:
    """Return whether there are settings of mypy beside `pyproject.toml`, which may take precedence."""
    return any(path in INI_FILES for path in paths)


JSON = (1, 11)
"""The first version with `--output json`."""

SHAPE = (
    "--show-column-numbers", "--no-pretty", "--no-color-output", "--show-error-codes", "--no-error-summary",
    "--hide-error-context", "--hide-error-end", "--hide-absolute-path",
)  # fmt: skip
"""Options that keep a folder's settings from changing the form of lines; there are some beside JSON, too."""

KNOWN = (0, 1, 2)
WEIGHTS = {"note": Severity.INFO, "warning": Severity.WARNING}
SYNTAX = "syntax"
"""The code whose columns are one too high in lines, and count code points."""

MOST_NOTES = 20

_LINE = re.compile(r"(.+?):(?:(\d{1,9}):)?(?:(\d{1,9}):)?(?:\d{1,9}:\d{1,9}:)? (error|warning|note): (.*)")
_CODE = re.compile(r" {1,2}\[([a-z][a-z0-9-]*)\]$")
_STUBS = re.compile(r"pip install ([\w.-]+)")


@dataclass(frozen=True)
class MypyMessage:
    """One message of mypy: columns are counted from 1, in bytes of UTF-8; 0 for none."""

    path: str
    line: int
    column: int
    level: str
    message: str
    code: str = ""
    notes: tuple[str, ...] = ()


def arguments(version: Version) -> Sequence[str]:
    """Return the arguments, for JSON where the version has it; an unknown version counts as new."""
    form = ("--output", "json") if not version or version >= JSON else ()
    return (".", "--exclude", r"/\.venv/", *form, *SHAPE)


BAD_CACHE = "you likely have a bad cache"
"""Its message for damaged files of its own cache, which it reports like an error in the code."""


def read(output: Output, more: Output | None = None) -> Reading:
    """Return what mypy found. It ends with 2 where it could not check, which may be the integration's fault."""
    if BAD_CACHE in output.out or BAD_CACHE in output.err:
        return Reading(failure=f"mypy ended with status {output.status}: {BAD_CACHE}")
    remarks = [one for text in (output.out, output.err) for one in _remarks(text)]
    problems = [_problem(one) for one in _folded(remarks)]
    return verdict_of("mypy", output, [*problems, *refusals(output)], known=KNOWN)


def _remarks(text: str) -> Iterator[MypyMessage]:
    for line in text.split("\n"):
        remark = _of_json(line) if line.startswith("{") else _of_line(line)
        if remark:
            yield remark


def _of_json(line: str) -> MypyMessage | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not isinstance(value.get("message"), str):
        return None
    hint = value.get("hint")
    return MypyMessage(
        path=_text(value, "file"),
        line=_number(value, "line"),
        column=_number(value, "column") + 1,
        level=_text(value, "severity"),
        message=value["message"],
        code=_text(value, "code"),
        notes=tuple(hint.splitlines()) if isinstance(hint, str) else (),
    )


def _text(value: Mapping[str, Any], key: str) -> str:
    return value[key] if isinstance(value.get(key), str) else ""


def _number(value: Mapping[str, Any], key: str) -> int:
    """Return a number; -1, which mypy uses for none, for anything else."""
    return value[key] if type(value.get(key)) is int else -1


def _of_line(line: str) -> MypyMessage | None:
    match = _LINE.fullmatch(line)
    if not match or "INTERNAL ERROR" in line or match[1] in ("mypy", "error"):
        return None
    found = _CODE.search(match[5])
    message, code = (match[5][: found.start()], found[1]) if found else (match[5], "")
    column = int(match[3] or 0) - (code == SYNTAX)
    return MypyMessage(match[1], int(match[2] or 0), column, match[4], message, code)


def _folded(remarks: Iterable[MypyMessage]) -> Iterator[MypyMessage]:
    """Yield remarks with the notes that follow them on the same line folded in."""
    kept: MypyMessage | None = None
    notes: list[str] = []
    for one in remarks:
        if kept and one.level == "note" and (one.path, one.line) == (kept.path, kept.line):
            notes += [one.message, *one.notes]
            continue
        if kept:
            yield _with(kept, notes)
        kept, notes = one, list(one.notes)
    if kept:
        yield _with(kept, notes)


def _with(remark: MypyMessage, notes: Sequence[str]) -> MypyMessage:
    shown = [" ".join(note.split()) for note in notes[:MOST_NOTES]]
    more = [f"and {len(notes) - MOST_NOTES} more lines"] if notes[MOST_NOTES:] else []
    return replace(remark, notes=(*shown, *more))


def _problem(remark: MypyMessage) -> Problem:
    code = f" [{remark.code}]" if remark.code and remark.level != "note" else ""
    notes = f" ({'; '.join(remark.notes)})".replace(":; ", ": ") if remark.notes else ""
    severity = WEIGHTS.get(remark.level)
    message = f"{remark.message}{code}{notes}"
    return problem(remark.path, message, remark.line, remark.column, severity=severity, fix=_fix(remark))


def _fix(remark: MypyMessage) -> Fix | None:
    stubs = next(filter(None, map(_STUBS.search, remark.notes)), None)
    if remark.code.startswith("import") and stubs:
        return Fix(f"type `poetry add --group dev {stubs[1]}` in this folder")
    if remark.code == "unused-ignore":
        return Fix("remove what is unused of the comment")
    return None


def cache_arguments(cache: Path | None) -> Sequence[str]:
    """Return the option that names the cache folder; with the null device mypy keeps nothing."""
    return ("--cache-dir", os.fspath(cache or os.devnull))


_FROM = re.compile(rb"^[ \t]*from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]+([^\r\n#]*)", re.MULTILINE)
_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([A-Za-z_][\w., \t]*)", re.MULTILINE)


def settings_key(tables: Mapping[str, Any]) -> str:
    """Return a key that is equal for folders with the same settings of mypy and of its plugins."""
    return json.dumps(
        {name: value for name, value in tables.items() if "mypy" in name}, sort_keys=True, default=str
    )


def imported(source: bytes) -> Iterator[str]:
    """Yield the dotted names that a Python file seems to import; `from a import b` may mean the module `a.b`."""
    for match in _FROM.finditer(source):
        module = match[1].decode()
        yield module
        yield from (f"{module}.{name}" for name in _names(match[2]))
    for match in _IMPORT.finditer(source):
        yield from (part.split()[0] for part in match[1].decode().split(",") if part.split())


def _names(listed: bytes) -> Iterator[str]:
    for part in listed.decode("utf-8", "replace").strip("( )\t\\").split(","):
        if (words := part.split()) and words[0].isidentifier():
            yield words[0]


def program(modules: Iterable[str]) -> str:
    """Return a Python file that imports these modules."""
    return "".join(f"import {module}\n" for module in sorted(set(modules)))


SEED = Seed(settings_key, imported, program)
"""The parts of a cache that mypy makes of the modules that integrations import."""

_EXAMPLE = {
    "file": "client.py",
    "line": 31,
    "column": 60,
    "message": 'Argument "archived" to "_pages" of "GoodServiceClient" has incompatible type "bool"; expected "str"',
    "hint": None,
    "code": "arg-type",
    "severity": "error",
}


@rule(
    "LNT102",
    bad=lambda folder: folder.edited(
        "client.py", "archived = str(include_archived).lower()", "archived = include_archived"
    ),
    waiver="`# type: ignore[CODE]` at the end of the line, or `[tool.mypy]` in pyproject.toml",
)
def mypy(integration: Integration) -> Iterator[Problem]:
    """mypy reports no errors, with the packages and the settings that the integration has.

    mypy's own code follows the message, and its notes follow that.
    """
    yield from TOOL.recorded(integration, Output(1, json.dumps(_EXAMPLE) + "\n"))


TOOL = Tool(
    name="mypy",
    law=mypy,
    plain=(".", "--exclude", r"/\.venv/"),
    arguments=arguments,
    read=read,
    watches=watches,
    warm=("mypy.main", "mypy.build"),
    cache=KeptCache(cache_arguments, SEED),
    whole_environment=True,
    runs_code=runs_code,
    companions=frozenset({"orjson"}),
    cost=Cost(2.0, 12.0),
    settings_files=INI_FILES,
    widens=widens,
    locate=locate,
)
