"""What is installed from a lock: exactly what Poetry would install."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from seatrial.dependencies.requirements import BadLock, Requirements, requirements_of

LINUX = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.1",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1.0-custom",
    "platform_system": "Linux",
    "platform_version": "#1 SMP",
    "python_full_version": "3.12.1",
    "python_version": "3.12",
    "sys_platform": "linux",
}
NEWER = {
    **LINUX,
    "python_full_version": "3.13.0",
    "python_version": "3.13",
    "implementation_version": "3.13.0",
}

HASH = "sha256:" + "0" * 64
OTHER = "sha256:" + "1" * 64

PYPROJECT = """\
[tool.poetry]
name = "boats"
version = "0.1.0"
description = ""
authors = []

[tool.poetry.dependencies]
python = "^3.12"
"""


def package(name: str, version: str = "1.0", more: str = "", tables: str = "") -> str:
    return f"""
[[package]]
name = "{name}"
version = "{version}"
description = ""
optional = {"true" if "OPTIONAL" in more else "false"}
python-versions = "*"
files = [{{file = "{name}.whl", hash = "{HASH}"}}]
{more.replace("OPTIONAL", "")}
{tables}
"""


def lock(*packages: str, version: str = "2.1", extras: str = "") -> bytes:
    metadata = f'[metadata]\nlock-version = "{version}"\npython-versions = "^3.12"\ncontent-hash = "0"\n'
    return ("\n".join(packages) + extras + metadata).encode()


def needs(*lines: str) -> str:
    return "[package.dependencies]\n" + "\n".join(lines)


MAIN = 'groups = ["main"]'

NEW = {
    "each group that is not optional, and dev": (
        PYPROJECT
        + "[tool.poetry.group.docs]\noptional = true\n[tool.poetry.group.docs.dependencies]\nmast = '*'\n"
        "[tool.poetry.group.test.dependencies]\nkeel = '*'\n[tool.poetry.group.dev.dependencies]\nsail = '*'\n",
        [
            package("hull", more=MAIN),
            package("keel", more='groups = ["test"]'),
            package("mast", more='groups = ["docs"]'),
            package("sail", more='groups = ["dev"]'),
            package("rope", more='groups = ["docs", "dev"]'),
        ],
        {"hull", "keel", "sail", "rope"},
    ),
    "the optional group dev": (
        PYPROJECT
        + "[tool.poetry.group.dev]\noptional = true\n[tool.poetry.group.dev.dependencies]\nsail = '*'\n",
        [package("sail", more='groups = ["dev"]')],
        {"sail"},
    ),
    "groups under other spellings of their names": (
        PYPROJECT + "[tool.poetry.group.Unit_Test.dependencies]\nkeel = '*'\n",
        [package("keel", more='groups = ["unit-test"]')],
        {"keel"},
    ),
    "groups of PEP 735": (
        PYPROJECT
        + "[dependency-groups]\ntest = ['keel']\ndocs = ['mast']\n[tool.poetry.group.docs]\noptional = true\n",
        [package("keel", more='groups = ["test"]'), package("mast", more='groups = ["docs"]')],
        {"keel"},
    ),
    "one marker for all groups": (
        PYPROJECT,
        [
            package("hull", more=MAIN + "\nmarkers = \"sys_platform == 'win32'\""),
            package("keel", more=MAIN + "\nmarkers = \"sys_platform == 'linux'\""),
        ],
        {"keel"},
    ),
    "markers by group": (
        PYPROJECT + "[tool.poetry.group.dev.dependencies]\nsail = '*'\n",
        [
            package(
                "sail",
                more='groups = ["main", "dev"]\nmarkers = {main = "sys_platform == \'win32\'", '
                "dev = \"python_version < '3.13'\"}",
            ),
            package("rope", more='groups = ["main", "dev"]\nmarkers = {main = "sys_platform == \'win32\'"}'),
        ],
        {"sail", "rope"},
    ),
    "no package of an extra": (
        PYPROJECT + "sail = {version = '*', optional = true}\n[tool.poetry.extras]\nfast = ['sail']\n",
        [
            package("sail", more=MAIN + "\nOPTIONAL\nmarkers = \"extra == 'fast'\""),
            package("hull", more=MAIN),
        ],
        {"hull"},
    ),
    "the entry whose marker holds": (
        PYPROJECT,
        [
            package("hull", "1.0", more=MAIN + "\nmarkers = \"python_version < '3.13'\""),
            package("hull", "2.0", more=MAIN + "\nmarkers = \"python_version >= '3.13'\""),
        ],
        {"hull"},
    ),
}

OLD = {
    "what is needed of what is needed": (
        PYPROJECT + "hull = '*'\n",
        [
            package("hull", tables=needs('Keel = ">=1"')),
            package("keel", tables=needs('rope = "*"')),
            package("rope"),
        ],
        {"hull", "keel", "rope"},
    ),
    "nothing that nobody needs": (PYPROJECT + "hull = '*'\n", [package("hull"), package("mast")], {"hull"}),
    "groups, and none that is optional": (
        PYPROJECT + "[tool.poetry.group.dev.dependencies]\nsail = '*'\n"
        "[tool.poetry.group.docs]\noptional = true\n[tool.poetry.group.docs.dependencies]\nmast = '*'\n",
        [package("sail"), package("mast")],
        {"sail"},
    ),
    "dev-dependencies": (
        PYPROJECT + "[tool.poetry.dev-dependencies]\nsail = '*'\n",
        [package("sail")],
        {"sail"},
    ),
    "extras of a dependency": (
        PYPROJECT + "hull = {version = '*', extras = ['fast']}\n",
        [
            package(
                "hull",
                tables=needs(
                    'sail = {version = "*", optional = true, markers = "extra == \\"fast\\""}',
                    'oars = {version = "*", optional = true, markers = "extra == \\"slow\\""}',
                )
                + '\n[package.extras]\nfast = ["sail"]\nslow = ["oars"]\n',
            ),
            package("sail", more="OPTIONAL"),
            package("oars", more="OPTIONAL"),
        ],
        {"hull", "sail"},
    ),
    "extras that bring extras": (
        PYPROJECT + "hull = {version = '*', extras = ['all']}\n",
        [
            package(
                "hull",
                tables=needs('sail = {version = "*", extras = ["big"], optional = true}')
                + '\n[package.extras]\nall = ["hull[fast]"]\nfast = ["sail[big] (>=1)"]\n',
            ),
            package(
                "sail",
                tables=needs('rope = {version = "*", optional = true}')
                + '\n[package.extras]\nbig = ["rope"]\n',
            ),
            package("rope", more="OPTIONAL"),
        ],
        {"hull", "sail", "rope"},
    ),
    "markers of a dependency": (
        PYPROJECT + "hull = '*'\n",
        [
            package(
                "hull",
                tables=needs(
                    'keel = {version = "*", markers = "sys_platform == \\"win32\\""}',
                    'rope = {version = "*", markers = "platform_release >= \\"5\\""}',
                ),
            ),
            package("keel"),
            package("rope"),
        ],
        {"hull", "rope"},
    ),
    "python and platform of a dependency": (
        PYPROJECT + "hull = {version = '*', python = '<3.12'}\nkeel = {version = '*', platform = 'win32'}\n"
        "rope = {version = '*', python = '^3.12', platform = 'linux'}\n",
        [package("hull"), package("keel"), package("rope")],
        {"rope"},
    ),
    "no optional dependency of the project": (
        PYPROJECT
        + "sail = {version = '*', optional = true}\nhull = '*'\n[tool.poetry.extras]\nfast = ['sail']\n",
        [package("sail", more="OPTIONAL"), package("hull")],
        {"hull"},
    ),
    "a circle": (
        PYPROJECT + "hull = '*'\n",
        [package("hull", tables=needs('keel = "*"')), package("keel", tables=needs('hull = "*"'))],
        {"hull", "keel"},
    ),
}


def names(found: Requirements) -> set[str]:
    return {pin.name for pin in found.pins}


@pytest.mark.parametrize(("pyproject", "packages", "expected"), NEW.values(), ids=NEW)
def test_a_lock_that_names_its_groups_gives(pyproject: str, packages: list[str], expected: set[str]) -> None:
    assert names(requirements_of(lock(*packages), pyproject.encode(), LINUX)) == expected


@pytest.mark.parametrize(("pyproject", "packages", "expected"), OLD.values(), ids=OLD)
@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_an_older_lock_is_walked_for(
    version: str, pyproject: str, packages: list[str], expected: set[str]
) -> None:
    assert names(requirements_of(lock(*packages, version=version), pyproject.encode(), LINUX)) == expected


FORKED = [
    package("hull", "1.0"),
    package("hull", "2.0"),
    package("keel", tables=needs('hull = ">=1"')),
]
FORK = (
    PYPROJECT
    + "keel = '*'\nhull = [{version = '<2', python = '<3.13'}, {version = '>=2', python = '>=3.13'}]\n"
).encode()


def test_of_two_versions_in_an_older_lock_the_one_is_taken_that_all_admit() -> None:
    old = lock(*FORKED, version="2.0")
    assert requirements_of(old, FORK, LINUX).version_of("hull") == "1.0"
    assert requirements_of(old, FORK, NEWER).version_of("hull") == "2.0"


def test_of_two_entries_in_a_new_lock_the_one_is_taken_whose_marker_holds() -> None:
    pyproject, packages, _ = NEW["the entry whose marker holds"]
    assert requirements_of(lock(*packages), pyproject.encode(), LINUX).version_of("Hull") == "1.0"
    assert requirements_of(lock(*packages), pyproject.encode(), NEWER).version_of("hull") == "2.0"


@pytest.fixture
def poetrys(tmp_path: Path) -> Callable[[bytes, bytes, dict[str, str]], set[tuple[str, str]]]:
    """What Poetry's own installer would install."""
    pytest.importorskip("poetry.installation")
    from cleo.io.null_io import NullIO
    from poetry.factory import Factory
    from poetry.installation.installer import Installer
    from poetry.repositories.installed_repository import InstalledRepository
    from poetry.utils.env import MockEnv

    class Noting:
        enabled = True

        def __init__(self) -> None:
            self.operations: list[Any] = []

        def verbose(self, *_: bool) -> None: ...

        def execute(self, operations: Iterable[Any]) -> int:
            self.operations += operations
            return 0

    def installed(lock: bytes, pyproject: bytes, markers: dict[str, str]) -> set[tuple[str, str]]:
        (tmp_path / "poetry.lock").write_bytes(lock)
        (tmp_path / "pyproject.toml").write_bytes(pyproject)
        project = Factory().create_poetry(tmp_path, disable_plugins=True)
        version = tuple(map(int, markers["python_full_version"].split(".")))
        environment = MockEnv(version_info=(*version, "final", 0), path=tmp_path / "env")
        environment.get_marker_env = lambda: {**markers, "version_info": version}
        noting, root = Noting(), project.package
        installer = Installer(
            NullIO(), environment, root, project.locker, project.pool, project.config,
            installed=InstalledRepository(), executor=noting, disable_cache=True,
        )  # fmt: skip
        wanted = set(root.dependency_group_names()) | {"dev"}
        installer.only_groups(wanted & set(root.dependency_group_names(include_optional=True)))
        project.locker.is_fresh = lambda: True
        installer.run()
        done = (one for one in noting.operations if not one.skipped)
        return {(one.package.name, str(one.package.version)) for one in done}

    return installed


