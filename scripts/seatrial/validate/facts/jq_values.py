"""The values that a jq expression gives, as far as its text tells: their types, the constant ones, their number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from seatrial.documents.jq_tree import Node, parsed

Constant = str | float | bool
"""A value that stands in an expression as it is."""

ANY = frozenset({"string", "number", "boolean", "array", "object", "null"})
"""The types of an expression that may give anything."""

_TYPES_OF = {
    "string": "tostring tojson ascii_downcase ascii_upcase join todate todateiso8601 strftime strflocaltime ascii "
    "implode sub gsub type trim ltrim rtrim",
    "number": "length tonumber floor ceil round sqrt now fromdate fromdateiso8601 mktime utf8bytelength fabs",
    "boolean": "true false not has test startswith endswith contains inside any all isempty IN isnan",
    "array": "map split to_entries keys keys_unsorted sort sort_by group_by unique unique_by flatten explode indices "
    "transpose gmtime strptime",
    "object": "from_entries with_entries",
    "null": "null",
}
_TYPE_OF = {name: kind for kind, names in _TYPES_OF.items() for name in names.split()}
"""The types of the functions that give values of one type only."""

_NOTHING = frozenset({"empty", "error", "halt", "halt_error"})
"""Functions that give no value at all."""

_SINGLE = _TYPE_OF.keys() | {
    "first", "last", "min", "max", "min_by", "max_by", "add", "map_values", "reverse", "fromjson", "ltrimstr",
    "rtrimstr", "del", "index", "rindex", "infinite", "nan", "env", "abs", "toarray",
}  # fmt: skip
"""Functions that give one value for each input."""

_TAKES_ANY = frozenset({
    "map", "first", "last", "any", "all", "sort_by", "group_by", "unique_by", "min_by", "max_by", "with_entries",
    "map_values", "isempty", "del", "add",
})  # fmt: skip
"""Functions that give one value for each input even where their argument gives several."""

_PATH = re.compile(r"\s*(?:\.[A-Za-z_]\w*+\??)++\s*")
"""A path such as `.a.b`, as most expressions are; it gives one value of any type."""

_COMPARING = frozenset({"==", "!=", "<", "<=", ">", ">=", "and", "or"})
_CALCULATING = frozenset({"+", "-", "*", "/", "%"})


@dataclass(frozen=True)
class JqValues:
    """The values of one expression; Ocean takes the first."""

    tree: Node

    @classmethod
    def of(cls, text: str) -> JqValues | None:
        """None where nothing can be told: for a plain path, and what cannot be read or defines functions."""
        return None if _PATH.fullmatch(text) else _read(text)

    @cached_property
    def types(self) -> frozenset[str]:
        """The types that a value can have; ANY where that cannot be told."""
        return _types(self.tree)

    @cached_property
    def are_several(self) -> bool:
        """True where it gives one value for each item of a list, and nothing chooses among them."""
        return _number(self.tree) == _SEVERAL

    def constants(self) -> Iterator[Constant]:
        """The constants that it can give as they stand in it, without null."""
        for node in _results(self.tree):
            yield from _constant(node)

    def items(self) -> Iterator[Constant]:
        """The constants among the items of the lists that it builds."""
        for node in _results(self.tree):
            for part in node.parts if node.sort == "array" else ():
                for item in _listed(part):
                    for result in _results(item):
                        yield from _constant(result)

    @cached_property
    def reads_environment(self) -> bool:
        """True where it reads a variable of the environment."""
        return any(_is_environment(node) for node in walked(self.tree))


@lru_cache(maxsize=20_000)
def _read(text: str) -> JqValues | None:
    tree = parsed(text)
    return None if tree is None or any(node.sort == "define" for node in walked(tree)) else JqValues(tree)


def walked(tree: Node) -> Iterator[Node]:
    """Yield every part of a tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.parts)


def _is_environment(node: Node) -> bool:
    return (node.sort, node.text) in (("call", "env"), ("variable", "$ENV")) and not node.parts


_UNCHANGED = Node("identity")
"""What an `if` without `else` gives where no condition holds."""


def _results(node: Node) -> Iterator[Node]:
    """Yield the parts whose value can be that of the whole."""
    passed_on = _passed_on(node)
    if not passed_on:
        yield node
    for part in passed_on:
        yield from _results(part)


def _passed_on(node: Node) -> tuple[Node, ...]:
    """Return the parts whose values a part gives as they are; none where it makes a value of its own."""
    parts = node.parts
    if node.sort == "operator":
        return _passed_on_by(node.text, *parts)
    if node.sort == "if":
        *rest, last = parts if len(parts) % 2 else (*parts, _UNCHANGED)
        return (*rest[1::2], last)
    if node.sort == "try" and _is_certain(parts[0]):
        return parts[:1]
    if node.sort in ("optional", "label", "try"):
        return parts
    return parts[-1:] if node.sort == "bind" else ()


def _passed_on_by(operator: str, left: Node, right: Node) -> tuple[Node, ...]:
    """Return the sides whose values an operator gives as they are; of a comma, Ocean takes the first."""
    if operator == "|":
        return (left,) if right.sort == "identity" else (right,)
    if operator == "//":
        return (left,) if _is_certain(left) else (right,) if _is_no(left) else (left, right)
    return (left,) if operator == "," else ()


