"""Tests of hostile folders: findings, and no crash, no hang, no memory wasted."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seatrial.core.findings import LONGEST
from seatrial.core.model import Fleet, Folder, Integration, MemoryFolder, Profile
from seatrial.handbook.rule_examples import good_folder
from seatrial.system.folder import DiskFolder
from seatrial.validate.facts.facts import Facts
from seatrial.validate.rules import RULES
from seatrial.validate.run import MOST, Verdict, check
from support.often import rounds
from support.paths import SOURCES

SPEC, BLUEPRINTS = ".port/spec.yaml", ".port/resources/blueprints.json"
MAPPING, SCORECARDS = ".port/resources/port-app-config.yaml", ".port/resources/scorecards.json"
READ = [
    SPEC,
    BLUEPRINTS,
    MAPPING,
    SCORECARDS,
    "pyproject.toml",
    "poetry.lock",
    "CHANGELOG.md",
    "integration.py",
]
MEGABYTES = 200


def checked(folder: Folder, name: str = "good-service") -> Verdict:
    integration = Integration(name, f"integrations/{name}", folder)
    return check(Facts(integration, Profile.GUIDE, Fleet([integration])), RULES)


def messages_of(verdict: Verdict, path: str) -> list[str]:
    assert verdict.crashes == ()
    return [one.message for one in verdict.findings if one.path.endswith("/" + path)]


CONTENTS: dict[str, Callable[[str], bytes]] = {
    "nothing": lambda path: b"",
    "NUL bytes": lambda path: b"\0" * 500,
    "no UTF-8": lambda path: b"title: \xff\xfe\n",
    "UTF-16": lambda path: "title: x\n".encode("utf-16"),
    "100,000 brackets": lambda path: b"[" * 100_000,
    "100,000 braces": lambda path: b"{" * 100_000,
    "100,000 dashes": lambda path: b"- " * 100_000,
    "100,000 parentheses": lambda path: b"(" * 100_000,
    "an endless line": lambda path: b"a" * 900_000,
    "a million lines": lambda path: b"\n" * 900_000,
    "many headings": lambda path: b"## 1.0.0 (2024-01-01)\n" * 20_000,
    "an alias bomb": lambda path: (
        b"a0: &a0 [x, x]\n"
        + b"".join(
            b"a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n" % (n, n, n - 1, n - 1, n - 1, n - 1) for n in range(1, 40)
        )
    ),
    "a loop": lambda path: b"a: &a [*a]\n",
    "a tag": lambda path: b"a: !!python/object/apply:os.system [echo]\n",
    "a number": lambda path: b"3\n",
    "a list of lists": lambda path: b"[[], [[]], [[[]]]]\n",
    "odd keys": lambda path: b"{1: 2, ? [a]: b, null: c}\n",
    "a million items": lambda path: b"[" + b"1," * 400_000 + b"1]\n",
    "50 MB": lambda path: b"x: y\n" * 10_000_000,
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("path", READ)
def test_hostile_content_gives_findings_about_that_file(tmp_path: Path, path: str, content: str) -> None:
    folder = put(good_folder(Profile.GUIDE), tmp_path / "good-service")
    (folder / path).write_bytes(CONTENTS[content](path))
    verdict = checked(DiskFolder(folder, tmp_path, frozenset()))
    harmless = path == "integration.py" and content in (
        "nothing",
        "a million lines",
        "a number",
        "a list of lists",
        "odd keys",
    )
    assert messages_of(verdict, path) or harmless or (path == "integration.py" and verdict.findings)


LARGE = {
    "2,000 faults": [f"  - {{name: c{number}, type: str}}" for number in range(2_000)],
    "a long name": [f"  - {{name: A{'x' * 900_000}, type: string}}"],
    "9 MB as the wrong value": [f"  - {{name: a, type: string, default: [&x {'x' * 110}{', *x' * 80_000}]}}"],
    "48 GB as the wrong value": [
        f"  - {{name: a, type: string, default: [&x {'x' * 600_000}{', *x' * 80_000}]}}"
    ],
    "a long key": [f"  - {{{'k' * 900_000}: 1}}"],
}


@pytest.mark.parametrize("faults", LARGE)
def test_findings_about_a_large_file_are_few_and_short(faults: str) -> None:
    lines = ["type: good-service", "version: 0.1.0", "icon: Cloud", "configurations:", *LARGE[faults]]
    verdict = checked(good_folder(Profile.GUIDE).having(SPEC, "\n".join(lines)))
    texts = [one.message + (one.fix.title if one.fix else "") for one in verdict.findings]
    assert texts
    assert max(map(len, texts)) <= 3 * LONGEST
    assert max(Counter(one.code for one in verdict.findings).values()) <= MOST


def put(folder: MemoryFolder, place: Path) -> Path:
    for path in folder.paths():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(folder.read(path))
    return place


def a_folder(place: Path) -> None:
    place.mkdir()


def a_dangling_link(place: Path) -> None:
    place.symlink_to("nowhere")


def an_escaping_link(place: Path) -> None:
    place.symlink_to("/etc/hostname")


def a_link_to_itself(place: Path) -> None:
    place.symlink_to(place.name)


def a_pipe(place: Path) -> None:
    os.mkfifo(place)


@pytest.mark.parametrize("stand_in", [a_folder, a_dangling_link, an_escaping_link, a_link_to_itself, a_pipe])
@pytest.mark.parametrize("path", [*READ, "README.md", "Makefile", "main.py"])
def test_an_entry_that_is_not_a_file_gives_one_finding(
    tmp_path: Path, path: str, stand_in: Callable[[Path], None]
) -> None:
    folder = put(good_folder(Profile.GUIDE), tmp_path / "good-service")
    (folder / path).unlink()
    stand_in(folder / path)
    verdict = checked(DiskFolder(folder, tmp_path, frozenset()))
    assert len(messages_of(verdict, path)) == 1, verdict.findings


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def flipped(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def with_a_hole(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randrange(1, 30) :]


def without_a_line(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    lines.pop(rng.randrange(len(lines)))
    return b"\n".join(lines)


def with_a_line_twice(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    return b"\n".join(lines)


def shuffled(data: bytes, rng: random.Random) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join(rng.sample(lines, len(lines)))


def damaged(data: bytes, rng: random.Random) -> bytes:
    return data.replace(rng.choice(data.split()), rng.choice(WORDS))


MUTATIONS = (cut, flipped, with_a_hole, without_a_line, with_a_line_twice, shuffled, damaged)


def mutations(data: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Copies of a document, each damaged in one way."""
    rng = random.Random(seed)
    return (rng.choice(MUTATIONS)(data, rng) for _ in range(count))


