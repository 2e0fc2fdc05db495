"""Untrusted jq programs, run in one warm process in the sandbox, each within its limits.

The process gets programs and inputs, and answers with values. If it takes too long or too much memory, it is killed;
the programs are then run one by one in a new process, and the one that kills that too is not run again.
"""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from seatrial.core.errors import ServiceError, UsageError
from seatrial.documents import jq
from seatrial.documents.document import is_deep
from seatrial.preview.jq_answers import JqAnswer, JqOutcome, Json, plain_answers
from seatrial.preview.jq_child import OUT_OF_MEMORY, READY
from seatrial.system.process import Conversation, LateAnswer
from seatrial.system.sandbox import Sandbox, View, sandbox

WORKER = Path(__file__).with_name("jq_child.py")


@dataclass(frozen=True)
class Limits:
    """The limits of programs.

    For one program, or for all of a mapping on one input: `seconds` of processor time, `patience` times as many by the
    clock, bytes of `memory`, and `characters` of a value as JSON. For all programs of an integration together, after
    which no more are run: `stops`, the number of programs that had to be ended, `all_seconds` by the clock, and
    `all_bytes` of answers.
    """

    seconds: float = 1.0
    patience: float = 15.0
    memory: int = 512 * 1024 * 1024
    characters: int = 1024 * 1024
    stops: int = 40
    all_seconds: float = 60.0
    all_bytes: int = 128 * 1024 * 1024


Job = tuple[Sequence[str], Sequence[Json]]
"""Programs and inputs; every program is run on every input."""

_Item = tuple[int, str]
"""The number of a job, and an input of it as JSON."""

TOGETHER = 200
"""The most programs in one request; the time to compile them grows faster than their number."""


