"""jq expressions as trees, for questions about what they give; the library of `jq.py` decides whether they compile."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

DEEPEST = 50
"""Expressions nested deeper are not read. The deepest real one has 9 levels."""

HIGHEST = 60
"""Higher trees are not returned: long sums make them, and who walks a tree calls itself at each level."""

LONGEST = 4_000
"""Longer expressions are not read. The longest real one has 404 characters."""

_TOKEN = re.compile(
    r"(?P<blank>(?:\s++|#[^\r\n]*+)++)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<field>\.[A-Za-z_]\w*)"
    r"|(?P<format>@[A-Za-z0-9]+)"
    r"|(?P<variable>\$\s*\w+(?:::\w+)*)"
    r"|(?P<word>[A-Za-z_]\w*(?:::\w+)*)"
    r'|(?P<quote>")'
    r"|(?P<sign>\?//=?|//=|\|=|\+=|-=|\*=|/=|%=|==|!=|<=|>=|//|\.\.|[-+*/%<>=|,.:;?()\[\]{}])"
)
_TEXT = re.compile(r'(?:[^"\\]|\\[^(])*+')
"""The constant part of a text, up to its end or an interpolation."""

_BINARY = {
    "|": (1, True),
    ",": (2, False),
    "//": (3, True),
    **dict.fromkeys(("=", "|=", "+=", "-=", "*=", "/=", "%=", "//="), (4, False)),
    "or": (5, False),
    "and": (6, False),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), (7, False)),
    "+": (8, False),
    "-": (8, False),
    "*": (9, False),
    "/": (9, False),
    "%": (9, False),
}
"""The operators of two operands: how tightly each binds, and whether it groups from the right."""

_PIPE = 1
_COMMA = 2
_ENDS = frozenset({"then", "elif", "else", "end", "as", "catch"})
_ESCAPES = re.compile(r'\\(["\\/bfnrt]|u[0-9A-Fa-f]{4})')


@dataclass(frozen=True)
class Node:
    """A part of an expression: what it is, its parts, and its name or constant text.

    `sort` is one of: identity, recurse, field, index, slice, iterate, optional, number, text, format, array,
    object, call, variable, negative, operator, if, try, reduce, foreach, bind, define, label, break.
    The first part of a field, an index, a slice, an iteration and an optional is what they are taken of.
    A text with interpolations has these as its parts; a constant one has none.
    """

    sort: str
    parts: tuple[Node, ...] = ()
    text: str = ""


class _UnreadableError(Exception):
    """Raised where the text is not an expression that this module reads."""


def parsed(text: str) -> Node | None:
    """Return the tree of an expression; None for one that this module does not read."""
    if len(text) > LONGEST:
        return None
    try:
        reader = _Reader(text)
        tree = reader.pipe()
    except _UnreadableError:
        return None
    return tree if reader.kind == "end" and _is_low(tree) else None


def _is_low(tree: Node) -> bool:
    level: tuple[Node, ...] = (tree,)
    for _ in range(HIGHEST):
        level = tuple(part for node in level for part in node.parts)
        if not level:
            return True
    return False


class _Reader:
    """Reads one expression from left to right; `kind` and `value` are those of the token that comes next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.kind = self.value = ""
        self.step()

    def step(self) -> str:
        """Go on to the next token, and return the text of the one just left."""
        left = self.value
        while match := _TOKEN.match(self.text, self.at):
            self.at = match.end()
            if match.lastgroup != "blank":
                self.kind, self.value = str(match.lastgroup), match[0]
                return left
        if self.at < len(self.text):
            raise _UnreadableError
        self.kind, self.value = "end", ""
        return left

    def take(self, *values: str) -> bool:
        """Go on if the next token is one of these signs or words, and return whether it was."""
        if self.value in values and self.kind in ("sign", "word"):
            self.step()
            return True
        return False

    def expect(self, value: str) -> None:
        if not self.take(value):
            raise _UnreadableError

    def pipe(self) -> Node:
        """Read an expression as it may be between brackets."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise _UnreadableError
        tree = self.define() if self.value == "def" else self.binary(_PIPE)
        self.depth -= 1
        return tree

    def define(self) -> Node:
        self.expect("def")
        name = self.step()
        if self.take("("):
            while not self.take(")"):
                self.step()
                if self.kind == "end":
                    raise _UnreadableError
        self.expect(":")
        body = self.pipe()
        self.expect(";")
        return Node("define", (body, self.pipe()), name)

    def binary(self, least: int) -> Node:
        left = self.operand()
        while self.kind in ("sign", "word") and self.value in _BINARY:
            strength, from_right = _BINARY[self.value]
            if strength < least:
                break
            sign = self.step()
            if sign == "|" and self.value == "def":
                return Node("operator", (left, self.pipe()), sign)
            left = Node("operator", (left, self.nested(strength if from_right else strength + 1)), sign)
        return left

    def nested(self, least: int) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _UnreadableError
        tree = self.binary(least)
        self.depth -= 1
        return tree

    def operand(self) -> Node:
        """Read a term with the suffixes that follow it."""
        if self.kind == "sign" and self.value == "-":
            self.step()
            return Node("negative", (self.postfix(self.term()),))
        term = self.postfix(self.term())
        return self.bind(term) if self.value == "as" and self.kind == "word" else term

    def bind(self, source: Node) -> Node:
        self.pattern()
        self.expect("|")
        return Node("bind", (source, self.pipe()))

    def pattern(self) -> None:
        """Pass over `as` and the names that it gives."""
        self.expect("as")
        open_ones = 0
        while True:
            if self.kind in ("end", "quote"):
                raise _UnreadableError
            open_ones += (self.value in ("[", "{", "(")) - (self.value in ("]", "}", ")"))
            self.step()
            if not open_ones and not self.take("?//"):
                return

    def postfix(self, term: Node) -> Node:
        while True:
            if self.kind == "field":
                term = Node("field", (term,), self.step()[1:])
            elif self.kind == "sign" and self.value == ".":
                term = self.dotted(term)
            elif self.kind == "sign" and self.value == "[":
                term = self.bracket(term)
            elif self.kind == "sign" and self.value == "?":
                self.step()
                term = Node("optional", (term,))
            else:
                return term

    def dotted(self, term: Node) -> Node:
        """Read what follows a dot instead of a name: a text or a bracket."""
        self.step()
        if self.kind == "quote":
            return self.key(term, self.quoted())
        if self.value == "[":
            return self.bracket(term)
        raise _UnreadableError

    @staticmethod
    def key(term: Node, text: Node) -> Node:
        return Node("index", (term, text)) if text.parts else Node("field", (term,), text.text)

    def bracket(self, term: Node) -> Node:
        self.expect("[")
        if self.take("]"):
            return Node("iterate", (term,))
        if self.take(":"):
            end = self.pipe()
            self.expect("]")
            return Node("slice", (term, end))
        inner = self.pipe()
        if self.take(":"):
            parts = (term, inner) if self.value == "]" else (term, inner, self.pipe())
            self.expect("]")
            return Node("slice", parts)
        self.expect("]")
        return self.key(term, inner) if inner.sort == "text" else Node("index", (term, inner))

    def term(self) -> Node:
        reader = _TERMS.get(self.kind)
        if reader is None:
            raise _UnreadableError
        return reader(self)

    def number(self) -> Node:
        return Node("number", text=self.step())

    def own_field(self) -> Node:
        return Node("field", (Node("identity"),), self.step()[1:])

    def variable(self) -> Node:
        return Node("variable", text=re.sub(r"\s", "", self.step()))

    def formatted(self) -> Node:
        name = self.step()
        return self.quoted() if self.kind == "quote" else Node("format", text=name)

    def quoted(self) -> Node:
        """Read a text in double quotes; the next token is its opening one."""
        parts: list[Node] = []
        text = ""
        while True:
            match = _TEXT.match(self.text, self.at)
            text += match[0] if match else ""
            self.at = match.end() if match else self.at
            if self.text.startswith('"', self.at):
                self.at += 1
                self.step()
                return Node("text", tuple(parts), "" if parts else _ESCAPES.sub(_unescaped, text))
            if not self.text.startswith("\\(", self.at):
                raise _UnreadableError
            self.at += 2
            self.step()
            parts.append(self.pipe())
            if self.kind != "sign" or self.value != ")":
                raise _UnreadableError

    def sign(self) -> Node:
        sign = self.step()
        if sign == "(":
            inner = self.pipe()
            self.expect(")")
            return inner
        if sign == "[":
            parts = () if self.value == "]" and self.kind == "sign" else (self.pipe(),)
            self.expect("]")
            return Node("array", parts)
        if sign == "{":
            return self.object()
        if sign == "..":
            return Node("recurse")
        if sign == ".":
            return self.from_here()
        raise _UnreadableError

    def from_here(self) -> Node:
        here = Node("identity")
        if self.kind == "quote":
            return self.key(here, self.quoted())
        return here

    def object(self) -> Node:
        """Read the members of an object; its parts are their values."""
        values: list[Node] = []
        while not self.take("}"):
            values.append(self.member())
            if not self.take(",") and self.value != "}":
                raise _UnreadableError
        return Node("object", tuple(values))

    def member(self) -> Node:
        if self.take("("):
            key = self.pipe()
            self.expect(")")
        elif self.kind in ("word", "number"):
            key = Node("field", (Node("identity"),), self.step())
        else:
            key = self.term()
        if not self.take(":"):
            return key
        value = self.nested(_COMMA + 1)
        while self.take("|"):
            value = Node("operator", (value, self.nested(_COMMA + 1)), "|")
        return value

    def word(self) -> Node:
        word = self.step()
        special = _WORDS.get(word)
        if special:
            return special(self)
        if word in _ENDS or word in _BINARY:
            raise _UnreadableError
        arguments: list[Node] = []
        if self.take("("):
            arguments.append(self.pipe())
            while self.take(";"):
                arguments.append(self.pipe())
            self.expect(")")
        return Node("call", tuple(arguments), word)

    def condition(self) -> Node:
        """Read the rest of an `if`: its parts are conditions and results by turns, and the `else` at the end."""
        parts = [self.pipe()]
        self.expect("then")
        parts.append(self.pipe())
        while self.take("elif"):
            parts.append(self.pipe())
            self.expect("then")
            parts.append(self.pipe())
        if self.take("else"):
            parts.append(self.pipe())
        self.expect("end")
        return Node("if", tuple(parts))

    def attempt(self) -> Node:
        parts = [self.postfix(self.term())]
        if self.take("catch"):
            parts.append(self.postfix(self.term()))
        return Node("try", tuple(parts))

    def fold(self, sort: str) -> Node:
        source = self.postfix(self.term())
        self.pattern()
        self.expect("(")
        parts = [self.pipe()]
        while self.take(";"):
            parts.append(self.pipe())
        self.expect(")")
        return Node(sort, (source, *parts))

    def label(self) -> Node:
        self.variable()
        self.expect("|")
        return Node("label", (self.pipe(),))

    def leave(self) -> Node:
        self.variable()
        return Node("break")

    def misplaced(self) -> Node:
        raise _UnreadableError


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return (
        chr(int(code[1:], 16))
        if code[0] == "u"
        else dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True))[code]
    )


_TERMS: dict[str, Callable[[_Reader], Node]] = {
    "number": _Reader.number,
    "field": _Reader.own_field,
    "variable": _Reader.variable,
    "format": _Reader.formatted,
    "quote": _Reader.quoted,
    "sign": _Reader.sign,
    "word": _Reader.word,
}
_WORDS: dict[str, Callable[[_Reader], Node]] = {
    "if": _Reader.condition,
    "try": _Reader.attempt,
    "reduce": lambda reader: reader.fold("reduce"),
    "foreach": lambda reader: reader.fold("foreach"),
    "label": _Reader.label,
    "break": _Reader.leave,
    "def": _Reader.misplaced,
}
