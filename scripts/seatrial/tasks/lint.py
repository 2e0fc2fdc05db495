"""The task that lints: the profile's tools over the chosen integrations."""

from __future__ import annotations

from collections.abc import Sequence

from invoke import Context, task

from seatrial.tasks.choice import COMPARING, choose
from seatrial.tasks.cli import REPORTING, door, jobs_of, option, switch

HELP = {
    "tools": "only these, such as black,ruff; by default those of the profile",
    "fix": "first let ruff and black repair what they safely can",
    "no_cache": "use nothing that was kept from earlier runs",
    "why": "say of an integration why each tool would run again, or not, and run nothing",
    "verbose": "show the tools' own words as well",
}


@task(name="lint", help=COMPARING | REPORTING | HELP, iterable=["integration"])
@door
def lint(
    c: Context,
    integration: Sequence[str] | None = None,
    root: str | None = None,
    since: str | None = None,
    format: str | None = None,
    output: str | None = None,
    strict: bool = False,
    jobs: str | None = None,
    tools: str | None = None,
    fix: bool = False,
    no_cache: bool = False,
    why: str | None = None,
    verbose: bool = False,
) -> None:
    """black, mypy, ruff and poetry check, as in the integration's own environment."""
    from seatrial.tasks import lint_run

    asked = option("why", why)
    choice = choose(root, [asked] if asked else integration, since)
    order = lint_run.LintOrder(
        choice.workspace,
        choice.integrations,
        option("tools", tools),
        jobs_of(option("jobs", jobs)),
        switch("no_cache", no_cache),
        switch("fix", fix),
        switch("verbose", verbose),
    )
    if asked:
        lint_run.explain(order)
    else:
        lint_run.run(order, option("format", format), option("output", output), switch("strict", strict))