WORDS = [b"[]", b"{}", b"null", b"true", b"3", b"-1.5e999", b'""', b"[[1]]", b"&a *a", b"!!set", b"\xf0\x9f\x98\x80",
         b"\xe2\x80\xae", b"'", b'"', b":", b"#", b"<<", b"yes", b"0x1F", b"1_000", b"2024-01-01", b"```"]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("path", READ)
def test_damaged_documents_crash_nothing(path: str) -> None:
    good = good_folder(Profile.GUIDE)
    for data in mutations(good.read(path), seed=len(path), count=rounds(40, 1_250)):
        assert checked(good.having(path, data)).crashes == (), data


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", ["50 MB", "an alias bomb", "100,000 brackets", "a million items", "many headings"]
)
def test_a_hostile_folder_takes_little_memory(tmp_path: Path, content: str) -> None:
    folder = put(good_folder(Profile.GUIDE), tmp_path / "integrations" / "good-service")
    for path in READ:
        (folder / path).write_bytes(CONTENTS[content](path))
    command = [sys.executable, "-c", MEASURED, "validate", "--root", str(tmp_path)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(SOURCES)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert int(done.stderr.splitlines()[-1]) / 1024 < MEGABYTES


MEASURED = """
import atexit, re, sys
from seatrial.__main__ import main
peak = lambda: re.search("VmHWM:[^0-9]*([0-9]+)", open("/proc/self/status").read())[1]
atexit.register(lambda: print(peak(), file=sys.stderr))
main()
"""
"""A child's own peak memory: the figure that the operating system gives its parent includes the fork."""
