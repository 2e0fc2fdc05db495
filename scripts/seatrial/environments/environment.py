"""What is wanted, what is made of it, and what it is called."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seatrial.interpreters import Interpreter
from seatrial.lint.requirements import Requirement, Requirements

RECIPE = 1
"""Raised when environments are made in another way: those of before are no longer found."""


@dataclass(frozen=True)
class Wanted:
    """An integration's name and folder, the workspace's root, what it installs, and its Python."""

    name: str
    folder: Path
    root: Path
    requirements: Requirements
    interpreter: Interpreter


@dataclass(frozen=True)
class Environment:
    """A folder in which Python and the packages of an integration stand; ready to use.

    `packages` are all that Python sees there, version by name, those of `base` included.
    `key` names its content; with the same key the same lies at the same path.
    """

    key: str
    python: Path
    site: Path
    packages: Mapping[str, str]
    base: Environment | None = None

    @property
    def shared(self) -> Environment:
        """The part that others may stand on too: the base, or the whole where there is none."""
        return self.base or self


@dataclass(frozen=True)
class Local:
    """A pin that is installed from a folder or file of the workspace: where it really is, and its content."""

    path: Path
    digest: str


@dataclass(frozen=True)
class Layer:
    """An environment to be made: its own packages, over those of a base."""

    interpreter: Interpreter
    pins: tuple[Requirement, ...]
    locals: Mapping[str, Local]
    indexes: tuple[str, ...] = ()
    base: Layer | None = None

    @cached_property
    def key(self) -> str:
        """What it is called: a digest of all that decides its content and place."""
        local = [f"{name} {one.path} {one.digest}" for name, one in sorted(self.locals.items())]
        parts = (
            f"{RECIPE} {sys.platform} {platform.machine()}",
            f"{self.interpreter.path} {self.interpreter.version}",
            " ".join(sorted(pin.digest for pin in self.pins)),
            "\n".join(local),
            " ".join(self.indexes),
            self.base.key if self.base else "",
        )
        return hashlib.blake2b("\0".join(parts).encode(errors="surrogateescape"), digest_size=16).hexdigest()

    @property
    def lines(self) -> list[str]:
        """What uv is told to install."""
        found = (self.locals.get(pin.name) for pin in self.pins)
        return [pin.line_in(one.path if one else None) for pin, one in zip(self.pins, found, strict=True)]

    @property
    def versions(self) -> dict[str, str]:
        """The versions of its own packages, by name."""
        return {pin.name: pin.version for pin in self.pins}

    def flat(self) -> Layer:
        """The same packages in one layer."""
        below: Sequence[Requirement] = self.base.pins if self.base else ()
        return Layer(self.interpreter, tuple(sorted((*self.pins, *below))), self.locals, self.indexes)


def site_of(place: Path, interpreter: Interpreter) -> Path:
    """The folder of packages in the environment at `place`."""
    return place / "lib" / f"python{interpreter.minor}" / "site-packages"
