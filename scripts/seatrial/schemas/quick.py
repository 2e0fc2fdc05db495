"""Testing whether a document conforms, without reasons: closures over the same rules that Cerberus runs.

Cerberus builds a validator for every object and list, one to two milliseconds a file; this answers in a tenth
of that, and almost every document is right. A test compares both on thousands of mutated documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from seatrial.schemas.grammar import Fields, Grammar, Rules, grammar, is_object

Test = Callable[[Any], bool]


class _TakenFor(type):
    """The class of a type whose values are those that Ocean's model takes for values of another type."""

    takes: Callable[[Any], bool]

    def __instancecheck__(cls, value: Any) -> bool:
        return cls.takes(value)


class Nothing(metaclass=_TakenFor):
    """An empty list or text, which Ocean's model takes for an empty object."""

    @staticmethod
    def takes(value: Any) -> bool:
        """Return whether a value is one."""
        return value in ([], "")


class Truth(metaclass=_TakenFor):
    """A text or number that Ocean's model takes for true or false."""

    WORDS = ("0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes")

    @classmethod
    def takes(cls, value: Any) -> bool:
        """Return whether a value is one."""
        is_word = isinstance(value, str) and value.lower() in cls.WORDS
        return is_word or (isinstance(value, int | float) and value in (0, 1))


TYPES: dict[str, tuple[type | tuple[type, ...], bool]] = {
    "string": (str, True),
    "boolean": (bool, True),
    "integer": (int, False),
    "number": ((int, float), False),
    "dict": (dict, True),
    "list": (list, True),
    "nothing": (Nothing, True),
    "truth": (Truth, True),
}
"""The classes of each type of Cerberus that schemas use, and whether a boolean counts as one."""

SILENT = {"required", "nullable", "meta", "type", "allow_unknown"}
"""Rules that are not tests of their own here."""


@cache
def conforming(name: str) -> Test:
    """Return the test for conformity to the named schema."""
    known = grammar(name)
    return _Maker(known).value(known.document, is_open=False)


class _Maker:
    """Makes tests of rules; named schemas are made once, so that they may contain themselves."""

    def __init__(self, known: Grammar) -> None:
        self.known = known
        self.objects: dict[tuple[str, bool], Test] = {}

    def value(self, named: Rules | str, is_open: bool) -> Test:
        rules = self.known.rules(named)
        is_open = rules.get("allow_unknown", is_open)
        tests = tuple(self._test(rule, rules, is_open) for rule in rules if rule not in SILENT)
        has_type = _type_test(rules["type"]) if "type" in rules else None
        nullable: bool = rules.get("nullable", False)

        def conforms(value: Any) -> bool:
            if value is None:
                return nullable
            if has_type is not None and not has_type(value):
                return False
            return all(test(value) for test in tests)

        return conforms

    def _test(self, rule: str, rules: Rules, is_open: bool) -> Test:
        if rule == "schema":
            return (
                self._object(rules[rule], is_open) if is_object(rules) else self._items(rules[rule], is_open)
            )
        if rule == "valuesrules":
            return self._values(rules[rule], is_open)
        if rule == "keysrules":
            test = self.value(rules[rule], is_open)
            return lambda value: not isinstance(value, dict) or all(map(test, value))
        return PLAIN[rule](rules[rule])

    def _items(self, rules: Rules | str, is_open: bool) -> Test:
        test = self.value(rules, is_open)
        return lambda value: not isinstance(value, list) or all(map(test, value))

    def _values(self, rules: Rules | str, is_open: bool) -> Test:
        test = self.value(rules, is_open)
        return lambda value: not isinstance(value, dict) or all(map(test, value.values()))

    def _object(self, fields: Fields | str, is_open: bool) -> Test:
        if not isinstance(fields, str):
            return self._fields(fields, is_open)
        place = (fields, is_open)
        if place not in self.objects:
            self.objects[place] = lambda value: self.objects[place](value)
            self.objects[place] = self._fields(self.known.fields(fields), is_open)
        return self.objects[place]

    def _fields(self, fields: Fields, is_open: bool) -> Test:
        tests = {key: self.value(rules, is_open) for key, rules in fields.items()}
        required = {key for key, rules in fields.items() if self.known.rules(rules).get("required")}

        def conforms(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            for key, item in value.items():
                test = tests.get(key)
                if not is_open if test is None else not test(item):
                    return False
            return required <= value.keys()

        return conforms


def _type_test(names: str | list[str]) -> Test:
    known = [TYPES[name] for name in ([names] if isinstance(names, str) else names)]
    if len(known) > 1:
        tests = [_class_test(*one) for one in known]
        return lambda value: any(test(value) for test in tests)
    return _class_test(*known[0])


def _class_test(classes: type | tuple[type, ...], boolean: bool) -> Test:
    if boolean:
        return lambda value: isinstance(value, classes)
    return lambda value: isinstance(value, classes) and not isinstance(value, bool)


def _pattern(pattern: str) -> Test:
    match = re.compile(pattern).match
    return lambda value: not isinstance(value, str) or match(value) is not None


def _allowed(values: list[str]) -> Test:
    return lambda value: value in values


def _minlength(least: int) -> Test:
    return lambda value: not isinstance(value, str | list | dict) or len(value) >= least


def _maxlength(most: int) -> Test:
    return lambda value: not isinstance(value, str | list | dict) or len(value) <= most


def _min(least: float) -> Test:
    return lambda value: not isinstance(value, int | float) or not value < least


def _max(most: float) -> Test:
    return lambda value: not isinstance(value, int | float) or not value > most


PLAIN: dict[str, Callable[[Any], Test]] = {
    "regex": _pattern,
    "allowed": _allowed,
    "minlength": _minlength,
    "maxlength": _maxlength,
    "min": _min,
    "max": _max,
}
"""Rules about one value alone."""
