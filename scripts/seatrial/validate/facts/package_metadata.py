"""The package in `pyproject.toml`: name, version, dependencies, changelog settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from seatrial.core.model import Edit, Fleet, Integration
from seatrial.core.suggest import nearest
from seatrial.dependencies.constraints import floor
from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.items import Item, value_at
from seatrial.validate.facts.tree import content

PYPROJECT = "pyproject.toml"
CORE = "port-ocean"
"""The distribution of the Ocean framework, as the package index spells it."""

EXTRAS = ("cli", "all")
"""The extras of the framework that bring the `ocean` command."""

TITLE_FORMAT = "## {version} ({project_date})"
"""The heading that towncrier is configured to write, in every integration since 2024."""

FRAGMENT_TYPES = ("breaking", "deprecation", "feature", "improvement", "bugfix", "doc")
"""The types of change that a release intent may name."""

MOST_DEPENDENCIES = 500
"""The number of dependencies of one group that are looked at."""

MOST_ALTERNATIVES = 20
"""The number of alternatives of one dependency that are looked at."""

_TEXT, FLAG, TEXTS = "a text", "true or false", "a list of texts"
_COMMON = {"python": _TEXT, "platform": _TEXT, "markers": _TEXT}
_TAKEN = {**_COMMON, "optional": FLAG, "extras": TEXTS}
_EARLY = {"allow-prereleases": FLAG, "allows-prereleases": FLAG}
_BELOW = {**_TAKEN, "subdirectory": _TEXT}
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "git": {**_BELOW, **_EARLY, **dict.fromkeys(("git", "branch", "tag", "rev"), _TEXT), "develop": FLAG},
    "file": {**_BELOW, "file": _TEXT},
    "path": {**_BELOW, "path": _TEXT, "develop": FLAG},
    "url": {**_BELOW, "url": _TEXT},
    "version": {**_TAKEN, **_EARLY, "version": _TEXT, "source": _TEXT},
    "": {**_COMMON, "allow-prereleases": FLAG, "source": _TEXT, "develop": FLAG},
}
"""The options of a dependency and their types, by the option that says where it comes from, as poetry-core has them."""

_NAME_LINE = re.compile(rb'^name = "([^"\n]*)"', re.MULTILINE)
_TITLE_LINE = re.compile(rb'^title_format\s*=\s*["\']([^"\'\n]*)', re.MULTILINE)
_TOWNCRIER = rb'^\[tool\.towncrier\](?:(?!\n\[).)*?\n\s*%s\s*=\s*["\']([^"\'\n]*)'


@dataclass(frozen=True)
class CoreDependency:
    """A dependency on the framework: its keys and its value."""

    keys: Keys
    value: Any

    @property
    def constraint(self) -> str:
        """The versions it requires; empty where it names none."""
        return _text(self.value.get("version") if isinstance(self.value, dict) else self.value)

    @property
    def extras(self) -> list[Any]:
        """The extras it requires."""
        found = value_at(self.value, "extras")
        return found if isinstance(found, list) else []

    @property
    def source(self) -> str:
        """The key by which it is not taken from the index: path, git, url or develop; empty for none."""
        keys = self.value if isinstance(self.value, dict) else {}
        return next((key for key in ("path", "git", "url", "develop") if keys.get(key)), "")

    @property
    def lacks_command(self) -> bool:
        """True where it comes from the index without an extra that brings the `ocean` command."""
        return bool(self.constraint) and not self.source and not any(one in self.extras for one in EXTRAS)


@dataclass(frozen=True)
class OddOption:
    """An option of a dependency that Poetry refuses: its keys and value.

    `wanted` is the type that it must have, empty where no option has its name; `known` are the names that it may have,
    none for a dependency that does not say where it comes from.
    """

    keys: Keys
    value: Any
    wanted: str
    known: Collection[str]

    @property
    def dependency(self) -> str:
        """The name of the dependency."""
        return next(part for part in reversed(self.keys[:-1]) if isinstance(part, str))


@dataclass(frozen=True)
class Package:
    """A readable `pyproject.toml`, and its text for rules that search it line by line."""

    document: Document
    text: str

    @classmethod
    def of(cls, integration: Integration, document: Document | None) -> Package | None:
        """None where there is no readable document."""
        if document is None or Item.root(document) is None:
            return None
        return cls(document, integration.read(PYPROJECT).decode("utf-8", "replace"))

    def table(self, *keys: str) -> Mapping[str, Any]:
        """The table at `keys`; an empty one where there is none."""
        found = value_at(self.document.value, *keys)
        return found if isinstance(found, dict) else {}

    def way(self, key: str) -> Keys:
        """The keys that lead, or should lead, to the package's own `key`."""
        return ("project", key) if key in self.table("project") else ("tool", "poetry", key)

    def stated(self, key: str) -> Any:
        """The value of the package's own `key`; None where there is none."""
        return value_at(self.document.value, *map(str, self.way(key)))

    @property
    def name(self) -> str:
        """The package's name; empty where it has none."""
        return _text(self.stated("name"))

    def edit(self, key: str, new: str) -> Edit | None:
        """The edit that states another text under the package's own `key`; None where it states none."""
        old = self.stated(key)
        return Edit(self.document.at(*self.way(key)), old, new) if isinstance(old, str) and old else None

    @property
    def version(self) -> str:
        """The package's version; empty where it has none."""
        return _text(self.stated("version"))

    @cached_property
    def core(self) -> CoreDependency | None:
        """The dependency that the image is built with; None where Poetry's tables do not list the framework."""
        return next(self._cores("tool", "poetry", "dependencies"), None)

    @property
    def names_core(self) -> bool:
        """True where the framework is a dependency in any form."""
        listed = self.table("project").get("dependencies")
        strings = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
        return self.core is not None or any(
            _normalised(re.split(r"[^\w.-]", one.strip())[0]) == CORE for one in strings
        )

    @cached_property
    def all_cores(self) -> tuple[CoreDependency, ...]:
        """The dependencies on the framework in every group."""
        return tuple(core for way in self._groups for core in self._cores(*way))

    def _cores(self, *way: str) -> Iterator[CoreDependency]:
        for name, value in self.table(*way).items():
            if _normalised(name) == CORE:
                yield CoreDependency((*way, name), value)

    def constraints(self) -> Iterator[tuple[Keys, str]]:
        """The constraint of each dependency in Poetry's groups, and the keys that lead to it."""
        for way in self._groups:
            for name, value in islice(self.table(*way).items(), MOST_DEPENDENCIES):
                yield from _constraints((*way, name), value)

    @cached_property
    def odd_options(self) -> Sequence[OddOption]:
        """The options of dependencies that Poetry refuses, in the order of the groups."""
        tables = (
            ((*way, name), value)
            for way in self._groups
            for name, value in islice(self.table(*way).items(), MOST_DEPENDENCIES)
            if isinstance(value, dict | list)
        )
        return [odd for keys, value in tables for odd in _odd_options(keys, value)]

    @property
    def _groups(self) -> list[tuple[str, ...]]:
        """The keys that lead to the dependencies of each group."""
        groups = self.table("tool", "poetry", "group")
        ways: list[tuple[str, ...]] = [("tool", "poetry", "group", name, "dependencies") for name in groups]
        return [*ways, ("tool", "poetry", "dependencies"), ("tool", "poetry", "dev-dependencies")]

    @property
    def core_floor(self) -> tuple[int, ...]:
        """The lowest framework version it allows; empty where it names none."""
        return floor(self.core.constraint) if self.core else ()

    @property
    def towncrier(self) -> Mapping[str, Any]:
        """The settings by which its changelog is written."""
        return self.table("tool", "towncrier")

    @property
    def fragment_types(self) -> list[str]:
        """The types of change in its changelog, by the names that fragments end in."""
        return [table.text("directory") for table in Item((), self.towncrier).items("type")]


