"""Family REL: release intents as the release reads them, and what a change must announce.

The rules about a change compare the integration with the revision that a pull request starts from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from seatrial.core.errors import Unreadable
from seatrial.core.model import Edit, Fix, Integration, Location, MemoryFolder, Problem, Profile
from seatrial.core.names import shown
from seatrial.core.printable import argument
from seatrial.core.rules import GUIDE, INFO, OCEAN, OFF, WARNING, Edited, Problems, rule
from seatrial.core.settings import Settings
from seatrial.core.suggest import nearest
from seatrial.core.version import BUMPS, Version
from seatrial.documents import holds
from seatrial.documents.changelog import MARKER
from seatrial.documents.document import FaultKind
from seatrial.documents.intents import BUMP, CHANGELOG, OTHER_TYPE, TAKEN_FOR_KEY, TYPE
from seatrial.validate.facts.changelog_entries import CHANGELOG as CHANGELOG_FILE
from seatrial.validate.facts.changelog_entries import ChangelogText
from seatrial.validate.facts.contract import Contract, ContractChange, Selectors
from seatrial.validate.facts.package_metadata import Package
from seatrial.validate.facts.release_change import (
    INTENTS,
    SYNONYMS,
    TYPES,
    Change,
    Intent,
    Intents,
    ReleaseHold,
    meant_bump,
    meant_type,
)
from seatrial.validate.rules.shared import parsed_version, replaced

ALIKE = 0.6
"""The similarity from which an unknown key counts as a missing one: `changelog-message` passes, `issue` does not."""

MOST = 20
"""The number of unknown keys of an intent that are compared."""

BLOCKS = (">", ">-", ">+", "|", "|-", "|+")
"""The marks with which YAML announces that the text follows on the next lines."""

WANTED = {
    BUMP: "patch, minor or major",
    TYPE: "the type of the change",
    OTHER_TYPE: "the type of the change",
    CHANGELOG: "what changes for users",
}
"""The value of each key, in words."""

THREE_LINES = Fix(f"write three lines, {BUMP}: patch, {TYPE}: bugfix and {CHANGELOG}: with the whole text")
NO_COLON = Fix('write this line without its ":", or the whole text on one line')
KEEP_ONE = Fix("keep one of them and delete the other")

EXAMPLE = f"{BUMP}: patch\n{TYPE}: bugfix\n{CHANGELOG}: Fixed a page that was read twice\n"


def waiting(old: str, new: str, name: str = "read-pages-once.yaml") -> Edited:
    """Return the edit that adds an intent in which one text is replaced."""
    return lambda folder: folder.having(f"{INTENTS}/{name}", EXAMPLE.replace(old, new))


@rule("REL101", bad=waiting(f"{CHANGELOG}:", f"{CHANGELOG}-message:"))
def malformed_intent(intents: Intents) -> Problems:
    """A release intent states `bump`, `changelog-type` and `changelog`, whose text may go on in further lines.

    The release reads it line by line, not as YAML. A line with a colon is a key, so a further line of the text has
    none; a line without a colon belongs to the text of `changelog`, and anywhere else the release fails on it.
    """
    for intent in intents.all:
        for fault in intent.document.faults:
            again = fault.kind is FaultKind.DUPLICATE_KEY
            otherwise = NO_COLON if fault.message.endswith(TAKEN_FOR_KEY) else THREE_LINES
            yield Problem(intent.document.where(fault), fault.message, KEEP_ONE if again else otherwise)
        if intent.document.readable and intent.document.value:
            yield from _missing_keys(intent)
            yield from _unusable_text(intent)
        elif intent.document.readable:
            yield Problem(Location(intent.path), "the file says nothing", THREE_LINES)


def _missing_keys(intent: Intent) -> Iterator[Problem]:
    """Yield each key without a value, and each missing one, at the misspelled key where there is one."""
    document = intent.document
    unknown = [key for key in document.value if key not in WANTED][:MOST]
    for key in (BUMP, intent.type_key, CHANGELOG):
        near = nearest(key, unknown, ALIKE)
        if key in document.value and not intent.stated(key).strip():
            yield Problem(document.key(key), f'"{key}" says nothing', Fix(f"write {WANTED[key]} after it"))
        elif key not in document.value and near:
            where = document.key(near)
            message = f'"{key}" is missing; "{shown(near)}" means nothing'
            edit = Edit(where, near, key) if near.removeprefix("- ").lower() == key else None
            yield Problem(where, message, Fix(f'rename it to "{key}"', edit))
        elif key not in document.value:
            fix = Fix(f'write a line "{key}: " with {WANTED[key]}')
            yield Problem(Location(document.path), f'"{key}" is missing', fix)


def _unusable_text(intent: Intent) -> Iterator[Problem]:
    """Yield what would get into the changelog but cannot be the text that was meant."""
    where = intent.document.at(CHANGELOG)
    mark, *more = intent.text.split("\n", 1)
    if mark in BLOCKS and not more:
        fix = Fix("write the text here, on one line")
        yield Problem(where, f'"{mark}" would be the whole text', fix)
    elif mark in BLOCKS:
        fix = Fix(f'delete "{mark}"; the text may stay on the lines below', Edit(where, mark, ""))
        yield Problem(where, f'"{mark}" would be a part of the text', fix)
    if MARKER in intent.text:
        message = f'the text holds "{MARKER}", which belongs to the changelog alone'
        yield Problem(where, message, Fix("remove it"))


@rule("REL102", bad=waiting("patch", "pacth"))
def invalid_bump(intents: Intents, package: Package) -> Problems:
    """A bump is patch, minor or major, and one that the version allows.

    The release fails on any other. A version such as 1.2.3.rc4 can only be bumped by patch.
    """
    version = parsed_version(package.version)
    for intent in intents.all:
        where = intent.document.at(BUMP)
        if intent.bump and intent.bump not in BUMPS:
            fix = _choose(intent, BUMP, meant_bump(intent.bump), BUMPS)
            yield Problem(where, f'"{shown(intent.stated(BUMP))}" is no bump', fix)
        elif intent.bump in BUMPS[1:] and version and version.is_dotted:
            message = f'"{package.version}" can only be bumped by patch, because of how it ends'
            yield Problem(where, message, Fix(f'write "{BUMPS[0]}"'))


def _choose(intent: Intent, key: str, near: str | None, known: tuple[str, ...]) -> Fix:
    if near is None:
        return Fix(f"write {', '.join(known[:-1])} or {known[-1]}")
    written = intent.stated(key)
    plainly = written.partition("#")[0].strip().lower()
    is_known = near in (plainly, SYNONYMS.get(plainly))
    return Fix(f'write "{near}"', Edit(intent.document.at(key), written, near) if is_known else None)


@rule("REL103", bad=waiting("bugfix", "fix"))
def invalid_change_type(intents: Intents) -> Problems:
    """The type of a change is breaking, deprecation, feature, improvement, bugfix or doc.

    It decides under which heading of the changelog the change is listed.
    """
    for intent in intents.all:
        key = intent.type_key
        if intent.type and intent.type not in TYPES:
            written = intent.stated(key)
            fix = _choose(intent, key, meant_type(written), TYPES)
            yield Problem(intent.document.at(key), f'"{shown(written)}" is no type of change', fix)


@rule("REL104", bad=waiting("", "", name="read-pages-once"), severity=WARNING)
def misnamed_intent(intents: Intents) -> Problems:
    """The name of each file in `.ocean-release` ends in `.yaml` or `.yml`.

    The release skips any other file, and in Ocean's repository deletes it with the next intent that it applies.
    """
    for path in intents.strays:
        name = path.rpartition("/")[2]
        fix = Fix(f'rename it to "{shown(name.partition(".")[0])}.yaml", or move it elsewhere')
        yield Problem(Location(path), f'"{shown(name)}" is not read as an intent', fix)


@rule("REL105", bad=replaced(CHANGELOG_FILE, f"{MARKER}\n", f"{MARKER} \n"), by_profile={GUIDE: WARNING})
def text_behind_marker(changelog: ChangelogText, integration: Integration) -> Problems:
    """Nothing follows the marker on the line below which new entries are written.

    Towncrier looks for the marker immediately followed by a line end; if it finds none, it writes the next
    entry above the title.
    """
    line = _line(integration, changelog.markers[0]) if changelog.markers else ""
    start, marker, behind = line.partition(MARKER)
    if marker and behind != "\n":
        where = Location(CHANGELOG_FILE, changelog.markers[0], len(start) + 1)
        what = "text stands" if behind.strip() else "blanks stand" if behind else "no line ends"
        blank = behind.endswith("\n") and not behind.strip()
        edit = Edit(where, f"{MARKER}{behind}", f"{MARKER}\n") if blank else None
        message = f"{what} behind the marker below which new entries go"
        yield Problem(where, message, Fix('end the line immediately after "-->"', edit))


def _line(integration: Integration, number: int) -> str:
    """Return a line of the changelog with its line feed, if it has one."""
    try:
        lines = integration.read(CHANGELOG_FILE).split(b"\n", number)
    except Unreadable:
        return ""
    text = lines[number - 1].decode("utf-8", "replace").removesuffix("\r")
    return f"{text}\n" if len(lines) > number else text


def held(until: str) -> Edited:
    """Return the edit that puts the integration on hold until a day."""
    return lambda folder: folder.having(holds.FILE, holds.written("The API has changed its pages", until))


@rule("REL106", bad=held("next week"))
def malformed_hold(release_hold: ReleaseHold) -> Problems:
    """A release hold states its reason and its last day, written YYYY-MM-DD.

    The integration is not released as long as the file is there, so whoever waits for it must be able to read why,
    and somebody must look at it again.
    """
    document = release_hold.document
    if not document.readable:
        fault = document.faults[0]
        fix = Fix("write it anew with `seatrial release.hold`, or correct it by hand")
        yield Problem(document.where(fault), f"the hold cannot be read: {fault.message}", fix)
        return
    if not release_hold.reason:
        fix = Fix(f'write a line "{holds.REASON}: " with the reason, between the two lines "---"')
        yield Problem(document.at(holds.REASON), "the hold does not say why", fix)
    if release_hold.until is None:
        fix = Fix(
            f'write a line "{holds.UNTIL}: " with a day, such as 2026-12-31, between the two lines "---"'
        )
        yield Problem(document.at(holds.UNTIL), "the hold does not say until which day", fix)


@rule("REL107", bad=held("2020-01-31"), severity=WARNING)
def expired_hold(release_hold: ReleaseHold, today: date) -> Problems:
    """No release hold has passed its last day.

    Time alone lifts no hold, so that nothing is released without a person's decision. It would stay for ever if nobody
    looked at it again.
    """
    until = release_hold.until
    if until and until < today:
        fix = Fix("lift it with `seatrial release.unhold`, or state a later day with `seatrial release.hold`")
        message = f"the hold was meant until {until}, and still holds the integration"
        yield Problem(release_hold.document.at(holds.UNTIL), message, fix)


INTENT_FILE = f"{INTENTS}/serve-pages.yaml"
_INTENT = "bump: patch\nchangelog-type: improvement\nchangelog: Pages are read once\n"


def released(folder: MemoryFolder, version: str) -> MemoryFolder:
    """Return the template's folder with another version, in every file that states it."""
    for path, before, after in (
        ("pyproject.toml", 'version = "0.1.0"', f'version = "{version}"'),
        (".port/spec.yaml", "version: 0.1.0", f"version: {version}"),
        ("CHANGELOG.md", "## 0.1.0 (", f"## {version} ("),
    ):
        folder = folder.edited(path, before, after)
    return folder


