"""Taking a version out of the index."""

from __future__ import annotations

import json

import pytest

from seatrial.core.errors import ServiceError, UsageError
from seatrial.release.attest.attach import Attestation, artifact
from seatrial.release.plan import store_keys
from seatrial.release.plan.index import Habits
from seatrial.release.plan.plan_files import Attached, Receipt, receipt_json
from seatrial.release.plan.ports import Descriptor, Unknown
from seatrial.release.run.latest import point, publish_index
from seatrial.release.run.yank import BuiltWith, YankChange, built_with, filter_of, yank
from seatrial.release.store.leases import Clock
from support.images_made import digest_of
from support.shelf import HOLDER, Shelf, image_of

CLOCK = Clock(now=lambda: 1_800_000_000.4)


@pytest.fixture
def shelf() -> Shelf:
    """Two versions of jira, all whole."""
    shelf = Shelf()
    publish_index(shelf.store, [shelf.publish("jira", "1.0.0"), shelf.publish("jira", "1.1.0")])
    point(shelf.store, shelf.images, image_of("jira"), "jira", HOLDER)
    shelf.forget_writes()
    return shelf


def yanked(shelf: Shelf, version: str, type: str = "jira") -> list[str]:
    change = YankChange(type, image_of(type), [version], "it leaks", HOLDER.name)
    return list(yank(shelf.store, shelf.images, change, HOLDER, CLOCK))


def taken_back(shelf: Shelf, version: str) -> list[str]:
    change = YankChange("jira", image_of("jira"), [version], "it does not", "ben@ship", back=True)
    return list(yank(shelf.store, shelf.images, change, HOLDER, CLOCK))


STAYS = "registry.example/jira:latest stays at"


def test_the_version_before_takes_its_place_everywhere(shelf: Shelf) -> None:
    assert yanked(shelf, "1.1.0") == [
        "jira 1.1.0 is yanked",
        "the index names jira 1.0.0",
        "moved jira/examples/",
        "moved jira/spec.json",
        "moved registry.example/jira:latest",
    ]
    assert shelf.indexed() == {"jira": "1.0.0"}
    assert shelf.pointers("jira") == ("1.0.0", "1.0.0", "1.0.0")


def test_the_legacy_spec_follows_where_there_is_one(shelf: Shelf) -> None:
    change = YankChange(
        "jira", image_of("jira"), ["1.1.0"], "it leaks", HOLDER.name, habits=Habits(legacy_specs=True)
    )
    assert "moved jira.json" in list(yank(shelf.store, shelf.images, change, HOLDER, CLOCK))
    assert json.loads(shelf.store.objects["jira.json"])["version"] == "1.0.0"


def test_nothing_is_deleted_and_the_reason_is_kept(shelf: Shelf) -> None:
    before = {key: data for key, data in shelf.store.objects.items() if key.startswith("jira/1.")}
    tags = {(name, tag): digest for (name, tag), digest in shelf.images.tags.items() if tag != "latest"}
    yanked(shelf, "1.1.0")
    assert before.items() <= shelf.store.objects.items()
    assert tags.items() <= shelf.images.tags.items()
    assert json.loads(shelf.store.objects["jira/1.1.0/yanked.json"]) == {
        "version": "1.1.0",
        "reason": "it leaks",
        "by": "anna@ship",
        "at": 1_800_000_000,
    }


def test_yanking_again_changes_nothing(shelf: Shelf) -> None:
    yanked(shelf, "1.1.0")
    shelf.forget_writes()
    assert yanked(shelf, "1.1.0") == [
        "jira 1.1.0 was yanked before",
        "the index names jira 1.0.0",
        f"{STAYS} 1.0.0",
    ]
    assert set(shelf.store.writes) == {store_keys.lease("jira")}


def test_yanking_again_finishes_what_was_begun(shelf: Shelf) -> None:
    shelf.images.answers[image_of("jira"), "1.0.0"] = Unknown("the registry is down")
    with pytest.raises(ServiceError, match="the registry is down"):
        yanked(shelf, "1.1.0")
    assert shelf.indexed() == {"jira": "1.0.0"}
    shelf.images.answers.clear()
    yanked(shelf, "1.1.0")
    assert shelf.pointers("jira") == ("1.0.0", "1.0.0", "1.0.0")


