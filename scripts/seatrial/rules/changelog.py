"""Family CHG: the changelog has what the release writes into it and what its gate asks for."""

from __future__ import annotations

from seatrial.documents.changelog import MARKER
from seatrial.model import Fix, Fleet, Integration, Location, MemoryFolder, Problem
from seatrial.rules.rule import WARNING, Edited, Problems, rule
from seatrial.subjects.changelog import CHANGELOG, Changelog, is_declared
from seatrial.subjects.changelog_gate import tidy_ones
from seatrial.subjects.fragments import Fragment
from seatrial.subjects.package import FRAGMENT_TYPES, Package
from seatrial.subjects.tree import Custom
from seatrial.version import Version

FORM = "## X.Y.Z (YYYY-MM-DD)"
FIRST = "## 0.1.0 (2026-01-31)"


def edited(old: str, new: str) -> Edited:
    """The edit of the template's changelog that turns one text into another."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        return folder.edited(CHANGELOG, old, new)

    return edit


def older(*lines: str) -> Edited:
    """The edit that adds lines below the template's only entry."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        return folder.having(
            CHANGELOG, folder.text(CHANGELOG).rstrip("\n") + "\n\n\n" + "\n".join(lines) + "\n"
        )

    return edit


def called(name: str) -> Edited:
    """The edit that makes another integration of the template's folder."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        return folder.edited("pyproject.toml", 'name = "good-service"', f'name = "{name}"')

    return edit


OLDER = ("", "", "### Features", "", "- Added projects")


@rule("CHG001", bad=lambda folder: folder.having(CHANGELOG, folder.read(CHANGELOG) + b"- Caf\xe9\n"))
def unreadable_changelog(changelog: Changelog) -> Problems:
    """The changelog is text in UTF-8.

    The release job stops at any other byte.
    """
    for fault in changelog.head.faults:
        yield Problem(changelog.head.where(fault), fault.message, Fix("save the file as UTF-8 text"))


@rule("CHG002", bad=edited(f"{MARKER}\n", ""))
def missing_changelog_marker(changelog: Changelog) -> Problems:
    """The changelog has the line below which new entries are written.

    Without it towncrier writes the next entry above the title.
    """
    if not changelog.markers and not changelog.head.faults:
        top = changelog.top
        where = changelog.head.at(top) if top else Location(CHANGELOG)
        yield Problem(
            where, "the line below which new entries go is missing", Fix(f'write "{MARKER}" above the newest')
        )


def _without_entries(folder: MemoryFolder) -> MemoryFolder:
    return folder.having(CHANGELOG, folder.text(CHANGELOG).partition(f"\n{FIRST}")[0])


@rule("CHG003", bad=_without_entries)
def no_changelog_entry(changelog: Changelog, package: Package) -> Problems:
    """The changelog has an entry.

    Its version would be published with nothing said about it.
    """
    if not changelog.top and not changelog.head.faults:
        line = changelog.markers[0] if changelog.markers else 1
        fix = Fix(
            f'write an entry, "## {package.version or "0.1.0"} (YYYY-MM-DD)", with a section and a bullet'
        )
        yield Problem(Location(CHANGELOG, line), "no version has an entry", fix)


@rule("CHG101", bad=edited(f"{MARKER}\n", f"{MARKER}\n\n{MARKER}\n"))
def repeated_changelog_marker(changelog: Changelog) -> Problems:
    """The line below which new entries are written stands there once.

    Towncrier takes the first, people the one they see.
    """
    for line in changelog.markers[1:]:
        message = f"the line below which new entries go stands here again, after line {changelog.markers[0]}"
        yield Problem(Location(CHANGELOG, line), message, Fix("delete it"))


def _above_the_marker(folder: MemoryFolder) -> MemoryFolder:
    text = folder.text(CHANGELOG)
    head, _, entry = text.partition(f"{MARKER}\n\n")
    return folder.having(CHANGELOG, f"{head}{entry}\n\n{MARKER}\n")


@rule("CHG102", bad=_above_the_marker)
def entry_above_marker(changelog: Changelog) -> Problems:
    """Every entry stands below the line that new ones are written under.

    The next one would be written below those that are older than it.
    """
    top, markers = changelog.top, changelog.markers
    if top and markers and top.line < markers[0]:
        message = f'"{top.version}" stands above line {markers[0]}, under which new entries are written'
        yield Problem(changelog.head.at(top), message, Fix("move that line above this entry"))


@rule("CHG108", bad=older("## 0.1.0 (2026-01-30)", *OLDER))
def repeated_changelog_version(changelog: Changelog) -> Problems:
    """The newest version has one entry.

    A second one is that of another version, or this release was published before.
    """
    top = changelog.top
    line = changelog.repeated(top.version) if top and top.version else 0
    if top and line:
        message = f'"{top.version}" has an entry already, at line {line}'
        yield Problem(changelog.head.at(top), message, Fix("raise the version of this one, or join the two"))


@rule("CHG109", bad=older("## 0.2.0 (2026-01-30)", *OLDER))
def falling_changelog_version(changelog: Changelog) -> Problems:
    """The newest version is higher than the one before.

    What is published last is what users get as the latest.
    """
    top, second = changelog.top, changelog.second
    if top and second and _is_lower(top.version or "", second.version or ""):
        message = f'"{top.version}" is lower than "{second.version}" below it'
        yield Problem(changelog.head.at(top), message, Fix(f'raise it above "{second.version}"'))


def _is_lower(version: str, other: str) -> bool:
    try:
        return Version.parse(version) < Version.parse(other)
    except ValueError:
        return False


@rule(
    "CHG110",
    bad=older("## 0.0.2 (2026-01-30)", *OLDER, "", "", "# 0.0.1 (2026-01-29)", *OLDER),
    severity=WARNING,
    siblings={name: called(name) for name in ("billing", "storage", "tickets")},
)
def malformed_older_entry(
    changelog: Changelog, package: Package, integration: Integration, fleet: Fleet
) -> Problems:
    """The older entries have the form of the newest, where the other integrations keep theirs so.

    The pull-request gate reads them all.
    """
    line, count = changelog.untidy if is_declared(package) else (0, 0)
    custom = Custom.among(integration, fleet, tidy_ones(fleet)) if line else None
    if custom and custom.is_common:
        more = f", nor have {count - 1} further ones" if count > 1 else ""
        message = f"this heading has not the usual form and spacing{more}"
        fix = Fix(f'write "{FORM}", with two blank lines above and below')
        yield Problem(Location(CHANGELOG, line), message, fix, custom.evidence("keep them so"))


@rule(
    "CHG111", bad=lambda folder: folder.having("changelog/improvement.md", "Added labels\n"), severity=WARNING
)
def malformed_fragment_name(fragments: tuple[Fragment, ...], package: Package) -> Problems:
    """A fragment is called `<issue>.<type>.md`, with a type that towncrier knows.

    Towncrier passes over any other, and the change is missing from the changelog.
    """
    types = package.fragment_types or FRAGMENT_TYPES
    for fragment in fragments:
        if not fragment.has_type(types):
            fix = Fix(f"rename it to 1.improvement.md; the types are {', '.join(types)}")
            yield Problem(Location(fragment.path), f'"{fragment.path}" has no type in its name', fix)


def _with_leftover(folder: MemoryFolder) -> MemoryFolder:
    bullet = folder.text(CHANGELOG).partition("\n- ")[2]
    return folder.having("changelog/1.feature.md", bullet)


@rule("CHG112", bad=_with_leftover, severity=WARNING)
def leftover_fragment(fragments: tuple[Fragment, ...], package: Package, changelog: Changelog) -> Problems:
    """A fragment is gone once its change stands in the changelog.

    The next release would announce it again.
    """
    for fragment in fragments:
        if fragment.has_type(package.fragment_types or FRAGMENT_TYPES) and fragment.stands_in(changelog.data):
            message = f'"{fragment.path}" stands in the changelog already'
            yield Problem(Location(fragment.path), message, Fix("delete it"))


@rule("CHG201", bad=edited(FIRST, "## 0.2.0 (2026-01-31)"))
def changelog_version_disagrees(changelog: Changelog, package: Package) -> Problems:
    """The newest entry is that of the version in pyproject.toml.

    What is published under a version is what its entry says.
    """
    top, version = changelog.top, package.version.strip()
    if top and version and top.version != version.removeprefix("v"):
        message = (
            f'the newest entry is "{top.version}", and the version in pyproject.toml is "{version[:60]}"'
        )
        fix = Fix(f'write an entry for "{version[:60]}", or "{top.version}" there')
        yield Problem(changelog.head.at(top), message, fix)
