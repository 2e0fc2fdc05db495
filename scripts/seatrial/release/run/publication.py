"""A release in progress: one at a time in a checkout, with its journal, its builder and the commit's files."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from seatrial.core.errors import SeatrialError, ServiceError
from seatrial.core.model import Integration
from seatrial.core.settings import KEYLESS
from seatrial.release.attest import signing, sigstore_bundles
from seatrial.release.attest.attach import Attestation
from seatrial.release.attest.sigstore_bundles import KeylessSigner
from seatrial.release.builders.available import choose
from seatrial.release.places import must_not_be_link, must_not_be_linked
from seatrial.release.plan import store_keys
from seatrial.release.plan.plan import Part, Plan, Step
from seatrial.release.plan.plan_files import seal
from seatrial.release.plan.ports import Builder, Built, Descriptor, Store
from seatrial.release.run.attestations import Attestations, signatory_of, trust_source
from seatrial.release.run.growth import VersionsBefore
from seatrial.release.run.release_context import ReleaseContext, hide_from_git, holder
from seatrial.release.store.leases import Holder
from seatrial.system import git, held_secrets
from seatrial.system.atomic import append
from seatrial.system.locks import held

LOCK = "lock"
JOURNAL = "journal.jsonl"

Attest = Callable[[Part, Integration, Built, Descriptor], Sequence[Attestation]]

Details = dict[str, Any]
"""Values that the journal records of a step beside its outcome."""

T = TypeVar("T")


@dataclass(frozen=True)
class Event:
    """An event in a step of a version: `begin`, `done`, `kept` (it was done earlier) or `failed`."""

    subject: str
    step: Step
    word: str
    seconds: float = 0.0
    details: Details = field(default_factory=dict)


@dataclass(frozen=True)
class Journal:
    """The journal of releases: a line before each step and one after it, on the disk before the next begins.

    `now` gives the time in seconds since 1970, `seal` is that of the plan that is applied. `notify` is called
    with each event. No link is followed below `root`.
    """

    path: Path
    seal: str
    now: Callable[[], float]
    notify: Callable[[Event], None]
    root: Path | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def step(self, subject: str, step: Step) -> Iterator[Details]:
        """Record a step from its beginning to its end, with the details that the caller adds.

        The caller sets `kept` among the details where there was nothing left to do.
        """
        begun = self.now()
        self._write(Event(subject, step, "begin"))
        details: Details = {}
        try:
            yield details
        except SeatrialError as failure:
            self._write(Event(subject, step, "failed", self.now() - begun, {"reason": str(failure)}))
            raise
        word = "kept" if details.pop("kept", False) else "done"
        self._write(Event(subject, step, word, self.now() - begun, details))

    def _write(self, event: Event) -> None:
        line = {
            "at": round(self.now(), 3),
            "plan": self.seal,
            "subject": event.subject,
            "step": event.step.value,
            "event": event.word,
            **event.details,
        }
        with self._lock:
            must_not_be_link(self.path, self.path.parent)
            append(self.path, json.dumps(line) + "\n", root=self.root, durable=True)
        self.notify(event)


@dataclass(frozen=True)
class Publication:
    """A release in progress: the plan and its seal, and what its parts need.

    `files` returns the folder of the commit's files, `attest` makes the attestations of an image, and
    `source` is the repository's URL without credentials. If `forced`, the reason in the plan counts. `keyless` gives
    the signer without a key, where it is the one that signs.
    """

    context: ReleaseContext
    plan: Plan
    seal: str
    journal: Journal
    builder: Callable[[], Builder]
    files: Callable[[], Path]
    attest: Attest
    source: str
    now: Callable[[], float]
    holder: Holder
    forced: bool = False
    keyless: Callable[[], KeylessSigner] | None = None

    @cached_property
    def before(self) -> VersionsBefore:
        """The versions before those of this release."""
        return VersionsBefore(self.context)


@contextmanager
def publication(
    context: ReleaseContext,
    plan: Plan,
    files: Callable[[], Path],
    key: Path | None,
    notify: Callable[[Event], None],
    forced: bool = False,
) -> Iterator[Publication]:
    """Begin a release. The builder and the files are opened when they are first used.

    Raises ServiceError where another release runs in this checkout or the store ignores conditions, UsageError
    for a key that cannot sign, and where a link is in the place of a release's own file.
    """
    sealed = seal(plan)
    signer = signing.load(key, os.environ) if key else None
    keyless = (
        None if signer or context.settings.signing != KEYLESS else _once(lambda: keyless_signer(context))
    )
    source = git.origin(context.root, context.settings.remote or "origin") or ""
    with ExitStack() as stack:
        busy = "another release runs in this checkout; wait for its end"
        hide_from_git(context)
        for name in (LOCK, JOURNAL, "receipts", "logs", "builds", "contexts"):
            must_not_be_linked(context.folder / name, context.root)
        stack.enter_context(held(context.folder / LOCK, busy=busy))
        if plan.todo:
            _must_honour_conditions(context.store)
        yield Publication(
            context=context,
            plan=plan,
            seal=sealed,
            journal=Journal(context.folder / JOURNAL, sealed, time.time, notify, context.root),
            builder=_once(lambda: choose(context.settings.builder or None, context.settings)),
            files=files,
            attest=Attestations(context, plan, source, signer, keyless).of,
            source=source,
            now=time.time,
            holder=holder(context.folder / LOCK),
            forced=forced,
            keyless=keyless,
        )


def keyless_signer(context: ReleaseContext) -> KeylessSigner:
    """Return the signer of this job of CI. Raises UsageError where it cannot sign, ServiceError."""
    environment = {**os.environ, **held_secrets.all_held()}
    expected = signatory_of(context.settings.keyless)
    return sigstore_bundles.load(environment, trust_source(context), expected)


def _must_honour_conditions(store: Store) -> None:
    """Raise ServiceError for a store that ignores conditions, since writing its index would not be safe."""
    store.create(store_keys.PROBE, _random())
    overwritten = store.create(store_keys.PROBE, _random())
    seen = store.get(store_keys.PROBE)
    if seen is not None:
        store.replace(store_keys.PROBE, _random(), seen.etag)
        overwritten = overwritten or store.replace(store_keys.PROBE, _random(), seen.etag)
    if overwritten:
        raise ServiceError(
            "the store writes over what is there although it is asked not to (If-None-Match, If-Match); "
            "name another one as `store` below [release]"
        )


def _random() -> bytes:
    return secrets.token_hex(8).encode()


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function that calls `make` once and gives every thread the same result."""
    lock = threading.Lock()
    kept = cache(make)

    def get() -> T:
        with lock:
            return kept()

    return get
