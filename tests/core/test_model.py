"""Paths of an integration as seen from the root."""

from __future__ import annotations

import pytest

from seatrial.core.model import Integration, MemoryFolder


@pytest.mark.parametrize(
    ("folder", "path", "below"),
    [("integrations/x", "a/b", "integrations/x/a/b"), ("", "a/b", "a/b"), ("x", "", "x/"), ("", "", "")],
)
def test_a_path_below_an_integration(folder: str, path: str, below: str) -> None:
    assert Integration("x", folder, MemoryFolder({})).below(path) == below
