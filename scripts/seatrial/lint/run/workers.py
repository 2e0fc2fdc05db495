"""Processes in sandboxes that run Python tools in an environment's own interpreter; see `worker`."""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.lint.tools.tool import Output
from seatrial.system.process import Conversation
from seatrial.system.sandbox import Sandbox, View

WORKER = Path(__file__).with_name("worker.py")

KEPT = 3
"""The number of workers that a thread keeps waiting; more would cost memory and save little."""

MOST = 256 * 1024 * 1024
"""The most bytes of an answer: two outputs of a worker's MOST bytes, each written as up to four."""

GRACE = 30
"""Seconds for which a worker may take longer than its tool's limit."""


@dataclass(frozen=True)
class WorkerPlace:
    """A worker's place: its interpreter, what it sees, its whole environment, and a folder for bytecode."""

    python: Path
    view: View = field(default_factory=View)
    environ: tuple[tuple[str, str], ...] = ()
    bytecode: Path | None = None

    @property
    def arguments(self) -> list[str]:
        """The arguments that start the worker; without a folder for bytecode it writes none."""
        kept = ("-X", f"pycache_prefix={self.bytecode}") if self.bytecode else ("-B",)
        return [os.fspath(self.python), "-I", *kept, os.fspath(WORKER)]


@dataclass(frozen=True)
class WorkerRequest:
    """A request to a worker; see `worker` for each field."""

    module: str
    arguments: Sequence[str]
    cwd: str
    lock: str = ""
    seconds: int = 900
    warm: Sequence[str] = ()


class Workers:
    """Workers by place, each used by one thread only. Close them when the work is done."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._own = threading.local()
        self._all: set[Conversation] = set()
        self._guard = threading.Lock()
        self._closed = False

    def ask(self, place: WorkerPlace, request: WorkerRequest, *, once: bool = False) -> Output:
        """Run a tool and return its output; `once` in a worker that does nothing before or after.

        Raises ServiceError where its worker cannot be started, or ends, or takes too long.
        """
        if once:
            worker = self._started(place)
            try:
                return _asked(worker, request)
            finally:
                self._drop(worker)
        try:
            return _asked(self._worker(place), request)
        except BaseException:
            if place in self._mine:
                self._drop(self._mine.pop(place))
            raise

    def close(self) -> None:
        """End every worker, also one that is at work."""
        with self._guard:
            self._closed = True
            workers, self._all = self._all, set()
        for worker in workers:
            worker.close()

    @property
    def closed(self) -> bool:
        """True once they were ended."""
        return self._closed

    @property
    def _mine(self) -> OrderedDict[WorkerPlace, Conversation]:
        if not hasattr(self._own, "workers"):
            self._own.workers = OrderedDict()
        mine: OrderedDict[WorkerPlace, Conversation] = self._own.workers
        return mine

    def _worker(self, place: WorkerPlace) -> Conversation:
        mine = self._mine
        if place not in mine:
            while len(mine) >= KEPT:
                self._drop(mine.popitem(last=False)[1])
            mine[place] = self._started(place)
        mine.move_to_end(place)
        return mine[place]

    def _started(self, place: WorkerPlace) -> Conversation:
        command = self._sandbox.command(place.arguments, place.view)
        with self._guard:
            if self._closed:
                raise ServiceError("the run was ended")
            worker = Conversation(command, dict(place.environ), name=os.fspath(place.python))
            self._all.add(worker)
        return worker

    def _drop(self, worker: Conversation) -> None:
        with self._guard:
            self._all.discard(worker)
        worker.close()


def _asked(worker: Conversation, request: WorkerRequest) -> Output:
    text = json.dumps(asdict(request))
    return _output(worker.ask(text, seconds=request.seconds + GRACE, most=MOST))


def _output(line: str) -> Output:
    """Return the answer of a worker. Raises ServiceError for another form: the tool may be hostile."""
    try:
        answer: Any = json.loads(line)
    except (ValueError, RecursionError):
        answer = None
    forms: Mapping[str, type | tuple[type, ...]] = {
        "status": int, "out": str, "err": str, "seconds": (int, float),
    }  # fmt: skip
    good = isinstance(answer, dict) and answer.keys() == forms.keys()
    if not good or not all(isinstance(answer[name], form) for name, form in forms.items()):
        raise ServiceError("a tool's process gave an answer of another form")
    return Output(**answer)
