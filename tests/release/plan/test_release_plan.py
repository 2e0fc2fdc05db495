"""The plan: what is missing is done, what is unknown or wrong holds, and nothing that is published is built again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest

from seatrial.release.plan.plan import Hold, Part, Plan, Step, changes, plan
from seatrial.release.plan.plan_files import plan_json, plan_of_json
from seatrial.release.plan.ports import Absent, Answer, Present, Unknown
from seatrial.release.plan.state import Candidate, Checks, IndexSeen, State, Tally, VersionStatus

ONE, OTHER = (Present(f"sha256:{digit * 64}") for digit in "12")
GOOD = Checks(Tally(), Tally(warnings=2))
JIRA = Candidate("jira", "integrations/jira", "jira", "1.2.3", "ghcr.io/org/jira", "t1", "Dockerfile")
NEW = VersionStatus(Absent(), Absent())
OUT = VersionStatus(ONE, ONE, spec=True, receipt=True, type_spec=True, git_tag="c1")


def state(
    status: VersionStatus | None, candidate: Candidate = JIRA, indexed: Mapping[str, str] | None = None
) -> State:
    """One integration that stands so, beside this index."""
    statuses = {candidate.path: status} if status else {}
    return State("c1", 0, "s1", IndexSeen("i1", indexed or {}), (candidate,), statuses)


def part_of(
    status: VersionStatus | None,
    candidate: Candidate = JIRA,
    indexed: Mapping[str, str] | None = None,
    checks: Checks | None = GOOD,
    force: str = "",
) -> Part | None:
    """What the plan has for it; None where it has nothing."""
    made = plan(state(status, candidate, indexed), {candidate.path: checks} if checks else {}, force)
    return next(iter(made.parts), None)


def steps(*arguments: object, **more: object) -> str:
    part = part_of(*arguments, **more)  # type: ignore[arg-type]
    assert part is None or not part.hold, part
    return " ".join(step.value for step in part.steps) if part else ""


def test_a_new_version_takes_every_step() -> None:
    assert steps(NEW) == "build push attach tag spec index latest git-tag"


def test_a_complete_version_takes_no_step() -> None:
    made = plan(state(OUT, indexed={"jira": "1.2.3"}), {})
    assert (made.parts, made.published) == ((), 1)


@pytest.mark.parametrize(
    ("status", "indexed", "left"),
    [
        (replace(OUT, spec=False, type_spec=False, git_tag=""), None, "spec index latest git-tag"),
        (replace(OUT, git_tag="", latest=Absent()), None, "index latest git-tag"),
        (replace(OUT, git_tag="", latest=OTHER), "1.2.3", "latest git-tag"),
        (replace(OUT, type_spec=False, git_tag=""), "1.2.3", "latest git-tag"),
        (replace(OUT, git_tag=""), "1.2.3", "git-tag"),
    ],
    ids=["after the tag", "after the spec", "after the index", "within the pointers", "after the pointers"],
)
def test_after_a_kill_only_the_rest_is_done(status: VersionStatus, indexed: str | None, left: str) -> None:
    assert steps(status, indexed={"jira": indexed} if indexed else {}) == left


def test_what_is_on_hold_is_left_alone_even_where_the_registry_gives_no_answer_and_by_force() -> None:
    held = replace(JIRA, on_hold="on hold until 2026-12-31: pages")
    unknown = replace(OUT, image=Unknown("registry: 500"))
    for status in (NEW, unknown, replace(OUT, git_tag="")):
        part = part_of(status, held, {"jira": "1.2.3"}, force="in a hurry")
        assert part is not None
        assert (part.hold, part.reason, part.steps) == (Hold.WISH, held.on_hold, ())
    assert part_of(OUT, held, {"jira": "1.2.3"}) is None
    assert "on_hold" not in plan_json(plan(state(NEW), {}))
    sealed = plan(state(NEW, held), {})
    assert plan_of_json(plan_json(sealed), "plan.json") == sealed


@pytest.mark.parametrize(
    ("status", "indexed", "left"),
    [
        (replace(OUT, latest=OTHER, latest_beta="1.3.0-beta"), "1.2.3", ""),
        (replace(OUT, latest=OTHER, latest_beta="1.2.3"), "1.1.0", "index latest"),
        (replace(OUT, latest=OTHER, latest_beta="1.2.3"), "1.2.4", "latest"),
        (replace(OUT, latest_beta="1.2.3"), "1.2.4", ""),
        (replace(OUT, latest=OTHER, latest_beta="1.3.0-beta", type_spec=False), "1.2.3", "latest"),
    ],
)
def test_where_a_beta_is_the_latest_image_the_others_leave_it_there(
    status: VersionStatus, indexed: str, left: str
) -> None:
    assert steps(status, indexed={"jira": indexed}) == left


def test_an_image_that_no_receipt_names_is_foreign_and_nothing_of_it_is_published() -> None:
    part = part_of(VersionStatus(ONE, ONE))
    assert part is not None
    assert (part.hold, part.steps) == (Hold.FAULT, ())
    assert f"foreign: ghcr.io/org/jira:1.2.3 is {ONE.digest}" in part.reason
    assert "`seatrial release -i jira --adopt`" in part.reason
    forced = part_of(VersionStatus(ONE, ONE), force="hurry")
    assert forced is not None
    assert forced.hold is Hold.FAULT


def test_an_adopted_image_gets_its_spec_but_no_git_tag_at_a_commit_that_nobody_knows() -> None:
    made = plan(state(VersionStatus(ONE, ONE)), {JIRA.path: GOOD}, adopt=True)
    (part,) = made.parts
    assert " ".join(step.value for step in part.steps) == "spec index latest"
    assert (part.adopts, part.is_checked, part.found) == (True, True, ONE.digest)


def test_an_adopted_folder_passes_the_checks_first() -> None:
    made = plan(state(VersionStatus(ONE, ONE)), {JIRA.path: Checks(Tally(1), Tally())}, adopt=True)
    (part,) = made.parts
    assert (part.hold, part.steps) == (Hold.FAULT, ())
    linked = replace(JIRA, links=("integrations/jira/.port/spec.yaml",))
    (part,) = plan(state(VersionStatus(ONE, ONE), linked), {}, adopt=True).parts
    assert "integrations/jira/.port/spec.yaml is a link" in part.reason


def test_a_published_version_without_a_receipt_is_left_alone() -> None:
    before_seatrial = VersionStatus(ONE, ONE, spec=True, type_spec=True)
    assert steps(before_seatrial, indexed={"jira": "1.2.3"}) == ""


ANY = {
    "image": (Absent(), ONE, OTHER),
    "latest": (Absent(), ONE, OTHER),
    "spec": (False, True),
    "receipt": ("", ONE.digest),
    "yanked": (False, True),
    "type_spec": (False, True),
    "git_tag": ("", "c1"),
    "indexed": ("", "1.2.2", "1.2.3", "1.2.4"),
    "adopt": (False, True),
    "force": ("", "hurry"),
}


def test_a_foreign_tag_at_any_state_publishes_nothing() -> None:
    """Whatever registry, store, index and git have, only an image that its receipt names goes on."""
    foreign = 0
    for chosen in product(*ANY.values()):
        case = dict(zip(ANY, chosen, strict=True))
        status = VersionStatus(
            case["image"], case["latest"], spec=case["spec"], receipt=bool(case["receipt"]),
            yanked=case["yanked"], type_spec=case["type_spec"], git_tag=case["git_tag"],
            recorded=case["receipt"],
        )  # fmt: skip
        seen = state(status, indexed={"jira": case["indexed"]} if case["indexed"] else {})
        made = plan(seen, {JIRA.path: GOOD}, case["force"], case["adopt"])
        done = {step for part in made.parts for step in part.steps}
        image = case["image"].digest if isinstance(case["image"], Present) else ""
        if image and case["receipt"] not in ("", image):
            assert done == set(), case
            foreign += 1
        if image and not case["receipt"] and not case["spec"] and not case["adopt"]:
            assert done == set(), case
            foreign += 1
        if image:
            assert Step.BUILD not in done, case
    assert foreign > 1000


@pytest.mark.parametrize("other", [{"image": Unknown("registry: 500")}, {"latest": Unknown("registry: 500")}])
def test_no_answer_of_the_registry_holds_and_never_builds(other: dict[str, Answer]) -> None:
    for status in (NEW, OUT):
        part = part_of(replace(status, **other))
        assert part is not None
        assert (part.hold, part.reason, part.steps) == (Hold.SERVICE, "registry: 500", ())


def test_force_does_not_build_where_the_registry_gives_no_answer() -> None:
    part = part_of(replace(NEW, image=Unknown("late")), force="hurry")
    assert part is not None
    assert part.hold is Hold.SERVICE


def test_with_a_new_spec_the_index_is_checked_even_if_it_has_a_higher_version() -> None:
    assert steps(NEW, indexed={"jira": "2.0.0"}) == "build push attach tag spec index latest git-tag"
    assert steps(replace(OUT, git_tag=""), indexed={"jira": "2.0.0"}) == "git-tag"


def test_a_preview_does_not_replace_a_stable_version() -> None:
    beta = replace(JIRA, version="2.0.0-beta")
    out = replace(OUT, spec=True)
    assert steps(out, beta, indexed={"jira": "1.0.0"}) == ""
    assert steps(out, beta, indexed={"jira": "1.0.0-beta"}) == "index latest"


def test_a_development_version_has_an_image_and_a_git_tag_only() -> None:
    assert steps(NEW, replace(JIRA, version="2.0.0-dev")) == "build push attach tag git-tag"


def test_a_yanked_version_stays_out_of_the_index() -> None:
    away = replace(OUT, yanked=True, latest=OTHER)
    assert steps(away, indexed={"jira": "1.2.2"}) == ""
    assert steps(away) == ""
    assert steps(replace(away, latest=ONE)) == ""


def test_an_index_that_still_names_a_yanked_version_is_repaired() -> None:
    assert steps(replace(OUT, yanked=True), indexed={"jira": "1.2.3"}) == "index latest"


def test_a_latest_that_still_leads_to_a_yanked_version_is_moved() -> None:
    assert steps(replace(OUT, yanked=True), indexed={"jira": "1.2.2"}) == "latest"


@pytest.mark.parametrize(
    ("candidate", "status", "words"),
    [
        (replace(JIRA, dockerfile=""), NEW, "no Dockerfile"),
        (replace(JIRA, intents=(".ocean-release/a.yaml",)), NEW, "release.bump"),
        (JIRA, replace(NEW, git_tag="abcdef1234567890"), "published before (git tag at abcdef123456)"),
        (JIRA, replace(NEW, spec=True), "published before"),
        (replace(JIRA, links=("jira/.port/a.json",)), NEW, "jira/.port/a.json is a link"),
        (JIRA, replace(NEW, local_tag="abcdef1234567890"), "`git tag -d`"),
    ],
)
def test_a_fault_holds_the_build(candidate: Candidate, status: VersionStatus, words: str) -> None:
    part = part_of(status, candidate)
    assert part is not None
    assert (part.hold, part.steps) == (Hold.FAULT, ())
    assert words in part.reason


def test_a_candidate_with_a_fault_is_held_by_it() -> None:
    part = part_of(None, replace(JIRA, fault="it states no version"))
    assert part is not None
    assert (part.hold, part.reason) == (Hold.FAULT, "it states no version")


@pytest.mark.parametrize(
    "checks",
    [
        Checks(Tally(errors=2), Tally()),
        Checks(Tally(), Tally(errors=1)),
        Checks(Tally(), Tally(unjudged="no network")),
    ],
)
def test_failed_checks_hold_unless_forced(checks: Checks) -> None:
    part = part_of(NEW, checks=checks)
    assert part is not None
    assert part.hold is Hold.FAULT
    assert str(checks) in part.reason
    forced = part_of(NEW, checks=checks, force="hotfix")
    assert forced is not None
    assert (forced.hold, forced.builds, forced.checks) == (None, True, checks)


def test_failed_checks_do_not_hold_the_repair_of_what_is_published() -> None:
    assert (
        steps(replace(OUT, git_tag=""), indexed={"jira": "1.2.3"}, checks=Checks(Tally(9), Tally()))
        == "git-tag"
    )


def made_for(seen: State) -> Plan:
    return plan(seen, {})


def stale(made: Plan, now: State, ours: Mapping[tuple[str, str], str], alone: bool = True) -> list[str]:
    return list(changes(made, made.todo, now, ours, alone))


def test_an_index_that_others_moved_is_merged_with_in_the_jobs_of_ci() -> None:
    now = replace(state(NEW), index=IndexSeen("i2", {"jira": "1.2.2", "other": "1.0.0"}))
    assert stale(made_for(state(NEW)), now, {})
    assert stale(made_for(state(NEW)), now, {}, alone=False) == []


def test_a_plan_is_good_for_the_state_it_was_made_for() -> None:
    assert list(stale(made_for(state(NEW)), state(NEW), {})) == []


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (replace(state(NEW), commit="c2"), "the commit"),
        (replace(state(NEW), shared="s2"), "shared Dockerfile"),
        (
            replace(state(NEW), index=IndexSeen("i2", {"jira": "1.2.2"})),
            'the index has version "1.2.2" of jira',
        ),
        (state(NEW, replace(JIRA, tree="t2")), "jira has changed"),
        (state(NEW, replace(JIRA, version="1.2.4")), "jira has changed"),
        (state(NEW, replace(JIRA, intents=("x.yaml",))), "intents of jira"),
        (state(replace(NEW, image=ONE)), "was published meanwhile"),
        (state(replace(NEW, image=Unknown("registry: 500"))), "registry: 500"),
        (replace(state(NEW), candidates=()), "jira has changed"),
        (replace(state(NEW), committed=7), "another time of the commit"),
        (
            state(NEW, replace(JIRA, image="ghcr.io/org/x")),
            'image of jira is "ghcr.io/org/x", not "ghcr.io/org/jira"',
        ),
        (state(NEW, replace(JIRA, dockerfile="x")), "dockerfile of jira"),
        (state(NEW, replace(JIRA, name="x")), "name of jira"),
    ],
)
def test_a_plan_is_stale_once_anything_moved(now: State, words: str) -> None:
    assert words in "; ".join(stale(made_for(state(NEW)), now, {}))


def test_steps_of_the_plan_itself_do_not_make_it_stale() -> None:
    made = made_for(state(NEW))
    now = state(replace(OUT, git_tag=""), indexed={"jira": "1.2.3"})
    now = replace(now, index=IndexSeen("i2", now.index.versions))
    assert list(stale(made, now, {("jira", "1.2.3"): ONE.digest})) == []
    assert "published meanwhile" in "".join(stale(made, now, {("jira", "1.2.3"): OTHER.digest}))


def test_a_missing_image_makes_a_plan_stale() -> None:
    made = made_for(state(replace(OUT, git_tag="")))
    assert "is gone" in "".join(stale(made, state(replace(NEW, git_tag="")), {}))
