"""One command in many folders: its results in order, and an end of all that were started."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from seatrial.core.model import Integration, MemoryFolder
from seatrial.fleet.commands import filled, results

SHELL = "/bin/sh"


def integrations(root: Path, *names: str) -> list[Integration]:
    for name in names:
        (root / name).mkdir()
    return [Integration(name, name, MemoryFolder.of({})) for name in names]


def test_results_come_in_the_order_of_the_integrations_with_what_was_written(tmp_path: Path) -> None:
    some = integrations(tmp_path, "a", "b", "c")
    script = 'test {name} = a && sleep 0.2; printf "\\033[1m%s\\n" {path}; test {name} != b'
    told: list[str] = []
    with results(tmp_path, some, [SHELL, "-c", script], 3, lambda one: told.append(one.name)) as done:
        found = [(one.name, one.status, [*one.lines()]) for one in done]
    assert found == [("a", 0, ["\\x1b[1ma"]), ("b", 1, ["\\x1b[1mb"]), ("c", 0, ["\\x1b[1mc"])]
    assert sorted(told) == ["a", "b", "c"] and told[-1] == "a"


def test_a_program_that_is_not_there_fails_by_name(tmp_path: Path) -> None:
    with results(tmp_path, integrations(tmp_path, "a"), ["no-such-program"], 1, lambda one: None) as done:
        (found,) = done
    assert not found.is_well and "no-such-program is not on this machine" in found.words


def test_leaving_before_the_end_ends_all_that_run_and_starts_no_more(tmp_path: Path) -> None:
    some = integrations(tmp_path, *"abcdef")
    script = "echo $$ > started; sleep 60 & wait"

    def leave() -> None:
        with results(tmp_path, some, [SHELL, "-c", script], 2, lambda one: None):
            while sum((tmp_path / one.name / "started").exists() for one in some) < 2:
                time.sleep(0.01)
            time.sleep(0.05)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    started = [int(path.read_text()) for path in tmp_path.glob("*/started")]
    assert len(started) == 2
    for process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_placeholders_are_filled_once_and_other_braces_stay() -> None:
    one = Integration("a", "integrations/a", MemoryFolder.of({}))
    words = filled(["{name}", "x{path}y", "${HOME}", "{root}"], Path("/{name} r"), one)
    assert words == ["a", "xintegrations/ay", "${HOME}", "/{name} r"]


@pytest.mark.parametrize("name", ["$(touch x)", '";touch x;"', "--output=x", "a\nb", "a b"])
def test_a_folder_s_name_that_is_more_than_a_name_becomes_no_command_and_no_option(
    name: str, tmp_path: Path
) -> None:
    some = integrations(tmp_path, name)
    with results(tmp_path, some, [SHELL, "-c", 'echo "{name}"'], 1, lambda one: None) as done:
        (found,) = done
    assert not found.is_well and "{name} is not filled in" in found.words
    assert not (tmp_path / name / "x").exists()
    with results(tmp_path, some, ["true"], 1, lambda one: None) as done:
        assert [one.is_well for one in done] == [True]
