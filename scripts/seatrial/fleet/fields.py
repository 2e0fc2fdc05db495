"""The fields by which integrations can be chosen, each an entry of FIELDS."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.core.model import Integration
from seatrial.fleet.ages import Ages
from seatrial.fleet.owners import Owners
from seatrial.fleet.quality.scale import Level, Standing
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import RULES
from seatrial.validate.run import check
from seatrial.workspace.workspace import Workspace

_VERSION = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,3})([-.+]?[a-z][\w.+-]{0,40})?", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,9}d?", re.ASCII)


LEVELS = tuple(level.value for level in Level)
"""The levels of the quality scale, the lowest first."""


class Order(enum.Enum):
    """The order of a field's values."""

    NONE = "a text"
    VERSION = "a version such as 0.48 or 1.2.3"
    NUMBER = "a number of days such as 30"
    LEVEL = "a level, one of none, publishable, bronze, silver, gold and platinum"

    @property
    def wanted(self) -> str:
        """The description of a value, for messages."""
        return self.value

    def admits(self, text: str) -> bool:
        """Return whether a text is a value."""
        if self is Order.LEVEL:
            return text.lower() in LEVELS
        pattern = {Order.VERSION: _VERSION, Order.NUMBER: _NUMBER}.get(self)
        return pattern is None or pattern.fullmatch(text) is not None

    def compared(self, text: str, value: str) -> int | None:
        """Return -1, 0 or 1 for a text before, equal to or after a filter's value; None if it cannot be compared.

        Versions are compared in the numbers that the value states: 0.48.3 is equal to 0.48. A suffix counts only if the
        value states all numbers: 1.0.0-beta is before 1.0.0.
        """
        if self is Order.LEVEL:
            return _sign(LEVELS.index(text), LEVELS.index(value.lower()))
        if self is Order.NUMBER:
            return _sign(int(text), int(value.rstrip("d"))) if _NUMBER.fullmatch(text) else None
        found, wanted = _VERSION.fullmatch(text), _VERSION.fullmatch(value)
        return _by_version(found, wanted) if found and wanted else None


def _by_version(found: re.Match[str], wanted: re.Match[str]) -> int:
    stated = [int(part) for part in wanted[1].split(".")]
    parts = [int(part) for part in found[1].split(".")]
    parts += [0] * (len(stated) - len(parts))
    by_number = _sign(parts[: len(stated)], stated)
    if by_number or (len(stated) < len(parts) and not wanted[2]):
        return by_number
    return _sign(_stage(found[2]), _stage(wanted[2]))


def _stage(suffix: str | None) -> tuple[int, str]:
    """Return the sort key of a version's suffix: before the final version, except for `post`."""
    text = (suffix or "").lower().lstrip("-.+")
    return (0 if not text else 1 if text.startswith("post") else -1, text)


def _sign(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


class FilterSubject:
    """An integration to which a filter is applied; `lookups` has what its fields prepared for the workspace."""

    def __init__(self, workspace: Workspace, integration: Integration, lookups: Mapping[str, Any]) -> None:
        self.integration = integration
        self.workspace = workspace
        self._lookups = lookups

    @cached_property
    def facts(self) -> Facts:
        """The facts about it."""
        return Facts.of(self.workspace, self.integration)

    def values(self, name: str) -> Sequence[str]:
        """Return its values of a field; none where it has none."""
        return [text for text in FIELDS[name].of(self, self._lookups[name]) if text]


def _nothing(workspace: Workspace) -> Any:
    return None


@dataclass(frozen=True)
class Field:
    """A field: `of` returns its values for an integration, from what `prepared` returned once for the workspace."""

    about: str
    of: Callable[[FilterSubject, Any], Sequence[str]]
    order: Order = Order.NONE
    prepared: Callable[[Workspace], Any] = _nothing


def _sections(one: FilterSubject) -> Sequence[str]:
    spec = one.facts.spec
    return [item.text("section") for item in spec.root.items("features")] if spec else ()


def _core(one: FilterSubject) -> str:
    """Return the version of the framework in the lock, else the lowest that is allowed."""
    lock = one.facts.lock
    return lock.cores[0].text if lock and lock.cores else ".".join(map(str, one.facts.core_floor))


def _type(one: FilterSubject) -> Sequence[str]:
    """Return the type in the spec, else the one that the integration is published by."""
    return [one.facts.spec_type or one.facts.published_as[0] or one.integration.name]


def _level(one: FilterSubject) -> Sequence[str]:
    """Return the level of the quality scale; none where a rule fails on it. It is judged for that, with advice."""
    verdict = check(one.facts, [*RULES, *one.workspace.own], advice=True)
    return [] if verdict.crashes else [Standing(verdict.findings).level.value]


FIELDS: Mapping[str, Field] = {
    "name": Field("the name of the folder", lambda one, _: [one.integration.name]),
    "type": Field(
        "the type that the spec states, else the one it is published by", lambda one, _: _type(one)
    ),
    "section": Field("a section of the catalogue", lambda one, _: _sections(one)),
    "core": Field("the framework's version, as locked", lambda one, _: [_core(one)], Order.VERSION),
    "version": Field(
        "its own version",
        lambda one, _: [one.facts.package.version] if one.facts.package else [],
        Order.VERSION,
    ),
    "level": Field("its level on the quality scale", lambda one, _: _level(one), Order.LEVEL),
    "owner": Field(
        "an owner by CODEOWNERS of most of its files",
        lambda one, owners: owners.of(one.integration),
        prepared=Owners.of_workspace,
    ),
    "changed-days": Field(
        "days since the last commit to it",
        lambda one, ages: [str(ages.changed(one.integration.path))],
        Order.NUMBER,
        Ages.of_workspace,
    ),
    "age-days": Field(
        "days since its first commit",
        lambda one, ages: [str(ages.added(one.integration.path))],
        Order.NUMBER,
        Ages.of_workspace,
    ),
}
