"""`python -m seatrial` without the start of Python and the imports, which are most of a short command's time.

The command runs in a process of its own, which a server has forked that has the package imported; see
`support.warm_server`. What a person gets from the command is the same, as tests/tasks/test_warm.py shows. A test whose
subject is the start itself, a signal, or a stream that is closed or is no pipe starts the command with `subprocess`.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector

from support.paths import SOURCES, TESTS

READ_AT_START = ("PYTHON", "LC_", "LANG", "MALLOC", "LD_", "TZ")
"""The beginnings of the variables that Python and the libraries of C read when they start."""


def run(
    cwd: str | Path, arguments: list[str], environ: Mapping[str, str], timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run the program with these variables and no others to its end; its standard input is empty."""
    read = {name: value for name, value in environ.items() if name.startswith(READ_AT_START)}
    plain = {name for name in read if name.startswith("PYTHON")} == {"PYTHONPATH"}
    if sys.platform != "linux" or not plain or read["PYTHONPATH"] != str(SOURCES):
        return cold(cwd, arguments, environ, timeout)
    key = tuple(sorted(read.items()))
    with _LOCK:
        server = _SERVERS.get(key) or _SERVERS.setdefault(key, _Server(read))
    if not server.lock.acquire(blocking=False):
        return cold(cwd, arguments, environ, timeout)
    try:
        return server.run(str(cwd), arguments, environ, timeout)
    finally:
        server.lock.release()


def cold(
    cwd: str | Path, arguments: list[str], environ: Mapping[str, str], timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Do the same by a start of Python."""
    return subprocess.run(
        [sys.executable, "-m", "seatrial", *arguments],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


class _Server:
    """A server that was started with these variables. Ends with this process."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.lock = threading.Lock()
        self._ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.warm_server", str(theirs.fileno())],
            cwd=TESTS,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        atexit.register(self.close)

    def run(
        self, cwd: str, arguments: list[str], environ: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Have a child run the command, and read what it writes until nobody can write any more."""
        order = {"cwd": cwd, "arguments": arguments, "environ": dict(environ)}
        body = json.dumps(order).encode()
        empty = os.open(os.devnull, os.O_RDONLY)
        (out, their_out), (err, their_err) = os.pipe(), os.pipe()
        streams = (empty, their_out, their_err)
        socket.send_fds(self._ours, [len(body).to_bytes(8, "big")], streams)
        self._ours.sendall(body)
        for stream in streams:
            os.close(stream)
        pid = self._number()
        command = [sys.executable, "-m", "seatrial", *arguments]
        try:
            said = _read({out: bytearray(), err: bytearray()}, time.monotonic() + timeout)
        except TimeoutError:
            os.kill(pid, 9)
            self._number()
            raise subprocess.TimeoutExpired(command, timeout) from None
        texts = (said[fd].decode().replace("\r\n", "\n").replace("\r", "\n") for fd in (out, err))
        return subprocess.CompletedProcess(command, self._number(), *texts)

    def _number(self) -> int:
        """The next number that the server tells."""
        told = self._ours.recv(8, socket.MSG_WAITALL)
        assert len(told) == 8, "the server of tests/support/warm.py has ended"
        return int.from_bytes(told, "big", signed=True)

    def close(self) -> None:
        """End the server."""
        self._ours.close()
        self._process.communicate()


def _read(texts: dict[int, bytearray], end: float) -> dict[int, bytearray]:
    """Read these streams to their ends, and close them. Raises TimeoutError."""
    with DefaultSelector() as open_ones:
        for fd in texts:
            open_ones.register(fd, EVENT_READ)
        try:
            while open_ones.get_map():
                ready = open_ones.select(max(0, end - time.monotonic()))
                if not ready and time.monotonic() >= end:
                    raise TimeoutError
                for key, _ in ready:
                    chunk = os.read(key.fd, 65536)
                    texts[key.fd] += chunk
                    if not chunk:
                        open_ones.unregister(key.fd)
        finally:
            for fd in texts:
                os.close(fd)
    return texts


_SERVERS: dict[tuple[tuple[str, str], ...], _Server] = {}
_LOCK = threading.Lock()
