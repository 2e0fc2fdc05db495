"""The access of a build to this machine: its builder's environment, and the requests of a Dockerfile that are refused.

A Dockerfile may come from somebody who is not trusted. Its build reads the exported commit and nothing else here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from seatrial.core.names import shown
from seatrial.release.builders.dockerfile import Instruction, instructions, lines_of

KEPT = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS",
    "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS",
    "DOCKER_TLS_VERIFY", "DOCKER_API_VERSION", "BUILDX_BUILDER", "BUILDX_CONFIG", "BUILDKIT_HOST", "KUBECONFIG",
    "CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINER_SSHKEY", "CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE",
    "CONTAINERS_REGISTRIES_CONF", "CONTAINERS_STORAGE_CONF", "CONTAINERS_HELPER_BINARY_DIR", "REGISTRY_AUTH_FILE",
    "STORAGE_DRIVER", "STORAGE_OPTS", "BUILDAH_ISOLATION", "BUILDAH_RUNTIME", "_CONTAINERS_USERNS_CONFIGURED",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "FTP_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
})  # fmt: skip
"""The variables that builders need to find daemon, storage, logins of registries and proxies. No other is passed."""

AGENT = "SSH_AUTH_SOCK"
REMOTE = ("DOCKER_HOST", "CONTAINER_HOST")
"""A builder that is reached by ssh needs the agent; it is not handed on to builds."""

_STEERS = re.compile(
    r"(?i:LD_|DYLD_|GO|MALLOC_|GLIBC_|DOCKER_|BUILDX_|BUILDKIT_|BUILDAH_|CONTAINER|PODMAN_|STORAGE_|XDG_|SSL_|SSH_|LC_|_)"
    r".*|(?i:.*_PROXY)|(?:BASH|PYTHON|PERL).*|ENV|IFS|PS4|SHELLOPTS"
)
"""Variables by which programs and their libraries are told what to do."""


def environment(inherited: Mapping[str, str], args: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a builder: the variables of this process that it needs, and the build args in it."""
    kept = {name: value for name, value in inherited.items() if name in KEPT}
    if AGENT in inherited and any(inherited.get(name, "").startswith("ssh://") for name in REMOTE):
        kept[AGENT] = inherited[AGENT]
    return kept | {name: value for name, value in args.items() if goes_by_environment(name)}


def goes_by_environment(name: str) -> bool:
    """Return whether a build arg is passed as a variable, so that lists of processes do not show its value.

    One that the builder itself would read is passed as an argument.
    """
    return name not in KEPT and _STEERS.fullmatch(name) is None


_FRONTEND = re.compile(r"^\s*(?:#|//)\s*syntax\s*=\s*(\S+)", re.IGNORECASE)
_OFFICIAL = re.compile(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?:[:@]\S*)?")
_FLAG = re.compile(r"""\s*--((?:[^\s"']|"[^"]*"|'[^']*')+)""")
_QUOTING = re.compile(r"""["'\\]""")
_TRANSPORT = re.compile(
    r"(?:dir|oci|oci-archive|docker-archive|docker-daemon|containers-storage|tarball|sif|ostree):",
    re.IGNORECASE,
)
_PATH = re.compile(r":/(?!/)")
"""A part of such a name, which FROM may put together from several ARGs."""

_ESCAPE = re.compile(r"\s*#\s*escape\s*=", re.IGNORECASE)
_RISKY = re.compile(r"--[\"']*(?:mount|network|security)\b", re.IGNORECASE)

FIRST_SOUND = {"buildah": (1, 38, 1), "podman": (5, 3, 2)}
"""The versions from which a mount from another stage cannot lead out to the host (CVE-2024-1753, CVE-2024-11218)."""


def refusals(dockerfile: str, program: str, version: str) -> Iterator[str]:
    """Yield a line for each forbidden request that a Dockerfile makes of this machine."""
    yield from _frontends(dockerfile)
    yield from _differently_read(dockerfile, program, version)
    found = list(instructions(dockerfile))
    yield from _composed(found)
    for one in found:
        for why in _instruction(one, program, version):
            yield f"line {one.line}: {why}"


