"""Family PKG: the package in `pyproject.toml`, its framework and lock file, its name among the other integrations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from seatrial.core.model import Edit, Fix, Fleet, Integration, LineRange, Location, MemoryFolder, Problem
from seatrial.core.names import shown
from seatrial.core.rules import GUIDE, INFO, OFF, WARNING, Edited, Problems, rule
from seatrial.core.suggest import did_you_mean, nearest
from seatrial.dependencies.constraints import admits, is_constraint
from seatrial.dependencies.lockfile import LOCK, RELEVANT, CoreLock, content_hash
from seatrial.documents import toml
from seatrial.documents.document import Document, FaultKind, Keys
from seatrial.documents.integration import SPEC_FILES
from seatrial.validate.facts.conformity import Conformity
from seatrial.validate.facts.package_metadata import (
    FLAG,
    FRAGMENT_TYPES,
    PYPROJECT,
    TEXTS,
    TITLE_FORMAT,
    CoreDependency,
    OddOption,
    Package,
    names,
    title_formats,
    towncrier_settings,
)
from seatrial.validate.facts.source import appended
from seatrial.validate.facts.tree import Convention
from seatrial.validate.rules.shared import PACKAGE_NAME, folder_name, likeliest_name, parsed_version, replaced

FORMS = "write X.Y.Z, X.Y.Z-beta, X.Y.Z-dev or X.Y.Z-post1"

DETAILS = {"description": "what the integration is for", "authors": "who is responsible for it"}

CORE_LINE = 'port_ocean = {version = "^0.48.12", extras = ["cli"]}'
FAR = "99999.0.0"
"""A version that the framework will never reach."""

MOST = 20
"""The number of dependency groups that are reported."""

UNREASONED = '\n[tool.seatrial]\nignore = { LAY001 = "" }\n'

README = "README.md"
_PLAIN_FILE = re.compile(r"(?!\.)[\w.-]{1,100}")
"""The name of a file in the integration's own folder."""

RELOCK = Fix("type `poetry lock` in this folder, and commit the file")
AND_RELOCK = "then type `poetry lock` in this folder"
"""The end of each cure that changes the dependencies, as the lock file is made from them."""

edited = partial(replaced, PYPROJECT)


def relocked(old: str, new: str) -> Edited:
    """Return the edit of `pyproject.toml` that also updates the content hash of the lock file."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        before, after = folder, folder.edited(PYPROJECT, old, new)
        hashes = [content_hash(toml.load(PYPROJECT, one.read(PYPROJECT)).value) for one in (before, after)]
        return after.edited(LOCK, *hashes)

    return edit


def _without_last_type(folder: MemoryFolder) -> MemoryFolder:
    text = folder.text(PYPROJECT)
    start = text.index('  [[tool.towncrier.type]]\n  directory = "doc"')
    return folder.having(PYPROJECT, text[:start] + text[text.index("[tool.black]") :])


@rule("PKG001", bad=edited('version = "0.1.0"', "version = 0.1.0"))
def unreadable_pyproject(pyproject_document: Document) -> Problems:
    """`pyproject.toml` is valid TOML.

    Nothing can be installed, linted or released without it.
    """
    for fault in pyproject_document.faults:
        if fault.kind is FaultKind.CONFLICT:
            continue
        yield Problem(pyproject_document.where(fault), fault.message, Fix("correct the text here"))


@rule("PKG002", bad=edited('version = "0.1.0"\n', ""))
def missing_package_key(package: Package) -> Problems:
    """The package has a name and a version.

    The image and the spec are published under them.
    """
    if misspelt := _misspelled_table(package):
        where = package.document.key("tool", misspelt)
        yield Problem(
            where, f'"tool.{shown(misspelt)}" is no table that Poetry reads', Fix("write [tool.poetry]")
        )
        return
    for key, value in (("name", "my-service"), ("version", "0.1.0")):
        stated = package.stated(key)
        if not isinstance(stated, str) or not stated.strip():
            where = package.document.at(*package.way(key))
            table = ".".join(map(str, package.way(key)[:-1]))
            fix = Fix(f'write {key} = "{value}", with the right value, under [{table}]')
            yield Problem(where, f'"{key}" is missing' if stated is None else f'"{key}" is no text', fix)


def _misspelled_table(package: Package) -> str:
    """Return the key under `tool` that is meant for Poetry's table, where that states no name; else empty."""
    if "name" in package.table("tool", "poetry") or "project" in package.document.value:
        return ""
    tables = (
        key
        for key, value in islice(package.table("tool").items(), MOST)
        if isinstance(value, dict) and "name" in value
    )
    return next((key for key in tables if key != "poetry" and nearest(key, ["poetry"])), "")


