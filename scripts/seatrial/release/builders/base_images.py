"""The base images of a build: those that cannot be found, told before anything is built, and the others' digests."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from seatrial.core.errors import ServiceError, UsageError
from seatrial.core.settings import PYTHON_IMAGE_ARGS
from seatrial.release.builders.build_places import read_inside
from seatrial.release.builders.dockerfile import Base, bases
from seatrial.release.plan.ports import Build, Builder
from seatrial.release.registry.image_names import ImageName, Repository


def missing_bases(
    builder: Builder, context: Path, wanted: Collection[tuple[str, Mapping[str, str]]]
) -> list[str]:
    """Return a line for each base image that cannot be found, and how to name another, and for each refused Dockerfile.

    Each image is looked for once. `wanted` are the Dockerfiles, by their paths below `context`, and the build
    arguments of each. Raises ServiceError for a Dockerfile that cannot be read.
    """
    lines: dict[str, None] = {}
    reasons: dict[str, str] = {}
    for path, args in wanted:
        for base in bases(_text(context, context / path), args):
            if not base.problem and base.image not in reasons:
                reasons[base.image] = _reason(builder, base.image)
            if base.problem or reasons[base.image]:
                lines[_line(base, path, base.problem or reasons[base.image])] = None
    return list(lines) or list(_refusals(builder, context, wanted))


def _refusals(
    builder: Builder, context: Path, wanted: Iterable[tuple[str, Mapping[str, str]]]
) -> Iterator[str]:
    """Yield why Dockerfiles cannot be built, each reason once."""
    found = (builder.refusal(context, context / path, args) for path, args in wanted)
    yield from dict.fromkeys(line for line in found if line)


def digests(builder: Builder, order: Build) -> dict[str, str]:
    """Return the digest of each base image of a build, by name; empty where it is not known.

    Where platforms are stated none is known, since each may start from another image.
    Raises ServiceError for a Dockerfile that cannot be read.
    """
    found = bases(_text(order.context, order.dockerfile), order.args)
    images = [base.image for base in found if not base.problem]
    return {image: "" if order.platforms else builder.digest(image) for image in images}


def _text(context: Path, dockerfile: Path) -> str:
    return read_inside(context, dockerfile).decode(errors="replace")


def _reason(builder: Builder, image: str) -> str:
    try:
        builder.ensure_base(image)
    except ServiceError as fault:
        return str(fault)
    return ""


def _line(base: Base, path: str, why: str) -> str:
    place = f"{path}:{base.line}"
    if base.problem:
        return f"{place}: {why}; {_remedy(base, place)}"
    where = f"ARG {base.arg} in {place}" if base.arg else f"FROM in {place}"
    return f'base image "{base.image}" ({_address(base.image)}{where}) cannot be pulled: {why}; {_remedy(base, place)}'


def _address(image: str) -> str:
    """Return the whole address of an image, where its name is not that already, with a comma."""
    name = ImageName.parse(image)
    try:
        repository = Repository.parse(name.repository)
    except UsageError:
        return ""
    rest = f"@{name.digest}" if name.digest else f":{name.tag or 'latest'}"
    whole = f"{repository.host}/{repository.path}{rest}"
    return "" if whole == image else f"{whole}, "


def _remedy(base: Base, place: str) -> str:
    if base.arg is None:
        return f"change FROM in {place}"
    return (
        f"name another with --build-arg {base.arg}=..., or in [release.build-args] of seatrial.toml; "
        f"with make: BUILD_ARG={base.arg}=..., several with commas"
    ) + ("; python-image below [release] names it for all" if base.arg in PYTHON_IMAGE_ARGS else "")
