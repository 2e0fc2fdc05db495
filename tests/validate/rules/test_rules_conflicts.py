"""A file that a merge left unfinished has one finding, whatever it would be refused for besides."""

from __future__ import annotations

import pytest

from seatrial.validate.rules import RULES
from support.good import facts_of, good_folder

SYNTAX = {"SPC001", "PKG001", "RES001", "COD001", "LAY113"}


@pytest.mark.parametrize(
    "path",
    [
        ".port/spec.yaml",
        "pyproject.toml",
        ".port/resources/blueprints.json",
        "main.py",
        ".port/examples/a.json",
        "data.yaml",
    ],
)
def test_a_conflict_marker_is_one_finding_and_not_a_fault_of_syntax_too(path: str) -> None:
    folder = good_folder()
    text = folder.text(path) if path in folder.files else "{}\n"
    conflicted = folder.having(path, f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> main\n")
    facts = facts_of(conflicted)
    said = [rule.code for rule in RULES for _ in rule.problems(facts)]
    assert said.count("LAY112") == 1
    assert not SYNTAX & set(said)


@pytest.mark.parametrize(("path", "code"), [(".port/spec.yaml", "SPC001"), ("pyproject.toml", "PKG001")])
def test_a_file_that_is_broken_without_a_merge_is_still_told(path: str, code: str) -> None:
    facts = facts_of(good_folder().having(path, 'a: "b\n[x\n'))
    assert code in [rule.code for rule in RULES for _ in rule.problems(facts)]