@rule("PKG003", bad=edited('authors = ["Integration maintainers"]\n', ""), severity=WARNING)
def missing_package_detail(package: Package) -> Problems:
    """The package states what it is for, who is responsible for it, and which Python it needs.

    `poetry check` requires the first two; the last decides what the lock file may contain.
    """
    for key, what in DETAILS.items() if not _misspelled_table(package) else ():
        if not package.stated(key) and "project" not in package.document.value:
            where = package.document.at(*package.way(key))
            yield Problem(where, f'"{key}" is missing', Fix(f"state {what}, under [tool.poetry]"))
    dependencies = package.table("tool", "poetry", "dependencies")
    if dependencies and "python" not in dependencies and not package.stated("requires-python"):
        where = package.document.key("tool", "poetry", "dependencies")
        yield Problem(where, 'the "python" dependency is missing', Fix('write python = "^3.12" under it'))


@rule("PKG151", bad=edited('authors = ["Integration maintainers"]', 'authors = "Integration maintainers"'))
def malformed_poetry_table(poetry_form: Conformity) -> Problems:
    """The keys under `[tool.poetry]` have the names and the types that Poetry reads.

    Poetry refuses the whole file otherwise: it makes no lock, and installs and builds nothing.
    """
    yield from poetry_form.problems("malformed-poetry-table")


@rule("PKG152", severity=WARNING, bad=edited('readme = "README.md"', 'readme = "README.md"\ncolour = "blue"'))
def unknown_poetry_key(poetry_form: Conformity) -> Problems:
    """Every key under `[tool.poetry]` is one that Poetry reads.

    Poetry refuses a file with any other. It learns new keys from time to time, so this is only a warning.
    """
    told: set[Keys] = set()
    for one in poetry_form.violations:
        if one.rule == "unknown-poetry-key" and one.keys[:-1] not in told:
            told.add(one.keys[:-1])
            yield poetry_form.problem(one)


@rule("PKG153", bad=relocked('"^9.1.1"', '"=>9.1.1"'))
def malformed_constraint(package: Package) -> Problems:
    """The version of each dependency is a constraint that Poetry reads.

    Poetry refuses the whole file otherwise: it makes no lock, and installs and builds nothing.
    """
    for keys, text in package.constraints():
        if not is_constraint(text):
            meant = re.sub(r"=([<>])", r"\1=", text)
            right = meant if is_constraint(meant) else "^X.Y.Z"
            message = f'"{shown(text)}" is no constraint on versions'
            yield Problem(package.document.at(*keys), message, Fix(f'write "{right}", {AND_RELOCK}'))


@rule("PKG154", bad=edited('readme = "README.md"', 'readme = "README.rst"'))
def named_readme_missing(package: Package, integration: Integration) -> Problems:
    """The files that `readme` names exist.

    `poetry check` fails where one is not. That `README.md` itself is missing is LAY001.
    """
    stated = package.stated("readme")
    for name in stated[:MOST] if isinstance(stated, list) else [stated]:
        is_inside = isinstance(name, str) and _PLAIN_FILE.fullmatch(name)
        if is_inside and name != README and not integration.has(name):
            where = package.document.at(*package.way("readme"))
            fix = Fix(f'write "{README}"' if integration.has(README) else "name a file that is there")
            yield Problem(where, f'there is no file "{name}"', fix)


