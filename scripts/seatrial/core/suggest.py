"""Suggestions for misspelled words: the nearest known word, and the end of a message that names it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from seatrial.core.printable import one_line

MAX_LETTERS = 80
"""Longer words are not compared; known names are shorter."""


def nearest(word: str, known: Iterable[str], cutoff: float = 0.75) -> str | None:
    """Return the known word nearest to `word`: equal but for case, punctuation or plural first, then by spelling."""
    if len(word) > MAX_LETTERS:
        return None
    names, bare = sorted(known), _bare(word)
    same = [name for name in names if _bare(name) == bare]
    close = same or get_close_matches(word, names, n=1, cutoff=cutoff)
    return close[0] if close else None


def recased(word: str, known: Iterable[str]) -> str | None:
    """Return the one known word that differs from `word` only in upper and lower case; this is not a guess."""
    same = {name for name in known if name != word and name.lower() == word.lower()}
    return same.pop() if len(same) == 1 else None


def did_you_mean(near: str | None, otherwise: str = "") -> str:
    """Return the clause that ends a message: `; did you mean "near"?`, else `; otherwise`, else nothing."""
    if near:
        return f'; did you mean "{one_line(near, MAX_LETTERS)}"?'
    return f"; {otherwise}" if otherwise else ""


def with_repair(message: str, repair: str) -> str:
    """Return a message followed by its repair, with a semicolon between them unless the message is a question."""
    return f"{message} {repair}" if message.endswith("?") else f"{message}; {repair}"


def hint(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return `did_you_mean` for the known word nearest to `word`."""
    return did_you_mean(nearest(word, known), otherwise)


@lru_cache(maxsize=10_000)
def _bare(word: str) -> str:
    bare = re.sub(r"[\W_]", "", word).lower()
    return f"{bare[:-3]}y" if bare.endswith("ies") else bare.removesuffix("s")
