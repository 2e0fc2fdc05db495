"""The answers the template asks for, derived from a title and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from seatrial.core import names
from seatrial.core.days import day_of
from seatrial.core.errors import UsageError
from seatrial.core.model import Profile
from seatrial.core.vocabulary import SECTIONS
from seatrial.system import clock

CORE = "0.48.12"
"""The framework version that the template was last tried with."""

CORE_RELEASE = tuple(map(int, CORE.split(".")))

MAX_TEXT = 300
"""The most characters of an answer."""


@dataclass(frozen=True)
class Answers:
    """All answers. `of` derives those that are not given and checks the others."""

    title: str
    slug: str
    profile: Profile
    description: str
    icon: str
    section: str
    docs: str
    author: str
    email: str
    parent: str
    child: str
    core: str
    released: str
    infra: bool

    @classmethod
    def of(
        cls,
        title: str,
        profile: Profile | str = Profile.GUIDE,
        infra: bool | None = None,
        **given: str | None,
    ) -> Answers:
        """Return the answers for an integration of this title; answers not given, or empty, are derived.

        `parent` and `child` are the two kinds it exports, `core` is a framework version, `released` an ISO
        date, `infra` tells whether its Makefile is the one the workspace shares. Raises UsageError, with the
        correction to type.
        """
        line = _line("title", title)
        if line.startswith("-"):
            raise UsageError(
                f'the title "{names.shown(line)}" begins like a flag; `seatrial --help new` lists the flags'
            )
        stated = {key: _line(key, text) for key, text in given.items() if text and text.strip()}
        slug = names.checked_slug(stated["slug"]) if "slug" in stated else names.slug(line)
        settled = Profile(profile)
        made = {**_derived(line), **stated, "title": line, "slug": slug}
        shares = settled is Profile.OCEAN if infra is None else infra
        answers = cls(profile=settled, infra=shares, **made)
        _check(answers)
        return answers

    def record(self) -> dict[str, str | bool]:
        """Return the answers as plain values, from which `of` makes the same again."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**values, "profile": self.profile.value}


@dataclass(frozen=True)
class Prompt:
    """A question on a terminal: the field of `Answers`, the words, the choices."""

    key: str
    text: str
    choices: tuple[str, ...] = ()


QUESTIONS = (
    Prompt("title", "Title people read, such as My Service"),
    Prompt("slug", "Folder and package name"),
    Prompt("description", "One line that says what it does"),
    Prompt("parent", "First kind it exports, in the singular"),
    Prompt("child", "Second kind, which belongs to the first"),
    Prompt("section", "Section of the catalogue", tuple(sorted(SECTIONS))),
    Prompt("icon", "Icon"),
    Prompt("author", "Author"),
    Prompt("email", "Author's e-mail address, may be empty"),
)
"""The questions of `new`, in this order. The default is the field of `Answers.of(**given so far)`."""


def _line(key: str, text: str) -> str:
    """Return the text on one line, blanks folded."""
    line = " ".join(text.split())
    if len(line) > MAX_TEXT:
        raise UsageError(f'the {key} "{names.shown(line)}" is longer than {MAX_TEXT} characters')
    if not line.isprintable():
        raise UsageError(f'the {key} "{names.shown(line)}" holds a character that cannot be shown')
    return line


def _derived(title: str) -> dict[str, str]:
    return {
        "description": f"{title[:200]} integration for Port",
        "icon": "Microservice",
        "section": "Other",
        "docs": "https://docs.port.io/build-your-software-catalog",
        "author": "Integration maintainers",
        "email": "",
        "parent": "project",
        "child": "task",
        "core": CORE,
        "released": clock.today().isoformat(),
    }


_FORMS: Mapping[str, tuple[str, str]] = {
    "icon": (r"[A-Za-z][A-Za-z0-9_-]*", "one word, such as Microservice"),
    "docs": (r"https?://[\w./?=&%#~+-]+", "an address, such as https://docs.port.io/my-service"),
    "author": (r"[- .,\w'\u2019\"():&]+", "letters, blanks and simple punctuation, such as Ada Lovelace"),
    "email": (r"([^\s@<>\"\\]+@[^\s@<>\"\\]+)?", "an address, such as ada@example.com"),
    "core": (r"\d+\.\d+\.\d+", f"three numbers, such as {CORE}"),
}
"""The forms of answers; that of `author` is the one Poetry accepts."""

_PROPERTIES = {"url", "state", "labels", "assignee"}
"""Properties of the child's blueprint: a relation of such a name would clash."""


def _check(answers: Answers) -> None:
    for key, (form, wanted) in _FORMS.items():
        value = getattr(answers, key)
        if not re.fullmatch(form, value):
            raise UsageError(f'the {key} "{names.shown(value)}" should be {wanted}; type it with --{key}')
    _check_date(answers.released)
    _check_kinds(answers.parent, answers.child)


def _check_date(text: str) -> None:
    if day_of(text) is None:
        raise UsageError(
            f'the released "{names.shown(text)}" should be a date, such as 2026-01-31; '
            "type it with --released"
        )


def _check_kinds(parent: str, child: str) -> None:
    first, second = names.kind(parent), names.kind(child)
    if first in _PROPERTIES:
        raise UsageError(
            f'"{first}" is also a property of what belongs to it; '
            "type another kind with --parent, such as project"
        )
    if any(name(first) == name(second) for name in (names.class_name, names.plural)):
        raise UsageError(
            f'the kinds "{first}" and "{second}" come to the same name; type another with --child'
        )