@rule("PKG155", bad=relocked('pytest = "^9.1.1"', 'pytest = {version = "^9.1.1", optional = "yes"}'))
def malformed_dependency(package: Package) -> Problems:
    """The options of a dependency have the names and types that Poetry reads for a source of its kind.

    Poetry refuses the whole file otherwise: it makes no lock, and installs and builds nothing.
    """
    for one in package.odd_options[:MOST]:
        where = package.document.key(*one.keys)
        lines = LineRange(where.path, where.line, where.line) if one.keys[-1] == "develop" else None
        if not one.known:
            message, cure = f'"{shown(str(one.keys[-1]))}" names no version', 'write version = "^X.Y.Z" too'
        elif one.wanted:
            message, cure = _of_other_type(one)
            where = package.document.at(*one.keys)
        else:
            message, cure = _unknown_option(one)
        yield Problem(where, message, Fix(f"{cure}, {AND_RELOCK}"), rests_on=lines)


def _unknown_option(one: OddOption) -> tuple[str, str]:
    key, name = str(one.keys[-1]), one.dependency
    near = nearest(key, one.known)
    message = f'"{shown(key)}" is no option of the dependency "{shown(name)}"{did_you_mean(near)}'
    return message, f'write "{near}"' if near else "delete it"


def _of_other_type(one: OddOption) -> tuple[str, str]:
    message = f'"{one.keys[-1]}" of "{shown(one.dependency)}" is not {one.wanted}'
    if one.wanted == FLAG or isinstance(one.value, bool | dict | list):
        return message, f"write {one.wanted}"
    right = [one.value] if one.wanted == TEXTS else str(one.value)
    return message, f"write {shown(json.dumps(right))}"


@rule("PKG101", bad=edited('name = "good-service"\n', 'name="good-service"\n'), by_profile={GUIDE: OFF})
def unsearchable_line(package: Package) -> Problems:
    """Exactly one line of `pyproject.toml` begins with `name = "`, and exactly one with `version = "`.

    Ocean's release job finds both by searching for such lines; it does not parse TOML. A second one, in
    any table, ends up in the image's tag, and one that is spelled differently is not found. If your
    repository has a release job of its own that searches in the same way, switch this rule on.
    """
    for key in ("name", "version"):
        lines = list(_lines(package.text, key))
        if [text for _, text in lines] != [package.stated(key)]:
            yield from _unsearchable(package, key, [number for number, _ in lines])


