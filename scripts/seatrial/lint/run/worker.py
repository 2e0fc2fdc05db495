"""Runs tools that are Python modules, each time in a child forked from one warm process.

This file is a program of its own: it runs in a lint environment's Python, of any version from
3.8 on, and imports nothing of Seatrial. It reads requests from standard input, one JSON object a
line, and answers each with a line:

{"module", "arguments", "cwd", "lock", "seconds", "warm"}
-> {"status", "out", "err", "seconds"}

The tools see the environment variables that it was started with. `lock` names a file that the child
holds locked while the tool runs, or is empty; the system releases it however the child ends. A tool
that takes longer than `seconds` is ended by SIGALRM; one that switches that off is ended with this
process, by the one that started it. `warm` names modules that the tool imports anyway,
which are imported once, before the fork. The status is negative for a signal. Output beyond MOST bytes
is cut.
"""

from __future__ import annotations

import fcntl
import importlib
import json
import os
import runpy
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO, Any, NoReturn

MOST = 32 * 1024 * 1024


def serve() -> None:
    """Answer requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    for line in requests:
        request = json.loads(line)
        _warm(request["warm"])
        answers.write(json.dumps(_answer(request, (requests.fileno(), answers.fileno()))) + "\n")
        answers.flush()


def _warm(modules: Sequence[str]) -> None:
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: S112 - another version's module, or a fault that the child will report
            continue


def _answer(request: Any, own: Sequence[int]) -> dict[str, Any]:
    """Run the tool in a child, which does not have the descriptors `own`: no tool can answer for itself."""
    started = time.monotonic()
    with _scratch("out") as out, _scratch("err") as err:
        child = os.fork()
        if not child:
            for descriptor in own:
                os.close(descriptor)
            _run(request, out.fileno(), err.fileno())
        code = os.waitpid(child, 0)[1]
        status = -os.WTERMSIG(code) if os.WIFSIGNALED(code) else os.WEXITSTATUS(code)
        texts = {"out": _text(out), "err": _text(err)}
    return {"status": status, "seconds": time.monotonic() - started, **texts}


def _scratch(name: str) -> IO[bytes]:
    """Return a file without a name; in memory where the system can, so that a full disk cuts nothing off."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create(name), "w+b")
    return tempfile.TemporaryFile()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(MOST).decode("utf-8", "backslashreplace")


def _run(request: Any, out: int, err: int) -> NoReturn:
    """Become the tool and never return. An exception ends it with status 1, as it ends Python."""
    status = 70
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.chdir(request["cwd"])
        _lock(request["lock"])
        signal.alarm(request["seconds"])
        sys.argv = [request["module"], *request["arguments"]]
        status = 1
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = _status(end.code)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        _flush()
        os._exit(status)


def _lock(path: str) -> None:
    if path:
        fcntl.flock(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX)


def _status(code: Any) -> int:
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    sys.stderr.write(str(code) + "\n")
    return 1


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: S112 - a full disk; the parent sees what came through
            continue


if __name__ == "__main__":
    serve()
