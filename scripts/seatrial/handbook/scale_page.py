"""The page of the quality scale, written from its table."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.fleet.quality.scale import MEANINGS, SCALE, Criterion, Level
from seatrial.validate.rules import BY_CODE

HEAD = """\
# The quality scale

`make docs` writes this page from the table of the scale. `seatrial status` shows the level of each integration, and
which findings to mend next.

| level | in a sentence |
|---|---|
"""

TAIL = """\
## How a level is counted

An integration has reached a level if it has no findings of that level's rules, nor of a lower level's. Findings of
every severity count, including advice, which `validate` shows only with `--advice`. Nobody states a level: it is
computed in each run, from the same verdicts as those of `validate`.

**A suppressed finding does not count.** An integration that ignores a rule gives the reason in its own folder, where
reviewers see it, and an ignore that matches nothing is a finding itself. A release relies on the same verdict, and the
scale must not contradict it. `status` and the site show the number of suppressed findings beside the level.

**A rule that `seatrial.toml` switches off counts for no integration.** That is a decision for the whole repository.

The cheapest step to the next level is the rule with the fewest findings that a person has to mend; if several are
equal, the one with the fewest findings in all.

A rule is on no level if it is always an error, and so keeps an integration from being publishable, or if mending it
does harm: published kinds, for instance, cannot be renamed (SPC131).

The framework's version is compared with the newest one among the repository's integrations, and with the one that
`seatrial.toml` states:

    [quality]
    core = "0.48.12"                  # counts as the newest in use, unless an integration has a newer one
"""


def page() -> str:
    """Return the whole text of docs/quality.md."""
    table = "".join(f"| **{level.value}** | {meaning} |\n" for level, meaning in MEANINGS.items())
    levels = "\n".join(line for level in MEANINGS for line in _level(level))
    return f"{HEAD}{table}\n{levels}\n{TAIL}"


def _level(level: Level) -> Iterator[str]:
    criteria = [one for one in SCALE if one.level is level]
    if not criteria:
        return
    yield f"## {level.value.capitalize()}\n\n{MEANINGS[level]}\n"
    yield "| what holds | rules |\n|---|---|"
    yield from map(_row, criteria)
    yield ""


def _row(one: Criterion) -> str:
    rules = (BY_CODE[code] for code in one.codes)
    links = ", ".join(
        f"[{rule.code}](rules.md#{rule.code.lower()}-{rule.name}) {rule.name}" for rule in rules
    )
    return f"| {one.holds} | {links} |"
