"""What `pyproject.toml` says of the package: its name, version, dependencies and changelog settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.core.errors import Unreadable
from seatrial.core.model import Fleet, Integration
from seatrial.dependencies.constraints import floor
from seatrial.documents.document import Document, Keys

PYPROJECT = "pyproject.toml"
CORE = "port-ocean"
"""The distribution of the Ocean framework, as the package index spells it."""

TITLE_FORMAT = "## {version} ({project_date})"
"""How towncrier is told to write a heading, in every integration since 2024."""

FRAGMENT_TYPES = ("breaking", "deprecation", "feature", "improvement", "bugfix", "doc")
"""The types of change that a release intent may name."""

_NAME_LINE = re.compile(rb'^name = "([^"\n]*)"', re.MULTILINE)
_TITLE_LINE = re.compile(rb'^title_format\s*=\s*["\']([^"\'\n]*)', re.MULTILINE)


@dataclass(frozen=True)
class CoreDependency:
    """A dependency on the framework: where it stands and what it asks for."""

    keys: Keys
    value: Any

    @property
    def constraint(self) -> str:
        """The versions it asks for; empty where it does not say."""
        found = self.value.get("version") if isinstance(self.value, dict) else self.value
        return found if isinstance(found, str) else ""

    @property
    def extras(self) -> list[Any]:
        """The extras it asks for."""
        found = self.value.get("extras") if isinstance(self.value, dict) else None
        return found if isinstance(found, list) else []

    @property
    def source(self) -> str:
        """The key that takes it from elsewhere than the index: path, git, url or develop; empty for none."""
        keys = self.value if isinstance(self.value, dict) else {}
        return next((key for key in ("path", "git", "url", "develop") if keys.get(key)), "")


@dataclass(frozen=True)
class Package:
    """A readable `pyproject.toml`, and its text for those who search it line by line."""

    document: Document
    text: str

    @classmethod
    def of(cls, integration: Integration, document: Document | None) -> Package | None:
        """None where there is no readable document."""
        if document is None or not document.readable or not isinstance(document.value, dict):
            return None
        return cls(document, integration.read(PYPROJECT).decode("utf-8", "replace"))

    def table(self, *keys: str) -> Mapping[str, Any]:
        """The table at `keys`; an empty one where there is none."""
        found: Any = self.document.value
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    def way(self, key: str) -> Keys:
        """Where the package's own `key` stands, or should stand."""
        return ("project", key) if key in self.table("project") else ("tool", "poetry", key)

    def stated(self, key: str) -> Any:
        """What the package says of itself at `key`."""
        *table, last = self.way(key)
        return self.table(*map(str, table)).get(str(last))

    @property
    def name(self) -> str:
        """The package's name; empty where it states none."""
        return _text(self.stated("name"))

    @property
    def version(self) -> str:
        """The package's version; empty where it states none."""
        return _text(self.stated("version"))

    @cached_property
    def core(self) -> CoreDependency | None:
        """What the image is built with; None where Poetry's tables do not list the framework."""
        return next(self._cores("tool", "poetry", "dependencies"), None)

    @property
    def names_core(self) -> bool:
        """Whether the framework is a dependency in any form."""
        listed = self.table("project").get("dependencies")
        strings = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
        return self.core is not None or any(
            _normal(re.split(r"[^\w.-]", one.strip())[0]) == CORE for one in strings
        )

    @cached_property
    def all_cores(self) -> tuple[CoreDependency, ...]:
        """The dependencies on the framework in every group."""
        groups = self.table("tool", "poetry", "group")
        ways: list[tuple[str, ...]] = [("tool", "poetry", "group", name, "dependencies") for name in groups]
        ways += [("tool", "poetry", "dependencies"), ("tool", "poetry", "dev-dependencies")]
        return tuple(core for way in ways for core in self._cores(*way))

    def _cores(self, *way: str) -> Iterator[CoreDependency]:
        for name, value in self.table(*way).items():
            if _normal(name) == CORE:
                yield CoreDependency((*way, name), value)

    @property
    def core_floor(self) -> tuple[int, ...]:
        """The lowest framework version it asks for; empty where it does not say."""
        return floor(self.core.constraint) if self.core else ()

    @property
    def towncrier(self) -> Mapping[str, Any]:
        """How its changelog is written."""
        return self.table("tool", "towncrier")

    @property
    def fragment_types(self) -> list[str]:
        """The types of change its changelog knows, by the names that fragments end in."""
        tables = self.towncrier.get("type")
        rows = tables if isinstance(tables, list) else []
        return [_text(row.get("directory")) for row in rows if isinstance(row, dict)]


def names(fleet: Fleet) -> Mapping[str, list[str]]:
    """For each package name of the workspace, the places of the integrations that have it."""
    return fleet.keep("package names", lambda: _by_line(fleet, _NAME_LINE))


def title_formats(fleet: Fleet) -> Mapping[str, list[str]]:
    """For each form of changelog headings, the places of the integrations that declare it."""
    return fleet.keep("title formats", lambda: _by_line(fleet, _TITLE_LINE))


def _by_line(fleet: Fleet, pattern: re.Pattern[bytes]) -> Mapping[str, list[str]]:
    """The places of the integrations by the first line of their `pyproject.toml` that has this pattern."""
    found: dict[str, list[str]] = {}
    for integration in fleet.integrations:
        try:
            match = pattern.search(integration.read(PYPROJECT))
        except Unreadable:
            continue
        if match:
            found.setdefault(match.group(1).decode("utf-8", "replace"), []).append(integration.path)
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
