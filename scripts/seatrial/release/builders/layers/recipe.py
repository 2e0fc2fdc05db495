"""A Dockerfile that only installs a lock and copies, as values: the steps of its stages, and the image's configuration.

Law: the Dockerfile reference of BuildKit. An instruction or a command whose result is not known without running it
is refused with its line.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.core.names import shown
from seatrial.release.builders.dockerfile import AUTOMATIC, Instruction, instructions
from seatrial.release.builders.layers.run_commands import Effect, effects
from seatrial.release.builders.layers.words import Unclear, commands, words

ROOTS = frozenset({"", "0", "root", "0:0", "root:root"})
"""How a Dockerfile names the user that may change everything."""

MAX_STAGES = 20
MAX_INSTRUCTIONS = 1000
MAX_SHOWN = 80


class Refused(ServiceError):
    """A Dockerfile asks for something that this builder does not do."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")


@dataclass(frozen=True)
class Copied:
    """COPY: `sources` from the context, or from another stage, to `place`, an absolute path.

    `into` says that `place` is a folder. `owner` and `mode` are those stated, empty for none.
    """

    sources: tuple[str, ...]
    place: str
    into: bool
    stage: Stage | None = None
    owner: str = ""
    mode: str = ""


@dataclass(frozen=True)
class WorkingFolder:
    """WORKDIR: a folder that is made where it is missing."""

    path: str


@dataclass(frozen=True)
class BuildStep:
    """A change of the files, and the line of the Dockerfile that asks for it."""

    line: int
    change: Copied | WorkingFolder | Effect


@dataclass(eq=False)
class Stage:
    """A stage: the image or stage it starts from, its steps, and the configuration at its end.

    `base` is the name of an image, empty for `scratch`.
    """

    line: int
    base: str = ""
    below: Stage | None = None
    steps: list[BuildStep] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    has_command: bool = False

    @property
    def env(self) -> dict[str, str]:
        """The environment at its end."""
        return env_of(self.config)

    @property
    def values(self) -> dict[str, str]:
        """The variables of its instructions: ARGs, over which ENV goes."""
        return self.args | self.env

    @property
    def chain(self) -> list[Stage]:
        """The stages that it goes on from, the first one first, and itself."""
        return [*(self.below.chain if self.below else []), self]

    @property
    def image(self) -> str:
        """The name of the image that the chain starts from; empty for `scratch`."""
        return self.chain[0].base