def test_an_older_version_can_be_yanked_and_the_latest_stays(shelf: Shelf) -> None:
    assert yanked(shelf, "1.0.0") == [
        "jira 1.0.0 is yanked",
        "the index names jira 1.1.0",
        f"{STAYS} 1.1.0",
    ]
    assert shelf.pointers("jira") == ("1.1.0", "1.1.0", "1.1.0")


def test_the_last_version_leaves_the_index_and_the_tag_stays(shelf: Shelf) -> None:
    yanked(shelf, "1.0.0")
    assert yanked(shelf, "1.1.0") == [
        "jira 1.1.0 is yanked",
        "no version of jira is left in the index; registry.example/jira:latest and jira/spec.json stay where they "
        "are until there is one",
    ]
    assert shelf.indexed() == {}
    assert shelf.pointers("jira") == ("1.1.0", "1.1.0", "1.1.0")


def test_a_yank_that_is_taken_back_makes_the_version_the_latest_again(shelf: Shelf) -> None:
    yanked(shelf, "1.1.0")
    assert taken_back(shelf, "1.1.0")[:2] == [
        "jira 1.1.0 is in the index again, if it is the latest",
        "the index names jira 1.1.0",
    ]
    assert shelf.pointers("jira") == ("1.1.0", "1.1.0", "1.1.0")
    assert json.loads(shelf.store.objects["jira/1.1.0/unyanked.json"])["by"] == "ben@ship"
    assert json.loads(shelf.store.objects["jira/1.1.0/yanked.json"])["reason"] == "it leaks"
    shelf.forget_writes()
    assert taken_back(shelf, "1.1.0")[0] == "jira 1.1.0 was taken back before"
    assert set(shelf.store.writes) == {store_keys.lease("jira")}


def test_a_version_is_yanked_and_taken_back_as_often_as_it_takes_and_every_reason_stays(shelf: Shelf) -> None:
    for times in (1, 2, 3):
        yanked(shelf, "1.1.0")
        assert shelf.indexed() == {"jira": "1.0.0"}, times
        taken_back(shelf, "1.1.0")
        assert shelf.indexed() == {"jira": "1.1.0"}, times
    marks = [key for key in shelf.store.objects if "yanked" in key]
    assert len(marks) == 6
    assert "jira/1.1.0/yanked.3.json" in marks


def test_taking_back_finishes_what_was_begun(shelf: Shelf) -> None:
    yanked(shelf, "1.1.0")
    shelf.images.answers[image_of("jira"), "1.1.0"] = Unknown("the registry is down")
    with pytest.raises(ServiceError, match="the registry is down"):
        taken_back(shelf, "1.1.0")
    shelf.images.answers.clear()
    taken_back(shelf, "1.1.0")
    assert shelf.pointers("jira") == ("1.1.0", "1.1.0", "1.1.0")


def test_what_was_never_yanked_cannot_be_taken_back(shelf: Shelf) -> None:
    with pytest.raises(UsageError, match=r"jira 1\.0\.0 was never yanked"):
        taken_back(shelf, "1.0.0")
    assert shelf.store.writes == []


def with_bill(shelf: Shelf, version: str, *packages: tuple[str, str]) -> None:
    """Publish a version whose SBOM has these packages."""
    shelf.publish("jira", version)
    image = image_of("jira")
    top = shelf.images.manifest(image, version)
    subject = Descriptor(top.media_type, top.digest, len(top.data))
    components = [{"name": name, "version": number} for name, number in packages]
    bill = Attestation("sbom", "application/json", json.dumps({"components": components}).encode(), "")
    one = artifact(subject, bill)
    shelf.images.put_blob(image, digest_of(bill.data), bill.data)
    shelf.images.put_manifest(image, one)
    receipt = Receipt(
        "", "jira", "", "jira", version, image, top.digest, 1, "", "", "", "", "", "",
        attached=(Attached("sbom", "application/json", one.digest),),
    )  # fmt: skip
    shelf.store.put(store_keys.receipt("jira", version), receipt_json(receipt).encode())


