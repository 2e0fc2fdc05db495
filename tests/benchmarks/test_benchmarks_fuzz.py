"""Damaged folders through `validate` and `fix`; `SEATRIAL_FUZZ=20000` tries that many instead of a few."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from seatrial.core.model import Edit, Finding, Location
from seatrial.schemas.grammar import NAMES, grammar
from support.paths import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import fuzz

COUNT = int(os.environ.get("SEATRIAL_FUZZ", "30"))
FOLDERS = fuzz.folders_in([])


def synonyms(rules: object) -> Iterator[tuple[str, str]]:
    """The usual mistakes that the schemas know, each with the word that is meant."""
    if isinstance(rules, dict):
        for key, value in rules.items():
            yield from value.items() if key == "instead" else synonyms(value)
    elif isinstance(rules, list | tuple):
        for value in rules:
            yield from synonyms(value)


KNOWN = {
    pair
    for name in NAMES
    for part in (grammar(name).document, grammar(name).schemas, grammar(name).rules_sets)
    for pair in synonyms(part)
}


def is_guess(finding: Finding) -> bool:
    """Whether the finding asks whether a word is meant, and has a safe edit that writes a word that is only likely."""
    edit = finding.fix.edit if finding.fix and finding.fix.safe else None
    if edit is None or "did you mean" not in finding.message:
        return False
    return edit.old.lower() != edit.new.lower() and (edit.old.lower(), edit.new) not in KNOWN


def test_no_crash_and_no_repair_that_does_harm() -> None:
    results = {number: fuzz.judged(fuzz.case_of(FOLDERS, number)) for number in range(COUNT)}
    assert {number: result.faults for number, result in results.items() if result.faults} == {}
    assert any(result.repairs and result.repairs.files for result in results.values())
    assert [one.message for result in results.values() for one in result.offered if is_guess(one)] == []


def test_a_case_is_the_same_each_time() -> None:
    one, other = (fuzz.case_of(FOLDERS, 7) for _ in range(2))
    assert (one.files, one.workspace.profile) == (other.files, other.workspace.profile)


@pytest.mark.parametrize(
    ("before", "after", "edited"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n", 2),
        (b"a\nb\nc\n", b"a\n\n\nb\nc\n", 2),
        (b"a\r\nb\r\nc", b"a\r\nB\r\nc", 2),
    ],
)
def test_a_change_beside_the_edit_is_seen(before: bytes, after: bytes, edited: int) -> None:
    edits = [Edit(Location("integrations/one/x", edited), "b", "B")]
    assert list(fuzz._beyond("x", before, after, edits)) == []
    for wrong in (after.replace(b"c", b"C"), after.replace(b"a", b""), after + b"\n", before[1:]):
        assert list(fuzz._beyond("x", before, wrong, edits)) != []