def names(fleet: Fleet) -> Mapping[str, Collection[str]]:
    """The paths of the integrations by the name of their package."""
    return _by_answer(fleet, name_line)


def title_formats(fleet: Fleet) -> Mapping[str, Collection[str]]:
    """The paths of the integrations by the form of changelog headings that they declare."""
    return _by_answer(fleet, title_line)


def towncrier_settings(fleet: Fleet, key: str) -> Mapping[str, Collection[str]]:
    """The paths of the integrations by the value of a setting of towncrier."""
    return _by_answer(fleet, towncrier_line, key)


def name_line(integration: Integration) -> str | None:
    """The name of the package, as its line in `pyproject.toml` has it."""
    return _line(integration, _NAME_LINE)


def title_line(integration: Integration) -> str | None:
    """The form of changelog headings, as its line in `pyproject.toml` has it."""
    return _line(integration, _TITLE_LINE)


def towncrier_line(integration: Integration, key: str) -> str | None:
    """A setting of towncrier, as its line in `pyproject.toml` has it."""
    return _line(integration, re.compile(_TOWNCRIER % key.encode(), re.MULTILINE | re.DOTALL))


def _line(integration: Integration, pattern: re.Pattern[bytes]) -> str | None:
    """The first match of a pattern in `pyproject.toml`; None where there is none."""
    match = pattern.search(content(integration, PYPROJECT) or b"")
    return match.group(1).decode("utf-8", "replace") if match else None


