"""What must be run, on which folders together, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from seatrial.core.model import Integration
from seatrial.lint.run.keys import Basis, Contents
from seatrial.lint.tools.tool import EVERYTHING, Tool

PYPROJECT, LOCK = "pyproject.toml", "poetry.lock"

OWN_TOOL = "poetry"
"""The tool that is not in locks: the one installed beside Seatrial is used."""

MADE_FROM = frozenset({PYPROJECT, LOCK})
"""What the environment of every tool is made from."""

NOTHING = Contents({})

_VERSION = re.compile(rb'version = "([^"\r\n]+)"')

PER_START = {"poetry": 0.1, "mypy": 2.0, "ruff": 0.02, "black": 0.2, "yamllint": 0.1}
PER_MEGABYTE = {"poetry": 0.1, "mypy": 12.0, "ruff": 0.1, "black": 10.0, "yamllint": 20.0}
"""About how long a tool takes, in seconds; only the order of work depends on it."""


@dataclass(frozen=True)
class LintCandidate:
    """An integration to lint: where it lies, what lies in it, and what its files say of the tools.

    `settings` is the `[tool]` table of its `pyproject.toml`, its `yamllint` the settings that tool finds;
    `apart` is the text of a tool's settings in a file of their own. `lock` and `pyproject` are the bytes, None for
    no such file.
    """

    integration: Integration
    folder: Path
    contents: Contents
    settings: Mapping[str, Any] = field(default_factory=dict)
    apart: Mapping[str, str] = field(default_factory=dict)
    lock: bytes | None = None
    pyproject: bytes | None = None
    fault: str = ""

    @cached_property
    def is_locked_to_files(self) -> bool:
        """Whether the lock holds packages that come from folders or files."""
        return any(kind in (self.lock or b"") for kind in (b'\ntype = "directory"', b'\ntype = "file"'))

    def locked_version(self, package: str) -> str | None:
        """The version of a package that the lock holds."""
        lock = self.lock or b""
        start = lock.find(b'\nname = "%b"' % package.encode())
        found = _VERSION.match(lock, lock.find(b"\n", start + 1) + 1) if start >= 0 else None
        return found[1].decode("utf-8", "replace") if found else None


@dataclass(frozen=True, eq=False)
class LintJob:
    """One tool on one folder; each is itself only. `unkept` says why its answer must not be kept, if so."""

    candidate: LintCandidate
    tool: Tool
    version: str
    basis: Basis
    unkept: str = ""

    @property
    def arguments(self) -> Sequence[str]:
        """What the tool is called with for its machine format."""
        return self.basis.arguments


def ask(candidate: LintCandidate, tool: Tool, version: str, python: str) -> LintJob:
    """The question, with all that its answer depends on."""
    found = candidate.contents.files
    wide = tool.widens is not None and tool.widens(found)
    watched = EVERYTHING if wide else tool.watches(candidate.settings)
    files = {path: digest if path in watched or path in MADE_FROM else "" for path, digest in found.items()}
    basis = Basis(
        tool=f"{tool.name} {version}",
        arguments=tuple(tool.arguments(numbers(version))),
        python=python,
        files=files,
        around=candidate.contents.around,
    )
    return LintJob(candidate, tool, version, basis, _unkept(candidate, tool))


def _unkept(candidate: LintCandidate, tool: Tool) -> str:
    if candidate.contents.astray:
        return f"{candidate.contents.astray[0]} is a link to a folder or out of the workspace"
    if candidate.is_locked_to_files:
        return "its lock holds packages from folders or files, which may change"
    if leads_out(candidate.settings.get(tool.name)) or leads_out(candidate.apart.get(tool.name)):
        return f"what {tool.name} is set to leads out of the folder"
    return ""


def leads_out(settings: Any) -> bool:
    """Whether any text in a tool's settings is a path that leads out of the folder."""
    if isinstance(settings, str):
        return "../" in settings or settings.startswith(("~", "$")) or bool(re.match(r"/\w+/\w", settings))
    values = (
        settings.values() if isinstance(settings, dict) else settings if isinstance(settings, list) else ()
    )
    return any(leads_out(value) for value in values)


def numbers(version: str) -> tuple[int, ...]:
    """The release numbers a version begins with."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part[:9]) for part in found[0].split(".")) if found else ()


def cost(question: LintJob) -> float:
    """About how many seconds the answer takes."""
    sizes, name = question.candidate.contents.sizes, question.tool.name
    ends = (".yaml", ".yml", ".json") if name == "yamllint" else (".py", ".pyi")
    megabytes = sum(size for path, size in sizes.items() if path.endswith(ends)) / 1e6
    return PER_START.get(name, 1.0) + PER_MEGABYTE.get(name, 1.0) * megabytes


def largest_first(questions: Iterable[LintJob]) -> list[LintJob]:
    """So that no core waits long for the last one."""
    return sorted(questions, key=cost, reverse=True)


def has_own_ruff_settings(candidate: LintCandidate) -> bool:
    """Whether ruff finds this folder's settings from anywhere; one without takes those of where it is called."""
    stated = isinstance(candidate.settings.get("ruff"), dict)
    return (stated or bool({"ruff.toml", ".ruff.toml"} & candidate.contents.files.keys())) and not (
        candidate.contents.astray
    )
