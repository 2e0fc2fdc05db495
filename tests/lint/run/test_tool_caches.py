"""The tools' own caches and the seeds they begin with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seatrial.lint.run.tool_caches import ToolCaches, modules_in
from seatrial.lint.tools.mypy import program
from seatrial.lint.tools.tool import Output
from seatrial.system.locks import held

FOLDER = Path("/workspace/integrations/jira")
LONG, MUCH = 1000.0, 10**9


@pytest.fixture
def caches(tmp_path: Path) -> ToolCaches:
    return ToolCaches(tmp_path / "mypy")


def grown(caches: ToolCaches, status: int = 0) -> Path:
    seed = caches.seed("base", "{}")

    def check(source: Path, cache: Path) -> Output:
        cache.mkdir()
        (cache / "data").write_text((source / "seatrial_seed.py").read_text())
        return Output(status)

    sources = {"pyproject.toml": b"[tool.mypy]\n", "seatrial_seed.py": program(["click", "attr"]).encode()}
    caches.grow(seed, sources, check)
    return seed


def test_a_seed_is_made_from_the_modules(caches: ToolCaches) -> None:
    assert (grown(caches) / "data").read_text() == "import attr\nimport click\n"


def test_a_seed_whose_check_crashed_does_not_exist(caches: ToolCaches) -> None:
    assert not grown(caches, status=2).exists()


def test_a_seed_is_made_once(caches: ToolCaches) -> None:
    seed = grown(caches)
    (seed / "data").write_text("kept")
    grown(caches)
    assert (seed / "data").read_text() == "kept"


def test_an_unfinished_seed_is_made_again_and_what_is_left_of_it_is_swept(caches: ToolCaches) -> None:
    part = caches.seed("base", "{}").with_name("left-by-a-kill.part")
    (part / "cache").mkdir(parents=True)
    (part / "cache" / "data").write_text("half")
    seed = grown(caches)
    assert (seed / "data").read_text() == "import attr\nimport click\n"
    assert [path.name for path in seed.parent.iterdir() if path.name.endswith(".part")] == [part.name]
    os.utime(part / "cache" / "data", (0, 0))
    caches.sweep(LONG * 10, LONG * 10 - 1, MUCH)
    assert not part.exists()


def test_a_seed_with_a_link_in_it_is_copied_with_the_link_and_not_what_it_leads_to(
    caches: ToolCaches, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("canary")
    (grown(caches) / "link").symlink_to(tmp_path / "secret")
    place = caches.place(FOLDER, "environment")
    caches.made("environment")
    caches.begin(place, caches.seed("base", "{}"))
    assert (place / "link").is_symlink()


def test_the_caches_of_two_environments_are_in_two_folders(caches: ToolCaches) -> None:
    one, other = caches.place(FOLDER, "a" * 20), caches.place(FOLDER, "b" * 20)
    assert one.parent == caches.of("a" * 20) != other.parent
    assert caches.seed("a" * 20, "{}").parent not in (one.parent, other.parent)


def test_a_cache_begins_as_a_copy_of_the_seed(caches: ToolCaches) -> None:
    place = caches.place(FOLDER, "environment")
    caches.begin(place, grown(caches))
    assert (place / "data").read_text() == "import attr\nimport click\n"


def test_a_cache_that_is_there_is_left_alone(caches: ToolCaches) -> None:
    place = caches.place(FOLDER, "environment")
    place.mkdir(parents=True)
    caches.begin(place, grown(caches))
    assert list(place.iterdir()) == []


def test_without_a_seed_a_cache_just_is_not_there_yet(caches: ToolCaches) -> None:
    place = caches.place(FOLDER, "environment")
    caches.begin(place, None)
    caches.begin(place, caches.seed("base", "{}"))
    assert not place.exists()


def test_each_folder_in_each_environment_has_its_own(caches: ToolCaches) -> None:
    places = {caches.place(folder, key) for folder in (FOLDER, FOLDER / "x") for key in ("a" * 20, "b" * 20)}
    assert len(places) == 4


def aged(caches: ToolCaches, name: str, age: float, size: int = 10) -> Path:
    place = caches.place(Path(name), "environment")
    place.mkdir(parents=True)
    (place / "data").write_bytes(b"x" * size)
    os.utime(place / "data", (LONG * 10 - age, LONG * 10 - age))
    return place


def test_caches_not_used_for_long_are_swept(caches: ToolCaches) -> None:
    old, new = aged(caches, "old", LONG + 1), aged(caches, "new", LONG - 1)
    caches.sweep(LONG * 10, LONG, MUCH)
    assert (old.exists(), new.exists()) == (False, True)


def test_beyond_the_size_limit_the_longest_unused_goes(caches: ToolCaches) -> None:
    places = [aged(caches, str(age), age) for age in (1, 2, 3)]
    caches.sweep(LONG * 10, LONG, 20)
    assert [place.exists() for place in places] == [True, True, False]


def test_a_cache_in_use_is_not_swept(caches: ToolCaches) -> None:
    old = aged(caches, "old", LONG + 1)
    with held(caches.lock(old)):
        caches.sweep(LONG * 10, LONG, MUCH)
    assert old.exists()
    caches.sweep(LONG * 10, LONG, MUCH)
    assert not old.exists()


def test_where_nothing_can_be_written_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / "mypy").write_text("a file")
    caches = ToolCaches(tmp_path / "mypy")
    grown(caches)
    caches.begin(caches.place(FOLDER, "environment"), caches.seed("base", "{}"))
    caches.forget(caches.place(FOLDER, "environment"))
    caches.sweep(0, 0, 0)


def test_only_modules_that_are_installed_are_named(tmp_path: Path) -> None:
    (tmp_path / "click").mkdir()
    (tmp_path / "click" / "__init__.py").touch()
    (tmp_path / "click" / "core.py").touch()
    (tmp_path / "six.pyi").touch()
    names = ["click", "click.core", "click.Option", "six", "os", "a..b", "click.core"]
    assert sorted(modules_in(tmp_path, names)) == ["click", "click.core", "six"]
