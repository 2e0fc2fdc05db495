"""The answers that the template needs, derived from a title or stated, and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from seatrial.core import names
from seatrial.core.days import day_of
from seatrial.core.errors import UsageError
from seatrial.core.model import Profile
from seatrial.core.suggest import hint
from seatrial.core.vocabulary import SECTIONS
from seatrial.system import clock

CORE = "0.48.12"
"""The framework version that the template was last tried with."""

CORE_RELEASE = tuple(map(int, CORE.split(".")))

MAX_TEXT = 300
"""The most characters of an answer."""

MAX_KINDS = 12
"""The most kinds of a new folder."""

PAGINATIONS = ("page", "offset", "cursor", "link")
"""How an API pages long lists: by page number, offset, cursor, or a link to the next page."""

FEATURES: Mapping[str, tuple[int, ...]] = {
    "live_events": (0, 20, 4),
    "actions": (0, 44, 6),
    "oauth": (0, 19, 0),
    "rate_limits": (),
}
"""The optional parts of a folder, each with the first version of the framework that its code runs with."""


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
    kinds: str = ""
    pagination: str = "page"
    live_events: bool = False
    actions: bool = False
    oauth: bool = False
    rate_limits: bool = False

    @classmethod
    def of(
        cls,
        title: str,
        profile: Profile | str = Profile.GUIDE,
        infra: bool | None = None,
        **given: str | bool | None,
    ) -> Answers:
        """Return the answers for an integration of this title; answers not given, or empty, are derived.

        `parent` and `child` are the two kinds it exports, or `kinds` any number of them, such as
        `project,issue:project`; `core` is a framework version, `released` an ISO date, `infra` tells whether its
        Makefile is the one the workspace shares. Raises UsageError, with the correction to type.
        """
        line = _line("title", title)
        if line.startswith("-"):
            raise UsageError(
                f'the title "{names.shown(line)}" begins like a flag; `seatrial --help new` lists the flags'
            )
        texts = {key: text for key, text in given.items() if isinstance(text, str)}
        stated = {key: _line(key, text) for key, text in texts.items() if text.strip()}
        wanted = {key: True for key in FEATURES if given.get(key) is True}
        slug = names.checked_slug(stated["slug"]) if "slug" in stated else names.slug(line)
        settled = Profile(profile)
        made: dict[str, Any] = {**_derived(line), **stated, "title": line, "slug": slug, **wanted}
        shares = settled is Profile.OCEAN if infra is None else infra
        if made.get("kinds"):
            made |= _two_of(made["kinds"], stated)
        answers = cls(profile=settled, infra=shares, **made)
        _check(answers)
        return answers

    def record(self) -> dict[str, str | bool]:
        """Return the answers as plain values, from which `of` makes the same again.

        Those that have a default and hold it are left out, and so are `parent` and `child` beside `kinds`.
        """
        left_out = {one.name for one in fields(self) if one.default == getattr(self, one.name)}
        left_out |= {"parent", "child"} if self.kinds else set()
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in left_out}
        return {**values, "profile": self.profile.value}

    @property
    def tree(self) -> tuple[tuple[str, str], ...]:
        """The kinds it exports, each with the one that it belongs to, which is empty for none."""
        return _tree(self.kinds) if self.kinds else ((self.parent, ""), (self.child, self.parent))


@dataclass(frozen=True)
class Prompt:
    """A question on a terminal: the field of `Answers` that it fills, its text, and the choices."""

    key: str
    text: str
    choices: tuple[str, ...] = ()


QUESTIONS = (
    Prompt("title", "Title shown to people, such as My Service"),
    Prompt("slug", "Folder and package name"),
    Prompt("description", "One line that says what it does"),
    Prompt("parent", "First kind it exports, in the singular"),
    Prompt("child", "Second kind, which belongs to the first"),
    Prompt("section", "Section of the catalogue", tuple(sorted(SECTIONS))),
    Prompt("icon", "Icon"),
    Prompt("author", "Author"),
    Prompt("email", "Author's e-mail address, may be empty"),
)
"""The questions of `new`, in order. The default of each is derived from the answers given so far."""


def _line(key: str, text: str) -> str:
    """Return the text on one line, with single blanks. Raises UsageError for a text too long or not printable."""
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
"""The patterns of answers, each with a description for messages; that of `author` is the one Poetry accepts."""

_PROPERTIES = {"url", "state", "labels", "assignee", "due-at"}
"""Properties of the blueprint of a kind that belongs to another: a relation of the same name would clash."""


def _tree(text: str) -> tuple[tuple[str, str], ...]:
    """Return the kinds of a text such as `project,issue:project`, each with the one above it. Raises UsageError."""
    found: dict[str, str] = {}
    for part in text.split(","):
        kind, colon, above = (piece.strip() for piece in part.partition(":"))
        name, over = names.kind(kind), names.kind(above) if colon else ""
        if name in found:
            raise UsageError(f'--kinds names "{name}" twice')
        if over == name or ":" in above:
            raise UsageError(
                f'--kinds has "{names.shown(part.strip())}"; type a kind, and behind a colon another one '
                "that it belongs to, such as project,issue:project"
            )
        if over and over not in found:
            raise UsageError(
                f'"{name}" belongs to "{over}", which --kinds does not name before it; '
                f"type --kinds {over},{name}:{over}"
            )
        found[name] = over
    if len(found) > MAX_KINDS:
        raise UsageError(
            f"--kinds takes at most {MAX_KINDS} kinds; add the others to the folder that is made"
        )
    return tuple(found.items())


def _two_of(text: str, stated: Mapping[str, str]) -> dict[str, str]:
    """Return `kinds` normalised, with its `parent` and `child`. Raises UsageError if these are stated too."""
    if "parent" in stated or "child" in stated:
        raise UsageError(
            "--kinds stands for --parent and --child; type only --kinds, such as project,issue:project"
        )
    tree = _tree(text)
    child = next((kind for kind, above in tree if above), "")
    plain = ",".join(f"{kind}:{above}" if above else kind for kind, above in tree)
    return {"kinds": plain, "parent": tree[0][0], "child": child}


def _check(answers: Answers) -> None:
    for key, (form, wanted) in _FORMS.items():
        value = getattr(answers, key)
        if not re.fullmatch(form, value):
            raise UsageError(f'the {key} "{names.shown(value)}" should be {wanted}; type it with --{key}')
    _check_date(answers.released)
    _check_kinds(answers)
    if answers.pagination not in PAGINATIONS:
        raise UsageError(
            f'--pagination is one of {", ".join(PAGINATIONS)}, not "{names.shown(answers.pagination)}"'
            + hint(answers.pagination, PAGINATIONS)
        )
    _check_core(answers)


def _check_date(text: str) -> None:
    if day_of(text) is None:
        raise UsageError(
            f'the release date "{names.shown(text)}" should be a date, such as 2026-01-31; '
            "type it with --released"
        )


def _check_kinds(answers: Answers) -> None:
    tree = [(names.kind(kind), names.kind(above) if above else "") for kind, above in answers.tree]
    for kind, above in tree:
        if above in _PROPERTIES:
            raise UsageError(
                f'"{above}" is also a property of what belongs to it; '
                f"type another kind with --{'kinds' if answers.kinds else 'parent'}, such as project"
            )
        for other, _ in tree[: tree.index((kind, above))]:
            if any(name(other) == name(kind) for name in (names.class_name, names.plural)):
                raise UsageError(
                    f'the kinds "{other}" and "{kind}" come to the same name; '
                    f"type another with --{'kinds' if answers.kinds else 'child'}"
                )


def _check_core(answers: Answers) -> None:
    stated = tuple(map(int, answers.core.split(".")))
    for feature, since in FEATURES.items():
        if getattr(answers, feature) and stated < since:
            raise UsageError(
                f"--{feature.replace('_', '-')} needs version {'.'.join(map(str, since))} of the framework or newer, "
                f"not {answers.core}; leave out --core, or name a newer one"
            )
