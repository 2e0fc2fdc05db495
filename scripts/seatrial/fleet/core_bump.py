"""A new version of the framework in an integration: pyproject.toml, lock, version and changelog, all or none.

The files show what is still to be done, so the next run continues one that was interrupted.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory

from seatrial.core.errors import SeatrialError, ServiceError, UsageError
from seatrial.core.model import Fleet, Folder, Integration, MemoryFolder
from seatrial.core.printable import one_line
from seatrial.dependencies.constraints import floor
from seatrial.dependencies.lockfile import LockText, is_lock_of
from seatrial.documents import toml
from seatrial.documents.document import Document
from seatrial.documents.group_intents import GroupIntent, group_intent, group_intents
from seatrial.fleet.commands import Crew
from seatrial.release.plan.bump import Bump, ChangelogEntry, raised, revised
from seatrial.system import process
from seatrial.system.process import Running
from seatrial.system.transaction import FileEdit
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.package_metadata import CORE, PYPROJECT, CoreDependency, Package
from seatrial.validate.facts.release_change import Fold
from seatrial.workspace.workspace import Workspace

LOCK, SETTINGS = "poetry.lock", "poetry.toml"

ENTRY = "Bumped ocean version to {}"
"""The changelog entry, in the words that Ocean uses."""

PART, TYPE = "patch", "improvement"
"""The part of an integration's version that a new framework raises, and the type of the change."""

_ONE_VERSION = re.compile(r"(\^|~|>=|==|~=)?(\s*)[0-9][0-9.]*(?:[a-z]+[0-9]+)?")
_WANTED = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}(?:[a-z]+[0-9]{1,6})?", re.ASCII)
_UNREACHABLE = re.compile(
    r"all attempts to connect|failed to (?:resolve|establish)|name resolution|connection error|max retries"
    r"|connectionerror|timed out|network is unreachable|could not connect|proxyerror",
    re.IGNORECASE,
)


class BumpState(Enum):
    """The state of an integration: what it has, or what is to be done."""

    THERE = "has it"
    NEWER = "has a newer one"
    TO_RAISE = "to raise"
    TO_LOCK = "to lock"


@dataclass(frozen=True)
class CoreBump:
    """The change of an integration to a version of the framework; `files` holds the lock only after `with_lock`.

    `core` and `version` are what it has before, `after` is its own next version; empty texts where there is none.
    With `fold` it keeps its version, and is entered into this group intent.
    """

    integration: Integration
    state: BumpState
    core: str = ""
    version: str = ""
    after: str = ""
    files: tuple[FileEdit, ...] = ()
    fold: GroupIntent | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is something to do."""
        return self.state in (BumpState.TO_RAISE, BumpState.TO_LOCK)


def wanted_version(text: str | None) -> str:
    """Return the version that is asked for. Raises UsageError."""
    version = (text or "").strip().removeprefix("v")
    if not _WANTED.fullmatch(version):
        said = f', not "{one_line(version, 40)}"' if version else ""
        raise UsageError(f"name the framework's version in full, such as 0.48.12{said}")
    return version


def planned(
    workspace: Workspace, integration: Integration, version: str, day: date, fold: bool = False
) -> CoreBump:
    """Return what is to be changed, which with `fold` is not the integration's own version.

    Raises UsageError where it cannot be done.
    """
    facts = Facts.of(workspace, integration)
    package, core = _core_of(facts)
    constraint = _raised_constraint(core.constraint, version)
    locked = facts.lock.cores[0].text if facts.lock and facts.lock.cores else ""
    has = locked or ".".join(map(str, floor(core.constraint)))
    bump = CoreBump(integration, BumpState.TO_RAISE, has, package.version)
    if _numbers(has) > _numbers(version):
        return replace(bump, state=BumpState.NEWER)
    if floor(core.constraint) == floor(version):
        return replace(bump, state=BumpState.THERE if locked == version else BumpState.TO_LOCK)
    if fold:
        edit = _edit(
            integration, PYPROJECT, _with_constraint(integration, package.document, core, constraint)
        )
        return replace(bump, files=(edit,), fold=group_of(version, day))
    made = _raised(facts, constraint, day)
    files = tuple(_edit(integration, one.path, one.after or "") for one in made.files)
    return replace(bump, after=made.after, files=files)


def _core_of(facts: Facts) -> tuple[Package, CoreDependency]:
    if facts.package is None or facts.package.core is None:
        raise UsageError("pyproject.toml does not list port_ocean under [tool.poetry.dependencies]")
    return facts.package, facts.package.core


def _raised(facts: Facts, constraint: str, day: date) -> Bump:
    """Return the change to the integration's next version, with another constraint of the framework."""
    package, core = _core_of(facts)
    text = _with_constraint(facts.integration, package.document, core, constraint)
    inner = facts.integration.having({PYPROJECT: text.encode()})
    changed = Facts(inner, facts.profile, Fleet([inner]), facts.settings)
    return raised(changed, day, PART, [ChangelogEntry(TYPE, ENTRY.format(constraint))])


