"""Two verdicts on a fleet compared: new findings, gone ones, changed ones, and integrations that no longer pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seatrial.core.errors import Unreadable, UsageError, reason
from seatrial.core.findings import Outcome
from seatrial.core.model import Finding, Severity
from seatrial.documents import records

MOST_BYTES = 256 * 1024 * 1024
"""The bytes of the largest report that is read."""

MOST_FINDINGS = 1_000_000
"""The most findings of a report that are read; a report of MOST_BYTES cannot hold so many."""

SUPPRESSED = "suppressed"


@dataclass(frozen=True)
class ToldFinding:
    """A finding as in a report, with what can be compared; the severity of a suppressed one is `suppressed`."""

    fingerprint: str
    integration: str
    code: str
    name: str
    severity: str
    path: str
    line: int
    message: str

    @classmethod
    def of(cls, one: Finding) -> ToldFinding:
        """Return a finding of this run."""
        return cls(
            one.fingerprint,
            one.integration,
            one.code,
            one.name,
            SUPPRESSED if one.waiver else one.severity.value,
            one.path,
            one.line,
            one.message,
        )

    @property
    def place(self) -> tuple[str, str, str]:
        """The key that stays if a finding is reworded or its line moves."""
        return self.integration, self.code, self.path


@dataclass(frozen=True)
class VerdictChanges:
    """The differences between two verdicts: `new` and `gone` findings, and pairs of findings whose wording or severity
    `changed`.

    Integrations that passed before and fail now are `broken`, the reverse `mended`; those without a verdict before
    `came`, those without one now `left`. `causes` names, by the fingerprint of a finding, the input that changed it, if
    that was looked for.
    """

    new: tuple[ToldFinding, ...]
    gone: tuple[ToldFinding, ...]
    changed: tuple[tuple[ToldFinding, ToldFinding], ...]
    broken: tuple[str, ...]
    mended: tuple[str, ...]
    came: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    causes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether both verdicts are the same."""
        return not (self.new or self.gone or self.changed or self.came or self.left)

    def of(
        self, integration: str
    ) -> tuple[list[ToldFinding], list[ToldFinding], list[tuple[ToldFinding, ToldFinding]]]:
        """Return what is new, gone and changed in an integration."""
        return (
            [one for one in self.new if one.integration == integration],
            [one for one in self.gone if one.integration == integration],
            [pair for pair in self.changed if pair[1].integration == integration],
        )

    @property
    def names(self) -> list[str]:
        """The integrations whose verdict changed, in order."""
        told = (*self.new, *self.gone, *(after for _, after in self.changed))
        return sorted({*(one.integration for one in told), *self.came, *self.left})

    def _row(self, one: ToldFinding) -> Mapping[str, Any]:
        cause = self.causes.get(one.fingerprint)
        return vars(one) if cause is None else {**vars(one), "cause": cause}

    def as_json(self) -> Mapping[str, Any]:
        """Return it for programs."""
        return {
            "version": 1,
            "new": [self._row(one) for one in self.new],
            "gone": [self._row(one) for one in self.gone],
            "changed": [
                {"before": vars(before), "after": self._row(after)} for before, after in self.changed
            ],
            "broken": list(self.broken),
            "mended": list(self.mended),
            "came": list(self.came),
            "left": list(self.left),
        }


SEVERAL = "several"
"""The cause of a change that no input makes alone, or more than one of them."""


def with_causes(changes: VerdictChanges, swapped: Mapping[str, Iterable[ToldFinding]]) -> VerdictChanges:
    """Return changes with the cause of each: the one input that alone makes the older verdict change so.

    `swapped` has, by the name of an input, the older verdict with that input replaced by the present one.
    """
    seen = {name: {one.fingerprint: one.severity for one in found} for name, found in swapped.items()}

    def cause(fingerprint: str, severity: str | None) -> str:
        making = [name for name, found in seen.items() if found.get(fingerprint) == severity]
        return making[0] if len(making) == 1 else SEVERAL

    wanted = {
        one.fingerprint: one.severity for one in (*changes.new, *(after for _, after in changes.changed))
    }
    gone: dict[str, str | None] = {one.fingerprint: None for one in changes.gone}
    return replace(
        changes, causes={key: cause(key, severity) for key, severity in {**gone, **wanted}.items()}
    )


