"""The tasks `rules`, `explain` and `rules.test`."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
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
    own = _OwnRules(root)
    listed = _beginning(code or "", own)
    if listed:
        say("".join(f"{one}\n" for one in listed))
        return
    from seatrial.handbook.rule_examples import example
    from seatrial.handbook.rule_pages import entry

    rule = _rule(code, own)
    say(entry(rule, example(rule, own.rules if rule.origin else ())))


def rules(root: str | None = None) -> None:
    """Print all rules, one a line, from the list that `make docs` writes, and those of the repository's own.

    Loading the rules would take longer.
    """
    say(_list() + _OwnRules(root).listing)


def _list() -> str:
    return files("seatrial.handbook").joinpath("rules.txt").read_text(encoding="utf-8")


def _beginning(text: str, own: _OwnRules) -> list[str]:
    """Return the lines of `rules` with the codes that begin with a text; none where no code begins with it."""
    prefix = text.upper()
    if not PREFIX.fullmatch(prefix):
        return []
    known = [line for line in _list().splitlines() if line.startswith(prefix)]
    return known or [line for line in own.listing.splitlines() if line.startswith(prefix)]


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


@dataclass(frozen=True)
class _OwnRules:
    """The own rules of the repository at `root`, by default the one around; loaded once, when they are asked for."""

    root: str | None

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules; none, which is found at once, where there is no settings file around."""
        if self.root is None and not self._has_settings_around():
            return ()
        from seatrial.tasks.choice import open_workspace

        return tuple(open_workspace(self.root).own)

    @property
    def listing(self) -> str:
        """The rules, one on each line, in the form of Seatrial's list."""
        if not self.rules:
            return ""
        from seatrial.handbook.rule_pages import listing

        return listing(self.rules)

    def _has_settings_around(self) -> bool:
        from seatrial.workspace.config import SETTINGS_FILE
        from seatrial.workspace.workspace import find_root

        with suppress(UsageError):
            return (find_root(Path.cwd()) / SETTINGS_FILE).is_file()
        return False


def _rule(code: str | None, own: _OwnRules) -> Rule:
    """Return a rule; the repository's own are loaded only if Seatrial has none of that name. Raises UsageError."""
    if not code:
        raise UsageError("which rule? type `seatrial explain SPC001`; `seatrial rules` lists them")
    from seatrial.handbook.rule_pages import EVERY
    from seatrial.validate.rules import BY_CODE, Rulebook

    beside = tuple(rule for rule in EVERY if rule.code not in BY_CODE)
    found = Rulebook(beside).find(code)
    if found is not None:
        return found
    book = Rulebook((*beside, *own.rules))
    found = book.find(code)
    if found is None:
        raise UsageError(f'no rule is called "{code}"' + _instead(code, own, book))
    return found


def _instead(code: str, own: _OwnRules, book: Rulebook) -> str:
    """Return what to type instead: the list of its family for a code, as another number would be no better a guess."""
    family = CODE.fullmatch(code.upper())
    if family and _beginning(family[1], own):
        return f"; `seatrial explain {family[1]}` lists those of its family"
    near = nearest(code.upper(), book.words) or nearest(code.lower(), book.words)
    return did_you_mean(near, "`seatrial rules` lists them")
