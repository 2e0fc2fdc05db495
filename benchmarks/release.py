"""The cost of a large fleet's release before it changes anything: reading the whole state, and planning.

    python benchmarks/release.py --integrations 1000 --latency 0.05

The workspace of integrations from the template is a git repository. A docker-registry, behind a front that adds latency
and requires Bearer tokens, has the images of nine of ten; specs and index are in a folder. Measured are whole processes
of `seatrial release.status`, with `--against` those of another checkout in turn, and within this process the parts:
reading the state, and the plan with its file. Beside them `skopeo inspect --raw`, if it is installed, is run for the
version of a sample of the images, one after the other, its time multiplied.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from processes import THIS, Run, median, seatrial
from registry import Setting, fill, front, loop, peers

from seatrial.handbook.rule_examples import good_folder
from seatrial.release.plan import index, plan_files, store_keys
from seatrial.release.plan.plan import Plan, plan
from seatrial.release.plan.state import State
from seatrial.release.run.release_context import open_context
from seatrial.release.run.snapshot import read
from seatrial.release.store.local import FolderStore
from seatrial.workspace.workspace import open_workspace

TESTS = Path(__file__).parents[1] / "tests"
VERSION = "1.2.3"


def name_of(number: int) -> str:
    """Return the type of an integration, which is the last part of its repository's name."""
    return f"port-ocean-{number:04}"


def workspace(root: Path, count: int, host: str) -> None:
    """Make a repository of so many integrations, committed and packed as a clone is."""
    good = good_folder()
    for number in range(count):
        for path in good.paths():
            place = root / "integrations" / name_of(number) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            text = good.read(path).replace(b"good-service", name_of(number).encode())
            place.write_bytes(text.replace(b"0.1.0", VERSION.encode()))
    (root / "Dockerfile").write_text("FROM scratch\n")
    (root / ".gitignore").write_text("dist/\n")
    (root / "seatrial.toml").write_text(
        f'[release]\nimage = "{host}/org/{{type}}"\nremote = ""\ndockerfile = "Dockerfile"\n'
    )
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "b"],
        ["gc", "-q"],
    ):
        subprocess.run(["git", "-C", str(root), *command], check=True)


def publish_specs(root: Path, count: int) -> None:
    """Write the specs and the index of those whose images are published."""
    store = FolderStore(root / "dist/registry")
    entries = {}
    for number in range(count):
        name = name_of(number)
        if not name.endswith("7"):
            entries[name] = index.entry_of({"title": name}, name, VERSION)
            for key in (store_keys.spec(name, VERSION), store_keys.latest_spec(name)):
                store.put(key, index.spec_bytes(entries[name]))
    store.put(store_keys.INDEX, index.Index(entries).to_bytes())


def timed(what: Callable[..., Any], *given: Any) -> tuple[float, Any]:
    """Return the seconds that a call takes, and its result."""
    began = time.perf_counter()
    result = what(*given)
    return time.perf_counter() - began, result


def status(root: Path, checkout: Path) -> tuple[Run, list[dict[str, Any]]]:
    """Run the whole program; return its cost and its rows. Raises SystemExit if it fails."""
    done = seatrial(
        checkout, root, "-m", "seatrial", "release.status", "--root", str(root), "--format", "json"
    )
    if done.status:
        raise SystemExit(f"release.status of {checkout} ends with {done.status}: {done.err[-2000:]}")
    return done, json.loads(done.out)["integrations"]


def planned(state: State) -> Plan:
    """Return the plan, written to text and read back."""
    return plan_files.plan_of_json(plan_files.plan_json(plan(state, {})), "plan")


def skopeo(host: str, count: int, sample: int) -> float | None:
    """Return the seconds of skopeo for all images, reckoned from a sample of them; None if there is no skopeo."""
    names = [f"org/{name_of(number)}" for number in range(sample)]
    with tempfile.TemporaryDirectory() as home:
        line, env = peers(Path(home)).get("skopeo inspect --raw", ((), {}))
        return loop(line, env, host, names) * count / sample if line else None


def measure(root: Path, host: str, runs: int, against: Path | None, sample: int) -> dict[str, str]:
    """Return medians over some runs, after one of each whole program that does not count."""
    checkouts = [THIS, *([against] if against else [])]
    whole: dict[Path, list[Run]] = {checkout: [] for checkout in checkouts}
    reading, planning, loops = [], [], []
    for number in range(runs + 1):
        done = [status(root, checkout) for checkout in checkouts]
        assert all(rows == done[0][1] for _, rows in done)
        if number == 0:
            continue
        for checkout, (one, _) in zip(checkouts, done, strict=True):
            whole[checkout].append(one)
        loops += [seconds for seconds in [skopeo(host, len(done[0][1]), sample)] if seconds]
        found = open_workspace(str(root))
        seconds, state = timed(read, open_context(found), found.integrations)
        reading.append(seconds)
        seconds, made = timed(planned, state)
        planning.append(seconds)
        absent = [row for row in done[0][1] if row["image"]["is"] == "absent"]
        assert sum(part.builds for part in made.parts) == len(absent) == len(found.integrations) // 10
    names = {THIS: "release.status, whole", against: f"release.status of {against.name}" if against else ""}
    rows = {
        names[checkout]: f"{median(each, 'wall'):.2f} s ({median(each, 'cpu'):.2f} s of the processor)"
        for checkout, each in whole.items()
    }
    parts = {"reading the state": reading, "plan, written and read": planning}
    rows |= {name: f"{statistics.median(seconds):.2f} s" for name, seconds in parts.items()}
    if loops:
        ratio = statistics.median(loops) / median(whole[THIS], "wall")
        rows["skopeo's loop"] = f"{statistics.median(loops):.0f} s, {ratio:.0f} times release.status"
    return rows


def compare(count: int, runs: int, latency: float, against: Path | None, sample: int) -> None:
    """Set up registry, workspace and store, then measure."""
    sys.path.insert(0, str(TESTS))
    from support.services import running_registry

    with tempfile.TemporaryDirectory() as folder, running_registry(Path(folder, "registry")) as upstream:
        fill(upstream, [f"org/{name_of(number)}" for number in range(count)])
        with front(upstream, Setting(latency, True)) as host:
            root = Path(folder, "repo")
            workspace(root, count, host)
            publish_specs(root, count)
            for what, figures in measure(root, host, runs, against, sample).items():
                print(
                    f"| {count} integrations, {1000 * latency:.0f} ms, Bearer | {what} | {figures} |",
                    flush=True,
                )


def main() -> None:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--integrations", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds added to each request")
    parser.add_argument(
        "--against", type=Path, metavar="CHECKOUT", help="another checkout to measure in turn"
    )
    parser.add_argument("--sample", type=int, default=45, help="number of images that skopeo is asked for")
    given = parser.parse_args()
    against = given.against and given.against.resolve()
    compare(given.integrations, given.runs, given.latency, against, given.sample)


if __name__ == "__main__":
    main()
