"""Building one image from the files of the commit, into a folder named after everything that goes into the image."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from seatrial.core.days import iso
from seatrial.core.errors import Unreadable
from seatrial.release.attest.provenance import invoker
from seatrial.release.builders.base_images import digests
from seatrial.release.places import must_not_be_linked, own_folder
from seatrial.release.plan.plan import Part, Plan
from seatrial.release.plan.ports import Build, Builder, Built
from seatrial.release.run.release_context import ReleaseContext
from seatrial.system.atomic import replace_file
from seatrial.system.folder import read_plain

RECORD = "built.json"


def labels(plan: Plan, part: Part, source: str) -> dict[str, str]:
    """Return the labels of an image, under the names of the OCI image specification."""
    found = {
        "org.opencontainers.image.title": part.candidate.type,
        "org.opencontainers.image.version": part.candidate.version,
        "org.opencontainers.image.revision": plan.commit,
        "org.opencontainers.image.created": iso(plan.committed),
        "org.opencontainers.image.source": source,
    }
    return {name: value for name, value in found.items() if value}


def built(
    context: ReleaseContext,
    plan: Plan,
    seal: str,
    part: Part,
    builder: Builder,
    files: Path,
    source: str,
    now: Callable[[], float],
) -> Built:
    """Return the image of a part, built now from the commit's `files` or kept from an earlier run.

    Raises ServiceError as the builder does.
    """
    folder = must_not_be_linked(context.build_folder(plan, part, source), context.root)
    earlier = _earlier(folder)
    if earlier:
        return earlier
    log = context.folder / "logs" / f"{part.candidate.type}-{part.candidate.version}.log"
    for place in (folder, log.parent):
        own_folder(place, context.root)
    must_not_be_linked(log, context.root)
    started = iso(now())
    order = _order(context, plan, part, files, source, folder / "layout", log)
    bases = digests(builder, order)
    builder.build(order)
    by = invoker(os.environ)
    done = Built(
        layout=folder / "layout",
        plan=seal,
        builder=f"{builder.name} {builder.version}",
        runner=by.builder,
        run=by.invocation,
        started=started,
        finished=iso(now()),
        platforms=context.settings.platforms,
        bases=bases,
    )
    record = {**asdict(done), "layout": "layout"}
    record.pop("kept")
    text = json.dumps(record, indent=2) + "\n"
    replace_file(folder / RECORD, lambda file: file.write(text.encode()), root=context.root)
    return done


def _order(
    context: ReleaseContext, plan: Plan, part: Part, files: Path, source: str, into: Path, log: Path
) -> Build:
    shutil.rmtree(into, ignore_errors=True)
    return Build(
        context=files,
        dockerfile=files / part.candidate.dockerfile,
        args=context.build_args_of(part),
        labels=labels(plan, part, source),
        platforms=context.settings.platforms,
        timestamp=plan.committed,
        into=into,
        log=log,
    )


def _earlier(folder: Path) -> Built | None:
    try:
        record = json.loads(read_plain(str(folder / RECORD)))
        stated = {**record, "layout": folder / record["layout"], "platforms": tuple(record["platforms"])}
        return Built(**stated, kept=True)
    except (OSError, Unreadable, ValueError, TypeError, KeyError):
        return None


def forget(context: ReleaseContext, plan: Plan, part: Part, source: str) -> None:
    """Remove the folder of a build that is published, as it is large."""
    shutil.rmtree(context.build_folder(plan, part, source), ignore_errors=True)
