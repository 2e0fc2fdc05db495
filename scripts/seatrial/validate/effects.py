"""The effect of a change outside of the integrations: of settings, and of files that several of them share."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seatrial.core.errors import ConfigurationError, Unreadable
from seatrial.core.findings import Outcome
from seatrial.core.model import Folder, Integration, join
from seatrial.core.rules import Rule
from seatrial.core.settings import EVERYBODY, OwnRulesSettings, Settings, SharedFiles, fits
from seatrial.core.suggest import hint
from seatrial.core.vocabulary import TOOL_SETTINGS
from seatrial.dependencies.lockfile import LOCK, LockText
from seatrial.documents import toml
from seatrial.system import git
from seatrial.validate.facts.package_metadata import PYPROJECT
from seatrial.validate.rules import RULES
from seatrial.workspace.config import SETTINGS_FILE, settings_of
from seatrial.workspace.workspace import FRAMEWORK, MARKS, Workspace, profile_of

Judge = Callable[[Workspace, Sequence[Integration], Sequence[Rule]], Outcome]
"""Judges integrations of a workspace by rules, with all that these find, advice too."""

SHOWN = 3
"""Codes that a reason names."""


def settings_effects(
    workspace: Workspace,
    base: str,
    changed: Sequence[str],
    integrations: Sequence[Integration],
    judge: Judge,
) -> Mapping[str, str]:
    """Return the integrations, by path, whose verdict is another one under the settings of the commit `base`, and why.

    `changed` are the changed paths, `judge` runs rules. Where it cannot be told, it is all of them. Raises UsageError
    and ServiceError as git does.
    """
    own = workspace.settings.own
    rule_files = [one for one in changed if _is_of_own_rules(one, own)]
    if not integrations or not (rule_files or {SETTINGS_FILE, FRAMEWORK} & {*changed}):
        return {}
    try:
        former = under_settings_of(workspace, git.folder_at(workspace.root, base, ""))
    except (ConfigurationError, Unreadable):
        return dict.fromkeys((one.path for one in integrations), f"{SETTINGS_FILE} was not valid before")
    before, now = former.settings, workspace.settings
    if (before.own.prefix, before.own.files) != (own.prefix, own.files) or rule_files:
        place = rule_files[0] if rule_files else SETTINGS_FILE
        return dict.fromkeys(
            (one.path for one in integrations), f"{place} changes the repository's own rules"
        )
    if before.integrations != now.integrations:
        return dict.fromkeys(
            (one.path for one in integrations), f"{SETTINGS_FILE} names another folder for all"
        )
    locked = _locking(now.lint.source_packages ^ before.lint.source_packages, integrations)
    return {**locked, **_judged_otherwise(workspace, former, integrations, judge)}


def under_settings_of(workspace: Workspace, whole: Folder) -> Workspace:
    """Return a workspace with the settings and the profile that the commit with these files gives it.

    Raises ConfigurationError and Unreadable where the commit has no valid settings.
    """
    stated = settings_of(whole.read(SETTINGS_FILE)) if whole.entry(SETTINGS_FILE) else Settings()
    profile = profile_of(stated, workspace.fleet, whole.entry(FRAMEWORK) is not None)
    return replace(workspace, settings=stated, profile=profile)


def _is_of_own_rules(path: str, own: OwnRulesSettings) -> bool:
    """Return whether a path is in a folder of own rules; what lies beside them is taken for a part of them."""
    return path.endswith(".py") and any(
        posixpath.dirname(path) == posixpath.dirname(pattern) for pattern in own.files
    )


def _locking(packages: frozenset[str], integrations: Sequence[Integration]) -> Mapping[str, str]:
    """Return the integrations whose lock has a package that may be built now, or may not any more."""
    found = {}
    for one in integrations if packages else ():
        try:
            lock = LockText(one.read(LOCK)) if one.has(LOCK) else None
        except Unreadable:
            lock = None
        names = sorted(name for name in packages if lock and lock.versions(name))
        if names:
            found[one.path] = (
                f"{SETTINGS_FILE} changes lint.source-packages by {names[0]}, which its lock has"
            )
    return found


def _judged_otherwise(
    workspace: Workspace, former: Workspace, integrations: Sequence[Integration], judge: Judge
) -> Mapping[str, str]:
    """Judge by both settings, with no more rules than needed, and return those where that makes a difference."""
    now = workspace.settings
    former = replace(former, settings=replace(former.settings, own=now.own, exemptions=now.exemptions))
    rules = _rules_in_question(workspace, former)
    if not rules:
        return {}
    sides = [_told(judge(one, integrations, rules)) for one in (former, workspace)]
    found = {}
    for one in integrations:
        codes = sorted({code for code, *_ in sides[0].get(one.name, set()) ^ sides[1].get(one.name, set())})
        if codes:
            others = f" and {len(codes) - SHOWN} more" if codes[SHOWN:] else ""
            found[one.path] = f"{SETTINGS_FILE} changes what is said of {', '.join(codes[:SHOWN])}{others}"
    return found


def _rules_in_question(workspace: Workspace, former: Workspace) -> Sequence[Rule]:
    """Return the rules whose findings may differ: all of them, unless severities are all that differs."""
    every = [rule for rule in (*RULES, *workspace.own) if "change" not in rule.needs]
    if _judging(workspace) != _judging(former):
        return every
    now, then = workspace.settings.severities, former.settings.severities
    codes = {code for code in {*now, *then} if now.get(code, "default") != then.get(code, "default")}
    chosen = [rule for rule in every if rule.code in codes]
    return [*chosen, *(rule for rule in every if "suppressions" in rule.needs)] if chosen else []


def _judging(workspace: Workspace) -> object:
    """Return what else rules go by."""
    stated = workspace.settings
    return (
        workspace.profile,
        stated.known_blueprints,
        stated.known_icons,
        stated.known_sections,
        stated.newest_core,
    )


def _told(outcome: Outcome) -> Mapping[str, set[tuple[str, str, str, bool]]]:
    """Return what is told of each integration: codes, fingerprints, severities, and whether it is suppressed."""
    found: dict[str, set[tuple[str, str, str, bool]]] = {}
    for is_hidden, findings in enumerate((outcome.findings, outcome.hidden)):
        for one in findings:
            told = (one.code, one.fingerprint, one.severity.value, bool(is_hidden))
            found.setdefault(one.integration, set()).add(told)
    return found


@dataclass(frozen=True)
class SharedChange:
    """A changed file outside of the integrations, why it concerns some, and whom: by their names and their folder.

    With `is_undeclared` it concerns all for want of a word about it.
    """

    path: str
    why: str
    names: Sequence[str] = EVERYBODY
    folder: str = ""
    is_undeclared: bool = False

    def concerns(self, integration: Integration) -> bool:
        """Return whether an integration is one of those."""
        return f"{integration.path}/".startswith(join(self.folder, "")) and any(
            fits(name, integration.name) for name in self.names
        )


def shared_changes(workspace: Workspace, base: str, around: Sequence[str]) -> Sequence[SharedChange]:
    """Return the changes of files that integrations share; `around` are the changed paths outside of all of them.

    `[shared]` of the settings says whom one concerns, else what is known of such files, else it is all. No setting
    takes away what tools look for, or what an integration takes a package from. Raises as git does.
    """
    own = workspace.settings.own
    paths = [one for one in around if one != SETTINGS_FILE and not _is_of_own_rules(one, own)]
    if not paths:
        return ()
    read = [one for path in paths for one in _read_by_tools(workspace, base, path)]
    left = _left(workspace, paths)
    if sum(map(len, paths)) * len(workspace.settings.shared) > MOST_COMPARED:
        why = f"{len(paths):,} files have changed, too many to compare with the patterns below [shared]"
        return [*read, SharedChange(paths[0], why)]
    declared = (one for path in paths for one in _declared(workspace, path, left))
    found = [*read, *declared]
    is_for_all = any(one.names == EVERYBODY and not one.folder for one in found)
    return found if is_for_all else [*found, *_packages_taken(workspace, paths)]


MOST_COMPARED = 20_000_000
"""The most letters of changed paths, times patterns, that are compared; with more, the change concerns all."""


def _read_by_tools(workspace: Workspace, base: str, path: str) -> Iterator[SharedChange]:
    """Yield the change of a file in which lint tools and pytest look for settings, or by which images are built."""
    folder, name = posixpath.split(path)
    if name in TOOL_SETTINGS and not (name == PYPROJECT and _sets_tools_alike(workspace, base, path)):
        above = "" if set(folder.split("/")) <= {"..", ""} else folder
        found = SharedChange(path, f"{path} has changed, in which tools look for settings", folder=above)
        yield from [found] if any(map(found.concerns, workspace.integrations)) else ()
    dockerfile = workspace.settings.release.dockerfile
    if path in (dockerfile, f"{dockerfile}.dockerignore"):
        yield SharedChange(path, f"{path} has changed, by which images are built")


def _sets_tools_alike(workspace: Workspace, base: str, path: str) -> bool:
    """Return whether a changed `pyproject.toml` says to tools what it said before."""
    if path.startswith("../"):
        return False
    before = git.folder_at(workspace.root, base, posixpath.dirname(path))
    now = workspace.folder(posixpath.dirname(path))
    try:
        sides = [_for_tools(one.read(PYPROJECT)) if one.entry(PYPROJECT) else {} for one in (before, now)]
    except Unreadable:
        return False
    return sides[0] is not None and sides[0] == sides[1]


def _for_tools(data: bytes) -> Mapping[str, Any] | None:
    """Return the part of a `pyproject.toml` that tools read in the folders below; None if it cannot be read."""
    document = toml.load(PYPROJECT, data)
    value = document.value if isinstance(document.value, dict) else {}
    tool, project = value.get("tool", {}), value.get("project", {})
    if document.faults or not (isinstance(tool, dict) and isinstance(project, dict)):
        return None
    stated = {key: value for key, value in tool.items() if key not in ("poetry", "towncrier")}
    python = {"requires-python": project["requires-python"]} if "requires-python" in project else {}
    return {**stated, **python}


def _left(workspace: Workspace, paths: Iterable[str]) -> frozenset[str]:
    """Return the folders, by path, that were integrations before the change and are none any more."""
    marked = re.compile(rf"(.+?)/(?:{'|'.join(map(re.escape, MARKS))})(?:/.*)?")
    holder = _holder(workspace)
    found = {match[1] for match in map(marked.fullmatch, paths) if match}
    return frozenset(
        one
        for one in found
        if posixpath.dirname(one) == holder and not posixpath.basename(one).startswith((".", "_"))
    )


def _holder(workspace: Workspace) -> str:
    """Return the path of the folder that holds the integrations, empty for the root."""
    return next((posixpath.dirname(one.path) for one in workspace.integrations), "")


def _declared(workspace: Workspace, path: str, left: frozenset[str]) -> Iterator[SharedChange]:
    """Yield the change of a file with those whom the settings name, else with those whom such a file concerns."""
    stated = [one for one in workspace.settings.shared if one.matches(path)]
    named = [one for one in stated if one.names]
    for one in named:
        yield SharedChange(
            path, f'{path} has changed, which is shared by "{one.pattern}" in {SETTINGS_FILE}', one.names
        )
    if stated or path.startswith("../") or any(path.startswith(f"{one}/") for one in left):
        return
    known = _known(workspace, path)
    if known is None:
        yield SharedChange(
            path, f"{path} has changed, and nothing declares whom it concerns", is_undeclared=True
        )
    elif known:
        yield SharedChange(path, f"{path} has changed, which all share")


JUDGES = re.compile(r"\.github/workflows/seatrial-[^/]+|\.gitlab/seatrial\.yml")
"""The files by which CI judges: a change of them may bring another version of Seatrial."""

_FORGES = ("github", "gitlab", "vscode", "idea", "devcontainer", "cursor", "claude")
NOBODYS_FOLDERS = frozenset(f".{name}" for name in (*_FORGES, "fleet-release", "ocean-release")) | {
    "dist",
    "docs",
    "templates",
}
NOBODYS_FILES = frozenset({".editorconfig", ".gitlab-ci.yml", ".gitmodules", ".renovaterc"}) | {
    ".pre-commit-config.yaml",
    "CODEOWNERS",
    "LICENSE",
    "LICENSE.txt",
    "Makefile",
    PYPROJECT,
    "renovate.json",
    "tasks.py",
}
"""Folders and files at the root on which no verdict rests; beside them, Markdown anywhere outside of integrations.

