"""Family CHG: the form of the newest entry, which the pull-request gate reads line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from seatrial.documents.changelog import Entry, Section
from seatrial.model import Edit, Fix, Location, Problem
from seatrial.near import nearest
from seatrial.rules.changelog import FIRST, FORM, edited
from seatrial.rules.rule import GUIDE, WARNING, Problems, rule
from seatrial.subjects.changelog import CHANGELOG, Changelog, has_declared_form, is_declared
from seatrial.subjects.package import Package

SECTIONS = (
    "Breaking Changes",
    "Deprecations",
    "Features",
    "Improvements",
    "Bug Fixes",
    "Improved Documentation",
    "Vulnerabilities",
)
"""What the sections of an entry may be called."""

MOST = 20
"""Of one entry, no more sections than this are judged."""

AFTER_HEADING, AFTER_SECTION, BEFORE_HEADING = 2, 1, 2
"""How many blank lines towncrier 23 writes, and the pull-request gate counts."""


@rule("CHG103", bad=edited(FIRST, "# 0.1.0 (2026-01-31)"))
def malformed_changelog_heading(changelog: Changelog, package: Package) -> Problems:
    """The newest entry's heading has the form that `title_format` declares, today `## X.Y.Z (YYYY-MM-DD)`.

    The pull-request gate finds no entry under any other.
    """
    top = changelog.top
    if top is None:
        return
    where = changelog.head.at(top)
    if not top.date or not has_declared_form(package, top):
        fix = _heading_fix(top) if is_declared(package) else Fix(f'write "{FORM}"')
        yield Problem(where, f'"{top.heading.strip()[:60]}" is no heading of an entry', fix)
    line = changelog.underline() if is_declared(package) else 0
    if line:
        yield Problem(Location(CHANGELOG, line), "nothing is underlined in an entry", Fix("delete this line"))


def _heading_fix(top: Entry) -> Fix:
    """The right heading; a program may write it where its date is known."""
    if not _is_date(top.date or ""):
        return Fix(f'write "## {top.version} (YYYY-MM-DD)"')
    right = f"## {top.version} ({top.date})"
    return Fix(f'write "{right}"', Edit(Location(CHANGELOG, top.line), top.heading, right))


@rule("CHG104", bad=edited("(2026-01-31)", "(2026-31-01)"))
def invalid_changelog_date(changelog: Changelog, package: Package) -> Problems:
    """The date of the newest entry is a day of the calendar, year first.

    Readers go by it when they look for what has changed since.
    """
    top = changelog.top
    if top and top.date and has_declared_form(package, top) and not _is_date(top.date):
        yield Problem(changelog.head.at(top), f'"{top.date[:40]}" is no date', Fix("write it as YYYY-MM-DD"))


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@rule("CHG105", bad=edited(f"{FIRST}\n\n\n", f"{FIRST}\n\n"), by_profile={GUIDE: WARNING})
def wrong_changelog_spacing(changelog: Changelog, package: Package) -> Problems:
    """In the newest entry two blank lines follow the heading, one each section's; two stand before the next.

    So towncrier 23 writes it, and the pull-request gate counts them. Towncrier 24 writes one less. Where the
    older entries are not so either, nobody counts yet.
    """
    top = changelog.top
    if top is None or not is_declared(package) or not has_declared_form(package, top) or top.empty:
        return
    for problem in _spacing(changelog, top):
        yield replace(problem, severity=WARNING) if changelog.untidy[1] else problem


def _spacing(changelog: Changelog, top: Entry) -> Iterator[Problem]:
    yield from _below(top, top.heading, AFTER_HEADING)
    for section in top.sections[:MOST]:
        yield from _below(section, f"{'#' * section.level} {section.name}", AFTER_SECTION)
    if changelog.second and changelog.second.blank_before != BEFORE_HEADING:
        second = changelog.second
        where = Location(CHANGELOG, second.line)
        few = BEFORE_HEADING - second.blank_before
        edit = Edit(where, second.heading, "\n" * few + second.heading) if few > 0 else None
        yield Problem(
            where, _counted(second.blank_before, "above", BEFORE_HEADING), Fix(_cure(few, "above"), edit)
        )


def _below(part: Entry | Section, text: str, wanted: int) -> Iterator[Problem]:
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
def unknown_changelog_section(changelog: Changelog, package: Package) -> Problems:
    """The sections of the newest entry have the names that towncrier gives them.

    The pull-request gate refuses others, and readers look for these.
    """
    if changelog.top is None or not is_declared(package):
        return
    sections = [section for section in changelog.top.sections if section.level == 3][:MOST]
    for section in sections:
        if section.name not in SECTIONS:
            yield _unknown(changelog.head.at(section), "###", section.name)
    for stray in changelog.strays[:MOST]:
        yield _unknown(changelog.head.at(stray), "#" * stray.level, stray.text)


def _unknown(where: Location, hashes: str, name: str) -> Problem:
    near = name if name in SECTIONS else nearest(name, SECTIONS)
    edit = Edit(where, f"{hashes} {name}", f"### {near}") if near else None
    fix = Fix(f'write "### {near}"' if near else f"write ### and one of {', '.join(SECTIONS)}", edit)
    return Problem(where, f'"{hashes} {name[:60]}" is no section', fix)


@rule("CHG107", bad=edited("### Features\n\n- Created the", "- Created the"))
def empty_changelog_entry(changelog: Changelog, package: Package) -> Problems:
    """The newest entry says under a section what has changed.

    The pull-request gate refuses an entry without, and users learn nothing from it.
    """
    top = changelog.top
    if top is None:
        return
    if top.empty and not changelog.strays:
        fix = Fix("write a section, such as ### Improvements, and a bullet below it")
        yield Problem(changelog.head.at(top), f'the entry of "{top.version}" says nothing', fix)
    elif is_declared(package) and not top.sections and not changelog.strays:
        fix = Fix("write ### Improvements, or another section, above its first bullet")
        yield Problem(changelog.head.at(top), f'the entry of "{top.version}" has no section', fix)