def test_versions_are_found_by_what_they_were_built_with(shelf: Shelf) -> None:
    with_bill(shelf, "1.2.0", ("port_ocean", "0.48.2"))
    with_bill(shelf, "1.3.0", ("Port-Ocean", "0.48.3"), ("httpx", "0.1"))
    with_bill(shelf, "1.4.0", ("port-ocean", "0.48.3.dev1"))
    with_bill(shelf, "1.5.0", ("port-ocean-extra", "0.1"))
    found = built_with(shelf.store, shelf.images, "jira", filter_of("port-ocean<0.48.3"))
    assert found == BuiltWith("jira", ("1.2.0",), ("1.0.0", "1.1.0"))
    found = built_with(shelf.store, shelf.images, "jira", filter_of("port-ocean<=0.48.3"))
    assert found.versions == ("1.2.0", "1.3.0", "1.4.0")


def test_a_bill_that_is_gone_or_no_bill_is_not_known(shelf: Shelf) -> None:
    with_bill(shelf, "1.2.0", ("port-ocean", "0.48.2"))
    with_bill(shelf, "1.3.0", ("port-ocean", "no version"))
    shelf.images.blobs.pop(next(key for key, data in shelf.images.blobs.items() if b"0.48.2" in data))
    found = built_with(shelf.store, shelf.images, "jira", filter_of("port-ocean<0.48.3"))
    assert (found.versions, found.unknown[-2:]) == ((), ("1.2.0", "1.3.0"))


@pytest.mark.parametrize(
    "text", ["port-ocean", "<1", "port-ocean<x", "a[b]<1", "a @ http://x", 'a<1; os_name=="x"']
)
def test_a_filter_is_a_package_with_versions(text: str) -> None:
    with pytest.raises(UsageError, match="is not a package with versions"):
        filter_of(text)


def test_many_versions_are_marked_first_and_the_pointers_moved_once(shelf: Shelf) -> None:
    shelf.publish("jira", "0.9.0")
    change = YankChange("jira", image_of("jira"), ["1.0.0", "1.1.0"], "it leaks", HOLDER.name)
    told = list(yank(shelf.store, shelf.images, change, HOLDER, CLOCK))
    assert told[:3] == ["jira 1.0.0 is yanked", "jira 1.1.0 is yanked", "the index names jira 0.9.0"]
    assert [tag for _, tag, _ in shelf.images.puts if tag == "latest"] == ["latest"]


def test_a_version_that_is_published_after_it_gets_into_the_index(shelf: Shelf) -> None:
    yanked(shelf, "1.1.0")
    publish_index(shelf.store, [shelf.publish("jira", "1.1.1")])
    assert shelf.indexed() == {"jira": "1.1.1"}


@pytest.mark.parametrize(
    ("type", "version", "told"),
    [
        ("jira", "1.1.9", '"1.1.9" of jira is not published; did you mean "1.1.0"?'),
        ("jira", "7.0.0-beta", '"7.0.0-beta" of jira is not published; there is 1.0.0, 1.1.0'),
        ("jira", "../x", '"../x" of jira is not published; there is 1.0.0, 1.1.0'),
        ("jira", "\x1b[2J", '"\\x1b[2J" of jira is not published; there is 1.0.0, 1.1.0'),
        ("jirra", "1.0.0", 'nothing of jirra is published here; did you mean "jira"?'),
        ("sonar", "1.0.0", "nothing of sonar is published here; `seatrial release.status` shows what is"),
        (
            "../jira",
            "1.0.0",
            '"../jira" is not a type; use small letters, digits, and ".", "_" or "-" between them',
        ),
    ],
)
def test_a_version_that_was_never_published_is_reported_with_those_that_were(
    shelf: Shelf, type: str, version: str, told: str
) -> None:
    with pytest.raises(UsageError) as raised:
        yanked(shelf, version, type)
    assert str(raised.value) == told
    assert shelf.store.writes == []
