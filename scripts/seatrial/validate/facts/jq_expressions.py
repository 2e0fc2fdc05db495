"""The jq expressions of an integration's resources: compiled in one go, and the properties they read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from seatrial.core.model import Location
from seatrial.documents import jq
from seatrial.documents.document import Document, Keys
from seatrial.validate.facts.app_config import AppConfig
from seatrial.validate.facts.blueprints import Blueprint, Blueprints

_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*+"?)'
    r"|(?P<comment>#[^\n]*)"
    r'|(?<![\w)\]}"?.])\.properties(?:\.(?P<name>[A-Za-z_]\w*)|\["(?P<quoted>[^"\\]+)"\])'
    r"|(?P<call>(?<!\w)[A-Za-z_]\w*+\s*+\()"
    r"|(?P<open>[(\[{])"
    r"|(?P<close>[)\]}])"
    r"|(?P<pipe>\|)"
)
_REBINDING = re.compile(r"\\\(|(?<![\w.$])(?:as|def|reduce|foreach|label)\b|(?<![=!<>])=(?!=)")
"""Interpolated texts, variables, functions and assignments: `.` may be anything inside them."""


@dataclass(frozen=True)
class JqExpression:
    """A jq expression and the keys that lead to it; `program` is what Ocean makes of it before it compiles it."""

    document: Document
    keys: Keys
    text: str
    program: str

    def where(self, line: int, column: int) -> Location:
        """The place in the file of a line and column of the expression.

        A text of several lines is a block below its key, indented by two; of any other
        text only the beginning is known.
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
        """The expressions of those of the two files that can be read."""
        mapped = (
            [
                JqExpression(app_config.document, keys, text, res.program(text))
                for res in app_config.resources
                for keys, text in res.expressions()
            ]
            if app_config
            else []
        )
        calculated = (found for _, found in calculations(blueprints)) if blueprints else ()
        return cls((*mapped, *calculated))

    @cached_property
    def broken(self) -> tuple[tuple[JqExpression, jq.JqFault], ...]:
        """The expressions that do not compile, each with its fault."""
        faults = jq.compile_all([one.program for one in self.all])
        return tuple((one, fault) for one in self.all if (fault := faults[one.program]))

    @cached_property
    def spoiled(self) -> frozenset[JqExpression]:
        """The expressions that would compile if Ocean left their single quotes alone."""
        changed = [one for one, _ in self.broken if one.program != one.text]
        faults = jq.compile_all([one.text for one in changed])
        return frozenset(one for one in changed if faults[one.text] is None)


def calculations(blueprints: Blueprints) -> Iterator[tuple[Blueprint, JqExpression]]:
    """The expression of each calculation property, with its blueprint."""
    for blueprint in blueprints.all:
        for _, item in blueprint.each("calculation property"):
            text = item.text("calculation")
            if text.strip():
                yield blueprint, JqExpression(blueprints.document, item.way("calculation"), text, text)


def read_properties(expression: str) -> Iterator[str]:
    """The properties of the entity itself that a calculation reads: `.properties.x` where `.` is the entity.

    Behind a pipe and inside the brackets of a function `.` is something else: nothing is yielded
    for those, nor for expressions with variables or assignments.
    """
    if _REBINDING.search(expression):
        return
    moved = [False]
    for token in _TOKEN.finditer(expression):
        name = token["name"] or token["quoted"]
        if name and not moved[-1]:
            yield name
        elif token["pipe"]:
            moved[-1] = True
        elif token["call"] or token["open"]:
            moved.append(moved[-1] or bool(token["call"]))
        elif token["close"] and len(moved) > 1:
            moved.pop()
