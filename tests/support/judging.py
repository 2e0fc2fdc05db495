"""Watching on which integrations rules really run."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.validate import run


def names_judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which the name of each integration is added on which rules run from now on."""
    names: list[str] = []
    whole = run.check

    def check(facts: Any, *rest: Any) -> run.Verdict:
        names.append(facts.integration.name)
        return whole(facts, *rest)

    monkeypatch.setattr(run, "check", check)
    return names
