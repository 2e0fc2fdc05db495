"""The changes since another revision: the integrations that they touch, and their state at that revision."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path

from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Fleet, Folder, Integration, Profile, Severity
from seatrial.core.rules import Rule
from seatrial.dependencies.lockfile import LOCK
from seatrial.documents import holds
from seatrial.documents.group_intents import FOLDER, group_intents
from seatrial.system import git
from seatrial.system.folder import with_parents
from seatrial.system.machine import cores
from seatrial.validate.effects import SharedChange, settings_effects, shared_changes
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.items import value_at
from seatrial.validate.facts.package_metadata import PYPROJECT, Package
from seatrial.validate.facts.release_change import INTENTS, SUFFIXES, BotChange, Change, Fold
from seatrial.validate.facts.suppressed_codes import EXEMPTIONS
from seatrial.validate.run import ALL, check_all
from seatrial.workspace.committed import compared_workspace, former
from seatrial.workspace.workspace import Workspace, below_checkout

_COMPARED = re.compile(
    r"pyproject\.toml|\.port/spec\.\w+|\.port/resources/[^/]+\.(?:json|ya?ml)" rf"|{re.escape(EXEMPTIONS)}"
)
"""The files from which an integration's contract and its suppressions are read."""

_COMPARED_WITH_CODE = re.compile(rf"{_COMPARED.pattern}|.+\.py")
"""The same with those that declare selectors."""

MOST_COMMITS = 1_000
"""The commits of a change in one integration that are read; a change with as many is none of bots alone."""


