"""The builder `layers`: images of Dockerfiles that only install a lock and copy, without a program and without root.

Nothing of the commit, of its dependencies or of the base image is run.
"""

from __future__ import annotations

import platform as machine
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seatrial import __version__
from seatrial.core.errors import ServiceError, reason
from seatrial.core.names import shown
from seatrial.core.settings import ReleaseSettings
from seatrial.release.attest.packages import MACHINES
from seatrial.release.builders.build_places import below, beside, ignorefile, on_disk, put, read_inside
from seatrial.release.builders.host_access import refusals
from seatrial.release.builders.layers import dependencies, image
from seatrial.release.builders.layers.assembly import OUTSIDE, Assembly
from seatrial.release.builders.layers.base_image import BaseImage, BaseImages
from seatrial.release.builders.layers.base_python import Python, python_of
from seatrial.release.builders.layers.ignore import Ignored
from seatrial.release.builders.layers.recipe import Copied, Refused, Stage, env_of, labelled, last_stage
from seatrial.release.builders.layers.run_commands import Install, InstallPoetry, SystemPackages
from seatrial.release.builders.layers.stage_files import StageEntry, StepFault
from seatrial.release.builders.oci import normalise
from seatrial.release.builders.runner import hidden, secrets_in
from seatrial.release.plan.ports import Build
from seatrial.release.registry.remote import RemoteImages
from seatrial.system import uv

NAME = "layers"

OTHERS = "docker, podman or buildah can build it"


@dataclass
class LayersBuilder:
    """The builder as `release.plan.ports.Builder`. Several threads may build at once.

    `why` is as `Builder` has it.
    """

    settings: ReleaseSettings = field(default_factory=ReleaseSettings)
    bases: BaseImages = field(default_factory=lambda: BaseImages(RemoteImages()))
    why: str = ""
    _ended: bool = False

    @property
    def name(self) -> str:
        """The name, as `seatrial.toml` states it."""
        return NAME

    @property
    def version(self) -> str:
        """That of Seatrial."""
        return __version__

    def ensure_base(self, image: str) -> None:
        """Find a base image in its registry. Raises ServiceError."""
        self.bases.manifest(image)

    def digest(self, image: str) -> str:
        """Return the digest of a base image; that of the index where it is for several platforms."""
        return self.bases.manifest(image).digest

    def refusal(self, context: Path, dockerfile: Path, args: Mapping[str, str]) -> str:
        """Return why a Dockerfile cannot be built, as far as that is known without its layers; empty if it can."""
        try:
            text = self._admitted(context, dockerfile)
            for one in _platforms(self.settings.platforms):
                self._stage(text, args, one)
        except Refused as why:
            return _refused(context, dockerfile, args, why)
        except ServiceError as why:
            return str(why)
        return ""

    def build(self, order: Build) -> None:
        """Build one image as ordered. Raises ServiceError with the line that stands in the way."""
        with on_disk(order), beside(order.into) as folder:
            try:
                self._build(order, folder)
            except Refused as why:
                raise ServiceError(_refused(order.context, order.dockerfile, order.args, why)) from None
            except OSError as failed:
                raise ServiceError(
                    f"{failed.filename or order.into} cannot be written: {reason(failed)}"
                ) from failed

    def end(self) -> None:
        """Let no build go on to its next step."""
        self._ended = True

    def _build(self, order: Build, folder: Path) -> None:
        text = self._admitted(order.context, order.dockerfile)
        layout = image.Layout(folder / "image")
        platforms = _platforms(order.platforms)
        for number, one in enumerate(platforms):
            self._must_go_on()
            place = folder / str(number)
            place.mkdir()
            self._of_platform(order, text, one, place, layout)
        normalise(layout.path, order.platforms)
        put(layout.path, order.into)

    def _of_platform(self, order: Build, text: str, platform: str, place: Path, layout: image.Layout) -> None:
        stage = labelled(self._stage(text, order.args, platform), order.labels)
        base = self.bases.image(stage.image, platform) if stage.image else None
        log = _Log(order.log)
        log.line(f"{platform}: over {stage.image or 'nothing'} ({len(base.layers) if base else 0} layers)")
        installer = _Installer(self, stage, base, platform, place, log)
        assembly = Assembly(
            last=stage,
            context=order.context,
            ignored=_ignored(order),
            image=base,
            install=installer,
            timestamp=order.timestamp,
        )
        added = assembly.files().added
        self._must_go_on()
        manifest, *layers = image.write(layout, base, platform, stage.config, added, order.timestamp)
        for blob in layers:
            log.line(f"{platform}: layer {blob.digest}, {blob.size:,} bytes")
        log.line(f"{platform}: manifest {manifest.digest}")

    def _admitted(self, context: Path, dockerfile: Path) -> str:
        """Return a Dockerfile that asks for nothing of this machine. Raises ServiceError."""
        text = read_inside(context, dockerfile).decode(errors="replace")
        why = next(refusals(text, NAME, __version__), None)
        if why:
            raise ServiceError(f"{below(dockerfile, context)}, {why}; nothing was built")
        return text

    def _stage(self, text: str, args: Mapping[str, str], platform: str) -> Stage:
        """Return the last stage. Raises Refused for what is known to be in the way before any layer is read."""

        def config_of(name: str) -> Mapping[str, object]:
            return self.bases.image(name, platform).settings

        stage = last_stage(text, args, platform, config_of)
        for one in _sources(stage):
            _must_be_in_project(one)
        for step in (step for one in stage.chain for step in one.steps):
            if isinstance(step.change, InstallPoetry):
                raise Refused(
                    step.line, "it installs poetry into the image itself, and not into a stage before it"
                )
            if isinstance(step.change, SystemPackages):
                _must_be_said(step.line, step.change, self.settings)
        return stage

    def _must_go_on(self) -> None:
        if self._ended:
            raise ServiceError(f"{NAME} was stopped, as the run was ended")


