"""Applying a plan: the parts, several at once, then what is done once for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from seatrial.core.errors import SeatrialError, ServiceError, Unreadable
from seatrial.core.model import Integration
from seatrial.release.builders.bases import bases_unready
from seatrial.release.plan.plan import Part
from seatrial.release.plan.receipt import to_json
from seatrial.release.run.build import args_of
from seatrial.release.run.finish import Done, Failure
from seatrial.release.run.publish import Publication, publish
from seatrial.system.atomic import write_whole


@dataclass(frozen=True)
class Applied:
    """The parts that came to their end, and those that did not."""

    done: tuple[Done, ...]
    failures: tuple[Failure, ...]


def apply(
    run: Publication, parts: Sequence[Part], integrations: Mapping[str, Integration], jobs: int
) -> Applied:
    """Publish the content of these parts, `jobs` at once; one that fails does not keep the others.

    Raises ServiceError before anything is done where no builder or a base image is to be had.
    """
    building = [part for part in parts if part.builds]
    _must_have_bases(run, building)
    with ThreadPoolExecutor(jobs) as pool:
        try:
            results = list(pool.map(lambda part: _attempt(run, part, integrations), parts))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            if building:
                run.builder().end()
            raise
    return Applied(
        tuple(one for one in results if isinstance(one, Done)),
        tuple(one for one in results if isinstance(one, Failure)),
    )


def _attempt(run: Publication, part: Part, integrations: Mapping[str, Integration]) -> Done | Failure:
    try:
        receipt = publish(run, part, integrations[part.candidate.path])
    except (SeatrialError, Unreadable) as failure:
        return Failure(part.title, str(failure))
    if receipt:
        folder = run.yard.books / "receipts"
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / f"{receipt.type}-{receipt.version}.json", to_json(receipt))
    return Done(part, receipt)


def _must_have_bases(run: Publication, parts: Sequence[Part]) -> None:
    """Look for every base image before the first build. Raises ServiceError with what to do."""
    if not parts:
        return
    missing = list(dict.fromkeys(_missing(run, parts)))
    if missing:
        others = f" (and {len(missing) - 1} more like it)" if missing[1:] else ""
        raise ServiceError(missing[0] + others)


def _missing(run: Publication, parts: Sequence[Part]) -> Iterator[str]:
    wanted = [(part.candidate.dockerfile, args_of(run.yard, part)) for part in parts]
    yield from bases_unready(run.builder(), run.context(), wanted)
