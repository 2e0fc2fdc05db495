"""The last words of a builder: which step failed, and what that step said last."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_LINE = 200
"""No more of a line is repeated, in characters; the log has it all."""

_ERROR = re.compile(r"(?:error|fatal)(?: response from daemon)?: (.*)", re.IGNORECASE)
_STEP = re.compile(r"(?:\[\S+\] )?STEP \d+/\d+: ")
_EXIT = re.compile(r"subprocess exited (?:with|on) .*")
_NOISE = re.compile(r"(?:Trying to pull |time=\"|-->|Error: |error: |\[\S+\] STEP )")
_VERTEX = re.compile(r"#(\d+) ERROR: ")
_HEADER = re.compile(r" ?> \[.*\].*:\Z")
_RULE = re.compile(r"-{6,}\Z")
_CLOCK = re.compile(r"\d+\.\d+ ")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def last_words(log: str) -> str:
    """One line from a log of BuildKit, buildah or podman: the error, and what the failing step said before it."""
    lines = [_plain(line) for line in log.splitlines() if line.strip()]
    if not lines:
        return "it said nothing"
    errors = [found[1] for line in lines if (found := _ERROR.match(line))]
    error = errors[-1] if errors else lines[-1]
    said = _said(lines)
    return _short(error) + (f', after "{_short(said)}"' if said and said != error else "")


def reason(log: str) -> str:
    """Why a base image cannot be had, less the place that the caller names."""
    return re.sub(r"^initializing source \S+: ", "", last_words(log).split(', after "')[0])


def _plain(line: str) -> str:
    letters = _COLOUR.sub("", line).rstrip()
    return "".join(letter if letter.isprintable() else " " for letter in letters.expandtabs(1))


def _said(lines: Sequence[str]) -> str:
    """What the failing step said last; empty where it said nothing."""
    headers = [at for at, line in enumerate(lines) if _HEADER.match(line)]
    repeated = _until_rule(lines[headers[-1] + 1 :]) if headers else _since_step(lines)
    block = _of_vertex(lines) or repeated
    told = [text for line in block if not _NOISE.match(line) and (text := _EXIT.sub("", line))]
    return _CLOCK.sub("", told[-1], count=1).strip() if told else ""


def _of_vertex(lines: Sequence[str]) -> Sequence[str]:
    """What BuildKit's failing step said, as it came; where it says that again at the end, lines may change places."""
    failed = [found[1] for line in lines if (found := _VERTEX.match(line))]
    name = f"#{failed[-1]} " if failed else "#"
    said = [line.removeprefix(name) for line in lines if line.startswith(name)]
    return [line for line in said if _CLOCK.match(line)]


def _until_rule(lines: Sequence[str]) -> Sequence[str]:
    """BuildKit repeats the words of the failing step between its name and a rule."""
    end = next((at for at, line in enumerate(lines) if _RULE.match(line)), len(lines))
    return lines[:end]


def _since_step(lines: Sequence[str]) -> Sequence[str]:
    steps = [at for at, line in enumerate(lines) if _STEP.match(line)]
    return lines[steps[-1] + 1 :] if steps else []


def _short(line: str) -> str:
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE // 2]} ... {line[-MAX_LINE // 2 :]}"
