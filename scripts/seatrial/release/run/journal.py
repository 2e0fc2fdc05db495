"""The journal of releases: a line before each step and one after it, on the disk before the next begins."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.core.errors import SeatrialError, ServiceError, reason
from seatrial.release.plan.plan import Step

Facts = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """What happened to a step of a version: `begin`, `done`, `kept` (it was done before) or `failed`."""

    subject: str
    step: Step
    word: str
    seconds: float = 0.0
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Journal:
    """Where events go: to the file, and to whoever listens.

    `now` gives the time in seconds since 1970, `seal` the plan that is applied.
    """

    path: Path
    seal: str
    now: Callable[[], float]
    tell: Callable[[Event], None]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def step(self, subject: str, step: Step) -> Iterator[Facts]:
        """A step, from its beginning to its end; what is put into the facts is recorded with it.

        Set `kept` among the facts where there was nothing left to do.
        """
        begun = self.now()
        self._write(Event(subject, step, "begin"))
        facts: Facts = {}
        try:
            yield facts
        except SeatrialError as failure:
            self._write(Event(subject, step, "failed", self.now() - begun, {"reason": str(failure)}))
            raise
        word = "kept" if facts.pop("kept", False) else "done"
        self._write(Event(subject, step, word, self.now() - begun, facts))

    def _write(self, event: Event) -> None:
        line = {
            "at": round(self.now(), 3),
            "plan": self.seal,
            "subject": event.subject,
            "step": event.step.value,
            "event": event.word,
            **event.facts,
        }
        with self._lock:
            _append(self.path, json.dumps(line) + "\n")
        self.tell(event)


def _append(path: Path, line: str) -> None:
    """Add a line and see it onto the disk. Raises ServiceError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as failed:
        raise ServiceError(f"{path} cannot be written: {reason(failed)}") from failed
