"""Which Pythons an integration is made for."""

from __future__ import annotations

import pytest

from seatrial.dependencies.pythons import python_constraint, satisfies

LOCK = b"""\
[[package]]
name = "a"
python-versions = ">=2"
[metadata]
lock-version = "2.1"
python-versions = "^3.11"
"""
LOOK_ALIKE = b'''\
[tool.x]
text = """
[tool.poetry.dependencies]
python = "^2.7"
"""
[tool.poetry.dependencies]
python = "^3.12"
'''

STATED = {
    "the plain form": (b'[tool.poetry]\n[tool.poetry.dependencies]\npython = "^3.12"\nx = "1"\n', "^3.12"),
    "a remark behind it": (b"[tool.poetry]\n[tool.poetry.dependencies]\npython = '^3.12' # why\n", "^3.12"),
    "the first line of the file": (b'[tool.poetry.dependencies]\npython = "^3.12"\n', "^3.12"),
    "an inline table": (b'[tool.poetry]\ndependencies = {python = ">=3.12,<4"}\n', ">=3.12,<4"),
    "a capital": (b'[tool.poetry.dependencies]\nPython = "~3.12"\n', "~3.12"),
    "a look-alike in a text": (LOOK_ALIKE, "^3.12"),
    "a look-alike in another table": (b'[tool.poetry.dependencies]\n[tool.x]\npython = "^2.7"\n', "^3.11"),
    "requires-python": (b'[project]\nrequires-python = ">=3.12"\n', ">=3.12"),
    "both": (
        b'[tool.poetry.dependencies]\npython = "^3.13"\n[project]\nrequires-python = ">=3.12"\n',
        "^3.13",
    ),
    "neither": (b"[tool.poetry]\n", "^3.11"),
    "a list": (b'[tool.poetry.dependencies]\npython = ["^3.12"]\n', "^3.11"),
    "no TOML": (b"[tool.poetry", "^3.11"),
    "no file": (None, "^3.11"),
}


@pytest.mark.parametrize(("pyproject", "expected"), STATED.values(), ids=STATED)
def test_the_constraint_of(pyproject: bytes | None, expected: str) -> None:
    assert python_constraint(pyproject, LOCK) == expected


@pytest.mark.parametrize("lock", [None, b"", b"\xff", b"[metadata]\n"])
def test_where_nobody_says_any_python_will_do(lock: bytes | None) -> None:
    assert python_constraint(None, lock) == "*"


CONSTRAINTS = [
    ("^3.12", "3.12.0 3.12.9 3.13.1 3.99.0", "3.11.9 4.0.0 2.7.18"),
    (">=3.12,<4", "3.12.1 3.14.0", "3.11.0 4.0.0"),
    (">=3.11 <3.13", "3.11.0 3.12.9", "3.13.0"),
    ("~3.12", "3.12.0 3.12.30", "3.13.0"),
    ("~3", "3.8.0 3.14.0", "4.0.0"),
    ("~=3.12.1", "3.12.1 3.12.30", "3.12.0 3.13.0"),
    ("3.12.*", "3.12.0 3.12.30", "3.13.0"),
    ("==3.12.*", "3.12.30", "3.13.0"),
    ("3.12.1", "3.12.1", "3.12.2"),
    (">=3.9.*", "3.9.0 3.12.1", "3.8.18"),
    ("^3.9,!=3.10.*", "3.9.1 3.11.0", "3.10.4"),
    (">=3.9, !=3.9.0, !=3.9.1", "3.9.2", "3.9.1"),
    ("^2.7 || ^3.12", "3.12.1", "3.11.1"),
    ("~3.11|~3.13", "3.11.2 3.13.0", "3.12.0"),
    ("*", "3.8.0 3.14.0", ""),
    ("", "3.8.0 3.14.0", ""),
    ("rubbish", "", "3.12.1"),
    ("^", "", "3.12.1"),
    (">=3" * 200, "", "3.12.1"),
]


@pytest.mark.parametrize(("constraint", "yes", "no"), CONSTRAINTS, ids=[row[0][:20] for row in CONSTRAINTS])
def test_a_constraint_in_poetrys_words(constraint: str, yes: str, no: str) -> None:
    assert all(satisfies(constraint, version) for version in yes.split())
    assert not any(satisfies(constraint, version) for version in no.split())


@pytest.mark.parametrize("constraint", [row[0] for row in CONSTRAINTS if row[1] and row[0]])
def test_poetry_reads_the_constraint_the_same_way(constraint: str) -> None:
    poetry = pytest.importorskip("poetry.core.constraints.version")
    parsed = poetry.parse_constraint(constraint)
    versions = [
        f"{major}.{minor}.{patch}" for major in (2, 3, 4) for minor in range(16) for patch in (0, 1, 2, 30)
    ]
    found = {one: satisfies(constraint, one) for one in versions}
    assert found == {one: parsed.allows(poetry.Version.parse(one)) for one in versions}
