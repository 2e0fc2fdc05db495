"""Names that programs use, made from titles: slugs, classes, kinds, blueprints; and keys in snake case.

Ocean passes the name of each configuration to pyhumps 3.8 at start-up; `decamelize` gives the same results,
including the odd ones.
"""

from __future__ import annotations

import re
import unicodedata

from seatrial.core.errors import UsageError
from seatrial.core.printable import shown as shown

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""The form of a folder name, a package name and a kind."""

MAX_SLUG = 40
"""The most letters of a slug, which becomes part of image, release and host names; a longer title is cut."""

MAX_KIND = 20
"""A kind longer than this would make lines of the generated code too long for black."""

_SPELLED = {
    "ß": "ss",
    "ẞ": "SS",
    "æ": "ae",
    "Æ": "Ae",
    "œ": "oe",
    "Œ": "Oe",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ħ": "h",
    "Ħ": "H",
    "\u0131": "i",
    "'": "",
    "\u2019": "",
    "&": " and ",
}
"""Letters and signs that Unicode's own decomposition does not turn into ASCII letters."""

_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")

_TAKEN = {"Base", "API"}
"""Class names built on these would be those of the framework: BaseIntegration, APIPortAppConfig."""


def words(text: str) -> tuple[str, ...]:
    """Return the ASCII words of a title, in the author's case: ("C++ Bücher") is ("Cpp", "Bucher")."""
    spelled = "".join(_SPELLED.get(letter, letter) for letter in text)
    ascii_text = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    ascii_text = re.sub(r"(?<=[A-Za-z0-9])\+\+", "pp", ascii_text)
    ascii_text = re.sub(r"(?<=[A-Za-z0-9])#", "sharp", ascii_text).replace("+", " plus ")
    return _shortened(re.findall(r"[A-Za-z0-9]+", ascii_text))


def slug(text: str) -> str:
    """Return the folder and package name for a title, at most MAX_SLUG long. Raises UsageError if it is empty."""
    found = "-".join(words(text)).lower()
    if not found:
        raise UsageError(
            f'the title "{shown(text)}" leaves nothing for a folder name; '
            "type one yourself, such as --slug my-service"
        )
    return found


def checked_slug(text: str) -> str:
    """Return a valid slug unchanged. Raises UsageError, with the nearest valid one, for any other text."""
    if SLUG.fullmatch(text) and len(text) <= MAX_SLUG:
        return text
    near = "-".join(words(text)).lower() or "my-service"
    raise UsageError(
        f'the slug "{shown(text)}" should be lower-case letters a-z and digits with single hyphens '
        f"between them, at most {MAX_SLUG}; type --slug {near}"
    )


def kind(text: str) -> str:
    """Return a kind in the form of a slug, at most MAX_KIND long. Raises UsageError."""
    found = "-".join(words(text)).lower()
    if found and max(len(found), len(class_name(found))) <= MAX_KIND:
        return found
    raise UsageError(
        f'the kind "{shown(text)}" should be letters a-z, digits and hyphens, at most {MAX_KIND}, '
        "in the singular, such as project or pull-request"
    )


def class_name(text: str) -> str:
    """Return a title as a Python class name: "3scale" is ThreeScale, "365 Connect" N365Connect.

    Empty if the title has no ASCII words.
    """
    joined = _capitalised(_identifier_words(text))
    return joined + "Service" if joined in _TAKEN else joined


def constant_name(text: str) -> str:
    """Return a kind as a member of an enumeration: "pull-request" is PULL_REQUEST, "3d-model" THREE_D_MODEL."""
    return "_".join(_identifier_words(text)).upper()


def variable_name(text: str) -> str:
    """Return a kind in snake case, for the end of a function's name: "pull-request" is pull_request."""
    return "_".join(_identifier_words(text)).lower()


def blueprint(title: str, *kinds: str) -> str:
    """Return the identifier of a kind's blueprint: "GitHub Actions" and "run" make githubActionsRun."""
    first, *rest = _identifier_words(title)
    return first.lower() + _capitalised(rest) + "".join(class_name(kind) for kind in kinds)


def plural(word: str) -> str:
    """Return the regular English plural: "repository" is repositories, "branch" branches."""
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh)$", word) else "s")


def counted(number: int, noun: str) -> str:
    """Return a number of things: "1 object", "2 objects"."""
    return f"{number} {noun if number == 1 else plural(noun)}"


def _shortened(found: list[str]) -> tuple[str, ...]:
    """Return the first words that fit MAX_SLUG with hyphens between them, the first one cut if necessary."""
    kept = [found[0][:MAX_SLUG]] if found else []
    for word in found[1:]:
        if len("-".join([*kept, word])) > MAX_SLUG:
            break
        kept.append(word)
    return tuple(kept)


def _identifier_words(text: str) -> list[str]:
    """Return the words, the first beginning with a letter: a single digit is spelled, a number gets an N."""
    found = list(words(text))
    if not found or not found[0][0].isdigit():
        return found
    first, *rest = found
    if first[1:2].isdigit():
        return ["N" + first, *rest]
    return [part for part in (_DIGITS[int(first[0])], first[1:], *rest) if part]


def _capitalised(parts: list[str]) -> str:
    return "".join(part[:1].upper() + part[1:] for part in parts)


_ABBREVIATION = re.compile(r"[A-Z\d]+(?=[A-Z\d]|$)")
_CAPITAL = re.compile(r"[A-Z]")


def decamelize(name: str) -> str:
    """Return the key under which code reads the configuration `name`: "apiURL" is api_url, "API_KEY" stays.

    A digit does not begin a word: "isVersion8Point7" is is_version8_point7. Blanks vanish.
    """
    packed = "".join(name.split())
    if packed.isupper() or packed.isnumeric():
        return name
    calmed = _ABBREVIATION.sub(lambda run: run[0].title(), packed)
    first = _CAPITAL.search(calmed)
    if first is None:
        return calmed.lower()
    begin, end = first.span()
    head = calmed[:begin].rstrip("-_")
    joint = "_" if head else ""
    return (head + joint + calmed[len(head) : end] + _CAPITAL.sub(r"_\g<0>", calmed[end:])).lower()


def canonical(name: str) -> str:
    """Return the name of a package, or of a group of packages, as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
