"""Tests of checking many integrations: the same findings for any number of processes."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.model import Fleet, Integration, Location, MemoryFolder, Problem, Profile
from seatrial.core.rules import Problems, rule
from seatrial.core.settings import Settings
from seatrial.handbook.rule_examples import good_folder
from seatrial.system import forks
from seatrial.validate.rules import RULES
from seatrial.validate.run import check_all
from seatrial.workspace.workspace import Workspace


def workspace_of(size: int) -> Workspace:
    """A fleet in which every third integration breaks the next rule."""
    good = good_folder(Profile.GUIDE)
    broken = [one.bad(good) if number % 3 == 0 else good for number, one in enumerate(RULES[:size])]
    return workspace(broken)


def workspace(folders: list[MemoryFolder]) -> Workspace:
    named = ((f"one-{number:03}", folder) for number, folder in enumerate(folders))
    fleet = Fleet(Integration(name, f"integrations/{name}", folder) for name, folder in named)
    return Workspace(Path("/nowhere"), Path("/nowhere"), Settings(), Profile.GUIDE, fleet)


def test_many_processes_find_what_one_finds() -> None:
    one = workspace_of(90)
    alone = check_all(one, one.integrations, RULES, jobs=1)
    shared = check_all(one, one.integrations, RULES, jobs=3)
    assert alone == shared
    assert alone.outcome.errors > 20


class Counting(dict[str, Any]):
    """Answers about a fleet, and how often somebody went through all of them."""

    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()

    def items(self) -> ItemsView[str, Any]:
        self.walks += 1
        return super().items()

    def values(self) -> ValuesView[Any]:
        self.walks += 1
        return super().values()


class Walked(tuple[Integration, ...]):
    """The integrations of a fleet, and how often somebody went through all of them."""

    walks = 0

    def __iter__(self) -> Iterator[Integration]:
        self.walks += 1
        return super().__iter__()


class CountingFleet(Fleet):
    """A fleet that counts how often all of it is gone through, by question."""

    def each(self, ask: Callable[..., Any], *arguments: str) -> Mapping[str, Any]:
        found = super().each(ask, *arguments)
        return self._whole.setdefault((ask.__name__, *arguments, ""), Counting(found))


def walks_of(repeated: int) -> Mapping[tuple[str, ...], int]:
    """How often a fleet is gone through that has the bad example of each rule about a fleet this many times."""
    compared = [one for one in RULES if {"fleet", "peers"} & {*one.needs}]
    folders = [one.bad(good_folder(Profile.OCEAN)) for one in compared] * repeated
    made = workspace(folders)
    fleet = CountingFleet(made.integrations)
    integrations = fleet.integrations
    fleet.integrations = Walked(integrations)
    checked = check_all(
        replace(made, fleet=fleet, profile=Profile.OCEAN), integrations, RULES, 1, advice=True
    )
    assert {one.code for one in checked.outcome.findings} > {"SPC004", "SPC108", "SPC109", "PKG204"}
    answers = {question: kept for question, kept in fleet._whole.items() if isinstance(kept, Counting)}
    assert len(answers) > 10
    return {question: kept.walks for question, kept in answers.items()} | {("",): fleet.integrations.walks}


def test_a_fleet_is_gone_through_as_often_however_many_integrations_are_judged() -> None:
    assert walks_of(1) == walks_of(2)


def test_one_integration_has_the_findings_of_the_run_over_all() -> None:
    fleet = workspace_of(30)
    whole = check_all(fleet, fleet.integrations, RULES, jobs=1).outcome.findings
    single = [
        finding
        for integration in workspace_of(30).integrations
        for finding in check_all(workspace_of(30), [integration], RULES, jobs=1).outcome.findings
    ]
    assert sorted(single, key=lambda finding: finding.sort_key) == list(whole)


def test_a_rule_that_fails_is_recorded_once_with_all_integrations_it_failed_on() -> None:
    @rule("TST001", bad=lambda folder: folder)
    def broken(integration: Integration) -> Problems:
        """It fails."""
        yield Problem(Location("x"), "never")
        raise KeyError("x")

    fleet = workspace([good_folder(Profile.GUIDE)] * 2)
    assert check_all(fleet, fleet.integrations, [broken], jobs=1).crashes == {
        "TST001 broken: KeyError: 'x'": ["one-000", "one-001"]
    }


def test_few_integrations_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "spread", None)
    few = workspace([good_folder(Profile.GUIDE)] * 3)
    assert check_all(few, few.integrations, RULES[:5], jobs=8).outcome.integrations == 3
