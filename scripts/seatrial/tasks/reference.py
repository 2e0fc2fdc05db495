"""The tasks that explain: the list of rules, and one rule with its reason."""

from __future__ import annotations

from invoke import Context, task

from seatrial.errors import UsageError
from seatrial.near import nearest
from seatrial.rules import BY_CODE, BY_NAME, RULES, Rule
from seatrial.tasks.door import door, option, say


@task(help={"code": "a rule's code or name, such as SPC001"}, positional=["code"])
@door
def explain(c: Context, code: str | None = None) -> None:
    """A rule's law, its reason, and an example with the real output."""
    from seatrial.examples import example
    from seatrial.report.handbook import entry

    rule = _rule(option("code", code))
    say(entry(rule, example(rule)))


@task
@door
def rules(c: Context) -> None:
    """All rules, a line each."""
    from seatrial.report.handbook import listing

    say(listing(RULES))


def _rule(code: str | None) -> Rule:
    if not code:
        raise UsageError("which rule? type `seatrial explain SPC001`; `seatrial rules` lists them")
    found = BY_CODE.get(code.upper()) or BY_NAME.get(code.lower())
    if found is None:
        near = nearest(code.upper(), BY_CODE) or nearest(code.lower(), BY_NAME)
        hint = f'did you mean "{near}"?' if near else "`seatrial rules` lists them"
        raise UsageError(f'no rule is called "{code}"; {hint}')
    return found
