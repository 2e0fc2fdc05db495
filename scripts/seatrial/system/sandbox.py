"""The sandbox in which foreign programs run, the means of the kernel included where this machine has them.

In every sandbox a program has a process group of its own, an environment built from nothing and limits of memory
and file size. With bubblewrap it is also in namespaces of its own: it sees the files that are named, nothing of the
person's home, no process but its own, and no network; what it starts ends with it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.printable import one_line
from seatrial.system import process

CHOICE = "SEATRIAL_SANDBOX"
"""The environment variable that states the choice."""

CHOICES = ("auto", "required")
"""Either use what there is, or refuse to run foreign programs without namespaces."""

MEMORY = 4 * 1024**3
"""Bytes of address space for each process; mypy takes 1.2 GB for the largest real integration."""

FILE_SIZE = 1024**3
"""Bytes of the largest file that may be written."""

PROCESSES = 4096
"""The number of processes; older kernels count all of the user's, and none counts those of root."""

_LIMITED = 'for limit in "-v $1" "-f $2" "-p $3" "-u $3" "-c 0"; do ulimit $limit 2>/dev/null; done; shift 3; exec "$@"'
"""Sets the limits that the system knows, and becomes the program. Shells have two names for that of processes."""

_SYSTEM = ("/usr", "/nix/store", "/gnu/store", "/home/linuxbrew/.linuxbrew")
_LINKED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
_LIBRARIES = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
)
_NETWORK = (
    *("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/pki"),
    *("/etc/ca-certificates", "/etc/ca-certificates.conf"),
)
_APART = ("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL")

_PR_SET_DUMPABLE = 4
"""From linux/prctl.h."""

_INSTALL = "install bubblewrap (such as `apt install bubblewrap`)"
_ALLOW = (
    "allow user namespaces, in a container by its settings, on Ubuntu 24.04 by "
    "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
)


class SandboxLevel(Enum):
    """The strength of the sandbox on this machine; `seatrial doctor` tells it."""

    NAMESPACES = "namespaces"
    LIMITS = "limits"


@dataclass(frozen=True)
class Kernel:
    """The means of the kernel: bubblewrap and its options, or why it cannot be used and what to do about it."""

    program: str = ""
    options: tuple[str, ...] = ()
    lacking: str = ""
    repair: str = ""

    @property
    def level(self) -> SandboxLevel:
        """The strength of the sandbox."""
        return SandboxLevel.NAMESPACES if self.program else SandboxLevel.LIMITS


@dataclass(frozen=True)
class View:
    """All files that a program in namespaces sees besides the system's own; paths are absolute and stay the same.

    Later fields lie over earlier ones: `readable` paths, `empty` folders in which it may write until it ends,
    `hidden` paths, whose folders are empty and whose files have no content, `shown` paths among the hidden ones,
    `covered` paths, which are hidden among the shown ones, except for what is shown below them, `emptied` folders, in
    which it may write until it ends, and of whose content only `readable` paths are left, and `writable` paths. A path
    that does not exist is left out. With `network`, it may use the network.
    """

    readable: tuple[Path, ...] = ()
    empty: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    shown: tuple[Path, ...] = ()
    covered: tuple[Path, ...] = ()
    emptied: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    network: bool = False


@lru_cache(maxsize=1)
def kernel() -> Kernel:
    """Return what the kernel gives without root; tried once, by starting a program that does nothing."""
    if sys.platform != "linux":
        return Kernel(
            lacking="this system has no namespaces", repair="use Linux for folders you do not trust"
        )
    program = shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin")
    if program is None:
        return Kernel(lacking="bubblewrap is not installed", repair=_INSTALL)
    fault = ""
    for options in ((*_APART, "--unshare-user", "--disable-userns"), _APART):
        fault = _fault([program, *options, *_options(View(), None), "--", "/bin/sh", "-c", ":"])
        if not fault:
            return Kernel(program, options)
    return Kernel(lacking=fault, repair=_ALLOW)


def _fault(command: Sequence[str]) -> str:
    """Return why bubblewrap cannot be used; empty where it can."""
    try:
        ran = process.run(command, seconds=20, clean=True)
    except ServiceError as failed:
        return f"bubblewrap cannot be started ({failed})"
    words = one_line(ran.err.decode(errors="replace"), 200)
    return f"the kernel refuses bubblewrap ({words})" if ran.status else ""


