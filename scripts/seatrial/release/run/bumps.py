"""Release intents: declared in a file each, and applied to all chosen integrations or to none."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Fleet, Integration, Profile, Severity, join
from seatrial.core.names import counted
from seatrial.core.settings import Settings
from seatrial.core.suggest import did_you_mean
from seatrial.core.version import BUMPS, Version
from seatrial.documents import intents
from seatrial.documents.group_intents import FOLDER as GROUPS
from seatrial.documents.group_intents import group_intents
from seatrial.documents.integration import SPEC_FILES
from seatrial.release.places import must_not_be_linked
from seatrial.release.plan.bump import Bump, bump
from seatrial.system import git, transaction
from seatrial.system.transaction import FileEdit
from seatrial.validate.facts.changelog_entries import FOLDER
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.package_metadata import PYPROJECT
from seatrial.validate.facts.release_change import (
    INTENTS,
    SUFFIXES,
    TYPES,
    BotChange,
    Change,
    Fold,
    meant_bump,
    meant_type,
)
from seatrial.validate.rules import RULES
from seatrial.validate.run import check
from seatrial.workspace.workspace import Workspace

MAX_SLUG = 40

MOST_COMMITS = 500
"""The newest commits of an integration that are looked at for those of bots."""

NAMED = 5
"""Integrations that the title of a pull request names."""

WRITTEN = ("pyproject.toml", "CHANGELOG.md", *SPEC_FILES, INTENTS)
"""The files and the folder that a bump changes."""

BLOCKING = frozenset({
    "LAY002", "LAY003", "LAY101", "SPC001", "SPC005", "SPC201", "PKG001", "PKG002", "PKG103",
    "CHG001", "CHG002", "CHG101", "CHG102", "CHG108", "CHG109", "CHG201",
})  # fmt: skip
"""Faults with which the next version, or the place to write it, cannot be known."""


@dataclass(frozen=True)
class IntentRequest:
    """An intent as typed; None for what was not given."""

    bump: str | None
    type: str | None
    message: str | None


def declare(
    workspace: Workspace, chosen: Sequence[Integration], request: IntentRequest, day: date
) -> Sequence[str]:
    """Write an intent for each integration, all or none; return their paths from the root.

    Raises UsageError for a request that no release could fulfil and for a link on the way, and ServiceError.
    """
    text = _intent_text(request)
    for one in chosen:
        _must_be_bumpable(Facts.of(workspace, one), request)
    paths = [one.below(f"{INTENTS}/{_file_name(request.message or '', day)}") for one in chosen]
    _must_not_be_linked(workspace, paths)
    transaction.change_all(workspace.root, [FileEdit(path, None, text.encode()) for path in paths])
    return paths


def _must_not_be_linked(workspace: Workspace, paths: Iterable[str]) -> None:
    for path in paths:
        must_not_be_linked(workspace.root / path, workspace.root)


def _intent_text(request: IntentRequest) -> str:
    part, kind = (request.bump or "").lower(), (request.type or "").lower()
    _must_be_known("bump", part, BUMPS, meant_bump(part))
    _must_be_known("type", kind, TYPES, meant_type(kind))
    if not request.message:
        raise UsageError('say what changes for users, in one line, with --message "..."')
    try:
        return intents.written(part, kind, request.message)
    except ValueError as wrong:
        raise UsageError(f"no intent can be made of --message: {wrong}") from None


def _must_be_known(flag: str, word: str, known: Sequence[str], near: str | None) -> None:
    listed = f"{', '.join(known[:-1])} or {known[-1]}"
    if not word:
        raise UsageError(f"say --{flag} {listed}")
    if word not in known:
        raise UsageError(f'--{flag} is {listed}, not "{word[:60]}"{did_you_mean(near)}')


def _must_be_bumpable(facts: Facts, request: IntentRequest) -> None:
    version = facts.package.version if facts.package else ""
    try:
        Version.parse(version).bumped((request.bump or "").lower())
    except ValueError as wrong:
        raise UsageError(f"{facts.integration.name} has no next version: {wrong}") from None


def _file_name(message: str, day: date) -> str:
    """Return a unique file name that sorts by day and tells what the intent is about."""
    return "-".join((day.isoformat(), *_slug(message), secrets.token_hex(4))) + ".yaml"


def _slug(message: str) -> Iterator[str]:
    """Yield the first words of a text, as many as fit."""
    room = MAX_SLUG
    for word in re.findall(r"[a-z0-9]+", message.lower().replace("'", "")):
        room -= len(word) + 1
        if room < 0:
            return
        yield word


@dataclass(frozen=True)
class BumpPlan:
    """The bumps of all chosen integrations that have intents; none where a finding is in the way.

    `outcome` holds the findings that are in the way, `notes` says which files are left as they are.
    """

    bumps: tuple[Bump, ...]
    outcome: Outcome
    notes: tuple[str, ...]


def plan(
    workspace: Workspace, chosen: Sequence[Integration], day: date, fold_days: int | None = None
) -> BumpPlan:
    """Return what to change on this day, before any file is written.

    An integration without intents that was folded at least `fold_days` ago is raised too, by default those that the
    settings ask for.

    Raises UsageError for faults that no finding reports, links in what is written among them, and ServiceError.
    """
    facts = [Facts.of(workspace, one) for one in chosen]
    bots = {one.integration.path: by_bots(workspace, one) for one in facts}
    folds = folded(workspace, facts)
    days = workspace.settings.release.fold_days if fold_days is None else fold_days
    due = {path for path, fold in folds.items() if days is not None and (day - fold.since).days >= days}
    waiting = [
        one for one in facts if one.intents.all or bots[one.integration.path] or one.integration.path in due
    ]
    _must_not_be_linked(workspace, [one.integration.below(name) for one in waiting for name in WRITTEN])
    findings = tuple(finding for one in waiting for finding in _blocking(one))
    outcome = Outcome(
        tuple(sorted(findings, key=lambda one: one.sort_key)), tuple(one.integration.name for one in waiting)
    )
    bumps = () if findings else tuple(_bump(one, day, bots, folds) for one in waiting)
    _must_not_be_linked(workspace, [join(one.path, file.path) for one in bumps for file in one.files])
    raised = {one.integration.path for one in waiting}
    left = {one.name: folds[one.path] for one in chosen if one.path in folds and one.path not in raised}
    notes = (*_framework_intents(workspace), *_fragments(waiting), *fold_lines(left))
    return BumpPlan(bumps, outcome, notes)


def _bump(
    facts: Facts, day: date, bots: Mapping[str, Sequence[BotChange]], folds: Mapping[str, Fold]
) -> Bump:
    path = facts.integration.path
    return bump(facts, day, bots[path], folds.get(path))


def folded(workspace: Workspace, facts: Iterable[Facts]) -> Mapping[str, Fold]:
    """Return what is folded of these integrations, by path. Raises ConfigurationError for a wrong group intent."""
    groups = group_intents(workspace.folder(GROUPS))
    found = {one.integration.path: Fold.of(groups, one.integration.path, one.package) for one in facts}
    return {path: fold for path, fold in found.items() if fold}


def fold_lines(folds: Mapping[str, Fold]) -> Iterator[str]:
    """Yield for people which integrations, by name, keep their version although the framework was raised."""
    by_words: dict[str, list[str]] = {}
    for name, fold in folds.items():
        by_words.setdefault(fold.words, []).append(name)
    yield from (fold_line(words, names) for words, names in sorted(by_words.items()))


def fold_line(words: str, names: Sequence[str]) -> str:
    """Return the line of those that are folded alike."""
    others = f" and {len(names) - NAMED} more" if names[NAMED:] else ""
    return f"{words}, in {counted(len(names), 'integration')}: {', '.join(names[:NAMED])}{others}"


def by_bots(workspace: Workspace, facts: Facts) -> Sequence[BotChange]:
    """Return what commits of bots bring that no version has yet, the oldest first; those with an intent bring nothing.

    They are the commits that the one that set the present version has not. A version that is raised and not committed
    has all of them. Raises UsageError for a shallow clone, ServiceError.
    """
    rules, root, one = workspace.settings.release.bots, workspace.root, facts.integration
    version = facts.package.version if facts.package else ""
    if not rules or not version or _version_at(root, "HEAD", one) != version:
        return ()
    if git.is_shallow(root):
        raise UsageError(
            "the clone is shallow, and [release.bots] needs its history; type `git fetch --unshallow`"
        )
    found = []
    for commit in git.authored(root, _set_by(root, one, version), one.path, MOST_COMMITS):
        brought = BotChange.of(commit.name, commit.email, commit.subject, rules)
        paths = tuple(path.removeprefix(one.below("")) for path in commit.paths)
        announced = any(path.startswith(f"{INTENTS}/") for path in paths)
        if brought and not announced and Change("", paths, None).shipped(workspace.profile):
            found.append(brought)
    return tuple(dict.fromkeys(reversed(found)))


def _set_by(root: Path, integration: Integration, version: str) -> str:
    """Return the newest commit that set this version; empty where none is found."""
    place = integration.below(PYPROJECT)
    for commit in git.authored(root, "", place, MOST_COMMITS):
        if _version_at(root, f"{commit.id}^", integration) != version:
            return commit.id
    return ""


def _version_at(root: Path, rev: str, integration: Integration) -> str:
    """Return the version that an integration had at a revision; empty where there was none."""
    commit = git.find(root, rev)
    folder = git.folder_at(root, commit, integration.path) if commit else None
    if folder is None or folder.entry(PYPROJECT) is None:
        return ""
    there = Facts(
        Integration(integration.name, integration.path, folder), Profile.GUIDE, Fleet([]), Settings()
    )
    return there.package.version if there.package else ""


def _blocking(facts: Facts) -> Iterator[Finding]:
    verdict = check(facts, [rule for rule in RULES if rule.family == "REL" or rule.code in BLOCKING])
    if verdict.crashes:
        name = facts.integration.name
        raise ServiceError(f"a rule failed on {name}: {verdict.crashes[0]}; please report it")
    yield from (finding for finding in verdict.findings if finding.severity is Severity.ERROR)


def _framework_intents(workspace: Workspace) -> Iterator[str]:
    """Note the intents at the root of Ocean's repository, which are those of the framework."""
    if any(one.path == "" for one in workspace.integrations):
        return
    folder = workspace.folder(INTENTS)
    count = sum(path.endswith(SUFFIXES) for path in folder.paths())
    if count:
        yield f"left {counted(count, 'intent')} in {INTENTS}/ at the root, for the framework's own release"


