"""Tags are set once, after looking, and never over another release."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seatrial.core.errors import ServiceError
from seatrial.release.registry.http import Timeouts
from seatrial.release.registry.remote import RemoteImages
from seatrial.release.store.leases import MARGIN
from support.giving_up import images_behind
from support.images_made import manifest, send
from support.registry_faults import Fault
from support.registry_front import Front, running_front

QUICK = Timeouts(connect=10, read=10, pause=0.002)
OURS, THEIRS, OLD = manifest("ours"), manifest("theirs"), manifest("old")
LOST = ("500", "503", "reset", "hang", "garbage")


@pytest.fixture
def there(direct: RemoteImages, upstream: str, path: str) -> str:
    """Return the name of a repository with three images, without the front."""
    name = f"{upstream}/{path}"
    for content in ("ours", "theirs", "old"):
        send(direct, name, content)
    return name


@pytest.fixture
def front(upstream: str) -> Iterator[Front]:
    with running_front(upstream) as front:
        yield front


def puts(front: Front, tag: str) -> int:
    return front.count("PUT", f"/manifests/{tag}$")


@pytest.mark.parametrize("word", LOST)
def test_after_an_uncertain_put_another_release_is_not_overwritten(
    word: str, front: Front, there: str, path: str, direct: RemoteImages
) -> None:
    def somebody_else(_: int, method: str, target: str) -> None:
        if method == "PUT" and puts(front, "1.0.0") == 1:
            direct.put_manifest(there, THEIRS, "1.0.0")

    front.on_request = somebody_else
    front.faults.append(Fault(word, method="PUT", path="/manifests/1.0.0$", times=1))
    with pytest.raises(ServiceError, match=r"leads elsewhere now, since somebody else set it; before that: "):
        images_behind(front).put_manifest(f"{front.host}/{path}", OURS, "1.0.0")
    assert direct.manifest(there, "1.0.0") == THEIRS
    assert puts(front, "1.0.0") == 1


@pytest.mark.parametrize("word", ["500-after", "reset-after", "hang-after", "truncated"])
def test_a_put_whose_reply_was_lost_is_not_repeated(
    word: str, front: Front, there: str, path: str, direct: RemoteImages
) -> None:
    direct.put_manifest(there, OLD, "latest")
    front.faults.append(Fault(word, method="PUT", path="/manifests/latest$", times=1))
    assert images_behind(front).put_manifest(f"{front.host}/{path}", OURS, "latest") == OURS.digest
    assert direct.manifest(there, "latest") == OURS
    assert puts(front, "latest") == 1


@pytest.mark.parametrize("word", ["500", "503", "reset", "hang", "garbage", "429"])
def test_a_failed_put_is_repeated_while_the_tag_is_unchanged(
    word: str, front: Front, there: str, path: str, direct: RemoteImages
) -> None:
    direct.put_manifest(there, OLD, "latest")
    front.faults.append(Fault(word, method="PUT", path="/manifests/latest$", times=2 if word == "429" else 1))
    images_behind(front).put_manifest(f"{front.host}/{path}", OURS, "latest")
    assert direct.manifest(there, "latest") == OURS
    assert [put.before for put in front.tag_puts] == [OLD.digest]


def test_a_tag_that_is_already_set_is_not_sent(
    front: Front, there: str, path: str, direct: RemoteImages
) -> None:
    direct.put_manifest(there, OURS, "1.0.0")
    RemoteImages(QUICK).put_manifest(f"{front.host}/{path}", OURS, "1.0.0")
    assert front.count("PUT") == 0


@pytest.mark.parametrize("word", ["401", "403", "429", "500", "hang", "garbage", "html", "bare404"])
def test_a_tag_whose_target_is_unknown_is_not_set(word: str, front: Front, there: str, path: str) -> None:
    front.faults.append(Fault(word, method="HEAD,GET", path="/manifests/"))
    with pytest.raises(ServiceError, match=r":1\.0\.0: nobody can tell where it leads: "):
        images_behind(front).put_manifest(f"{front.host}/{path}", OURS, "1.0.0")
    assert front.count("PUT") == 0


def test_after_a_wait_the_tag_is_looked_at_again(
    front: Front, there: str, path: str, direct: RemoteImages
) -> None:
    def somebody_else(_: int, method: str, target: str) -> None:
        if method == "PUT" and puts(front, "1.0.0") == 2:
            direct.put_manifest(there, THEIRS, "1.0.0")

    front.on_request = somebody_else
    front.faults.append(Fault("429", method="PUT", path="/manifests/1.0.0$", times=2, wait=0))
    with pytest.raises(ServiceError, match=r"leads elsewhere now, .*; before that: .* answered 429"):
        RemoteImages(QUICK).put_manifest(f"{front.host}/{path}", OURS, "1.0.0")
    assert direct.manifest(there, "1.0.0") == THEIRS


def test_no_wait_goes_beyond_the_time_for_a_tag(front: Front, there: str, path: str) -> None:
    front.faults.append(Fault("429", method="PUT", wait=50))
    with pytest.raises(ServiceError, match="too many requests; try again in 50 seconds"):
        RemoteImages(QUICK).put_manifest(f"{front.host}/{path}", OURS, "1.0.0")
    assert puts(front, "1.0.0") == 1


def test_setting_a_tag_ends_before_the_lease_that_protects_it() -> None:
    assert Timeouts().tag < MARGIN


def test_another_digest_in_the_reply_is_reported(front: Front, there: str, path: str) -> None:
    front.faults.append(Fault("wrong-digest", method="PUT"))
    with pytest.raises(ServiceError, match="something on the way changed it"):
        RemoteImages(QUICK).put_manifest(f"{front.host}/{path}", OURS, "1.0.0")


def test_the_front_records_overwrites(front: Front, there: str, path: str) -> None:
    images = RemoteImages(QUICK)
    for made in (OLD, OLD, OURS):
        images.put_manifest(f"{front.host}/{path}", made, "1.0.0")
        images.put_manifest(f"{front.host}/{path}", made, "latest")
    (put,) = front.overwrites()
    assert (put.tag, put.before, put.digest) == ("1.0.0", OLD.digest, OURS.digest)


@pytest.mark.parametrize("tag", ["", "-x", "a/b", "../x", "x" * 129, "a b", "é"])
def test_an_invalid_tag_is_not_sent(tag: str, front: Front, there: str, path: str) -> None:
    with pytest.raises(Exception, match="is not a tag of an image"):
        RemoteImages(QUICK).put_manifest(f"{front.host}/{path}", OURS, tag)
    assert front.requests == []
