"""What is done once for all integrations, after their images: the index, the pointers it leads to, the git tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from seatrial.core.errors import SeatrialError
from seatrial.release.plan import keys
from seatrial.release.plan.index import Entry
from seatrial.release.plan.plan import Part, Step
from seatrial.release.plan.ports import Store
from seatrial.release.plan.receipt import Receipt
from seatrial.release.run import index
from seatrial.release.run.journal import Facts
from seatrial.release.run.pointers import point
from seatrial.release.run.publish import Publication
from seatrial.system import git

AT_ONCE = 16


@dataclass(frozen=True)
class Done:
    """A part whose content is published, and its receipt where there is one."""

    part: Part
    receipt: Receipt | None


@dataclass(frozen=True)
class Failure:
    """A part that did not come to its end, and why, in a line."""

    subject: str
    reason: str


def finish(run: Publication, done: Sequence[Done]) -> list[Failure]:
    """Write the index once, move the pointers, set the tags; what failed.

    Raises ServiceError where the index cannot be written, ConfigurationError where it is none.
    """
    indexed = [one for one in done if Step.INDEX in one.part.steps]
    if indexed:
        with run.journal.step("index", Step.INDEX) as facts:
            facts.update(_index(run, indexed))
    failures = list(_each(run, [one for one in done if Step.LATEST in one.part.steps], _point, Step.LATEST))
    failures += _each(run, [one for one in done if Step.MARK in one.part.steps], _mark, Step.MARK, at_once=1)
    return failures


def _index(run: Publication, indexed: Sequence[Done]) -> Facts:
    store = run.yard.store
    with ThreadPoolExecutor(AT_ONCE) as pool:
        entries = list(pool.map(lambda one: _entry(store, one.part), indexed))
    before = store.get(keys.INDEX)
    index.publish(store, entries)
    return {"types": [one.part.candidate.type for one in indexed], "kept": before == store.get(keys.INDEX)}


def _entry(store: Store, part: Part) -> Entry:
    return index.entry(store, part.candidate.type, part.candidate.version)


Act = Callable[[Publication, Done, Facts], None]


def _each(
    run: Publication, done: Sequence[Done], act: Act, step: Step, at_once: int = AT_ONCE
) -> Iterator[Failure]:
    """Do one thing for each, and let no failure keep it from the others."""

    def attempt(one: Done) -> Failure | None:
        try:
            with run.journal.step(one.part.title, step) as facts:
                act(run, one, facts)
        except SeatrialError as failure:
            return Failure(one.part.title, str(failure))
        return None

    with ThreadPoolExecutor(at_once) as pool:
        yield from (failure for failure in pool.map(attempt, done) if failure)


def _point(run: Publication, one: Done, facts: Facts) -> None:
    yard, candidate = run.yard, one.part.candidate
    moved = point(yard.store, yard.images, candidate.image, candidate.type, run.holder)
    facts.update(kept=not moved, moved=list(moved))


def _mark(run: Publication, one: Done, facts: Facts) -> None:
    """The annotated tag, at the commit that the image was built from."""
    yard, candidate = run.yard, one.part.candidate
    receipt = one.receipt
    if receipt is None:
        facts["kept"] = True
        return
    name = yard.git_tag(candidate.type, candidate.version)
    if name not in git.tags(yard.root):
        git.make_tag(yard.root, name, receipt.commit, message(receipt))
    if yard.pushes_tags:
        git.push_tag(yard.root, yard.settings.remote, name)
    facts.update(name=name, commit=receipt.commit)


def message(receipt: Receipt) -> str:
    """What a tag says of its version."""
    return (
        f"{receipt.type} {receipt.version}\n\n"
        f"image: {receipt.image}:{receipt.version}@{receipt.digest}\nplan: {receipt.plan}\n"
    )
