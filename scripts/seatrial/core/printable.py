"""Making foreign text safe to print: no line ends, no control of terminals, no commands of CI systems."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator

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


_ODD_BLANK = re.compile(r"[\t\r\x0b\x0c\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
"""Blanks that look like a plain one, or like none."""

_HIDDEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Characters that show nothing, or that turn the direction of others; the joiners of emoji are among them."""

_JOINED = re.compile(r"(?<=[^\x00-\u2fff])[\u200d\ufe0e\ufe0f]|[\ufe0e\ufe0f](?=$|[^\w])")
_WORD = re.compile(r"[\w\u2010-\u2015\u2212]+")
_ASCII_LETTER = re.compile(r"[A-Za-z0-9]")
_ALIKE = re.compile(
    "[\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u0501\u051b\u051d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408"
    "\u03bf\u03bd\u03b1\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u0131\u0251\u0261\u0585\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u2010-\u2015\u2212]"
)
"""Cyrillic, Greek and other letters, digits and dashes that look like those of ASCII."""

BLANK = "\u2423"
"""The sign for a blank that would not be seen."""

_QUOTED = re.compile(r'(?<![^\s(\[,;:=])"([^"\n]+)"(?![\w"])')
_EDGE = re.compile(r"\A +| +\Z| {2,}")


def visible(text: str) -> str:
    r"""Return a message in which invisible characters are written out, such as `\xa0`, `\u202e`, `\t`; line feeds stay.

    A letter that only looks like an ASCII one is written out where its word has ASCII letters as well. Within quotes,
    a sign stands for each blank at an end and for each of several in a row; quotes that hold only punctuation are
    left as they are.
    """
    return _QUOTED.sub(_blanks_shown, _seen(text)) if '"' in text else _seen(text)


def _blanks_shown(quoted: re.Match[str]) -> str:
    if not quoted[1].isspace() and not any(letter.isalnum() for letter in quoted[1]):
        return quoted[0]
    return f'"{_EDGE.sub(lambda blanks: BLANK * len(blanks[0]), quoted[1])}"'


def shown(text: str, most: int = 60) -> str:
    """Return somebody else's text for a message that quotes it: on one line, visible, at most `most` letters long."""
    seen = _seen(text[: most + 1]).replace("\n", "\\n")
    return seen if len(seen) <= most else seen[: most - 3] + "..."


def argument(text: str) -> str:
    """Return a text of others as one argument of a command in a message, which people paste into a shell.

    What a shell would read as more than a word is in single quotes, and an option's dash is behind `./`.
    """
    seen = shown(text, 500)
    return shlex.quote(f"./{seen}" if seen.startswith("-") else seen)


def _seen(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = _ODD_BLANK.sub(_written, text)
    return _WORD.sub(_unlike, "".join(_unhidden(text)))


def _unhidden(text: str) -> Iterator[str]:
    end = 0
    for found in _HIDDEN.finditer(text):
        yield text[end : found.start()]
        yield found[0] if _JOINED.match(text, found.start()) else _written(found)
        end = found.end()
    yield text[end:]


def _unlike(word: re.Match[str]) -> str:
    return _ALIKE.sub(_written, word[0]) if _ASCII_LETTER.search(word[0]) else word[0]


def encodable(text: str) -> str:
    """Return the text with lone surrogates, which no encoding has, written out."""
    return _SURROGATE.sub(_written, text)


def one_line(text: str, most: int = 200) -> str:
    """Return the text with `?` for each character that cannot be printed, at most `most` characters long."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text[:most])
    return printable if len(text) <= most else printable[: most - 3] + "..."


def fits_a_line(text: str) -> bool:
    """Return whether a text has no line end, no control character and nothing that cannot be written."""
    return not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text)


def cut(text: str, limit: int) -> str:
    """Return the text, shortened to `limit` characters with an ellipsis if it is longer."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _written(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return match[0].encode("unicode_escape").decode("ascii")
