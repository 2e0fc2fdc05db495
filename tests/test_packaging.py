"""Every way to install Seatrial carries its templates and schemas."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.locks import pins
from support.paths import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())

TEMPLATES = {
    f"seatrial/templates/{path.relative_to(ROOT / 'templates').as_posix()}"
    for path in (ROOT / "templates").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}
SOURCES = {
    path.relative_to(ROOT / "scripts").as_posix()
    for path in (ROOT / "scripts" / "seatrial").rglob("*")
    if path.suffix in (".py", ".yaml", ".typed")
}
SEES_ITS_DATA = (
    "from seatrial.scaffold.answers import Answers; from seatrial.scaffold.skeleton import render; "
    "from seatrial.schemas import violations; "
    "folder = render(Answers.of('My Service')); "
    "assert '.port/spec.yaml' in folder.files; "
    "assert violations('spec-guide', {'features': 3}); print(len(folder.files))"
)


@pytest.fixture(scope="module", autouse=True)
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Holds each installation to the versions of the lock, unless the newest are to be tried."""
    pinned = tmp_path_factory.mktemp("locked") / "constraints.txt"
    pinned.write_text("".join(f"{pin.requirement}\n" for pin in pins("locks/develop.txt")))
    with pytest.MonkeyPatch.context() as patch:
        if not os.environ.get("SEATRIAL_LATEST"):
            patch.setenv("PIP_CONSTRAINT", str(pinned))
            patch.setenv("UV_CONSTRAINT", str(pinned))
        yield


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_package_list_is_the_tree() -> None:
    folders = {path.parent for path in (ROOT / "scripts" / "seatrial").rglob("__init__.py")}
    found = {".".join(folder.relative_to(ROOT / "scripts").parts) for folder in folders} | {
        "seatrial.templates"
    }
    assert sorted(SETTINGS["tool"]["setuptools"]["packages"]) == sorted(found)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git has, so that building leaves nothing behind here."""
    tracked = run("git", "ls-files", "-co", "--exclude-standard", "-z", cwd=ROOT).split("\0")
    copy = tmp_path_factory.mktemp("checkout")
    for name in filter(None, tracked):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    return copy


@pytest.fixture(scope="module")
def built(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    out = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--installer", "uv", "--outdir", str(out), cwd=checkout)
    return out


@pytest.mark.slow
def test_the_wheel_built_from_the_sdist_carries_everything(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names >= TEMPLATES | SOURCES
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"seatrial"}


@pytest.mark.slow
def test_the_sdist_carries_everything(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {name.replace("seatrial/templates", "templates", 1) for name in TEMPLATES} <= names


UV = (sys.executable, "-m", "uv")


def installed(env: Path, *what: str) -> str:
    """Return the Python of a new environment, in which these are installed with all they need."""
    python = str(env / "bin" / "python")
    run(*UV, "venv", "--quiet", "--python", sys.executable, str(env), cwd=env.parent)
    run(*UV, "pip", "install", "--quiet", "--python", python, *what, cwd=env.parent)
    return python


@pytest.mark.slow
def test_the_installed_wheel_finds_its_data_and_its_script(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    python = installed(tmp_path / "env", str(wheel))
    assert int(run(python, "-c", SEES_ITS_DATA, cwd=tmp_path)) > 15
    assert "validate" in run(str(tmp_path / "env" / "bin" / "seatrial"), "--list", cwd=tmp_path)
    an_author_needs_nothing_else(str(tmp_path / "env" / "bin" / "seatrial"), tmp_path / "repository")


def an_author_needs_nothing_else(seatrial: str, repository: Path) -> None:
    """In an empty repository: set up, made, valid, by hand and through make; the second `init` writes nothing."""
    run("git", "init", "--quiet", str(repository), cwd=repository.parent)
    assert run(seatrial, "init", cwd=repository) == ""
    assert run("make", "-s", "new", "NAME=My Service", f"SEATRIAL={seatrial}", cwd=repository) == ""
    assert (repository / "integrations" / "my-service" / "poetry.lock").is_file()
    assert run("make", "-s", "validate", f"SEATRIAL={seatrial}", "STRICT=1", cwd=repository) == ""
    before = run("git", "status", "--porcelain", "-uall", cwd=repository)
    run(seatrial, "init", cwd=repository)
    assert run("git", "status", "--porcelain", "-uall", cwd=repository) == before


@pytest.mark.slow
def test_an_editable_install_finds_its_data(checkout: Path, tmp_path: Path) -> None:
    python = installed(tmp_path / "env", "--editable", str(checkout))
    assert int(run(python, "-c", SEES_ITS_DATA, cwd=tmp_path)) > 15


def test_the_image_is_given_all_that_setting_up_reads() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = {name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]}
    assert copied == {"LICENSE", "README.md", "locks", "pyproject.toml", "scripts", "tasks.py", "templates"}
    assert all((ROOT / name).exists() for name in copied)
    assert {SETTINGS["project"]["readme"], *SETTINGS["project"]["license-files"]} <= copied
