"""Running programs: argument lists in, status and output out. The only module that uses subprocess."""

from __future__ import annotations

import errno
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from seatrial.core.errors import ServiceError, reason
from seatrial.system.held_secrets import for_programs


@dataclass(frozen=True)
class Ran:
    """A program that ended: its exit status (negative for a signal) and its output."""

    status: int
    out: bytes
    err: bytes


class MissingProgram(ServiceError):
    """The program is not installed."""


class LateAnswer(ServiceError):
    """The program took too long, and was killed."""


@contextmanager
def _starting(name: str) -> Iterator[None]:
    """Raise an error of one line if a program cannot be started."""
    try:
        yield
    except FileNotFoundError as missing:
        raise MissingProgram(f"{name} is not on this machine; install it and try again") from missing
    except OSError as failed:
        raise ServiceError(f"{name} cannot be started: {reason(failed)}") from failed


def run(
    arguments: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float | None = None,
    clean: bool = False,
    feed: bytes | None = None,
) -> Ran:
    """Run a program to its end without a shell; its standard input is empty or `feed`.

    `env` is added to this process's environment without its secrets; with `clean` it is all there is. Raises
    MissingProgram, and ServiceError after `seconds` or if the program cannot be started.
    """
    try:
        with _starting(arguments[0]):
            done = subprocess.run(
                list(arguments),
                cwd=cwd,
                env={**({} if clean else for_programs(os.environ)), **(env or {})},
                stdin=subprocess.DEVNULL if feed is None else None,
                input=feed,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
    except subprocess.TimeoutExpired as late:
        raise ServiceError(f"{arguments[0]} did not end within {seconds:g} seconds") from late
    return Ran(done.returncode, done.stdout, done.stderr)


MOST = 32 * 1024 * 1024
"""The bytes of each output of a confined program that are read; the rest is dropped."""


def run_confined(
    arguments: Sequence[str], env: Mapping[str, str], *, cwd: Path | None, seconds: float
) -> Ran:
    """Run a program whose command comes from a sandbox, and end its whole process group with it.

    `env` is all its environment. Its output goes to files without names, so that no amount of it takes memory.
    Raises MissingProgram and ServiceError as `run`.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with _starting(arguments[0]):
            process = subprocess.Popen(
                list(arguments),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired as late:
            raise ServiceError(f"{arguments[0]} did not end within {seconds:g} seconds") from late
        finally:
            _end_group(process)
        return Ran(status, *(_read(file) for file in (out, err)))


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(MOST)


def _end_group(process: subprocess.Popen[Any]) -> None:
    """Kill a program that leads a process group, and all in the group."""
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[Any], which: signal.Signals) -> None:
    """Send a signal to a program that leads a process group, and to all in the group."""
    with suppress(OSError):
        os.killpg(process.pid, which)


def follow(arguments: Sequence[str], *, cwd: Path | None = None) -> int:
    """Run a program in the foreground with the user's output; return its exit status. Raises as `run`."""
    with _starting(arguments[0]):
        return subprocess.run(list(arguments), cwd=cwd, check=False).returncode


class _Guard:
    """A shell that ends a process group once this process has died, however it did; it does nothing else.

    The program names its group itself, before it begins: a word of this process could come too late.
    """

    _TEXT = (
        'read group && [ "$group" != end ] || exit 0; read end && exit 0; '
        'kill -s TERM -- "-$group"; sleep 5; kill -s KILL -- "-$group"'
    )

    def __init__(self) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", self._TEXT],
            env={"PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.watches = False

    @property
    def ear(self) -> IO[bytes]:
        """What the leader of the group writes its number to."""
        assert self._shell.stdin is not None
        return self._shell.stdin

    def dismiss(self) -> None:
        """No longer have any group ended."""
        with suppress(OSError, ValueError):
            if self.watches:
                self.ear.write(b"end\n")
            self.ear.close()
        self._shell.wait()


_NAMING_ITS_GROUP = 'echo "$$" >&0; unset $1; shift; exec "$@" </dev/null'
"""A program begun by a shell, which becomes it, and before that tells its guard the number of the group."""

_OF_SHELLS = ("PWD", "OLDPWD", "SHLVL")
"""Variables that some shells add."""


def _must_be_found(program: str, cwd: Path | None, environment: Mapping[str, str]) -> None:
    """Raise FileNotFoundError for a program that is not there, PermissionError for one that cannot be run."""
    stated = os.path.join(cwd or "", program) if "/" in program else program
    if shutil.which(stated, path=environment.get("PATH", os.defpath)) is None:
        number = errno.EACCES if "/" in program and os.path.exists(stated) else errno.ENOENT
        raise OSError(number, os.strerror(number), program)


class Running:
    """A running program whose output is appended to a file; `end` may be called from another thread than `wait`.

    Once this process has died, even by SIGKILL, the program and all of its group are ended too.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        log: Path,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start it, without a shell and without standard input; `env` is all its environment, by default ours.

        Raises MissingProgram and ServiceError as `run`.
        """
        self._guard = _Guard()
        try:
            self._start(arguments, log, cwd, env)
        except BaseException:
            self._guard.dismiss()
            raise
        self._guard.watches = True

    def _start(
        self, arguments: Sequence[str], log: Path, cwd: Path | None, env: Mapping[str, str] | None
    ) -> None:
        environment = dict(os.environ if env is None else env)
        added = " ".join(name for name in _OF_SHELLS if name not in environment)
        with _starting(arguments[0]), open(log, "ab") as sink:
            _must_be_found(arguments[0], cwd, environment)
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _NAMING_ITS_GROUP, "sh", added or "_", *arguments],
                cwd=cwd,
                env=environment,
                stdin=self._guard.ear,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> int:
        """Return its exit status, negative for a signal. Any exception, such as Ctrl-C, ends the program too."""
        try:
            status = self._process.wait()
        except BaseException:
            self.end()
            raise
        self._guard.dismiss()
        return status

    def end(self, seconds: float = 10) -> None:
        """Terminate the program and all it started; kill them after `seconds`."""
        _signal(self._process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        _end_group(self._process)
        self._guard.dismiss()


_CHUNK = 1024 * 1024


def _is_readable(stream: IO[bytes], seconds: float) -> bool:
    """Return whether a stream has something to read, or has ended, within so many seconds."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(max(seconds, 0)))


class Conversation:
    """A program that answers each line with one line; `close` ends it and all it started."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], *, name: str = "") -> None:
        """`env` is all its environment; errors call it `name`. Raises MissingProgram and ServiceError as `run`."""
        self._name = name or arguments[0]
        self._heard = bytearray()
        with _starting(arguments[0]):
            self._process = subprocess.Popen(
                list(arguments),
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def ask(self, line: str, *, seconds: float, most: int) -> str:
        """Return the answer. Raises ServiceError if the program has ended, takes longer, or answers more bytes."""
        with self._within(seconds):
            self._write(line.encode() + b"\n")
            answer = self._read(most)
        if not answer.endswith(b"\n"):
            raise ServiceError(f"{self._name} ended without an answer")
        return answer.decode("utf-8", "replace")

    def tell(self, text: bytes, *, seconds: float) -> None:
        """Write lines that have one answer or several, for `hear`. Raises LateAnswer if it does not read them."""
        with self._within(seconds):
            self._write(text)

    def hear(self, *, seconds: float, most: int) -> bytes:
        """Return the next answer, without a line end if it ended or answers more bytes. Raises LateAnswer.

        It waits without a thread, as there may be thousands of answers; `ask` does not see what it has read.
        """
        assert self._process.stdout is not None
        until = time.monotonic() + seconds
        searched = 0
        while (end := self._heard.find(b"\n", searched, most)) < 0 and len(self._heard) < most:
            searched = len(self._heard)
            if not _is_readable(self._process.stdout, until - time.monotonic()):
                _signal(self._process, signal.SIGKILL)
                raise LateAnswer(f"{self._name} did not end within {seconds:g} seconds")
            chunk = os.read(self._process.stdout.fileno(), _CHUNK)
            if not chunk:
                break
            self._heard += chunk
        length = end + 1 if end >= 0 else most
        answer = bytes(self._heard[:length])
        del self._heard[:length]
        return answer

    def end(self) -> int:
        """Kill the program, if it has not ended, and all it started; return its exit status, negative for a signal."""
        self.close()
        return self._process.returncode

    @contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        """Kill the program after `seconds`. Raises LateAnswer if that was done."""
        late = threading.Event()
        timer = threading.Timer(seconds, self._kill, [late])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        if late.is_set():
            raise LateAnswer(f"{self._name} did not end within {seconds:g} seconds")

    def _write(self, text: bytes) -> None:
        with suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.write(text)
            self._process.stdin.flush()

    def _read(self, most: int) -> bytes:
        with suppress(OSError, ValueError):
            assert self._process.stdout is not None
            return self._process.stdout.readline(most)
        return b""

    def _kill(self, late: threading.Event) -> None:
        late.set()
        _signal(self._process, signal.SIGKILL)

    def close(self) -> None:
        """Kill the program and all it started."""
        _end_group(self._process)
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if stream:
                    stream.close()
