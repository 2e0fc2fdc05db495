"""The edits that turn one text into another, as few and as short as a person would make them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

MOST_LINES = 2_000
"""If more lines than this have changed, they are replaced as one block."""


@dataclass(frozen=True)
class TextChange:
    """A replacement of the characters from `start` up to `end` by `new`."""

    start: int
    end: int
    new: str


def changes(before: str, after: str) -> Iterator[TextChange]:
    """Yield the changes from one text to another, in order."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    head = _same(old, new)
    tail = min(_same(old[::-1], new[::-1]), len(old) - head, len(new) - head)
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    starts = [sum(map(len, old[:head]))]
    for line in left:
        starts.append(starts[-1] + len(line))
    if len(left) > MOST_LINES or len(right) > MOST_LINES:
        yield _trimmed(starts[0], "".join(left), "".join(right))
        return
    for tag, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag != "equal":
            yield _trimmed(starts[i], "".join(left[i:j]), "".join(right[k:m]))


def _same(one: str | list[str], other: str | list[str]) -> int:
    """Return the number of equal items at the beginning of both."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _trimmed(start: int, old: str, new: str) -> TextChange:
    """Return the change of a text at an index into another, without what is equal at both ends."""
    head = _same(old, new)
    tail = min(_same(old[::-1], new[::-1]), len(old) - head, len(new) - head)
    return TextChange(start + head, start + len(old) - tail, new[head : len(new) - tail])
