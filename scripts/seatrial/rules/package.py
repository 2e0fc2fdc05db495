"""Family PKG: what `pyproject.toml` says of the package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from seatrial.documents.document import Document
from seatrial.model import Edit, Fix, Fleet, Integration, Location, MemoryFolder, Problem
from seatrial.near import nearest
from seatrial.rules.rule import GUIDE, OFF, WARNING, Edited, Problems, rule
from seatrial.subjects.conformity import Conformity
from seatrial.subjects.package import FRAGMENT_TYPES, PYPROJECT, TITLE_FORMAT, Package, title_formats
from seatrial.subjects.tree import Custom
from seatrial.version import Version

NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
"""The form of a name of which an image name can be made."""

FORMS = "write X.Y.Z, X.Y.Z-beta, X.Y.Z-dev or X.Y.Z-post1"

DETAILS = {"description": "what the integration is for", "authors": "who answers for it"}


def edited(old: str, new: str) -> Edited:
    """The edit of the template's `pyproject.toml` that turns one text into another."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        return folder.edited(PYPROJECT, old, new)

    return edit


def _without_last_type(folder: MemoryFolder) -> MemoryFolder:
    text = folder.text(PYPROJECT)
    start = text.index('  [[tool.towncrier.type]]\n  directory = "doc"')
    return folder.having(PYPROJECT, text[:start] + text[text.index("[tool.black]") :])


@rule("PKG001", bad=edited('version = "0.1.0"', "version = 0.1.0"))
def unreadable_pyproject(pyproject_document: Document) -> Problems:
    """`pyproject.toml` can be read as TOML.

    Nothing can be installed, linted or released without it.
    """
    for fault in pyproject_document.faults:
        yield Problem(pyproject_document.where(fault), fault.message, Fix("mend the text at this place"))


@rule("PKG002", bad=edited('version = "0.1.0"\n', ""))
def missing_package_key(package: Package) -> Problems:
    """The package states its name and its version.

    The image and the spec are published under them.
    """
    for key, value in (("name", "my-service"), ("version", "0.1.0")):
        stated = package.stated(key)
        if not isinstance(stated, str) or not stated.strip():
            where = package.document.at(*package.way(key))
            fix = Fix(f'write {key} = "{value}", or what is right here, under [{_table(package, key)}]')
            yield Problem(where, f'"{key}" is missing' if stated is None else f'"{key}" is no text', fix)


def _table(package: Package, key: str) -> str:
    return ".".join(map(str, package.way(key)[:-1]))


@rule("PKG003", bad=edited('authors = ["Integration maintainers"]\n', ""), severity=WARNING)
def missing_package_detail(package: Package) -> Problems:
    """The package says what it is for, who answers for it, and which Python it needs.

    `poetry check` wants the first two; the last decides what the lock file may hold.
    """
    for key, what in DETAILS.items():
        if not package.stated(key) and "project" not in package.document.value:
            where = package.document.at(*package.way(key))
            yield Problem(where, f'"{key}" is missing', Fix(f"say {what}, under [tool.poetry]"))
    dependencies = package.table("tool", "poetry", "dependencies")
    if dependencies and "python" not in dependencies and not package.stated("requires-python"):
        where = package.document.key("tool", "poetry", "dependencies")
        yield Problem(where, 'the "python" dependency is missing', Fix('write python = "^3.12" under it'))


@rule("PKG101", bad=edited('name = "good-service"\n', 'name="good-service"\n'), by_profile={GUIDE: OFF})
def unsearchable_line(package: Package) -> Problems:
    """One line of `pyproject.toml` begins with `name = "`, and one with `version = "`.

    Ocean's release finds both by searching the lines, not by reading TOML. A second such line, in
    whichever table, ends up in the image's tag; a line that is spelled otherwise is not found. In a
    repository with its own release, switch this rule on where that searches too.
    """
    for key in ("name", "version"):
        lines = list(_lines(package.text, key))
        if [text for _, text in lines] != [package.stated(key)]:
            yield from _unsearchable(package, key, [number for number, _ in lines])


