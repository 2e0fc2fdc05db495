"""Applying a plan: its parts, several at once, then index, pointers and git tags, once for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import SeatrialError, ServiceError, Unreadable
from seatrial.core.model import Integration
from seatrial.release.builders.base_images import missing_bases
from seatrial.release.places import must_not_be_linked, own_folder
from seatrial.release.plan import store_keys
from seatrial.release.plan.plan import Failure, Part, Step
from seatrial.release.plan.plan_files import Done, Receipt, receipt_json
from seatrial.release.plan.ports import AT_ONCE, Builder
from seatrial.release.run import latest
from seatrial.release.run.publication import Details, Publication
from seatrial.release.run.publish import publish
from seatrial.release.run.release_context import ReleaseContext
from seatrial.system import git
from seatrial.system.atomic import replace_file


@dataclass(frozen=True)
class Applied:
    """The parts that were published, and those that failed."""

    done: tuple[Done, ...]
    failures: tuple[Failure, ...]


def apply(
    run: Publication, parts: Sequence[Part], integrations: Mapping[str, Integration], jobs: int
) -> Applied:
    """Publish the content of these parts, `jobs` at once; a part that fails does not stop the others.

    Raises ServiceError before anything is done where the builder or a base image is missing, and UsageError where
    this job cannot sign.
    """
    building = [part for part in parts if part.builds]
    if building:
        if run.keyless:
            run.keyless()
        must_have_bases(run.context, run.builder(), run.files(), building)
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
        if receipt:
            _keep(run.context, receipt)
    except (SeatrialError, Unreadable) as failure:
        return Failure(part.title, str(failure))
    return Done(part, receipt)


def _keep(context: ReleaseContext, receipt: Receipt) -> None:
    """Write a receipt into the folder that jobs of CI hand on."""
    folder = own_folder(context.folder / "receipts", context.root)
    place = must_not_be_linked(folder / f"{receipt.type}-{receipt.version}.json", context.root)
    replace_file(place, lambda file: file.write(receipt_json(receipt).encode()), root=context.root)


def must_have_bases(context: ReleaseContext, builder: Builder, files: Path, parts: Sequence[Part]) -> None:
    """Look for every base image before the first build. Raises ServiceError that names all missing ones."""
    wanted = [(part.candidate.dockerfile, context.build_args_of(part)) for part in parts]
    missing = missing_bases(builder, files, wanted)
    if missing:
        raise ServiceError(" | ".join([*missing, builder.why] if builder.why else missing))


def finish(run: Publication, done: Sequence[Done]) -> list[Failure]:
    """Write the index once, move the pointers and set the git tags; return what failed.

    Raises ServiceError where the index cannot be written, ConfigurationError where it cannot be read.
    """
    indexed = [one for one in done if Step.INDEX in one.part.steps]
    if indexed:
        with run.journal.step("index", Step.INDEX) as details:
            details.update(_index(run, indexed))
    failures = list(_each(run, [one for one in done if Step.LATEST in one.part.steps], _point, Step.LATEST))
    failures += _each(run, [one for one in done if Step.MARK in one.part.steps], _mark, Step.MARK, at_once=1)
    return failures


def _index(run: Publication, indexed: Sequence[Done]) -> Details:
    store = run.context.store
    candidates = [one.part.candidate for one in indexed]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        entries = list(pool.map(lambda one: latest.entry(store, one.type, one.version), candidates))
    before = store.get(store_keys.INDEX)
    latest.publish_index(store, entries)
    return {"types": [one.type for one in candidates], "kept": before == store.get(store_keys.INDEX)}


Act = Callable[[Publication, Done, Details], None]


def _each(
    run: Publication, done: Sequence[Done], act: Act, step: Step, at_once: int = AT_ONCE
) -> Iterator[Failure]:
    """Do one step for each part; one that fails does not stop the others."""

    def attempt(one: Done) -> Failure | None:
        try:
            with run.journal.step(one.part.title, step) as details:
                act(run, one, details)
        except SeatrialError as failure:
            return Failure(one.part.title, str(failure))
        return None

    with ThreadPoolExecutor(at_once) as pool:
        yield from (failure for failure in pool.map(attempt, done) if failure)


def _point(run: Publication, one: Done, details: Details) -> None:
    context, candidate = run.context, one.part.candidate
    ours = {candidate.version: one.receipt.digest if one.receipt else one.part.found}
    moved = latest.point(
        context.store,
        context.images,
        candidate.image,
        candidate.type,
        run.holder,
        known=ours,
        habits=context.habits,
    )
    details.update(kept=not moved, moved=list(moved))


def _mark(run: Publication, one: Done, details: Details) -> None:
    """Set the annotated tag, at the commit that the image was built from."""
    context, candidate = run.context, one.part.candidate
    receipt = one.receipt
    if receipt is None:
        details["kept"] = True
        return
    name = context.settings.git_tag(candidate.type, candidate.version)
    if not _is_marked(context, name, receipt.commit):
        git.make_tag(context.root, name, receipt.commit, tag_message(receipt))
    if context.pushes_tags:
        git.push_tag(context.root, context.settings.remote, name)
    details.update(name=name, commit=receipt.commit)


def _is_marked(context: ReleaseContext, name: str, commit: str) -> bool:
    """Return whether the tag is in this checkout. Raises ServiceError for another one of this name."""
    found = git.tag_called(context.root, name)
    if found is None:
        return False
    what = f"at {found.commit[:12]}, not at {commit[:12]} of the image" if found.commit != commit else ""
    what = what or ("" if found.annotated else "not an annotated one")
    if what:
        raise ServiceError(
            f'the git tag "{name}" in this checkout is {what}, and was not pushed; look at it with '
            f"`git show {name}`, delete it with `git tag -d {name}`, and run `seatrial release` again"
        )
    return True


def tag_message(receipt: Receipt) -> str:
    """Return the message of a version's git tag."""
    return (
        f"{receipt.type} {receipt.version}\n\n"
        f"image: {receipt.image}:{receipt.version}@{receipt.digest}\nplan: {receipt.plan}\n"
    )
