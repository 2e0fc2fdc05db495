"""What the program inside the sandbox keeps of pytest's reports, and where it says that a test fails."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seatrial.lint.own_code.programs.entry import fill
from seatrial.lint.own_code.programs.tests import Recorder


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    (tmp_path / "tests").mkdir()
    for name in ("test_a.py", "helper.py"):
        (tmp_path / "tests" / name).write_text("")
    monkeypatch.chdir(tmp_path)
    return Recorder()


def report(outcome: str, when: str = "call", text: str = "", **more: Any) -> Any:
    base = {
        "nodeid": "tests/test_a.py::test_one", "outcome": outcome, "when": when, "duration": 0.25,
        "location": ("tests/test_a.py", 4, "test_one"), "longrepr": text, "longreprtext": text,
        "failed": outcome == "failed",
    }  # fmt: skip
    return SimpleNamespace(**base | more)


def traceback(*places: tuple[str, int], message: str) -> Any:
    entries = [SimpleNamespace(reprfileloc=SimpleNamespace(path=path, lineno=line)) for path, line in places]
    crash = SimpleNamespace(message=message)
    return SimpleNamespace(reprtraceback=SimpleNamespace(reprentries=entries), chain=None, reprcrash=crash)


def one(recorder: Recorder) -> dict[str, Any]:
    (kept,) = recorder.tests.values()
    return kept


def test_a_test_that_passes_is_one_line_with_the_time_of_all_its_phases(recorder: Recorder) -> None:
    for when in ("setup", "call", "teardown"):
        recorder.pytest_runtest_logreport(report("passed", when))
    assert (one(recorder)["outcome"], one(recorder)["seconds"]) == ("passed", 0.75)


def test_a_failure_is_at_the_last_line_of_its_own_file(recorder: Recorder) -> None:
    places = [("tests/test_a.py", 7), ("tests/helper.py", 3), ("/usr/lib/json.py", 90)]
    longrepr = traceback(*places, message="ValueError: no\nmore")
    recorder.pytest_runtest_logreport(report("failed", longrepr=longrepr))
    kept = one(recorder)
    assert (kept["path"], kept["line"], kept["message"]) == ("tests/test_a.py", 7, "ValueError: no")


def test_a_failure_without_a_traceback_is_at_the_test(recorder: Recorder) -> None:
    recorder.pytest_runtest_logreport(report("failed", text="[XPASS(strict)]"))
    kept = one(recorder)
    assert (kept["path"], kept["line"], kept["message"]) == ("tests/test_a.py", 5, "[XPASS(strict)]")


def test_what_fails_after_a_test_that_passed_is_an_error(recorder: Recorder) -> None:
    recorder.pytest_runtest_logreport(report("passed"))
    recorder.pytest_runtest_logreport(report("failed", "teardown", text="E   RuntimeError: x\n"))
    assert (one(recorder)["outcome"], one(recorder)["message"]) == ("error", "RuntimeError: x")


def test_a_file_that_cannot_be_imported_is_at_the_line_that_its_text_names(recorder: Recorder) -> None:
    text = 'tests/test_a.py:2: in <module>\n    import no\nE   ModuleNotFoundError: No module named "no"\n'
    recorder.pytest_collectreport(report("failed", text=text, nodeid="tests/test_a.py", location=None))
    assert (one(recorder)["path"], one(recorder)["line"]) == ("tests/test_a.py", 2)
    assert one(recorder)["outcome"] == "uncollected"


def test_only_the_first_of_very_many_texts_are_kept(recorder: Recorder) -> None:
    for number in range(205):
        recorder.pytest_runtest_logreport(
            report("failed", text="E   x", nodeid=f"tests/test_a.py::t{number}")
        )
    assert sum(bool(kept["text"]) for kept in recorder.tests.values()) == 200


def test_a_folder_is_copied_with_its_links_as_links(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to("../nowhere")
    place = tmp_path.parent / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    fill(str(tmp_path))
    assert (place / "tests" / "helper.py").is_file() and (place / "link").is_symlink()
