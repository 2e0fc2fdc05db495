"""A release that goes on: one at a time in a checkout, with its journal, its builder and the commit's files."""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TypeVar

from seatrial.core.errors import ServiceError
from seatrial.release.attest import signing
from seatrial.release.builders.choice import choose
from seatrial.release.plan import keys
from seatrial.release.plan.plan import Plan
from seatrial.release.plan.planfile import seal
from seatrial.release.plan.ports import Store
from seatrial.release.run.attestations import Attestations
from seatrial.release.run.checkout import context
from seatrial.release.run.context import ReleaseContext, holder
from seatrial.release.run.journal import Event, Journal
from seatrial.release.run.publish import Publication
from seatrial.system import git

LOCK = "lock"

T = TypeVar("T")


@contextmanager
def session(
    yard: ReleaseContext, plan: Plan, key: Path | None, tell: Callable[[Event], None]
) -> Iterator[Publication]:
    """What applying a plan needs. Builder and files are looked for when first asked for.

    Raises ServiceError where another release runs in this checkout, UsageError for a key that is none.
    """
    sealed = seal(plan)
    signer = signing.load(key, os.environ) if key else None
    source = git.origin(yard.root, yard.settings.remote or "origin") or ""
    with ExitStack() as stack:
        stack.enter_context(_alone(yard.books))
        if plan.todo:
            _must_swap(yard.store)
        files = _once(lambda: stack.enter_context(context(yard, plan.commit)))
        yield Publication(
            yard=yard,
            plan=plan,
            seal=sealed,
            journal=Journal(yard.books / "journal.jsonl", sealed, time.time, tell),
            builder=_once(lambda: choose(yard.settings.builder or None)),
            context=files,
            papers=Attestations(yard, plan, files, source, signer).papers,
            source=source,
            now=time.time,
            holder=holder(yard.books / LOCK),
        )


def _must_swap(store: Store) -> None:
    """Raises ServiceError for a store that ignores conditions, since nothing could be promised about its index."""
    store.create(keys.PROBE, _anything())
    over = store.create(keys.PROBE, _anything())
    seen = store.get(keys.PROBE)
    if seen is not None:
        store.replace(keys.PROBE, _anything(), seen.etag)
        over = over or store.replace(keys.PROBE, _anything(), seen.etag)
    if over:
        raise ServiceError(
            "the store writes over what is there although it is asked not to (If-None-Match, If-Match); "
            "name another one as `store` below [release]"
        )


def _anything() -> bytes:
    return secrets.token_hex(8).encode()


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """The same answer for every thread that asks."""
    lock = Lock()
    kept = cache(make)

    def ask() -> T:
        with lock:
            return kept()

    return ask


@contextmanager
def _alone(books: Path) -> Iterator[None]:
    """Nobody else releases from this checkout meanwhile; the system lets go when a process dies."""
    try:
        books.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(books / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as failed:
        raise ServiceError(
            f"{books} cannot be written: {(failed.strerror or str(failed)).lower()}"
        ) from failed
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            raise ServiceError("another release runs in this checkout; wait for its end") from held
        yield
    finally:
        os.close(descriptor)
