"""Where things stand in this checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The checkout."""

SOURCES = ROOT / "scripts"
"""The folder from which the package is imported."""

TESTS = ROOT / "tests"

HISTORY = ROOT.parent / "shared" / "corpus" / "history"
"""Real faults of real integrations, beside the checkout of those who have them."""
