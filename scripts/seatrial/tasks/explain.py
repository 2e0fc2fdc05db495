"""The tasks `rules`, `explain` and `rules.test`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.core.errors import EXIT_FINDINGS, UsageError
from seatrial.core.names import counted
from seatrial.core.printable import plain
from seatrial.core.suggest import did_you_mean, nearest
from seatrial.tasks.cli import Ended, note, say

if TYPE_CHECKING:
    from seatrial.core.rules import Rule
    from seatrial.validate.rules import Rulebook


PREFIX = re.compile(r"[A-Z]{3}\d{0,2}")
"""The beginning of a code: a family, and perhaps digits."""

CODE = re.compile(r"([A-Z]{3})\d+")


def explain(code: str | None, root: str | None = None) -> None:
    """Print a rule's law, its reason, and an example with the real output; for the beginning of codes, list them."""
    listed = _beginning(code or "", root)
    if listed:
        say("".join(f"{one}\n" for one in listed))
        return
    from seatrial.handbook.rule_examples import example
    from seatrial.handbook.rule_pages import entry

    rule, own = _rule(code, root)
    say(entry(rule, example(rule, own)))


def rules(root: str | None = None) -> None:
    """Print all rules, one a line, from the list that `make docs` writes, and those of the repository's own.

    Loading the rules would take longer.
    """
    say(_list() + _own_list(root))


def _list() -> str:
    return files("seatrial.handbook").joinpath("rules.txt").read_text(encoding="utf-8")


def _own_list(root: str | None) -> str:
    own = _own_rules(root)
    if not own:
        return ""
    from seatrial.handbook.rule_pages import listing

    return listing(own)


def _beginning(text: str, root: str | None) -> list[str]:
    """Return the lines of `rules` with the codes that begin with a text; none where it is no beginning of codes."""
    prefix = text.upper()
    if not PREFIX.fullmatch(prefix):
        return []
    known = [line for line in _list().splitlines() if line.startswith(prefix)]
    return known or [line for line in _own_list(root).splitlines() if line.startswith(prefix)]


def rules_test(code: str | None, root: str | None) -> None:
    """Prove the repository's own rules by their examples: the good folder breaks none, the bad one that rule alone."""
    from seatrial.handbook.rule_examples import faults_of
    from seatrial.tasks.choice import open_workspace

    own = open_workspace(root).own
    wanted = [
        rule for rule in own if not code or code.strip().upper() == rule.code or code.strip() == rule.name
    ]
    if not own:
        raise UsageError(
            "this repository has no rules of its own; name their files under [rules] in seatrial.toml"
        )
    if not wanted:
        near = nearest((code or "").upper(), [rule.code for rule in own])
        raise UsageError(
            f'no own rule is called "{plain(code or "")[:60]}"'
            + did_you_mean(near, "leave it out for all of them")
        )
    failed = 0
    for rule in wanted:
        faults = faults_of(rule, own)
        failed += bool(faults)
        say(f"{rule.code} {rule.name}: {'fails' if faults else 'proven'}\n")
        say("".join(f"  {plain(fault)}\n" for fault in faults))
    note(f"{counted(len(wanted), 'rule')}: {len(wanted) - failed} proven, {failed} not")
    if failed:
        raise Ended(code=EXIT_FINDINGS)


def _own_rules(root: str | None) -> Sequence[Rule]:
    """Return the own rules of a repository; none where there is no settings file around, which is found at once."""
    from seatrial.workspace.config import SETTINGS_FILE
    from seatrial.workspace.workspace import find_root

    if root is None:
        try:
            around = find_root(Path.cwd())
        except UsageError:
            return ()
        if not (around / SETTINGS_FILE).is_file():
            return ()
    from seatrial.tasks.choice import open_workspace

    return open_workspace(root).own


def _rule(code: str | None, root: str | None) -> tuple[Rule, Sequence[Rule]]:
    """Return a rule, and the own rules where it is one of them."""
    if not code:
        raise UsageError("which rule? type `seatrial explain SPC001`; `seatrial rules` lists them")
    from seatrial.handbook.rule_pages import EVERY
    from seatrial.validate.rules import BY_CODE, Rulebook

    beside = tuple(rule for rule in EVERY if rule.code not in BY_CODE)
    found = Rulebook(beside).find(code)
    if found is not None:
        return found, ()
    own = _own_rules(root)
    book = Rulebook((*beside, *own))
    found = book.find(code)
    if found is None:
        raise UsageError(f'no rule is called "{code}"' + _instead(code, root, book))
    return found, own


def _instead(code: str, root: str | None, book: Rulebook) -> str:
    """Return what to type instead: the list of its family for a code, as another number is no better guess."""
    family = CODE.fullmatch(code.upper())
    if family and _beginning(family[1], root):
        return f"; `seatrial explain {family[1]}` lists those of its family"
    near = nearest(code.upper(), book.words) or nearest(code.lower(), book.words)
    return did_you_mean(near, "`seatrial rules` lists them")
