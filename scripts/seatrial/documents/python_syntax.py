"""The syntax faults that CPython finds in Python source, found by compiling it; nothing is run.

The interpreter we run on may be older than the source. So a file is refused only where CPython still refuses it
after newer syntax has been replaced by older syntax of the same length: generic classes and functions and `type`
(PEP 695 and 696), quotes in f-strings (PEP 701), `except A, B` (PEP 758), t-strings (PEP 750), unpacking in
comprehensions (PEP 798) and lazy imports (PEP 810).
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from symtable import symtable
from typing import TYPE_CHECKING

from seatrial.core.printable import cut, plain
from seatrial.documents.document import Fault, FaultKind, Lines

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

READS_QUOTES = sys.version_info >= (3, 12)
"""True if the interpreter we run on parses f-strings itself; before 3.12, it read them as texts."""

LONGEST = 200
"""The most characters of a message of CPython that are shown."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_ON_LINE = re.compile(r" on line \d+|\s*\(detected at line \d+\)")
_LAZY = re.compile(rb"^lazy( +)(import|from)\b(?= )", re.MULTILINE)
_GENERIC = re.compile(
    rb"^[ \t]*(?:async +)?(?:def|class|type) +\w+\[([^\n\[\]]*+(?:\[[^\n\[\]]*+\][^\n\[\]]*+)*+)\]",
    re.MULTILINE,
)
_BEYOND = (ValueError, MemoryError, RecursionError, OverflowError)
"""The exceptions that the compiler raises for source that exceeds its limits."""

_CONVERSIONS = (b"!r", b"!s", b"!a")
_COMPREHENSIONS = frozenset(("list_comprehension", "set_comprehension", "generator_expression"))
_STRINGS = frozenset(("string", "concatenated_string"))

_QUIET = [("ignore", None, Warning, None, 0)]
"""The first of the filters of warnings where all are ignored."""

_NEWER = frozenset(
    (
        *("interpolation", "format_expression", "type_parameter", "type_alias_statement", "generic_type"),
        *("except_clause", "list_comprehension", "set_comprehension", "generator_expression"),
    )
)
"""The types of the nodes that are masked, or whose text is; the starts of t-strings are masked as well."""

_CONVERSION = "(type_conversion) @found"

_Mask = tuple[int, int, bytes]
"""The bytes between two indexes are replaced by these."""


def in_older_syntax(data: bytes) -> bytes:
    """Return the source without lazy imports and defaults of type parameters, which the tolerant parser cannot read."""
    data = _LAZY.sub(lambda found: found[2] + b" " * (len(found[1]) + 4), data)
    return _GENERIC.sub(_unparametrised, data)


def _unparametrised(found: re.Match[bytes]) -> bytes:
    if b"=" not in found[1]:
        return found[0]
    start = found.start(1) - found.start() - 1
    return found[0][:start] + b" " * (len(found[0]) - start)


def refusal(text: str, older: str, root: Node) -> Fault | None:
    """Return the first thing in a file that is a syntax error in every Python that we know.

    `older` is the text that `in_older_syntax` returns, and `root` the tolerant parser's tree of it, with or without
    errors.
    """
    if "\0" in text:
        place = Lines(text).at(text.index("\0"))
        return Fault(FaultKind.SYNTAX, "a null byte, which no source code may hold", *place)
    try:
        return _refusal(text, older, root)
    except _BEYOND:
        return None


def _refusal(text: str, older: str, root: Node) -> Fault | None:
    first = _error(text)
    if first is None:
        return None
    masked = _masked(older, root)
    error = first if masked == text else _error(masked)
    if error is None and _is_certain(first, root):
        error = first
    if error is None:
        return None if root.has_error else _wrong_replacement(older, root)
    return _fault(text, error)


def _is_certain(error: SyntaxError, root: Node) -> bool:
    """Return whether an error that the masked text no longer has is an error in every Python.

    It is if it was about escapes in a text, or about an f-string that the tolerant parser cannot read either.
    """
    if error.msg.startswith("f-string"):
        return error.lineno in _broken_lines(root)
    return error.msg.startswith(("(unicode error)", "(value error)"))


def _broken_lines(root: Node) -> set[int]:
    """Return the lines of what the tolerant parser could not read, or had to add."""
    lines: set[int] = set()
    pending = [root] if root.has_error else []
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            lines.add(node.start_point[0] + 1)
            lines |= {one.start_point[0] + 1 for one in node.children if one.type == "string_start"}
        pending.extend(child for child in node.children if child.has_error or child.is_missing)
    return lines


