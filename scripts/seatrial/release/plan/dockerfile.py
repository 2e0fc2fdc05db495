"""Which images a Dockerfile starts from, and which ARG names each.

Law: the Dockerfile reference of BuildKit, sections "FROM", "ARG", "Parser directives", "Here-documents"
and "Environment replacement". (`dockerfile-parse` 2.0.1 takes heredocs for instructions and knows neither
`${A:-x}` nor an ARG made from another.)

The instructions of a Dockerfile: comments left out, continued lines joined, here-documents passed over.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.names import shown

_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(.+)")
_HEREDOC = re.compile(r"(?:^|\s)\d*<<(-?)([\"']?)([A-Za-z_]\w*)\2(?=\s|$|[|;&>)])")
_WITH_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})


@dataclass(frozen=True)
class Instruction:
    """An instruction: its word in capitals, the rest on one line, and the 1-based line it begins on."""

    word: str
    rest: str
    line: int


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions in order; what is no instruction at all comes as one with whatever word it begins."""
    lines = enumerate(text.removeprefix("\ufeff").splitlines(), start=1)
    continued = re.compile(rf"{re.escape(_escape(text))}\s*\Z")
    for number, line in lines:
        if not _counts(line):
            continue
        joined = _joined(line, lines, continued)
        word, _, rest = joined.strip().partition(" ")
        found = Instruction(word.upper(), rest.strip(), number)
        yield found
        if found.word in _WITH_HEREDOCS:
            _pass_heredocs(found.rest, lines)


def _escape(text: str) -> str:
    """The sign that continues a line: a backslash, or what the directive at the top of the file says."""
    for line in text.removeprefix("\ufeff").splitlines():
        directive = _DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2].strip() in ("\\", "`"):
            return directive[2].strip()
    return "\\"


