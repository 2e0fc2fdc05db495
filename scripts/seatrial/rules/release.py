"""Family REL, the folder: release intents as the release reads them, and the place where it writes what they say."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.documents.changelog import MARKER
from seatrial.documents.document import FaultKind
from seatrial.documents.intents import BUMP, CHANGELOG, OTHER_TYPE, TYPE
from seatrial.errors import Unreadable
from seatrial.model import Edit, Fix, Integration, Location, MemoryFolder, Problem
from seatrial.naming import shown
from seatrial.near import nearest
from seatrial.rules.rule import GUIDE, WARNING, Edited, Problems, rule
from seatrial.subjects.changelog import CHANGELOG as CHANGELOG_FILE
from seatrial.subjects.changelog import Changelog
from seatrial.subjects.intents import INTENTS, TYPES, Intent, Intents, meant_bump, meant_type
from seatrial.subjects.package import Package
from seatrial.version import BUMPS, Version

ALIKE = 0.6
"""How alike an unknown key is to the missing one that it was meant to be: `changelog-message` is, `issue` is not."""

MOST = 20
"""Of the unknown keys of an intent, no more are compared."""

BLOCKS = (">", ">-", ">+", "|", "|-", "|+")
"""How YAML announces that the text follows on the next lines."""

WANTED = {
    BUMP: "patch, minor or major",
    TYPE: "the type of the change",
    OTHER_TYPE: "the type of the change",
    CHANGELOG: "what changes for users",
}
"""What belongs behind each key."""

THREE_LINES = Fix(f"write three lines, {BUMP}: patch, {TYPE}: bugfix and {CHANGELOG}: with the whole text")
KEEP_ONE = Fix("keep one of them and delete the other")

EXAMPLE = f"{BUMP}: patch\n{TYPE}: bugfix\n{CHANGELOG}: Fixed a page that was read twice\n"


def waiting(old: str, new: str, name: str = "read-pages-once.yaml") -> Edited:
    """The edit that adds an intent, one text of it replaced."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        return folder.having(f"{INTENTS}/{name}", EXAMPLE.replace(old, new))

    return edit


@rule("REL101", bad=waiting(f"{CHANGELOG}:", f"{CHANGELOG}-message:"))
def malformed_intent(intents: Intents) -> Problems:
    """A release intent states `bump`, `changelog-type` and `changelog`, each on one line.

    The release reads it line by line, not as YAML: it knows neither lists nor text that goes on in the next
    line, and stops at a line without a colon.
    """
    for intent in intents.all:
        for fault in intent.document.faults:
            again = fault.kind is FaultKind.DUPLICATE_KEY
            yield Problem(intent.document.where(fault), fault.message, KEEP_ONE if again else THREE_LINES)
        if intent.document.readable:
            yield from _unsaid(intent) if intent.document.value else _empty(intent)
            yield from _unusable(intent)


def _empty(intent: Intent) -> Iterator[Problem]:
    yield Problem(Location(intent.path), "the file says nothing", THREE_LINES)


def _unsaid(intent: Intent) -> Iterator[Problem]:
    """The keys that are missing, at the keys that were meant to be them, and those with nothing behind them."""
    document = intent.document
    unknown = [key for key in document.value if key not in WANTED][:MOST]
    for key in (BUMP, intent.type_key, CHANGELOG):
        near = nearest(key, unknown, ALIKE)
        if key in document.value and not intent.stated(key).strip():
            yield Problem(document.key(key), f'"{key}" says nothing', Fix(f"write {WANTED[key]} behind it"))
        elif key not in document.value and near:
            where = document.key(near)
            message = f'"{key}" is missing; "{shown(near)}" means nothing'
            yield Problem(where, message, Fix(f'rename it to "{key}"', Edit(where, near, key)))
        elif key not in document.value:
            fix = Fix(f'write a line "{key}: " with {WANTED[key]}')
            yield Problem(Location(document.path), f'"{key}" is missing', fix)