def _lines(text: str, key: str) -> Iterator[tuple[int, str]]:
    """Yield the number of each line that the release job would find, and the value it would read from it."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(f'{key} = "'):
            yield number, line.split('"')[1]


def _unsearchable(package: Package, key: str, lines: list[int]) -> Problems:
    right = package.document.at(*package.way(key))
    if isinstance(package.stated(key), str) and right.line not in lines:
        fix = Fix(f'write {key} = "{package.stated(key)}", with one space on each side of "="')
        yield Problem(right, f'the release looks for a line that begins with {key} = ", and finds none', fix)
    for line in [line for line in lines if line != right.line][:1]:
        message = f'the release takes this for the {key} of the package, since it begins with {key} = "'
        yield Problem(Location(PYPROJECT, line), message, Fix("indent the line by two spaces"))


@rule("PKG102", bad=edited('name = "good-service"', 'name = "Good Service"'))
def malformed_package_name(package: Package, integration: Integration, spec_type: str) -> Problems:
    """The name consists of lower-case letters and digits, with single hyphens, dots or underscores between them.

    It becomes part of the image's name, and registries reject any other form.
    """
    name = package.name
    if name and not PACKAGE_NAME.fullmatch(name):
        where = package.document.at(*package.way("name"))
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        near = nearest(name, filter(PACKAGE_NAME.fullmatch, (spec_type, integration.name))) or plain
        edit = Edit(where, name, near) if near and near == spec_type else None
        fix = Fix(f'write "{near}"' if near else "write a name such as my-service", edit)
        severity = WARNING if name.lower() == spec_type else None
        yield Problem(where, f'"{name[:60]}" cannot be part of an image\'s name', fix, severity=severity)


def _as_candidate(folder: MemoryFolder) -> MemoryFolder:
    return folder.edited("CHANGELOG.md", "## 0.1.0 (", "## 0.1.0-rc1 (").edited(
        PYPROJECT, 'version = "0.1.0"', 'version = "0.1.0-rc1"'
    )


@rule("PKG103", bad=_as_candidate)
def malformed_package_version(package: Package, spec_version: str, logged_version: str) -> Problems:
    """The version has the form X.Y.Z, followed by `-beta`, `-dev` or `-post1` unless it is a final one.

    The suffix decides what a release does with it; the pull-request check rejects any other form.
    """
    text = package.version
    version = parsed_version(text)
    if not text.strip() or (version and not version.is_dotted):
        return
    where = package.document.at(*package.way("version"))
    bare = text.strip().removeprefix("v")
    if version:
        yield Problem(where, f'"{text}" has a form that is no longer released', Fix(FORMS), severity=WARNING)
    else:
        is_meant = spec_version == logged_version or _begins(bare, logged_version)
        meant = next((one for one in (bare, logged_version if is_meant else "") if parsed_version(one)), "")
        is_sure = meant in (bare, spec_version)
        fix = Fix(f'write "{meant}"', Edit(where, text, meant) if is_sure else None) if meant else Fix(FORMS)
        yield Problem(where, f'"{text[:60]}" is no version', fix)


def _begins(text: str, version: str) -> bool:
    """Return whether the first numbers of a text, at most three, are those that a version begins with."""
    numbers = re.findall(r"\d+", text[:MAX_VERSION])[:3]
    return bool(numbers[1:]) and numbers == re.findall(r"\d+", version[:MAX_VERSION])[: len(numbers)]


MAX_VERSION = 60
"""The characters of a version that are looked at."""


@rule("PKG104", bad=edited('filename = "CHANGELOG.md"', 'filename = "CHANGES.md"'), severity=WARNING)
def unusual_towncrier_setting(package: Package, integration: Integration, fleet: Fleet) -> Problems:
    """Towncrier reads fragments from `changelog` and writes headings of the usual form to `CHANGELOG.md`.

    The release runs towncrier and looks for the result there; the pull-request check expects such headings. A
    workspace whose other integrations do otherwise sets its own standard.
    """
    document = package.document
    if not package.towncrier:
        if _convention(integration, fleet, "directory", "changelog").is_rare:
            return
        fix = Fix('add [tool.towncrier] with directory = "changelog" and filename = "CHANGELOG.md"')
        yield Problem(document.at("tool"), '"[tool.towncrier]" is missing', fix)
        return
    for key, right, evidence in _settings(package, integration, fleet):
        if package.towncrier.get(key) != right:
            where = document.at("tool", "towncrier", key)
            old = package.towncrier.get(key)
            edit = Edit(where, old, right) if isinstance(old, str) and isinstance(right, str) else None
            fix = Fix(f"write {key} = {json.dumps(right)}", edit)
            yield Problem(where, f'"{key}" is not {json.dumps(right)}', fix, evidence)


def _convention(integration: Integration, fleet: Fleet, key: str, value: str) -> Convention:
    return Convention.among(integration, fleet, towncrier_settings(fleet, key).get(value, ()))


def _settings(package: Package, integration: Integration, fleet: Fleet) -> Iterator[tuple[str, Any, str]]:
    """Yield each setting of towncrier, its right value and evidence; headings only where today's form is in use."""
    for key, right in (("directory", "changelog"), ("filename", "CHANGELOG.md")):
        if not _convention(integration, fleet, key, right).is_rare:
            yield key, right, ""
    convention = Convention.among(integration, fleet, title_formats(fleet).get(TITLE_FORMAT, ()))
    if convention.is_common:
        yield "title_format", TITLE_FORMAT, convention.evidence("have this value")
    if package.towncrier.get("title_format") == TITLE_FORMAT:
        yield "underlines", [""], ""