def _counts(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _joined(line: str, lines: Iterator[tuple[int, str]], continued: re.Pattern[str]) -> str:
    """The line with those it goes on to, where comments and empty lines between do not count."""
    parts = []
    while continued.search(line):
        parts.append(continued.sub("", line))
        line = next((following for _, following in lines if _counts(following)), "")
    return "".join([*parts, line]).replace("\t", " ")


def _pass_heredocs(rest: str, lines: Iterator[tuple[int, str]]) -> None:
    for dash, _, word in _HEREDOC.findall(rest):
        for _, line in lines:
            if (line.lstrip("\t") if dash else line) == word:
                break


MAX_VALUE = 1000
"""No name of an image is longer, in characters; an ARG built from others is not followed beyond."""

AUTOMATIC = frozenset(
    f"{side}{part}"
    for side in ("BUILD", "TARGET")
    for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
)
"""ARGs that the builder sets by itself."""

_VARIABLE = re.compile(
    r"\$(?:(?P<bare>\w+)|\{(?P<name>\w+)(?:(?P<how>:?[-+])(?P<word>(?:[^{}$]|\$\{[^{}]*\}|\$\w*)*))?\})"
)
_REFERENCE = re.compile(
    r"(?:[A-Za-z0-9][\w.-]*|\[::1\])(?::\d+)?(?:/[a-z0-9][\w.-]*)*(?::\w[\w.-]*)?(?:@[a-z0-9]+:[0-9a-f]+)?",
    re.ASCII,
)
_LOOPBACK = re.compile(r"(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost(?=:))(?::\d+)?/", re.ASCII)
_REFERRED = re.compile(r"(?:^|[\s,])(?:--)?from=([^\s,]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Base:
    """An image that a Dockerfile starts from.

    `arg` is the ARG that names it, None where FROM itself does, and `line` where that stands. `problem`
    says what keeps the name from being known; `image` is empty then.
    """

    image: str
    arg: str | None
    line: int
    problem: str = ""


@dataclass(frozen=True)
class _Stage:
    """A FROM: the image as written, the name it gives itself, and the names its instructions refer to."""

    image: str
    name: str
    line: int
    refers: tuple[str, ...]


@dataclass(frozen=True)
class _Arg:
    """An ARG before the first FROM; None where it has neither a value nor a default."""

    value: str | None
    line: int


def bases(text: str, args: Mapping[str, str]) -> Sequence[Base]:
    """The images that must be at hand to build the last stage, given the build arguments, each once.

    A stage that the last one does not need is not built, nor is `scratch` or an earlier stage an image. Of a
    name that nobody can tell beforehand, as it depends on the platform, nothing is said.
    """
    found = list(instructions(text))
    first = next((at for at, one in enumerate(found) if one.word == "FROM"), len(found))
    declared = _declared(found[:first], args)
    stages = list(_stages(found[first:]))
    named = [_base(stages[at], stages[:at], declared) for at in sorted(_needed(stages, declared))]
    return list({(base.image, base.arg, base.problem): base for base in named if base}.values())


def on_loopback(image: str) -> bool:
    """Whether an image comes from a registry on this machine, which is asked by plain http."""
    return bool(_LOOPBACK.match(image))


def _declared(found: Sequence[Instruction], args: Mapping[str, str]) -> Mapping[str, _Arg]:
    declared: dict[str, _Arg] = {}
    for instruction in found:
        words = _words(instruction.rest) if instruction.word == "ARG" else []
        for word in words:
            name, equals, default = word.partition("=")
            value = _filled(default, declared) if equals else None
            declared[name] = _Arg(args.get(name, value), instruction.line)
    return declared


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _stages(found: Sequence[Instruction]) -> Iterator[_Stage]:
    starts = [at for at, one in enumerate(found) if one.word == "FROM"]
    for start, end in zip(starts, [*starts[1:], len(found)], strict=False):
        words = [word for word in _words(found[start].rest) if not word.startswith("--")]
        name = words[2].lower() if len(words) == 3 and words[1].lower() == "as" else ""
        refers = [name for one in found[start + 1 : end] for name in _REFERRED.findall(one.rest)]
        yield _Stage(words[0] if words else "", name, found[start].line, tuple(refers))


def _needed(stages: Sequence[_Stage], declared: Mapping[str, _Arg]) -> set[int]:
    """The numbers of the stages that the last one is made from, itself among them."""
    needed: set[int] = set()
    pending = [len(stages) - 1] if stages else []
    while pending:
        at = pending.pop()
        if at in needed:
            continue
        needed.add(at)
        names = [_filled(stages[at].image, declared), *stages[at].refers]
        pending += [number for name in names for number in _numbers(name, stages[:at])]
    return needed


def _numbers(name: str, earlier: Sequence[_Stage]) -> list[int]:
    """The stage of this name or number: one of the earlier ones, the last so named, or none."""
    if name.isdecimal() and len(name) < 9:
        return [int(name)] if int(name) < len(earlier) else []
    return [at for at, stage in enumerate(earlier) if stage.name and stage.name == name.lower()][-1:]


def _base(stage: _Stage, earlier: Sequence[_Stage], declared: Mapping[str, _Arg]) -> Base | None:
    names: list[str] = [found["bare"] or found["name"] for found in _VARIABLE.finditer(stage.image)]
    image = _filled(stage.image, declared)
    if AUTOMATIC.intersection(names) or image == "scratch" or "$" in image or _numbers(image, earlier):
        return None
    arg = names[0] if names else None
    line = declared[arg].line if arg and arg in declared else stage.line
    if _REFERENCE.fullmatch(image):
        return Base(image, arg, line)
    return Base("", arg, line, _lack(image, names, declared))


def _lack(image: str, names: Sequence[str], declared: Mapping[str, _Arg]) -> str:
    """Why what FROM comes to is no image."""
    missing = next((name for name in names if not _value(name, declared)), None)
    if missing is None:
        return f'FROM names "{shown(image)}", which is no image' if image else "FROM names no image"
    if missing in declared:
        return f"ARG {missing} has no value"
    return f'FROM uses "{missing}", but no ARG above the first FROM declares it'


def _value(name: str, declared: Mapping[str, _Arg]) -> str | None:
    return declared[name].value if name in declared else None


def _filled(text: str, declared: Mapping[str, _Arg]) -> str:
    """The text with its variables replaced, one that has no value by nothing."""

    def replaced(found: re.Match[str]) -> str:
        value = _value(found["bare"] or found["name"], declared)
        how = found["how"] or ""
        there = bool(value) if how.startswith(":") else value is not None
        if how and there == how.endswith("+"):
            return _filled(found["word"], declared)
        return "" if how.endswith("+") else value or ""

    return _VARIABLE.sub(replaced, text)[:MAX_VALUE]
