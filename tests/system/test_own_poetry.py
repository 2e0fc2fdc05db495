"""Seatrial's own Poetry, which makes locks without a Python that the folder allows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.system import own_poetry, process

HEAD = '[tool.poetry]\nname = "x"\nversion = "0.1.0"\ndescription = ""\nauthors = []\n'


def test_it_locks_for_another_python_and_makes_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    (tmp_path / "pyproject.toml").write_text(f'{HEAD}[tool.poetry.dependencies]\npython = "~2.7"\n')
    (tmp_path / "poetry.toml").write_text("[virtualenvs]\nin-project = true\n")
    own_poetry.lock(tmp_path)
    assert tomllib.loads((tmp_path / "poetry.lock").read_text())["metadata"]["python-versions"] == "~2.7"
    assert not (tmp_path / ".venv").exists()


def test_what_poetry_refuses_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = process.Ran(1, b"", b"a warning\nPackage mypy (1.20.2) not found.\n")
    monkeypatch.setattr(process, "run", lambda *_, **__: ran)
    with pytest.raises(ServiceError, match=r"^Poetry failed: Package mypy \(1.20.2\) not found.$"):
        own_poetry.lock(tmp_path)