def _version_place(package: Package) -> Location:
    return package.document.at(*package.way("version"))


@rule("REL001", bad=lambda folder: folder.having("client.py", folder.read("client.py") + b"\n\nPAGE = 50\n"))
def change_without_release(
    change: Change,
    package: Package,
    intents: Intents,
    contract: Contract,
    selectors: Selectors,
    settings: Settings,
    profile: Profile,
    integration: Integration,
) -> Problems:
    """A change comes with a release intent, or raises the version.

    Without either it is never published. Changes to documentation do not count, nor to tests in profile guide,
    since no image contains them, nor those of bots that have a rule in `[release.bots]` there. In Ocean's repository,
    an intent for the framework in the same change covers the integrations that it touches. A change that only raises
    the framework, as a group intent below `.fleet-release` says, waits for the next version.
    """
    shipped = change.shipped(profile)
    is_announced = change.announcing(intents, profile) or change.by_rule
    is_released = change.is_new or change.is_by_hand(package.version) or is_announced
    waits = change.is_covered or change.fold
    if shipped and change.version and package.version and not is_released and not waits:
        others = f" and {len(shipped) - 1} more" if shipped[1:] else ""
        found = change.differences(contract, selectors)
        bump = change.least(found, settings.release.zero_versions)
        sort = "breaking" if any(one.breaking for one in found) else "feature" if found else "improvement"
        fix = Fix(
            f"type `seatrial release.intent -i {argument(integration.name)} --bump {bump} --type {sort} "
            '--message "what changes for users"`, or raise the version'
        )
        message = (
            f'"{shown(shipped[0])}"{others} changed since "{shown(change.since)}", which nothing will publish'
        )
        yield Problem(_version_place(package), message, fix)


