"""The menu of a checkout: every task of Seatrial, and those for working on Seatrial itself."""

from __future__ import annotations

import shlex
import sys
from functools import cache
from pathlib import Path

from invoke import Collection, Context, Exit, task

from seatrial import tasks, tools
from seatrial.files import write_whole
from seatrial.outcome import Outcome
from seatrial.report.options import Options
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


@cache
def generated() -> dict[str, str]:
    """Every generated page of docs/, by its path in the checkout."""
    from seatrial.examples import example
    from seatrial.report.handbook import page
    from seatrial.rules import RULES
    from seatrial.schemas.jsonschema import derived_files

    schemas = {f"docs/schemas/{name}": text for name, text in derived_files().items()}
    return {"docs/rules.md": page({rule: example(rule) for rule in RULES}), **schemas, **_pictures()}


def _pictures() -> dict[str, str]:
    """What a terminal shows, drawn from what is really printed."""
    from seatrial.examples import broken_by, example
    from seatrial.report.handbook import entry
    from seatrial.report.picture import picture
    from seatrial.report.text import render, summary
    from seatrial.rules import BY_NAME

    outcome = Outcome(broken_by(*(BY_NAME[name] for name in SHOWN)), ("good-service",))
    validated = render(outcome, Options(colour=True)) + summary(outcome, "make explain CODE=")
    rule = BY_NAME[SHOWN[1]]
    explained = entry(rule, example(rule)).rstrip()
    return {
        "docs/pictures/validate.svg": picture("validate", "make validate", validated),
        "docs/pictures/explain.svg": picture("explain", f"make explain CODE={rule.code}", explained),
    }


ns = Collection(*tasks.ns.tasks.values(), test, docs)