@dataclass(frozen=True)
class Sandbox:
    """The way in which foreign programs are started here; what the kernel gives is looked up at the first use."""

    look: Callable[[], Kernel] = kernel
    memory: int = MEMORY

    @property
    def means(self) -> Kernel:
        """The means of the kernel."""
        return self.look()

    @property
    def level(self) -> SandboxLevel:
        """Its strength."""
        return self.means.level

    def command(self, arguments: Sequence[str], view: View, cwd: Path | None = None) -> list[str]:
        """Return the arguments that start a program in this sandbox, in the folder `cwd`."""
        limits = (str(self.memory // 1024), str(FILE_SIZE // 512), str(PROCESSES))
        means = self.means
        around = [means.program, *means.options, *_options(view, cwd), "--"] if means.program else []
        return [*around, "/bin/sh", "-c", _LIMITED, "sh", *limits, *arguments]


def sandbox(choice: str | None = None) -> Sandbox:
    """Return the sandbox of this machine. Raises UsageError for another choice than CHOICES, and ServiceError
    where namespaces are required and cannot be had.
    """
    wanted = choice or os.environ.get(CHOICE) or CHOICES[0]
    if wanted not in CHOICES:
        raise UsageError(f'the sandbox is "{one_line(wanted, 60)}"; choose among {", ".join(CHOICES)}')
    if wanted == "required" and not kernel().program:
        raise ServiceError(f"the sandbox is required, and {kernel().lacking}; {kernel().repair}")
    return Sandbox()


def warning(found: Kernel) -> str:
    """Return the line that tells of a sandbox without namespaces; empty where there are namespaces."""
    if found.program:
        return ""
    return (
        f"{found.lacking}, so tools run without namespaces: one that runs code of a folder could read your files; "
        f"{found.repair}, or refuse it with {CHOICE}=required"
    )


def _options(view: View, cwd: Path | None) -> Iterator[str]:
    if view.network:
        yield "--share-net"
    yield from ("--proc", "/proc", "--dev", "/dev")
    for name in ("/tmp", "/dev/shm"):  # noqa: S108 - the sandbox's own
        yield from _in_memory(name)
    yield from _of_system(view.network)
    yield from _bound("--ro-bind", view.readable)
    for path in view.empty:
        yield from _in_memory(str(path))
    for path in view.hidden:
        yield from _cover(path)
    yield from _bound("--ro-bind", view.shown)
    for path in view.covered:
        yield from _cover(path)
    covered = set(view.covered)
    yield from _bound("--ro-bind", (one for one in view.shown if not covered.isdisjoint(one.parents)))
    for path in view.emptied:
        yield from _in_memory(str(path))
    emptied = set(view.emptied)
    yield from _bound("--ro-bind", (one for one in view.readable if not emptied.isdisjoint(one.parents)))
    yield from _bound("--bind", view.writable)
    yield from ("--chdir", str(cwd or "/"))


def _of_system(network: bool) -> Iterator[str]:
    for name in _LINKED:
        if os.path.islink(name):
            yield from ("--symlink", os.readlink(name), name)
        elif os.path.isdir(name):
            yield from ("--ro-bind", name, name)
    files = (*_SYSTEM, *_LIBRARIES, *(_NETWORK if network else ()))
    yield from _bound("--ro-bind", (Path(name) for name in files))


def _bound(option: str, paths: Iterable[Path]) -> Iterator[str]:
    """Mount each path where it is; a link is mounted as its target."""
    for path in dict.fromkeys(paths):
        if os.path.exists(path):
            yield from (option, os.path.realpath(path), str(path))


def _in_memory(name: str) -> tuple[str, ...]:
    return ("--size", str(FILE_SIZE), "--tmpfs", name)


def _cover(path: Path) -> Iterator[str]:
    if path.is_symlink():
        return
    if path.is_dir():
        yield from _in_memory(str(path))
    elif path.exists():
        yield from ("--ro-bind", os.devnull, str(path))


def shield() -> None:
    """Keep other processes of this user from reading this one: its memory, and the environment it began with.

    The environment that programs begin with stays where the kernel put it, whatever is changed later, so it is
    overwritten; the variables themselves remain. Does nothing where the system offers no way.
    """
    if sys.platform != "linux":
        return
    with suppress(OSError, ValueError, IndexError, AttributeError):
        library = ctypes.CDLL(None)
        for name, value in os.environ.items():
            os.putenv(name, value)
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = int(fields[47]), int(fields[48])
        if 0 < start < end:
            ctypes.memset(start, 0, end - start)
        library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
