"""The format for people, and for programs that read lines: one line for each finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Severity
from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.core.suggest import with_repair
from seatrial.report import Options
from seatrial.report.excerpt import excerpt

_PAINT = {Severity.ERROR: "1;31", Severity.WARNING: "33", Severity.INFO: "36", Severity.ADVICE: "2"}

FIXABLE = " [fix]"
"""The end of the line of a finding that `seatrial fix` can repair."""

OLD = " [old]"
"""The end of the line of a finding that was there before the change."""


def render(outcome: Outcome, options: Options) -> str:
    """Return one line for each finding, and below it an excerpt of its file if the options give that."""
    return "".join(f"{one}\n" for finding in outcome.findings for one in _shown(finding, options))


def _shown(finding: Finding, options: Options) -> Iterator[str]:
    yield line(finding, options.colour, FIXABLE if finding.is_fixable else "")
    if options.lines:
        yield from excerpt(finding, options.lines(finding))


def line(finding: Finding, colour: bool = False, mark: str = "") -> str:
    """Return `path:line:col: severity CODE name: message; repair`, the mark, and `[old]` if old, safe to print."""
    where = plain(f"{finding.path or '.'}:{finding.line}:{finding.column}")
    severity = finding.severity.value
    rest = f"{plain(finding.code)} {plain(finding.name)}: {said(finding)}{mark}{OLD if finding.old else ''}"
    if not colour:
        return f"{where}: {severity} {rest}"
    paint = _PAINT[Severity.ADVICE if finding.old else finding.severity]
    return f"{_painted(where, '1')}: {_painted(severity, paint)} {rest}"


def said(finding: Finding) -> str:
    """Return the message followed by the repair, safe to print."""
    if finding.fix is None:
        return plain(finding.message)
    return plain(with_repair(finding.message, finding.fix.title))


def held(finding: Finding) -> str:
    """Return the reason and the last day of a finding's suppression, safe to print; empty if it is not suppressed."""
    if finding.waiver is None:
        return ""
    until = f" until {plain(finding.waiver.until)}" if finding.waiver.until else ""
    return f"suppressed{until}: {plain(finding.waiver.reason)}"


def repairable(outcome: Outcome, typed: Callable[[str], str] = str) -> str:
    """Return the end of the summary that says how many findings a command can repair; empty for none.

    `typed` turns a command into the one to type here. Advice is repaired only with `--advice`.
    """
    fixable = [one for one in outcome.every if one.is_fixable]
    count = sum(one.severity is not Severity.ADVICE for one in fixable)
    told = f", {typed('seatrial fix')} can repair {count}" if count else ""
    if len(fixable) > count:
        told += f", {typed('seatrial fix --advice')} can repair {len(fixable)}"
    return told


def summary(outcome: Outcome, explain: str = "seatrial explain ") -> str:
    """Return the result in one line, with the command to type next: `explain` and a code."""
    held = f" ({outcome.suppressed} suppressed)" if outcome.suppressed else ""
    judged = counted(outcome.integrations, "integration")
    if outcome.unjudged:
        judged += f" ({len(outcome.unjudged)} not wholly judged)"
    if outcome.old:
        held += f", {counted(outcome.old, 'old finding')} that {plain(outcome.since)} has as well"
    if outcome.old == len(outcome.every):
        return f"{'' if outcome.unjudged else 'all well: '}{judged}, no {'new ' if outcome.since else ''}findings{held}"
    counts = [(outcome.errors, "error"), (outcome.warnings, "warning"), (outcome.infos, "info")]
    words = [counted(count, word) for count, word in counts if count]
    if outcome.advice:
        words.append(f"{counted(outcome.advice, 'piece')} of advice")
    found = ", ".join(words)
    code = plain(outcome.gravest_first[0].code)
    return f"{judged}, {found}{held}; {explain}{code} says why"


def wants_colour(stream_is_tty: bool, environ: Mapping[str, str]) -> bool:
    """Return whether to colour: NO_COLOR forbids it, then FORCE_COLOR demands it; either counts if not empty.

    Otherwise a terminal gets colour unless TERM is `dumb`. Source: no-color.org, force-color.org.
    """
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream_is_tty and environ.get("TERM") != "dumb"


def _painted(text: str, paint: str) -> str:
    return f"\x1b[{paint}m{text}\x1b[0m"
