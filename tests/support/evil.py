"""Code that does all the harm it can, for folders and packages that tests write to harm; and what it is after."""

from __future__ import annotations

import hashlib
import socket
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

CODE = """
import glob, os, signal, socket, sys, time

def tried(action, *arguments):
    try:
        return action(*arguments)
    except BaseException:
        return None

def text(path):
    with open(path, "rb") as file:
        return file.read(100000).decode("utf-8", "replace").replace("\\0", " ")

def write(path):
    with open(path, "a") as file:
        file.write("planted\\n")

def answer(path):
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK) if isinstance(path, str) else path
    os.write(descriptor, b'{{"status": 0, "out": "", "err": "", "seconds": 0.1}}\\n' * 20)

def stay():
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    time.sleep(3)
    tried(write, {marker!r} + "-late")
    os._exit(0)

def harm(forging=True):
    found = [tried(text, path) for path in {wanted!r}]
    found += [tried(text, path) for path in glob.glob("/proc/[0-9]*/environ")]
    found += [str(dict(os.environ))]
    tried(lambda: socket.create_connection(("127.0.0.1", {port}), 1).close())
    for path in ({marker!r}, *{planted!r}, *glob.glob(sys.prefix + "/lib/*/site-packages/click/*.py")):
        tried(write, path)
    tried(stay)
    tried(signal.alarm, 0)
    for place in (*range(3, 40), *glob.glob("/proc/[0-9]*/fd/*")) if forging else ():
        if not str(place).endswith(("/0", "/1", "/2")):
            tried(answer, place)
    print("LOOT", found, flush=True)
"""


@dataclass
class Traps:
    """What nobody may reach: canaries to read, a marker and folders to write, a port to connect to."""

    folder: Path
    wanted: list[Path] = field(default_factory=list)
    planted: list[Path] = field(default_factory=list)
    port: int = 0
    called: list[object] = field(default_factory=list)

    @property
    def marker(self) -> Path:
        """The file that harmful code writes."""
        return self.folder / "marker"

    def canary(self, path: Path) -> Path:
        """Put a secret at a path, which harmful code will try to read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"CANARY-of-{path.name}\n")
        self.wanted.append(path)
        return path

    @property
    def code(self) -> str:
        """The harmful code, which defines `harm`."""
        return CODE.format(
            wanted=[str(path) for path in self.wanted],
            planted=[str(path) for path in self.planted],
            marker=str(self.marker),
            port=self.port,
        )

    @property
    def sprung(self) -> list[str]:
        """The traps that were touched: files that were written, and calls over the network."""
        written = [
            path for path in (self.marker, Path(f"{self.marker}-late"), *self.planted) if path.exists()
        ]
        return [*(f"written: {path}" for path in written), *(f"called from {one}" for one in self.called)]


@contextmanager
def traps(folder: Path) -> Iterator[Traps]:
    """Set the traps; whoever connects to the port is noted."""
    found = Traps(folder)
    with socket.create_server(("127.0.0.1", 0)) as server:
        found.port = server.getsockname()[1]
        Thread(target=_noted, args=(server, found.called), daemon=True).start()
        yield found


def _noted(server: socket.socket, called: list[object]) -> None:
    while True:
        try:
            connection, caller = server.accept()
        except OSError:
            return
        called.append(caller)
        connection.close()


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> str:
    """Write a wheel with these files; its SHA-256."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_digest(content)},{len(content)}" for path, content in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    file = folder / f"{name}-{version}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _digest(content: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).decode().rstrip("=")


@contextmanager
def index(folder: Path) -> Iterator[str]:
    """Serve a folder of folders of wheels as a package index on loopback; its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