def _fragments(waiting: Sequence[Facts]) -> Iterator[str]:
    for one in waiting:
        if one.fragments:
            count = counted(len(one.fragments), "change")
            yield f"left {count} in {one.integration.below(FOLDER)}/, for towncrier to write into a later entry"


def bump_line(bump: Bump) -> str:
    """Return a bump in one line."""
    why = [counted(bump.intents, "intent")] if bump.intents or not (bump.bots or bump.fold) else []
    why += [f"{counted(bump.bots, 'change')} of bots"] if bump.bots else []
    why += [f"port-ocean {bump.fold.framework}"] if bump.fold else []
    return f"{bump.name} {bump.before} -> {bump.after} ({', '.join(why)})"


def apply(workspace: Workspace, bumps: Sequence[Bump]) -> None:
    """Write all of these bumps or none. Raises ServiceError."""
    edits = [
        FileEdit(
            path=join(one.path, file.path),
            before=file.before.encode(),
            after=None if file.after is None else file.after.encode(),
        )
        for one in bumps
        for file in one.files
    ]
    if edits:
        transaction.change_all(workspace.root, edits)


def must_be_committable(workspace: Workspace, bumps: Sequence[Bump], flag: str = "--commit") -> None:
    """Raise UsageError where a commit of these bumps would take along what is not committed yet in their files."""
    if not bumps:
        return
    git.author_email(workspace.root)
    ours = set(_paths(bumps))
    mixed = next((path for path in git.dirty(workspace.root) if path in ours), None)
    if mixed is not None:
        raise UsageError(
            f"{mixed} has changes that are not committed, which {flag} would take along; commit them first"
        )


