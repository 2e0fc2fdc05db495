"""The process that runs jq programs: requests in, answers out, one line each.

It is started with no environment and imports nothing but the standard library and jq, whose file is its first
argument; the other two are the bytes of memory and the seconds of processor time that it may use. Once it has both,
it can open no file, no socket and no process any more, and the kernel ends it when a program takes too long or
too much. `evaluator` starts it, and believes nothing of what it answers but the form.

A request is a line of JSON, `{"sets": [[[text, closed], ...], ...], "inputs": [0, 0, 1], "each": false, "most": 1000}`,
and then as many lines as there are inputs, each an input as JSON; `inputs` tells which set of programs is run on it.
The answer is a line for each input: a list with a result for each program. With `each` it is a line for each input
and program. A result is one of
`["value", value]`, `["none"]`, `["error", message]`, `["broken", message]` and `["large", characters]`.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from contextlib import suppress
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any, BinaryIO

KEPT = 400
"""The number of compiled programs that are kept."""

LONGEST = 2000
"""The most characters of a message."""

READY = b'"ready"\n'
"""The first line, once programs can be run."""

OUT_OF_MEMORY = 77
"""The exit status when Python has no more memory; jq aborts."""

_ALONE = ("halt", "__loc__", "__jq", "input", "label")
"""Programs with one of these words mean something else among others."""

Result = list[Any]


def main(arguments: list[str]) -> None:
    """Answer requests until there are none."""
    library, memory, seconds = arguments
    jq = _loaded(library)
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    _confine(int(memory))
    runner = Runner(jq, float(seconds))
    try:
        answers.write(READY)
        answers.flush()
        while line := sys.stdin.buffer.readline():
            _answer(runner, json.loads(line), sys.stdin.buffer, answers)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _loaded(path: str) -> Any:
    """Return the module jq, with an empty environment for its programs."""
    for name in list(os.environ):
        del os.environ[name]
    spec = spec_from_loader("jq", ExtensionFileLoader("jq", path))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.compile(".").input_text("1").first()
    return module


def _confine(memory: int) -> None:
    """Let this process open, write and start nothing more, and use only so much memory."""
    limits = {"AS": memory, "FSIZE": 0, "CORE": 0, "NPROC": 0, "NOFILE": 0}
    for name, most in limits.items():
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


class Runner:
    """Runs programs on inputs; the kernel ends this process when one takes more than `seconds` of its time."""

    def __init__(self, jq: Any, seconds: float) -> None:
        self._jq = jq
        self._seconds = seconds
        self._kept: dict[str, Any] = {}
        self.begin([])

    def each(self, program: str, text: str, most: int) -> str:
        """Return the result of one program as JSON."""
        self._start()
        try:
            return _written(self._first(program, text), most)
        finally:
            self._stop()

    def begin(self, sets: list[list[tuple[str, bool]]]) -> None:
        """Begin with other sets of programs; those that bear it are compiled as one, which takes far less time."""
        self._sets = sets
        self._together = [_bearing(programs) for programs in sets]
        self._whole = _dispatching(self._together) if len(sets) > 1 else ""

    def all(self, number: int, text: str, most: int) -> list[str]:
        """Return the results of all programs of a set as JSON."""
        found = self._as_one(number, text, most)
        for one, _ in self._sets[number]:
            if one not in found:
                found[one] = self.each(one, text, most)
        return [found[one] for one, _ in self._sets[number]]

    def _as_one(self, number: int, text: str, most: int) -> dict[str, str]:
        """Return the results of programs that are run as one; empty if that is not possible."""
        programs = self._together[number]
        if not programs:
            return {}
        if self._whole:
            try:
                return self._results(programs, self._whole, f"[{number},{text}]", most)
            except (ValueError, StopIteration):
                self._whole = ""
        try:
            return self._results(programs, _joined(programs), text, most)
        except (ValueError, StopIteration):
            return {}

    def _results(self, programs: list[str], whole: str, text: str, most: int) -> dict[str, str]:
        self._start()
        try:
            results = self._compiled(whole).input_text(text).first()
            return {one: _written(_result(got), most) for one, got in zip(programs, results, strict=True)}
        finally:
            self._stop()

    def _first(self, program: str, text: str) -> Result:
        try:
            compiled = self._compiled(program)
        except ValueError as error:
            return ["broken", str(error)[:LONGEST]]
        try:
            return ["value", compiled.input_text(text).first()]
        except StopIteration:
            return ["none"]
        except ValueError as error:
            return ["error", str(error)[:LONGEST]]

    def _compiled(self, program: str) -> Any:
        if program not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[program] = self._jq.compile(program)
        return self._kept[program]

    def _start(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, self._seconds)

    def _stop(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _bearing(programs: list[tuple[str, bool]]) -> list[str]:
    """Return the programs that mean the same among others, each once."""
    found = (one for one, closed in programs if closed and not any(word in one for word in _ALONE))
    return list(dict.fromkeys(found))


def _joined(programs: list[str]) -> str:
    """Return the program that gives the results of all of these."""
    parts = (f"(try [first(({one}\n))] catch {{error: .}})" for one in programs)
    return f"[{','.join(parts)}]"


def _dispatching(sets: list[list[str]]) -> str:
    """Return the program that runs one of the sets: on `[number, input]`, that of the number."""
    cases = (f"if .[0] == {number} then .[1] | {_joined(one)}" for number, one in enumerate(sets))
    return f"{' el'.join(cases)} else empty end"


def _result(got: Any) -> Result:
    """Return the result of a program that was run with others."""
    if isinstance(got, dict):
        error = got["error"]
        return ["error", (error if isinstance(error, str) else json.dumps(error))[:LONGEST]]
    return ["value", got[0]] if got else ["none"]


def _written(result: Result, most: int) -> str:
    """Return a result as JSON; the value of one that is longer than `most` characters is left out."""
    try:
        text = json.dumps(result)
    except (RecursionError, ValueError):
        return '["error", "the value is nested too deep, or a number in it has too many digits"]'
    return text if len(text) <= most else json.dumps(["large", len(text)])


def _answer(runner: Runner, request: dict[str, Any], source: BinaryIO, sink: BinaryIO) -> None:
    sets = [[(text, closed) for text, closed in programs] for programs in request["sets"]]
    lines = [(number, source.readline().decode()) for number in request["inputs"]]
    runner.begin(sets)
    for number, text in lines:
        if request["each"]:
            for program, _ in sets[number]:
                sink.write(runner.each(program, text, request["most"]).encode() + b"\n")
                sink.flush()
        else:
            found = runner.all(number, text, request["most"])
            sink.write(f"[{','.join(found)}]\n".encode())
            sink.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