@pytest.mark.parametrize("markers", [LINUX, NEWER], ids=["3.12", "3.13"])
@pytest.mark.parametrize(
    ("pyproject", "packages", "version"),
    [
        *((pyproject, packages, "2.1") for pyproject, packages, _ in NEW.values()),
        *((pyproject, packages, "2.0") for pyproject, packages, _ in OLD.values()),
        (FORK.decode(), FORKED, "2.0"),
    ],
    ids=[*NEW, *OLD, "a fork"],
)
def test_it_is_what_poetry_installs(
    poetrys: Any, pyproject: str, packages: list[str], version: str, markers: dict[str, str]
) -> None:
    locked = lock(*packages, version=version)
    found = requirements_of(locked, pyproject.encode(), markers)
    assert {(pin.name, pin.version) for pin in found.pins} == poetrys(locked, pyproject.encode(), markers)


def line(packages: str) -> str:
    [pin] = requirements_of(lock(packages), PYPROJECT.encode(), LINUX).pins
    return pin.line_in(Path("/work space/boats/lib"))


def source(**keys: str) -> str:
    return "[package.source]\n" + "\n".join(f'{key} = "{value}"' for key, value in keys.items())


GIT = {
    "type": "git",
    "url": "https://git.example/keel.git",
    "reference": "main",
    "resolved_reference": "abc123",
}
LINES = {
    "index": (package("keel", more=MAIN), f"keel==1.0 --hash={HASH}"),
    "git": (
        package("keel", more=MAIN, tables=source(**GIT)),
        "keel @ git+https://git.example/keel.git@abc123",
    ),
    "git by ssh": (
        package("keel", more=MAIN, tables=source(**{**GIT, "url": "git@git.example:boats/keel.git"})),
        "keel @ git+ssh://git@git.example/boats/keel.git@abc123",
    ),
    "git in a folder": (
        package("keel", more=MAIN, tables=source(**GIT, subdirectory="py thon")),
        "keel @ git+https://git.example/keel.git@abc123#subdirectory=py%20thon",
    ),
    "url": (
        package("keel", more=MAIN, tables=source(type="url", url="https://files.example/keel-1.0.tar.gz")),
        f"keel @ https://files.example/keel-1.0.tar.gz --hash={HASH}",
    ),
    "file": (
        package("keel", more=MAIN, tables=source(type="file", url="../keel.whl")),
        f"keel @ file:///work%20space/boats/lib --hash={HASH}",
    ),
    "directory": (
        package("keel", more=MAIN, tables=source(type="directory", url="../lib")),
        "keel @ file:///work%20space/boats/lib",
    ),
    "editable directory": (
        package("keel", more=MAIN + "\ndevelop = true", tables=source(type="directory", url="../lib")),
        "-e /work%20space/boats/lib",
    ),
}


