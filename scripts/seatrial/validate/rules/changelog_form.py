"""Family CHG: the changelog's structure, the form of its newest entry, and the fragments waiting for the next.

The release inserts entries into the changelog, and the pull-request check reads the newest one line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from seatrial.core.days import day_of
from seatrial.core.framework import Framework
from seatrial.core.model import (
    REMOVE,
    Edit,
    Fix,
    Fleet,
    Integration,
    LineRange,
    Location,
    MemoryFolder,
    Problem,
)
from seatrial.core.names import shown
from seatrial.core.rules import GUIDE, WARNING, Edited, Problems, rule
from seatrial.core.suggest import nearest, recased
from seatrial.documents.changelog import MARKER, EntrySection, VersionEntry
from seatrial.documents.document import FaultKind
from seatrial.validate.facts.changelog_entries import (
    CHANGELOG,
    ChangelogText,
    Fragment,
    has_declared_form,
    is_declared,
    tidy_changelogs,
)
from seatrial.validate.facts.package_metadata import FRAGMENT_TYPES, Package
from seatrial.validate.facts.tree import Convention
from seatrial.validate.rules.shared import all_of, parsed_version, renamed, replaced

FORM = "## X.Y.Z (YYYY-MM-DD)"
FIRST = "## 0.1.0 (2026-01-31)"

edited = partial(replaced, CHANGELOG)


def _with_older(*headings: str) -> Edited:
    """Return the edit that adds entries below the template's only one."""
    entries = "".join(f"\n\n{heading}\n\n\n### Features\n\n- Added projects\n" for heading in headings)
    return lambda folder: folder.having(CHANGELOG, folder.text(CHANGELOG).rstrip("\n") + "\n" + entries)


@rule("CHG001", bad=lambda folder: folder.having(CHANGELOG, folder.read(CHANGELOG) + b"- Caf\xe9\n"))
def unreadable_changelog(changelog: ChangelogText) -> Problems:
    """The changelog is UTF-8 text.

    The release job fails on any other bytes.
    """
    for fault in changelog.head.faults:
        is_large = fault.kind is FaultKind.LIMIT
        fix = Fix("move older entries to another file" if is_large else "save the file as UTF-8 text")
        yield Problem(changelog.head.where(fault), fault.message, fix)


@rule("CHG002", bad=edited(f"{MARKER}\n", ""))
def missing_changelog_marker(changelog: ChangelogText) -> Problems:
    """The changelog has the marker line below which new entries are written.

    Without it, towncrier writes the next entry above the title.
    """
    if not changelog.markers and not changelog.head.faults:
        top = changelog.top
        where = changelog.head.at(top) if top else Location(CHANGELOG)
        edit = Edit(Location(CHANGELOG, top.line), top.heading, f"{MARKER}\n\n{top.heading}") if top else None
        fix = Fix(f'write "{MARKER}" above the newest entry', edit)
        yield Problem(where, "the line below which new entries go is missing", fix)


def _without_entries(folder: MemoryFolder) -> MemoryFolder:
    return folder.having(CHANGELOG, folder.text(CHANGELOG).partition(f"\n{FIRST}")[0])


@rule("CHG003", bad=_without_entries)
def no_changelog_entry(changelog: ChangelogText, package: Package) -> Problems:
    """The changelog has at least one entry.

    Otherwise the version is published without a word about what is in it.
    """
    if not changelog.top and not changelog.head.faults:
        line = changelog.markers[0] if changelog.markers else 1
        fix = Fix(
            f'write an entry, "## {package.version or "0.1.0"} (YYYY-MM-DD)", with a section and a bullet'
        )
        yield Problem(Location(CHANGELOG, line), "no version has an entry", fix)


@rule("CHG101", bad=edited(f"{MARKER}\n", f"{MARKER}\n\n{MARKER}\n"))
def repeated_changelog_marker(changelog: ChangelogText) -> Problems:
    """The marker line below which new entries are written occurs once.

    Towncrier uses the first one; people use whichever they see.
    """
    for line in changelog.markers[1:]:
        message = f"the line below which new entries go stands here again, after line {changelog.markers[0]}"
        where = Location(CHANGELOG, line)
        yield Problem(where, message, Fix("delete it", Edit(where, f"{MARKER}\n\n", "")))


def _above_the_marker(folder: MemoryFolder) -> MemoryFolder:
    text = folder.text(CHANGELOG)
    head, _, entry = text.partition(f"{MARKER}\n\n")
    return folder.having(CHANGELOG, f"{head}{entry}\n\n{MARKER}\n")


