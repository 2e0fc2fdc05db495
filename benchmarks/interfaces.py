"""Edits of an interface: a function that other files call gets one more required parameter."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from faults import Edits

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Interface:
    """A function of one file that other files call."""

    path: str
    node: Function
    callers: int


def widened(folder: Path) -> Iterator[Edits]:
    """Yield edits that each give a function one more required parameter, the most called function first."""
    for interface in sorted(_interfaces(folder), key=lambda found: -found.callers):
        source = (folder / interface.path).read_bytes()
        yield {interface.path: _with_parameter(source, interface.node)}


def _interfaces(folder: Path) -> Iterator[Interface]:
    trees = dict(_modules(folder))
    defined = [(path, node) for path, tree in trees.items() for node in ast.walk(tree) if _plain(node)]
    names = Counter(node.name for _, node in defined)
    called = {path: _called(tree) for path, tree in trees.items()}
    for path, node in defined:
        callers = sum(node.name in used for other, used in called.items() if other != path)
        if names[node.name] == 1 and callers:
            yield Interface(path, node, callers)


def _modules(folder: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(folder)
        if relative.parts[0] not in {".venv", "tests", "integration_tests"}:
            with suppress(SyntaxError):
                yield relative.as_posix(), ast.parse(path.read_bytes())


def _plain(node: ast.AST) -> TypeGuard[Function]:
    if not isinstance(node, Function) or node.name.startswith("__") or node.decorator_list:
        return False
    return not (node.args.vararg or node.args.kwarg)


def _called(tree: ast.Module) -> set[str]:
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {function.id for function in functions if isinstance(function, ast.Name)}
    return names | {function.attr for function in functions if isinstance(function, ast.Attribute)}


def _with_parameter(source: bytes, node: Function) -> bytes:
    star = "" if node.args.kwonlyargs else "*, "
    lines = source.splitlines(keepends=True)
    ends = [_offset(lines, part.end_lineno or 0, part.end_col_offset or 0) for part in _parts(node.args)]
    if ends:
        return _inserted(source, max(ends), f", {star}seatrial_planted: int")
    opening = source.index(b"(", _offset(lines, node.lineno, node.col_offset))
    return _inserted(source, opening + 1, f"{star}seatrial_planted: int")


def _parts(arguments: ast.arguments) -> Iterator[ast.arg | ast.expr]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (*arguments.defaults, *(default for default in arguments.kw_defaults if default))


def _offset(lines: list[bytes], line: int, column: int) -> int:
    return sum(map(len, lines[: line - 1])) + column


def _inserted(source: bytes, at: int, text: str) -> bytes:
    return source[:at] + text.encode() + source[at:]
