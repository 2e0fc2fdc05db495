"""The Python versions an integration is made for, read without parsing where the form is the usual one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seatrial.dependencies.constraints import admits
from seatrial.dependencies.lockfile import LockText

ANY = "*"

_POETRY = b"\n[tool.poetry.dependencies]"
_OTHERS = re.compile(rb"""^[ \t]*(?:\[\s*)?["']?project|"{3}|'{3}|requires-python""", re.MULTILINE)
_PYTHON = re.compile(
    rb"""^python[ \t]*=[ \t]*["']([\w.*,<>=!~^| ]{0,200})["'][ \t\r]*(?:#.*)?$""", re.MULTILINE
)


def python_constraint(pyproject: bytes | None, lock: bytes | None = None) -> str:
    """Return the Python versions that `pyproject.toml` allows, in Poetry's form, else the lock's, else `*`."""
    stated = _found_by_form(pyproject) if pyproject else None
    if stated is None and pyproject:
        stated = _parsed(pyproject)
    return stated or LockText(lock or b"").pythons or ANY


def satisfies(constraint: str, version: str) -> bool:
    """Return whether a Python version such as `3.12.1` is allowed; False for a constraint that cannot be read."""
    return admits(constraint.strip() or ANY, version) is True


def _found_by_form(pyproject: bytes) -> str | None:
    """Return the constraint if it has the form that nearly all have, without parsing; else None."""
    start = pyproject.find(_POETRY)
    if start < 0 or pyproject.find(_POETRY, start + 1) >= 0 or _OTHERS.search(pyproject[: start + 1]):
        return None
    if re.search(rb"^[ \t]*\[\s*[\"']?project", pyproject, re.MULTILINE):
        return None
    end = pyproject.find(b"\n[", start + 1)
    found = _PYTHON.search(pyproject, start, end if end >= 0 else len(pyproject))
    return found.group(1).decode() if found else None


def _parsed(pyproject: bytes) -> str | None:
    """Parse the constraint; Poetry's own table counts before `requires-python`."""
    from seatrial.documents import toml  # rarely needed, and slow to import

    document = toml.load("pyproject.toml", pyproject)
    if not document.readable:
        return None
    poetry = _table(_table(_table(document.value, "tool"), "poetry"), "dependencies")
    stated = next((value for name, value in poetry.items() if name.lower() == "python"), None)
    if not isinstance(stated, str):
        stated = _table(document.value, "project").get("requires-python")
    return stated if isinstance(stated, str) else None


def _table(value: Any, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