@rule("PKG105", bad=_without_last_type, severity=WARNING)
def missing_fragment_type(package: Package, integration: Integration) -> Problems:
    """Towncrier has the six types of change: breaking, deprecation, feature, improvement, bugfix and doc.

    A release that uses a type towncrier does not know stops half-way.
    """
    known = package.fragment_types
    lacking = [one for one in FRAGMENT_TYPES if one not in known]
    missing = ", ".join(f'"{one}"' for one in lacking)
    if package.towncrier and missing:
        edit = appended(integration, PYPROJECT, "".join(map(_table_of, lacking))) if known else None
        fix = Fix("for each, add a [[tool.towncrier.type]] with directory, name and showcontent = true", edit)
        yield Problem(package.document.at("tool", "towncrier"), f"towncrier does not know {missing}", fix)


SECTION_OF = dict(
    zip(
        FRAGMENT_TYPES,
        (
            "Breaking Changes",
            "Deprecations",
            "Features",
            "Improvements",
            "Bug Fixes",
            "Improved Documentation",
        ),
        strict=True,
    )
)
"""The heading under which towncrier puts each type of change."""


def _table_of(type: str) -> str:
    """Return the table of a type, indented, since only the package's name may begin a line (PKG101)."""
    keys = (f'directory = "{type}"', f'name = "{SECTION_OF[type]}"', "showcontent = true")
    return "\n  [[tool.towncrier.type]]\n" + "".join(f"  {key}\n" for key in keys)


@rule("PKG109", bad=lambda folder: folder.having(PYPROJECT, folder.text(PYPROJECT) + UNREASONED))
def malformed_suppression(ignore_form: Conformity) -> Problems:
    """Each code under `[tool.seatrial] ignore` is given a reason, in words.

    Without one, the next maintainer cannot tell an exception from an oversight, and nothing is ignored.
    """
    yield from ignore_form.problems("malformed-suppression")


@rule("PKG004", bad=relocked(f"{CORE_LINE}\n", ""))
def missing_core(package: Package) -> Problems:
    """The Ocean framework is a dependency.

    The image contains only what is listed here, and an integration starts by importing `port_ocean`.
    """
    poetry = package.table("tool", "poetry")
    if "dependencies" not in poetry and any(nearest(key, ["dependencies"]) for key in islice(poetry, MOST)):
        return  # PKG151 reports the misspelled name
    if not package.names_core and (package.name or poetry):
        where = package.document.key("tool", "poetry", "dependencies")
        form = 'port_ocean = {version = "^X.Y.Z", extras = ["cli"]}'
        fix = Fix(f"write {form} under [tool.poetry.dependencies], {AND_RELOCK}")
        yield Problem(where, '"port_ocean" is not among the dependencies', fix)


@rule(
    "PKG005",
    bad=lambda folder: folder.having(LOCK, '[[package]]\nname = "port-ocean"\nversion = "0.48.12"\n'),
)
def malformed_lock(lock: CoreLock) -> Problems:
    """`poetry.lock` is complete.

    The image and the lint environment are built from it.
    """
    if lock.fault:
        yield Problem(Location(LOCK), lock.fault, RELOCK)


@rule("PKG106", bad=relocked(CORE_LINE, 'port_ocean = {path = "../../", develop = true, extras = ["cli"]}'))
def local_core(package: Package) -> Problems:
    """The framework comes from the package index, in every dependency group.

    A path or a git URL helps to debug the two together, but the image is built where that path does not
    exist, and the lock file would point at the local copy.
    """
    for core in package.all_cores[:MOST]:
        if core.source:
            where = package.document.key(*core.keys, core.source)
            form = '{version = "^X.Y.Z", extras = ["cli"]}'
            fix = Fix(f"write {form}, or comment the line out again; {AND_RELOCK}")
            yield Problem(where, f'"{core.keys[-1]}" comes from a "{core.source}", not from the index', fix)


