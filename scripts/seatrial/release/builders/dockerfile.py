"""The base images of a Dockerfile, and the ARG that names each.

Law: the Dockerfile reference of BuildKit, sections "FROM", "ARG", "Parser directives", "Here-documents"
and "Environment replacement". (`dockerfile-parse` 2.0.1 takes heredocs for instructions and knows neither
`${A:-x}` nor an ARG made from another.)
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seatrial.core.addresses import is_loopback
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
    """Yield the instructions in order, without comments and here-documents, continued lines joined.

    Any other line counts as an instruction, named by its first word.
    """
    lines = enumerate(lines_of(text), start=1)
    continued = re.compile(rf"{re.escape(_escape(text))}\s*\Z")
    for number, line in lines:
        if not _is_content(line):
            continue
        joined = _joined(line, lines, continued)
        word, _, rest = joined.strip().partition(" ")
        found = Instruction(word.upper(), rest.strip(), number)
        yield found
        if found.word in _WITH_HEREDOCS:
            _skip_heredocs(found.rest, lines)


def lines_of(text: str) -> list[str]:
    """Return the lines as a builder splits them: at line feeds only."""
    return [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]


def _escape(text: str) -> str:
    """Return the character that continues a line: a backslash, or the one in the directive at the top of the file."""
    for line in lines_of(text):
        directive = _DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2].strip() in ("\\", "`"):
            return directive[2].strip()
    return "\\"


def _is_content(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and not stripped.startswith("#")


def _joined(line: str, lines: Iterator[tuple[int, str]], continued: re.Pattern[str]) -> str:
    """Return the line joined with its continuations; comments and empty lines between are left out."""
    parts = []
    while continued.search(line):
        parts.append(continued.sub("", line))
        line = next((following for _, following in lines if _is_content(following)), "")
    return re.sub(r"\s", " ", "".join([*parts, line]))


def _skip_heredocs(rest: str, lines: Iterator[tuple[int, str]]) -> None:
    for dash, _, word in _HEREDOC.findall(rest):
        for _, line in lines:
            if (line.lstrip("\t") if dash else line) == word:
                break


MAX_VALUE = 1000
"""Longest name of an image, in characters; an ARG built from others is cut there."""

AUTOMATIC = frozenset(
    f"{side}{part}"
    for side in ("BUILD", "TARGET")
    for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
)
"""ARGs that the builder sets."""

_VARIABLE = re.compile(
    r"\$(?:(?P<bare>\w+)|\{(?P<name>\w+)(?:(?P<how>:?[-+])(?P<word>(?:[^{}$]|\$\{[^{}]*\}|\$(?!\{))*))?\})"
)
_REFERENCE = re.compile(
    r"(?:[A-Za-z0-9][\w.-]*|\[::1\])(?::\d+)?(?:/[a-z0-9][\w.-]*)*(?::\w[\w.-]*)?(?:@[a-z0-9]+:[0-9a-f]+)?",
    re.ASCII,
)
_REFERRED = re.compile(r"(?:^|[\s,])(?:--)?from=([^\s,]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Base:
    """An image that a Dockerfile starts from.

    `arg` is the ARG that names it, None where FROM itself does, and `line` that of the ARG or FROM. `problem`
    says why the name is not known; `image` is empty then.
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
    references: tuple[str, ...]


@dataclass(frozen=True)
class _Arg:
    """An ARG before the first FROM; None where it has neither a value nor a default."""

    value: str | None
    line: int


def bases(text: str, args: Mapping[str, str]) -> Sequence[Base]:
    """Return the images needed to build the last stage, given the build arguments, each once.

    Stages that the last one does not need are left out, as are `scratch`, earlier stages, and names that depend
    on the platform and so are not known beforehand.
    """
    found = list(instructions(text))
    first = next((at for at, one in enumerate(found) if one.word == "FROM"), len(found))
    declared = _declared(found[:first], args)
    stages = list(_stages(found[first:]))
    named = [_base(stages[at], stages[:at], declared) for at in sorted(_needed(stages, declared))]
    return list({(base.image, base.arg, base.problem): base for base in named if base}.values())


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its variables replaced, one without a value by nothing; cut at MAX_VALUE."""
    return _filled(text, {name: _Arg(value, 0) for name, value in values.items()})


def has_other_dollars(text: str) -> bool:
    """Return whether a text has a `$` that does not begin a variable."""
    return "$" in _VARIABLE.sub("", text)


def on_loopback(image: str) -> bool:
    """Return whether an image comes from a registry on this machine, which is reached by plain http."""
    host, slash, _ = image.partition("/")
    return bool(slash) and host != "localhost" and is_loopback(host)


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
    """Return the numbers of the stages that the last one is made from, including itself."""
    needed: set[int] = set()
    pending = [len(stages) - 1] if stages else []
    while pending:
        at = pending.pop()
        if at in needed:
            continue
        needed.add(at)
        names = [_filled(stages[at].image, declared), *stages[at].references]
        pending += [number for name in names for number in _numbers(name, stages[:at])]
    return needed


def _numbers(name: str, earlier: Sequence[_Stage]) -> list[int]:
    """Return the earlier stage of this number, or the last of this name, if there is one."""
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
    return Base("", arg, line, _problem(image, names, declared))


def _problem(image: str, names: Sequence[str], declared: Mapping[str, _Arg]) -> str:
    """Return why the result of FROM is not an image."""
    missing = next((name for name in names if not _value(name, declared)), None)
    if missing is None:
        return f'FROM names "{shown(image)}", which is not an image' if image else "FROM names no image"
    if missing in declared:
        return f"ARG {missing} has no value"
    return f'FROM uses "{missing}", but no ARG above the first FROM declares it'


def _value(name: str, declared: Mapping[str, _Arg]) -> str | None:
    return declared[name].value if name in declared else None


def _filled(text: str, declared: Mapping[str, _Arg]) -> str:
    """Return the text with its variables replaced, one without a value by nothing."""

    def replaced(found: re.Match[str]) -> str:
        value = _value(found["bare"] or found["name"], declared)
        how = found["how"] or ""
        there = bool(value) if how.startswith(":") else value is not None
        if how and there == how.endswith("+"):
            return _filled(found["word"], declared)
        return "" if how.endswith("+") else value or ""

    return _begun(_pieces(text, replaced))


def _pieces(text: str, replaced: Callable[[re.Match[str]], str]) -> Iterator[str]:
    """Yield the parts of a text, its variables replaced."""
    end = 0
    for found in _VARIABLE.finditer(text):
        yield text[end : found.start()]
        yield replaced(found)
        end = found.end()
    yield text[end:]


def _begun(pieces: Iterator[str]) -> str:
    """Return the first MAX_VALUE characters of the pieces, and make no more pieces than that takes."""
    found: list[str] = []
    left = MAX_VALUE
    for piece in pieces:
        found.append(piece[:left])
        left -= len(found[-1])
        if not left:
            break
    return "".join(found)
