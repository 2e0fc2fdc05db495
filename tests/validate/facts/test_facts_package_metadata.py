from __future__ import annotations

import pytest

from seatrial.core.model import Integration, MemoryFolder
from seatrial.dependencies.constraints import admits, floor
from seatrial.documents import toml
from seatrial.validate.facts.package_metadata import Package


def package_of(text: str) -> Package | None:
    integration = Integration("x", "integrations/x", MemoryFolder.of({"pyproject.toml": text}))
    return Package.of(integration, toml.load("pyproject.toml", text.encode()))


def test_a_package_has_its_name_in_poetrys_table_or_in_the_standard_one() -> None:
    poetry, standard = package_of('[tool.poetry]\nname = "a"\n'), package_of('[project]\nname = "b"\n')
    assert poetry
    assert (poetry.name, poetry.way("name")) == ("a", ("tool", "poetry", "name"))
    assert standard
    assert (standard.name, standard.way("name")) == ("b", ("project", "name"))


def test_an_unreadable_pyproject_has_no_package() -> None:
    assert package_of("a = ") is None


@pytest.mark.parametrize(
    ("value", "constraint", "extras", "source"),
    [
        ('"^0.1.0"', "^0.1.0", [], ""),
        ('{version = "^0.1.0", extras = ["cli"]}', "^0.1.0", ["cli"], ""),
        ('{path = "../..", develop = true}', "", [], "path"),
        ('{git = "https://example.com", develop = false}', "", [], "git"),
        ("3", "", [], ""),
    ],
)
def test_a_dependency_on_the_framework_is_read_in_every_form(
    value: str, constraint: str, extras: list[str], source: str
) -> None:
    package = package_of(f"[tool.poetry.dependencies]\nPort_Ocean = {value}\n")
    core = package.core if package else None
    assert core
    assert (core.constraint, core.extras, core.source) == (constraint, extras, source)


def test_the_framework_is_found_in_every_group() -> None:
    package = package_of(
        '[tool.poetry.dependencies]\nport_ocean = "1"\n'
        '[tool.poetry.group.dev.dependencies]\nport-ocean = "2"\n'
        '[tool.poetry.dev-dependencies]\nport-ocean = "3"\n'
    )
    assert package
    assert sorted(core.constraint for core in package.all_cores) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("constraint", "inside", "outside"),
    [
        ("^1.2.3", "1.9.9", "2.0.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^0.0", "0.0.9", "0.1.0"),
        ("^0", "0.9", "1.0"),
        ("^1", "1.9", "2.0"),
        ("~1.2.3", "1.2.9", "1.3.0"),
        ("~1.2", "1.2.9", "1.3.0"),
        ("~1", "1.9", "2.0"),
        ("~=1.2", "1.9", "2.0"),
        ("1.2.*", "1.2.9", "1.3.0"),
        ("1.2.3", "1.2.3", "1.2.4"),
        ("==1.2.3", "1.2.3", "1.2.4"),
        ("=1.2.3", "1.2.3", "1.2.4"),
        (">=1.2,<1.4", "1.3", "1.4"),
        (">=1.2 <1.4", "1.3", "1.4"),
        ("^1.0 || ^3.0", "3.1", "2.0"),
        ("!=1.5,^1.0", "1.4", "1.5"),
        ("<2", "1.0", "2.0"),
    ],
)
def test_constraints_mean_what_poetry_means(constraint: str, inside: str, outside: str) -> None:
    assert (admits(constraint, inside), admits(constraint, outside)) == (True, False)


@pytest.mark.parametrize("constraint", ["nonsense", "^x", "^1.2.3.4.5x", "1" * 9999])
def test_an_unreadable_constraint_is_not_checked(constraint: str) -> None:
    assert admits(constraint, "1.0") is None


def test_any_version_satisfies_a_star_and_an_invalid_version_is_not_compared() -> None:
    assert admits("*", "99.0") is True
    assert admits("^1", "nonsense") is None


@pytest.mark.parametrize(
    ("constraint", "wanted"),
    [
        ("^0.48.12", (0, 48, 12)),
        ("~1.2", (1, 2)),
        (">=0.3,<1", (0, 3)),
        ("0.1.3", (0, 1, 3)),
        ("*", ()),
        ("<2", ()),
        ("", ()),
    ],
)
def test_the_floor_is_the_first_version_named(constraint: str, wanted: tuple[int, ...]) -> None:
    assert floor(constraint) == wanted
