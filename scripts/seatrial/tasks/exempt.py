"""The task `exempt`: exemptions of findings up to a day, written into the folders of their integrations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from seatrial.core.days import day_of
from seatrial.core.errors import UsageError
from seatrial.core.model import Integration
from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.core.suggest import hint
from seatrial.system import clock
from seatrial.system.transaction import FileEdit, alone, change_all
from seatrial.tasks.choice import Choice, choose, tell_crashes
from seatrial.tasks.cli import end, jobs_of, note, say
from seatrial.validate.exemptions import exempting, failing_codes
from seatrial.validate.rules import Rulebook
from seatrial.validate.run import check_all

LONGEST_REASON = 1_000


def exempt(
    integration: list[str],
    where: str | None,
    root: str | None,
    since: str | None,
    codes: list[str],
    all: bool,
    reason: str | None,
    until: str | None,
    strict: bool,
    jobs: str | None,
    dry_run: bool,
) -> None:
    """Exempt the chosen integrations from rules up to a day: from those named or, with `all`, from all that fail."""
    words = [word.strip() for text in codes for word in text.split(",") if word.strip()]
    if all == bool(words):
        raise UsageError("name the codes, such as SPC011, or type --all for every code that fails")
    why, day = _reason(reason), _day(until)
    choice = choose(root, integration, since, where=where, changing=True)
    book = Rulebook(choice.workspace.own)
    found = _failing(choice, book, [_code(book, word) for word in words], strict, jobs_of(jobs))
    by_name = {one.name: one for one in choice.integrations}
    changes = [exempting(by_name[name], found[name], why, day) for name in sorted(found)]
    if changes and not dry_run:
        with alone(choice.workspace.root):
            change_all(choice.workspace.root, changes)
    _tell(choice.integrations, found, changes, dry_run)


def _code(book: Rulebook, word: str) -> str:
    """Return the code of a rule, which may be named instead. Raises UsageError."""
    rule = book.find(word)
    code = rule.code if rule else word.upper()
    if code.startswith(("LNT", "TST")):
        raise UsageError(
            f"{plain(code)[:20]} is found by a lint tool or a test; suppress it by that tool's own comment"
        )
    if rule is None:
        otherwise = "`seatrial rules` lists them, and -i names integrations"
        raise UsageError(f'no rule has the code "{plain(word)[:60]}"{hint(code, book.words, otherwise)}')
    if "suppressions" in rule.needs:
        raise UsageError(f"{code} is about exemptions, and cannot be exempted itself")
    return code


def _reason(text: str | None) -> str:
    reason = " ".join((text or "").split())
    if not reason or len(reason) > LONGEST_REASON:
        raise UsageError('say why it may stay for now, in a line, with --reason "..."')
    return reason


def _day(text: str | None) -> date:
    example = clock.proposed().isoformat()
    day = day_of(text)
    if day is None:
        said = f', not "{plain(text)[:40]}"' if text else ""
        raise UsageError(
            f"say the last day of the exemption with --until YYYY-MM-DD, such as {example}{said}"
        )
    if day < clock.today():
        raise UsageError(f"{text} is over; an exemption ends on a day to come, such as {example}")
    return day


def _failing(
    choice: Choice, book: Rulebook, codes: Collection[str], strict: bool, jobs: int
) -> Mapping[str, Collection[str]]:
    """Return the codes to exempt by the name of the integration: of the stated ones, those with a finding there.

    Ends the run where a rule fails.
    """
    rules = [rule for rule in book.rules if "change" not in rule.needs]
    done = check_all(choice.workspace, choice.integrations, rules, jobs, advice=bool(codes))
    tell_crashes(done.crashes)
    end(bool(done.crashes), False)
    found = done.outcome
    if not codes:
        return failing_codes(found.findings, strict)
    present: dict[str, set[str]] = {}
    for one in (*found.findings, *found.hidden):
        if one.code in codes:
            present.setdefault(one.integration, set()).add(one.code)
    return present


def _tell(
    chosen: Sequence[Integration],
    found: Mapping[str, Collection[str]],
    changes: Sequence[FileEdit],
    dry_run: bool,
) -> None:
    for name, change in zip(sorted(found), changes, strict=True):
        say(f"{plain(change.path)}: {', '.join(sorted(found[name]))}\n")
    count = len(changes)
    idle = [one.name for one in chosen if one.name not in found]
    if idle and count:
        note(f"{len(idle)} of {len(chosen)} have nothing of it to exempt")
    elif idle:
        note("nothing to exempt: there is no such finding in what was chosen")
    if count:
        both = "it with the folder" if count == 1 else "them with the folders"
        word = "would be written" if dry_run else f"written; commit {both}"
        note(f"{counted(count, 'file')} {word}")