@rule(
    "REL201",
    bad=lambda folder: released(folder, "0.1.1").having(INTENT_FILE, _INTENT),
    by_profile={OCEAN: WARNING},
)
def intent_beside_bump(change: Change, package: Package, intents: Intents, profile: Profile) -> Problems:
    """A version is raised by intents or by hand, not by both.

    The release would apply the intent on top of the version raised by hand, and announce the change under two
    versions. In Ocean's repository this is a warning: the version raised by hand counts, and its release skips the
    intent.
    """
    wins = ", which counts: the release skips this intent" if profile is OCEAN else " as well"
    if change.is_by_hand(package.version):
        for intent in change.announcing(intents, profile):
            message = (
                f'the version went from "{shown(change.version)}" to "{shown(package.version)}" by hand{wins}'
            )
            fix = Fix(f'delete this file, or set the version back to "{change.version}"')
            yield Problem(Location(intent.path), message, fix)


@rule("REL202", bad=lambda folder: released(folder, "0.0.9"))
def falling_version(change: Change, package: Package) -> Problems:
    """The version is not lower than before.

    Users get the highest version as the latest, so a lower one would reach nobody. A `-dev` version is never the
    latest, so the version after it may be lower.
    """
    if change.move(package.version) == "fall":
        message = (
            f'"{package.version}" is lower than "{change.version}", which it was at "{shown(change.since)}"'
        )
        yield Problem(_version_place(package), message, Fix(f'write a version above "{change.version}"'))


