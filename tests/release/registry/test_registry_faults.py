"""Every fault at every operation: the answer is right or unknown, and no tag is ever overwritten."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.plan.ports import Absent, Present, Unknown
from seatrial.release.registry.remote import RemoteImages
from support.giving_up import PATIENT, images_behind
from support.images_made import blobs, digest_of, index, manifest, referrer, send
from support.registry_faults import Fault
from support.registry_front import Front, running_front

LASTING = (
    "401", "403", "429", "500", "503", "html", "bare404", "denied404", "reset", "hang", "garbage", "drip",
    "truncated", "500-after", "reset-after", "hang-after",
)  # fmt: skip
"""Faults that make every answer unknown while they last."""

SPOILING = ("wrong-digest", "changed")
"""Faults that alter a reply."""

PASSING = ("429", "500", "503", "reset", "garbage", "truncated", "500-after", "reset-after")
"""Faults that change no result if they come once."""

ANYTHING = r"/(manifests|blobs|referrers)/"

IMAGE, OTHER = manifest("image"), manifest("other")
NEW = manifest("new")
REFERRER = referrer("application/x-first", IMAGE)
LAYER = blobs("new")[1]

Operation = Callable[[RemoteImages, str], object]

ASKING: Mapping[str, Operation] = {
    "manifest": lambda images, name: images.manifest(name, "1.0.0").data == IMAGE.data,
    "blob": lambda images, name: images.blob(name, digest_of(b"{}")) == b"{}",
    "has_blob": lambda images, name: images.has_blob(name, digest_of(b"{}")),
    "lacks_blob": lambda images, name: not images.has_blob(name, digest_of(LAYER)),
    "referrers": lambda images, name: (
        [one.digest for one in images.referrers(name, IMAGE.digest)] == [REFERRER.digest]
    ),
}

SENDING: Mapping[str, Operation] = {
    "put_blob": lambda images, name: images.put_blob(name, digest_of(LAYER), LAYER),
    "put_by_digest": lambda images, name: images.put_manifest(name, index("image", "other")),
    "put_to_new_tag": lambda images, name: images.put_manifest(name, OTHER, "2.0.0"),
    "put_to_latest": lambda images, name: images.put_manifest(name, OTHER, "latest"),
    "put_referrer": lambda images, name: images.put_manifest(name, referrer("application/x-second", IMAGE)),
}


@pytest.fixture
def there(upstream: str, path: str) -> str:
    """Return the name of the fresh repository without the front."""
    return f"{upstream}/{path}"


class OneLine(str):
    """The text of a ServiceError."""


def outcome(operation: Operation, front: Front, name: str) -> object:
    """Return the result of an operation, or the one line of its error."""
    try:
        return operation(images_behind(front), name)
    except ServiceError as failed:
        (line,) = str(failed).splitlines()
        return OneLine(line)


def arrived(images: RemoteImages, name: str, operation: str) -> object:
    """Return whether the registry itself has what an operation sends."""
    looks: Mapping[str, Callable[[], object]] = {
        "put_blob": lambda: images.has_blob(name, digest_of(LAYER)),
        "put_by_digest": lambda: images.manifest(name, index("image", "other").digest),
        "put_to_new_tag": lambda: images.manifest(name, "2.0.0").digest == OTHER.digest,
        "put_to_latest": lambda: images.manifest(name, "latest").digest == OTHER.digest,
        "put_referrer": lambda: len(images.referrers(name, IMAGE.digest)) == 2,
    }
    return looks[operation]()


@pytest.fixture
def front(upstream: str) -> Iterator[Front]:
    with running_front(upstream) as front:
        yield front


@pytest.fixture(scope="module")
def still(direct: RemoteImages, upstream: str) -> str:
    """Return the path of a repository with an image and its referrer, to which nothing else is sent."""
    send(direct, f"{upstream}/tests/still", "image", "1.0.0", "latest")
    direct.put_manifest(f"{upstream}/tests/still", REFERRER)
    return "tests/still"


@pytest.fixture
def name(front: Front, still: str) -> str:
    """Return the name of this repository behind the front."""
    return f"{front.host}/{still}"


@pytest.fixture
def fresh(front: Front, direct: RemoteImages, upstream: str, path: str) -> str:
    """Return the name of another behind the front, with two images, tags, and a referrer."""
    fill(direct, f"{upstream}/{path}")
    return f"{front.host}/{path}"


def fill(direct: RemoteImages, name: str) -> None:
    """Send two images, tags, and a referrer to a repository."""
    send(direct, name, "image", "1.0.0", "latest")
    send(direct, name, "other")
    direct.put_manifest(name, REFERRER)


@pytest.mark.parametrize("word", LASTING)
def test_under_a_lasting_fault_answers_are_unknown(word: str, front: Front, name: str) -> None:
    front.faults.append(Fault(word, path=ANYTHING))
    references = [(name, "1.0.0"), (name, "9.9.9"), (name, IMAGE.digest), (name, NEW.digest)]
    answers = images_behind(front).find(references)
    assert list(answers) == references
    for answer in answers.values():
        assert isinstance(answer, Unknown)
        assert front.host in answer.reason
        assert "\n" not in answer.reason


@pytest.mark.parametrize("word", SPOILING)
def test_an_altered_reply_never_means_absent(word: str, front: Front, name: str) -> None:
    front.faults.append(Fault(word, path=ANYTHING))
    tag, digest, lacking = (name, "1.0.0"), (name, IMAGE.digest), (name, "9.9.9")
    answers = images_behind(front).find([tag, digest, lacking])
    assert isinstance(answers[tag], Present | Unknown)
    assert answers[digest] == Present(IMAGE.digest) or isinstance(answers[digest], Unknown)
    assert isinstance(answers[lacking], Absent | Unknown)


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("word", PASSING)
def test_a_single_fault_changes_no_answer(word: str, skip: int, front: Front, name: str) -> None:
    front.faults.append(Fault(word, path=ANYTHING, times=1, skip=skip, wait=0 if word == "429" else None))
    answers = RemoteImages(PATIENT).find([(name, "1.0.0"), (name, "9.9.9")])
    assert list(answers.values()) == [Present(IMAGE.digest), Absent()]


@pytest.mark.parametrize("operation", ASKING)
@pytest.mark.parametrize("word", [*LASTING, *SPOILING])
def test_content_is_complete_or_an_error(word: str, operation: str, front: Front, name: str) -> None:
    front.faults.append(Fault(word, path=ANYTHING))
    right = outcome(ASKING[operation], front, name)
    assert right or (operation == "has_blob" and word in ("bare404", "denied404"))


@pytest.mark.parametrize("operation", ASKING)
@pytest.mark.parametrize("word", PASSING)
def test_content_is_read_after_a_single_fault(word: str, operation: str, front: Front, name: str) -> None:
    front.faults.append(Fault(word, path=ANYTHING, times=1))
    assert ASKING[operation](RemoteImages(PATIENT), name)


@pytest.mark.parametrize(
    ("operation", "method"), [*product(SENDING, ("PUT", "GET,HEAD")), ("put_blob", "POST")]
)
@pytest.mark.parametrize("word", PASSING)
def test_content_is_sent_after_a_single_fault(
    word: str, operation: str, method: str, front: Front, fresh: str, direct: RemoteImages, there: str
) -> None:
    front.faults.append(Fault(word, method=method, path=ANYTHING, times=1))
    SENDING[operation](RemoteImages(PATIENT), fresh)
    assert arrived(direct, there, operation)
    assert front.overwrites() == []


@pytest.mark.parametrize("word", ["hang", "hang-after"])
def test_a_request_that_hangs_once_is_retried(
    word: str, direct: RemoteImages, upstream: str, path: str
) -> None:
    def attempt(number: int, operation: str, method: str) -> object:
        there = f"{upstream}/{path}-{number}"
        fill(direct, there)
        act = SENDING.get(operation) or ASKING[operation]
        fault = Fault(word, method=method, path=ANYTHING, times=1)
        with running_front(upstream, faults=[fault]) as front:
            done = act(images_behind(front), f"{front.host}/{path}-{number}")
            assert front.overwrites() == []
        return arrived(direct, there, operation) if operation in SENDING else done

    chosen = [*((one, "GET,HEAD") for one in (*ASKING, *SENDING)), *((one, "PUT") for one in SENDING)]
    with ThreadPoolExecutor(len(chosen)) as pool:
        results = list(pool.map(lambda one: attempt(one[0], *one[1]), enumerate(chosen)))
    assert all(results), list(zip(chosen, results, strict=True))


@pytest.mark.parametrize("operation", SENDING)
@pytest.mark.parametrize("word", LASTING)
def test_failed_sending_is_reported_and_overwrites_nothing(
    word: str, operation: str, front: Front, fresh: str, direct: RemoteImages, there: str
) -> None:
    front.faults.append(Fault(word, method="PUT", path=ANYTHING))
    failure = outcome(SENDING[operation], front, fresh)
    assert isinstance(failure, OneLine) or arrived(direct, there, operation)
    assert front.overwrites() == []
    assert direct.manifest(there, "1.0.0").digest == IMAGE.digest


@pytest.mark.parametrize("word", ["429", "500", "hang", "garbage", "reset"])
def test_a_registry_whose_first_reply_fails_is_not_asked_further(word: str, front: Front, name: str) -> None:
    front.faults.append(Fault(word))
    answers = images_behind(front).find([(f"{name}{number}", "1.0.0") for number in range(300)])
    assert all(isinstance(answer, Unknown) for answer in answers.values())
    assert front.count() < 20
