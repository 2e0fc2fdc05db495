"""Many releasers at once, in a time of their own: every request takes as long as chance says, and may fail or kill.

One thread runs at a time, and gives the turn away at each request, to whoever comes next in simulated time. So
a seed stands for one order of all requests of all releasers.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Answer, Reference, Unknown
from seatrial.release.store.leases import MARGIN, SKEW, Clock

START = 1_800_000_000.0
ATTEMPTS = 30

CHANGING = frozenset({"create", "replace", "put", "put_manifest"})


class Death(BaseException):
    """The process is gone."""


@dataclass(frozen=True)
class Chances:
    """How likely a request that changes something kills its process, and any request fails or is very slow."""

    kill: float = 0.0
    fail: float = 0.0
    slow: float = 0.0


RELIABLE = Chances()


class Simulation:
    """The simulated time, and whose turn it is."""

    def __init__(self, seed: int, chances: Chances = RELIABLE) -> None:
        self.chance = random.Random(seed)
        self.chances = chances
        self.now = START
        self.met: Counter[str] = Counter()
        self._actors: list[Actor] = []
        self._over = threading.Semaphore(0)

    def run(self, works: Iterable[Callable[[Actor], None]]) -> None:
        """Do all these works at once, each again until it is done. Raises what one of them raised otherwise."""
        self._actors = [Actor(self, work, self.chance.uniform(-SKEW / 2, SKEW / 2)) for work in works]
        for actor in self._actors:
            actor.wake = self.now + self.chance.uniform(0, 3)
            actor.thread.start()
        self.give_turn(None)
        self._over.acquire()
        for actor in self._actors:
            actor.thread.join()
            if actor.wrong:
                raise actor.wrong

    def give_turn(self, actor: Actor | None) -> None:
        """Let whoever is next go on; an actor that waits comes back when it is its turn."""
        waiting = [one for one in self._actors if not one.done]
        following = min(waiting, key=lambda one: one.wake, default=None)
        if following is None:
            self._over.release()
        else:
            self.now = max(self.now, following.wake)
        if following is actor:
            return
        if following is not None:
            following.turn.release()
        if actor is not None and not actor.done:
            actor.turn.acquire()

    def latency(self) -> float:
        """How long a request takes, in seconds: mostly little, at times nearly as long as it may."""
        return (
            self.chance.uniform(0, MARGIN * 0.9)
            if self.chance.random() < 0.01
            else self.chance.expovariate(10)
        )


@dataclass
class Actor:
    """Somebody at work; killed or failed, it begins anew, in worse luck than good until its last attempts."""

    simulation: Simulation
    work: Callable[[Actor], None]
    skew: float
    wake: float = 0.0
    attempt: int = 0
    done: bool = False
    dead: bool = False
    wrong: BaseException | None = None
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._live, daemon=True)

    @property
    def clock(self) -> Clock:
        """Its own clock, which is somewhat wrong."""
        return Clock(lambda: self.simulation.now + self.skew, self.sleep)

    def sleep(self, seconds: float) -> None:
        """Let others go on."""
        self.wake = self.simulation.now + seconds
        self.simulation.give_turn(self)

    def _live(self) -> None:
        self.turn.acquire()
        try:
            while not self._worked():
                self.sleep(self.simulation.chance.uniform(0, 60))
        except BaseException as wrong:
            self.wrong = wrong
        self.done = True
        self.simulation.give_turn(self)

    def _worked(self) -> bool:
        self.attempt += 1
        self.dead = False
        try:
            self.work(self)
        except (Death, ServiceError):
            if self.attempt > ATTEMPTS:
                raise
            return False
        return True

    def request(self, name: str, act: Callable[[], Any]) -> Any:
        """One request of it, in this chances."""
        if self.dead:
            raise Death
        self.sleep(self.simulation.latency())
        fate = self._fate(name)
        self.simulation.met[fate or name] += 1
        if fate.endswith("before"):
            self._strike(fate)
        done = act()
        if fate.endswith("after"):
            self._strike(fate)
        return done

    def _fate(self, name: str) -> str:
        chances, chance = self.simulation.chances, self.simulation.chance
        if self.attempt > ATTEMPTS // 2:
            return ""
        when = chance.choice(("before", "after"))
        if name in CHANGING and chance.random() < chances.kill:
            return f"kill {when}"
        return f"fail {when}" if chance.random() < chances.fail else ""

    def _strike(self, fate: str) -> None:
        if fate.startswith("kill"):
            self.dead = True
            raise Death
        raise ServiceError("the service failed")


class Through:
    """A service as an actor sees it: every call is a request."""

    def __init__(self, inner: Any, actor: Actor) -> None:
        self._inner, self._actor = inner, actor

    def __getattr__(self, name: str) -> Callable[..., Any]:
        act = getattr(self._inner, name)
        return lambda *args, **more: self._actor.request(name, lambda: act(*args, **more))

    def find(self, references: Iterable[Reference]) -> Mapping[Reference, Answer]:
        """A failure to find is an answer as well."""
        wanted = list(references)
        try:
            found: Mapping[Reference, Answer] = self._actor.request("find", lambda: self._inner.find(wanted))
        except ServiceError as failed:
            return {one: Unknown(str(failed)) for one in wanted}
        return found
