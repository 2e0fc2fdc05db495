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

from seatrial.core.errors import ConfigurationError, Unreadable
from seatrial.core.findings import Outcome
from seatrial.core.model import Fleet, Folder, Integration, Profile, Severity
from seatrial.core.rules import Rule
from seatrial.core.settings import OwnRulesSettings, Settings
from seatrial.dependencies.lockfile import LOCK, LockText
from seatrial.documents import holds
from seatrial.documents.group_intents import FOLDER, group_intents
from seatrial.system import git
from seatrial.system.folder import with_parents
from seatrial.system.machine import cores
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.items import value_at
from seatrial.validate.facts.package_metadata import PYPROJECT, Package
from seatrial.validate.facts.release_change import INTENTS, SUFFIXES, BotChange, Change, Fold
from seatrial.validate.facts.suppressed_codes import EXEMPTIONS
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.workspace.committed import judged_alike
from seatrial.workspace.config import SETTINGS_FILE, settings_of
from seatrial.workspace.workspace import FRAMEWORK, Workspace, profile_of

SHOWN = 3
"""Codes that a reason names."""

ALL = 1_000_000
"""More problems of a rule in one integration than any has; a limit would make findings behind it look new."""


def settings_effects(
    workspace: Workspace, base: str, changed: Sequence[str], integrations: Sequence[Integration]
) -> Mapping[str, str]:
    """Return the integrations, by path, whose verdict is another one under the settings of the commit `base`, and why.

    `changed` are the changed paths. Where it cannot be told, it is all of them. Raises UsageError and ServiceError as
    git does.
    """
    own = workspace.settings.own
    rule_files = [one for one in changed if _is_of_own_rules(one, own)]
    if not integrations or (SETTINGS_FILE not in changed and not rule_files):
        return {}
    try:
        before = _settings_at(git.folder_at(workspace.root, base, ""))
    except (ConfigurationError, Unreadable):
        return dict.fromkeys((one.path for one in integrations), f"{SETTINGS_FILE} was not valid before")
    now = workspace.settings
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
    return {**locked, **_judged_otherwise(workspace, before, integrations)}


def _is_of_own_rules(path: str, own: OwnRulesSettings) -> bool:
    """Return whether a path is in a folder of own rules; what lies beside them is taken for a part of them."""
    return path.endswith(".py") and any(
        posixpath.dirname(path) == posixpath.dirname(pattern) for pattern in own.files
    )


def _settings_at(whole: Folder) -> Settings:
    return settings_of(whole.read(SETTINGS_FILE)) if whole.entry(SETTINGS_FILE) else Settings()


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
    workspace: Workspace, before: Settings, integrations: Sequence[Integration]
) -> Mapping[str, str]:
    """Judge by both settings, with no more rules than needed, and return those where that makes a difference."""
    has_framework = (workspace.root / FRAMEWORK).is_file()
    former = replace(
        workspace,
        settings=replace(before, own=workspace.settings.own, exemptions=workspace.settings.exemptions),
        profile=profile_of(before, workspace.fleet, has_framework),
    )
    rules = _rules_in_question(workspace, former)
    if not rules:
        return {}
    sides = [
        _told(check_all(one, integrations, rules, cores(), advice=True, most=ALL).outcome)
        for one in (former, workspace)
    ]
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
    change the verdict, each with the reason.
    """

    workspace: Workspace
    rev: str
    base: str
    paths: Mapping[str, Sequence[str]]
    around: Sequence[str] = ()
    reached: Mapping[str, Sequence[str]] = field(default_factory=dict)
    resettled: Mapping[str, str] = field(default_factory=dict)

    def touched(self, integrations: Iterable[Integration]) -> list[Integration]:
        """The integrations that have a change, are reached by one, or are judged otherwise by changed settings."""
        affected = self.paths.keys() | self.reached.keys() | self.resettled.keys()
        return [one for one in integrations if one.path in affected]

    def reasons(self, integration: Integration) -> Iterator[str]:
        """Yield why an integration is among those touched, a line each; nothing for another one."""
        yield from (f"{integration.below(path)} has changed" for path in self.paths.get(integration.path, ()))
        if integration.path in self.reached:
            link, *places = self.reached[integration.path]
            yield f"{link} is a link to {', which leads to '.join(places)}, which has changed"
        if integration.path in self.resettled:
            yield self.resettled[integration.path]

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
    ) -> frozenset[str]:
        """The fingerprints of what these rules find in these integrations at the merge base. Raises as `since`.

        Rules of severity advice are left out without `advice`.

        The settings are those of the work tree, on both sides. What rules ask of other integrations is asked of those
        in the work tree, where they are the same.
        """
        paths = {one.path for one in self.touched(integrations)}
        before = judged_alike(
            self.workspace, self.base, lambda path: not paths.isdisjoint(with_parents(path))
        )
        there = [one for one in before.integrations if one.path in paths]
        same = before.fleet.paths - self.paths.keys() - self.reached.keys()
        before = replace(before, fleet=before.fleet.sharing(self.workspace.fleet, same))
        unwanted = (None,) if advice else (None, Severity.ADVICE)
        stated, profile = before.settings.severities, before.profile
        on = [rule for rule in rules if rule.weight(stated, profile) not in unwanted]
        found = check_all(before, there, on, jobs, advice=True, most=ALL).outcome.findings
        return frozenset(finding.fingerprint for finding in found)

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
        if path.partition("/")[0] in ("", ".."):
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
    changed = git.changed(workspace.root, base)
    owned = [(_owner(workspace, path), path) for path in changed]
    around = tuple(path for owner, path in owned if owner is None)
    paths = _by_integration(owned)
    reached = _reached(workspace, changed, paths)
    others = [one for one in workspace.integrations if one.path not in paths.keys() | reached.keys()]
    resettled = settings_effects(workspace, base, around, others)
    return Since(workspace, rev, base, paths, around, reached, resettled)


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
    return next((parent for parent in (*with_parents(path), "") if parent in workspace.fleet.paths), None)


def _by_integration(owned: Iterable[tuple[str | None, str]]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for owner, path in owned:
        if owner is not None:
            found.setdefault(owner, []).append(path.removeprefix(owner).removeprefix("/"))
    return found
