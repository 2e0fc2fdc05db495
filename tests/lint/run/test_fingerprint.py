"""The fingerprint of a folder and of the settings above it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seatrial.lint.run.fingerprint import fingerprint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "integrations" / "jira"
    (folder / "client").mkdir(parents=True)
    (folder / "main.py").write_text("import os\n")
    (folder / "client" / "api.py").write_text("x = 1\n")
    return folder


def test_every_file_has_a_digest(folder: Path, tmp_path: Path) -> None:
    assert fingerprint(folder, tmp_path).files.keys() == {"main.py", "client/api.py"}


def test_equal_folders_have_equal_fingerprints(folder: Path, tmp_path: Path) -> None:
    assert fingerprint(folder, tmp_path) == fingerprint(folder, tmp_path)


@pytest.mark.parametrize("edit", ["text", "mode", "new", "gone", "renamed", "empty"])
def test_each_change_shows(folder: Path, tmp_path: Path, edit: str) -> None:
    before = fingerprint(folder, tmp_path)
    main = folder / "main.py"
    {
        "text": lambda: main.write_text("import re\n"),
        "mode": lambda: main.chmod(0o755),
        "new": lambda: (folder / "new.py").write_text(""),
        "gone": lambda: main.unlink(),
        "renamed": lambda: main.rename(folder / "other.py"),
        "empty": lambda: main.write_text(""),
    }[edit]()
    assert fingerprint(folder, tmp_path) != before


def test_an_edit_that_keeps_size_and_date_shows(folder: Path, tmp_path: Path) -> None:
    main = folder / "main.py"
    before, status = fingerprint(folder, tmp_path), main.stat()
    main.write_text("import re\n")
    os.utime(main, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert fingerprint(folder, tmp_path) != before


@pytest.mark.parametrize("name", [".venv", ".mypy_cache", "__pycache__", ".git", ".ruff_cache"])
def test_what_tools_leave_behind_does_not_count(folder: Path, tmp_path: Path, name: str) -> None:
    before = fingerprint(folder, tmp_path)
    (folder / name).mkdir()
    (folder / name / "x.py").write_text("x\n")
    assert fingerprint(folder, tmp_path).files == before.files


@pytest.mark.parametrize(
    "name", ["pyproject.toml", ".gitignore", ".yamllint.yaml", "ruff.toml", "mypy.ini", "__init__.py"]
)
def test_settings_in_the_folders_above_count(folder: Path, tmp_path: Path, name: str) -> None:
    before = fingerprint(folder, tmp_path)
    (tmp_path / name).write_text("a\n")
    with_it = fingerprint(folder, tmp_path)
    (tmp_path / name).write_text("b\n")
    assert (
        len({str(sorted(one.around.items())) for one in (before, with_it, fingerprint(folder, tmp_path))})
        == 3
    )


def test_a_link_counts_by_its_target_and_what_stands_there(folder: Path, tmp_path: Path) -> None:
    shared = tmp_path / "integrations" / "shared.py"
    shared.write_text("a = 1\n")
    (folder / "link.py").symlink_to("../shared.py")
    before = fingerprint(folder, tmp_path)
    shared.write_text("a = 2\n")
    assert fingerprint(folder, tmp_path) != before
    assert not before.astray


@pytest.mark.parametrize("target", ["/etc", "/etc/hostname", ".."])
def test_a_link_to_a_folder_or_out_of_the_workspace_is_astray(
    folder: Path, tmp_path: Path, target: str
) -> None:
    (folder / "link.py").symlink_to(target)
    assert fingerprint(folder, tmp_path).astray == ("link.py",)


def test_a_pipe_and_a_link_to_nothing_do_not_stop_anything(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe.py")
    (folder / "link.py").symlink_to("nothing")
    found = fingerprint(folder, tmp_path)
    assert found.files["pipe.py"] == "special"
    assert found.files["link.py"].startswith("link to nothing")
    assert not found.astray
