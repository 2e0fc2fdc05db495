"""The task `new`, as somebody types it in an empty folder, a repository, or the wrong place."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration, MemoryFolder
from seatrial.system import own_poetry
from seatrial.tasks.new import core_of, new
from support import warm
from support.paths import SOURCES

COMMAND = [sys.executable, "-m", "seatrial"]


def environment(**more: str) -> dict[str, str]:
    home = {"HOME": "/dev/null", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), **home, **more}


def seatrial(cwd: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return warm.run(cwd, [*arguments], environment(**env))


@pytest.mark.parametrize(
    ("title", "slug"),
    [("My Service", "my-service"), ("3scale", "3scale"), ("C++ Build", "cpp-build"), ("Ünï", "uni")],
)
def test_in_an_empty_folder_it_makes_the_hierarchy(tmp_path: Path, title: str, slug: str) -> None:
    done = seatrial(tmp_path, "new", title, "--no-lock")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "integrations" / slug / ".port" / "spec.yaml").is_file()
    assert f"seatrial validate -i {slug}" in done.stderr


def test_the_new_folder_lacks_nothing_but_its_lock(tmp_path: Path) -> None:
    seatrial(tmp_path, "new", "My Service", "--no-lock")
    said = seatrial(tmp_path, "validate").stdout.splitlines()
    assert len(said) == 1, said
    assert "poetry lock" in said[0]


def test_the_dockerfile_of_all_integrations_comes_with_the_first(tmp_path: Path) -> None:
    seatrial(tmp_path, "new", "My Service", "--no-lock")
    dockerfile = tmp_path / "integrations" / "_infra" / "Dockerfile"
    assert "BUILD_CONTEXT" in dockerfile.read_text()
    assert dockerfile.with_name("Dockerfile.dockerignore").is_file()
    dockerfile.write_text("mine")
    assert "_infra" not in seatrial(tmp_path, "new", "Other Service", "--no-lock").stderr
    assert dockerfile.read_text() == "mine"


@pytest.mark.parametrize(
    "there",
    [
        {"seatrial.toml": '[release]\ndockerfile = "Containerfile"\n'},
        {"integrations/a/.port/spec.yaml": "", "integrations/a/Dockerfile": ""},
        {"seatrial.toml": 'profile = "ocean"\n'},
    ],
    ids=["stated", "own", "ocean"],
)
def test_a_repository_that_builds_in_another_way_gets_none(tmp_path: Path, there: dict[str, str]) -> None:
    for path, text in there.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert seatrial(tmp_path, "new", "My Service", "--no-lock").returncode == 0
    assert not (tmp_path / "integrations" / "_infra").exists()


def test_no_dockerfile_is_written_through_a_link(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    (inside / "integrations").mkdir(parents=True)
    (inside / "integrations" / "_infra").symlink_to(outside)
    assert seatrial(inside, "new", "My Service", "--no-lock").returncode == 0
    assert list(outside.iterdir()) == []


def test_a_new_folder_is_green_at_once_without_poetry_or_network(tmp_path: Path) -> None:
    assert seatrial(tmp_path, "new", "My Service", PATH="/nonexistent").returncode == 0
    done = seatrial(tmp_path, "validate", "--strict")
    assert (done.returncode, done.stdout) == (0, "")


def made_with(core: str | None, root: Path, title: str = "My Service", no_lock: bool = False) -> None:
    new(title, str(root), None, "Ada", "ada@example.com", no_lock, core=core)


def test_another_framework_version_is_locked_by_seatrials_own_poetry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(own_poetry, "lock", asked.append)
    made_with("0.48.99", tmp_path)
    assert asked == [tmp_path / "integrations" / "my-service"]
    assert not (asked[0] / "poetry.lock").exists()
    assert 'port_ocean = {version = "^0.48.99"' in (asked[0] / "pyproject.toml").read_text()


def test_the_cause_is_told_where_poetry_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(folder: Path) -> None:
        raise ServiceError("Poetry failed: All attempts to connect failed.")

    monkeypatch.setattr(own_poetry, "lock", fail)
    made_with("0.48.99", tmp_path)
    told = "poetry.lock is still to be made: Poetry failed: All attempts to connect failed.; type: cd "
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("locked", "core"),
    [
        ([], ""),
        (["0.1.2"], ""),
        (["0.48.12"], ""),
        (["0.48.13"], ""),
        (["0.48.13", "0.49.0", "0.1.2"], "0.49.0"),
        (["0.49.0.dev1"], ""),
    ],
    ids=str,
)
def test_a_newer_framework_of_the_others_is_taken(locked: list[str], core: str) -> None:
    lock = '[[package]]\nname = "port-ocean"\nversion = "{}"\n'
    folders = [MemoryFolder({}), *(MemoryFolder.of({"poetry.lock": lock.format(one)}) for one in locked)]
    assert core_of([Integration("x", "x", folder) for folder in folders]) == core


def test_the_root_gets_a_gitignore_where_there_is_none_up_to_the_repositorys(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    (tmp_path / ".git").mkdir()
    inner.mkdir()
    made_with(None, tmp_path, no_lock=True)
    ignore = tmp_path / ".gitignore"
    assert {".env", ".venv/", "dist/"} <= set(ignore.read_text().splitlines())
    ignore.write_text("mine\n")
    for place in (tmp_path, inner):
        made_with(None, place, "Other", no_lock=True)
    assert ignore.read_text() == "mine\n"
    assert not (inner / ".gitignore").exists()


def test_a_repository_that_was_named_is_named_in_what_to_type_next(tmp_path: Path) -> None:
    for folder in ("here", "mine"):
        (tmp_path / folder).mkdir()
    said = seatrial(tmp_path / "here", "new", "My Service", "--no-lock", "--root", "../mine").stderr
    assert said.endswith("validate -i my-service --root ../mine\n")
    assert f"made {tmp_path.resolve()}/mine/integrations/my-service\n" in said


def test_make_hands_the_name_on_by_the_environment(tmp_path: Path) -> None:
    assert seatrial(tmp_path, "new", "--no-lock", SEATRIAL_NAME="My Service").returncode == 0
    assert (tmp_path / "integrations" / "my-service").is_dir()


def test_it_never_writes_over_a_folder(tmp_path: Path) -> None:
    seatrial(tmp_path, "new", "My Service", "--no-lock")
    kept = tmp_path / "integrations" / "my-service" / "README.md"
    kept.write_text("mine")
    done = seatrial(tmp_path, "new", "My Service", "--no-lock")
    assert (done.returncode, kept.read_text()) == (2, "mine")
    assert "already there" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["日本"], "--slug"),
        (["My Service", "--root", "nowhere"], "no folder"),
        (["My Service", "--profile", "oceam"], 'did you mean "ocean"'),
        (["My Service", "--icon", "two words"], "--icon"),
        (["My Service", "--icon", "microservice"], 'did you mean "Microservice"?'),
    ],
)
def test_an_answer_that_will_not_do_is_one_line_and_nothing_is_written(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = seatrial(tmp_path, "new", *arguments, "--no-lock")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_icon_and_a_section_that_nobody_knows_are_questioned_at_once(tmp_path: Path) -> None:
    done = seatrial(tmp_path, "new", "My Service", "--no-lock", "--icon", "Foo", "--section", "Bar")
    assert done.returncode == 0
    icon, section, *_ = done.stderr.splitlines()
    assert icon.startswith('warning: icon "Foo" is not known; add it to "known.icons" in seatrial.toml')
    assert section.startswith('warning: section "Bar" is not known; write one of ')


def test_inside_a_repository_that_is_one_integration_it_refuses(tmp_path: Path) -> None:
    (tmp_path / ".port").mkdir()
    assert "itself one integration" in seatrial(tmp_path, "new", "My Service").stderr


def test_on_a_terminal_it_asks_and_enter_takes_the_defaults(tmp_path: Path) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "new", "--no-lock"],
        cwd=tmp_path,
        env=environment(),
        stdin=child,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.write(parent, b"My Service\n" + b"\n" * 20)
    out, err = process.communicate(timeout=30)
    os.close(parent)
    os.close(child)
    assert process.returncode == 0, err
    assert "Title shown to people" in out
    assert (tmp_path / "integrations" / "my-service" / "README.md").is_file()


def test_in_oceans_repository_it_begins_as_a_beta_with_the_spec_that_the_others_have(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / "integrations" / name / ".port").mkdir(parents=True)
        (tmp_path / "integrations" / name / ".port" / "spec.json").write_text("{}")
    (tmp_path / "port_ocean").mkdir()
    (tmp_path / "port_ocean" / "__init__.py").touch()
    assert seatrial(tmp_path, "new", "My Service", "--no-lock").returncode == 0
    made = tmp_path / "integrations" / "my-service"
    assert sorted(path.name for path in (made / ".port").iterdir()) == ["examples", "resources", "spec.json"]
    assert json.loads((made / ".port" / "spec.json").read_text())["title"] == "My Service"
    assert '\nversion = "0.1.0-beta"\n' in (made / "pyproject.toml").read_text()
    done = seatrial(tmp_path, "validate", "my-service", "--format", "json")
    assert {one["code"] for one in json.loads(done.stdout)["findings"]} <= {"LAY004"}
