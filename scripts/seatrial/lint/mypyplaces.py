"""mypy's columns, which count bytes, and its settings' faults, brought to where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from seatrial.lint.settling import Files, in_text, into_pyproject, settled
from seatrial.lint.tool import Reading
from seatrial.lint.verdict import PYPROJECT
from seatrial.model import Location, Problem, Severity

INI_FILES = ("mypy.ini", ".mypy.ini", "setup.cfg")


def settle(reading: Reading, files: Files) -> Reading:
    """With columns that count code points, as those of syntax errors do, and faults of the settings at their key."""
    lines = cache(lambda path: _lines(files(path)))
    placed = into_pyproject(files, ("tool", "mypy"))
    return settled(reading, lambda one: _settled(placed(one), files, lines(one.where.path)))


def _settled(one: Problem, files: Files, lines: Mapping[int, bytes]) -> Problem:
    if one.where.path in INI_FILES and one.severity is Severity.WARNING:
        return in_text(one, files)
    if one.message.endswith("[syntax]") or one.where.path == PYPROJECT:
        return one
    return replace(one, where=_counted(one.where, lines.get(one.where.line, b"")))


def _lines(data: bytes | None) -> Mapping[int, bytes]:
    """The lines that are not plain ASCII, by number; in the others a byte is a character."""
    if data is None or data.isascii():
        return {}
    return {number: line for number, line in enumerate(data.splitlines(), start=1) if not line.isascii()}


def _counted(where: Location, line: bytes) -> Location:
    before = line[: where.column - 1]
    return replace(where, column=where.column - len(before) + len(before.decode("utf-8", "ignore")))
