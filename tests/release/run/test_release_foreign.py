"""Images, tags and plans of somebody else: nothing is published by them, and the message says what to type."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.release.plan.plan import NO_RECEIPT
from seatrial.release.plan.plan_files import plan_json
from seatrial.release.plan.ports import Manifest
from seatrial.release.run import planner
from seatrial.release.run.release_tables import status_json, status_table
from seatrial.release.run.verify import VerifyInputs, verify
from support.commit_release import CommitRelease
from support.key_pair import key_in
from support.release_workspace import bump, commit, git, workspace

TAG = ("alpha-service", "0.1.0")
EVIL = Manifest(b'{"evil": true}', "application/vnd.oci.image.manifest.v1+json")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed workspace with one integration, to be copied."""
    return workspace(tmp_path_factory.mktemp("sound") / "repo", "Alpha Service")


@pytest.fixture
def release(sound: Path, tmp_path: Path) -> CommitRelease:
    """Releases of a workspace with one integration."""
    return CommitRelease(Path(shutil.copytree(sound, tmp_path / "repo", symlinks=True)))


def published(release: CommitRelease) -> list[str]:
    return sorted(key for key in release.store.objects if not key.startswith(".seatrial"))


def push_evil(release: CommitRelease, tag: str = "0.1.0") -> None:
    """Somebody who may push sets the tag of a version."""
    release.images.put_manifest("alpha-service", EVIL, tag)


def test_a_tag_that_somebody_else_pushed_first_publishes_nothing(release: CommitRelease) -> None:
    push_evil(release)
    before = dict(release.images.tags)
    (held,) = release.run()
    assert f"foreign: alpha-service:0.1.0 is {EVIL.digest}, and no receipt says" in held.reason
    assert "`seatrial release -i alpha-service --adopt`" in held.reason
    assert (published(release), release.images.tags, git(release.root, "tag")) == ([], before, "")


def test_an_adopted_image_is_checked_and_its_spec_comes_from_the_commit(release: CommitRelease) -> None:
    push_evil(release)
    release.errors = 1
    (held,) = release.run(adopt=True)
    assert ("validate 1 error" in held.reason, published(release)) == (True, [])
    release.errors = 0
    assert release.run(adopt=True) == []
    assert release.checked
    assert published(release) == ["alpha-service/0.1.0/spec.json", "alpha-service/spec.json", "index.json"]
    assert release.images.tags["alpha-service", "latest"] == EVIL.digest
    assert git(release.root, "tag") == ""
    release.checked.clear()
    assert (release.run(), release.made[-1].parts, release.checked) == ([], (), [])


def test_an_image_that_is_exchanged_while_it_is_adopted_gets_no_spec(release: CommitRelease) -> None:
    push_evil(release)

    def exchange(name: str) -> None:
        if name == "planned":
            release.images.put_manifest("alpha-service", Manifest(b'{"other": 1}', EVIL.media_type), "0.1.0")

    (failed,) = release.run(exchange, adopt=True)
    assert "was moved meanwhile" in failed.reason
    assert published(release) == []


MOMENTS = [("build", 1), ("put_blob", 3), ("put", 1), ("put", 2), ("put_manifest", 3), ("manifest", 1), ("create", 3),
           ("replace", 1)]  # fmt: skip


@pytest.mark.parametrize(("moment", "turn"), MOMENTS)
def test_a_tag_that_is_set_by_somebody_else_at_any_moment_never_becomes_the_latest(
    release: CommitRelease, moment: str, turn: int
) -> None:
    seen: list[str] = []

    def attack(name: str) -> None:
        seen.append(name)
        if name == moment and seen.count(name) == turn:
            push_evil(release)

    release.run(attack)
    release.run()
    assert seen.count(moment) >= turn
    if release.images.tags[TAG] == EVIL.digest:
        assert release.images.tags.get(("alpha-service", "latest")) != EVIL.digest
        receipt = json.loads(release.store.objects.get("alpha-service/0.1.0/receipt.json", b"{}"))
        assert receipt.get("digest") != EVIL.digest


def test_a_published_tag_that_was_moved_is_not_spread(release: CommitRelease) -> None:
    assert release.run() == []
    ours = release.images.tags[TAG]
    push_evil(release)
    del release.images.tags["alpha-service", "latest"]
    (held,) = release.run()
    assert f"is {EVIL.digest}, but its receipt names {ours}: somebody moved the tag" in held.reason
    assert ("alpha-service", "latest") not in release.images.tags
    (held,) = release.run(adopt=True)
    assert "somebody moved the tag" in held.reason
    release.images.tags[TAG] = ours
    assert release.run() == []
    assert release.images.tags["alpha-service", "latest"] == ours


