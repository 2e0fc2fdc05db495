"""The changes since another revision: the integrations that they touch, and their state at that revision."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.errors import UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Fleet, Folder, Integration, Profile
from seatrial.core.rules import Rule
from seatrial.documents import holds
from seatrial.system import git
from seatrial.system.folder import with_parents
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release import INTENTS, SUFFIXES, Change
from seatrial.validate.facts.suppressions import EXEMPTIONS
from seatrial.validate.run import check_all
from seatrial.workspace.committed import judged_alike
from seatrial.workspace.workspace import Workspace

_COMPARED = re.compile(
    r"pyproject\.toml|\.port/spec\.\w+|\.port/resources/[^/]+\.(?:json|ya?ml)" rf"|{re.escape(EXEMPTIONS)}"
)
"""The files from which an integration's contract and its suppressions are read."""

_COMPARED_WITH_CODE = re.compile(rf"{_COMPARED.pattern}|.+\.py")
"""The same with those that declare selectors."""

ALL = 1_000_000
"""More problems of a rule in one integration than any has; a limit would make findings behind it look new."""

BRANCHES = ("main", "master")


@dataclass(frozen=True)
class Since:
    """The difference between the work tree and its merge base with a revision.

    `rev` is the revision as typed, `base` the merge base, `paths` the changed paths of each integration, by its path,
    `around` those outside of all integrations.
    """

    workspace: Workspace
    rev: str
    base: str
    paths: Mapping[str, Sequence[str]]
    around: Sequence[str] = ()

    def touched(self, integrations: Iterable[Integration]) -> list[Integration]:
        """The integrations that have a change."""
        return [one for one in integrations if one.path in self.paths]

    def changes(self, integrations: Sequence[Integration]) -> Mapping[str, Change]:
        """The change of each integration that has one, by its path. Raises as `since`."""
        changed = self.touched(integrations)
        compared = _COMPARED_WITH_CODE if self._changes_code(changed) else _COMPARED
        folders = git.folders_at(
            self.workspace.root,
            self.base,
            [one.path for one in changed],
            soon=lambda path: compared.fullmatch(path) is not None,
        )
        is_covered, lifted = self._is_covered(), self._lifted()
        published = self._published(changed)
        return {
            one.path: Change(
                since=self.rev,
                paths=tuple(self.paths[one.path]),
                base=self._state(one, folders[one.path]),
                published=published.get(one.path, {}),
                is_covered=is_covered,
                lifted=lifted,
            )
            for one in changed
        }

    def findings_before(
        self, integrations: Iterable[Integration], rules: Sequence[Rule], jobs: int
    ) -> frozenset[str]:
        """The fingerprints of what these rules find in these integrations at the merge base. Raises as `since`.

        The settings are those of the work tree, on both sides.
        """
        paths = {one.path for one in self.touched(integrations)}
        before = judged_alike(
            self.workspace, self.base, lambda path: not paths.isdisjoint(with_parents(path))
        )
        there = [one for one in before.integrations if one.path in paths]
        found = check_all(before, there, rules, jobs, advice=True, most=ALL).outcome.findings
        return frozenset(finding.fingerprint for finding in found)

    def _changes_code(self, integrations: Iterable[Integration]) -> bool:
        return any(path.endswith(".py") for one in integrations for path in self.paths[one.path])

    def _lifted(self) -> tuple[str, ...]:
        """The holds, by their paths from the root, that are gone with the folders that they were in."""
        named = (path for path in self.around if path.rpartition("/")[2].upper() == holds.FILE.upper())
        return tuple(path for path in named if not os.path.lexists(self.workspace.root / path))

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

    def compared(self, outcome: Outcome, rules: Sequence[Rule], jobs: int) -> Outcome:
        """Return an outcome with the findings marked as old that were there at the merge base. Raises as `since`."""
        if self.since is None:
            return outcome
        return outcome.comparing(self.since.rev, self.since.findings_before(self.integrations, rules, jobs))

    def changes(self, rules: Sequence[Rule]) -> Mapping[str, Change]:
        """Return what has changed in each, by its path, if one of the rules needs it. Raises as `since` does."""
        wanted = self.since and any("change" in rule.needs for rule in rules)
        return self.since.changes(self.integrations) if self.since and wanted else {}


def since(workspace: Workspace, rev: str) -> Since:
    """Compare the work tree with its merge base with `rev`.

    Raises UsageError for an unknown revision, ServiceError where git fails.
    """
    base = git.merge_base(workspace.root, rev)
    changed = git.changed(workspace.root, base)
    owned = [(_owner(workspace, path), path) for path in changed]
    around = tuple(path for owner, path in owned if owner is None)
    return Since(workspace, rev, base, _by_integration(owned), around)


def _is_of_framework(path: str) -> bool:
    return not path.endswith(".md") and (path.startswith("port_ocean/") or path == "pyproject.toml")


def _owner(workspace: Workspace, path: str) -> str | None:
    """The path of the integration that holds a changed path; None where none does."""
    known = workspace.fleet.keep("paths", lambda: frozenset(one.path for one in workspace.integrations))
    return next((parent for parent in (*with_parents(path), "") if parent in known), None)


def _by_integration(owned: Iterable[tuple[str | None, str]]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for owner, path in owned:
        if owner is not None:
            found.setdefault(owner, []).append(path.removeprefix(owner).removeprefix("/"))
    return found


TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""The variables in which GitHub and GitLab give the branch that a pull or merge request is for."""


def target_branch(environ: Mapping[str, str]) -> str:
    """Return the branch that CI judges a pull or merge request for; empty elsewhere."""
    return next((environ[name] for name in TARGETS if environ.get(name)), "")


def default_revision(workspace: Workspace, environ: Mapping[str, str] = os.environ) -> str:
    """The revision that branches start from: the target of CI's pull request, else the remote's default branch.

    A target that the clone does not have is fetched. Raises UsageError where git knows none, ServiceError where
    fetching fails.
    """
    remote = workspace.settings.release.remote or "origin"
    target = target_branch(environ)
    if target and git.find(workspace.root, f"{remote}/{target}") is None:
        git.fetch_branch(workspace.root, remote, target)
    named = f"{remote}/{target}" if target else git.default_branch(workspace.root, remote)
    candidates = [*([named] if named else []), *(f"{remote}/{branch}" for branch in BRANCHES)]
    for rev in candidates:
        if git.find(workspace.root, rev):
            return rev
    raise UsageError(
        f"git knows neither {' nor '.join(candidates[-2:])}; say what this change is compared with, with --since REV"
    )
