"""Release intents: one file a change, with three lines that Ocean's release job reads one by one, not as YAML.

    bump: patch
    changelog-type: bugfix
    changelog: One line of text

A value is the text behind the first colon of its line, without its quotes. Lines that start with `#` are
comments; a value has none behind it. Other keys are ignored.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from seatrial.documents import yaml
from seatrial.documents.changelog import MARKER
from seatrial.documents.document import (
    BOM,
    MAX_REPEATED,
    Document,
    Fault,
    FaultKind,
    Keys,
    Lines,
    Place,
    RefusedError,
    decoded,
    refused,
    repeated,
)
from seatrial.documents.messages import shown

BUMP, TYPE, CHANGELOG = KEYS = ("bump", "changelog-type", "changelog")
OTHER_TYPE = "changelog_type"
"""The key that is read if there is no `changelog-type`."""

MAX_INTENT_BYTES = 64 * 1024
"""An intent larger than this is refused unread; the largest real one has 0.3 kB."""

MAX_TEXT = 2_000
"""The most letters behind `changelog:`; the longest real text has some 240."""

_BREAKING = ("Cc", "Cs", "Zl", "Zp")
"""The categories of characters that end a line, control a terminal, or cannot be written."""

_At = Callable[[int], tuple[int, int]]


@dataclass(frozen=True)
class _Line:
    """A line that is not a comment: its text, and its index in the whole text."""

    text: str
    index: int

    @property
    def key(self) -> str:
        return self.text.partition(":")[0].strip()

    @property
    def value(self) -> str:
        return self.text.partition(":")[2].strip()

    @property
    def value_index(self) -> int:
        """The index of the value, with its quote; that of the key if there is none."""
        if not self.value:
            return self.index
        return self.index + self.text.index(self.value, self.text.index(":") + 1)


def load(path: str, data: bytes) -> Document:
    """Read an intent: each key's text, as Ocean reads it. Of a key given twice the last one counts."""
    try:
        text = _text(data)
    except RefusedError as refusal:
        return refused(path, refusal)
    at = Lines(text).at
    lines = list(_lines(text))
    pairs = [line for line in lines if ":" in line.text]
    places: dict[Keys, Place] = {(line.key,): Place(at(line.value_index), at(line.index)) for line in pairs}
    faults = (*_faults(lines, at), *_repeated(pairs, at))
    value = {line.key: line.value.strip('"').strip("'") for line in pairs}
    return Document(path, value if len(pairs) == len(lines) else None, faults, lambda: places)


def _text(data: bytes) -> str:
    text = decoded(data, MAX_INTENT_BYTES)
    if text.startswith(BOM):
        raise RefusedError(FaultKind.ENCODING, "a byte order mark stands before the first key; remove it")
    return text


def _lines(text: str) -> Iterator[_Line]:
    """Yield the lines that are not comments. They end wherever Python ends a line, not at line feeds alone."""
    index = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield _Line(stripped, index + line.index(stripped))
        index += len(line)


def _faults(lines: Sequence[_Line], at: _At) -> Iterator[Fault]:
    """Yield a fault for each line without a colon; of several in a row, which are one text, for the first."""
    pairs = pairwise((_Line(":", 0), *lines))
    loose = (line for above, line in pairs if ":" not in line.text and ":" in above.text)
    for line in islice(loose, MAX_REPEATED):
        message = f'{shown(line.text)} has no key; each line is read by itself, as "key: text"'
        yield Fault(FaultKind.SYNTAX, message, *at(line.index))


def _repeated(pairs: Sequence[_Line], at: _At) -> Iterator[Fault]:
    first = {line.key: line for line in reversed(pairs)}
    again = (line for line in pairs if line is not first[line.key])
    yield from (repeated(line.key, at(line.index)) for line in islice(again, MAX_REPEATED))


def written(bump: str, type: str, message: str) -> str:
    """Return the text of an intent, which Ocean's job reads back unchanged, and YAML readers too where possible.

    Raises ValueError for a message that does not fit a line.
    """
    message = message.strip()
    _refuse(message)
    forms = [_form(bump, type, value) for value in (message, f'"{message}"', f"'{message}'")]
    values = dict(zip(KEYS, (bump, type, message), strict=True))
    same = [form for form in forms if load("", form.encode()).value == values]
    if not same:
        raise ValueError("quotes at the ends of the text would be lost; begin and end it with other letters")
    return next((form for form in same if yaml.load("", form.encode()).value == values), same[0])


def _form(bump: str, type: str, value: str) -> str:
    return f"{BUMP}: {bump}\n{TYPE}: {type}\n{CHANGELOG}: {value}\n"


def _refuse(message: str) -> None:
    if not message:
        raise ValueError("the text is empty; say in one line what changes for users")
    if len(message.splitlines()) > 1:
        raise ValueError("the text has more than one line; an intent holds one")
    if len(message) > MAX_TEXT:
        raise ValueError(f"the text has {len(message):,} letters; at most {MAX_TEXT:,} are taken")
    if any(unicodedata.category(letter) in _BREAKING for letter in message):
        raise ValueError("the text holds a control character; leave it out")
    if MARKER in message:
        raise ValueError(f'the text holds "{MARKER}", which belongs to the changelog alone')
