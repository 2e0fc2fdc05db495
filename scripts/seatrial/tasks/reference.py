"""The Makefile's part about tasks, and docs/reference.md, both written from the menu."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from seatrial.tasks.menu import Option, Verb, options_of

WIDTH = 100


def makefile_variables(verbs: Sequence[Verb]) -> str:
    """Return the lists of variables: those that keep a value from the environment, those of one call; and .PHONY."""
    options = options_of(verbs)
    kept = [option.variable for option in options if option.inherited]
    of_one_call = [option.variable for option in options if not option.inherited]
    targets = " ".join(("help", *(verb.target for verb in verbs), "setup", "clean"))
    lists = {"override INHERITED :=": kept, "override VARIABLES :=": of_one_call, ".PHONY:": [targets]}
    return "".join(f"{name} {' '.join(words)}\n" for name, words in lists.items())


def makefile_targets(verbs: Sequence[Verb], stamp: str) -> str:
    """Return a target for each task; `make help` prints what stands behind its `##` and `#:`."""
    return "\n".join(_target(verb, stamp) for verb in verbs)


def _target(verb: Verb, stamp: str) -> str:
    variables = " ".join(f"{option.variable}=" for option in verb.options)
    arguments = ' ""' * len(
        verb.positional
    )  # empty, so that SEATRIAL_NAME counts: a name is never read as a flag
    lines = [f"{verb.target}: $({stamp}) ## {verb.summary}"]
    lines += [f"#: {line}" for line in textwrap.wrap(variables, WIDTH)]
    return "\n".join([*lines, f"\t@$(INVOKE) {verb.name}{arguments}", ""])


def page(verbs: Sequence[Verb], own: Sequence[Verb]) -> str:
    """Return docs/reference.md: every task with its options, and `own`, the tasks for working on Seatrial itself."""
    parts = [
        "# Reference: tasks and options",
        "This page is written by `make docs` from the menu of tasks.",
        "Each task can be called in three ways: `make validate`, `invoke validate` in this checkout, and "
        "`seatrial validate` wherever Seatrial is installed; `release.status` is `make release-status`. An option is a "
        "flag for `invoke` and `seatrial`, a variable for `make`, and for all of them an environment variable: "
        "`--root DIR`, `ROOT=DIR`, `SEATRIAL_ROOT=DIR`. A flag wins over the environment; an empty value counts as not "
        "given. Switches are on unless they are empty, `0`, `no`, `false` or `off`.",
        "## Exit statuses",
        "| status | meaning |\n|---|---|\n"
        "| 0 | nothing wrong |\n"
        "| 1 | findings of severity error; with `--strict`, of severity warning too |\n"
        "| 2 | wrong use, or a wrong configuration |\n"
        "| 3 | a tool or a service failed |\n"
        "| 130 | interrupted |",
        "## Tasks",
        *map(_section, verbs),
        "## Tasks for working on Seatrial itself",
        *map(_section, own),
    ]
    return "\n\n".join(parts) + "\n"


def _section(verb: Verb) -> str:
    usage = " ".join([verb.name, *(f"[{name.upper()}]" for name in verb.positional)])
    rows = [_row(option) for option in verb.options]
    table = ["| flag | variable | |", "|---|---|---|", *rows] if rows else []
    return "\n\n".join([f"### `{usage}`", verb.summary, *(["\n".join(table)] if table else [])])


def _row(option: Option) -> str:
    flags = f"`{option.flag}`" + (f", `-{option.short}`" if option.short else "")
    return f"| {flags} | `{option.variable}` | {option.help} |"
