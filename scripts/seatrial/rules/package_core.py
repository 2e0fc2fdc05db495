"""Family PKG: the framework an integration is built with, its lock file, and its place in the workspace."""

from __future__ import annotations

from seatrial.documents import toml
from seatrial.model import Fix, Fleet, Integration, Location, MemoryFolder, Problem
from seatrial.near import nearest
from seatrial.rules.package import NAME, edited
from seatrial.rules.rule import WARNING, Edited, Problems, rule
from seatrial.subjects.constraints import admits
from seatrial.subjects.lock import LOCK, Lock, content_hash
from seatrial.subjects.package import PYPROJECT, Package, names
from seatrial.subjects.reading import SPEC_FILES

CORE_LINE = 'port_ocean = {version = "^0.48.12", extras = ["cli"]}'
FAR = "99999.0.0"
"""A version that no framework will have."""

MOST = 20
"""No more groups than this are named."""

EXTRAS = ("cli", "all")
"""Either brings the `ocean` command."""


def relocked(old: str, new: str) -> Edited:
    """The edit of the template's `pyproject.toml`, and of its lock file so that it is not stale."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        before, after = folder, folder.edited(PYPROJECT, old, new)
        hashes = [content_hash(toml.load(PYPROJECT, one.read(PYPROJECT)).value) for one in (before, after)]
        return after.edited(LOCK, *hashes)

    return edit


@rule("PKG004", bad=relocked(f"{CORE_LINE}\n", ""))
def missing_core(package: Package) -> Problems:
    """The Ocean framework is a dependency.

    The image holds what is listed here, and an integration starts by importing `port_ocean`.
    """
    if not package.names_core and (package.name or package.table("tool", "poetry")):
        where = package.document.key("tool", "poetry", "dependencies")
        fix = Fix(
            'write port_ocean = {version = "^X.Y.Z", extras = ["cli"]} under [tool.poetry.dependencies]'
        )
        yield Problem(where, '"port_ocean" is not among the dependencies', fix)


@rule(
    "PKG005",
    bad=lambda folder: folder.having(LOCK, '[[package]]\nname = "port-ocean"\nversion = "0.48.12"\n'),
)
def malformed_lock(lock: Lock) -> Problems:
    """`poetry.lock` is whole.

    The image and the lint environment are made from it.
    """
    if lock.fault:
        yield Problem(Location(LOCK), lock.fault, Fix("type `poetry lock`, and commit the file"))


@rule("PKG106", bad=relocked(CORE_LINE, 'port_ocean = {path = "../../", develop = true, extras = ["cli"]}'))
def local_core(package: Package) -> Problems:
    """The framework comes from the package index, in every group.

    A path or a git address serves to debug both together. The image is built where that path is not,
    and the lock file would hold the local copy.
    """
    for core in package.all_cores[:MOST]:
        if core.source:
            where = package.document.key(*core.keys, core.source)
            fix = Fix('write {version = "^X.Y.Z", extras = ["cli"]}, or make the line a comment again')
            yield Problem(where, f'"{core.keys[-1]}" comes from a "{core.source}", not from the index', fix)


@rule("PKG107", bad=relocked(CORE_LINE, 'port_ocean = "^0.48.12"'))
def core_without_command(package: Package) -> Problems:
    """The framework is asked for with its extra `cli`.

    It brings the `ocean` command, with which the image starts.
    """
    core = package.core
    if core and core.constraint and not core.source and not any(extra in core.extras for extra in EXTRAS):
        where = package.document.at(*core.keys)
        fix = Fix(f'write {core.keys[-1]} = {{version = "{core.constraint}", extras = ["cli"]}}')
        yield Problem(where, f'"{core.keys[-1]}" is asked for without the extra "cli"', fix)


@rule("PKG108", bad=relocked('"^0.48.12"', '">=0.48.12"'), severity=WARNING)
def unbounded_core(package: Package) -> Problems:
    """The framework's versions have an upper bound.

    With the next change that breaks something, the next `poetry lock` breaks the integration.
    """
    core = package.core
    if core and core.constraint and admits(core.constraint, FAR):
        where = package.document.at(*core.keys)
        floor = ".".join(map(str, package.core_floor)) or "X.Y.Z"
        message = f'"{core.constraint}" lets any later version of the framework in'
        yield Problem(where, message, Fix(f'write "^{floor}"'))


@rule("PKG201", bad=edited('pytest = "^9.1.1"', 'pytest = "^9.1.1"\nrespx = "^0.22.0"'))
def stale_lock(package: Package, lock: Lock) -> Problems:
    """`poetry.lock` was made from the dependencies that `pyproject.toml` lists.

    `poetry install` refuses a stale one, in the lint job as in the image. The version counts for nothing.
    """
    wanted = content_hash(package.document.value)
    if wanted and len(lock.hashes) == 1 and lock.hashes[0].text != wanted:
        message = "the dependencies in pyproject.toml have changed since this file was made"
        yield Problem(
            lock.hashes[0].where, message, Fix("type `poetry lock` in this folder, and commit the file")
        )


def _with_older_core(folder: MemoryFolder) -> MemoryFolder:
    return folder.edited(LOCK, 'version = "0.48.12"', 'version = "0.47.3"')


@rule("PKG202", bad=_with_older_core)
def locked_core_disagrees(package: Package, lock: Lock) -> Problems:
    """The framework version in `poetry.lock` is one that `pyproject.toml` asks for.

    The image holds the locked one, and the changelog promises the other.
    """
    core = package.core
    if core is None or not core.constraint or len(lock.cores) != 1:
        return
    locked = lock.cores[0]
    if admits(core.constraint, locked.text) is False:
        message = f'port-ocean is locked at "{locked.text}", and pyproject.toml asks for "{core.constraint}"'
        yield Problem(locked.where, message, Fix("type `poetry update port-ocean` in this folder"))


def named(name: str) -> Edited:
    """The edit that gives the template's package another name, in the spec as well."""

    def edit(folder: MemoryFolder) -> MemoryFolder:
        spec = folder.text(SPEC_FILES[1]).replace("type: good-service\n", f"type: {name}\n")
        return folder.having(SPEC_FILES[1], spec).edited(
            PYPROJECT, 'name = "good-service"', f'name = "{name}"'
        )

    return edit


@rule("PKG203", bad=named("good-servce"), severity=WARNING)
def package_name_misspelled(package: Package, integration: Integration) -> Problems:
    """The name of the package is that of its folder, or plainly another.

    A deliberate one is far from the folder's name; a near one is a slip, and ends up in the image's name.
    """
    name = package.name
    near = nearest(name, [integration.name]) if NAME.fullmatch(name) else None
    if near and near != name:
        where = package.document.at(*package.way("name"))
        yield Problem(where, f'"{name}" is nearly the name of the folder', Fix(f'write "{near}"'))


@rule("PKG204", bad=named("tickets"), siblings={"tickets": named("tickets")})
def package_name_taken(package: Package, integration: Integration, fleet: Fleet) -> Problems:
    """No two integrations of a workspace have the same package name.

    They would publish the same image and the same spec, one over the other.
    """
    places = names(fleet).get(package.name, [])
    others = [place for place in places if place != integration.path]
    if package.name and others:
        where = package.document.at(*package.way("name"))
        fix = Fix(f'write "{integration.name}", or whatever is right here')
        yield Problem(where, f'"{package.name}" is also the name of "{others[0]}"', fix)
