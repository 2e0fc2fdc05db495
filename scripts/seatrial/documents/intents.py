"""Release intents: one file a change, with three keys that Ocean's release job reads line by line, not as YAML.

    bump: patch
    changelog-type: bugfix
    changelog: A text, which may go on
      in further lines without a colon
      - and in bullets

A value is the text behind the first colon of its line, without its quotes. Lines that start with `#` are
comments; a value has none behind it. Other keys are ignored. Further lines belong to the `changelog` before
them; a colon in one would make it a key. Source: Ocean's `scripts/ci/ocean_release/release_file.py`, since the
commit 06a85bf312 of 2026-08-20; before, a text had one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from seatrial.core.printable import fits_a_line
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

TAKEN_FOR_KEY = 'is taken for a key and is lost, because a ":" is in it'
"""The end of the message about a line of a text that Ocean's job does not take for one."""

_At = Callable[[int], tuple[int, int]]


@dataclass(frozen=True)
class _Line:
    """A line that is not a comment: its text without blanks around it, its index in the whole text, and its indent."""

    text: str
    index: int
    indent: str = ""

    @property
    def is_pair(self) -> bool:
        return ":" in self.text

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
    read = _read(_lines(text))
    places: dict[Keys, Place] = {
        (line.key,): Place(at(line.value_index), at(line.index)) for line in read.pairs
    }
    faults = (*_faults(read, at), *_repeated(read.pairs, at))
    value = {line.key: read.value(line) for line in read.pairs}
    return Document(path, None if read.loose or read.lost else value, faults, lambda: places)


@dataclass(frozen=True)
class _Read:
    """The lines of an intent as Ocean's job takes them.

    `further` are the lines that continue a text, by the index of its first line; `loose` those that belong to no
    text, the first of several in a row; `lost` those of a text that are taken for keys, because of a colon.
    """

    pairs: Sequence[_Line]
    further: Mapping[int, Sequence[_Line]]
    loose: Sequence[_Line]
    lost: Sequence[_Line]

    def value(self, line: _Line) -> str:
        """Return the value of a key, with the lines that continue it; those of a list lose their indent."""
        more = (
            one.text if one.text.startswith("-") else one.indent + one.text
            for one in self.further[line.index]
        )
        return "\n".join((line.value.strip('"').strip("'"), *more))


def _read(lines: Iterable[_Line]) -> _Read:
    pairs: list[_Line] = []
    loose: list[_Line] = []
    lost: list[_Line] = []
    further: dict[int, list[_Line]] = {}
    above = _Line(":", -1)
    for line in lines:
        owner = pairs[-1] if pairs else above
        if line.is_pair:
            pairs.append(line)
            further[line.index] = []
            if _is_text(line) and any(one.key == CHANGELOG for one in pairs):
                lost.append(line)
        elif owner.key == CHANGELOG:
            further[owner.index].append(line)
        elif above.is_pair and owner not in lost:
            loose.append(line)
        above = line
    return _Read(pairs, further, loose, lost)


def _is_text(line: _Line) -> bool:
    """Return whether a line with a colon was meant as text: it is indented, a bullet, or has blanks before it."""
    is_known = line.key in (*KEYS, OTHER_TYPE)
    return not is_known and (bool(line.indent) or line.text.startswith("-") or " " in line.key)


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
            start = line.index(stripped)
            yield _Line(stripped, index + start, line[:start])
        index += len(line)


def _faults(read: _Read, at: _At) -> Iterator[Fault]:
    """Yield a fault for each line that belongs to no text, and the first that a colon takes out of one."""
    for line in islice(read.loose, MAX_REPEATED):
        message = f'{shown(line.text)} has no key; each line is read by itself, as "key: text"'
        yield Fault(FaultKind.SYNTAX, message, *at(line.index))
    for line in read.lost[:1]:
        message = f"{shown(line.text)} {TAKEN_FOR_KEY}"
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
        raise ValueError("the text has more than one line; say it in one, or write the file by hand")
    if len(message) > MAX_TEXT:
        raise ValueError(f"the text has {len(message):,} letters; at most {MAX_TEXT:,} are taken")
    if not fits_a_line(message):
        raise ValueError("the text holds a control character; leave it out")
    if MARKER in message:
        raise ValueError(f'the text holds "{MARKER}", which belongs to the changelog alone')
