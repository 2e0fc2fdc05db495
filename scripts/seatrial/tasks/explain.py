"""The tasks `rules` and `explain`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING

from seatrial.core.errors import UsageError
from seatrial.core.suggest import did_you_mean, nearest
from seatrial.tasks.cli import say

if TYPE_CHECKING:
    from seatrial.core.rules import Rule


PREFIX = re.compile(r"[A-Z]{3}\d{0,2}")
"""The beginning of a code: a family, and perhaps digits."""

CODE = re.compile(r"([A-Z]{3})\d+")


def explain(code: str | None) -> None:
    """Print a rule's law, its reason, and an example with the real output; for the beginning of codes, list them."""
    listed = _beginning(code or "")
    if listed:
        say("".join(f"{one}\n" for one in listed))
        return
    from seatrial.handbook.examples import example
    from seatrial.handbook.pages import entry

    rule = _rule(code)
    say(entry(rule, example(rule)))


def rules() -> None:
    """Print all rules, one a line, from the list that `make docs` writes; loading the rules would take longer."""
    say(_list())


def _list() -> str:
    return files("seatrial.handbook").joinpath("rules.txt").read_text(encoding="utf-8")


def _beginning(text: str) -> list[str]:
    """Return the lines of `rules` with the codes that begin with a text; none where it is no beginning of codes."""
    prefix = text.upper()
    known = _list().splitlines() if PREFIX.fullmatch(prefix) else []
    return [line for line in known if line.startswith(prefix)]


def _rule(code: str | None) -> Rule:
    if not code:
        raise UsageError("which rule? type `seatrial explain SPC001`; `seatrial rules` lists them")
    from seatrial.handbook.pages import EVERY

    by_code, by_name = {rule.code: rule for rule in EVERY}, {rule.name: rule for rule in EVERY}
    found = by_code.get(code.upper()) or by_name.get(code.lower())
    if found is None:
        raise UsageError(f'no rule is called "{code}"' + _instead(code, by_code, by_name))
    return found


def _instead(code: str, by_code: Iterable[str], by_name: Iterable[str]) -> str:
    """Return what to type instead: the list of its family for a code, as another number is no better guess."""
    family = CODE.fullmatch(code.upper())
    if family and _beginning(family[1]):
        return f"; `seatrial explain {family[1]}` lists those of its family"
    near = nearest(code.upper(), by_code) or nearest(code.lower(), by_name)
    return did_you_mean(near, "`seatrial rules` lists them")
