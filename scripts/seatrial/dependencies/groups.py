"""The groups of a `pyproject.toml` and their dependencies, from which `poetry install --with dev` starts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seatrial.core.names import canonical
from seatrial.dependencies.constraints import parse_requirement
from seatrial.dependencies.lockfile import Dependency, dependency

MAIN, DEV = "main", "dev"


@dataclass(frozen=True)
class Groups:
    """The groups that are installed, and the dependencies they name."""

    names: frozenset[str]
    dependencies: tuple[Dependency, ...]


def installed_groups(pyproject: Mapping[str, Any], without: Collection[str] = ()) -> Groups:
    """Return every group that is not optional, and `dev` in any case, less those in `without`.

    Unreadable entries are left out; `poetry check` reports them.
    """
    declared = _declared(pyproject)
    optional = {canonical(name) for name, table in _poetry_groups(pyproject) if table.get("optional") is True}
    names = ((frozenset(declared) - optional) | {MAIN, DEV}) - frozenset(without)
    found = (one for name in sorted(names) for one in _all_of(name, declared, frozenset()))
    return Groups(names, tuple(dict.fromkeys(found)))


@dataclass(frozen=True)
class _Group:
    """A group as declared: by requirements (PEP 621, PEP 735), by Poetry's tables, and by other groups."""

    plain: tuple[Dependency, ...] = ()
    tables: tuple[Dependency, ...] = ()
    includes: tuple[str, ...] = ()

    def with_more(self, other: _Group) -> _Group:
        """Return both together."""
        return _Group(self.plain + other.plain, self.tables + other.tables, self.includes + other.includes)


def _declared(pyproject: Mapping[str, Any]) -> dict[str, _Group]:
    found: dict[str, _Group] = {}
    for name, group in _declarations(pyproject):
        found[canonical(name)] = found.get(canonical(name), _Group()).with_more(group)
    return found


def _declarations(pyproject: Mapping[str, Any]) -> Iterator[tuple[str, _Group]]:
    project, poetry = _table(pyproject, "project"), _table(pyproject, "tool", "poetry")
    yield MAIN, _Group(plain=tuple(_requirements(project.get("dependencies"))))
    yield MAIN, _Group(tables=tuple(_rows(poetry.get("dependencies"))))
    yield DEV, _Group(tables=tuple(_rows(poetry.get("dev-dependencies"))))
    for name, rows in _table(pyproject, "dependency-groups").items():
        included = [row.get("include-group") for row in _list(rows) if isinstance(row, dict)]
        yield name, _Group(plain=tuple(_requirements(rows)), includes=tuple(_texts(included)))
    for name, table in _poetry_groups(pyproject):
        rows, includes = tuple(_rows(table.get("dependencies"))), _list(table.get("include-groups"))
        yield name, _Group(tables=rows, includes=tuple(_texts(includes)))


def _all_of(name: str, declared: Mapping[str, _Group], above: frozenset[str]) -> Iterator[Dependency]:
    """Yield the dependencies of a group, and of the groups it includes."""
    group = declared.get(name)
    if group is None or name in above:
        return
    yield from _merged(group.plain, group.tables)
    for included in group.includes:
        yield from _all_of(canonical(included), declared, above | {name})


def _merged(plain: Sequence[Dependency], tables: Sequence[Dependency]) -> Iterator[Dependency]:
    """Yield Poetry's tables alone, or the requirements, extended by the tables of the same name."""
    if not plain:
        yield from (one for one in tables if not one.optional)
        return
    for one in plain:
        same = [table for table in tables if table.name == one.name]
        yield from (_enriched(one, table) for table in same)
        if not same:
            yield one


def _enriched(plain: Dependency, table: Dependency) -> Dependency:
    markers = [f"({marker})" for marker in (plain.marker, table.marker) if marker]
    constraint = plain.constraint if table.constraint == "*" else table.constraint
    return replace(
        table, constraint=constraint, marker=" and ".join(markers), extras=plain.extras, optional=False
    )


def _requirements(rows: Any) -> Iterator[Dependency]:
    for row in _texts(_list(rows)):
        try:
            one = parse_requirement(row)
        except ValueError:
            continue
        yield Dependency(one.name, one.constraint, marker=one.marker, extras=one.extras)


def _rows(table: Any) -> Iterator[Dependency]:
    for name, stated in table.items() if isinstance(table, dict) else ():
        if name.lower() != "python":
            yield from (dependency(name, one) for one in (stated if isinstance(stated, list) else [stated]))


def _poetry_groups(pyproject: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, table in _table(pyproject, "tool", "poetry", "group").items():
        if isinstance(table, dict):
            yield name, table


def _table(value: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _texts(values: Any) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))
