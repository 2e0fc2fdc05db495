"""The task `release.check`: what a pull request lacks for its release."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.tasks.choice import Choice, choose
from seatrial.tasks.cli import note
from seatrial.tasks.validate import judge
from seatrial.validate.facts.facts import Facts
from seatrial.validate.facts.release_change import Change


def check(
    integration: list[str],
    root: str | None,
    since: str | None,
    format: str | None,
    output: str | None,
    strict: bool,
    jobs: str | None,
    where: str | None = None,
) -> None:
    """Tell how each changed integration will be released, and check that by the rules of family REL."""
    choice = choose(root, integration, since, always=True, where=where)
    judge(("REL",), choice, format, output, strict, jobs, describe=_report)


def _report(choice: Choice, changes: Mapping[str, Change]) -> None:
    for one in choice.integrations:
        if one.path in changes:
            note(f"{one.name}: {announcement(Facts.of(choice.workspace, one), changes[one.path])}")


def announcement(facts: Facts, change: Change) -> str:
    """Return in a few words how a changed integration will be released."""
    version = facts.package.version if facts.package else ""
    announcing = change.announcing(facts.intents, facts.profile)
    if change.is_new:
        return f"new, {version or 'without a version'}"
    if change.is_by_hand(version):
        return f"{change.version} -> {version} by hand"
    if announcing:
        return f"intent {facts.intents.bump or announcing[0].bump}"
    if change.by_rule:
        return f"{change.bump_by_rule} by the rule for {change.by_rule[0].author}"
    if change.fold:
        return change.fold.words
    if change.is_covered:
        return "with the framework's intent"
    if change.shipped(facts.profile):
        return "no release"
    return "docs only" if all(path.endswith(".md") for path in change.paths) else "nothing that is released"