def _is_certain(node: Node) -> bool:
    """Return whether an expression gives a value other than null and false, whatever the object holds."""
    if node.sort == "if":
        *rest, last = node.parts if len(node.parts) % 2 else (*node.parts, _UNCHANGED)
        return all(map(_is_harmless, rest[::2])) and all(map(_is_certain, (*rest[1::2], last)))
    if node.sort == "operator" and node.text == "//":
        return _is_certain(node.parts[0]) or _is_certain(node.parts[1])
    if node.sort == "call" and node.text == "true":
        return not node.parts
    if node.sort == "array":
        return all(_is_harmless(item) for part in node.parts for item in _listed(part))
    return node.sort in ("text", "number", "object") and all(map(_is_harmless, node.parts))


def _is_harmless(node: Node) -> bool:
    """Return whether an expression gives one value and fails for no object whose keys hold objects."""
    if node.sort == "operator":
        return node.text in _COMPARING | {"//"} and all(map(_is_harmless, node.parts))
    if node.sort == "call":
        return node.text in ("true", "false", "null", "not", "type") and not node.parts
    return node.sort in ("identity", "field", "text", "number") and all(map(_is_harmless, node.parts))


def _is_no(node: Node) -> bool:
    """Return whether an expression is `null` or `false`, after which `//` always gives its other side."""
    return node.sort == "call" and node.text in ("null", "false") and not node.parts


def _listed(node: Node) -> Iterator[Node]:
    if node.sort == "operator" and node.text == ",":
        for part in node.parts:
            yield from _listed(part)
    else:
        yield node


def _constant(node: Node) -> Iterator[Constant]:
    if node.sort == "text" and not node.parts:
        yield node.text
    elif node.sort == "number":
        number = float(node.text)
        yield int(number) if abs(number) < 1e15 and number.is_integer() else number
    elif node.sort == "call" and node.text in ("true", "false") and not node.parts:
        yield node.text == "true"


def _types(node: Node) -> frozenset[str]:
    found: set[str] = set()
    for result in _results(node):
        found |= _type(result)
    return frozenset(found)


def _type(node: Node) -> frozenset[str]:
    if node.sort in ("array", "object", "number"):
        return frozenset({node.sort})
    if node.sort == "negative":
        return frozenset({"number"})
    if node.sort in ("text", "format"):
        return frozenset({"string"})
    if node.sort == "call":
        if node.text in _NOTHING:
            return frozenset()
        return frozenset({_TYPE_OF[node.text]}) if node.text in _TYPE_OF else ANY
    if node.sort == "operator":
        return _of_operator(node)
    return ANY


def _of_operator(node: Node) -> frozenset[str]:
    if node.text in _COMPARING:
        return frozenset({"boolean"})
    sides = [_types(part) for part in node.parts]
    if node.text == "+":
        certain = [side for side in sides if len(side) == 1 and side != {"null"}]
        return certain[0] if certain else ANY
    if node.text in ("-", "%") and frozenset({"number"}) in sides:
        return frozenset({"number"})
    if node.text in ("*", "/") and sides[0] == sides[1] == {"number"}:
        return frozenset({"number"})
    return ANY


_ONE, _SEVERAL, _UNSURE = "one", "several", "unsure"
_AS_MANY_AS_ITS_PARTS = frozenset({
    "field", "index", "slice", "optional", "negative", "text", "object", "operator", "if", "bind", "try", "label",
    "foreach",
})  # fmt: skip
_GENERATORS = frozenset({"range", "splits"})
"""Functions that give one value after another."""


def _number(node: Node) -> str:
    """Return how many values an expression gives: one, several where a list has several items, or unsure."""
    if node.sort in ("identity", "number", "array", "format", "variable"):
        return _ONE
    if node.sort == "iterate":
        return _combined(_number(node.parts[0]), _SEVERAL)
    if node.sort == "recurse":
        return _SEVERAL
    if node.sort == "operator" and node.text == ",":
        return _SEVERAL
    if node.sort == "operator" and node.text == "//" and _is_certain(node.parts[0]):
        return _ONE
    if node.sort == "if" and any(_is_nothing(part) for part in _passed_on(node)):
        return _UNSURE
    if node.sort in _AS_MANY_AS_ITS_PARTS:
        return _combined(*map(_number, node.parts))
    if node.sort == "call":
        return _number_of_call(node)
    return _ONE if node.sort == "reduce" else _UNSURE


def _is_nothing(node: Node) -> bool:
    """Return whether a branch gives no value, so that its condition chooses among several."""
    return node.sort == "call" and node.text in _NOTHING


def _number_of_call(node: Node) -> str:
    if node.text in _GENERATORS:
        return _SEVERAL
    if node.text == "limit" and len(node.parts) == 2:
        most = next(_constant(node.parts[0]), None)
        return _number(node.parts[1]) if isinstance(most, int) and most > 1 else _UNSURE
    is_single = node.text in _SINGLE | _NOTHING and (not node.parts or node.text in _TAKES_ANY)
    return _ONE if is_single else _UNSURE


def _combined(*numbers: str) -> str:
    if _UNSURE in numbers:
        return _UNSURE
    return _SEVERAL if _SEVERAL in numbers else _ONE
