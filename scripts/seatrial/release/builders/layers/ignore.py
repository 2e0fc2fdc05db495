"""The paths that COPY does not see, by the patterns of a `.dockerignore`.

Law: Docker's reference, ".dockerignore files", and the package patternmatcher of Moby. Each pattern is matched in
time that grows with its length and the path's, whatever they are.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from seatrial.core.errors import ServiceError

MAX_PATTERNS = 2000
MAX_PATTERN = 1000
MAX_CHARACTERS = 20_000
"""Characters of a pattern, and of all: each path is compared with all of them."""


@dataclass(frozen=True)
class _Part:
    """A part of a pattern: one of some characters (None for any), any number of them, or `folders`.

    `folders` is what `**/` stands for: nothing, or anything that ends with a slash.
    """

    chars: frozenset[str] | None = None
    negated: bool = False
    repeated: bool = False
    slashes: bool = False
    folders: bool = False

    def admits(self, char: str) -> bool:
        """Return whether it may stand for this character."""
        if self.chars is None:
            return self.slashes or char != "/"
        return (char in self.chars) != self.negated


@dataclass
class Pattern:
    """A pattern as an automaton: bit n of its state says that all parts before the nth are matched."""

    text: str
    negated: bool = False
    _parts: list[_Part] = field(init=False)
    _stars: int = 0
    _empty: int = 0
    _moves: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._parts = list(_parts(self.text))
        for at, part in enumerate(self._parts):
            self._stars |= int(part.repeated) << at
            self._empty |= int(part.repeated or part.folders) << at

    def matches(self, path: str) -> bool:
        """Return whether the pattern stands for the whole path."""
        state = self._entered(1)
        for char in path:
            steps, stays = self._move(char)
            kept = state & stays
            state = kept | self._entered(((state & steps) | (kept & self._stars)) << 1)
            if not state:
                return False
        return bool(state >> len(self._parts) & 1)

    def _entered(self, state: int) -> int:
        """Return the state with what follows parts that may stand for nothing, as none of these has begun."""
        while (more := state | (state & self._empty) << 1) != state:
            state = more
        return state

    def _move(self, char: str) -> tuple[int, int]:
        """Return the parts that a character ends, and those that it may be within."""
        if char not in self._moves:
            steps = stays = 0
            for at, part in enumerate(self._parts):
                stays |= int(part.folders or (part.repeated and part.admits(char))) << at
                steps |= int(char == "/" if part.folders else not part.repeated and part.admits(char)) << at
            self._moves[char] = steps, stays
        return self._moves[char]


def _parts(text: str) -> Iterator[_Part]:
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*" and text[at : at + 1] == "*":
            at += 2 if text[at + 1 : at + 2] == "/" else 1
            yield _Part(folders=True) if at < len(text) else _Part(repeated=True, slashes=True)
        elif char == "*":
            yield _Part(repeated=True)
        elif char == "?":
            yield _Part()
        elif char == "[":
            part, at = _set(text, at)
            yield part
        else:
            at += char == "\\"
            yield _Part(frozenset(text[at - 1 : at] or "\\"))


def _set(text: str, at: int) -> tuple[_Part, int]:
    """Return the set that begins at a place after its bracket, and the place after its end."""
    end = text.find("]", at + 1)
    if end < 0:
        raise ServiceError(f'the pattern "{text[:50]}" of the ignore file has a bracket that is not closed')
    inside = text[at:end]
    negated = inside.startswith("^")
    chars: set[str] = set()
    inside = inside.removeprefix("^")
    while inside:
        first, dash, last = inside[0], inside[1:2], inside[2:3]
        if dash == "-" and last:
            chars.update(map(chr, range(ord(first), min(ord(last), ord(first) + 256) + 1)))
        chars.add(first)
        inside = inside[3:] if dash == "-" and last else inside[1:]
    return _Part(frozenset(chars), negated), end + 1


@dataclass(frozen=True)
class Ignored:
    """The patterns of an ignore file, in their order: the last one that matches a path or a folder above it counts."""

    patterns: tuple[Pattern, ...]

    @classmethod
    def read(cls, text: str) -> Ignored:
        """Read an ignore file. Raises ServiceError for one that is too large or malformed."""
        lines = list(_lines(text))
        lengths = list(map(len, lines))
        if (
            len(lines) > MAX_PATTERNS
            or sum(lengths) > MAX_CHARACTERS
            or max(lengths, default=0) > MAX_PATTERN
        ):
            raise ServiceError(f"the ignore file has more than {MAX_PATTERNS} patterns, or they are too long")
        return cls(tuple(Pattern(line.removeprefix("!"), line.startswith("!")) for line in lines))

    @property
    def has_exceptions(self) -> bool:
        """Return whether something in a folder that is left out may be copied nevertheless."""
        return any(pattern.negated for pattern in self.patterns)

    def leaves_out(self, path: str, above: tuple[bool, ...] = ()) -> tuple[bool, tuple[bool, ...]]:
        """Return whether a path is left out, and which patterns match it or a folder above it.

        `above` is the second result for the folder that the path is in.
        """
        hits = tuple(
            (bool(above) and above[at]) or pattern.matches(path) for at, pattern in enumerate(self.patterns)
        )
        last = next((at for at in reversed(range(len(hits))) if hits[at]), None)
        return last is not None and not self.patterns[last].negated, hits


def _lines(text: str) -> Iterator[str]:
    for line in text.removeprefix("\ufeff").split("\n"):
        if line.startswith("#") or not line.strip():
            continue
        negated, stripped = line.strip().startswith("!"), line.strip().removeprefix("!").strip()
        path = posixpath.normpath(stripped).lstrip("/") if stripped else ""
        if path and path != ".":
            yield f"{'!' if negated else ''}{path}"
