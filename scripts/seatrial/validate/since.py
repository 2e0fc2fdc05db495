"""What has changed since another revision: the integrations that it touches, and how each differs from what it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.errors import UsageError
from seatrial.core.model import Fleet, Folder, Integration, Profile
from seatrial.system import git
from seatrial.system.folder import with_parents
from seatrial.validate.facts.change import Change
from seatrial.validate.facts.facts import Facts
from seatrial.workspace.workspace import Workspace

_COMPARED = re.compile(r"pyproject\.toml|\.port/spec\.\w+|\.port/resources/[^/]+\.(?:json|ya?ml)")
"""The files that what an integration promised is read from."""

BRANCHES = ("main", "master")


@dataclass(frozen=True)
class Since:
    """What differs between the work tree and the commit that it and a revision both come from.

    `rev` is the revision as it was typed, `paths` are the changed ones of each integration, by its path.
    """

    workspace: Workspace
    rev: str
    base: str
    paths: Mapping[str, Sequence[str]]

    def touched(self, integrations: Iterable[Integration]) -> list[Integration]:
        """Those that have any change."""
        return [one for one in integrations if one.path in self.paths]

    def changes(self, integrations: Sequence[Integration]) -> Mapping[str, Change]:
        """How each of those that have a change differs from what it was, by its path. Raises as `since`."""
        changed = self.touched(integrations)
        folders = git.folders_at(
            self.workspace.root,
            self.base,
            [one.path for one in changed],
            soon=lambda path: _COMPARED.fullmatch(path) is not None,
        )
        published = self._published(changed)
        return {
            one.path: Change(
                self.rev,
                tuple(self.paths[one.path]),
                self._was(one, folders[one.path]),
                published.get(one.path, {}),
            )
            for one in changed
        }

    def subjects(self, integration: Integration, change: Change | None = None) -> Facts:
        """What an integration says of itself, and what has changed in it."""
        workspace = self.workspace
        return Facts(integration, workspace.profile, workspace.fleet, workspace.settings, change)

    def _was(self, integration: Integration, folder: Folder) -> Facts | None:
        """What it was; None where there was none."""
        if folder.entry("pyproject.toml") is None and folder.entry(".port") is None:
            return None
        was = Integration(integration.name, integration.path, folder)
        return Facts(was, self.workspace.profile, Fleet([was]), self.workspace.settings)

    def _published(self, integrations: Sequence[Integration]) -> Mapping[str, Mapping[str, str]]:
        """For each integration the version it has, where that has a git tag outside of the change, and the commit."""
        versions = {one.path: self._identity(one) for one in integrations}
        names = {path: self._tag(*identity) for path, identity in versions.items() if all(identity)}
        tags = git.tags_called(self.workspace.root, sorted(set(names.values())))
        elsewhere = {name for name, commit in tags.items() if not self._is_within(commit)}
        return {path: {versions[path][1]: tags[name]} for path, name in names.items() if name in elsewhere}

    def _identity(self, integration: Integration) -> tuple[str, str]:
        """The type and the version that it is published by; empty where it does not say."""
        subjects = self.subjects(integration)
        name, version = (subjects.package.name, subjects.package.version) if subjects.package else ("", "")
        ocean = self.workspace.profile is Profile.OCEAN
        return (name if ocean else subjects.spec_type or name), version

    def _tag(self, type: str, version: str) -> str:
        return self.workspace.settings.release.tag.replace("{type}", type).replace("{version}", version)

    def _is_within(self, commit: str) -> bool:
        """Whether a commit came after the base and before what is checked out."""
        root = self.workspace.root
        return git.is_ancestor(root, commit, "HEAD") and not git.is_ancestor(root, commit, self.base)


def since(workspace: Workspace, rev: str) -> Since:
    """What has changed since `rev`, from the commit at which the branch left it.

    Raises UsageError for an unknown revision, ServiceError where git fails.
    """
    base = git.merge_base(workspace.root, rev)
    changed = git.changed(workspace.root, base)
    return Since(workspace, rev, base, _by_integration(workspace, changed))


def _by_integration(workspace: Workspace, changed: Iterable[str]) -> Mapping[str, Sequence[str]]:
    known = {one.path for one in workspace.integrations}
    found: dict[str, list[str]] = {}
    for path in changed:
        place = next((parent for parent in (*with_parents(path), "") if parent in known), None)
        if place is not None:
            found.setdefault(place, []).append(path.removeprefix(place).removeprefix("/"))
    return found


def usual(workspace: Workspace) -> str:
    """The revision that branches start from: the remote's default branch. Raises UsageError where git knows none."""
    remote = workspace.settings.release.remote or "origin"
    named = git.default_branch(workspace.root, remote)
    candidates = [*([named] if named else []), *(f"{remote}/{branch}" for branch in BRANCHES)]
    for rev in candidates:
        if git.find(workspace.root, rev):
            return rev
    raise UsageError(
        f"git knows neither {' nor '.join(candidates[-2:])}; say what this change is compared with, with --since REV"
    )
