"""The tasks that judge integrations: validate and its three parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from invoke import Context, Exit, task

from seatrial.core.errors import EXIT_FINDINGS, EXIT_SERVICE
from seatrial.tasks.choice import COMPARING, Choice, choose, deliver
from seatrial.tasks.cli import REPORTING, door, jobs_of, note, option, switch
from seatrial.validate.facts.release import Change

HELP = COMPARING | REPORTING
SPEC = ("SPC", "RES", "COD")
LAYOUT = ("LAY",)
VERSION = ("PKG", "CHG", "REL")


def judge(
    families: Sequence[str],
    choice: Choice,
    format: str | None,
    output: str | None,
    strict: bool,
    jobs: str | None,
    tell: Callable[[Choice, Mapping[str, Change]], None] = lambda choice, changes: None,
) -> None:
    """Judge the chosen integrations by the rules of these families and end with the status.

    `tell` speaks of what has changed in them, before what is found.
    """
    from seatrial.validate.rules import RULES
    from seatrial.validate.run import check_all

    workspace, chosen = choice.workspace, choice.integrations
    rules = [rule for rule in RULES if rule.family in families]
    for link in workspace.links:
        note(f'seatrial: "{link}" is a link to a folder and is not judged; judge the folder it leads to')
    changes = choice.changes(rules)
    tell(choice, changes)
    done = check_all(workspace, chosen, rules, jobs_of(option("jobs", jobs)), changes)
    deliver(done.outcome, workspace.profile, option("format", format), option("output", output))
    for failure, hit in done.crashes.items():
        others = f" and {len(hit) - 1} others" if hit[1:] else ""
        note(f"seatrial: a rule failed on {hit[0]}{others}: {failure}; please report it")
    if done.crashes:
        raise Exit(code=EXIT_SERVICE)
    if done.outcome.errors or (switch("strict", strict) and done.outcome.warnings):
        raise Exit(code=EXIT_FINDINGS)


def _task(name: str, families: Sequence[str], law: str) -> Callable[..., None]:
    """A task over these families; they differ in nothing else."""

    @door
    def body(
        c: Context,
        integration: Sequence[str] | None = None,
        root: str | None = None,
        since: str | None = None,
        format: str | None = None,
        output: str | None = None,
        strict: bool = False,
        jobs: str | None = None,
    ) -> None:
        judge(families, choose(root, integration, since), format, output, strict, jobs)

    body.__doc__ = law
    return task(body, name=name, help=HELP, iterable=["integration"])


validate = _task(
    "validate", (*LAYOUT, *SPEC, *VERSION), "Everything about the folder: layout, spec and version."
)
validate_spec = _task("validate-spec", SPEC, "The .port folder and what must agree with it (SPC, RES, COD).")
check_layout = _task("check-layout", LAYOUT, "The folder's hierarchy (LAY).")
check_version = _task(
    "check-version", VERSION, "pyproject, lock, version, changelog and intents (PKG, CHG, REL)."
)
