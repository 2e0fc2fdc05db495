"""What mypy says of its settings and of a folder it cannot look at, and which files can change its verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from seatrial.lint.mypyplaces import INI_FILES
from seatrial.lint.settling import place_in
from seatrial.lint.tool import EVERYTHING, Output, Watched
from seatrial.lint.verdict import PYPROJECT, problem
from seatrial.model import Fix, Problem, Severity

SUFFIXES = (".py", ".pyi")
NAMES = frozenset({PYPROJECT, "py.typed", ".gitignore", *INI_FILES})
KNOWN_PLUGINS = frozenset({"pydantic.mypy", "pydantic.v1.mypy"})
"""Plugins that read nothing of a folder but its Python and mypy's settings."""

WIDENING = frozenset({"custom_typeshed_dir", "quickstart_file", "shadow_file", "package_root", "config_file"})
"""Settings that make mypy read files of any name."""

_SETTINGS = re.compile(r"((?:.*/)?(?:pyproject\.toml|\.?mypy\.ini|setup\.cfg)): (?!error: |note: )(.*)")
_UNREAD = re.compile(r"mypy: (?:error: )?(can'?t|cannot) (\w+) file '(.+?)': (.*)")
_SHADOW = re.compile(r'mypy: ("(.+?)" shadows library module .*)')
_NO_PACKAGE = re.compile(r"(.+?) (?:contains __init__\.py but )?is not a valid Python package name")
_REFUSED = re.compile(r"(?:mypy: )?error: (?!argument|unrecognized)(.*)")
_EMPTY = re.compile(r"There are no \.py\[i\] files in directory .*")


def refusals(output: Output) -> Iterator[Problem]:
    """What standard error tells beside remarks on lines: settings, files and folders mypy will not have."""
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
    """Python, stubs, settings and what git ignores; everything where the settings may say more, or lie elsewhere."""
    own = settings.get("mypy")
    if not isinstance(own, dict) or WIDENING & own.keys() or not _plugins(own) <= KNOWN_PLUGINS:
        return EVERYTHING
    return Watched(SUFFIXES, NAMES)


def _plugins(own: Mapping[str, object]) -> set[str]:
    """The plugins, whichever way they are written."""
    plugins = own.get("plugins", ())
    names = (
        plugins.split(",")
        if isinstance(plugins, str)
        else plugins if isinstance(plugins, list | tuple) else ("",)
    )
    return {str(name).strip() for name in names}


def widens(paths: Iterable[str]) -> bool:
    """Whether there are settings of mypy beside `pyproject.toml`, which may come before those."""
    return any(path in INI_FILES for path in paths)
