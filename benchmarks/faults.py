"""Faults to plant in a copy of an integration: each returns the new bytes of files by path.

People make all of these faults, and each can be planted in any integration.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Edits = Mapping[str, bytes]
Planting = Callable[[Path], Edits]
FAULTS: dict[str, Planting] = {}

OWN_TYPE = """

def seatrial_planted() -> int:
    return "text"
"""
DEPENDENCY_TYPE = """

async def seatrial_planted() -> None:
    import seatrial_nowhere
    from httpx import AsyncClient
    from port_ocean.context.ocean import ocean

    async with AsyncClient(timeout="long", http2=3) as client:
        await client.get(url=7, nothing=seatrial_nowhere)
    await ocean.register_raw(1)
"""
UNUSED_IGNORE = """

SEATRIAL_PLANTED: int = 1  # type: ignore[assignment]
"""
BAD_FORMAT = """
SEATRIAL_PLANTED = {  'a':1 }
"""
BAD_SYNTAX = """

def seatrial_planted(:
    pass
"""
UNUSED_IMPORT = "import zipapp\n"
UNKNOWN = {
    "tool.poetry": 'seatrial-unknown = "x"',
    "tool.mypy": "seatrial_unknown = true",
    "tool.ruff": "seatrial-unknown = true",
    "tool.black": "seatrial-unknown = true",
}
WRONG = {
    "tool.poetry": "classifiers = 3",
    "tool.mypy": 'python_version = "abc"',
    "tool.ruff": 'fix = "perhaps"',
    "tool.black": 'workers = "many"',
}
CHOICES = {
    'name = "': 'license = "seatrial: no licence"\nname = "',
    '"pydantic.mypy",': '"seatrial_nowhere", "pydantic.mypy",',
    'ignore = ["E501"]': 'ignore = ["E501", "SEATRIAL1"]',
    "'py311'": "'py999'",
}
SHADOW = b"logger: int = 1\n"
BAD_YAML = b"first:  1\nfirst: [2 ]\nlast: 3 \n"
BROKEN_YAML = b"first: [1, 2\nsecond: }\n"


def fault(planting: Planting) -> Planting:
    """Register a fault under its name."""
    FAULTS[planting.__name__.replace("_", "-")] = planting
    return planting


def _appended(folder: Path, path: str, text: str) -> dict[str, bytes]:
    return {path: (folder / path).read_bytes() + text.encode()}


def _under(pyproject: bytes, additions: Mapping[str, str]) -> bytes:
    """Return the pyproject with one more line directly under each table's header."""
    text = pyproject.decode()
    for table, line in additions.items():
        header = f"[{table}]\n"
        if header not in text:
            text += f"\n{header}"
        text = text.replace(header, f"{header}{line}\n", 1)
    return text.encode()


@fault
def clean(folder: Path) -> Edits:
    """Nothing."""
    return {}


@fault
def own_type(folder: Path) -> Edits:
    """A type error in the integration's own code."""
    return _appended(folder, "main.py", OWN_TYPE)


@fault
def dependency_type(folder: Path) -> Edits:
    """Errors that can be seen only with the types of the dependencies."""
    return _appended(folder, "main.py", DEPENDENCY_TYPE)


@fault
def unused_ignore(folder: Path) -> Edits:
    """A `type: ignore` on a line without an error."""
    return _appended(folder, "main.py", UNUSED_IGNORE)


@fault
def unused_import(folder: Path) -> Edits:
    """An unused import before all others."""
    source = (folder / "main.py").read_bytes()
    first = next(node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom))
    lines = source.decode().splitlines(keepends=True)
    lines.insert(first.lineno - 1, UNUSED_IMPORT)
    return {"main.py": "".join(lines).encode()}


@fault
def bad_format(folder: Path) -> Edits:
    """A line that black writes differently."""
    return _appended(folder, "main.py", BAD_FORMAT)


@fault
def bad_syntax(folder: Path) -> Edits:
    """A Python file with a syntax error."""
    return _appended(folder, "main.py", BAD_SYNTAX)


