"""Folders to lint: those through which tools would read what is not the integration's are refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.core.model import Integration, MemoryFolder
from seatrial.lint.run.jobs import read_folder

Plant = Callable[[Path, Path], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with one integration, and a secret beside it."""
    (tmp_path / "secret").write_text("canary")
    folder = tmp_path / "workspace" / "integrations" / "jira"
    folder.mkdir(parents=True)
    (folder / "main.py").write_text("")
    (folder.parent / "_infra").mkdir()
    (folder.parent / "_infra" / "Makefile").write_text("")
    return tmp_path / "workspace"


def fault(root: Path, ignored: Callable[[str], bool] = lambda path: False) -> str:
    path = "integrations/jira"
    integration = Integration("jira", path, MemoryFolder({}))
    return read_folder(root, integration, ignored).fault


def test_links_within_the_workspace_are_read(root: Path) -> None:
    (root / "integrations" / "jira" / "Makefile").symlink_to("../_infra/Makefile")
    (root / "integrations" / "jira" / "infra").symlink_to("../_infra")
    (root / "integrations" / "jira" / "nothing").symlink_to("missing")
    assert fault(root) == ""


REFUSED: dict[str, tuple[Plant, str]] = {
    "a file outside": (
        lambda root, folder: (folder / "creds.py").symlink_to(root.parent / "secret"),
        "creds.py",
    ),
    "a folder outside": (lambda root, folder: (folder / "lib").symlink_to(root.parent), "lib"),
    "a link to a link": (
        lambda root, folder: [
            (root / "hop").symlink_to(root.parent / "secret"),
            (folder / "creds.py").symlink_to(root / "hop"),
        ],
        "creds.py",
    ),
    "a device": (lambda root, folder: (folder / "zero.py").symlink_to("/dev/zero"), "zero.py"),
    "settings above": (
        lambda root, folder: (root / "ruff.toml").symlink_to(root.parent / "secret"),
        "ruff.toml",
    ),
    "the folder itself": (
        lambda root, folder: [folder.rename(root.parent / "moved"), folder.symlink_to(root.parent / "moved")],
        "integrations/jira",
    ),
}


@pytest.mark.parametrize(("plant", "named"), REFUSED.values(), ids=REFUSED)
def test_a_link_out_of_the_workspace_is_refused(root: Path, plant: Plant, named: str) -> None:
    plant(root, root / "integrations" / "jira")
    assert (
        fault(root) == f"{named} is a link out of the workspace, and tools would read through it; remove it"
    )


def test_a_link_to_what_git_ignores_is_refused(root: Path) -> None:
    (root / "integrations" / "jira" / "creds.py").symlink_to("../_infra/Makefile")
    said = fault(root, lambda path: os.path.basename(path) == "Makefile")
    assert said.startswith("creds.py is a link to a file that git ignores")


def test_a_link_to_a_pipe_is_refused(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "integrations" / "jira" / "pipe.py").symlink_to(root / "pipe")
    assert "pipe.py is neither a file nor a folder" in fault(root)
