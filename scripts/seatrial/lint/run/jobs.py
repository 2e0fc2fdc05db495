"""The jobs of a lint run: each tool on each integration, with all that its verdict depends on."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from importlib import metadata
from pathlib import Path
from typing import Any

from seatrial.core.errors import ServiceError, Unreadable, reason
from seatrial.core.model import Integration
from seatrial.core.printable import one_line
from seatrial.dependencies.lockfile import LOCK, LockText
from seatrial.dependencies.pythons import python_constraint
from seatrial.documents import toml
from seatrial.lint.interpreters import Interpreter
from seatrial.lint.run.fingerprint import SPECIAL, Fingerprint, fingerprint, is_within
from seatrial.lint.tools.tool import EVERYTHING, Reading, Tool, ToolRun, bytes_of
from seatrial.system.folder import read_plain

RECIPE = 1
"""Raised when the way a tool is run changes, so that no result kept from before is used."""

PYPROJECT = "pyproject.toml"

MADE_FROM = frozenset({PYPROJECT, LOCK})
"""The files from which the environment of every tool is made."""

PythonOf = Callable[[str], Interpreter]
"""Returns the interpreter for a constraint. Raises ServiceError where there is none."""

Ignored = Callable[[str], bool]
"""Returns whether git ignores a file of the workspace, such as one that holds somebody's secrets."""


@dataclass(frozen=True)
class LintFolder:
    """An integration to lint, as it was read: its folder in the workspace `root`, and what decides how tools run.

    `tables` is the `[tool]` table of its `pyproject.toml`; where that is `unread`, tools may find another one in it.
    `lock` and `pyproject` are bytes, None for no such file. `fault` says why no tool can run there.
    """

    integration: Integration
    path: Path
    root: Path
    fingerprint: Fingerprint = field(default_factory=partial(Fingerprint, {}))
    tables: Mapping[str, Any] = field(default_factory=dict)
    lock: bytes | None = None
    pyproject: bytes | None = None
    fault: str = ""
    unread: bool = False

    @cached_property
    def is_locked_to_files(self) -> bool:
        """True where the lock holds packages that come from folders or files."""
        return LockText(self.lock or b"").has_local_packages

    @property
    def python_constraint(self) -> str:
        """The Pythons for which the integration is written."""
        return python_constraint(self.pyproject, self.lock)

    def locked_version(self, package: str) -> str | None:
        """Return the version of a package that the lock holds."""
        found = LockText(self.lock or b"").versions(package)
        return found[0].text or None if found else None

    def settings(self, tool: Tool) -> Mapping[str, Any]:
        """Return the settings by tool: `tables`, with this tool's from its own files where only those count."""
        if tool.parse_settings is None:
            return self.tables
        found = _first((self.path, *self.path.parents), tool.settings_files)
        return {**self.tables, tool.name: {} if found is None else tool.parse_settings(found)}

    def settings_text(self, tool: Tool) -> str | None:
        """Return the text of a settings file that may take the place of the tool's table, if there is one."""
        found = None if tool.parse_settings else _first((self.path,), tool.settings_files)
        return None if found is None else found.decode("utf-8", "replace")


