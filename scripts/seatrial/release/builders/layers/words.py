"""The words of an instruction of a Dockerfile, and the commands of a RUN, with their variables replaced.

Law: the Dockerfile reference of BuildKit, "Environment replacement"; POSIX shell, 2.2 "Quoting". What is not read
here with certainty is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seatrial.release.builders.dockerfile import MAX_VALUE, filled, has_other_dollars

_PIECE = re.compile(
    r"""'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|\\(?P<escaped>.)|(?P<space>\s+)|(?P<operator>&&|\|\|)"""
    r"""|(?P<plain>(?:\$\{[^}]{0,1000}\}|[^\s'"\\&|])+|[&|])"""
)
_BRACED = re.compile(r"\$\{[^}]{0,1000}\}")
_SYNTAX = re.compile(r"[;&|<>()`#!~{}]")
_GLOB = re.compile(r"[*?\[\]]")
_ESCAPED = re.compile(r'\\(["\\$`])')


class Unclear(ValueError):
    """Text whose meaning is not certain; the message says why, to be put after its place."""


@dataclass(frozen=True)
class Command:
    """A simple command of a RUN, and whether it is only run if the one before it fails."""

    words: tuple[str, ...]
    otherwise: bool = False


def words(text: str, values: Mapping[str, str]) -> list[str]:
    """Return the words of an instruction. Raises Unclear."""
    found: list[str | None] = [None]
    for kind, piece in _pieces(text):
        if kind == "space":
            found.append(None)
            continue
        found[-1] = (found[-1] or "") + _value(kind, piece, values)
    return [word for word in found if word is not None]


def commands(text: str, values: Mapping[str, str]) -> list[Command]:
    """Return the commands of a RUN that only joins simple ones by && and ||. Raises Unclear for any other."""
    found: list[list[str | None]] = [[None]]
    otherwise = [False]
    for kind, piece in _pieces(text):
        if kind == "operator":
            found.append([None])
            otherwise.append(piece == "||")
        elif kind == "space":
            found[-1].append(None)
        else:
            found[-1][-1] = (found[-1][-1] or "") + _in_shell(kind, piece, values)
    listed = [tuple(word for word in one if word is not None) for one in found]
    if not all(listed):
        raise Unclear("a command is missing in it")
    return [Command(one, other) for one, other in zip(listed, otherwise, strict=True)]


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _PIECE.match(text, at)
        if found is None:
            raise Unclear("its quotes are not closed")
        kind = str(found.lastgroup)
        yield kind, found[kind]
        at = found.end()


def _value(kind: str, piece: str, values: Mapping[str, str]) -> str:
    if kind in ("single", "escaped", "operator"):
        return piece
    if kind == "plain":
        return _replaced(piece, values)
    parts = re.split(r'(\\["\\$`])', piece)
    return "".join(part[1] if _ESCAPED.fullmatch(part) else _replaced(part, values) for part in parts)


def _replaced(text: str, values: Mapping[str, str]) -> str:
    if has_other_dollars(text):
        raise Unclear('it has a "$" that does not begin a variable')
    whole = filled(text, values)
    if len(whole) >= MAX_VALUE:
        raise Unclear(f"a value of it has more than {MAX_VALUE} characters")
    return whole


def _in_shell(kind: str, piece: str, values: Mapping[str, str]) -> str:
    """Return a piece of a word as a shell has it; a pattern is only admitted where a caller knows its folder."""
    whole = _value(kind, piece, values)
    if kind == "plain" and _SYNTAX.search(_BRACED.sub("", piece)):
        raise Unclear("it has more of a shell's syntax than && and ||")
    if kind == "plain" and "$" in piece and (re.search(r"\s", whole) or _GLOB.search(whole) or not whole):
        raise Unclear("a variable of it has no value, or one of several words")
    return whole


def has_pattern(word: str) -> bool:
    """Return whether a shell might replace a word by names of files."""
    return _GLOB.search(word) is not None
