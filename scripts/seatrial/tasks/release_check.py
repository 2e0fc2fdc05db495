"""The task that tells a pull request what its release is lacking."""

from __future__ import annotations

from collections.abc import Mapping

from seatrial.tasks.choice import Choice, choose
from seatrial.tasks.cli import note
from seatrial.tasks.validate import judge
from seatrial.validate.facts.change import Change
from seatrial.validate.facts.facts import Facts


def check(
    integration: list[str],
    root: str | None,
    since: str | None,
    format: str | None,
    output: str | None,
    strict: bool,
    jobs: str | None,
) -> None:
    """Tell how each changed integration will be released, and check that by the rules of family REL."""
    choice = choose(root, integration, since, always=True)
    judge(("REL",), choice, format, output, strict, jobs, _tell)


def _tell(choice: Choice, changes: Mapping[str, Change]) -> None:
    for one in choice.integrations:
        if choice.since:
            note(f"{one.name}: {told(choice.since.subjects(one), changes[one.path])}")


def told(subjects: Facts, change: Change) -> str:
    """How a changed integration is to be released, in a few words."""
    version = subjects.package.version if subjects.package else ""
    announcing = change.announcing(subjects.intents, subjects.profile)
    if change.is_new:
        return f"new, {version or 'without a version'}"
    if change.is_by_hand(version):
        return f"{change.version} -> {version} by hand"
    if announcing:
        return f"intent {subjects.intents.bump or announcing[0].bump}"
    if change.shipped(subjects.profile):
        return "no release"
    return "docs only" if all(path.endswith(".md") for path in change.paths) else "nothing that is released"