@pytest.mark.parametrize(("packages", "expected"), LINES.values(), ids=LINES)
def test_the_line_of_a_package_from(packages: str, expected: str) -> None:
    assert line(packages) == expected


def test_all_hashes_of_a_package_are_pinned_in_order() -> None:
    files = (
        f'{{file = "b", hash = "{OTHER}"}}, {{file = "a", hash = "{HASH}"}}, {{file = "c", hash = "{HASH}"}}'
    )
    two = package("keel", more=MAIN).replace(f'{{file = "keel.whl", hash = "{HASH}"}}', files)
    assert line(two) == f"keel==1.0 --hash={HASH} --hash={OTHER}"


def test_the_hashes_of_the_oldest_locks_stand_below_the_metadata() -> None:
    bare = package("keel").replace(f'files = [{{file = "keel.whl", hash = "{HASH}"}}]', "")
    old = (
        lock(bare, version="1.1")
        + f'[metadata.files]\nkeel = [{{file = "keel.whl", hash = "{OTHER}"}}]\n'.encode()
    )
    [pin] = requirements_of(old, None, LINUX).pins
    assert pin.line == f"keel==1.0 --hash={OTHER}"


def test_an_index_of_the_lock_is_handed_on() -> None:
    legacy = package(
        "keel", more=MAIN, tables=source(type="legacy", url="https://own.example/simple", reference="own")
    )
    found = requirements_of(lock(legacy), PYPROJECT.encode(), LINUX)
    assert found.indexes == ("https://own.example/simple",)
    assert [pin.line for pin in found.pins] == [f"keel==1.0 --hash={HASH}"]