@dataclass(frozen=True)
class Since:
    """The difference between the work tree and its merge base with a revision.

    `rev` is the revision as typed, `base` the merge base, `paths` the changed paths of each integration, by its path,
    `around` those outside of all integrations, `reached` the paths of the integrations that have no change, but a
    link that leads to one, each with the places on the way. `resettled` are those of others on which changed settings
    change the verdict, each with the reason. `shared` are the changes outside that concern some or all.
    """

    workspace: Workspace
    rev: str
    base: str
    paths: Mapping[str, Sequence[str]]
    around: Sequence[str] = ()
    reached: Mapping[str, Sequence[str]] = field(default_factory=dict)
    resettled: Mapping[str, str] = field(default_factory=dict)
    shared: Sequence[SharedChange] = ()

    def touched(self, integrations: Iterable[Integration], undeclared: bool = True) -> list[Integration]:
        """The integrations that have a change, are reached by one, share one, or are judged by other settings.

        Without `undeclared`, not all of them for a file about which nothing is declared.
        """
        affected = self.paths.keys() | self.reached.keys() | self.resettled.keys()
        told = (one for one in self.shared if undeclared or not one.is_undeclared)
        kinds = {(tuple(one.names), one.folder): one for one in told}.values()
        return [
            one
            for one in integrations
            if one.path in affected or any(shared.concerns(one) for shared in kinds)
        ]

    @property
    def undeclared(self) -> Sequence[str]:
        """The changed paths that affect all integrations because nothing says whom they concern."""
        return [one.path for one in self.shared if one.is_undeclared]

    def reasons(self, integration: Integration) -> Iterator[str]:
        """Yield why an integration is among those touched, a line each; nothing for another one."""
        yield from (f"{integration.below(path)} has changed" for path in self.paths.get(integration.path, ()))
        if integration.path in self.reached:
            link, *places = self.reached[integration.path]
            yield f"{link} is a link to {', which leads to '.join(places)}, which has changed"
        if integration.path in self.resettled:
            yield self.resettled[integration.path]
        yield from (one.why for one in self.shared if one.concerns(integration))

    def changes(self, integrations: Sequence[Integration]) -> Mapping[str, Change]:
        """The change of each integration that has one, by its path. Raises as `since`."""
        changed = [one for one in integrations if one.path in self.paths]
        compared = _COMPARED_WITH_CODE if self._changes_code(changed) else _COMPARED
        folders = git.folders_at(
            self.workspace.root,
            self.base,
            [one.path for one in changed],
            soon=lambda path: compared.fullmatch(path) is not None,
        )
        is_covered, lifted = self._is_covered(), self._lifted()
        published, by_rule = self._published(changed), self._by_rule(changed)
        states = {one.path: self._state(one, folders[one.path]) for one in changed}
        folds = self._folds(changed, states)
        return {
            one.path: Change(
                since=self.rev,
                paths=tuple(self.paths[one.path]),
                base=states[one.path],
                published=published.get(one.path, {}),
                is_covered=is_covered,
                lifted=lifted,
                by_rule=by_rule.get(one.path, ()),
                fold=folds.get(one.path),
            )
            for one in changed
        }

    def findings_before(
        self, integrations: Iterable[Integration], rules: Sequence[Rule], jobs: int, advice: bool = False
    ) -> Sequence[Finding]:
        """What these rules find in these integrations at the merge base, by its own settings. Raises as `since`.

        Rules of severity advice are left out without `advice`. What rules ask of other integrations is asked of those
        in the work tree, where they are the same.
        """
        paths = {one.path for one in self.touched(integrations)}
        before = compared_workspace(
            self.workspace, self.base, lambda path: not paths.isdisjoint(with_parents(path))
        )
        there = [one for one in before.integrations if one.path in paths]
        same = before.fleet.paths - self.paths.keys() - self.reached.keys()
        before = replace(before, fleet=before.fleet.sharing(self.workspace.fleet, same))
        unwanted = (None,) if advice else (None, Severity.ADVICE)
        stated, profile = before.settings.severities, before.profile
        on = [rule for rule in rules if rule.weight(stated, profile) not in unwanted]
        found = check_all(before, there, on, jobs, advice=True, most=ALL).outcome.findings
        moved = {one.path: place for one in there if (place := former(one))}
        if not moved:
            return found
        then = check_all(before, [*moved.values()], on, jobs, advice=True, most=ALL).outcome.findings
        return _without_what_moving_brings(found, then, moved)

    def _changes_code(self, integrations: Iterable[Integration]) -> bool:
        return any(path.endswith(".py") for one in integrations for path in self.paths[one.path])

    def _lifted(self) -> tuple[str, ...]:
        """The holds, by their paths from the root, that are gone with the folders that they were in."""
        named = (path for path in self.around if path.rpartition("/")[2].upper() == holds.FILE.upper())
        return tuple(path for path in named if not os.path.lexists(self.workspace.root / path))

    def _by_rule(self, integrations: Sequence[Integration]) -> Mapping[str, tuple[BotChange, ...]]:
        """What bots bring by rule, for each integration in which they committed every change and nobody else did.

        In Ocean's repository nothing, as its own check wants an intent file.
        """
        rules, root = self.workspace.settings.release.bots, self.workspace.root
        if not rules or self.workspace.profile is Profile.OCEAN:
            return {}
        uncommitted = set(git.changed(root, git.head(root).commit))
        found = {}
        for one in integrations:
            commits = git.authored(root, self.base, one.path, MOST_COMMITS)
            brought = [BotChange.of(each.name, each.email, each.subject, rules) for each in commits]
            committed = {path for each in commits for path in each.paths} - uncommitted
            whole = {one.below(path) for path in self.paths[one.path]} <= committed
            if whole and len(commits) < MOST_COMMITS and all(brought):
                found[one.path] = tuple(dict.fromkeys(filter(None, brought)))
        return found

    def _folds(
        self, integrations: Iterable[Integration], states: Mapping[str, Facts | None]
    ) -> Mapping[str, Fold]:
        """Return what is folded of each integration in which the change raises the framework and does nothing else."""
        groups = group_intents(self.workspace.folder(FOLDER))
        found = {}
        for one in integrations if groups else ():
            facts, base = Facts.of(self.workspace, one), states[one.path]
            fold = Fold.of(groups, one.path, facts.package)
            if fold and base and _raises_framework_only(base, facts, self.paths[one.path]):
                found[one.path] = fold
        return found

    def _is_covered(self) -> bool:
        """True where the change touches Ocean's framework and adds an intent for it, which releases integrations too.

        Source: `validator.py` in Ocean's `scripts/ci/ocean_release`, at the commit 7eddc2d43a.
        """
        if self.workspace.profile is not Profile.OCEAN or not any(map(_is_of_framework, self.around)):
            return False
        changed = [one for one in self.around if one.startswith(f"{INTENTS}/") and one.endswith(SUFFIXES)]
        known = git.folder_at(self.workspace.root, self.base, INTENTS).paths() if changed else ()
        present = (one for one in changed if os.path.lexists(self.workspace.root / one))
        return any(one.removeprefix(f"{INTENTS}/") not in known for one in present)

    def _state(self, integration: Integration, folder: Folder) -> Facts | None:
        """The integration in a folder of the merge base; None where there was none."""
        if folder.entry("pyproject.toml") is None and folder.entry(".port") is None:
            return None
        state = Integration(integration.name, integration.path, folder)
        return Facts(state, self.workspace.profile, Fleet([state]), self.workspace.settings)

    def _published(self, integrations: Sequence[Integration]) -> Mapping[str, Mapping[str, str]]:
        """For each integration its version and the tagged commit, where a git tag outside of the change has it."""
        git_tag = self.workspace.settings.release.git_tag
        versions = {one.path: self._proposed(one) for one in integrations}
        names = {path: git_tag(*proposed) for path, proposed in versions.items() if all(proposed)}
        tags = git.tags_called(self.workspace.root, sorted(set(names.values())))
        outside = {name for name, commit in tags.items() if not self._is_within(commit)}
        return {path: {versions[path][1]: tags[name]} for path, name in names.items() if name in outside}

    def _proposed(self, integration: Integration) -> tuple[str, str]:
        """Return the type, and the version in `pyproject.toml`: authors raise it first, the spec's must agree."""
        facts = Facts.of(self.workspace, integration)
        if facts.package is None:
            return "", ""
        return facts.published_as[0] or facts.package.name, facts.package.version

    def _is_within(self, commit: str) -> bool:
        """True where a commit is after the merge base and not after the checked-out commit."""
        root = self.workspace.root
        return git.is_ancestor(root, commit, "HEAD") and not git.is_ancestor(root, commit, self.base)