def compare(
    before: Iterable[ToldFinding],
    after: Iterable[ToldFinding],
    names_before: Sequence[str] | None,
    names_after: Sequence[str],
) -> VerdictChanges:
    """Compare two verdicts, given the names of the judged integrations, None if they are not known.

    Findings with the same fingerprint are the same. The others of one rule in one file count as reworded if there are
    equally many on both sides; they are paired in the order of their lines.
    """
    old, new = {one.fingerprint: one for one in before}, {one.fingerprint: one for one in after}
    same = [(old[key], new[key]) for key in new if key in old]
    changed = [(one, other) for one, other in same if one.severity != other.severity]
    gone = [one for key, one in old.items() if key not in new]
    come = [one for key, one in new.items() if key not in old]
    reworded = _reworded(gone, come)
    matched = {one for pair in reworded for one in pair}
    known = set(names_after if names_before is None else names_before)
    failed, fail = _failing(old.values()), _failing(new.values())
    both = known & set(names_after)
    return VerdictChanges(
        new=_ordered(one for one in come if one not in matched),
        gone=_ordered(one for one in gone if one not in matched),
        changed=tuple(sorted((*changed, *reworded), key=lambda pair: _key(pair[1]))),
        broken=tuple(sorted(both & (fail - failed))),
        mended=tuple(sorted(both & (failed - fail))),
        came=tuple(sorted(set(names_after) - known)),
        left=tuple(sorted(known - set(names_after))),
    )


def _reworded(
    gone: Sequence[ToldFinding], come: Sequence[ToldFinding]
) -> list[tuple[ToldFinding, ToldFinding]]:
    """Return pairs of the findings of one rule in one file if there are equally many on both sides."""
    left, right = _by_place(gone), _by_place(come)
    pairs: list[tuple[ToldFinding, ToldFinding]] = []
    for place, befores in left.items():
        if len(befores) == len(right.get(place, ())):
            pairs += zip(sorted(befores, key=_key), sorted(right[place], key=_key), strict=True)
    return pairs


def _by_place(findings: Iterable[ToldFinding]) -> Mapping[tuple[str, str, str], list[ToldFinding]]:
    found: dict[tuple[str, str, str], list[ToldFinding]] = {}
    for one in findings:
        found.setdefault(one.place, []).append(one)
    return found


def _failing(findings: Iterable[ToldFinding]) -> set[str]:
    return {one.integration for one in findings if one.severity == Severity.ERROR.value}


def _key(one: ToldFinding) -> tuple[str, int, str, str]:
    return one.path, one.line, one.code, one.message


def _ordered(some: Iterable[ToldFinding]) -> tuple[ToldFinding, ...]:
    return tuple(sorted(some, key=_key))


def told(outcome: Outcome) -> list[ToldFinding]:
    """Return the findings of a run, including suppressed ones."""
    return [ToldFinding.of(one) for one in (*outcome.findings, *outcome.hidden)]


def read_report(path: Path) -> list[ToldFinding]:
    """Return the findings of a report in JSON that some version of Seatrial wrote. Raises UsageError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} cannot be compared: it is larger than {MOST_BYTES:,} bytes")
        document = {"suppressed": [], **records.loads(path.read_bytes())}
        hidden = records.items(document, "suppressed", MOST_FINDINGS)
        rows = (
            *records.items(document, "findings", MOST_FINDINGS),
            *({**row, "severity": SUPPRESSED} for row in hidden),
        )
        return [_told(row) for row in rows]
    except OSError as failed:
        raise UsageError(f"{path} cannot be compared: {reason(failed)}") from failed
    except Unreadable as refused:
        why = "it is not a report that `seatrial validate --format json` wrote"
        raise UsageError(f"{path} cannot be compared: {why}") from refused


def _told(row: Mapping[str, Any]) -> ToldFinding:
    keys = ("fingerprint", "integration", "code", "name", "severity", "path", "message")
    texts = {key: records.text(row, key, MOST_BYTES) for key in keys}
    return ToldFinding(**texts, line=records.number(row, "line"))