def _lines(text: str, key: str) -> Iterator[tuple[int, str]]:
    """The numbers of the lines that the release would find, and what it would take from each."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(f'{key} = "'):
            yield number, line.split('"')[1]


def _unsearchable(package: Package, key: str, lines: list[int]) -> Problems:
    right = package.document.at(*package.way(key))
    if isinstance(package.stated(key), str) and right.line not in lines:
        fix = Fix(f'write {key} = "{package.stated(key)}", with one blank on each side of "="')
        yield Problem(right, f'the release looks for a line that begins with {key} = ", and finds none', fix)
    for line in [line for line in lines if line != right.line][:1]:
        message = f'the release takes this for the {key} of the package, since it begins with {key} = "'
        yield Problem(Location(PYPROJECT, line), message, Fix("put two blanks in front of it"))


@rule("PKG102", bad=edited('name = "good-service"', 'name = "Good Service"'))
def malformed_package_name(package: Package, integration: Integration, spec_type: str) -> Problems:
    """The name is in lower-case letters and digits, with single hyphens, dots or underscores between them.

    It becomes part of the image's name, and registries refuse any other.
    """
    name = package.name
    if name and not NAME.fullmatch(name):
        where = package.document.at(*package.way("name"))
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        near = nearest(name, filter(NAME.fullmatch, (spec_type, integration.name))) or plain
        fix = (
            Fix(f'write "{near}"', Edit(where, name, near))
            if near
            else Fix("write a name such as my-service")
        )
        severity = WARNING if name.lower() == spec_type else None
        yield Problem(where, f'"{name[:60]}" cannot be part of an image\'s name', fix, severity=severity)


def _as_candidate(folder: MemoryFolder) -> MemoryFolder:
    return folder.edited("CHANGELOG.md", "## 0.1.0 (", "## 0.1.0-rc1 (").edited(
        PYPROJECT, 'version = "0.1.0"', 'version = "0.1.0-rc1"'
    )


@rule("PKG103", bad=_as_candidate)
def malformed_package_version(package: Package) -> Problems:
    """The version has the form X.Y.Z, with `-beta`, `-dev` or `-post1` behind it where it is no final one.

    The suffix decides what a release does with it; the pull-request gate refuses any other form.
    """
    text = package.version
    version = _version(text)
    if not text.strip() or (version and not version.is_dotted):
        return
    where = package.document.at(*package.way("version"))
    bare = text.strip().removeprefix("v")
    fix = Fix(f'write "{bare}"', Edit(where, text, bare)) if _version(bare) and not version else Fix(FORMS)
    if version:
        yield Problem(where, f'"{text}" has a form that is no longer released', fix, severity=WARNING)
    else:
        yield Problem(where, f'"{text[:60]}" is no version', fix)


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except ValueError:
        return None


@rule("PKG104", bad=edited('filename = "CHANGELOG.md"', 'filename = "CHANGES.md"'), severity=WARNING)
def unusual_towncrier_setting(package: Package, integration: Integration, fleet: Fleet) -> Problems:
    """Towncrier takes fragments from `changelog` and writes headings of the usual form to `CHANGELOG.md`.

    The release calls it, looks for the result there, and the pull-request gate wants the headings so.
    """
    document = package.document
    if not package.towncrier:
        fix = Fix('add [tool.towncrier] with directory = "changelog" and filename = "CHANGELOG.md"')
        yield Problem(document.at("tool"), '"[tool.towncrier]" is missing', fix)
        return
    for key, right, evidence in _settings(package, integration, fleet):
        if package.towncrier.get(key) != right:
            where = document.at("tool", "towncrier", key)
            fix = Fix(f"write {key} = {json.dumps(right)}")
            yield Problem(where, f'"{key}" is not {json.dumps(right)}', fix, evidence)


def _settings(package: Package, integration: Integration, fleet: Fleet) -> Iterator[tuple[str, Any, str]]:
    """What towncrier must be set to, with evidence; about headings only where today's form is in use."""
    yield "directory", "changelog", ""
    yield "filename", "CHANGELOG.md", ""
    custom = Custom.among(integration, fleet, frozenset(title_formats(fleet).get(TITLE_FORMAT, [])))
    if custom.is_common:
        yield "title_format", TITLE_FORMAT, custom.evidence("have it so")
    if package.towncrier.get("title_format") == TITLE_FORMAT:
        yield "underlines", [""], ""


@rule("PKG105", bad=_without_last_type, severity=WARNING)
def missing_fragment_type(package: Package) -> Problems:
    """Towncrier knows the six types of change: breaking, deprecation, feature, improvement, bugfix and doc.

    A release that names a type it does not know stops half-way.
    """
    known = package.fragment_types
    missing = [one for one in FRAGMENT_TYPES if one not in known]
    if package.towncrier and missing:
        names = ", ".join(f'"{one}"' for one in missing)
        fix = Fix("add a [[tool.towncrier.type]] with its directory, name and showcontent = true for each")
        yield Problem(package.document.at("tool", "towncrier"), f"towncrier does not know {names}", fix)


@rule("PKG109", bad=lambda folder: folder.having(PYPROJECT, folder.text(PYPROJECT) + UNREASONED))
def malformed_suppression(ignore_form: Conformity) -> Problems:
    """Each code under `[tool.seatrial] ignore` has a reason, in words.

    Who comes after cannot tell an exception from a fault waved through. Without a reason nothing is ignored.
    """
    yield from ignore_form.problems("malformed-suppression")


UNREASONED = '\n[tool.seatrial]\nignore = { LAY001 = "" }\n'