@dataclass(frozen=True)
class Choice:
    """A workspace, the integrations chosen in it, and the revision they are compared with, if any."""

    workspace: Workspace
    integrations: Sequence[Integration]
    since: Since | None = None

    def compared(self, outcome: Outcome, rules: Sequence[Rule], jobs: int, advice: bool = False) -> Outcome:
        """Return an outcome with the findings marked as old that were there at the merge base. Raises as `since`."""
        if self.since is None:
            return outcome
        before = self.since.findings_before(self.integrations, rules, jobs, advice)
        return outcome.comparing(self.since.rev, before)

    def changes(self, rules: Sequence[Rule]) -> Mapping[str, Change]:
        """Return what has changed in each, by its path, if one of the rules needs it. Raises as `since` does."""
        wanted = self.since and any("change" in rule.needs for rule in rules)
        return self.since.changes(self.integrations) if self.since and wanted else {}


MOST_LINKS = 40
"""The most links followed in a row. Source: MAXSYMLINKS of Linux."""


def _looked_at(root: Path, path: str) -> Iterator[str]:
    """Yield the links that lead on from a path below the root, itself among them, and the end that they lead to."""
    for _ in range(MOST_LINKS):
        link = _first_link(root, path)
        if link is None:
            break
        yield link
        path = posixpath.normpath(
            posixpath.join(posixpath.dirname(link), os.readlink(root / link), path[len(link) + 1 :])
        )
        if path in ("", "."):
            return
    yield path


def _first_link(root: Path, path: str) -> str | None:
    """Return the uppermost link on a path below the root; what is below a place where nothing is, is not looked at."""
    for one in _from_above(path):
        try:
            mode = os.lstat(f"{root}/{one}").st_mode
        except (OSError, ValueError):
            return None
        if stat.S_ISLNK(mode):
            return one
    return None


def _from_above(path: str) -> list[str]:
    return list(with_parents(path))[::-1]


def since(workspace: Workspace, rev: str) -> Since:
    """Compare the work tree with its merge base with `rev`.

    Raises UsageError for an unknown revision, ServiceError where git fails.
    """
    base = git.merge_base(workspace.root, rev)
    changed = _changed(workspace, base)
    owned = [(_owner(workspace, path), path) for path in changed]
    around = tuple(path for owner, path in owned if owner is None)
    paths = _by_integration(owned)
    reached = _reached(workspace, changed, paths)
    others = [one for one in workspace.integrations if one.path not in paths.keys() | reached.keys()]
    resettled = settings_effects(workspace, base, around, others, _outcome)
    return Since(
        workspace, rev, base, paths, around, reached, resettled, shared_changes(workspace, base, around)
    )