What tools read in a `pyproject.toml` is seen to before.
"""

OF_OCEAN = frozenset(
    {"assets", "changelog", "deployment", "poetry.lock", "port_ocean", "profiler.py", "scripts"}
)
"""The same in Ocean's repository, whose integrations take the framework from the package index, as their locks say."""


def _known(workspace: Workspace, path: str) -> bool | None:
    """Return whether a file concerns all integrations or none; None where that is not known."""
    first, _, rest = path.partition("/")
    if JUDGES.fullmatch(path):
        return True
    if path.endswith(".md") or first in (NOBODYS_FOLDERS if rest else NOBODYS_FILES):
        return False
    if first in OF_OCEAN and (workspace.root / FRAMEWORK).is_file():
        return False
    beside = path.removeprefix(join(_holder(workspace), ""))
    return True if beside.startswith("_") and "/" in beside else None


_LEADS_OUT = re.compile(rb"path\s*=\s*[\"']\.\.")
"""The path of a package outside of the folder, in a `pyproject.toml`."""


def _packages_taken(workspace: Workspace, paths: Sequence[str]) -> Iterator[SharedChange]:
    """Yield the changes of packages that an integration takes from a folder outside of its own."""
    for one in workspace.integrations:
        for place in _local_packages(one):
            changed = next((path for path in paths if f"{path}/".startswith(join(place, ""))), None)
            if changed is not None:
                why = f"{one.below(PYPROJECT)} takes a package from {place or '.'}, in which {changed} has changed"
                yield SharedChange(changed, why, (one.name,))


