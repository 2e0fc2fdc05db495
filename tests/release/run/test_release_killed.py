"""Killed at any call that changes something, and run again: the same end, and no finished step done twice."""

from __future__ import annotations

import itertools
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from seatrial.release.attest.attach import Attestation
from seatrial.release.plan.plan import Plan, plan
from seatrial.release.plan.plan_files import seal
from seatrial.release.run import apply as applying
from seatrial.release.run.apply import apply, finish
from seatrial.release.run.export import exported
from seatrial.release.run.publication import Journal, Publication
from seatrial.release.run.release_context import ReleaseContext
from seatrial.release.run.snapshot import read
from seatrial.release.store.leases import Holder
from seatrial.release.store.local import FolderStore
from seatrial.system import git as real_git
from seatrial.workspace.committed import workspace_at
from seatrial.workspace.workspace import open_workspace
from support.killing import Death, Fate, Mortal
from support.memory_images import MemoryImages
from support.often import rounds
from support.release_workspace import StandInBuilder, add, bump, commit, workspace

HOLDER = Holder("test", "this checkout")


class World:
    """A workspace and what it publishes to; the registry and the store outlive every death."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.images = MemoryImages()
        self.store = FolderStore(root / "dist" / "registry")
        self.salt = itertools.count()
        self.builds = 0

    def release(self, fate: Fate) -> Plan:
        """One run from reading to the end, in a process of this fate."""
        found = workspace_at(open_workspace(str(self.root)), "HEAD")
        context = ReleaseContext(
            found, found.settings.release, Mortal(self.images, fate), Mortal(self.store, fate)
        )
        made = plan(read(context, found.integrations), {})
        builder = StandInBuilder(salt=lambda: str(next(self.salt)))
        journal = Journal(context.folder / "journal.jsonl", seal(made), lambda: 0.0, lambda event: None)
        with exported(context, made.commit) as files:
            run = Publication(
                context, made, seal(made), journal, lambda: Mortal(builder, fate, ["build"]), files,
                lambda part, one, image, top: [Attestation("sbom", "application/x+json", b"{}", image.started)],
                "", lambda: 0.0, HOLDER,
            )  # fmt: skip
            try:
                applied = apply(run, made.todo, {one.path: one for one in found.integrations}, 1)
                failures = [*applied.failures, *finish(run, applied.done)]
            finally:
                self.builds += len(builder.built)
        assert failures == []
        return made

    def journal(self) -> list[dict[str, Any]]:
        """All lines of the journal."""
        return [
            json.loads(line) for line in (self.root / "dist/release/journal.jsonl").read_text().splitlines()
        ]

    def end(self) -> dict[str, Any]:
        """All that is published. What a build puts into its image differs from run to run, and is left out."""
        names = {
            digest: f"{name}:{tag}" for (name, tag), digest in self.images.tags.items() if tag != "latest"
        }
        return {
            "tags": {reference: names[digest] for reference, digest in self.images.tags.items()},
            "papers": {
                reference: len(self.images.referrers(reference[0], digest))
                for reference, digest in self.images.tags.items()
            },
            "store": {
                key: b"" if key.endswith("receipt.json") or key.startswith(".seatrial") else stored.data
                for key in sorted(self.store.keys(""))
                if (stored := self.store.get(key))
            },
            "git": dict(real_git.tags(self.root)),
        }


@pytest.fixture(autouse=True)
def mortal_git(monkeypatch: pytest.MonkeyPatch) -> list[Fate]:
    """Make setting a git tag a call that may be the last one, too."""
    fates: list[Fate] = []
    make = real_git.make_tag
    monkeypatch.setattr(
        applying.git, "make_tag", lambda *args: fates[-1].around("make_tag", lambda: make(*args))
    )
    return fates


def copied(world: World, root: Path) -> World:
    """The same again, elsewhere."""
    shutil.copytree(world.root, root, symlinks=True)
    copy = World(root)
    for name in ("manifests", "tags", "blobs"):
        setattr(copy.images, name, dict(getattr(world.images, name)))
    return copy


def ready(root: Path) -> World:
    """A workspace in which one version is published, and one is to replace it beside a new integration."""
    world = World(workspace(root, "Alpha Service"))
    examples = root / "integrations/alpha-service/.port/examples"
    shutil.rmtree(examples)
    examples.mkdir()
    (examples / "one.json").write_text("{}\n")
    (root / "seatrial.toml").write_text("[release]\nlegacy-specs = true\n")
    commit(root, "an example")
    return world


def prepared(root: Path, fates: list[Fate]) -> World:
    world = ready(root)
    fates.append(Fate())
    world.release(fates[-1])
    bump(root, "alpha-service", "0.1.0", "0.2.0")
    add(root, "Beta Service")
    commit(root, "second")
    world.images.puts.clear()
    (root / "dist/release/journal.jsonl").unlink()
    world.builds = 0
    return world


def whole(world: World, fates: list[Fate]) -> Fate:
    fates.append(Fate())
    world.release(fates[-1])
    return fates[-1]


def test_a_release_publishes_and_a_second_one_has_nothing_to_do(
    tmp_path: Path, mortal_git: list[Fate]
) -> None:
    world = prepared(tmp_path, mortal_git)
    whole(world, mortal_git)
    end = world.end()
    assert end["tags"][("alpha-service", "latest")] == "alpha-service:0.2.0"
    assert sorted(end["git"]) == ["alpha-service/0.1.0", "alpha-service/0.2.0", "beta-service/0.1.0"]
    assert [entry["version"] for entry in json.loads(end["store"]["index.json"])] == ["0.2.0", "0.1.0"]
    assert end["store"]["alpha-service/spec.json"] == end["store"]["alpha-service/0.2.0/spec.json"]
    assert end["store"]["alpha-service.json"] == end["store"]["alpha-service/0.2.0/spec.json"]
    assert "alpha-service/examples/one.json" in end["store"]
    second = whole(world, mortal_git)
    assert (second.calls, world.end()) == ([], end)


@pytest.mark.slow
def test_killed_at_any_call_and_run_again_it_ends_the_same_and_does_nothing_twice(
    tmp_path: Path, mortal_git: list[Fate]
) -> None:
    start = prepared(tmp_path / "start", mortal_git)
    calm = copied(start, tmp_path / "calm")
    calls = whole(calm, mortal_git).count
    wanted = calm.end()
    assert calls > 20
    # Before one call of three and after another; the weekly run dies before and after each.
    every = itertools.product(range(1, calls + 1), (False, True))
    for at, after in (one for one in every if rounds(sum(one) % 3 == 1, True)):
        world = copied(start, tmp_path / f"{at}-{after}")
        mortal_git.append(Fate(at, after))
        with pytest.raises(Death):
            world.release(mortal_git[-1])
        whole(world, mortal_git)
        where = f"{mortal_git[-2].calls[-1]} {'after' if after else 'before'} call {at}"
        differs = {
            key: value for key, value in world.end()["store"].items() if wanted["store"].get(key) != value
        }
        assert differs == {}, where
        assert world.end() == wanted, where
        done = Counter((line["subject"], line["step"]) for line in world.journal() if line["event"] == "done")
        assert [step for step, times in done.items() if times > 1] == [], where
        tagged = Counter(reference[:2] for reference in world.images.puts if reference[1] != "latest")
        assert max(tagged.values()) == 1, where
        assert whole(world, mortal_git).calls == [], where
