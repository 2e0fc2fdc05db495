"""The title and the text of a pull request, from what the change brings and what was checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.errors import UsageError
from seatrial.core.printable import one_line, plain

OCEAN_TITLE = re.compile(
    r"\[(Integration|Core|Docs|CI|Infra|CoreBump|IntegrationBump)\](\[.*\])? .+", re.DOTALL
)
"""The titles that Ocean's workflow verify-pr-title.yml accepts, as of August 2026."""

_BRACKETED = re.compile(r"\[[^\]]+\]")
_BOX = re.compile(r"(?P<before>\s*[-*] )\[[ xX]\] (?P<text>.+)")
_WHAT = re.compile(r"What\s*-\s*")

LONGEST_TITLE = 120

TYPES: Mapping[str, str] = {
    "new": "new integration",
    "bugfix": "bug fix",
    "feature": "new feature",
    "improvement": "new feature",
    "breaking": "breaking change",
    "deprecation": "breaking change",
    "doc": "documentation",
}
"""The words with which the options of a type of change begin, by what the change is."""


@dataclass(frozen=True)
class Brought:
    """What a change brings: the title and folder of the integration, its release in a few words, and entries.

    `type` is a key of TYPES, or empty. `entries` are lines for the changelog.
    """

    title: str
    name: str
    type: str
    release: str
    entries: Sequence[str] = ()

    @property
    def summary(self) -> str:
        """The change in one line."""
        if self.type == "new":
            return f"Add the {self.title} integration"
        return (
            one_line(self.entries[0].rstrip("."), LONGEST_TITLE) if self.entries else f"Update {self.title}"
        )


@dataclass(frozen=True)
class CheckResult:
    """A check: its name, and its result in words; one that was not run has none, and passes."""

    name: str
    result: str
    passed: bool
    ran: bool = True


def title(brought: Brought, habit: Iterable[str], ocean: bool, stated: str = "") -> str:
    """Return the title: the stated one, else one in the habit of earlier commits. Raises UsageError.

    In Ocean's own repository, and where half of the commits begin so, the title begins with `[Integration][name]`.
    """
    subjects = list(habit)
    bracketed = sum(_BRACKETED.match(one) is not None for one in subjects)
    prefix = (
        f"[Integration][{brought.name}] " if ocean or 2 * bracketed > len(subjects) else f"{brought.name}: "
    )
    made = " ".join((stated or prefix + brought.summary).split())
    if not made.isprintable() or not made:
        raise UsageError("a title is one line of text; say it with --title")
    if ocean and not OCEAN_TITLE.fullmatch(made):
        raise UsageError(
            f'Ocean does not accept the title "{made[:200]}"; begin it with "[Integration][{brought.name}] "'
        )
    return made


def body(brought: Brought, checks: Sequence[CheckResult], proven: Sequence[str], template: str = "") -> str:
    """Return the text: the repository's own template filled in, or one of ours, and the table of checks below it.

    `proven` are words of boxes in the template that are ticked.
    """
    lines = _filled(brought, proven, template.splitlines()) if template.strip() else _own(brought)
    return "\n".join([*lines, "", *_table(checks), ""])


def _own(brought: Brought) -> Iterator[str]:
    yield brought.summary
    yield ""
    yield from (f"- {plain(entry)}" for entry in brought.entries)
    yield f"- Release: {brought.release}"


def _filled(brought: Brought, proven: Sequence[str], lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        box = _BOX.fullmatch(line)
        if _WHAT.fullmatch(line):
            yield f"What - {brought.summary} ({brought.release})"
        elif box is None:
            yield line
        elif not _is_type(box["text"]):
            yield f"{box['before']}[{'x' if _is_proven(box['text'], proven) else ' '}] {box['text']}"
        elif not brought.type:
            yield line
        elif box["text"].lower().startswith(TYPES[brought.type]):
            yield f"{box['before']}[x] {box['text']}"


def _is_type(text: str) -> bool:
    kinds = ("non-breaking change (fix", *TYPES.values())
    return text.lower().startswith(kinds)


def _is_proven(text: str, proven: Sequence[str]) -> bool:
    return any(words in text.lower() for words in proven)


def _table(checks: Sequence[CheckResult]) -> Iterator[str]:
    yield "### Checked before this was submitted"
    yield ""
    yield "| check | result |"
    yield "|---|---|"
    for one in checks:
        verdict = "not run" if not one.ran else "passed" if one.passed else "FAILED"
        result = plain(one.result).replace("|", r"\|")
        yield f"| {one.name} | {verdict}: {result} |"