@pytest.mark.parametrize("pyproject", [None, b"[tool.poetry", b"\xff", b"tool = 1"])
def test_without_a_readable_pyproject_every_group_of_the_lock_is_taken(pyproject: bytes | None) -> None:
    both = lock(package("hull", more=MAIN), package("mast", more='groups = ["docs"]'))
    assert names(requirements_of(both, None if pyproject == b"tool = 1" else pyproject, LINUX)) == {
        "hull",
        "mast",
    }


def test_without_a_pyproject_an_older_lock_is_walked_from_what_nobody_needs() -> None:
    marked = needs('keel = {version = "*", markers = "sys_platform == \\"win32\\""}')
    old = lock(
        package("hull", tables=marked), package("keel"), package("sail", more="OPTIONAL"), version="2.0"
    )
    assert names(requirements_of(old, None, LINUX)) == {"hull"}


def test_closure_holds_all_that_a_package_needs_and_nothing_that_is_not_installed() -> None:
    found = requirements_of(
        lock(
            package("hull", more=MAIN, tables=needs('Keel_X = "*"', 'colours = "*"')),
            package("keel-x", more=MAIN, tables=needs('hull = "*"', 'rope = "*"')),
            package("rope", more=MAIN),
            package("sail", more=MAIN),
        ),
        PYPROJECT.encode(),
        LINUX,
    )
    assert found.closure(["HULL", "nothing"]) == {"hull", "keel-x", "rope"}
    assert found.version_of("Keel.X") == "1.0"
    assert found.version_of("nothing") is None


