"""The task `rules.preview`: what a rule would do to the chosen integrations if it were an error."""

from __future__ import annotations

import json
from collections.abc import Iterator

from seatrial.core.errors import UsageError
from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.core.rules import Rule
from seatrial.core.suggest import hint
from seatrial.fleet.rule_previews import RulePreview, preview
from seatrial.report.text import FIXABLE, line
from seatrial.tasks.choice import choose, tell_crashes
from seatrial.tasks.cli import commands_in_make, end, jobs_of, must_be_text_or_json, note, say
from seatrial.tasks.fix import changes_of
from seatrial.validate.rules import Rulebook

MOST_NAMED = 12


def rules_preview(
    code: str | None,
    integration: list[str],
    where: str | None,
    root: str | None,
    since: str | None,
    format: str | None,
    jobs: str | None,
) -> None:
    """Judge the integrations with a rule as an error; tell which would fail, and which findings have a safe repair."""
    must_be_text_or_json(format, "a preview of a rule")
    choice = choose(root, integration, since, where=where)
    book = Rulebook(choice.workspace.own)
    rule = _rule(book, code)
    found = preview(
        choice.workspace,
        choice.integrations,
        rule,
        jobs_of(jobs),
        choice.changes(book.rules),
        changes_of(choice),
    )
    if format == "json":
        findings = [{"path": one.path, "line": one.line, "message": one.message} for one in found.findings]
        say(json.dumps({**found.as_json(), "places": findings}, indent=2) + "\n")
    else:
        for one in found.findings:
            mark = FIXABLE if one.fingerprint in found.repaired else ""
            say(commands_in_make(f"{line(one, mark=mark)}\n"))
        for row in _summary(found):
            note(row)
    tell_crashes(found.crashes)
    end(bool(found.crashes), False)


def _rule(book: Rulebook, code: str | None) -> Rule:
    word = (code or "").strip()
    rule = book.find(word)
    if rule is not None:
        return rule
    if word.upper().startswith(("LNT", "TST")):
        raise UsageError(
            f"{plain(word)[:20]} is of a tool or a test; `rules.preview` is for rules of `validate`"
        )
    said = f'no rule has the code "{plain(word)[:60]}"' if word else "name a rule, such as SPC011"
    raise UsageError(said + hint(word, book.words, "`seatrial rules` lists them"))


def _summary(found: RulePreview) -> Iterator[str]:
    now = found.severity.value if found.severity else "off"
    code, total = found.rule.code, len(found.names)
    yield f"{code} {found.rule.name} is {now} here; as an error, of {counted(total, 'integration')}:"
    yield f"  {_named(found.found_in)} have it, {len(found.findings)} times" + (
        f" (and {len(found.hidden)} times suppressed)" if found.hidden else ""
    )
    yield f"  {_named(found.would_fail)} pass today and would fail"
    yield (
        f"  {len(found.repaired)} of {len(found.findings)} findings `seatrial fix` repairs by itself, after which "
        f"{len(found.still_failing)} would fail"
    )


def _named(names: list[str]) -> str:
    """Return the number of names, and the first of them."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{len(names)} ({plain(', '.join(names[:MOST_NAMED]))}{more})" if names else "0"