@rule("CHG102", bad=_above_the_marker)
def entry_above_marker(changelog: ChangelogText) -> Problems:
    """Every entry is below the marker line under which new entries are written.

    Otherwise the next entry would be written below older ones.
    """
    top, markers = changelog.top, changelog.markers
    if top and markers and top.line < markers[0]:
        message = f'"{top.version}" stands above line {markers[0]}, under which new entries are written'
        yield Problem(changelog.head.at(top), message, Fix("move that line above this entry"))


@rule("CHG108", bad=_with_older("## 0.1.0 (2026-01-30)"))
def repeated_changelog_version(changelog: ChangelogText) -> Problems:
    """The newest version has only one entry.

    A second one either belongs to another version, or this version was already released.
    """
    top = changelog.top
    line = changelog.repeated(top.version) if top and top.version else 0
    if top and line:
        message = f'"{top.version}" has an entry already, at line {line}'
        yield Problem(changelog.head.at(top), message, Fix("raise the version of this one, or merge the two"))


@rule("CHG109", bad=_with_older("## 0.2.0 (2026-01-30)"))
def falling_changelog_version(changelog: ChangelogText) -> Problems:
    """The newest version is higher than the one before it.

    Users get the version that is published last as the latest.
    """
    top, second = changelog.top, changelog.second
    newest = parsed_version(top.version or "") if top else None
    before = parsed_version(second.version or "") if second else None
    if top and second and newest and before and newest < before:
        message = f'"{top.version}" is lower than "{second.version}" below it'
        yield Problem(changelog.head.at(top), message, Fix(f'raise it above "{second.version}"'))


@rule("CHG113", bad=_with_older("## 0.0.2 (2026-02-01)"), severity=WARNING)
def falling_changelog_date(changelog: ChangelogText) -> Problems:
    """The newest entry is not older than the one below it.

    A date that goes back is mostly a date that was copied, or an entry that stands in the wrong place.
    """
    top, second = changelog.top, changelog.second
    newest, before = _date_of(top), _date_of(second)
    if top and second and newest and before and newest < before:
        message = f'"{top.version}" is dated {newest}, before "{second.version}" below it, {before}'
        yield Problem(changelog.head.at(top), message, Fix("write the day of this release"))


@rule("CHG114", bad=edited("(2026-01-31)", "(9999-01-31)"), severity=WARNING)
def future_changelog_date(changelog: ChangelogText, today: date) -> Problems:
    """The date of the newest entry is not in the future.

    Readers use it to find what has changed since a given day. One day ahead is right east of Greenwich. As time goes
    by this finding can only vanish, so a verdict without it stays true.
    """
    top, newest = changelog.top, _date_of(changelog.top)
    if top and newest and newest > today + timedelta(days=1):
        message = f'"{top.version}" is dated {newest}, which is yet to come'
        yield Problem(changelog.head.at(top), message, Fix("write the day of this release"))


def _skipping(folder: MemoryFolder) -> MemoryFolder:
    skipping = all_of(
        replaced("pyproject.toml", 'version = "0.1.0"', 'version = "0.1.2"'),
        replaced(".port/spec.yaml", "version: 0.1.0", "version: 0.1.2"),
        edited(FIRST, "## 0.1.2 (2026-01-31)"),
        _with_older("## 0.1.0 (2026-01-30)"),
    )
    return skipping(folder)


@rule("CHG115", bad=_skipping, severity=WARNING)
def skipped_changelog_version(changelog: ChangelogText) -> Problems:
    """The newest version follows the one before it: one part is raised by one, and those behind it are zero.

    Users look for the versions in between. Semantic Versioning allows gaps, so this is only a warning.
    """
    top, second = changelog.top, changelog.second
    newest = parsed_version(top.version or "") if top else None
    before = parsed_version(second.version or "") if second else None
    if top and second and newest and before and newest > before and not newest.follows(before):
        likely = newest.nearest_after(before)
        message = f'"{top.version}" does not follow "{second.version}" below it'
        fix = Fix(f'write "{likely}", or add the entries of the versions between them')
        yield Problem(changelog.head.at(top), message, fix)


def _date_of(entry: VersionEntry | None) -> date | None:
    """Return the date of an entry; None where there is none, or no such day."""
    return day_of(entry.date) if entry else None


