"""poetry check: errors, warnings and refusals read and brought to their keys; stale locks told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.model import Location
from seatrial.lint.tools.poetry import TOOL
from seatrial.lint.tools.tool import Output
from support.lint_cases import put, reading, run, told

PYPROJECT = """\
[tool.poetry]
name = "good-service"
version = "abc def"
nosuch = 1
licence = "MIT"
classifiers = ["Nope :: x"]
readme = "NOPE.md"

[tool.poetry.dependencies]
python = "^3.12"
port_ocean = {version = "^0.48.12", extras = ["cli"]}

[tool.poetry.group.dev.dependencies]
pytest = "nope"
respx = {version = "*", source = "bar"}

[tool.poetry.scripts]
foo = 3
"""
FILES = {"pyproject.toml": PYPROJECT}
INVALID = "\nThe Poetry configuration is invalid:\n"
STANDING = (
    "Warning: [tool.poetry.name] is deprecated. Use [project.name] instead.\n"
    "Warning: [tool.poetry.version] is set but 'version' is not in [project.dynamic]. If it is static use "
    "[project.version]. If it is dynamic, add 'version' to [project.dynamic].\n"
    "If you want to set the version dynamically via `poetry build --local-version`, add it there.\n"
    "Warning: [tool.poetry.authors] is deprecated. Use [project.authors] instead.\n"
)

FAULTS = [
    (f"{INVALID}  - Additional properties are not allowed ('nosuch' was unexpected)\n", "4:1", ""),
    (
        f"{INVALID}  - Additional properties are not allowed ('licence' was unexpected)\n",
        "5:1",
        'write "license"',
    ),
    (
        f"{INVALID}  - tool.poetry.scripts.foo must be valid exactly by one definition (0 matches found)\n",
        "18:1",
        "",
    ),
    (f"{INVALID}  - Either [project.name] or [tool.poetry.name] is required in package mode.\n", "2:1", ""),
    ("\nInvalid version 'abc def' on package good-service\n", "3:11", ""),
    ("\nCould not parse version constraint: nope\n", "14:10", ""),
    ("Error: Unrecognized classifiers: ['Nope :: x'].\n", "6:16", ""),
    ("Error: Declared README file does not exist: NOPE.md\n", "7:10", ""),
    ('Error: Invalid source "bar" referenced in dependencies.\n', "15:34", ""),
    ("\nThis project requires Poetry >=9, but you are using Poetry 2.5.1\n", "1:7", ""),
]


@pytest.mark.parametrize(("err", "place", "repair"), FAULTS)
def test_a_fault_is_reported_at_its_key(err: str, place: str, repair: str) -> None:
    (line,) = told(TOOL, Output(1, err=err + (STANDING if "Error:" in err else "")), FILES)
    message = err.strip().splitlines()[-1].strip().removeprefix("- ").removeprefix("Error: ")
    assert line == f"pyproject.toml:{place} error {message}" + (f" || {repair}" if repair else "")


def test_each_fault_of_a_list_is_a_problem() -> None:
    err = f"{INVALID}  - tool.poetry.scripts.foo must be string\n  - tool.poetry.version must be string\n\n"
    assert [line.split()[0] for line in told(TOOL, Output(1, err=err), FILES)] == [
        "pyproject.toml:18:1",
        "pyproject.toml:3:1",
    ]


def test_advice_for_every_package_is_not_a_problem() -> None:
    assert told(TOOL, Output(0, err=STANDING), FILES) == []
    assert told(TOOL, Output(0, "All set!\n"), FILES) == []


def test_another_warning_is_a_problem() -> None:
    said = 'The "poetry.dev-dependencies" section is deprecated. Use "poetry.group.dev.dependencies" instead.'
    text = "[tool.poetry]\n\n[tool.poetry.dev-dependencies]\n"
    assert told(TOOL, Output(0, err=f"{said}\nWarning: {said}\n{STANDING}"), {"pyproject.toml": text}) == [
        f"pyproject.toml:3:14 warning {said}"
    ]


@pytest.mark.parametrize(
    ("err", "said"),
    [
        (
            "\nInvalid TOML file pyproject.toml: Unexpected character: '\\n' at line 1 col 12\n",
            "pyproject.toml:1:13 error Unexpected character: '\\n'",
        ),
        (
            "\nInvalid TOML file /there/poetry.toml: Unexpected character: '\\n' at line 1 col 12\n",
            "poetry.toml:1:13 error Unexpected character: '\\n'",
        ),
        (
            "\nExpected ']]' at the end of an array declaration (at line 1, column 10)\n",
            "poetry.lock:1:10 error Expected ']]' at the end of an array declaration || "
            "type `poetry lock` in this folder, and commit the file",
        ),
    ],
)
def test_a_file_that_is_not_toml_is_a_fault_where_it_breaks(err: str, said: str) -> None:
    assert told(TOOL, Output(1, err=err), {"pyproject.toml": "[tool.poetry\n"}) == [said]


STALE = Output(
    1,
    err="Error: pyproject.toml changed significantly since poetry.lock was last generated. "
    f"Run `poetry lock` to fix the lock file.\n{STANDING}",
)
LOCK = """\
[[package]]
name = "port-ocean"
version = "0.48.12"

