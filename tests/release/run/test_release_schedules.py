"""A thousand orders in which releasers at once, some of them killed, come to the same end."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from seatrial.core.errors import ServiceError
from seatrial.core.version import Version
from seatrial.release.plan import index, store_keys
from seatrial.release.plan.index import Entry, Index
from seatrial.release.plan.plan import Step, steps_of
from seatrial.release.plan.ports import Absent, Images, Manifest, Store, Unknown
from seatrial.release.plan.state import Candidate, IndexSeen, VersionStatus
from seatrial.release.run import latest
from seatrial.release.run.latest import LATEST, point
from seatrial.release.run.yank import YankChange, yank
from seatrial.release.store.leases import Holder, lease
from support.memory_images import MemoryImages
from support.memory_store import MemoryStore
from support.often import rounds
from support.simulating import RELIABLE, Actor, Chances, Simulation, Through

SCHEDULES = rounds(200, 1000)
ROUGH = (Chances(), Chances(kill=0.02, fail=0.01), Chances(kill=0.02, fail=0.01, slow=0.2), Chances(slow=0.4))

Publish = Callable[[Store, Entry, Actor], object]


@dataclass
class Services:
    """What all releasers share."""

    store: MemoryStore = field(default_factory=MemoryStore)
    images: MemoryImages = field(default_factory=MemoryImages)

    def published(self) -> list[tuple[str, str]]:
        """The types and versions that have a spec."""
        parts = [key.split("/") for key in self.store.objects]
        return sorted((part[0], part[1]) for part in parts if len(part) == 3 and part[2] == "spec.json")


def publish_by_swap(store: Store, entry: Entry, actor: Actor) -> object:
    return latest.publish_index(store, [entry], actor.sleep, at_once=1)


def publish_naively(store: Store, entry: Entry, actor: Actor) -> object:
    """As it is done where nobody thinks of others: read, change, write."""
    stored = store.get(store_keys.INDEX)
    present = index.parse(stored.data) if stored else Index()
    newest = present.versions.get(entry["type"])
    if newest is None or Version.parse(newest) < Version.parse(entry["version"]):
        store.put(store_keys.INDEX, present.with_entries({entry["type"]: entry}).to_bytes())
    return None


@dataclass(frozen=True)
class Release:
    """Somebody who releases a version with so many examples, from a checkout that keeps its token or not."""

    services: Services
    type: str
    version: str
    token: str
    examples: int
    publish: Publish = publish_by_swap

    def __call__(self, actor: Actor) -> None:
        store, images = Through(self.services.store, actor), Through(self.services.images, actor)
        holder = Holder("somebody", self.token or f"{id(self)} {actor.attempt}")
        steps = self._missing(store, images)
        if Step.TAG in steps:
            self._set_tag(store, images, holder, actor)
        if Step.SPEC in steps:
            store.create(store_keys.spec(self.type, self.version), index.spec_bytes(self._entry))
        if Step.INDEX in steps:
            self.publish(store, self._entry, actor)
        if Step.LATEST in steps:
            point(store, images, self.type, self.type, holder, actor.clock)

    @property
    def _entry(self) -> Entry:
        return index.entry_of({"title": self.type}, self.type, self.version)

    def _missing(self, store: Store, images: Images) -> Sequence[Step]:
        """What a plan says, from what is read now."""
        stored = store.keys(store_keys.of_type(self.type))
        seen = store.get(store_keys.INDEX)
        answers = images.find([(self.type, self.version), (self.type, LATEST)])
        unknown = next((one.reason for one in answers.values() if isinstance(one, Unknown)), "")
        if unknown:
            raise ServiceError(unknown)
        standing = VersionStatus(
            image=answers[self.type, self.version],
            latest=answers[self.type, LATEST],
            spec=store_keys.spec(self.type, self.version) in stored,
            yanked=store_keys.yanked(self.type, self.version) in stored,
            type_spec=store_keys.latest_spec(self.type) in stored,
        )
        indexed = IndexSeen(versions=index.parse(seen.data).versions) if seen else IndexSeen()
        return steps_of(Candidate(self.type, self.type, self.type, self.version), standing, indexed)

    def _set_tag(self, store: Store, images: Images, holder: Holder, actor: Actor) -> None:
        """The version's tag, by an image that is like no other; under the lease, where it is free."""
        manifest = Manifest(json.dumps([self.type, self.version, id(self), actor.attempt]).encode(), "x")
        images.put_manifest(self.type, manifest)
        with lease(store, store_keys.lease(self.type), holder, actor.clock) as held:
            answer = images.find([(self.type, self.version)])[self.type, self.version]
            if isinstance(answer, Unknown):
                raise ServiceError(answer.reason)
            if isinstance(answer, Absent):
                for number in range(self.examples):
                    store.put(
                        store_keys.example(self.type, self.version, f"{number}.json"), self.version.encode()
                    )
                held.check()
                images.put_manifest(self.type, manifest, self.version)