def env_of(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of a configuration, of which the last value of a name counts."""
    pairs = (entry.partition("=") for entry in config.get("Env") or ())
    return {name: value for name, _, value in pairs}


ConfigOf = Callable[[str], Mapping[str, Any]]
"""Returns the `config` of a base image. Raises ServiceError."""


def last_stage(text: str, args: Mapping[str, str], platform: str, config_of: ConfigOf) -> Stage:
    """Return the last stage of a Dockerfile for a platform, with all stages that it is made from.

    Raises Refused, and ServiceError as `config_of` does.
    """
    found = list(instructions(text))
    if len(found) > MAX_INSTRUCTIONS:
        raise Refused(found[MAX_INSTRUCTIONS].line, f"it has more than {MAX_INSTRUCTIONS} instructions")
    return _Reader(found, args, _automatic(platform), config_of).last()


def _automatic(platform: str) -> dict[str, str]:
    """Return the ARGs of the platform; that of the machine is the same, as nothing of it gets into the image."""
    system, architecture, *variant = platform.split("/")
    parts = {"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": "".join(variant)}
    return {f"{side}{part}": value for side in ("BUILD", "TARGET") for part, value in parts.items()}


class _Reader:
    """The stages of one Dockerfile, each read when it is first needed."""

    def __init__(
        self,
        found: Sequence[Instruction],
        args: Mapping[str, str],
        automatic: Mapping[str, str],
        of: ConfigOf,
    ) -> None:
        starts = [at for at, one in enumerate(found) if one.word == "FROM"]
        if not starts or len(starts) > MAX_STAGES:
            raise Refused(1, f"it has {len(starts)} stages, and from 1 to {MAX_STAGES} are read")
        self._args, self._automatic, self._config_of = args, automatic, of
        self._parts = [
            found[start:end] for start, end in zip(starts, [*starts[1:], len(found)], strict=False)
        ]
        self._known: dict[int, Stage] = {}
        self._global = self._above(found[: starts[0]])
        self._names = [self._name(part[0]) for part in self._parts]

    def last(self) -> Stage:
        """Return the last stage."""
        return self._stage(len(self._parts) - 1)

    def _above(self, found: Sequence[Instruction]) -> dict[str, str]:
        """Return the ARGs before the first FROM."""
        scope = Stage(1, args=dict(self._automatic))
        for one in found:
            if one.word != "ARG":
                raise Refused(one.line, f"{shown(one.word)} stands before FROM")
            _on(one, lambda one=one: self._arg(scope, one, {}))  # type: ignore[misc]
        return scope.args

    def _name(self, one: Instruction) -> str:
        stated = one.rest.split()
        return stated[-1].lower() if len(stated) > 2 and stated[-2].lower() == "as" else ""

    def _stage(self, at: int) -> Stage:
        if at not in self._known:
            self._known[at] = self._read(at)
        return self._known[at]

    def _read(self, at: int) -> Stage:
        first, *rest = self._parts[at]
        stage: Stage = _on(first, lambda: self._begun(first, at))
        for one in rest:
            _on(one, lambda one=one: self._instruction(stage, one, at))  # type: ignore[misc]
        return stage

    def _begun(self, one: Instruction, at: int) -> Stage:
        stated = words(one.rest, self._global)
        flags = [word for word in stated if word.startswith("--")]
        name = next((word for word in stated if not word.startswith("--")), "")
        platforms = (f"--platform={self._automatic['TARGETPLATFORM']}",)
        if any(flag not in platforms for flag in flags):
            raise Unclear("it starts from another platform, whose programs it would run")
        earlier = self._earlier(name, at)
        if earlier is not None:
            below = self._stage(earlier)
            return Stage(one.line, below=below, config=dict(below.config), args=dict(below.args))
        config = {} if name == "scratch" else dict(self._config_of(name))
        if config.get("OnBuild"):
            raise Unclear(
                f'"{shown(name)}" has instructions of its own for builds that start from it (ONBUILD)'
            )
        return Stage(one.line, base="" if name == "scratch" else name, config=config)

    def _earlier(self, name: str, at: int) -> int | None:
        """Return the number of the stage that a name or number means; None for none."""
        if name.isdecimal() and len(name) < 4 and int(name) < at:
            return int(name)
        same = [number for number in range(at) if self._names[number] and self._names[number] == name.lower()]
        return same[-1] if same else None

    def _instruction(self, stage: Stage, one: Instruction, at: int) -> None:
        if one.word == "ARG":
            self._arg(stage, one, self._global)
        elif one.word == "COPY":
            stage.steps.append(BuildStep(one.line, self._copied(stage, one, at)))
        elif one.word == "RUN":
            stage.steps += [BuildStep(one.line, effect) for effect in _run(stage, one)]
            if len(stage.steps) > MAX_INSTRUCTIONS:
                raise Unclear(f"its stage has more than {MAX_INSTRUCTIONS} commands")
        elif one.word in _CONFIGURED:
            _CONFIGURED[one.word](stage, one)
        else:
            raise Unclear(f"{shown(one.word)} is not done without running a builder")

    def _arg(self, stage: Stage, one: Instruction, above: Mapping[str, str]) -> None:
        for word in words(one.rest, stage.values):
            name, equals, default = word.partition("=")
            if name in self._args and name not in AUTOMATIC:
                stage.args[name] = self._args[name]
            elif equals:
                stage.args[name] = default
            elif name in above:
                stage.args[name] = above[name]

    def _copied(self, stage: Stage, one: Instruction, at: int) -> Copied:
        rest, flags = _split_flags(one.rest, stage.values)
        odd = flags.keys() - {"from", "chown", "chmod"}
        if odd or "<<" in rest:
            raise Unclear(
                f"COPY --{shown(min(odd))} is not done here" if odd else "it copies a text of its own"
            )
        *sources, place = _listed(rest, stage.values)
        if not sources:
            raise Unclear("COPY needs a source and a place")
        origin = None
        if "from" in flags:
            number = self._earlier(flags["from"], at)
            if number is None:
                raise Unclear("it copies from another image; only stages of this Dockerfile are known")
            origin = self._stage(number)
        into = place.endswith("/") or place in (".", "..") or len(sources) > 1
        if len(sources) > 1 and not place.endswith("/") and place not in (".", ".."):
            raise Unclear("several sources need a folder to be copied into, which ends with /")
        return Copied(
            tuple(sources),
            _absolute(stage, place),
            into,
            origin,
            flags.get("chown", ""),
            flags.get("chmod", ""),
        )


def _on(one: Instruction, act: Callable[[], Any]) -> Any:
    """Return the result for an instruction; raise Refused with its line where it is not clear."""
    try:
        return act()
    except Unclear as why:
        said = shown(f"{one.word} {one.rest}"[:MAX_SHOWN])
        raise Refused(one.line, f"`{said}`: {why}") from None


def _run(stage: Stage, one: Instruction) -> Iterator[Effect]:
    if one.rest.startswith(("--", "[")):
        raise Unclear("it is run with options, or without a shell")
    if stage.config.get("User", "") not in ROOTS:
        raise Unclear("it is run as another user than root")
    found = commands(one.rest, stage.values)
    yield from effects(found, stage.values, stage.config.get("WorkingDir") or "/")


def _split_flags(rest: str, values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    flags = {}
    while found := re.match(r"--([a-z-]+)(?:=(\S+))?\s+", rest):
        flags[found[1]] = "".join(words(found[2], values)) if found[2] else ""
        rest = rest[found.end() :]
    return rest, flags


def _listed(rest: str, values: Mapping[str, str]) -> list[str]:
    """Return the words of a list in JSON, or of plain text."""
    if rest.startswith("["):
        return ["".join(words(json.dumps(word), values)) for word in _json_list(rest)]
    return words(rest, values)


def _json_list(rest: str) -> list[str]:
    try:
        value = json.loads(rest)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise Unclear("it is not a list of words")
    return value


def _absolute(stage: Stage, path: str) -> str:
    return posixpath.normpath(posixpath.join("/", stage.config.get("WorkingDir") or "/", path))


def _env(stage: Stage, one: Instruction) -> None:
    found = stage.env | dict(_pairs(one, stage.values))
    stage.config["Env"] = [f"{name}={value}" for name, value in found.items()]


def _label(stage: Stage, one: Instruction) -> None:
    stage.config["Labels"] = {**(stage.config.get("Labels") or {}), **dict(_pairs(one, stage.values))}


def _pairs(one: Instruction, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names and values of `A=1 B=2`, or of the old form `A 1`."""
    found = words(one.rest, values)
    if found and "=" not in found[0]:
        yield found[0], " ".join(found[1:])
        return
    for word in found:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise Unclear(f"{one.word} needs NAME=VALUE")
        yield name, value


def _workdir(stage: Stage, one: Instruction) -> None:
    place = _absolute(stage, _one(one, stage))
    stage.config["WorkingDir"] = place
    stage.steps.append(BuildStep(one.line, WorkingFolder(place)))


def _user(stage: Stage, one: Instruction) -> None:
    stage.config["User"] = _one(one, stage)


def _one(one: Instruction, stage: Stage) -> str:
    found = words(one.rest, stage.values)
    if len(found) != 1:
        raise Unclear(f"{one.word} needs one value")
    return found[0]


def _cmd(stage: Stage, one: Instruction) -> None:
    stage.config["Cmd"] = _argv(one)
    stage.has_command = True


def _entrypoint(stage: Stage, one: Instruction) -> None:
    """Set the program; a command that the base image states no longer counts."""
    stage.config["Entrypoint"] = _argv(one)
    if not stage.has_command:
        stage.config.pop("Cmd", None)


def _argv(one: Instruction) -> list[str]:
    try:
        return _json_list(one.rest)
    except Unclear:
        return ["/bin/sh", "-c", one.rest]


def _expose(stage: Stage, one: Instruction) -> None:
    ports = dict(stage.config.get("ExposedPorts") or {})
    for word in words(one.rest, stage.values):
        if not re.fullmatch(r"\d{1,5}(?:/(?:tcp|udp|sctp))?", word):
            raise Unclear("it is not a port")
        ports[word if "/" in word else f"{word}/tcp"] = {}
    stage.config["ExposedPorts"] = ports


def _stopsignal(stage: Stage, one: Instruction) -> None:
    stage.config["StopSignal"] = _one(one, stage)


_CONFIGURED: Mapping[str, Callable[[Stage, Instruction], None]] = {
    "ENV": _env,
    "LABEL": _label,
    "WORKDIR": _workdir,
    "USER": _user,
    "CMD": _cmd,
    "ENTRYPOINT": _entrypoint,
    "EXPOSE": _expose,
    "STOPSIGNAL": _stopsignal,
}


def labelled(stage: Stage, labels: Mapping[str, str]) -> Stage:
    """Return the stage with more labels."""
    return replace(stage, config={**stage.config, "Labels": {**(stage.config.get("Labels") or {}), **labels}})
