"""Every jq expression of an integration's resources, compiled in one go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.model import Location
from seatrial.documents import jq
from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.blueprints import Blueprint, Blueprints


@dataclass(frozen=True)
class JqExpression:
    """A jq expression and where it stands."""

    document: Document
    keys: Keys
    text: str

    def where(self, line: int, column: int) -> Location:
        """Where a line and column of the expression are in the file.

        A text of several lines stands in a block below its key, indented by two; of
        another one its beginning is all that is known.
        """
        if "\n" not in self.text or self.document.path.endswith(".json"):
            return self.document.at(*self.keys)
        key = self.document.key(*self.keys)
        return Location(key.path, key.line + line, key.column + column + 1)


@dataclass(frozen=True)
class JqExpressions:
    """The jq expressions of mappings and calculation properties."""

    all: tuple[JqExpression, ...]

    @classmethod
    def of(cls, app_config: AppConfig | None, blueprints: Blueprints | None) -> JqExpressions:
        """Those of the files that can be read."""
        in_mapping = mapped(app_config) if app_config else ()
        in_blueprints = (found for _, found in calculations(blueprints)) if blueprints else ()
        return cls((*in_mapping, *in_blueprints))

    @cached_property
    def broken(self) -> tuple[tuple[JqExpression, jq.JqFault], ...]:
        """Those that do not compile, and why."""
        faults = jq.compile_all([one.text for one in self.all])
        return tuple((one, fault) for one in self.all if (fault := faults[one.text]))


def mapped(app_config: AppConfig) -> Iterator[JqExpression]:
    """The expressions of all resources."""
    for resource in app_config.resources:
        yield from (JqExpression(app_config.document, *found) for found in resource.expressions())


def calculations(blueprints: Blueprints) -> Iterator[tuple[Blueprint, JqExpression]]:
    """The expression of each calculation property, with its blueprint."""
    for blueprint in blueprints.all:
        for _, item in blueprint.each("calculation property"):
            text = item.text("calculation")
            if text.strip():
                yield blueprint, JqExpression(blueprints.document, item.way("calculation"), text)