@rule("REL203", bad=lambda folder: released(folder, "0.9.0"))
def published_version(change: Change, package: Package) -> Problems:
    """A version that is already published is not used again.

    A published version never changes, so the release would skip this change.
    """
    commit = change.published.get(package.version)
    raised = change.is_new or change.is_by_hand(package.version)
    if commit and raised and change.move(package.version) != "fall":
        message = (
            f'"{package.version}" was published from commit {commit[:12]}, which is no part of this change'
        )
        yield Problem(_version_place(package), message, Fix("raise the version above it"))


def _as_final(folder: MemoryFolder) -> MemoryFolder:
    """Return the folder with its first version as a final one of another number."""
    raised = folder.edited("pyproject.toml", 'version = "0.1.0"', 'version = "1.0.0"')
    return raised.edited(CHANGELOG_FILE, "## 0.1.0 (", "## 1.0.0 (")


@rule("REL205", bad=_as_final, by_profile={GUIDE: OFF, OCEAN: INFO}, is_of_new=True)
def new_integration_not_beta(change: Change, package: Package) -> Problems:
    """A new integration of Ocean's repository begins as a beta, such as `0.1.0-beta`.

    Ocean's contributing guide asks for it, so that there is time for tests and feedback before it is released for
    everybody. `-dev` is accepted as well. Elsewhere this is off; settings of a repository can switch it on.
    """
    version = parsed_version(package.version)
    if change.is_new and version and str(version) == ".".join(map(str, version.release)):
        message = f'the first version is "{version}", not a beta'
        fix = Fix(f'write "{version}-beta", in {CHANGELOG_FILE} too')
        yield Problem(_version_place(package), message, fix)