@rule(
    "CHG110",
    bad=_with_older("## 0.0.2 (2026-01-30)", "# 0.0.1 (2026-01-29)"),
    severity=WARNING,
    siblings={name: renamed(name) for name in ("billing", "storage", "tickets")},
)
def malformed_older_entry(
    changelog: ChangelogText, package: Package, integration: Integration, fleet: Fleet
) -> Problems:
    """Older entries have the same form as the newest, where the other integrations keep theirs that way.

    The pull-request check reads all of them.
    """
    line, count = changelog.untidy if is_declared(package) else (0, 0)
    convention = Convention.among(integration, fleet, tidy_changelogs(fleet)) if line else None
    if convention and convention.is_common:
        more = f", nor have {count - 1} further ones" if count > 1 else ""
        message = f"this heading has not the usual form and spacing{more}"
        fix = Fix(f'write "{FORM}", with two blank lines above and below')
        yield Problem(Location(CHANGELOG, line), message, fix, convention.evidence("use it throughout"))


@rule(
    "CHG111", bad=lambda folder: folder.having("changelog/improvement.md", "Added labels\n"), severity=WARNING
)
def malformed_fragment_name(fragments: tuple[Fragment, ...], package: Package) -> Problems:
    """A fragment is named `<issue>.<type>.md`, with a type that towncrier knows.

    Towncrier skips any other file, and the change is missing from the changelog.
    """
    types = package.fragment_types or FRAGMENT_TYPES
    for fragment in fragments:
        if not fragment.has_type(types):
            fix = Fix(f"rename it, for example to 1.improvement.md; the types are {', '.join(types)}")
            yield Problem(Location(fragment.path), f'"{fragment.path}" has no type in its name', fix)


def _with_leftover(folder: MemoryFolder) -> MemoryFolder:
    bullet = folder.text(CHANGELOG).partition("\n- ")[2]
    return folder.having("changelog/1.feature.md", bullet)


@rule("CHG112", bad=_with_leftover, severity=WARNING)
def leftover_fragment(
    fragments: tuple[Fragment, ...], package: Package, changelog: ChangelogText
) -> Problems:
    """A fragment is deleted once its change is in the changelog.

    Otherwise the next release announces the change again.
    """
    for fragment in fragments:
        if fragment.has_type(package.fragment_types or FRAGMENT_TYPES) and fragment.stands_in(changelog.data):
            message = f'"{fragment.path}" stands in the changelog already'
            fix = Fix("delete it", Edit(Location(fragment.path), "", "", REMOVE))
            yield Problem(Location(fragment.path), message, fix)


TOO_SHORT = re.compile(r"v?\d+(\.\d+)?")
"""A version that lacks a number, which is one fault however the changelog spells it."""


@rule("CHG201", bad=edited(FIRST, "## 0.2.0 (2026-01-31)"))
def changelog_version_disagrees(changelog: ChangelogText, package: Package, spec_version: str) -> Problems:
    """The newest entry is for the version in pyproject.toml.

    Users read in that entry what the published version contains.
    """
    top, version = changelog.top, package.version.strip()
    if top and version and _is_comparable(top, package) and top.version != version.removeprefix("v"):
        message = (
            f'the newest entry is "{top.version}", and the version in pyproject.toml is "{version[:60]}"'
        )
        title = f'add an entry for "{version[:60]}", or write "{top.version}" in pyproject.toml'
        is_stale = top.version and spec_version.removeprefix("v") == top.version
        fix = Fix(title, package.edit("version", top.version) if is_stale and top.version else None)
        where = package.document.at(*package.way("version"))
        is_none = parsed_version(version.removeprefix("v")) is None and not _CANDIDATE.search(version)
        lines = LineRange(where.path, where.line, where.line) if is_none else None
        yield Problem(changelog.head.at(top), message, fix, rests_on=lines)


_CANDIDATE = re.compile(r"-rc\d*\Z")
"""The end of a candidate, which a release forgot to make final: then both files are to be looked at."""


def _is_comparable(top: VersionEntry, package: Package) -> bool:
    """Return whether both versions have three numbers, or CHG103 does not say so of the heading."""
    if TOO_SHORT.fullmatch(package.version.strip()):
        return False
    return has_declared_form(package, top) or not TOO_SHORT.fullmatch(top.version or "")


SECTIONS = (
    "Breaking Changes",
    "Deprecations",
    "Features",
    "Improvements",
    "Bug Fixes",
    "Improved Documentation",
    "Vulnerabilities",
)
"""The names that a section of an entry may have."""

