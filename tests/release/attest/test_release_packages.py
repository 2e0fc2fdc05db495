"""Which packages of a lock go into an image, and what needs what."""

from __future__ import annotations

import pytest

from seatrial.dependencies.lockfile import BadLock, read_lock
from seatrial.documents import toml
from seatrial.release.attest.packages import Packages, environments, packages_of

METADATA = '[metadata]\nlock-version = "{form}"\npython-versions = ">=3.12,<4"\ncontent-hash = "x"\n'

PROJECT = """
[tool.poetry.dependencies]
python = ">=3.12,<4"
{main}
[tool.poetry.group.dev.dependencies]
black = "*"
[tool.poetry.group.docs.dependencies]
mkdocs = "*"
[tool.poetry.group.extra]
optional = true
[tool.poetry.group.extra.dependencies]
rare = "*"
"""


def package(name: str, more: str = "", version: str = "1.0", groups: str = '["main"]') -> str:
    head = f'[[package]]\nname = "{name}"\nversion = "{version}"\noptional = false\ngroups = {groups}\n'
    return f"{head}files = []\n{more}\n"


def installed(*packages: str, main: str = 'app = "*"', form: str = "2.1") -> Packages:
    lock = read_lock(("\n".join(packages) + METADATA.format(form=form)).encode())
    return packages_of(lock, toml.load("pyproject.toml", PROJECT.format(main=main).encode()).value)


def keys(found: Packages) -> list[str]:
    return [one.key for one in found.all]


def needs(found: Packages) -> dict[str, tuple[str, ...]]:
    return {one.key: one.needs for one in found.all}


def test_the_groups_that_are_installed_without_dev_are_in_and_no_others() -> None:
    found = installed(
        package("app"),
        package("black", groups='["dev"]'),
        package("mkdocs", groups='["docs"]'),
        package("rare", groups='["extra"]'),
        package("both", groups='["dev", "main"]'),
    )
    assert keys(found) == ["app@1.0", "both@1.0", "mkdocs@1.0"]
    assert [one.groups for one in found.all] == [("main",), ("main",), ("docs",)]
    assert found.roots == ("app@1.0", "mkdocs@1.0")


@pytest.mark.parametrize(
    ("marker", "there"),
    [
        ("sys_platform == 'win32'", False),
        ("platform_system == 'Windows' or sys_platform == 'linux'", True),
        ("os_name == 'nt'", False),
        ("platform_machine == 'aarch64'", True),
        ("platform_machine == 'arm64'", False),
        ("platform_python_implementation == 'PyPy'", False),
        ("python_version < '3.12'", False),
        ("python_version < '3.13'", True),
        ("python_version >= '3.14'", True),
        ("python_full_version < '3.12.4'", True),
        ("python_version < '4.0'", True),
        ("extra == 'rare'", False),
        ("platform_release >= '5'", True),
    ],
)
def test_a_package_is_in_where_a_linux_that_the_lock_is_made_for_gets_it(marker: str, there: bool) -> None:
    found = installed(package("app", f'markers = "{marker}"'))
    assert bool(found.all) == there


def test_a_dependency_for_another_system_is_left_out() -> None:
    found = installed(
        package(
            "app",
            "[package.dependencies]\ncolor = {version = '*', markers = 'sys_platform == \"win32\"'}\nx = '*'",
        ),
        package("color"),
        package("x"),
    )
    assert needs(found)["app@1.0"] == ("x@1.0",)


def test_an_extra_brings_its_packages_through_others_of_the_same_package() -> None:
    needed = "[package.dependencies]\nhttp = {version = '*', optional = true}\n"
    extras = f"{needed}[package.extras]\nall = ['app[web]']\nweb = ['http']"
    asked = installed(package("app", extras), package("http"), main='app = {version = "*", extras = ["all"]}')
    plain = installed(package("app", extras), package("http"))
    assert needs(asked)["app@1.0"] == ("http@1.0",)
    assert next(one.extras for one in asked.all if one.key == "app@1.0") == ("all",)
    assert needs(plain)["app@1.0"] == ()


def test_a_dependency_leads_to_the_versions_it_admits() -> None:
    found = installed(
        package("app", "[package.dependencies]\nlib = '<2'"),
        package("lib", version="1.5"),
        package("lib", version="2.5"),
        package("other", "[package.dependencies]\nlib = '*'"),
    )
    assert needs(found)["app@1.0"] == ("lib@1.5",)
    assert needs(found)["other@1.0"] == ("lib@1.5", "lib@2.5")


def test_the_same_version_twice_has_two_keys() -> None:
    assert keys(installed(package("app"), package("app"), package("app"))) == [
        "app@1.0",
        "app@1.0#1",
        "app@1.0#2",
    ]


def test_packages_that_depend_on_one_another_end_the_walk() -> None:
    found = installed(
        package("app", "[package.dependencies]\nlib = {version = '*', extras = ['x']}"),
        package("lib", "[package.dependencies]\napp = '*'\n[package.extras]\nx = ['lib[x]', 'app']"),
    )
    assert needs(found) == {"app@1.0": ("lib@1.0",), "lib@1.0": ("app@1.0",)}


def test_in_older_locks_only_what_is_reached_from_the_project_is_in() -> None:
    packages = (
        package("app", "[package.dependencies]\nlib = '*'\nodd = {version = '*', python = '<3.8'}"),
        package("lib"),
        package("odd"),
        package("black", "[package.dependencies]\nclick = '*'"),
        package("click"),
    )
    assert keys(installed(*packages, form="2.0")) == ["app@1.0", "lib@1.0"]


def test_a_requirement_of_the_project_is_a_root() -> None:
    lock = read_lock((package("app") + METADATA.format(form="2.1")).encode())
    found = packages_of(lock, {"project": {"dependencies": ["App>=1"]}})
    assert found.roots == ("app@1.0",)


def test_a_lock_without_direct_dependencies_counts_all_as_direct() -> None:
    assert installed(package("lib"), package("other")).roots == ("lib@1.0", "other@1.0")


def test_an_invalid_marker_is_a_fault_of_the_lock() -> None:
    with pytest.raises(BadLock, match="one of its markers cannot be read"):
        installed(package("app", 'markers = "nonsense =="'))


def test_a_lock_for_no_known_python_counts_for_all() -> None:
    assert environments(">=9") == environments("nonsense") == environments("*")
    assert {one["python_version"] for one in environments("~3.12")} == {"3.12"}
