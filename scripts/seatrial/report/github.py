"""The format for GitHub Actions: all findings in the log, the gravest as annotations, and a summary page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Severity
from seatrial.core.printable import cut, plain
from seatrial.report import Options, text

PER_KIND = 10
"""The most annotations of each kind that GitHub keeps for a step; it silently drops the rest."""

ANNOTATION_CHARACTERS = 4_000
"""Longer messages are cut in annotations, which hold 64 KiB; the log has them whole."""

TABLE_BYTES = 1_000_000
"""The table's share of the step summary's 1 MiB; GitHub refuses a larger summary as a whole."""

CELL_CHARACTERS = 1_000
"""Longer texts are cut in the step summary's table."""

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
    Severity.ADVICE: "notice",
}
_MARKUP = re.compile(r"[!#$%&*:<>@\[\\\]^_`{|}~]|(?i:(?<=www)\.)")


def render(outcome: Outcome, options: Options) -> str:
    """Return the lines of the text format, and below them a folded group of annotations.

    The log shows only the message of an annotation and not its place, so the lines are needed too.
    """
    if not outcome.findings:
        return ""
    group = ["::group::Annotations", *_annotations(outcome), "::endgroup::"]
    return text.render(outcome, options) + "\n".join(group) + "\n"


def step_summary(outcome: Outcome, most: int = TABLE_BYTES) -> str:
    """Return Markdown for the file that $GITHUB_STEP_SUMMARY names: a table of at most so many bytes, errors first."""
    said = f"### Seatrial\n\n{_unmarked(text.summary(outcome))}\n"
    told = (*outcome.gravest_first, *outcome.hidden)
    head = ("severity", "where", "rule", "message")
    return said + (_table(head, [_row(one) for one in told], most) if told else "")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown, within the limit of the step summary; no cell becomes markup."""
    return _table(head, [f"| {' | '.join(_cell(cell) if cell else '' for cell in row)} |\n" for row in rows])


def _table(head: Sequence[str], rows: Sequence[str], most: int = TABLE_BYTES) -> str:
    top = f"\n| {' | '.join(head)} |\n{'|---' * len(head)}|\n"
    shown = list(_fitting(rows, most))
    left = len(rows) - len(shown)
    return "".join([top, *shown, f"\n{left} more in the log.\n" if left else ""])


def _annotations(outcome: Outcome) -> Iterator[str]:
    """Yield the annotations of the first new findings of each kind; if some are left out, one notice says so."""
    found: dict[str, list[Finding]] = {command: [] for command in _COMMANDS.values()}
    new = [finding for finding in outcome.findings if not finding.old]
    for finding in new:
        found[_COMMANDS[finding.severity]].append(finding)
    cropped = max(map(len, found.values())) > PER_KIND
    rooms = {command: PER_KIND - (cropped and command == "notice") for command in found}
    kept = [finding for command, some in found.items() for finding in some[: rooms[command]]]
    yield from map(_annotation, kept)
    if cropped:
        left = len(new) - len(kept)
        yield f"::notice title=Seatrial::{left} more in the log and the step summary"


def _annotation(finding: Finding) -> str:
    title = f"{finding.code} {finding.name}"
    properties = (
        f"file={_property(finding.path)},line={finding.line},col={finding.column},title={_property(title)}"
    )
    message = _data(cut(text.said(finding), ANNOTATION_CHARACTERS))
    return f"::{_COMMANDS[finding.severity]} {properties}::{message}"


def _data(shown: str) -> str:
    """Escape a message as the runner expects it behind the second `::`; line ends are escaped already."""
    return shown.replace("%", "%25")


def _property(value: str) -> str:
    """Escape a property as the runner expects it."""
    return _data(plain(value)).replace(":", "%3A").replace(",", "%2C")


def _row(finding: Finding) -> str:
    where = f"{finding.path or '.'}:{finding.line}:{finding.column}"
    shown = "; ".join(filter(None, (text.held(finding), text.said(finding))))
    cells = (where, f"{finding.code} {finding.name}", shown)
    mark = "suppressed " if finding.waiver else "old " if finding.old else ""
    return f"| {mark}{finding.severity.value} | {' | '.join(map(_cell, cells))} |\n"


def _cell(shown: str) -> str:
    return code(cut(plain(shown), CELL_CHARACTERS))


def code(shown: str) -> str:
    """Return foreign text in <code>, of which a forge makes no markup, link, mention, reference or emoji."""
    return f"<code>{_unmarked(plain(shown))}</code>"


def _unmarked(shown: str) -> str:
    """Replace everything that could be markup by character references."""
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", shown)


def _fitting(rows: Iterable[str], room: int) -> Iterator[str]:
    """Yield the first rows, as long as they fit into this many bytes."""
    for row in rows:
        room -= len(row.encode())
        if room < 0:
            return
        yield row