class Evaluator:
    """Runs jq programs in a process that is started at the first use. Close it when the work is done."""

    def __init__(self, limits: Limits | None = None, place: Sandbox | None = None) -> None:
        self._limits = limits or Limits()
        self._place = place
        self._process: Conversation | None = None
        self._reason = _SLOW
        self._refused: ServiceError | UsageError | None = None
        self.begin()

    def begin(self) -> None:
        """Begin with another integration: forget the programs that were ended, and what they all used up."""
        self._ended: dict[str, JqAnswer] = {}
        self._seconds, self._bytes = 0.0, 0

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def run(self, programs: Sequence[str], inputs: Sequence[Json]) -> list[list[JqAnswer]]:
        """Return the answers of all programs for each input. Raises ServiceError if no process can be started."""
        return self.run_all([(programs, inputs)])[0]

    def run_all(self, jobs: Sequence[Job]) -> list[list[list[JqAnswer]]]:
        """Return the answers of several jobs, faster than one by one. Raises ServiceError as `run` does."""
        known = [
            {text: _without_jq(text, inputs) for text in dict.fromkeys(programs)} for programs, inputs in jobs
        ]
        asked = [[text for text in one if one[text] is None] for one in known]
        found: list[list[Mapping[str, JqAnswer]]] = [[] for _ in jobs]
        for chunk in _chunks(asked):
            items = [(at, json.dumps(value)) for at in chunk if asked[at] for value in jobs[at][1]]
            for (at, _), answers in zip(items, self._all(asked, items), strict=True):
                found[at].append(answers)
        return [
            _table(programs, len(inputs), known[at], found[at]) for at, (programs, inputs) in enumerate(jobs)
        ]

    def _all(self, sets: Sequence[Sequence[str]], items: Sequence[_Item]) -> list[Mapping[str, JqAnswer]]:
        """Return the answers for each item, including those for programs that end the process."""
        found: list[Mapping[str, JqAnswer]] = []
        while len(found) < len(items):
            left = items[len(found) :]
            if self._used_up:
                return [*found, *(dict.fromkeys(sets[at], _USED_UP) for at, _ in left)]
            ended = dict(self._ended)
            rests = [[text for text in one if text not in ended] for one in sets]
            for answers in self._together(rests, left):
                found.append(answers | _of(ended, sets[items[len(found)][0]]))
            if len(found) < len(items):
                at, text = items[len(found)]
                found.append(self._each(rests[at], text) | _of(ended, sets[at]))
        return found

    def _together(
        self, sets: Sequence[Sequence[str]], items: Sequence[_Item]
    ) -> Iterator[dict[str, JqAnswer]]:
        """Yield the answers for each item, until one of them ends the process."""
        asked = [item for item in items if sets[item[0]]]
        process = self._told(sets, asked, each=False) if asked else None
        for at, _ in items:
            if process is None or not sets[at]:
                yield {}
                continue
            if self._used_up:
                self.close()
                return
            most = (self._limits.characters + 100) * len(sets[at])
            answers = self._heard(process, most, len(sets[at]))
            if answers is None:
                return
            yield dict(zip(sets[at], answers, strict=True))

    def _each(self, programs: Sequence[str], text: str) -> dict[str, JqAnswer]:
        """Run programs one by one on an input, and return their answers."""
        found: dict[str, JqAnswer] = {}
        while len(found) < len(programs):
            rest = programs[len(found) :]
            if self._used_up:
                return found | dict.fromkeys(rest, _USED_UP)
            found |= self._until_end(rest, text)
        return found

    def _until_end(self, programs: Sequence[str], text: str) -> dict[str, JqAnswer]:
        """Return the answers up to and including the first program that ends the process."""
        found: dict[str, JqAnswer] = {}
        process = self._told([programs], [(0, text)], each=True)
        for program in programs:
            answers = self._heard(process, self._limits.characters + 100, 0)
            if answers is None:
                found[program] = self._ended[program] = self._reason
                return found
            found[program] = answers[0]
        return found

    def _told(self, sets: Sequence[Sequence[str]], items: Sequence[_Item], *, each: bool) -> Conversation:
        """Send a request to the process, which is started if need be, and return the process."""
        process = self._process or self._ready()
        used = sorted({at for at, _ in items})
        pairs = [[(text, jq.is_closed(text)) for text in sets[at]] for at in used]
        number = {at: place for place, at in enumerate(used)}
        request = {
            "sets": pairs,
            "inputs": [number[at] for at, _ in items],
            "each": each,
            "most": self._limits.characters,
        }
        lines = (json.dumps(request), *(text for _, text in items))
        try:
            process.tell("".join(f"{line}\n" for line in lines).encode(), seconds=self._limits.patience)
        except LateAnswer as late:
            self.close()
            raise ServiceError("the process that runs jq does not answer") from late
        return process

    def _heard(self, process: Conversation, most: int, count: int) -> list[JqAnswer] | None:
        """Return the next `count` answers, one for 0; None if the process has ended, with why in `_reason`."""
        started = time.monotonic()
        try:
            line = process.hear(seconds=self._limits.seconds * self._limits.patience, most=most)
        except LateAnswer:
            self._reason = _SLOW
            self.close()
            return None
        finally:
            self._seconds += time.monotonic() - started
        self._bytes += len(line)
        answers = _answers(line, count)
        if answers is None:
            self._reason = _why(process.end())
            self._process = None
        return answers

    @property
    def _used_up(self) -> bool:
        limits = self._limits
        spent = self._seconds >= limits.all_seconds or self._bytes >= limits.all_bytes
        return spent or len(self._ended) >= limits.stops

    def _ready(self) -> Conversation:
        """Return a new process; if it could not be started before, raise the same error again."""
        if self._refused:
            raise self._refused
        try:
            return self._started()
        except (ServiceError, UsageError) as refused:
            self._refused = refused
            raise

    def _started(self) -> Conversation:
        place = replace(self._place or sandbox(), memory=max(self._limits.memory, 1024**3))
        command, view = _command(self._limits)
        process = Conversation(place.command(command, view), {}, name="the process that runs jq")
        if process.hear(seconds=self._limits.patience, most=len(READY)) != READY:
            raise ServiceError(f"the process that runs jq does not start (status {process.end()})")
        self._process = process
        return process


_shared: dict[int, Evaluator] = {}
"""The shared evaluator by the process id: a fork must not use that of its parent."""


def shared_evaluator(limits: Limits) -> Evaluator:
    """Return the evaluator of this process, made with these limits at the first call; it ends with the process."""
    if os.getpid() not in _shared:
        _shared[os.getpid()] = Evaluator(limits)
        atexit.register(_shared[os.getpid()].close)
    return _shared[os.getpid()]


_USED_UP = JqAnswer(
    JqOutcome.NOT_RUN, message="not run: the programs before it have used up what all may use"
)
_DEEP = JqAnswer(JqOutcome.LARGE, message="the value is nested too deep")
_SLOW = JqAnswer(JqOutcome.SLOW, message="it does not end within its limits of time and memory")