def test_a_new_release_of_another_version_does_not_follow_a_moved_one(release: CommitRelease) -> None:
    """The index still names a higher version, whose tag somebody moved."""
    bump(release.root, "alpha-service", "0.1.0", "0.2.0")
    commit(release.root, "higher")
    assert release.run() == []
    bump(release.root, "alpha-service", "0.2.0", "0.1.5")
    commit(release.root, "lower")
    push_evil(release, "0.2.0")
    failed = release.run()
    assert "somebody moved the tag, so latest was not moved" in " ".join(one.reason for one in failed)
    assert release.images.tags["alpha-service", "latest"] != EVIL.digest


RECEIPT = "alpha-service/0.1.0/receipt.json"


def test_a_receipt_that_is_gone_holds_the_version_and_the_status_says_so(release: CommitRelease) -> None:
    assert release.run() == []
    (kept,) = release.root.glob("dist/release/receipts/*.json")
    del release.store.objects[RECEIPT]
    (held,) = release.run()
    assert f"its receipt is gone: {NO_RECEIPT}" in held.reason
    assert RECEIPT in held.reason
    assert f"receipts/{kept.name}" in held.reason
    with release.context() as context:
        state, would = planner.forecast(context, context.workspace.integrations, 1)
        claims = verify(context, *TAG, VerifyInputs(None, release.images), ["receipt"]).claims
    assert "hold it: its receipt is gone" in status_table(state, would)
    assert json.loads(status_json(state, would))["integrations"][0]["receipt"] == "gone"
    assert [one.words for one in claims] == [NO_RECEIPT]
    release.store.objects[RECEIPT] = kept.read_bytes()
    assert (release.run(), release.made[-1].parts) == ([], ())


def test_a_signed_provenance_tells_of_the_receipt_too(release: CommitRelease, tmp_path: Path) -> None:
    key_in(tmp_path)
    release.key = tmp_path / "key.pem"
    assert release.run() == []
    del release.store.objects[RECEIPT]
    (held,) = release.run()
    assert "its receipt is gone" in held.reason


@pytest.mark.parametrize("tag", ["", "alpha-service/0.1.0"])
def test_a_version_of_before_seatrial_has_no_receipt_and_is_left_alone(
    release: CommitRelease, tag: str
) -> None:
    push_evil(release)
    assert release.run(adopt=True) == []
    if tag:
        git(release.root, "tag", "-a", "-m", "by hand", tag)
    assert (release.run(), release.made[-1].parts) == ([], ())


def test_without_receipt_and_spec_an_image_is_foreign(release: CommitRelease) -> None:
    assert release.run() == []
    del release.store.objects[RECEIPT], release.store.objects["alpha-service/0.1.0/spec.json"]
    (held,) = release.run()
    assert "no receipt says that Seatrial published it" in held.reason


def tagged(how: str) -> Callable[[Path], None]:
    def tag(root: Path) -> None:
        first = git(root, "rev-list", "--max-parents=0", "HEAD")
        where = {"elsewhere": first, "here": "HEAD"}[how.split()[-1]]
        annotated = ["-a", "-m", "x"] if how.startswith("annotated") else []
        git(root, "tag", *annotated, "alpha-service/0.1.0", where)

    return tag


@pytest.fixture
def pushing(release: CommitRelease, tmp_path: Path) -> CommitRelease:
    """Releases that push git tags to a remote."""
    (release.root / "seatrial.toml").write_text('[release]\nimage = "127.0.0.1:9/{type}"\n')
    commit(release.root, "settings")
    git(release.root, "init", "-q", "--bare", str(tmp_path / "origin"))
    git(release.root, "remote", "add", "origin", str(tmp_path / "origin"))
    git(release.root, "push", "-q", "origin", "main")
    return release


