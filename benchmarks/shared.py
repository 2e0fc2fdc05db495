"""A fresh machine that validates a fleet, with a shared cache and without, and with one that is slow, down or poisoned.

    python benchmarks/shared.py --root ../ocean --runs 5

The fleet is cloned, its main branch names a bucket, and CI of the main branch leaves its verdicts there; a bucket of
loopback answers each request as late as it is told. Each run is a whole process with an empty folder of its own for
what it keeps, A B C A B C; the report of each must be that of the run without the cache, byte for byte. Figures are
medians; processor time is user plus system.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from processes import THIS, Run, in_turn, median, run

from seatrial.release.attest.signing import sealing_key


@dataclass
class Bucket:
    """A bucket in memory: seconds before each answer, bytes a second, and whether what it answers is spoilt."""

    objects: dict[str, bytes] = field(default_factory=dict)
    delay: float = 0.0
    speed: float = 0.0
    is_spoilt: bool = False

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        time.sleep(self.delay)
        data = self.objects.get(request.path)
        if request.command == "PUT":
            self.objects[request.path] = request.rfile.read(int(request.headers["Content-Length"]))
        body = b"" if request.command == "PUT" or data is None else data
        body = body[:-100] + bytes(100) if self.is_spoilt else body
        request.send_response(200 if request.command == "PUT" or data is not None else 404)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("ETag", '"x"')
        request.send_header("Last-Modified", "Sat, 28 Nov 2026 00:00:00 GMT")
        request.end_headers()
        step = max(1, int(self.speed / 20)) if self.speed else max(1, len(body))
        for at in range(0, len(body), step):
            request.wfile.write(body[at : at + step])
            if self.speed:
                time.sleep(0.05)


def serve(bucket: Bucket) -> str:
    """Serve a bucket on loopback until this process ends; return its address."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Write nothing."""

        def do_GET(self) -> None:
            try:
                bucket.answer(self)
            except OSError:
                self.close_connection = True

        do_PUT = do_GET  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def git(folder: Path, *words: str) -> str:
    """Return what git answers."""
    who = {f"GIT_{one}_{two}": "a@b.c" for one in ("AUTHOR", "COMMITTER") for two in ("NAME", "EMAIL")}
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, **who}
    ).stdout.strip()


def cloned(fleet: Path, place: Path, public: str) -> Path:
    """Return a clone of a fleet whose main branch names the bucket."""
    origin = place / "origin"
    shutil.copytree(
        fleet, origin, symlinks=True, ignore=shutil.ignore_patterns(".git", ".venv", "node_modules")
    )
    (origin / "seatrial.toml").write_text(f'cache = "s3://kept"\ncache-keys = ["{public}"]\n')
    git(origin, "init", "-q", "-b", "main")
    git(origin, "add", "-A", "-f")
    git(origin, "commit", "-q", "-m", "all")
    git(place, "clone", "-q", str(origin), str(place / "clone"))
    return place / "clone"


@dataclass(frozen=True)
class Machine:
    """The runs of one experiment: a clone, and what the environment of each process holds."""

    clone: Path
    place: Path
    environ: Mapping[str, str]

    def validate(self, *more: str, **environ: str) -> Run:
        """Validate in a process whose folder for what it keeps is empty."""
        with tempfile.TemporaryDirectory(dir=self.place) as kept:
            told = {**self.environ, "SEATRIAL_CACHE": kept, **environ}
            command = [sys.executable, "-m", "seatrial", "validate", "--format", "json", "--jobs", "1", *more]
            return run(command, self.clone, told)

    def with_bucket(
        self, bucket: Bucket, delay: float = 0.0, speed: float = 0.0, is_spoilt: bool = False, **environ: str
    ) -> Run:
        """Validate while the bucket answers like that."""
        bucket.delay, bucket.speed, bucket.is_spoilt = delay, speed, is_spoilt
        done = self.validate(**environ)
        bucket.delay, bucket.speed, bucket.is_spoilt = 0.0, 0.0, False
        return done

    def as_main(self, pem: str) -> Run:
        """Validate as CI of the main branch does."""
        event = self.place / "event.json"
        event.write_text('{"repository": {"default_branch": "main"}}')
        ci = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_REF": "refs/heads/main",
        }
        more = {"GITHUB_EVENT_PATH": str(event), "GITHUB_SHA": git(self.clone, "rev-parse", "HEAD")}
        return self.validate(SEATRIAL_CACHE_KEY=pem, **ci, **more)


def programs(machine: Machine, bucket: Bucket) -> dict[str, Callable[[], Run]]:
    """Return what is compared, by name."""
    shared = partial(machine.with_bucket, bucket)
    return {
        "without": partial(machine.validate, "--no-cache"),
        "without, keeping verdicts": partial(machine.validate, CI="true"),
        "shared": shared,
        "shared, 100 ms": partial(shared, delay=0.1),
        "shared, 500 ms": partial(shared, delay=0.5),
        "shared, 20 kB/s": partial(shared, speed=20_000),
        "shared, hangs": partial(shared, delay=30.0),
        "shared, down": partial(shared, AWS_ENDPOINT_URL="http://127.0.0.1:9"),
        "shared, poisoned": partial(shared, is_spoilt=True),
    }


def main() -> None:
    """Print a table, and write the figures where asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--root", type=Path, required=True)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    pem = (
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    )
    bucket = Bucket()
    with tempfile.TemporaryDirectory() as folder:
        clone = cloned(given.root.resolve(), Path(folder), sealing_key(pem, "KEY", {}).public)
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "PYTHONPATH": str(THIS / "scripts"),
            "AWS_ENDPOINT_URL": serve(bucket),
            "AWS_REGION": "us-east-1",
        }
        machine = Machine(clone, Path(folder), environ)
        first = machine.as_main(pem)
        sizes = [len(data) for data in bucket.objects.values()]
        told = f"{len(sizes)} entries, {sum(sizes):,} bytes; {first.wall:.2f} s, {first.cpu:.2f} s of cpu"
        print(f"left by the main branch: {told}")
        figures: dict[str, list[Run]] = in_turn(programs(machine, bucket), given.runs)
    reference = figures["without"][0].out
    print("| | wall s | cpu s | same report | told |\n|---|---|---|---|---|")
    for name, done in figures.items():
        is_same = all(one.out == reference for one in done)
        told = next((line for line in done[-1].err.splitlines() if "shared cache" in line), "")
        print(
            f"| {name} | {median(done, 'wall'):.2f} | {median(done, 'cpu'):.2f} | {is_same} | {told[:90]} |"
        )
    if given.json:
        given.json.write_text(
            json.dumps({name: [one.as_json() for one in done] for name, done in figures.items()})
        )


if __name__ == "__main__":
    main()
