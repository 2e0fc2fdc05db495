"""Family REL, the change: what a pull request must say of itself, held against the revision it starts from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seatrial.documents.intents import BUMP
from seatrial.model import Fix, Integration, Location, MemoryFolder, Problem, Profile
from seatrial.naming import shown
from seatrial.rules.rule import OCEAN, WARNING, Problems, rule
from seatrial.settings import Settings
from seatrial.subjects.change import Change
from seatrial.subjects.contract import Contract, Difference, differences
from seatrial.subjects.intents import INTENTS, Intents
from seatrial.subjects.package import Package
from seatrial.version import BUMPS, Version

EXAMPLE = f"{INTENTS}/serve-pages.yaml"
_INTENT = "bump: patch\nchangelog-type: improvement\nchangelog: Pages are read once\n"


def released(folder: MemoryFolder, version: str) -> MemoryFolder:
    """The template's folder with another version, wherever it states its own."""
    for path, before, after in (
        ("pyproject.toml", 'version = "0.1.0"', f'version = "{version}"'),
        (".port/spec.yaml", "version: 0.1.0", f"version: {version}"),
        ("CHANGELOG.md", "## 0.1.0 (", f"## {version} ("),
    ):
        folder = folder.edited(path, before, after)
    return folder


def _here(package: Package) -> Location:
    return package.document.at(*package.way("version"))


@rule("REL001", bad=lambda folder: folder.having("client.py", folder.read("client.py") + b"\n\nPAGE = 50\n"))
def change_without_release(
    change: Change, package: Package, intents: Intents, profile: Profile, integration: Integration
) -> Problems:
    """A change comes with a release intent, or raises the version.

    Without either nobody publishes it. Documentation is left out, and so are tests in profile guide, for no image
    has them.
    """
    shipped = change.shipped(profile)
    silent = change.is_new or change.is_by_hand(package.version) or change.announcing(intents, profile)
    if shipped and change.version and package.version and not silent:
        others = f" and {len(shipped) - 1} more" if shipped[1:] else ""
        fix = Fix(
            f"type `seatrial release.intent -i {shown(integration.name)} --bump patch --type improvement "
            '--message "what changes for users"`, or raise the version'
        )
        message = (
            f'"{shown(shipped[0])}"{others} changed since "{shown(change.since)}", which nothing will publish'
        )
        yield Problem(_here(package), message, fix)


def _twice(folder: MemoryFolder) -> MemoryFolder:
    return released(folder, "0.1.1").having(EXAMPLE, _INTENT)


@rule("REL201", bad=_twice)
def intent_beside_bump(change: Change, package: Package, intents: Intents, profile: Profile) -> Problems:
    """A version is raised by intents or by hand, not by both.

    The release of an intent counts up from the version by hand, and the change is announced under two versions.
    In Ocean's repository the intent is passed over and lies there for good.
    """
    if change.is_by_hand(package.version):
        for intent in change.announcing(intents, profile):
            message = f'the version went from "{shown(change.version)}" to "{shown(package.version)}" by hand as well'
            fix = Fix(f'delete this file, or write "{change.version}" again')
            yield Problem(Location(intent.path), message, fix)


@rule("REL202", bad=lambda folder: released(folder, "0.0.9"))
def falling_version(change: Change, package: Package) -> Problems:
    """The version is not lower than it was.

    Users get the highest one as the latest, so that this one would reach nobody. A `-dev` version is nobody's
    latest: what comes after it may be lower.
    """
    if change.move(package.version) == "fall":
        message = (
            f'"{package.version}" is lower than "{change.version}", which it was at "{shown(change.since)}"'
        )
        yield Problem(_here(package), message, Fix(f'write a version above "{change.version}"'))


@rule("REL203", bad=lambda folder: released(folder, "0.9.0"))
def published_version(change: Change, package: Package) -> Problems:
    """A version that was published is not published again.

    What people pulled under it stays what it is, so that the release would pass over this change.
    """
    commit = change.published.get(package.version)
    raised = change.is_new or change.is_by_hand(package.version)
    if commit and raised and change.move(package.version) != "fall":
        message = (
            f'"{package.version}" was published from commit {commit[:12]}, which is no part of this change'
        )
        yield Problem(_here(package), message, Fix("raise the version above it"))


_BLUEPRINTS, _MAPPING = ".port/resources/blueprints.json", ".port/resources/port-app-config.yaml"
_DATE = """,
        "dueAt": {
          "title": "Due at",
          "type": "string",
          "format": "date-time"
        }"""


def _without_date(folder: MemoryFolder) -> MemoryFolder:
    """The folder without the date that tasks are due at, and with a patch for that."""
    folder = folder.edited(_BLUEPRINTS, _DATE, "")
    return folder.edited(_MAPPING, "            dueAt: .due_at\n", "").having(EXAMPLE, _INTENT)


@rule("REL204", bad=_without_date, by_profile={OCEAN: WARNING})
def bump_below_contract(
    change: Change,
    package: Package,
    intents: Intents,
    contract: Contract,
    settings: Settings,
    profile: Profile,
) -> Problems:
    """The bump is as high as what changes for those who have the integration installed.

    Where a kind, a configuration, a blueprint or a property goes, changes its type or becomes required, what they
    have breaks: major. What comes is minor. While the major version is 0 a repository may ask for one part less, by
    `zero-versions = "shifted"` in seatrial.toml. Previews promise nothing.
    """
    found = list(_found(change, contract))
    least = change.least(any(one.breaking for one in found), settings.release.zero_versions)
    for where, bump in _bumps(change, package, intents, profile):
        if found and BUMPS.index(bump) < BUMPS.index(least):
            yield Problem(
                where, f"{_reason(found)}: this needs {least}, not {bump}", _cure(change, package, least)
            )


def _found(change: Change, contract: Contract) -> Iterator[Difference]:
    """What is promised otherwise than before, where something was promised."""
    if change.contract is not None and not change.is_preview:
        yield from differences(change.contract, contract)


def _bumps(
    change: Change, package: Package, intents: Intents, profile: Profile
) -> Iterator[tuple[Location, str]]:
    """By what the version is raised, and where that is said; of several intents the highest counts."""
    move = change.move(package.version)
    if change.is_by_hand(package.version):
        yield from [(_here(package), move)] if move in BUMPS else []
        return
    announcing = change.announcing(intents, profile)
    applied = announcing if profile is OCEAN else intents.all
    known = [one for one in applied if one.bump in BUMPS]
    if announcing and known:
        highest = max(known, key=lambda one: BUMPS.index(one.bump))
        yield highest.document.at(BUMP), highest.bump


def _reason(found: Sequence[Difference]) -> str:
    """The gravest difference, with its place, and how many more are as grave."""
    grave = [one for one in found if one.breaking] or list(found)
    more = f" and {len(grave) - 1} more" if grave[1:] else ""
    return f"{grave[0].words} ({grave[0].place}){more}"


def _cure(change: Change, package: Package, least: str) -> Fix:
    if change.is_by_hand(package.version):
        return Fix(f'raise it to "{Version.parse(change.version).bumped(least)}", or take that change back')
    return Fix(f'write "{BUMP}: {least}", or take that change back')
