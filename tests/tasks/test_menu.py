"""The menu: what it says of each task is what the task takes, in help, in make and in the reference."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib import import_module

import pytest

from seatrial.handbook.rule_pages import EVERY, listing
from seatrial.tasks import program
from seatrial.tasks.develop import OWN
from seatrial.tasks.menu import VERBS, Option, OptionKind, Verb, options_of
from seatrial.tasks.program import namespace
from support.paths import ROOT, SOURCES

ALL = (*VERBS, *OWN)
LETTERS = {"integration": "i", "root": "r", "format": "f", "output": "o", "jobs": "j"}


def by_name(verb: Verb) -> str:
    return verb.name


@pytest.mark.parametrize("verb", ALL, ids=by_name)
def test_the_function_takes_each_option_and_no_other(verb: Verb) -> None:
    module, _, function = verb.run.partition(":")
    signature = inspect.signature(getattr(import_module(f"seatrial.tasks.{module}"), function))
    signature.bind(**{option.name: None for option in verb.options})


@pytest.mark.parametrize("verb", VERBS, ids=by_name)
def test_help_describes_every_flag(verb: Verb) -> None:
    command = [sys.executable, "-m", "seatrial", "--help", verb.name]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True, check=True
    )
    words = " ".join(done.stdout.split())
    assert verb.summary in words
    for option in verb.options:
        assert re.search(rf"{option.flag}\b", words), option.flag
        assert option.help in words


def test_help_of_invoke_describes_the_flags_each_time_it_is_asked() -> None:
    task = namespace(VERBS)["lint"]
    for _ in range(2):
        assert {argument.help for argument in task.get_arguments()} == {
            option.help for verb in VERBS if verb.name == "lint" for option in verb.options
        }


def test_only_the_five_usual_options_have_a_letter() -> None:
    assert {option.name: option.short for option in options_of(ALL) if option.short} == LETTERS
    for verb in ALL:
        for option in verb.options:
            assert option.short == LETTERS.get(option.name, "")


def test_a_name_means_the_same_kind_of_option_everywhere() -> None:
    kinds: dict[str, tuple[OptionKind, bool]] = {}
    for verb in ALL:
        for option in verb.options:
            assert kinds.setdefault(option.name, (option.kind, option.inherited)) == (
                option.kind,
                option.inherited,
            )


def test_make_help_names_every_variable_that_a_target_takes() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    blocks = re.split(r"^  (?=[a-z])", shown, flags=re.MULTILINE)
    targets = {block.split()[0]: set(re.findall(r"\b([A-Z_]+)=(?!\w)", block)) for block in blocks[1:]}
    for verb in ALL:
        assert targets[verb.target] >= {option.variable for option in verb.options}, verb.target


def test_the_reference_names_every_flag() -> None:
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    for verb in ALL:
        heading = rf"^### `(?:invoke )?{re.escape(verb.name)}[` ]"
        section = re.split(heading, text, flags=re.MULTILINE)[1].partition("###")[0]
        assert all(f"`{option.flag}`" in section for option in verb.options)


@pytest.mark.parametrize(
    ("kind", "given", "stated", "value"),
    [
        (OptionKind.TEXT, "a", "b", "a"),
        (OptionKind.TEXT, None, "b", "b"),
        (OptionKind.TEXT, "", "", None),
        (OptionKind.SWITCH, False, "1", True),
        (OptionKind.SWITCH, True, "no", True),
        (OptionKind.SWITCH, False, "Off", False),
        (OptionKind.SWITCH, False, "", False),
        (OptionKind.LIST, ["a", "b"], "c", ["a", "b"]),
        (OptionKind.LIST, [], "c,d", ["c,d"]),
        (OptionKind.LIST, [], "", []),
        (OptionKind.WORDS, [], "A=1 B=2", ["A=1", "B=2"]),
    ],
)
def test_a_flag_wins_over_the_environment_and_empty_is_not_given(
    monkeypatch: pytest.MonkeyPatch,
    kind: OptionKind,
    given: str | bool | list[str] | None,
    stated: str,
    value: object,
) -> None:
    monkeypatch.setenv("SEATRIAL_SOMETHING_NEW", stated)
    assert Option("something_new", "", kind).value(given) == value


def test_the_list_of_rules_holds_every_rule() -> None:
    command = [sys.executable, "-m", "seatrial", "rules"]
    done = subprocess.run(
        command, env={"PYTHONPATH": str(SOURCES)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == listing(EVERY)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("validate -i lint", ["lint", "validate"]),
        ("release.plan --root x", ["release.plan"]),
        ("release", ["release"]),
    ],
)
def test_parsers_are_made_only_for_the_tasks_that_a_command_line_may_name(
    line: str, names: list[str]
) -> None:
    assert sorted(verb.name for verb in program.named(line.split())) == names


@pytest.mark.parametrize("line", ["", "--list", "validte", "--help validate", "validate --help", "-h"])
def test_parsers_are_made_for_all_tasks_where_any_of_them_may_be_meant(line: str) -> None:
    assert program.named(line.split()) == VERBS
