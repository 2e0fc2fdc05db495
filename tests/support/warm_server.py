"""The server behind `support.warm`: a Python that has imported Seatrial and forks for each command it is sent.

It is started as `python -m support.warm_server FD`. A child gets the folder, arguments, variables and streams of its
command and runs the package as `python -m seatrial` does, down to the end of the interpreter.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

SOURCES = str(Path(__file__).parents[2] / "scripts")
LIBRARIES = (SOURCES, sys.prefix, sys.base_prefix)
COERCED = {name: value for name, value in os.environ.items() if name.startswith("LC_")}
"""Python sets LC_CTYPE itself where the variables name no language."""


def serve(server: socket.socket) -> dict[str, Any] | None:
    """Fork for one request after the other; the request in a child, None once nobody asks any more."""
    while True:
        head, streams, _, _ = socket.recv_fds(server, 8, 3)
        if not head:
            return None
        size = int.from_bytes(head, "big")
        request = json.loads(server.recv(size, socket.MSG_WAITALL))
        learned, teach = os.pipe()
        child = os.fork()
        if not child:
            server.close()
            os.close(learned)
            for place, stream in enumerate(streams):
                os.dup2(stream, place)
                os.close(stream)
            return {**request, "teach": teach}
        for fd in (*streams, teach):
            os.close(fd)
        server.sendall(child.to_bytes(8, "big"))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        server.sendall(status.to_bytes(8, "big", signed=True))
        learn(learned)


def learn(fd: int) -> None:
    """Import what the last command imported, so that the next one need not."""
    os.set_blocking(fd, False)
    told = b""
    with suppress(BlockingIOError):
        while chunk := os.read(fd, 65536):
            told += chunk
    os.close(fd)
    for name in told.decode().split():
        with suppress(Exception):
            import_module(name)
    gc.freeze()


def tell(fd: int, known: frozenset[str]) -> None:
    """Tell the server which modules this command imported; those of the command's folder are not among them."""
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    names = [
        name
        for name, file in files.items()
        if name not in known and file and file.startswith(LIBRARIES) and not name.startswith(("__", "invoke"))
    ]
    os.set_blocking(fd, False)
    with suppress(OSError):
        os.write(fd, "\n".join(names).encode())


def become(request: dict[str, Any]) -> None:
    """Be the process that `python -m seatrial` with these arguments is."""
    os.environ.clear()
    os.environ.update(COERCED | request["environ"])
    os.chdir(request["cwd"])
    sys.path[0] = os.getcwd()
    sys.argv = ["-m", *request["arguments"]]
    sys.orig_argv[1:] = ["-m", "seatrial", *request["arguments"]]
    for name in ("support", "support.warm_server", "seatrial.__main__"):
        sys.modules.pop(name, None)
    atexit.register(tell, request["teach"], frozenset(sys.modules))


if __name__ == "__main__":
    sys.path[0] = SOURCES
    import_module("seatrial.__main__")
    import_module("seatrial.tasks.program")
    gc.freeze()
    if asked := serve(socket.socket(fileno=int(sys.argv[1]))):
        become(asked)
        runpy.run_module("seatrial", run_name="__main__", alter_sys=True)
