"""Seatrial's preview beside Ocean's own entity processor: the same entities, skips and refusals?

Installs `port-ocean` in versions of its own, runs its processor on (a) every example of a checkout with every
mapping that goes with it and (b) generated pairs of programs and objects, and counts what differs.

    .venv/bin/python benchmarks/preview.py /path/to/ocean --versions 0.29.5,newest --pairs 5000
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from seatrial.core.framework import Framework
from seatrial.preview.evaluator import Evaluator
from seatrial.preview.mapping import MappingRefused, read_resource
from seatrial.preview.processor import Mapped, ObjectVerdict, map_objects

JUDGE = Path(__file__).with_name("preview_judge.py")
SHOWN = 12


def environment(version: str, place: Path, python: str, bindings: str) -> tuple[Path, str]:
    """Return the interpreter of an environment with a version of port-ocean, and that version."""
    folder = place / f"ocean-{version}-{bindings or 'any'}"
    interpreter = folder / "bin" / "python"
    program = [sys.executable, "-m", "uv"]
    if not interpreter.exists():
        subprocess.run([*program, "venv", "-q", "-p", python, folder], check=True)
    wanted = ["port-ocean[cli]" if version == "newest" else f"port-ocean[cli]=={version}", "setuptools"]
    wanted += [f"jq=={bindings}"] if bindings else []
    subprocess.run([*program, "pip", "install", "-q", "-p", interpreter, *wanted], check=True)
    code = "from importlib.metadata import version as v; print(v('port-ocean'), v('jq'))"
    found = subprocess.run(
        [interpreter, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    return interpreter, found[0]


class Judge:
    """Ocean's processor in a process; started anew where it does not come to an end."""

    def __init__(self, interpreter: Path, folder: Path, seconds: float) -> None:
        self._command = [str(interpreter), str(JUDGE)]
        self._folder = folder
        self._seconds = seconds
        folder.mkdir(exist_ok=True)
        (folder / "pyproject.toml").write_text('[tool.poetry]\nname = "judged"\nversion = "1.0.0"\n')

    def ask(self, requests: Sequence[dict[str, Any]]) -> Iterator[Any]:
        """Yield the answer to each request; None where it hangs or dies."""
        left = list(requests)
        while left:
            feed = "".join(json.dumps(one) + "\n" for one in left)
            with subprocess.Popen(
                self._command, cwd=self._folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                stderr=subprocess.DEVNULL, start_new_session=True, env={"PATH": "/usr/bin:/bin"},
            ) as process:  # fmt: skip
                done = yield from _answers(process, feed, len(left), self._seconds)
            left = left[done:]
            if left:
                yield None
                left = left[1:]


def _answers(process: Any, feed: str, count: int, seconds: float) -> Generator[Any, None, int]:
    writer = threading.Thread(target=lambda: _write(process.stdin, feed), daemon=True)
    writer.start()
    try:
        for number in range(count):
            timer = threading.Timer(seconds, lambda: os.killpg(process.pid, signal.SIGKILL))
            timer.start()
            line = process.stdout.readline()
            timer.cancel()
            if not line.endswith("\n"):
                return number
            yield json.loads(line)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        writer.join(10)
    return count


def _write(stream: Any, text: str) -> None:
    try:
        stream.write(text)
        stream.close()
    except OSError:
        pass


def ours(
    request: dict[str, Any], framework: Framework, evaluator: Evaluator
) -> tuple[Any, list[list[Mapped]]]:
    """Return what the preview makes of a request, in the judge's form, and as values."""
    try:
        programs = read_resource(request["resource"], framework)
    except MappingRefused as reason:
        return [{"refused": str(reason)}], []
    evaluator.begin()
    found = map_objects(programs, request["objects"], framework, evaluator)
    rows = [[one for one in found if one.source == at] for at in range(len(request["objects"]))]
    return [[_row(one) for one in row] for row in rows], rows


