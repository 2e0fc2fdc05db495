"""Checking that jq expressions compile, with the library that the framework runs them with.

Nothing is run and no module is loaded. A good expression costs a few microseconds: many are compiled as one
program, and only a program that fails is taken apart.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from seatrial.documents.messages import jq_problem

MAX_LENGTH = 8_192
"""Longer ones are refused: time grows with the square of the length. The longest real one has 404."""

MAX_ALONE = 5_000
"""The most expressions compiled on their own in one call, at about a millisecond each."""

_BATCH = 200
_KEPT_MOST = 50_000
_kept: dict[str, JqFault | None] = {}

_MODULES = re.compile(r"(?:\s++|#[^\r\n]*+)*+(?:import|include|module)\b")
_TOKEN = re.compile(r'\\.|["#()\[\]{}]', re.S)
_OPENERS = {")": "(", "]": "[", "}": "{"}
_EDGE_QUOTE = re.compile(r"(^|\s)'(?!\s|\")|(?<!\s|\")'(\s|$)")
"""A single quote at an edge of a text, as `_format_filter` of Ocean's `jq_entity_processor.py` finds it."""

_ERROR = re.compile(r"jq: error: (.*?)(?: at <[^>]*>(?:, line (\d+))?(?:, column (\d+))?:?)?$", re.M)


@dataclass(frozen=True)
class JqFault:
    """The reason an expression does not compile and its place in it: 1-based, columns count code points."""

    message: str
    line: int = 1
    column: int = 1


def with_double_quotes(text: str) -> str:
    """Return what Ocean compiles for an expression: single quotes at the edges of its texts are double ones."""
    return _EDGE_QUOTE.sub(r'\1"\2', text) if "'" in text else text


def compile_all(expressions: Collection[str]) -> dict[str, JqFault | None]:
    """Return the fault of each expression, None for one that compiles."""
    if len(_kept) > _KEPT_MOST:
        _kept.clear()
    new = [text for text in dict.fromkeys(expressions) if text not in _kept]
    _kept.update(_judged(new))
    return {text: _kept[text] for text in expressions}


def _judged(expressions: Sequence[str]) -> dict[str, JqFault | None]:
    faults = {text: refused(text) for text in expressions}
    clean = [text for text in expressions if not faults[text]]
    closed = [text for text in clean if is_closed(text)]
    suspects = [text for text in clean if not is_closed(text)]
    for start in range(0, len(closed), _BATCH):
        suspects.extend(_suspects(closed[start : start + _BATCH]))
    for number, text in enumerate(suspects):
        faults[text] = _alone(text) if number < MAX_ALONE else JqFault(_TOO_MANY)
    return faults


_TOO_MANY = f"not compiled: more than {MAX_ALONE:,} expressions are faulty or hold comments"


def refused(text: str) -> JqFault | None:
    """Return the fault of an expression that must not reach the library."""
    if len(text) > MAX_LENGTH:
        return JqFault(f"the expression has {len(text):,} characters; at most {MAX_LENGTH:,} are compiled")
    bad = re.search("[\0\ud800-\udfff]", text)
    if bad:
        return JqFault(f"the character U+{ord(bad[0]):04X} is not allowed", *_place(text, bad.start()))
    if loads_modules(text):
        return JqFault("an expression cannot load modules")
    return None


def loads_modules(text: str) -> bool:
    """Return whether an expression begins as only those do that load modules."""
    return bool(_MODULES.match(text))


def is_closed(text: str) -> bool:
    """Return whether an expression closes its brackets and quotes and holds no comment.

    Such an expression means the same in brackets, with any text behind them.
    """
    open_ones: list[str] = []
    for sign in (match[0] for match in _TOKEN.finditer(text)):
        in_string = open_ones[-1:] == ['"']
        if sign == '"':
            open_ones.pop() if in_string else open_ones.append(sign)
        elif in_string:
            if sign == "\\(":
                open_ones.append("(")
        elif sign in "([{":
            open_ones.append(sign)
        elif open_ones[-1:] != [_OPENERS.get(sign)]:
            return False
        else:
            open_ones.pop()
    return not open_ones


def _suspects(expressions: Sequence[str]) -> Iterator[str]:
    """Find those of some closed expressions that keep a common program from compiling."""
    if not expressions or _error(",".join(f"({text}\n)" for text in expressions)) is None:
        return
    if len(expressions) == 1:
        yield expressions[0]
        return
    half = len(expressions) // 2
    yield from _suspects(expressions[:half])
    yield from _suspects(expressions[half:])


def _alone(text: str) -> JqFault | None:
    error = _error(text)
    return None if error is None else _fault(text, error)


def _error(program: str) -> str | None:
    """Return the library's message about a program that does not compile."""
    import jq

    try:
        with _homeless():
            jq.compile(program)
    except ValueError as error:
        return str(error)
    return None


@contextmanager
def _homeless() -> Iterator[None]:
    """Unset the home folder: the library accepts definitions in `~/.jq`, which other machines do not have."""
    home = os.environ.get("HOME")
    os.environ["HOME"] = os.devnull
    try:
        yield
    finally:
        if home is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = home


def _fault(text: str, error: str) -> JqFault:
    match = _ERROR.search(error)
    if not match:
        return JqFault(jq_problem(error.partition("\n")[0], "", ""))
    line, byte = int(match[2] or 1), int(match[3] or 1)
    written = (text.split("\n")[line - 1 : line] or [""])[0]
    column = len(written.encode()[: byte - 1].decode(errors="replace")) + 1
    message = jq_problem(match[1], written[: column - 1], written[column - 1 :])
    return JqFault(message, line, column)


def _place(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