@fault
def odd_names(folder: Path) -> Edits:
    """Files whose names contain the separators of the lines that tools print."""
    return {
        "seatrial_a b: c.py": b"import zipapp\n\nNUMBER: int = 'text'\n",
        "seatrial_a: 1:2 [b].yaml": b"a:  1\n",
    }


@fault
def odd_bytes(folder: Path) -> Edits:
    """Files that are not UTF-8, which tools refuse or crash on."""
    return {"seatrial_latin.py": b'NAME = "\xe9"\n', "seatrial_latin.yaml": b"name: \xe9\n"}


@fault
def bad_yaml(folder: Path) -> Edits:
    """A YAML file with style errors, one with a syntax error, and a JSON file, which yamllint reads too."""
    return {
        ".port/seatrial-untidy.yaml": BAD_YAML,
        ".port/seatrial-broken.yml": BROKEN_YAML,
        "seatrial.json": b'{"a":  1}',
    }


@fault
def broken_pyproject(folder: Path) -> Edits:
    """A pyproject with a syntax error."""
    return _appended(folder, "pyproject.toml", "\n[tool.seatrial-planted\n")


@fault
def unknown_keys(folder: Path) -> Edits:
    """A setting that the tool does not know, for every tool."""
    pyproject = _under((folder / "pyproject.toml").read_bytes(), UNKNOWN)
    return {
        "pyproject.toml": pyproject,
        ".yamllint": b"extends: default\nrules: {seatrial-unknown: enable}\n",
    }


@fault
def wrong_values(folder: Path) -> Edits:
    """A setting whose value has the wrong type, for every tool."""
    pyproject = _under((folder / "pyproject.toml").read_bytes(), WRONG)
    return {
        "pyproject.toml": pyproject,
        ".yamllint": b"extends: default\nrules: {line-length: {max: wide}}\n",
    }


@fault
def bad_choices(folder: Path) -> Edits:
    """A setting of the right type with an unknown value, for every tool but yamllint."""
    text = (folder / "pyproject.toml").read_text()
    for old, new in CHOICES.items():
        text = text.replace(old, new, 1)
    return {"pyproject.toml": text.encode()}


@fault
def stale_lock(folder: Path) -> Edits:
    """A dependency in pyproject that is missing from the lock."""
    pyproject = (folder / "pyproject.toml").read_bytes()
    return {"pyproject.toml": _under(pyproject, {"tool.poetry.dependencies": 'seatrial-planted = "^1.0"'})}


@fault
def several(folder: Path) -> Edits:
    """A type error, an unused import, bad formatting, bad YAML and a stale lock at once."""
    imported = unused_import(folder)["main.py"]
    return {
        **stale_lock(folder),
        **bad_yaml(folder),
        "main.py": imported + (OWN_TYPE + BAD_FORMAT).encode(),
    }


@fault
def shadowing(folder: Path) -> Edits:
    """A module of the integration that shadows a dependency's module of the same name."""
    return {"loguru.py": SHADOW}


@fault
def around(folder: Path) -> Edits:
    """Changed files above the folder that tools read: one more rule for YAML, and one more file that git ignores."""
    root = folder.parents[1]
    rules = (root / ".yamllint.yaml").read_bytes().replace(b"line-length: disable", b"line-length: {max: 60}")
    ignored = (root / ".gitignore").read_bytes() + b"\nmain.py\n"
    return {**unused_import(folder), "../../.yamllint.yaml": rules, "../../.gitignore": ignored}


@contextmanager
def planted(folder: Path, edits: Edits) -> Iterator[None]:
    """Make the edits in the folder, and undo them after the block."""
    before = {path: (folder / path).read_bytes() for path in edits if (folder / path).exists()}
    try:
        for path, data in edits.items():
            (folder / path).write_bytes(data)
        yield
    finally:
        for path in edits:
            (folder / path).unlink(missing_ok=True)
        for path, data in before.items():
            (folder / path).write_bytes(data)
