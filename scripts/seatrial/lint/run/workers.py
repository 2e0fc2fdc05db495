"""Warm processes that run Python tools in an environment's own interpreter; see `driver`."""

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

DRIVER = Path(__file__).with_name("worker.py")

KEPT = 3
"""A thread keeps this many drivers waiting; more would cost memory and save little."""


@dataclass(frozen=True)
class WorkerRequest:
    """What a driver is asked: see `driver` for each field."""

    module: str
    arguments: Sequence[str]
    cwd: str
    lock: str = ""
    seconds: int = 900


class Workers:
    """Drivers by interpreter, each used by one thread only; `environ` is all they and the tools see.

    Close them when the work is done.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._own = threading.local()
        self._all: set[Conversation] = set()
        self._guard = threading.Lock()
        self._closed = False

    def ask(self, python: Path, request: WorkerRequest) -> Output:
        """What the tool did. Raises ServiceError where its driver cannot be started or ends."""
        driver = self._driver(python)
        try:
            return Output(**json.loads(driver.ask(json.dumps(asdict(request)))))
        except ServiceError:
            self._drop(self._mine.pop(python))
            raise

    def close(self) -> None:
        """End every driver, also one that is at work."""
        with self._guard:
            self._closed = True
            drivers, self._all = self._all, set()
        for driver in drivers:
            driver.close()

    @property
    def _mine(self) -> OrderedDict[Path, Conversation]:
        if not hasattr(self._own, "drivers"):
            self._own.drivers = OrderedDict()
        mine: OrderedDict[Path, Conversation] = self._own.drivers
        return mine

    def _driver(self, python: Path) -> Conversation:
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
            driver = Conversation([str(python), "-I", str(DRIVER)], self._environ)
            self._all.add(driver)
        return driver

    def _drop(self, driver: Conversation) -> None:
        with self._guard:
            self._all.discard(driver)
        driver.close()
