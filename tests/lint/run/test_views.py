"""What tools see: their own folders, less what is somebody's secret."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.core.model import Integration, MemoryFolder
from seatrial.lint.environments.environment import BESIDE
from seatrial.lint.run.jobs import LintJob, leads_elsewhere, read_folder
from seatrial.lint.run.views import Views
from seatrial.lint.tools import mypy, ruff


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("jira", "other"):
        folder = tmp_path / "integrations" / name
        folder.mkdir(parents=True)
        for file in ("main.py", ".env", "local.py"):
            (folder / file).write_text("")
    (tmp_path / ".git" / "info").mkdir(parents=True)
    return tmp_path


def views(root: Path, *, git: bool = True) -> Views:
    ignored = [f"integrations/{name}/{file}" for name in ("jira", "other") for file in (".env", "local.py")]
    return Views(
        root,
        root / "scratch",
        lambda at: ignored if git else None,
        lambda at: ignored if git else None,
        Path(),
    )


def job(root: Path, path: str = "integrations/jira") -> LintJob:
    integration = Integration("jira", path, MemoryFolder({}))
    return LintJob(read_folder(root, integration), mypy.TOOL, "1", (), "", {})


def test_a_job_sees_its_own_folder_and_no_other(root: Path) -> None:
    view = views(root).of([job(root)], BESIDE)
    assert root / "integrations" / "jira" in view.shown
    assert not any(root / "integrations" / "other" in (path, *path.parents) for path in view.shown)
    assert root not in (*view.readable, *view.shown)


def test_what_git_ignores_in_it_is_covered_but_for_modules(root: Path) -> None:
    covered = views(root).of([job(root)], BESIDE).covered
    assert root / "integrations" / "jira" / ".env" in covered
    assert root / "integrations" / "jira" / "local.py" not in covered


def test_where_git_cannot_tell_what_it_ignores_secrets_are_covered_all_the_same(root: Path) -> None:
    folder = root / "integrations" / "jira"
    unasked = views(root, git=False)
    assert folder / ".env" in unasked.of([job(root)], BESIDE).covered
    assert list(unasked.withheld(folder)) == [folder / ".env"]


def test_a_root_that_is_the_integration_shows_nothing_of_git(root: Path) -> None:
    view = views(root).of([job(root, "")], BESIDE)
    assert root in view.shown
    assert root / ".git" in view.covered


def test_settings_that_lead_elsewhere_show_what_git_tracks_and_nothing_outside_git(root: Path) -> None:
    leading = replace(job(root), leads_out=True)
    wide, narrow = (views(root, git=git).of([leading], BESIDE) for git in (True, False))
    assert root in wide.readable
    assert {root / ".git", root / "integrations" / "other" / ".env"} <= {*wide.hidden}
    assert root not in narrow.readable


@pytest.mark.parametrize(
    "settings",
    [
        {"mypy_path": ".."},
        {"mypy_path": "stubs:../other"},
        {"mypy_path": ["stubs, .."]},
        {"extend": "//etc/passwd"},
        {"extend": "/srv/.secret"},
        {"src": ["~/x"]},
        {"files": "$HOME"},
        {"extend": "https://../../other/.env"},
        {"lint": {"per-file": [{"path": "a/../../b"}]}},
    ],
)
def test_a_path_out_of_the_folder_is_recognised(settings: object) -> None:
    assert leads_elsewhere(settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"exclude": "/(\\.venv|build)/"},
        {"extend-exclude": "/\\..*/"},
        {"line-length": 100, "select": ["E"], "plugins": ["pydantic.mypy"]},
        {"mypy_path": "stubs:./more"},
        {"files": "a..b"},
        {"homepage": "https://app.getport.io/x", "python": "~3.12", "description": "Jira / Port (beta)"},
        {"dependencies": {"port_ocean": {"version": "^0.30", "extras": ["cli"]}}, "authors": ["A <a@b.io>"]},
    ],
)
def test_patterns_and_paths_within_are_not(settings: object) -> None:
    assert not leads_elsewhere(settings)


def test_a_settings_file_is_taken_for_leading_out_where_it_may() -> None:
    assert leads_elsewhere({}, "[mypy]\nmypy_path = ..\n")
    assert leads_elsewhere({}, 'extend = "../ruff.toml"\n')
    assert not leads_elsewhere({}, "[mypy]\nstrict = True\n")


@pytest.mark.parametrize(
    "text", [b"[tool.mypy]\nx = " + b"[" * 200 + b"]" * 200, b"[tool", b"\xff", b"tool = 1"]
)
def test_a_pyproject_that_is_not_understood_isolates_every_tool(root: Path, text: bytes) -> None:
    folder = root / "integrations" / "jira"
    (folder / "pyproject.toml").write_bytes(text)
    integration = Integration("jira", "integrations/jira", MemoryFolder({"pyproject.toml": text}))
    assert read_folder(root, integration).unread
    assert ruff.TOOL.runs_code is None
