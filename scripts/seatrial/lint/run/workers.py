"""Warm processes that run Python tools in an environment's own interpreter; see `worker`."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from seatrial.core.errors import ServiceError
from seatrial.lint.tools.tool import Output
from seatrial.system.process import Conversation

WORKER = Path(__file__).with_name("worker.py")

KEPT = 3
"""The number of workers that a thread keeps waiting; more would cost memory and save little."""


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
    """Workers by interpreter, each used by one thread only; `environ` is their and the tools' whole environment.

    Close them when the work is done.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._own = threading.local()
        self._all: set[Conversation] = set()
        self._guard = threading.Lock()
        self._closed = False

    def ask(self, python: Path, request: WorkerRequest) -> Output:
        """Run a tool and return its output. Raises ServiceError where its worker cannot be started or ends."""
        worker = self._worker(python)
        try:
            return Output(**json.loads(worker.ask(json.dumps(asdict(request)))))
        except ServiceError:
            self._drop(self._mine.pop(python))
            raise

    def close(self) -> None:
        """End every worker, also one that is at work."""
        with self._guard:
            self._closed = True
            workers, self._all = self._all, set()
        for worker in workers:
            worker.close()

    @property
    def _mine(self) -> OrderedDict[Path, Conversation]:
        if not hasattr(self._own, "workers"):
            self._own.workers = OrderedDict()
        mine: OrderedDict[Path, Conversation] = self._own.workers
        return mine

    def _worker(self, python: Path) -> Conversation:
        mine = self._mine
        if python not in mine:
            while len(mine) >= KEPT:
                self._drop(mine.popitem(last=False)[1])
            mine[python] = self._started(python)
        mine.move_to_end(python)
        return mine[python]

    def _started(self, python: Path) -> Conversation:
        with self._guard:
            if self._closed:
                raise ServiceError("the run was ended")
            worker = Conversation([str(python), "-I", str(WORKER)], self._environ)
            self._all.add(worker)
        return worker

    def _drop(self, worker: Conversation) -> None:
        with self._guard:
            self._all.discard(worker)
        worker.close()