_NAMES = "|".join(SECTIONS).encode()
SECTION_LIKE = re.compile(rb" {0,3}(?:#{1,6}|\*\*|__)?[ \t]*(?P<name>%s)(?:\*\*|__|:){0,2}$" % _NAMES)
"""A line that names a section, and is no heading."""

MOST = 20
"""The number of sections of one entry that are checked."""

AFTER_HEADING, AFTER_SECTION, BEFORE_HEADING = 2, 1, 2
"""The blank lines that towncrier 23 writes and the pull-request check counts."""


@rule("CHG103", bad=edited(FIRST, "# 0.1.0 (2026-01-31)"))
def malformed_changelog_heading(changelog: ChangelogText, package: Package) -> Problems:
    """The heading of the newest entry has the form that `title_format` declares, now `## X.Y.Z (YYYY-MM-DD)`.

    The pull-request check does not recognise an entry with any other heading.
    """
    top = changelog.top
    if top is None:
        return
    where = changelog.head.at(top)
    if not top.date or not has_declared_form(package, top):
        fix = _heading_fix(top, package.version.strip()) if is_declared(package) else Fix(f'write "{FORM}"')
        yield Problem(where, f'"{top.heading.rstrip()[:60]}" is no heading of an entry', fix)
    line = changelog.underline() if is_declared(package) else 0
    if line:
        yield Problem(Location(CHANGELOG, line), "nothing is underlined in an entry", Fix("delete this line"))


def _heading_fix(top: VersionEntry, version: str) -> Fix:
    """Return the repair of a heading, with an edit where the date is known; a wrong version becomes the package's."""
    if parsed_version(top.version or "") is None and parsed_version(version):
        top = replace(top, version=version)
    if not day_of(top.date):
        return Fix(f'write "## {top.version} (YYYY-MM-DD)"')
    right = f"## {top.version} ({top.date})"
    return Fix(f'write "{right}"', Edit(Location(CHANGELOG, top.line), top.heading, right))


@rule("CHG104", bad=edited("(2026-01-31)", "(2026-31-01)"))
def invalid_changelog_date(changelog: ChangelogText, package: Package) -> Problems:
    """The date of the newest entry is a real date, written YYYY-MM-DD.

    Readers use it to find what has changed since a given day.
    """
    top = changelog.top
    if top and top.date and has_declared_form(package, top) and not day_of(top.date):
        yield Problem(changelog.head.at(top), f'"{top.date[:40]}" is no date', Fix("write it as YYYY-MM-DD"))


@rule("CHG105", bad=edited(f"{FIRST}\n\n\n", f"{FIRST}\n\n"), by_profile={GUIDE: WARNING})
def wrong_changelog_spacing(changelog: ChangelogText, package: Package, framework: Framework) -> Problems:
    """The newest entry has two blank lines after its heading, one after each section's, two before the next entry.

    Towncrier 23 writes them like this, and the pull-request check counts them. Towncrier 24 writes one fewer.
    Where the older entries differ as well, the check cannot be counting yet, so this is only a warning.
    """
    top = changelog.top
    if top is None or not is_declared(package) or not has_declared_form(package, top) or top.empty:
        return
    is_counted = framework.has("blank-lines-are-counted") and not changelog.untidy[1]
    for problem in _spacing(changelog, top):
        yield problem if is_counted else replace(problem, severity=WARNING)


def _spacing(changelog: ChangelogText, top: VersionEntry) -> Iterator[Problem]:
    yield from _below(top, top.heading, AFTER_HEADING)
    for section in top.sections[:MOST]:
        yield from _below(section, f"{'#' * section.level} {section.name}", AFTER_SECTION)
    if changelog.second and changelog.second.blank_before != BEFORE_HEADING:
        second = changelog.second
        where = Location(CHANGELOG, second.line)
        few = BEFORE_HEADING - second.blank_before
        edit = Edit(where, second.heading, "\n" * few + second.heading)
        if few < 0:
            above = Location(CHANGELOG, second.line - second.blank_before)
            edit = Edit(above, "\n" * second.blank_before, "\n" * BEFORE_HEADING)
        yield Problem(
            where, _counted(second.blank_before, "above", BEFORE_HEADING), Fix(_cure(few, "above"), edit)
        )