def _unusable(intent: Intent) -> Iterator[Problem]:
    """What would come into the changelog and not be the text that was meant."""
    where = intent.document.at(CHANGELOG)
    if intent.text in BLOCKS:
        fix = Fix("write the text here, in one line")
        yield Problem(where, f'"{intent.text}" would be the whole text', fix)
    if MARKER in intent.text:
        message = f'the text holds "{MARKER}", which belongs to the changelog alone'
        yield Problem(where, message, Fix("leave it out"))


@rule("REL102", bad=waiting("patch", "pacth"))
def invalid_bump(intents: Intents, package: Package) -> Problems:
    """A bump is patch, minor or major, and one that the version knows.

    The release stops at any other. A version such as 1.2.3.rc4 counts on by patch alone.
    """
    for intent in intents.all:
        where = intent.document.at(BUMP)
        if intent.bump and intent.bump not in BUMPS:
            fix = _choose(intent, BUMP, meant_bump(intent.bump), BUMPS)
            yield Problem(where, f'"{shown(intent.stated(BUMP))}" is no bump', fix)
        elif intent.bump in BUMPS[1:] and _is_dotted(package.version):
            message = f'"{package.version}" can only be bumped by patch, because of how it ends'
            yield Problem(where, message, _choose(intent, BUMP, BUMPS[0], BUMPS))


def _is_dotted(version: str) -> bool:
    try:
        return Version.parse(version).is_dotted
    except ValueError:
        return False


def _choose(intent: Intent, key: str, near: str | None, known: tuple[str, ...]) -> Fix:
    if near is None:
        return Fix(f"write {', '.join(known[:-1])} or {known[-1]}")
    return Fix(f'write "{near}"', Edit(intent.document.at(key), intent.stated(key), near))


@rule("REL103", bad=waiting("bugfix", "fix"))
def invalid_change_type(intents: Intents) -> Problems:
    """A change is breaking, deprecation, feature, improvement, bugfix or doc.

    Its type decides under which heading of the changelog it stands.
    """
    for intent in intents.all:
        key = intent.type_key
        if intent.type and intent.type not in TYPES:
            written = intent.stated(key)
            fix = _choose(intent, key, meant_type(written), TYPES)
            yield Problem(intent.document.at(key), f'"{shown(written)}" is no type of change', fix)


@rule("REL104", bad=waiting("", "", name="read-pages-once"), severity=WARNING)
def misnamed_intent(intents: Intents) -> Problems:
    """What lies in `.ocean-release` ends in `.yaml` or `.yml`.

    The release passes over any other file, and in Ocean's repository deletes it with the next intent it applies.
    """
    for path in intents.strays:
        name = path.rpartition("/")[2]
        fix = Fix(f'rename it to "{shown(name.partition(".")[0])}.yaml", or move it elsewhere')
        yield Problem(Location(path), f'"{shown(name)}" is not read as an intent', fix)


def _with_blank(folder: MemoryFolder) -> MemoryFolder:
    return folder.edited(CHANGELOG_FILE, f"{MARKER}\n", f"{MARKER} \n")


@rule("REL105", bad=_with_blank, by_profile={GUIDE: WARNING})
def text_behind_marker(changelog: Changelog, integration: Integration) -> Problems:
    """The line below which new entries are written ends with its marker.

    Towncrier looks for the marker and the line's end right behind it; without, it writes the next entry above
    the title.
    """
    line = _line(integration, changelog.markers[0]) if changelog.markers else ""
    start, marker, behind = line.partition(MARKER)
    if marker and behind != "\n":
        where = Location(CHANGELOG_FILE, changelog.markers[0], len(start) + 1)
        what = "text stands" if behind.strip() else "blanks stand" if behind else "no line ends"
        edit = Edit(where, f"{MARKER}{behind}", f"{MARKER}\n") if behind.endswith("\n") else None
        message = f"{what} behind the marker below which new entries go"
        yield Problem(where, message, Fix('end the line right behind "-->"', edit))


def _line(integration: Integration, number: int) -> str:
    """A line of the changelog with its line feed; without one where the text ends."""
    try:
        lines = integration.read(CHANGELOG_FILE).split(b"\n", number)
    except Unreadable:
        return ""
    text = lines[number - 1].decode("utf-8", "replace").removesuffix("\r")
    return f"{text}\n" if len(lines) > number else text
