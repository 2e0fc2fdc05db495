"""The messages of the parsing libraries in plain words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seatrial.core import printable

SHOWN = 60
"""The most characters of a value in a message."""

_YAML = (
    ("mapping values are not allowed", 'a second ": " on this line; put text that holds ": " in quotes'),
    (
        "cannot start any token",
        "this character cannot start a value; quote the text, and indent with spaces only",
    ),
    ("found a tab character", "a tab in the indentation; indent with spaces only"),
    ("could not find expected ':'", 'a key without its ":"'),
    (
        "did not find expected key",
        "this line is not a key of the mapping above; check indentation and quotes",
    ),
    (
        "did not find expected '-' indicator",
        'this line is not an item of the list above; check indentation and "- "',
    ),
    ("expected ',' or ']'", 'a list in brackets lacks a "," or its "]"'),
    ("expected ',' or '}'", 'a mapping in braces lacks a "," or its "}"'),
    ("expected node content", "a value is missing here"),
    ("unexpected end of stream", "the quotes opened before are never closed"),
    ("unexpected document indicator", "the quotes opened before are never closed"),
    (
        "unknown escape character",
        'an unknown escape behind "\\"; single quotes keep a backslash as it is',
    ),
    ("undefined alias", "an alias to an anchor that is not defined before it"),
    ("duplicate anchor", "an anchor of this name is defined already"),
    ("another document", 'a second document ("---"); the file must hold one'),
    ("expected <document start>", "text behind the end of the document"),
    ("undefined tag handle", "a tag with an undefined handle"),
    (
        "block sequence entries are not allowed",
        "a list item cannot start here; put it on the next line, or quote the text",
    ),
    ("block collections are not allowed", "a list or mapping cannot start on this line"),
    ("incompatible YAML document", "a version of YAML other than 1.x"),
)
_JSON = (
    ("Expecting property name", "a key in double quotes is missing here, or a comma too many stands before"),
    ("Expecting ':'", 'a ":" is missing between key and value'),
    ("Expecting ','", 'a "," is missing here, or a bracket is not closed'),
    ("Expecting value", "a value is missing here; text needs double quotes"),
    ("Extra data", "text behind the end of the document"),
    ("Unterminated string", "the quotes opened here are never closed"),
    ("Invalid control character", "a line break or control character inside quotes; write it as an escape"),
    ("Invalid \\uXXXX", 'four hexadecimal digits are wanted behind "\\u"'),
    ("Invalid \\escape", 'an unknown escape behind "\\"; write a backslash as "\\\\"'),
    ("Illegal trailing comma", "a comma too many stands here"),
)
_TOML = (
    ("Cannot declare", "this table is given a second time"),
    ("Cannot overwrite a value", "this key is given a second time"),
    ("Duplicate inline table key", "a key of this inline table is given a second time"),
    ("Cannot mutate immutable", "a value that is complete cannot be extended"),
    ("Cannot redefine namespace", "this table is given a second time"),
    ("Expected '=' after", 'a "=" is missing between key and value'),
    ("Expected newline or end of document", "one statement a line; text needs quotes"),
    ("Invalid initial character for a key", "a key cannot start with this character"),
    ("Expected ']' at the end of a table", 'a table header lacks its "]"'),
    ("Expected ']]' at the end of an array", 'an array-of-tables header lacks its "]]"'),
    ("Unclosed array", 'a list lacks a "," or its "]"'),
    ("Unclosed inline table", 'an inline table lacks a "," or its "}"'),
    ("Unterminated string", "the quotes opened before are never closed"),
    ('Expected "\'"', "the quotes opened before are never closed"),
    ("Expected \"'''\"", "the quotes opened before are never closed"),
    ("Illegal character '\\n'", "the quotes opened before are not closed on this line"),
    ("Illegal character", "a control character; write it as an escape"),
    (
        "Unescaped '\\' in a string",
        'an unknown escape behind "\\"; single quotes keep a backslash as it is',
    ),
    ("Invalid hex value", 'hexadecimal digits are wanted behind "\\u" or "\\U"'),
    ("Escaped character is not", "this escape is not a character"),
    ("Invalid date or datetime", "no such date or time"),
    ("Invalid value", "a value is missing or unknown here; text needs quotes"),
    ("Invalid statement", "this line is neither a key with a value nor a table header"),
)
_JQ = (
    ("expecting QQSTRING", "the quotes opened here are never closed"),
    ("unexpected end of file", "the expression ends too early"),
    ("Top-level program not given", "the expression is empty, or has nothing behind its definitions"),
    ("memory exhausted", "the expression is nested too deep"),
    ("which is too long", "the expression is too large"),
    ("Invalid escape", 'an unknown escape behind "\\"; write a backslash as "\\\\"'),
)
_JQ_WRONG = (
    ("'", "text stands in double quotes, not in single ones"),
    ('"', "a text cannot stand here"),
    ("&", 'both of two conditions is written "and"'),
    ("|", 'a value is missing before this "|"; either of two conditions is written "or"'),
)
_JQ_DASHED = re.compile(r"\.(\w+(?:-\w+)*-)$")
_JQ_UNDEFINED = re.compile(r"(?:(\$)(\*label-)?)?(\S+?)(?:/(\d+))? is not defined")
_JQ_WORD = re.compile(r"[$@.]?\w+|.", re.S)


def yaml_problem(text: str) -> str:
    """Reword a message of PyYAML."""
    return _plain(_YAML, text)


def json_problem(text: str) -> str:
    """Reword a message of the standard library's JSON reader."""
    return _plain(_JSON, text)


def toml_problem(text: str) -> str:
    """Reword a message of tomllib."""
    return _plain(_TOML, text)


def jq_problem(text: str, before: str, rest: str) -> str:
    """Reword a message of jq; `before` and `rest` are the line up to the fault and from it on."""
    undefined = _JQ_UNDEFINED.search(text)
    if undefined:
        return _undefined(*undefined.groups()) + _dashed(before, rest)
    if "unexpected end of file" in text or "syntax error" not in text:
        return _plain(_JQ, text)
    advice = next((advice for wrong, advice in _JQ_WRONG if rest.startswith(wrong)), "")
    word = _JQ_WORD.match(rest)
    return advice or f"{shown(word[0] if word else rest)} cannot stand here"


def _dashed(before: str, rest: str) -> str:
    """Return advice if a field was meant: `.foo-bar` takes `bar` from `.foo`."""
    start = _JQ_DASHED.search(before)
    end = re.match(r"[\w-]*", rest)
    return f'; a field of that name is written .["{start[1]}{end[0]}"]' if start and end else ""


def _undefined(variable: str | None, label: str | None, name: str, arguments: str | None) -> str:
    if label:
        return f"there is no label {shown('$' + name)}"
    if variable:
        return f"there is no variable {shown('$' + name)}"
    count = int(arguments or 0)
    taking = f" with {count} argument{'s' * (count > 1)}" if count else ""
    return f"there is no function {shown(name)}{taking}"


def shown(text: str) -> str:
    """Return a text in double quotes, shortened if it is long."""
    return f'"{printable.shown(text)}"' if len(text) <= SHOWN else f'"{printable.visible(text[:SHOWN])}…"'


def _plain(table: Sequence[tuple[str, str]], text: str) -> str:
    own = text[:1].lower() + text[1:].rstrip(". \n")
    return next((plain for part, plain in table if part in text), own or "unreadable")
