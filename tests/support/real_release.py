"""A real release: docker-registry behind a front that asks for tokens, a store, a git remote, a builder, Seatrial."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.release.plan.ports import Store
from seatrial.release.registry.remote import RemoteImages
from seatrial.release.store import open_store
from support import warm
from support.bases import own_storage
from support.confined import with_bytecode
from support.paths import SOURCES
from support.registry_front import Front, running_front
from support.release_workspace import git, workspace
from support.services import running_registry

USER, PASSWORD = "releaser", "s3cret-of-the-releaser"
TRACES = ("Traceback", PASSWORD)


@dataclass
class RealRelease:
    """`root` is the workspace; `environ` is all that the program is told; `store` is where specs go."""

    root: Path
    front: Front
    store_url: str
    environ: dict[str, str]
    runs: list[subprocess.CompletedProcess[str]] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """The store, for the test to look into."""
        return open_store(self.store_url, self.root / "dist/registry")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "seatrial", *arguments, "--root", str(self.root)]

    def push(self) -> None:
        """Have the release branch of the remote have the commit, as after a merge."""
        git(self.root, "push", "-q", "origin", "HEAD:main")

    def seatrial(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the program to its end; neither a traceback nor a secret ever shows."""
        self.push()
        typed = [*arguments, "--root", str(self.root)]
        done = warm.run(os.getcwd(), typed, self.environ | environ, timeout=120)
        assert not any(trace in done.stdout + done.stderr for trace in TRACES), done.stderr
        self.runs.append(done)
        return done

    def release(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Release whatever lint says, as these workspaces lock no tools."""
        return self.seatrial("release", "--force", "a test", *arguments, **environ)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a release in a process group of its own."""
        self.push()
        return subprocess.Popen(
            self.command("release", "--force", "a test", *arguments),
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def journal(self) -> list[dict[str, Any]]:
        """The journal's lines; one that is cut short by a kill is left out."""
        path = self.root / "dist/release/journal.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def done_twice(self) -> list[tuple[str, str]]:
        """The steps that the journal has as done more than once."""
        done = Counter((one["subject"], one["step"]) for one in self.journal() if one["event"] == "done")
        return [step for step, times in done.items() if times > 1]

    def published(self, types: Mapping[str, str]) -> dict[str, Any]:
        """What the world sees of these types and their versions, less times and digests of papers."""
        images = RemoteImages()
        names = {name: f"{self.front.host}/ocean-{name}" for name in types}
        digests = {
            (name, tag): images.manifest(names[name], tag).digest
            for name, version in types.items()
            for tag in (version, "latest")
        }
        return {
            "images": digests,
            "papers": {
                name: sorted(
                    one.artifact_type for one in images.referrers(names[name], digests[name, version])
                )
                for name, version in types.items()
            },
            "store": {
                key: "" if key.endswith("receipt.json") or ".seatrial" in key else _hash(self.store, key)
                for key in self.store.keys("")
            },
            "tags": remote_tags(self.root),
        }


def _hash(store: Store, key: str) -> str:
    stored = store.get(key)
    return hashlib.sha256(stored.data).hexdigest() if stored else ""


def remote_tags(root: Path) -> dict[str, str]:
    """The tags of the remote, and the commits they mark."""
    lines = git(root, "ls-remote", "--tags", "origin").splitlines()
    rows = (line.split("\t") for line in lines)
    return {name: commit for commit, name in rows if name.endswith("^{}")}


def kill(process: subprocess.Popen[bytes]) -> None:
    """End it as the system does when memory runs out, and whatever builder it started."""
    for group in (process.pid, *_children(process.pid)):
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            continue
    process.wait()


def _children(pid: int) -> list[int]:
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in told.split()]


@contextmanager
def real_release(
    folder: Path, *titles: str, store: str = "", environ: Mapping[str, str] | None = None, **front: Any
) -> Iterator[RealRelease]:
    """Everything for releases of integrations of these titles; `store` is a URL, by default a folder."""
    with (
        running_registry(folder / "registry") as upstream,
        running_front(upstream, bearer=True, users={USER: PASSWORD}, **front) as before,
    ):
        root = workspace(folder / "repo", *titles)
        url = store or f"file://{folder}/store"
        (root / "seatrial.toml").write_text(
            f'[release]\nimage = "{before.host}/ocean-{{type}}"\nstore = "{url}"\nbuilder = "buildah"\n'
        )
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "settings")
        git(root, "init", "-q", "--bare", "-b", "main", str(folder / "origin.git"))
        git(root, "remote", "add", "origin", str(folder / "origin.git"))
        git(root, "push", "-q", "origin", "main")
        yield RealRelease(root, before, url, {**_environ(folder, before.host), **(environ or {})})


def _environ(folder: Path, host: str) -> dict[str, str]:
    """The least that the program needs, a login among it."""
    import base64

    home = folder / "home"
    (home / ".docker").mkdir(parents=True)
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (home / ".docker/config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    storage = folder / "storage"
    storage.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(SOURCES),
        "SEATRIAL_CACHE": str(with_bytecode(folder / "cache")),
        **own_storage(storage),
    }


def wait_for(condition: Any, process: subprocess.Popen[bytes], seconds: float = 60) -> bool:
    """Whether a condition came true before the process ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        if process.poll() is not None:
            return bool(condition())
        time.sleep(0.002)
    return False
