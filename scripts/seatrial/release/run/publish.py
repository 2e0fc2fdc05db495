"""One integration's part of a release: its image, its papers, its tag, its spec.

Content comes first; the tag of the version, which makes it count, after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.core.errors import ServiceError
from seatrial.core.model import Integration
from seatrial.core.version import Version
from seatrial.release.attest.attach import Attestation, attach
from seatrial.release.plan import index, keys
from seatrial.release.plan.index import counts
from seatrial.release.plan.plan import Part, Plan, Step
from seatrial.release.plan.ports import Absent, Builder, Descriptor, Unknown
from seatrial.release.plan.receipt import Attached, Receipt, of_json, to_json
from seatrial.release.registry.oci_layout import push
from seatrial.release.run.build import Built, built, forget
from seatrial.release.run.candidates import subjects_of
from seatrial.release.run.context import ReleaseContext
from seatrial.release.run.journal import Journal
from seatrial.release.store.leases import Holder, lease

EXAMPLES = ".port/examples/"


@dataclass(frozen=True)
class Publication:
    """A release that goes on: the plan and its seal, and what its parts need.

    `context` is the folder of the commit's files, `source` the repository's URL without credentials.
    """

    yard: ReleaseContext
    plan: Plan
    seal: str
    journal: Journal
    builder: Callable[[], Builder]
    context: Callable[[], Path]
    papers: Callable[[Part, Built, Descriptor], Sequence[Attestation]]
    source: str
    now: Callable[[], float]
    holder: Holder


def publish(run: Publication, part: Part, integration: Integration) -> Receipt | None:
    """Do the steps of a part up to its spec; the receipt of its version, None for one that has none.

    Raises ServiceError where a step fails; what was done until then stays and is not done again.
    """
    receipt = _image(run, part, integration) if part.builds else recorded(run.yard, part)
    if Step.SPEC in part.steps:
        with run.journal.step(part.title, Step.SPEC) as facts:
            facts["kept"] = not _put_spec(run.yard, part, receipt, integration)
    if part.builds:
        forget(run.yard, run.plan, part, run.source)
    return receipt


def _image(run: Publication, part: Part, integration: Integration) -> Receipt:
    image = _build(run, part)
    top = _push(run, part, image)
    attached = _attach(run, part, image, top)
    receipt = _receipt(run, part, image, top, attached, integration)
    with run.journal.step(part.title, Step.TAG) as facts:
        facts["kept"] = not _tag(run, part, receipt, integration)
        facts["digest"] = top.digest
    return receipt


def _build(run: Publication, part: Part) -> Built:
    with run.journal.step(part.title, Step.BUILD) as facts:
        image = built(run.yard, run.plan, run.seal, part, run.builder(), run.context(), run.source, run.now)
        facts["kept"] = image.kept
    return image


def _push(run: Publication, part: Part, image: Built) -> Descriptor:
    with run.journal.step(part.title, Step.PUSH) as facts:
        top, sent = push(run.yard.images, part.candidate.image, image.layout)
        facts.update(kept=not sent, digest=top.digest, size=top.size)
    return top


def _attach(run: Publication, part: Part, image: Built, top: Descriptor) -> tuple[Attached, ...]:
    with run.journal.step(part.title, Step.ATTACH) as facts:
        papers = run.papers(part, image, top)
        done, sent = attach(run.yard.images, part.candidate.image, top, papers)
        facts.update(kept=not sent, digests=[one.digest for one in done])
    return tuple(
        Attached(paper.kind, paper.media_type, one.digest) for paper, one in zip(papers, done, strict=True)
    )


def _receipt(
    run: Publication,
    part: Part,
    image: Built,
    top: Descriptor,
    attached: tuple[Attached, ...],
    integration: Integration,
) -> Receipt:
    candidate = part.candidate
    return Receipt(
        plan=run.seal,
        integration=candidate.name,
        path=candidate.path,
        type=candidate.type,
        version=candidate.version,
        image=candidate.image,
        digest=top.digest,
        size=top.size,
        media_type=top.media_type,
        commit=run.plan.commit,
        tree=candidate.tree,
        builder=image.builder,
        started=image.started,
        finished=image.finished,
        attached=attached,
        spec=_entry(run.yard, part, integration),
        force=run.plan.force,
    )


def _entry(yard: ReleaseContext, part: Part, integration: Integration) -> Mapping[str, Any] | None:
    """The spec as the index has it; None for a version that is not indexed."""
    candidate = part.candidate
    spec = subjects_of(yard, integration).spec
    if not counts(Version.parse(candidate.version)) or spec is None:
        return None
    return index.entry_of(spec.root.value, candidate.type, candidate.version)


def _tag(run: Publication, part: Part, receipt: Receipt, integration: Integration) -> bool:
    """Set the version's tag, while nobody else releases this type; whether it was not set before.

    Before it the receipt and the examples are stored, so that whoever sees the tag finds them.
    """
    yard, candidate = run.yard, part.candidate
    with lease(yard.store, keys.lease(candidate.type), run.holder) as held:
        if not _free(yard, part, receipt):
            return False
        held.check()
        yard.store.put(keys.receipt(candidate.type, candidate.version), to_json(receipt).encode())
        for name, data in _examples(integration):
            yard.store.put(keys.example(candidate.type, candidate.version, name), data)
        manifest = yard.images.manifest(candidate.image, receipt.digest)
        held.check()
        if _free(yard, part, receipt):
            yard.images.put_manifest(candidate.image, manifest, candidate.version)
        _compare(yard, part, receipt.digest)
    return True


def _free(yard: ReleaseContext, part: Part, receipt: Receipt) -> bool:
    """Whether the version's tag is free; False where it leads to this very image. Raises ServiceError otherwise."""
    candidate = part.candidate
    reference = (candidate.image, candidate.version)
    answer = yard.images.find([reference])[reference]
    if isinstance(answer, Absent):
        return True
    if isinstance(answer, Unknown):
        raise ServiceError(answer.reason)
    if answer.digest == receipt.digest:
        return False
    raise ServiceError(
        f"{part.title} was published by somebody else meanwhile ({answer.digest}); nothing was overwritten: "
        "run `seatrial release` again for what is left to do"
    )


