"""Looking for many manifests at once: each is there, is not, or nobody can tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from seatrial.core.errors import SeatrialError
from seatrial.release.plan.ports import Absent, Answer, Present, Reference, Unknown
from seatrial.release.registry import media
from seatrial.release.registry.deadline_pool import side_by_side
from seatrial.release.registry.http import NoAnswer, Reply, Times
from seatrial.release.registry.reference import Repository, checked_reference, full_name
from seatrial.release.registry.responses import digest_at_head, is_absent, manifest_in, trouble
from seatrial.release.registry.session import Ask, Session

SECONDS_EACH = 0.1
"""For each manifest that is looked for, the whole search gets so much more time."""

GRACE = 2.0

Target = tuple[Repository, str]
Result = TypeVar("Result")


def find(
    open_session: Callable[[Repository], Session], references: Iterable[Reference], times: Times
) -> Mapping[Reference, Answer]:
    """What is known of each, every registry by itself so that a slow one keeps no other."""
    asked = list(dict.fromkeys(references))
    targets = {one: _target(one) for one in asked}
    sound = [one for one in targets.values() if not isinstance(one, Unknown)]
    hosts = dict.fromkeys(repository.host for repository, _ in sound)
    deadline = time.monotonic() + times.search + SECONDS_EACH * len(asked)

    def at(host: str) -> Mapping[Target, Answer]:
        mine = [one for one in sound if one[0].host == host]
        return _at_host(open_session(mine[0][0]), mine, deadline)

    found = side_by_side(at, hosts, deadline + GRACE)
    return {reference: _named(reference, target, found) for reference, target in targets.items()}


def _target(reference: Reference) -> Target | Unknown:
    name, tag = reference
    try:
        return Repository.parse(name), checked_reference(tag)
    except SeatrialError as wrong:
        return Unknown(str(wrong))


def _named(
    reference: Reference, target: Target | Unknown, found: Mapping[str, Mapping[Target, Answer]]
) -> Answer:
    if isinstance(target, Unknown):
        return target
    host = target[0].host
    late = Unknown(f"{host} took longer than there was time for; try again later")
    answer = found.get(host, {}).get(target, late)
    return Unknown(f"{full_name(*reference)}: {answer.reason}") if isinstance(answer, Unknown) else answer


def _at_host(session: Session, targets: Iterable[Target], deadline: float) -> Mapping[Target, Answer]:
    """Meet the registry, fetch what each repository wants to see, then ask."""
    targets = list(targets)
    dead = _unless(lambda: session.meet(deadline), targets[0][0].host)
    if dead:
        return dict.fromkeys(targets, dead)

    def prepare(repository: Repository) -> Unknown | None:
        return _unless(lambda: session.prepare(repository, deadline), repository.host)

    barred = side_by_side(prepare, (repository for repository, _ in targets), deadline)
    refused = {one: why for one in targets if (why := barred.get(one[0]))}
    ready = [one for one in targets if one[0] in barred and one not in refused]
    return {**refused, **side_by_side(lambda one: _answer(session, *one, deadline), ready, deadline)}


def _unless(act: Callable[[], object], host: str) -> Unknown | None:
    found = _told(act, host)
    return found if isinstance(found, Unknown) else None


def _answer(session: Session, repository: Repository, reference: str, deadline: float) -> Answer:
    return _told(lambda: look(session, repository, reference, deadline), repository.host)


def _told(act: Callable[[], Result], host: str) -> Result | Unknown:
    """What an act gives, or why it gives nothing; a fault of our own keeps nobody from the other answers."""
    try:
        return act()
    except NoAnswer as lost:
        return Unknown(f"{host} {lost}")
    except Exception as failed:
        return Unknown(
            f"{host} answered what Seatrial cannot read ({type(failed).__name__}); please report it"
        )


def look(session: Session, repository: Repository, reference: str, deadline: float) -> Answer:
    """What is known of one manifest. Raises NoAnswer.

    HEAD costs no quota; where it does not settle the matter, the body of a GET must.
    """
    head = session.ask(repository, _ask("HEAD", reference), deadline)
    digest = digest_at_head(head, reference)
    if digest:
        return Present(digest)
    if head.status in (401, 429) or head.status >= 500:
        return _unknown(session, repository, head)
    got = session.ask(repository, _ask("GET", reference), deadline)
    if got.status == 200:
        return _seen(got, repository, reference)
    return Absent() if is_absent(got) else _unknown(session, repository, got)


def _ask(method: str, reference: str) -> Ask:
    return Ask(method, f"manifests/{reference}", headers={"Accept": media.ACCEPT})


def _seen(reply: Reply, repository: Repository, reference: str) -> Answer:
    try:
        return Present(manifest_in(reply, reference).digest)
    except ValueError as wrong:
        return Unknown(f"{repository.host} {wrong}")


def _unknown(session: Session, repository: Repository, reply: Reply) -> Unknown:
    return Unknown(trouble(reply, repository.host, session.login(repository)))
