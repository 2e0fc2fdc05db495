"""The cost of asking a registry what is published already, beside loops over other programs.

    python benchmarks/registry.py --repositories 1000 --sample 45 --runs 3

A real docker-registry runs behind `tests/support/registry_front.py`, which adds latency to each request and, in half of
the runs, requires a Bearer token for each repository. Nine of ten repositories have the version and `latest`.

Peers: `skopeo inspect --raw` and `docker manifest inspect`, one process after the other over a sample, asking for the
version alone; their time for all repositories is that of the sample, multiplied. Seatrial is a whole process too, and
asks for the version and for `latest` of all. Programs run in turn, A B C A B C, and figures are medians.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from seatrial.release.plan.ports import Absent, Manifest, Present
from seatrial.release.registry import media
from seatrial.release.registry.remote import RemoteImages

VERSION, LATEST = "1.2.3", "latest"
TESTS = Path(__file__).parents[1] / "tests"
OURS = "seatrial"


@dataclass(frozen=True)
class Setting:
    """What the front adds between the programs and the registry."""

    latency: float
    bearer: bool

    @property
    def title(self) -> str:
        """Return the text for the table."""
        return f"{1000 * self.latency:.0f} ms" + " and Bearer" * self.bearer


def repositories(count: int) -> list[str]:
    """Return the names of the repositories."""
    return [f"org/port-ocean-{number:04}" for number in range(count)]


def is_published(name: str) -> bool:
    """Return whether a repository is published; nine of ten are."""
    return not name.endswith("7")


def fill(host: str, names: Sequence[str]) -> None:
    """Publish the version and `latest` of nine of ten repositories."""
    images = RemoteImages()

    def publish(name: str) -> None:
        config = json.dumps({"architecture": "amd64", "os": "linux", "name": name}).encode()
        images.put_blob(f"{host}/{name}", media.digest_of(config), config)
        for tag in (VERSION, LATEST):
            images.put_manifest(f"{host}/{name}", _manifest(config), tag)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(publish, filter(is_published, names)))


def _manifest(config: bytes) -> Manifest:
    of_config = {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": media.digest_of(config),
        "size": len(config),
    }
    value = {"schemaVersion": 2, "mediaType": media.MANIFEST, "config": of_config, "layers": []}
    return Manifest(json.dumps(value).encode(), media.MANIFEST)


@contextmanager
def front(upstream: str, setting: Setting) -> Iterator[str]:
    """Run a front in a process of its own; yield its host and port."""
    command = [sys.executable, "-m", "support.registry_front", upstream, "--latency", str(setting.latency)]
    words = [*command, *["--bearer"] * setting.bearer]
    process = subprocess.Popen(words, cwd=TESTS, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        host = process.stdout.readline().strip()
        if not host:
            raise SystemExit("the front does not start")
        yield host
    finally:
        process.kill()
        process.wait()


def ask(host: str, count: int) -> None:
    """Look up both tags of all repositories and print the seconds and the wrong answers. This is what is measured."""
    names = repositories(count)
    wanted = [(f"{host}/{name}", tag) for name in names for tag in (VERSION, LATEST)]
    began = time.perf_counter()
    found = RemoteImages().find(wanted)
    seconds = time.perf_counter() - began
    wrong = [one for one in wanted if not isinstance(found[one], Present if is_published(one[0]) else Absent)]
    print(
        json.dumps({"seconds": seconds, "wrong": len(wrong), "example": [str(found[x]) for x in wrong[:1]]})
    )


def ours(host: str, count: int) -> float:
    """Return the seconds of a whole process of Seatrial."""
    command = [sys.executable, __file__, "--ask", host, "--repositories", str(count)]
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    answers = json.loads(done.stdout)
    assert not answers["wrong"], answers
    return seconds


def loop(program: Sequence[str], env: Mapping[str, str], host: str, names: Sequence[str]) -> float:
    """Return the seconds of one process for each name. Raises AssertionError for a wrong answer."""
    began = time.perf_counter()
    for name in names:
        place = f"{program[-1]}{host}/{name}:{VERSION}"
        done = subprocess.run([*program[:-1], place], env=env, capture_output=True)
        assert (done.returncode == 0) == is_published(name), (place, done.stderr)
    return time.perf_counter() - began


def peers(home: Path) -> dict[str, tuple[Sequence[str], Mapping[str, str]]]:
    """Return the programs that are installed; the last argument is the prefix of the image's name."""
    env = {"HOME": str(home), "DOCKER_CONFIG": str(home), "PATH": os.environ["PATH"]}
    programs = {
        "skopeo inspect --raw": ["skopeo", "inspect", "--raw", "--tls-verify=false", "docker://"],
        "docker manifest inspect": ["docker", "manifest", "inspect", "--insecure", ""],
    }
    return {name: (line, env) for name, line in programs.items() if shutil.which(line[0])}


def measure(host: str, count: int, sample: int, runs: int) -> Mapping[str, list[float]]:
    """Return the seconds of each program for all repositories, run in turn."""
    names = repositories(count)
    mixed = list(islice(cycle(names), 0, sample))
    with tempfile.TemporaryDirectory() as home:
        entries: dict[str, Callable[[], float]] = {OURS: lambda: ours(host, count)}
        for name, (line, env) in peers(Path(home)).items():
            entries[name] = lambda line=line, env=env: loop(line, env, host, mixed) * count / sample  # type: ignore[misc]
        seconds: dict[str, list[float]] = {name: [] for name in entries}
        for _ in range(runs):
            for name, entry in entries.items():
                seconds[name].append(entry())
    return seconds


def show(setting: Setting, seconds: Mapping[str, list[float]]) -> None:
    """Print the rows of the table."""
    own = statistics.median(seconds[OURS])
    for name, each in seconds.items():
        middle = statistics.median(each)
        spread = f"{min(each):.2f} to {max(each):.2f}"
        print(f"| {setting.title} | {name} | {middle:.2f} | {spread} | {middle / own:.0f} |", flush=True)


def compare(count: int, sample: int, runs: int, latency: float) -> None:
    """Fill a registry, then measure without tokens and with them."""
    sys.path.insert(0, str(TESTS))
    from support.services import running_registry

    with tempfile.TemporaryDirectory() as folder, running_registry(Path(folder)) as upstream:
        fill(upstream, repositories(count))
        print(f"{count} repositories, {sample} in the loops, multiplied, {runs} runs in turn\n")
        print("| added | | s, median | s | / seatrial |\n|---|---|---|---|---|")
        for setting in (Setting(latency, False), Setting(latency, True)):
            with front(upstream, setting) as host:
                show(setting, measure(host, count, sample, runs))


def main() -> None:
    """Parse the arguments and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument(
        "--sample", type=int, default=45, help="number of repositories that the loops ask for"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds added to each request")
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        ask(given.ask, given.repositories)
    else:
        compare(given.repositories, given.sample, given.runs, given.latency)


if __name__ == "__main__":
    main()