def test_equal_sets_have_equal_digests() -> None:
    one, two = package("hull", more=MAIN), package("keel", more=MAIN)
    digests = {requirements_of(lock(*order), None, LINUX).digest for order in ([one, two], [two, one])}
    assert len(digests) == 1
    assert requirements_of(lock(one), None, LINUX).digest not in digests


HOSTILE = {
    "no TOML": (b"[[package", "cannot be read"),
    "no metadata": (b"package = []", "no [metadata]"),
    "no format": (b"[metadata]", 'its lock-version is "None"'),
    "a format of the future": (
        b'[metadata]\nlock-version = "3.0"',
        'its lock-version is "3.0", wanted 1.x or 2.x',
    ),
    "packages that are no list": (
        b'package = 1\n[metadata]\nlock-version = "2.1"',
        "its packages are no list",
    ),
    "a package that is no table": (b'package = [1]\n[metadata]\nlock-version = "2.1"', "is no table"),
    "a name with a line break": (lock(package("a\\n--index-url x", more=MAIN)), "is no name of a package"),
    "a name that is an option": (lock(package("-r", more=MAIN)), '"-r" is no name of a package'),
    "a version with an option": (lock(package("a", "1 --pre", more=MAIN)), '"1 --pre" is no version of "a"'),
    "a hash with an option": (
        lock(package("a", more=MAIN).replace(HASH, "sha256:0 --pre")),
        '"sha256:0 --pre" is no hash of a file of "a"',
    ),
    "groups that are no list": (lock(package("a", more="groups = 1")), 'the groups of "a" are no list'),
    "markers that are no text": (
        lock(package("a", more=MAIN + "\nmarkers = 1")),
        'the markers of "a" are no text',
    ),
    "a marker that is none": (lock(package("a", more=MAIN + "\nmarkers = 'x y'")), "markers cannot be read"),
    "a marker as deep as the sea": (
        lock(package("a", more=MAIN + f"\nmarkers = '{'(' * 9000}'")),
        "markers cannot be read",
    ),
    "a variable in an address": (
        lock(package("a", more=MAIN, tables=source(type="url", url="https://x/${HOME}"))),
        "comes from an address that is not understood",
    ),
    "a file by its address": (
        lock(package("a", more=MAIN, tables=source(type="url", url="file:///etc/passwd"))),
        "address that is not understood",
    ),
    "an index in a line": (
        lock(package("a", more=MAIN, tables=source(type="legacy", url="https://x --pre", reference="x"))),
        "address that is not understood",
    ),
    "git that is an option": (
        lock(package("a", more=MAIN, tables=source(**{**GIT, "resolved_reference": "--upload-pack=x"}))),
        "without a reference that is understood",
    ),
    "a folder above": (
        lock(package("a", more=MAIN, tables=source(**GIT, subdirectory="../.."))),
        "subfolder that is not understood",
    ),
    "a source of an unknown type": (
        lock(package("a", more=MAIN, tables=source(type="tape", url="x"))),
        "unknown type",
    ),
    "a source without a type": (
        lock(package("a", more=MAIN, tables="[package.source]\nx = 1")),
        "no type or no url",
    ),
}


