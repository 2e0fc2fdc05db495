"""The title and the text of a pull request, written from the change and the results of its checks."""

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
"""The most characters of a summary."""

TYPES: Mapping[str, str] = {
    "new": "new integration",
    "bugfix": "bug fix",
    "feature": "new feature",
    "improvement": "new feature",
    "breaking": "breaking change",
    "deprecation": "breaking change",
    "doc": "documentation",
}
"""The words with which the boxes for a type of change begin, by the type of the change."""


@dataclass(frozen=True)
class ChangeSummary:
    """A change to be submitted: the title and folder name of its integration, and what it brings.

    `type` is a key of TYPES, or empty; `release` says in a few words what is released; `entries` are changelog lines.
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
    """A check: its name, and its result in words, or why it was not run, which counts as passed."""

    name: str
    result: str
    passed: bool
    ran: bool = True


def title(change: ChangeSummary, habit: Iterable[str], ocean: bool, stated: str = "") -> str:
    """Return the title: the stated one, else one in the style of earlier commits. Raises UsageError.

    In Ocean's own repository, and if most subjects of earlier commits, `habit`, begin with a bracket, it begins with
    `[Integration][name]`.
    """
    subjects = list(habit)
    bracketed = sum(_BRACKETED.match(one) is not None for one in subjects)
    prefix = (
        f"[Integration][{change.name}] " if ocean or 2 * bracketed > len(subjects) else f"{change.name}: "
    )
    made = " ".join((stated or prefix + change.summary).split())
    if not made.isprintable() or not made:
        raise UsageError("a title is one line of printable text; type another one with --title")
    if ocean and not OCEAN_TITLE.fullmatch(made):
        raise UsageError(
            f'Ocean does not accept the title "{made[:200]}"; begin it with "[Integration][{change.name}] "'
        )
    return made


def body(
    change: ChangeSummary, checks: Sequence[CheckResult], proven: Sequence[str], template: str = ""
) -> str:
    """Return the text: the repository's own template filled in, or one of ours, followed by the table of checks.

    The boxes of the template that contain one of the `proven` words are ticked, all others cleared.
    """
    lines = _filled(change, proven, template.splitlines()) if template.strip() else _own(change)
    return "\n".join([*lines, "", *_table(checks), ""])


def _own(change: ChangeSummary) -> Iterator[str]:
    yield change.summary
    yield ""
    yield from (f"- {plain(entry)}" for entry in change.entries)
    yield f"- Release: {change.release}"


def _filled(change: ChangeSummary, proven: Sequence[str], lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        box = _BOX.fullmatch(line)
        if _WHAT.fullmatch(line):
            yield f"What - {change.summary} ({change.release})"
        elif box is None:
            yield line
        elif not _is_type(box["text"]):
            yield f"{box['before']}[{'x' if _is_proven(box['text'], proven) else ' '}] {box['text']}"
        elif not change.type:
            yield line
        elif box["text"].lower().startswith(TYPES[change.type]):
            yield f"{box['before']}[x] {box['text']}"


def _is_type(text: str) -> bool:
    kinds = ("non-breaking change (fix", *TYPES.values())
    return text.lower().startswith(kinds)


def _is_proven(text: str, proven: Sequence[str]) -> bool:
    return any(words in text.lower() for words in proven)


def _table(checks: Sequence[CheckResult]) -> Iterator[str]:
    yield "### Checks before submission"
    yield ""
    yield "| check | result |"
    yield "|---|---|"
    for one in checks:
        verdict = "not run" if not one.ran else "passed" if one.passed else "FAILED"
        result = plain(one.result).replace("|", r"\|")
        yield f"| {one.name} | {verdict}: {result} |"
