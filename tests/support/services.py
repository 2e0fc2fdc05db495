"""Programs, services and rights that some tests need.

Without them a test is skipped, and the end of the run names what it lacks and how to get it; where NEED_ALL is set,
as `.ci/run` does, the test fails instead.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from platformdirs import user_cache_path

CACHE = user_cache_path("seatrial-tests")

NEED_ALL = "SEATRIAL_TESTS_NEED_ALL"
"""The variable that makes a test fail instead of being skipped."""

PACKAGES = {"htpasswd": "apache2-utils"}
"""The Debian packages that are not named like their program."""

USER, PASSWORD = "alice", "s3cret-of-the-tests"
HTPASSWD = f"{USER}:$2y$05$C67wogsFih7UWupUQPpXVOjZFH1pdGX48vWgiTVPClqSdh.Hpdvry\n"
"""Made from them by `htpasswd -nbB`, as docker-registry accepts bcrypt only."""

REGISTRY = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  {storage}
  delete: {{enabled: true}}
http:
  addr: "127.0.0.1:{port}"
  secret: tests
"""
ENCRYPTED = "  tls: {{certificate: {folder}/certificate.pem, key: {folder}/key.pem}}\n"
GUARDED = "auth: {{htpasswd: {{realm: tests, path: {folder}/htpasswd}}}}\n"


def lacking(what: str, remedy: str) -> NoReturn:
    """Skip the test, or fail it where NEED_ALL is set. `remedy` is the command to type, or what else to do."""
    if os.environ.get(NEED_ALL):
        pytest.fail(f"{what} is missing, and with {NEED_ALL} every test must run; {remedy}", pytrace=False)
    pytest.skip(f"{what} is missing; {remedy}")


def needs(program: str) -> str:
    """Return the path of a program."""
    found = shutil.which(program)
    if found is None:
        lacking(program, f"apt-get install {PACKAGES.get(program, program)}")
    return found


@contextmanager
def mounted(place: Path, *arguments: str) -> Iterator[Callable[..., None]]:
    """Mount a file system as `mount` is told to; yield what mounts again, with other options.

    It needs root, or sudo without a password.
    """
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]

    def mount(*arguments: str) -> bool:
        try:
            done = subprocess.run([*as_root, "mount", *arguments, place], check=False, capture_output=True)
        except FileNotFoundError:
            return False
        return done.returncode == 0

    def again(*arguments: str) -> None:
        assert mount(*arguments)

    if not mount(*arguments):
        lacking("the right to mount a file system", "run the tests as root, or where `sudo -n mount` works")
    try:
        yield again
    finally:
        subprocess.run([*as_root, "umount", "-l", place], check=True)


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def unpacked(package: str) -> Path:
    """Return the folder with the files of a Debian package, downloaded once for a machine and not installed."""
    kept = CACHE / package
    if kept.is_dir():
        return kept
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        lacking(package, f"apt-get install {package}")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        done = subprocess.run(["apt-get", "download", "-q", package], cwd=folder, capture_output=True)
        archives = list(Path(folder).glob("*.deb"))
        if done.returncode or not archives:
            lacking(f"{package}, which apt-get cannot download,", "apt-get update, with the network up")
        subprocess.run(["dpkg", "-x", archives[0], f"{folder}/files"], check=True, capture_output=True)
        if not kept.is_dir():
            Path(folder, "files").rename(kept)
    return kept


def docker_registry() -> str:
    """Return the path of docker-registry 2, the reference implementation, from Debian."""
    return shutil.which("docker-registry") or str(
        unpacked("docker-registry") / "usr" / "bin" / "docker-registry"
    )


@contextmanager
def running_registry(
    folder: Path, auth: bool = False, tls: bool = False, memory: bool = False
) -> Iterator[str]:
    """Run a registry on loopback with its images below `folder`, or in `memory`; yield its host and port.

    With `auth` it wants USER and PASSWORD for everything, by Basic. With `tls` it speaks https and shows
    `certificate.pem`, whose key is `key.pem`, in the folder.
    """
    program, port = docker_registry(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "registry.yml"
    config.write_text(_config(folder, port, auth, tls, memory))
    (folder / "htpasswd").write_text(HTPASSWD)
    with open(folder / "registry.log", "wb") as log:
        process = subprocess.Popen([program, "serve", config], stdout=log, stderr=subprocess.STDOUT)
    try:
        _await(port, process, folder / "registry.log")
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _config(folder: Path, port: int, auth: bool, tls: bool, memory: bool) -> str:
    storage = "inmemory: {}" if memory else f"filesystem: {{rootdirectory: {folder}/images}}"
    text = REGISTRY + ENCRYPTED * tls + GUARDED * auth
    return text.format(folder=folder, port=port, storage=storage)


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a service accepts connections."""
    for _ in range(500):
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"port {port} accepts no connection: {log.read_text()}")
