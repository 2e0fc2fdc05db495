"""The template, rendered for titles plain and odd, and put on disk whole or not at all."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from seatrial.core import names
from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.model import MemoryFolder, Profile
from seatrial.dependencies.lockfile import content_hash
from seatrial.scaffold.answers import Answers
from seatrial.scaffold.skeleton import lock, render, write
from support.paths import ROOT
from support.services import lacking

EXAMPLE = ROOT / "integrations" / "pilot-log"

FILES = {
    ".env.example",
    ".gitignore",
    ".port/examples/project/project.json",
    ".port/examples/task/task.json",
    ".port/resources/.gitignore",
    ".port/resources/blueprints.json",
    ".port/resources/port-app-config.yaml",
    ".port/resources/scorecards.json",
    ".port/spec.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Makefile",
    "README.md",
    "changelog/.gitignore",
    "client.py",
    "debug.py",
    "examples/task/task-expected-output.json",
    "examples/project/project-expected-output.json",
    "integration.py",
    "kinds.py",
    "main.py",
    "poetry.toml",
    "pyproject.toml",
    "tests/__init__.py",
    "tests/conftest.py",
    "tests/test_client.py",
    "tests/test_defaults.py",
}

ODD: list[dict[str, str]] = [
    {"title": "My Service"},
    {"title": "3scale"},
    {"title": "C++ Build"},
    {"title": "Ünï"},
    {"title": "  My   Service "},
    {"title": "日本", "slug": "nihon"},
    {"title": "a" * 300},
    {"title": "9" * 300},
    {"title": "GitHub Actions", "parent": "repository", "child": "workflow run"},
    {"title": "class", "parent": "class", "child": "import"},
    {"title": "import"},
    {"title": "test", "parent": "test", "child": "client"},
    {"title": "json", "slug": "json"},
    {"title": "Base"},
    {"title": "API", "parent": "port", "child": "kind"},
    {"title": "null", "parent": "null", "child": "true"},
    {"title": "123", "parent": "1e3", "child": "0x1f"},
    {"title": "2026-01-31", "parent": "no", "child": "2026-01-31"},
    {"title": "A", "parent": "a", "child": "b"},
    {"title": "W" * 40, "parent": "w" * 20, "child": "v" * 20},
    {"title": "5" + "w" * 39, "parent": "5" + "w" * 15, "child": "5" + "v" * 15},
    {"title": 'Bob\'s "Tool" \\ {{ x }} [= y =] [% z %] ${HOME} $(id) `id`'},
    {"title": "<!-- towncrier release notes start --> <b>*bold*</b> | [a](b)"},
    {"title": "key: value # note", "description": "- a: {b}, [c], &d *e !f %g @h `i"},
    {
        "title": "My Service",
        "author": "Łukasz O'Brien",
        "email": "lukasz@example.com",
        "docs": "https://x.io/a#b",
    },
]


def of(given: dict[str, str], profile: Profile = Profile.GUIDE) -> Answers:
    return Answers.of(**{"released": "2026-01-31", **given}, profile=profile)  # type: ignore[arg-type]


odd = pytest.mark.parametrize("given", ODD, ids=lambda given: given["title"][:20])
both = pytest.mark.parametrize("profile", list(Profile), ids=lambda profile: profile.value)


@both
def test_the_template_makes_every_file_but_the_lock(profile: Profile) -> None:
    assert set(render(of(ODD[0], profile)).paths()) == FILES


@odd
def test_python_files_parse_and_hold_the_names(given: dict[str, str]) -> None:
    folder = render(of(given))
    trees = {path: ast.parse(folder.text(path)) for path in folder.paths() if path.endswith(".py")}
    classes = [
        node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    functions = [node.name for node in ast.walk(trees["main.py"]) if isinstance(node, ast.AsyncFunctionDef)]

    assert len(classes) == len(set(classes))
    assert len(functions) == len(set(functions)) == 2


@odd
def test_no_module_hides_one_of_the_standard_library(given: dict[str, str]) -> None:
    modules = {
        Path(path).stem for path in render(of(given)).paths() if path.endswith(".py") and "/" not in path
    }

    assert not modules & sys.stdlib_module_names


@odd
def test_texts_arrive_in_the_spec_as_they_were_given(given: dict[str, str]) -> None:
    answers = of(given)
    spec = yaml.safe_load(render(answers).text(".port/spec.yaml"))

    assert spec["title"] == answers.title
    assert spec["description"] == answers.description
    assert spec["docs"] == answers.docs
    assert spec["type"] == answers.slug


@odd
def test_kinds_and_blueprints_agree_between_the_files(given: dict[str, str]) -> None:
    folder = render(of(given))
    spec = yaml.safe_load(folder.text(".port/spec.yaml"))
    mapping = yaml.safe_load(folder.text(".port/resources/port-app-config.yaml"))["resources"]
    blueprints = json.loads(folder.text(".port/resources/blueprints.json"))
    mapped = [one["port"]["entity"]["mappings"] for one in mapping]

    assert [one["kind"] for one in spec["features"][0]["resources"]] == [one["kind"] for one in mapping]
    assert [json.loads(one["blueprint"]) for one in mapped] == [one["identifier"] for one in blueprints]
    assert list(mapped[1]["relations"]) == list(blueprints[1]["relations"])


@odd
def test_pyproject_says_name_and_version_on_one_line_each(given: dict[str, str]) -> None:
    answers = of(given)
    lines = render(answers).text("pyproject.toml").splitlines()

    assert [line for line in lines if line.startswith("name = ")] == [f'name = "{answers.slug}"']
    assert [line for line in lines if line.startswith("version = ")] == ['version = "0.1.0"']


@odd
def test_the_answers_are_kept_and_make_the_same_folder_again(given: dict[str, str]) -> None:
    folder = render(of(given))
    kept = tomllib.loads(folder.text("pyproject.toml"))["tool"]["seatrial"]["template"]

    assert kept["template"] == "integration"
    assert render(Answers.of(**kept["answers"])) == folder


@odd
def test_the_changelog_has_one_marker_and_one_entry(given: dict[str, str]) -> None:
    text = render(of(given)).text("CHANGELOG.md")

    assert (
        text.count("<!-- towncrier release notes start -->\n\n## 0.1.0 (2026-01-31)\n\n\n### Features\n\n- ")
        == 1
    )
    assert text.count("<!--") == 1


@both
def test_the_profile_decides_where_version_and_type_stand(profile: Profile) -> None:
    spec = yaml.safe_load(render(of(ODD[0], profile)).text(".port/spec.yaml"))

    assert ({"type", "version"} <= set(spec)) is (profile is Profile.GUIDE)


def test_a_folder_is_written_whole(tmp_path: Path) -> None:
    folder = render(of(ODD[0]))
    write(folder, tmp_path / "integrations" / "my-service")

    written = {path: (tmp_path / "integrations/my-service" / path).read_bytes() for path in folder.paths()}
    assert written == folder.files
    assert os.listdir(tmp_path / "integrations") == ["my-service"]


def a_folder(place: Path) -> None:
    place.mkdir()


def a_file(place: Path) -> None:
    place.write_text("mine")


def a_dangling_link(place: Path) -> None:
    place.symlink_to("nowhere")


@pytest.mark.parametrize("occupy", [a_folder, a_file, a_dangling_link])
def test_what_is_there_is_never_overwritten(tmp_path: Path, occupy: Callable[[Path], None]) -> None:
    place = tmp_path / "my-service"
    occupy(place)

    with pytest.raises(
        UsageError, match="already there and was left as it is; type another name with --slug"
    ):
        write(render(of(ODD[0])), place)

    assert os.listdir(tmp_path) == ["my-service"]
    assert not place.is_file() or place.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    a_file(tmp_path / "integrations")

    with pytest.raises(ServiceError, match="/integrations/x cannot be written: not a directory"):
        write(render(of(ODD[0])), tmp_path / "integrations" / "x")


@pytest.mark.parametrize(
    ("breaks", "seen"),
    [(OSError(28, "No space left on device"), ServiceError), (KeyboardInterrupt(), KeyboardInterrupt)],
    ids=["full disk", "ctrl-c"],
)
def test_nothing_is_left_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: BaseException, seen: type[BaseException]
) -> None:
    real = os.open

    def breaking(path: str, *arguments: int, **more: int) -> int:
        if path == "main.py":
            raise breaks
        return real(path, *arguments, **more)

    monkeypatch.setattr(os, "open", breaking)
    with pytest.raises(seen):
        write(render(of(ODD[0])), tmp_path / "my-service")

    assert os.listdir(tmp_path) == []


def test_the_example_is_what_the_template_makes_of_its_own_answers() -> None:
    pyproject = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())
    made = render(Answers.of(**pyproject["tool"]["seatrial"]["template"]["answers"]))
    there = {path: (EXAMPLE / path).read_bytes() for path in made.paths()}

    assert MemoryFolder(there) == made
    assert names.slug(pyproject["tool"]["poetry"]["name"]) == EXAMPLE.name


def test_the_example_s_lock_is_fresh_and_names_no_place() -> None:
    pyproject = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())
    lock = tomllib.loads((EXAMPLE / "poetry.lock").read_text())

    assert lock["metadata"]["content-hash"] == content_hash(pyproject)
    assert [package["name"] for package in lock["package"] if "source" in package] == []


@both
@pytest.mark.parametrize("given", [ODD[0], ODD[3], ODD[-1]], ids=lambda given: given["title"])
def test_the_shipped_lock_was_made_from_the_dependencies_of_any_folder(
    given: dict[str, str], profile: Profile
) -> None:
    pyproject = tomllib.loads(render(of(given, profile)).text("pyproject.toml"))
    assert f'content-hash = "{content_hash(pyproject)}"' in lock().decode(), "type `make lock-template`"


def test_the_shipped_lock_is_the_example_s() -> None:
    assert lock() == (EXAMPLE / "poetry.lock").read_bytes()


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def tool(name: str) -> str:
    found = Path(sys.executable).parent / name
    if not found.exists():
        lacking(f"{name} beside this Python", "install what `make test` installs: the extra [dev]")
    return str(found)


@pytest.mark.slow
def test_black_and_ruff_pass_whatever_the_names(tmp_path: Path) -> None:
    for number, given in enumerate(ODD):
        write(render(of(given)), tmp_path / str(number))

    for command in ([tool("black"), "--check", "."], [tool("ruff"), "check", "."]):
        ran = run(tmp_path, *command)
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.slow
@both
def test_poetry_calls_the_folder_valid(tmp_path: Path, profile: Profile) -> None:
    write(render(of(ODD[-1], profile)), tmp_path / "x")

    assert "Error" not in run(tmp_path / "x", tool("poetry"), "check").stderr


@pytest.mark.slow
def test_poetry_calls_the_example_s_lock_fresh(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "poetry.lock", "README.md"):
        shutil.copy(EXAMPLE / name, tmp_path)

    ran = run(tmp_path, tool("poetry"), "check", "--lock")
    assert ran.returncode == 0, ran.stderr
