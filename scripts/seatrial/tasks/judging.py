"""The tasks that judge integrations: validate and its three parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from invoke import Context, Exit, task

from seatrial.errors import EXIT_FINDINGS, EXIT_SERVICE
from seatrial.tasks.delivery import deliver
from seatrial.tasks.door import CHOOSING, REPORTING, door, jobs_of, names, note, option, switch
from seatrial.workspace import open_workspace, select

HELP = CHOOSING | REPORTING
SPEC = ("SPC", "RES", "COD")
LAYOUT = ("LAY",)
VERSION = ("PKG", "CHG")


def judge(
    families: Sequence[str],
    root: str | None,
    integration: Sequence[str] | None,
    format: str | None,
    output: str | None,
    strict: bool,
    jobs: str | None,
) -> None:
    """Judge the chosen integrations by the rules of these families and end with the status."""
    from seatrial.rules import RULES
    from seatrial.survey import survey

    workspace = open_workspace(option("root", root))
    chosen = select(workspace, names(integration))
    rules = [rule for rule in RULES if rule.family in families]
    for link in workspace.links:
        note(f'seatrial: "{link}" is a link to a folder and is not judged; judge the folder it leads to')
    done = survey(workspace, chosen, rules, jobs_of(option("jobs", jobs)))
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
        format: str | None = None,
        output: str | None = None,
        strict: bool = False,
        jobs: str | None = None,
    ) -> None:
        judge(families, root, integration, format, output, strict, jobs)

    body.__doc__ = law
    return task(body, name=name, help=HELP, iterable=["integration"])


validate = _task(
    "validate", (*LAYOUT, *SPEC, *VERSION), "Everything about the folder: layout, spec and version."
)
validate_spec = _task("validate-spec", SPEC, "The .port folder and what must agree with it (SPC, RES, COD).")
check_layout = _task("check-layout", LAYOUT, "The folder's hierarchy (LAY).")
check_version = _task("check-version", VERSION, "pyproject, lock, version and changelog (PKG, CHG).")
