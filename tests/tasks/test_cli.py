"""Options as people state them."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.tasks.choice import tell_crashes
from seatrial.tasks.cli import (
    Ended,
    clean_end,
    in_make,
    jobs_of,
    must_be_text_or_json,
    note,
    show_words,
    typed,
    worded,
)
from seatrial.tasks.own_code import UNIT, _told
from seatrial.tasks.program import _with_command, names_as_flags
from seatrial.tasks.progress import open_bar


@pytest.mark.parametrize(("text", "jobs"), [("1", 1), ("16", 16), ("256", 256)])
def test_jobs_are_a_number(text: str, jobs: int) -> None:
    assert jobs_of(text) == jobs


@pytest.mark.parametrize("text", ["0", "-1", "257", "1.5", "two", "٣", "9" * 5000])
def test_other_jobs_are_wrong_use(text: str) -> None:
    with pytest.raises(UsageError, match="jobs is a number from 1 to 256"):
        jobs_of(text)


def test_without_a_number_there_is_a_job_a_core() -> None:
    assert jobs_of(None) == jobs_of("") >= 1


@pytest.mark.parametrize("format", [None, "text", "json"])
def test_a_format_may_be_text_or_json(format: str | None) -> None:
    must_be_text_or_json(format, "a plan")


@pytest.mark.parametrize("format", ["", "yaml", "JSON", "y" * 5000])
def test_another_format_is_wrong_use(format: str) -> None:
    with pytest.raises(UsageError, match=f'^the format of a plan is text or json, not "{format[:40]}"$'):
        must_be_text_or_json(format, "a plan")


def test_a_rule_that_fails_is_told_with_the_first_integration_and_how_many_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell_crashes(
        {"SPC001: KeyError": ["jira"], "SPC002: TypeError": ["jira", "okta", "snyk"], "X": ["a", "b"]}
    )
    assert capsys.readouterr().err == (
        "seatrial: a rule failed on jira: SPC001: KeyError; please report it\n"
        "seatrial: a rule failed on jira and 2 others: SPC002: TypeError; please report it\n"
        "seatrial: a rule failed on a and 1 other: X; please report it\n"
    )


def test_none_are_counted_in_the_plural(capsys: pytest.CaptureFixture[str]) -> None:
    _told(UNIT, 0)
    assert capsys.readouterr().err.startswith("running the tests of 0 integrations, each in")


def test_a_bar_shows_no_name_that_could_command_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    advance, close = open_bar(2)
    advance("a\x1b]0;owned\x07b\x9b31m", 1)
    close()
    shown = capsys.readouterr().err
    assert "owned" in shown
    assert not set("\x07\x9b") & set(shown)
    assert "\x1b]0;owned" not in shown


def test_a_failure_of_the_machine_is_one_harmless_line() -> None:
    with pytest.raises(Ended) as end, clean_end():
        raise FileNotFoundError(2, "No such file", "a\x1b[31m\n::error::b")
    assert end.value.message == "seatrial: a\\x1b[31m\\n::error::b: no such file"


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("validate jira", "validate -i jira"),
        ("validate jira okta --strict", "validate -i jira -i okta --strict"),
        ("validate -f json jira", "validate -f json -i jira"),
        ("validate --format=json jira,okta", "validate --format=json -i jira,okta"),
        ("lint --fix jira --why okta", "lint --fix -i jira --why okta"),
        ("lint validate", "lint validate"),
        ("validate -i lint", "validate -i lint"),
        ("release.intent jira --bump patch", "release.intent -i jira --bump patch"),
        ("new Jira", "new Jira"),
        ("explain SPC001", "explain SPC001"),
        ("release.yank jira 1.0.0", "release.yank jira 1.0.0"),
        ("jira", "jira"),
    ],
)
def test_names_may_stand_behind_a_task_that_chooses_integrations(line: str, read: str) -> None:
    assert " ".join(names_as_flags(line.split())) == read


def test_what_to_type_next_is_a_command_that_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["/opt/my tools/seatrial"])
    assert typed("validate", "my-service") == "'/opt/my tools/seatrial' validate -i my-service"
    monkeypatch.setattr("sys.argv", ["-m"])
    assert typed("validate").endswith(" -P -m seatrial validate")
    (tmp_path / "seatrial").touch(mode=0o755)
    assert typed("validate", "my-service") == "seatrial validate -i my-service"
    assert typed("validate", "a", "../my repo") == "seatrial validate -i a --root '../my repo'"
    monkeypatch.setenv("MAKELEVEL", "1")
    monkeypatch.delenv("SEATRIAL_ROOT", raising=False)
    assert typed("validate", "my-service") == "make validate INTEGRATION=my-service"
    monkeypatch.setenv("SEATRIAL_ROOT", "../mine")
    assert typed("validate", "my-service") == "make validate INTEGRATION=my-service ROOT=../mine"


@pytest.mark.parametrize(
    ("command", "made"),
    [
        ("seatrial fix", "make fix ROOT=../mine"),
        ("seatrial preview --accept --yes", "make preview ROOT=../mine ACCEPT=1 YES=1"),
        (
            'seatrial release.intent -i jira --bump minor --message "what changes"',
            "make release-intent INTEGRATION=jira ROOT=../mine BUMP=minor MESSAGE='what changes'",
        ),
        ("poetry lock", "poetry lock"),
        ("seatrial explain SPC101", "make explain ROOT=../mine CODE=SPC101"),
        ('seatrial new "My Service"', "make new ROOT=../mine NAME='My Service'"),
        ("seatrial --help new", "make help"),
        (
            "seatrial release.yank jira 1.2.3 --reason TEXT",
            "make release-yank ROOT=../mine TYPE=jira VERSION=1.2.3 REASON=TEXT",
        ),
        ("seatrial fleet.run -- git log -1", "make fleet-run ROOT=../mine COMMAND='git log -1'"),
        ("seatrial validate jira gitlab -i okta", "make validate INTEGRATION=jira,gitlab,okta ROOT=../mine"),
        ("seatrial nothing", "seatrial nothing"),
        ("seatrial fix --nothing", "seatrial fix --nothing"),
        ("seatrial fix 'unclosed", "seatrial fix 'unclosed"),
    ],
)
def test_a_command_is_said_as_make_takes_it_where_make_was_typed(
    monkeypatch: pytest.MonkeyPatch, command: str, made: str
) -> None:
    monkeypatch.setenv("SEATRIAL_ROOT", "../mine")
    monkeypatch.setenv("MAKELEVEL", "1")
    assert in_make(command) == made
    monkeypatch.delenv("MAKELEVEL")
    assert in_make(command) == command


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "which rule? type `seatrial explain SPC1`; `seatrial rules` lists them",
            "which rule? type `make explain ROOT=../mine CODE=SPC1`; `make rules ROOT=../mine` lists them",
        ),
        ("type --root a/b; or git's `git rm --cached x`", "type ROOT=a/b; or git's `git rm --cached x`"),
        ("name one with --root, or type --yes to push", "name one with ROOT=, or type YES=1 to push"),
        ("--kinds names it twice; say --no-such", "KINDS= names it twice; say --no-such"),
        ('--force "REASON"', 'FORCE="REASON"'),
    ],
)
def test_a_message_names_targets_and_variables_where_make_was_typed(
    monkeypatch: pytest.MonkeyPatch, message: str, said: str
) -> None:
    monkeypatch.setenv("SEATRIAL_ROOT", "../mine")
    assert worded(message) == message
    monkeypatch.setenv("MAKELEVEL", "1")
    assert worded(message) == said


def test_the_words_of_another_program_stay_its_own_where_make_was_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAKELEVEL", "1")
    words = "1 fixable with the --fix option, see `seatrial fix`\nunknown: --timeout 5\x1b[2J"
    show_words(words)
    note("type --fix")
    assert capsys.readouterr().err == words.replace("\x1b", "\\x1b") + "\ntype FIX=1\n"


def test_the_makefile_of_a_folder_lacks_most_targets_so_that_nothing_is_said_of_make(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MAKELEVEL", "1")
    monkeypatch.setenv("SEATRIAL_TOOLS", "")
    monkeypatch.delenv("SEATRIAL_INTEGRATION", raising=False)
    assert in_make("seatrial explain SPC101") == "seatrial explain SPC101"
    monkeypatch.setenv("SEATRIAL_INTEGRATION", "")
    assert in_make("seatrial explain SPC101") == "make explain CODE=SPC101"


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("exempt -i jira SPC011 RES203", "exempt -i jira --codes SPC011 --codes RES203"),
        ("fleet.run jira --jobs 2", "fleet.run -i jira --jobs 2"),
    ],
)
def test_words_behind_a_task_have_the_flag_of_what_it_takes(line: str, read: str) -> None:
    assert " ".join(names_as_flags(line.split())) == read


def test_the_words_behind_two_dashes_are_the_command_of_a_task_that_runs_one() -> None:
    line = ["seatrial", "fleet.run", "-i", "a", "--", "sh", "-c", "echo 'x y' --help"]
    assert _with_command(line)[4:] == ["--command", "sh -c 'echo '\"'\"'x y'\"'\"' --help'"]
    assert _with_command(["seatrial", "validate", "--", "x"]) == ["seatrial", "validate", "--", "x"]