@rule("PKG107", bad=relocked(CORE_LINE, 'port_ocean = "^0.48.12"'))
def core_without_command(package: Package) -> Problems:
    """The framework is required with its extra `cli`.

    The extra brings the `ocean` command, which starts the image.
    """
    core = package.core
    if core and core.lacks_command:
        where = package.document.at(*core.keys)
        form = f'{core.keys[-1]} = {{version = "{core.constraint}", extras = ["cli"]}}'
        fix = Fix(f"write {form}, {AND_RELOCK}")
        is_odd = any(one.keys[: len(core.keys)] == core.keys for one in package.odd_options)
        lines = LineRange(where.path, where.line, where.line) if is_odd else None
        message = f'"{core.keys[-1]}" is asked for without the extra "cli"'
        yield Problem(where, message, fix, rests_on=lines)


@rule("PKG108", bad=relocked('"^0.48.12"', '">=0.48.12"'), severity=WARNING)
def unbounded_core(package: Package) -> Problems:
    """The constraint on the framework's version has an upper bound.

    Without one, the first `poetry lock` after a breaking release of the framework breaks the integration.
    """
    core = package.core
    if core and core.constraint and admits(core.constraint, FAR):
        where = package.document.at(*core.keys)
        floor = ".".join(map(str, package.core_floor)) or "X.Y.Z"
        message = f'"{core.constraint}" lets any later version of the framework in'
        yield Problem(where, message, Fix(f'write "^{floor}", {AND_RELOCK}'))


@rule("PKG201", bad=edited('pytest = "^9.1.1"', 'pytest = "^9.1.1"\nrespx = "^0.22.0"'))
def stale_lock(package: Package, lock: CoreLock, poetry_form: Conformity) -> Problems:
    """`poetry.lock` was made from the dependencies that `pyproject.toml` lists.

    `poetry install` rejects a stale lock, both in the lint job and in the image build. A new version of the
    integration alone does not make the lock stale.
    """
    wanted = content_hash(package.document.value)
    if wanted and len(lock.hashes) == 1 and lock.hashes[0].text != wanted:
        message = "the dependencies in pyproject.toml have changed since this file was made"
        explained = _unreadable(package, poetry_form) or _explained(package, lock)
        lines = LineRange(explained.path, explained.line, explained.line) if explained else None
        yield Problem(lock.hashes[0].where, message, RELOCK, rests_on=lines)


def _unreadable(package: Package, form: Conformity) -> Location | None:
    """Return the place of the first dependency that Poetry refuses, as another rule reports."""
    wrong = (keys for keys, text in package.constraints() if not is_constraint(text))
    listing = {*RELEVANT, "group"}
    faulty = (
        one
        for one in form.violations
        if listing & {*one.keys[2:3], one.repair.new if one.at_key and one.repair else ""}
    )
    keys = next(wrong, None)
    if keys:
        return package.document.at(*keys)
    if package.odd_options:
        return package.document.at(*package.odd_options[0].keys)
    fault = next(faulty, None)
    return form.problem(fault).where if fault else None


def _explained(package: Package, lock: CoreLock) -> Location | None:
    """Return the place where another rule reports the dependency on the framework, and tells to make the lock anew."""
    core, locked = package.core, lock.cores[0] if len(lock.cores) == 1 else None
    local = next((one for one in package.all_cores[:MOST] if one.source), None)
    if local:
        return package.document.key(*local.keys, local.source)
    if core is None:
        lacks = locked and not package.names_core
        return package.document.key("tool", "poetry", "dependencies") if lacks else None
    if core.lacks_command:
        return package.document.at(*core.keys)
    if admits(core.constraint, FAR) and lock.hashes[0].text == content_hash(_bounded(package, core)):
        return package.document.at(*core.keys)
    return locked.where if locked and admits(core.constraint, locked.text) is False else None


def _bounded(package: Package, core: CoreDependency) -> Any:
    """Return `pyproject.toml` as it is once the framework's version has the upper bound that PKG108 asks for."""
    constraint = f"^{'.'.join(map(str, package.core_floor))}"
    right = core.value | {"version": constraint} if isinstance(core.value, dict) else constraint

    def edited(table: Any, keys: Keys) -> Any:
        return {**table, keys[0]: edited(table[keys[0]], keys[1:])} if keys else right

    return edited(package.document.value, core.keys)