@pytest.mark.parametrize("how", ["annotated elsewhere", "light elsewhere"])
def test_a_tag_of_this_checkout_at_another_commit_holds_the_release(pushing: CommitRelease, how: str) -> None:
    tagged(how)(pushing.root)
    (held,) = pushing.run()
    assert "a git tag of this version is in this checkout only, at " in held.reason
    assert "`git tag -d`" in held.reason
    assert (git(pushing.root, "ls-remote", "--tags", "origin"), published(pushing)) == ("", [])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("annotated elsewhere", "not at"),
        ("light elsewhere", "not at"),
        ("light here", "not an annotated one"),
    ],
)
def test_a_tag_that_appears_meanwhile_is_not_pushed(pushing: CommitRelease, how: str, words: str) -> None:
    (failed,) = pushing.run(lambda name: tagged(how)(pushing.root) if name == "build" else None)
    assert words in failed.reason
    assert "`git tag -d alpha-service/0.1.0`" in failed.reason
    assert git(pushing.root, "ls-remote", "--tags", "origin") == ""
    git(pushing.root, "tag", "-d", "alpha-service/0.1.0")
    assert pushing.run() == []
    head = git(pushing.root, "rev-parse", "HEAD")
    assert f"{head}\trefs/tags/alpha-service/0.1.0^{{}}" in git(pushing.root, "ls-remote", "--tags", "origin")


def test_an_annotated_tag_at_the_images_commit_is_pushed_as_it_is(pushing: CommitRelease) -> None:
    tagged("annotated here")(pushing.root)
    assert pushing.run() == []
    assert "alpha-service/0.1.0^{}" in git(pushing.root, "ls-remote", "--tags", "origin")


def planned(release: CommitRelease) -> Any:
    """A saved plan of the release, as JSON that can be changed."""
    with release.context() as context:
        from seatrial.release.plan.plan import plan
        from seatrial.release.run.snapshot import read

        made = plan(read(context, context.workspace.integrations), {})
    return json.loads(plan_json(made))


def resealed(value: Any) -> str:
    """The plan again as somebody seals it who has changed it."""
    import hashlib

    value.pop("seal", None)
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return json.dumps({"seal": f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}", **value})


CHANGED: dict[str, Any] = {
    "image": "registry.example.com/evil",
    "type": "evil",
    "version": "9.9.9",
    "path": "integrations/_infra",
    "name": "../../evil",
    "tree": "0" * 40,
    "dockerfile": "integrations/alpha-service/main.py",
    "steps": ["spec", "index", "latest"],
    "found": f"sha256:{'1' * 64}",
    "intents": ["x"],
    "links": ["x"],
    "fault": "x",
}


def test_a_resealed_plan_pushes_nothing_elsewhere(release: CommitRelease) -> None:
    sound = json.dumps(planned(release))
    before = dict(release.store.objects)
    for field, other in CHANGED.items():
        value = json.loads(sound)
        value["parts"][0][field] = other
        with pytest.raises((UsageError, ServiceError)):
            release.resume(resealed(value))
        assert (release.images.tags, release.images.blobs, release.store.objects) == ({}, {}, before), field
        assert (release.builder.built, git(release.root, "tag")) == ([], ""), field


def test_a_resealed_plan_of_another_commit_is_stale(release: CommitRelease) -> None:
    sound = json.dumps(planned(release))
    index = {"sha256": "x", "versions": {"alpha-service": "9"}}
    for field, other in {"commit": "0" * 40, "committed": 7, "shared": "x", "index": index}.items():
        with pytest.raises(UsageError, match="the plan is stale"):
            release.resume(resealed({**json.loads(sound), field: other}))


def test_a_plan_with_an_integration_twice_is_refused(release: CommitRelease) -> None:
    value = planned(release)
    value["parts"] *= 2
    with pytest.raises(UsageError, match='"integrations/alpha-service" twice'):
        release.resume(resealed(value))


def test_checks_that_a_plan_states_as_passed_are_done_again(release: CommitRelease) -> None:
    value = planned(release)
    tally = {"errors": 0, "warnings": 0, "unjudged": ""}
    value["parts"][0]["checks"] = {"validate": tally, "lint": tally}
    release.errors = 1
    with pytest.raises(UsageError, match=r"alpha-service 0\.1\.0 is held back: validate 1 error"):
        release.resume(resealed(value))
    assert release.images.tags == {}
    release.errors = 0
    assert release.resume(resealed(value)) == []
    assert published(release)[-1] == "index.json"


def test_a_plan_never_adopts(release: CommitRelease) -> None:
    value = planned(release)
    push_evil(release)
    value["parts"][0].update(steps=["spec", "index", "latest"], found=EVIL.digest)
    with pytest.raises(UsageError, match="is held back: foreign"):
        release.resume(resealed(value))
    value["parts"][0]["adopts"] = True
    with pytest.raises(UsageError, match="is not a plan"):
        release.resume(resealed(value))
    assert published(release) == []


def test_an_unchanged_plan_does_what_it_says(release: CommitRelease) -> None:
    assert release.resume(resealed(planned(release))) == []
    assert TAG in release.images.tags
