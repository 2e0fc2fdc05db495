"""One image built from the commit into a folder, once: what was built before from the same is taken again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from seatrial.core.errors import Unreadable
from seatrial.release.attest.provenance import invoker
from seatrial.release.builders.bases import digests
from seatrial.release.plan.plan import Part, Plan
from seatrial.release.plan.ports import Build, Builder
from seatrial.release.run.context import ReleaseContext
from seatrial.system.atomic import write_whole
from seatrial.system.folder import read_plain

FACTS = "built.json"


@dataclass(frozen=True)
class Built:
    """An image in a folder of OCI layout.

    `plan` is the seal of the plan by which it was built, `runner` and `run` the URIs of what ran the builder;
    `started` and `finished` are ISO times in UTC. `bases` maps the base images to their digests, empty where unknown.
    """

    layout: Path
    plan: str
    builder: str
    runner: str
    run: str
    started: str
    finished: str
    platforms: tuple[str, ...]
    bases: Mapping[str, str]
    kept: bool = False


def args_of(yard: ReleaseContext, part: Part) -> dict[str, str]:
    """The build args: where the integration lies and its version, and those of the settings."""
    candidate = part.candidate
    own = {"BUILD_CONTEXT": candidate.path or ".", "INTEGRATION_VERSION": candidate.version}
    return {**own, **yard.settings.build_args}


def labels_of(plan: Plan, part: Part, source: str) -> dict[str, str]:
    """The labels of an image, by the names of the OCI image specification."""
    labels = {
        "org.opencontainers.image.title": part.candidate.type,
        "org.opencontainers.image.version": part.candidate.version,
        "org.opencontainers.image.revision": plan.commit,
        "org.opencontainers.image.created": iso(plan.committed),
        "org.opencontainers.image.source": source,
    }
    return {name: value for name, value in labels.items() if value}


def folder_of(yard: ReleaseContext, plan: Plan, part: Part, source: str) -> Path:
    """The folder of a build, named after all that goes into the image."""
    candidate = part.candidate
    made_from = (
        plan.commit,
        plan.committed,
        plan.shared,
        source,
        candidate.tree,
        candidate.dockerfile,
        sorted(args_of(yard, part).items()),
        yard.settings.platforms,
    )
    key = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:16]
    return yard.books / "builds" / f"{candidate.type}-{candidate.version}-{key}"


def log_of(yard: ReleaseContext, part: Part) -> Path:
    """The file of all that the builder says."""
    return yard.books / "logs" / f"{part.candidate.type}-{part.candidate.version}.log"


def built(
    yard: ReleaseContext,
    plan: Plan,
    seal: str,
    part: Part,
    builder: Builder,
    context: Path,
    source: str,
    now: Callable[[], float],
) -> Built:
    """The image of a part, built now or earlier. Raises ServiceError as the builder does."""
    folder = folder_of(yard, plan, part, source)
    earlier = _earlier(folder)
    if earlier:
        return earlier
    log = log_of(yard, part)
    for place in (folder, log.parent):
        place.mkdir(parents=True, exist_ok=True)
    started = iso(now())
    order = _order(yard, plan, part, context, source, folder / "layout", log)
    started_from = digests(builder, order)
    builder.build(order)
    program = f"{builder.name} {builder.version}"
    by = invoker(os.environ)
    done = Built(
        layout=folder / "layout",
        plan=seal,
        builder=program,
        runner=by.builder,
        run=by.invocation,
        started=started,
        finished=iso(now()),
        platforms=yard.settings.platforms,
        bases=started_from,
    )
    facts = {**asdict(done), "layout": "layout"}
    facts.pop("kept")
    write_whole(folder / FACTS, json.dumps(facts, indent=2) + "\n")
    return done


def _order(
    yard: ReleaseContext, plan: Plan, part: Part, context: Path, source: str, into: Path, log: Path
) -> Build:
    shutil.rmtree(into, ignore_errors=True)
    return Build(
        context=context,
        dockerfile=context / part.candidate.dockerfile,
        args=args_of(yard, part),
        labels=labels_of(plan, part, source),
        platforms=yard.settings.platforms,
        timestamp=plan.committed,
        into=into,
        log=log,
    )


def _earlier(folder: Path) -> Built | None:
    try:
        facts = json.loads(read_plain(str(folder / FACTS)))
        stated = {**facts, "layout": folder / facts["layout"], "platforms": tuple(facts["platforms"])}
        return Built(**stated, kept=True)
    except (OSError, Unreadable, ValueError, TypeError, KeyError):
        return None


def forget(yard: ReleaseContext, plan: Plan, part: Part, source: str) -> None:
    """Remove a build that is published, for it is large."""
    with suppress(OSError):
        shutil.rmtree(folder_of(yard, plan, part, source))


def iso(seconds: float) -> str:
    """A time in UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
