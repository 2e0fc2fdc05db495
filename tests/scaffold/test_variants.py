"""What integrations really are: live events, actions, OAuth, kinds with parents, ways of paging, rate limits."""

from __future__ import annotations

import ast
import json
import os
import tomllib
from itertools import product
from typing import Any

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.model import Fleet, Integration, MemoryFolder, Profile
from seatrial.scaffold import skeleton
from seatrial.scaffold.answers import PAGINATIONS, Answers
from seatrial.scaffold.update import TemplateRecord, brought_up
from seatrial.system import git
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import RULES
from seatrial.validate.run import check
from support.pairwise import pairwise

CHOICES: dict[str, list[Any]] = {
    "kinds": [
        None,
        "project",
        "project,issue:project,comment:issue,user",
        "team,project,issue:project,task:project",
    ],
    "pagination": list(PAGINATIONS),
    "live_events": [False, True],
    "actions": [False, True],
    "oauth": [False, True],
    "rate_limits": [False, True],
    "profile": list(Profile),
}
MANY = bool(os.environ.get("SEATRIAL_TESTS_MANY"))
SET = (
    [dict(zip(CHOICES, values, strict=True)) for values in product(*CHOICES.values())]
    if MANY
    else pairwise(CHOICES)
)


def of(given: dict[str, Any]) -> Answers:
    return Answers.of("My Service", released="2026-01-31", infra=False, **given)


def made(answers: Answers) -> MemoryFolder:
    first = skeleton.PREVIEW if answers.profile is Profile.OCEAN else skeleton.FIRST
    return skeleton.render(answers, first)


def test_every_pair_of_choices_is_among_those_that_are_tried() -> None:
    for one, other in product(CHOICES, CHOICES):
        met = {(CHOICES[one].index(row[one]), CHOICES[other].index(row[other])) for row in SET}
        assert one == other or len(met) == len(CHOICES[one]) * len(CHOICES[other])


@pytest.mark.parametrize("given", SET, ids=lambda given: " ".join(map(str, given.values())))
def test_nothing_is_found_in_any_combination_and_its_answers_make_it_again(given: dict[str, Any]) -> None:
    answers = of(given)
    folder = made(answers)
    for path in folder.paths():
        if path.endswith(".py"):
            ast.parse(folder.text(path))
        elif path.endswith(".json"):
            json.loads(folder.text(path))
    one = Integration("my-service", "integrations/my-service", folder.having(skeleton.LOCK, skeleton.lock()))
    found = check(Facts(one, answers.profile, Fleet([one]), None), RULES, advice=True)
    assert [(finding.code, finding.path, finding.message) for finding in found.findings] == []
    kept = tomllib.loads(folder.text("pyproject.toml"))["tool"]["seatrial"]["template"]["answers"]
    assert made(Answers.of(**kept)) == folder
    record = TemplateRecord.of(folder)
    assert record and record.answers == answers


def test_each_kind_has_an_example_and_the_entity_that_is_made_of_it() -> None:
    paths = set(made(of({"kinds": "project,issue:project,comment:issue,user"})).paths())
    for kind in ("project", "issue", "comment", "user"):
        assert {f".port/examples/{kind}/{kind}.json", f"examples/{kind}/{kind}-expected-output.json"} <= paths


def test_a_later_change_of_the_template_reaches_a_folder_with_choices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = of({"live_events": True, "actions": True, "kinds": "project,issue:project"})
    now = skeleton._template()
    former = {"webhooks.py": now["webhooks.py"].replace("x-signature-256", "x-signature")}
    then = skeleton.REVISION
    monkeypatch.setattr(skeleton, "_history", lambda: {then: former})
    monkeypatch.setattr(skeleton, "REVISION", then + 1)
    old = skeleton.render(answers, revision=then)
    mine = old.having("actions.py", "# Mine.\n" + old.text("actions.py"))
    record = TemplateRecord.of(mine)
    assert record
    found = brought_up(mine, record, lambda *given: skeleton.render(given[0], revision=given[1]), merge)
    assert set(found.files) == {"webhooks.py", "pyproject.toml"}
    assert b'SIGNATURE = "x-signature-256"' in (found.files["webhooks.py"] or b"")


def merge(ours: bytes, base: bytes, theirs: bytes) -> tuple[bytes, bool]:
    merged = git.merge(ours, base, theirs, "template")
    return merged.data, merged.conflicts > 0


def test_a_plain_folder_is_as_the_revision_before_the_choices_made_it() -> None:
    answers = of({"profile": Profile.GUIDE})
    before, now = skeleton.render(answers, revision=4), skeleton.render(answers, revision=5)
    assert {
        path for path in {*before.files, *now.files} if before.files.get(path) != now.files.get(path)
    } == {"pyproject.toml"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kinds": "task:project"}, "type --kinds project,task:project"),
        (
            {"kinds": "project:project"},
            '--kinds has "project:project"; type a kind, and behind a colon another',
        ),
        ({"kinds": "project,task:project:x"}, '--kinds has "task:project:x"'),
        ({"kinds": "project,project"}, 'names "project" twice'),
        ({"kinds": "project", "parent": "team"}, "type only --kinds"),
        ({"kinds": ",".join(f"k{number}" for number in range(13))}, "at most 12 kinds"),
        ({"kinds": "3d,three-d"}, "come to the same name"),
        ({"kinds": "url,task:url"}, "another kind with --kinds"),
        ({"kinds": "project,,task"}, 'the kind "" should be'),
        ({"pagination": "curser"}, 'did you mean "cursor"?'),
        ({"actions": True, "core": "0.44.5"}, "--actions needs version 0.44.6"),
    ],
)
def test_an_unusable_answer_says_what_to_type(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        of(given)
