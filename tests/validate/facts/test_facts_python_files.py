"""Tests of the Python files that count, of reading them, and of the modules that imports name."""

from __future__ import annotations

import pytest

from seatrial.core.model import Kind, Location, MemoryFolder
from seatrial.documents.document import FaultKind
from seatrial.documents.python import MAX_BYTES, Import
from seatrial.validate.facts.python_modules import PythonFiles
from support.good import integration_of


def files_of(**texts: str) -> PythonFiles:
    """The Python files with these names and texts."""
    return PythonFiles(integration_of(MemoryFolder.of({f"{name}.py": text for name, text in texts.items()})))


def package() -> PythonFiles:
    return files_of(**dict.fromkeys(("main", "okta/__init__", "okta/kinds"), ""))


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("main.py", True),
        ("okta/client.py", True),
        ("testing/client.py", True),
        ("test_main.py", True),
        ("tests/test_main.py", False),
        ("okta/tests/conftest.py", False),
        ("integration_tests/helpers.py", False),
        ("examples/run.py", False),
        (".venv/lib/a.py", False),
        ("main.pyi", False),
        ("README.md", False),
    ],
)
def test_files_that_run_in_production_count(path: str, counts: bool) -> None:
    files = PythonFiles(integration_of(MemoryFolder.of({path: ""})))
    assert files.paths == ((path,) if counts else ())


def test_links_that_lead_nowhere_do_not_count() -> None:
    folder = MemoryFolder.of({"a.py": ""}).linked("b.py", "a.py").linked("c.py", "x.py", Kind.DANGLING)
    assert PythonFiles(integration_of(folder)).paths == ("a.py", "b.py")


def test_the_files_that_hold_a_word_are_found() -> None:
    files = files_of(a="one two", b="", c="two", d="three")
    assert files.holding(b"two") == ("a.py", "c.py")
    assert files.holding(b"three", b"one") == ("a.py", "d.py")
    assert files.holding(b"e tw") == ("a.py",)
    assert files.holding(b"two\n\nthree") == ()
    assert files.holding(b"four") == ()
    assert files_of().holding(b"one") == ()


@pytest.mark.parametrize(
    ("imported", "importer", "path"),
    [
        (Import(Location(""), "okta.kinds", "Kind", "Kind", 0), "main.py", "okta/kinds.py"),
        (Import(Location(""), "okta", "x", "x", 0), "okta/kinds.py", "okta/__init__.py"),
        (Import(Location(""), "kinds", "x", "x", 1), "okta/client.py", "okta/kinds.py"),
        (Import(Location(""), "", "x", "x", 1), "okta/client.py", "okta/__init__.py"),
        (Import(Location(""), "main", "x", "x", 2), "okta/client.py", "main.py"),
        (Import(Location(""), "main", "x", "x", 3), "okta/client.py", None),
        (Import(Location(""), "typing", "x", "x", 0), "main.py", None),
    ],
)
def test_an_import_leads_to_the_file_of_its_module(imported: Import, importer: str, path: str | None) -> None:
    assert package().module(imported, importer) == path


def test_an_import_of_a_module_from_a_package_leads_to_its_file() -> None:
    files = package()
    assert files.submodule(Import(Location(""), "okta", "kinds", "kinds", 0), "main.py") == "okta/kinds.py"
    assert files.at("okta.kinds") == "okta/kinds.py"
    assert files.owns("okta.other")
    assert not files.owns("typing")


def test_a_broken_file_has_one_fault_with_its_place() -> None:
    [(fault, where)] = files_of(a="x = 1", b="x = 1\ny = (\nz = [\n").faults()
    assert fault.kind is FaultKind.SYNTAX
    assert where.path == "b.py"


def test_a_fault_without_a_place_in_the_grammar_is_still_a_fault() -> None:
    [(fault, where)] = files_of(a='N=""class r():""def e(').faults()
    assert (fault.kind, where.path, where.line) == (FaultKind.SYNTAX, "a.py", 1)


def test_newer_syntax_than_that_of_this_python_is_fine() -> None:
    text = 'type Pair[T] = tuple[T, T]\ndef f[T](x: T) -> str: return f"{", ".join(x)}"\n'
    assert list(files_of(a=text).faults()) == []


def test_a_large_file_is_refused_and_not_searched() -> None:
    files = files_of(a="word = 1\n" + "#" * MAX_BYTES)
    assert [fault.kind for fault, _ in files.faults()] == [FaultKind.LIMIT]
    assert files.holding(b"word") == ()


@pytest.mark.parametrize(
    ("text", "is_encoded"),
    [
        ("# -*- coding: latin-1 -*-\n", True),
        ("#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\n", True),
        ("# -*- coding: utf-8 -*-\n", False),
        ("# coding: UTF_8\n", False),
        ("x = 1\ny = 2\n# coding: latin-1\n", False),
        ("x = 1\n", False),
        ("", False),
    ],
)
def test_a_declared_encoding_is_found(text: str, is_encoded: bool) -> None:
    assert files_of(a=text).is_encoded("a.py") is is_encoded
