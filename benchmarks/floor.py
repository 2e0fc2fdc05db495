"""The floor of validation: read every file of the integrations once, parse each document once, and no more.

    python benchmarks/floor.py ../ocean --jobs 2

It uses the parsers that Seatrial uses (PyYAML's C loader, json, tomllib, tree-sitter) on the documents that Seatrial
parses: Python without tests and examples, and YAML, JSON and TOML without tests. A `poetry.lock` is only read, because
Seatrial searches its text: tomllib would take longer for the 49 locks than everything else takes together.
Prints the number of files, bytes and documents as JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import tree_sitter_python
import yaml
from tree_sitter import Language, Parser

LEFT_OUT = {
    ".git",
    ".venv",
    "venv",
    "__pycache__",
    "node_modules",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}
NO_PYTHON = re.compile(r"(?:.*/)?(?:tests|integration_tests|examples|changelog|\..*)/")
NO_DOCUMENTS = re.compile(r"(?:.*/)?(?:\.(?!port/)|[^/]*(?:test|fixture)[^/]*/)", re.IGNORECASE)

_python = Parser(Language(tree_sitter_python.language()))

PARSERS: Mapping[str, Callable[[bytes], object]] = {
    ".py": _python.parse,
    ".json": json.loads,
    ".toml": lambda data: tomllib.loads(data.decode()),
    ".yaml": lambda data: list(yaml.load_all(data, Loader=yaml.CSafeLoader)),
    ".yml": lambda data: list(yaml.load_all(data, Loader=yaml.CSafeLoader)),
}


def files(folder: Path) -> Iterator[str]:
    """Yield the paths of the plain files below a folder, relative to it."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in names:
            path = os.path.join(parent, name)
            if not os.path.islink(path):
                yield os.path.relpath(path, folder)


def parser_of(path: str) -> Callable[[bytes], object] | None:
    """Return the parser of a document that Seatrial parses; None for other files."""
    suffix = os.path.splitext(path)[1]
    is_left_out = (NO_PYTHON if suffix == ".py" else NO_DOCUMENTS).match(path)
    return None if is_left_out else PARSERS.get(suffix)


def read(folder: Path) -> Counter[str]:
    """Read and parse one integration; return the counts."""
    counts: Counter[str] = Counter(integrations=1)
    for path in files(folder):
        with open(folder / path, "rb") as file:
            data = file.read()
        counts.update(files=1, bytes=len(data))
        if parse := parser_of(path):
            counts[os.path.splitext(path)[1]] += 1
            try:
                parse(data)
            except (ValueError, yaml.YAMLError):
                counts["not parsed"] += 1
    return counts


def main() -> None:
    """Read all integrations of a repository, in this process or in several."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root", type=Path, help="a repository of integrations")
    parser.add_argument("--jobs", type=int, default=1, help="processes; 1 means this one alone")
    given = parser.parse_args()
    folders = sorted(path.parent for path in (given.root / "integrations").glob("*/.port"))
    if given.jobs == 1:
        counts = sum(map(read, folders), Counter())
    else:
        with multiprocessing.get_context("fork").Pool(given.jobs) as pool:
            counts = sum(pool.imap_unordered(read, folders, chunksize=2), Counter())
    print(json.dumps(dict(sorted(counts.items()))))


if __name__ == "__main__":
    main()