@pytest.mark.parametrize(("data", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_a_lock_is_refused_that_has(data: bytes, reason: str) -> None:
    with pytest.raises(BadLock) as refused:
        requirements_of(data, None, LINUX)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


ODD = ["1", "[]", "{}", "'x'", "[1]", "[[]]", "{a = 1}", "{a = [1]}", "{a = {b = [1]}}", "true", "1979-05-27"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "key", ["dependencies", "extras", "files", "source", "develop", "optional", "groups", "markers"]
)
@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_odd_values_in_a_lock_are_read_or_refused(key: str, odd: str, version: str) -> None:
    text = f'[[package]]\nname = "a"\nversion = "1"\n{key} = {odd}\n' + (MAIN if key != "groups" else "")
    try:
        found = requirements_of(lock(text + "\n", version=version), PYPROJECT.encode() + b"a = '*'\n", LINUX)
    except BadLock:
        return
    assert names(found) <= {"a"}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "way",
    [
        "project", "project.dependencies", "dependency-groups", "dependency-groups.dev", "tool", "tool.poetry",
        "tool.poetry.group", "tool.poetry.group.dev", "tool.poetry.group.dev.dependencies", "tool.poetry.dependencies",
        "tool.poetry.group.dev.include-groups", "tool.poetry.dependencies.a", "tool.poetry.dev-dependencies",
    ],
)  # fmt: skip
def test_odd_values_in_a_pyproject_are_left_out(way: str, odd: str) -> None:
    old = lock(package("a"), version="2.0")
    assert names(requirements_of(old, f"{way} = {odd}\n".encode(), LINUX)) <= {"a"}


def test_groups_that_include_one_another_end() -> None:
    pyproject = b"[dependency-groups]\ndev = [{include-group = 'x'}]\nx = ['a', {include-group = 'dev'}]\n"
    assert names(requirements_of(lock(package("a"), version="2.0"), pyproject, LINUX)) == {"a"}


def test_requirements_of_pep_621_stand_before_poetrys_tables_which_say_more_of_them() -> None:
    pyproject = b"""
[project]
dependencies = ["hull[fast]>=1", "keel; sys_platform == 'win32'", "rope"]
[project.optional-dependencies]
more = ["sail"]
[tool.poetry.dependencies]
rope = {version = "*", markers = "sys_platform == 'win32'"}
mast = "*"
"""
    every = lock(*(package(name) for name in ("hull", "keel", "rope", "sail", "mast")), version="2.0")
    assert names(requirements_of(every, pyproject, LINUX)) == {"hull"}