def _command(limits: Limits) -> tuple[list[str], View]:
    """Return the command that starts the worker, and the view of the files that it needs."""
    found = importlib.util.find_spec("jq")
    if found is None or found.origin is None:
        raise ServiceError("the library jq is not installed")
    python, library = os.path.realpath(sys.executable), os.path.realpath(found.origin)
    worker = os.path.realpath(WORKER)
    command = [python, "-I", "-S", "-B", worker, library, str(limits.memory), str(limits.seconds)]
    linked = Path(library).parent / "jq.libs"
    return command, View(readable=(Path(sys.base_prefix), Path(python), Path(worker), Path(library), linked))


def _chunks(asked: Sequence[Sequence[str]]) -> Iterator[list[int]]:
    """Yield the numbers of jobs in groups of at most TOGETHER programs."""
    chunk: list[int] = []
    count = 0
    for at, programs in enumerate(asked):
        if chunk and count + len(programs) > TOGETHER:
            yield chunk
            chunk, count = [], 0
        chunk.append(at)
        count += len(programs)
    yield chunk


def _of(ended: Mapping[str, JqAnswer], programs: Sequence[str]) -> dict[str, JqAnswer]:
    return {text: ended[text] for text in programs if text in ended}


def _table(
    programs: Sequence[str],
    count: int,
    known: Mapping[str, list[JqAnswer] | None],
    found: Sequence[Mapping[str, JqAnswer]],
) -> list[list[JqAnswer]]:
    """Return the answers of programs for each of `count` inputs, in their order."""
    columns = {text: one or [answers[text] for answers in found] for text, one in known.items()}
    return [[columns[text][number] for text in programs] for number in range(count)]


def _without_jq(text: str, inputs: Sequence[Json]) -> list[JqAnswer] | None:
    """Return the answers of a program for each input if no jq is needed; None if it is."""
    refusal = _refusal(text)
    return [refusal] * len(inputs) if refusal else plain_answers(text, inputs)


def _refusal(text: str) -> JqAnswer | None:
    """Return the answer of a program that must not reach the library; Ocean finds no modules either."""
    fault = jq.refused(text)
    outcome = JqOutcome.BROKEN if jq.loads_modules(text) else JqOutcome.NOT_RUN
    return JqAnswer(outcome, message=fault.message) if fault else None


def _answers(line: bytes, count: int) -> list[JqAnswer] | None:
    """Return the answers in a line; None if it has another form, as the process is not trusted."""
    if not line.endswith(b"\n"):
        return None
    try:
        found = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    rows = found if count else [found]
    if not isinstance(rows, list) or len(rows) != (count or 1):
        return None
    answers = [_answer(row) for row in rows]
    return None if None in answers else [one for one in answers if one is not None]


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _answer(row: Json) -> JqAnswer | None:
    form = _FORMS.get(row[0]) if isinstance(row, list) and row and isinstance(row[0], str) else None
    return form(*row[1:]) if form and len(row) <= 2 and (row[0] == "none") == (len(row) == 1) else None


_FORMS: Mapping[str, Callable[..., JqAnswer]] = {
    "value": lambda value: _DEEP if is_deep(value) else JqAnswer(JqOutcome.VALUE, value),
    "none": lambda: JqAnswer(JqOutcome.NONE, message="it has no output"),
    "error": lambda message: JqAnswer(JqOutcome.ERROR, message=_words(message)),
    "broken": lambda message: JqAnswer(JqOutcome.BROKEN, message=_words(message)),
    "large": lambda size: JqAnswer(JqOutcome.LARGE, message=f"the value has {_number(size):,} characters"),
}


def _words(message: Json) -> str:
    """Return the first line of the library's message."""
    lines = str(message).strip().splitlines() or [""]
    return lines[0].removeprefix("jq: error: ")


def _number(size: Json) -> int:
    return size if isinstance(size, int) else 0


def _why(status: int) -> JqAnswer:
    """Return why a process ended, from its exit status: negative, or above 128, for a signal."""
    number = -status if status < 0 else status - 128
    if number in _signals("SIGPROF", "SIGXCPU"):
        return _SLOW
    if number in _signals("SIGABRT") or status == OUT_OF_MEMORY:
        return replace(_SLOW, outcome=JqOutcome.MEMORY)
    return JqAnswer(JqOutcome.CRASHED, message=f"it ended the process that runs jq (status {status})")


def _signals(*names: str) -> Iterable[int]:
    return {getattr(signal, name) for name in names if hasattr(signal, name)}
