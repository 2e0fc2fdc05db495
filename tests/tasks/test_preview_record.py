"""`preview --record` and `preview --accept` as the command line calls them."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from seatrial.preview.evaluator import Evaluator
from seatrial.tasks import preview as preview_task
from seatrial.tasks.cli import Ended
from support.verbs import call

CONFIG = """
resources:
  - kind: issue
    selector: {query: 'true'}
    port: {entity: {mappings: {identifier: .id, blueprint: '"issue"', title: .title}}}
"""
GOLDEN = "examples/issue/a-expected-output.json"


@pytest.fixture(scope="module")
def warm() -> Iterator[Evaluator]:
    with Evaluator() as evaluator:
        yield evaluator


@pytest.fixture(autouse=True)
def one_process_for_all(warm: Evaluator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.tasks.preview.Evaluator", lambda: nullcontext(warm))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "integrations" / "alpha"
    for inner, text in {
        ".port/spec.yaml": "title: it\n",
        ".port/resources/port-app-config.yaml": CONFIG,
        ".port/examples/issue/a.json": '{"id": "A-1", "title": "one"}',
        "poetry.lock": '\n[[package]]\nname = "port-ocean"\nversion = "0.48.12"\n',
    }.items():
        (folder / inner).parent.mkdir(parents=True, exist_ok=True)
        (folder / inner).write_text(text)
    return folder


def preview(folder: Path, **flags: Any) -> int:
    """Return the exit status."""
    try:
        call("preview", root=str(folder.parent.parent), **flags)
    except Ended as ended:
        print(ended.message, file=sys.stderr)
        return ended.code
    return 0


def change(folder: Path) -> None:
    (folder / ".port/examples/issue/a.json").write_text('{"id": "A-1", "title": "two"}')


def recorded(folder: Path) -> Any:
    return json.loads((folder / GOLDEN).read_text())["title"]


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    terminal = io.StringIO(text)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)


def test_what_was_recorded_is_held_against_what_is_made(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert preview(folder, record=True) == 0
    assert capsys.readouterr().err == f"recorded integrations/alpha/{GOLDEN}\n"
    assert preview(folder) == 0
    assert "    1 of 1 as recorded\n" in capsys.readouterr().out
    change(folder)
    assert preview(folder) == 1
    printed = capsys.readouterr()
    assert f'    {GOLDEN}: title: recorded "one", now "two"\n' in printed.out
    assert "; 1 recorded file differs\n`seatrial preview --accept` shows" in printed.err
    assert preview(folder, accept=True) == 2
    printed = capsys.readouterr()
    assert printed.out.splitlines()[1:] == ["  title", '    - "one"', '    + "two"']
    assert "there is nobody to ask here" in printed.err
    assert recorded(folder) == "one"
    assert preview(folder, accept=True, yes=True) == 0
    assert capsys.readouterr().err == f"brought up to date: integrations/alpha/{GOLDEN}\n"
    assert preview(folder, accept=True) == preview(folder) == 0
    assert recorded(folder) == "two"


@pytest.mark.parametrize(("text", "code", "title"), [("y\n", 0, "two"), ("n\n", 1, "one"), ("", 1, "one")])
def test_a_person_is_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, code: int, title: str
) -> None:
    preview(folder, record=True)
    change(folder)
    answer(monkeypatch, text)
    assert preview(folder, accept=True) == code
    assert recorded(folder) == title


def test_what_is_stale_is_not_recorded_anew(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    preview(folder, record=True)
    change(folder)
    capsys.readouterr()
    assert preview(folder, record=True) == 0
    assert capsys.readouterr().err == (
        "1 file is stale and left; --accept brings them up to date\n"
        "nothing was recorded; no example lacks its entities\n"
    )


@pytest.mark.parametrize("where", ["examples", "examples/issue"])
def test_nothing_is_recorded_through_a_link(folder: Path, where: str) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (folder / where).parent.mkdir(parents=True, exist_ok=True)
    (folder / where).symlink_to(elsewhere)
    assert preview(folder, record=True) == 3
    assert list(elsewhere.iterdir()) == []


def test_nothing_is_accepted_through_a_link(folder: Path) -> None:
    preview(folder, record=True)
    change(folder)
    elsewhere = folder.parent / "entity.json"
    (folder / GOLDEN).rename(elsewhere)
    (folder / GOLDEN).symlink_to(elsewhere)
    assert preview(folder, accept=True, yes=True) == 3
    assert recorded(folder) == "one"


def test_a_run_that_is_interrupted_leaves_nothing_half(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".port/examples/issue/b.json").write_text('{"id": "B-1"}')
    real, seen = os.replace, []

    def replace(*given: Any, **options: Any) -> None:
        seen.append(given)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", replace)
    assert preview(folder, record=True) == 130
    monkeypatch.setattr(os, "replace", real)
    assert seen
    assert not [
        one for one in folder.parent.parent.rglob("*") if "seatrial-" in one.name or "expected" in one.name
    ]


def test_an_example_on_which_ocean_fails_is_not_recorded(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".port/resources/port-app-config.yaml").write_text(CONFIG.replace("'true'", "'.id'"))
    assert preview(folder, record=True) == 1
    assert "not recorded: integrations/alpha/examples/issue/a-expected-output.json: an object failed: " in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("other", ["accept", "sample", "watch"])
def test_what_asks_for_different_things_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], other: str
) -> None:
    flags: dict[str, Any] = {other: str(folder / "poetry.lock") if other == "sample" else True}
    assert preview(folder, record=True, **flags) == 2
    assert capsys.readouterr().err == f"seatrial: --record and --{other} cannot be given together\n"


def test_many_differences_are_counted(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_task, "MOST_SHOWN", 1)
    preview(folder, record=True)
    (folder / ".port/examples/issue/a.json").write_text('{"id": "A-2", "title": "\\u001b[31m"}')
    capsys.readouterr()
    preview(folder, accept=True, yes=True)
    printed = capsys.readouterr().out
    assert printed.splitlines()[1:] == ["  identifier", '    - "A-1"', '    + "A-2"', "  and 1 more"]
    assert "\x1b" not in printed
