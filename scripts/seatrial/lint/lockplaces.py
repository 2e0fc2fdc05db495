"""Where a lock that is stale parts from its `pyproject.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from seatrial.documents import toml
from seatrial.documents.document import Document, Keys
from seatrial.documents.text import Lines
from seatrial.lint.settling import Files, into_pyproject, settled
from seatrial.lint.tool import Reading
from seatrial.lint.verdict import PYPROJECT
from seatrial.model import Location, Problem
from seatrial.subjects.constraints import admits
from seatrial.subjects.markers import canonical

LOCK = "poetry.lock"

_PACKAGE = re.compile(r'^name = "([^"\n]{1,200})"\r?\nversion = "([^"\n]{1,100})"', re.MULTILINE)
_HASH = re.compile(r'^content-hash = "?', re.MULTILINE)


def settle(reading: Reading, files: Files) -> Reading:
    """With each problem at the key it is about, and a stale lock at the first dependency it does not hold."""
    at_key = into_pyproject(files, ("tool", "poetry"))
    placed = settled(reading, lambda one: at_key(one) if one.where.line == 1 else one)
    return replace(placed, stale=[_parting(one, files) for one in reading.stale])


def _parting(one: Problem, files: Files) -> Problem:
    data, lock = files(PYPROJECT), (files(LOCK) or b"").decode("utf-8", "replace")
    document = toml.load(PYPROJECT, data) if data is not None else None
    if document and document.readable:
        locked = {canonical(name): version for name, version in _PACKAGE.findall(lock)}
        for way, constraint in _dependencies(document):
            said = _unlike(str(way[-1]), constraint, locked)
            if said:
                return replace(one, where=document.key(*way), message=f"{one.message}: {said}")
    found = _HASH.search(lock)
    return replace(one, where=Location(LOCK, *Lines(lock).at(found.end()))) if found else one


def _unlike(name: str, constraint: str, locked: dict[str, str]) -> str:
    """How the lock differs from what is asked for, in words; empty where it does not."""
    version = locked.get(canonical(name))
    if version is None:
        return f'"{name}" is not in it'
    if constraint and admits(constraint, version) is False:
        return f'it holds "{name}" {version}, and "{constraint}" is asked for'
    return ""


def _dependencies(document: Document) -> Iterator[tuple[Keys, str]]:
    """The way to each dependency under `[tool.poetry]`, with its constraint where that is one text."""
    for table in _tables(document.value):
        for name, wanted in _items(document.value, table):
            if name != "python":
                constraint = wanted.get("version", "") if isinstance(wanted, dict) else wanted
                yield (*table, name), constraint if isinstance(constraint, str) else ""


def _tables(value: Any) -> Iterator[tuple[str, ...]]:
    poetry = ("tool", "poetry")
    yield (*poetry, "dependencies")
    yield (*poetry, "dev-dependencies")
    for group, _ in _items(value, (*poetry, "group")):
        yield (*poetry, "group", group, "dependencies")


def _items(value: Any, keys: tuple[str, ...]) -> list[tuple[str, Any]]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return list(value.items()) if isinstance(value, dict) else []
