"""The options of validate for a person at work: --watch, --statistics and --quiet."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.core.model import Profile
from seatrial.handbook.rule_examples import good_folder
from seatrial.tasks.cli import Ended
from support.repositories import put
from support.verbs import call

SPEC = "integrations/alpha/.port/spec.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two integrations: alpha with two errors and a warning, beta with the same package's name."""
    good = good_folder(Profile.GUIDE)
    for name in ("alpha", "beta"):
        put(tmp_path, {f"integrations/{name}/{path}": good.text(path) for path in good.files})
    return tmp_path


def faulty(root: Path) -> None:
    spec = root / SPEC
    text = spec.read_text().replace("type: integer", "type: number")
    icon = next(line for line in text.split("\n") if line.startswith("icon: "))
    spec.write_text(text.replace(icon, icon.lower()))
    (root / "integrations/alpha/README.md").write_text("")


def validate(root: Path, **options: bool | str | None) -> int:
    try:
        call("validate", root=str(root), integration=["alpha"], no_cache=True, **options)
    except Ended as end:
        return end.code
    return 0


def test_quiet_shows_errors_and_the_last_line_with_the_same_status(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faulty(root)
    status = validate(root)
    loud = capsys.readouterr()
    assert validate(root, quiet=True) == status == 1
    quiet = capsys.readouterr()
    assert quiet.out.splitlines() == [line for line in loud.out.splitlines() if ": error " in line]
    assert 0 < len(quiet.out.splitlines()) < len(loud.out.splitlines())
    assert quiet.err == loud.err.splitlines(keepends=True)[-1]


def test_statistics_count_by_code_and_mark_what_can_be_repaired(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faulty(root)
    assert validate(root, format="json") == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert validate(root, statistics=True) == 1
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert sum(int(line[0]) for line in lines) == len(found)
    assert {line[2] for line in lines} == {one["code"] for one in found}
    safe = {one["code"] for one in found if one["fix"] and one["fix"]["safe"]}
    assert {line[2] for line in lines if line[-1] == "[fix]"} == safe != set()
    assert validate(root, statistics=True, format="json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [(str(one["count"]), one["severity"], one["code"], one["name"]) for one in told["statistics"]] == [
        tuple(line[:4]) for line in lines
    ]
    assert told["findings"] == found


def test_statistics_come_in_no_other_format(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate(root, statistics=True, format="sarif") == 2
    assert validate(root, statistics=True, quiet=True) in (0, 1)


def watched(
    root: Path, steps: list[Callable[[], object]], monkeypatch: pytest.MonkeyPatch, **options: bool | str
) -> None:
    """Watch, and take one step in each pause."""
    left = iter(steps)

    def pause(_: float) -> None:
        step = next(left, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    monkeypatch.setattr(time, "sleep", pause)
    assert validate(root, watch=True, **options) == 0


def test_watch_judges_again_what_has_changed_and_nothing_else(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, new = root / SPEC, root / "integrations/alpha/.port/spec.json"
    text = spec.read_text()
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: spec.write_text(text),
        lambda: spec.write_text(text.replace("type: integer", "type: number")),
        lambda: spec.write_text(text),
        lambda: new.write_text("{}"),
        lambda: (root / "seatrial.toml").write_text("x = 1\n"),
        lambda: (root / "seatrial.toml").unlink(),
    ]
    watched(root, steps, monkeypatch)
    told = capsys.readouterr()
    last = [line for line in told.err.splitlines() if "1 integration" in line or "seatrial.toml" in line]
    assert len(last) == 6
    assert "x" in last[4]
    codes = [line.split()[2] for line in told.out.splitlines()]
    assert codes.count("SPC105") == 1
    assert "LAY101" in codes


def test_watch_sees_what_changes_beside_it(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    beta = root / "integrations/beta/pyproject.toml"
    text = beta.read_text()
    steps: list[Callable[[], object]] = [
        lambda: beta.write_text(text.replace('name = "good-service"', 'name = "beta"')),
    ]
    watched(root, steps, monkeypatch)
    said = capsys.readouterr()
    assert len([line for line in said.err.splitlines() if "1 integration" in line]) == 2
    assert said.out.count("PKG204") == 1