_BLUEPRINTS, _MAPPING = ".port/resources/blueprints.json", ".port/resources/port-app-config.yaml"
_DATE = """,
        "dueAt": {
          "title": "Due at",
          "type": "string",
          "format": "date-time"
        }"""


def _without_date(folder: MemoryFolder) -> MemoryFolder:
    """Return the folder without the property `dueAt` of a task, announced as a patch."""
    folder = folder.edited(_BLUEPRINTS, _DATE, "")
    return folder.edited(_MAPPING, "            dueAt: .due_at\n", "").having(INTENT_FILE, _INTENT)


@rule("REL204", bad=_without_date, by_profile={OCEAN: WARNING})
def bump_below_contract(
    change: Change,
    package: Package,
    intents: Intents,
    contract: Contract,
    selectors: Selectors,
    settings: Settings,
    profile: Profile,
) -> Problems:
    """The bump is high enough for what changes for users who have the integration installed.

    Removing a kind, a selector of a kind, a configuration, an action or an input of one, a blueprint or a property,
    changing its type or making it required breaks installed integrations and needs major. Adding one, but for a
    selector, needs minor. While the major version is 0, a repository may require one level less with
    `zero-versions = "shifted"` in seatrial.toml. Previews are not checked. In Ocean's repository this is a warning,
    since its own check lets any bump pass.
    """
    found = change.differences(contract, selectors)
    least = change.least(found, settings.release.zero_versions)
    for where, bump in _bumps(change, package, intents, profile):
        if found and BUMPS.index(bump) < BUMPS.index(least):
            message = f"{_reason(found)}: this needs {least}, not {bump}"
            yield Problem(where, message, _raise_to(least, change, package))


def _bumps(
    change: Change, package: Package, intents: Intents, profile: Profile
) -> Iterator[tuple[Location, str]]:
    """Yield the bump of this change and the place that states it; of several intents the highest counts."""
    move = change.move(package.version)
    if change.is_by_hand(package.version):
        yield from [(_version_place(package), move)] if move in BUMPS else []
        return
    announcing = change.announcing(intents, profile)
    applied = announcing if profile is OCEAN else intents.all
    known = [one for one in applied if one.bump in BUMPS]
    if announcing and known:
        highest = max(known, key=lambda one: BUMPS.index(one.bump))
        yield highest.document.at(BUMP), highest.bump
    elif change.by_rule:
        yield _version_place(package), change.bump_by_rule


def _reason(found: Sequence[ContractChange]) -> str:
    """Return the first of the most serious differences, its place, and the number of others as serious."""
    serious = [one for one in found if one.breaking] or found
    more = f" and {len(serious) - 1} more" if serious[1:] else ""
    return f"{serious[0].words} ({serious[0].place}){more}"


def _raise_to(least: str, change: Change, package: Package) -> Fix:
    if change.is_by_hand(package.version):
        return Fix(f'raise it to "{Version.parse(change.version).bumped(least)}", or undo that change')
    return Fix(f'write "{BUMP}: {least}", or undo that change')


@rule("REL206", before=held("9999-12-31"), bad=lambda folder: folder, severity=INFO)
def lifted_hold(change: Change, integration: Integration) -> Problems:
    """A change that lifts the hold of an integration is seen to do so.

    With its merge the integration is released, so whoever reviews the change must know, however long it is. The hold
    is lifted as well where its file is renamed, or the folder is moved and leaves it behind.
    """
    fix = Fix("make sure that whoever set it agrees, or bring the file back")
    if change.is_new and change.lifted and ReleaseHold.of(integration) is None:
        message = (
            f'this change adds an integration, and removes the hold "{change.lifted[0]}" with its folder'
        )
        yield Problem(Location(""), message, fix)
    before = ReleaseHold.of(change.base.integration) if change.base else None
    if before and ReleaseHold.of(integration) is None:
        why = f", which was set because of: {before.reason}" if before.reason else ""
        message = f"this change lifts the hold of the integration{why}"
        yield Problem(Location(before.document.path), message, fix)