def _differently_read(dockerfile: str, program: str, version: str) -> Iterator[str]:
    """Yield what builders may find where Seatrial reads no instruction: with another escape character, or within
    what it takes for a here-document.
    """
    here_documents = "<<" in dockerfile
    for number, line in enumerate(lines_of(dockerfile), start=1):
        if _ESCAPE.match(line):
            yield f"line {number}: another escape character is not accepted; use the backslash"
        for found in _RISKY.finditer(line) if here_documents else ():
            for why in _instruction(Instruction("RUN", line[found.start() :], number), program, version):
                yield f"line {number}: {why}"


def _composed(found: Sequence[Instruction]) -> Iterator[str]:
    """Yield the ARGs above the first FROM that hold a part of the name of a file, from which FROM may be composed."""
    for one in found:
        if one.word == "FROM":
            return
        words = re.split(r"[=\s\"']", one.rest) if one.word == "ARG" else []
        if any(_TRANSPORT.match(word) or _PATH.search(word) for word in words):
            yield f"line {one.line}: ARG names files of this machine instead of an image"


def _frontends(dockerfile: str) -> Iterator[str]:
    """Yield the program that is to read the Dockerfile in place of the builder, unless it is Docker's own."""
    text = dockerfile.removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        yield "line 1: it is JSON, which names a program to read it"
    for number, line in enumerate(lines_of(text), start=1):
        found = _FRONTEND.match(line)
        if found and not _OFFICIAL.fullmatch(found[1]):
            yield f'line {number}: "{shown(found[1])}" is a program that reads it in place of the builder'
        if line.strip() and not line.lstrip().startswith(("#", "//")):
            return


def _instruction(one: Instruction, program: str, version: str) -> Iterator[str]:
    if one.word == "ONBUILD":
        word, _, rest = one.rest.partition(" ")
        yield from _instruction(Instruction(word.upper(), rest.strip(), one.line), program, version)
    words = _QUOTING.sub("", one.rest).split()
    if one.word == "FROM" and any(map(_TRANSPORT.match, words)):
        yield "FROM names files of this machine instead of an image"
    for name, value in _flags(one.rest):
        if name == "from" and _TRANSPORT.match(value):
            yield "--from names files of this machine instead of an image"
        elif name == "from" and "$" in value:
            yield "--from depends on a variable; name the stage or the image"
        elif name == "security" and value != "sandbox":
            yield f"--security={shown(value)} gives it this machine's own rights"
        elif name == "network" and value not in ("default", "none"):
            yield f"--network={shown(value)} gives it this machine's own network"
        elif name == "mount":
            yield from _mount(value, program, version)


def _flags(rest: str) -> Iterator[tuple[str, str]]:
    """Yield names and values of the flags of an instruction, as a builder reads them."""
    at = 0
    while found := _FLAG.match(rest, at):
        name, _, value = _QUOTING.sub("", found[1]).partition("=")
        yield name.lower(), value
        at = found.end()


def _mount(stated: str, program: str, version: str) -> Iterator[str]:
    parts = [part.partition("=") for part in stated.split(",")]
    options = {name.strip().lower(): value.strip() for name, _, value in parts}
    kind = options.get("type", "bind").lower()
    if kind in ("secret", "ssh"):
        yield f"--mount=type={kind} asks for a {kind} of this machine, and builds are given none"
    elif kind not in ("bind", "cache", "tmpfs"):
        yield f"--mount=type={shown(kind)} is not a mount that builds are given"
    if "bind-propagation" in options or any(".." in value for value in options.values()):
        yield "--mount states a path or an option that can lead out of the build"
    if _TRANSPORT.match(options.get("from", "")) or "$" in options.get("from", ""):
        yield "--mount names files of this machine instead of an image"
    if kind == "bind" and "from" in options and _is_unsound(program, version):
        sound = ".".join(map(str, FIRST_SOUND[program]))
        yield (
            f"--mount from another image can lead out to this machine with {program} {version}; use {program} {sound} "
            "or later, or COPY --from instead"
        )


def _is_unsound(program: str, version: str) -> bool:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    return program in FIRST_SOUND and numbers < FIRST_SOUND[program]
