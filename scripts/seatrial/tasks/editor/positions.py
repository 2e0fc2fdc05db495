"""Conversions between the places in a text as Seatrial and as editors count them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

_LINE_END = re.compile(r"\r\n|\r|\n")

_UNIT = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


@dataclass(frozen=True)
class EditorPlace:
    """A line and a character in it, both 0-based; the character counts the units of the editor's encoding."""

    line: int
    character: int


class Text:
    """The text of a file, and conversions of places in it.

    Seatrial ends lines at line feeds, and counts code points from 1. The language protocol ends them at a lone
    carriage return as well, and counts units of `encoding` from 0: utf-8, utf-16 or utf-32.
    """

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text = text
        self._codec, self._size = _UNIT[encoding]

    def index(self, line: int, column: int) -> int:
        """Return the index of Seatrial's line and column; the nearest one if they are not in the text."""
        if line > len(self._feeds):
            return len(self.text)
        start = self._feeds[line - 1]
        end = self._feeds[line] - 1 if line < len(self._feeds) else len(self.text)
        return min(start + column - 1, max(start, end))

    def position(self, index: int) -> EditorPlace:
        """Return the place of an index as the editor counts it."""
        line = bisect_right(self._starts, index) - 1
        before = self.text[self._starts[line] : index]
        return EditorPlace(line, len(before.encode(self._codec, "surrogatepass")) // self._size)

    def index_of(self, place: EditorPlace) -> int:
        """Return the index of an editor's place; one within a character counts as the beginning of that."""
        if place.line >= len(self._starts):
            return len(self.text)
        start = self._starts[place.line]
        end = self._starts[place.line + 1] if place.line + 1 < len(self._starts) else len(self.text)
        units = self.text[start:end].encode(self._codec, "surrogatepass")[: place.character * self._size]
        return start + len(units.decode(self._codec, "ignore"))

    def own(self, index: int) -> tuple[int, int]:
        """Return the line and column of an index as Seatrial counts them."""
        line = bisect_right(self._feeds, index)
        return line, index - self._feeds[line - 1] + 1

    def line_at(self, index: int) -> tuple[int, int]:
        """Return the start and the end of the editor's line around an index, without its line ending."""
        start = self._starts[bisect_right(self._starts, index) - 1]
        end = _LINE_END.search(self.text, index)
        return start, end.start() if end else len(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(end.end() for end in _LINE_END.finditer(self.text))]

    @cached_property
    def _feeds(self) -> list[int]:
        return [0, *(end.end() for end in re.finditer("\n", self.text))]
