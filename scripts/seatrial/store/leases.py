"""Leases: for a while, one holder at a time, by compare-and-swap on a key of the store.

A lease ends by itself, so that a holder that died keeps nobody waiting for long. The clocks of holders may
differ by `SKEW`: a holder stops trusting its lease that much before the end, others take it that much after.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from seatrial.errors import ServiceError
from seatrial.release.ports import Store, Stored

SECONDS = 60.0
SKEW = 15.0
PATIENCE = 150.0
"""How long a lease lasts, how far clocks may be apart, how long somebody waits for another's; in seconds."""


@dataclass(frozen=True)
class Clock:
    """The time in seconds since 1970, and how to wait."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Holder:
    """Who holds a lease: words for a person, and what tells one holder from another.

    A place that lets one holder at a time be there may keep its token; then it takes its own lease back at
    once, as the holder before it is gone.
    """

    name: str
    token: str

    @classmethod
    def anyone(cls, name: str) -> Holder:
        """A holder that is unlike all others."""
        return cls(name, secrets.token_hex(16))


@dataclass(frozen=True)
class Lease:
    """A lease that is held until `until`, in seconds since 1970."""

    key: str
    until: float
    clock: Clock

    def check(self, margin: float = 10.0) -> None:
        """Make sure that `margin` seconds of work are still covered. Raises ServiceError where they are not."""
        if self.clock.now() + margin > self.until - SKEW:
            raise ServiceError(f"the lease {self.key} ran out, as the work took too long; run it again")


@contextmanager
def lease(store: Store, key: str, holder: Holder, clock: Clock | None = None) -> Iterator[Lease]:
    """Hold the lease on a key. Raises ServiceError where another keeps it for longer than PATIENCE."""
    clock = clock or Clock()
    held = _taken(store, key, holder, clock)
    try:
        yield held
    finally:
        with suppress(ServiceError):
            _give_back(store, key, holder)


def _taken(store: Store, key: str, holder: Holder, clock: Clock) -> Lease:
    begun = clock.now()
    while True:
        until = clock.now() + SECONDS
        data = _form(holder, clock.now(), until)
        present = store.get(key)
        if present is None and store.create(key, data):
            return Lease(key, until, clock)
        if (
            present is not None
            and _is_free(present, holder, clock)
            and store.replace(key, data, present.etag)
        ):
            return Lease(key, until, clock)
        if clock.now() - begun > PATIENCE:
            raise ServiceError(_taken_by(key, present))
        clock.sleep(random.uniform(0.05, 0.5) if present is None else random.uniform(0.2, 1.5))  # noqa: S311


def _form(holder: Holder, now: float, until: float) -> bytes:
    told = {"holder": holder.name, "token": holder.token, "since": round(now), "until": until}
    return json.dumps(told).encode()


def _is_free(present: Stored, holder: Holder, clock: Clock) -> bool:
    held = _read(present)
    until = held.get("until")
    late = not isinstance(until, int | float) or clock.now() > until + SKEW
    return held.get("token") in ("", holder.token) or late


def _read(present: Stored) -> dict[str, Any]:
    try:
        value = json.loads(present.data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _give_back(store: Store, key: str, holder: Holder) -> None:
    """Leave the key without a holder; nothing is done where somebody else has it by now."""
    present = store.get(key)
    if present is not None and _read(present).get("token") == holder.token:
        store.replace(key, json.dumps({"holder": "", "token": "", "until": 0}).encode(), present.etag)


def _taken_by(key: str, present: Stored | None) -> str:
    held = _read(present) if present else {}
    name = str(held.get("holder") or "another release")[:100]
    return f"{name} has held {key} for long; wait for its end and run it again"