def group_of(version: str, day: date) -> GroupIntent:
    """Return the group intent for a version of the framework, without any integration."""
    return GroupIntent(version, day, PART, TYPE, ENTRY.format(f"^{version}"), {})


def entries(bumps: Sequence[CoreBump], root: Folder) -> Sequence[FileEdit]:
    """Return the edit that enters all that are folded into their group intent, in the folder of those as it is now.

    It comes before their own edits: until an integration requires the framework, its line in the file does nothing.
    Raises ConfigurationError for a group intent that cannot be read.
    """
    folded = {one.integration.path: one.version for one in bumps if one.fold}
    return _renewed(bumps, root, lambda group: group.having(folded))


def withdrawals(bumps: Sequence[CoreBump], root: Folder) -> Sequence[FileEdit]:
    """Return the edit that takes out of the group intent those of which nothing came. Raises as `entries`."""
    paths = [one.integration.path for one in bumps if one.fold]
    return _renewed(bumps, root, lambda group: group.without(paths))


def _renewed(
    bumps: Sequence[CoreBump], root: Folder, changed: Callable[[GroupIntent], GroupIntent]
) -> Sequence[FileEdit]:
    """Return the edit of the file of the group intent that these changes, of one run, have in common."""
    fold = next((one.fold for one in bumps if one.fold), None)
    if fold is None:
        return ()
    name = fold.path.rpartition("/")[2]
    there = group_intent(root, name) if root.entry(name) else None
    group = changed(there if there and there.path == fold.path else fold)
    before = root.read(name) if there else None
    after = group.written().encode() if group.versions else None
    return () if before == after else (FileEdit(fold.path, before, after),)


def done_groups(workspace: Workspace, root: Folder) -> Sequence[FileEdit]:
    """Return the removals of the group intents by which no integration is folded any more."""
    facts = [Facts.of(workspace, one) for one in workspace.integrations]
    done = (
        one
        for one in group_intents(root)
        if root.entry(one.path.rpartition("/")[2])
        and not any(Fold.of([one], each.integration.path, each.package) for each in facts)
    )
    return [FileEdit(one.path, root.read(one.path.rpartition("/")[2]), None) for one in done]


def _with_constraint(integration: Integration, document: Document, core: CoreDependency, new: str) -> str:
    """Return the text of a `pyproject.toml` with another constraint. Raises UsageError if it cannot be replaced."""
    way = (*core.keys, "version") if isinstance(core.value, dict) else core.keys
    try:
        return revised(integration, document, way, core.constraint, new, toml.load).after or ""
    except ValueError as wrong:
        raise UsageError(str(wrong)) from None


def _edit(integration: Integration, path: str, after: str) -> FileEdit:
    return FileEdit(integration.below(path), integration.read(path), after.encode())


def _raised_constraint(constraint: str, version: str) -> str:
    """Return a constraint of the same form for a version. Raises UsageError if it is not one of one version."""
    found = _ONE_VERSION.fullmatch(constraint.strip())
    if found is None:
        raise UsageError(
            f'port_ocean is required as "{one_line(constraint, 60)}"; write it as "^X.Y.Z" to have it raised'
        )
    return f"{found[1] or ''}{found[2] or ''}{version}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", version)[:3])


Lock = Callable[[Mapping[str, bytes]], bytes]
"""Makes the lock for these files of a folder, by name. Raises ServiceError."""


def with_lock(bump: CoreBump, version: str, lock: Lock) -> CoreBump:
    """Return the change with its new lock, in which the framework has this version.

    Raises ServiceError, and UsageError if the constraint has to be replaced and cannot be.
    """
    integration = bump.integration
    edited = {edit.path: edit.after for edit in bump.files}
    files = {
        name: edited.get(integration.below(name)) or integration.read(name)
        for name in (PYPROJECT, LOCK, SETTINGS)
        if integration.has(name)
    }
    made = lock(files)
    if _locked(made) != version:
        made = _exactly(files, version, lock)
    _must_be_lock_of(made, files[PYPROJECT], version)
    before = files.get(LOCK)
    return replace(bump, files=(*bump.files, FileEdit(integration.below(LOCK), before, made)))