def _local_packages(integration: Integration) -> Iterator[str]:
    """Yield the folders, by their paths from the root, from which an integration takes packages."""
    try:
        data = integration.read(PYPROJECT) if integration.has(PYPROJECT) else b""
    except Unreadable:
        return
    if _LEADS_OUT.search(data):
        for stated in _paths_in(toml.load(PYPROJECT, data).value):
            place = posixpath.normpath(posixpath.join(integration.path, stated))
            yield "" if place == "." else place


def _paths_in(value: Any) -> Iterator[str]:
    """Yield the values of all keys `path` that lead upwards."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == "path" and isinstance(inner, str) and inner.startswith(".."):
            yield inner
        yield from _paths_in(inner)
    for inner in value if isinstance(value, list) else ():
        yield from _paths_in(inner)


def unknown_names(workspace: Workspace) -> str:
    """Return what is wrong with the integrations that `[shared]` names; empty where each is there."""
    names = {one.name for one in workspace.integrations}
    for shared in workspace.settings.shared:
        for name in shared.names:
            if name not in names and not any(fits(name, known) for known in names):
                near = hint(name, names, "name one that is there, or take it out")
                said = f'"{shared.pattern}" below [shared] names "{name}", which is no integration'
                return f"{SETTINGS_FILE}: {said}{near}"
    return ""


def idle_patterns(workspace: Workspace, changed: Iterable[str]) -> Sequence[SharedFiles]:
    """Return the patterns under `[shared]` that fit no file: neither one that git knows, nor a changed one.

    git's own patterns are not asked for, as some take it years. Nothing is returned if that is much to compare.
    """
    shared = workspace.settings.shared
    known = git.present_files(workspace.root) if shared else ()
    if known is None:
        return ()
    paths = sorted({*known, *changed})
    near = [(one, _beginning_with(paths, re.split("[*?]", one.pattern, maxsplit=1)[0])) for one in shared]
    if sum(len(some) for _, some in near) > MOST_TRIED:
        return ()
    return [one for one, some in near if not any(one.matches(paths[at]) for at in some)]


MOST_TRIED = 500_000
"""The most files, times patterns that may fit them, that are tried to tell which pattern fits none."""


def _beginning_with(paths: Sequence[str], text: str) -> range:
    """Return where in sorted paths those are that begin with a text."""
    start = bisect_left(paths, text)
    return range(start, bisect_left(paths, True, lo=start, key=lambda path: not path.startswith(text)))
