"""Every jq expression of an integration's resources, compiled in one go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seatrial.documents.document import Document, Keys
from seatrial.model import Location
from seatrial.subjects.app_config import AppConfig
from seatrial.subjects.blueprints import Blueprints

if TYPE_CHECKING:
    from seatrial.documents.jq import JqFault


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
        return cls((*_mapped(app_config), *_calculated(blueprints)))

    def broken(self) -> Iterator[tuple[JqExpression, JqFault]]:
        """Those that do not compile, and why."""
        from seatrial.documents import jq

        faults = jq.compile_all([one.text for one in self.all]) if self.all else {}
        for one in self.all:
            fault = faults.get(one.text)
            if fault:
                yield one, fault


def _mapped(app_config: AppConfig | None) -> Iterator[JqExpression]:
    if app_config:
        for resource in app_config.resources:
            yield from (JqExpression(app_config.document, *found) for found in resource.expressions())


def _calculated(blueprints: Blueprints | None) -> Iterator[JqExpression]:
    for blueprint in blueprints.all if blueprints else ():
        for _, calculation in blueprint.each("calculation property"):
            text = calculation.text("calculation")
            if blueprints and text.strip():
                yield JqExpression(blueprints.document, calculation.way("calculation"), text)
