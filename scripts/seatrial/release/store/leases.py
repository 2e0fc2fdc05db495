"""Leases: one holder at a time for a limited time, by compare-and-swap on a key of the store.

A lease ends on its own, so that nobody waits long for a holder that died. It is assumed that the clocks of two
holders differ by less than SKEW, and that a request ends or is given up in less than MARGIN. A holder relies on its
lease until SKEW before its end, and others take it no sooner than SKEW after its end.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import PurePosixPath
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.core.printable import one_line
from seatrial.release.plan.ports import Store, Stored

SECONDS = 120.0
MARGIN = 45.0
SKEW = 15.0
PATIENCE = 240.0
"""Seconds that a lease lasts, that one request may take, that clocks may differ, and that others wait."""

LONGEST = 3600.0
"""Seconds of the longest lease; an object that states more was not written by a holder."""

_FREE = {"holder": "", "token": "", "since": 0, "until": 0}


@dataclass(frozen=True)
class Clock:
    """The time in seconds since 1970, and how to wait."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Holder:
    """The holder of a lease: a name for people, and a token that no other holder has.

    A workspace that admits one holder at a time may keep its token; then it takes its own lease back at once, as the
    holder before it has ended.
    """

    name: str
    token: str

    @classmethod
    def anyone(cls, name: str) -> Holder:
        """Return a holder with a new token."""
        return cls(name, secrets.token_hex(16))


@dataclass(frozen=True)
class Lease:
    """A lease that was taken for `seconds`, and is renewed for as many again shortly before its end."""

    store: Store
    key: str
    holder: Holder
    clock: Clock
    seconds: float

    def check(self, margin: float = MARGIN) -> None:
        """Ensure that the lease is held for `margin` seconds more; renew it if needed. Raises ServiceError."""
        present = self.store.get(self.key)
        stated = _read(present)
        if present is None or stated.get("token") != self.holder.token:
            raise ServiceError(f"{_holder(stated)} took over {_subject(self.key)} meanwhile; run it again")
        if self._covers(stated.get("until"), margin):
            return
        until = self.clock.now() + self.seconds
        renewed = self.store.replace(self.key, _form(self.holder, self.clock.now(), until), present.etag)
        if not renewed or not self._covers(until, margin):
            raise ServiceError(
                f"the lease on {_subject(self.key)} ran out, as the store is too slow; run it again"
            )

    def _covers(self, until: Any, margin: float) -> bool:
        return isinstance(until, int | float) and self.clock.now() + margin <= until - SKEW


@contextmanager
def lease(
    store: Store,
    key: str,
    holder: Holder,
    clock: Clock | None = None,
    seconds: float = SECONDS,
    patience: float = PATIENCE,
) -> Iterator[Lease]:
    """Hold the lease on a key. Raises ServiceError where others hold it for longer than `patience` seconds."""
    held = Lease(store, key, holder, clock or Clock(), seconds)
    _take(held, patience)
    try:
        yield held
    finally:
        with suppress(ServiceError):
            _give_back(held)


def _take(wanted: Lease, patience: float) -> None:
    clock = wanted.clock
    end = clock.now() + patience
    for turn in count():
        present = wanted.store.get(wanted.key)
        if _is_free(present, wanted) and _written(wanted, present):
            return
        if clock.now() > end:
            raise ServiceError(_taken(wanted.key, _read(present)))
        clock.sleep(random.uniform(0.1, 0.5 * 2 ** min(turn, 3)))  # noqa: S311


def _written(wanted: Lease, present: Stored | None) -> bool:
    """Write the holder in place of the present object; return whether that was done."""
    now = wanted.clock.now()
    data = _form(wanted.holder, now, now + wanted.seconds)
    if present is None:
        return wanted.store.create(wanted.key, data)
    return wanted.store.replace(wanted.key, data, present.etag)


def _form(holder: Holder, now: float, until: float) -> bytes:
    return _json({"holder": holder.name, "token": holder.token, "since": round(now), "until": until})


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value) + "\n").encode()


def _is_free(present: Stored | None, wanted: Lease) -> bool:
    """Return whether nobody else holds the lease; an object that no holder wrote does not count."""
    stated = _read(present)
    until, now = stated.get("until"), wanted.clock.now()
    if not isinstance(until, int | float) or stated.get("token") == wanted.holder.token:
        return True
    return not now - SKEW <= until <= now + LONGEST


def _read(present: Stored | None) -> Mapping[str, Any]:
    try:
        value = json.loads(present.data) if present else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _give_back(held: Lease) -> None:
    """Write that there is no holder, unless somebody else holds the lease by now."""
    present = held.store.get(held.key)
    if present is not None and _read(present).get("token") == held.holder.token:
        held.store.replace(held.key, _json(_FREE), present.etag)


def _taken(key: str, stated: Mapping[str, Any]) -> str:
    return (
        f"{_subject(key)} is being released by {_holder(stated)} since {_time(stated.get('since'))}; "
        f"its lease ends at {_time(stated.get('until'))}, unless it is renewed: run it again then"
    )


def _subject(key: str) -> str:
    return PurePosixPath(key).stem


def _holder(stated: Mapping[str, Any]) -> str:
    return one_line(str(stated.get("holder") or "another release"), 60)


def _time(seconds: Any) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (TypeError, ValueError, OverflowError, OSError):
        return "an unknown time"
