"""What the files of folders were at points of the history."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.fleet.quality.fleet_history import MOST_BYTES, fleet_over_time
from seatrial.system import git as reading
from support.repositories import DAY, commit, git, put, start

CORE = '[tool.poetry.dependencies]\nport_ocean = {version = "^%s", extras = ["cli"]}\n'


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = start(tmp_path_factory.mktemp("history"))
    commit(root, {"fleet/integrations/a/pyproject.toml": CORE % "0.40.0", "README.md": ""})
    commit(
        root,
        {
            "fleet/integrations/b/pyproject.toml": '[tool.poetry.dependencies.port_ocean]\nversion = "^0.43"',
            "fleet/integrations/_infra/pyproject.toml": "",
        },
    )
    put(
        root,
        {"fleet/integrations/c/pyproject.toml": "#" * (MOST_BYTES + 1), "fleet/integrations/d/other": "x"},
    )
    (root / "fleet/integrations/e").mkdir()
    (root / "fleet/integrations/e/pyproject.toml").symlink_to("/etc/passwd")
    commit(root, {"fleet/integrations/f/pyproject.toml": "port_ocean = {" + "version " * 10_000})
    return root / "fleet"


def test_the_fleet_is_counted_at_each_point_by_what_git_has(repository: Path) -> None:
    sizes, behind = fleet_over_time(repository, "integrations")
    assert sizes.lines["integrations"] == [1, 2, 4], "a link has the bytes of its target's name"
    assert behind.lines["most"] == [0, 3, 3]


def test_points_are_spread_in_time_and_bounded(repository: Path) -> None:
    assert len(reading.points(repository, 30)) == 3
    assert len(reading.points(repository, 2)) <= 2
    commits = git(repository, "log", "--format=%H").split()
    assert reading.points(repository, 2)[-1][0] in commits


def test_a_folder_that_was_not_there_has_no_folders(repository: Path) -> None:
    assert reading.folders(repository, reading.resolve(repository, "HEAD"), "nowhere") == {}
    assert date.fromtimestamp(reading.points(repository, 3)[0][1]).year == 2023


def test_the_changes_of_a_folder_are_whole_paths_whatever_their_letters(tmp_path: Path) -> None:
    root = start(tmp_path)
    odd = ("a/plain", 'a/"ü"', "a/x\n/7")
    commit(root, {**{f"below/{path}": "" for path in (*odd, "\n/8", "\x019")}, "beside": ""})
    commit(root, {"beside": "2"})
    ((time, paths),) = reading.changes_by_time(root / "below")
    assert (time, sorted(paths)) == (DAY, sorted([*odd, "\n/8", "\x019"]))


def test_a_longer_history_than_is_read_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.system.git.history.MOST_COMMITS", 3)
    assert len(list(reading.changes_by_time(repository))) == 3
    monkeypatch.setattr("seatrial.system.git.history.MOST_COMMITS", 2)
    with pytest.raises(UsageError, match="more than 2 commits change something in"):
        list(reading.changes_by_time(repository))
