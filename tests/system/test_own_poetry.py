"""Seatrial's own Poetry, which makes locks without a Python that the folder allows."""

from __future__ import annotations

import io
import tarfile
import tomllib
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.fleet.commands import Crew
from seatrial.system import own_poetry, process
from seatrial.system.sandbox import sandbox
from support.confined import needs_namespaces
from support.evil import index

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


BACKEND = """
import os

def tried(path, mode):
    try:
        with open(path, mode) as file:
            return file.read() if mode == "r" else file.write("planted")
    except OSError as error:
        return error.errno

def get_requires_for_build_wheel(settings=None):
    return []

def prepare_metadata_for_build_wheel(folder, settings=None):
    name = "evil-1.0.dist-info"
    seen = " ".join(["built", str(tried({secret!r}, "r")), str(tried({marker!r}, "w")), *sorted(os.environ.values())])
    os.makedirs(folder + "/" + name)
    with open(folder + "/" + name + "/METADATA", "w") as file:
        file.write("Metadata-Version: 2.1\\nName: evil\\nVersion: 1.0\\nSummary: " + seen + "\\n")
    return name

def build_wheel(folder, settings=None, metadata=None):
    raise ValueError("not built")
"""


def sdist(folder: Path, code: str) -> None:
    """Write an sdist that does not say what it requires, so that Poetry has to build it."""
    files = {
        "PKG-INFO": "Metadata-Version: 1.0\nName: evil\nVersion: 1.0\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": code,
    }
    folder.mkdir(parents=True)
    with tarfile.open(folder / "evil-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"evil-1.0/{name}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))


def test_a_package_that_is_built_for_a_lock_runs_in_the_sandbox_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_namespaces()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "CANARY-of-environment")
    secret, marker = tmp_path / "secret.txt", tmp_path / "marker"
    secret.write_text("CANARY-of-file")
    with index(tmp_path / "index") as address:
        sdist(tmp_path / "index" / "evil", BACKEND.format(secret=str(secret), marker=str(marker)))
        source = f'[[tool.poetry.source]]\nname = "evil"\nurl = "{address}"\npriority = "primary"\n'
        wanted = '[tool.poetry.dependencies]\npython = ">=3.8"\nevil = "1.0"\n'
        made = own_poetry.ConfinedPoetry(sandbox(), Crew().run).locked(
            {"pyproject.toml": f"{HEAD}{wanted}{source}".encode()}
        )
    (package,) = tomllib.loads(made.decode())["package"]
    assert package["description"].startswith("built 2 2 "), (
        "the code of the package ran, and found neither file"
    )
    assert "CANARY" not in made.decode() and not marker.exists()
