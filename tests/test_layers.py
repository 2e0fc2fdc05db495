"""Imports go down only, and each outside library has one room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import seatrial
from seatrial.handbook.rooms import LIBRARIES, ROOMS

PACKAGE = Path(seatrial.__file__).parent
FLOORS = {room.name: room.floor for room in ROOMS}
RULES = PACKAGE / "validate" / "rules"
SHARED_BY_FAMILIES = {"kinds", "shared"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def room(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted(module: Path) -> str:
    return ".".join(module.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports(module: Path) -> Iterator[str]:
    """Every import of a module, those inside functions and under TYPE_CHECKING among them."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "seatrial":
            yield from (f"seatrial.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield node.module or ""


@pytest.mark.parametrize("module", MODULES, ids=dotted)
def test_a_module_imports_only_what_lies_below(module: Path) -> None:
    here = room(module)
    if here == "__init__":
        return
    for name in imports(module):
        parts = name.split(".")
        if parts[0] != "seatrial" or len(parts) == 1 or parts[1] in (here, "__version__"):
            continue
        assert FLOORS[parts[1]] < FLOORS[here], f"{here} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=dotted)
def test_each_outside_library_stays_in_its_room(module: Path) -> None:
    for name in imports(module):
        rooms = LIBRARIES.get(name.split(".")[0])
        here = dotted(module)
        assert rooms is None or any(here == one or here.startswith(f"{one}.") for one in rooms), (
            f"{name} belongs to {rooms}"
        )


@pytest.mark.parametrize(
    "family", ["layout", "spec", "resources", "examples", "package", "changelog", "code", "release"]
)
def test_families_of_rules_do_not_import_one_another(family: str) -> None:
    modules = list(RULES.glob(f"{family}*.py"))
    assert modules
    for module in modules:
        prefix = "seatrial.validate.rules."
        others = {name.removeprefix(prefix) for name in imports(module) if name.startswith(prefix)}
        assert all(other in SHARED_BY_FAMILIES or other.startswith(family) for other in others), others


def test_every_room_has_a_floor() -> None:
    assert {room(module) for module in MODULES} - {"__init__"} == set(FLOORS)
