"""Which Pythons an integration is made for. Cheap: asked of every integration in every run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from seatrial.dependencies.constraints import admits

ANY = "*"

_POETRY = b"\n[tool.poetry.dependencies]"
_OTHERS = re.compile(rb"""^[ \t]*(?:\[\s*)?["']?project|"{3}|'{3}|requires-python""", re.MULTILINE)
_PYTHON = re.compile(
    rb"""^python[ \t]*=[ \t]*["']([\w.*,<>=!~^| ]{0,200})["'][ \t\r]*(?:#.*)?$""", re.MULTILINE
)
_LOCKED = re.compile(rb'^python-versions = "([^"\\\n]{0,200})"', re.MULTILINE)


def python_constraint(pyproject: bytes | None, lock: bytes | None = None) -> str:
    """The Pythons that `pyproject.toml` allows, in Poetry's words; where it is silent or broken, the lock's.

    `*` where nobody says.
    """
    stated = _glimpsed(pyproject) if pyproject else None
    if stated is None and pyproject:
        stated = _read(pyproject)
    return stated or _locked(lock or b"") or ANY


def satisfies(constraint: str, version: str) -> bool:
    """Whether a Python version such as `3.12.1` is allowed; False too for a constraint that cannot be read."""
    return admits(constraint.strip() or ANY, version) is True


def _glimpsed(pyproject: bytes) -> str | None:
    """The constraint of the plain form that nearly all have, without parsing; None for any other form."""
    start = pyproject.find(_POETRY)
    if start < 0 or pyproject.find(_POETRY, start + 1) >= 0 or _OTHERS.search(pyproject[: start + 1]):
        return None
    if re.search(rb"^[ \t]*\[\s*[\"']?project", pyproject, re.MULTILINE):
        return None
    end = pyproject.find(b"\n[", start + 1)
    found = _PYTHON.search(pyproject, start, end if end >= 0 else len(pyproject))
    return found.group(1).decode() if found else None


def _read(pyproject: bytes) -> str | None:
    """The constraint as Poetry finds it: its own table's before `requires-python`."""
    from seatrial.documents import toml  # rarely needed, and slow to import

    document = toml.load("pyproject.toml", pyproject)
    if not document.readable:
        return None
    poetry = _table(_table(_table(document.value, "tool"), "poetry"), "dependencies")
    stated = next((value for name, value in poetry.items() if name.lower() == "python"), None)
    if not isinstance(stated, str):
        stated = _table(document.value, "project").get("requires-python")
    return stated if isinstance(stated, str) else None


def _locked(lock: bytes) -> str:
    """What the lock says it was made for."""
    found = _LOCKED.search(lock, max(lock.rfind(b"\n[metadata]"), 0))
    return found.group(1).decode("utf-8", "replace") if found else ""


def _table(value: Any, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