def _row(one: Mapped) -> Any:
    if one.verdict is ObjectVerdict.MAPPED:
        return {"entity": one.entity}
    if "ends the mapping of the kind" in one.reason:
        return {"raised": one.reason}
    return {"failed": one.reason} if one.verdict is ObjectVerdict.FAILED else {"nothing": one.reason}


def bare(rows: Any) -> Any:
    """Return rows in the form that is compared: entities, and whether Ocean fails or makes nothing."""
    if not isinstance(rows, list) or (rows and isinstance(rows[0], dict)):
        return "refused" if rows else []
    return [_bare_row(row) for row in rows]


def _bare_row(row: Sequence[dict[str, Any]]) -> list[str]:
    """Return a row in that form; where Ocean raises, all items of the object are lost."""
    if any("raised" in one for one in row):
        return ["failed"]
    return sorted(_bare(one) for one in row if "nothing" not in one)


def _bare(one: dict[str, Any]) -> str:
    if "entity" in one:
        return json.dumps(one["entity"], sort_keys=True)
    return "failed"


def explained(request: dict[str, Any], theirs: Any, rows: list[list[Mapped]], framework: Framework) -> str:
    """Return why two answers may differ; empty where nothing explains it."""
    values = [value for row in rows for one in row for value in one.values]
    ended = any(not value.answer.finished for value in values)
    ended = ended or any(
        one.verdict is ObjectVerdict.FAILED and "limits" in one.reason for row in rows for one in row
    )
    if theirs is None and (ended or not rows):
        return "Ocean does not come to an end"
    if theirs is None and re.search(r"\berror\b", json.dumps(request["resource"])):
        return "the library jq before 1.10 dies of an error that is not a text"
    if theirs is None:
        return ""
    if ended:
        return "ended at a limit"
    text = json.dumps(request["resource"])
    if (
        framework.has("inputs-are-classified")
        and "itemsToParse" in text
        and any(len(row) > 1 for row in rows)
    ):
        return "0.28.14 to 0.30 lose values of several items at random"
    return ""


def compare(
    requests: Sequence[dict[str, Any]], judge: Judge, framework: Framework, name: str
) -> tuple[Counter[str], Counter[str]]:
    """Count what is equal, what differs and why; print what nothing explains."""
    counts: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    shown = 0
    with Evaluator() as evaluator:
        for request, theirs in zip(requests, judge.ask(requests), strict=True):
            mine, rows = ours(request, framework, evaluator)
            verdicts.update(one.verdict.value for row in rows for one in row)
            verdicts["refused mapping"] += not rows and bool(request["objects"])
            if theirs is not None and bare(mine) == bare(theirs):
                counts["equal"] += 1
                continue
            why = explained(request, theirs, rows, framework)
            counts[why or "unexplained"] += 1
            if not why and (shown := shown + 1) <= SHOWN:
                print(f"--- {name}\n{json.dumps(request)[:1500]}")
                print(f"theirs {json.dumps(theirs)[:900]}\nours   {json.dumps(mine)[:900]}")
    return counts, verdicts


def examples(root: Path) -> Iterator[dict[str, Any]]:
    """Yield every example of a checkout with every resource that has its kind, installed or recorded beside it."""
    from seatrial.preview.cases import example_set_of
    from seatrial.workspace.workspace import open_workspace

    for integration in open_workspace(str(root)).integrations:
        for case in example_set_of(integration).cases:
            if case.objects:
                yield {"resource": case.resource, "objects": list(case.objects), "name": case.name}


WORDS = ("id", "key", "name", "fields", "items", "list", "a", "b", "status", "parent", "tags", "url", "item")


