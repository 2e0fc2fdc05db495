"""Findings as an editor shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seatrial.core.model import Finding, Severity
from seatrial.report.excerpt import length
from seatrial.report.text import said
from seatrial.tasks.editor.judge import Judged, Texts
from seatrial.tasks.editor.positions import EditorPlace, Text

GRADES: Mapping[Severity, int] = {
    Severity.ERROR: 1,
    Severity.WARNING: 2,
    Severity.INFO: 3,
    Severity.ADVICE: 4,
}
"""The severities in the language protocol: error, warning, information, hint."""


@dataclass(frozen=True)
class Shown:
    """A finding, its file, and its range there as the editor counts."""

    finding: Finding
    file: str
    start: EditorPlace
    end: EditorPlace

    @property
    def message(self) -> str:
        """The message and the repair, as on a terminal."""
        return said(self.finding)

    def touches(self, start: EditorPlace, end: EditorPlace) -> bool:
        """Return whether a range overlaps or touches that of the finding."""
        ours, theirs = (self.start, self.end), (start, end)
        return _key(ours[0]) <= _key(theirs[1]) and _key(theirs[0]) <= _key(ours[1])


def _key(place: EditorPlace) -> tuple[int, int]:
    return place.line, place.character


def shown(judged: Judged, texts: Texts, encoding: str) -> Mapping[str, list[Shown]]:
    """Return the findings of an integration by file."""
    found: dict[str, list[Shown]] = {}
    for path, findings in _by_path(judged.findings).items():
        file, seen = judged.subject.seen(path, texts)
        text = Text(seen, encoding)
        found[file] = [_shown(finding, file, text) for finding in findings]
    return found


def _by_path(findings: Iterable[Finding]) -> Mapping[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.path, []).append(finding)
    return found


def _shown(finding: Finding, file: str, text: Text) -> Shown:
    start = text.index(finding.line, finding.column)
    _, end = text.line_at(start)
    last = min(start + length(finding, text.text[start:end]), end)
    return Shown(finding, file, text.position(start), text.position(last))