def _by_answer(
    fleet: Fleet, ask: Callable[..., str | None], *arguments: str
) -> Mapping[str, Collection[str]]:
    """The paths of the integrations, in order and quickly looked up, by what a function of a module says of them."""

    def paths() -> Mapping[str, Collection[str]]:
        found: dict[str, dict[str, None]] = {}
        for path, answer in fleet.each(ask, *arguments).items():
            if answer is not None:
                found.setdefault(answer, {})[path] = None
        return found

    return fleet.keep((ask.__name__, *arguments), paths)


def _constraints(keys: Keys, value: Any) -> Iterator[tuple[Keys, str]]:
    """Yield the constraint of one dependency, or those of each of its alternatives."""
    if isinstance(value, str):
        yield keys, value
    elif isinstance(value, dict) and isinstance(value.get("version"), str):
        yield (*keys, "version"), value["version"]
    for index, one in enumerate(value[:MOST_ALTERNATIVES] if isinstance(value, list) else ()):
        if isinstance(one, dict):
            yield from _constraints((*keys, index), one)


def _odd_options(keys: Keys, value: Any) -> Iterator[OddOption]:
    """Yield the options of one dependency, or of each of its alternatives, that Poetry refuses."""
    for index, one in enumerate(value[:MOST_ALTERNATIVES] if isinstance(value, list) else ()):
        yield from _odd_options((*keys, index), one)
    if not isinstance(value, dict):
        return
    kind = next((one for one in OPTIONS if one in value), "")
    lost = [
        key for key in islice(value, MOST_ALTERNATIVES) if not kind and nearest(key, [*filter(None, OPTIONS)])
    ]
    strange = value.keys() - OPTIONS[""].keys()
    if not kind and not lost and strange and strange <= OPTIONS["git"].keys():
        yield OddOption(keys, value, "", ())
        return
    known = OPTIONS["version" if lost else kind]
    for key, given in islice(value.items(), MOST_ALTERNATIVES):
        wanted = known.get(key, "")
        if not wanted or not _is(wanted, given):
            yield OddOption((*keys, key), given, wanted, (*filter(None, OPTIONS),) if key in lost else known)


def _is(wanted: str, given: Any) -> bool:
    if wanted == TEXTS:
        return isinstance(given, list) and all(isinstance(one, str) for one in given)
    return isinstance(given, bool if wanted == FLAG else str)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