@rule("PKG202", bad=replaced(LOCK, 'version = "0.48.12"', 'version = "0.47.3"'))
def locked_core_disagrees(package: Package, lock: CoreLock) -> Problems:
    """The framework version in `poetry.lock` is one that `pyproject.toml` allows.

    The image gets the locked version, while the changelog promises the other.
    """
    core = package.core
    if core is None or not core.constraint or len(lock.cores) != 1:
        return
    locked = lock.cores[0]
    if admits(core.constraint, locked.text) is False:
        message = f'port-ocean is locked at "{locked.text}", and pyproject.toml asks for "{core.constraint}"'
        yield Problem(locked.where, message, Fix("type `poetry update port-ocean` in this folder"))


def named(name: str) -> Edited:
    """Return the edit that gives the package another name, in the spec as well."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        spec = folder.text(SPEC_FILES[1]).replace("type: good-service\n", f"type: {name}\n")
        return folder.having(SPEC_FILES[1], spec).edited(
            PYPROJECT, 'name = "good-service"', f'name = "{name}"'
        )

    return edit


@rule("PKG203", bad=named("good-servce"), severity=WARNING)
def package_name_misspelled(package: Package, integration: Integration, spec_type: str) -> Problems:
    """The name of the package is the name of its folder, or clearly a different one.

    A name that differs by a letter or two is a typo, and it ends up in the image's name.
    """
    name, folder = package.name, integration.name
    near = nearest(name, [folder]) if PACKAGE_NAME.fullmatch(name) else None
    if near and near != name and (spec_type or name) == name:
        where = package.document.at(*package.way("name"))
        fits = PACKAGE_NAME.fullmatch(folder)
        fix = Fix(
            (
                f'write "{folder}"'
                if fits
                else f'rename the folder to "{name}", since no package can have its name'
            ),
            Edit(where, name, folder) if fits else None,
            guessed=True,
        )
        yield Problem(where, f'"{name}" is nearly the name of the folder', fix)


@rule("PKG204", bad=named("tickets"), siblings={"tickets": named("tickets")})
def package_name_taken(package: Package, integration: Integration, fleet: Fleet) -> Problems:
    """No two integrations of a workspace have the same package name.

    They would publish the same image and the same spec, each overwriting the other's.
    """
    other = _other_called(package.name, integration, fleet)
    if package.name and other is not None:
        where = package.document.at(*package.way("name"))
        own = likeliest_name(integration.name)
        fix = Fix(
            f'write "{own}", or another name that is not taken' if own else "write a name that is not taken"
        )
        yield Problem(where, f'"{package.name}" is also the name of "{other}"', fix)


def _other_called(name: str, integration: Integration, fleet: Fleet) -> str | None:
    return next((place for place in names(fleet).get(name, ()) if place != integration.path), None)


def _called_as_their_folders(fleet: Fleet) -> frozenset[str]:
    called = names(fleet)
    return fleet.keep(
        "called as their folders",
        lambda: frozenset(path for one, paths in called.items() for path in paths if _ends_in(path, one)),
    )


@rule("PKG112", bad=named("project-board"), severity=INFO)
def folder_named_differently(package: Package, integration: Integration, fleet: Fleet) -> Problems:
    """The folder of an integration has the name of its package.

    Where a folder was renamed, the package, and with it the image and the type, may have kept the old name. A few
    integrations are called otherwise on purpose.
    """
    name, folder = package.name, folder_name(integration)
    is_reported = nearest(name, [folder]) or not PACKAGE_NAME.fullmatch(name)
    if folder and not is_reported and _other_called(name, integration, fleet) is None:
        convention = Convention.among(integration, fleet, _called_as_their_folders(fleet))
        evidence = convention.evidence("have the same name in both") if convention.is_common else ""
        where = package.document.at(*package.way("name"))
        fix = Fix(f'rename the folder to "{name}", or the package and the type to "{folder}"')
        yield Problem(
            where, f'"{name}" is the name of the package, and "{folder}" that of the folder', fix, evidence
        )


def _ends_in(path: str, name: str) -> bool:
    return path.rpartition("/")[2] == name
