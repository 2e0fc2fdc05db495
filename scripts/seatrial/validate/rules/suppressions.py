"""Family PKG: what an integration suppresses, in `pyproject.toml` or in its file of exemptions.

These rules need `suppressions` and so run after all others; what they find cannot be suppressed.
"""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.core.days import day_of
from seatrial.core.model import Edit, Fix, MemoryFolder, Problem
from seatrial.core.rules import OFF, WARNING, Edited, Problems, rule
from seatrial.core.suggest import nearest
from seatrial.documents.document import Document, FaultKind, Keys
from seatrial.validate.facts.conformity import Conformity
from seatrial.validate.facts.items import value_at
from seatrial.validate.facts.release_change import Change
from seatrial.validate.facts.suppressed_codes import EXEMPTIONS, Suppression, Suppressions

FAR_DAY = "9999-12-31"


def _ignoring(folder: MemoryFolder, code: str) -> MemoryFolder:
    text = folder.text("pyproject.toml") + f'\n[tool.seatrial]\nignore = {{ {code} = "the reason" }}\n'
    return folder.having("pyproject.toml", text)


def _exempting(text: str) -> Edited:
    return lambda folder: folder.having(EXEMPTIONS, text)


def _without_readme(folder: MemoryFolder) -> MemoryFolder:
    text = '[LAY001]\nreason = "it is being written"\nuntil = 2999-12-31\n'
    return folder.without("README.md").having(EXEMPTIONS, text)


LINT_WAIVER = Fix(
    "use the tool's own comment at that line, such as `# noqa: F401` or `# type: ignore[arg-type]`"
)

TEST_WAIVER = Fix("mark the test with `@pytest.mark.skip` or `@pytest.mark.xfail`, and a reason")


@rule("PKG110", bad=lambda folder: _ignoring(folder, "SPC99"))
def unknown_code_ignored(suppressions: Suppressions) -> Problems:
    """Each code that is ignored or exempted is the code of a rule.

    With a misspelled code, the finding it was meant for is still reported. Findings of lint tools (`LNT`) are
    suppressed with the tools' own comments and settings, where the tools and every reader of the code see them.
    """
    for one in suppressions.all:
        if one.code not in suppressions.known:
            yield _unknown(one, suppressions)


def _unknown(one: Suppression, suppressions: Suppressions) -> Problem:
    way = "exempted" if one.is_exemption else "ignored"
    if one.code.upper().startswith("LNT"):
        message = f'"{one.code}" is what a lint tool finds, which is not {way} here'
        return Problem(one.where, message, LINT_WAIVER)
    if one.code.upper().startswith("TST"):
        return Problem(one.where, f'"{one.code}" is what a test finds, which is not {way} here', TEST_WAIVER)
    near = nearest(one.code, suppressions.known)
    edit = Edit(one.where, one.code, near) if near else None
    fix = Fix(f'write "{near}"' if near else "`seatrial rules` lists the codes", edit, guessed=True)
    return Problem(one.where, f'no rule has the code "{one.code}"', fix)


@rule("PKG111", severity=WARNING, bad=lambda folder: _ignoring(folder, "LAY001"))
def idle_ignore(suppressions: Suppressions) -> Problems:
    """Each code that is ignored or exempted suppresses a finding.

    An entry that no longer suppresses anything would hide the fault if it came back.
    """
    for one in suppressions.all:
        if one.code in suppressions.idle and not suppressions.is_over(one):
            way, what = ("exempted", "exempt") if one.is_exemption else ("ignored", "ignore")
            message = f"{one.code} is {way}, but there is nothing of it to {what}"
            yield Problem(
                one.where, message, Fix("delete the table" if one.is_exemption else "delete the line")
            )


@rule("PKG113", bad=_exempting('[LAY001]\nreason = "in the next sprint"\n'))
def malformed_exemption(suppressions: Suppressions, exemptions_document: Document) -> Problems:
    """Each exemption states a reason and its last day.

    The file `.seatrial-exemptions.toml` has a table for each code, with `reason` and `until`. What lacks one of them
    suppresses nothing: an exemption without an end would never be looked at again, and one without a reason cannot be
    told from an oversight.
    """
    document = exemptions_document
    for fault in document.faults:
        if fault.kind is not FaultKind.UNREADABLE:
            yield Problem(document.where(fault), f"the file cannot be read: {fault.message}")
    form = Conformity.of(document, "exemptions")
    if form:
        yield from form.problems("malformed-exemption")
        yield from _impossible_days(document, {one.keys for one in form.violations})


def _impossible_days(document: Document, told: set[Keys]) -> Problems:
    for code in document.value:
        until = value_at(document.value, code, "until")
        if isinstance(until, str) and not day_of(until) and told.isdisjoint([(code, "until"), (code,)]):
            fix = Fix("write a day such as 2027-01-31")
            yield Problem(document.at(code, "until"), f'there is no day "{until}"', fix)


@rule("PKG114", severity=WARNING, bad=_exempting('[LAY001]\nreason = "so"\nuntil = 2020-01-31\n'))
def expired_exemption(suppressions: Suppressions) -> Problems:
    """No exemption has expired.

    From the day after its last one on it suppresses nothing, and the findings are reported again.
    """
    for one in filter(suppressions.is_over, suppressions.all):
        message = f"the exemption of {one.code} ended on {one.waiver.until}"
        yield Problem(one.where, message, Fix("repair what it was for, and delete the table"))


@rule("PKG115", severity=OFF, bad=_without_readme)
def suppression_added(change: Change, suppressions: Suppressions) -> Problems:
    """A change adds no exemption and no ignored code, and lets no exemption hold longer.

    It is off. A repository switches it on with `may-grow = false` under `[exemptions]` in seatrial.toml, so that the
    number of suppressions can only fall.
    """
    base = change.base.stated_suppressions if change.base else None
    before = _ends(base)
    for one in suppressions.all:
        end = one.waiver.until or FAR_DAY
        known = before.get(one.code, "")
        if end > known:
            yield Problem(one.where, _grown(one, known, change), Fix("repair what it is for instead"))


def _ends(suppressions: Suppressions | None) -> Mapping[str, str]:
    """Return the last day of each suppressed code."""
    found: dict[str, str] = {}
    for one in suppressions.all if suppressions else ():
        found[one.code] = max(found.get(one.code, ""), one.waiver.until or FAR_DAY)
    return found


def _grown(one: Suppression, known: str, change: Change) -> str:
    way = f"exempted until {one.waiver.until}" if one.is_exemption else "ignored"
    before = f"until {known}" if known else "neither ignored nor exempted"
    return f"{one.code} is {way}, and {change.since} has it {before}"