@dataclass(frozen=True)
class _Log:
    """The log of a build, for people."""

    path: Path

    def line(self, text: str) -> None:
        """Add a line."""
        with open(self.path, "a", encoding="utf-8") as sink:
            sink.write(f"{text}\n")


@dataclass(frozen=True)
class _Installer:
    """Installs the locks of one image, an `assembly.Installer`."""

    builder: LayersBuilder
    stage: Stage
    base: BaseImage | None
    platform: str
    folder: Path
    log: _Log

    def __call__(self, wanted: Install, lock: bytes, pyproject: bytes, place: str) -> dict[str, StageEntry]:
        """Return the files of the environment. Raises StepFault and ServiceError."""
        if self.base is None:
            raise StepFault("the image has no Python, as it starts from scratch")
        python = python_of(self.base, self.builder.settings.layers.python)
        self._must_fit(python)
        found = dependencies.requirements(lock, pyproject, wanted, python)
        self.log.line(
            f"{self.platform}: {len(found.pins)} packages for Python {python.version} ({python.platform})"
        )
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        uv.quiet(folder)
        return dependencies.installed(found, python, place, folder)

    def _must_fit(self, python: Python) -> None:
        """Raise StepFault where the stage that installs says that it has another Python than the image."""
        for name in {one.image for one in self._others()} - {self.stage.image, ""}:
            settings = self.builder.bases.image(name, self.platform).settings
            stated = env_of(settings).get("PYTHON_VERSION", "")
            if stated and ".".join(stated.split(".")[:2]) != python.minor:
                raise StepFault(
                    f'"{shown(name)}" has Python {shown(stated)}, but the image has {python.version}'
                )

    def _others(self) -> list[Stage]:
        return _origins(self.stage)


def _refused(context: Path, dockerfile: Path, args: Mapping[str, str], why: Refused) -> str:
    """Return the message for a refused Dockerfile, without values that may be secret."""
    secrets = secrets_in(read_inside(context, dockerfile).decode(errors="replace"), args)
    said = f"the builder {NAME} cannot build {below(dockerfile, context)}, {why}; {OTHERS}"
    return hidden(said, secrets)


def _origins(stage: Stage) -> list[Stage]:
    """Return the stages that are copied from."""
    steps = [step for one in stage.chain for step in one.steps]
    return [step.change.stage for step in steps if isinstance(step.change, Copied) and step.change.stage]


def _sources(stage: Stage) -> Iterator[Stage]:
    """Yield all stages whose files are known, as only what is copied from them gets into the image."""
    for origin in _origins(stage):
        yield from origin.chain
        yield from _sources(origin)


def _must_be_in_project(stage: Stage) -> None:
    """Raise Refused where neither a variable nor a `poetry.toml` can put the environment into the folder."""
    copied: list[str] = []
    for step in stage.steps:
        if isinstance(step.change, Copied):
            copied += [source.rpartition("/")[2] for source in step.change.sources]
        is_open = isinstance(step.change, Install) and step.change.in_project is None
        if is_open and stage.below is None and all(name in _OF_POETRY for name in copied):
            raise Refused(step.line, OUTSIDE)


_OF_POETRY = frozenset({"pyproject.toml", "poetry.lock"})


def _must_be_said(line: int, change: SystemPackages, settings: ReleaseSettings) -> None:
    missing = [name for name in change.names if name not in settings.layers.in_base]
    if missing:
        listed = ", ".join(f'"{name}"' for name in missing)
        raise Refused(
            line,
            f"{change.program} would have to be run for {', '.join(missing)}; where the base image has them "
            f"already, say so: in-base = [{listed}] in [release.layers] of seatrial.toml",
        )


def _platforms(stated: Sequence[str]) -> Sequence[str]:
    """Return the platforms to build for, by default Linux on a machine like this one."""
    if stated:
        return stated
    own = machine.machine().lower()
    architecture = {name: key for key, name in MACHINES.items()}.get(
        "aarch64" if own == "arm64" else own, own
    )
    return (f"linux/{architecture}",)


def _ignored(order: Build) -> Ignored:
    found = ignorefile(order.dockerfile, order.context)
    return Ignored.read(read_inside(order.context, found).decode(errors="replace") if found else "")
