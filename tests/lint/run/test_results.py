"""Results kept from run to run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.lint.run.results import Results
from seatrial.lint.tools.tool import Output, ToolRun
from seatrial.system.cache import DAY, MOST_DAYS, home, is_from_fork
from support.shared import MAIN_KEY, MemoryEntries, machine

KEY = "ab" * 32
RUN = ToolRun(Output(1, "[{}]", "warning: \x1b[31m", 1.5), Output(0, "--- a.py", "", 0.1))


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "results")


def only_file(results: Results) -> Path:
    return results._place(KEY)


def test_what_is_kept_is_found_again(results: Results) -> None:
    results.keep(KEY, RUN)
    assert results.run(KEY) == RUN


def test_a_run_without_a_follow_up_is_found_again(results: Results) -> None:
    results.keep(KEY, ToolRun(RUN.output))
    assert results.run(KEY) == ToolRun(RUN.output)


def test_nothing_is_found_under_another_key(results: Results) -> None:
    results.keep(KEY, RUN)
    assert results.run("cd" * 32) is None


@pytest.mark.parametrize("keep", range(0, 200, 7))
def test_a_truncated_file_is_not_a_result(results: Results, keep: int) -> None:
    results.keep(KEY, RUN)
    whole = only_file(results).read_bytes()
    only_file(results).write_bytes(whole[: min(keep, len(whole) - 1)])
    assert results.run(KEY) is None


@pytest.mark.parametrize("place", range(0, 150, 11))
def test_a_changed_byte_makes_it_no_result(results: Results, place: int) -> None:
    results.keep(KEY, RUN)
    whole = bytearray(only_file(results).read_bytes())
    whole[place] ^= 1
    only_file(results).write_bytes(bytes(whole))
    assert results.run(KEY) is None


def test_a_folder_at_the_path_of_a_result_is_harmless(results: Results) -> None:
    only_file(results).mkdir(parents=True)
    assert results.run(KEY) is None
    results.keep(KEY, RUN)
    assert results.run(KEY) is None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file where the folder would be")
    results = Results(tmp_path / "results")
    results.keep(KEY, RUN)
    results.remember(tmp_path, "ruff", {"tool": "ruff"})
    assert results.run(KEY) is None
    assert results.last(tmp_path, "ruff") == {}


def test_the_last_record_is_of_one_folder_and_one_tool(results: Results, tmp_path: Path) -> None:
    results.remember(tmp_path, "ruff", {"tool": "ruff 1"})
    assert results.last(tmp_path, "ruff") == {"tool": "ruff 1"}
    assert results.last(tmp_path, "black") == {}
    assert results.last(tmp_path / "other", "ruff") == {}


def test_unused_results_are_swept(results: Results) -> None:
    results.keep(KEY, RUN)
    kept_at = only_file(results).stat().st_mtime
    results.sweep(kept_at + DAY)
    assert results.run(KEY) == RUN
    results.sweep(kept_at + (MOST_DAYS + 1) * DAY)
    assert results.run(KEY) is None


def test_beyond_the_size_limit_the_oldest_are_swept(results: Results) -> None:
    import os

    keys = [f"{number:064x}" for number in range(10)]
    for age, key in enumerate(reversed(keys)):
        results.keep(key, RUN)
        os.utime(results._place(key), (1000 - age, 1000 - age))
    size = results._place(keys[0]).stat().st_size
    results.sweep(1000, most_bytes=3 * size)
    assert [key for key in keys if results.run(key)] == keys[-3:]


def test_the_folder_for_all_of_it_can_be_named(tmp_path: Path) -> None:
    assert home({"SEATRIAL_CACHE": str(tmp_path)}) == tmp_path
    assert home({}).name == "seatrial"


def event(folder: Path, head: str, base: str = "org/repo") -> dict[str, str]:
    """The variables of GitHub Actions for a pull request."""
    sides = {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": base}}}
    (folder / "event.json").write_text(json.dumps({"pull_request": sides}))
    return {"GITHUB_EVENT_PATH": str(folder / "event.json")}


def test_a_change_from_another_repository_is_recognised(tmp_path: Path) -> None:
    assert is_from_fork(event(tmp_path, "stranger/repo"))
    assert not is_from_fork(event(tmp_path, "org/repo"))
    assert is_from_fork({"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2", "CI_PROJECT_ID": "1"})
    assert not is_from_fork({"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1", "CI_PROJECT_ID": "1"})


@pytest.mark.parametrize("text", ["", "[]", '{"push": {}}', '{"pull_request": {"head": {"repo": null}}}'])
def test_what_is_no_pull_request_is_no_fork(tmp_path: Path, text: str) -> None:
    (tmp_path / "event.json").write_text(text)
    damaged = {"GITHUB_EVENT_PATH": str(tmp_path / "event.json")}
    assert not is_from_fork({**damaged, "GITHUB_EVENT_NAME": "push"})
    assert is_from_fork({**damaged, "GITHUB_EVENT_NAME": "pull_request"})
    assert not is_from_fork({})


def test_without_keeping_nothing_is_written(tmp_path: Path) -> None:
    results = Results(tmp_path / "results", keeping=False)
    results.keep("a" * 64, ToolRun(Output(0)))
    results.remember(tmp_path, "mypy", {"recipe": 1})
    assert not (tmp_path / "results").exists()


def shared_by(place: MemoryEntries, folder: Path, main: bool = False, **more: Any) -> Results:
    """The results of a machine that shares them."""
    cache = machine(place, folder, MAIN_KEY if main else None, **more)
    return Results(folder / "results", shared=cache)


def test_a_result_of_the_main_branch_is_found_by_others_without_its_times(tmp_path: Path) -> None:
    place = MemoryEntries()
    main = shared_by(place, tmp_path / "main", main=True)
    main.keep(KEY, RUN)
    main.send()
    timeless = ToolRun(Output(1, RUN.output.out, RUN.output.err), Output(0, "--- a.py"))
    assert shared_by(place, tmp_path / "a").shared({KEY: 60.0, "cd" * 32: 60.0}) == {KEY: timeless}
    assert shared_by(MemoryEntries(), tmp_path / "a").shared({KEY: 60.0}) == {KEY: timeless}, "it was copied"


def test_what_was_taken_counts_for_nobody_who_believes_others(tmp_path: Path) -> None:
    """Neither for another key, nor for another version, nor for a run that shares nothing, such as a release."""
    place = MemoryEntries()
    main = shared_by(place, tmp_path / "main", main=True)
    main.keep(KEY, RUN)
    main.send()
    assert shared_by(place, tmp_path / "a").shared({KEY: 60.0})
    nothing = MemoryEntries()
    assert shared_by(nothing, tmp_path / "a", trust="other").shared({KEY: 60.0}) == {}
    assert shared_by(nothing, tmp_path / "a", program="q" * 40).shared({KEY: 60.0}) == {}
    assert Results(tmp_path / "a" / "results").run(KEY) is None


def test_a_run_that_signs_believes_nothing_that_lies_on_its_machine(tmp_path: Path) -> None:
    place = MemoryEntries()
    Results(tmp_path / "results").keep(KEY, RUN)
    assert shared_by(place, tmp_path).run(KEY) == RUN
    signing = shared_by(place, tmp_path, main=True)
    assert signing.run(KEY) is None
    assert signing.shared({KEY: 60.0}) == {}


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        [],
        {},
        {"output": None, "more": None},
        {"output": {"status": "0"}, "more": None},
        {"output": {"status": True}, "more": None},
        {"output": {"status": 0, "out": 5}, "more": None},
        {"output": {"status": 0}, "more": {"status": 0, "err": None}},
        {"output": {"status": 0}, "more": 5},
        {"output": {"status": 0, "seconds": "x"}, "more": None},
    ],
)
def test_a_shared_result_of_another_form_is_none(tmp_path: Path, value: Any) -> None:
    place = MemoryEntries()
    main = machine(place, tmp_path / "main", MAIN_KEY)
    main.offer("lint", KEY, value)
    main.send()
    assert shared_by(place, tmp_path / "a").shared({KEY: 60.0}) == {}