def _exactly(files: Mapping[str, bytes], version: str, lock: Lock) -> bytes:
    """Return a lock with this version although the constraint also allows a newer one that the index has."""
    document = toml.load(PYPROJECT, files[PYPROJECT])
    integration = Integration("", "", MemoryFolder(files))
    package = Package.of(integration, document)
    assert package is not None
    assert package.core is not None
    pinned = _with_constraint(integration, document, package.core, f"=={version}")
    exact = lock({**files, PYPROJECT: pinned.encode()})
    return lock({**files, LOCK: exact})


def _locked(lock: bytes) -> str:
    cores = LockText(lock).versions(CORE)
    return cores[0].text if cores else ""


def _must_be_lock_of(made: bytes, pyproject: bytes, version: str) -> None:
    if _locked(made) != version:
        raise ServiceError(f"Poetry locked port-ocean {_locked(made) or 'nowhere'}, not {version}")
    if not is_lock_of(made, toml.load(PYPROJECT, pyproject).value):
        raise ServiceError("the lock that Poetry made is not that of the new pyproject.toml")


class Poetry:
    """The Poetry of this machine, with its environments in a folder of our own."""

    def __init__(self, place: Path, crew: Crew) -> None:
        """Raises ServiceError where there is no Poetry."""
        beside = Path(sys.executable).parent / "poetry"
        self._program = shutil.which("poetry") or (str(beside) if beside.exists() else "")
        if not self._program:
            raise ServiceError(
                "Poetry is not installed; type `pipx install poetry`, or go without locks by --no-lock"
            )
        self._crew = crew
        self._place = place
        said = process.run([self._program, "--version"], seconds=60).out.decode(errors="replace")
        is_old = re.search(r"version (?:0|1)\.", said) is not None
        self._command = [self._program, "lock", "--no-interaction", *(["--no-update"] if is_old else [])]

    def lock(self, files: Mapping[str, bytes]) -> bytes:
        """Return the lock that Poetry makes for these files, in which all other packages stay as they are locked.

        Raises ServiceError with Poetry's own words.
        """
        env = {
            **os.environ,
            "POETRY_VIRTUALENVS_PATH": str(self._place / "environments"),
            "POETRY_VIRTUALENVS_IN_PROJECT": "false",
            "POETRY_VIRTUALENVS_CREATE": "true",
            "POETRY_VIRTUALENVS_OPTIONS_NO_PIP": "true",
        }
        with TemporaryDirectory(dir=self._place) as folder:
            for name, data in files.items():
                Path(folder, name).write_bytes(data)
            log = Path(folder, "said")
            with self._crew.running(
                lambda: Running(self._command, log, cwd=Path(folder), env=env)
            ) as running:
                status = running.wait()
            if status:
                raise ServiceError(_cause(log.read_bytes().decode("utf-8", "replace")))
            return Path(folder, LOCK).read_bytes()


def _cause(text: str) -> str:
    """Return in one line why Poetry made no lock, from its output."""
    if _UNREACHABLE.search(text):
        return "the package index was not reached"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    skipped = (
        "using ",
        "creating virtualenv",
        "resolving",
        "updating",
        "trying to find",
        "the currently activated",
    )
    said = [one for one in lines if "warning" not in one.lower() and not one.lower().startswith(skipped)]
    return f"Poetry: {one_line(said[0] if said else 'it failed and did not say why', 200)}"


@dataclass(frozen=True)
class BumpRow:
    """The result for an integration in words; `is_failed` says that the change is still to be made."""

    name: str
    words: str
    is_failed: bool = False


def failed(integration: Integration, reason: SeatrialError) -> BumpRow:
    """Return the row of an integration in which nothing was changed."""
    return BumpRow(integration.name, f"nothing was changed: {one_line(str(reason), 300)}", True)


def row_of(bump: CoreBump, version: str, done: bool, locked: bool = True) -> BumpRow:
    """Return the row of a change that is `done`, or would be made."""
    if bump.state is BumpState.THERE:
        return BumpRow(bump.integration.name, f"has {version}")
    if bump.state is BumpState.NEWER:
        return BumpRow(bump.integration.name, f"left as it is: it has {bump.core}")
    core = f"port-ocean {bump.core or 'none'} -> {version}"
    folded = f", folded into {bump.version}" if bump.fold else ", lock only"
    own = f", {bump.version} -> {bump.after}" if bump.after else folded
    lock = "" if locked else ", without its lock"
    return BumpRow(bump.integration.name, f"{'' if done else 'would be raised: '}{core}{own}{lock}")
