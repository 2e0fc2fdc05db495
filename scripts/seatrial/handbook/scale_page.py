"""The page of the quality scale, written from its table."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.quality.scale import MEANINGS, SCALE, Criterion, Level
from seatrial.validate.rules import BY_CODE

HEAD = """\
# The quality scale

`make docs` writes this page from the table of the scale. `seatrial status` tells which level an integration has, and
which rule to mend next.

| level | in a sentence |
|---|---|
"""

TAIL = """\
## How a level is counted

A level is reached where no finding is about one of its rules, nor about one of a lower level. All findings count, in
whatever severity, advice among them, which `validate` shows with `--advice` only. No level is stated by anybody: it is
worked out each time, by the same verdicts as those of `validate`.

**A suppressed finding does not count.** An integration that ignores a rule says why, in its own folder, where a
reviewer sees it; an ignore that catches nothing is a finding itself. A release goes by the same verdict, and the scale
must not contradict it. `status` and the site show how many findings are suppressed beside the level.

**A rule that `seatrial.toml` switches off counts for nobody.** It is a decision for all integrations of a repository.

The cheapest step to the next level is the rule with the fewest findings that a person has to mend, then the one with
the fewest findings.

A rule that is on no level either is an error in any case, which keeps an integration from being publishable, or cannot
be mended without harm, as kinds that are published cannot be renamed (SPC131).

The framework of an integration is compared with the newest one of the repository's integrations, and with the release
that `seatrial.toml` states:

    [quality]
    core = "0.48.12"                  # counts as the newest in use where no integration has a newer one
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
