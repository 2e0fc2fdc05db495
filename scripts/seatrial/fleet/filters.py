"""Filters such as `core<0.48 and (type=jira or owner=@team)`: their grammar, and the integrations that match them.

    filter = both ("or" both)*          both = not ("and" not)*          not = "not" not | "(" filter ")" | comparison
    comparison = field ("=" | "!=" | "<" | "<=" | ">" | ">=") value ("," value)*

A value is a word, or any text in quotes. With = and !=, it may contain `*`, and one of several values is enough.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.core.model import Integration
from seatrial.core.printable import one_line
from seatrial.core.suggest import did_you_mean, hint, nearest
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


Test = Callable[[FilterSubject], bool]

MOST = 2_000
"""The most characters of a filter."""

DEEPEST = 50
"""The deepest nesting of parentheses and nots."""

_WORD = r"""[^\s()<>=!,"'][^\s()<>=!,]*"""
_TOKEN = re.compile(
    rf"""\s*(?:(?P<sign><=|>=|!=|==|<|>|=|\(|\)|,)|"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<word>{_WORD}))"""
)
_SIGNS = ("=", "!=", "<", "<=", ">", ">=")
_JOINS = ("and", "or", "not")


@dataclass(frozen=True)
class _Token:
    """A word, a quoted text or a sign, and its column, from 1 on."""

    text: str
    column: int
    kind: str

    def is_sign(self, *texts: str) -> bool:
        return self.kind == "sign" and self.text in texts

    def is_join(self, text: str) -> bool:
        return self.kind == "word" and self.text.lower() == text


@dataclass(frozen=True)
class Filter:
    """A filter, and the fields that it reads."""

    text: str
    fits: Test
    fields: frozenset[str]

    def chosen(self, workspace: Workspace, integrations: Sequence[Integration]) -> list[Integration]:
        """Return the integrations that match. Raises UsageError, and ServiceError if git fails."""
        lookups = {name: FIELDS[name].prepared(workspace) for name in self.fields}
        return [one for one in integrations if self.fits(FilterSubject(workspace, one, lookups))]


def parse(text: str) -> Filter:
    """Return the filter of a text. Raises UsageError with the column and the fault."""
    if len(text) > MOST:
        raise UsageError(f"a filter has at most {MOST} characters, and this one {len(text)}")
    parser = _Parser(text)
    return Filter(text, parser.whole(), frozenset(parser.fields))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0
        self.fields: set[str] = set()

    def whole(self) -> Test:
        if self._token.kind == "end":
            raise UsageError(f"--where is empty; write a filter such as 'core<0.48', of {_names()}")
        test = self._either()
        if self._token.kind != "end":
            word = self._token.text if self._token.kind == "word" else ""
            near = did_you_mean(nearest(word, _JOINS, cutoff=0.6))
            raise self._wrong(
                self._token, f'"{self._shown}" stands where and, or, or the end is expected', near
            )
        return test

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    @property
    def _shown(self) -> str:
        return one_line(self._token.text, 40)

    def _next(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _either(self) -> Test:
        tests = [self._both()]
        while self._token.is_join("or"):
            self._next()
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda one: any(test(one) for test in tests)

    def _both(self) -> Test:
        tests = [self._not()]
        while self._token.is_join("and"):
            self._next()
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda one: all(test(one) for test in tests)

    def _not(self) -> Test:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(self._token, f"more than {DEEPEST} parentheses and nots are within each other")
        try:
            return self._negated() if self._token.is_join("not") else self._inner()
        finally:
            self._depth -= 1

    def _negated(self) -> Test:
        self._next()
        test = self._not()
        return lambda one: not test(one)

    def _inner(self) -> Test:
        if not self._token.is_sign("("):
            return self._comparison()
        opening = self._next()
        test = self._either()
        if not self._token.is_sign(")"):
            raise self._wrong(opening, 'this "(" is not closed; write ")"')
        self._next()
        return test

    def _comparison(self) -> Test:
        name = self._token
        if name.kind != "word":
            what = f'"{self._shown}"' if name.kind != "end" else "the end"
            raise self._wrong(name, f"{what} stands where a field is expected, one of {_names()}")
        field = FIELDS.get(name.text.lower())
        if field is None:
            raise self._wrong(
                name, f'no field is called "{self._shown}"', hint(name.text, FIELDS, f"there are {_names()}")
            )
        self._next()
        return self._compared(name.text.lower(), field)

    def _compared(self, name: str, field: Field) -> Test:
        sign = self._token
        if not sign.is_sign(*_SIGNS, "=="):
            what = f'"{self._shown}"' if sign.kind != "end" else "the end"
            raise self._wrong(
                sign, f"{what} stands behind {name}, where one of {' '.join(_SIGNS)} is expected"
            )
        self._next()
        values = self._values(name)
        self.fields.add(name)
        if sign.text in ("=", "==", "!="):
            tests = [_equal(name, field, self._known(value, field)) for value in values]
            is_wanted = sign.text != "!="
            return lambda one: any(test(one) for test in tests) is is_wanted
        if len(values) > 1:
            raise self._wrong(values[1], f"{sign.text} takes one value; several are for = and !=")
        if field.order is Order.NONE:
            raise self._wrong(sign, f"{name} has no order; compare it by = or !=")
        return _ordered(name, field, sign.text, self._known(values[0], field))

    def _values(self, name: str) -> list[_Token]:
        found = [self._value(name)]
        while self._token.is_sign(","):
            self._next()
            found.append(self._value(name))
        return found

    def _value(self, name: str) -> _Token:
        if self._token.kind not in ("word", "quoted"):
            what = f'"{self._shown}"' if self._token.kind != "end" else "the end"
            raise self._wrong(self._token, f"{what} stands where a value of {name} is expected")
        return self._next()

    def _known(self, value: _Token, field: Field) -> str:
        """Return the text of a value. Raises UsageError if the field cannot have it."""
        text = value.text
        is_pattern = "*" in text and field.order not in (Order.NUMBER, Order.LEVEL)
        if not is_pattern and not field.order.admits(text):
            raise self._wrong(value, f'"{one_line(text, 40)}" is not {field.order.wanted}')
        return text

    def _wrong(self, at: _Token, fault: str, more: str = "") -> UsageError:
        return UsageError(f"--where '{one_line(self._text, 200)}', column {at.column}: {fault}{more}")


def _tokens(text: str) -> Iterator[_Token]:
    index = 0
    while text[index:].strip():
        found = _TOKEN.match(text, index)
        if found is None:
            column = index + len(text[index:]) - len(text[index:].lstrip()) + 1
            fault = (
                "this quote is not closed"
                if text[column - 1] in "\"'"
                else f'"{text[column - 1]}" is not understood'
            )
            raise UsageError(f"--where '{one_line(text, 200)}', column {column}: {fault}")
        kind = found.lastgroup or ""
        start = found.start(kind)
        yield _Token(found[kind], start + 1 if kind in ("sign", "word") else start, _KINDS.get(kind, kind))
        index = found.end()
    yield _Token("", len(text) + 1, "end")


_KINDS = {"double": "quoted", "single": "quoted"}


def _names() -> str:
    return ", ".join(FIELDS)


def _equal(name: str, field: Field, value: str) -> Test:
    if "*" in value:
        pattern = value.replace("[", "[[]").replace("?", "[?]").lower()
        return lambda one: any(fnmatchcase(text.lower(), pattern) for text in one.values(name))
    if field.order is Order.NONE:
        wanted = value.lower()
        return lambda one: any(text.lower() == wanted for text in one.values(name))
    return lambda one: any(field.order.compared(text, value) == 0 for text in one.values(name))


def _ordered(name: str, field: Field, sign: str, value: str) -> Test:
    wanted = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0)}[sign]
    return lambda one: any(field.order.compared(text, value) in wanted for text in one.values(name))
