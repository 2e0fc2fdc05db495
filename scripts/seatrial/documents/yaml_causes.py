"""The line that makes a YAML text unreadable, and why, found by trying the repair of one line after another.

A parser stops where it cannot read on. That may be far below the fault: below quotes that are never closed it is
where the next quotes open. So each plausible slip of a line is undone, and the first with which the whole
text can be read is the cause. Nothing is written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

MOST = 80
"""The most repairs that are tried on one text."""

MAX_TRIED = 4 * 1024 * 1024
"""The most characters that are parsed in all these tries; a text too large for two tries is not diagnosed."""

NEAR = 3
"""The lines above and below a fault on which an indentation is tried."""

_ENTRY = re.compile(r"(?P<lead> *(?:- +)*)(?P<key>[\w.$/-]+|\"[^\"]*\"|'[^']*')(?P<rest>.*)")
_WORD = re.compile(r"(?P<lead> *(?:- +)*)(?P<key>[A-Za-z_][\w-]*)(?P<rest>(?: .*)?)")
_DASHED = re.compile(r"( *(?:- +)*)-(?=[^\s-])")
_ODD_BLANK = re.compile(
    r" *(?P<odd>[\xa0\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff])[\s\u200b\u2060\ufeff]*"
)
"""An indentation with a character that looks like a blank, or like nothing, and is none to YAML."""

_CLOSING = {"[": "]", "{": "}"}
_COMMENT = re.compile(r" +#.*")


@dataclass(frozen=True)
class Cause:
    """The cause of a syntax fault: its line and column, 1-based, and what is wrong there."""

    line: int
    column: int
    message: str


@dataclass(frozen=True)
class _Try:
    """A cause, and how its line would be written without it."""

    cause: Cause
    right: str


def cause(text: str, line: int, is_read: Callable[[str], bool]) -> Cause | None:
    """Return the cause of the fault that a parser found on a line; None if no single line explains it.

    `is_read` tells whether a text can be read.
    """
    lines = text.split("\n")
    tries = min(MOST, MAX_TRIED // max(len(text), 1))
    if tries < 2 or is_read(text):
        return None
    for one in islice(_tries(lines, line - 1), tries):
        at = one.cause.line - 1
        if is_read("\n".join([*lines[:at], one.right, *lines[at + 1 :]])):
            return one.cause
    return None


def _tries(lines: list[str], at: int) -> Iterator[_Try]:
    """Yield what may be wrong, the likeliest first."""
    near = _around(lines, at)
    for index in near[:2]:
        yield from _slips(lines, index)
    for index in sorted(near, key=lambda index: not _is_odd(lines, index)):
        yield from _indentations(lines, index)
    for index in _unbalanced(lines, at):
        yield from _quotes(lines[index], index)
        yield from _brackets(lines[index], index)
    for index in near[2:]:
        yield from _slips(lines, index)


def _around(lines: list[str], at: int) -> list[int]:
    """Return the indexes of a line and of those around it, without blank ones and comments, the nearest first."""
    above = (index for index in range(min(at, len(lines) - 1), -1, -1) if _is_content(lines[index]))
    below = (index for index in range(at + 1, len(lines)) if _is_content(lines[index]))
    up, down = list(islice(above, NEAR + 1)), list(islice(below, NEAR))
    return sorted({*up, *down}, key=lambda index: (abs(index - at), index > at))


def _is_odd(lines: list[str], index: int) -> bool:
    """Return whether a line alone stands out: those around it are in one column, or below a key as usual."""
    above = next((one for one in reversed(lines[:index]) if _is_content(one)), "")
    below = next((one for one in lines[index + 1 :] if _is_content(one)), "")
    if not above or not below:
        return False
    wanted = _inner(above) + 2 * above.rstrip().endswith(":")
    own, next_one = (_inner(lines[index]), _inner(below))
    return own != wanted and wanted in (next_one, next_one - 2 * _is_item(below), _indent(below))


def _is_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _slips(lines: list[str], index: int) -> Iterator[_Try]:
    """Yield the slips of a line in its own words, not its indentation."""
    line = lines[index]
    odd = _ODD_BLANK.match(line)
    if odd:
        name = unicodedata.name(odd["odd"]).lower()
        plain = "".join(" " if one.isspace() else "" for one in odd[0])
        said = f"the indentation holds a {name} (U+{ord(odd['odd']):04X}); write blanks there"
        yield _try(index, odd.start("odd"), said, plain + line[odd.end() :])
    entry = _ENTRY.fullmatch(line)
    if entry and entry["rest"].startswith(":") and entry["rest"][1:2] not in ("", " "):
        at = entry.end("key")
        yield _try(index, at, 'a blank is missing behind the ":"', f"{line[:at]}: {line[at + 1 :]}")
    dashed = _DASHED.match(line)
    if dashed:
        at = dashed.end()
        yield _try(index, at - 1, 'a blank is missing behind the "-"', f"{line[:at]} {line[at:]}")
    if entry and entry["rest"].startswith(": "):
        yield from _values(line, index, entry.end("key") + 2)
    if entry and entry["rest"].startswith(":") and not _is_item(line):
        yield from _dashless(lines, index)
    word = _WORD.fullmatch(line)
    if word and ":" not in word["rest"][:1]:
        at = word.end("key")
        yield _try(index, word.start("key"), 'a key without its ":"', f"{line[:at]}:{line[at:]}")


def _values(line: str, index: int, start: int) -> Iterator[_Try]:
    """Yield what may be wrong with the value that starts at a column."""
    value = line[start:].strip()
    quoted = line[:start] + "'" + value.replace("'", "''") + "'"
    if ": " in value and value[:1] not in "\"'[{":
        at = line.index(": ", start)
        yield _try(index, at, 'a second ": " on this line; put text that holds ": " in quotes', quoted)
    if value[:1] in ("'", '"') and value.count(value[0]) > 1 and not value.endswith(value[0]):
        at = line.rindex(value[0]) + 1
        yield _try(index, at, "text behind the closing quotes; put all of it in quotes", quoted)


def _dashless(lines: list[str], index: int) -> Iterator[_Try]:
    """Yield the missing dash of a line whose key is the one that the items around it start with."""
    have = _indent(lines[index])
    above = next((one for one in reversed(lines[:index]) if _is_item(one) and _indent(one) == have), None)
    below = next((one for one in lines[index + 1 :] if _is_item(one) and _indent(one) == have), None)
    alike = [one for one in (above, below) if one] or [one for one in lines if _is_item(one)]
    if any(_key(one) == _key(lines[index]) for one in alike):
        right = f"{' ' * have}- {lines[index].lstrip()}"
        yield _try(index, have, 'a list item without its "- "', right)


def _key(line: str) -> str:
    return line.lstrip(" -").partition(":")[0]


def _indentations(lines: list[str], index: int) -> Iterator[_Try]:
    """Yield the indentations of the lines around this one, the likeliest first."""
    line = lines[index]
    entry = _ENTRY.fullmatch(line)
    if not _is_item(line) and not (entry and entry["rest"].startswith(":")):
        return
    have = _indent(line)
    near = [lines[one] for one in _around(lines, index) if one != index]
    wanted = (
        {_indent(one) for one in near} | {_inner(one) for one in near} | {_indent(one) + 2 for one in near}
    )
    alike = {_indent(one) for one in near if _is_item(one) == _is_item(line)}
    for want in sorted(wanted - {have}, key=lambda want: (want not in alike, abs(want - have))):
        said = f"indented by {have} blank{'s' * (have != 1)}; {want} would fit here"
        yield _try(index, have, said, " " * want + line.lstrip(" "))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _inner(line: str) -> int:
    """Return the column at which the content of a list item starts."""
    return len(line) - len(line.lstrip(" -"))


def _is_item(line: str) -> bool:
    return line.lstrip().startswith("- ")


def _unbalanced(lines: list[str], at: int) -> Iterator[int]:
    """Yield the lines down to the fault with an odd number of quotes, or with brackets that do not close."""
    for index in range(min(at + 1, len(lines))):
        line = lines[index]
        if any(line.count(quote) % 2 for quote in "\"'") or any(
            line.count(opening) != line.count(closing) for opening, closing in _CLOSING.items()
        ):
            yield index


def _quotes(line: str, index: int) -> Iterator[_Try]:
    """Yield the repairs of quotes that are opened or closed only."""
    for quote in "\"'":
        if line.count(quote) % 2:
            bare = _COMMENT.sub("", line.rstrip())
            if bare.endswith(2 * quote):
                yield _try(index, len(bare) - 1, "a quote too many stands here", bare[:-1])
            yield _try(index, line.index(quote), "the quotes opened here are never closed", bare + quote)
            entry = _ENTRY.match(line)
            start = line.find(": ") + 2 if entry and ": " in line else 0
            if start:
                right = f"{line[:start]}{quote}{line[start:]}"
                yield _try(index, line.rindex(quote), "the quotes closed here were never opened", right)


def _brackets(line: str, index: int) -> Iterator[_Try]:
    for opening, closing in _CLOSING.items():
        if line.count(opening) > line.count(closing):
            kind = "list in brackets" if opening == "[" else "mapping in braces"
            said = f'a {kind} lacks a "," or its "{closing}"'
            yield _try(index, line.index(opening), said, line.rstrip() + closing)


def _try(index: int, column: int, message: str, right: str) -> _Try:
    return _Try(Cause(index + 1, column + 1, message), right)
