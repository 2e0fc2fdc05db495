"""The menu of a checkout: every task of Seatrial, and those for working on Seatrial itself."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from invoke import Collection, Context, Exit, task

from seatrial import tasks, tools
from seatrial.files import write_whole
from seatrial.model import Finding
from seatrial.outcome import Outcome
from seatrial.report.options import Options
from seatrial.report.text import render, summary
from seatrial.tasks.door import door, note, option

CHECKOUT = Path(__file__).parents[3]


@task(help={"tests": "what to run instead of all, such as tests/rules; pytest's options go here too"})
@door
def test(c: Context, tests: str | None = None) -> None:
    """The tests of Seatrial itself."""
    chosen = shlex.split(option("tests", tests) or "--numprocesses=auto")
    status = tools.follow([sys.executable, "-m", "pytest", *chosen], cwd=CHECKOUT)
    if status:
        raise Exit(code=status)


@task
@door
def docs(c: Context) -> None:
    """Write docs/rules.md and docs/schemas anew from what they are generated from."""
    for path, text in generated().items():
        place = CHECKOUT / path
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, text)
            note(f"wrote {path}")


SHOWN = (
    "misspelled-key",
    "unknown-mapped-property",
    "changelog-version-disagrees",
    "unused-configuration",
    "missing-gitignore",
)
"""The rules that the folder in the README's picture breaks."""

TOOLS_SHOWN = ("LNT102", "LNT103", "LNT104", "LNT201")
"""The laws of lint that the other picture shows broken."""


@cache
def generated() -> dict[str, str]:
    """Every generated page of docs/, by its path in the checkout."""
    from seatrial.examples import example
    from seatrial.report.handbook import EVERY, page
    from seatrial.schemas.jsonschema import derived_files

    schemas = {f"docs/schemas/{name}": text for name, text in derived_files().items()}
    return {"docs/rules.md": page({rule: example(rule) for rule in EVERY}), **schemas, **_pictures()}


def _pictures() -> dict[str, str]:
    """What a terminal shows, drawn from what is really printed."""
    from seatrial.examples import broken_by, example
    from seatrial.lint.laws import LAW_OF
    from seatrial.report.handbook import entry
    from seatrial.report.picture import picture
    from seatrial.rules import BY_NAME

    rule = BY_NAME[SHOWN[1]]
    validated = broken_by(*(BY_NAME[name] for name in SHOWN))
    linted = sorted(
        (finding for name in TOOLS_SHOWN for finding in example(LAW_OF[name]).findings),
        key=lambda finding: finding.sort_key,
    )
    return {
        "docs/pictures/validate.svg": picture("validate", "make validate", _shown(validated)),
        "docs/pictures/lint.svg": picture("lint", "make lint", _shown(linted)),
        "docs/pictures/explain.svg": picture(
            "explain", f"make explain CODE={rule.code}", entry(rule, example(rule)).rstrip()
        ),
    }


def _shown(findings: Sequence[Finding]) -> str:
    """What a run prints that found these in the folder of the examples."""
    outcome = Outcome(tuple(findings), ("good-service",))
    return render(outcome, Options(colour=True)) + summary(outcome, "make explain CODE=")


ns = Collection(*tasks.ns.tasks.values(), test, docs)