def thing(chance: random.Random, depth: int = 0) -> Any:
    """Return a value such as an API gives."""
    sort = chance.random()
    if depth < 4 and sort < 0.3:
        return {chance.choice(WORDS): thing(chance, depth + 1) for _ in range(chance.randint(0, 5))}
    if depth < 4 and sort < 0.45:
        return [thing(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    return chance.choice([
        None, True, False, 0, 1, -7, 3.5, 1e3, 12345678901234567890, 0.1, "", "x", "a b", "It's", "Ünï", '"q"', "true",
        "2024-01-02T03:04:05Z", "https://example.com/a/b", "1", "null", "\u2028", "a" * 300, 1.0, -0.0, 1e-7, 1e25,
    ])  # fmt: skip


PROGRAMS = r"""
PATH
PATH
PATH
PATH
PATH?
PATH[0]
PATH[]
PATH // INNER
PATH // "none"
PATH // 'none'
PATH // 'it"s'
(INNER) | tostring
'it''s'
'x'
'WORD' + PATH
"'x'"
PATH + ' ' + INNER
PATH |tostring| 'WORD'
"a" + PATH
INNER | length
[PATH[]?]
PATH | split("/") | last
PATH | if . then "y" else 'n' end
PATH == 'x'
PATH != null
if PATH == "x" then INNER else empty end
empty
null
true
false
.
..
[INNER, PATH]
{a: INNER}
try (INNER) catch "no"
PATH as $x | $x
PATH as [$x] ?// $x | $x
$ENV.HOME
env
first(INNER)
PATH | map(.WORD)
PATH | to_entries
PATH | keys
error
error(PATH)
error(null)
halt
halt_error
input
[inputs]
debug
stderr
$__loc__
input_filename
get_search_list
"a" | modulemeta
import "a" as a; .
(
)
"
1, error(2)
PATH | tonumber
PATH | ascii_downcase
PATH | gsub(" "; "")
PATH | test('x')
PATH | fromdate
PATH | @base64
PATH | @json
@sh "x"
def f: INNER; f
INNER # note
# note
PATH | tojson
PATH | fromjson
reduce PATH[]? as $x (0; . + 1)
label $out | INNER, break $out
PATH | .[0:2]
PATH |= 1
del(PATH)
path(PATH)
[paths]
PATH | floor
PATH * 2
PATH - INNER
-PATH
PATH | limit(1; .[]?)
[limit(3; repeat(INNER))]
"\(PATH)-\(INNER)"
PATH | not
5
-1
PATH and INNER
PATH | in({})
nan
infinite
[nan]
1e1000
100000000000000000000
0.10
PATH | ltrimstr("a")
getpath(["WORD"])
PATH | unique
PATH | add
PATH | any
PATH | sort_by(.a)
PATH | group_by(.a)
PATH | flatten
PATH | splits(",")
PATH ?// 1
PATH.["a"]
PATH["WORD"]
""".strip("\n").split("\n")  # fmt: skip


def program(chance: random.Random, depth: int = 0) -> Any:
    """Return a program, often a wrong one, and now and then no text."""
    if depth == 0 and chance.random() < 0.04:
        return chance.choice([5, True, 1.5, "", " "])
    path = "".join(f".{chance.choice(WORDS)}" for _ in range(chance.randint(1, 3)))
    inner = program(chance, depth + 1) if depth < 3 else path
    form = str(chance.choice(PROGRAMS)).replace("WORD", chance.choice(WORDS))
    return form.replace("INNER", inner).replace("PATH", path)


HOSTILE = (
    "def f: f; f", "[range(1e12)]", "[limit(1e9; repeat(1))]", "last(range(1e12))", "def f: [f]; f", '"x" * 200000000',
    "until(false; .)", "[.] | until(false; . + .)",
)  # fmt: skip


def query(chance: random.Random, depth: int = 0) -> Any:
    """Return a search query."""
    rules = []
    for _ in range(chance.randint(0, 2)):
        nested = depth < 2 and chance.random() < 0.25
        rule = {"property": '"$title"', "operator": chance.choice(['"="', "'='"]), "value": program(chance)}
        rules.append(query(chance, depth + 1) if nested else rule)
    return {"combinator": chance.choice(['"and"', "'or'", ".a"]), "rules": rules}


def pair(chance: random.Random) -> dict[str, Any]:
    """Return a resource and an object for it."""
    mappings: dict[str, Any] = {
        "identifier": chance.choice([".id", ".key | tostring", program(chance), ".id // 'x'"]),
        "blueprint": chance.choice(['"b"', '"b"', "'b'", program(chance)]),
        "properties": {chance.choice(WORDS): program(chance) for _ in range(chance.randint(0, 4))},
    }
    for key in ("title", "icon", "team"):
        if chance.random() < 0.4:
            mappings[key] = chance.choice([program(chance), None, ".name"])
    if chance.random() < 0.5:
        mappings["relations"] = {
            chance.choice(WORDS): query(chance) if chance.random() < 0.3 else program(chance)
            for _ in range(chance.randint(0, 3))
        }
    if chance.random() < 0.08:
        mappings["identifier" if chance.random() < 0.5 else "team"] = query(chance)
    if chance.random() < 0.03:
        mappings[chance.choice(list(mappings))] = chance.choice([None, 5, [], {}, "x"])
    port: dict[str, Any] = {"entity": {"mappings": mappings}}
    if chance.random() < 0.15:
        port["itemsToParse"] = chance.choice(
            [".items", ".list", "(.items) | map(.)", program(chance), ".fields.items | .[0:2]"]
        )
        if chance.random() < 0.5:
            port["itemsToParseName"] = chance.choice(WORDS)
        if chance.random() < 0.3:
            port["itemsToParseTopLevelTransform"] = chance.choice([True, False, "no"])
    selector = chance.choice(
        ["true", "true", "true", ".a != null", program(chance), 'true and ("x" == "x")', True]
    )
    raw = thing(chance, 0)
    raw = (
        raw
        if isinstance(raw, dict)
        else {"id": raw, "name": "n", "items": [thing(chance, 2) for _ in range(3)]}
    )
    if chance.random() < 0.5:
        raw["id"] = chance.choice(["x1", "y2", 7])
    return {"resource": {"kind": "k", "selector": {"query": selector}, "port": port}, "objects": [raw]}


def hostile(chance: random.Random) -> dict[str, Any]:
    """Return a pair with a program that does not come to an end."""
    made = pair(chance)
    made["resource"]["selector"]["query"] = "true"
    made["resource"]["port"].pop("itemsToParse", None)
    made["resource"]["port"]["entity"]["mappings"]["properties"] = {"p": chance.choice(HOSTILE)}
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkouts", nargs="*", type=Path)
    parser.add_argument("--versions", default="0.29.5,newest")
    parser.add_argument("--pairs", type=int, default=5000)
    parser.add_argument("--hostile", type=int, default=5)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--python", default="3.12")
    parser.add_argument(
        "--jq", default="", help="the version of the library jq; by default the one that fits"
    )
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()) / "seatrial-preview")
    given = parser.parse_args()
    given.place.mkdir(exist_ok=True)
    failed = False
    for wanted in given.versions.split(","):
        interpreter, version = environment(wanted, given.place, given.python, given.jq)
        framework = Framework.of(version)
        judge = Judge(interpreter, given.place / "folder", 20)
        chance = random.Random(given.seed)
        generated = [pair(chance) for _ in range(given.pairs)]
        sets = [(f"generated, {version}", generated)]
        sets.append((f"hostile, {version}", [hostile(chance) for _ in range(given.hostile)]))
        sets += [(f"{root.name}, {version}", list(examples(root))) for root in given.checkouts]
        for name, requests in sets:
            started = time.monotonic()
            counts, verdicts = compare(requests, judge, framework, name)
            failed = failed or bool(counts["unexplained"])
            print(
                f"{name}: {len(requests)} pairs, {dict(counts)}; {dict(verdicts)}; {time.monotonic() - started:.0f} s",
                flush=True,
            )
    sys.exit(failed)


if __name__ == "__main__":
    main()