[[package]]
name = "pytest"
version = "9.1.1"

[[package]]
name = "respx"
version = "0.22.0"

[metadata]
content-hash = "0000"
"""
BEHIND = "pyproject.toml changed significantly since poetry.lock was last generated"


@pytest.mark.parametrize(
    ("lock", "where", "why"),
    [
        (LOCK.replace("respx", "other"), Location("pyproject.toml", 15, 1), ': "respx" is not in it'),
        (
            LOCK.replace("0.48.12", "0.47.3"),
            Location("pyproject.toml", 11, 1),
            ': it holds "port_ocean" 0.47.3, and "^0.48.12" is asked for',
        ),
        (LOCK, Location("poetry.lock", 14, 17), ""),
        ("", Location("pyproject.toml", 11, 1), ': "port_ocean" is not in it'),
    ],
)
def test_a_stale_lock_is_reported_where_it_differs_from_pyproject(
    lock: str, where: Location, why: str
) -> None:
    found = reading(TOOL, STALE, FILES | {"poetry.lock": lock})
    (one,) = found.stale
    assert (found.problems, found.failure) == ([], "")
    assert (one.where, one.message) == (where, BEHIND + why)
    assert one.fix is not None
    assert "poetry lock" in one.fix.title


@pytest.mark.parametrize(
    "text", ["", "[tool.poetry\n", "[tool]\npoetry = 3\n", "[tool.poetry]\ngroup = [1]\n"]
)
def test_a_stale_lock_beside_an_unusable_pyproject_is_reported_at_its_hash(text: str) -> None:
    (one,) = reading(TOOL, STALE, {"pyproject.toml": text, "poetry.lock": LOCK}).stale
    assert one.where == Location("poetry.lock", 14, 17)


@pytest.mark.parametrize(
    ("output", "failure"),
    [
        (Output(1, err="Traceback (most recent call last):\nImportError: no cleo\n"), "ImportError: no cleo"),
        (Output(1, err=STANDING + "\n"), "status 1"),
        (Output(-15, err="Error: x\n"), "SIGTERM"),
        (Output(70, err="Error: x\n"), "status 70"),
    ],
)
def test_without_a_verdict_it_is_said_why(output: Output, failure: str) -> None:
    assert failure in reading(TOOL, output).failure


@pytest.mark.parametrize(
    ("path", "settings", "counts"),
    [
        ("pyproject.toml", {}, True),
        ("poetry.lock", {}, True),
        ("poetry.toml", {}, True),
        ("README.md", {"poetry": {"readme": "README.md"}}, False),
        ("main.py", {"poetry": 3}, False),
        ("lib/pyproject.toml", {"poetry": {"dependencies": {"lib": {"path": "lib"}}}}, True),
        ("lib/setup.py", {"poetry": {"group": {"dev": {"dependencies": {"lib": [{"path": "lib"}]}}}}}, True),
    ],
)
def test_only_what_it_may_read_counts(path: str, settings: dict[str, object], counts: bool) -> None:
    assert (path in TOOL.watches(settings)) is counts


GOOD = """\
[tool.poetry]
name = "good-service"
version = "0.1.0"
description = "x"
authors = ["A B <a@b.c>"]

[tool.poetry.dependencies]
python = "^3.12"
port_ocean = "^0.48.12"
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "place"),
    [
        (('description = "x"', 'licence = "MIT"'), "pyproject.toml:4:1"),
        (('"0.1.0"', '"abc def"'), "pyproject.toml:3:11"),
        (('"^0.48.12"', '"nope"'), "pyproject.toml:9:14"),
        (('name = "good-service"\n', ""), "pyproject.toml:1:7"),
        (("[tool.poetry]", "[tool.poetry"), "pyproject.toml:1:13"),
        (("", ""), "poetry.lock:6:17"),
    ],
)
def test_real_output_is_read(change: tuple[str, str], place: str, tmp_path: Path) -> None:
    lock = '[[package]]\nname = "port-ocean"\nversion = "0.48.12"\n\n[metadata]\ncontent-hash = "0000"\n'
    files = {"pyproject.toml": GOOD.replace(*change, 1), "poetry.lock": lock}
    put(tmp_path, files)
    output = run("poetry", TOOL.plain, tmp_path)
    (line,) = told(TOOL, output, files)
    assert line.startswith(f"{place} error ")


@pytest.mark.slow
def test_real_poetry_accepts_a_good_folder(tmp_path: Path) -> None:
    put(tmp_path, {"pyproject.toml": GOOD})
    output = run("poetry", TOOL.plain, tmp_path)
    assert output.status == 0
    assert told(TOOL, output, {"pyproject.toml": GOOD}) == []
