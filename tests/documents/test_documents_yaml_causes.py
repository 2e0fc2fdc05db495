"""The cause of a YAML fault is named on its own line, not where the parser gave up."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from seatrial.documents import yaml
from support.paths import ROOT

TEXT = """\
type: tickets
title: My Service
description: "What is exported"
features:
  - type: exporter
    resources:
      - kind: ticket
      - kind: board
configurations:
  - name: apiUrl
    type: url
    required: true
  - name: apiToken
    type: string
    sensitive: true
"""


def told(text: str) -> tuple[int, int, str]:
    (fault,) = yaml.load("spec.yaml", text.encode()).faults
    return fault.line, fault.column, fault.message


def edited(old: str, new: str) -> tuple[int, int, str]:
    assert TEXT.count(old) == 1
    return told(TEXT.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "message"),
    [
        ("title: My", "title:My", 2, 6, 'a blank is missing behind the ":"'),
        ("title: My", "title My", 2, 1, 'a key without its ":"'),
        ("    type: url", "  type: url", 11, 3, "indented by 2 blanks; 4 would fit here"),
        ("    type: url", "      type: url", 11, 7, "indented by 6 blanks; 4 would fit here"),
        ("    type: url", "   type: url", 11, 4, "indented by 3 blanks; 4 would fit here"),
        ("      - kind: board", "     - kind: board", 8, 6, "indented by 5 blanks; 6 would fit here"),
        ("      - kind: board", "      -kind: board", 8, 7, 'a blank is missing behind the "-"'),
        ("  - name: apiToken", "  name: apiToken", 13, 3, 'a list item without its "- "'),
        ("title: My", "title: 'My", 2, 8, "the quotes opened here are never closed"),
        ("title: My", 'title: "My', 2, 8, "the quotes opened here are never closed"),
        ('exported"', "exported", 3, 14, "the quotes opened here are never closed"),
        ('exported"', 'exported""', 3, 32, "a quote too many stands here"),
        ('exported"', 'exported" now', 3, 32, "text behind the closing quotes; put all of it in quotes"),
        ("title: My", "title: [My", 2, 8, 'a list in brackets lacks a "," or its "]"'),
        ("title: My", "title: {My", 2, 8, 'a mapping in braces lacks a "," or its "}"'),
        (
            "title: My",
            "title: My: own",
            2,
            10,
            'a second ": " on this line; put text that holds ": " in quotes',
        ),
    ],
)
def test_a_slip_is_named_where_it_was_made(old: str, new: str, line: int, column: int, message: str) -> None:
    assert edited(old, new) == (line, column, message)


def slips(text: str) -> Iterator[tuple[int, str]]:
    """Each line with one slip, as its number and the whole text."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        wrong = [f"  {line}", line.replace("  ", "", 1), line.replace(": ", ":", 1), line.replace(":", "", 1)]
        wrong += [re.sub(r": (?=\w)", f": {quote}", line) for quote in "\"'["]
        wrong += [line.replace("- ", "-", 1), line.replace("- ", "", 1)] if line.strip() else []
        for one in wrong:
            yield at + 1, "\n".join([*lines[:at], one, *lines[at + 1 :]])


def test_nearly_every_slip_in_the_example_integration_is_told_on_its_line() -> None:
    text = (ROOT / "integrations/pilot-log/.port/spec.yaml").read_text(encoding="utf-8")
    found = [(line, yaml.load("f.yaml", slip.encode()).faults) for line, slip in slips(text)]
    broken = [(line, faults[0].line) for line, faults in found if faults and faults[0].kind.value == "syntax"]
    right = [line for line, told in broken if line == told]
    assert len(broken) > 100
    assert len(right) >= 0.95 * len(broken)


@pytest.mark.parametrize("part", ["a: 'b\n", "  a: b\n", "a: [\n", "a:b\n", "- a\n b\n", "a: b: c\n"])
def test_a_long_text_full_of_faults_is_judged_in_time(part: str) -> None:
    text = "x: 1\n" + part * (500_000 // len(part))
    start = time.process_time()
    assert yaml.load("f.yaml", text.encode()).faults
    assert time.process_time() - start < 5


@pytest.mark.parametrize(("odd", "name"), [("\xa0", "no-break space"), ("\u200b", "zero width space")])
def test_a_character_that_looks_like_a_blank_is_named_on_its_line(odd: str, name: str) -> None:
    line, column, message = edited(
        "    type: url", f"  {odd} type: url" if odd.isspace() else f"  {odd}  type: url"
    )
    assert (line, column) == (11, 3)
    assert f"the indentation holds a {name} (U+{ord(odd):04X})" in message
