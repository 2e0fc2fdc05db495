"""Handing an outcome over: to standard output or a file, with the summary on standard error."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from seatrial import report
from seatrial.files import append, write_whole
from seatrial.model import Profile
from seatrial.outcome import Outcome, RuleFacts
from seatrial.report.options import Options
from seatrial.report.text import summary, wants_colour
from seatrial.tasks.door import note, say

DESCRIBING = frozenset({"sarif"})
"""Formats that say of each rule what it is."""


def deliver(outcome: Outcome, profile: Profile, format: str | None, output: str | None) -> None:
    """Write the findings in the chosen format, text where they go to a file, and GitHub's page of the run.

    Raises UsageError for an unknown format, ServiceError where a file cannot be written.
    """
    name = report.choose({} if output else os.environ, format)
    colour = output is None and wants_colour(sys.stdout.isatty(), os.environ)
    text = report.render(name, outcome, Options(_facts(profile) if name in DESCRIBING else {}, colour))
    if output:
        write_whole(Path(output), text)
    else:
        say(text)
    note(summary(outcome, "make explain CODE=" if os.environ.get("MAKELEVEL") else "seatrial explain "))
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from seatrial.report.github import step_summary

        append(Path(os.environ["GITHUB_STEP_SUMMARY"]), step_summary(outcome))


def _facts(profile: Profile) -> dict[str, RuleFacts]:
    """What a report says of the rules themselves."""
    from seatrial.report.handbook import EVERY

    return {
        rule.code: RuleFacts(rule.code, rule.name, rule.law, rule.reason, rule.severities[profile])
        for rule in EVERY
    }
