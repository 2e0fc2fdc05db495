"""What uv says when it fails, in one line: what is wrong, and what to type next."""

from __future__ import annotations

import re
from collections.abc import Callable

from seatrial.environments.environment import Layer

_Saying = Callable[[re.Match[str], Layer], str]

_PACKAGE = r"`?([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?(?:==| @ |=)([^\s`,]+)`?"
_UNREACHED = (
    "error sending request|dns error|failed to lookup address|tcp connect|connection (?:refused|reset|closed)|"
    "operation timed out|request or response body error|tunnel error"
)


def explained(said: str, layer: Layer) -> str:
    """One line for what uv wrote to its error output."""
    text = re.sub(r"\s+", " ", said)
    for pattern, saying in _SAYINGS:
        match = re.search(pattern, text, re.IGNORECASE)
        if match:
            return _plain(saying(match, layer))
    return _plain(f"uv cannot install its packages: {_first_error(said)}")


def _unknown(match: re.Match[str], layer: Layer) -> str:
    version = layer.versions.get(match[1].lower(), "")
    package = f'"{match[1]}" {version}'.rstrip()
    return f'no package index has {package}; correct pyproject.toml and type "poetry lock", or set UV_INDEX'


def _changed(match: re.Match[str], _: Layer) -> str:
    return (
        f'the files of "{match[1]}" {match[2]} are not those that poetry.lock pins (other hashes); '
        'find out why, then type "poetry lock"'
    )


def _no_wheel(match: re.Match[str], layer: Layer) -> str:
    return (
        f'"{match[1]}" has no file for Python {layer.interpreter.minor} on this machine; '
        f'choose another version of it and type "poetry lock", or set SEATRIAL_LINT_PYTHON to another Python'
    )


def _unbuilt(match: re.Match[str], layer: Layer) -> str:
    return (
        f'"{match[1]}" {match[2]} has to be built for Python {layer.interpreter.minor} and cannot; '
        f'"pip wheel --no-deps {match[1]}=={match[2]}" shows why'
    )


def _unreached(match: re.Match[str], _: Layer) -> str:
    return "the package index cannot be reached; check the network or the proxy and run it again"


def _offline(match: re.Match[str], _: Layer) -> str:
    return "a package is not at hand and uv is told to stay offline; unset UV_OFFLINE and run it again"


def _refused(match: re.Match[str], _: Layer) -> str:
    return f"the package index refuses access ({match[0]}); check the user and password in UV_INDEX"


def _full(match: re.Match[str], _: Layer) -> str:
    return "no space is left on the disk; free some, or set SEATRIAL_CACHE to a folder on another disk"


def _sealed(match: re.Match[str], _: Layer) -> str:
    return f"a folder cannot be written ({match[0].lower()}); set SEATRIAL_CACHE and UV_CACHE_DIR to others"


def _gitless(match: re.Match[str], _: Layer) -> str:
    return "a package comes from git and cannot be fetched; check the address and your access to it"


_SAYINGS: tuple[tuple[str, _Saying], ...] = (
    (r"no space left on device|disk quota exceeded", _full),
    (r"read-only file system|permission denied \(os error", _sealed),
    (rf"hash mismatch for {_PACKAGE}", _changed),
    (r"not found in the cache|network (?:was|is) disabled", _offline),
    (_UNREACHED, _unreached),
    (r"\b(?:HTTP status (?:client|server) error \()?40[13] (?:unauthorized|forbidden)", _refused),
    (r"\b([A-Za-z0-9][\w.-]*)(?:==\S+)? has no wheels? with a matching", _no_wheel),
    (r"no wheels? (?:are|is) (?:usable|available) for `?([A-Za-z0-9][\w.-]*)", _no_wheel),
    (r"because there is no version of ([A-Za-z0-9][\w.-]*?)(?:==|\s|\{)", _unknown),
    (r"because ([A-Za-z0-9][\w.-]*) was not found", _unknown),
    (rf"failed to (?:build|download and build) {_PACKAGE}", _unbuilt),
    (r"git (?:operation|executable)|failed to (?:clone|fetch) .{0,80}git", _gitless),
)


def _first_error(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = (line.removeprefix("error:").strip() for line in lines if line.startswith("error:"))
    causes = (line.removeprefix("cause:").strip() for line in lines if line.startswith("cause:"))
    told = [next(errors, ""), next(causes, "")]
    return ": ".join(part for part in told if part)[:300] or "it does not say why"


def _plain(text: str) -> str:
    """Without what would steer a terminal, and without passwords in addresses."""
    text = re.sub(r"//[^/@\s]*@", "//", text)
    return "".join(character if character.isprintable() else " " for character in text)
