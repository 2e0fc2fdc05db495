"""The tasks `rules` and `explain`."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from seatrial.core.errors import UsageError
from seatrial.core.suggest import did_you_mean, nearest
from seatrial.tasks.cli import say

if TYPE_CHECKING:
    from seatrial.core.rules import Rule


def explain(code: str | None) -> None:
    """Print a rule's law, its reason, and an example with the real output."""
    from seatrial.handbook.examples import example
    from seatrial.handbook.pages import entry

    rule = _rule(code)
    say(entry(rule, example(rule)))


def rules() -> None:
    """Print all rules, one a line, from the list that `make docs` writes; loading the rules would take longer."""
    say(files("seatrial.handbook").joinpath("rules.txt").read_text(encoding="utf-8"))


def _rule(code: str | None) -> Rule:
    if not code:
        raise UsageError("which rule? type `seatrial explain SPC001`; `seatrial rules` lists them")
    from seatrial.handbook.pages import EVERY

    by_code, by_name = {rule.code: rule for rule in EVERY}, {rule.name: rule for rule in EVERY}
    found = by_code.get(code.upper()) or by_name.get(code.lower())
    if found is None:
        near = nearest(code.upper(), by_code) or nearest(code.lower(), by_name)
        otherwise = "`seatrial rules` lists them"
        raise UsageError(f'no rule is called "{code}"' + did_you_mean(near, otherwise))
    return found