def contents(bumps: Sequence[Bump]) -> Mapping[str, bytes | None]:
    """Return the new bytes of the files of these bumps, by their paths from the root; None for removed ones."""
    return {
        join(one.path, file.path): None if file.after is None else file.after.encode()
        for one in bumps
        for file in one.files
    }


def request_title(bumps: Sequence[Bump], profile: Profile) -> str:
    """Return the title of a pull request with these bumps, in Ocean's repository in the form of its own job.

    Source: apply-ocean-release.yml there.
    """
    if profile is not Profile.OCEAN:
        return "Raise versions"
    named = ", ".join(one.name for one in bumps[:NAMED])
    others = f" and {len(bumps) - NAMED} more" if bumps[NAMED:] else ""
    return f"[IntegrationBump] Apply version and changelog for {named}{others}"


def request_text(bumps: Sequence[Bump]) -> str:
    """Return the text of a pull request with these bumps."""
    lines = ("- " + bump_line(one) for one in bumps)
    return "\n".join(["Raises versions and writes changelogs, by release intents:", "", *lines, ""])


def commit(workspace: Workspace, bumps: Sequence[Bump]) -> str:
    """Commit the files of these bumps and nothing else; return the commit, empty without bumps.

    Raises UsageError and ServiceError as git does.
    """
    if not bumps:
        return ""
    return git.commit_only(workspace.root, _paths(bumps), commit_message(bumps, workspace.profile))


def _paths(bumps: Sequence[Bump]) -> list[str]:
    return [join(one.path, file.path) for one in bumps for file in one.files]


def commit_message(bumps: Sequence[Bump], profile: Profile) -> str:
    """Return the message of a commit: a line about all of them, and one for each.

    In Ocean's repository it has the mark by which its job that applies releases knows that they are applied.
    Source: apply-ocean-release.yml there.
    """
    first = f"{bumps[0].name} {bumps[0].after}" + (f" and {len(bumps) - 1} more" if bumps[1:] else "")
    head = (
        "chore: apply ocean releases [ocean-release]"
        if profile is Profile.OCEAN
        else f"release: bump {first}"
    )
    return "\n".join([head, "", *(bump_line(one) for one in bumps), ""])
