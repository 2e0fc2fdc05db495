"""The verdict of all checks together: their sections, what is missing, and the commands that repair it."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.model import Finding, Severity
from seatrial.core.names import counted
from seatrial.core.printable import cut, plain
from seatrial.report.text import said

WIDEST = 240
"""The most characters of a line about what is missing; longer ones are cut."""

MOST_NAMED = 3
"""The most integrations that a line names."""


class SectionState(enum.Enum):
    """The state of a section: `UNKNOWN` if a service or a tool failed, `SKIPPED` if it was not run."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "not run"


@dataclass(frozen=True)
class Section:
    """One of the checks, with the numbers of its findings.

    `reasons` say why it was not run, or what is missing besides findings; `first` is its gravest finding, `command`
    repairs that or shows more of it.
    """

    name: str
    state: SectionState
    errors: int = 0
    warnings: int = 0
    integrations: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    first: Finding | None = None
    command: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether it keeps the integrations from being published."""
        return self.state in (SectionState.FAILED, SectionState.UNKNOWN)


GRAVITY = ("spec", "layout", "schema", "mapping", "unit", "version", "change", "lint", "release")
"""The sections, the gravest first: what Port refuses, what does not work, what CI refuses, what holds up a release."""


def section_of(name: str, findings: Sequence[Finding], strict: bool, reasons: Sequence[str] = ()) -> Section:
    """Return the section of these findings, without its command; old findings do not count."""
    new = [one for one in findings if not one.old]
    errors, warnings = (
        [one for one in new if one.severity is wanted] for wanted in (Severity.ERROR, Severity.WARNING)
    )
    failing = [*errors, *(warnings if strict else ())]
    state = SectionState.FAILED if failing else SectionState.UNKNOWN if reasons else SectionState.PASSED
    named = tuple(dict.fromkeys(one.integration for one in failing))
    first = failing[0] if failing else None
    return Section(name, state, len(errors), len(warnings), named, tuple(reasons), first)


def missing(sections: Sequence[Section]) -> list[Section]:
    """Return the sections that failed or are unknown, the gravest first; unknown ones come last."""
    found = [one for one in sections if one.is_missing]
    return sorted(found, key=lambda one: (one.state is SectionState.UNKNOWN, GRAVITY.index(one.name)))


def lines(sections: Sequence[Section]) -> Iterator[str]:
    """Yield the verdict: the checks not run and why, then `publishable`, or what is missing and what repairs it."""
    for one in sections:
        if one.state is SectionState.SKIPPED:
            yield f"not run: {one.name}: {'; '.join(map(plain, one.reasons))}"
    found = missing(sections)
    if not found:
        ran = [one.name for one in sections if one.state is SectionState.PASSED]
        yield f"publishable: {', '.join(ran)} passed"
        return
    yield f"not publishable: {len(found)} of {len(sections)} checks are missing something, the gravest first"
    for number, one in enumerate(found, 1):
        yield cut(f"  {number}. {one.name}: {_words(one)}", WIDEST)
        if one.command:
            yield f"     type `{plain(one.command)}`"


def _words(one: Section) -> str:
    """Return what is missing in a section."""
    if one.first is None:
        return plain("; ".join(one.reasons))
    counts = [(one.errors, "error"), (one.warnings, "warning")]
    found = ", ".join(counted(count, word) for count, word in counts if count)
    more = f" and {len(one.integrations) - MOST_NAMED} more" if len(one.integrations) > MOST_NAMED else ""
    names = plain(", ".join(one.integrations[:MOST_NAMED]))
    place = f"{one.first.path}:{one.first.line}"
    return f"{found} in {names}{more}; first {plain(one.first.code)} at {plain(place)}: {said(one.first)}"


def as_json(sections: Sequence[Section]) -> Mapping[str, Any]:
    """Return the verdict for programs: `checks` in the order in which they ran, and whether all are `publishable`."""
    return {
        "publishable": not missing(sections),
        "checks": [
            {
                "name": one.name,
                "state": one.state.value,
                "errors": one.errors,
                "warnings": one.warnings,
                "integrations": list(one.integrations),
                "reasons": list(one.reasons),
                "command": one.command or None,
            }
            for one in sections
        ],
        "missing": [one.name for one in missing(sections)],
    }
