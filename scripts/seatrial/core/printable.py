"""Making foreign text safe to print: no line ends, no control of terminals, no commands of CI systems."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, line ends, direction marks, invisible characters and lone surrogates."""

_SURROGATE = re.compile(r"[\ud800-\udfff]")

_MARKER = re.compile(r"#(?=#\w*\[)")
"""`##[error]`, `##vso[...]`: CI systems take these for commands anywhere in a line."""

_OPENING = re.compile(r"\A(\s*):(?=:)")
"""`::error::`: GitHub takes this for a command where a line begins with it, after white space too."""


def plain(text: str) -> str:
    r"""Return the text on one line, with invisible characters written as `\n`, `\x1b`, `\u202e` and the like.

    A byte of a file name that is not UTF-8 is written as `\xff`.
    """
    seen = _UNSEEN.sub(_written, text)
    return _OPENING.sub(r"\1\\x3a", _MARKER.sub(r"\\x23", seen))


def encodable(text: str) -> str:
    """Return the text with lone surrogates, which no encoding has, written out."""
    return _SURROGATE.sub(_written, text)


def one_line(text: str, most: int = 200) -> str:
    """Return the text with `?` for each character that cannot be printed, at most `most` characters long."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text[:most])
    return printable if len(text) <= most else printable[: most - 3] + "..."


def cut(text: str, limit: int) -> str:
    """Return the text, shortened to `limit` characters with an ellipsis if it is longer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _written(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return match[0].encode("unicode_escape").decode("ascii")