def _compare(yard: ReleaseContext, part: Part, digest: str) -> None:
    """Pull the manifest back by its tag, and compare it with what was built."""
    back = yard.images.manifest(part.candidate.image, part.candidate.version).digest
    if back != digest:
        raise ServiceError(f"{part.title}: the registry gives back {back}, not {digest} that was pushed")


def _examples(integration: Integration) -> Sequence[tuple[str, bytes]]:
    """The examples that have names which keys can have, such as `webhook.json`."""
    names = (path.removeprefix(EXAMPLES) for path in integration.paths() if path.startswith(EXAMPLES))
    kept = [name for name in names if keys.is_example(name) and integration.has(EXAMPLES + name)]
    return [(name, integration.read(EXAMPLES + name)) for name in kept]


def recorded(yard: ReleaseContext, part: Part) -> Receipt | None:
    """The receipt that the store has of the image behind a version's tag; None for none."""
    key = keys.receipt(part.candidate.type, part.candidate.version)
    stored = yard.store.get(key)
    receipt = of_json(stored.data, key) if stored else None
    return receipt if receipt and receipt.digest == part.found else None


def _put_spec(yard: ReleaseContext, part: Part, receipt: Receipt | None, integration: Integration) -> bool:
    """Store the spec that was published with the image: the receipt's, for the tree may have gone on."""
    entry = receipt.spec if receipt else _entry(yard, part, integration)
    if entry is None:
        raise ServiceError(f"{part.title}: its spec cannot be read; `seatrial validate-spec` says why")
    return yard.store.create(keys.spec(part.candidate.type, part.candidate.version), index.spec_bytes(entry))