@dataclass(frozen=True)
class Yank:
    """Somebody who takes a version out."""

    services: Services
    type: str
    version: str

    def __call__(self, actor: Actor) -> None:
        store, images = Through(self.services.store, actor), Through(self.services.images, actor)
        holder = Holder("somebody", f"{id(self)} {actor.attempt}")
        change = YankChange(self.type, self.type, [self.version], "bad", holder.name)
        list(yank(store, images, change, holder, actor.clock))


VERSIONS = ["1.0.0", "1.0.1", "1.1.0", "1.1.0-beta", "1.2.0-beta", "2.0.0-dev", "1.1.0-post1", "2.0.0-beta"]


def releasers(
    simulation: Simulation, services: Services, publish: Publish = publish_by_swap
) -> list[Release]:
    """Two to twenty releasers of one to four types, often of the same version, or of a lower one."""
    chance = simulation.chance
    types = ["jira", "github", "aws", "pagerduty"][: chance.randint(1, 4)]
    versions = chance.choice([VERSIONS, VERSIONS[:3]])
    count = 20 if chance.random() < 0.05 else chance.randint(2, 8)
    return [
        Release(
            services,
            chance.choice(types),
            chance.choice(versions),
            chance.choice(["", f"checkout {number}"]),
            chance.randint(1, 6),
            publish,
        )
        for number in range(count)
    ]


def expected(services: Services, type: str) -> str:
    """The version that must be the latest, worked out in another way: sort by stable, then by version."""
    published = [version for name, version in services.published() if name == type]
    left = [one for one in published if store_keys.yanked(type, one) not in services.store.objects]
    return max(left, key=lambda one: ("beta" not in one, Version.parse(one)), default="")


def faults(services: Services) -> list[str]:
    """What is wrong at the end."""
    objects, tags = services.store.objects, services.images.tags
    stored = objects.get(store_keys.INDEX)
    versions = index.parse(stored).versions if stored else {}
    found = []
    for name in {name for name, _ in tags}:
        best = expected(services, name)
        if versions.get(name, "") != best:
            found.append(f"the index has {name} {versions.get(name)}, not {best}")
        elif best and tags[name, LATEST] != tags[name, best]:
            found.append(f"the tag latest of {name} is not {best}")
        elif best and objects[store_keys.latest_spec(name)] != objects[store_keys.spec(name, best)]:
            found.append(f"the spec of {name} is not that of {best}")
        elif best and objects[f"{name}/examples/0.json"] != best.encode():
            found.append(f"the examples of {name} are not those of {best}")
    return found + overwritten(services)


def overwritten(services: Services) -> list[str]:
    """Versions that were published twice."""
    tags = Counter((name, tag) for name, tag, _ in services.images.puts if tag != LATEST)
    written = Counter(
        key for key in services.store.writes if key.endswith("/spec.json") and key.count("/") == 2
    )
    return [f"{what} was written {times} times" for what, times in (tags + written).items() if times > 1]


def sailed(
    seed: int, publish: Publish = publish_by_swap, chances: Chances | None = None
) -> tuple[Simulation, list[str]]:
    """One schedule: releasers at once, then others with somebody who yanks; what is wrong at the end."""
    random.seed(seed)
    simulation, services = Simulation(seed, chances or ROUGH[seed % len(ROUGH)]), Services()
    simulation.run(releasers(simulation, services, publish))
    found = faults(services)
    published = services.published()
    if published and simulation.chance.random() < 0.5:
        yanks = [Yank(services, *one) for one in simulation.chance.sample(published, min(2, len(published)))]
        simulation.run([*yanks, *releasers(simulation, services, publish)[:3]])
        found += faults(services)
    return simulation, found


@pytest.mark.slow
def test_schedules_end_with_one_latest_for_index_image_and_spec() -> None:
    met: Counter[str] = Counter()
    for seed in range(SCHEDULES):
        simulation, found = sailed(seed)
        met += simulation.met
        assert found == [], f"seed {seed}"
    assert all(
        met[fate] > 0.3 * SCHEDULES for fate in ("kill before", "kill after", "fail before", "fail after")
    ), met


def test_reading_changing_and_writing_loses_updates_in_the_same_schedules() -> None:
    lost = [seed for seed in range(50) if sailed(seed, publish_naively, RELIABLE)[1]]
    assert len(lost) > 5


def test_a_schedule_is_the_same_each_time() -> None:
    assert sailed(7)[0].met == sailed(7)[0].met
    assert sailed(7)[0].now == sailed(7)[0].now
