from __future__ import annotations

import importlib
import time

import pytest

from seatrial.core.errors import UsageError
from seatrial.report import FORMATS, Options, choose, render
from support.outcomes import CLEAN, HOSTILE, OUTCOME, RULES, hostile, many, workflow_commands

OPTIONS = Options(rules=RULES)


@pytest.mark.parametrize(
    ("environ", "explicit", "name"),
    [
        ({}, None, "text"),
        ({}, "", "text"),
        ({"GITHUB_ACTIONS": "true"}, None, "github"),
        ({"GITHUB_ACTIONS": "false"}, None, "text"),
        ({"GITHUB_ACTIONS": ""}, None, "text"),
        ({"GITHUB_ACTIONS": "true"}, "json", "json"),
        ({}, "sarif", "sarif"),
    ],
)
def test_the_format_asked_for_wins_and_github_knows_itself(
    environ: dict[str, str], explicit: str | None, name: str
) -> None:
    assert choose(environ, explicit) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("jsn", 'no format is called "jsn"; did you mean "json"?'),
        ("JSON", 'no format is called "JSON"; did you mean "json"?'),
        ("xlsx", 'no format is called "xlsx"; choose one of text, json, github, sarif, junit, gitlab'),
    ],
)
def test_an_unknown_format_is_wrong_usage_that_names_the_near_one(name: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        choose({}, name)
    assert str(refused.value) == words
    with pytest.raises(UsageError):
        render(name, OUTCOME)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_module_that_says_what_it_is(name: str) -> None:
    module = importlib.import_module(FORMATS[name])
    assert module.__doc__
    assert module.__doc__.startswith("The format ")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("outcome", [OUTCOME, CLEAN], ids=["findings", "clean"])
def test_the_same_outcome_gives_the_same_whole_lines(name: str, outcome: object) -> None:
    once = render(name, outcome, OPTIONS)  # type: ignore[arg-type]
    assert once == render(name, outcome, OPTIONS)  # type: ignore[arg-type]
    assert once == "" or once.endswith("\n")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", FORMATS)
def test_content_can_neither_command_nor_paint_nor_break_an_encoding(name: str, text: str) -> None:
    shown = render(name, hostile(text), OPTIONS)
    assert shown.encode().decode() == shown
    assert not set("\x00\x07\x1b\x7f\x9b\r\x85\u2028\u202e\u2066\u200b") & set(shown)
    expected = ["group", "error", "warning", "notice", "notice", "endgroup"] if name == "github" else []
    assert workflow_commands(shown) == expected


@pytest.mark.parametrize("name", ["text", "github"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_each_finding_stays_on_its_own_line(name: str, text: str) -> None:
    lines = render(name, hostile(text)).splitlines()
    assert len(lines) == {"text": 4, "github": 10}[name]


@pytest.mark.parametrize("name", FORMATS)
def test_five_thousand_findings_are_told_in_good_time(name: str) -> None:
    outcome = many(2_000)
    begun = time.process_time()
    shown = render(name, outcome, OPTIONS)
    assert time.process_time() - begun < 5
    assert shown.count("SPC103") >= 6_000
