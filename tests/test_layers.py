"""Imports go down only, and each outside library has one room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import seatrial

PACKAGE = Path(seatrial.__file__).parent

FLOORS = [
    {"errors", "humps", "near", "version"},
    {"model", "naming"},
    {"outcome", "repairs", "settings"},
    {"documents"},
    {"schemas"},
    {"subjects"},
    {"rules"},
    {"lint"},
    {"release"},
    {"stamping"},
    {"check", "profiles", "config"},
    {"answers", "tools"},
    {"disk", "files", "scaffold", "uv"},
    {"git"},
    {
        "contents",
        "cache",
        "drivers",
        "interpreters",
        "registry",
        "store",
        "builders",
        "signing",
        "transaction",
    },
    {"seeds", "environments", "workspace", "examples"},
    {"toolruns", "survey", "since"},
    {"linting"},
    {"releasing"},
    {"report"},
    {"tasks"},
    {"__main__"},
]

ROOMS_OF = {
    "yaml": {"documents"},
    "tomllib": {"documents"},
    "toml": {"documents"},
    "tomlkit": {"documents"},
    "jq": {"documents"},
    "tree_sitter": {"documents"},
    "tree_sitter_python": {"documents"},
    "cerberus": {"schemas"},
    "packaging": {"subjects"},
    "invoke": {"tasks"},
    "uv": {"uv"},
    "platformdirs": {"cache"},
    "subprocess": {"tools"},
    "jinja2": {"scaffold", "report"},
    "rich": {"report", "tasks"},
    "urllib3": {"registry"},
    "obstore": {"store"},
    "cyclonedx": {"release"},
    "packageurl": {"release"},
    "securesystemslib": {"signing"},
    "cryptography": {"signing"},
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def room(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "seatrial":
            yield from (f"seatrial.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_below(module: Path) -> None:
    here = room(module)
    if here == "__init__":
        return
    for name in imports(module):
        parts = name.split(".")
        if parts[0] != "seatrial" or len(parts) == 1 or parts[1] in (here, "__version__"):
            continue
        assert floor(parts[1]) < floor(here), f"{here} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_each_outside_library_stays_in_its_room(module: Path) -> None:
    for name in imports(module):
        rooms = ROOMS_OF.get(name.split(".")[0])
        assert rooms is None or room(module) in rooms, f"{name} belongs to {rooms}"


@pytest.mark.parametrize("family", ["layout", "spec", "resources", "package", "changelog", "code"])
def test_families_of_rules_do_not_import_one_another(family: str) -> None:
    for module in (PACKAGE / "rules").glob(f"{family}*.py"):
        others = {name.split(".")[2] for name in imports(module) if name.startswith("seatrial.rules.")}
        assert all(other == "rule" or other.startswith(family) for other in others), others


def test_every_room_has_a_floor() -> None:
    assert {room(module) for module in MODULES} - {"__init__", "driver"} == set().union(*FLOORS)