@dataclass(frozen=True, eq=False)
class LintJob:
    """One tool on one folder, with all that the verdict depends on. Two jobs are never equal.

    `python` names the interpreter and the platform. `files` maps every path in the folder to the digest of its
    bytes, or to "" where only its existence counts. `unkept` says why the result must not be kept, if so.
    `runs_code` is set where the settings may make the tool run code of the folder, `leads_out` where they name
    files outside of it.
    """

    folder: LintFolder
    tool: Tool
    version: str
    arguments: Sequence[str]
    python: str
    files: Mapping[str, str]
    unkept: str = ""
    runs_code: bool = False
    leads_out: bool = False

    @property
    def isolated(self) -> bool:
        """True where it must share a sandbox with no other job."""
        return self.runs_code or self.leads_out

    def record(self) -> dict[str, Any]:
        """Return all that the verdict depends on, as JSON values."""
        return {
            "recipe": RECIPE,
            "tool": f"{self.tool.name} {self.version}",
            "arguments": list(self.arguments),
            "python": self.python,
            "files": self.files,
            "around": self.folder.fingerprint.around,
        }

    @cached_property
    def key(self) -> str:
        """SHA-256 of the record, as 64 hexadecimal digits; the same on every machine and in every clone."""
        text = json.dumps(self.record(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def cost(self) -> float:
        """About how many seconds the tool takes."""
        cost, sizes = self.tool.cost, self.folder.fingerprint.sizes
        size = sum(size for path, size in sizes.items() if path.endswith(cost.suffixes))
        return cost.start + cost.megabyte * size / 1e6

    @property
    def fits_batch(self) -> bool:
        """True where the tool gives the same verdict when it runs once for several folders."""
        batch, found = self.tool.batch, self.folder.fingerprint
        alone = self.isolated or bool(found.astray)
        return batch is not None and not alone and batch.fits(self.folder.tables, found.files.keys())


@dataclass(frozen=True)
class Cell:
    """The result of one tool on one integration: a run, or why there is none.

    `lacking` says what the integration itself does not provide: "lock", "tool" or "wheels"; for the last,
    `sources` has the packages without, and where each comes from. `failure` is never its fault. `kept` is set
    for a run of earlier, whose result was kept.
    """

    integration: Integration
    tool: Tool
    run: ToolRun | None = None
    kept: bool = False
    lacking: str = ""
    failure: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    job: LintJob | None = None

    @cached_property
    def reading(self) -> Reading:
        """The problems that the tool reports, at their places; none where it did not run."""
        failed = self.run is None or self.failure
        return Reading() if failed or self.run is None else self.tool.reading(self.run, self.integration)


def jobs_of(
    root: Path,
    integrations: Iterable[Integration],
    tools: Sequence[Tool],
    python: PythonOf,
    ignored: Ignored = lambda path: False,
) -> Iterator[LintJob | Cell]:
    """Yield a job for each tool on each integration, or a cell where it is already known that it cannot run.

    Raises UsageError for a wrong choice of Python, and ServiceError where a tool is missing beside Seatrial.
    """
    for integration in integrations:
        folder = read_folder(root, integration, ignored)
        environment, fault = _environment(folder, python)
        for tool in tools:
            version = folder.locked_version(tool.name)
            if folder.fault:
                yield Cell(integration, tool, failure=folder.fault)
            elif not tool.locked:
                yield _job(folder, tool, *_beside(tool.name, tool.companions))
            elif folder.lock is None:
                yield Cell(integration, tool, lacking="lock")
            elif version is None:
                yield Cell(integration, tool, lacking="tool")
            elif fault:
                yield Cell(integration, tool, failure=fault)
            else:
                yield _job(folder, tool, version, environment)


def read_folder(root: Path, integration: Integration, ignored: Ignored = lambda path: False) -> LintFolder:
    """Read an integration's folder; one that cannot be read, or through which tools would read what is not
    the integration's, carries the reason.
    """
    path = root / integration.path
    try:
        pyproject = bytes_of(integration, PYPROJECT)
        found = fingerprint(path, root)
        lock = bytes_of(integration, LOCK)
        fault = _special(found) or _outside(found, _links_above(path, root, found), ignored)
        tables = _tables(pyproject) if PYPROJECT in found.files else {}
        unread = tables is None
        return LintFolder(integration, path, root, found, tables or {}, lock, pyproject, fault, unread)
    except OSError as failed:
        fault = f"{failed.filename or path} cannot be read: {reason(failed)}"
        return LintFolder(integration, path, root, fault=fault)


def _special(found: Fingerprint) -> str:
    """Return the fault of a folder with a pipe or the like, for which every tool would wait."""
    special = (path for path, digest in sorted(found.files.items()) if digest == SPECIAL)
    path = next(special, None)
    return f"{path} is neither a file nor a folder, and tools would wait for it; remove it" if path else ""


def _links_above(path: Path, root: Path, found: Fingerprint) -> Iterator[tuple[str, str]]:
    """Yield the folder itself and the settings files above it, within the workspace, that are links, with their
    real paths.
    """
    above = (Path(os.path.normpath(path / name)) for name in found.around)
    for one in (path, *above):
        if one.is_symlink() and root in one.parents:
            yield os.path.relpath(one, root), os.path.realpath(one)


def _outside(found: Fingerprint, above: Iterable[tuple[str, str]], ignored: Ignored) -> str:
    """Return the fault of a folder with a link to what is not part of the repository: tools would read it."""
    for path, real in sorted((*found.links.items(), *above)):
        if not is_within(real, found.boundary):
            return (
                f"{one_line(path)} is a link out of the workspace, and tools would read through it; remove it"
            )
        if ignored(real):
            return (
                f"{one_line(path)} is a link to a file that git ignores, and tools would read it; remove it"
            )
    return ""


def _tables(pyproject: bytes | None) -> Mapping[str, Any] | None:
    """Return the `[tool]` table of a `pyproject.toml`; None where it cannot be read here."""
    document = toml.load(PYPROJECT, pyproject) if pyproject is not None else None
    if document is None or not document.readable or not isinstance(document.value, dict):
        return None
    table = document.value.get("tool", {})
    return table if isinstance(table, dict) else None


def _first(folders: Sequence[Path], names: Sequence[str]) -> bytes | None:
    """Return the bytes of the first of these files that exists; a NUL where it cannot be read, None for no file."""
    for path in (folder / name for folder in folders for name in names):
        if path.exists():
            try:
                return read_plain(os.path.realpath(path))
            except (OSError, Unreadable):
                return b"\0"
    return None


def _environment(folder: LintFolder, python_of: PythonOf) -> tuple[str, str]:
    """Return the interpreter and the platform of an integration's tools, or why there is no interpreter."""
    if folder.lock is None:
        return "", ""
    try:
        python = python_of(folder.python_constraint)
    except ServiceError as failed:
        return "", str(failed)
    return f"{python.implementation} {python.version}, {sys.platform} {platform.machine()}", ""


@cache
def _beside(name: str, companions: Iterable[str]) -> tuple[str, str]:
    """Return the version of a tool installed beside Seatrial, and what it runs in. Raises ServiceError."""
    try:
        version = metadata.version(name)
        versions = [f"{one} {metadata.version(one)}" for one in sorted(companions)]
    except metadata.PackageNotFoundError as missing:
        raise ServiceError(f"{name} is not installed beside Seatrial; install Seatrial anew") from missing
    return version, ", ".join([*versions, f"Python {platform.python_version()}"])


def _job(folder: LintFolder, tool: Tool, version: str, python: str) -> LintJob:
    found, settings = folder.fingerprint.files, folder.settings(tool)
    wide = tool.widens is not None and tool.widens(found)
    watched = EVERYTHING if wide else tool.watches(settings)
    files = {path: digest if path in watched or path in MADE_FROM else "" for path, digest in found.items()}
    arguments = tuple(tool.arguments(numbers(version)))
    leads_out = folder.unread or leads_elsewhere(settings.get(tool.name), folder.settings_text(tool))
    runs_code = tool.runs_code is not None and (
        folder.unread or tool.runs_code(folder.tables, {*found, *folder.fingerprint.around})
    )
    unkept = _unkept(folder, tool, runs_code, leads_out)
    return LintJob(folder, tool, version, arguments, python, files, unkept, runs_code, leads_out)


def _unkept(folder: LintFolder, tool: Tool, runs_code: bool, leads_out: bool) -> str:
    if folder.fingerprint.astray:
        return f"{folder.fingerprint.astray[0]} is a link to a folder"
    if folder.is_locked_to_files:
        return "its lock holds packages from folders or files, which may change"
    if folder.unread:
        return f"{PYPROJECT} cannot be read, so nobody knows what {tool.name} is set to"
    if runs_code:
        return f"{tool.name} is set to run code of the folder, or may be, and such a verdict is not kept"
    if leads_out:
        return f"what {tool.name} is set to leads out of the folder"
    return ""


_FILTERS = re.compile(r"(ex|in)clude")
"""In the names of settings that only choose among the files of the folder, such as by a pattern."""

_SEPARATORS = re.compile(r"[\s:,;\"'=\[\](){}]+")
"""What separates paths in a text."""

_ADDRESS = re.compile(r"[a-z][a-z+]*://\S*")
"""An address, which is not an absolute path."""

_ELSEWHERE = re.compile(r"/+\w|~$|~[^/]*/|\$[\w{]")
"""The beginning of an absolute path, one in a home folder, or one that a variable decides."""


def leads_elsewhere(settings: Any, text: str | None = None) -> bool:
    """Return whether a tool's settings, as values or as the `text` of a file, may name a path outside the folder."""
    if text is not None and _names_elsewhere(text):
        return True
    if isinstance(settings, str):
        return _names_elsewhere(settings)
    if isinstance(settings, dict):
        return any(leads_elsewhere(value) for key, value in settings.items() if not _FILTERS.search(str(key)))
    return isinstance(settings, list) and any(map(leads_elsewhere, settings))


def _names_elsewhere(text: str) -> bool:
    upwards = (".." in re.split(r"[/\\]", path) for path in _SEPARATORS.split(text))
    return any(upwards) or any(map(_ELSEWHERE.match, _SEPARATORS.split(_ADDRESS.sub("", text))))


def numbers(version: str) -> tuple[int, ...]:
    """Return the release numbers that a version begins with."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part[:9]) for part in found[0].split(".")) if found else ()
