"""The instructions of a Dockerfile: comments left out, continued lines joined, here-documents passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(.+)")
_HEREDOC = re.compile(r"(?:^|\s)\d*<<(-?)([\"']?)([A-Za-z_]\w*)\2(?=\s|$|[|;&>)])")
_WITH_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})


@dataclass(frozen=True)
class Instruction:
    """An instruction: its word in capitals, the rest on one line, and the 1-based line it begins on."""

    word: str
    rest: str
    line: int


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions in order; what is no instruction at all comes as one with whatever word it begins."""
    lines = enumerate(text.removeprefix("\ufeff").splitlines(), start=1)
    continued = re.compile(rf"{re.escape(_escape(text))}\s*\Z")
    for number, line in lines:
        if not _counts(line):
            continue
        joined = _joined(line, lines, continued)
        word, _, rest = joined.strip().partition(" ")
        found = Instruction(word.upper(), rest.strip(), number)
        yield found
        if found.word in _WITH_HEREDOCS:
            _pass_heredocs(found.rest, lines)


def _escape(text: str) -> str:
    """The sign that continues a line: a backslash, or what the directive at the top of the file says."""
    for line in text.removeprefix("\ufeff").splitlines():
        directive = _DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2].strip() in ("\\", "`"):
            return directive[2].strip()
    return "\\"


def _counts(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _joined(line: str, lines: Iterator[tuple[int, str]], continued: re.Pattern[str]) -> str:
    """The line with those it goes on to, where comments and empty lines between do not count."""
    parts = []
    while continued.search(line):
        parts.append(continued.sub("", line))
        line = next((following for _, following in lines if _counts(following)), "")
    return "".join([*parts, line]).replace("\t", " ")


def _pass_heredocs(rest: str, lines: Iterator[tuple[int, str]]) -> None:
    for dash, _, word in _HEREDOC.findall(rest):
        for _, line in lines:
            if (line.lstrip("\t") if dash else line) == word:
                break