def compiles(text: str) -> bool:
    """Return whether the interpreter we run on takes a text as it is."""
    try:
        return "\0" not in text and _error(text) is None
    except _BEYOND:
        return False


MOST_BLOCKS = 2_000
"""Functions, classes and comprehensions of a file up to which it is compiled whole.

CPython compares the code of each with that of all others that look the same, so its time grows by their square. Above,
what only the compiler's last step refuses, such as a `return` outside of a function, is not found.
"""

_BLOCKS = ("def", "lambda", "class", "for")
_BLOCK = re.compile(rf"\b(?:{'|'.join(_BLOCKS)})\b")


def _has_many_blocks(text: str) -> bool:
    """Return whether a text has more than MOST_BLOCKS; words are looked for where there are enough such letters."""
    if sum(map(text.count, _BLOCKS)) <= MOST_BLOCKS:
        return False
    return next(islice(_BLOCK.finditer(text), MOST_BLOCKS, None), None) is not None


def _error(text: str, flags: int = 0) -> SyntaxError | None:
    """Return the error with which CPython refuses a text. Raises one of _BEYOND if it cannot take it in."""
    try:
        with quiet():
            if not flags and _has_many_blocks(text):
                symtable(text, "<source>", "exec")
            else:
                compile(text, "<source>", "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        return error
    return None


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore the warnings of the compiler; cheap inside of another `quiet`."""
    if warnings.filters[:1] == _QUIET:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _fault(text: str, error: SyntaxError) -> Fault:
    message = _ON_LINE.sub("", error.msg or "invalid syntax")
    return Fault(FaultKind.SYNTAX, cut(plain(message), LONGEST), *_place(text, error))


def _place(text: str, error: SyntaxError) -> tuple[int, int]:
    """Return the place of an error: the parser counts columns in code points, what comes after it in bytes."""
    starts = [0, *(found.end() for found in _LINE_END.finditer(text)), len(text)]
    number = min(max(error.lineno or 1, 1), len(starts) - 1)
    line = text[starts[number - 1] : starts[number]]
    column = max((error.offset or 1) - 1, 0)
    if not line.isascii() and _error(text, ast.PyCF_ONLY_AST) is None:
        column = len(line.encode()[:column].decode(errors="ignore"))
    return Lines(text).at(starts[number - 1] + min(column, len(line.rstrip("\r\n"))))


def _masked(text: str, root: Node) -> str:
    """Return the text with newer syntax replaced by older syntax; every place stays where it is."""
    data = text.encode()
    parts, end = [], 0
    for start, stop, new in sorted(_masks(data, root)):
        if start >= end:
            parts += [data[end:start], new]
            end = stop
    return b"".join([*parts, data[end:]]).decode(errors="replace")


def _masks(data: bytes, root: Node) -> Iterator[_Mask]:
    starts = sorted(_newer_starts(data, root))
    pending = [root] if starts else []
    while pending:
        node = pending.pop()
        if node.type in _STRINGS and not READS_QUOTES and _has_replacements(node):
            expressions = list(_replacements(node))
            yield from _string_masks(data, node, expressions)
            pending.extend(expressions)
        else:
            yield from _masks_at(data, node)
            pending.extend(child for child in node.children if _holds(child, starts))


def _newer_starts(data: bytes, root: Node) -> Iterator[int]:
    """Yield the starts of the nodes of _NEWER; a query would take quadratic time within an error."""
    pending = [root]
    while pending:
        node = pending.pop()
        is_text = node.type == "string_start" and b"t" in data[node.start_byte : node.end_byte].lower()
        if is_text or node.type in _NEWER:
            yield node.start_byte
        pending.extend(node.children)


def _holds(node: Node, starts: list[int]) -> bool:
    """Return whether one of these sorted places is in a node."""
    place = bisect_left(starts, node.start_byte)
    return place < len(starts) and starts[place] < node.end_byte


def _masks_at(data: bytes, node: Node) -> Iterator[_Mask]:
    """Yield the masks of one node that is not a text."""
    if node.type == "type_parameter" and node.parent and node.parent.type != "generic_type":
        yield (node.start_byte, node.end_byte, _blank(data[node.start_byte : node.end_byte], joined=True))
    elif node.type == "type_alias_statement":
        yield (node.start_byte, node.start_byte + 4, b"typ=")
    elif node.type == "generic_type" and node.parent and _is_alias_name(node):
        parameters = node.children[-1]
        start, stop = parameters.start_byte, parameters.end_byte
        yield (start, stop, _blank(data[start:stop], joined=True))
    elif node.type == "except_clause":
        values = node.children_by_field_name("value")
        commas = [child for child in node.children if child.type == ","]
        if len(values) > 1 and values[-1].type != "as_pattern":
            yield from ((comma.start_byte, comma.end_byte, b"|") for comma in commas)
    elif node.type in _COMPREHENSIONS:
        body = node.child_by_field_name("body")
        if body is not None and body.type == "list_splat":
            yield (body.start_byte, body.start_byte + 1, b" ")
    elif node.type == "string_start" and b"t" in data[node.start_byte : node.end_byte].lower():
        prefix = data[node.start_byte : node.end_byte].lower()
        yield (node.start_byte, node.end_byte, prefix.replace(b"t", b"f"))


def _is_alias_name(node: Node) -> bool:
    """Return whether a generic type is the name that a `type` statement declares."""
    outer = node.parent
    statement = outer.parent if outer else None
    if outer is None or statement is None or statement.type != "type_alias_statement":
        return False
    return statement.child_by_field_name("left") == outer


def _has_replacements(node: Node) -> bool:
    return any(True for _ in _replacements(node))


def _replacements(node: Node) -> Iterator[Node]:
    """Yield the expressions in a text, in order; those in its format specifications too."""
    pending = [node]
    while pending:
        one = pending.pop()
        if one.type in ("interpolation", "format_expression"):
            expression = one.child_by_field_name("expression")
            if expression is not None and not expression.is_missing:
                yield from [expression] if expression.type != "yield" else expression.named_children
            pending.extend(reversed([child for child in one.children if child.type == "format_specifier"]))
        elif one is node or one.type in ("string", "format_specifier"):
            pending.extend(reversed(one.children))


def _string_masks(data: bytes, node: Node, expressions: list[Node]) -> Iterator[_Mask]:
    """Yield the masks that make `f"a {x} b"` into `(0  ,x   )`."""
    starts = [node.start_byte, *(one.end_byte for one in expressions)]
    ends = [*(one.start_byte for one in expressions), node.end_byte]
    for index, (start, stop) in enumerate(zip(starts, ends, strict=True)):
        gap = bytearray(_blank(data[start:stop]))
        if index == 0:
            gap[:2] = b"(0"
        if index < len(expressions):
            gap[max(at for at, byte in enumerate(gap) if byte not in b"\r\n")] = ord(",")
        else:
            gap[-1:] = b")"
        yield (start, stop, bytes(gap))


def _blank(data: bytes, joined: bool = False) -> bytes:
    """Return as many blanks as there are code points; line ends stay, `joined` by backslashes."""
    blank = re.sub(r"[^\r\n]", " ", data.decode(errors="replace"))
    return (re.sub(r" (?=\r?\n)", r"\\", blank) if joined else blank).encode()


def _wrong_replacement(text: str, root: Node) -> Fault | None:
    """Return the fault of a conversion that f-strings do not have, where the interpreter cannot tell."""
    if READS_QUOTES:
        return None
    data = text.encode()
    for node in captured(root, _CONVERSION):
        written = data[node.start_byte : node.end_byte]
        if written and written not in _CONVERSIONS:
            letter = plain(written[1:].decode(errors="replace"))
            message = f"f-string: invalid conversion character '{letter}': expected 's', 'r', or 'a'"
            place = Lines(text).at(len(data[: node.start_byte].decode(errors="replace")))
            return Fault(FaultKind.SYNTAX, message, *place)
    return None


@cache
def parser() -> Parser:
    """Return the tolerant parser."""
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))


@cache
def query(pattern: str) -> Query:
    """Return a compiled pattern of nodes."""
    from tree_sitter import Query

    language = parser().language
    assert language
    return Query(language, pattern)


def captured(root: Node, pattern: str) -> list[Node]:
    """Return the nodes that a pattern captures as "found", in the order of the text."""
    from tree_sitter import QueryCursor

    captures = QueryCursor(query(pattern)).captures(root)
    return sorted(captures.get("found", ()), key=lambda node: (node.start_byte, -node.end_byte))