def _below(part: VersionEntry | EntrySection, text: str, wanted: int) -> Iterator[Problem]:
    few = wanted - part.blank_after
    if few:
        where = Location(CHANGELOG, part.line, part.column)
        edit = Edit(where, text + "\n" * part.blank_after + "\n", text + "\n" * wanted + "\n")
        yield Problem(where, _counted(part.blank_after, "below", wanted), Fix(_cure(few, "below"), edit))


def _counted(found: int, side: str, wanted: int) -> str:
    return f"{found} blank line{'s' * (found != 1)} {side} this heading, not {wanted}"


def _cure(few: int, side: str) -> str:
    return f"{'add' if few > 0 else 'delete'} {abs(few)} blank line{'s' * (abs(few) != 1)} {side} it"


@rule("CHG106", bad=edited("### Features", "### Feature"), by_profile={GUIDE: WARNING})
def unknown_changelog_section(changelog: ChangelogText, package: Package, framework: Framework) -> Problems:
    """The sections of the newest entry have the names that towncrier gives them.

    The pull-request check rejects others, and readers look for these.
    """
    if changelog.top is None or not is_declared(package):
        return
    is_read = framework.has("sections-are-named")
    for problem in _unknown_sections(changelog, changelog.top):
        yield problem if is_read else replace(problem, severity=WARNING)


def _unknown_sections(changelog: ChangelogText, top: VersionEntry) -> Iterator[Problem]:
    for section in top.sections[:MOST]:
        if section.level == 3 and section.name not in SECTIONS:
            yield _unknown(changelog.head.at(section), "###", section.name)
        elif section.level != 3 and section.name in SECTIONS:
            yield _unknown(changelog.head.at(section), "#" * section.level, section.name)
    for stray in changelog.strays[:MOST]:
        yield _unknown(changelog.head.at(stray), "#" * stray.level, stray.text)


def _unknown(where: Location, hashes: str, name: str) -> Problem:
    same = name if name in SECTIONS else recased(name, SECTIONS)
    near = same or nearest(name, SECTIONS)
    edit = Edit(where, f"{hashes} {name}", f"### {near}") if near else None
    title = f'write "### {near}"' if near else f"write ### and one of {', '.join(SECTIONS)}"
    fix = Fix(title, edit, guessed=not same)
    return Problem(where, f'"{hashes} {name[:60]}" is no section', fix)


@rule("CHG107", bad=edited("### Features\n\n- Created the", "- Created the"))
def empty_changelog_entry(changelog: ChangelogText, package: Package) -> Problems:
    """The newest entry has a section that says what has changed.

    The pull-request check rejects an entry without one, and it tells users nothing.
    """
    top = changelog.top
    if top is None:
        return
    if top.empty and not changelog.strays:
        fix = Fix("add a section, such as ### Improvements, with a bullet below it")
        yield Problem(changelog.head.at(top), f'the entry of "{top.version}" says nothing', fix)
    elif is_declared(package) and not top.sections and not changelog.strays:
        found = changelog.lines_like(SECTION_LIKE)
        for line, match in found[:MOST]:
            text, name = match[0].decode("utf-8", "replace"), match["name"].decode()
            where = Location(CHANGELOG, line)
            fix = Fix(f'write "### {name}"', Edit(where, text, f"### {name}"))
            yield Problem(where, f'"{shown(text)}" is no heading of a section', fix)
        if found:
            return
        fix = Fix("add ### Improvements, or another section heading, above the first bullet")
        yield Problem(changelog.head.at(top), f'the entry of "{top.version}" has no section', fix)


JOINED = re.compile(rb"(?P<sign>-(?=[A-Za-z`\[])|\*(?=[A-Za-z][^*]*$)|\xe2\x80\xa2[ \t]*)(?P<text>.{0,20})")
"""A line that begins as a list item does, but for the blank or the sign; an indented one may go on with an item."""


@rule("CHG116", bad=edited("- Created the", "-Created the"), severity=WARNING)
def malformed_list_item(changelog: ChangelogText) -> Problems:
    """Each list item of the newest entry begins with a dash and a blank.

    Otherwise Markdown makes the line part of the text above it.
    """
    for line, match in changelog.lines_like(JOINED):
        text, sign = match["text"].decode("utf-8", "replace"), match["sign"].decode()
        where = Location(CHANGELOG, line)
        message = f'"{shown(sign + text)}" is no list item in Markdown'
        fix = Fix('begin it with "- "', Edit(where, f"{sign}{text}", f"- {text}"))
        yield Problem(where, message, fix)