def _without_what_moving_brings(
    found: Iterable[Finding], then: Iterable[Finding], moved: Mapping[str, Integration]
) -> list[Finding]:
    """Leave out the findings of moved integrations that they did not have in the place where they were."""
    places = {(one.code, one.path, one.line) for one in then}
    former_paths = {path: one.path for path, one in moved.items()}

    def was_there(one: Finding) -> bool:
        path = next((path for path in with_parents(one.path) if path in former_paths), None)
        return path is None or (one.code, former_paths[path] + one.path[len(path) :], one.line) in places

    return [one for one in found if was_there(one)]


def _outcome(workspace: Workspace, integrations: Sequence[Integration], rules: Sequence[Rule]) -> Outcome:
    return check_all(workspace, integrations, rules, cores(), advice=True, most=ALL).outcome


def _changed(workspace: Workspace, base: str) -> Sequence[str]:
    """Return the changed paths from the root, those of the repository around it among them, which begin with `..`."""
    changed, above = git.changed(workspace.root, base), below_checkout(workspace.root, workspace.checkout)
    if not above:
        return changed
    everywhere = git.changed(workspace.checkout, base)
    outside = (one for one in everywhere if not one.startswith(f"{above}/"))
    return [*(posixpath.relpath(one, above) for one in outside), *changed]


def _reached(
    workspace: Workspace, changed: Sequence[str], paths: Mapping[str, Sequence[str]]
) -> Mapping[str, Sequence[str]]:
    """Return the paths of the integrations that have no change, but are reached by one, with the places on the way."""
    others = workspace.fleet.paths - paths.keys()
    if not changed or not others:
        return {}
    around = {parent for path in changed for parent in with_parents(path)}
    gone = {*changed}

    def way_to_change(link: str) -> Sequence[str]:
        places = list(_looked_at(workspace.root, link))
        leads = any(one in around for one in places) or not gone.isdisjoint(with_parents(places[-1]))
        return list(dict.fromkeys((link, *places))) if leads else ()

    found: dict[str, Sequence[str]] = {}
    for link in git.links(workspace.root):
        owner = _owner(workspace, link)
        if owner is not None and owner in others and owner not in found and (way := way_to_change(link)):
            found[owner] = way
    return found


def _raises_framework_only(base: Facts, facts: Facts, paths: Sequence[str]) -> bool:
    """Return whether a change is one of the framework: in `pyproject.toml` its constraint alone, and the lock."""
    return (
        {*paths} <= {PYPROJECT, LOCK}
        and _cores(base) != _cores(facts)
        and _without_core(base.package) == _without_core(facts.package)
    )


def _cores(facts: Facts) -> tuple[str, Sequence[str]]:
    core = facts.package.core if facts.package else None
    return core.constraint if core else "", [one.text for one in facts.lock.cores] if facts.lock else []


def _without_core(package: Package | None) -> object:
    """Return the values of a `pyproject.toml` less the framework's constraint."""
    if package is None or package.core is None:
        return None
    value = deepcopy(package.document.value)
    holder = value_at(value, *map(str, package.core.keys[:-1]))
    table = isinstance(package.core.value, dict)
    holder[package.core.keys[-1]] = {**package.core.value, "version": ""} if table else ""
    return value


def _is_of_framework(path: str) -> bool:
    return not path.endswith(".md") and (path.startswith("port_ocean/") or path == "pyproject.toml")


def _owner(workspace: Workspace, path: str) -> str | None:
    """The path of the integration that holds a changed path; None where none does."""
    if path.startswith("../"):
        return None
    return next((parent for parent in (*with_parents(path), "") if parent in workspace.fleet.paths), None)


def _by_integration(owned: Iterable[tuple[str | None, str]]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for owner, path in owned:
        if owner is not None:
            found.setdefault(owner, []).append(path.removeprefix(owner).removeprefix("/"))
    return found
